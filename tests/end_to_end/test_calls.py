"""Calls asked for, confirmed, taken and ended by voice: two real telephones that call each other over SIP.

The voices are held out of training, but for the answers in Spanish and French.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber
from tests.handlers.telephones.baresips import BaresipProcess
from tests.speech import silence, trimmed
from tests.spoken import said
from tests.virtual_microphone import VirtualMicrophone

HOUSEHOLD = """\
site: test
mqtt: {{url: "mqtt://127.0.0.1:{port}"}}
packs: [calling, system]
handlers: {{run: [calling]}}
replies: none
state: {state}
contacts:
  vcard: garbage.vcf
  people:
    anna: {{names: {{en: Anna Martin}}, numbers: {{mobile: "{address}"}}}}
    anna_2: {{names: {{es: Anna Blanco}}, numbers: {{mobile: "sip:blanco@127.0.0.1:9"}}}}
    rosa: {{names: {{es: Rosa Blanco}}, numbers: {{home: "sip:rosa@127.0.0.1:9"}}, relations: [mother]}}
    peter: {{names: {{en: Peter Wilson}}, numbers: {{home: "sip:peter@127.0.0.1:9"}}}}
calling:
  driver: baresip
  timeout_ms: 20000
  options: {{topic: {topic}}}
"""

GARBAGE = b"BEGIN:VCARD\r\nFN:\xff\xfe\r\nTEL:;;;\r\n" + bytes(range(256)) * 20 + b"\nEND:VCARD\nBEGIN:VCARD\nTEL"
"""An address book that holds nobody; all that is asked here must work beside it."""


@dataclass
class Words:
    """What is said in one language, and what is answered."""

    language: str
    ask: str
    question: str
    yes: str
    calling: str
    hang_up: str
    ended: str
    answer: str
    digits: str
    read_back: str
    unknown: str


LANGUAGES = {
    "en": Words(
        "en",
        "call Anna Martin",
        "Call Anna Martin on mobile?",
        "yes",
        "Calling Anna Martin.",
        "hang up",
        "Call ended.",
        "answer the call",
        "call five five five zero one two three",
        "Call 5 5 5, 0 1 2 3?",
        "The number 5 5 5, 0 1 2 3: that number does not exist.",
    ),
    "es": Words(
        "es",
        "llama a Anna Martin",
        "¿Llamo a Anna Martin al móvil?",
        "sí",
        "Llamando a Anna Martin.",
        "cuelga el teléfono",
        "Llamada terminada.",
        "contesta la llamada",
        "llama al seis uno dos treinta y cuatro cincuenta y seis setenta y ocho",
        "¿Llamo al 6 1 2, 34, 56, 78?",
        "El número 6 1 2, 34, 56, 78: ese número no existe.",
    ),
    "fr": Words(
        "fr",
        "appelle Anna Martin",
        "J'appelle Anna Martin sur son portable ?",
        "oui",
        "J'appelle Anna Martin.",
        "raccroche",
        "Appel terminé.",
        "réponds au téléphone",
        "appelle le zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "J'appelle le 0 6, 12, 34, 56, 78 ?",
        "Le numéro 0 6, 12, 34, 56, 78 : ce numéro n'existe pas.",
    ),
}


@dataclass
class House:
    """A running assistant that hears and calls, another telephone, and an eavesdropper."""

    oyez: Oyez
    microphone: VirtualMicrophone
    bus: Subscriber
    ours: BaresipProcess
    other: BaresipProcess
    marks: dict[str, int] = field(default_factory=dict)
    """How much had come on each topic when a test began."""

    def begin(self) -> None:
        """Look from now on only."""
        topics = [f"oyez/test/{name}" for name in ("reply", "result", "state")]
        topics += [f"{telephone.topic}/event" for telephone in (self.ours, self.other)]
        self.marks = {topic: len(self.bus.seen(topic)) for topic in topics}

    def say(self, text: str, *, language: str) -> None:
        self.microphone.speak(said(text, language=language))

    def answer(self, text: str, *, language: str) -> None:
        """Let Pico answer: no Spanish or French voice is held out that says one word clearly."""
        voice = {"en": "en-US", "es": "es-ES", "fr": "fr-FR"}[language]
        self.microphone.speak(np.concatenate([silence(0.3), trimmed(text, voice=voice), silence(0.8)]))

    def wait_replied(self, text: str, *, times: int = 1) -> None:
        self._wait("oyez/test/reply", lambda reply: reply["text"] == text, times=times)

    def wait_result(self, code: str) -> Any:
        """The result of that code."""
        return self._wait("oyez/test/result", lambda result: result["code"] == code)

    def wait_told(self, kind: str, *, of: BaresipProcess) -> None:
        """Wait until one of the telephones itself has told it."""
        self._wait(f"{of.topic}/event", lambda event: event["type"] == kind)

    def press(self, command: str, parameters: str = "") -> None:
        """Press a button of the other telephone."""
        body = {"command": command, "params": parameters, "token": "hand"}
        self.bus.publish(f"{self.other.topic}/command/hand", body)

    def _wait(self, topic: str, wanted: Callable[[Any], bool], *, times: int = 1) -> Any:
        before = sum(wanted(json.loads(raw)) for raw in self.bus.seen(topic)[: self.marks[topic]])
        return self.bus.wait_for(topic, wanted=wanted, times=before + times)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("calls")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder))
        bus = stack.enter_context(Subscriber(broker.port))
        microphone = stack.enter_context(VirtualMicrophone(folder / "microphone"))
        ours, other = (stack.enter_context(BaresipProcess(folder, broker.port)) for _ in range(2))
        for telephone in (ours, other):
            telephone.wait_ready()
        household = folder / "oyez.yaml"
        (folder / "garbage.vcf").write_bytes(GARBAGE)
        household.write_text(
            HOUSEHOLD.format(port=broker.port, address=other.address, topic=ours.topic, state=folder / "state")
        )
        oyez = stack.enter_context(Oyez("--config", household, folder=folder, environment=dict(microphone.environment)))
        oyez.wait_for("message=listening")
        yield House(oyez, microphone, bus, ours, other)
        assert oyez.end() == 0
        assert "Traceback" not in oyez.log
        assert "garbage.vcf" in oyez.log


@pytest.fixture
def house(running: House) -> House:
    running.begin()
    return running


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_a_call_is_asked_about_confirmed_taken_and_ended_by_voice(house: House, words: Words) -> None:
    house.say(words.ask, language=words.language)
    house.wait_replied(words.question)
    house.answer(words.yes, language=words.language)
    house.wait_told("CALL_INCOMING", of=house.other)
    house.wait_replied(words.calling)
    assert house.wait_result("done")["ok"] is True
    house.press("accept")
    house.wait_told("CALL_ESTABLISHED", of=house.ours)
    house.say(words.hang_up, language=words.language)
    for telephone in (house.ours, house.other):
        house.wait_told("CALL_CLOSED", of=telephone)
    house.wait_replied(words.ended)


def test_nobody_is_called_after_a_no(house: House) -> None:
    words = LANGUAGES["en"]
    house.say(words.ask, language=words.language)
    house.wait_replied(words.question)
    dialled = len(house.bus.seen(f"{house.ours.topic}/command/oyez-dial"))
    house.say("no", language=words.language)
    house.wait_replied("All right.")
    assert len(house.bus.seen(f"{house.ours.topic}/command/oyez-dial")) == dialled


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_whoever_calls_is_announced_and_answered_by_voice(house: House, words: Words) -> None:
    house.press("dial", house.ours.address)
    house.wait_replied("Anna Martin is calling.")  # in the household's first language
    house.say(words.answer, language=words.language)
    house.wait_told("CALL_ESTABLISHED", of=house.other)
    house.wait_result("done")
    house.press("hangup")
    house.wait_told("CALL_CLOSED", of=house.ours)


def test_whoever_calls_is_named_and_refused_by_voice(house: House) -> None:
    house.press("dial", house.ours.address)
    house.wait_replied("Anna Martin is calling.")
    house.say("who is calling", language="en")
    house.wait_replied("Anna Martin is calling.", times=2)
    house.say("reject the call", language="en")
    for telephone in (house.ours, house.other):
        house.wait_told("CALL_CLOSED", of=telephone)
    house.wait_replied("Call rejected.")


def test_the_microphone_is_closed_and_opened_by_voice(house: House) -> None:
    house.press("dial", house.ours.address)
    house.wait_replied("Anna Martin is calling.")
    house.say("answer the call", language="en")
    house.wait_told("CALL_ESTABLISHED", of=house.other)
    house.wait_result("done")
    for text, told in (
        ("mute the microphone", "Your microphone is off."),
        ("unmute the microphone", "Your microphone is on again."),
    ):
        house.say(text, language="en")
        house.wait_replied(told)
    house.press("hangup")
    house.wait_told("CALL_CLOSED", of=house.ours)


def test_whoever_was_called_last_is_called_again(house: House) -> None:
    words = LANGUAGES["en"]
    for text in (words.ask, "call the last number again"):
        house.begin()
        house.say(text, language="en")
        house.wait_replied(words.question)
        house.say(words.yes, language="en")
        house.wait_told("CALL_INCOMING", of=house.other)
        house.wait_replied(words.calling)
        house.say(words.hang_up, language="en")
        house.wait_told("CALL_CLOSED", of=house.other)
        house.wait_replied(words.ended)


ASKED = {
    "namesakes": ("call Anna", "Anna Martin or Anna Blanco?"),
    "relation": ("call my mother", "Call Rosa Blanco at home?"),
}


@pytest.mark.parametrize(("text", "question"), ASKED.values(), ids=ASKED)
def test_it_is_asked_who_is_meant_and_nobody_called_before(house: House, text: str, question: str) -> None:
    dialled = len(house.bus.seen(f"{house.ours.topic}/command/oyez-dial"))
    house.say(text, language="en")
    house.wait_replied(question)
    house.say("never mind", language="en")
    house.wait_replied("All right.")
    assert len(house.bus.seen(f"{house.ours.topic}/command/oyez-dial")) == dialled


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_a_number_is_read_back_and_its_failure_told(house: House, words: Words) -> None:
    house.say(words.digits, language=words.language)
    house.wait_replied(words.read_back)
    house.answer(words.yes, language=words.language)
    house.wait_replied(words.unknown)
    assert house.wait_result("unknown-number")["ok"] is False
