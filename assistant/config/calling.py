"""People that can be called, and the telephone that calls them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from assistant.config.base import Identifier, Named, Option, Section

Kind: TypeAlias = Literal["mobile", "home", "work", "other"]
Number: TypeAlias = Annotated[str, Field(pattern=r"^(\+?[0-9 ().\-/]{2,40}|sips?:[^\s]{3,200})$")]
"""A telephone number as people write it, or a SIP address."""
Relation: TypeAlias = Annotated[str, Field(pattern=r"^[a-z_]+$", max_length=32)]
"""`mother`, `boss`, ...: the words for them are in the calling pack."""


class PersonConfig(Named):
    """A contact written into the household's file."""

    numbers: dict[Kind, Number] = Field(min_length=1)
    relations: list[Relation] = Field(default_factory=list)
    """What this person is to the household: `mother`, `dentist`."""


class ContactsConfig(Section):
    """Who can be called by name."""

    vcard: list[Path] = Field(default_factory=list)
    """vCard files, 3.0 or 4.0, relative to this file."""
    people: dict[Identifier, PersonConfig] = Field(default_factory=dict)
    relations: dict[Relation, str] = Field(default_factory=dict)
    """Relation to the full name of a contact from a vCard file."""

    @field_validator("vcard", mode="before")
    @classmethod
    def _one_or_many(cls, files: object) -> object:
        return [files] if isinstance(files, str) else files


class CallGuardConfig(Section):
    """What may be called by voice; all numbers compared without spaces and punctuation."""

    confirm: Literal["always", "unsure", "never"] = "always"
    """Ask before dialling: always, only where the contact was not heard surely, or never.  Digits are always asked."""
    allow: list[str] = Field(default_factory=list)
    """Beginnings of numbers; where there are any, nothing else is called."""
    deny: list[str] = Field(default_factory=list)
    """Beginnings of numbers that are never called (premium rates, foreign countries)."""
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
    """How long the telephone may take to say that it dials."""
    options: dict[str, Option] = Field(default_factory=dict)
    """What the driver needs (see docs/handlers.md)."""
