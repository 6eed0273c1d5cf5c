"""The broker that deploy/mosquitto sets up: who may do what, and who is not let in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from assistant.config import HouseholdConfig, MqttConfig
from assistant.messages import Hypothesis, Interpretation
from assistant.mqtt import Client, Connection, Incoming, IntentPayload, Outgoing, Retry, SayPayload
from handlers import registry
from tests.broker import Peer
from tests.deploy.house_broker import OBSERVER, ROLES, HouseBroker, certify, password_of

WAIT_S = 30.0
FAST = Retry(first_s=0.05, ceiling_s=0.2)
OWN = ("status", "state", "heard", "partial", "intent/light/on", "rejected", "reply", "health")
REQUESTS = ("listen", "say", "cancel", "mute", "catalog/artist")
CONTRACT = (*OWN, *REQUESTS, "result", "timers")
COMMANDS = ("zigbee2mqtt/lamp/set", "cmnd/plug/POWER")
STATES = ("zigbee2mqtt/lamp", "stat/plug/RESULT", "tele/plug/LWT")
INTENT = "oyez/kitchen/intent"
"""In MQTT `intent/#` is this as well."""
OTHERS = ("homeassistant/x", "oyez", "oyez/kitchen", INTENT, "oyez/kitchen/secret", "test/x")


def of(site: str, *topics: str) -> set[str]:
    return {f"oyez/{site}/{topic}" for topic in topics}


def everywhere(*topics: str) -> set[str]:
    return of("kitchen", *topics) | of("bedroom", *topics)


EVERY_TOPIC = everywhere(*CONTRACT) | {*COMMANDS, *STATES, *OTHERS}
FROM_HANDLERS = ("result", "say", "catalog/artist", "timers")
TO_ASSISTANT = ("result", *REQUESTS)
ABOUT_ITSELF = ("status", "state", "partial", "health")
"""What `oyez status` and `oyez doctor` read back."""
MAY_WRITE = {
    "oyez": everywhere(*OWN, *FROM_HANDLERS) | {INTENT, *COMMANDS, "zigbee2mqtt/lamp"},
    "assistant": everywhere(*OWN) | {INTENT},
    "handlers": everywhere(*FROM_HANDLERS) | {*COMMANDS, "zigbee2mqtt/lamp"},
    "microphone": of("bedroom", *OWN),
    "listener": set(),
    "installer": everywhere(*REQUESTS),
    "devices": {*COMMANDS, *STATES} - {"cmnd/plug/POWER"},
}
MAY_READ = {
    "oyez": everywhere(*TO_ASSISTANT, *ABOUT_ITSELF, "intent/light/on", "timers") | {INTENT, *COMMANDS, *STATES},
    "assistant": everywhere(*TO_ASSISTANT, *ABOUT_ITSELF),
    "handlers": everywhere("intent/light/on", "state", "status", "catalog/artist", "timers")
    | {INTENT, *COMMANDS, *STATES},
    "microphone": of("bedroom", *TO_ASSISTANT, *ABOUT_ITSELF),
    "listener": everywhere(*CONTRACT) | {"oyez", "oyez/kitchen", INTENT, "oyez/kitchen/secret"},
    "installer": everywhere(*CONTRACT) | {"oyez", "oyez/kitchen", INTENT, "oyez/kitchen/secret"},
    "devices": {*COMMANDS, "zigbee2mqtt/lamp"},
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HouseBroker]:
    with HouseBroker(tmp_path_factory.mktemp("house")) as broker:
        yield broker


def user(house: HouseBroker, name: str, *subscriptions: str) -> Peer:
    """Another program of the house, with a role."""
    peer = Peer(house.port, *subscriptions)
    peer.client.username_pw_set(name, password_of(name))
    return peer


def wait_until(true: Callable[[], Any], what: Callable[[], object] = lambda: "") -> None:
    deadline = time.monotonic() + WAIT_S
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, what()
        pause.wait(0.02)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_write(house: HouseBroker, role: str) -> None:
    with user(house, OBSERVER, "#") as observer, user(house, role) as one:
        for topic in sorted(EVERY_TOPIC):
            one.publish(topic, role)
        observer.publish("end", "")
        observer.wait_for("end")
        written = {message.topic for message in observer.messages if message.payload == role.encode()}
    assert written == MAY_WRITE[role]


@pytest.mark.parametrize("role", ROLES)
def test_who_may_read(house: HouseBroker, role: str) -> None:
    with user(house, role, "#", "oyez/#", "oyez/+/intent/#") as one, user(house, OBSERVER) as observer:
        for topic in sorted(EVERY_TOPIC):
            observer.publish(topic, f"for {role}")
        last = min(MAY_READ[role])
        observer.publish(last, "the end")  # comes behind all that came before
        wait_until(lambda: any(message.payload == b"the end" for message in one.on(last)))
        read = {message.topic for message in one.messages if message.payload == f"for {role}".encode()}
    assert read == MAY_READ[role]


STRANGERS = {
    "nobody": (None, None),
    "a wrong password": ("oyez", "wrong"),
    "another's password": ("oyez", password_of("listener")),
    "an unknown user": ("root", password_of("oyez")),
}


@pytest.mark.parametrize(("name", "password"), STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311], ids=["5", "3.1.1"])
def test_strangers_are_not_let_in(
    house: HouseBroker, name: str | None, password: str | None, version: MQTTProtocolVersion
) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=version)
    reasons: list[Any] = []
    client.on_connect = lambda _, __, ___, reason, ____: reasons.append(reason)
    if name is not None:
        client.username_pw_set(name, password)
    client.connect("127.0.0.1", house.port)
    client.loop_start()
    wait_until(lambda: reasons)
    client.loop_stop()
    assert reasons[0].is_failure


def test_a_refusal_to_publish_is_told(house: HouseBroker, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(password_of("listener"))
    config = MqttConfig(url=f"mqtt://localhost:{house.port}", username="listener", password_file=password)
    with Client(config, site="kitchen", announce=False, retry=FAST) as client:
        assert client.connection.wait_ready(WAIT_S)
        for _ in range(3):
            client.publish(SayPayload(text="hello"))
        wait_until(lambda: client.connection.counts().get("publications_refused", 0) == 3)
        wait_until(lambda: "access rules" in caplog.text)
    told = [record.getMessage() for record in caplog.records if "access rules" in record.getMessage()]
    assert told == ["the broker refuses what we publish on oyez/kitchen/say; look at its access rules"]


# By certificate.


def come(house: HouseBroker, name: str = "oyez", *, keys: Path | None = None, **other: Any) -> Connection:
    """The assistant's own connection, as the certificate's `name`."""
    keys = keys or house.keys
    settings: dict[str, Any] = {
        "url": f"mqtts://localhost:{house.tls_port}",
        "ca_file": house.keys / "ca.crt",
        "cert_file": keys / f"{name}.crt",
        "key_file": keys / f"{name}.key",
        **other,
    }
    return Connection(MqttConfig(**settings), name="test", retry=FAST)


def test_a_certificate_is_its_user(house: HouseBroker) -> None:
    certify(house.keys, "client", "oyez")
    certify(house.keys, "client", "listener")
    came: list[Incoming] = []
    with come(house) as assistant, come(house, "listener") as listener:
        listener.subscribe("oyez/#", came.append)
        assert assistant.wait_ready(WAIT_S)
        assert listener.wait_ready(WAIT_S)
        listener.publish(Outgoing("oyez/kitchen/intent/light/on", b"forged", qos=1))
        wait_until(lambda: listener.counts().get("publications_refused") == 1)
        assistant.publish(Outgoing("oyez/kitchen/intent/light/on", b"said", qos=1))
        wait_until(lambda: came)
    assert [message.payload for message in came] == [b"said"]


def test_a_certificate_whose_name_has_no_rules_does_nothing(house: HouseBroker) -> None:
    certify(house.keys, "client", "guest")
    came: list[Incoming] = []
    with user(house, OBSERVER) as observer, come(house, "guest") as guest:
        guest.subscribe("#", came.append)
        assert guest.wait_ready(WAIT_S)
        observer.publish("oyez/kitchen/heard", "x")
        guest.publish(Outgoing("zigbee2mqtt/lamp/set", b"x", qos=1))
        wait_until(lambda: guest.counts().get("publications_refused") == 1)
        assert came == []


def test_who_is_not_vouched_for_is_told_and_let_in_once_that_is_mended(house: HouseBroker, tmp_path: Path) -> None:
    """One file after the other is wrong, and then right, while the connection goes on trying."""
    certify(house.keys, "client", "oyez")
    certify(tmp_path / "strange", "client", "oyez")
    certify(house.keys, "--days", "-1", "client", "late")
    ours = tmp_path / "ours"
    ours.mkdir()

    def present(folder: Path, name: str = "oyez", *, authority: Path = house.keys) -> None:
        for source, target in (
            (authority / "ca.crt", "ca.crt"),
            (folder / f"{name}.crt", "oyez.crt"),
            (folder / f"{name}.key", "oyez.key"),
        ):
            (ours / f"{target}.new").write_bytes(source.read_bytes())
        for target in ("ca.crt", "oyez.crt", "oyez.key"):
            (ours / f"{target}.new").rename(ours / target)

    present(house.keys, "late")
    with come(house, keys=ours, ca_file=ours / "ca.crt") as one:
        for spoil, told in (
            (lambda: present(house.keys, "late"), "certificate expired; look at mqtt.cert_file"),
            (lambda: present(tmp_path / "strange"), "unknown ca; look at mqtt.cert_file"),
            (lambda: present(house.keys, authority=tmp_path / "strange"), "look at mqtt.ca_file"),
        ):
            spoil()
            house.stop()
            house.start()
            wait_until(lambda told=told: told in (one.problem or ""), lambda: one.problem)
            assert not one.connected
            present(house.keys)
            assert one.wait_ready(WAIT_S), one.problem
            assert one.problem is None


def test_a_broker_by_another_name_is_not_believed(house: HouseBroker) -> None:
    certify(house.keys, "client", "oyez")
    with come(house, url=f"mqtts://127.0.0.1:{house.tls_port}") as one:  # its certificate is for localhost
        wait_until(lambda: "look at mqtt.ca_file" in (one.problem or ""), lambda: one.problem)
        assert not one.connected


def test_without_a_certificate_nobody_comes_in(house: HouseBroker) -> None:
    with come(house, cert_file=None, key_file=None) as one:
        wait_until(lambda: "mqtt.cert_file" in (one.problem or ""), lambda: one.problem)
        assert not one.connected


def test_keys_are_their_owners_alone(house: HouseBroker) -> None:
    certify(house.keys, "client", "oyez")
    assert {path.name: path.stat().st_mode & 0o777 for path in house.keys.glob("*.key")} == {
        path.name: 0o600 for path in house.keys.glob("*.key")
    }


def test_what_is_there_is_left_as_it_is_unless_it_is_renewed(tmp_path: Path) -> None:
    certify(tmp_path, "client", "oyez")
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    certify(tmp_path, "client", "oyez")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    certify(tmp_path, "--renew", "client", "oyez")
    renewed = {path.name for path in tmp_path.iterdir() if path.read_bytes() != first[path.name]}
    assert renewed == {"oyez.crt", "oyez.key"}


def test_a_command_goes_its_way_with_each_in_their_role(house: HouseBroker, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(password_of("handlers"))
    household = HouseholdConfig.model_validate(
        {
            "site": "kitchen",
            "state": tmp_path,
            "mqtt": {"url": f"mqtt://localhost:{house.port}", "username": "handlers", "password_file": password},
            "devices": {"lamp": {"topic": "zigbee2mqtt/lamp", "driver": "zigbee2mqtt"}},
        }
    )
    now = datetime.now(UTC)
    best = Hypothesis("en", "light", "on", "turn on the lamp", {"device": "lamp"}, {}, 0.9)
    heard = Interpretation("id-1", now, best, accepted=True, reason=None)
    intent = IntentPayload.of(heard, site="kitchen", expires=now + timedelta(seconds=WAIT_S))
    with (
        registry.runner("light", household) as handler,
        user(house, "devices", "zigbee2mqtt/lamp/set") as lamp,
        user(house, "assistant", "oyez/kitchen/result") as assistant,
    ):
        assert handler.client.connection.wait_ready(WAIT_S)
        assistant.publish("oyez/kitchen/intent/light/on", intent.to_bytes())
        lamp.wait_for("zigbee2mqtt/lamp/set")
        lamp.publish("zigbee2mqtt/lamp", '{"state": "ON"}')
        (result,) = assistant.wait_for("oyez/kitchen/result")
        counts = handler.client.connection.counts()
    assert (json.loads(result.payload)["ok"], json.loads(result.payload)["code"]) == (True, "done")
    assert "publications_refused" not in counts
