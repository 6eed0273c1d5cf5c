"""What to call things when one of several is meant.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from assistant.config import HouseholdConfig, Named
from assistant.messages import Choice, Hypothesis, SlotValue

MOST_CHOICES = 4
"""More are not kept in mind."""
RIVAL_SHARE = 0.25
"""Share of the best reading's confidence from which on another one is worth asking about."""

Names = Mapping[str, tuple[str, ...]]
"""By language."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Names of a household's things: slot, value, language."""

    names: Mapping[str, Mapping[str, Names]] = field(default_factory=dict)
    rooms: Mapping[str, str] = field(default_factory=dict)
    """Where each device stands."""

    @classmethod
    def of(cls, household: HouseholdConfig) -> Self:
        """Return the names that the household's file gives."""
        sections: Mapping[str, Mapping[str, Named]] = {
            "device": household.devices,
            "room": household.rooms,
            "floor": household.floors,
            "scene": household.scenes,
            "player": household.players,
        }
        return cls(
            names={
                slot: {
                    key: {language: tuple(own) for language, own in thing.names.items()}
                    for key, thing in things.items()
                }
                for slot, things in sections.items()
            },
            rooms={key: device.room for key, device in household.devices.items() if device.room is not None},
        )

    def called(self, slot: str, value: SlotValue, language: str) -> tuple[str, ...]:
        """Return what a value is called, in another language where it has no name in this one; perhaps nothing."""
        known = self.names.get(slot, {}).get(str(value), {})
        return known.get(language) or next((own for own in known.values() if own), ())


@dataclass(frozen=True, slots=True)
class Rivals:
    """Readings of one command that differ in one slot."""

    slot: str
    choices: tuple[Choice, ...]
    confidence: float
    """Probability that one of them was meant."""


def rivals(hypotheses: Sequence[Hypothesis], naming: Naming) -> Rivals | None:
    """Return between what to choose, None where readings do not differ in one slot alone.

    hypotheses: best first.  Namesakes are told apart by their rooms; where that does not help, nothing is asked.
    """
    first = hypotheses[0]
    near = [one for one in hypotheses if one.confidence >= RIVAL_SHARE * first.confidence]
    same = all(
        (one.domain, one.intent, set(one.slots)) == (first.domain, first.intent, set(first.slots)) for one in near
    )
    if not same or not 2 <= len(near) <= MOST_CHOICES:
        return None
    differing = [slot for slot in first.slots if any(one.slots[slot] != first.slots[slot] for one in near)]
    if len(differing) != 1:
        return None
    (slot,) = differing
    values = [one.slots[slot] for one in near]
    language = first.language
    for names in (
        [naming.called(slot, one.slots[slot], one.language) or (one.spoken.get(slot, ""),) for one in near],
        [naming.called("room", naming.rooms.get(str(value), ""), language) for value in values],
    ):
        if all(names) and len({own[0].casefold() for own in names}) == len(near):
            chosen = zip(values, names, strict=True)
            choices = tuple(Choice(value, {language: own}) for value, own in chosen)
            return Rivals(slot, choices, min(1.0, sum(one.confidence for one in near)))
    return None
