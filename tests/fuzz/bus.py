"""What comes over MQTT to the assistant: every topic of the contract, and what the conversation makes of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import paho.mqtt.client as paho
from hypothesis import strategies as st

from assistant.catalogs import list_values
from assistant.config import HouseholdConfig, MqttConfig
from assistant.conversation import Conversation
from assistant.errors import PayloadError, SentenceError
from assistant.messages import Hypothesis, Interpretation, Posteriors, Utterance
from assistant.model import Stream
from assistant.mqtt import (
    PAYLOADS,
    CancelPayload,
    CatalogPayload,
    Client,
    IntentPayload,
    Payload,
    RejectedPayload,
    ResultPayload,
    SayPayload,
)
from assistant.observe import Counters
from assistant.recognizer import Recognizer, for_household
from assistant.reports import LogReporter
from assistant.state import StateFile
from assistant.traces import Traces, explained
from tests.fuzz.inputs import odd_json, on_topics
from tests.fuzz.target import Target

SITE = "fuzz"
ID = "1b9d6bcd"
TIME = "2026-03-01T12:00:00.000Z"
HYPOTHESIS = {
    "language": "en",
    "domain": "light",
    "intent": "on",
    "text": "turn on the lamp",
    "slots": {"device": "lamp", "brightness": 20, "all": True, "share": 0.5},
    "spoken": {"device": "lamp"},
    "confidence": 0.9,
}
INTERPRETATION = {
    "version": 1,
    "id": ID,
    "site": SITE,
    "room": "hall",
    "session": "s",
    "time": TIME,
    "source": "device",
    **HYPOTHESIS,
    "accepted": True,
    "reason": None,
    "alternatives": [HYPOTHESIS],
    "heard": "turn on",
    "audio_ms": 900,
    "compute_ms": 40.5,
    "expires": TIME,
}
QUESTION = {
    "text": {"en": "Which lamp?", "fr": "Quelle lampe ?"},
    "slot": "device",
    "choices": [
        {"value": "lamp", "names": {"en": ["the lamp", "lamp 2"], "fr": ["la lampe"]}},
        {"value": 2, "names": {}},
    ],
    "catalog": "device",
    "catalog_slot": "device",
}
RESULT = {
    "id": ID,
    "ok": False,
    "code": "question",
    "text": {"en": "Which lamp?"},
    "question": QUESTION,
    "handler": "light",
    "changes": [{"device": "lamp", "property": "on", "value": True, "before": False}],
}
DONE = {"id": ID, "ok": True, "code": "done", "text": {"en": "Done.", "es": "Hecho."}, "question": None}
TIMER = {
    "key": 1,
    "name": "eggs",
    "state": "running",
    "length_s": 60.0,
    "remaining_s": 9.5,
    "ends": TIME,
}
CATALOG = {"values": [{"in": "Miles Davis 2", "out": "md", "language": "en"}, {"in": "Jazz", "out": 7}, {"in": "FIP"}]}
EXAMPLES: dict[str, Any] = {
    "status": "online",
    "state": {"state": "asking", "session": "s", "cloud": False},
    "heard": {"id": ID, "site": SITE, "room": None, "time": TIME, "audio_ms": 900, "level_db": -30.5, "wake": "none"},
    "partial": {"id": ID, "site": SITE, "text": "turn", "language": "en"},
    "intent": INTERPRETATION,
    "rejected": {**INTERPRETATION, "accepted": False, "reason": "low-confidence"},
    "result": RESULT,
    "reply": {"id": ID, "site": SITE, "text": "Done.", "language": "en", "room": None},
    "listen": {"id": ID, "expires": TIME, "window_ms": 4000},
    "say": {"id": ID, "expires": TIME, "text": "Dinner is ready, 20 %!", "language": "es", "listen": True},
    "cancel": {"id": ID, "expires": TIME, "session": "s"},
    "mute": {"id": ID, "expires": TIME, "muted": True},
    "catalog": CATALOG,
    "timers": {"timers": [TIMER]},
    "health": {"time": TIME, "version": "0.1.0", "uptime_s": 1.5, "counters": {"heard": 2}, "gauges": {"threads": 9.0}},
}
"""One good payload for each channel, by its name."""
LANGUAGES_OF_HOUSE = ("en", "es", "fr")
VALUES = (
    '"en"',
    '"de"',
    '"xx"',
    '"lamp"',
    '"device"',
    '"fuzz"',
    '"question"',
    '"device-x"',
    '"cloud"',
    "[[]]",
    '"a/b"',
)


def _topic(kind: type[Payload]) -> str:
    return kind.channel.topic(
        SITE, **{part: "light" for part in ("domain", "intent", "name") if part in kind.channel.pattern}
    )


KINDS = {_topic(kind): kind for kind in PAYLOADS}


def take_payload(message: tuple[str, bytes]) -> None:
    """Read a payload, and write it again."""
    topic, content = message
    payload = KINDS[topic].from_bytes(content, topic=topic)
    written = payload.to_bytes()
    assert KINDS[topic].from_bytes(written, topic=topic) == payload
    if isinstance(payload, IntentPayload | RejectedPayload | ResultPayload):
        payload.message()


def take_message(message: tuple[str, bytes]) -> None:
    """Let a message come out of the network library, whatever its topic."""
    topic, content = message
    incoming = paho.MQTTMessage(topic=topic.encode("utf-8", "surrogatepass"))
    incoming.payload = content
    _client().connection._on_message(None, None, incoming)  # type: ignore[arg-type]


def look_at_client() -> None:
    """Raise where a message has got past what keeps the network thread alive only by its last net."""
    failed = _client().connection.counts().get("callbacks_failed", 0)
    assert not failed, "an exception that is no PayloadError; the log has it"


@cache
def _client() -> Client:
    """A client that is subscribed to everything and was never connected."""
    client = Client(MqttConfig(url="mqtt://127.0.0.1:1"), site=SITE)
    for kind in PAYLOADS:
        client.on(kind, lambda *_: None)
    return client


class Silence:
    """A voice, ears, and a network: what is not fuzzed here."""

    speaking = hears = False

    def say(self, text: str, language: str, *, on_done: Callable[[], None] | None = None) -> None:
        """Say nothing, and be done."""
        del text, language
        if on_done is not None:
            on_done()

    def earcon(self, name: str, *, on_done: Callable[[], None] | None = None) -> None:
        """The same."""
        del name
        if on_done is not None:
            on_done()

    def stop(self) -> None:
        """Nothing."""

    cancel = stop

    def open_window(self, window_ms: int | None = None) -> None:
        """Nothing."""

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Never asked."""
        raise NotImplementedError

    def stream(self, *, languages: Collection[str]) -> Stream:
        """Never asked."""
        raise NotImplementedError


