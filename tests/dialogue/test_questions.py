"""Questions of handlers and of the dialogue itself, and what their answers make of a command."""

import pytest

from assistant.dialogue import Hush, Listen, Play, Say
from assistant.messages import Choice, Interpretation, Question
from tests.dialogue.conversing import (
    TIME,
    Talk,
    accepted,
    all_published,
    kinds,
    listens,
    played,
    published,
    reading,
    said,
)

CALL = Question(
    {"en": "Call Anna López on her mobile?", "es": "¿Llamo a Anna?"}, catalog="contact", catalog_slot="contact"
)
WHERE = Question(
    {"en": "Mobile or work?"},
    slot="kind",
    choices=(Choice("mobile", {"en": ("mobile", "cell phone")}), Choice("work", {"en": ("work",)})),
)
WHOM = Question({"en": "Whom?"}, slot="contact", catalog="contact", catalog_slot="contact")


def test_a_question_is_said_and_the_microphone_opens() -> None:
    talk = Talk()
    command = published(talk.say("calling.call", contact="anna"))
    steps = talk.result(command, "question", question=CALL)
    assert kinds(steps) == [Say, Play, Listen]
    assert (said(steps), played(steps), listens(steps)) == ("Call Anna López on her mobile?", ["question"], 8000)
    expected = talk.dialogue.expected
    assert expected is not None
    assert expected.language == "en"
    assert {"dialogue.yes", "dialogue.no", "dialogue.contact", "system.cancel", "calling.call"} <= set(expected.intents)
    assert not {"dialogue.choose", "light.on", "dialogue.device"} & set(expected.intents)


@pytest.mark.parametrize(
    ("question", "answer", "slots", "wanted"),
    [
        (CALL, "yes", {}, {"contact": "anna", "confirmed": True}),
        (CALL, "contact", {"contact": "marta"}, {"contact": "marta"}),
        (CALL, "correct", {"contact": "marta"}, {"contact": "marta"}),
        (WHERE, "choose", {"choice": 1}, {"contact": "anna", "kind": "work"}),
        (WHERE, "choose", {"choice": -1}, {"contact": "anna", "kind": "work"}),
        (WHOM, "contact", {"contact": "marta"}, {"contact": "marta"}),
    ],
    ids=["yes", "another one", "no, another one", "by name", "the last one", "what was missing"],
)
def test_an_answer_makes_the_command_whole(question, answer, slots, wanted) -> None:
    talk = Talk()
    command = talk.ask(question, contact="anna")
    steps = talk.say(f"dialogue.{answer}", **slots)
    assert accepted(steps) == ("calling.call", wanted)
    again = published(steps)
    assert again.session == command.session
    assert again.interpretation.id != command.interpretation.id
    assert not talk.asking


def test_a_changed_command_is_no_longer_confirmed() -> None:
    talk = Talk()
    talk.ask(CALL, contact="anna", relation="mother", confirmed=True)
    assert accepted(talk.say("dialogue.correct", contact="marta")) == ("calling.call", {"contact": "marta"})


@pytest.mark.parametrize("answer", ["dialogue.no", "system.cancel", "system.stop"])
def test_a_no_ends_it_and_is_told(answer) -> None:
    talk = Talk()
    command = talk.ask(CALL)
    steps = talk.say(answer)
    assert isinstance(steps[0], Hush)
    assert accepted(steps) == (answer, {})
    assert published(steps).session == command.session
    assert (said(steps), talk.asking) == ("All right.", False)


@pytest.mark.parametrize(
    ("question", "answer", "slots"),
    [
        (WHERE, "yes", {}),
        (WHERE, "choose", {"choice": 2}),
        (WHERE, "choose", {}),
        (WHOM, "yes", {}),
        (CALL, "choose", {"choice": 0}),
        (CALL, "device", {"device": "floor_lamp"}),
        (CALL, "correct", {"room": "kitchen"}),
    ],
)
def test_what_answers_another_question_is_asked_again(question, answer, slots) -> None:
    talk = Talk()
    talk.ask(question)
    steps = talk.say(f"dialogue.{answer}", **slots)
    assert accepted(steps) is None
    assert said(steps) == f"Sorry? {question.text['en']}"
    assert talk.asking


