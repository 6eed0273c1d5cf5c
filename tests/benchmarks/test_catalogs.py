"""The commands of the benchmark mean what it says they mean."""

import random

import pytest

from assistant.language import LANGUAGES, digits_of
from assistant.model import Model
from benchmarks import catalogs
from benchmarks.names import people, titles


@pytest.mark.parametrize("make", [people, titles])
def test_names_are_different_and_the_same_each_time(make):
    named = make(1000)
    assert len({name for name, _ in named}) == 1000
    assert {language for _, language in named} == set(LANGUAGES)
    assert named == make(1000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_are_said_as_they_are(language):
    rng = random.Random(1)
    for length in catalogs.LENGTHS:
        number = catalogs._number(language, length, rng)
        groups = catalogs._grouped(number, language, rng)
        words = " ".join(catalogs._said(group, language, rng) for group in groups)
        assert len(number) == length
        assert "".join(groups) == number
        # Some words are two numbers, of which one is said ("quatre-vingt" and "quatre, vingt").
        assert digits_of(words, language) == number or language == "fr"


def test_a_row(monkeypatch):
    monkeypatch.setattr(catalogs, "SIZES", (100,))
    rows = list(catalogs.contacts(Model.load(None), clips=2))
    assert [row.what for row in rows] == [
        "100 contacts en", "100 contacts es, voice known", "100 contacts fr, voice known",
    ]  # fmt: skip
    for row in rows:
        assert row.clips == 2
        assert row.right >= 1
        assert row.ready_ms > 0


def test_numbers_at_one_go_and_in_pauses():
    rows = list(catalogs.digits(Model.load(None), clips=1))
    assert [row.clips for row in rows] == [1] * 6
    assert sum(row.right for row in rows) >= 3
