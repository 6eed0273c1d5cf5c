"""The timer handler as a process of its own on a real broker: it rings, is silenced, and survives being killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from assistant.config import HouseholdConfig
from assistant.messages import Hypothesis, Interpretation
from assistant.mqtt import IntentPayload, Outgoing, TimersPayload
from handlers.base import Request
from handlers.timer import TimerHandler
from tests.broker import Mosquitto
from tests.end_to_end.running import Subscriber

SITE = "kitchen"


class House:
    """A household on disk, its broker, and the handler's process."""

    def __init__(self, folder: Path, broker: Mosquitto, bus: Subscriber) -> None:
        self.bus = bus
        self.file = folder / "oyez.yaml"
        self.file.write_text(
            f"site: {SITE}\nmqtt: {{url: '{broker.url}'}}\nstate: state\n"
            "handlers: {run: [timer], options: {timer: {repeat_s: 3}}}\n"
        )
        self.kept = folder / "state" / f"{SITE}.timers.json"
        self._log = (folder / "handler.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()
        self._log.close()

    def start(self) -> None:
        """Start the handler; returns when it has told its timers."""
        told = len(self.bus.seen(f"oyez/{SITE}/timers"))
        command = [sys.executable, "-m", "assistant.cli", "handler", "timer", "--config", str(self.file)]
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        self.bus.wait_for(f"oyez/{SITE}/timers", times=told + 1)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def say(self, intent: str, *, domain: str = "timer", language: str = "en", **slots: Any) -> dict[str, Any]:
        """Ask for something; returns the result."""
        payload = intent_payload(domain, intent, language, slots)
        self.bus.publish(payload.channel.topic(SITE, domain=domain, intent=intent), payload.to_bytes())
        if domain != "timer":
            return {}
        found: dict[str, Any] = self.bus.wait_for(f"oyez/{SITE}/result", wanted=lambda one: one["id"] == payload.id)
        return found

    def timers(self, **wanted: object) -> list[dict[str, Any]]:
        """The timers, as soon as one has what is wanted, or (without) as soon as there is none."""
        found: dict[str, Any] = self.bus.wait_for(
            f"oyez/{SITE}/timers",
            wanted=lambda told: (
                any(wanted.items() <= timer.items() for timer in told["timers"]) if wanted else not told["timers"]
            ),
        )
        timers: list[dict[str, Any]] = found["timers"]
        return timers


def intent_payload(domain: str, intent: str, language: str, slots: dict[str, Any]) -> IntentPayload:
    now = datetime.now(UTC)
    spoken = {name: str(value) for name, value in slots.items()}
    best = Hypothesis(language, domain, intent, intent, slots, spoken, 0.9)
    heard = Interpretation(str(uuid.uuid4()), now, best, accepted=True, reason=None)
    return IntentPayload.of(heard, site=SITE, room="kitchen", expires=now + timedelta(seconds=10))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(tmp_path))
        bus = stack.enter_context(Subscriber(broker.port))
        yield stack.enter_context(House(tmp_path, broker, bus))


def test_a_timer_rings_again_and_again_until_stop(house: House) -> None:
    told = house.say("start", seconds=1, name="pasta")
    assert (told["ok"], told["text"]["fr"]) == (True, "Minuteur pasta lancé pour une seconde.")
    house.timers(state="running", name="pasta")
    said = house.bus.wait_for(f"oyez/{SITE}/say")
    assert (said["text"], said["language"]) == ("The pasta timer is done.", "en")
    house.timers(state="ringing")
    house.bus.wait_for(f"oyez/{SITE}/say", times=2)
    house.say("stop", domain="system")
    house.bus.wait_for(f"oyez/{SITE}/timers", wanted=lambda told: told["timers"] == [], times=2)
    assert json.loads(house.kept.read_text()) == []


def test_timers_survive_being_killed_and_late_ones_ring(house: House) -> None:
    house.say("start", minutes=10, language="fr")
    house.say("start", minutes=10, name="rice", language="es")
    house.say("pause", name="rice")
    house.kill()
    kept = json.loads(house.kept.read_text())
    ended = datetime.now(UTC) - timedelta(minutes=5)
    kept[0]["ends"] = ended.isoformat()  # as if it had been off for a quarter of an hour
    house.kept.write_text(json.dumps(kept))
    house.start()
    said = house.bus.wait_for(f"oyez/{SITE}/say")
    assert said["language"] == "fr"
    assert said["text"].startswith(
        "Pendant que j'étais éteint, le minuteur de 10 minutes s'est terminé, il y a 5 minutes"
    )
    house.timers(state="paused", name="rice")
    left = house.say("resume", name="rice")["text"]["es"]
    assert left.startswith("El temporizador de rice sigue en marcha; tiempo restante: ")
    assert house.say("cancel_all")["ok"]
    house.timers()


