"""What the symbols of meaning say of sentences that no template produces, beside what is meant.

    python -m training.meant OUT/joint.pt

The intent is the last symbol of one in the best path; where there is none, nothing is asked for.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.paraphrases.sentences import LANGUAGES, clips
from training.gpu.train import widen
from training.meanings import INDEX, INTENTS
from training.network import Network
from training.torch_model import TorchModel

INTENT_OF = {INDEX[intent]: intent for intent in INTENTS[1:]}


def intent_of(path: list[int]) -> str | None:
    """Return the intent that a path of symbols ends with."""
    return next((INTENT_OF[symbol] for symbol in reversed(path) if symbol in INTENT_OF), None)


class Joint(TorchModel):
    """A network that spells what is meant behind the letters."""

    def __init__(self, weights: Path) -> None:
        self._network = Network()
        widen(self._network)
        saved = torch.load(weights, weights_only=True)
        self._network.load_state_dict({name: tensor.float() for name, tensor in saved["average"].items()})
        self._network.eval()

    def scores(self, mels: Tensor, *, languages: Tensor) -> Tensor:
        """As `TorchModel.scores`, symbols of meaning too."""
        found: Tensor = self._network(mels, languages=languages)
        return found


def main() -> None:
    """Print a row a language."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("weights", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    model = Joint(chosen.weights)
    for language in LANGUAGES:
        counts: Counter[str] = Counter()
        for said, samples in clips(language):
            heard = model.posteriors(samples, languages=[language])
            found = intent_of(heard.symbols.argmax(axis=1).tolist())
            if said.intent is None:
                counts["near, taken" if found else "near"] += 1
            else:
                counts["right" if found == said.intent else "wrong" if found else "none"] += 1
        print(language, dict(counts), flush=True)


if __name__ == "__main__":
    main()
