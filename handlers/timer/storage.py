"""Timers as they are kept on disk: their ends by the wall clock, which is all that a restart leaves.  Pure."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, Field, ValidationError

from assistant.config import Language, Section
from handlers.timer.timers import LONGEST_S, MOST_CHARACTERS, MOST_TIMERS, Timer, Timers

log = logging.getLogger(__name__)


_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Of clocks, right or wrong, by which a timer was written."""


class StoredTimer(Section):
    """One timer in the state file."""

    key: int = Field(ge=1)
    length_s: float = Field(gt=0, le=LONGEST_S)
    language: Language
    name: str | None = Field(default=None, max_length=MOST_CHARACTERS)
    label: str | None = Field(default=None, max_length=MOST_CHARACTERS)
    ends: AwareDatetime | None = None
    left_s: float = Field(default=0, ge=0, le=LONGEST_S)
    rang: bool = False
    """Whether it was ringing already, and not while nothing ran."""


def stored(timers: Timers, *, now: float, time: datetime) -> list[dict[str, Any]]:
    """Return what is written; `now` and `time` are the same moment by both clocks."""
    return [
        StoredTimer(
            key=timer.key,
            length_s=timer.length_s,
            language=timer.language,
            name=timer.name,
            label=timer.label,
            ends=None if timer.ends is None else time + timedelta(seconds=timer.ends - now),
            left_s=timer.left_s,
            rang=timer.rings is not None,
        ).model_dump(mode="json")
        for timer in timers
    ]


def restored(written: object, *, now: float, time: datetime) -> Timers:
    """Return the timers of what was written before; entries that make no sense are left out and logged."""
    timers: dict[int, Timer] = {}
    for entry in written[:MOST_TIMERS] if isinstance(written, list) else []:
        try:
            kept = StoredTimer.model_validate(entry)
        except ValidationError as error:
            log.warning("a stored timer is left out: %s", error.errors(include_url=False, include_input=False))
            continue
        if kept.ends is not None and not _EARLIEST <= kept.ends <= _LATEST:
            log.warning("a stored timer that ends in %s is left out", kept.ends.year)
            continue
        timers[kept.key] = Timer(
            key=kept.key,
            length_s=kept.length_s,
            language=kept.language,
            name=kept.name,
            label=kept.label,
            ends=None if kept.ends is None else now + (kept.ends - time).total_seconds(),
            left_s=kept.left_s,
            rings=now if kept.rang else None,
            restored=True,
        )
    return tuple(timers.values())
