from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from assistant.errors import PayloadError
from assistant.messages import Change, Hypothesis, Interpretation, Result, Utterance
from assistant.mqtt import payloads
from assistant.mqtt.payloads import (
    PAYLOADS,
    CatalogPayload,
    Command,
    HeardPayload,
    IntentPayload,
    InterpretationPayload,
    ListenPayload,
    Payload,
    RejectedPayload,
    ResultPayload,
    SayPayload,
    StatusPayload,
)
from assistant.mqtt.topics import CHANNELS

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXT = st.text(max_size=40)
VALUES = st.one_of(TEXT, st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_ -]{0,20}", fullmatch=True)
HYPOTHESES = st.builds(
    Hypothesis,
    language=st.sampled_from(["en", "es", "fr"]),
    domain=NAMES,
    intent=NAMES,
    text=TEXT,
    slots=st.dictionaries(TEXT, VALUES, max_size=3),
    spoken=st.dictionaries(TEXT, TEXT, max_size=3),
    confidence=st.floats(0, 1),
)
ACCEPTED = st.builds(
    Interpretation,
    id=st.uuids().map(str),
    time=TIMES,
    best=HYPOTHESES,
    accepted=st.just(True),
    reason=st.none(),
    alternatives=st.lists(HYPOTHESES, max_size=2).map(tuple),
    audio_ms=st.integers(0, 10_000),
    compute_ms=st.floats(0, 1000),
    source=st.sampled_from(["device", "cloud"]),
    heard=TEXT,
)
REJECTED = st.builds(
    Interpretation,
    id=st.uuids().map(str),
    time=TIMES,
    best=st.none() | HYPOTHESES,
    accepted=st.just(False),
    reason=st.sampled_from(["not-a-command", "low-confidence", "ambiguous", "no-speech", "too-long"]),
    alternatives=st.just(()),
)
RESULTS = st.builds(
    Result,
    id=st.uuids().map(str),
    ok=st.booleans(),
    code=st.sampled_from(["done", "no-answer"]),
    text=st.dictionaries(st.sampled_from(["en", "es", "fr"]), TEXT),
    changes=st.lists(
        st.builds(Change, device=NAMES, property=NAMES, value=VALUES, before=st.none() | VALUES), max_size=3
    ).map(tuple),
)


def payloads_of(kind: type[Payload]) -> st.SearchStrategy[Payload]:
    """Whatever the class takes, found out from its own fields."""
    if issubclass(kind, InterpretationPayload):
        source = ACCEPTED if kind is IntentPayload else REJECTED
        return st.builds(
            lambda message, expires: kind.of(message, site="kitchen", room="hall", expires=expires),
            source,
            st.none() | TIMES,
        )
    return _instances(kind)


def _instances(kind: type[Any]) -> st.SearchStrategy[Any]:
    fields = {name: _values(field) for name, field in kind.model_fields.items()}
    return st.fixed_dictionaries(fields).map(kind.model_validate)


def _values(field: Any) -> st.SearchStrategy[Any]:
    """Values of a field that its own constraints accept."""
    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation,
        config={"strict": True},
    )
    return _candidates(field.annotation).filter(lambda value: _fits(adapter, value))


