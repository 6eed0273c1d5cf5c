"""The light handler against lamps that are real MQTT clients, on a real broker."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.config import HouseholdConfig
from assistant.messages import Hypothesis, Interpretation
from assistant.mqtt import IntentPayload, ResultPayload
from assistant.mqtt.topics import RESULT
from handlers.light import LightHandler
from handlers.runner import HandlerRunner
from tests.broker import Mosquitto, Peer
from tests.handlers.lamps import Lamp, Zigbee2MqttLamp

_numbers = itertools.count()


class House:
    """A household with a running light handler, and a way to speak to it."""

    def __init__(self, stack: ExitStack, port: int, url: str, config: dict[str, Any]) -> None:
        self.site = f"light-{next(_numbers)}"
        self.port = port
        self._stack = stack
        household = HouseholdConfig.model_validate({"site": self.site, "mqtt": {"url": url}, **config})
        self.runner = stack.enter_context(HandlerRunner("light", LightHandler, household))
        self.peer = stack.enter_context(Peer(port, RESULT.topic(self.site)))
        assert self.runner.client.connection.wait_ready(5)

    def lamp(self, lamp: Lamp) -> Any:
        return self._stack.enter_context(lamp)

    def say(self, intent: str, *, expires_s: float = 10, request_id: str = "", room: str | None = None, **slots: Any):
        return self.ask(intent, expires_s=expires_s, request_id=request_id, room=room, **slots).message()

    def ask(
        self, intent: str, *, expires_s: float = 10, request_id: str = "", room: str | None = None, **slots: Any
    ) -> ResultPayload:
        request_id = request_id or f"{self.site}-{next(_numbers)}"
        now = datetime.now(UTC)
        best = Hypothesis("en", "light", intent, "words", slots, {}, 0.9)
        payload = IntentPayload.of(
            Interpretation(request_id, now, best, accepted=True, reason=None),
            site=self.site,
            room=room,
            expires=now + timedelta(seconds=expires_s),
        )
        count = len(self.peer.on("#")) + 1
        self.peer.publish(payload.channel.topic(self.site, domain="light", intent=intent), payload.to_bytes())
        answer = self.peer.wait_for("#", count=count)[-1]
        result = ResultPayload.from_bytes(answer.payload, topic=answer.topic)
        assert result.id == request_id
        return result


@pytest.fixture
def house(shared_broker: Mosquitto) -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda **config: House(stack, shared_broker.port, shared_broker.url, config)


def z2m(name: str, **more: Any) -> dict[str, Any]:
    return {"driver": "zigbee2mqtt", "topic": f"zigbee2mqtt/{name}", "timeout_ms": 1000, **more}


def test_turns_on_and_tells_what_the_lamp_reported(house: Any) -> None:
    home = house(devices={"ceiling": z2m("t1", names={"en": "ceiling light", "fr": "plafonnier"})})
    lamp = home.lamp(Zigbee2MqttLamp(home.port, "t1"))
    result = home.say("on", device="ceiling")
    assert (result.ok, result.code, lamp.is_on) == (True, "done", True)
    assert [(c.device, c.property, c.value, c.before) for c in result.changes] == [("ceiling", "on", True, None)]
    assert result.text["en"] == "Turned on ceiling light."
    assert result.text["fr"] == "J'ai allumé plafonnier."
