"""The words that the second network knows, how often they are said, and which follow each other."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from wordfreq import top_n_list, word_frequency

from assistant.model import Lexicon
from assistant.model.symbols import normalize

WORDS = 12_000
"""Words of a language that are taken beside those of the sentences."""
OWN = 0.5
"""Share of the sentences in how often a word is said; the rest is the language's."""
DISCOUNT = 0.6
"""Taken from the count of each pair, for those that were not seen (absolute discounting, Ney et al. 1994)."""
NAMED = 0.05
"""How often any name is said."""
SCALE = 0.9
"""Of the costs beside the network's: they were counted in few sentences."""
_SINGLE = {"en": "aio", "es": "aeouy", "fr": "aàyô"}


def lexicon(language: str, sentences: Iterable[Sequence[str]], *, words: int = WORDS) -> Lexicon:
    """Return the lexicon of a language.

    sentences: normalized words, `<kind>` for names.
    """
    sentences = list(sentences)
    shares = _shares(language, sentences, words)
    known = tuple(shares)
    costs = np.array([-math.log(share) for share in shares.values()], np.float32)
    numbers = {word: number for number, word in enumerate(known)}
    usual = np.append(np.array(list(shares.values())), NAMED)
    pairs, pair_costs, other_costs = [], [], np.zeros(len(known) + 2, np.float32)
    for before, following in sorted(_followers(sentences, numbers).items()):
        count = sum(following.values())
        if count < 2:
            continue
        other = min(1.0, (DISCOUNT * len(following) + 1) / (count + 1))
        other_costs[before] = -math.log(other)
        for word, seen in sorted(following.items()):
            pairs.append((before, word))
            pair_costs.append(-math.log((seen - DISCOUNT) / (count + 1) + other * float(usual[word])))
    return Lexicon(
        known,
        SCALE * costs,
        np.array(pairs, np.int32).reshape(-1, 2),
        np.float32(SCALE) * np.array(pair_costs, np.float32),
        SCALE * other_costs,
    )


def _shares(language: str, sentences: Sequence[Sequence[str]], words: int) -> dict[str, float]:
    """How often each word is said."""
    usual: dict[str, float] = {}
    for written in top_n_list(language, 3 * words):
        for word in normalize(written).split():
            if len(word) > 1 or word in _SINGLE[language]:
                usual[word] = usual.get(word, 0) + word_frequency(written, language)
        if len(usual) >= words:
            break
    own = Counter(word for sentence in sentences for word in sentence if not word.startswith("<"))
    total, own_total = sum(usual.values()), own.total()
    return {
        word: (1 - OWN) * usual.get(word, 0) / total + OWN * own[word] / max(own_total, 1) for word in [*usual, *own]
    }


def _followers(sentences: Sequence[Sequence[str]], numbers: dict[str, int]) -> dict[int, Counter[int]]:
    """How often each word follows each, names and the beginning of sentences among them."""
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for sentence in sentences:
        before = len(numbers) + 1
        for word in sentence:
            number = len(numbers) if word.startswith("<") else numbers[word]
            found[before][number] += 1
            before = number
    return found
