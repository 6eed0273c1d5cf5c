"""Whom was called last and how often today: what `redial` and the guard need, across restarts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import StateError
from assistant.state import StateFile

log = logging.getLogger(__name__)


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
        return self._kept.calls if self._kept.day == self._today() else 0

    def note(self, number: str, contact: str | None) -> None:
        """Count a call and remember it as the last one."""
        self._kept = _Kept(number=number, contact=contact, day=self._today(), calls=self.calls_today + 1)
        try:
            self._file.write(self._kept.model_dump(mode="json"))
        except StateError as error:
            log.warning("the call is forgotten at the next start: %s", error)


def _read(file: StateFile) -> _Kept:
    try:
        told: Any = file.read()
        return _Kept.model_validate(told or {})
    except StateError as error:
        log.warning("%s", error)
    except ValidationError:
        log.warning("%s holds no calls; it is begun anew", file.path)
    return _Kept()
