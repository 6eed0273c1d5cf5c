"""What is inside the messages: one frozen pydantic class per topic, to and from bytes and `assistant.messages`.

Strict on both ways: unknown fields, wrong types, NaN and oversized payloads are `PayloadError`s that name the topic
and the field.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal, Self, TypeAlias, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.errors import PayloadError
from assistant.messages import (
    Change,
    Choice,
    Hypothesis,
    Interpretation,
    Question,
    Reason,
    Result,
    SlotValue,
    Source,
    Utterance,
)
from assistant.mqtt import topics
from assistant.mqtt.topics import Channel

VERSION: Literal[1] = 1
"""Of the contract; changes only when an old reader would misunderstand a new message."""

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=128)]
Site: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9_-]+$", max_length=64)]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[^/+#\x00]+$", max_length=128)]
"""A domain or an intent: it becomes a level of a topic."""
Spoken: TypeAlias = Annotated[str, Field(max_length=4096)]
Confidence: TypeAlias = Annotated[float, Field(ge=0, le=1)]
LanguageCode: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
AssistantState: TypeAlias = Literal["idle", "listening", "interpreting", "asking", "speaking", "muted"]


class Part(BaseModel):
    """Something inside a payload."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_by_name=True,
        use_attribute_docstrings=True,
    )


class Payload(Part):
    """What one topic carries."""

    channel: ClassVar[Channel]

    def to_bytes(self) -> bytes:
        """Return what is published."""
        return self.model_dump_json(by_alias=True).encode()

    @classmethod
    def from_bytes(cls, payload: bytes, *, topic: str) -> Self:
        """Return what arrived on `topic`.

        Raises PayloadError, which names topic and field.
        """
        check_size(cls.channel, payload, topic=topic)
        try:
            return cls.model_validate_json(payload)
        except ValidationError as error:
            raise _first_fault(error, topic) from error


class Command(Payload):
    """Something asked of the assistant."""

    id: Id | None = None
    """The same id twice is acted on once."""
    expires: AwareDatetime | None = None
    """Dropped when it arrives later."""

    @classmethod
    def from_bytes(cls, payload: bytes, *, topic: str) -> Self:
        """The same, where an empty payload stands for `{}`."""
        return super().from_bytes(payload or b"{}", topic=topic)


class StatusPayload(Payload):
    """Whether the assistant is there: the bare word `online` or `offline`, no JSON."""

    channel: ClassVar[Channel] = topics.STATUS
    status: Literal["online", "offline"]

    def to_bytes(self) -> bytes:
        """Return the bare word."""
        return self.status.encode()

    @classmethod
    def from_bytes(cls, payload: bytes, *, topic: str) -> Self:
        """Return which word it is.

        Raises PayloadError for any other.
        """
        check_size(cls.channel, payload, topic=topic)
        for word in get_args(cls.model_fields["status"].annotation):
            if payload == word.encode():
                return cls(status=word)
        raise PayloadError(topic, field="status", what='neither "online" nor "offline"')


class StatePayload(Payload):
    """What the assistant is doing."""

    channel: ClassVar[Channel] = topics.STATE
    state: AssistantState
    session: Id | None = None
    """The conversation it belongs to."""
    cloud: bool = False
    """Something that was said is with the cloud's provider now; never without a `cloud` section in the household."""


class HeardPayload(Payload):
    """An utterance was cut out of the sound; what it means follows under the same id."""

    channel: ClassVar[Channel] = topics.HEARD
    id: Id
    site: Site
    room: Site | None = None
    time: AwareDatetime
    """When its first sample was recorded."""
    audio_ms: int = Field(ge=0)
    level_db: float
    """Power of its loudest 100 ms in dB of full scale."""
    wake: str = Field(default="none", max_length=64)
    """The engine that opened the microphone."""

    @classmethod
    def of(cls, utterance: Utterance, *, site: str, room: str | None = None) -> Self:
        """Return what is told of `utterance`."""
        return cls(
            id=utterance.id,
            site=site,
            room=room,
            time=_utc(utterance.started),
            audio_ms=utterance.audio_ms,
            level_db=utterance.level_db,
            wake=utterance.wake,
        )


class PartialPayload(Payload):
    """The best reading so far, while the user still speaks."""

    channel: ClassVar[Channel] = topics.PARTIAL
    id: Id
    site: Site
    text: Spoken
    language: LanguageCode | None = None


