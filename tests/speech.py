"""Speech for tests: Pico's English voices, which the network never hears in training."""

from __future__ import annotations

from functools import cache

import numpy as np
from py_nanotts import NanoTTS

RATE_HZ = 16_000


@cache
def speak(text: str, *, voice: str = "en-US") -> np.ndarray:
    """(samples,) int16 at 16 kHz, not to be written to.  Half the volume, because Pico clips at full."""
    samples = np.frombuffer(NanoTTS().speak(text, voice=voice, volume=0.5), dtype="<i2").astype(np.int16)
    samples.flags.writeable = False
    return samples


def trimmed(text: str, *, voice: str = "en-US") -> np.ndarray:
    """The same without the silence around it."""
    samples = speak(text, voice=voice)
    loud = np.flatnonzero(np.abs(samples) > 150)
    return samples[loud[0] : loud[-1] + 1]


def silence(seconds: float) -> np.ndarray:
    """(samples,) int16 of digital silence."""
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def noise(seconds: float, *, level_db: float, seed: int = 0) -> np.ndarray:
    """(samples,) int16 of pink noise with the given power in dB of full scale."""
    length = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    spectrum /= np.sqrt(np.arange(len(spectrum)) + 20)
    pink = np.fft.irfft(spectrum, length)
    pink *= 10 ** (level_db / 20) / np.sqrt(np.mean(np.square(pink)))
    return (pink * 32767).clip(-32768, 32767).astype(np.int16)


def mixed(samples: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Both at once, (samples,) int16; the background is at least as long."""
    both: np.ndarray = samples.astype(np.int32) + background[: len(samples)]
    return both.clip(-32768, 32767).astype(np.int16)
