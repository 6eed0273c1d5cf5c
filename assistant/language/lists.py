"""The `lists` of a sentence file: values and number ranges as entries that can be spoken."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import yaml
from hassil.expression import Expression, ListReference
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError
from hassil.util import is_template

from assistant.language.expand import TooManyError, expand
from assistant.language.fields import Fields
from assistant.language.numbers import number_words
from assistant.language.sentences import Entry
from assistant.language.spelling import spellings
from assistant.messages import SlotValue

MOST_NUMBERS = 20_000
"""Numbers in one range."""
MOST_INLINE = 2000
"""Numbers in a range that is written in a template; larger ones are lists, which sentences share."""
MOST_ENTRIES = 300_000
"""Ways to say the values of all lists of a file; 50,000 names have hardly more."""

_LIST_KEYS = ("values", "range", "wildcard", "context", "metadata")
_VALUE_KEYS = ("in", "out", "context", "metadata")
_RANGE_KEYS = ("from", "to", "step", "fractions", "multiplier", "type", "digits", "words", "words_language")
_FRACTIONS = {"halves": (0.0, 0.5), "tenths": tuple(tenth / 10 for tenth in range(10))}

Rules = Mapping[str, Expression]


def read_lists(node: yaml.Node | None, fields: Fields, *, language: str, rules: Rules) -> dict[str, tuple[Entry, ...]]:
    """Return the lists of a file by name; values that cannot be used are left out and reported."""
    lists: dict[str, tuple[Entry, ...]] = {}
    for name, body in fields.mapping(node, "lists"):
        key = f"lists.{name}"
        if fields.entries >= MOST_ENTRIES:
            fields.fault(body, key, f"the lists above hold more than {MOST_ENTRIES} entries; this one is left out")
            lists[name] = ()
            continue
        found = (
            fields.known(body, key, keys=_LIST_KEYS) if not isinstance(body, yaml.SequenceNode) else {"values": body}
        )
        if "wildcard" in found:
            fields.fault(body, key, "free text cannot be heard offline; list the values that may be said")
            lists[name] = ()
        elif "values" in found:
            lists[name] = _values(found["values"], key, fields, language=language, rules=rules)
        elif "range" in found:
            lists[name] = _range(found["range"], key, fields, language=language)
        else:
            fields.fault(body, key, "a list needs `values:` or `range:`")
            lists[name] = ()
    return lists


def number_entries(numbers: list[int | float], *, language: str, multiplier: float | None = None) -> tuple[Entry, ...]:
    """Return every number with each way to say it; the value is the number, times `multiplier`."""
    return tuple(
        Entry(words, number if multiplier is None else number * multiplier)
        for number in numbers
        for words in number_words(number, language)
    )


def inline_entries(reference: ListReference, *, language: str) -> tuple[Entry, ...] | None:
    """Return the numbers of a range that is written in the template itself (`{0..100:brightness}`), or None."""
    bounds = reference.get_inline_range()
    if bounds is None:
        return None
    first, last, step = bounds
    if inline_fault(reference):
        return ()
    return number_entries(list(range(first, last + 1, step)), language=language)


def inline_fault(reference: ListReference) -> str:
    """Return what is wrong with a range that is written in the template, nothing where all is well."""
    bounds = reference.get_inline_range()
    if bounds is None:
        return ""
    first, last, step = bounds
    return _wrong_range(first, last, step=step, fractions=1, most=MOST_INLINE)


def _values(node: yaml.Node, key: str, fields: Fields, *, language: str, rules: Rules) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    said: dict[str, Entry] = {}
    if isinstance(node, yaml.MappingNode):
        fields.fault(node, key, "expected a list of values, each with `- ` before it")
        return ()
    for item in fields.items(node, key):
        if fields.entries >= MOST_ENTRIES:
            fields.fault(item, key, f"the lists hold more than {MOST_ENTRIES} entries; this one and more are left out")
            break
        read = _mapped_value if isinstance(item, yaml.MappingNode) else _plain_value
        found = read(item, key, fields, language=language, rules=rules)
        fields.entries += len(found)
        for entry in found:
            before = said.setdefault(entry.spoken.casefold(), entry)
            if before is entry:
                entries.append(entry)
            elif before.out != entry.out and not (entry.context or before.context):
                fields.fault(item, key, f'"{entry.spoken}" already stands for "{before.out}"; that one is used')
            elif before.context != entry.context:
                entries.append(entry)
    return tuple(entries)


def _plain_value(node: yaml.Node, key: str, fields: Fields, *, language: str, rules: Rules) -> list[Entry]:
    text = fields.text(node, key)
    if text is None:
        return []
    template = is_template(text)
    phrases = _phrases(node, text, key, fields, language=language, rules=rules)
    # hassil gives a plain value as it is written, a template's value as it was said
    return [Entry(spoken, written if template else text) for written, spoken in phrases]


def _mapped_value(node: yaml.Node, key: str, fields: Fields, *, language: str, rules: Rules) -> list[Entry]:
    found = fields.known(node, key, keys=_VALUE_KEYS)
    text = fields.text(found["in"], f"{key}.in") if "in" in found else None
    if text is None:
        if "in" not in found:
            fields.fault(node, key, "a value needs `in:`, what is said")
        return []
    out: SlotValue | None = None
    if "out" in found:
        out = fields.value(found["out"], f"{key}.out")
        if out is None:
            return []
    context = context_values(found.get("context"), f"{key}.context", fields)
    phrases = _phrases(node, text, key, fields, language=language, rules=rules)
    return [Entry(spoken, written if out is None else out, context) for written, spoken in phrases]


def context_values(node: yaml.Node | None, key: str, fields: Fields) -> dict[str, SlotValue]:
    """Return a mapping of names to single values; HA's `{value: ...}` form is taken, too."""
    values = {}
    for name, item in fields.mapping(node, key):
        inner: yaml.Node | None = item
        if isinstance(item, yaml.MappingNode):
            inner = fields.known(item, f"{key}.{name}", keys=("value", "text", "metadata")).get("value")
        value = fields.value(inner, f"{key}.{name}") if inner is not None else None
        if value is not None:
            values[name] = value
    return values