class HypothesisPart(Part):
    """One reading of an utterance."""

    language: LanguageCode
    domain: Name
    intent: Name
    text: Spoken
    slots: dict[str, SlotValue] = Field(default_factory=dict)
    spoken: dict[str, str] = Field(default_factory=dict)
    confidence: Confidence

    @classmethod
    def of(cls, hypothesis: Hypothesis) -> Self:
        """Return it for the wire."""
        return cls(
            language=hypothesis.language,
            domain=hypothesis.domain,
            intent=hypothesis.intent,
            text=hypothesis.text,
            slots=dict(hypothesis.slots),
            spoken=dict(hypothesis.spoken),
            confidence=hypothesis.confidence,
        )

    def message(self) -> Hypothesis:
        """Return it as the rest of the program knows it."""
        return Hypothesis(
            language=self.language,
            domain=self.domain,
            intent=self.intent,
            text=self.text,
            slots=self.slots,
            spoken=self.spoken,
            confidence=self.confidence,
        )


class InterpretationPayload(Payload):
    """What was understood; a rejected one may know nothing of intent and text."""

    version: Literal[1] = VERSION
    id: Id
    """The utterance's, from the microphone to the lamp."""
    site: Site
    room: Site | None = None
    """Where the microphone stands."""
    session: Id | None = None
    time: AwareDatetime
    source: Source = "device"
    """Who understood it: the household's sentences, the networks without one of them, or the cloud."""
    language: LanguageCode | None = None
    domain: Name | None = None
    intent: Name | None = None
    text: Spoken | None = None
    slots: dict[str, SlotValue] = Field(default_factory=dict)
    """Values: strings, numbers, true or false."""
    spoken: dict[str, str] = Field(default_factory=dict)
    """The words that were said for each slot."""
    confidence: Confidence | None = None
    """Probability that this is what was meant."""
    accepted: bool
    reason: Reason | None = None
    """Why it was rejected."""
    alternatives: list[HypothesisPart] = Field(default_factory=list)
    """Other readings, best first."""
    heard: Spoken = ""
    """The network's letters without the household's sentences: for tracing, never for acting."""
    audio_ms: int = Field(default=0, ge=0)
    compute_ms: float = Field(default=0, ge=0)
    expires: AwareDatetime | None = None
    """Not to be acted on after that."""

    @model_validator(mode="after")
    def _whole_reading_or_none(self) -> Self:
        reading = (self.language, self.domain, self.intent, self.text, self.confidence)
        if any(part is None for part in reading) and any(part is not None for part in reading):
            raise ValueError("language, domain, intent, text and confidence stand together or are all null")
        if self.accepted and self.intent is None:
            raise ValueError("accepted without an intent")
        if self.accepted != (self.reason is None):
            raise ValueError("a reason stands with what was rejected, and only there")
        return self

    @classmethod
    def of(
        cls,
        interpretation: Interpretation,
        *,
        site: str,
        room: str | None = None,
        session: str | None = None,
        expires: datetime | None = None,
    ) -> Self:
        """Return `interpretation` for the wire."""
        best = interpretation.best
        return cls(
            id=interpretation.id,
            site=site,
            room=room,
            session=session,
            time=_utc(interpretation.time),
            source=interpretation.source,
            language=best.language if best else None,
            domain=best.domain if best else None,
            intent=best.intent if best else None,
            text=best.text if best else None,
            slots=dict(best.slots) if best else {},
            spoken=dict(best.spoken) if best else {},
            confidence=best.confidence if best else None,
            accepted=interpretation.accepted,
            reason=interpretation.reason,
            alternatives=[HypothesisPart.of(other) for other in interpretation.alternatives],
            heard=interpretation.heard,
            audio_ms=interpretation.audio_ms,
            compute_ms=interpretation.compute_ms,
            expires=_utc(expires) if expires else None,
        )

    def message(self) -> Interpretation:
        """Return the interpretation; `site`, `room`, `session` and `expires` stay on the payload."""
        return Interpretation(
            id=self.id,
            time=self.time,
            best=self._best(),
            accepted=self.accepted,
            reason=self.reason,
            alternatives=tuple(other.message() for other in self.alternatives),
            audio_ms=self.audio_ms,
            compute_ms=self.compute_ms,
            source=self.source,
            heard=self.heard,
        )

    def _best(self) -> Hypothesis | None:
        if (
            self.language is None
            or self.domain is None
            or self.intent is None
            or self.text is None
            or self.confidence is None
        ):
            return None
        return Hypothesis(
            language=self.language,
            domain=self.domain,
            intent=self.intent,
            text=self.text,
            slots=self.slots,
            spoken=self.spoken,
            confidence=self.confidence,
        )


