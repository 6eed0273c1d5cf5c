"""What the sentences of a household compile to: groups of templates that mean the same, and the lists they call."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hassil.expression import Expression, ListReference
from hassil.util import check_excluded_context, check_required_context

from assistant.interpret.letters import FIRST_CALL, Builder, LetterGraph, TooLargeError
from assistant.interpret.skips import Skips
from assistant.language import (
    DIGITS,
    LIBRARY,
    MORE_DIGITS,
    Block,
    Entry,
    Sentences,
    Template,
    digit_groups,
    inline_entries,
)
from assistant.messages import SlotValue

log = logging.getLogger(__name__)

Catalogs = Mapping[str, Mapping[str, Sequence[Entry]]]
"""Catalog name to language to entries."""


@dataclass(frozen=True, slots=True)
class Group:
    """Templates of one language with the same intent, fixed slots and context."""

    language: str
    domain: str
    intent: str
    slots: Mapping[str, SlotValue]
    requires: Mapping[str, object]
    excludes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class List:
    """A list as one group of blocks sees it: without the values that their context excludes."""

    entries: tuple[Entry, ...]
    name: str
    """What templates call it: by this name it can be filled anew."""
    language: str
    requires: Mapping[str, object]
    excludes: Mapping[str, object]
    shared: bool = False
    """The same in every language and every sentence, and possibly large: it is in a graph once, not once for each way
    to go on after it."""
    in_a_row: bool = False
    """Entries are groups of digits, said one after the other until there is a number; cannot be filled anew."""

    @property
    def of_numbers(self) -> bool:
        """Whether its values are numbers, behind which one may always think of more of it: "twenty ... five"."""
        return all(isinstance(entry.out, int | float) for entry in self.entries)

    def refilled(self, entries: Sequence[Entry], *, context: Mapping[str, SlotValue]) -> List:
        """Return the list with other entries."""
        kept = _allowed(entries, self.requires, self.excludes, context=context)
        return replace(self, entries=kept)


@dataclass(slots=True)
class Plan:
    """Everything a graph is assembled from."""

    letters: LetterGraph = field(default_factory=LetterGraph)
    groups: list[Group] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """The letter node where each group begins."""
    lists: list[List] = field(default_factory=list)
    calls: list[tuple[int, str]] = field(default_factory=list)
    """(list, slot) of each call label, counted from FIRST_CALL."""
    shared: dict[str, int] = field(default_factory=dict)
    """The shared lists by name."""
    left_out: list[str] = field(default_factory=list)
    """Sentences that no graph can hold, and why."""

    def with_lists(self, lists: list[List]) -> Plan:
        """Return the same plan with other lists."""
        return replace(self, lists=lists)


def make_plan(
    scopes: Sequence[Sentences], catalogs: Catalogs, *, context: Mapping[str, SlotValue] | None = None
) -> Plan:
    """Return the plan of all sentences.

    context: what holds without being said, such as `area`, for blocks that require it.
    """
    plan = Plan()
    for sentences in scopes:
        compiler = _Compiler(plan, sentences, catalogs, context or {})
        for block in sentences.blocks:
            compiler.add(block)
    return plan


class _Compiler:
    """Adds the blocks of one scope to a plan."""

    def __init__(self, plan: Plan, sentences: Sentences, catalogs: Catalogs, context: Mapping[str, SlotValue]) -> None:
        self._plan = plan
        self._sentences = sentences
        self._catalogs = catalogs
        self._context = context
        self._groups: dict[str, int] = {}
        self._lists: dict[tuple[object, ...], int] = {}
        self._calls: dict[tuple[int, str], int] = {}
        self._builders: dict[tuple[object, ...], Builder] = {}
        self._skips = Skips(plan.letters, sentences.skip_words)

    def add(self, block: Block) -> None:
        """Put a block's templates into their group; one that is too large is left out and noted."""
        letters = self._plan.letters
        builder = self._builder(block)
        node = letters.dead
        for template in block.templates:
            letters.begin()
            try:
                start = letters.without_leading_space(builder.before(template.expression, letters.end))
                node = letters.union(node, self._skips.around(start))
            except TooLargeError as error:
                self._leave_out(template, builder, str(error))
            except RecursionError:
                self._leave_out(template, builder, "too long to be said")
        if node != letters.dead:
            group = self._group(block)
            letters.begin()
            try:
                self._plan.starts[group] = letters.union(self._plan.starts[group], node)
            except TooLargeError as error:
                self._leave_out(block.templates[0], builder, f"{error}; with all others of its block")

    def _leave_out(self, template: Template, builder: Builder, why: str) -> None:
        """Note a sentence that no graph can hold, and give back the room that it has taken."""
        self._plan.left_out.append(f"{template.where}: {why}; the sentence is left out")
        first = self._plan.letters.take_back()
        builder.forget(first)
        self._skips.forget(first)

    def _group(self, block: Block) -> int:
        sentences = self._sentences
        group = Group(sentences.language, block.domain, block.intent, block.slots, block.requires, block.excludes)
        key = repr(group)
        if key not in self._groups:
            self._groups[key] = len(self._plan.groups)
            self._plan.groups.append(group)
            self._plan.starts.append(self._plan.letters.dead)
        return self._groups[key]

    def _builder(self, block: Block) -> Builder:
        """One builder for all blocks with the same rules, lists and context: they share what they build."""
        own = bool(block.lists or block.rules)
        key = (id(block) if own else None, repr(block.requires), repr(block.excludes))
        if key not in self._builders:
            rules: dict[str, Expression] = {**self._sentences.rules, **block.rules}

            def call_label(reference: ListReference) -> int | None:
                return self._call(reference, block, key)

            self._builders[key] = Builder(
                self._plan.letters, rules=rules, language=self._sentences.language, call_label=call_label
            )
        return self._builders[key]

    def _call(self, reference: ListReference, block: Block, key: tuple[object, ...]) -> int | None:
        name = reference.list_name
        list_key = (name, key[0] if name in block.lists else None, key[1], key[2])
        if list_key not in self._lists and self._is_shared(name, block):
            self._lists[list_key] = self._shared(name)
        if list_key not in self._lists:
            found = self._list(name, reference, block)
            if found is None:
                return None
            self._lists[list_key] = len(self._plan.lists)
            self._plan.lists.append(found)
        slot = "" if reference.is_capture else reference.slot_name
        call = (self._lists[list_key], slot)
        if call not in self._calls:
            self._calls[call] = FIRST_CALL + len(self._plan.calls)
            self._plan.calls.append(call)
        return self._calls[call]

    def _is_shared(self, name: str, block: Block) -> bool:
        return (
            name in LIBRARY and name in self._catalogs and name not in block.lists and name not in self._sentences.lists
        )

    def _shared(self, name: str) -> int:
        """The number of a list that every language and every sentence shares."""
        if name not in self._plan.shared:
            self._plan.shared[name] = len(self._plan.lists)
            self._plan.lists.append(List(together(self._catalogs[name]), name, "", {}, {}, shared=True))
        return self._plan.shared[name]

    def _list(self, name: str, reference: ListReference, block: Block) -> List | None:
        language = self._sentences.language
        entries: Sequence[Entry] | None = block.lists.get(name, self._sentences.lists.get(name))
        if entries is None:
            entries = inline_entries(reference, language=language)
        if entries is None and name in self._catalogs:
            entries = self._catalogs[name].get(language, ())
        if entries is None and name in (DIGITS, MORE_DIGITS):
            return List(digit_groups(language), name, language, {}, {}, in_a_row=True)
        if entries is None:
            return None
        kept = _allowed(entries, block.requires, block.excludes, context=self._context)
        return List(kept, name, language, block.requires, block.excludes)


def together(entries: Mapping[str, Sequence[Entry]]) -> tuple[Entry, ...]:
    """Return the entries of all languages, each once."""
    found: dict[tuple[str, str], Entry] = {}
    for own in entries.values():
        for entry in own:
            found.setdefault((entry.spoken, repr(entry.out)), entry)
    return tuple(found.values())


def _allowed(
    entries: Sequence[Entry],
    requires: Mapping[str, object],
    excludes: Mapping[str, object],
    *,
    context: Mapping[str, SlotValue],
) -> tuple[Entry, ...]:
    """The entries that can stand in a block with such a context."""
    if not requires and not excludes:
        return tuple(entries)
    missing = [key for key in requires if key not in context]
    needed = [key for key in missing if any(key in entry.context for entry in entries)]
    return tuple(
        entry
        for entry in entries
        if check_required_context(dict(requires), dict(entry.context), allow_missing_keys=True)
        and check_excluded_context(dict(excludes), dict(entry.context))
        and all(key in entry.context for key in needed)
    )
