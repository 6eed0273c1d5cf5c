"""People that can be called, and the telephone that calls them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, field_validator

from assistant.config.base import Identifier, Named, Option, Section

Kind: TypeAlias = Literal["mobile", "home", "work", "other"]


def _number(number: object) -> object:
    if isinstance(number, int | float):
        what = 'write the number in quotes ("+34 600 123 456"), else YAML takes away its + and zeros'
        raise ValueError(what)  # noqa: TRY004 - pydantic takes no other for a fault
    if isinstance(number, str) and not re.fullmatch(r"\+?[0-9 ().\-/]{2,40}|sips?:\S{3,200}", number):
        raise ValueError(f'"{number}" is no telephone number; write digits, with + before a country, or sip:NAME@HOST')
    return number


Number: TypeAlias = Annotated[str, BeforeValidator(_number)]
"""A telephone number as people write it, or a SIP address."""
Relation: TypeAlias = Literal[
    "mother", "father", "parents", "wife", "husband", "partner", "girlfriend", "boyfriend", "son", "daughter",
    "brother", "sister", "grandmother", "grandfather", "grandson", "granddaughter", "aunt", "uncle", "niece", "nephew",
    "cousin", "mother_in_law", "father_in_law", "brother_in_law", "sister_in_law", "son_in_law", "daughter_in_law",
    "godmother", "godfather", "friend", "best_friend", "neighbor", "roommate", "boss", "colleague", "assistant",
    "doctor", "dentist", "nurse", "caregiver", "pharmacy", "hospital", "vet", "babysitter", "school", "nursery",
    "teacher", "office", "lawyer", "landlord", "caretaker", "hairdresser", "plumber", "electrician", "mechanic",
    "taxi", "voicemail",
]  # fmt: skip
"""What somebody is to the household: the words for it are in the calling pack (`my mother`, `mi madre`, `ma mère`)."""


class PersonConfig(Named):
    """A contact written into the household's file."""

    numbers: dict[Kind, Number] = Field(min_length=1)
    relations: list[Relation] = Field(default_factory=list)
    """What this person is to the household: `mother`, `dentist`."""


class ContactsConfig(Section):
    """Who can be called by name."""

    vcard: list[Path] = Field(default_factory=list)
    """vCard files (2.1, 3.0, 4.0), as telephones and address books export them, relative to this file."""
    people: dict[Identifier, PersonConfig] = Field(default_factory=dict)
    relations: dict[Relation, str] = Field(default_factory=dict)
    """Relation to the full name of a contact from a vCard file."""

    @field_validator("vcard", mode="before")
    @classmethod
    def _one_or_many(cls, files: object) -> object:
        return [files] if isinstance(files, str) else files


class CallGuardConfig(Section):
    """What may be called by voice; all numbers compared without spaces and punctuation, however they are written."""

    confirm: Literal["always", "unsure", "never"] = "always"
    """Ask before dialling: always, only where the contact was not heard surely, or never.  Digits are always asked."""
    allow: list[str] = Field(default_factory=list)
    """Beginnings of numbers, premium rates too; where there are any, nothing else is called."""
    deny: list[str] = Field(default_factory=list)
    """Beginnings of numbers that are never called."""
    contacts_only: bool = False
    """No digits, only people."""
    calls_per_day: int = Field(default=50, ge=1, le=10_000)


class CallingConfig(Section):
    """The telephone."""

    driver: Literal["none", "baresip", "ofono", "generic"] = "none"
    country: Literal["US", "GB", "ES", "FR", "MX", "CA"] | None = None
    """How numbers are grouped and which are premium or for emergencies; from the first language when absent."""
    guard: CallGuardConfig = CallGuardConfig()
    emergency: list[str] = Field(default_factory=list)
    """Emergency numbers beside 112 and the country's own."""
    timeout_ms: int = Field(default=5000, ge=100, le=60_000)
    """How long the telephone may take to say that it rings, or has done what else it was told."""
    options: dict[str, Option] = Field(default_factory=dict)
    """What the driver needs (see docs/telephones.md)."""