class IntentPayload(InterpretationPayload):
    """A command that was understood: handlers act on it before it expires, once for each id."""

    channel: ClassVar[Channel] = topics.INTENT
    accepted: Literal[True] = True


class RejectedPayload(InterpretationPayload):
    """Speech on which nothing is done, with the reason and the best guess."""

    channel: ClassVar[Channel] = topics.REJECTED
    accepted: Literal[False] = False


class ChangePart(Part):
    """One property of one device after a command, as the device itself reported it."""

    device: Name
    property: str = Field(min_length=1, max_length=64)
    value: SlotValue
    before: SlotValue | None = None
    """What undoes it."""


class ChoicePart(Part):
    """One answer to a question."""

    value: SlotValue
    names: dict[LanguageCode, list[Spoken]]
    """What it is called in each language."""


class QuestionPart(Part):
    """What must be known before the intent is acted on; it comes again with `slot` filled, in the same session."""

    text: dict[LanguageCode, Spoken]
    slot: str = Field(default="confirmed", max_length=64)
    choices: list[ChoicePart] = Field(default_factory=list, max_length=100)
    """What may be answered; empty: yes or no."""
    catalog: Name | None = None
    """A list of which any value may be answered as well."""
    catalog_slot: str | None = Field(default=None, max_length=64)
    """The slot that such a value fills."""

    @classmethod
    def of(cls, question: Question) -> Self:
        """Return it for the wire."""
        return cls(
            text=dict(question.text),
            slot=question.slot,
            choices=[
                ChoicePart(
                    value=choice.value, names={language: list(names) for language, names in choice.names.items()}
                )
                for choice in question.choices
            ],
            catalog=question.catalog,
            catalog_slot=question.catalog_slot,
        )

    def message(self) -> Question:
        """Return it as the rest of the program knows it."""
        return Question(
            text=self.text,
            slot=self.slot,
            choices=tuple(
                Choice(part.value, {language: tuple(names) for language, names in part.names.items()})
                for part in self.choices
            ),
            catalog=self.catalog,
            catalog_slot=self.catalog_slot,
        )


class ResultPayload(Payload):
    """What really happened after an intent."""

    channel: ClassVar[Channel] = topics.RESULT
    id: Id
    """The intent's."""
    ok: bool
    code: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=64)
    """`done`, `already-done`, `sent`, `question`, `no-such-device`, `no-answer`, `expired`, `not-possible`,
    `failed`; for calls those of docs/telephones.md as well."""
    text: dict[LanguageCode, Spoken] = Field(default_factory=dict)
    """A sentence for the user in each language."""
    changes: list[ChangePart] = Field(default_factory=list)
    question: QuestionPart | None = None
    """What is to be asked first."""
    handler: str = Field(default="", max_length=64)
    """Who acted."""

    @classmethod
    def of(cls, result: Result, *, handler: str = "") -> Self:
        """Return `result` for the wire."""
        return cls(
            id=result.id,
            ok=result.ok,
            code=result.code,
            text=dict(result.text),
            changes=[
                ChangePart(device=change.device, property=change.property, value=change.value, before=change.before)
                for change in result.changes
            ],
            question=QuestionPart.of(result.question) if result.question else None,
            handler=handler,
        )

    def message(self) -> Result:
        """Return it as the rest of the program knows it."""
        return Result(
            id=self.id,
            ok=self.ok,
            code=self.code,
            text=self.text,
            changes=tuple(
                Change(device=part.device, property=part.property, value=part.value, before=part.before)
                for part in self.changes
            ),
            question=self.question.message() if self.question else None,
        )


class ReplyPayload(Payload):
    """What is said to the user, and in which language."""

    channel: ClassVar[Channel] = topics.REPLY
    id: Id | None = None
    """The utterance it answers."""
    site: Site
    room: Site | None = None
    text: Spoken
    language: LanguageCode


class ListenPayload(Command):
    """Listen now, as after the wake word."""

    channel: ClassVar[Channel] = topics.LISTEN
    window_ms: int | None = Field(default=None, ge=1000, le=60_000)
    """How long speech is waited for; the household's `wake.window_ms` when absent."""


