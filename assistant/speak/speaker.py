"""What is heard of the assistant: one thread that plays replies and earcons, one after the other.

    say, earcon ──bounded queue──▶ sentences ──▶ voice ──▶ output      and then on_done
                                                  └─ on_speaking(True) before the first sample
                                                     on_speaking(False) when it has ended in the room

When the queue is full, the oldest that waits is left out: what happened last matters.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self

import numpy as np

from assistant.config import Language, RepliesConfig, ReplyMode
from assistant.errors import AudioError, SpeechError
from assistant.messages import SAMPLE_RATE_HZ
from assistant.speak.earcons import EarconName, earcon
from assistant.speak.sound import at_volume, levelled, trimmed
from assistant.speak.text import sentences
from assistant.speak.voices import Voice, voice_of

log = logging.getLogger(__name__)

MOST_WAITING = 8
"""Replies and earcons behind the one that is being played."""
ROOM_S = 0.12
"""After the last sample the room still sounds, and the microphone's last blocks are under way."""
PAUSE_S = 0.22
"""Silence between two sentences."""
RETRY_S = 5.0
"""How long an output that failed is left alone."""
JOIN_S = 8.0

_MODES: tuple[ReplyMode, ...] = ("none", "sounds", "speech")
"""Each allows what the ones before it do."""


class Output(Protocol):
    """Where sound goes: `assistant.audio.Loudspeaker`."""

    def play(self, pieces: Iterable[np.ndarray], *, stopped: threading.Event) -> None:
        """Play the pieces, each (samples,) int16 at 16 kHz, without gaps; returns when the last one was heard.

        Ends early when `stopped` is set.  Raises AudioError where it cannot play.
        """


def local_now() -> datetime:
    """The time on the household's clocks."""
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class _Item:
    """One reply or earcon."""

    needs: ReplyMode
    """The mode that allows it."""
    pieces: Callable[[], Iterable[np.ndarray]]
    """Makes its sound, (samples,) float32 each."""
    on_done: Callable[[], None] | None
    stopped: threading.Event = field(default_factory=threading.Event)


