"""What happens to a clip between mouth and network: other speeds, rooms, noises, microphones, masked features.

Everything is drawn anew each time a clip is used.  Filters and resampling share one Fourier transform, since this runs
beside the training on the same core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import fft

from assistant.model.features import SAMPLE_RATE_HZ
from training.noise import coloured, random_curve

FRAME_SAMPLES = 2048
"""Speech and noise are compared by their loudest frames of this length, as the public benchmark does."""
LEAST_CREST = 4.0
"""Noise counts as at least so many times louder than its mean.  Kitchens and households have 3 to 13 times (5-11 dB)
between loudest frame and mean; a steady hiss at the same ratio would bury all that lies between the vowels."""

Draw = Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where speech is put: the rooms, and what else is heard there."""

    rooms: list[np.ndarray]
    """Impulse responses, each (samples,) float32."""
    draw_noise: Draw
    """Returns a recorded or synthetic noise, (samples,) int16."""
    draw_speech: Draw
    """Returns somebody else's speech, (samples,) int16."""


def hear(speech: np.ndarray, *, rng: np.random.Generator, where: Surroundings, severity: float) -> np.ndarray:
    """Return `speech` as some microphone in some room heard it.

    speech: (samples,) int16; severity: 0 (hardly any noise, for the first steps) to 1.  Returns (samples,) int16.
    """
    voice = pad(speech.astype(np.float32) / np.float32(32768), rng=rng)
    voice = _speak(voice, rng=rng, rooms=where.rooms)
    if rng.random() < 0.88:
        snr_db = draw_snr_db(rng) + 25 * (1 - severity)
        noise, least_snr_db = _noise(len(voice), rng=rng, where=where)
        voice = mix(voice, noise, snr_db=max(snr_db, least_snr_db))
    elif rng.random() < 0.7:  # no microphone is silent
        voice = mix(voice, coloured(len(voice), rng=rng), snr_db=rng.uniform(35, 65))
    return record(voice, rng=rng)


def hear_nobody(*, rng: np.random.Generator, where: Surroundings) -> np.ndarray:
    """Return 0.5-8 s in which nobody speaks, (samples,) int16."""
    samples = int(rng.uniform(0.5, 8) * SAMPLE_RATE_HZ)
    noise = coloured(samples, rng=rng)
    if rng.random() < 0.7:
        noise = _fit(where.draw_noise(rng), samples, rng=rng)
    return record(noise, rng=rng)


