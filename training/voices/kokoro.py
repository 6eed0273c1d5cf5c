"""Speak training clips with Kokoro-82M into a clip set.

    python -m training.voices.kokoro --language en --clips 5000 --seed 1 --out DIR --model FOLDER

The same seed into a new folder gives the same clips; a set that exists is continued with what is still missing.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soxr

from training import text
from training.clips import SAMPLE_RATE_HZ, ClipWriter, read_index
from training.processor import multiplies_bfloat16
from training.voices.kokoro_model import MOST_SYMBOLS, OUTPUT_RATE_HZ, Kokoro, WholeKokoro, load, load_whole
from training.voices.kokoro_phonemes import phonemize
from training.voices.kokoro_styles import Speaker, draw_speaker, draw_speed
from training.voices.spoken import Say, Speech, UnspeakableError

BATCH = 64
"""Texts that one run of espeak-ng phonemizes."""

LONGEST_S = 15.0
SILENCE_DB = -45.0
"""Below the clip's loudest 10 ms: silence at its ends."""

DrawText: TypeAlias = Callable[[random.Random], str]
"""Something to say."""

LEAST_PAUSE_S, MOST_PAUSE_S = 0.05, 0.15


@dataclass(frozen=True, slots=True)
class Line:
    """A text with all that decides how it is spoken."""

    text: str
    phonemes: str
    speaker: Speaker
    speed: float


def draw_lines(language: str, draw: random.Random, *, draw_text: DrawText) -> Iterator[Line]:
    """Yield lines to speak, without end."""
    while True:
        texts = [draw_text(draw) for _ in range(BATCH)]
        speakers = [draw_speaker(language, draw) for _ in range(BATCH)]
        speeds = [draw_speed(language, draw) for _ in range(BATCH)]
        phonemes = phonemize_for(texts, speakers, language)
        for spoken, symbols, speaker, speed in zip(texts, phonemes, speakers, speeds, strict=True):
            if 0 < len(symbols) <= MOST_SYMBOLS:
                yield Line(text=spoken, phonemes=symbols, speaker=speaker, speed=speed)


def variety_of(language: str, speaker: Speaker) -> str:
    """Return the kind of pronunciation that goes with a speaker's prosody: British ones have a `b` in front."""
    if language != "en":
        return language
    return "en-gb" if speaker.prosody.startswith("b") else "en-us"


def phonemize_for(texts: list[str], speakers: list[Speaker], language: str) -> list[str]:
    """Return the phonemes of each text as its speaker would pronounce it."""
    varieties = [variety_of(language, speaker) for speaker in speakers]
    phonemes = [""] * len(texts)
    for variety in sorted(set(varieties)):
        chosen = [i for i, other in enumerate(varieties) if other == variety]
        for i, symbols in zip(chosen, phonemize([texts[i] for i in chosen], variety), strict=True):
            phonemes[i] = symbols
    return phonemes


def trim(samples: np.ndarray, *, before_s: float, after_s: float, rate_hz: int) -> np.ndarray:
    """Cut or fill the silence at both ends to the given lengths; (samples,) float32 in and out, empty if all silent."""
    hop = rate_hz // 100
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)  # (frames, hop)
    power = np.square(frames).mean(axis=1)
    if len(power) == 0 or power.max() <= 0:
        return samples[:0]
    loud = np.flatnonzero(power > power.max() * 10 ** (SILENCE_DB / 10))
    before, after = round(before_s * rate_hz), round(after_s * rate_hz)
    padded = np.pad(samples, (before, after))
    return padded[loud[0] * hop : (loud[-1] + 1) * hop + before + after]


def to_clip(samples: np.ndarray, draw: random.Random) -> np.ndarray:
    """Resample Kokoro's output for a clip set: (samples,) float32 at 24 kHz to (samples,) int16 at 16 kHz."""
    resampled = soxr.resample(samples, OUTPUT_RATE_HZ, SAMPLE_RATE_HZ)
    before_s, after_s = draw.uniform(LEAST_PAUSE_S, MOST_PAUSE_S), draw.uniform(LEAST_PAUSE_S, MOST_PAUSE_S)
    cut = trim(resampled, before_s=before_s, after_s=after_s, rate_hz=SAMPLE_RATE_HZ)
    peak = max(float(np.abs(cut).max(initial=0.0)), 1.0)  # loud voices pass full scale a little
    return np.round(cut / peak * 32767).astype(np.int16)


def voice(kokoro: Kokoro | WholeKokoro) -> Say:
    """Return a voice that is another speaker each time."""

    def say(text: str, language: str, draw: random.Random) -> Speech:
        speaker = draw_speaker(language, draw)
        phonemes = phonemize_for([text], [speaker], language)[0]
        if not 0 < len(phonemes) <= MOST_SYMBOLS:
            raise UnspeakableError(text)
        samples = kokoro.speak(phonemes, speaker, speed=draw_speed(language, draw))
        return Speech(samples, OUTPUT_RATE_HZ, speaker.name)

    return say


def generate(
    kokoro: Kokoro | WholeKokoro,
    out: Path,
    *,
    language: str,
    clips: int,
    seed: int,
    draw_text: DrawText,
) -> None:
    """Fill the set in `out` up to `clips` clips."""
    done = len(read_index(out)) if (out / "index.jsonl").exists() else 0
    draw = random.Random(f"{seed}-{done}")
    began, spoken_s = time.monotonic(), 0.0
    with ClipWriter(out) as writer:
        for line in draw_lines(language, draw, draw_text=draw_text):
            if done >= clips:
                return
            samples = to_clip(kokoro.speak(line.phonemes, line.speaker, speed=line.speed), draw)
            if not 0 < len(samples) <= LONGEST_S * SAMPLE_RATE_HZ:
                continue
            writer.append(samples, text=line.text, language=language, speaker=line.speaker.name, source="kokoro")
            done += 1
            spoken_s += len(samples) / SAMPLE_RATE_HZ
            if done % 100 == 0:
                spent_s = time.monotonic() - began
                print(f"{done} clips, {spoken_s / spent_s:.2f} x real time", flush=True)


def loaded(folder: Path) -> Kokoro | WholeKokoro:
    """Return the model in the form that this processor is quicker with."""
    return load(folder) if multiplies_bfloat16() else load_whole(folder)


def main() -> None:
    """Read the command line and generate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=["en", "es", "fr"], required=True)
    parser.add_argument("--clips", type=int, required=True, help="how many the set shall hold")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="folder laid out as training/voices/README.md says")
    parser.add_argument("--kinds", nargs="+", choices=list(text.WEIGHTS), default=(), help="of texts (default: all)")
    parser.add_argument("--words", nargs="+", default=(), help="single ones to speak instead of texts")
    chosen = parser.parse_args()
    kokoro = loaded(chosen.model)
    language = chosen.language

    def draw_text(draw: random.Random) -> str:
        return draw.choice(chosen.words) if chosen.words else text.sample(language, draw, kinds=chosen.kinds)

    generate(kokoro, chosen.out, language=language, clips=chosen.clips, seed=chosen.seed, draw_text=draw_text)


if __name__ == "__main__":
    main()