def test_a_damaged_state_file_costs_the_timers_and_nothing_else(house: House) -> None:
    house.say("start", minutes=10)
    house.kill()
    house.kept.write_text("{")
    house.start()
    assert house.say("remaining")["code"] == "no-such-device"
    assert house.say("start", minutes=1)["ok"]


class Clock:
    """Both clocks of a machine, which a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.time = datetime(2026, 5, 4, 12, tzinfo=UTC)

    def pass_s(self, seconds: float) -> None:
        self.now += seconds
        self.time += timedelta(seconds=seconds)


def handler(folder: Path, clock: Clock, published: list[Outgoing]) -> TimerHandler:
    household = HouseholdConfig(site=SITE, state=folder)
    return TimerHandler(household, published.append, clock=lambda: clock.now, wall=lambda: clock.time)


def ask(handler: TimerHandler, intent: str, **slots: Any) -> Any:
    return handler.handle(Request(intent_payload("timer", intent, "en", slots).message(), site=SITE))


def test_a_clock_that_jumps_does_not_move_a_timer_but_what_is_told_of_it(tmp_path: Path) -> None:
    clock, published = Clock(), list[Outgoing]()
    timers = handler(tmp_path, clock, published)
    ask(timers, "start", minutes=10)
    clock.pass_s(60)
    clock.time += timedelta(hours=5)
    assert ask(timers, "remaining").text["en"] == "9 minutes left."
    told = TimersPayload.from_bytes(published[-1].payload, topic=published[-1].topic)
    assert told.timers[0].ends == clock.time + timedelta(minutes=9)
    again = handler(tmp_path, clock, published)
    clock.pass_s(60)
    assert ask(again, "remaining").text["en"] == "8 minutes left."


def test_a_machine_that_starts_with_a_wrong_clock_counts_right_once_it_is_set(tmp_path: Path) -> None:
    clock, published = Clock(), list[Outgoing]()
    ask(handler(tmp_path, clock, published), "start", minutes=10)
    off = clock.time
    clock.now = 5.0  # a new boot, with the time at which it was switched off three minutes ago
    started = handler(tmp_path, clock, published)
    ask(started, "start", minutes=20, name="rice")
    clock.time = off + timedelta(minutes=3)
    assert (
        ask(started, "remaining").text["en"]
        == "7 minutes left on the 10 minute timer. 20 minutes left on the rice timer."
    )


def test_undo_brings_back_what_was_before(tmp_path: Path) -> None:
    clock, published = Clock(), list[Outgoing]()
    timers = handler(tmp_path, clock, published)
    assert ask(timers, "undo").code == "not-possible"
    ask(timers, "start", minutes=10)
    ask(timers, "cancel")
    clock.pass_s(60)
    assert ask(timers, "undo").ok
    assert ask(timers, "remaining").text["en"] == "9 minutes left."
    ask(timers, "start", minutes=1)
    clock.pass_s(1)
    assert ask(timers, "undo").ok
    assert ask(timers, "remaining").text["en"] == "8 minutes and 59 seconds left."


def test_a_state_folder_that_cannot_be_written_is_told_and_the_timer_runs(tmp_path: Path) -> None:
    clock, published = Clock(), list[Outgoing]()
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be")
    timers = handler(blocked, clock, published)
    assert ask(timers, "start", minutes=10).ok
    assert ask(timers, "remaining").text["en"] == "10 minutes left."


def test_a_timer_that_could_not_be_written_is_written_as_soon_as_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.timer.handler.CLOCK_LOOK_S", 0.02)
    clock, published = Clock(), list[Outgoing]()
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be")
    with handler(blocked, clock, published) as timers:
        assert ask(timers, "start", minutes=10).ok
        blocked.unlink()
        kept = blocked / f"{SITE}.timers.json"
        deadline, tick = time.monotonic() + 30, threading.Event()
        while not kept.exists():
            assert time.monotonic() < deadline
            tick.wait(0.02)
    assert ask(handler(blocked, clock, published), "remaining").text["en"] == "10 minutes left."
