"""Whom was called last and how often today: what `redial` and the guard need, across restarts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import StateError
from assistant.state import StateFile

log = logging.getLogger(__name__)


BEHIND = timedelta(days=1)
"""How far a clock may be behind.  More is a log from the future, which must not forbid calls for years."""


class _Kept(BaseModel):
    """The file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str | None = None
    contact: str | None = None
    """Whose number it is, the person's identifier."""
    day: date | None = None
    """Of the last call."""
    calls: int = 0
    """On that day."""


class CallLog:
    """The last call and the day's count; for one thread.  A disk that fails is told and costs no call."""

    def __init__(self, file: StateFile, today: Callable[[], date] = date.today) -> None:
        self._file = file
        self._today = today
        self._kept = _read(file)

    @property
    def last(self) -> tuple[str, str | None] | None:
        """The number that was called last and whose it is, None before the first call."""
        return (self._kept.number, self._kept.contact) if self._kept.number else None

    @property
    def calls_today(self) -> int:
        """Calls since midnight."""
        return self._kept.calls if self._kept.day == self._day() else 0

    def note(self, number: str, contact: str | None) -> None:
        """Count a call and remember it as the last one."""
        self._kept = _Kept(number=number, contact=contact, day=self._day(), calls=self.calls_today + 1)
        try:
            self._file.write(self._kept.model_dump(mode="json"))
        except StateError as error:
            log.warning("the call is forgotten at the next start: %s", error)

    def _day(self) -> date:
        """Today; the day of the last call where that is later, for a clock that is behind until it is put right."""
        today, last = self._today(), self._kept.day
        return last if last is not None and today < last <= today + BEHIND else today


def _read(file: StateFile) -> _Kept:
    try:
        told: Any = file.read()
        return _Kept.model_validate(told or {})
    except StateError as error:
        log.warning("%s", error)
    except ValidationError:
        log.warning("%s holds no calls; it is begun anew", file.path)
    return _Kept()
