"""One thread for each player, so that one that hangs keeps nobody waiting but those who ask it."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from handlers.players import NoAnswerError

log = logging.getLogger(__name__)

QUEUE_JOBS = 16
"""What waits for one player; more is refused: it hangs, or nobody speaks so fast."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Job:
    call: Callable[[], Any]
    future: Future[Any]
    deadline: float


class Worker:
    """Makes calls one after the other; what could not begin in time is never made."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.Queue[_Job | None] = queue.Queue(QUEUE_JOBS)
        self._thread = threading.Thread(target=self._run, name=f"player-{name}", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, call: Callable[[], T], *, deadline: float) -> Future[T]:
        """Return what `call` will return; NoAnswerError where it cannot begin before `deadline` (monotonic)."""
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait(_Job(call, future, deadline))
        except queue.Full:
            future.set_exception(NoAnswerError(f"{self._name}: {QUEUE_JOBS} calls wait already"))
        return future

    def stop(self, timeout_s: float) -> None:
        """End after what waits now, or leave the thread to itself after the time: it may hang in a call."""
        try:
            self._jobs.put(None, timeout=timeout_s)
        except queue.Full:
            log.warning("player %s hangs and is left alone", self._name)
            return
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if time.monotonic() >= job.deadline:
                job.future.set_exception(NoAnswerError(f"{self._name}: still busy with what came before"))
                continue
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                job.future.set_result(job.call())
            except Exception as error:  # noqa: BLE001  # the border to a driver; whoever asked logs it
                job.future.set_exception(error)


def outcome_of(future: Future[T], *, deadline: float) -> T:
    """Return what a call returned.

    Raises NoAnswerError at the deadline (then it never begins, if it has not yet), and what the call raised.
    """
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError as error:
        if future.done():
            raise
        future.cancel()
        raise NoAnswerError("no answer in time") from error