@cache
def household() -> HouseholdConfig:
    """A house with a lamp, in all languages, without a broker."""
    return HouseholdConfig.model_validate(
        {
            "site": SITE,
            "rooms": {"hall": {"en": "hall"}},
            "devices": {"lamp": {"topic": "t", "room": "hall", "names": {"en": "lamp", "fr": "lampe"}}},
            "mqtt": {"url": "mqtt://127.0.0.1:1"},
            "packs": ["light", "system"],
            "dialogue": {"follow_up_ms": 3000},
            "state": Path(_folder().name),
        }
    )


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="oyez-fuzz-")


@cache
def recognizer() -> Recognizer:
    """That household's."""
    return for_household(household(), Silence())


def conversation() -> Conversation:
    """One in which nothing was said yet."""
    silence = Silence()
    started = Conversation(
        household(),
        recognizer(),
        client=_talking(),
        voice=silence,
        traces=Traces(StateFile.of(household(), "traces")),
        reporter=LogReporter(),
        counters=Counters(),
    )
    started.attach(silence)
    return started


@cache
def _talking() -> Client:
    return Client(household().mqtt, site=SITE)


def utterance() -> Utterance:
    """Something that was said."""
    return Utterance(np.zeros(160, np.int16), datetime.now(UTC), wake="push-to-talk", id=ID)


