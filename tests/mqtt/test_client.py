"""The contract on a real broker: what is published and how, and everything that must not get through."""

from __future__ import annotations

import itertools
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.config import MqttConfig
from assistant.errors import PayloadError
from assistant.messages import Hypothesis, Interpretation
from assistant.mqtt import (
    PAYLOADS,
    CancelPayload,
    CatalogPayload,
    Client,
    Gate,
    IntentPayload,
    ListenPayload,
    MutePayload,
    Payload,
    RejectedPayload,
    ReplyPayload,
    ResultPayload,
    Retry,
    SayPayload,
    StatePayload,
    TimersPayload,
)
from assistant.mqtt.gate import Expiry
from tests.broker import Mosquitto, OldBroker, Peer

WAIT_S = 30.0
NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
FAST = Retry(first_s=0.05, ceiling_s=0.2)
INCOMING = [kind for kind in PAYLOADS if kind.channel.direction == "in"]
EXAMPLES: dict[type[Payload], dict[str, Any]] = {
    ResultPayload: {"id": "r", "ok": True, "code": "done"},
    ListenPayload: {"window_ms": 3000},
    SayPayload: {"text": "hello"},
    CancelPayload: {},
    MutePayload: {"muted": True},
    CatalogPayload: {"values": [{"in": "jazz", "out": "genre:jazz", "language": "en"}]},
    TimersPayload: {"timers": [{"key": 1, "state": "paused", "length_s": 60, "remaining_s": 30}]},
}

_sites = itertools.count()


class Ears:
    """A client and what it took."""

    def __init__(self, client: Client, site: str, port: int) -> None:
        self.client, self.site, self.port = client, site, port
        self.taken: queue.Queue[tuple[Payload, dict[str, str]]] = queue.Queue()

    def hear(self, *kinds: type[Payload]) -> None:
        for kind in kinds:
            self.client.on(kind, lambda payload, parts: self.taken.put((payload, dict(parts))))
        assert self.client.connection.wait_ready(WAIT_S)

    def next(self) -> tuple[Payload, dict[str, str]]:
        return self.taken.get(timeout=WAIT_S)

    def topic(self, kind: type[Payload]) -> str:
        return f"oyez/{self.site}/{kind.channel.pattern.format(name='artists')}"


@pytest.fixture
def ears(shared_broker: Mosquitto) -> Iterator[Ears]:
    site = f"client-{next(_sites)}"
    with Client(MqttConfig(url=shared_broker.url), site=site, room="hall", clock=lambda: NOW, retry=FAST) as client:
        assert client.connection.wait_ready(WAIT_S)
        yield Ears(client, site, shared_broker.port)


@pytest.fixture
def peer(shared_broker: Mosquitto, ears: Ears) -> Iterator[Peer]:
    with Peer(shared_broker.port, f"oyez/{ears.site}/#") as one:
        yield one


def understood(**change: Any) -> Interpretation:
    best = Hypothesis("fr", "light", "on", "allume la cuisine", {"room": "kitchen"}, {"room": "cuisine"}, 0.9)
    return Interpretation("id-1", NOW, best, **{"accepted": True, "reason": None, **change})


def test_an_intent_as_integrators_see_it(ears: Ears, peer: Peer) -> None:
    returned = ears.client.publish_interpretation(understood(), session="s-1")
    (message,) = peer.wait_for(f"oyez/{ears.site}/intent/light/on")
    body = json.loads(message.payload)
    assert body == {
        "version": 1,
        "id": "id-1",
        "site": ears.site,
        "room": "hall",
        "session": "s-1",
        "time": "2026-01-01T12:00:00Z",
        "source": "device",
        "language": "fr",
        "domain": "light",
        "intent": "on",
        "text": "allume la cuisine",
        "slots": {"room": "kitchen"},
        "spoken": {"room": "cuisine"},
        "confidence": 0.9,
        "accepted": True,
        "reason": None,
        "alternatives": [],
        "heard": "",
        "audio_ms": 0,
        "compute_ms": 0.0,
        "expires": "2026-01-01T12:00:10Z",
    }
    assert IntentPayload.from_bytes(message.payload, topic=message.topic) == returned
    properties = message.properties
    assert (message.qos, message.retain) == (1, False)
    assert properties.CorrelationData == b"id-1"
    assert properties.ContentType == "application/json"
    assert ("language", "fr") in properties.UserProperty
    assert 1 <= properties.MessageExpiryInterval <= 10


