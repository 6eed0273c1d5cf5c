"""What of the stream is listened to: wake word, window, mute and the assistant's own voice; pure, block by block.

    CLOSED ──wake word, open_window──▶ OPEN ──utterance taken, time over, cancel──▶ CLOSED

With the engine `none` the window is always open.  An utterance that has begun in the window is heard to its end.
Also while nothing is listened to the segmenter hears on: it knows the noise of the room, and what was said just before
somebody pressed a key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np

from assistant.config import ListenConfig, WakeConfig
from assistant.listen.segmenter import ONSET_WINDOW_MS, Follower, Segmenter, utc_now
from assistant.listen.wake import WakeEngine
from assistant.messages import SAMPLE_RATE_HZ, Utterance

HearingState: TypeAlias = Literal["idle", "listening", "muted"]

WAKE_GAP_MS = 100
"""Silence after which a wake word is over (stops inside words are shorter), and what is kept of it as pre-roll, since
engines are up to 50 ms late."""
SAME_WORD_MS = 300
"""What is heard within this time after the last is the same waking: engines do not decide in every block."""


class Hearing:
    """Takes the blocks of one stream and gives the utterances that are meant for the assistant."""

    def __init__(
        self,
        listen: ListenConfig,
        wake: WakeConfig,
        *,
        engine: WakeEngine | None,
        clock: Callable[[], datetime] = utc_now,
        follower: Follower | None = None,
    ) -> None:
        """engine: hears the wake word; None where none is listened for.

        clock, follower: those of the segmenter; nobody is told or asked about what is not taken.
        """
        self.muted = False
        """Hears nothing while true."""
        self.speaking = False
        """The assistant itself can be heard: nothing is taken while true, lest it obey itself."""
        self._wake = wake
        self._engine = engine
        self._pre_roll_ms = listen.pre_roll_ms
        self._segmenter = Segmenter(listen, clock=clock, follower=None if follower is None else self)
        self._follower = follower
        self._hangover_ms = listen.hangover_ms
        self._heard_ms = 0.0
        """Length of the stream so far: its own clock, so that files may come as fast as they like."""
        self._window_end_ms = 0.0
        self._opened_by = wake.engine
        self._deaf = False
        self._woken_ms = -float(SAME_WORD_MS)
        """When the wake word was heard last, by the stream's clock."""

    @property
    def state(self) -> HearingState:
        """What it is doing, as others are told."""
        if self.muted:
            return "muted"
        waiting = self._wake.engine != "none" and self._heard_ms < self._window_end_ms
        return "listening" if waiting or self.hears else "idle"

    @property
    def hears(self) -> bool:
        """Whether an utterance has begun that will be taken."""
        return self._open() and self._segmenter.opened_ms > 0

    @property
    def discarded(self) -> int:
        """Sounds that had too little voice for an utterance."""
        return self._segmenter.discarded

    def push(self, block: np.ndarray) -> list[Utterance]:
        """The utterances for the assistant that end within this block.  block: (samples,) int16, 16 kHz."""
        self._heard_ms += len(block) * 1000 / SAMPLE_RATE_HZ
        if self.muted or self.speaking:
            self._deafen()
            return []
        self._deaf = False
        if self._engine is not None:
            self._hear_wake_word(self._engine.push(block))
        if not self._open():
            # What begins from now on is not taken, also where it ends after the next waking.
            self._window_end_ms = 0.0
        was_open = self._open()
        utterances = self._segmenter.push(block)
        return self._take(utterances) if was_open else []

    def flush(self) -> list[Utterance]:
        """The utterance that is open at the end of the stream, if it is for the assistant."""
        was_open = self._open()
        utterances = self._segmenter.flush()
        return self._take(utterances) if was_open else []

    def open_window(self, window_ms: int | None = None) -> None:
        """Take what is said from now on, as after the wake word; what had just begun is included.

        A window that is open already stays open for longer, and what is being said in it stays whole: who presses the
        key once more loses no words, and programs that ask for it all the time silence nobody.
        """
        window_ms = window_ms or self._wake.window_ms
        if self._open():
            self._window_end_ms = max(self._window_end_ms, self._heard_ms + window_ms)
        else:
            self._open_for(window_ms, by="push-to-talk", keep_ms=self._pre_roll_ms + ONSET_WINDOW_MS)

    def cancel(self) -> None:
        """Forget what is being said, and close the window."""
        self._segmenter.reset()
        self._window_end_ms = 0.0

    def interrupt(self) -> None:
        """The stream was interrupted: what comes next does not follow what was heard."""
        self._segmenter.reset()
        if self._engine is not None:
            self._engine.reset()

    # As the segmenter's follower:

    def follow(self, samples: np.ndarray) -> None:
        """Pass on what was said so far, where it will be taken."""
        if self._follower is not None and self._open():
            self._follower.follow(samples)

    def pause_ms(self, samples: np.ndarray) -> int:
        """Return how much silence ends what was said so far."""
        return self._follower.pause_ms(samples) if self._follower is not None and self._open() else self._hangover_ms

    def _open(self) -> bool:
        """Whether what is said now is taken."""
        if self._wake.engine == "none":
            return True
        return self._window_end_ms > 0 and (self._heard_ms < self._window_end_ms or self._segmenter.opened_ms > 0)

    def _hear_wake_word(self, heard: bool) -> None:
        """Open the window at the word's first block, and leave its rest out of the command.

        Engines hear a long word before its end ("hey mycroft" by 0.5 s) and go on for as long after it: what is voiced
        meanwhile belongs to the word until there is a gap.  A command that follows without one is not cut, it may have
        the end of the word before it.
        """
        if not heard:
            return
        if self._heard_ms - self._woken_ms > SAME_WORD_MS:
            self._open_for(self._wake.window_ms, by=self._wake.engine, keep_ms=WAKE_GAP_MS)
        elif self._segmenter.quiet_ms >= WAKE_GAP_MS:
            self._segmenter.restart(keep_ms=WAKE_GAP_MS)
        self._woken_ms = self._heard_ms

    def _open_for(self, window_ms: int, *, by: str, keep_ms: int) -> None:
        self._segmenter.restart(keep_ms=keep_ms)
        self._window_end_ms = self._heard_ms + window_ms
        self._opened_by = by

    def _take(self, utterances: list[Utterance]) -> list[Utterance]:
        if self._wake.engine == "none":
            return utterances
        if utterances:
            # One waking, one command.
            self._window_end_ms = 0.0
        return [replace(utterance, wake=self._opened_by) for utterance in utterances[:1]]

    def _deafen(self) -> None:
        if not self._deaf:
            self._deaf = True
            self.interrupt()
