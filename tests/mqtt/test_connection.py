"""The connection against real brokers: mosquitto in its forms, one that knows 3.1.1 only, and the embedded one."""

from __future__ import annotations

import contextlib
import queue
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.config import MqttConfig
from assistant.errors import BrokerError
from assistant.mqtt import Connection, EmbeddedBroker, Incoming, Outgoing, Retry
from assistant.mqtt import connection as connections
from assistant.mqtt.broker import free_port
from assistant.mqtt.outbox import OUTBOX_MESSAGES
from assistant.mqtt.topics import MAX_PAYLOAD_BYTES
from tests.broker import PASSWORD, USER, Certificates, Link, Mosquitto, OldBroker, Peer, make_certificates

FAST = Retry(first_s=0.05, ceiling_s=0.2)
WAIT_S = 30.0


def connect(url: str, name: str = "test", **more: Any) -> Connection:
    will = more.pop("will", None)
    return Connection(MqttConfig(url=url, **more), name=name, will=will, retry=FAST)


class Inbox:
    """What arrived, in order."""

    def __init__(self) -> None:
        self._messages: queue.Queue[Incoming] = queue.Queue()

    def __call__(self, message: Incoming) -> None:
        self._messages.put(message)

    def next(self) -> Incoming:
        return self._messages.get(timeout=WAIT_S)

    def empty(self) -> bool:
        return self._messages.empty()


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + WAIT_S
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.01)


def test_round_trip_with_properties(shared_broker: Mosquitto) -> None:
    inbox = Inbox()
    with connect(shared_broker.url) as one, connect(shared_broker.url) as other:
        other.subscribe("round/trip", inbox)
        assert one.wait_ready(WAIT_S)
        assert other.wait_ready(WAIT_S)
        assert one.mqtt5
        message = Outgoing(
            "round/trip",
            b"hello",
            qos=1,
            expires=time.monotonic() + 5,
            correlation=b"id-1",
            properties=(("site", "kitchen"),),
            content_type="application/json",
        )
        one.publish(message)
        came = inbox.next()
    assert came.left_s is not None
    assert 0 < came.left_s <= 5
    assert replace(came, left_s=None) == Incoming(
        "round/trip", b"hello", qos=1, correlation=b"id-1", properties=(("site", "kitchen"),), retained=False
    )


def test_expiry_reaches_the_broker(shared_broker: Mosquitto) -> None:
    with Peer(shared_broker.port, "expiry/x") as peer, connect(shared_broker.url) as one:
        one.publish(Outgoing("expiry/x", b"1", qos=1, expires=time.monotonic() + 7.5))
        (message,) = peer.wait_for("expiry/x")
        assert 1 <= message.properties.MessageExpiryInterval <= 8


@pytest.mark.parametrize("silent", [False, True], ids=["refuses 5", "hangs up"])
def test_falls_back_to_mqtt_3(shared_broker: Mosquitto, silent: bool) -> None:
    inbox = Inbox()
    with OldBroker(shared_broker.port, silent=silent) as old, connect(old.url) as one:
        one.subscribe("old/x", inbox)
        assert one.wait_ready(WAIT_S)
        assert not one.mqtt5
        one.publish(Outgoing("old/x", b"1", qos=1, correlation=b"x", expires=time.monotonic() + 5))
        assert inbox.next() == Incoming("old/x", b"1", qos=1)
        assert old.levels == [5, 4]
        assert one.problem is None


_DOOMED = """
import sys, threading
from assistant.config import MqttConfig
from assistant.mqtt import Client
with Client(MqttConfig(url=sys.argv[1]), site="doomed"):
    threading.Event().wait()
"""


def test_last_will_when_the_process_is_killed(shared_broker: Mosquitto) -> None:
    with Peer(shared_broker.port, "oyez/doomed/status") as peer:
        process = subprocess.Popen([sys.executable, "-c", _DOOMED, shared_broker.url])
        assert peer.wait_for("oyez/doomed/status", timeout_s=WAIT_S)[0].payload == b"online"
        process.kill()
        process.wait(WAIT_S)
        assert peer.wait_for("oyez/doomed/status", count=2)[1].payload == b"offline"
    with Peer(shared_broker.port, "oyez/doomed/status") as late:
        (message,) = late.wait_for("oyez/doomed/status")
        assert (message.payload, message.retain) == (b"offline", True)


