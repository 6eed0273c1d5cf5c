"""Faults of the broker, and of the network that leads to it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.mqtt.topics import MAX_PAYLOAD_BYTES
from benchmarks.faults.house import ES, FR, House
from benchmarks.faults.outcome import Outcome
from tests.broker import Mosquitto

AWAY_S = 3.0
SHORT_EXPIRY_S = 6
"""Of commands that are to be too old: more than one takes to its lamp on a busy machine."""
RETAINED = {"oyez/test/status": "online", "oyez/test/state": "idle", "oyez/test/health": "uptime_s"}
"""What the assistant keeps at the broker, and a word in it."""
FULL = bytes.fromhex("20 03 00 88 00")
"""CONNACK, "server unavailable"."""
NO_BROKER = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<h1>Bad Request</h1>"
RUBBISH = (b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'{"version": 99}', b'{"a":' * 20_000, b"[" * 100_000)


def broker_faults(folder: Path) -> Iterator[Outcome]:
    """One assistant survives all of them, one after the other."""
    with House(folder / "plain") as house:
        yield killed(house)
        yield stopped(house)
        yield cut_again_and_again(house)
        yield cut_off(house)
        yield held(house)
        yield slow(house)
        yield malformed(house)
        yield oversize(house)
        yield same_client_id(house)
        yield answered(
            house, "broker that is full", answer=FULL, injected='each connection refused: "server unavailable"'
        )
        yield answered(house, "something else on the port", answer=NO_BROKER, injected="a web server's answer")
        yield absent_at_start(house)
    stored = folder / "stored"
    stored.mkdir(parents=True)
    with House(stored, broker=keeping_broker(stored)) as house:
        yield killed(house, store="with its store on disk")
    with House(folder / "stale", mqtt={"expiry_s": str(SHORT_EXPIRY_S)}) as house:
        yield stale_here(house)
        yield stale_there(house)


def keeping_broker(folder: Path) -> Mosquitto:
    """Return a mosquitto that writes every change to disk."""
    store = folder / "store"
    store.mkdir(mode=0o777)
    return Mosquitto(
        folder,
        settings=f"persistence true\npersistence_location {store}/\nautosave_on_changes true\nautosave_interval 1",
    )


def killed(house: House, *, store: str = "without a store") -> Outcome:
    """Mosquitto dies, a command is spoken, mosquitto returns."""

    def do() -> Callable[[], None]:
        before = house.connections()
        house.broker.kill()
        house.say(FR)
        house.broker.start()
        again = house.connected_again(before)

        def recovered() -> None:
            again()
            house.retained(RETAINED)

        return recovered

    return house.try_fault(
        f"broker killed and restarted, {store}",
        injected="SIGKILL to mosquitto, a command spoken, mosquitto started",
        survived="command kept, connected again, retained topics published again",
        do=do,
        during=[FR],
    )


def stopped(house: House) -> Outcome:
    """Mosquitto ends in order."""

    def do() -> Callable[[], None]:
        before = house.connections()
        house.broker.stop()
        time.sleep(AWAY_S)
        house.broker.start()
        return house.connected_again(before)

    return house.try_fault(
        "broker stopped and started", injected="SIGTERM to mosquitto, away for 3 s", survived="connected again", do=do
    )


def cut_again_and_again(house: House) -> Outcome:
    """The cable breaks every half second while somebody speaks."""

    def do() -> Callable[[], None]:
        speaking = threading.Thread(target=house.say, args=(FR, ES))
        speaking.start()
        while speaking.is_alive():
            house.cable.cut()
            speaking.join(0.7)
        before = house.connections()
        house.cable.cut()
        return house.connected_again(before)

    return house.try_fault(
        "connections cut again and again",
        injected="TCP proxy closes every connection each 0.7 s, two commands spoken",
        survived="what was not acknowledged is sent again, done once",
        do=do,
        during=[FR, ES],
    )


def cut_off(house: House) -> Outcome:
    """Nothing can be reached for a while."""

    def do() -> Callable[[], None]:
        before = house.connections()
        with house.cable.cut_off():
            house.say(FR)
            time.sleep(AWAY_S)
        return house.connected_again(before)

    return house.try_fault(
        "network down",
        injected="TCP proxy refuses for some seconds, a command spoken",
        survived="command kept and done when the network returns",
        do=do,
        during=[FR],
    )


def held(house: House) -> Outcome:
    """Packets are swallowed, and nobody says so."""

    def do() -> None:
        with house.cable.held():
            house.say(FR)
            time.sleep(AWAY_S)

    return house.try_fault(
        "network swallows everything",
        injected="TCP proxy passes nothing on for some seconds, a command spoken",
        survived="done when it passes again",
        do=do,
        during=[FR],
    )


def slow(house: House) -> Outcome:
    """Every piece of 2 KB takes 300 ms."""

    def do() -> None:
        with house.cable.slow(0.3):
            house.say(FR, ES)
            time.sleep(2)

    return house.try_fault(
        "slow network",
        injected="TCP proxy, 300 ms and 7 KB/s in each direction",
        survived="done late",
        do=do,
        during=[FR, ES],
    )


def malformed(house: House) -> Outcome:
    """Rubbish on every topic that is listened to."""

    def do() -> None:
        for topic in ("listen", "say", "cancel", "mute", "catalog/contact", "result", "intent/light/on"):
            for rubbish in RUBBISH:
                house.bus.publish(f"oyez/test/{topic}", rubbish)
        for rubbish in RUBBISH:
            house.bus.publish("zigbee2mqtt/floor_lamp", rubbish)

    return house.try_fault(
        "malformed messages",
        injected="cut, deep, binary and foreign payloads on every topic that is read",
        survived="dropped, counted, each kind told once",
        do=do,
    )


def oversize(house: House) -> Outcome:
    """Payloads longer than their topics take."""

    def do() -> None:
        large = json.dumps({"values": [{"in": "x" * (MAX_PAYLOAD_BYTES - 100)}]}).encode()
        house.bus.publish("oyez/test/catalog/contact", large + b" " * 200)
        house.bus.publish("oyez/test/say", {"text": "x" * 100_000})
        house.bus.publish("oyez/test/result", b"x" * (MAX_PAYLOAD_BYTES + 200_000))

    return house.try_fault(
        "oversize messages", injected="payloads of 0.1 to 4.4 MB", survived="dropped and counted", do=do
    )


def same_client_id(house: House) -> Outcome:
    """Somebody else comes under our name, again and again."""

    def do() -> Callable[[], None]:
        ids = house.client_ids("assistant", "light")
        before = house.connections()
        with house.impostors(ids):
            house.say(FR)
        return house.connected_again(before, clients=len(ids))

    return house.try_fault(
        "duplicate client id",
        injected="another client under the id of the assistant, and of the light handler, that comes back at once",
        survived="goes on under a new id",
        do=do,
        during=[FR],
    )


def answered(house: House, fault: str, *, answer: bytes, injected: str) -> Outcome:
    """What is reached is no broker, or one that wants nobody."""

    def do() -> Callable[[], None]:
        before = house.connections()
        with house.cable.answering(answer):
            house.say(FR)
            time.sleep(AWAY_S)
        return house.connected_again(before)

    return house.try_fault(
        fault,
        injected=f"{injected}, a command spoken",
        survived="told, tried on; command kept and done",
        do=do,
        during=[FR],
    )


def absent_at_start(house: House) -> Outcome:
    """The assistant is there before the broker."""

    def do() -> Callable[[], None]:
        house.oyez.end()
        house.broker.kill()
        house.oyez.__enter__()
        house.oyez.wait_for("message=listening")
        house.say(FR)
        house.broker.start()
        again = house.connected_again(0)

        def recovered() -> None:
            again()
            house.retained(RETAINED)

        return recovered

    return house.try_fault(
        "broker not there at the start",
        injected="assistant started without mosquitto, a command spoken, mosquitto started",
        survived="listens, keeps the command, connects, publishes its retained topics",
        do=do,
        during=[FR],
    )


def stale_here(house: House) -> Outcome:
    """The broker is away for longer than a command may wait."""

    def do() -> Callable[[], None]:
        before, heard = house.connections(), house.oyez.log.count("message=utterance")
        house.broker.kill()
        house.say(FR)
        house.oyez.wait_for("message=utterance", times=heard + 1)
        time.sleep(SHORT_EXPIRY_S + 1)
        house.broker.start()
        return house.connected_again(before)

    return house.try_fault(
        "command older than its expiry, at the assistant",
        injected=f"mosquitto away for longer than `expiry_s: {SHORT_EXPIRY_S}`, a command spoken",
        survived="never sent: its lamp stays as it is; the next command is done",
        do=do,
    )


def stale_there(house: House) -> Outcome:
    """A command is on its way for longer than it may be."""

    def do() -> None:
        heard = house.oyez.log.count("message=utterance")
        with house.cable.held():
            house.say(FR)
            house.oyez.wait_for("message=utterance", times=heard + 1)
            time.sleep(SHORT_EXPIRY_S + 1)
        house.bus.wait_for("oyez/test/result", wanted=lambda result: result["code"] == "expired")

    return house.try_fault(
        "command older than its expiry, at the handler",
        injected=f"network swallows everything for longer than `expiry_s: {SHORT_EXPIRY_S}`, a command spoken",
        survived="answered `expired`, its lamp stays as it is; the next command is done",
        do=do,
    )
