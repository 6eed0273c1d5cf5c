"""Sentences of Home Assistant's own intents, with random rooms, lamps and numbers in their slots."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from random import Random

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    Sentence,
    TextChunk,
)
from hassil.intents import Intents, RangeSlotList, TextSlotList
from home_assistant_intents import get_intents

Fill = Callable[[Random, str], str]
"""What stands in a slot without values of its own: the random generator and the slot's list in, words out."""

SIGNS = {
    "en": {"%": "percent", "°": "degrees"},
    "es": {"%": "por ciento", "°": "grados"},
    "fr": {"%": "pour cent", "°": "degrés"},
}
"""Signs in the templates that have one way to be said."""

_UNSPEAKABLE = re.compile(r"[\d<>{}\[\]()|/]|\b(?:sec|min|h|k|hs|seg|s)\b(?<!'s)")
_TRIES = 20


def household_sentence(language: str, random: Random, *, fills: Mapping[str, Fill], number: Fill) -> str:
    """Return a random sentence of Home Assistant's intents in `language`.

    `fills` has a function for each kind of run-time name (`area`, `floor`, `name`; `""` for the rest); `number` says a
    number of the range ``low-high``.
    """
    intents = _intents(language)
    for _ in range(_TRIES):
        block = random.choice(random.choice(list(intents.intents.values())).data)
        if not block.sentences:
            continue
        expander = _Expander(intents, block.expansion_rules, fills, number, random)
        text = expander.expand(random.choice(block.sentences).expression)
        for sign, said in SIGNS[language].items():
            text = text.replace(sign, f" {said} ")
        if _UNSPEAKABLE.search(text) is None and text.strip():
            return text
    return fills["name"](random, "name")


class _Expander:
    def __init__(
        self, intents: Intents, rules: Mapping[str, Sentence], fills: Mapping[str, Fill], number: Fill, random: Random
    ) -> None:
        self._intents = intents
        self._rules = {**intents.expansion_rules, **rules}
        self._fills = fills
        self._number = number
        self._random = random

    def expand(self, expression: Expression) -> str:
        if isinstance(expression, TextChunk):
            return expression.original_text
        if isinstance(expression, RuleReference):
            return self.expand(self._rules[expression.rule_name].expression)
        if isinstance(expression, ListReference):
            return self._slot(expression)
        if isinstance(expression, Alternative):
            return self.expand(self._random.choice(expression.items))
        if isinstance(expression, Permutation):
            return " ".join(self.expand(item) for item in self._random.sample(expression.items, len(expression.items)))
        if isinstance(expression, Group):
            return "".join(self.expand(item) for item in expression.items)
        raise TypeError(f"hassil has an expression that is unknown here: {expression!r}")

    def _slot(self, slot: ListReference) -> str:
        inline = slot.get_inline_range()
        known = self._intents.slot_lists.get(slot.list_name)
        if inline:
            return self._number(self._random, f"{inline[0]}-{inline[1]}")
        if isinstance(known, RangeSlotList):
            return self._number(self._random, f"{max(0, known.start)}-{known.stop}")
        if isinstance(known, TextSlotList):
            value = self._random.choice(known.values).text_in
            return self.expand(value)
        return self._fills.get(slot.list_name, self._fills[""])(self._random, slot.list_name)


@cache
def _intents(language: str) -> Intents:
    found = get_intents(language)
    if found is None:
        raise LookupError(f"home-assistant-intents has no {language}: install a release that has")
    return Intents.from_dict(found)