def _phrases(
    node: yaml.Node, text: str, key: str, fields: Fields, *, language: str, rules: Rules
) -> list[tuple[str, str]]:
    """Every way to say one value, as written (its template expanded) and as spoken (numbers and signs in words)."""
    try:
        texts = expand(parse_sentence(text).expression, rules) if is_template(text) else [text]
    except (ParseError, ValueError, AssertionError) as error:
        fields.fault(node, key, f'"{text}" cannot be read: {error}; it is left out')
        return []
    except TooManyError as error:
        fields.fault(node, key, f'"{text}": {error}; it is left out')
        return []
    except KeyError as error:
        fields.fault(node, key, f'"{text}": {error.args[0]}; it is left out')
        return []
    written = [" ".join(one.split()) for one in texts]
    sayable = [one for one in written if any(character.isalnum() for character in one)]
    if not sayable:
        fields.fault(node, key, f'"{text}" has nothing that can be said; it is left out')
    return [(one, spoken) for one in sayable for spoken in spellings(one, language)]


def _range(node: yaml.Node, key: str, fields: Fields, *, language: str) -> tuple[Entry, ...]:
    key = f"{key}.range"
    found = fields.known(node, key, keys=_RANGE_KEYS)
    bounds = [fields.number(found[name], f"{key}.{name}") if name in found else None for name in ("from", "to")]
    first, last = bounds
    step = fields.number(found["step"], f"{key}.step") if "step" in found else 1
    multiplier = fields.number(found["multiplier"], f"{key}.multiplier") if "multiplier" in found else None
    if first is None or last is None or step is None:
        if "from" not in found or "to" not in found:
            fields.fault(node, key, "a range needs `from:` and `to:`")
        return ()
    steps = _fractions(found.get("fractions"), key, fields)
    fault = _wrong_range(first, last, step=step, fractions=len(steps))
    if not fault and multiplier is not None and not math.isfinite(max(abs(first), abs(last) + 1) * multiplier):
        fault = "`multiplier` is too large"
    if fault:
        fields.fault(node, key, fault)
        return ()
    numbers = [
        number if fraction == 0 else round(number + fraction, 6)
        for number in range(int(first), int(last) + 1, int(step))
        for fraction in steps
    ]
    spoken_in = language
    if "words_language" in found:
        spoken_in = (fields.text(found["words_language"], key) or language)[:2]
    try:
        entries = number_entries(numbers, language=spoken_in, multiplier=multiplier)
    except KeyError:
        fields.fault(node, f"{key}.words_language", f'numbers are known in en, es and fr, not in "{spoken_in}"')
        return ()
    fields.entries += len(entries)
    return entries


def _wrong_range(first: float, last: float, *, step: float, fractions: int, most: int = MOST_NUMBERS) -> str:
    checks: list[tuple[Callable[[], bool], str]] = [
        (
            lambda: any(number != int(number) for number in (first, last, step)),
            "`from`, `to` and `step` are whole numbers",
        ),
        (lambda: last < first, f"`to: {last:g}` lies below `from: {first:g}`"),
        (lambda: step <= 0, "`step` must be 1 or more"),
        (lambda: (last - first) / step * fractions > most, f"more than {most} numbers; use `step:`"),
    ]
    return next((what for wrong, what in checks if wrong()), "")


def _fractions(node: yaml.Node | None, key: str, fields: Fields) -> tuple[float, ...]:
    kind = fields.text(node, f"{key}.fractions") if node is not None else None
    if kind is None:
        return (0.0,)
    if kind not in _FRACTIONS:
        fields.fault(node, f"{key}.fractions", f'`halves` or `tenths`, not "{kind}"')  # type: ignore[arg-type]
        return (0.0,)
    return _FRACTIONS[kind]
