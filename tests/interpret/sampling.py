"""Random sentences of templates, and what hassil says they mean."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hassil import recognize
from hassil.expression import Alternative, Expression, ListReference, Permutation, RuleReference, TextChunk
from hassil.intents import Intents, RangeSlotList, SlotList

from assistant.language import number_words


@dataclass(frozen=True, slots=True)
class Sampled:
    """One sentence: as hassil reads it (digits), as it is spoken (words), and what it means."""

    written: str
    spoken: str
    intent: str
    slots: Mapping[str, object]


def sampled(
    intents: Intents, slot_lists: Mapping[str, SlotList], *, language: str, each: int, seed: int
) -> Iterator[Sampled]:
    """Yield `each` random sentences of every template that hassil understands."""
    rng = random.Random(seed)
    lists = {**intents.slot_lists, **slot_lists}
    for intent in intents.intents.values():
        for block in intent.data:
            rules = {**intents.expansion_rules, **block.expansion_rules}
            walk = _Walk(rng, {**lists, **block.slot_lists}, rules, language)
            for sentence in block.sentences:
                for _ in range(each):
                    written, spoken = (" ".join(text.split()) for text in walk.of(sentence.expression))
                    found = recognize(written, intents, slot_lists=dict(slot_lists), language=language)
                    if written and found is not None:
                        slots = {entity.name: entity.value for entity in found.entities_list}
                        yield Sampled(written, spoken, found.intent.name, slots)


@dataclass(frozen=True, slots=True)
class _Walk:
    rng: random.Random
    lists: Mapping[str, SlotList]
    rules: Mapping[str, object]
    language: str

    def of(self, expression: Expression) -> tuple[str, str]:
        if isinstance(expression, TextChunk):
            return expression.original_text, expression.original_text
        if isinstance(expression, RuleReference):
            return self.of(self.rules[expression.rule_name].expression)
        if isinstance(expression, ListReference):
            return self.value(self.lists[expression.list_name])
        if isinstance(expression, Alternative):
            return self.of(self.rng.choice(expression.items))
        items = list(expression.items)
        if isinstance(expression, Permutation):
            self.rng.shuffle(items)
        parts = [self.of(item) for item in items]
        return "".join(part[0] for part in parts), "".join(part[1] for part in parts)

    def value(self, values: SlotList) -> tuple[str, str]:
        if isinstance(values, RangeSlotList):
            number = self.rng.choice(list(values.get_numbers()))
            return str(number), self.rng.choice(number_words(number, self.language))
        return self.of(self.rng.choice(values.values).text_in)
