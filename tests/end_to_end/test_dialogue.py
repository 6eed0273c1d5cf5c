"""Questions and answers, corrections and undo, by voice and seen from outside, in each language.

The commands are the demonstration's, in held-out voices; the answers are spoken by Pico when the test runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.audio import read_file
from assistant.config import MqttConfig
from assistant.demo import SimulatedLamps, demo_clips
from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber, lamp_topics, write_household
from tests.speech import silence, trimmed
from tests.virtual_microphone import VirtualMicrophone

CLIPS = {clip.text: clip.file for clip in demo_clips()}
VOICES = {"en": "en-US", "es": "es-ES", "fr": "fr-FR"}
RISKS = "{light.on: confirm, light.brightness: confirm, light.color: never}"
LINES = (
    "replies: none",
    f"dialogue: {{timeout_ms: 3000, correct_ms: 60000, ask_above: 2, risks: {RISKS}}}",
)


@dataclass
class House:
    """A running assistant that asks before it switches anything on."""

    oyez: Oyez
    microphone: VirtualMicrophone
    bus: Subscriber
    household: Path

    def command(self, text: str) -> None:
        """Say one of the demonstration's sentences."""
        self._speak(read_file(CLIPS[text]))

    def say(self, text: str, *, language: str) -> None:
        """Let Pico say something."""
        self._speak(trimmed(text, voice=VOICES[language]))

    def _speak(self, samples: np.ndarray) -> None:
        self.microphone.speak(np.concatenate([silence(0.3), samples, silence(0.9)]))

    def mark(self) -> Since:
        return Since(self)


class Since:
    """What came over the bus after a moment."""

    def __init__(self, house: House) -> None:
        self._bus = house.bus
        self._seen: dict[str, int] = {}
        self._before = {topic: len(house.bus.seen(topic)) for topic in TOPICS}

    def next(self, topic: str) -> Any:
        """The next payload of a topic, in order."""
        times = self._before[topic] + self._seen.get(topic, 0) + 1
        self._seen[topic] = self._seen.get(topic, 0) + 1
        return self._bus.wait_for(topic, times=times)

    def count(self, topic: str) -> int:
        return len(self._bus.seen(topic)) - self._before[topic]


REPLY, STATE = "oyez/test/reply", "oyez/test/state"
ON, OFF, UNDO = (f"oyez/test/intent/light/{intent}" for intent in ("on", "off", "undo"))
BRIGHTNESS = "oyez/test/intent/light/brightness"
REJECTED, RESULT, NO = "oyez/test/rejected", "oyez/test/result", "oyez/test/intent/dialogue/no"
START, CANCEL, CANCEL_ALL = (f"oyez/test/intent/timer/{intent}" for intent in ("start", "cancel", "cancel_all"))
TOPICS = (REPLY, STATE, ON, OFF, UNDO, BRIGHTNESS, REJECTED, RESULT, NO, START, CANCEL, CANCEL_ALL)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("dialogue")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder))
        mqtt = MqttConfig(url=broker.url)
        stack.enter_context(SimulatedLamps(mqtt, topics=list(lamp_topics()))).wait_ready(10)
        bus = stack.enter_context(Subscriber(broker.port))
        microphone = stack.enter_context(VirtualMicrophone(folder / "microphone"))
        household = write_household(folder, *LINES, f"state: {folder / 'kept'}", port=broker.port)
        oyez = stack.enter_context(Oyez("--config", household, folder=folder, environment=dict(microphone.environment)))
        oyez.wait_for("message=listening")
        yield House(oyez, microphone, bus, household)
        assert "Traceback" not in oyez.log
        assert oyez.end() == 0


@dataclass
class Words:
    """A command that is asked about, and what may be answered."""

    command: str
    question: str
    yes: str
    no: str
    all_right: str
    correction: str
    device: str
    undo: str


