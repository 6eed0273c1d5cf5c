"""A path's output labels as a meaning: intent, slots and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hassil.util import check_excluded_context

from assistant.interpret.graph import FIRST_EVENT, Graph
from assistant.interpret.groups import Group, List
from assistant.interpret.words import NAME, Word
from assistant.language import Entry, digits_of, may_go_on
from assistant.messages import SlotValue
from assistant.model.symbols import decode, encode, normalize


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reading says."""

    group: Group
    text: str
    slots: Mapping[str, SlotValue]
    spoken: Mapping[str, str]
    open_row: bool
    """Whether it ends in a row of digits that may go on after a pause."""

    @property
    def key(self) -> tuple[object, ...]:
        """Equal where the meaning is: the language and the words do not matter."""
        slots = sorted((name, repr(value)) for name, value in self.slots.items())
        return (self.group.domain, self.group.intent, tuple(slots))


def meaning_of(outputs: Sequence[int], graph: Graph, *, context: Mapping[str, SlotValue]) -> Meaning | None:
    """Return the meaning of a path's output labels, or None where its context, or what it counts, makes no sense."""
    group = graph.plan.groups[next(number for number in map(graph.outputs.group, outputs) if number is not None)]
    slots: dict[str, SlotValue] = {}
    spoken: dict[str, str] = {}
    known = dict(context)
    letters: list[int] = []
    slot, begin = "", 0
    row_end: int | None = None
    for label in outputs:
        if label < FIRST_EVENT:
            letters.append(label)
            continue
        if graph.outputs.group(label) is not None:
            continue
        name = graph.outputs.slot(label)
        if name is not None:
            slot, begin = name, len(letters)
            continue
        entry = graph.outputs.value(label)
        known |= entry.context
        if entry.written and slot:
            letters[begin:] = encode(normalize(entry.written))
        words = decode(letters[begin:])
        value, is_open = _value(words, entry, graph.plan.lists[graph.outputs.list_of(label)], group.language)
        row_end = len(letters) if is_open else None
        if value is None:
            return None
        if slot:
            slots[slot], spoken[slot] = value, words
    from_context = _required(group.requires, known)
    if from_context is None or not check_excluded_context(dict(group.excludes), known):
        return None
    for extra in (group.slots, from_context):
        slots |= {name: value for name, value in extra.items() if name not in slots}
    return Meaning(group, decode(letters), slots, spoken, open_row=row_end == len(letters))


def _value(words: str, entry: Entry, one: List, language: str) -> tuple[SlotValue | None, bool]:
    """What goes into the slot, None where the words are no number; and whether they are a row that may go on."""
    if not one.in_a_row:
        return entry.out, False
    return digits_of(words, language, name=one.name), may_go_on(words, language)


def words_of(outputs: Sequence[int], graph: Graph) -> tuple[Word, ...]:
    """Return the words of a path through a graph of any words."""
    found: list[Word] = []
    letters: list[int] = []
    names: str | None = None
    for label in outputs:
        group = graph.outputs.group(label)
        if label < FIRST_EVENT:
            letters.append(label)
        elif label >= graph.outputs.first_word:
            is_name = label == graph.outputs.first_word + NAME
            found.append(Word(decode(letters).strip(), names if is_name else None))
            letters, names = [], None
        elif group is not None:
            names = graph.plan.groups[group].intent
    return tuple(word for word in found if word.text)


def _required(requires: Mapping[str, object], known: Mapping[str, SlotValue]) -> dict[str, SlotValue] | None:
    """The slots that a required context fills, or None where it does not hold."""
    slots: dict[str, SlotValue] = {}
    for name, wanted in requires.items():
        described = wanted if isinstance(wanted, Mapping) else {"value": wanted}
        slot, value = described.get("slot"), described.get("value")
        actual = known.get(name)
        if actual is None or not (value is None or actual == value or (isinstance(value, list) and actual in value)):
            return None
        if slot:
            slots[slot if isinstance(slot, str) else name] = actual
    return slots
