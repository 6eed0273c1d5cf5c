"""A household with a running media handler, and a way to speak to it."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.config import HouseholdConfig
from assistant.messages import Hypothesis, Interpretation, Result
from assistant.mqtt import IntentPayload, ResultPayload, StatePayload
from assistant.mqtt.topics import CATALOG, RESULT, STATE
from assistant.state import StateFile
from handlers.media import HANDLER
from handlers.runner import HandlerRunner
from tests.broker import Mosquitto, Peer
from tests.handlers.music import Mpd

_numbers = itertools.count()
PATIENCE_S = 30.0


class House:
    """Entered and left by the stack that it gets."""

    def __init__(self, stack: ExitStack, broker: Mosquitto, *, state: Path, config: dict[str, Any]) -> None:
        self.site = f"media-{next(_numbers)}"
        self._broker = broker
        self._household = HouseholdConfig.model_validate(
            {"site": self.site, "mqtt": {"url": broker.url}, "state": str(state), **config}
        )
        self.peer = stack.enter_context(Peer(broker.port, RESULT.topic(self.site), CATALOG.filter(self.site)))
        self.runner = self.start(stack)

    def start(self, stack: ExitStack) -> HandlerRunner:
        """Run the handler (once more)."""
        runner = stack.enter_context(HandlerRunner("media", HANDLER, self._household))
        assert runner.client.connection.wait_ready(PATIENCE_S)
        return runner

    def say(self, intent: str, *, heard_in: str | None = None, **slots: Any) -> Result:
        """Publish an intent as the assistant would, and return the result."""
        request_id = f"{self.site}-{next(_numbers)}"
        now = datetime.now(UTC)
        best = Hypothesis("en", "media", intent, "words", slots, {}, 0.9)
        payload = IntentPayload.of(
            Interpretation(request_id, now, best, accepted=True, reason=None),
            site=self.site,
            room=heard_in,
            expires=now + timedelta(seconds=PATIENCE_S),
        )
        topic = RESULT.topic(self.site)
        count = len(self.peer.on(topic)) + 1
        self.peer.publish(payload.channel.topic(self.site, domain="media", intent=intent), payload.to_bytes())
        answer = self.peer.wait_for(topic, count=count)[-1]
        result = ResultPayload.from_bytes(answer.payload, topic=answer.topic)
        assert result.id == request_id
        return result.message()

    def catalog(self, name: str, *wanted: str) -> dict[str, str]:
        """Wait until a catalog has these words, and return all of them with what they stand for."""

        def values() -> dict[str, str]:
            messages = self.peer.on(CATALOG.topic(self.site, name=name))
            listed = json.loads(messages[-1].payload or b"{}").get("values", []) if messages else []
            return {value["in"]: value.get("out", value["in"]) for value in listed}

        wait_until(lambda: set(wanted) <= set(values()), f"{wanted} in {name}")
        return values()

    def saved(self) -> Any:
        """What is on the disk to be restored after a crash; None where nothing ever was."""
        return StateFile.of(self._household, "media").read()

    def assistant(self, state: str, *, site: str | None = None) -> None:
        """Tell what an assistant does."""
        payload = StatePayload.model_validate({"state": state})
        self.peer.publish(STATE.topic(site or self.site), payload.to_bytes(), retain=True)


def player(server: Mpd, **more: Any) -> dict[str, Any]:
    return {"driver": "mpd", "host": "127.0.0.1", "port": server.port, "timeout_ms": 10_000, **more}


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline, tick = time.monotonic() + PATIENCE_S, threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"waited for {what}"
        tick.wait(0.02)


def changes(result: Result) -> dict[tuple[str, str], Any]:
    return {(change.device, change.property): change.value for change in result.changes}
