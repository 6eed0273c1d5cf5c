"""A player of the household, as the handler holds it: its driver, its thread, and what it is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from assistant.config import PlayerConfig
from handlers.media.outcome import Outcome
from handlers.media.plan import Step
from handlers.media.worker import Worker
from handlers.players import Command, PlayerDriver, PlayerState

POLL_S = 0.1
"""How often a player that has not obeyed yet is asked, where it does not say itself that something has changed."""
GRACE_S = 0.5
"""What its thread may be late."""


@dataclass(slots=True)
class Player:
    """One player.  What waits runs on `worker`."""

    name: str
    config: PlayerConfig
    driver: PlayerDriver
    changed: threading.Event
    """Set whenever it says that its state has changed."""
    worker: Worker = field(init=False)
    reader: Worker = field(init=False)
    """Reads its library: that takes long, and commands go on meanwhile."""

    def __post_init__(self) -> None:
        self.worker = Worker(self.name)
        self.reader = Worker(f"{self.name}-library")

    @property
    def timeout_s(self) -> float:
        """How long it may take to confirm a command."""
        return self.config.timeout_ms / 1000

    def start(self) -> None:
        """Begin to work and to follow it."""
        self.worker.start()
        self.reader.start()
        self.driver.start()

    def close(self) -> None:
        """End the connections, then the threads."""
        self.driver.close()
        for worker in (self.worker, self.reader):
            worker.stop(GRACE_S)

    def carry_out(self, step: Step, *, before: PlayerState, deadline: float) -> Outcome:
        """Let it do a step and return what its own state says then; on its worker.

        Raises PlayerError.
        """
        self.perform(step.commands)
        if not self.driver.confirms:
            return Outcome("sent", before, before)
        if step.shows is None:
            return Outcome("sent", before, self.driver.state())
        after = self.wait_for(step.shows, deadline=deadline)
        if step.shows(after):
            return Outcome("done", before, after)
        # A stream that is slow to connect was begun, and nobody knows yet whether it will come.
        return Outcome("sent" if after.playback == "starting" else "failed", before, after)

    def perform(self, commands: Iterable[Command]) -> None:
        """Let it do commands, one after the other; on its worker.

        Raises PlayerError.
        """
        self.changed.clear()
        for command in commands:
            self.driver.perform(command)

    def wait_for(self, shows: Callable[[PlayerState], bool], *, deadline: float) -> PlayerState:
        """Return the first state that shows it, or the last one before the deadline (monotonic); on its worker.

        Raises PlayerError.
        """
        while not shows(state := self.driver.state()):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            self.changed.wait(min(POLL_S, left_s))
            self.changed.clear()
        return state
