"""What is carried out of a dialogue's decisions: what is heard, when the microphone opens, what the bus is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.config import HouseholdConfig
from assistant.conversation import Conversation
from assistant.messages import Posteriors, Question, Result, Utterance
from assistant.mqtt import CancelPayload, Client, SayPayload
from assistant.observe import Counters
from assistant.recognizer import for_household
from assistant.reports import LogReporter
from assistant.state import StateFile
from assistant.traces import Traces
from tests.broker import Mosquitto
from tests.end_to_end.running import Subscriber
from tests.interpret.rendering import rendered

PATIENCE_S = 30.0
QUESTION = Question({"en": "Shall I?"})


class Voice:
    """Says nothing, and knows what it should have said."""

    def __init__(self) -> None:
        self.speaking = False
        self.heard: list[str] = []
        self.done: list[Callable[[], None] | None] = []

    def say(self, text: str, language: str, *, on_done: Callable[[], None] | None = None) -> None:
        self.heard.append(f"{language}: {text}")
        self.done.append(on_done)

    def earcon(self, name: str, *, on_done: Callable[[], None] | None = None) -> None:
        self.heard.append(name)
        self.done.append(on_done)

    def stop(self) -> None:
        self.heard.append("(stopped)")

    def finish(self) -> None:
        """Everything has been heard."""
        for on_done in self.done:
            if on_done is not None:
                on_done()
        self.done.clear()


class Ears:
    """Hears what it is told that it hears."""

    def __init__(self) -> None:
        self.hears = False
        self.told: list[Any] = []

    def open_window(self, window_ms: int | None = None) -> None:
        self.told.append(window_ms)

    def cancel(self) -> None:
        self.told.append("cancelled")


class Saying:
    """A network that hears what is being said in a test."""

    text = ""

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        assert len(samples)
        assert languages
        return rendered(self.text)


class Room:
    """A conversation with everything around it."""

    def __init__(self, stack: ExitStack, folder: Path, broker: Mosquitto, **config: Any) -> None:
        site = f"talk-{time.monotonic_ns()}"
        self.config = HouseholdConfig.model_validate(
            {
                "site": site,
                "languages": ["en"],
                "rooms": {"hall": {"en": "hall"}},
                "devices": {"lamp": {"topic": "t", "room": "hall", "names": {"en": "lamp"}}},
                "mqtt": {"url": broker.url},
                "wake": {"engine": "push-to-talk"},
                "state": folder,
                **config,
            }
        )
        self.topic = f"oyez/{site}"
        self.bus = stack.enter_context(Subscriber(broker.port, f"{self.topic}/#"))
        self.network, self.voice, self.ears = Saying(), Voice(), Ears()
        client = stack.enter_context(Client(self.config.mqtt, site=site))
        assert client.connection.wait_ready(PATIENCE_S)
        self.conversation = Conversation(
            self.config,
            for_household(self.config, self.network),
            client=client,
            voice=self.voice,
            traces=Traces(StateFile.of(self.config, "traces")),
            reporter=LogReporter(),
            counters=Counters(),
        )
        self.conversation.attach(self.ears)

    def hear(self, text: str) -> str:
        """Let something be said; returns the utterance's id."""
        self.network.text = text
        utterance = Utterance(np.zeros(16_000, np.int16), datetime.now(UTC), wake="push-to-talk")
        self.conversation.heard(utterance)
        return utterance.id

    def ask(self) -> None:
        """Give a command that its handler asks about."""
        command = self.hear("turn on the lamp")
        self.conversation.result(Result(command, ok=False, code="question", question=QUESTION))

    def state(self, state: str) -> Any:
        return self.bus.wait_for(f"{self.topic}/state", wanted=lambda told: told["state"] == state)

    def tick_until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline
            self.conversation.tick()


@pytest.fixture
def room(tmp_path: Path, shared_broker: Mosquitto) -> Iterator[Callable[..., Room]]:
    with ExitStack() as stack:
        yield lambda **config: Room(stack, tmp_path, shared_broker, **config)