def test_a_rejection_goes_to_rejected_only(ears: Ears, peer: Peer) -> None:
    ears.client.publish_interpretation(understood(accepted=False, reason="low-confidence"))
    (message,) = peer.wait_for(f"oyez/{ears.site}/rejected")
    payload = RejectedPayload.from_bytes(message.payload, topic=message.topic)
    assert (payload.reason, payload.intent, payload.accepted) == ("low-confidence", "on", False)
    assert peer.on("oyez/+/intent/#") == []


def test_status_and_state_are_retained_and_reply_is_not(ears: Ears, peer: Peer) -> None:
    ears.client.publish(StatePayload(state="listening"))
    ears.client.publish(ReplyPayload(site=ears.site, text="Voilà.", language="fr"))
    peer.wait_for(f"oyez/{ears.site}/reply")
    with Peer(ears.port, f"oyez/{ears.site}/#") as late:
        (status,) = late.wait_for(f"oyez/{ears.site}/status")
        (state,) = late.wait_for(f"oyez/{ears.site}/state")
        assert (status.payload, status.retain) == (b"online", True)
        assert (json.loads(state.payload)["state"], state.retain) == ("listening", True)
        assert late.on("oyez/+/reply") == []


def test_leaving_says_offline(shared_broker: Mosquitto) -> None:
    with Peer(shared_broker.port, "oyez/leaver/status") as peer:
        with Client(MqttConfig(url=shared_broker.url), site="leaver") as client:
            assert client.connection.wait_ready(WAIT_S)
            peer.wait_for("oyez/leaver/status")
        words = [message.payload for message in peer.wait_for("oyez/leaver/status", count=2)]
    assert words == [b"online", b"offline"]


def test_too_long_is_not_published(ears: Ears) -> None:
    with pytest.raises(PayloadError):
        ears.client.publish(
            ReplyPayload(site=ears.site, text="x" * 4096, language="fr", id="é" * 128).model_copy(
                update={"text": "x" * 20_000}
            )
        )


def test_every_incoming_topic_has_an_example() -> None:
    assert set(EXAMPLES) == set(INCOMING)


@pytest.mark.parametrize("kind", INCOMING, ids=lambda kind: kind.__name__)
def test_what_is_good_comes_and_what_is_bad_does_not(ears: Ears, peer: Peer, kind: type[Payload]) -> None:
    """Junk of every kind on the topic, then something good: only that arrives, and the connection stands."""
    ears.hear(kind)
    topic = ears.topic(kind)
    good = json.dumps(EXAMPLES[kind]).encode()
    bad = [
        b"\xff\x00",
        b"no json",
        b"[]",
        b"17",
        b'{"unknown_field": 1}',
        b'{"id": 5}',
        good + b"}",
        b"{" * 5000,
        b" " * (kind.channel.limit_bytes + 1),
    ]
    for payload in bad:
        peer.publish(topic, payload)
    peer.publish(topic, good)
    payload, parts = ears.next()
    assert payload == kind.from_bytes(good, topic=topic)
    assert parts["site"] == ears.site
    assert ears.taken.empty()
    counts = ears.client.connection.counts()
    assert counts["malformed"] == len(bad)
    assert counts["connected"] == 1
    assert "callbacks_failed" not in counts


def test_topics_beside_the_contract_are_not_heard(ears: Ears, peer: Peer) -> None:
    ears.hear(*INCOMING)
    for topic in ("say/more", "catalog", "catalog/a/b", "nothing"):
        peer.publish(f"oyez/{ears.site}/{topic}", b'{"text": "x"}')
    peer.publish("oyez/another-site/say", b'{"text": "x"}')
    peer.publish(ears.topic(SayPayload), b'{"text": "last"}')
    payload, _ = ears.next()
    assert payload == SayPayload(text="last")


def test_the_catalog_says_its_name_and_can_be_emptied(ears: Ears, peer: Peer) -> None:
    peer.publish(ears.topic(CatalogPayload), json.dumps(EXAMPLES[CatalogPayload]), retain=True)
    ears.hear(CatalogPayload)
    payload, parts = ears.next()
    assert parts == {"site": ears.site, "name": "artists"}
    assert [(value.said, value.value) for value in payload.values] == [("jazz", "genre:jazz")]
    peer.publish(ears.topic(CatalogPayload), b"", retain=True)
    assert ears.next()[0] == CatalogPayload()


