"""A household with a running calling handler, and a way to speak to it: for tests on real brokers and telephones."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.config import HouseholdConfig
from assistant.messages import Hypothesis, Interpretation, Question, Result
from assistant.mqtt import IntentPayload, ResultPayload
from assistant.mqtt.topics import RESULT, SAY
from handlers.calling import HANDLER
from handlers.runner import HandlerRunner
from tests.broker import Peer

_numbers = itertools.count()
ANSWERS_MS = 20_000
"""Patience with telephones that answer, for machines that are busy."""
SILENT_MS = 400
"""With telephones that do not."""

PEOPLE = {
    "anna": {"names": {"en": "Anna López"}, "numbers": {"mobile": "+34 612 34 56 78"}},
    "marta": {
        "names": {"en": "Marta Ruiz"},
        "numbers": {"home": "913 456 789", "work": "+34 914 000 111"},
        "relations": ["mother"],
    },
    "taxi": {"names": {"en": "Night Taxi"}, "numbers": {"other": "806 123 456"}},
}


class House:
    """A household that calls."""

    def __init__(self, stack: ExitStack, *, url: str, port: int, folder: Path, config: dict[str, Any]) -> None:
        self.site = f"calling-{next(_numbers)}"
        whole = {"site": self.site, "mqtt": {"url": url}, "state": str(folder / self.site), **config}
        self.household = HouseholdConfig.model_validate(whole)
        self.peer = stack.enter_context(Peer(port, RESULT.topic(self.site), SAY.topic(self.site)))
        self.runner = stack.enter_context(HandlerRunner("calling", HANDLER, self.household))
        assert self.runner.client.connection.wait_ready(30)

    def say(
        self,
        intent: str,
        *,
        language: str = "en",
        confidence: float = 0.95,
        alternatives: tuple[Hypothesis, ...] = (),
        spoken: dict[str, str] | None = None,
        **slots: Any,
    ) -> Result:
        """Publish an intent as the assistant would, and return the result."""
        return self.ask_later(
            intent,
            language=language,
            confidence=confidence,
            alternatives=alternatives,
            spoken=spoken,
            **slots,
        )()

    def ask_later(
        self,
        intent: str,
        *,
        language: str = "en",
        confidence: float = 0.95,
        alternatives: tuple[Hypothesis, ...] = (),
        spoken: dict[str, str] | None = None,
        **slots: Any,
    ) -> Callable[[], Result]:
        """The same; returns what waits for the result."""
        request_id = f"{self.site}-{next(_numbers)}"
        now = datetime.now(UTC)
        best = Hypothesis(language, "calling", intent, "words", slots, spoken or {}, confidence)
        heard = Interpretation(request_id, now, best, accepted=True, reason=None, alternatives=alternatives)
        payload = IntentPayload.of(heard, site=self.site, expires=now + timedelta(seconds=30))
        topic = RESULT.topic(self.site)
        count = len(self.peer.on(topic)) + 1
        self.peer.publish(payload.channel.topic(self.site, domain="calling", intent=intent), payload.to_bytes())

        def result() -> Result:
            answer = self.peer.wait_for(topic, count=count)[-1]
            result = ResultPayload.from_bytes(answer.payload, topic=answer.topic)
            assert (result.id, result.handler) == (request_id, "calling")
            return result.message()

        return result

    def asked(self, intent: str, **more: Any) -> Question:
        """The same, of what must be answered by a question."""
        result = self.say(intent, **more)
        assert (result.code, result.ok) == ("question", False), result
        assert result.question is not None
        return result.question

    def announced(self, count: int = 1) -> str:
        """What was said unasked, the `count`-th time; waits for it."""
        message = self.peer.wait_for(SAY.topic(self.site), count=count)[-1]
        return str(json.loads(message.payload)["text"])

    def waits_for_an_answer(self) -> list[bool]:
        """Whether something may be said to each of the announcements without the wake word."""
        return [json.loads(message.payload)["listen"] for message in self.peer.on(SAY.topic(self.site))]

    @property
    def announcements(self) -> int:
        return len(self.peer.on(SAY.topic(self.site)))

    def wait_ready(self) -> None:
        """Return when the telephone has said that it is there."""
        line = self.runner._handler._line
        told = line.wait(
            lambda changes: any(one.event.kind == "ready" for one in changes) or None, since=0, deadline=_soon()
        )
        assert told


@contextmanager
def house(*, url: str, port: int, folder: Path, **config: Any) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(stack, url=url, port=port, folder=folder, config=config)


def _soon() -> float:
    return time.monotonic() + 30
