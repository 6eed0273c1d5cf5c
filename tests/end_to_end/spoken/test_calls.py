"""Every request to the telephone by voice, in each language: two real telephones that call each other over SIP.

The voices are held out of training.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.end_to_end.spoken.house import NEVER_MIND, RESULT, YES, House
from tests.spoken import Sentence, request, requests

ASKED = "calling.call"
ANNOUNCED = "Anna Martin is calling."
"""In the household's first language: nobody has said anything yet."""


@dataclass(frozen=True)
class Words:
    """What is told in one language."""

    language: str
    question: str
    calling: str
    ended: str
    caller: str
    rejected: str
    muted: str
    unmuted: str
    all_right: str
    unknown: str

    def say(self, house: House, intent: str) -> None:
        """Ask for what stands in the table for an intent, and see that it is done."""
        result = house.ask(request(intent, language=self.language))
        assert (result["ok"], result["code"]) == (True, "done"), result


LANGUAGES = {
    "en": Words(
        "en",
        "Call Anna Martin on mobile?",
        "Calling Anna Martin.",
        "Call ended.",
        "Anna Martin is calling.",
        "Call rejected.",
        "Your microphone is off.",
        "Your microphone is on again.",
        "All right.",
        "The number 5 5 5, 0 1 2 3: that number does not exist.",
    ),
    "es": Words(
        "es",
        "¿Llamo a Anna Martin al móvil?",
        "Llamando a Anna Martin.",
        "Llamada terminada.",
        "Llama Anna Martin.",
        "Llamada rechazada.",
        "Tu micrófono está apagado.",
        "Tu micrófono vuelve a estar encendido.",
        "Vale.",
        "El número 6 1 2, 34, 56, 78: ese número no existe.",
    ),
    "fr": Words(
        "fr",
        "J'appelle Anna Martin sur son portable ?",
        "J'appelle Anna Martin.",
        "Appel terminé.",
        "Anna Martin vous appelle.",
        "Appel refusé.",
        "Votre micro est coupé.",
        "Votre micro est rétabli.",
        "D'accord.",
        "Le numéro 0 6, 12, 34, 56, 78 : ce numéro n'existe pas.",
    ),
}
QUESTIONS = {
    "call Peter Wilson at work": "Call Peter Wilson at work?",
    "call my mother": "Call Rosa Blanco at home?",
    "call five five five zero one two three": "Call 5 5 5, 0 1 2 3?",
    "llama a mi madre": "¿Llamo a Rosa Blanco a casa?",
    "llama al seis uno dos treinta y cuatro cincuenta y seis setenta y ocho": "¿Llamo al 6 1 2, 34, 56, 78?",
    "appelle ma mère": "J'appelle Rosa Blanco à son domicile ?",
    "appelle le zéro six douze trente-quatre cinquante-six soixante-dix-huit": "J'appelle le 0 6, 12, 34, 56, 78 ?",
}
"""Of whom nobody is called in the end, and of numbers that nobody has."""


@pytest.fixture(params=LANGUAGES.values(), ids=LANGUAGES)
def words(request: pytest.FixtureRequest) -> Words:
    return request.param


def confirmed(house: House, words: Words, intent: str) -> None:
    """Ask for a call, say yes, and see the other telephone ring."""
    house.begin()
    asked = house.ask(request(intent, language=words.language))
    assert asked["code"] == "question", asked
    house.replied(words.question, language=words.language)
    assert house.dialled == 0
    house.say(YES[words.language], language=words.language)
    house.wait_told("CALL_INCOMING", of=house.other)
    house.replied(words.calling, language=words.language)
    result = house.find(RESULT, lambda result: result["code"] == "done")
    assert result["ok"] is True


def test_calls_are_asked_about_confirmed_taken_ended_and_made_again(house: House, words: Words) -> None:
    for intent in (ASKED, "calling.redial"):
        confirmed(house, words, intent)
        house.press("accept")
        house.wait_told("CALL_ESTABLISHED", of=house.ours)
        words.say(house, "calling.hang_up")
        for telephone in (house.ours, house.other):
            house.wait_told("CALL_CLOSED", of=telephone)
        house.replied(words.ended, language=words.language)


def test_whoever_calls_is_named_and_answered_and_the_microphone_closed(house: House, words: Words) -> None:
    house.press("dial", house.ours.address)
    house.replied(ANNOUNCED, language="en")
    words.say(house, "calling.who")
    house.replied(words.caller, language=words.language, times=2 if words.caller == ANNOUNCED else 1)
    words.say(house, "calling.answer")
    for telephone in (house.ours, house.other):
        house.wait_told("CALL_ESTABLISHED", of=telephone)
    for intent, shown, told in (
        ("calling.mute", "call muted", words.muted),
        ("calling.unmute", "call un-muted", words.unmuted),
    ):
        words.say(house, intent)
        house.wait_shown(shown, of=house.ours)
        house.replied(told, language=words.language)
    house.press("hangup")
    house.wait_told("CALL_CLOSED", of=house.ours)


def test_whoever_calls_is_refused(house: House, words: Words) -> None:
    house.press("dial", house.ours.address)
    house.replied(ANNOUNCED, language="en")
    words.say(house, "calling.reject")
    for telephone in (house.ours, house.other):
        house.wait_told("CALL_CLOSED", of=telephone)
    house.replied(words.rejected, language=words.language)


@pytest.mark.parametrize("sentence", [one for one in requests("calling") if one.say in QUESTIONS], ids=str)
def test_it_is_asked_who_is_meant_and_a_number_read_back(house: House, sentence: Sentence) -> None:
    words = LANGUAGES[sentence.language]
    assert house.ask(sentence)["code"] == "question"
    house.replied(QUESTIONS[sentence.say], language=sentence.language)
    if "digits" in sentence.slots:
        house.say(YES[sentence.language], language=sentence.language)
        house.replied(words.unknown, language=sentence.language)
        assert house.find(RESULT, lambda result: result["code"] == "unknown-number")["ok"] is False
    else:
        house.say(NEVER_MIND[sentence.language], language=sentence.language)
        house.replied(words.all_right, language=sentence.language)
        assert house.dialled == 0


def test_namesakes_are_asked_about_and_nobody_called_after_a_no(house: House) -> None:
    for text, question in (
        ("call Anna", "Anna Martin or Anna Blanco?"),
        ("call Anna Martin", "Call Anna Martin on mobile?"),
    ):
        house.begin()
        house.say(text, language="en")
        house.replied(question, language="en")
        house.say("no", language="en")
        house.replied("All right.", language="en")
        assert house.dialled == 0


def test_nothing_that_telephones_can_be_asked_was_left_unsaid(house: House) -> None:
    """After all others of this file."""
    assert house.not_carried_out("calling") == set()
