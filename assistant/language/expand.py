"""Template expressions written out in full: for list values, which are few; sentences stay graphs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations, product

from hassil.expression import Alternative, Expression, Group, ListReference, Permutation, RuleReference, TextChunk

MOST_TEXTS = 500
"""Texts that one list value may stand for."""
MOST_ITEMS = 6
"""Parts of a permutation, whose orders are the factorial of it."""
MOST_DEPTH = 24
"""Rules within rules."""


class TooManyError(Exception):
    """An expression stands for more texts than are written out."""


def expand(expression: Expression, rules: Mapping[str, Expression], *, depth: int = 0) -> list[str]:
    """Return every text that `expression` stands for, in order, each once.

    Raises TooManyError beyond MOST_TEXTS, KeyError (with a sentence to show) for unknown rules and for lists.
    """
    if depth > MOST_DEPTH:
        raise TooManyError(f"rules refer to each other more than {MOST_DEPTH} deep")
    if isinstance(expression, TextChunk):
        return [expression.original_text]
    if isinstance(expression, RuleReference):
        if expression.rule_name not in rules:
            raise KeyError(f"no rule <{expression.rule_name}>")
        return expand(rules[expression.rule_name], rules, depth=depth + 1)
    if isinstance(expression, ListReference):
        raise KeyError(f"a list value cannot hold the list {{{expression.list_name}}}")
    if not isinstance(expression, Group):
        raise KeyError(f"unknown template part {expression!r}")
    return _group(expression, [expand(item, rules, depth=depth + 1) for item in expression.items])


def _group(expression: Group, parts: list[list[str]]) -> list[str]:
    if isinstance(expression, Alternative):
        texts = [text for part in parts for text in part]
    elif isinstance(expression, Permutation):
        if len(parts) > MOST_ITEMS:
            raise TooManyError(f"a permutation has more than {MOST_ITEMS} parts")
        texts = [text for order in permutations(parts) for text in _joined(list(order))]
    else:
        texts = _joined(parts)
    if len(texts) > MOST_TEXTS:
        raise TooManyError(f"stands for more than {MOST_TEXTS} texts; make several values of it")
    return list(dict.fromkeys(texts))


def _joined(parts: list[list[str]]) -> list[str]:
    size = 1
    for part in parts:
        size *= len(part)
    if size > MOST_TEXTS:
        raise TooManyError(f"stands for more than {MOST_TEXTS} texts; make several values of it")
    return ["".join(way) for way in product(*parts)]