def test_no_last_will_when_we_leave(shared_broker: Mosquitto) -> None:
    will = Outgoing("will/y", b"offline", qos=1)
    with Peer(shared_broker.port, "will/#") as peer:
        with connect(shared_broker.url, will=will) as one:
            assert one.wait_ready(WAIT_S)
        peer.publish("will/end", b"")
        peer.wait_for("will/end")
        assert peer.on("will/y") == []


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_comes_back_after_the_broker(broker: Mosquitto, end: str) -> None:
    inbox = Inbox()
    welcomes: list[int] = []
    connection = connect(broker.url)
    connection.on_connected(lambda: welcomes.append(1))  # before it connects, which may be at once
    with connection as one:
        one.subscribe("back/#", inbox)
        one.publish(Outgoing("kept/state", b"idle", qos=1, retained=True))
        assert one.wait_ready(WAIT_S)
        getattr(broker, end)()
        wait_until(lambda: not one.connected)
        wait_until(lambda: one.problem is not None)
        one.publish(Outgoing("back/late", b"expired", qos=1, expires=time.monotonic() - 1))
        one.publish(Outgoing("back/lost", b"qos 0"))
        one.publish(Outgoing("back/kept", b"while away", qos=1))
        broker.start()
        assert inbox.next().payload == b"while away"
        assert one.wait_ready(WAIT_S)
        assert one.problem is None
        with Peer(broker.port, "kept/state") as peer:
            (message,) = peer.wait_for("kept/state")
            assert (message.payload, message.retain) == (b"idle", True)
            peer.publish("back/again", b"subscribed again")
        assert inbox.next().payload == b"subscribed again"
        wait_until(lambda: len(welcomes) == 2)
        counts = one.counts()
    assert (counts["connected"], counts["outbox_expired"], counts["lost"], len(welcomes)) == (2, 1, 1, 2)


def test_starts_before_the_broker(broker: Mosquitto) -> None:
    broker.stop()
    inbox = Inbox()
    with connect(broker.url) as one:
        one.subscribe("early", inbox)
        wait_until(lambda: one.problem is not None)
        one.publish(Outgoing("early", b"1", qos=1))
        broker.start()
        assert inbox.next().payload == b"1"


def test_too_many_waiting_lose_the_oldest(broker: Mosquitto) -> None:
    broker.stop()
    inbox = Inbox()
    with connect(broker.url) as one:
        one.subscribe("many", inbox)
        for number in range(OUTBOX_MESSAGES + 3):
            one.publish(Outgoing("many", str(number).encode(), qos=1))
        assert one.counts()["outbox_dropped"] == 3
        broker.start()
        assert inbox.next().payload == b"3"
        last = [inbox.next() for _ in range(OUTBOX_MESSAGES - 1)][-1]
        assert last.payload == str(OUTBOX_MESSAGES + 2).encode()


def test_nothing_is_lost_when_the_cable_is_cut(shared_broker: Mosquitto) -> None:
    """QoS 1 while the connection breaks again and again: everything arrives, some of it twice."""
    with (
        Peer(shared_broker.port, "flow") as peer,
        Link(shared_broker.port) as link,
        connect(link.url) as one,
    ):
        for cut in range(1, 4):
            assert one.wait_ready(WAIT_S)
            for number in range(60):
                one.publish(Outgoing("flow", f"{cut}-{number}".encode(), qos=1))
                if number == 30:
                    link.cut()
            wait_until(lambda cut=cut: one.counts()["connected"] == cut + 1)
        wanted = {f"{cut}-{number}".encode() for cut in range(1, 4) for number in range(60)}
        wait_until(lambda: {message.payload for message in peer.on("flow")} == wanted)