class Speaker:
    """Speaks while the context lasts; every method returns at once and may be called from any thread."""

    def __init__(
        self,
        config: RepliesConfig,
        *,
        output: Output,
        on_speaking: Callable[[bool], None],
        clock: Callable[[], datetime] = local_now,
    ) -> None:
        """on_speaking: told, on the speaker's thread, before the first sample and when all has been heard.

        clock: says whether these are quiet hours.
        """
        self._config = config
        self._output, self._on_speaking, self._clock = output, on_speaking, clock
        self._voice: Voice = voice_of(config.voice)
        self._changed = threading.Condition()  # guards _waiting, _current and _ending
        self._waiting: deque[_Item] = deque()
        self._current: _Item | None = None
        self._ending = False
        self._speaking = False
        self._problems: set[type[Exception]] = set()
        """What is wrong now, and was told."""
        self._retry_at = 0.0
        """Monotonic time before which the output is left alone."""
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self.stop()
        self._thread.join(JOIN_S)
        if self._thread.is_alive():
            log.error("the speaking thread does not end; it is left behind")

    # From any thread:

    @property
    def speaking(self) -> bool:
        """Whether something can be heard of the assistant now."""
        return self._speaking

    @property
    def waiting(self) -> int:
        """How many replies and earcons wait behind the one that is being played."""
        return len(self._waiting)

    def say(self, text: str, language: Language, *, on_done: Callable[[], None] | None = None) -> None:
        """Speak the text after what waits already.

        on_done: called on the speaker's thread when it has been heard, was stopped, or is not to be heard at all.
        """
        self._put(_Item("speech", lambda: self._speech(text, language), on_done))

    def earcon(self, name: EarconName, *, on_done: Callable[[], None] | None = None) -> None:
        """Play the sound after what waits already; on_done: as for `say`."""
        self._put(_Item("sounds", lambda: [earcon(name)], on_done))

    def stop(self) -> None:
        """Be silent at once, and forget what waits."""
        with self._changed:
            for item in self._waiting:
                item.stopped.set()
            if self._current is not None:
                self._current.stopped.set()

    def _put(self, item: _Item) -> None:
        with self._changed:
            playable = [one for one in self._waiting if not one.stopped.is_set()]
            if len(playable) >= MOST_WAITING:
                log.warning("more is to be said than can be: the oldest of %d replies is left out", len(playable))
                playable[0].stopped.set()
                if playable[0].on_done is None:
                    self._waiting.remove(playable[0])
            if self._ending:
                item.stopped.set()
            self._waiting.append(item)
            self._changed.notify_all()

    # On the speaker's thread:

    def _run(self) -> None:
        if self._mode() == "speech":
            self._try(self._voice.start)
        while (item := self._next()) is not None:
            for step in (self._take, self._finish):
                try:
                    step(item)
                except Exception:
                    log.exception("a reply could not be given")
        self._voice.close()

    def _next(self) -> _Item | None:
        """What is to be played next; None at the end, when nothing waits any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ending)
            self._current = self._waiting.popleft() if self._waiting else None
            return self._current

    def _take(self, item: _Item) -> None:
        if item.stopped.is_set() or _MODES.index(self._mode()) < _MODES.index(item.needs):
            return
        if time.monotonic() < self._retry_at:
            return
        self._try(lambda: self._output.play(self._pieces(item), stopped=item.stopped))

    def _finish(self, item: _Item) -> None:
        """Tell that there is silence, unless there is more to be heard, and that this one is done."""
        if self._speaking and self._stays_silent():
            self._tell_whether(speaking=False)
        if item.on_done is not None:
            item.on_done()

    def _stays_silent(self) -> bool:
        """Wait until the room is silent; returns False as soon as there is something else to be played."""
        with self._changed:
            return not self._changed.wait_for(lambda: any(not one.stopped.is_set() for one in self._waiting), ROOM_S)

    def _pieces(self, item: _Item) -> Iterator[np.ndarray]:
        """The item's pieces at the household's volume, told of before the first of them."""
        for piece in item.pieces():
            if not self._speaking:
                self._tell_whether(speaking=True)
            yield at_volume(piece, self._config.volume)

    def _tell_whether(self, *, speaking: bool) -> None:
        self._speaking = speaking
        self._on_speaking(speaking)

    def _speech(self, text: str, language: Language) -> Iterator[np.ndarray]:
        """Each sentence as (samples,) float32, made while the one before is played."""
        pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.float32)
        for index, sentence in enumerate(sentences(text, language)):
            speech = levelled(trimmed(self._voice.speak(sentence, language)))
            self._solve(SpeechError)
            yield np.concatenate([pause, speech]) if index else speech

    def _mode(self) -> ReplyMode:
        """What may be heard now."""
        quiet = self._config.quiet
        if quiet is None:
            return self._config.mode
        now = self._clock().time()
        after, before = now >= quiet.begin, now < quiet.end
        # Usually they go over midnight.
        is_quiet = (after and before) if quiet.begin <= quiet.end else (after or before)
        return min(self._config.mode, quiet.mode, key=_MODES.index) if is_quiet else self._config.mode

    def _try(self, action: Callable[[], None]) -> None:
        """Do it; a device or voice that is missing is told once, and again when it is there."""
        try:
            action()
        except AudioError as error:
            self._retry_at = time.monotonic() + RETRY_S
            self._tell(AudioError, error, "replies are not heard: %s; it is tried again with later ones")
        except SpeechError as error:
            self._tell(SpeechError, error, "replies are not spoken: %s")
        else:
            self._solve(AudioError)

    def _tell(self, kind: type[Exception], error: Exception, text: str) -> None:
        if kind not in self._problems:
            self._problems.add(kind)
            log.warning(text, error)

    def _solve(self, kind: type[Exception]) -> None:
        if kind in self._problems:
            self._problems.remove(kind)
            log.info("replies are %s again", "heard" if kind is AudioError else "spoken")
