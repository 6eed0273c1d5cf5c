"""A house to break: a real broker, lamps, a microphone, the assistant as a process, and somebody who counts.

microphone ──FIFO──▶ `oyez run` ──▶ cable ──▶ mosquitto ──▶ lamps, which count
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import paho.mqtt.client as paho
import soxr
from paho.mqtt.enums import CallbackAPIVersion

from assistant.audio import read_file
from assistant.config import MqttConfig
from assistant.demo import SimulatedLamps, demo_clips
from assistant.demo.lamps import LampState
from assistant.mqtt import Retry
from benchmarks.faults.cable import Cable
from benchmarks.faults.outcome import Outcome
from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber, lamp_topics, write_household
from tests.speech import RATE_HZ, silence
from tests.virtual_microphone import NAME, ONE_WAY, VirtualMicrophone

EN, FR, ES = "turn on the reading lamp", "allume la lampe de chevet", "enciende la lámpara del techo"
COMMANDS = {
    EN: "zigbee2mqtt/reading_lamp",
    FR: "zigbee2mqtt/bedside_lamp",
    ES: "zigbee2mqtt/kitchen_ceiling",
}
"""Bundled clips that switch a lamp on, and which one."""
SPOKEN = {clip.text: clip.file for clip in demo_clips() if clip.text in COMMANDS}
PAUSE_S = 0.8
EXPIRY_S = 60
"""Of commands; longer than usual, because a busy machine is slow."""
DONE_S = 120.0
"""How long a command may take to reach its lamp."""
SETTLED_S = 1.5
"""How long one waits for what should not come: a command done twice."""


class House:
    """Everything of one house, as a context manager; entering waits until the assistant listens."""

    def __init__(
        self,
        folder: Path,
        *,
        lines: Sequence[str] = (),
        broker: Mosquitto | None = None,
        mqtt: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
        rate_hz: int = RATE_HZ,
    ) -> None:
        """lines: added to the household's file.  mqtt: added to its section `mqtt`, in the place of what stands there.

        broker: one with TLS has an open port for others than the assistant.  environment, under: see `Oyez`.
        rate_hz: of the microphone.
        """
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.broker = broker or Mosquitto(folder, settings="max_keepalive 60")
        self.cable = Cable(self.broker.port)
        self.microphone = VirtualMicrophone(folder / "microphone", rate_hz=rate_hz)
        self._rate_hz = rate_hz
        write_household(folder, f"audio: {{input: {NAME}}}", ONE_WAY, *lines, port=self.cable.port)
        self.household = folder / "oyez.yaml"
        scheme = "mqtts" if self.broker.certificates else "mqtt"
        settings = {"url": f"{scheme}://127.0.0.1:{self.cable.port}", "expiry_s": EXPIRY_S, **(mqtt or {})}
        text = self.household.read_text()
        line = next(line for line in text.splitlines() if line.startswith("mqtt:"))
        self.household.write_text(text.replace(line, f"mqtt: {json.dumps(settings)}"))
        self.oyez = Oyez(
            "--config",
            self.household,
            folder=folder,
            environment={**self.microphone.environment, **(environment or {})},
            under=under,
        )
        self._changed = threading.Condition()  # guards _switched_on
        self._switched_on: Counter[str] = Counter()
        self._stack = ExitStack()
        self._clients = 0
        """Connections that the assistant has, its handlers' included."""
        self.bus: Subscriber

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.broker)
            stack.enter_context(self.cable)
            stack.enter_context(self.microphone)
            plain = MqttConfig(url=f"mqtt://127.0.0.1:{self.broker.open_port}")
            self._lamps = stack.enter_context(
                SimulatedLamps(plain, topics=lamp_topics(), on_change=self._lamp_changed, retry=Retry(0.1, 0.5))
            )
            self._lamps.wait_ready(DONE_S)
            self.bus = stack.enter_context(Subscriber(self.broker.open_port, "oyez/#"))
            stack.enter_context(self.oyez)
            self.oyez.wait_for("message=listening")
            self._clients = self.connections()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def say(self, *texts: str, wait: bool = True) -> None:
        """Say these of the commands, to the end where that is waited for."""
        for text in texts:
            spoken = np.concatenate([read_file(SPOKEN[text]), silence(PAUSE_S)])
            self.microphone.speak(soxr.resample(spoken, RATE_HZ, self._rate_hz), wait=wait)

    def done(self, text: str) -> int:
        """Return how often the lamp of this command has been switched on since it was off."""
        with self._changed:
            return self._switched_on[COMMANDS[text]]

    def try_fault(
        self,
        fault: str,
        *,
        injected: str,
        survived: str,
        do: Callable[[], Callable[[], None] | None],
        during: Sequence[str] = (),
        after: Sequence[str] = (EN,),
        traceback: bool = False,
    ) -> Outcome:
        """Do harm by `do`, which says `during` itself where that matters, and return what became of all commands.

        do: returns what tells that everything works again, when called; it is timed.  traceback: one is to be logged.
        """
        self.lamps_off()
        problem, recovery_s = "", None
        try:
            recovered = do()
            if recovered is not None:
                began = time.monotonic()
                recovered()
                recovery_s = time.monotonic() - began
            self._lamps.wait_ready(DONE_S)
            self.say(*after)
        except (AssertionError, TimeoutError) as error:
            problem = str(error).partition("log:")[0][:200]
        wanted = Counter(COMMANDS[text] for text in (*during, *after))
        done = self._wait_for(wanted)
        if not self.oyez.alive:
            problem = problem or "the assistant has ended"
        if ("Traceback" in self.oyez.log) and not traceback:
            problem = problem or "a traceback in the log"
        return Outcome(
            fault,
            injected,
            survived,
            recovery_s,
            commands=wanted.total(),
            lost=(wanted - done).total(),
            twice=(done - wanted).total(),
            problem=problem,
        )

    def wait_done(self, text: str) -> None:
        """Return when the lamp of this command has been switched on."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._switched_on[COMMANDS[text]] > 0, DONE_S):
                raise AssertionError(f"{text}: not done")

    def connections(self) -> int:
        """Return how often the log says that a broker took us."""
        return self.oyez.log.count("connected to the broker")

    def connected_again(self, before: int, *, clients: int = 0) -> Callable[[], None]:
        """Return what waits until all clients of the assistant, or so many, have connected more often than `before`."""
        wanted = before + (clients or self._clients)
        return lambda: self.oyez.wait_for("connected to the broker", times=wanted)

    def retained(self, wanted: Mapping[str, str]) -> None:
        """Return when the broker keeps these words in the retained payloads of these topics."""
        with Subscriber(self.broker.open_port, *wanted) as fresh:
            for topic, word in wanted.items():
                fresh.wait_for(topic, wanted=partial(_has, word))

    def client_ids(self, *names: str) -> list[str]:
        """Return the ids under which the assistant's connections with these names came last, as the broker tells."""
        log = (self.folder / "mosquitto.log").read_text()
        return [re.findall(rf"New client connected from \S+ as (oyez-{name}-\S+)", log)[-1] for name in names]

    def wait_for_subscription(self, topic: str) -> None:
        """Wait until somebody has subscribed to what begins so, as the broker tells."""
        log = self.folder / "mosquitto.log"
        deadline = time.monotonic() + DONE_S
        while f"\t{topic}" not in log.read_text():
            if time.monotonic() > deadline:
                raise AssertionError(f"nobody subscribes to {topic}")
            time.sleep(0.1)

    @contextmanager
    def impostors(self, client_ids: Sequence[str]) -> Iterator[None]:
        """Let others connect under these ids meanwhile, who come back whenever they are thrown out."""
        clients = [paho.Client(CallbackAPIVersion.VERSION2, client_id=one) for one in client_ids]
        for client in clients:
            client.reconnect_delay_set(1, 1)
            client.connect("127.0.0.1", self.broker.port)
            client.loop_start()
        try:
            yield
        finally:
            for client in clients:
                client.disconnect()
                client.loop_stop()

    def _wait_for(self, wanted: Mapping[str, int]) -> Counter[str]:
        with self._changed:
            self._changed.wait_for(lambda: all(self._switched_on[lamp] >= n for lamp, n in wanted.items()), DONE_S)
            self._changed.wait_for(lambda: any(self._switched_on[lamp] > n for lamp, n in wanted.items()), SETTLED_S)
            return Counter(self._switched_on)

    def lamps_off(self) -> None:
        """Switch them off, and count from now on."""
        for lamp in COMMANDS.values():
            self.bus.publish(f"{lamp}/set", {"state": "OFF"})
        # The assistant has to have heard it, or it would find nothing to do.
        time.sleep(0.5)
        with self._changed:
            self._switched_on.clear()

    def _lamp_changed(self, lamp: str, state: LampState) -> None:
        with self._changed:
            self._switched_on[lamp] += state["state"] == "ON"
            self._changed.notify_all()


def _has(word: str, payload: object) -> bool:
    return word in str(payload)
