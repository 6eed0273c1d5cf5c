"""What the device cannot spell, heard by a real recognizer behind OpenAI's call: Whisper base over HTTP.

It is slowed, broken, cut off and brought back.  A lamp bears the name of a brand that nobody speaks as it is written:
letters do not lead to it, while Whisper is told the household's names.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.cloud import OUTBOX, Entry, Outbox
from assistant.config import MqttConfig, OutboxConfig
from assistant.demo import SimulatedLamps
from assistant.mqtt.broker import free_port
from tests.child import Child
from tests.end_to_end.conftest import Room
from tests.end_to_end.running import Subscriber, lamp_topics, published, wait_until
from tests.speech import silence, speak

pytestmark = pytest.mark.timeout(400)
"""Twenty seconds each where nobody else computes."""
LIST = """\
language: en
intents:
  ShoppingListAddItem: {data: [{sentences: ["order [a|some] {item}"]}]}
lists: {item: {values: [milk, bread, Xiaomi lamp]}}
"""
ON = "oyez/test/intent/light/on"
ADD = "oyez/test/intent/custom/ShoppingListAddItem"
REJECTED = "oyez/test/rejected"


class Whisper:
    """The recognizer's process; it may be killed and started again at the same address."""

    def __init__(self) -> None:
        self.port = free_port()
        self._child: Child | None = None

    def start(self) -> None:
        if self._child is None:
            self._child = Child("tests.cloud.recognizer", str(self.port), environment={"OMP_NUM_THREADS": "1"})
            self._child.next("ready")
        self.trouble("")

    def kill(self) -> None:
        if self._child is not None:
            self._child.__exit__()
        self._child = None

    def trouble(self, kind: str) -> None:
        assert self._child is not None
        self._child.order(json.dumps({"trouble": kind}))
        self._child.next("taken")

    def asked(self) -> str:
        """The idempotency key of the next request."""
        assert self._child is not None
        return str(self._child.next("request")["id"])

    def heard(self) -> str:
        """What it has made of the next sound."""
        assert self._child is not None
        return str(self._child.next("transcribed")["text"])


@pytest.fixture(scope="module")
def running() -> Iterator[Whisper]:
    whisper = Whisper()
    yield whisper
    whisper.kill()


@pytest.fixture
def whisper(running: Whisper) -> Whisper:
    running.start()
    return running


@pytest.fixture
def bus(room: Room) -> Iterator[Subscriber]:
    mqtt = MqttConfig(url=room.broker.url)
    with SimulatedLamps(mqtt, topics=list(lamp_topics())) as lamps, room.bus() as one:
        lamps.wait_ready(10)
        yield one


def furnish(room: Room, whisper: Whisper, *, timeout_ms: int = 30_000, audio: bool = False) -> None:
    token = room.folder / "token"
    token.write_text("a-key\n")
    token.chmod(0o600)
    (room.folder / "list.yaml").write_text(LIST)
    cloud = {
        "provider": "openai",
        "url": f"http://127.0.0.1:{whisper.port}/v1",
        "token_file": "token",
        "addressed_only": False,
        "reasons": ["not-a-command", "low-confidence", "ambiguous"],
        "timeout_ms": timeout_ms,
        "outbox": {"audio": audio, "intents": {"ShoppingListAddItem": 3600}},
    }
    room.furnish(
        "languages: [en]",
        "sentences: [list.yaml]",
        "replies: {mode: none}",
        f"state: {room.folder / 'state'}",
        "threshold: 0.9",
        f"cloud: {json.dumps(cloud)}",
    )
    household = room.household.read_text().replace("mqtt: {", "mqtt: {expiry_s: 60, ")
    room.household.write_text(household.replace("en: reading lamp", "en: Xiaomi lamp"))


def said(text: str) -> np.ndarray:
    return np.concatenate([silence(0.3), speak(text, voice="en-GB")])


LAMP = said("turn on the shao mee lamp")
ORDER = said("order a shao mee lamp")


