"""Cuts utterances out of a stream of samples: a pure state machine over 20 ms frames.

    IDLE ──onset──▶ SPEAKING ──pause──▶ PAUSING ──resumed──▶ SPEAKING
      ▲                │                   │
      └──── full ──────┴── full, silence ──┘

Both ways are slower than single frames.  An onset needs `onset_ms` of voice within the last 200 ms, so that a click
opens nothing; a pause is only left again by 60 ms of voice within 100 ms, so that clatter after a command does not
keep it open.  Silence is counted from the last voiced frame; at `hangover_ms` the utterance ends, or sooner or later
where somebody who knows what was said says so (`Follower`, asked once in each pause).

The samples start `pre_roll_ms` before the first voiced frame (or where the stream does: a clip may begin in the
middle of a word) and contain the whole hangover.  Samples are never given twice, except silence between utterances.
Frames are counted from the start of the stream, so any cutting of it into blocks gives the same utterances.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Protocol

import numpy as np

from assistant.config import ListenConfig
from assistant.listen.vad import FRAME_MS, FRAME_SAMPLES, VoiceActivity, frame_power_db
from assistant.messages import SAMPLE_RATE_HZ, Utterance

ONSET_WINDOW_MS = 200
RESUME_MS = 60
RESUME_WINDOW_MS = 100
LEVEL_WINDOW_MS = 100

FOLLOWED_EVERY, FOLLOWED_AFTER = 32, 2
"""Frames after which it is told again what has been said, and of the utterance before the first time: 640 ms, what the
network hears at once, and what it must have heard of the next."""


class Follower(Protocol):
    """Hears what is being said, so that little is left to hear at its end."""

    def follow(self, samples: np.ndarray) -> None:
        """Take what was said so far of the open utterance, (samples,) int16; each time it is longer."""

    def pause_ms(self, samples: np.ndarray) -> int:
        """Return how much silence ends what was said so far: (samples,) int16, with the silence until now."""


class State(Enum):
    """What the segmenter is doing."""

    IDLE = auto()
    """Waiting for a voice."""
    SPEAKING = auto()
    """An utterance is open and a voice is heard."""
    PAUSING = auto()
    """An utterance is open, silence since its last voiced frame."""


class Event(Enum):
    """What a frame can bring."""

    NOTHING = auto()
    ONSET = auto()
    """Enough voice to open an utterance."""
    PAUSE = auto()
    """An unvoiced frame."""
    RESUMED = auto()
    """Enough voice to go on."""
    SILENCE = auto()
    """No voice for the whole hangover."""
    FULL = auto()
    """The greatest length."""


NEXT: Mapping[tuple[State, Event], State] = {
    (State.IDLE, Event.ONSET): State.SPEAKING,
    (State.SPEAKING, Event.PAUSE): State.PAUSING,
    (State.SPEAKING, Event.FULL): State.IDLE,
    (State.PAUSING, Event.RESUMED): State.SPEAKING,
    (State.PAUSING, Event.SILENCE): State.IDLE,
    (State.PAUSING, Event.FULL): State.IDLE,
}
"""A pair that is not in the table leaves the state as it is."""


def utc_now() -> datetime:
    """The clock of a live stream."""
    return datetime.now(UTC)


class Segmenter:
    """Turns the blocks of one stream into utterances."""

    def __init__(
        self,
        config: ListenConfig,
        *,
        clock: Callable[[], datetime] = utc_now,
        wake: str = "none",
        follower: Follower | None = None,
    ) -> None:
        """clock: when the last sample pushed was recorded.  wake: the engine that the utterances are marked with.

        follower: hears what is said, and is asked `early_ms` after the last voiced frame, where the household wants it.
        """
        self.state = State.IDLE
        self.discarded = 0
        """Sounds that opened an utterance and had too little voice for one."""
        self._config = config
        self._clock = clock
        self._follower = follower
        self._hangover_ms = config.hangover_ms
        """Silence that ends the open utterance in this pause."""
        self._wake = wake
        self._activity = VoiceActivity(config.aggressiveness)
        self._rest = np.zeros(0, np.int16)
        """Samples pushed and not yet a whole frame."""
        self._frames: deque[np.ndarray] = deque()
        """IDLE: what may become pre-roll.  Otherwise: the open utterance."""
        self._voiced: deque[bool] = deque(maxlen=ONSET_WINDOW_MS // FRAME_MS)
        """Of the last frames, since the last utterance ended."""
        self._quiet_frames = 0
        """Unvoiced ones since the last voiced one."""
        self._voiced_frames = 0
        self._speech_end = 0
        """Frames of the open utterance up to its last voiced one."""

    def push(self, block: np.ndarray) -> list[Utterance]:
        """The utterances that end within this block; one at most when it is 20 ms long.

        block: (samples,) int16, 16 kHz, of any length; it may be reused afterwards.
        """
        samples = np.concatenate([self._rest, block])
        frames = len(samples) // FRAME_SAMPLES
        self._rest = samples[frames * FRAME_SAMPLES :].copy()
        utterances = []
        for index in range(frames):
            self._take(samples[index * FRAME_SAMPLES : (index + 1) * FRAME_SAMPLES])
            if self._advance() in {Event.SILENCE, Event.FULL}:
                after = len(samples) - (index + 1) * FRAME_SAMPLES
                utterances.extend(self._end(samples_after=after))
        return utterances

    def flush(self) -> list[Utterance]:
        """The utterance that is open at the end of the stream, if any; the segmenter can then be used again."""
        ended: list[Utterance] = []
        if self.state is not State.IDLE:
            self._frames.append(self._rest)
            ended = self._end(samples_after=0)
        self.reset()
        return ended

    def reset(self) -> None:
        """Forget all that was said so far; the noise floor stays known."""
        self._rest = np.zeros(0, np.int16)
        self.restart(keep_ms=0)

    def restart(self, *, keep_ms: int) -> None:
        """Forget the open utterance, but let the last `keep_ms` be the pre-roll of the next one."""
        self.state = State.IDLE
        self._keep_last(keep_ms // FRAME_MS)
        self._voiced.clear()

    @property
    def opened_ms(self) -> int:
        """Length of the open utterance so far, 0 when none is open."""
        return 0 if self.state is State.IDLE else len(self._frames) * FRAME_MS

    @property
    def quiet_ms(self) -> int:
        """How long no frame has been voiced."""
        return self._quiet_frames * FRAME_MS

    @property
    def _pause_ms(self) -> int:
        """Silence at the end of the open utterance."""
        return (len(self._frames) - self._speech_end) * FRAME_MS

    def _take(self, frame: np.ndarray) -> None:
        voiced = self._activity.is_voiced(frame)
        self._voiced.append(voiced)
        self._quiet_frames = 0 if voiced else self._quiet_frames + 1
        self._frames.append(frame)
        if self.state is not State.IDLE:
            self._voiced_frames += voiced

    def _advance(self) -> Event:
        """Let the frame just taken change the state."""
        self._tell_follower()
        event = self._event()
        before, self.state = self.state, NEXT.get((self.state, event), self.state)
        if before is State.IDLE:
            if event is Event.ONSET:
                self._open()
            else:
                self._trim_pre_roll()
        elif self.state is State.SPEAKING and self._voiced[-1]:
            self._speech_end = len(self._frames)
            self._hangover_ms = self._config.hangover_ms
        return event

    def _tell_follower(self) -> None:
        """Tell what has been said, from time to time, and ask how long this pause may last, once in each."""
        if self._follower is None or self.state is State.IDLE:
            return
        if len(self._frames) % FOLLOWED_EVERY == FOLLOWED_AFTER:
            self._follower.follow(np.concatenate(self._frames))
        if self._is_to_ask():
            self._hangover_ms = self._follower.pause_ms(np.concatenate(self._frames))

    def _is_to_ask(self) -> bool:
        """Whether it is now that the pause has lasted long enough to ask how long it may last."""
        if self._config.endpointing != "sentences":
            return False
        if self.state is not State.PAUSING or self._voiced_frames * FRAME_MS < self._config.min_speech_ms:
            return False
        return self._pause_ms - FRAME_MS < self._config.early_ms <= self._pause_ms

    def _event(self) -> Event:
        if self.state is State.IDLE:
            return Event.ONSET if sum(self._voiced) * FRAME_MS >= self._config.onset_ms else Event.NOTHING
        if len(self._frames) * FRAME_MS >= self._config.max_utterance_ms:
            return Event.FULL
        if self.state is State.SPEAKING:
            return Event.NOTHING if self._voiced[-1] else Event.PAUSE
        if self._pause_ms >= self._hangover_ms:
            return Event.SILENCE
        recent = list(self._voiced)[-(RESUME_WINDOW_MS // FRAME_MS) :]
        return Event.RESUMED if self._voiced[-1] and sum(recent) * FRAME_MS >= RESUME_MS else Event.NOTHING

    def _open(self) -> None:
        """Make the pre-roll and the frames of the onset the start of an utterance."""
        flags = list(self._voiced)
        since_onset = len(flags) - flags.index(True)  # frames, the first voiced one included
        self._keep_last(since_onset + self._config.pre_roll_ms // FRAME_MS)
        self._voiced_frames = sum(flags)
        self._speech_end = len(self._frames)
        self._hangover_ms = self._config.hangover_ms

    def _trim_pre_roll(self) -> None:
        self._keep_last((ONSET_WINDOW_MS + self._config.pre_roll_ms) // FRAME_MS)

    def _keep_last(self, frames: int) -> None:
        while len(self._frames) > frames:
            self._frames.popleft()

    def _end(self, *, samples_after: int) -> list[Utterance]:
        """Close the open utterance; it is returned when it has enough voice.

        samples_after: how many of the samples pushed so far come after its end.
        """
        frames = list(self._frames)
        speech_end, voiced_frames = self._speech_end, self._voiced_frames
        # What came after the last voiced frame may be the next one's pre-roll.
        self._frames = deque(frames[speech_end:])
        self._trim_pre_roll()
        self._voiced.clear()
        if voiced_frames * FRAME_MS < self._config.min_speech_ms:
            self.discarded += 1
            return []
        samples = np.concatenate(frames)
        to_start_s = (len(samples) + samples_after) / SAMPLE_RATE_HZ
        return [
            Utterance(
                samples=samples,
                started=self._clock() - timedelta(seconds=to_start_s),
                speech_end_ms=float(speech_end * FRAME_MS),
                level_db=loudest_db(samples),
                wake=self._wake,
            )
        ]


def segment(
    samples: np.ndarray, config: ListenConfig, *, ended: datetime | None = None, follower: Follower | None = None
) -> list[Utterance]:
    """The utterances of a whole recording, by the same way as a live stream.

    samples: (samples,) int16, 16 kHz.  ended: when the last sample was recorded, now when absent.
    follower: as for `Segmenter`.
    """
    time = ended or utc_now()
    segmenter = Segmenter(config, clock=lambda: time, wake="none", follower=follower)
    return segmenter.push(samples) + segmenter.flush()


def loudest_db(samples: np.ndarray) -> float:
    """Power of the loudest 100 ms in dB of full scale.  samples: (samples,) int16."""
    length = SAMPLE_RATE_HZ * LEVEL_WINDOW_MS // 1000
    starts = range(0, max(len(samples) - length, 0) + 1, length // 2)
    return max(frame_power_db(samples[start : start + length]) for start in starts)
