"""A small random grammar: rules in a text file, one random sentence out of them.

A grammar file has one rule a paragraph: ``name = alternative | alternative``, continued on indented lines; ``#``
begins a comment line.  Inside an alternative ``(a|b)`` chooses, ``[a]`` is there half of the time, ``<name>`` calls a
rule, ``<name:argument>`` one of the functions given by the caller.  Alternatives of one choice are equally likely;
``*3`` at the end of an alternative makes it three times as likely.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

Function = Callable[[Random, str], str]
"""What stands behind ``<name:argument>``: the random generator and the argument in, words out."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A rule or function called by name."""

    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences, each with its weight."""

    options: tuple[tuple[Node, ...], ...]
    weights: tuple[int, ...]


Node = Words | Call | Choice

_TOKEN = re.compile(r"\s*[()\[\]|]|\s*<[^<>]*>|\s*[^()\[\]|<>\s]+")
_WEIGHT = re.compile(r"\*(\d+)")
_GLUE = "\b"
"""Stands before what follows the last part without a space, as in ``<room>'s``."""


class Grammar:
    """Rules of one language; `functions` are called where no rule has the name."""

    def __init__(self, text: str, *, functions: Mapping[str, Function]) -> None:
        self._rules = {name: _parse(body, rule=name) for name, body in _paragraphs(text)}
        self._functions = functions
        self._check()

    @property
    def rules(self) -> frozenset[str]:
        """The names of all rules."""
        return frozenset(self._rules)

    def sample(self, rule: str, random: Random) -> str:
        """Return one random text of `rule`, single spaces between words."""
        return re.sub(r"\s+", " ", self._expand(self._rules[rule], random).replace(f" {_GLUE} ", "")).strip()

    def without(self, rule: str, *, every: int, kept: bool) -> None:
        """Leave out of `rule` its third alternative and each `every`th after it, or, with `kept`, all but these."""
        choice = self._rules[rule]
        chosen = [number for number in range(len(choice.options)) if (number % every == 2) == kept]
        options = tuple(choice.options[number] for number in chosen)
        self._rules[rule] = Choice(options, tuple(choice.weights[number] for number in chosen))

    def _expand(self, node: Node, random: Random) -> str:
        if isinstance(node, Words):
            return node.text
        if isinstance(node, Call):
            if node.name in self._rules:
                return self._expand(self._rules[node.name], random)
            return self._functions[node.name](random, node.argument)
        option = random.choices(node.options, node.weights)[0]
        return " ".join(self._expand(part, random) for part in option)

    def _check(self) -> None:
        for rule, node in self._rules.items():
            for name in _called(node):
                if name not in self._rules and name not in self._functions:
                    raise ValueError(f"rule {rule}: nothing is called <{name}>; define it or mend the name")
            if rule in self._functions:
                raise ValueError(f"rule {rule}: a function has this name; rename the rule")


def _paragraphs(text: str) -> list[tuple[str, str]]:
    rules: list[tuple[str, str]] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            name, body = rules.pop()
            rules.append((name, f"{body} {line.strip()}"))
            continue
        name, found, body = line.partition("=")
        if not found:
            raise ValueError(f"{line!r}: expected 'name = alternatives', or an indented line that goes on")
        rules.append((name.strip(), body.strip()))
    return rules


def _parse(body: str, *, rule: str) -> Choice:
    choice, rest = _choice(_TOKEN.findall(body), rule=rule)
    if rest:
        raise ValueError(f"rule {rule}: {rest[0]!r} closes nothing")
    return choice


def _choice(tokens: list[str], *, rule: str) -> tuple[Choice, list[str]]:
    options: list[tuple[Node, ...]] = []
    weights: list[int] = []
    parts: list[Node] = []
    weight = 1
    while True:
        spaced = tokens[0] if tokens else ""
        part = spaced.strip()
        if part in {"", ")", "]", "|"}:
            options.append(tuple(parts))
            weights.append(weight)
            parts, weight = [], 1
            if part != "|":
                return Choice(tuple(options), tuple(weights)), tokens
            tokens = tokens[1:]
            continue
        if parts and spaced == part:
            parts.append(Words(_GLUE))
        tokens = tokens[1:]
        found = _WEIGHT.fullmatch(part)
        if part in {"(", "["}:
            inner, tokens = _choice(tokens, rule=rule)
            if not tokens or tokens[0].strip() != {"(": ")", "[": "]"}[part]:
                raise ValueError(f"rule {rule}: {part!r} is not closed")
            parts.append(inner if part == "(" else Choice(((inner,), ()), (1, 1)))
            tokens = tokens[1:]
        elif found:
            weight = int(found[1])
        elif part.startswith("<"):
            name, _, argument = part[1:-1].partition(":")
            parts.append(Call(name, argument))
        else:
            parts.append(Words(part))


def _called(node: Node) -> list[str]:
    if isinstance(node, Call):
        return [node.name]
    if isinstance(node, Choice):
        return [name for option in node.options for part in option for name in _called(part)]
    return []
