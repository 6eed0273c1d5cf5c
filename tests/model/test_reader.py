"""The second network: letters as they were heard, their pieces, and the file it is read from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.model import Heard, Reader, letters_heard
from assistant.model.grams import SENTENCE_BUCKETS, WORD_BUCKETS, sentence_pieces, undoubled, word_pieces, words_of
from assistant.model.symbols import ALPHABET, encode


def letters(text: str) -> np.ndarray:
    return np.array(encode(text)) - 1


def posteriors(text: str, *, share: float = 0.9) -> np.ndarray:
    """(frames, symbols) log-probabilities of a text spelled with a blank after each letter."""
    symbols = len(ALPHABET) + 1
    rows = [row for symbol in encode(text) for row in (symbol, 0)]
    shares = np.full((len(rows), symbols), (1 - share) / (symbols - 1), np.float32)
    shares[np.arange(len(rows)), rows] = share
    return np.log(shares)


def test_letters_heard_are_those_between_blanks_with_their_frames() -> None:
    heard = letters_heard(posteriors("a bee"))
    assert heard.text == "a bee"
    assert heard.frames.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]
    np.testing.assert_allclose(heard.shares.sum(axis=1), 1, rtol=1e-5)


def test_nothing_is_heard_in_silence() -> None:
    silence = np.log(np.full((5, len(ALPHABET) + 1), 1e-3, np.float32))
    silence[:, 0] = 0
    assert letters_heard(silence).text == ""
    assert letters_heard(silence[:0]).frames.shape == (0, 2)


def test_words_are_what_stands_between_spaces() -> None:
    assert words_of(letters("so it is")).tolist() == [[0, 2], [3, 5], [6, 8]]
    assert words_of(letters(" ")).tolist() == []


def test_a_double_letter_counts_once() -> None:
    assert "".join(ALPHABET[one] for one in letters("all the loom")[undoubled(letters("all the loom"))]) == "al the lom"


@pytest.mark.parametrize("text", ["turn on the light", "a", "où est la lumière"])
def test_pieces_do_not_depend_on_where_they_stand(text: str) -> None:
    later = set(sentence_pieces(letters(f"well {text}")).tolist())
    assert set(sentence_pieces(letters(text)).tolist()) <= later


def test_each_word_has_its_pieces() -> None:
    pieces, counts = word_pieces(letters("the old red lamp"))
    assert len(counts) == 4
    assert counts.sum() == len(pieces)
    assert 0 <= pieces.min() <= pieces.max() < WORD_BUCKETS
    other, other_counts = word_pieces(letters("the old red lamps"))
    # Three words further on nothing is looked at.
    assert pieces[: counts[0]].tolist() == other[: other_counts[0]].tolist()


def test_very_long_sentences_are_cut() -> None:
    assert sentence_pieces(letters("a " * 600)).max() < SENTENCE_BUCKETS
    word_pieces(letters("a " * 600))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more", b"x" * 100])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "meaning.npz"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"meaning\.npz: damaged"):
        Reader.load(file)


def test_a_file_of_another_alphabet_or_without_tables_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "meaning.npz"
    np.savez(file, alphabet=np.array("abc"))
    with pytest.raises(ModelError, match="another alphabet"):
        Reader.load(file)
    np.savez(file, alphabet=np.array(ALPHABET), intents=np.array("none light.on"), names=np.array("none thing"))
    with pytest.raises(ModelError, match="sentences_table"):
        Reader.load(file)
    with pytest.raises(ModelError, match="no such file"):
        Reader.load(tmp_path / "none.npz")


def test_heard_without_letters_has_no_text() -> None:
    assert Heard(np.zeros((0, len(ALPHABET)), np.float32), np.zeros((0, 2), int)).text == ""
