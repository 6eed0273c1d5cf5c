"""How a running assistant can be watched: the health topic, `oyez status`, metrics for Prometheus, and the log."""

import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from assistant.config import MqttConfig
from assistant.demo import SimulatedLamps
from assistant.mqtt.broker import free_port
from tests.end_to_end.conftest import Room
from tests.end_to_end.running import PATIENCE_S, Subscriber, lamp_topics, wait_until
from tests.observe.test_prometheus import scraped


def status(household: Path) -> tuple[int, str]:
    """Exit status and words of `oyez status`, as a container's health check runs it."""
    asked = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "status", "--config", household],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert asked.stderr == ""
    return asked.returncode, asked.stdout


def lines_of(log: str, message: str) -> list[dict[str, str]]:
    """The log's lines of one kind, as key and value."""
    lines = [line for line in log.splitlines() if f" message={message} " in line]
    return [dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)', line)) for line in lines]


def metrics(port: int) -> dict[str, float]:
    """Those without labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
        values = scraped(answer.read().decode())
    return {name: samples[()] for name, samples in values.items() if () in samples}


def wait_well(bus: Subscriber) -> None:
    bus.wait_for("oyez/test/health", wanted=lambda health: health["problem"] is None and health["gauges"])


def test_whoever_watches_learns_how_it_is_and_what_became_of_each_utterance(room: Room) -> None:
    port = free_port()
    room.furnish("handlers: {run: [light]}", f"observe: {{prometheus_port: {port}}}")
    mqtt = MqttConfig(url=room.broker.url)
    with SimulatedLamps(mqtt, topics=list(lamp_topics())) as lamps, room.bus() as bus, room.oyez() as oyez:
        lamps.wait_ready(PATIENCE_S)
        oyez.wait_for("message=listening")
        wait_well(bus)
        ended, told = status(room.household)
        assert (ended, told.splitlines()[0].split()) == (0, ["test", "well"])
        assert re.search(r"^handlers +light$", told, re.MULTILINE)

        room.say("turn on the reading lamp")
        intent = bus.wait_for("oyez/test/intent/light/on")
        result = bus.wait_for("oyez/test/result")
        assert result["id"] == intent["id"]
        oyez.wait_for("message=result ")
        (utterance,), (outcome,) = lines_of(oyez.log, "utterance"), lines_of(oyez.log, "result")
        assert utterance["id"] == outcome["id"] == intent["id"]
        assert (utterance["outcome"], utterance["intent"], outcome["code"]) == ("accepted", "light/on", result["code"])
        assert int(utterance["audio_ms"]) == intent["audio_ms"]
        # What was said, and which lamp it was, is nobody's business who only reads the log.
        assert not re.search("reading.lamp", oyez.log)

        told_now = metrics(port)
        assert (told_now["oyez_utterances_total"], told_now["oyez_accepted_total"], told_now["oyez_well"]) == (1, 1, 1)
        with pytest.raises(ConnectionRefusedError):  # this machine's other addresses are not answered
            socket.create_connection(("127.0.0.2", port), timeout=PATIENCE_S)

        room.unplug()
        ill = bus.wait_for("oyez/test/health", wanted=lambda health: health["problem"] is not None)
        assert ill["problem"].startswith("no sound: ")
        assert (ill["counters"]["utterances"], ill["counters"]["accepted"]) == (1, 1)
        assert ill["last_heard"] == bus.wait_for("oyez/test/heard")["time"]
        ended, told = status(room.household)
        assert (ended, told.splitlines()[0].split(maxsplit=1)) == (1, ["test", ill["problem"]])
        wait_until(lambda: metrics(port)["oyez_well"] == 0, "the metric to fall", oyez)

        assert oyez.end() == 0
        ended, told = status(room.household)
        assert (ended, told.splitlines()[0].split(maxsplit=1)) == (1, ["test", "the assistant does not run"])


def test_health_is_there_for_whoever_comes_later(room: Room) -> None:
    room.furnish("handlers: {run: []}")
    with room.oyez() as oyez:
        oyez.wait_for("message=listening")
        with room.bus() as bus:
            wait_well(bus)
            health = json.loads(bus.seen("oyez/test/health")[-1])
        assert set(health["heartbeats_s"]) == {"listener", "mqtt"}
        assert {"memory_mb", "threads", "descriptors", "mqtt_waiting", "orders_waiting"} <= set(health["gauges"])
        assert {"python", "system", "onnxruntime", "network"} <= set(health["versions"])
