"""Which frames hold a voice: WebRTC's detector, held against the noise of the room.

The detector alone is coarse: it takes half of a kitchen's clatter and all music for speech, so that an utterance
spoken there would never end.  A frame counts as voiced only when it also stands out of the noise floor (the least
power of the last seconds) and is not far below the voice heard just before.  A floor that follows the minimum needs
no decision of its own about what is speech: it rises within a window when a fan starts, and falls at once when it
stops.

Measured on the development recordings with silence or noise around them: against a margin of 7 dB and a window of
3 s, a margin of 10 dB cuts the end of a fifth of the coffee orders in kitchen noise at 6 dB (7 dB: 4 %), 5 dB lets
noise hold the utterance open for a second; a window of 2 s cuts 11 %.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import webrtcvad

from assistant.messages import SAMPLE_RATE_HZ

FRAME_MS = 20
FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000

FLOOR_WINDOW_MS = 3000
"""The least power within it is the noise floor; longer than people speak without a gap between two words."""
FLOOR_SMOOTHING_MS = 100
FLOOR_MARGIN_DB = 7.0
"""How far speech stands out of the floor."""
LEAST_POWER_DB = -62.0
"""Below it nothing is speech: a muted microphone, digital silence, the hiss of a preamplifier."""
LEVEL_SMOOTHING_MS = 200
LEVEL_RANGE_DB = 24.0
"""How far the soft parts of a voice lie below its loud ones; what is softer is somebody or something else."""
LEVEL_DECAY_DB_PER_S = 3.0
SILENT_DB = -120.0


class VoiceActivity:
    """Judges a stream frame by frame; every stream needs its own."""

    def __init__(self, aggressiveness: int) -> None:
        """aggressiveness: WebRTC's scale, 0 to 3; 3 takes the least noise for speech."""
        self._detector = webrtcvad.Vad(aggressiveness)
        self._floor = NoiseFloor()
        self._level = SpeechLevel()

    def is_voiced(self, frame: np.ndarray) -> bool:
        """Whether there is a voice in the next frame of the stream.

        frame: (FRAME_SAMPLES,) int16.
        """
        power_db = frame_power_db(frame)
        # All three learn from every frame, also where one of them has decided already.
        speech_like = bool(self._detector.is_speech(frame.tobytes(), SAMPLE_RATE_HZ))
        floor_db = self._floor.after(power_db)
        threshold_db = max(floor_db + FLOOR_MARGIN_DB, self._level.db - LEVEL_RANGE_DB, LEAST_POWER_DB)
        voiced = speech_like and power_db > threshold_db
        self._level.after(power_db if voiced else SILENT_DB)
        return voiced


class NoiseFloor:
    """The least smoothed power within the last seconds."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=FLOOR_SMOOTHING_MS // FRAME_MS)
        # Before anything was heard the room counts as silent: a clip may start in the middle of a word.
        self._minima: deque[tuple[int, float]] = deque([(0, LEAST_POWER_DB)])
        self._frames = 0

    def after(self, power_db: float) -> float:
        """The floor in dB of full scale, the next frame's power taken into account."""
        self._recent.append(power_db)
        smoothed_db = sum(self._recent) / len(self._recent)
        self._frames += 1
        # Rising values, so that the first is the window's minimum; each frame enters and leaves once.
        while self._minima and self._minima[-1][1] >= smoothed_db:
            self._minima.pop()
        self._minima.append((self._frames, smoothed_db))
        while self._minima[0][0] <= self._frames - FLOOR_WINDOW_MS // FRAME_MS:
            self._minima.popleft()
        return self._minima[0][1]


class SpeechLevel:
    """How loud the voice was that was heard last, sinking slowly."""

    def __init__(self) -> None:
        self.db = SILENT_DB
        """Level in dB of full scale."""
        self._recent: deque[float] = deque([0.0] * (LEVEL_SMOOTHING_MS // FRAME_MS), LEVEL_SMOOTHING_MS // FRAME_MS)

    def after(self, voiced_power_db: float) -> None:
        """Take the next frame's power into account, SILENT_DB where it was unvoiced."""
        self._recent.append(10 ** (voiced_power_db / 10))
        smoothed_db = 10 * float(np.log10(max(sum(self._recent) / len(self._recent), 1e-12)))
        self.db = max(self.db - LEVEL_DECAY_DB_PER_S * FRAME_MS / 1000, smoothed_db)


def frame_power_db(frame: np.ndarray) -> float:
    """Mean power in dB of full scale, -120 for digital silence.  frame: (samples,) int16."""
    scaled = frame.astype(np.float32) / np.float32(32768)
    return 10 * float(np.log10(max(float(np.dot(scaled, scaled)) / max(len(scaled), 1), 1e-12)))
