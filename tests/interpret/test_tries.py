import random

import numpy as np

from assistant.interpret.tries import MOST_LETTERS, build_trie
from assistant.model.symbols import decode, normalize


def names_of(trie):
    """Entry and name of each leaf, read back from the arcs."""
    for leaf, entry in zip(trie.leaves, trie.entries, strict=True):
        letters, node = [], int(leaf)
        while node:
            letters.append(int(trie.symbols[node - 1]))
            node = int(trie.parents[node - 1])
        yield int(entry), decode(letters[::-1])


def test_every_name_is_there_once():
    names = ["Anna", "anna maria", "Ann", "Bob", "Zoë", "l'été", "TV", "Rez-de-chaussée", "Bob"]
    trie = build_trie(names)
    assert sorted(names_of(trie)) == [(index, normalize(name)) for index, name in enumerate(names)]


def test_names_that_longer_ones_begin_with_are_known():
    names = ["Anna", "Anna Maria", "Ann", "Anna Maria Luisa", "", "Bob"]
    trie = build_trie(names)
    goes_on = {names[entry] for entry, more in zip(trie.entries, trie.goes_on, strict=True) if more}
    assert goes_on == {"Anna", "Anna Maria"}  # nobody stops for breath inside "Ann|a"


def test_beginnings_are_shared():
    trie = build_trie(["kitchen", "kitchen lamp", "kitten"])
    assert trie.nodes == 1 + len("kitchen lamp") + len("ten")
    assert np.all(trie.parents < np.arange(1, trie.nodes))


def test_names_that_cannot_be_said_are_left_out():
    trie = build_trie(["!!", "a", "東京", ""])
    assert list(names_of(trie)) == [(1, "a")]
    assert build_trie([]).nodes == build_trie(["?"]).nodes == 1


def test_names_keep_their_costs():
    names = ["Bob", "!!", "Ann", "Ann Lee"]
    trie = build_trie(names, costs=[0.5, 9.0, 2.0, 0.0])
    assert {names[entry]: cost for entry, cost in zip(trie.entries, trie.costs, strict=True)} == {
        "Bob": 0.5, "Ann": 2.0, "Ann Lee": 0.0,
    }  # fmt: skip
    assert build_trie(names).costs.tolist() == [0, 0, 0]


def test_very_long_names_are_cut():
    assert build_trie(["ab" * MOST_LETTERS]).nodes == MOST_LETTERS + 1


def test_random_names():
    rng = random.Random(2)
    names = ["".join(rng.choices("abc '", k=rng.randint(1, 7))) for _ in range(3000)]
    kept = [(index, normalize(name)) for index, name in enumerate(names) if normalize(name)]
    assert sorted(names_of(build_trie(names))) == kept
