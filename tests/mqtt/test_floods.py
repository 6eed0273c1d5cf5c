"""Whoever sends too much, too long or too often is dropped, counted, and told of once."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Iterator

import pytest

from assistant.config import MqttConfig
from assistant.mqtt import (
    CancelPayload,
    CatalogPayload,
    Client,
    EmbeddedBroker,
    ListenPayload,
    MutePayload,
    Payload,
    SayPayload,
)
from assistant.mqtt.topics import MAX_PAYLOAD_BYTES
from tests.broker import Mosquitto, Peer

WAIT_S = 30.0
_sites = itertools.count()
BODIES: dict[type[Payload], bytes] = {
    ListenPayload: b"{}",
    SayPayload: b'{"text": "hello"}',
    CancelPayload: b"{}",
    MutePayload: b'{"muted": false}',
    CatalogPayload: b'{"values": [{"in": "jazz"}]}',
}


@pytest.fixture
def client(shared_broker: Mosquitto) -> Iterator[Client]:
    with Client(MqttConfig(url=shared_broker.url), site=f"flood-{next(_sites)}") as one:
        yield one


@pytest.fixture
def peer(shared_broker: Mosquitto) -> Iterator[Peer]:
    with Peer(shared_broker.port) as one:
        yield one


def wait_until_count(client: Client, what: str, count: int) -> None:
    deadline = time.monotonic() + WAIT_S
    pause = threading.Event()
    while client.connection.counts().get(what, 0) < count:
        assert time.monotonic() < deadline, client.connection.counts()
        pause.wait(0.01)


@pytest.mark.parametrize("kind", BODIES)
def test_requests_are_taken_so_often_in_a_minute(
    kind: type[Payload], client: Client, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    most = kind.channel.per_minute
    assert most is not None
    taken: queue.Queue[Payload] = queue.Queue()
    client.on(kind, lambda payload, _: taken.put(payload))
    assert client.connection.wait_ready(WAIT_S)
    topic = kind.channel.topic(client._site, **({"name": "artist"} if kind is CatalogPayload else {}))
    with caplog.at_level(logging.INFO, logger="assistant.mqtt.client"):
        began = time.monotonic()
        for _ in range(most + 40):
            peer.client.publish(topic, BODIES[kind], qos=1)
        wait_until_count(client, "limited", 1)
        while taken.qsize() + client.connection.counts()["limited"] < most + 40:
            assert time.monotonic() < began + WAIT_S
    refilled = (time.monotonic() - began) * most / 60
    assert most <= taken.qsize() <= most + refilled + 1
    told = [record for record in caplog.records if "a minute" in record.getMessage()]
    assert len(told) == 1


def test_catalogs_are_taken_so_long_in_a_minute(client: Client, peer: Peer) -> None:
    taken: queue.Queue[Payload] = queue.Queue()
    client.on(CatalogPayload, lambda payload, _: taken.put(payload))
    assert client.connection.wait_ready(WAIT_S)
    large = b'{"values": []}' + b" " * (MAX_PAYLOAD_BYTES - 14)
    began = time.monotonic()
    for number in range(12):
        peer.publish(f"oyez/{client._site}/catalog/list-{number}", large)
    wait_until_count(client, "limited", 1)
    whole = CatalogPayload.channel.bytes_per_minute
    assert whole is not None
    while taken.qsize() + client.connection.counts()["limited"] < 12:
        assert time.monotonic() < began + WAIT_S
    assert taken.qsize() <= whole / MAX_PAYLOAD_BYTES * (1 + (time.monotonic() - began) / 60)


def test_a_catalog_of_too_many_values_is_dropped(client: Client, peer: Peer) -> None:
    taken: queue.Queue[Payload] = queue.Queue()
    client.on(CatalogPayload, lambda payload, _: taken.put(payload))
    assert client.connection.wait_ready(WAIT_S)
    values = b",".join([b'{"in":"a"}'] * 100_001)
    assert len(values) < MAX_PAYLOAD_BYTES
    peer.publish(f"oyez/{client._site}/catalog/artist", b'{"values":[' + values + b"]}")
    wait_until_count(client, "malformed", 1)
    assert taken.empty()


def test_a_message_beyond_measure_does_not_reach_us(client: Client, peer: Peer) -> None:
    came: queue.Queue[bytes] = queue.Queue()
    client.connection.subscribe("beyond/measure", lambda message: came.put(message.payload))
    assert client.connection.wait_ready(WAIT_S)
    peer.publish("beyond/measure", b"x" * (MAX_PAYLOAD_BYTES + 100_000))
    peer.publish("beyond/measure", b"x" * MAX_PAYLOAD_BYTES)
    assert len(came.get(timeout=WAIT_S)) == MAX_PAYLOAD_BYTES
    assert came.empty()
    assert client.connection.counts()["connected"] == 1


def test_the_embedded_broker_takes_no_message_beyond_measure() -> None:
    with EmbeddedBroker(0) as broker, Peer(broker.port, "beyond/#", mqtt5=False) as listening:
        with Peer(broker.port, mqtt5=False) as flooding:
            flooding.client.publish("beyond/measure", b"x" * (MAX_PAYLOAD_BYTES + 200_000), 1)
            with Peer(broker.port, mqtt5=False) as other:
                other.publish("beyond/others", b"1")
        listening.wait_for("beyond/others")
        assert listening.on("beyond/measure") == []