LANGUAGES = {
    "en": Words(
        "turn on the reading lamp", "Turn on the reading lamp: is that right?", "yes please", "no thank you",
        "All right.", "I meant the floor lamp", "reading_lamp", "undo that",
    ),
    "es": Words(
        "enciende la lámpara del techo", "Enciende la lámpara del techo: ¿es correcto?", "claro que sí",
        "mejor no", "Vale.", "quería decir la lámpara de pie", "kitchen_ceiling", "deshaz lo último",
    ),
    "fr": Words(
        "allume la lampe de chevet", "Allume la lampe de chevet : c'est bien ça ?", "oui bien sûr", "non merci",
        "D'accord.", "je voulais dire le lampadaire", "bedside_lamp", "reviens en arrière",
    ),
}  # fmt: skip


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_yes_does_what_was_asked_and_undo_takes_it_back(house: House, language: str) -> None:
    words, since = LANGUAGES[language], house.mark()
    house.command(words.command)
    question = since.next(REPLY)
    assert (question["text"], question["language"]) == (words.question, language)
    asking = house.bus.wait_for(STATE, wanted=lambda state: state["state"] == "asking" and state["session"])
    assert since.count(ON) == 0
    house.say(words.yes, language=language)
    heard = since.next(ON)
    assert (heard["accepted"], heard["slots"], heard["language"]) == (True, {"device": words.device}, language)
    assert heard["id"] != question["id"]
    assert heard["session"]
    assert asking["session"]
    assert house.bus.wait_for(RESULT, wanted=lambda result: result["id"] == heard["id"])["ok"]
    assert house.bus.wait_for(REPLY, wanted=lambda reply: reply["id"] == heard["id"])["language"] == language
    house.say(words.undo, language=language)
    undo = since.next(UNDO)
    assert house.bus.wait_for(RESULT, wanted=lambda result: result["id"] == undo["id"])["ok"]


def test_a_question_is_corrected_and_then_refused(house: House, language: str) -> None:
    words, since = LANGUAGES[language], house.mark()
    house.command(words.command)
    assert since.next(REPLY)["text"] == words.question
    house.say(words.correction, language=language)
    again = since.next(REPLY)["text"]
    assert again not in {words.question, words.all_right}
    house.say(words.no, language=language)
    assert since.next(REPLY)["text"] == words.all_right
    assert since.count(ON) == 0


def test_what_was_done_is_corrected(house: House, language: str) -> None:
    """Lamps are switched off without a question here."""
    words, since = LANGUAGES[language], house.mark()
    if language == "fr":
        house.say("éteins la liseuse", language=language)
    else:
        house.command({"en": "turn off the lights in the living room", "es": "apaga las luces de la cocina"}[language])
    first = since.next(OFF)
    house.bus.wait_for(RESULT, wanted=lambda result: result["id"] == first["id"])
    house.say(words.correction, language=language)
    wrong, right = since.next(UNDO), since.next(OFF)
    assert right["slots"] == {"device": "floor_lamp"}
    assert wrong["session"] == right["session"] == first["session"]


@pytest.mark.parametrize(
    ("language", "never_mind", "again"),
    [("en", "never mind", "once more"), ("es", "cancela", "otra vez"), ("fr", "laisse tomber", "encore une fois")],
)
def test_a_question_is_cancelled_and_a_command_given_again(
    house: House, language: str, never_mind: str, again: str
) -> None:
    words, since = LANGUAGES[language], house.mark()
    house.command(words.command)
    assert since.next(REPLY)["text"] == words.question
    house.say(never_mind, language=language)
    assert since.next(REPLY)["text"] == words.all_right
    assert since.count(ON) == 0
    house.command("turn off the lights in the living room")
    first = since.next(OFF)
    house.bus.wait_for(RESULT, wanted=lambda result: result["id"] == first["id"])
    house.say(again, language=language)
    second = since.next(OFF)
    assert (second["slots"], second["session"]) == (first["slots"], first["session"])
    assert second["id"] != first["id"]


@dataclass
class TimerWords:
    """What is said about timers."""

    start: str
    ten_minutes: str
    five_minutes: str
    cancel: str
    second: str
    cancel_all: str


TIMERS = {
    "en": TimerWords(
        "set a timer", "ten minutes", "five minutes", "cancel the timer", "the second one", "cancel all timers",
    ),
    "es": TimerWords(
        "pon un temporizador", "diez minutos", "cinco minutos", "cancela el temporizador", "el segundo",
        "cancela todos los temporizadores",
    ),
    "fr": TimerWords(
        "mets un minuteur", "dix minutes", "cinq minutes", "annule le minuteur", "le deuxième",
        "annule tous les minuteurs",
    ),
}  # fmt: skip


