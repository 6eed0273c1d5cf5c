"""Weights small enough to be carried: int8 for each output of a layer, in files of limited size.

python -m training.gpu.carried OUT WEIGHTS.pt ...          writes OUT/WEIGHTS.0, .1 ...
python -m training.gpu.carried --read WEIGHTS.pt PART ...  puts them together again
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

import torch

PART_BYTES = 15 * 2**20


def small(saved: dict[str, Any]) -> dict[str, Any]:
    """Return a run's saved weights with linear layers as int8 and scales, other tensors in float16."""
    average: dict[str, Any] = {}
    for name, tensor in saved["average"].items():
        weights = tensor.float()
        if weights.dim() == 2 and name.endswith(".weight"):
            scale = weights.abs().amax(1, keepdim=True) / 127
            average[name] = ((weights / scale.clamp(min=1e-12)).round().to(torch.int8), scale)
        else:
            average[name] = weights.half() if weights.dim() > 1 else weights
    return saved | {"average": average}


def large(saved: dict[str, Any]) -> dict[str, Any]:
    """Return what `small` was made of."""
    average = {
        name: weights[0].float() * weights[1] if isinstance(weights, tuple) else weights.float()
        for name, weights in saved["average"].items()
    }
    return saved | {"average": average}


def write(source: Path, folder: Path) -> None:
    """Write the parts of the weights in `source` into `folder`."""
    content = io.BytesIO()
    torch.save(small(torch.load(source, weights_only=True)), content)
    whole = content.getvalue()
    for number, start in enumerate(range(0, len(whole), PART_BYTES)):
        (folder / f"{source.stem}.{number}").write_bytes(whole[start : start + PART_BYTES])


def read(parts: list[Path], target: Path) -> None:
    """Put parts together again."""
    content = io.BytesIO(b"".join(path.read_bytes() for path in parts))
    torch.save(large(torch.load(content, weights_only=True)), target)


def main() -> None:
    """Read the command line; write or read parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", type=Path)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--read", action="store_true")
    chosen = parser.parse_args()
    if chosen.read:
        read(chosen.sources, chosen.target)
    else:
        for source in chosen.sources:
            write(source, chosen.target)


if __name__ == "__main__":
    main()