def test_commands_are_acted_on_once(ears: Ears, peer: Peer) -> None:
    ears.hear(SayPayload, CancelPayload)
    for text, identifier in (("one", "a"), ("again", "a"), ("two", "b"), ("no id", None), ("no id", None)):
        peer.publish(ears.topic(SayPayload), SayPayload(text=text, id=identifier).to_bytes())
    said = [ears.next()[0].text for _ in range(4)]
    assert said == ["one", "two", "no id", "no id"]
    assert ears.client.connection.counts()["repeated"] == 1


def test_commands_that_come_late_are_dropped(ears: Ears, peer: Peer) -> None:
    ears.hear(SayPayload)
    for text, late_s in (("late", 1), ("just late", 0), ("in time", -1)):
        payload = SayPayload(text=text, id=text, expires=NOW - timedelta(seconds=late_s))
        peer.publish(ears.topic(SayPayload), payload.to_bytes())
    assert ears.next()[0].text == "in time"
    assert ears.client.connection.counts()["expired"] == 2


def test_a_command_that_someone_retained_is_old(ears: Ears, peer: Peer) -> None:
    peer.publish(ears.topic(MutePayload), b'{"muted": true}', retain=True)
    ears.hear(MutePayload)
    peer.publish(ears.topic(MutePayload), b'{"muted": false}')
    assert ears.next()[0] == MutePayload(muted=False)
    assert ears.client.connection.counts()["retained"] == 1
    peer.publish(ears.topic(MutePayload), b"", retain=True)


def test_the_contract_without_mqtt_5(shared_broker: Mosquitto) -> None:
    with (
        OldBroker(shared_broker.port) as old,
        Client(MqttConfig(url=old.url), site="old-site", retry=FAST) as client,
        Peer(shared_broker.port, "oyez/old-site/#", mqtt5=False) as peer,
    ):
        ears = Ears(client, "old-site", shared_broker.port)
        ears.hear(SayPayload)
        peer.publish("oyez/old-site/say", b'{"text": "hi"}')
        assert ears.next()[0] == SayPayload(text="hi")
        client.publish_interpretation(understood())
        (message,) = peer.wait_for("oyez/old-site/intent/light/on")
        assert IntentPayload.from_bytes(message.payload, topic=message.topic).id == "id-1"


def test_an_intent_that_waited_too_long_for_the_broker_is_not_sent(broker: Mosquitto) -> None:
    with Client(MqttConfig(url=broker.url, expiry_s=1), site="slow", retry=FAST) as client:
        assert client.connection.wait_ready(WAIT_S)
        broker.kill()
        wait_until(lambda: not client.connection.connected)
        client.publish_interpretation(understood())
        expired = time.monotonic() + 1
        wait_until(lambda: time.monotonic() > expired)
        broker.start()
        assert client.connection.wait_ready(WAIT_S)
        with Peer(broker.port, "oyez/slow/#") as peer:
            client.publish(ReplyPayload(site="slow", text="end", language="en"))
            peer.wait_for("oyez/slow/reply")
            assert peer.on("oyez/slow/intent/#") == []
        assert client.connection.counts()["outbox_expired"] == 1


def wait_until(true: Callable[[], bool]) -> None:
    deadline, tick = time.monotonic() + WAIT_S, threading.Event()
    while not true():
        assert time.monotonic() < deadline
        tick.wait(0.02)


class Clocks:
    """A clock that can be put right, and one that cannot."""

    def __init__(self) -> None:
        self.elapsed, self.offset = 1000.0, 0.0
        self.expiry = Expiry(lambda: self.shown(0), monotonic=lambda: self.elapsed)
        self.gate = Gate(monotonic=lambda: self.elapsed)
        self._ids = itertools.count()

    def shown(self, in_s: float) -> datetime:
        """What the clock shows in so many seconds."""
        return NOW + timedelta(seconds=self.elapsed + self.offset + in_s)

    def judge(self, expires: datetime, *, left_s: float | None = None) -> str:
        return self.gate.judge(str(next(self._ids)), self.expiry.deadline(expires, left_s=left_s))