def test_what_is_missing_and_which_of_several_are_asked(house: House, language: str) -> None:
    words, since = TIMERS[language], house.mark()
    for time, seconds in ((words.ten_minutes, 600), (words.five_minutes, 300)):
        house.say(words.start, language=language)
        assert since.next(START)["slots"] == {}
        since.next(REPLY)
        house.say(time, language=language)
        assert since.next(START)["slots"] == {"seconds": seconds}
        since.next(REPLY)
    house.say(words.cancel, language=language)
    asked = since.next(CANCEL)
    assert asked["slots"] == {}
    question = house.bus.wait_for(RESULT, wanted=lambda result: result["id"] == asked["id"])["question"]
    assert since.next(REPLY)["text"] == question["text"][language]
    house.say(words.second, language=language)
    assert since.next(CANCEL)["slots"] == {"timer": question["choices"][1]["value"]}
    since.next(REPLY)
    house.say(words.cancel_all, language=language)
    done = since.next(CANCEL_ALL)
    assert house.bus.wait_for(RESULT, wanted=lambda result: result["id"] == done["id"])["ok"]


def test_all_lights_are_asked_about_and_switched_off_after_a_yes(house: House) -> None:
    for topic in lamp_topics():
        house.bus.publish(f"{topic}/set", {"state": "ON"})
    for topic in lamp_topics():
        house.bus.wait_for(topic, wanted=lambda state: state["state"] == "ON")
    since = house.mark()
    house.say("turn off all the lights", language="en")
    assert since.next(OFF)["slots"] == {"scope": "all"}
    question = since.next(RESULT)
    assert (question["ok"], question["code"]) == (False, "question")
    assert since.next(REPLY)["text"] == "That changes 4 lights. Shall I go ahead?"
    house.say("go ahead", language="en")
    assert since.next(OFF)["slots"] == {"scope": "all", "confirmed": True}
    assert since.next(RESULT)["code"] == "done"


def test_silence_ends_the_question(house: House) -> None:
    since = house.mark()
    house.command("turn on the reading lamp")
    assert since.next(REPLY)["text"] == "Turn on the reading lamp: is that right?"
    assert since.next(REPLY)["text"] == "No answer, so I'll leave it."
    house.bus.wait_for(STATE, wanted=lambda state: state["state"] == "idle")
    assert since.count(ON) == 0


def test_cancel_over_mqtt_ends_the_question_without_a_word(house: House) -> None:
    since = house.mark()
    house.command("turn on the reading lamp")
    since.next(REPLY)
    house.bus.publish("oyez/test/cancel", {})
    house.bus.wait_for(STATE, wanted=lambda state: state["state"] == "idle")
    house.command("set the floor lamp to thirty percent")
    assert since.next(REPLY)["text"] == "Set the floor lamp to thirty percent: is that right?"
    house.say("yes", language="en")
    assert since.next(BRIGHTNESS)["slots"] == {"device": "floor_lamp", "brightness": 30}


def test_what_is_never_done_by_voice_is_rejected(house: House) -> None:
    since = house.mark()
    house.command("mets la lampe de chevet en bleu")
    assert since.next(REJECTED)["reason"] == "forbidden"
    assert since.next(REPLY)["text"] == "Ici, cela ne se fait pas à la voix."


def test_why(house: House) -> None:
    since = house.mark()
    house.command("the train to London leaves at noon")
    rejected = since.next(REJECTED)
    house.bus.wait_for("oyez/test/health")
    told = explanation(house, rejected["id"])
    assert rejected["heard"] in told
    assert f"rejected: {rejected['reason']}; 0.50 was needed" in told
    assert oct(next((house.household.parent / "kept").glob("*.traces.json")).stat().st_mode)[-3:] == "600"


def explanation(house: House, utterance_id: str) -> str:
    """What `oyez why` tells, as soon as it has been written."""
    file = next((house.household.parent / "kept").glob("*.traces.json"))
    for _ in range(600):
        if utterance_id in json.dumps(json.loads(file.read_text())):
            break
        house.bus.wait_for("oyez/test/state")
    command = [sys.executable, "-m", "assistant.cli", "why", utterance_id, "--config", str(house.household)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
