"""Small clip sets for the tests: tones instead of letters, each word with its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.clips import SAMPLE_RATE_HZ, ClipWriter

WORDS = {"en": ["light on", "stop", "kitchen"], "es": ["luz", "más", "cocina"], "fr": ["salon", "arrête", "été"]}


def tones(text: str) -> np.ndarray:
    """Return a tone of 80 ms a letter, (samples,) int16."""
    time_s = np.arange(int(0.08 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    parts = [np.sin(2 * np.pi * (200 + 37 * (ord(letter) % 64)) * time_s) for letter in text]
    return (9000 * np.concatenate(parts)).astype(np.int16)


def write_sets(root: Path) -> None:
    """Write a set of each language, and one of noise, into `root`."""
    for language, words in WORDS.items():
        with ClipWriter(root / f"tones-{language}") as writer:
            for word in words:
                writer.append(tones(word), text=word, language=language, speaker="tone", source="test")
    rng = np.random.default_rng(5)
    with ClipWriter(root / "noise-test") as writer:
        for _ in range(3):
            noise = (1000 * rng.standard_normal(SAMPLE_RATE_HZ)).astype(np.int16)
            writer.append(noise, text="", language="", speaker="", source="test")