@pytest.mark.parametrize("most", [1, 2, 4])
def test_after_so_many_questions_nothing_is_done(most) -> None:
    talk = Talk(most_questions=most)
    talk.ask(CALL)
    for _ in range(most - 1):
        assert talk.asking
        assert "Anna" in said(talk.mumble())
    steps = talk.mumble()
    assert (said(steps), played(steps), accepted(steps)) == ("All right, I'll leave it.", ["rejected"], None)
    assert not talk.asking


def test_a_cough_is_no_answer() -> None:
    talk = Talk(most_questions=1)
    talk.ask(CALL)
    assert kinds(talk.mumble("no-speech"))[1:] == [Listen]
    assert talk.asking


def test_silence_ends_it_and_is_told() -> None:
    talk = Talk(timeout_ms=5000)
    talk.ask(CALL)
    talk.dialogue.asked_aloud()
    assert talk.wait(6.9) == ()  # who began to speak in time is still heard to the end
    steps = talk.wait(0.1)
    assert (said(steps), played(steps), talk.asking) == ("No answer, so I'll leave it.", ["rejected"], False)
    assert talk.wait(100) == ()


def test_a_question_that_is_never_said_ends_too() -> None:
    talk = Talk()
    talk.ask(CALL)
    assert talk.wait(30) == ()
    assert said(talk.wait(10.1)) == "No answer, so I'll leave it."


def test_what_did_you_say() -> None:
    talk = Talk()
    talk.ask(CALL)
    assert said(talk.say("system.repeat")) == "Sorry? Call Anna López on her mobile?"
    assert accepted(talk.say("dialogue.yes")) == ("calling.call", {"confirmed": True})


def test_the_command_anew_takes_the_place_of_the_answer() -> None:
    talk = Talk()
    question = Question({"en": "For how long?"}, slot="seconds", choices=WHERE.choices)
    talk.ask(question, "timer.start", name="pizza")
    assert accepted(talk.say("timer.start", seconds=600)) == ("timer.start", {"name": "pizza", "seconds": 600})
    talk.ask(CALL, contact="anna", confirmed=True)
    assert accepted(talk.say("calling.call", contact="marta")) == ("calling.call", {"contact": "marta"})


def test_another_command_ends_the_question() -> None:
    talk = Talk()
    talk.ask(CALL)
    assert accepted(talk.say("light.on", room="hall")) == ("light.on", {"room": "hall"})
    assert not talk.asking


def test_a_question_in_the_language_of_the_command() -> None:
    talk = Talk()
    command = published(talk.say("calling.call", language="es", contact="anna"))
    assert said(talk.result(command, "question", question=CALL)) == "¿Llamo a Anna?"
    assert said(talk.say("dialogue.no", language="es")) == "Vale."


def test_questions_about_the_commands_of_others_are_not_ours() -> None:
    talk, other = Talk(), Talk()
    command = published(other.say("calling.call"))
    assert talk.result(command, "question", question=CALL) == ()
    assert not talk.asking


def test_cancelling_is_silent() -> None:
    talk = Talk()
    command = talk.ask(CALL)
    assert talk.dialogue.cancel("another session") == ()
    assert talk.asking
    assert kinds(talk.dialogue.cancel(command.session)) == [Hush]
    assert not talk.asking


# The dialogue's own questions.


def ambiguous(*readings) -> Interpretation:
    first, *others = readings
    return Interpretation("u", TIME, first, accepted=False, reason="ambiguous", alternatives=tuple(others))


def lamp(device: str, *, confidence: float = 0.45, intent: str = "light.on", language: str = "en", **slots):
    return reading(intent, language, f"turn on the {device}", confidence, device=device, **slots)


