"""What the device cannot do goes to a provider and comes back, from outside: microphone, broker, HTTP, power cuts."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from assistant.cli import main
from assistant.cloud import OUTBOX, Entry, Meaning, Outbox
from assistant.config import MqttConfig, OutboxConfig
from assistant.demo import SimulatedLamps
from tests.cloud.service import Plan, Service
from tests.end_to_end.conftest import Room
from tests.end_to_end.running import Oyez, Subscriber, lamp_topics, published, wait_until
from tests.speech import speak

pytestmark = pytest.mark.timeout(300)
"""Ten seconds each where nobody else computes."""
NO_COMMAND = speak("our neighbours went fishing with their uncle yesterday")
COMMAND = "turn on the reading lamp"
LIST = """\
language: en
intents:
  ShoppingListAddItem: {data: [{sentences: ["put {item} on the shopping list"]}]}
lists: {item: {values: [milk, bread, apples]}}
"""
ADD = "oyez/test/intent/custom/ShoppingListAddItem"
ON = "oyez/test/intent/light/on"
RESULT = "oyez/test/result"
REJECTED = "oyez/test/rejected"


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as one:
        yield one


class Away:
    """A household with a provider outside."""

    def __init__(self, room: Room, bus: Subscriber, service: Service) -> None:
        self.room, self.bus, self.service = room, bus, service

    def furnish(self, *settings: str, provider: str = "webhook") -> None:
        """`settings` are added to the section `cloud`."""
        (self.room.folder / "list.yaml").write_text(LIST)
        section = [f"provider: {provider}", f'url: "{self.service.url}/hook"', *settings]
        self.room.furnish(
            "languages: [en]",
            "sentences: [list.yaml]",
            "replies: {mode: none}",
            f"state: {self.room.folder / 'state'}",
            f"cloud: {{{', '.join(section)}}}",
        )

    @contextmanager
    def listening(self) -> Iterator[Oyez]:
        """The assistant, as soon as it listens."""
        with self.room.oyez() as oyez:
            oyez.wait_for("message=listening")
            yield oyez

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.room.folder / "state" / f"test.{OUTBOX}", OutboxConfig())

    def waiting(self) -> list[Entry]:
        with self.outbox as outbox:
            return outbox.entries()

    def result(self, code: str, *, times: int = 1) -> Any:
        return self.bus.wait_for(RESULT, wanted=lambda result: result["code"] == code, times=times)

    def published(self) -> list[tuple[str, Any]]:
        """Topic and source of all that was understood or rejected so far."""
        return published(self.bus)


@pytest.fixture
def away(room: Room, service: Service) -> Iterator[Away]:
    mqtt = MqttConfig(url=room.broker.url)
    with SimulatedLamps(mqtt, topics=list(lamp_topics())) as lamps, room.bus() as bus:
        lamps.wait_ready(10)
        yield Away(room, bus, service)


class TestRejected:
    def test_an_intent_comes_back_as_an_interpretation_of_the_cloud(self, away: Away) -> None:
        away.furnish("addressed_only: false")
        away.service.plan(Plan.of({"intent": "light.on", "slots": {"device": "reading_lamp"}, "text": "light, please"}))
        with away.listening():
            away.room.sound(NO_COMMAND)
            sent = away.service.asked().json
            understood = away.bus.wait_for(ON)
            assert away.bus.wait_for("zigbee2mqtt/reading_lamp/set") == {"state": "ON"}
            assert (understood["source"], understood["text"]) == ("cloud", "light, please")
            assert understood["id"] == sent["id"] == away.bus.wait_for("oyez/test/heard")["id"]
            assert (sent["reason"], sent["languages"]) == ("not-a-command", ["en"])
            states = [json.loads(raw)["cloud"] for raw in away.bus.seen("oyez/test/state")]
            assert True in states  # for those who show that something is on its way
            # Commands of the house go on as before, and nothing of the first comes twice.
            away.room.say(COMMAND)
            away.bus.wait_for(ON, wanted=lambda one: one["source"] == "device")
            assert away.published() == [(ON, "cloud"), (ON, "device")]
            assert away.service.count == 1

    def test_what_nobody_understands_is_rejected_once(self, away: Away) -> None:
        away.furnish("addressed_only: false")
        away.service.plan(Plan(status=204))
        with away.listening():
            away.room.sound(NO_COMMAND)
            assert away.bus.wait_for(REJECTED)["reason"] == "not-a-command"
            away.room.say(COMMAND)
            away.bus.wait_for(ON)
            assert away.published() == [(REJECTED, "device"), (ON, "device")]

    def test_nothing_that_was_not_addressed_to_the_house_leaves_it(self, away: Away) -> None:
        away.furnish()
        with away.listening():
            away.room.sound(NO_COMMAND)
            away.bus.wait_for(REJECTED)
            away.bus.publish("oyez/test/listen", {})
            away.bus.wait_for("oyez/test/state", wanted=lambda state: state["state"] == "listening")
            away.room.sound(NO_COMMAND)
            away.bus.wait_for(REJECTED, times=2)
            assert away.service.count == 0

    def test_a_later_command_does_not_wait_for_it(self, away: Away) -> None:
        away.furnish("addressed_only: false", "timeout_ms: 30000")
        away.service.plan(Plan.of({"intent": "light.off", "slots": {"device": "reading_lamp"}}, wait_s=45))
        with away.listening():
            away.room.sound(NO_COMMAND)
            away.service.asked()
            away.room.say(COMMAND)
            away.bus.wait_for(ON)
            assert away.published() == [(REJECTED, "device"), (ON, "device")]

    def test_a_provider_that_is_away_changes_nothing(self, away: Away) -> None:
        away.furnish("addressed_only: false")
        away.service.kill()
        with away.listening() as oyez:
            for number in (1, 2, 3):
                away.room.sound(NO_COMMAND)
                away.bus.wait_for(REJECTED, times=number)
            away.room.say(COMMAND)
            away.bus.wait_for(ON)
            assert away.published() == [(REJECTED, "device")] * 3 + [(ON, "device")]
            assert oyez.end() == 0

    def test_a_token_that_cannot_be_read_leaves_the_house_as_it_was(self, away: Away) -> None:
        (away.room.folder / "token").write_text("\n")
        (away.room.folder / "token").chmod(0o600)
        away.furnish("addressed_only: false", "token_file: token")
        with away.listening() as oyez:
            oyez.wait_for("nothing is asked of the cloud")
            away.room.say(COMMAND)
            away.bus.wait_for(ON)


NEEDS = ("needs: [ShoppingListAddItem]", "outbox: {intents: {ShoppingListAddItem: 3600}}")


class TestNeeded:
    """An intent that only the provider can do."""

    def test_it_is_sent_as_text_and_its_reply_is_said(self, away: Away) -> None:
        away.furnish(*NEEDS)
        away.service.plan(Plan.of({"done": True, "reply": "Milk is on the list."}))
        with away.listening():
            away.room.sound(speak("put milk on the shopping list"))
            sent = away.service.asked().json
            assert (sent["domain"], sent["intent"], sent["slots"]) == (
                "custom",
                "ShoppingListAddItem",
                {"item": "milk"},
            )
            assert sent["audio"] is None
            assert away.bus.wait_for("oyez/test/reply")["text"] == "Milk is on the list."
            assert away.result("done")["id"] == sent["id"]
            assert ADD not in [topic for topic, _ in away.published()]

    def test_it_waits_over_a_power_cut_and_is_sent_once_in_order(self, away: Away) -> None:
        away.furnish(*NEEDS)
        away.service.kill()
        with away.listening() as oyez:
            for number, item in enumerate(("milk", "bread"), start=1):
                away.room.sound(speak(f"put {item} on the shopping list"))
                away.result("waiting", times=number)
            assert "as soon as there is" in away.bus.wait_for("oyez/test/reply")["text"]
            oyez.end(signal.SIGKILL)
        kept = away.waiting()
        assert [entry.meaning.slots["item"] for entry in kept if entry.meaning] == ["milk", "bread"]
        with away.listening() as oyez:
            away.service.start()
            away.service.always(Plan.of({"done": True}))
            asked = [away.service.asked() for _ in kept]
            away.result("done", times=2)
            wait_until(lambda: not away.waiting(), "an empty outbox", oyez)
            assert [one.json["slots"]["item"] for one in asked] == ["milk", "bread"]
            assert [one.headers["idempotency-key"] for one in asked] == [entry.id for entry in kept]
            assert away.service.count == 2

    def test_a_power_cut_while_it_is_being_sent(self, away: Away) -> None:
        """It is asked again under the same key, and its answer is acted on once."""
        away.furnish(*NEEDS, "timeout_ms: 1000")
        away.service.plan(Plan(status=503), Plan(status=503), Plan(wait_s=60))
        with away.listening() as oyez:
            away.room.sound(speak("put milk on the shopping list"))
            away.result("waiting")
            keys = [away.service.asked().headers["idempotency-key"] for _ in range(3)]
            oyez.end(signal.SIGKILL)
        away.service.plan(Plan.of({"intent": "ShoppingListAddItem", "slots": {"item": "milk"}}))
        with away.listening() as oyez:
            keys.append(away.service.asked().headers["idempotency-key"])
            assert away.bus.wait_for(ADD)["source"] == "cloud"
            wait_until(lambda: not away.waiting(), "an empty outbox", oyez)
            assert len(set(keys)) == 1
            assert away.service.count == 4
            assert [topic for topic, _ in away.published()].count(ADD) == 1

    def test_what_has_expired_is_said_to_have(self, away: Away) -> None:
        away.furnish(*NEEDS)
        milk = Meaning("custom", "ShoppingListAddItem", {"item": "milk"})
        with away.outbox as outbox:
            said_at = datetime.now(UTC)
            outbox.put(Entry("late", said_at, None, "en", "put milk on the shopping list", milk, None, None, 0.001))
        with away.listening() as oyez:
            assert away.result("expired")["id"] == "late"
            reply = away.bus.wait_for("oyez/test/reply")["text"]
            assert "Not sent: put milk on the shopping list" in reply
            wait_until(lambda: not away.waiting(), "an empty outbox", oyez)
            assert away.service.count == 0

    def test_where_nothing_waits_it_says_that_it_cannot(self, away: Away) -> None:
        away.furnish(NEEDS[0])
        away.service.kill()
        with away.listening():
            away.room.sound(speak("put milk on the shopping list"))
            away.result("no-connection")
            assert away.waiting() == []


def test_a_purge_while_it_waits(away: Away) -> None:
    away.furnish(*NEEDS)
    away.service.kill()
    with away.listening():
        away.room.sound(speak("put bread on the shopping list"))
        away.result("waiting")
        assert main(["outbox", "purge", "--config", str(away.room.household)]) == 0
        away.service.start()
        away.service.always(Plan.of({"done": True}))
        away.room.sound(speak("put milk on the shopping list"))
        away.result("done")
        assert away.service.count == 1
