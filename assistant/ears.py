"""The listening thread: blocks from the microphone, through wake word and segmenter, to utterances.

    source ──20 ms blocks──▶ wake engine ──window open──▶ segmenter ──▶ on_utterance, on this thread

Recognition runs on this thread too: what is said meanwhile waits in the source's queue.  A source that goes away is
reported once and opened again when it returns.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Literal, Protocol, Self, TypeAlias

import numpy as np

from assistant.config import ListenConfig, WakeConfig
from assistant.errors import AudioError
from assistant.listen import Segmenter
from assistant.messages import Utterance

log = logging.getLogger(__name__)

REOPEN_S = 2.0
"""How often a microphone that went away is looked for."""

Source: TypeAlias = AbstractContextManager[Iterable[np.ndarray]]
EarState: TypeAlias = Literal["idle", "listening", "interpreting", "muted"]


class WakeEngine(Protocol):
    """Hears its word in a stream."""

    def push(self, block: np.ndarray) -> bool:
        """Whether the word ends in this block; block: (samples,) int16."""


class Ears:
    """Listens until it is left; a context manager that owns its thread."""

    def __init__(
        self,
        open_source: Callable[[], Source],
        *,
        listen: ListenConfig,
        wake: WakeConfig,
        engine: WakeEngine | None,
        on_utterance: Callable[[Utterance], None],
        on_state: Callable[[EarState], None],
        on_source: Callable[[str | None], None],
        on_end: Callable[[], None],
    ) -> None:
        """engine: None takes every utterance, or waits for `listen` when `wake.engine` is push-to-talk.

        on_source: told why there is no sound, None when there is again.  on_end: the source had an end, as files do.
        """
        self._open_source = open_source
        self._wake = wake
        self._engine = engine
        self._segmenter = Segmenter(listen, wake=wake.engine)
        self._on_utterance, self._on_state, self._on_source, self._on_end = on_utterance, on_state, on_source, on_end
        self._stopping = threading.Event()
        self._muted = threading.Event()
        self._cancelled = threading.Event()
        self._window_end = -1.0
        """Monotonic; written by `open_window` and by the thread, either value is right where they meet."""
        self._state: EarState | None = None
        self._problem: str | None = "not opened yet"
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def open_window(self, window_ms: int | None = None) -> None:
        """Take what is said now, as after the wake word."""
        self._window_end = time.monotonic() + (window_ms or self._wake.window_ms) / 1000

    def cancel(self) -> None:
        """Forget what is being said, and close the window."""
        self._cancelled.set()

    def mute(self, muted: bool) -> None:
        """Hear nothing, or hear again."""
        if muted:
            self._muted.set()
        else:
            self._muted.clear()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    # Below: the listening thread only.

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._open_source() as blocks:
                    self._tell_problem(None)
                    self._listen_to(blocks)
                if not self._stopping.is_set():
                    self._finish()
                    return
            except AudioError as error:
                self._segmenter.reset()
                self._tell_problem(str(error))
            except Exception:
                log.exception("listening failed; it is tried again")
                self._segmenter.reset()
            self._stopping.wait(REOPEN_S)

    def _listen_to(self, blocks: Iterable[np.ndarray]) -> None:
        for block in blocks:
            if self._stopping.is_set():
                return
            self._hear(block)

    def _hear(self, block: np.ndarray) -> None:
        if self._cancelled.is_set():
            self._cancelled.clear()
            self._segmenter.reset()
            self._window_end = -1.0
        if self._muted.is_set():
            self._segmenter.reset()
            self._tell("muted")
            return
        if self._engine is not None and self._engine.push(block):
            self.open_window()
        if not self._open():
            self._segmenter.reset()
            self._tell("idle")
            return
        utterances = self._segmenter.push(block)
        if self._segmenter.opened_ms:
            self._tell("listening")
        for utterance in utterances:
            self._window_end = -1.0
            self._take(utterance)
        if not self._segmenter.opened_ms:
            self._tell("idle" if self._wake.engine == "none" or not self._open() else "listening")

    def _open(self) -> bool:
        """Whether what is said now is taken; an utterance that has begun is heard to its end."""
        if self._engine is None and self._wake.engine != "push-to-talk":
            return True
        return time.monotonic() < self._window_end or self._segmenter.opened_ms > 0

    def _take(self, utterance: Utterance) -> None:
        self._tell("interpreting")
        try:
            self._on_utterance(utterance)
        except Exception:
            # One utterance is lost, not the ears.
            log.exception("an utterance could not be interpreted", extra={"id": utterance.id})

    def _finish(self) -> None:
        """The source has ended: what is still open is an utterance too."""
        for utterance in self._segmenter.flush():
            self._take(utterance)
        self._tell("idle")
        self._on_end()

    def _tell(self, state: EarState) -> None:
        if state != self._state:
            self._state = state
            self._on_state(state)

    def _tell_problem(self, problem: str | None) -> None:
        if problem != self._problem:
            self._problem = problem
            self._on_source(problem)