def test_words_of_the_recognizer_become_one_command(room: Room, whisper: Whisper, bus: Subscriber) -> None:
    furnish(room, whisper)
    with room.oyez() as oyez:
        oyez.wait_for("message=listening")
        room.sound(LAMP)
        understood = bus.wait_for(ON)
        assert (understood["source"], understood["text"]) == ("cloud", "turn on the xiaomi lamp")
        assert understood["slots"] == {"device": "reading_lamp"}
        bus.wait_for("oyez/test/result", wanted=lambda result: result["ok"])
        assert bus.seen("zigbee2mqtt/reading_lamp/set") == [b'{"state": "ON"}']
        assert whisper.asked() == understood["id"]
        assert "Xiaomi" in whisper.heard()
        assert oyez.end() == 0
    assert published(bus) == [(ON, "cloud")]


def test_slowed_broken_cut_off_and_brought_back(room: Room, whisper: Whisper, bus: Subscriber) -> None:
    furnish(room, whisper, timeout_ms=1500)
    with room.oyez() as oyez:
        oyez.wait_for("message=listening")
        whisper.trouble("slow")
        room.sound(LAMP)
        bus.wait_for(REJECTED)
        furnish(room, whisper)  # more patience, without a restart
        oyez.wait_for("message=listening", times=2)
        for times, trouble in enumerate(("broken", "cut"), start=2):
            whisper.trouble(trouble)
            room.sound(LAMP)
            bus.wait_for(REJECTED, times=times)
        assert published(bus) == [(REJECTED, "device")] * 3
        whisper.trouble("")
        # It is left alone for some seconds after two failures.
        for _ in range(10):
            before = len(published(bus))
            room.sound(LAMP)
            wait_until(lambda before=before: len(published(bus)) > before, "a decision", oyez)
            if published(bus)[-1] == (ON, "cloud"):
                break
        bus.wait_for("oyez/test/result", wanted=lambda result: result["ok"])
        assert bus.seen("zigbee2mqtt/reading_lamp/set") == [b'{"state": "ON"}']
        assert oyez.end() == 0


def test_what_may_wait_is_sent_when_it_is_there_again(room: Room, whisper: Whisper, bus: Subscriber) -> None:
    """Over a power cut of ours and one of the recognizer's; a lamp is not switched so late."""
    furnish(room, whisper, audio=True)
    whisper.kill()
    file = room.folder / "state" / f"test.{OUTBOX}"
    with room.oyez() as oyez:
        oyez.wait_for("message=listening")
        for times, sound in enumerate((ORDER, LAMP), start=1):
            room.sound(sound)
            bus.wait_for("oyez/test/result", wanted=lambda result: result["code"] == "waiting", times=times)
        oyez.end(signal.SIGKILL)
    order, lamp = kept(file)
    assert order.pcm
    assert lamp.pcm
    assert published(bus) == [(REJECTED, "device")] * 2
    with room.oyez() as oyez:
        oyez.wait_for("message=listening")
        whisper.start()
        assert (whisper.asked(), whisper.asked()) == (order.id, lamp.id)
        added = bus.wait_for(ADD)
        assert (added["id"], added["source"], added["slots"]) == (order.id, "cloud", {"item": "Xiaomi lamp"})
        late = bus.wait_for("oyez/test/result", wanted=lambda result: result["code"] == "expired")
        assert late["id"] == lamp.id
        wait_until(lambda: not kept(file), "an empty outbox", oyez)
        stored = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
        assert order.pcm[10_000:10_064] not in stored
        assert lamp.pcm[10_000:10_064] not in stored
        assert oyez.end() == 0
    assert published(bus) == [(REJECTED, "device"), (REJECTED, "device"), (ADD, "cloud")]
    assert bus.seen("zigbee2mqtt/reading_lamp/set") == []


def kept(file: Path) -> list[Entry]:
    with Outbox(file, OutboxConfig()) as outbox:
        return outbox.entries()