def test_the_microphone_opens_when_the_question_has_been_heard(room: Callable[..., Room]) -> None:
    talk = room()
    talk.ask()
    assert talk.voice.heard == ["accepted", "en: Shall I?", "question"]
    assert talk.ears.told == []
    talk.voice.finish()
    assert talk.ears.told == [8000]
    assert talk.state("asking")["session"]
    talk.hear("yes")
    intent = talk.bus.wait_for(f"{talk.topic}/intent/light/on", times=2)
    assert intent["slots"] == {"device": "lamp", "confirmed": True}
    assert talk.bus.wait_for(f"{talk.topic}/reply")["text"] == "Shall I?"


def test_a_question_that_is_over_opens_no_microphone(room: Callable[..., Room]) -> None:
    talk = room()
    talk.ask()
    talk.conversation.cancel(CancelPayload())
    talk.ears.told.clear()
    talk.voice.finish()
    assert talk.ears.told == []
    talk.conversation.listener_state("listening")
    assert talk.state("listening")["session"] is None


def test_a_reply_waits_for_whoever_is_speaking(room: Callable[..., Room]) -> None:
    talk = room()
    talk.ears.hears = True
    talk.conversation.say(SayPayload(text="Dinner is ready."))
    talk.conversation.tick()
    assert talk.voice.heard == []
    assert talk.bus.wait_for(f"{talk.topic}/reply")["text"] == "Dinner is ready."
    talk.ears.hears = False
    talk.conversation.tick()
    assert talk.voice.heard == ["en: Dinner is ready."]


def test_who_has_something_said_may_have_it_answered(room: Callable[..., Room]) -> None:
    talk = room(dialogue={"timeout_ms": 5000})
    talk.conversation.say(SayPayload(text="Dinner is ready."))
    talk.voice.finish()
    assert talk.ears.told == []
    talk.conversation.say(SayPayload(text="Anna is calling.", listen=True))
    assert talk.ears.told == []
    talk.voice.finish()
    assert talk.ears.told == [5000]
    talk.hear("turn on the lamp")
    assert talk.bus.wait_for(f"{talk.topic}/intent/light/on")["slots"] == {"device": "lamp"}


def test_a_reply_does_not_wait_for_ever(room: Callable[..., Room]) -> None:
    talk = room()
    talk.ears.hears = True
    talk.conversation.say(SayPayload(text="Dinner is ready."))
    talk.tick_until(lambda: bool(talk.voice.heard))


def test_with_echo_cancelled_nothing_waits_and_a_command_interrupts(room: Callable[..., Room]) -> None:
    talk = room(replies={"echo": "cancelled"})
    talk.ears.hears = talk.voice.speaking = True
    talk.conversation.say(SayPayload(text="Once upon a time"))
    assert talk.voice.heard == ["en: Once upon a time"]
    talk.hear("turn on the lamp")
    assert talk.voice.heard == ["en: Once upon a time", "(stopped)", "accepted"]


def test_who_waits_after_waking_it_hears_that_it_listens(room: Callable[..., Room]) -> None:
    talk = room()
    talk.conversation.listener_state("listening")
    talk.conversation.tick()
    assert talk.voice.heard == []
    talk.tick_until(lambda: talk.voice.heard == ["listening"])


def test_who_speaks_on_in_one_breath_is_not_cut_off(room: Callable[..., Room]) -> None:
    talk = room()
    talk.ears.hears = True
    talk.conversation.listener_state("listening")
    until = time.monotonic() + 1.0
    talk.tick_until(lambda: time.monotonic() > until)
    assert talk.voice.heard == []


def test_another_household_ends_the_question(room: Callable[..., Room]) -> None:
    talk = room()
    talk.ask()
    recognizer = for_household(talk.config, talk.network)
    with talk.conversation.handover(talk.config, recognizer):
        pass
    talk.hear("turn off the lamp")
    assert talk.bus.wait_for(f"{talk.topic}/intent/light/off")["slots"] == {"device": "lamp"}


def test_while_it_speaks_the_state_says_so(room: Callable[..., Room]) -> None:
    talk = room()
    talk.voice.speaking = True
    talk.conversation.speaking()
    talk.state("speaking")
    talk.voice.speaking = False
    talk.conversation.speaking()
    talk.state("idle")