def command(language: str = "en", *, intent: str = "on", domain: str = "light") -> Interpretation:
    """What was understood of it."""
    best = Hypothesis(language, domain, intent, "turn on the lamp", {"device": "lamp"}, {"device": "lamp"}, 0.9)
    return Interpretation(ID, datetime.now(UTC), best, accepted=True, reason=None)


def take_talk(given: tuple[str, list[tuple[str, bytes]], str]) -> None:
    """Give a command, take what handlers and others send, and answer."""
    language, messages, answer = given
    talk = conversation()
    talk.answered(utterance(), command(language))
    for topic, content in messages:
        try:
            payload = KINDS[topic].from_bytes(content, topic=topic)
        except PayloadError:
            continue
        if isinstance(payload, ResultPayload):
            talk.result(payload.message())
        elif isinstance(payload, SayPayload):
            talk.say(payload)
        elif isinstance(payload, CancelPayload):
            talk.cancel(payload)
    talk.answered(utterance(), command(language, domain="dialogue", intent=answer))
    talk.answered(utterance(), command(language, domain="system", intent=answer))
    talk.tick()


def take_catalog(message: tuple[str, bytes]) -> None:
    """Fill a list of the household's with what came."""
    name, content = message
    catalog = CatalogPayload.from_bytes(content, topic=f"oyez/{SITE}/catalog/{name}")
    recognizer().interpreter.replace_catalogs({name: list_values(household(), name, catalog)})


def take_traces(content: bytes) -> None:
    """Read a file of earlier utterances, add to it, and tell of it."""
    file = StateFile.of(household(), "traces-read")
    file.path.write_bytes(content)
    traces = Traces(file)
    traces.save()
    for trace in list(traces._traces.values())[:5]:
        explained(trace)


TRACE = {
    "id": ID,
    "time": TIME,
    "session": None,
    "audio_ms": 900,
    "level_db": -30.0,
    "wake": "none",
    "compute_ms": 4.0,
    "heard": "turn",
    "threshold": 0.5,
    "accepted": True,
    "reason": None,
    "decision": "publish",
    "results": ["done"],
    "readings": [{"language": "en", "meaning": "light/on", "slots": {"a": 1}, "text": "turn", "confidence": 0.9}],
}
_BY_TOPIC = {_topic(kind): odd_json([EXAMPLES[kind.channel.name]], VALUES) for kind in PAYLOADS}
_SAID = {
    topic: odd_json([DONE, RESULT], VALUES) if kind is ResultPayload else _BY_TOPIC[topic]
    for topic, kind in KINDS.items()
    if kind in (ResultPayload, SayPayload, CancelPayload)
}
_TALK = st.tuples(
    st.sampled_from(("en", "es", "fr")),
    st.lists(on_topics(_SAID), min_size=1, max_size=3),
    st.sampled_from(("yes", "no", "choose", "correct", "undo", "again", "repeat", "help", "device")),
)
TARGETS = (
    Target("payload", on_topics(_BY_TOPIC), take_payload, (PayloadError,)),
    Target(
        "message",
        on_topics(
            _BY_TOPIC,
            strange=(f"oyez/{SITE}/result/x", "oyez//state", "\ud800", f"oyez/{SITE}/catalog/", "$SYS/a", "x" * 65535),
        ),
        take_message,
        check=look_at_client,
    ),
    Target("conversation", _TALK, take_talk, prepare=recognizer),
    Target(
        "catalog",
        st.tuples(
            st.sampled_from(("device", "room", "name", "choice", "digits", "nothing")), odd_json([CATALOG], VALUES)
        ),
        take_catalog,
        (PayloadError, SentenceError),
        prepare=recognizer,
    ),
)