def test_what_nobody_subscribes_to_waits_until_somebody_does(shared_broker: Mosquitto) -> None:
    with connect(shared_broker.url) as one:
        assert one.wait_ready(WAIT_S)
        one.publish(Outgoing("nobody/waits", b"1", qos=1, expires=time.monotonic() + WAIT_S))
        one.publish(Outgoing("nobody/lasts", b"1", qos=1))
        wait_until(lambda: one.counts().get("untaken", 0) >= 2)
        with Peer(shared_broker.port, "nobody/#") as peer:
            peer.wait_for("nobody/waits")
            settled = one.counts()["untaken"]
            one.publish(Outgoing("nobody/last", b"1", qos=1))
            peer.wait_for("nobody/last")
            assert one.counts()["untaken"] == settled
            assert [message.topic for message in peer.messages] == ["nobody/waits", "nobody/last"]


def test_what_comes_while_we_are_cut_off_is_kept_by_the_broker(shared_broker: Mosquitto) -> None:
    inbox = Inbox()
    with Peer(shared_broker.port) as peer, Link(shared_broker.port) as link:
        slow = Connection(MqttConfig(url=link.url), name="cut", retry=Retry(first_s=0.5, ceiling_s=0.5))
        with slow as one:
            one.subscribe("cut/x", inbox)
            assert one.wait_ready(WAIT_S)
            link.cut()
            wait_until(lambda: not one.connected)
            peer.publish("cut/x", b"meanwhile")
            assert not one.connected
            assert inbox.next().payload == b"meanwhile"


def test_whoever_takes_our_name_may_keep_it(shared_broker: Mosquitto) -> None:
    with connect(shared_broker.url) as one:
        assert one.wait_ready(WAIT_S)
        ours = one._client_id
        other = Peer(shared_broker.port)
        other.client._client_id = ours.encode()
        with other:
            wait_until(lambda: one._client_id != ours)
            assert one.wait_ready(WAIT_S)
            other.publish("name/kept", b"1")
            assert other.client.is_connected()


