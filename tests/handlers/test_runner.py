"""The runner with handlers of our own making: expiry, repetition, failure, overload, and brokers that vanish."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.config import HouseholdConfig
from assistant.errors import ConfigurationError, OyezError, PayloadError
from assistant.messages import Change, Hypothesis, Interpretation, Result
from assistant.mqtt import EmbeddedBroker, Incoming, IntentPayload, Outgoing, ResultPayload, Retry
from handlers import registry, runner
from handlers.base import Description, Publish, Request
from handlers.runner import HandlerRunner
from tests.broker import Mosquitto, Peer
from tests.handlers.lamps import Zigbee2MqttLamp

FAST = Retry(first_s=0.05, ceiling_s=0.2)
WAIT_S = 30.0
_sites = itertools.count()


class Recorder:
    """A handler that notes what it is asked, and does what the test says."""

    def __init__(self, publish: Publish) -> None:
        self.publish = publish
        self.requests: list[Request] = []
        self.heard: list[Incoming] = []
        self.act: Callable[[Request], Result] = lambda request: Result(request.interpretation.id, ok=True, code="done")

    def subscriptions(self) -> tuple[str, ...]:
        return ("recorder/+",)

    def received(self, message: Incoming) -> None:
        if message.payload == b"bad":
            raise PayloadError(message.topic, field="x", what="bad")
        if message.payload == b"worse":
            raise RuntimeError
        self.heard.append(message)

    def connected(self) -> None:
        pass

    def handle(self, request: Request) -> Result:
        self.requests.append(request)
        return self.act(request)


class Bench:
    """A recorder behind a runner, and a peer that speaks as the assistant does."""

    def __init__(self, stack: ExitStack, broker: Mosquitto) -> None:
        self.site = f"runner-{next(_sites)}"
        self.recorder: Recorder

        def factory(_: HouseholdConfig, publish: Publish) -> Recorder:
            self.recorder = Recorder(publish)
            return self.recorder

        self.household = HouseholdConfig.model_validate({"site": self.site, "mqtt": {"url": broker.url}})
        description = Description(domains=("light", "custom"), build=factory)
        self.runner = stack.enter_context(HandlerRunner("recorder", description, self.household, retry=FAST))
        assert self.runner.client.connection.wait_ready(WAIT_S)
        self.peer = stack.enter_context(Peer(broker.port, f"oyez/{self.site}/result", "recorder/answer"))

    def say(self, request_id: str, *, expires_s: float = 10, domain: str = "light", site: str = "") -> None:
        payload = intent(request_id, site=self.site, expires_s=expires_s, domain=domain)
        topic = payload.channel.topic(site or self.site, domain=domain, intent="on")
        self.peer.publish(topic, payload.to_bytes())

    def results(self, count: int) -> list[ResultPayload]:
        topic = f"oyez/{self.site}/result"
        messages = self.peer.wait_for(topic, count=count, timeout_s=WAIT_S)
        return [ResultPayload.from_bytes(message.payload, topic=topic) for message in messages]


def intent(request_id: str, *, site: str, expires_s: float = 10, domain: str = "light") -> IntentPayload:
    now = datetime.now(UTC)
    best = Hypothesis("en", domain, "on", "on", {"n": 1}, {}, 0.9)
    message = Interpretation(request_id, now, best, accepted=True, reason=None)
    return IntentPayload.of(message, site=site, room="hall", expires=now + timedelta(seconds=expires_s))


@pytest.fixture
def bench(shared_broker: Mosquitto) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack, shared_broker)


def test_an_intent_comes_whole_and_the_result_goes_back(bench: Bench) -> None:
    change = Change("lamp", "on", value=True, before=False)
    bench.recorder.act = lambda request: Result(request.interpretation.id, True, "done", {"en": "Done."}, (change,))
    bench.say("a")
    (result,) = bench.results(1)
    assert (result.id, result.handler, result.message().changes) == ("a", "recorder", (change,))
    (request,) = bench.recorder.requests
    assert (request.site, request.room, request.interpretation.best.slots) == (bench.site, "hall", {"n": 1})


def test_only_the_handlers_own_domains_and_site(bench: Bench) -> None:
    bench.say("other domain", domain="media")
    bench.say("other site", site="somewhere-else")
    bench.say("mine", domain="custom")
    assert [result.id for result in bench.results(1)] == ["mine"]
    assert [request.interpretation.id for request in bench.recorder.requests] == ["mine"]


def test_late_and_repeated_intents_are_not_acted_on(bench: Bench) -> None:
    bench.say("late", expires_s=-0.1)
    bench.say("twice")
    bench.say("twice")
    results = bench.results(3)
    assert [(result.id, result.ok, result.code) for result in results] == [
        ("late", False, "expired"),
        ("twice", True, "done"),
        ("twice", True, "already-done"),
    ]
    assert set(results[0].text) == {"en", "es", "fr"}
    assert len(bench.recorder.requests) == 1


def test_an_intent_that_expires_while_it_waits_is_not_acted_on(bench: Bench) -> None:
    busy, release = threading.Event(), threading.Event()

    def slow(request: Request) -> Result:
        busy.set()
        release.wait(WAIT_S)
        return Result(request.interpretation.id, ok=True, code="done")

    bench.recorder.act = slow
    bench.say("slow")
    assert busy.wait(WAIT_S)
    bench.say("waits", expires_s=0.2)
    bench.peer.client.publish("recorder/x", b"").wait_for_publish()
    threading.Event().wait(0.3)  # its time passes
    release.set()
    assert [(result.id, result.code) for result in bench.results(2)] == [("slow", "done"), ("waits", "expired")]


def test_a_handler_that_raises_gives_a_failed_result_and_lives(bench: Bench) -> None:
    def broken(_: Request) -> Result:
        raise ZeroDivisionError

    good, bench.recorder.act = bench.recorder.act, broken
    bench.say("broken")
    bench.say("broken")
    result, again = bench.results(2)
    assert (again.code, again.ok) == ("already-done", False)  # not better for being asked twice
    assert (result.id, result.ok, result.code, set(result.text)) == ("broken", False, "failed", {"en", "es", "fr"})
    bench.recorder.act = good
    bench.say("whole")
    assert bench.results(3)[2].code == "done"


def test_a_handler_that_hangs_is_left_behind_and_what_waited_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "HANG_S", 0.2)
    busy, release = threading.Event(), threading.Event()

    def hang(request: Request) -> Result:
        busy.set()
        release.wait()
        return Result(request.interpretation.id, ok=True, code="done")

    bench.recorder.act = hang
    assert not bench.runner.hangs
    bench.say("hangs")
    assert busy.wait(WAIT_S)
    bench.say("waits")
    deadline = time.monotonic() + WAIT_S
    while not (bench.runner.hangs and bench.runner.waiting):
        assert time.monotonic() < deadline
        release.wait(0.01)
    waiting = bench.runner.leave_behind()
    assert [one.intent.id for one in waiting] == ["waits"]
    assert [(result.id, result.code) for result in bench.results(1)] == [("hangs", "failed")]
    description = Description(domains=("light",), build=lambda _, publish: Recorder(publish))
    with HandlerRunner("recorder", description, bench.household, retry=FAST, memory=bench.runner._memory) as second:
        second.take_over(waiting)
        assert [(result.id, result.code) for result in bench.results(2)] == [("hangs", "failed"), ("waits", "done")]
        release.set()
        bench.runner.wait(WAIT_S)
        bench.say("later")
        # What hung has come back meanwhile, and has told nothing more.
        assert [result.id for result in bench.results(3)] == ["hangs", "waits", "later"]


@pytest.mark.parametrize(
    "result",
    [Result("odd", ok=True, code="No Such Form!"), Result("odd", ok=True, code="done", text={"en": "x" * 5000}), None],
    ids=["code", "text", "nothing"],
)
def test_a_result_that_the_contract_forbids_is_a_failure(bench: Bench, result: Any) -> None:
    bench.recorder.act = lambda _: result
    bench.say("odd")
    assert [(told.id, told.code) for told in bench.results(1)] == [("odd", "failed")]


def test_what_other_topics_bring_is_passed_on_or_dropped(bench: Bench) -> None:
    for payload in (b"bad", b"worse", b"good"):
        bench.peer.publish("recorder/state", payload)
    bench.say("end")
    bench.results(1)
    assert [message.payload for message in bench.recorder.heard] == [b"good"]
    counts = bench.runner.client.connection.counts()
    assert (counts["malformed"], counts["callbacks_failed"]) == (1, 1)


def test_a_handler_may_publish(bench: Bench) -> None:
    bench.recorder.publish(Outgoing("recorder/answer", b"hello", qos=1))
    assert bench.peer.wait_for("recorder/answer")[0].payload == b"hello"


def test_malformed_intents_are_dropped(bench: Bench) -> None:
    topic = f"oyez/{bench.site}/intent/light/on"
    good = json.loads(intent("x", site=bench.site).to_bytes())
    for payload in (b"", b"{", b"\xff", json.dumps({**good, "accepted": False}).encode(), b" " * 70_000):
        bench.peer.publish(topic, payload)
    bench.say("good")
    assert [result.id for result in bench.results(1)] == ["good"]
    assert bench.runner.client.connection.counts()["malformed"] == 5


def test_too_many_at_once_are_dropped_and_counted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.runner._intents, "maxsize", 2)
    busy, release = threading.Event(), threading.Event()

    def slow(request: Request) -> Result:
        busy.set()
        release.wait(WAIT_S)
        return Result(request.interpretation.id, ok=True, code="done")

    bench.recorder.act = slow
    bench.say("0")
    assert busy.wait(WAIT_S)
    for number in range(1, 6):
        bench.say(str(number))
    while bench.runner.client.connection.counts().get("intents_dropped", 0) < 3:
        threading.Event().wait(0.01)
    release.set()
    assert [result.id for result in bench.results(3)] == ["0", "1", "2"]


def test_leaving_ends_the_thread_and_gives_up_what_waits(shared_broker: Mosquitto) -> None:
    with ExitStack() as stack:
        bench = Bench(stack, shared_broker)
        busy, release = threading.Event(), threading.Event()

        def slow(request: Request) -> Result:
            busy.set()
            release.wait(0.3)
            return Result(request.interpretation.id, ok=True, code="done")

        bench.recorder.act = slow
        bench.say("0")
        assert busy.wait(WAIT_S)
        bench.say("1")
        peer = stack.enter_context(Peer(shared_broker.port, f"oyez/{bench.site}/result"))
        bench.runner.__exit__()
        assert len(peer.wait_for(f"oyez/{bench.site}/result")) == 1  # what it was doing is still told
        assert not bench.runner._worker.is_alive()
        assert [request.interpretation.id for request in bench.recorder.requests] == ["0"]


def test_the_broker_is_killed_and_nothing_is_done_twice(broker: Mosquitto) -> None:
    with ExitStack() as stack:
        bench = Bench(stack, broker)
        payload = intent("once", site=bench.site).to_bytes()
        topic = f"oyez/{bench.site}/intent/light/on"
        bench.peer.publish(topic, payload)
        bench.results(1)
        broker.kill()
        while bench.runner.client.connection.connected:
            threading.Event().wait(0.01)
        broker.start()
        assert bench.runner.client.connection.wait_ready(WAIT_S)
        with Peer(broker.port, f"oyez/{bench.site}/result") as peer:
            peer.publish(topic, payload)  # the assistant could not know that it had arrived
            (answer,) = peer.wait_for(f"oyez/{bench.site}/result")
        assert json.loads(answer.payload)["code"] == "already-done"
        assert len(bench.recorder.requests) == 1


class Lasting(Recorder):
    """A handler with something to open and to close."""

    def __init__(self, publish: Publish) -> None:
        super().__init__(publish)
        self.life: list[str] = []

    def __enter__(self) -> None:
        self.life.append("entered")

    def __exit__(self, *_: object) -> None:
        self.life.append("left")
        self.publish(Outgoing("recorder/left", b"in order"))

    def handle(self, request: Request) -> Result:
        self.life.append("handled")
        return super().handle(request)


def test_a_handler_with_a_life_of_its_own_is_entered_first_and_left_while_it_can_publish(
    shared_broker: Mosquitto,
) -> None:
    built: list[Lasting] = []

    def build(_: HouseholdConfig, publish: Publish) -> Lasting:
        built.append(Lasting(publish))
        return built[-1]

    household = HouseholdConfig.model_validate({"site": "lasting", "mqtt": {"url": shared_broker.url}})
    description = Description(domains=("light",), build=build)
    with Peer(shared_broker.port, "oyez/lasting/result", "recorder/left") as peer:
        with HandlerRunner("lasting", description, household, retry=FAST) as running:
            assert running.client.connection.wait_ready(WAIT_S)
            peer.publish("oyez/lasting/intent/light/on", intent("1", site="lasting").to_bytes())
            peer.wait_for("oyez/lasting/result")
        peer.wait_for("recorder/left")
    assert built[0].life == ["entered", "handled", "left"]


def test_a_handler_that_fails_at_its_start_is_named(shared_broker: Mosquitto) -> None:
    class Failing(Recorder):
        def __enter__(self) -> None:
            raise RuntimeError("no such serial port")

        def __exit__(self, *_: object) -> None:
            pass

    household = HouseholdConfig.model_validate({"site": "failing", "mqtt": {"url": shared_broker.url}})
    description = Description(domains=("light",), build=lambda _, publish: Failing(publish))
    with (
        pytest.raises(OyezError, match='"failing" fails at its start: RuntimeError: no such serial port'),
        HandlerRunner("failing", description, household, retry=FAST),
    ):
        pass


def test_the_registry_runs_the_light_handler_on_the_embedded_broker() -> None:
    household = HouseholdConfig.model_validate({"devices": {"lamp": {"topic": "zigbee2mqtt/lamp"}}})
    with EmbeddedBroker(0) as broker, registry.runner("light", household, url=broker.url) as running:
        assert running.client.connection.wait_ready(WAIT_S)
        with Zigbee2MqttLamp(broker.port, "lamp") as lamp, Peer(broker.port, "oyez/home/result", mqtt5=False) as peer:
            peer.publish("oyez/home/intent/light/on", intent("1", site="home").to_bytes())
            (answer,) = peer.wait_for("oyez/home/result")
            assert json.loads(answer.payload)["code"] == "done"
            assert lamp.is_on


def test_handlers_that_cannot_run() -> None:
    with pytest.raises(OyezError) as caught:
        registry.runner("lights", HouseholdConfig())
    assert "light" in str(caught.value)
    household = HouseholdConfig.model_validate({"devices": {"a": {"topic": "x", "options": {"colour": "hex"}}}})
    with pytest.raises(ConfigurationError) as wrong:
        registry.runner("light", household, url="mqtt://localhost")
    assert [fault.where for fault in wrong.value.faults] == ["devices.a.options.colour"]


def test_its_sentences_exist_in_every_language() -> None:
    assert runner.FAILED.keys() == runner.EXPIRED.keys() == {"en", "es", "fr"}