@pytest.mark.parametrize("jump_s", [57 * 365 * 86_400, 86_400, -3600], ids=["from 1970", "a day", "back"])
def test_a_clock_that_is_put_right_makes_no_command_old(jump_s: float) -> None:
    """As NTP does on a Raspberry Pi, which has no clock of its own."""
    clocks = Clocks()
    assert clocks.judge(clocks.shown(10)) == "fresh"
    asked, old = clocks.shown(10), clocks.shown(-1)
    clocks.offset += jump_s
    clocks.elapsed += 0.1
    assert clocks.judge(asked) == "fresh"
    assert clocks.judge(clocks.shown(10)) == "fresh"
    if jump_s > 0:
        assert clocks.judge(old) == "expired"
        assert clocks.judge(clocks.shown(-1)) == "expired"
        clocks.elapsed += 11
        assert clocks.judge(asked) == "expired"


@pytest.mark.parametrize("jumps", [1, 2, 5])
@pytest.mark.parametrize("jump_s", [1.8e9, 20, -20, -3600], ids=["from 1970", "20 s", "20 s back", "an hour back"])
def test_a_broker_that_counts_is_believed_rather_than_a_clock_that_jumps(jump_s: float, jumps: int) -> None:
    clocks = Clocks()
    asked = clocks.shown(10)
    for _ in range(jumps):
        clocks.offset += jump_s
        clocks.elapsed += 1
    assert clocks.judge(asked, left_s=10 - jumps) == "fresh"
    deadline = clocks.expiry.deadline(asked, left_s=10 - jumps)
    clocks.elapsed += 10 - jumps + 0.1
    assert clocks.gate.judge("waited", deadline) == "expired"


def test_a_clock_that_jumped_and_came_back_is_not_believed() -> None:
    clocks = Clocks()
    for jump_s in (20, -20):
        clocks.offset += jump_s
        asked = clocks.shown(-10)
        clocks.elapsed += 1
        clocks.expiry.look()
    assert clocks.judge(asked, left_s=9) == "fresh"


@pytest.mark.parametrize(
    ("by_clock_s", "left_s", "deadline_s"),
    [
        pytest.param(9.2, 10, 9.2, id="the exact time, for MQTT counts whole seconds"),
        pytest.param(30, 10, 10, id="published by a clock that is ahead"),
        pytest.param(-0.3, 1, -0.3, id="just too late"),
        pytest.param(-20, 10, -20, id="hung in a network that swallows packets"),
        pytest.param(-3600, 10, 10, id="published by a clock that is behind"),
    ],
)
def test_what_the_clock_says_and_what_the_broker_counts(by_clock_s: float, left_s: float, deadline_s: float) -> None:
    clocks = Clocks()
    deadline = clocks.expiry.deadline(clocks.shown(by_clock_s), left_s=left_s)
    assert deadline == pytest.approx(clocks.elapsed + deadline_s)


def test_what_does_not_expire_has_no_deadline() -> None:
    assert Clocks().expiry.deadline(None, left_s=3) is None


def test_the_brokers_count_arrives(ears: Ears, shared_broker: Mosquitto) -> None:
    taken: queue.Queue[float | None] = queue.Queue()
    ears.client.on_expiring(IntentPayload, lambda _, __, deadline: taken.put(deadline), domain="light")
    assert ears.client.connection.wait_ready(WAIT_S)
    # Published by a clock that is a year behind.
    behind = NOW - timedelta(days=365)
    config = MqttConfig(url=shared_broker.url, expiry_s=20)
    with Client(config, site=ears.site, name="behind", clock=lambda: behind, retry=FAST) as publisher:
        began = time.monotonic()
        publisher.publish_interpretation(understood())
        deadline = taken.get(timeout=WAIT_S)
    assert deadline is not None
    assert began + 15 < deadline <= time.monotonic() + 20


def test_gate() -> None:
    elapsed = [1000.0]
    gate = Gate(remembered=2, monotonic=lambda: elapsed[0])
    soon = elapsed[0] + 10
    assert [gate.judge("a", soon), gate.judge("a", soon), gate.judge(None, None)] == ["fresh", "repeated", "fresh"]
    elapsed[0] = soon
    assert [gate.judge("b", soon), gate.judge("a", soon), gate.judge("b", None)] == ["expired", "repeated", "fresh"]
    assert gate.judge("c", None) == "fresh"
    assert gate.judge("a", None) == "fresh"  # forgotten: two are remembered
