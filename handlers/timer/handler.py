"""The timer handler: timers that survive a restart, ring on the site, and can be seen on displays.

intent ──▶ commands.decide ──▶ timers ──▶ state file, `timers` topic
clock  ──▶ timers.at ──▶ ringing: `say`, again and again until somebody says stop
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import Field

from assistant.config import HouseholdConfig, Language, Named
from assistant.errors import StateError
from assistant.messages import Choice, Result
from assistant.mqtt import Incoming, IntentPayload, Outgoing, TimerPart, TimersPayload
from assistant.state import StateFile
from handlers.base import Catalogs, Description, Publish, Request, announcement, options_of
from handlers.timer import storage, words
from handlers.timer.commands import Command, Decision, decide
from handlers.timer.timers import Timer, Timers, at, clock_set, next_change

log = logging.getLogger(__name__)

NAME = "timer"
CLOCK_LOOK_S = 10.0
"""How often the wall clock is compared while timers run."""
CLOCK_SET_S = 1.0
"""A wall clock that goes another way by more than this was set."""
STOP_S = 5.0


class TimerOptions(Named):
    """`handlers.options.timer`; `names` are further names of timers, beside those that every kitchen has."""

    repeat_s: int = Field(default=10, ge=3, le=600)
    """How often a timer that rings says so."""
    ring_s: int = Field(default=300, ge=10, le=3600)
    """How long it rings when nobody stops it."""


def boot_clock() -> float:
    """Seconds that neither jump with the wall clock nor stop while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def now_utc() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class TimerHandler:
    """Acts on the domain `timer`."""

    def __init__(
        self,
        household: HouseholdConfig,
        publish: Publish,
        *,
        clock: Callable[[], float] = boot_clock,
        wall: Callable[[], datetime] = now_utc,
    ) -> None:
        """Take up the timers that ran before.

        Raises ConfigurationError with the faults of `handlers.options.timer`.
        """
        self._household, self._publish = household, publish
        self._options = options_of(household, NAME, TimerOptions)
        self._clock, self._wall = clock, wall
        self._file = StateFile.of(household, "timers")
        self._changed = threading.Condition()  # guards everything below
        self._timers: Timers = self._read()
        self._before: Timers | None = None
        """What the last command found: what undoes it."""
        self._unwritten = False
        """The timers are not on disk, which could not be written."""
        self._offset_s = self._offset()
        self._say_again = 0.0
        """When what rings is said the next time."""
        self._closing = False
        self._ringer = threading.Thread(target=self._ring, name="timer-ringer", daemon=True)

    def __enter__(self) -> Self:
        self._ringer.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._ringer.join(STOP_S)

    def subscriptions(self) -> Sequence[str]:
        """The word "stop", which silences what rings."""
        return (IntentPayload.channel.topic(self._household.site, domain="system", intent="stop"),)

    def received(self, message: Incoming) -> None:
        """Silence what rings.

        Raises PayloadError where the message is no intent.
        """
        IntentPayload.from_bytes(message.payload, topic=message.topic)
        with self._changed:
            if any(timer.state == "ringing" for timer in self._timers):
                self._become(tuple(timer for timer in self._timers if timer.state != "ringing"))

    def connected(self) -> None:
        """Tell the timers again: brokers lose what they retained."""
        with self._changed:
            self._tell()

    def handle(self, request: Request) -> Result:
        """Do what was understood."""
        best = request.interpretation.best
        if best is None:
            return Result(request.interpretation.id, ok=False, code="not-possible")
        with self._changed:
            self._look_at_clock()
            now = self._clock()
            timers = at(self._timers, now, ring_s=self._options.ring_s)
            command = Command(best, timers, now, self._household.languages)
            decision = self._undo(command) if best.intent == "undo" else decide(command)
            if best.intent != "undo" and decision.timers != timers:
                self._before = timers
            self._become(decision.timers)
        return Result(
            request.interpretation.id,
            ok=decision.ok,
            code=decision.code,
            text=decision.text,
            question=decision.question,
        )

    def _undo(self, command: Command) -> Decision:
        """Bring back what the last command found, but nothing that has ended meanwhile."""
        if self._before is None:
            return command.refused("not-possible", "nothing-to-undo")
        kept = tuple(timer for timer in self._before if timer.ends is None or timer.ends > command.now)
        self._before = None
        return Decision(kept, "done", command.says("undone"))

    # With the lock held.

    def _become(self, timers: Timers) -> None:
        if timers == self._timers:
            return
        self._timers = timers
        self._write()
        self._tell()
        self._changed.notify_all()

    def _read(self) -> Timers:
        try:
            return storage.restored(self._file.read(), now=self._clock(), time=self._wall())
        except StateError as error:
            log.error("timers from before are lost: %s", error)
            return ()

    def _write(self) -> None:
        try:
            self._file.write(storage.stored(self._timers, now=self._clock(), time=self._wall()))
        except StateError as error:
            if not self._unwritten:
                log.error("timers will not survive a restart: %s", error)
            self._unwritten = True
        else:
            self._unwritten = False

    def _tell(self) -> None:
        now, moment = self._clock(), self._wall()
        payload = TimersPayload(timers=[_part(timer, now=now, moment=moment) for timer in self._timers])
        channel = payload.channel
        topic = channel.topic(self._household.site)
        self._publish(
            Outgoing(topic, payload.to_bytes(), qos=channel.qos, retained=True, content_type="application/json")
        )

    def _offset(self) -> float:
        return self._wall().timestamp() - self._clock()

    def _look_at_clock(self) -> None:
        """Notice that the wall clock was set: ends by it are written and told anew."""
        moved_s = self._offset() - self._offset_s
        if abs(moved_s) < CLOCK_SET_S:
            return
        self._offset_s += moved_s
        if self._timers:
            log.info("the clock was set by %.0f s", moved_s)
            self._timers = clock_set(self._timers, moved_s)
            self._write()
            self._tell()

    # The ringing thread.

    def _ring(self) -> None:
        with self._changed:
            while not self._closing:
                try:
                    patience_s = self._look()
                except Exception:
                    log.exception("a timer could not ring")
                    patience_s = CLOCK_LOOK_S
                self._changed.wait(patience_s)

    def _look(self) -> float | None:
        """Let ring what has ended; returns how long nothing more happens by itself, None for ever."""
        self._look_at_clock()
        if self._unwritten:
            self._write()
        now = self._clock()
        rang = {timer.key for timer in self._timers if timer.rings is not None}
        self._become(at(self._timers, now, ring_s=self._options.ring_s))
        ringing = [timer for timer in self._timers if timer.rings is not None]
        if any(timer.key not in rang for timer in ringing) or (ringing and now >= self._say_again):
            self._say_again = now + self._options.repeat_s
            self._say(ringing)
        if not self._timers:
            return CLOCK_LOOK_S if self._unwritten else None
        times = [now + CLOCK_LOOK_S, next_change(self._timers, ring_s=self._options.ring_s)]
        times += [self._say_again] if ringing else []
        return max(0.0, min(moment for moment in times if moment is not None) - now)

    def _say(self, ringing: Sequence[Timer]) -> None:
        """Say what rings, each in the language in which it was asked for."""
        alone = len(self._timers) == 1
        said: dict[Language, list[str]] = {}
        for timer in ringing:
            said.setdefault(timer.language, []).append(_ended(timer, alone=alone))
        for language, sentences in said.items():
            self._publish(
                announcement(
                    self._household.site, " ".join(sentences), language=language, within_s=self._options.repeat_s
                )
            )


def _ended(timer: Timer, *, alone: bool) -> str:
    language = timer.language
    name = words.called(timer, language, alone=alone)
    if timer.late_s:
        return words.sentence("late", language, timer=name, time=words.duration(timer.late_s, language))
    return words.sentence("done", language, timer=name)


def _part(timer: Timer, *, now: float, moment: datetime) -> TimerPart:
    return TimerPart(
        key=timer.key,
        name=timer.label,
        state=timer.state,
        length_s=timer.length_s,
        remaining_s=round(timer.remaining_s(now), 1),
        ends=None if timer.ends is None else moment + timedelta(seconds=timer.ends - now),
    )


def _catalogs(household: HouseholdConfig) -> Catalogs:
    """Return the list `timer`, the household's own names of timers."""
    options = options_of(household, NAME, TimerOptions)
    return {"timer": [Choice(name, {language: (name,)}) for language, names in options.names.items() for name in names]}


HANDLER = Description(domains=(NAME,), build=TimerHandler, options=TimerOptions, catalogs=_catalogs)
