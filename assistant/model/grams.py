"""Letters as numbers to look up: the pieces of a sentence, and of each of its words, hashed.

What was heard has wrong letters in it; short pieces of it are still right, and mistakes that are made often are known.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from assistant.model.symbols import ALPHABET

SENTENCE_BUCKETS = 2**16
WORD_BUCKETS = 2**15
SPACE = ALPHABET.index(" ")
_LONGEST = 512
_PRIME = 0x9E3779B97F4A7C15
_MODULUS = 1 << 64
_POWERS = np.array([pow(_PRIME, power, _MODULUS) for power in range(_LONGEST + 1)], np.uint64)
_INVERSES = np.array([pow(_PRIME, -power, _MODULUS) for power in range(_LONGEST + 1)], np.uint64)
_EDGE = np.uint64(0x1234567)
"""Stands for the word before the first and after the last."""


def undoubled(letters: np.ndarray) -> np.ndarray:
    """Return which letters are kept where none follows itself, (kept,) int: a double one is heard once or twice."""
    return np.flatnonzero(np.concatenate([[True], letters[1:] != letters[:-1]])[: len(letters)])


def words_of(letters: np.ndarray) -> np.ndarray:
    """Return the first letter of each word, and the one after its last, (words, 2) int.

    letters: (letters,) int, indices in the alphabet.
    """
    is_word = np.concatenate([[False], letters != SPACE, [False]])
    edges = np.flatnonzero(is_word[1:] != is_word[:-1])
    return edges.reshape(-1, 2)


def sentence_pieces(letters: np.ndarray) -> np.ndarray:
    """Return the buckets of a sentence's pieces, (pieces,) int: three to five letters, words, pairs of words."""
    around = _padded(letters)
    sums = _sums(around)
    words = words_of(around)
    hashes = _hashes(sums, words)
    pieces = [_pieces_of(sums, len(around), length) for length in (3, 4, 5)]
    pieces += [
        _salted(hashes, 11),
        _salted(_pairs(hashes[:-1], hashes[1:]), 12),
        _salted(_pairs(hashes[:-2], hashes[2:]), 13),
    ]
    return _buckets(pieces, SENTENCE_BUCKETS)


def word_pieces(letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the buckets of what tells of each word: itself, its letters, the words around it.

    Returns (pieces,) int, those of one word after those of the other, and (words,) int, how many each has.
    """
    around = _padded(letters)
    sums = _sums(around)
    words = words_of(around)
    if not len(words):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    hashes = np.concatenate([[_EDGE, _EDGE], _hashes(sums, words), [_EDGE, _EDGE]])
    own = np.lib.stride_tricks.sliding_window_view(hashes, 5)  # (words, 5), a view
    pairs = _pairs(own[:, :-1], own[:, 1:])
    near = [
        own * np.arange(1, 6, dtype=np.uint64),
        pairs * np.arange(7, 11, dtype=np.uint64),
        _pairs(pairs[:, 1:2], own[:, 3:4]) * np.uint64(13),
        _pairs(pairs[:, :1], own[:, 2:3]) * np.uint64(17),
    ]
    pieces = [part.reshape(-1) for part in near]
    owners = [np.repeat(np.arange(len(words)), part.shape[1]) for part in near]
    # Letters of a word, with the space before and the one after it.
    owner = np.full(len(around), -1)
    for number, (begin, end) in enumerate(words.tolist()):
        owner[begin:end] = number
    for length in (3, 4):
        begins = np.arange(max(0, len(around) - length + 1))
        first, last = owner[begins + 1], owner[begins + length - 2]
        inside = (first >= 0) & (first == last)
        pieces.append(_pieces_of(sums, len(around), length)[inside])
        owners.append(first[inside])
    everything, of = np.concatenate(pieces), np.concatenate(owners)
    order = np.argsort(of, kind="stable")
    return _buckets([everything[order]], WORD_BUCKETS), np.bincount(of, minlength=len(words))


def _padded(letters: np.ndarray) -> np.ndarray:
    cut = letters[: _LONGEST - 2]
    return np.concatenate([[SPACE], cut, [SPACE]])


def _sums(letters: np.ndarray) -> np.ndarray:
    """Sums over the beginnings of a sentence, from which the hash of any part of it follows."""
    terms = (letters.astype(np.uint64) + np.uint64(1)) * _POWERS[: len(letters)]
    return np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])


def _hashes(sums: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Hashes of parts, (parts, 2) int, wherever they stand."""
    hashes: np.ndarray = (sums[parts[:, 1]] - sums[parts[:, 0]]) * _INVERSES[parts[:, 0]]
    return hashes


def _pieces_of(sums: np.ndarray, letters: int, length: int) -> np.ndarray:
    begins = np.arange(max(0, letters - length + 1))
    return _salted((sums[begins + length] - sums[begins]) * _INVERSES[begins], length)


def _pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    pairs: np.ndarray = _mixed(first) * np.uint64(3) + second
    return pairs


def _salted(hashes: np.ndarray, salt: int) -> np.ndarray:
    salted: np.ndarray = hashes + np.uint64(salt * 0x51ED270B)
    return salted


def _mixed(hashes: np.ndarray) -> np.ndarray:
    """Spread over all bits (the finalizer of splitmix64)."""
    mixed: np.ndarray = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    spread: np.ndarray = mixed ^ (mixed >> np.uint64(31))
    return spread


def _buckets(pieces: Iterable[np.ndarray], buckets: int) -> np.ndarray:
    found: np.ndarray = (_mixed(np.concatenate(list(pieces))) % np.uint64(buckets)).astype(np.int64)
    return found
