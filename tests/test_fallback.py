"""The way to a provider and the outbox's thread, where the disk, the network or time itself gets in between.

What people see of both from outside is in end_to_end/test_cloud.py.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.cloud import OUTBOX, Entry, Link, Meaning, Outbox
from assistant.config import HouseholdConfig, MqttConfig
from assistant.dialogue import Publish, Steps
from assistant.fallback import MOST_ASKED, Fallback
from assistant.interpret import Interpreter
from assistant.language import load_text
from assistant.messages import Interpretation, Posteriors, Utterance
from assistant.mqtt import Client
from assistant.observe import Counters
from assistant.recognizer import Recognizer
from tests.broker import Mosquitto
from tests.cloud.service import Plan, Service
from tests.end_to_end.running import PATIENCE_S, Subscriber

MILK = Meaning("custom", "AddItem", {"item": "milk"})
DONE = Plan.of({"done": True})


class Deaf:
    """A network that is never asked."""

    def posteriors(self, samples: np.ndarray, *, languages: object) -> Posteriors:
        raise NotImplementedError


class Decided:
    """What comes back to the conversation, in order."""

    def __init__(self) -> None:
        self.answers: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()

    def answered(self, utterance: Utterance, interpretation: Interpretation, *, steps: Steps | None = None) -> None:
        del steps
        self.answers.put((utterance.id, interpretation.source if interpretation.accepted else "rejected"))

    def perform(self, steps: Steps) -> None:
        for step in steps:
            if isinstance(step, Publish):
                self.answers.put((step.interpretation.id, "published"))

    def next(self) -> tuple[str, str]:
        return self.answers.get(timeout=PATIENCE_S)


class House:
    """A fallback without microphone and daemon; started by a test when the outbox is as it wants it."""

    def __init__(self, folder: Path, broker: Mosquitto, service: Service, stack: ExitStack) -> None:
        self.file = folder / f"fallback.{OUTBOX}"
        self.site = folder.name.replace("_", "-")[:40].lower()
        self._broker, self._service, self._stack = broker, service, stack
        self.decided, self.counters = Decided(), Counters()
        self.outbox = Outbox(self.file, self._config().cloud.outbox)
        self.bus = stack.enter_context(Subscriber(broker.port, f"oyez/{self.site}/result"))
        self.fallback: Fallback | None = None

    def _config(self, **cloud: Any) -> HouseholdConfig:
        section = {
            "provider": "webhook",
            "url": self._service.url,
            "addressed_only": False,
            "min_audio_ms": 0,
            "needs": ["AddItem"],
            "outbox": {"intents": {"AddItem": 3600}},
            **cloud,
        }
        return HouseholdConfig.model_validate({"site": self.site, "languages": ["en"], "cloud": section})

    def start(self, **cloud: Any) -> Fallback:
        config = self._config(**cloud)
        client = self._stack.enter_context(Client(MqttConfig(url=self._broker.url), site=self.site, announce=False))
        assert client.connection.wait_ready(PATIENCE_S)
        sentences = load_text("language: en\nintents: {light.on: {data: [{sentences: [light on]}]}}").sentences
        fallback = Fallback(
            config,
            Recognizer(model=Deaf(), interpreter=Interpreter(sentences)),
            link=Link(config.cloud),
            outbox=self.outbox,
            conversation=self.decided,
            client=client,
            counters=self.counters,
        )
        self.fallback = self._stack.enter_context(fallback)
        return self.fallback

    def keep(self, *names: str) -> None:
        for name in names:
            self.outbox.put(Entry(name, datetime.now(UTC), None, "en", f"add {name}", MILK, None, None, 3600.0))

    def reject(self, name: str) -> bool:
        """Hear something that nobody understands; returns whether the provider is asked."""
        assert self.fallback is not None
        utterance = Utterance(np.zeros(16_000, np.int16), started=datetime.now(UTC), level_db=-30.0, id=name)
        rejected = Interpretation(
            name, datetime.now(UTC), best=None, accepted=False, reason="not-a-command", heard="something"
        )
        return self.fallback.asks(utterance, rejected, expected=None)

    def result(self, entry_id: str) -> str:
        found = self.bus.wait_for(f"oyez/{self.site}/result", wanted=lambda result: result["id"] == entry_id)
        return str(found["code"])

    def waiting(self) -> list[str]:
        return [entry.id for entry in self.outbox.entries()]


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as one:
        yield one


@pytest.fixture
def house(tmp_path: Path, shared_broker: Mosquitto, service: Service) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path, shared_broker, service, stack)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    tick = threading.Event()
    while not true():
        assert time.monotonic() < deadline
        tick.wait(0.02)


class TestOutbox:
    def test_a_disk_that_does_not_let_go_sends_nothing_twice(
        self, house: House, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.cloud.outbox.BUSY_S", 0.1)
        monkeypatch.setattr("assistant.waiting.COUNT_S", 0.2)
        house.keep("a", "b")
        service.plan(Plan.of({"done": True}, wait_s=0.5), DONE)
        house.start()
        service.asked()
        holder = sqlite3.connect(house.file, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        fallback = house.fallback
        assert fallback is not None
        until(lambda: fallback._waiting._complained != "")
        assert house.waiting() == ["a", "b"]
        assert house.decided.answers.empty()  # nothing is done that might be done again
        holder.execute("ROLLBACK")
        holder.close()
        assert [house.result("a"), house.result("b")] == ["done", "done"]
        assert service.count == 2
        until(lambda: house.waiting() == [])

    def test_a_page_that_wants_a_login_takes_nothing(
        self, house: House, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.waiting.AGAIN_S", 0.05)
        house.keep("a")
        service.plan(Plan(body="<html>Welcome to the hotel</html>"))
        service.always(DONE)
        house.start()
        assert house.result("a") == "done"
        assert service.count == 2

    def test_a_provider_that_refuses_us_takes_nothing(
        self, house: House, service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("assistant.waiting.COUNT_S", 0.05)
        house.keep("a")
        service.plan(*[Plan(status=401)] * 3)
        service.always(DONE)
        house.start()
        assert house.result("a") == "done"
        assert sum("401" in record.getMessage() for record in caplog.records) == 1

    def test_what_it_can_make_nothing_of_is_told_and_does_not_stop_the_others(
        self, house: House, service: Service
    ) -> None:
        house.keep("a", "b")
        service.plan(Plan(status=422), DONE)
        house.start()
        assert [house.result("a"), house.result("b")] == ["not-possible", "done"]

    def test_what_was_purged_while_it_was_sent_is_not_acted_upon(self, house: House, service: Service) -> None:
        house.keep("a", "b")
        service.plan(Plan.of({"intent": "AddItem"}, wait_s=1.0), Plan.of({"intent": "AddItem"}))
        house.start()
        service.asked()
        assert house.outbox.remove("a")
        assert house.decided.next() == ("b", "published")

    def test_an_intent_that_does_not_wait_is_not_done_late(self, house: House, service: Service) -> None:
        house.keep("a")
        service.plan(Plan.of({"intent": "light.on", "slots": {"device": "lamp"}}))
        house.start()
        assert house.result("a") == "expired"
        assert house.decided.answers.empty()


class TestAsking:
    def test_more_than_a_few_are_decided_at_once(self, house: House, service: Service) -> None:
        service.always(Plan(wait_s=60))
        house.start(timeout_ms=30_000)
        assert [house.reject(str(number)) for number in range(MOST_ASKED + 1)] == [True] * MOST_ASKED + [False]

    def test_what_is_given_up_in_the_queue_does_not_leave_the_house(self, house: House, service: Service) -> None:
        # The last one is answered at once, but has no longer than the others on a slow machine.
        service.always(Plan.of({}, wait_s=12.0))
        fallback = house.start(timeout_ms=4000)
        for name in "abc":
            assert house.reject(name)
        decided: list[tuple[str, str]] = []
        while len(decided) < 3:
            fallback.tick()
            try:
                decided.append(house.decided.answers.get(timeout=0.05))
            except queue.Empty:
                continue
        assert sorted(decided) == [(name, "rejected") for name in "abc"]
        assert not fallback.busy
        service.always(Plan.of({"intent": "light.on", "confidence": 1.0}))
        until(lambda: house.reject("d"))
        assert house.decided.next() == ("d", "cloud")
        assert service.count == 2  # the first, and this one

    def test_the_end_does_not_wait_for_a_provider(self, house: House, service: Service) -> None:
        service.always(Plan(wait_s=60))
        fallback = house.start(timeout_ms=30_000)
        for number in range(MOST_ASKED):
            house.reject(str(number))
        service.asked()
        threads = {thread for thread in threading.enumerate() if thread.name in {"cloud", "outbox"}}
        fallback.__exit__()
        for thread in threads:
            thread.join(PATIENCE_S / 2)
        assert not any(thread.is_alive() for thread in threads)
        assert house.decided.answers.empty()
