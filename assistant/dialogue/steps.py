"""What the dialogue wants done, in order, and what it expects to hear: data for the shell that carries it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from assistant.messages import Interpretation

Earcon: TypeAlias = Literal["accepted", "rejected", "question", "error"]


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell the bus: an intent to be acted on, or a rejection."""

    interpretation: Interpretation
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Say a text, and publish it as a reply."""

    text: str
    language: str
    id: str | None = None
    """The utterance it answers."""


@dataclass(frozen=True, slots=True)
class Play:
    """Let a short sound be heard."""

    earcon: Earcon


@dataclass(frozen=True, slots=True)
class Hush:
    """Stop what is being said."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Take what is said, as after the wake word, once everything before this has been heard."""

    window_ms: int


Step: TypeAlias = Publish | Say | Play | Hush | Listen
Steps: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What may be heard while a question is open."""

    intents: tuple[str, ...]
    language: str
    choices: tuple[tuple[str, int], ...] = ()
    """What may be said for each choice, and the choice's number from 0 on."""


def described(steps: Sequence[Step]) -> str:
    """Return the steps as one line for those who ask why."""
    return "; ".join(_described(step) for step in steps)


def _described(step: Step) -> str:
    match step:
        case Publish(interpretation):
            best = interpretation.best
            meant = f"{best.domain}/{best.intent} {dict(best.slots) or ''}".strip() if best else "nothing"
            return f"published {meant}" if interpretation.accepted else f"rejected: {interpretation.reason}"
        case Say(text):
            return f'said "{text}"'
        case Play(earcon):
            return f"played {earcon}"
        case Listen(window_ms):
            return f"listens for {window_ms} ms"
        case Hush():
            return "stopped speaking"
