"""From what a voice says to a clip: 16 kHz, silence trimmed, level left to the augmentation.

A voice is a function ``say(text, language, random) -> Speech``; `fill` writes its clips to a set.  A clip depends only
on its source, language and number, so an interrupted set goes on where it stopped.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import soxr

from training.clips import SAMPLE_RATE_HZ, ClipWriter, read_index
from training.text import WEIGHTS, sample

Floats = np.ndarray

PAUSE_MS = (50, 200)
"""Silence left at each end of a clip."""

_PEAK = 0.5
_SILENCE = 0.015
_LONGEST_S = 15.0
_SHORTEST_S = 0.12
_HOP = 160


@dataclass(frozen=True, slots=True)
class Speech:
    """What a voice said."""

    samples: Floats
    rate_hz: int
    speaker: str
    text: str | None = None
    """What was really said, where the voice had to change the text."""


class UnspeakableError(ValueError):
    """The voice cannot say this text; the next one is tried."""


Say = Callable[[str, str, Random], Speech]


def clip_samples(speech: Speech, random: Random) -> np.ndarray:
    """Return the clip of `speech`: (samples,) int16 at 16 kHz with short pauses around it.

    Raises UnspeakableError where it is silent, shorter than a syllable or longer than the network takes.
    """
    samples = np.asarray(speech.samples, dtype=np.float32)
    if speech.rate_hz != SAMPLE_RATE_HZ:
        samples = soxr.resample(samples, speech.rate_hz, SAMPLE_RATE_HZ)
    sound = trimmed(samples)
    if not _SHORTEST_S <= len(sound) / SAMPLE_RATE_HZ <= _LONGEST_S:
        raise UnspeakableError(f"{len(sound) / SAMPLE_RATE_HZ:.2f} s")
    before, after = (np.zeros(round(random.uniform(*PAUSE_MS) * SAMPLE_RATE_HZ / 1000), np.float32) for _ in range(2))
    whole = np.concatenate((before, sound, after))
    return np.round(whole * (_PEAK * 32767 / np.abs(whole).max())).astype(np.int16)


def trimmed(samples: Floats) -> Floats:
    """Return `samples` without the silence at both ends, 10 ms kept."""
    frames = len(samples) // _HOP
    if frames == 0 or not np.abs(samples).max() > 0:
        return samples[:0]
    levels = np.abs(samples[: frames * _HOP]).reshape(frames, _HOP).max(axis=1)
    loud = np.flatnonzero(levels > _SILENCE * levels.max())
    return samples[max(0, loud[0] - 1) * _HOP : (loud[-1] + 2) * _HOP]


def fill(folder: Path, *, say: Say, source: str, language: str, clips: int, kinds: Sequence[str] = ()) -> None:
    """Append clips of `source` to the set in `folder` until it has `clips` of them in `language`.

    kinds: see `training.text.sample`.
    """
    known = read_index(folder) if (folder / "index.jsonl").exists() else []
    done = sum(clip.source == source and clip.language == language for clip in known)
    began, seconds, number, failed = time.monotonic(), 0.0, done, 0
    with ClipWriter(folder) as writer:
        while done < clips:
            random = Random(f"{source} {language} {number} {failed}")
            text = sample(language, random, kinds=kinds)
            try:
                speech = say(text, language, random)
                samples = clip_samples(speech, random)
            except UnspeakableError:
                failed += 1
                if failed > 1000 + clips:
                    raise
                continue
            writer.append(samples, text=speech.text or text, language=language, speaker=speech.speaker, source=source)
            number, done, seconds = number + 1, done + 1, seconds + len(samples) / SAMPLE_RATE_HZ
            if done % 500 == 0:
                minutes = (time.monotonic() - began) / 60
                print(f"{source} {language}: {done} clips, {seconds / 60:.1f} min in {minutes:.1f} min", flush=True)
    print(f"{source} {language}: {done} clips in {folder}, {failed} texts could not be said", flush=True)


def command(say: Say, *, source: str, languages: tuple[str, ...]) -> None:
    """Run the command line of one voice: clips of `source` into a folder."""
    parser = argparse.ArgumentParser(description=f"Let {source} speak training clips into a set.")
    parser.add_argument("folder", type=Path, help="the set to append to, made when missing")
    parser.add_argument("--clips", type=int, required=True, help="clips the set shall have of this voice and language")
    parser.add_argument("--language", choices=languages, default=languages[0])
    parser.add_argument("--kinds", nargs="+", choices=list(WEIGHTS), default=(), help="kinds of texts (default: all)")
    chosen = parser.parse_args()
    fill(chosen.folder, say=say, source=source, language=chosen.language, clips=chosen.clips, kinds=chosen.kinds)
