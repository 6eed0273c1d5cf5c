"""What the symbols of meaning say of sentences that no template produces, beside what is meant.

    python -m training.meant OUT/joint.pt

The intent is the last symbol of one in the best path; where there is none, nothing is asked for.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from assistant.model.features import log_mel
from assistant.model.streaming import SILENCE
from benchmarks.paraphrases.sentences import LANGUAGES, clips
from training.data import told
from training.gpu.train import widen
from training.meanings import INDEX, INTENTS
from training.network import Network

INTENT_OF = {INDEX[intent]: intent for intent in INTENTS[1:]}


def intent_of(path: list[int]) -> str | None:
    """Return the intent that a path of symbols ends with."""
    return next((INTENT_OF[symbol] for symbol in reversed(path) if symbol in INTENT_OF), None)


def main() -> None:
    """Print a row a language."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("weights", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    network = Network()
    widen(network)
    saved = torch.load(chosen.weights, weights_only=True)
    network.load_state_dict({name: tensor.float() for name, tensor in saved["average"].items()})
    network.eval()
    for language in LANGUAGES:
        allowed = torch.tensor([told([language])])
        counts: Counter[str] = Counter()
        for said, samples in clips(language):
            wave = np.concatenate([SILENCE, samples, SILENCE])
            with torch.no_grad():
                scores = network(torch.from_numpy(log_mel(wave))[None], languages=allowed)[0]
            found = intent_of(scores.argmax(1).tolist())
            if said.intent is None:
                counts["near, taken" if found else "near"] += 1
            else:
                counts["right" if found == said.intent else "wrong" if found else "none"] += 1
        print(language, dict(counts), flush=True)


if __name__ == "__main__":
    main()
