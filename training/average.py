"""Average the weights of several moments of one run: `python -m training.average OUT.pt IN.pt IN.pt ...`.

Weights that lie on one path average to a network that hears better than each of them, most of all in noise
(Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"; `LOG.md`, 8).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training.train import halved, write_into_place


def average(sources: list[Path], target: Path) -> None:
    """Write the mean of the averaged weights in `sources`; what else is told of the network is the last one's."""
    saved = [torch.load(source, weights_only=True) for source in sources]
    mean = {
        name: torch.stack([one["average"][name].float() for one in saved]).mean(dim=0) for name in saved[0]["average"]
    }
    write_into_place(saved[-1] | {"average": halved(mean)}, target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Average the weights of several moments of one run.")
    parser.add_argument("target", type=Path, help="weights to write")
    parser.add_argument("sources", type=Path, nargs="+", help="weights-STEP.pt files of one run, oldest first")
    arguments = parser.parse_args()
    average(arguments.sources, arguments.target)
