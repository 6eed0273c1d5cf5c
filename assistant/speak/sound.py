"""Making speech and earcons equally loud, without silence around them; pure."""

from __future__ import annotations

import numpy as np

from assistant.messages import SAMPLE_RATE_HZ

LEVEL_DB = -18.0
"""Power of what is played at full volume while it sounds, in dB of full scale: speech has peaks some 14 dB above."""
PEAK = np.float32(0.89)
"""-1 dB: nothing is louder, lest it is clipped where it is resampled."""
SOUNDING_DB = 25.0
"""Frames that are quieter than the loudest by more than this are pauses."""
EDGE_S = 0.03
"""What is kept of the silence around speech: soft beginnings are quieter than a pause."""

_FRAME = SAMPLE_RATE_HZ // 100


def levelled(samples: np.ndarray) -> np.ndarray:
    """The same at LEVEL_DB while it sounds, pauses not counted, or as near as its peaks allow.

    samples: (samples,) int16, 16 kHz.  Returns (samples,) float32, 1.0 being full scale.
    """
    scaled = samples.astype(np.float32) / np.float32(32768)
    powers = _powers(samples)
    sounding = powers[_sounding(powers)]
    if not len(sounding):
        return scaled
    gain = np.float32(10 ** (LEVEL_DB / 20)) / np.sqrt(sounding.mean())
    return np.asarray(scaled * min(gain, PEAK / np.abs(scaled).max()), dtype=np.float32)


def trimmed(samples: np.ndarray) -> np.ndarray:
    """The same without the silence around it; a view, empty where nothing sounds.

    samples: (samples,) int16, 16 kHz.
    """
    sounding = np.flatnonzero(_sounding(_powers(samples)))
    if not len(sounding):
        return samples[:0]
    edge = round(EDGE_S * SAMPLE_RATE_HZ)
    return samples[max(int(sounding[0]) * _FRAME - edge, 0) : (int(sounding[-1]) + 1) * _FRAME + edge]


def at_volume(samples: np.ndarray, percent: int) -> np.ndarray:
    """(samples,) int16, 100 % being the full level and 50 % about half as loud.  samples: (samples,) float32."""
    # Half as loud to the ear is 10 dB less; the square gives 12, and silence at 0.
    return np.asarray(np.round(samples * np.float32(32767 * (percent / 100) ** 2)), dtype=np.int16)


def _powers(samples: np.ndarray) -> np.ndarray:
    """(frames,) float32: mean power of each 10 ms, 1.0 being full scale; the last one is filled up with silence."""
    frames = np.pad(samples, (0, -len(samples) % _FRAME)).reshape(-1, _FRAME).astype(np.float32)
    return np.asarray(np.square(frames / np.float32(32768)).mean(axis=1), dtype=np.float32)


def _sounding(powers: np.ndarray) -> np.ndarray:
    """(frames,) bool."""
    if not len(powers) or not powers.max():
        return np.zeros(len(powers), bool)
    return np.asarray(powers > powers.max() * np.float32(10 ** (-SOUNDING_DB / 10)))
