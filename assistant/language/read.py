"""Sentence files in Home Assistant's custom-sentence format, read into `Sentences`.

What is wrong in one value, template or block leaves out that one and is reported; the rest of the file works.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from hassil.expression import Expression, Group, ListReference, RuleReference, Sentence
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from assistant.errors import Fault, SentenceError
from assistant.language.digits import DIGITS, MORE_DIGITS
from assistant.language.expand import MOST_DEPTH
from assistant.language.fields import Fields, nearest
from assistant.language.lists import context_values, inline_fault, read_lists
from assistant.language.numbers import LANGUAGES
from assistant.language.sentences import Block, Sentences, Template, split_name
from assistant.language.yamlfile import Source, parse_yaml, read_yaml

LIBRARY = ("playlist", "artist", "album", "station", "title", "channel")
"""Lists that the players' libraries fill while the assistant runs."""
CATALOGS = (
    *("device", "room", "floor", "scene", "player", *LIBRARY, "contact", "name", "area"),
    *(DIGITS, MORE_DIGITS, "timer"),
)
"""Lists that the household fills: they may be used without being defined.  `name` and `area` are Home Assistant's,
`digits` is any telephone number, `more_digits` the rest of one."""
MOST_TEMPLATE_CHARACTERS = 4000
MOST_SKIP_WORDS = 30

