"""A running assistant, and somebody who listens to the broker: for tests that look from outside only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 180.0
"""Machines that test are busy; what works takes a hundredth of this."""


class Oyez:
    """`oyez run` in a process of its own, as a context manager."""

    def __init__(
        self,
        *arguments: str | Path,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
    ) -> None:
        """`under`: a command that runs it, such as `unshare --mount`."""
        self._command = [*under, sys.executable, "-m", "assistant.cli", "run", *map(str, arguments)]
        self._environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "XDG_STATE_HOME": str(folder / "state"),
            **(environment or {}),
        }
        self._log = folder / "oyez.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def log(self) -> str:
        """What it has told so far."""
        return self._log.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def wait_for(self, text: str, *, times: int = 1) -> None:
        """Return when `text` stands in the log."""
        wait_until(lambda: self.log.count(text) >= times, f'"{text}" in the log', self, alive=self._process)

    def cpu_seconds(self) -> float:
        """What it has computed so far, on all cores."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """What it holds in memory now, without the embedded broker's process."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns its exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(timeout=PATIENCE_S)


class Subscriber:
    """Collects what comes over a broker; a client of its own, not ours."""

    def __init__(self, port: int, *topics: str) -> None:
        self._arrived = threading.Condition()  # guards the list
        self._messages: list[tuple[str, bytes]] = []
        self._subscribed = threading.Event()
        self._topics = topics or ("#",)
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in self._topics])
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self._arrived:
            self._messages.append((message.topic, bytes(message.payload)))
            self._arrived.notify_all()

    def publish(self, topic: str, payload: object, *, retain: bool = False) -> None:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self._client.publish(topic, raw, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    @property
    def count(self) -> int:
        """How many messages there were so far."""
        with self._arrived:
            return len(self._messages)

    def seen(self, topic: str, *, after: int = 0) -> list[bytes]:
        """The payloads of a topic so far; `after` so many messages of all topics."""
        with self._arrived:
            return [payload for name, payload in self._messages[after:] if name == topic]

    def under(self, prefix: str) -> list[tuple[str, bytes]]:
        """Topics and payloads of all topics that begin so, in order."""
        with self._arrived:
            return [message for message in self._messages if message[0].startswith(prefix)]

    def wait_for(
        self, topic: str, *, wanted: Callable[[Any], bool] = lambda _payload: True, times: int = 1, after: int = 0
    ) -> Any:
        """The first (or `times`-th) payload of `topic` that is wanted, read as JSON where it is JSON.

        topic: may end with `#`.  after: so many messages (of all topics) are passed over.
        """
        deadline = time.monotonic() + PATIENCE_S
        prefix = topic.removesuffix("#")
        with self._arrived:
            while True:
                messages = self._messages[after:]
                raws = [raw for name, raw in messages if name == topic or (prefix != topic and name.startswith(prefix))]
                found = [payload for raw in raws if wanted(payload := _read(raw))]
                if len(found) >= times:
                    return found[times - 1]
                left_s = deadline - time.monotonic()
                topics = sorted({name for name, _ in messages})
                assert left_s > 0, f"nothing came on {topic}; there was {topics}"
                self._arrived.wait(left_s)


def published(bus: Subscriber) -> list[tuple[str, str]]:
    """Topic and source of each utterance that was understood or rejected so far; repeats of one id count once."""
    kinds = ("oyez/test/intent/", "oyez/test/rejected")
    messages = [(topic, json.loads(raw)) for topic, raw in bus.under("oyez/test/") if topic.startswith(kinds)]
    return list({(topic, one["id"]): (topic, one["source"]) for topic, one in messages}.values())


def wait_until(
    true: Callable[[], bool], what: str, oyez: Oyez, *, alive: subprocess.Popen[bytes] | None = None
) -> None:
    """Return when it is true; fails with the log after a time, or when the process has ended."""
    deadline = time.monotonic() + PATIENCE_S
    tick = threading.Event()
    while not true():
        ended = alive is not None and alive.poll() is not None
        if (ended and not true()) or time.monotonic() > deadline:
            raise AssertionError(f"waited for {what}; {'it has ended; ' if ended else ''}log:\n{oyez.log}")
        tick.wait(0.05)


def write_household(folder: Path, *lines: str, port: int | None = None) -> Path:
    """A household with a lamp and a lounge, at `folder`/oyez.yaml; `lines` are added."""
    broker = f'{{url: "mqtt://127.0.0.1:{port}"}}' if port else "{url: embedded, embedded_port: 0}"
    text = HOUSEHOLD.format(broker=broker) + "".join(f"{line}\n" for line in lines)
    file = folder / "oyez.yaml"
    file.write_text(text)
    return file


def lamp_topics() -> Sequence[str]:
    return [f"zigbee2mqtt/{name}" for name in ("kitchen_ceiling", "reading_lamp", "floor_lamp", "bedside_lamp")]


HOUSEHOLD = """\
site: test
room: living_room
mqtt: {broker}
rooms:
  kitchen: {{en: kitchen, es: cocina, fr: cuisine}}
  living_room: {{en: living room, es: salón, fr: salon}}
  bedroom: {{en: bedroom, es: dormitorio, fr: chambre}}
devices:
  kitchen_ceiling:
    room: kitchen
    topic: zigbee2mqtt/kitchen_ceiling
    names: {{en: ceiling light, es: lámpara del techo, fr: plafonnier}}
  reading_lamp:
    room: living_room
    topic: zigbee2mqtt/reading_lamp
    names: {{en: reading lamp, es: lámpara de lectura, fr: liseuse}}
  floor_lamp:
    room: living_room
    topic: zigbee2mqtt/floor_lamp
    names: {{en: floor lamp, es: lámpara de pie, fr: lampadaire}}
  bedside_lamp:
    room: bedroom
    topic: zigbee2mqtt/bedside_lamp
    names: {{en: bedside lamp, es: lámpara de noche, fr: lampe de chevet}}
"""


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
