"""Sentences of a household in one language, as loaded: what `assistant.interpret` makes a graph of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hassil.expression import Expression

from assistant.messages import SlotValue

CUSTOM_DOMAIN = "custom"
"""The domain of intents that are not written `domain.intent`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be said for a slot."""

    spoken: str
    """Words only: numbers and signs are spelled out."""
    out: SlotValue
    """What goes into the slot."""
    context: Mapping[str, SlotValue] = field(default_factory=dict)
    """What a block's `requires_context` and `excludes_context` look at."""
    cost: float = 0.0
    """Nats by which it is less likely to be said than others."""
    written: str = ""
    """How it is written, where `spoken` follows its sound."""


@dataclass(frozen=True, slots=True)
class Template:
    """One sentence template."""

    expression: Expression
    where: str
    """`file:line`, for messages."""


@dataclass(frozen=True, slots=True)
class Block:
    """Templates that share an intent, fixed slots and a context."""

    domain: str
    intent: str
    templates: tuple[Template, ...]
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    """Values that hold where the sentence does not say another."""
    requires: Mapping[str, object] = field(default_factory=dict)
    excludes: Mapping[str, object] = field(default_factory=dict)
    response: str | None = None
    lists: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    """Lists of this block alone; they hide the file's."""
    rules: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sentences:
    """The blocks of one language that share lists and rules."""

    language: str
    blocks: tuple[Block, ...]
    lists: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    rules: Mapping[str, Expression] = field(default_factory=dict)
    skip_words: tuple[str, ...] = ()


def split_name(name: str) -> tuple[str, str]:
    """Return domain and intent of an intent's name: `light.on` is `light`, `on`; `Order` is `custom`, `Order`."""
    domain, dot, intent = name.partition(".")
    return (domain, intent) if dot and domain and intent else (CUSTOM_DOMAIN, name)