def _candidates(annotation: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 (a table of types)
    origin, inner = getattr(annotation, "__origin__", None), getattr(annotation, "__args__", ())
    if annotation is None or annotation is type(None):
        return st.none()
    if str(origin) in {"typing.Literal", "<class 'typing.Literal'>"}:
        return st.sampled_from(inner)
    if hasattr(annotation, "__metadata__"):
        patterns = [getattr(part, "pattern", None) for part in annotation.__metadata__]
        patterns += [
            getattr(part, "pattern", None)
            for field in annotation.__metadata__
            for part in getattr(field, "metadata", ())
        ]
        pattern = next((pattern for pattern in patterns if pattern), None)
        return st.from_regex(pattern, fullmatch=True) if pattern else _candidates(origin)
    if origin is dict:
        return st.dictionaries(_candidates(inner[0]), _candidates(inner[1]), max_size=3)
    if origin is list:
        return st.lists(_candidates(inner[0]), max_size=3)
    if inner:
        return st.one_of(*map(_candidates, inner))
    if inspect.isclass(annotation) and issubclass(annotation, payloads.Part):
        return _instances(annotation)
    if annotation is float:
        return st.floats(allow_nan=False, allow_infinity=False) | st.floats(0, 1)
    if annotation is int:
        return st.integers(-(10**6), 10**6) | st.integers(0, 5000)
    if annotation is bool:
        return st.booleans()
    if annotation is str:
        return st.text(min_size=1, max_size=20) | st.sampled_from(["done", "no-answer", "en", "kitchen"])
    return TIMES


def _fits(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValueError:
        return False
    return True


def test_each_channel_has_one_class() -> None:
    found = {
        kind
        for _, kind in inspect.getmembers(payloads, inspect.isclass)
        if issubclass(kind, Payload) and hasattr(kind, "channel")
    }
    assert found == set(PAYLOADS)
    assert [kind.channel for kind in PAYLOADS] == list(CHANNELS)


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.__name__)
def test_round_trip(kind: type[Payload]) -> None:
    @given(payloads_of(kind))
    @settings(max_examples=25, deadline=None)
    def check(payload: Payload) -> None:
        assert kind.from_bytes(payload.to_bytes(), topic="t") == payload

    check()


@given(ACCEPTED | REJECTED)
@settings(max_examples=50, deadline=None)
def test_interpretations_survive_the_wire(message: Interpretation) -> None:
    kind = IntentPayload if message.accepted else RejectedPayload
    payload = kind.from_bytes(kind.of(message, site="kitchen").to_bytes(), topic="t")
    assert payload.message() == message
    assert payload.site == "kitchen"


@given(RESULTS)
@settings(max_examples=50, deadline=None)
def test_results_survive_the_wire(result: Result) -> None:
    assert ResultPayload.from_bytes(ResultPayload.of(result).to_bytes(), topic="t").message() == result


def test_numbers_keep_their_kind() -> None:
    """A slot of 1, 1.0, "1" and true are four values."""
    slots = {"i": 1, "f": 1.0, "s": "1", "b": True}
    payload = IntentPayload.of(_interpretation(slots), site="home")
    back = IntentPayload.from_bytes(payload.to_bytes(), topic="t").slots
    assert {name: type(value) for name, value in back.items()} == {"i": int, "f": float, "s": str, "b": bool}


def test_an_utterance_is_told_in_utc() -> None:
    paris = datetime(2026, 7, 1, 14, 0, tzinfo=ZoneInfo("Europe/Paris"))
    payload = HeardPayload.of(Utterance(np.zeros(16_000, np.int16), paris, level_db=-20.5), site="home", room="hall")
    wire = json.loads(payload.to_bytes())
    assert (wire["time"], wire["audio_ms"], wire["level_db"]) == ("2026-07-01T12:00:00Z", 1000, -20.5)


@pytest.mark.parametrize(
    ("kind", "payload", "field"),
    [
        (StatusPayload, b"maybe", "status"),
        (StatusPayload, b'"online"', "status"),
        (SayPayload, b"", "text"),
        (SayPayload, b"{}", "text"),
        (SayPayload, b'{"text": 5}', "text"),
        (SayPayload, b'{"text": ""}', "text"),
        (SayPayload, b'{"text": "hi", "loud": true}', "loud"),
        (SayPayload, b'{"text": "hi", "expires": "tomorrow"}', "expires"),
        (SayPayload, b'{"text": "hi", "expires": "2026-01-01T00:00:00"}', "expires"),
        (SayPayload, b'{"text": "hi", "language": "english"}', "language"),
        (SayPayload, b"[]", ""),
        (SayPayload, b"null", ""),
        (SayPayload, b"\xff\xfe", ""),
        (SayPayload, b'{"text": "hi"', ""),
        (SayPayload, b"[" * 10_000, ""),
        (ListenPayload, b'{"window_ms": 10}', "window_ms"),
        (ListenPayload, b'{"window_ms": "3000"}', "window_ms"),
        (ResultPayload, b'{"id": "x", "ok": 1, "code": "done"}', "ok"),
        (ResultPayload, b'{"id": "x", "ok": true, "code": "Done!"}', "code"),
        (ResultPayload, b'{"id": "", "ok": true, "code": "done"}', "id"),
        (
            ResultPayload,
            b'{"id": "x", "ok": true, "code": "done", "changes": [{"device": "a", "property": "on"}]}',
            "changes.0.value",
        ),
        (CatalogPayload, b'{"values": [{"out": "x"}]}', "values.0.in"),
        (CatalogPayload, b'{"values": [{"in": "x", "out": [1]}]}', "values.0.out"),
    ],
)
def test_faults_name_topic_and_field(kind: type[Payload], payload: bytes, field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        kind.from_bytes(payload, topic="oyez/home/x")
    assert caught.value.topic == "oyez/home/x"
    assert caught.value.field.startswith(field)
    assert (caught.value.field == "") == (field == "")


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.__name__)
def test_too_long_is_refused_unread(kind: type[Payload]) -> None:
    with pytest.raises(PayloadError) as caught:
        kind.from_bytes(b" " * (kind.channel.limit_bytes + 1), topic="t")
    assert (caught.value.topic, caught.value.field) == ("t", "")


@pytest.mark.parametrize(
    "kind", [kind for kind in PAYLOADS if kind is not StatusPayload], ids=lambda kind: kind.__name__
)
@given(
    junk=st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
@settings(max_examples=20, deadline=None)
def test_junk_never_escapes(kind: type[Payload], junk: bytes) -> None:
    fault = None
    try:
        kind.from_bytes(junk, topic="t")
    except PayloadError as error:
        fault = error
    assert fault is None or fault.topic == "t"


def test_what_was_sent_is_not_repeated_in_the_fault() -> None:
    with pytest.raises(PayloadError) as caught:
        SayPayload.from_bytes(b'{"text": ["call Bernadette"]}', topic="t")
    assert "Bernadette" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"intent": None},
        {"accepted": False},
        {"reason": "ambiguous"},
        {"confidence": 1.5},
        {"confidence": "0.5"},
        {"domain": "a/b"},
        {"site": "Kitchen"},
        {"version": 2},
        {"slots": {"a": None}},
        {"slots": {"a": {"b": 1}}},
        {"time": 5},
    ],
    ids=str,
)
def test_interpretations_that_contradict_themselves(change: dict[str, Any]) -> None:
    good = json.loads(IntentPayload.of(_interpretation({}), site="kitchen").to_bytes())
    IntentPayload.from_bytes(json.dumps(good).encode(), topic="t")
    with pytest.raises(PayloadError):
        IntentPayload.from_bytes(json.dumps(good | change).encode(), topic="t")


def test_empty_means_no_arguments_and_no_values() -> None:
    assert ListenPayload.from_bytes(b"", topic="t") == ListenPayload()
    assert CatalogPayload.from_bytes(b"", topic="t").values == []


@pytest.mark.parametrize(
    "kind", [kind for kind in PAYLOADS if issubclass(kind, Command)], ids=lambda kind: kind.__name__
)
def test_commands_may_expire(kind: type[Command]) -> None:
    assert {"id", "expires"} <= set(kind.model_fields)


def _interpretation(slots: dict[str, Any]) -> Interpretation:
    time = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=5)
    return Interpretation("id", time, Hypothesis("en", "light", "on", "on", slots, {}, 0.5), accepted=True, reason=None)