def test_wrong_password_is_told_and_tried_again(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(PASSWORD + "\n")
    bad.write_text("wrong\n")
    with Mosquitto(tmp_path, password=True) as broker:
        with connect(broker.url, username=USER, password_file=good) as one:
            assert one.wait_ready(WAIT_S)
        for refused in ({"username": USER, "password_file": bad}, {}):
            with connect(broker.url, **refused) as one:
                wait_until(lambda one=one: one.counts().get("refused", 0) >= 2)
                assert not one.connected
                assert one.problem is not None
                assert "wrong" not in one.problem


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def test_tls_with_certificates_on_both_sides(tmp_path: Path, certificates: Certificates) -> None:
    inbox = Inbox()
    ours = {"cert_file": certificates.client, "key_file": certificates.client_key}
    with Mosquitto(tmp_path, certificates=certificates, client_certificates=True) as broker:
        with connect(broker.url, ca_file=certificates.authority, **ours) as one:
            one.subscribe("tls", inbox)
            assert one.wait_ready(WAIT_S)
            big = bytes(range(256)) * 4096  # many TLS records: none may be left in its buffer
            for _ in range(3):
                one.publish(Outgoing("tls", big, qos=1))
            assert [inbox.next().payload == big for _ in range(3)] == [True] * 3
        with connect(broker.url, ca_file=certificates.authority) as anonymous:
            wait_until(lambda: anonymous.problem is not None)
            assert not anonymous.connected


@pytest.fixture
def renewable(tmp_path: Path, certificates: Certificates) -> dict[str, Path]:
    """Our files, as copies that may be replaced."""
    given = {"ca_file": certificates.authority, "cert_file": certificates.client, "key_file": certificates.client_key}
    return {name: Path(shutil.copy(file, tmp_path)) for name, file in given.items()}


def reconnect(one: Connection, link: Link) -> None:
    """Break the connection; no attempt to come back fails."""
    connected = one.counts()["connected"]
    link.cut()
    wait_until(lambda: one.counts()["connected"] > connected)


def users(folder: Path) -> list[str]:
    """As whom clients were let in, one after the other."""
    return re.findall(r"New client connected .* u'(\w+)'", (folder / "mosquitto.log").read_text())


def test_a_certificate_that_was_renewed_is_shown_at_the_next_connection(
    tmp_path: Path, certificates: Certificates, renewable: dict[str, Path]
) -> None:
    identity = {"client_certificates": True, "settings": "use_identity_as_username true"}
    with (
        Mosquitto(tmp_path, certificates=certificates, **identity) as broker,
        Link(broker.port) as link,
        connect(f"mqtts://localhost:{link.port}", **renewable) as one,
    ):
        for file, name in (
            (certificates.server, "cert_file"),
            (certificates.server_key, "key_file"),
            (certificates.client_key, "key_file"),  # half of the next pair: the one before does
        ):
            assert one.wait_ready(WAIT_S)
            shutil.copy(file, renewable[name])
            if name == "key_file":
                reconnect(one, link)
    assert users(tmp_path) == ["client", "server", "server"]


def test_an_authority_that_was_taken_away_is_believed_no_more(
    tmp_path: Path, certificates: Certificates, renewable: dict[str, Path]
) -> None:
    (tmp_path / "other").mkdir()
    with (
        Mosquitto(tmp_path, certificates=certificates) as broker,
        Link(broker.port) as link,
        connect(f"mqtts://localhost:{link.port}", **renewable) as one,
    ):
        assert one.wait_ready(WAIT_S)
        shutil.copy(make_certificates(tmp_path / "other").authority, renewable["ca_file"])
        link.cut()
        wait_until(lambda: "mqtt.ca_file" in (one.problem or ""))
        assert one.counts()["connected"] == 1


def test_tls_with_password(tmp_path: Path, certificates: Certificates) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    with (
        Mosquitto(tmp_path, certificates=certificates, password=True) as broker,
        connect(broker.url, ca_file=certificates.authority, username=USER, password_file=password) as one,
    ):
        assert one.wait_ready(WAIT_S)


def test_a_broker_that_nobody_vouches_for(tmp_path: Path, certificates: Certificates) -> None:
    with Mosquitto(tmp_path, certificates=certificates) as broker, connect(broker.url) as one:
        wait_until(lambda: one.problem is not None)
        assert not one.connected


def test_unix_socket(tmp_path: Path) -> None:
    inbox = Inbox()
    with Mosquitto(tmp_path, socket_path=tmp_path / "s") as broker, connect(broker.url) as one:
        one.subscribe("unix", inbox)
        assert one.wait_ready(WAIT_S)
        one.publish(Outgoing("unix", b"1", qos=1))
        assert inbox.next().payload == b"1"


@pytest.mark.parametrize(
    "broken",
    [
        {"password_file": "missing", "username": "me"},
        {"password_file": "empty", "username": "me"},
        {"password_file": "good"},
        {"url": "mqtts://x", "ca_file": "missing"},
        {"url": "mqtts://x", "ca_file": "good"},
        {"url": "mqtts://x", "cert_file": "good"},
        {"url": "mqtts://x", "cert_file": "good", "key_file": "good"},
        {"url": "mqtt://user:pw@x"},
    ],
    ids=str,
)
def test_files_that_cannot_be_used(tmp_path: Path, broken: dict[str, str]) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "good").write_text("secret\n")
    paths = {key: tmp_path / value if key.endswith("_file") else value for key, value in broken.items()}
    with pytest.raises(BrokerError) as caught:
        Connection(MqttConfig(**{"url": "mqtt://x", **paths}), name="x")
    assert "mqtt." in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_exception_in_a_callback_ends_there(shared_broker: Mosquitto) -> None:
    inbox = Inbox()
    with connect(shared_broker.url) as one:
        one.subscribe("fails/x", lambda _: 1 / 0)
        one.subscribe("fails/x", inbox)
        assert one.wait_ready(WAIT_S)
        for number in range(3):
            one.publish(Outgoing("fails/x", str(number).encode(), qos=1))
        assert [inbox.next().payload for _ in range(3)] == [b"0", b"1", b"2"]
        assert one.counts()["callbacks_failed"] == 3
        assert one.counts()["connected"] == 1