def test_which_lamp() -> None:
    talk = Talk()
    steps = talk.dialogue.heard(ambiguous(lamp("floor_lamp"), lamp("desk_lamp", confidence=0.44)))
    (rejected,) = all_published(steps)
    assert rejected.interpretation.reason == "ambiguous"
    assert said(steps) == "Floor lamp or desk lamp?"
    assert talk.dialogue.expected.choices == (("floor lamp", 0), ("tall lamp", 0), ("desk lamp", 1))
    steps = talk.say("dialogue.choose", choice=1)
    assert accepted(steps) == ("light.on", {"device": "desk_lamp"})
    best = published(steps).interpretation.best
    assert (best.spoken, best.confidence) == ({"device": "desk lamp"}, pytest.approx(0.89))


def test_namesakes_are_told_apart_by_their_rooms() -> None:
    talk = Talk()
    readings = [lamp("spot_kitchen"), lamp("spot_hall")]
    assert said(talk.dialogue.heard(ambiguous(*readings))) == "Kitchen or hall?"
    assert accepted(talk.say("dialogue.choose", choice=0))[1]["device"] == "spot_kitchen"


def test_which_lamp_in_spanish() -> None:
    readings = [lamp("floor_lamp", language="es"), lamp("desk_lamp", language="es")]
    assert said(Talk().dialogue.heard(ambiguous(*readings))) == "¿Lámpara de pie o flexo?"


@pytest.mark.parametrize(
    "readings",
    [
        (lamp("floor_lamp"), lamp("floor_lamp", intent="light.off")),
        (lamp("floor_lamp", brightness=30), lamp("desk_lamp", brightness=50)),
        (lamp("floor_lamp"), lamp("desk_lamp", room="hall")),
        (lamp("spot_hall"), lamp("spare")),
        (lamp("floor_lamp"),),
        (lamp("floor_lamp", confidence=0.5), lamp("desk_lamp", confidence=0.1)),
    ],
    ids=["on or off", "two slots", "another kind", "not to be told apart", "alone", "unlikely rival"],
)
def test_what_no_question_settles_is_rejected(readings) -> None:
    talk = Talk()
    assert said(talk.dialogue.heard(ambiguous(*readings))) == ""
    assert not talk.asking


def test_a_chosen_command_may_still_be_forbidden_or_asked_about() -> None:
    talk = Talk(risks={"light.on": "confirm"})
    talk.dialogue.heard(ambiguous(lamp("floor_lamp"), lamp("desk_lamp")))
    assert accepted(talk.say("dialogue.choose", choice=0)) is None
    assert talk.asking
    assert accepted(talk.say("dialogue.yes")) == ("light.on", {"device": "floor_lamp"})


@pytest.mark.parametrize(
    ("risks", "asks"),
    [
        ({"light.off": "confirm"}, True),
        ({"light": "confirm"}, True),
        ({"light": "confirm", "light.off": "do"}, False),
        ({"light.on": "confirm", "media": "never"}, False),
        ({}, False),
    ],
)
def test_the_most_particular_risk_counts(risks, asks) -> None:
    talk = Talk(risks=risks)
    steps = talk.say("light.off", text="turn off the freezer", room="hall")
    assert (accepted(steps) is None) is asks
    assert talk.asking is asks
    if asks:
        assert said(steps) == "Turn off the freezer: is that right?"
        assert accepted(talk.say("dialogue.yes")) == ("light.off", {"room": "hall"})


def test_a_confirmed_command_that_is_corrected_is_confirmed_again() -> None:
    talk = Talk(risks={"light": "confirm"})
    talk.say("light.off", text="turn off the hall", room="hall")
    steps = talk.dialogue.heard(
        Interpretation("v", TIME, reading("dialogue.correct", room="kitchen"), accepted=True, reason=None)
    )
    assert said(steps) == "Turn off the kitchen: is that right?"
    assert accepted(talk.say("dialogue.yes")) == ("light.off", {"room": "kitchen"})


def test_never_by_voice() -> None:
    talk = Talk(risks={"custom.open_gate": "never"})
    steps = talk.say("custom.open_gate")
    assert accepted(steps) is None
    assert published(steps).interpretation.reason == "forbidden"
    assert said(steps) == "That can't be done by voice here."
