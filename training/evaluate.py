"""Say how good a checkpoint is on real speech: the benchmark's tables, and how well the letters alone are heard.

    python -m training.evaluate /runs/first/weights-004000.pt --data ../shared/data --quick

A `.pt` file is exported and quantized first, so that what is measured is what would be shipped.  Letters are compared
without any graph: their error rate moves where the graph's right answers have long been reached.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from assistant.audio import read_file
from assistant.model import Model, symbols
from benchmarks import accuracy
from benchmarks.corpus import add_data_argument, read_set
from training.export import export
from training.quantize import quantize

SPOKEN_SETS = ("home_dev", "prompts_dev", "reading_en")


def shippable(weights: Path, folder: Path) -> Path:
    """Return the ONNX file of `weights`, made in `folder` unless it is one already."""
    if weights.suffix == ".onnx":
        return weights
    exported, quantized = folder / "float.onnx", folder / "int8.onnx"
    export(weights, exported)
    quantize(exported, quantized)
    return quantized


def greedy_text(log_probabilities: np.ndarray) -> str:
    """Return the best symbols of (frames, symbols) log-probabilities, without any graph."""
    best = log_probabilities.argmax(axis=1)
    begins = np.flatnonzero(np.diff(best, prepend=symbols.BLANK))  # repetitions are one symbol
    return symbols.decode([int(symbol) for symbol in best[begins]])


def letter_errors(model: Model, data: Path) -> dict[str, float]:
    """Return the share of wrong letters by set and language, in percent."""
    counts: dict[str, list[int]] = {}
    for name in SPOKEN_SETS:
        for clip in read_set(data / name):
            text = symbols.normalize(clip.text or "")
            if not text or any(character.isdigit() for character in clip.text or ""):
                continue
            heard = greedy_text(model.posteriors(read_file(clip.file), languages=[clip.language]).symbols)
            count = counts.setdefault(f"{name} {clip.language} {clip.kind}".strip(), [0, 0])
            count[0] += Levenshtein.distance(heard, text)
            count[1] += len(text)
    return {name: 100 * wrong / letters for name, (wrong, letters) in counts.items()}


def main() -> None:
    """Print the letters' error rates and the benchmark's tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("weights", type=Path)
    add_data_argument(parser)
    parser.add_argument("--quick", action="store_true", help="coffee at three ratios, one noise a clip")
    parser.add_argument("--only", choices=accuracy.SETS, nargs="+", default=accuracy.SETS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = shippable(chosen.weights, Path(folder))
        for name, percent in letter_errors(Model.load(path), chosen.data).items():
            print(f"wrong letters, {name:<29}{percent:7.1f} %", flush=True)
        quick = ["--quick"] if chosen.quick else []
        accuracy.main(["--model", str(path), "--data", str(chosen.data), *quick, "--only", *chosen.only])


if __name__ == "__main__":
    main()
