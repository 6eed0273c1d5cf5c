"""Questions and answers, corrections and undo, by voice and seen from outside, in each language.

The voices are held out of training.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from assistant.config import THRESHOLD
from tests.end_to_end.running import wait_until
from tests.end_to_end.spoken.house import LAMPS, NEVER_MIND, REJECTED, REPLY, RESULT, STATE, YES, House

ON, OFF, UNDO = (f"oyez/test/intent/light/{intent}" for intent in ("on", "off", "undo"))
START, CANCEL, CANCEL_ALL = (f"oyez/test/intent/timer/{intent}" for intent in ("start", "cancel", "cancel_all"))


@dataclass
class Words:
    """A command that is asked about, and what may be answered."""

    command: str
    question: str
    no: str
    all_right: str
    off: str
    correction: str
    device: str
    undo: str
    again: str


LANGUAGES = {
    "en": Words(
        "turn on the reading lamp", "Turn on the reading lamp: is that right?", "no thank you", "All right.",
        "turn off the lights in the living room", "I meant the floor lamp", "reading_lamp", "undo that", "once more",
    ),
    "es": Words(
        "enciende la lámpara del techo", "Enciende la lámpara del techo: ¿es correcto?", "mejor no", "Vale.",
        "apaga las luces de la cocina", "quería decir la lámpara de pie", "kitchen_ceiling", "deshaz lo último",
        "otra vez",
    ),
    "fr": Words(
        "allume la lampe de chevet", "Allume la lampe de chevet : c'est bien ça ?", "non merci", "D'accord.",
        "éteins la lampe de chevet", "je voulais dire le lampadaire", "bedside_lamp", "reviens en arrière",
        "encore une fois",
    ),
}  # fmt: skip


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_yes_does_what_was_asked_and_undo_takes_it_back(house: House, language: str) -> None:
    words = LANGUAGES[language]
    house.set_lamps("OFF")
    house.say(words.command, language=language)
    question = house.next(REPLY)
    assert (question["text"], question["language"]) == (words.question, language)
    asking = house.find(STATE, lambda state: state["state"] == "asking")
    assert house.count(ON) == 0
    house.say(YES[language], language=language)
    heard = house.next(ON)
    assert (heard["accepted"], heard["slots"], heard["language"]) == (True, {"device": words.device}, language)
    assert heard["id"] != question["id"]
    assert asking["session"]
    assert heard["session"] == asking["session"]
    assert house.result_of(heard)["ok"]
    assert house.lamp(words.device)[1]["state"] == "ON"
    assert house.find(REPLY, lambda reply: reply["id"] == heard["id"])["language"] == language
    house.begin()
    house.say(words.undo, language=language)
    assert house.result_of(house.next(UNDO))["ok"]
    assert house.lamp(words.device)[1]["state"] == "OFF"


def test_a_question_is_corrected_and_then_refused(house: House, language: str) -> None:
    words = LANGUAGES[language]
    house.say(words.command, language=language)
    assert house.next(REPLY)["text"] == words.question
    house.say(words.correction, language=language)
    again = house.next(REPLY)["text"]
    assert again not in {words.question, words.all_right}
    house.say(words.no, language=language)
    assert house.next(REPLY)["text"] == words.all_right
    assert house.count(ON) == 0


def test_what_was_done_is_corrected(house: House, language: str) -> None:
    """Lamps are switched off without a question here."""
    words = LANGUAGES[language]
    house.set_lamps("ON")
    house.say(words.off, language=language)
    first = house.next(OFF)
    assert house.result_of(first)["ok"]
    house.say(words.correction, language=language)
    wrong, right = house.next(UNDO), house.next(OFF)
    assert right["slots"] == {"device": "floor_lamp"}
    assert wrong["session"] == right["session"] == first["session"]
    assert house.result_of(right)["ok"]
    assert house.lamp("floor_lamp")[1]["state"] == "OFF"


def test_a_question_is_cancelled_and_a_command_given_again(house: House, language: str) -> None:
    words = LANGUAGES[language]
    house.set_lamps("ON")
    house.say(words.command, language=language)
    assert house.next(REPLY)["text"] == words.question
    house.say(NEVER_MIND[language], language=language)
    assert house.next(REPLY)["text"] == words.all_right
    assert house.count(ON) == 0
    house.say(words.off, language=language)
    first = house.next(OFF)
    assert house.result_of(first)["code"] == "done"
    house.say(words.again, language=language)
    second = house.next(OFF)
    assert house.result_of(second)["code"] == "already-done"
    assert (second["slots"], second["session"]) == (first["slots"], first["session"])
    assert second["id"] != first["id"]


@dataclass
class TimerWords:
    """What is said about timers, and the two lengths in seconds."""

    start: str
    lengths: dict[str, int]
    cancel: str
    second: str
    cancel_all: str


TIMERS = {
    "en": TimerWords(
        "set a timer", {"ten minutes": 600, "five minutes": 300}, "cancel the timer", "the second one",
        "cancel all timers",
    ),
    "es": TimerWords(
        "pon un temporizador", {"diez minutos": 600, "cinco minutos": 300}, "cancela el temporizador", "el segundo",
        "cancela todos los temporizadores",
    ),
    "fr": TimerWords(
        "mets un minuteur", {"quinze minutes": 900, "trois minutes": 180}, "annule le minuteur", "le deuxième",
        "annule tous les minuteurs",
    ),
}  # fmt: skip


def test_what_is_missing_and_which_of_several_are_asked(house: House, language: str) -> None:
    words = TIMERS[language]
    for length, seconds in words.lengths.items():
        house.say(words.start, language=language)
        assert house.next(START)["slots"] == {}
        house.next(REPLY)
        house.say(length, language=language)
        assert house.next(START)["slots"] == {"seconds": seconds}
        house.next(REPLY)
    house.say(words.cancel, language=language)
    asked = house.next(CANCEL)
    assert asked["slots"] == {}
    question = house.result_of(asked)["question"]
    assert house.next(REPLY)["text"] == question["text"][language]
    house.say(words.second, language=language)
    assert house.next(CANCEL)["slots"] == {"timer": question["choices"][1]["value"]}
    house.next(REPLY)
    house.say(words.cancel_all, language=language)
    assert house.result_of(house.next(CANCEL_ALL))["ok"]


def test_all_lights_are_asked_about_and_switched_off_after_a_yes(house: House) -> None:
    house.set_lamps("ON")
    house.say("turn off all the lights", language="en")
    assert house.next(OFF)["slots"] == {"scope": "all"}
    question = house.next(RESULT)
    assert (question["ok"], question["code"]) == (False, "question")
    assert house.next(REPLY)["text"] == f"That changes {len(LAMPS)} lights. Shall I go ahead?"
    house.say("go ahead", language="en")
    assert house.next(OFF)["slots"] == {"scope": "all", "confirmed": True}
    assert house.next(RESULT)["code"] == "done"
    assert {house.lamp(lamp)[1]["state"] for lamp in LAMPS} == {"OFF"}


def test_silence_ends_the_question(house: House) -> None:
    house.say("turn on the reading lamp", language="en")
    assert house.next(REPLY)["text"] == "Turn on the reading lamp: is that right?"
    assert house.next(REPLY)["text"] == "No answer, so I'll leave it."
    wait_until(lambda: json.loads(house.bus.seen(STATE)[-1])["state"] == "idle", "the end of the question", house.oyez)
    assert house.count(ON) == 0


def test_cancel_over_mqtt_ends_the_question_without_a_word(house: House) -> None:
    house.say("turn on the reading lamp", language="en")
    house.next(REPLY)
    asking = house.bus.count
    house.bus.publish("oyez/test/cancel", {})
    house.bus.wait_for(STATE, wanted=lambda state: state["state"] == "idle", after=asking)
    house.say("switch on the lights in the kitchen", language="en")
    assert house.next(REPLY)["text"] == "Switch on the lights in the kitchen: is that right?"
    house.say("yes", language="en")
    assert house.next(ON)["slots"] == {"room": "kitchen"}


def test_what_is_never_done_by_voice_is_rejected(house: House) -> None:
    house.say("mets le minuteur en pause", language="fr")
    assert house.next(REJECTED)["reason"] == "forbidden"
    house.replied("Ici, cela ne se fait pas à la voix.", language="fr")


def test_why(house: House) -> None:
    house.say("the train to London leaves at noon", language="en")
    rejected = house.next(REJECTED)
    told = explanation(house, rejected["id"])
    assert rejected["heard"] in told
    assert f"rejected: {rejected['reason']}; {THRESHOLD:.2f} was needed" in told
    assert oct(next((house.household.parent / "kept").glob("*.traces.json")).stat().st_mode)[-3:] == "600"


def explanation(house: House, utterance_id: str) -> str:
    """What `oyez why` tells, as soon as it has been written."""
    file = next((house.household.parent / "kept").glob("*.traces.json"))
    wait_until(lambda: utterance_id in json.dumps(json.loads(file.read_text())), "its trace", house.oyez)
    command = [sys.executable, "-m", "assistant.cli", "why", utterance_id, "--config", str(house.household)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
