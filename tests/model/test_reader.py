"""The second network: the file it is read from, and what it makes of words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.model import Reader
from assistant.model.reader import FIRST_WORD, KINDS, UNKNOWN
from assistant.model.symbols import ALPHABET, LANGUAGES

WORDS = ("dark", "loud", "here")
INTENTS = "none light.brighter media.volume_down"


def arrays(**changed: np.ndarray) -> dict[str, np.ndarray]:
    """A network that takes "dark" for one intent and "loud" for the other: its vectors are passed on as they are."""
    table = np.zeros((FIRST_WORD + len(WORDS) * len(LANGUAGES), 4), np.int8)
    for index in range(len(LANGUAGES)):
        table[FIRST_WORD + 3 * index : FIRST_WORD + 3 * index + 2, 1:3] = np.eye(2) * 100
    near = np.zeros((3, 4, 4), np.float32)
    near[1] = np.eye(4)
    outer = np.zeros((3, 4), np.float32)
    outer[1:, 1:3] = np.eye(2) * 10
    inner = np.concatenate([np.zeros((4, 4)), np.eye(4), np.zeros((4, 4))], axis=1)
    made = {
        "alphabet": np.array(ALPHABET),
        "intents": np.array(INTENTS),
        "table": table,
        "scale": np.full(4, 0.01, np.float32),
        "near_weight": near,
        "near_bias": np.zeros(4),
        "far_weight": np.zeros((3, 4, 4)),
        "far_bias": np.zeros(4),
        "look_weight": np.zeros((1, 4)),
        "look_bias": np.zeros(1),
        "inner_weight": inner,
        "inner_bias": np.zeros(4),
        "outer_weight": outer,
        "outer_bias": np.array([3.0, 0, 0]),
    }
    for language in LANGUAGES:
        made |= {
            f"{language}_words": np.array(" ".join(WORDS)),
            f"{language}_costs": np.full(3, 2.0, np.float16),
            f"{language}_pairs": np.array([[0, 2]], np.uint16),
            f"{language}_pair_costs": np.array([0.5], np.float16),
            f"{language}_other_costs": np.zeros(5, np.float16),
        }
    return made | changed


@pytest.mark.parametrize(
    ("words", "best"),
    [("dark here", "light.brighter"), ("here loud", "media.volume_down"), ("here here", None), ("nowhere", None)],
)
def test_words_decide_what_is_meant(words: str, best: str | None) -> None:
    found = Reader(arrays()).read(words.split(), "es")
    assert set(found) == set(INTENTS.split()[1:])
    assert [name for name, share in found.items() if share > 0.9] == ([best] if best else [])
    assert sum(found.values()) < 1


def test_nothing_is_read_from_nothing() -> None:
    assert Reader(arrays()).read([], "en") == {}


def test_each_language_has_words_of_its_own_and_names_are_theirs_all() -> None:
    reader = Reader(arrays())
    assert reader.rows(["dark", "nowhere", f"<{KINDS[0]}>"], "en") == [FIRST_WORD, UNKNOWN, UNKNOWN + 1]
    assert reader.rows(["dark"], "fr") == [FIRST_WORD + 2 * len(WORDS)]
    assert reader.lexicons["fr"].words == WORDS
    assert (reader.lexicons["fr"].named, reader.lexicons["fr"].bound) == (3, 4)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more", b"x" * 100])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "meaning.npz"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"meaning\.npz: damaged"):
        Reader.load(file)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"alphabet": np.array("abc")}, "another alphabet"),
        ({"table": np.zeros((5, 4), np.int8)}, "5 vectors for 9 words"),
        ({"fr_costs": np.zeros(2, np.float16)}, "fr: costs of other words"),
    ],
)
def test_a_file_of_another_version_is_refused(tmp_path: Path, changed: dict[str, np.ndarray], complaint: str) -> None:
    file = tmp_path / "meaning.npz"
    np.savez(file, allow_pickle=False, **arrays(**changed))
    with pytest.raises(ModelError, match=complaint):
        Reader.load(file)


def test_a_file_that_lacks_something_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "meaning.npz"
    np.savez(file, alphabet=np.array(ALPHABET), intents=np.array(INTENTS))
    with pytest.raises(ModelError, match="near_weight"):
        Reader.load(file)
    lacking = arrays()
    del lacking["en_words"]
    np.savez(file, allow_pickle=False, **lacking)
    with pytest.raises(ModelError, match="en_words"):
        Reader.load(file)
    with pytest.raises(ModelError, match="no such file; install Oyez again"):
        Reader.load(tmp_path / "none.npz")
