"""The second network: words in, what is meant out; and the words that it knows.

Vectors of the words, two convolutions over them, what stands out and what four looks of attention find, two layers
more: some million multiplications a sentence, so numpy is enough.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.errors import ModelError
from assistant.model.symbols import ALPHABET, LANGUAGES

SHIPPED_READER = Path(__file__).parent / "assets" / "meaning.npz"
KINDS = ("thing", "music", "person", "time", "color")
"""What a name among the words is of: a room, lamp, floor or all of them; a title, list, artist or station; somebody; a
length of time; a colour."""
UNKNOWN = 1
"""Row of the table for words that are not in the lexicon; 0 is for none, and the kinds follow."""
FIRST_WORD = UNKNOWN + 1 + len(KINDS)
_KIND_ROWS = {f"<{kind}>": UNKNOWN + 1 + index for index, kind in enumerate(KINDS)}
LAYERS = ("near", "far", "look", "inner", "outer")
"""What a file has weights and biases of."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words of one language, and which of them follow each other (bigrams)."""

    words: tuple[str, ...]
    """Normalized."""
    costs: np.ndarray
    """(words,) float32: nats, minus the logarithm of how often each is said."""
    pairs: np.ndarray
    """(pairs, 2) int32: a word and the one after it, as numbers; in order of the first."""
    pair_costs: np.ndarray
    """(pairs,) float32: nats of the second one after the first."""
    other_costs: np.ndarray
    """(words + 2,) float32: nats of going on after each word otherwise, those of a name and of the beginning last."""

    @property
    def named(self) -> int:
        """What stands for any name in pairs."""
        return len(self.words)

    @property
    def bound(self) -> int:
        """What stands for the beginning in pairs."""
        return len(self.words) + 1


class Reader:
    """A loaded network; made by `load`."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Raises KeyError or ValueError where the arrays are not those of this version."""
        if str(arrays["alphabet"]) != ALPHABET:
            raise ValueError("another alphabet")
        self._layers = {
            f"{layer}_{part}": arrays[f"{layer}_{part}"].astype(np.float32)
            for layer in LAYERS
            for part in ("weight", "bias")
        }
        self._table, self._scale = arrays["table"], arrays["scale"]
        self._intents = str(arrays["intents"]).split()
        self.lexicons = {language: _lexicon(arrays, language) for language in LANGUAGES}
        """The words that it knows, by language."""
        self._numbers = numbered(self.lexicons)
        count = sum(map(len, self._numbers.values()))
        if len(self._table) != FIRST_WORD + count:
            raise ValueError(f"{len(self._table)} vectors for {count} words")

    @classmethod
    def load(cls, path: Path | None = None) -> Reader:
        """Return the network in the file at `path`, the shipped one by default.

        Raises ModelError if it is missing, damaged or not made by this version's `training.meaning`.
        """
        path = SHIPPED_READER if path is None else path
        if not path.is_file():
            raise ModelError(f"{path}: no such file; install Oyez again, or give the path of a trained one")
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls({name: file[name] for name in file.files})
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"{path}: damaged, or of another version ({error}); make it again by training/meaning.py"
            ) from error

    def rows(self, words: Sequence[str], language: str) -> list[int]:
        """Return the rows of the table for words of a language; `<thing>` and the like stand for names."""
        return rows_of(words, self._numbers[language])

    def read(self, words: Sequence[str], language: str) -> dict[str, float]:
        """Return the probability of each intent; what is left of 1 is that nothing was meant.

        words: normalized words of a language; `<thing>` and the like (KINDS) stand for names.
        """
        if not words:
            return {}
        a = self._layers
        vectors = self._table[self.rows(words, language)].astype(np.float32) * self._scale
        hidden = _convolved(vectors, a["near_weight"], a["near_bias"], apart=1)
        hidden = hidden + _convolved(hidden, a["far_weight"], a["far_bias"], apart=2)
        looks = _shares(hidden @ a["look_weight"].T + a["look_bias"])
        seen = np.concatenate([(looks.T @ hidden).ravel(), hidden.max(axis=0), vectors.mean(axis=0)])
        inner = np.maximum(a["inner_weight"] @ seen + a["inner_bias"], 0)
        intents = _shares(a["outer_weight"] @ inner + a["outer_bias"])
        return dict(zip(self._intents[1:], intents.tolist()[1:], strict=True))


def numbered(lexicons: Mapping[str, Lexicon]) -> dict[str, dict[str, int]]:
    """Return the row of the table that each word of each language has: one language after the other."""
    rows: dict[str, dict[str, int]] = {}
    first = FIRST_WORD
    for language, lexicon in lexicons.items():
        rows[language] = {word: first + number for number, word in enumerate(lexicon.words)}
        first += len(lexicon.words)
    return rows


def rows_of(words: Sequence[str], numbers: Mapping[str, int]) -> list[int]:
    """Return the rows of the table for words of a language, whose words `numbers` has."""
    return [_KIND_ROWS.get(word) or numbers.get(word, UNKNOWN) for word in words]


def _convolved(vectors: np.ndarray, weight: np.ndarray, bias: np.ndarray, *, apart: int) -> np.ndarray:
    """Three words that are so far apart, through one layer, what is below 0 left out.

    vectors: (words, width); weight: (3, width, out).
    """
    count = len(vectors)
    padded = np.pad(vectors, ((apart, apart), (0, 0)))
    summed = sum(padded[place * apart : place * apart + count] @ weight[place] for place in range(3))
    found: np.ndarray = np.maximum(summed + bias, 0)
    return found


def _shares(scores: np.ndarray) -> np.ndarray:
    """Softmax over the first axis."""
    raised = np.exp(scores - scores.max(axis=0))
    shares: np.ndarray = raised / raised.sum(axis=0)
    return shares


def _lexicon(arrays: Mapping[str, np.ndarray], language: str) -> Lexicon:
    words = tuple(str(arrays[f"{language}_words"]).split())
    costs, pair_costs, other_costs = (
        arrays[f"{language}_{name}"].astype(np.float32) for name in ("costs", "pair_costs", "other_costs")
    )
    pairs = arrays[f"{language}_pairs"].astype(np.int32)
    if len(costs) != len(words) or len(other_costs) != len(words) + 2 or len(pairs) != len(pair_costs):
        raise ValueError(f"{language}: costs of other words")
    return Lexicon(words, costs, pairs, pair_costs, other_costs)
