"""What a driver is: a pure translation between what a lamp should do and what its interface says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import PayloadError
from handlers.colors import Tint, near

Feature: TypeAlias = Literal["brightness", "color", "color_temp"]
ALL_FEATURES: frozenset[Feature] = frozenset({"brightness", "color", "color_temp"})

BRIGHTNESS_TOLERANCE_PERCENT = 2
"""Lamps count to 254, 255 or 100: percent do not survive the way exactly."""


@dataclass(frozen=True, slots=True)
class Light:
    """What a lamp shows, or should show; None is unknown, or not asked for."""

    on: bool | None = None
    brightness: int | None = None
    """1 to 100 percent."""
    tint: Tint | None = None

    def merged(self, newer: Light) -> Light:
        """Return what is known after `newer` has come."""
        return Light(
            on=self.on if newer.on is None else newer.on,
            brightness=self.brightness if newer.brightness is None else newer.brightness,
            tint=self.tint if newer.tint is None else newer.tint,
        )

    def satisfies(self, asked: Light) -> bool:
        """Return whether a lamp that shows this does all that was asked."""
        return (
            (asked.on is None or self.on == asked.on)
            and (asked.brightness is None or same_brightness(asked.brightness, self.brightness))
            and (asked.tint is None or (self.tint is not None and near(asked.tint, self.tint)))
        )


@dataclass(frozen=True, slots=True)
class Message:
    """What is published for a lamp."""

    topic: str
    payload: str
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a lamp, or what stands before it, has told."""

    state: Light = Light()
    available: bool | None = None
    """False where it is known to be without power or out of reach."""
    error: str | None = None
    """It refused the last command, and why."""


class Driver(Protocol):
    """One lamp behind one interface.  Nothing in here touches the network."""

    @property
    def features(self) -> frozenset[Feature]:
        """What the interface could carry; the household's file says what the lamp can."""

    def subscriptions(self) -> tuple[str, ...]:
        """The topics on which the lamp tells its state."""

    def commands(self, asked: Light) -> tuple[Message, ...]:
        """What makes the lamp show what is `asked`."""

    def query(self) -> tuple[Message, ...]:
        """What makes the lamp tell its state; nothing where it cannot be asked."""

    def read(self, topic: str, payload: bytes) -> Report | None:
        """Return what a message on one of the subscriptions says, None where it says nothing of the lamp.

        Raises PayloadError where it is not what the interface sends.
        """


class DriverOptions(BaseModel):
    """The `options` of a device; each driver has its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Reading(BaseModel):
    """A JSON message of a device, of which only the known fields are looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    @classmethod
    def of(cls, payload: bytes, *, topic: str) -> Self:
        """Return what `payload` says.

        Raises PayloadError, which names topic and field.
        """
        try:
            return cls.model_validate_json(payload)
        except ValidationError as error:
            raise reading_fault(error, topic) from error


def reading_fault(error: ValidationError, topic: str) -> PayloadError:
    """Return the first of pydantic's faults as ours."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return PayloadError(topic, field=".".join(str(step) for step in fault["loc"]), what=fault["msg"])


def same_brightness(asked: int, reported: int | None) -> bool:
    """Return whether two percentages mean the same step of a lamp."""
    return reported is not None and abs(asked - reported) <= BRIGHTNESS_TOLERANCE_PERCENT


def word(payload: bytes, *, topic: str) -> str:
    """Return a short plain-text payload.

    Raises PayloadError where it is not UTF-8 or no single word.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise PayloadError(topic, field="", what="not UTF-8") from error
    if len(text) > 64:
        raise PayloadError(topic, field="", what=f"a word was expected, not {len(text)} characters")
    return text.strip()


def available(payload: bytes, *, topic: str, yes: str = "online", no: str = "offline") -> bool:
    """Return which of the two words of a last-will topic it is.

    Raises PayloadError for any other.
    """
    text = word(payload, topic=topic)
    if text not in {yes, no}:
        raise PayloadError(topic, field="", what=f'neither "{yes}" nor "{no}"')
    return text == yes


def to_scale(percent: int, scale: int) -> int:
    """Return `percent` on a lamp's own scale; what is on is never rounded to 0."""
    return max(1, round(percent * scale / 100)) if percent > 0 else 0


def from_scale(value: float, scale: int) -> int:
    """Return a lamp's own count as percent; what is on is never rounded to 0."""
    return max(1, min(100, round(value * 100 / scale))) if value > 0 else 0