_FILE_KEYS = ("language", "intents", "lists", "expansion_rules", "skip_words", "settings", "responses")
_INTENT_KEYS = ("data", "description", "domain")
_BLOCK_KEYS = (
    "sentences", "slots", "requires_context", "excludes_context", "response", "lists", "expansion_rules", "metadata",
    "required_keywords", "inferred_domain", "name_domains", "settings",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loaded:
    """Sentences that can be used, and what was left out of them."""

    sentences: tuple[Sentences, ...]
    faults: tuple[Fault, ...] = ()


def load_files(
    paths: Iterable[Path],
    *,
    languages: Sequence[str] | None = None,
    lists: Iterable[str] = (),
    strict: bool = False,
) -> Loaded:
    """Return the sentences of all files, those of one language merged.

    languages: others are left out (all are kept when None).
    lists: names that templates may use beside the files' own lists and CATALOGS.
    Raises SentenceError with every fault where a file cannot be used at all; with `strict`, for any fault.
    """
    read: list[Sentences] = []
    faults: list[Fault] = []
    unusable: list[Fault] = []
    for path in paths:
        try:
            loaded = read_source(*read_yaml(path))
        except SentenceError as error:
            unusable += error.faults
            continue
        read += loaded.sentences
        faults += loaded.faults
    if unusable or (strict and faults):
        raise SentenceError([*unusable, *faults])
    kept = [sentences for sentences in read if languages is None or sentences.language in languages]
    merged, more = _merged(kept, {*CATALOGS, *lists})
    if strict and more:
        raise SentenceError(more)
    return Loaded(merged, (*faults, *more))


def load_text(text: str, *, name: str = "<text>") -> Loaded:
    """Return the sentences of a file's text; see `load_files`."""
    source = Source(name)
    loaded = read_source(source, parse_yaml(text, source))
    merged, faults = _merged(loaded.sentences, CATALOGS)
    return Loaded(merged, (*loaded.faults, *faults))


def read_source(source: Source, root: yaml.MappingNode) -> Loaded:
    """Return one file's sentences, references not yet checked.

    Raises SentenceError where the language is missing or unknown.
    """
    fields = Fields(source)
    found = fields.known(root, "", keys=_FILE_KEYS)
    language = _language(found, root, fields)
    rules = _rules(found.get("expansion_rules"), "expansion_rules", fields)
    return Loaded(
        (
            Sentences(
                language=language,
                blocks=tuple(_blocks(found.get("intents"), fields, language=language, rules=rules)),
                lists=read_lists(found.get("lists"), fields, language=language, rules=rules),
                rules=rules,
                skip_words=_skip_words(found.get("skip_words"), fields),
            ),
        ),
        tuple(fields.faults),
    )


def _language(found: Mapping[str, yaml.Node], root: yaml.Node, fields: Fields) -> str:
    node = found.get("language")
    text = fields.text(node, "language") if node is not None else None
    language = (text or "").lower().replace("_", "-").partition("-")[0]
    if language not in LANGUAGES:
        what = f'no language "{text}"' if text else "`language:` is missing"
        fault = Fault(fields.source.at(node or root, "language"), f"{what}; write en, es or fr")
        raise SentenceError([fault, *fields.faults])
    return language


def _rules(node: yaml.Node | None, key: str, fields: Fields) -> dict[str, Expression]:
    rules = {}
    for name, body in fields.mapping(node, key):
        expression = _template(body, f"{key}.{name}", fields)
        if expression is not None:
            rules[name] = expression
    return rules


def _skip_words(node: yaml.Node | None, fields: Fields) -> tuple[str, ...]:
    words = [fields.text(item, "skip_words") for item in fields.items(node, "skip_words")]
    kept = tuple(word for word in words if word)
    if node is not None and len(kept) > MOST_SKIP_WORDS:
        fields.fault(node, "skip_words", f"more than {MOST_SKIP_WORDS}; only the first are used")
    return kept[:MOST_SKIP_WORDS]


def _blocks(
    node: yaml.Node | None, fields: Fields, *, language: str, rules: Mapping[str, Expression]
) -> Iterable[Block]:
    for name, body in fields.mapping(node, "intents"):
        key = f"intents.{name}"
        if isinstance(body, yaml.ScalarNode):
            if not body.tag.endswith(":null"):
                fields.fault(body, key, "expected `data:` with `sentences:`")
            continue
        found = fields.known(body, key, keys=_INTENT_KEYS)
        for item in fields.items(found.get("data"), f"{key}.data"):
            block = _block(item, name, fields, language=language, rules=rules)
            if block is not None:
                yield block


def _block(
    node: yaml.Node, name: str, fields: Fields, *, language: str, rules: Mapping[str, Expression]
) -> Block | None:
    key = f"intents.{name}.data"
    found = fields.known(node, key, keys=_BLOCK_KEYS)
    if "sentences" not in found:
        fields.fault(node, key, "a block needs `sentences:`")
        return None
    local = _rules(found.get("expansion_rules"), f"{key}.expansion_rules", fields)
    templates = []
    for item in fields.items(found["sentences"], f"{key}.sentences"):
        expression = _template(item, f"{key}.sentences", fields)
        if expression is not None:
            templates.append(Template(expression, fields.source.at(item)))
    domain, intent = split_name(name)
    response = found.get("response")
    return Block(
        domain=domain,
        intent=intent,
        templates=tuple(templates),
        slots=context_values(found.get("slots"), f"{key}.slots", fields),
        requires=_context(found.get("requires_context"), f"{key}.requires_context", fields),
        excludes=_context(found.get("excludes_context"), f"{key}.excludes_context", fields),
        response=fields.text(response, f"{key}.response") if response is not None else None,
        lists=read_lists(found.get("lists"), fields, language=language, rules={**rules, **local}),
        rules=local,
    )


def _context(node: yaml.Node | None, key: str, fields: Fields) -> dict[str, object]:
    """`requires_context`: a value, a list of values, nothing (any value), or `{value:, slot:}`."""
    wanted: dict[str, object] = {}
    for name, item in fields.mapping(node, key):
        if isinstance(item, yaml.SequenceNode):
            wanted[name] = [fields.value(one, f"{key}.{name}") for one in item.value]
        elif isinstance(item, yaml.MappingNode):
            inner = fields.known(item, f"{key}.{name}", keys=("value", "slot"))
            wanted[name] = {part: fields.value(one, f"{key}.{name}.{part}") for part, one in inner.items()}
        elif item.tag.endswith(":null"):
            wanted[name] = None
        else:
            wanted[name] = fields.value(item, f"{key}.{name}")
    return wanted


def _template(node: yaml.Node, key: str, fields: Fields) -> Expression | None:
    text = fields.text(node, key)
    if text is None:
        return None
    if len(text) > MOST_TEMPLATE_CHARACTERS:
        fields.fault(node, key, f"longer than {MOST_TEMPLATE_CHARACTERS} characters; split it into rules")
        return None
    try:
        sentence: Sentence = parse_sentence(" ".join(text.split()))
    except (ParseError, AssertionError, RecursionError, ValueError) as error:
        fields.fault(node, key, f'the template "{text}" cannot be read: {error or "brackets are not balanced"}')
        return None
    expression: Expression = sentence.expression
    return expression


def _merged(read: Sequence[Sentences], catalogs: Iterable[str]) -> tuple[tuple[Sentences, ...], list[Fault]]:
    """Join the sentences of each language; templates with unknown lists or rules are left out and reported."""
    merged: dict[str, Sentences] = {}
    for one in read:
        before = merged.get(one.language)
        merged[one.language] = one if before is None else _joined(before, one)
    faults: list[Fault] = []
    return tuple(_checked(one, catalogs, faults) for one in merged.values()), faults


def _joined(first: Sentences, second: Sentences) -> Sentences:
    lists = dict(first.lists)
    for name, entries in second.lists.items():
        lists[name] = (*lists.get(name, ()), *entries)
    return Sentences(
        language=first.language,
        blocks=(*first.blocks, *second.blocks),
        lists=lists,
        rules={**first.rules, **second.rules},
        skip_words=tuple(dict.fromkeys((*first.skip_words, *second.skip_words))),
    )


def _checked(sentences: Sentences, catalogs: Iterable[str], faults: list[Fault]) -> Sentences:
    blocks = []
    for block in sentences.blocks:
        references = _References({**sentences.rules, **block.rules}, {*catalogs, *sentences.lists, *block.lists})
        kept = []
        for template in block.templates:
            problems = dict.fromkeys(references.problems(template.expression))
            faults += [Fault(template.where, f"{what}; the sentence is left out") for what in problems]
            if not problems:
                kept.append(template)
        if kept:
            blocks.append(replace(block, templates=tuple(kept)))
    return replace(sentences, blocks=tuple(blocks))


class _References:
    """What a template refers to and is not there; each rule is looked into once."""

    def __init__(self, rules: Mapping[str, Expression], lists: set[str]) -> None:
        self._rules = rules
        self._lists = lists
        self._found: dict[str, list[str]] = {}

    def problems(self, expression: Expression, above: tuple[str, ...] = ()) -> Iterable[str]:
        if isinstance(expression, Group):
            for item in expression.items:
                yield from self.problems(item, above)
        elif isinstance(expression, RuleReference):
            yield from self._rule(expression.rule_name, above)
        elif isinstance(expression, ListReference):
            name = expression.list_name
            if fault := inline_fault(expression):
                yield f"the range {{{name}}}: {fault}"
            if name not in self._lists and not expression.is_inline_range:
                yield f"no list {{{name}}}{nearest(name, sorted(self._lists))}"

    def _rule(self, name: str, above: tuple[str, ...]) -> Iterable[str]:
        if name in above or len(above) > MOST_DEPTH:
            yield f"the rule <{name}> refers to itself"
        elif name not in self._rules:
            yield f"no rule <{name}>{nearest(name, list(self._rules))}"
        else:
            if name not in self._found:
                self._found[name] = list(self.problems(self._rules[name], (*above, name)))
            yield from self._found[name]
