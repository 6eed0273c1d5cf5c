"""What crosses the borders between parts: frozen data, no behaviour, no wire format.

Bytes become these classes (and these become bytes) in `assistant.mqtt`, nowhere else.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

SAMPLE_RATE_HZ = 16_000
"""Everything inside is 16 kHz mono int16; devices and files are converted at the border."""

SlotValue: TypeAlias = str | int | float | bool
Reason: TypeAlias = Literal[
    "not-a-command",  # the free reading is much better than any command of the household
    "low-confidence",  # a command is the best reading, but not surely enough
    "ambiguous",  # two different commands fit equally well
    "no-speech",  # nothing was said
    "too-long",  # longer than the network can take
    "forbidden",  # understood, but the household lets nobody do it by voice
]
Source: TypeAlias = Literal[
    "device",  # by the household's sentences
    "paraphrase",  # by what it means: no sentence of the household says it
    "cloud",
]
"""Who understood it."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech, cut out of the stream."""

    samples: np.ndarray
    """(samples,) int16 at 16 kHz, pre-roll and hangover included."""
    started: datetime
    """When its first sample was recorded, aware."""
    speech_end_ms: float = 0.0
    """Where the last voiced frame ends, from the first sample; what follows is the endpointing wait."""
    level_db: float = -120.0
    """Power of its loudest 100 ms in dB of full scale."""
    wake: str = "none"
    """The engine that opened it."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def audio_ms(self) -> int:
        """Its length."""
        return round(len(self.samples) * 1000 / SAMPLE_RATE_HZ)


@dataclass(frozen=True, slots=True)
class Posteriors:
    """What the network says of one utterance."""

    symbols: np.ndarray
    """(frames, symbols) float32 log-probabilities, column 0 the CTC blank."""
    frame_ms: int
    """Length of one frame."""
    intents: Mapping[str, float] = field(default_factory=dict)
    """Probability of each intent, `light.on`, that the network takes from a whole utterance, what is left of 1 that it
    asks for nothing; none where it was heard in chunks or in more than one window."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of an utterance by the household's graph."""

    language: str
    domain: str
    intent: str
    text: str
    """The sentence of the household, as spoken."""
    slots: Mapping[str, SlotValue]
    """Values, the templates' `out`."""
    spoken: Mapping[str, str]
    """The words that were said for each slot."""
    confidence: float
    """Calibrated probability that this is what was meant, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What was understood, or why nothing was.  `best` is the first guess also when it was rejected."""

    id: str
    time: datetime
    best: Hypothesis | None
    accepted: bool
    reason: Reason | None
    alternatives: tuple[Hypothesis, ...] = ()
    """Other readings, best first, each with another meaning than `best`."""
    audio_ms: int = 0
    compute_ms: float = 0.0
    source: Source = "device"
    heard: str = ""
    """The network's free reading, letters without the graph: for traces, never for acting."""


@dataclass(frozen=True, slots=True)
class Change:
    """One property of one device after a command, as the device itself reported it."""

    device: str
    property: str
    value: SlotValue
    before: SlotValue | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question."""

    value: SlotValue
    """What the question's slot becomes."""
    names: Mapping[str, tuple[str, ...]]
    """What it is called in each language: the first when asked, any when answered."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a handler adds to what may be said."""

    handler: str
    sentences: tuple[Path, ...] = ()
    """Sentence files, each of one language."""
    catalogs: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    """What the lists of these sentences hold, by the list's name."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a handler must know before it acts.

    The intent comes again, under a new id and in the same session, with `slot` filled by the answer: True for a yes to
    a question without choices.  A no, silence or "cancel" ends it.
    """

    text: Mapping[str, str]
    """What is asked, in each language."""
    slot: str = "confirmed"
    choices: tuple[Choice, ...] = ()
    """What may be answered; empty: yes or no."""
    catalog: str | None = None
    """A list of the household (`contact`, `device`) of which any value may be answered as well, as in "no, Marta"."""
    catalog_slot: str | None = None
    """The slot that such a value fills; the confirmation is then asked again by the handler.  Where it is `slot` itself
    ("which lamp?"), yes is no answer."""


@dataclass(frozen=True, slots=True)
class Result:
    """What really happened after an intent."""

    id: str
    """The interpretation's."""
    ok: bool
    code: str
    """`done`, `already-done`, `sent`, `question`, `no-such-device`, `no-answer`, `expired`, `not-possible`,
    `failed`; for calls those of docs/telephones.md as well."""
    text: Mapping[str, str] = field(default_factory=dict)
    """A sentence for the user in each language."""
    changes: tuple[Change, ...] = ()
    question: Question | None = None
    """What is to be asked first, with the code `question` and without `ok`."""