def pad(voice: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Put up to 0.5 s (rarely 1 s) of silence at both ends, where noise will be heard alone; sometimes cut tightly."""
    if rng.random() < 0.12:
        return _cut(voice)
    longest_s = 1.0 if rng.random() < 0.15 else 0.5
    before, after = (rng.uniform(0, longest_s, 2) * (rng.random(2) < 0.85) * SAMPLE_RATE_HZ).astype(int)
    return np.pad(voice, (before, after))


def draw_snr_db(rng: np.random.Generator) -> float:
    """Mostly 0-15 dB, where commands are lost, sometimes anything else."""
    return rng.uniform(1, 15) if rng.random() < 0.55 else rng.uniform(-2, 30)


def mix(voice: np.ndarray, noise: np.ndarray, *, snr_db: float) -> np.ndarray:
    """Add `noise` to `voice` so that their loudest frames have this ratio; both (samples,) float32.

    Steady noise becomes softer than that, see LEAST_CREST.
    """
    wanted = loudest_frame(voice) / 10 ** (snr_db / 10)
    mean_frame = float(np.square(noise).mean()) * FRAME_SAMPLES
    loudness = max(loudest_frame(noise), LEAST_CREST * mean_frame) + 1e-12
    return voice + noise * np.float32(np.sqrt(wanted / loudness))


def loudest_frame(heard: np.ndarray) -> float:
    """Return the energy of the loudest whole frame, of everything if there is no whole one."""
    whole = heard[: len(heard) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    if len(whole) == 0:
        return float(np.square(heard).sum())
    return float(np.einsum("fs,fs->f", whole, whole).max())


def record(heard: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Return what a microphone of random response, gain and resolution makes of `heard`, (samples,) int16."""
    if rng.random() < 0.5:
        size = fft.next_fast_len(len(heard), real=True)
        spectrum = fft.rfft(heard, size)
        spectrum *= random_curve(len(spectrum), spread_db=4, rng=rng) * _band(len(spectrum), rng=rng)
        heard = fft.irfft(spectrum, size)[: len(heard)]
    peak_db = rng.uniform(-28, 0)
    if rng.random() < 0.06:
        peak_db = rng.uniform(3, 12)  # far too loud: clipped
    scaled = heard * np.float32(32767 * 10 ** (peak_db / 20) / (np.abs(heard).max() + 1e-9))
    if rng.random() < 0.05:
        step = np.float32(2 ** rng.integers(3, 8))
        scaled = np.round(scaled / step) * step
    return np.clip(np.round(scaled), -32768, 32767).astype(np.int16)


def mask(features: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Return `features`, (frames, mels), with random bands and moments blanked (SpecAugment, arXiv 1904.08779)."""
    masked = features.copy()
    frames, mels = masked.shape
    fill = masked.mean()
    for _ in range(rng.integers(0, 3)):
        width = rng.integers(1, 11)
        low = rng.integers(0, mels - width)
        masked[:, low : low + width] = fill
    for _ in range(rng.integers(0, 2 + frames // 300)):
        width = rng.integers(1, 9)  # up to 80 ms, a sound: what was said can still be guessed
        first = rng.integers(0, max(1, frames - width))
        masked[first : first + width] = fill
    return masked


def _speak(voice: np.ndarray, *, rng: np.random.Generator, rooms: list[np.ndarray]) -> np.ndarray:
    """Change speed and pitch together, the speaker's timbre, and put the voice into a room."""
    room = rooms[rng.integers(len(rooms))] if rooms and rng.random() < 0.4 else np.ones(1, np.float32)
    stretch = rng.uniform(0.86, 1.16) if rng.random() < 0.8 else 1.0
    size = fft.next_fast_len(len(voice) + len(room), real=True)
    spectrum = fft.rfft(voice, size)
    if len(room) > 1:
        spectrum *= fft.rfft(room, size)
    if rng.random() < 0.5:
        spectrum *= random_curve(len(spectrum), spread_db=3, rng=rng)
    # Transforming back to another length resamples; the length in between must be a fast one too.
    stretched = fft.next_fast_len(int(size * stretch), real=True)
    heard = fft.irfft(spectrum[: stretched // 2 + 1], stretched) * np.float32(stretched / size)
    return heard[: int(len(voice) * stretched / size)]


def _cut(voice: np.ndarray) -> np.ndarray:
    """Return `voice` without what is 35 dB softer than its loudest 10 ms at both ends, a view."""
    levels = np.abs(voice[: len(voice) // 160 * 160]).reshape(-1, 160).max(axis=1)
    loud = np.flatnonzero(levels >= levels.max() * 10 ** (-35 / 20))
    return voice[loud[0] * 160 : (loud[-1] + 1) * 160]


def _noise(samples: int, *, rng: np.random.Generator, where: Surroundings) -> tuple[np.ndarray, float]:
    """Return one to three noises together, (samples,) float32, and the least ratio in dB at which they are fair."""
    mixed = np.zeros(samples, np.float32)
    least_snr_db = -100.0
    for _ in range(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])):
        kind = rng.random()
        if kind < 0.5:
            noise = _fit(where.draw_noise(rng), samples, rng=rng)
        elif kind < 0.75:
            voices = rng.integers(1, 8)
            if voices < 3:  # nobody could tell which of two equally loud voices is meant
                least_snr_db = 8.0
            noise = np.sum([_fit(where.draw_speech(rng), samples, rng=rng) for _ in range(voices)], axis=0)
        else:
            noise = coloured(samples, rng=rng)
        level = np.float32(10 ** (rng.uniform(-12, 0) / 20))
        mixed += noise * (level / np.sqrt(loudest_frame(noise) + 1e-12))
    return mixed, least_snr_db


def _fit(sound: np.ndarray, samples: int, *, rng: np.random.Generator) -> np.ndarray:
    """Return `samples` of `sound` from a random moment, repeated if it is shorter, (samples,) float32, about 1 loud."""
    start = rng.integers(0, len(sound))
    fitted = (
        np.resize(np.roll(sound, -start), samples) if len(sound) < samples + start else sound[start : start + samples]
    )
    scaled = fitted.astype(np.float32)
    return scaled / (np.abs(scaled).max() + 1)


def _band(bins: int, *, rng: np.random.Generator) -> np.ndarray:
    """Return the gains of a telephone, a cheap microphone or a good one, (bins,) float32."""
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, bins, dtype=np.float32)
    kind = rng.random()
    if kind < 0.2:
        low_hz, high_hz, order = rng.uniform(200, 400), rng.uniform(3100, 3900), 12
    elif kind < 0.55:
        low_hz, high_hz, order = rng.uniform(20, 300), rng.uniform(3800, 7900), 4
    else:
        return np.ones(bins, np.float32)
    # Butterworth magnitudes; the phase of such filters does not matter to the features.
    highpass = 1 / np.sqrt(1 + (low_hz / (hz + 1)) ** 4)
    lowpass = 1 / np.sqrt(1 + (hz / high_hz) ** (2 * order))
    return (highpass * lowpass).astype(np.float32)
