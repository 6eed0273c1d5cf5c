"""Texts as posteriors of a network that hears them more or less well."""

from __future__ import annotations

import numpy as np

from assistant.messages import Posteriors
from assistant.model.symbols import ALPHABET, BLANK, encode, normalize

SYMBOLS = len(ALPHABET) + 1


def rendered(text: str, *, seed: int = 0, clarity: float = 9.0, noise: float = 1.5) -> Posteriors:
    """Posteriors of `text`: letters of one to three frames, blanks between some, every symbol a little likely."""
    rng = np.random.default_rng(seed)
    path = [BLANK] * 5
    for symbol in encode(normalize(text)):
        if path[-1] == symbol or rng.random() < 0.5:
            path.append(BLANK)
        path += [symbol] * int(rng.integers(1, 4))
    path += [BLANK] * 10
    scores = rng.normal(0, noise, (len(path), SYMBOLS))
    scores[np.arange(len(path)), path] += clarity
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return Posteriors(scores.astype(np.float32), frame_ms=20)
