"""Log-mel features: what the network hears, the same in training and at run time.

Whisper's analysis (Slaney mels of a Hann window of 25 ms every 10 ms, scaled to about -1..1), with two changes that
streaming needs: frames begin at the first sample instead of being centred, and quiet parts are cut at a fixed floor
instead of 80 dB below the loudest frame, which is known only when the utterance is over.
"""

from __future__ import annotations

from functools import cache

import numpy as np

SAMPLE_RATE_HZ = 16_000
WINDOW_SAMPLES = 400
HOP_SAMPLES = 160
HOP_MS = 10
MELS = 80
FLOOR = np.float32(3e-7)
"""Least mel power: about 65 dB under loud speech, where the noise of a quiet room's microphone lies."""


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Return the features of every whole window of `samples`.

    samples: (samples,) int16, or float32 with 1.0 being full scale.
    Returns (frames, MELS) float32, frames = 1 + (samples - 400) // 160, none for less than one window.
    """
    if len(samples) < WINDOW_SAMPLES:
        return np.zeros((0, MELS), np.float32)
    scaled = samples.astype(np.float32) / np.float32(32768) if samples.dtype == np.int16 else samples
    windows = np.lib.stride_tricks.sliding_window_view(scaled, WINDOW_SAMPLES)[::HOP_SAMPLES]  # a view: (frames, 400)
    spectrum = np.fft.rfft(windows * _hann())
    power = np.square(spectrum.real) + np.square(spectrum.imag)  # (frames, 201) float32
    mels = power @ _mel_filters()
    features: np.ndarray = (np.log10(np.maximum(mels, FLOOR)) + np.float32(4)) / np.float32(4)
    return features


def frame_count(samples: int) -> int:
    """Return how many frames `log_mel` makes of so many samples."""
    return max(0, 1 + (samples - WINDOW_SAMPLES) // HOP_SAMPLES)


@cache
def _hann() -> np.ndarray:
    phase = np.arange(WINDOW_SAMPLES) * (2 * np.pi / WINDOW_SAMPLES)
    window: np.ndarray = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    return window


@cache
def _mel_filters() -> np.ndarray:
    """Triangles of equal area on Slaney's scale (Auditory Toolbox, 1998): (201, MELS) float32."""
    bins_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, WINDOW_SAMPLES // 2 + 1)
    edges_hz = _slaney_hz(np.linspace(0, _slaney_mel(SAMPLE_RATE_HZ / 2), MELS + 2))
    low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (bins_hz[:, None] - low) / (centre - low)
    falling = (high - bins_hz[:, None]) / (high - centre)
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: np.ndarray = (triangles * (2 / (high - low))).astype(np.float32)
    return filters


def _slaney_hz(mels: np.ndarray) -> np.ndarray:
    # Linear (200/3 Hz a mel) up to 1 kHz = mel 15, then logarithmic with 27 steps from 1 to 6.4 kHz.
    return np.where(mels < 15, mels * (200 / 3), 1000 * np.exp((mels - 15) * (np.log(6.4) / 27)))


def _slaney_mel(hz: float) -> float:
    """Mel of a frequency above 1 kHz."""
    return 15 + 27 * float(np.log(hz / 1000) / np.log(6.4))
