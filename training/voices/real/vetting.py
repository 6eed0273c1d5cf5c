"""Command: tell what a recognizer hears in sets against what their texts say, so that wrong texts do not teach.

python -m training.voices.real.vetting --model FOLDER [--clips 20] [--drop-above 0.8] SET ...

With `--drop-above` every clip is heard, and the index is rewritten without those whose letters differ more.
The recognizer is Whisper base in CTranslate2's form; its origin is in the README.  Rewriting only the index keeps the
samples where they are: a training that reads the set meanwhile loses nothing.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from training.clips import Clip, read_index, read_samples
from training.voices.real.text import spoken_words


def main() -> None:
    """Parse the command line and hear the sets."""
    parser = argparse.ArgumentParser(prog="training.voices.real.vetting", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder with Whisper base for faster-whisper")
    parser.add_argument("--clips", type=int, default=20, help="clips to hear of each set (default: 20)")
    parser.add_argument("--drop-above", type=float, help="hear all clips and drop those that differ more than this")
    parser.add_argument("sets", type=Path, nargs="+", help="folders of sets")
    arguments = parser.parse_args()
    from faster_whisper import WhisperModel  # noqa: PLC0415  # only those who vet recordings need it

    model = WhisperModel(str(arguments.model), device="cpu", compute_type="int8", cpu_threads=1)
    for folder in arguments.sets:
        clips = read_index(folder) if arguments.drop_above else sample_of(folder, arguments.clips)
        kept, errors = [], []
        for clip in clips:
            words = heard(model, clip)
            errors.append(character_errors(words, clip.text))
            print(f"{errors[-1]:.2f} | {words} | {clip.text} | {clip.speaker}", flush=True)
            if arguments.drop_above and errors[-1] <= arguments.drop_above:
                kept.append(clip)
        print(f"{folder}: median {np.median(errors):.3f}, {len(errors)} heard")
        if arguments.drop_above:
            keep_only(folder, kept)
            print(f"{folder}: {len(kept)} of {len(clips)} clips kept")


def character_errors(heard: str, said: str) -> float:
    """Edit distance of the letters over the letters said; spaces do not count."""
    heard, said = heard.replace(" ", ""), said.replace(" ", "")
    previous = np.arange(len(said) + 1)
    letters = np.array(list(said))
    for row, letter in enumerate(heard, start=1):
        ahead = np.empty_like(previous)
        ahead[0] = row
        ahead[1:] = np.minimum(previous[:-1] + (letters != letter), previous[1:] + 1)
        # An insertion may follow an insertion: the running minimum of cost minus position does them all at once.
        position = np.arange(len(said) + 1)
        previous = np.minimum.accumulate(ahead - position) + position
    return float(previous[-1]) / max(len(said), 1)


def heard(model: Any, clip: Clip) -> str:
    """Return the words that `model` hears in `clip`."""
    samples = read_samples(clip).astype(np.float32) / np.float32(32768)
    segments, _ = model.transcribe(
        samples, language=clip.language, beam_size=1, without_timestamps=True, condition_on_previous_text=False
    )
    text = "".join(segment.text for segment in segments)
    return spoken_words(text, clip.language) or ""


def sample_of(folder: Path, clips: int) -> list[Clip]:
    """Return `clips` clips of the set in `folder`, drawn the same each time."""
    everything = read_index(folder)
    return random.Random(0).sample(everything, min(clips, len(everything)))


def keep_only(folder: Path, clips: Iterable[Clip]) -> None:
    """Rewrite the index of the set in `folder` so that it lists `clips` only."""
    rows = (
        {"start": clip.start, "samples": clip.samples, "text": clip.text}
        | {"language": clip.language, "speaker": clip.speaker, "source": clip.source}
        for clip in clips
    )
    written = folder / "index.jsonl.new"
    written.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    written.replace(folder / "index.jsonl")


if __name__ == "__main__":
    main()