def test_a_broker_that_talks_nonsense() -> None:
    """What is no MQTT ends the attempt, not the thread."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        tries: list[int] = []

        def babble() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = server.accept()
                    tries.append(1)
                    client.recv(1000)
                    client.sendall(b"\x20\xff\xff\xff\xff\xff HTTP/1.1 400 Bad Request\r\n" * 10)
                    client.close()

        thread = threading.Thread(target=babble, daemon=True)
        thread.start()
        with connect(f"mqtt://127.0.0.1:{server.getsockname()[1]}") as one:
            wait_until(lambda: len(tries) >= 4)
            assert not one.connected
            assert one.problem is not None
        server.shutdown(socket.SHUT_RDWR)
    thread.join(WAIT_S)


def test_a_broker_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNACK_TIMEOUT_S", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        connect(f"mqtt://127.0.0.1:{server.getsockname()[1]}") as one,
    ):
        wait_until(lambda: one.problem is not None)
        assert "no answer" in str(one.problem)


def test_leaving_while_the_broker_is_away_is_quick() -> None:
    with connect(f"mqtt://127.0.0.1:{free_port()}") as one:
        one.publish(Outgoing("x", b"1", qos=1))
        wait_until(lambda: one.problem is not None)
        began = time.monotonic()
    assert time.monotonic() - began < 1


def test_what_was_published_last_still_goes_out(shared_broker: Mosquitto) -> None:
    with Peer(shared_broker.port, "last/x") as peer:
        with connect(shared_broker.url) as one:
            assert one.wait_ready(WAIT_S)
            for number in range(50):
                one.publish(Outgoing("last/x", str(number).encode(), qos=1))
        assert len(peer.wait_for("last/x", count=50)) == 50


def test_waits_grow_up_to_the_ceiling() -> None:
    retry = Retry(first_s=1, ceiling_s=30)
    assert [retry.wait_s(failures, chance=0) for failures in (1, 2, 3, 5, 6, 1000)] == [1, 2, 4, 16, 30, 30]
    assert retry.wait_s(6, chance=1) == pytest.approx(24)


# The embedded broker.


def test_embedded_round_trip_large_and_retained() -> None:
    inbox = Inbox()
    with EmbeddedBroker(0) as broker, connect(broker.url) as one:
        one.subscribe("big", inbox)
        one.publish(Outgoing("kept", b"1", qos=1, retained=True))
        assert one.wait_ready(WAIT_S)
        big = b"z" * MAX_PAYLOAD_BYTES
        one.publish(Outgoing("big", big, qos=1))
        assert inbox.next().payload == big
        with Peer(broker.port, "kept", mqtt5=False) as peer:
            (message,) = peer.wait_for("kept")
            assert (message.payload, message.retain) == (b"1", True)


def test_embedded_listens_on_localhost_only() -> None:
    with EmbeddedBroker(0) as broker:
        listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
        addresses = {line.split()[1] for line in listening if line.split()[3] == "0A"}
        assert f"0100007F:{broker.port:04X}" in addresses
        assert f"00000000:{broker.port:04X}" not in addresses


def test_embedded_port_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BrokerError) as caught, EmbeddedBroker(port):
            pass
        assert str(port) in str(caught.value)


def test_embedded_dies_and_is_revived() -> None:
    inbox = Inbox()
    with EmbeddedBroker(0) as broker, connect(broker.url) as one:
        one.subscribe("alive", inbox)
        one.publish(Outgoing("state", b"idle", qos=0, retained=True))
        assert one.wait_ready(WAIT_S)
        assert not broker.revive()
        broker._broker._process.kill()
        wait_until(lambda: not broker.running)
        wait_until(lambda: not one.connected)
        assert broker.revive()
        assert one.wait_ready(WAIT_S)
        one.publish(Outgoing("alive", b"1", qos=1))
        assert inbox.next().payload == b"1"
        with Peer(broker.port, "state", mqtt5=False) as peer:  # rumqttd had forgotten it
            assert peer.wait_for("state")[0].payload == b"idle"


def test_embedded_leaves_nothing_behind() -> None:
    with EmbeddedBroker(0) as broker:
        port, folder = broker.port, Path(broker._folder.name)
    assert not folder.exists()
    with socket.create_server(("127.0.0.1", port)):
        pass