class SayPayload(Command):
    """Say this."""

    channel: ClassVar[Channel] = topics.SAY
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    language: LanguageCode | None = None
    """That of the last utterance when absent."""
    listen: bool = False
    """Take an answer without the wake word once it has been said, for `dialogue.timeout_ms`."""


class CancelPayload(Command):
    """Stop listening, asking and speaking."""

    channel: ClassVar[Channel] = topics.CANCEL
    session: Id | None = None
    """Only this conversation."""


class MutePayload(Command):
    """Close or open the microphone."""

    channel: ClassVar[Channel] = topics.MUTE
    muted: bool


class CatalogValuePart(Part):
    """One thing that may be said."""

    said: str = Field(alias="in", min_length=1, max_length=200)
    """The words."""
    value: SlotValue | None = Field(default=None, alias="out")
    """What the slot becomes; the words themselves when absent."""
    language: LanguageCode | None = None
    """Every language when absent."""


class CatalogPayload(Payload):
    """Values of one list, all of them: it replaces what came before on its topic; an empty payload removes them."""

    channel: ClassVar[Channel] = topics.CATALOG
    values: list[CatalogValuePart] = Field(default_factory=list, max_length=100_000)

    def to_bytes(self) -> bytes:
        """Return what is published, without what is absent: a library has tens of thousands of values."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    @classmethod
    def from_bytes(cls, payload: bytes, *, topic: str) -> Self:
        """The same, where an empty payload (a retained message removed) stands for no values."""
        return super().from_bytes(payload or b"{}", topic=topic)


class TimerPart(Part):
    """One timer; what is left of one that runs follows from `ends` and the clock."""

    key: int = Field(ge=1)
    """Small numbers, used again."""
    name: str | None = Field(default=None, max_length=200)
    """As it was said."""
    state: Literal["running", "paused", "ringing"]
    length_s: float = Field(gt=0)
    """As it was asked for."""
    remaining_s: float = Field(ge=0)
    """When this was published."""
    ends: AwareDatetime | None = None
    """When it rings, or began to; none while it is paused."""


class TimersPayload(Payload):
    """All timers of a site, at each change."""

    channel: ClassVar[Channel] = topics.TIMERS
    timers: list[TimerPart] = Field(default_factory=list, max_length=1000)


class HealthPayload(Payload):
    """How the assistant is; counters and timings since the start."""

    channel: ClassVar[Channel] = topics.HEALTH
    time: AwareDatetime
    version: str = Field(max_length=64)
    uptime_s: float = Field(ge=0)
    problem: str | None = None
    """Why nothing is heard; none while all is well."""
    last_heard: AwareDatetime | None = None
    """When the last utterance began."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Of what it stands on, and of its network."""
    counters: dict[str, int] = Field(default_factory=dict)
    gauges: dict[str, float] = Field(default_factory=dict)
    """What is held now: `memory_mb`, `threads`, `descriptors`, and how many wait in each queue, `<queue>_waiting`."""
    heartbeats_s: dict[str, float] = Field(default_factory=dict)
    """For how many seconds each part has not been seen to go on: for a handler, since it began with its command."""
    timings_ms: dict[str, float] = Field(default_factory=dict)
    """Of the last hundred of each kind, `<kind>_median` and `<kind>_worst`."""


PAYLOADS: tuple[type[Payload], ...] = (
    StatusPayload,
    StatePayload,
    HeardPayload,
    PartialPayload,
    IntentPayload,
    RejectedPayload,
    ResultPayload,
    ReplyPayload,
    ListenPayload,
    SayPayload,
    CancelPayload,
    MutePayload,
    CatalogPayload,
    TimersPayload,
    HealthPayload,
)
"""One class for each channel, in the contract's order."""


def check_size(channel: Channel, payload: bytes, *, topic: str) -> None:
    """Raise PayloadError where `payload` is longer than its channel takes."""
    if len(payload) > channel.limit_bytes:
        what = f"{len(payload)} bytes, at most {channel.limit_bytes} are taken"
        raise PayloadError(topic, field="", what=what)


def _first_fault(error: ValidationError, topic: str) -> PayloadError:
    """Return the first of pydantic's faults as ours; what was sent is not repeated, it may be private."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    field = ".".join(str(step) for step in faults[0]["loc"])
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return PayloadError(topic, field=field, what=faults[0]["msg"] + more)


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)
