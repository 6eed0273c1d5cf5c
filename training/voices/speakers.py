"""Other speakers out of one voice: formants, pitch and tempo, by resampling or by the WORLD vocoder."""

from __future__ import annotations

from random import Random

import numpy as np
import soxr

from training.voices.spoken import Speech

FORMANTS = (0.82, 1.2)
"""Factor on the formants: below one a longer throat, above one a shorter."""

PITCHES = (0.7, 1.45)


def resampled(speech: Speech, factor: float) -> Speech:
    """Return `speech` with formants, pitch and tempo times `factor`; cheap and without artefacts."""
    samples = soxr.resample(np.asarray(speech.samples, np.float32), speech.rate_hz, speech.rate_hz / factor)
    return Speech(samples, speech.rate_hz, f"{speech.speaker} x{factor:.2f}", speech.text)


def changed(speech: Speech, random: Random) -> Speech:
    """Return `speech` by a random other speaker: formants and pitch apart, by WORLD."""
    formants = random.uniform(*FORMANTS)
    pitch = min(PITCHES[1], max(PITCHES[0], formants * random.uniform(0.8, 1.25)))
    range_factor = random.uniform(0.6, 1.5)
    samples = _world(speech, formants=formants, pitch=pitch, range_factor=range_factor)
    return Speech(samples, speech.rate_hz, f"{speech.speaker} f{formants:.2f} p{pitch:.2f}", speech.text)


def _world(speech: Speech, *, formants: float, pitch: float, range_factor: float) -> np.ndarray:
    import pyworld  # noqa: PLC0415  (needed by the changed sets only)

    samples = np.asarray(speech.samples, np.float64)
    rough, times = pyworld.dio(samples, speech.rate_hz, frame_period=5.0)
    f0 = pyworld.stonemask(samples, rough, times, speech.rate_hz)
    envelope = pyworld.cheaptrick(samples, f0, times, speech.rate_hz)
    noise = pyworld.d4c(samples, f0, times, speech.rate_hz)
    bins = envelope.shape[1]
    source = np.minimum(np.arange(bins) / formants, bins - 1)
    low = source.astype(int)
    high = np.minimum(low + 1, bins - 1)
    share = source - low
    log_envelope = np.log(envelope + 1e-16)
    warped = np.exp(log_envelope[:, low] * (1 - share) + log_envelope[:, high] * share)
    noise = noise[:, low] * (1 - share) + noise[:, high] * share
    voiced = f0 > 0
    if voiced.any():
        middle = np.exp(np.log(f0[voiced]).mean())
        f0[voiced] = middle * pitch * (f0[voiced] / middle) ** range_factor
    out = pyworld.synthesize(f0, np.ascontiguousarray(warped), np.ascontiguousarray(noise), speech.rate_hz, 5.0)
    return out.astype(np.float32)
