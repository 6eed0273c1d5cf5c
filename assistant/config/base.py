"""What every section of `oyez.yaml` is made of."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator

Language: TypeAlias = Literal["en", "es", "fr"]
Names: TypeAlias = dict[Language, list[str]]
Identifier: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9_-]+$", max_length=64)]
Option: TypeAlias = str | int | float | bool
"""What a driver needs beside its own fields (see docs/handlers.md)."""


class Section(BaseModel):
    """A part of the file: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Section):
    """What people call a thing: `{en: kitchen, fr: cuisine}`, a list where there are several names."""

    names: Names = Field(default_factory=dict)

    @field_validator("names", mode="before")
    @classmethod
    def _one_or_many(cls, names: object) -> object:
        return names_by_language(names)


def names_by_language(names: object) -> object:
    """`{en: lamp}` as `{en: [lamp]}`; what is not a mapping is returned for the validator to refuse."""
    if not isinstance(names, dict):
        return names
    return {language: [name] if isinstance(name, str) else name for language, name in names.items()}
