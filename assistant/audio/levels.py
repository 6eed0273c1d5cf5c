"""How loud sound is, and whether a recording is good enough to be understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from assistant.messages import SAMPLE_RATE_HZ

FULL_SCALE = 32_768
SILENT_DB = -120.0
CLIPPED_AT = 32_700
"""From here on a sample counts as clipped."""

CLIPPED_PER_S = 20
"""More clipped samples a second than this are heard."""
TOO_QUIET_DB = -42.0
"""Speech whose loudest 100 ms stay below drowns in the noise of common microphones."""
DEAD_DB = -85.0
"""No microphone is as silent as this."""
OFFSET_DB = -40.0
"""A constant part over this is a fault of the input; it takes room from the sound."""
NOISY_DB = 12.0
"""Speech that stands out of the background by less than this is often misunderstood."""

Fault: TypeAlias = Literal["dead", "too-quiet", "clipped", "offset", "noisy"]


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a stretch of sound is."""

    peak_db: float
    """The greatest sample, in dB of full scale."""
    rms_db: float
    """The mean power, in dB of full scale."""
    clipped: int
    """Samples at full scale."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a recording."""

    fault: Fault
    advice: str
    """What is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class RecordingCheck:
    """What a test recording says about the microphone."""

    level: Level
    speech_db: float
    """Power of the loudest 100 ms, a constant part left aside."""
    noise_db: float
    """Power of the quietest tenth."""
    findings: Sequence[Finding]
    """What is wrong, worst first; empty when it is good."""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def measure(samples: np.ndarray) -> Level:
    """How loud the samples are.  samples: (samples,) int16; none are silence."""
    if not len(samples):
        return Level(SILENT_DB, SILENT_DB, 0)
    magnitudes = np.abs(samples.astype(np.int32))
    return Level(
        peak_db=_db(float(magnitudes.max()) ** 2),
        rms_db=_db(float(np.mean(np.square(magnitudes.astype(np.float32))))),
        clipped=int(np.count_nonzero(magnitudes >= CLIPPED_AT)),
    )


def check_recording(samples: np.ndarray) -> RecordingCheck:
    """Judge a recording in which somebody spoke a sentence, with some silence around it.

    samples: (samples,) int16 at 16 kHz, some seconds.
    """
    level = measure(samples)
    # The median, not the mean: a voice swings further to one side, most of all when it is clipped.
    offset = float(np.median(samples)) if len(samples) else 0.0
    powers_db = _powers_db(samples, offset)
    speech_db, noise_db = float(powers_db.max()), float(np.quantile(powers_db, 0.1))
    findings = []
    if speech_db < DEAD_DB:
        findings.append(
            Finding("dead", "nothing was recorded: unmute the microphone, or choose another (oyez devices)")
        )
    elif speech_db < TOO_QUIET_DB:
        findings.append(
            Finding("too-quiet", f"too quiet ({speech_db:.0f} dB): raise the input's gain (alsamixer, F4) or go nearer")
        )
    if level.clipped > CLIPPED_PER_S * max(len(samples) / SAMPLE_RATE_HZ, 0.1):
        findings.append(Finding("clipped", "too loud, it is clipped: lower the input's gain (alsamixer, F4)"))
    if _db(offset**2) > OFFSET_DB:
        share = round(100 * abs(offset) / FULL_SCALE)
        findings.append(
            Finding("offset", f"a constant offset of {share} % of full scale: the input or its cable is faulty")
        )
    if speech_db >= DEAD_DB and speech_db - noise_db < NOISY_DB:
        findings.append(
            Finding(
                "noisy",
                f"speech stands only {speech_db - noise_db:.0f} dB out of the background: speak in the recording, move "
                "the microphone away from fans and loudspeakers, or go nearer",
            )
        )
    return RecordingCheck(level, speech_db=speech_db, noise_db=noise_db, findings=tuple(findings))


def _powers_db(samples: np.ndarray, offset: float) -> np.ndarray:
    """(windows,) float32: power of each 100 ms in dB of full scale, at least one window."""
    window = SAMPLE_RATE_HZ // 10
    if len(samples) < window:
        samples = np.pad(samples, (0, window - len(samples)))
    whole = samples[: len(samples) // window * window].reshape(-1, window).astype(np.float32) - np.float32(offset)
    powers = np.square(whole).mean(axis=1) / np.float32(FULL_SCALE**2)
    return np.asarray(10 * np.log10(np.maximum(powers, np.float32(1e-12))), dtype=np.float32)


def _db(power: float) -> float:
    """In dB of full scale; power: of int16 samples."""
    return float(10 * np.log10(max(power / FULL_SCALE**2, 1e-12)))
