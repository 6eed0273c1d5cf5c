"""What is asked of a provider, and what it may answer: frozen data, no wire format.

Neither the sound nor the words of a query stand in its `repr`: logs must not carry them.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import numpy as np

from assistant.messages import SAMPLE_RATE_HZ, SlotValue


@dataclass(frozen=True, slots=True)
class Meaning:
    """An intent with its slots, as one side understood it."""

    domain: str
    intent: str
    slots: Mapping[str, SlotValue] = field(repr=False, default_factory=dict)

    @property
    def name(self) -> str:
        """Return both parts as one word: `light.on`."""
        return f"{self.domain}.{self.intent}"


@dataclass(frozen=True, slots=True)
class Query:
    """One utterance for a provider."""

    id: str
    """The utterance's; the idempotency key of every request about it."""
    time: datetime
    """When it was said, aware."""
    site: str
    room: str | None
    language: str
    """The one it was said in as far as known, else the household's first."""
    languages: tuple[str, ...]
    text: str = field(repr=False, default="")
    """What was understood, or the letters that the network heard."""
    meaning: Meaning | None = field(repr=False, default=None)
    """What was understood, where it was; None when it was rejected."""
    reason: str | None = None
    """Why it was rejected."""
    pcm: bytes | None = field(repr=False, default=None)
    """The sound: 16 kHz mono int16, little-endian; None where it does not leave the house."""
    hints: str = field(repr=False, default="")
    """Names of the household, for recognizers that take them."""


@dataclass(frozen=True, slots=True)
class Words:
    """The provider wrote down what was said; what it means is for the household's own sentences to say."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Meant:
    """The provider says which intent it was; doing it is up to the house."""

    meaning: Meaning
    confidence: float
    text: str = field(repr=False, default="")
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The provider did it itself, or answered the question."""

    ok: bool
    reply: str = field(repr=False, default="")
    """What to say, in the query's language."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The provider makes nothing of it either."""


Answer: TypeAlias = Words | Meant | Done | NotUnderstood


def pcm_of(samples: np.ndarray) -> bytes:
    """Return (samples,) int16 as bytes for a query."""
    return samples.astype("<i2").tobytes()


def wav_of(pcm: bytes) -> bytes:
    """Return a query's sound as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLE_RATE_HZ)
        wav.writeframes(pcm)
    return file.getvalue()
