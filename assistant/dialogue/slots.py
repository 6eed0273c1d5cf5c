"""Slots that stand for each other: what a correction replaces, and what undoes the wrong command first.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assistant.messages import Hypothesis, SlotValue

CONFIRMED = "confirmed"
"""The slot of a yes: it does not outlive a change of what was confirmed."""
_PLACES = frozenset({"device", "room", "floor", "scope"})
_PLAYERS = frozenset({"player", "room", "scope"})
_LIBRARY = frozenset({"playlist", "artist", "album", "station", "title"})
_PEOPLE = frozenset({"contact", "relation", "digits"})
_FAMILIES: Mapping[str, tuple[frozenset[str], ...]] = {
    "light": (_PLACES,),
    "media": (_PLAYERS, _LIBRARY),
    "calling": (_PEOPLE,),
}
"""Slots of each domain of which only one is meant: "the kitchen" replaces the floor lamp."""
_OPTIONAL = (_PLACES, _PLAYERS)
"""What a command may leave out, and a correction may then add: "here" is meant."""
_TAKEN_BACK: Mapping[str, str] = {"light": "undo", "media": "undo", "media.play": "stop", "calling": "hang_up"}
"""What is done first where the wrong command has been obeyed already; the more particular one counts."""


def fits(hypothesis: Hypothesis, slot: str) -> bool:
    """Return whether `slot` may be corrected in a command, or added to it."""
    family = _family(hypothesis.domain, slot)
    return bool(family & set(hypothesis.slots)) or family in _OPTIONAL


def with_slot(hypothesis: Hypothesis, slot: str, value: SlotValue, *, spoken: str) -> Hypothesis:
    """Return a command with `slot` in the place of those that mean the same, and no longer confirmed."""
    replaced = _family(hypothesis.domain, slot) | {CONFIRMED}
    slots = {name: old for name, old in hypothesis.slots.items() if name not in replaced}
    words = {name: old for name, old in hypothesis.spoken.items() if name not in replaced}
    text = hypothesis.text
    for name, old in hypothesis.spoken.items():
        if name in replaced and old:
            text = text.replace(old, spoken, 1)
    return replace(hypothesis, slots={**slots, slot: value}, spoken={**words, slot: spoken}, text=text)


def taken_back(hypothesis: Hypothesis) -> Hypothesis | None:
    """Return what undoes a command before it is given again otherwise, None where nothing does."""
    domain = hypothesis.domain
    intent = _TAKEN_BACK.get(f"{domain}.{hypothesis.intent}", _TAKEN_BACK.get(domain))
    if intent is None:
        return None
    # Handlers know what there is to undo; what is to be stopped must be said.
    where = _PLAYERS if intent == "stop" else frozenset[str]()
    slots = {name: value for name, value in hypothesis.slots.items() if name in where}
    return replace(hypothesis, intent=intent, slots=slots, spoken={})


def _family(domain: str, slot: str) -> frozenset[str]:
    own = frozenset({slot})
    return next((family for family in _FAMILIES.get(domain, ()) if slot in family), own)
