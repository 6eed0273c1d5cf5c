"""The second network: heard letters in, what is meant out.

Two tables of vectors, one for the pieces of sentences and one for those of words (`grams`), each with a layer above it:
a few thousand additions a sentence, so numpy is enough.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.errors import ModelError
from assistant.model.grams import SENTENCE_BUCKETS, WORD_BUCKETS, sentence_pieces, undoubled, word_pieces, words_of
from assistant.model.heard import Heard
from assistant.model.symbols import ALPHABET, LANGUAGES

_BUCKETS = {"sentences": SENTENCE_BUCKETS, "words": WORD_BUCKETS}


@dataclass(frozen=True, slots=True)
class Span:
    """Words that name something."""

    kind: str
    begin: int
    end: int
    """First letter, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a sentence was taken for."""

    intents: Mapping[str, float]
    """Probability of each intent; what is left of 1 is that nothing was meant."""
    languages: Mapping[str, float]
    spans: tuple[Span, ...]


class _Looked:
    """One table with its layers."""

    def __init__(self, arrays: Mapping[str, np.ndarray], name: str) -> None:
        self._table, self._scale = arrays[f"{name}_table"], arrays[f"{name}_scale"]
        self._inner = arrays[f"{name}_inner_weight"].T, arrays[f"{name}_inner_bias"]
        self._outer = arrays[f"{name}_outer_weight"].T, arrays[f"{name}_outer_bias"]
        if len(self._table) != _BUCKETS[name]:
            raise ValueError(f"{name}: {len(self._table)} buckets instead of {_BUCKETS[name]}")

    def scores(self, pieces: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return (items, answers) float32.

        pieces: (pieces,) buckets, one item's after the other's; counts: (items,) how many each has, at least 1.
        """
        vectors = self._table[pieces].astype(np.int32)
        summed = np.add.reduceat(vectors, np.cumsum(counts) - counts, axis=0).astype(np.float32) * self._scale
        (inner, inner_bias), (outer, outer_bias) = self._inner, self._outer
        hidden = np.maximum(summed / np.sqrt(counts, dtype=np.float32)[:, None] @ inner + inner_bias, 0)
        scores: np.ndarray = hidden @ outer + outer_bias
        return scores


class Reader:
    """A loaded network; made by `load`."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Raises KeyError or ValueError where the arrays are not those of this version."""
        if str(arrays["alphabet"]) != ALPHABET:
            raise ValueError("another alphabet")
        self._intents = str(arrays["intents"]).split()
        self._names = str(arrays["names"]).split()
        self._sentences, self._words = _Looked(arrays, "sentences"), _Looked(arrays, "words")

    @classmethod
    def load(cls, path: Path) -> Reader:
        """Return the network in the file at `path`.

        Raises ModelError if it is missing, damaged or not made by this version's `training.meaning`.
        """
        if not path.is_file():
            raise ModelError(f"{path}: no such file; make one by training/meaning.py, or leave `paraphrases` out")
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls({name: file[name] for name in file.files})
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"{path}: damaged, or of another version ({error}); make it again by training/meaning.py"
            ) from error

    def read(self, heard: Heard) -> Meant:
        """Return what the letters mean; nothing where there is no word."""
        symbols = heard.shares.argmax(axis=1)
        kept = undoubled(symbols)
        letters = symbols[kept]
        words = words_of(letters)
        if not len(words):
            return Meant({}, dict.fromkeys(LANGUAGES, 0.0), ())
        pieces = sentence_pieces(letters)
        scores = self._sentences.scores(pieces, np.array([len(pieces)]))[0]
        intents, languages = _shares(scores[: len(self._intents)]), _shares(scores[len(self._intents) :])
        named = self._words.scores(*word_pieces(letters)).argmax(axis=1)
        ends = [*kept[1:].tolist(), len(symbols)]
        spans: list[Span] = []
        for (begin, end), name in zip(words.tolist(), named.tolist(), strict=False):
            first, last, kind = int(kept[begin]), ends[end - 1], self._names[name]
            if name and spans and spans[-1].kind == kind and spans[-1].end >= first - 1:
                spans[-1] = Span(kind, spans[-1].begin, last)
            elif name:
                spans.append(Span(kind, first, last))
        return Meant(
            dict(zip(self._intents[1:], intents.tolist()[1:], strict=True)),
            dict(zip(LANGUAGES, languages.tolist(), strict=True)),
            tuple(spans),
        )


def _shares(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    shares: np.ndarray = raised / raised.sum()
    return shares
