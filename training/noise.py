"""Synthetic noise: machines, clatter, music and weather of a home, written as a clip set with empty texts.

    python -m training.noise /data/noise-synthetic --clips 600

Coloured stationary noise is not here: `augment` makes it on the fly.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import fft, signal

from training.clips import SAMPLE_RATE_HZ, ClipWriter

SECONDS = 12
_SAMPLES = SECONDS * SAMPLE_RATE_HZ
_TIME_S = np.arange(_SAMPLES, dtype=np.float32) / SAMPLE_RATE_HZ


def coloured(samples: int, *, rng: np.random.Generator) -> np.ndarray:
    """Return noise of a random smooth spectrum between brown and white, (samples,) float32 of unit power."""
    size = fft.next_fast_len(samples, real=True)
    spectrum = fft.rfft(rng.standard_normal(size, np.float32))
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, len(spectrum), dtype=np.float32) + 20
    slope = rng.uniform(0, 1)  # amplitude falls with frequency to this power: 0 white, 0.5 pink, 1 brown
    spectrum *= hz**-slope * random_curve(len(spectrum), spread_db=5, rng=rng)
    return _unit(fft.irfft(spectrum, size)[:samples])


def random_curve(bins: int, *, spread_db: float, rng: np.random.Generator) -> np.ndarray:
    """Return the gains of a random smooth equalizer, (bins,) float32; its knots lie evenly on a mel-like scale."""
    knots_hz = np.array([0, 150, 300, 600, 1000, 1600, 2400, 3500, 5000, 6500, 8000])
    gains_db = rng.normal(0, spread_db, len(knots_hz))
    hz = np.linspace(0, SAMPLE_RATE_HZ / 2, bins)
    return np.power(10, np.interp(hz, knots_hz, gains_db) / 20).astype(np.float32)


def hum(rng: np.random.Generator) -> np.ndarray:
    """Mains hum with harmonics and a hiss over it."""
    base_hz = rng.choice([50, 60]) * rng.uniform(0.995, 1.005)
    tones = sum(
        rng.exponential() / order * np.sin(2 * np.pi * base_hz * order * _TIME_S + rng.uniform(0, 6))
        for order in range(1, rng.integers(4, 30))
    )
    return _unit(tones) + rng.uniform(0.05, 0.7) * coloured(_SAMPLES, rng=rng)


def motor(rng: np.random.Generator) -> np.ndarray:
    """A fan, vacuum cleaner, mixer or hood: harmonics of a drifting speed, modulated noise."""
    speed_hz = np.exp(rng.uniform(np.log(25), np.log(400))) * (1 + 0.05 * _slow(rng))
    phase = 2 * np.pi * np.cumsum(speed_hz) / SAMPLE_RATE_HZ
    tones = sum(
        rng.exponential() * order ** -rng.uniform(0.3, 1.5) * np.sin(order * phase + rng.uniform(0, 6))
        for order in range(1, rng.integers(3, 25))
    )
    hiss = coloured(_SAMPLES, rng=rng) * (1 + rng.uniform(0, 0.8) * np.sin(phase * rng.choice([0.5, 1, 2])))
    return _unit(_unit(tones) * rng.uniform(0.1, 1) + hiss) * _switched(rng)


def clatter(rng: np.random.Generator) -> np.ndarray:
    """Dishes, cutlery, doors, keys: struck objects that ring and die away."""
    heard = 0.02 * coloured(_SAMPLES, rng=rng)
    for _ in range(rng.integers(5, 70)):
        length = int(rng.uniform(0.02, 0.6) * SAMPLE_RATE_HZ)
        time_s = _TIME_S[:length]
        modes_hz = np.exp(rng.uniform(np.log(150), np.log(7500), rng.integers(1, 9)))
        struck = sum(
            rng.exponential() * np.sin(2 * np.pi * mode_hz * time_s) * np.exp(-time_s * rng.uniform(8, 150))
            for mode_hz in modes_hz
        )
        struck = struck + rng.uniform(0, 1.5) * rng.standard_normal(length) * np.exp(-time_s * rng.uniform(40, 600))
        start = rng.integers(0, _SAMPLES - length)
        heard[start : start + length] += (rng.exponential() * struck).astype(np.float32)
    return heard


def music(rng: np.random.Generator) -> np.ndarray:
    """Chords, a bass, a melody and a drum in a random key and tempo, with random timbres."""
    beat_s = rng.uniform(0.25, 0.7)
    root = rng.uniform(36, 48)
    scale = np.array([0, 2, 4, 5, 7, 9, 11] if rng.random() < 0.5 else [0, 2, 3, 5, 7, 8, 10])
    heard = np.zeros(_SAMPLES, np.float32)
    timbres = [_timbre(rng) for _ in range(3)]
    degree = 0
    for beat in range(int(SECONDS / beat_s)):
        at = int(beat * beat_s * SAMPLE_RATE_HZ)
        if beat % 4 == 0:
            degree = int(rng.integers(0, 7))
            for third in (0, 2, 4):
                _play(heard, at, note=root + 12 + _step(scale, degree + third), seconds=4 * beat_s, timbre=timbres[0])
        _play(heard, at, note=root + _step(scale, degree), seconds=beat_s, timbre=timbres[1])
        for half in range(2):
            if rng.random() < 0.7:
                offset = int(half * beat_s / 2 * SAMPLE_RATE_HZ)
                note = root + 24 + _step(scale, int(rng.integers(0, 10)))
                _play(heard, at + offset, note=note, seconds=beat_s / 2, timbre=timbres[2])
        drum = rng.standard_normal(1600).astype(np.float32) * np.exp(-_TIME_S[:1600] * rng.uniform(30, 90))
        fits = heard[at : at + 1600]
        fits += rng.uniform(0, 2) * drum[: len(fits)]
    return heard


def weather(rng: np.random.Generator) -> np.ndarray:
    """Rain, wind, running water, frying: noise whose loudness wanders, with drops in it."""
    wandering = coloured(_SAMPLES, rng=rng) * np.exp(rng.uniform(0.2, 1.2) * _slow(rng))
    drops = (rng.random(_SAMPLES) < rng.uniform(1e-4, 4e-3)) * rng.exponential(1, _SAMPLES)
    ringing = signal.lfilter([1], [1, -rng.uniform(-0.2, 1.4), 0.81], drops)
    return wandering + rng.uniform(0, 3) * ringing


def alarm(rng: np.random.Generator) -> np.ndarray:
    """Beeps, bells and ring tones over a quiet room."""
    period_s, share = rng.uniform(0.15, 1.5), rng.uniform(0.2, 0.8)
    sounding = ((_TIME_S % period_s) < share * period_s).astype(np.float32)
    tones_hz = np.exp(rng.uniform(np.log(400), np.log(4000), rng.integers(1, 4)))
    tone = sum(np.sin(2 * np.pi * tone_hz * _TIME_S * (1 + 0.01 * (_TIME_S % 0.1 > 0.05))) for tone_hz in tones_hz)
    return tone * sounding + rng.uniform(0.02, 0.3) * coloured(_SAMPLES, rng=rng)


KINDS: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
    hum,
    motor,
    motor,
    clatter,
    clatter,
    music,
    music,
    weather,
    alarm,
)
"""What is drawn from; the commoner kinds twice."""


def write_set(folder: Path, *, clips: int, seed: int) -> None:
    """Write `clips` noises of random kinds to the set in `folder`."""
    rng = np.random.default_rng(seed)
    with ClipWriter(folder) as writer:
        for _ in range(clips):
            kind = KINDS[rng.integers(len(KINDS))]
            heard = kind(rng)
            samples = (heard * (0.5 * 32767 / np.abs(heard).max())).astype(np.int16)
            writer.append(samples, text="", language="", speaker="", source=f"synthetic {kind.__name__}")


def _unit(heard: np.ndarray) -> np.ndarray:
    return (heard / (np.sqrt(np.mean(np.square(heard))) + 1e-9)).astype(np.float32)


def _slow(rng: np.random.Generator) -> np.ndarray:
    """A curve of about unit spread that changes over seconds, (_SAMPLES,) float32."""
    knots = rng.standard_normal(SECONDS * 2)
    return np.interp(_TIME_S, np.linspace(0, SECONDS, len(knots)), knots).astype(np.float32)


def _switched(rng: np.random.Generator) -> np.ndarray:
    """Ones, or in a quarter of the draws a motor that starts and stops."""
    if rng.random() < 0.75:
        return np.ones(_SAMPLES, np.float32)
    return (1 / (1 + np.exp(-8 * _slow(rng)))).astype(np.float32)


def _timbre(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Strengths of the harmonics and how fast a note decays, per second."""
    orders = np.arange(1, rng.integers(3, 14))
    return rng.exponential(1, len(orders)) * orders ** -rng.uniform(0.5, 2), rng.uniform(0.3, 9)


def _step(scale: np.ndarray, degree: int) -> int:
    return int(scale[degree % 7]) + 12 * (degree // 7)


def _play(heard: np.ndarray, at: int, *, note: float, seconds: float, timbre: tuple[np.ndarray, float]) -> None:
    """Add one note, counted in semitones as MIDI does, to `heard`."""
    strengths, decay = timbre
    time_s = _TIME_S[: min(int(seconds * SAMPLE_RATE_HZ), len(heard) - at)]
    base_hz = 440 * 2 ** ((note - 69) / 12)
    tone = np.zeros(len(time_s), np.float32)
    for order, strength in enumerate(strengths, start=1):
        if base_hz * order < SAMPLE_RATE_HZ / 2:
            tone += strength * np.sin(np.float32(2 * np.pi * base_hz * order) * time_s)
    attack = np.minimum(1, time_s * 100)
    heard[at : at + len(tone)] += tone * attack * np.exp(-decay * time_s)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    write_set(chosen.folder, clips=chosen.clips, seed=chosen.seed)
