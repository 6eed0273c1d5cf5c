"""The listening thread: blocks from a source, through `Hearing`, to whoever takes the utterances.

    source ──20 ms blocks──▶ Hearing ──▶ on_utterance, on this thread

What is said while an utterance is being taken waits in the source's queue.  A source that goes away is reported once
and opened again when it returns.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import numpy as np

from assistant.config import ListenConfig, WakeConfig
from assistant.errors import AudioError
from assistant.listen.hearing import Hearing
from assistant.listen.segmenter import Follower
from assistant.listen.wake import WakeEngine
from assistant.messages import Utterance

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 5.0
"""How long a source that went away is left alone before it is tried again; doubled each time."""
JOIN_S = 8.0
MAX_ORDERS = 16

Source: TypeAlias = AbstractContextManager[Iterable[np.ndarray]]
"""Gives blocks, (samples,) int16 at 16 kHz; raises AudioError where it cannot, and ends where it has an end."""
ListenerState: TypeAlias = Literal["idle", "listening", "interpreting", "muted"]


@dataclass(slots=True)
class ListenerCounts:
    """What happened since the start; written by the listening thread only."""

    blocks: int = 0
    utterances: int = 0
    failed: int = 0
    """Utterances whose taking ended in an error."""
    sources_lost: int = 0
    overruns: int = 0
    """Blocks that were lost because nobody took them in time."""
    discarded: int = 0
    """Sounds too short for an utterance."""


class Listener:
    """Listens until it is left: a context manager that owns its thread."""

    def __init__(
        self,
        open_source: Callable[[], Source],
        *,
        listen: ListenConfig,
        wake: WakeConfig,
        engine: WakeEngine | None,
        on_utterance: Callable[[Utterance], None],
        on_state: Callable[[ListenerState], None],
        on_source: Callable[[str | None], None],
        on_end: Callable[[], None],
        follower: Follower | None = None,
    ) -> None:
        """engine: from `wake_engine(wake)`.  follower: as for the segmenter.

        on_source: told why there is no sound, and None when there is again.  on_end: the source had an end, as files
        have.  All five are called on the listening thread.
        """
        self.counts = ListenerCounts()
        self.heartbeat = time.monotonic()
        """When the thread last was seen to go on; not for more than some seconds ago while it is well."""
        self._open_source = open_source
        self._hearing = Hearing(listen, wake, engine=engine, follower=None if follower is None else self)
        self._follower = follower
        self._hangover_ms = listen.hangover_ms
        self._on_utterance, self._on_state, self._on_source, self._on_end = on_utterance, on_state, on_source, on_end
        self._orders: deque[Callable[[], None]] = deque(maxlen=MAX_ORDERS)
        """From other threads, carried out before the next block; the oldest are dropped."""
        self._stopping = threading.Event()
        self._state: ListenerState | None = None
        self._lost = False
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(timeout=JOIN_S)
        if self._thread.is_alive():
            log.error("the listening thread does not end; it is left behind")

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    # From any thread:

    @property
    def hears(self) -> bool:
        """Whether somebody is speaking now who is listened to."""
        return self._hearing.hears

    def open_window(self, window_ms: int | None = None) -> None:
        """Take what is said now, as after the wake word."""
        self._orders.append(lambda: self._hearing.open_window(window_ms))

    def cancel(self) -> None:
        """Forget what is being said, and close the window."""
        self._orders.append(self._hearing.cancel)

    def mute(self, muted: bool) -> None:
        """Hear nothing, or hear again."""
        self._hearing.muted = muted

    def speaking(self, is_speaking: bool) -> None:
        """Take nothing while the assistant itself speaks."""
        self._hearing.speaking = is_speaking

    # On the listening thread:

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._stopping.is_set():
            blocks_before = self.counts.blocks
            try:
                if self._listen_once():
                    self._finish()
                    return
            except AudioError as error:
                self._tell_lost(str(error))
            except Exception:
                self.counts.failed += 1
                log.exception("listening failed; it is tried again")
            self._hearing.interrupt()
            wait_s = FIRST_WAIT_S if self.counts.blocks > blocks_before else min(2 * wait_s, LONGEST_WAIT_S)
            self._rest(wait_s)

    def _listen_once(self) -> bool:
        """Listen as long as the source gives blocks; returns whether it has ended, being one that does."""
        with self._open_source() as blocks:
            # Counted from where the source stands: it may count over all the times it was opened.
            overruns_before = self.counts.overruns - getattr(blocks, "overruns", 0)
            for block in blocks:
                if self._stopping.is_set():
                    return False
                self.counts.overruns = overruns_before + getattr(blocks, "overruns", 0)
                self._hear(block)
        return not self._stopping.is_set()

    def _hear(self, block: np.ndarray) -> None:
        self.heartbeat = time.monotonic()
        self.counts.blocks += 1
        if self._lost:
            # Told with the first block and not before: a device can be opened and still give nothing.
            self._lost = False
            self._on_source(None)
        while self._orders:
            self._orders.popleft()()
        utterances = self._hearing.push(block)
        self.counts.discarded = self._hearing.discarded
        for utterance in utterances:
            self._take(utterance)
        self._tell(self._hearing.state)

    # On the listening thread, as the follower of what is heard:

    def follow(self, samples: np.ndarray) -> None:
        """Pass on what was said so far."""
        if self._follower is not None:
            with self._before_the_end():
                self._follower.follow(samples)

    def pause_ms(self, samples: np.ndarray) -> int:
        """Return how much silence ends what was said so far."""
        if self._follower is not None:
            with self._before_the_end():
                return self._follower.pause_ms(samples)
        return self._hangover_ms

    @contextmanager
    def _before_the_end(self) -> Iterator[None]:
        """Let nothing fail: it only would have been quicker, or more patient."""
        try:
            yield
        except Exception:
            self.counts.failed += 1
            log.exception("an utterance could not be looked at before its end")

    def _take(self, utterance: Utterance) -> None:
        self.counts.utterances += 1
        self._tell("interpreting")
        try:
            self._on_utterance(utterance)
        except Exception:
            # One utterance is lost, not the ears.
            self.counts.failed += 1
            log.exception("an utterance could not be interpreted", extra={"id": utterance.id})

    def _finish(self) -> None:
        """The source has ended: what is still open is an utterance too."""
        for utterance in self._hearing.flush():
            self._take(utterance)
        self._tell("idle")
        self._on_end()

    def _rest(self, wait_s: float) -> None:
        self._tell("muted" if self._hearing.muted else "idle")
        self.heartbeat = time.monotonic()
        self._stopping.wait(wait_s)

    def _tell(self, state: ListenerState) -> None:
        if state != self._state:
            self._state = state
            self._on_state(state)

    def _tell_lost(self, problem: str) -> None:
        if self._lost:
            log.debug("still no sound: %s", problem)
            return
        self._lost = True
        self.counts.sources_lost += 1
        self._on_source(problem)
