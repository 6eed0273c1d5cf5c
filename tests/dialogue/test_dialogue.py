"""Corrections, undo, again, sessions and follow-up; and that nothing anybody says leads astray."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dialogue import Hush, Publish, Steps, described
from assistant.messages import Choice, Question
from tests.dialogue.conversing import (
    Talk,
    accepted,
    all_published,
    kinds,
    listens,
    played,
    published,
    said,
)


def test_a_command_is_published_and_its_result_is_said() -> None:
    talk = Talk()
    steps = talk.say("light.on", device="floor_lamp")
    assert accepted(steps) == ("light.on", {"device": "floor_lamp"})
    assert played(steps) == ["accepted"]
    assert said(talk.result(published(steps), text="Turned on floor lamp.")) == "Turned on floor lamp."
    failed = talk.result(published(talk.say("light.on")), "no-answer", text="No answer.")
    assert (played(failed), said(failed)) == (["error"], "No answer.")


def test_what_is_not_understood_is_answered_only_where_somebody_spoke_to_us() -> None:
    talk = Talk()
    assert kinds(talk.mumble("not-a-command")) == [Publish]
    steps = talk.mumble("not-a-command", addressed=True)
    assert (played(steps), said(steps)) == (["rejected"], "Sorry, I didn't understand.")


# Corrections.


@pytest.mark.parametrize(
    ("first", "correction", "back", "wanted"),
    [
        ({"room": "hall"}, {"room": "kitchen"}, "light.undo", {"room": "kitchen"}),
        ({"device": "floor_lamp"}, {"room": "kitchen"}, "light.undo", {"room": "kitchen"}),
        ({"scope": "all", "brightness": 30}, {"room": "kitchen"}, "light.undo", {"room": "kitchen", "brightness": 30}),
        ({}, {"device": "desk_lamp"}, "light.undo", {"device": "desk_lamp"}),
    ],
)
def test_i_meant_the_kitchen(first, correction, back, wanted) -> None:
    talk = Talk()
    command = published(talk.say("light.on", **first))
    talk.result(command)
    talk.now += 5
    undo, again = all_published(talk.say("dialogue.correct", **correction))
    assert f"{undo.interpretation.best.domain}.{undo.interpretation.best.intent}" == back
    assert dict(again.interpretation.best.slots) == wanted
    assert undo.session == again.session == command.session
    assert undo.interpretation.id != again.interpretation.id
    # Nobody asked to hear what became of the wrong one.
    assert talk.result(undo) == ()
    assert said(talk.result(again)) == "Done."


def test_what_did_not_happen_is_not_undone() -> None:
    talk = Talk()
    talk.result(published(talk.say("light.on", room="hall")), "no-such-device")
    assert accepted(talk.say("dialogue.correct", room="kitchen")) == ("light.on", {"room": "kitchen"})


def test_the_wrong_call_is_hung_up_first() -> None:
    talk = Talk()
    talk.result(published(talk.say("calling.call", contact="anna", confirmed=True)))
    hang_up, call = all_published(talk.say("dialogue.correct", contact="marta"))
    assert (hang_up.interpretation.best.intent, dict(call.interpretation.best.slots)) == (
        "hang_up",
        {"contact": "marta"},
    )


@pytest.mark.parametrize(
    ("first", "slots", "back"),
    [
        ("media.volume_up", {"room": "hall", "amount": 10}, ("media.undo", {})),
        ("media.play", {"room": "hall", "artist": "bach"}, ("media.stop", {"room": "hall"})),
        ("media.play", {"artist": "bach"}, ("media.stop", {})),
    ],
)
def test_music_in_the_wrong_room(first, slots, back) -> None:
    talk = Talk()
    talk.result(published(talk.say(first, **slots)))
    wrong, right = [step.interpretation.best for step in all_published(talk.say("dialogue.correct", room="kitchen"))]
    assert (f"{wrong.domain}.{wrong.intent}", dict(wrong.slots)) == back
    assert (f"{right.domain}.{right.intent}", dict(right.slots)) == (first, {**slots, "room": "kitchen"})


def test_the_sentence_is_corrected_too() -> None:
    talk = Talk()
    talk.say("light.on", text="turn on the hall", room="hall")
    (*_, again) = all_published(talk.say("dialogue.correct", room="kitchen"))
    assert again.interpretation.best.text == "turn on the kitchen"


@pytest.mark.parametrize(
    ("after_s", "first", "correction"),
    [(15, "light.on", {"room": "kitchen"}), (1, "light.on", {"contact": "anna"}), (1, "timer.start", {"room": "hall"})],
    ids=["too late", "another kind of thing", "a command without places"],
)
def test_a_correction_of_nothing_is_no_command(after_s, first, correction) -> None:
    talk = Talk()
    talk.result(published(talk.say(first)))
    talk.now += after_s
    steps = talk.say("dialogue.correct", **correction)
    assert published(steps).interpretation.reason == "not-a-command"
    assert kinds(Talk().say("dialogue.correct", room="kitchen")) == [Publish]


# Undo and again.


def test_undo_goes_to_the_domain_of_what_was_done_last_and_only_once() -> None:
    talk = Talk()
    talk.result(published(talk.say("light.on")))
    talk.result(published(talk.say("media.volume_up")))
    undo = published(talk.say("system.undo"))
    assert (undo.interpretation.best.domain, undo.interpretation.best.intent) == ("media", "undo")
    assert said(talk.result(undo, text="Undone.")) == "Undone."
    assert said(talk.say("system.undo")) == "There is nothing to undo."


@pytest.mark.parametrize("code", ["no-answer", "failed", "question"])
def test_what_was_not_done_is_not_undone(code) -> None:
    talk = Talk()
    talk.result(published(talk.say("light.on")), code)
    assert said(talk.say("system.undo")) == "There is nothing to undo."


def test_undo_has_its_time() -> None:
    talk = Talk(undo_ms=10_000)
    talk.result(published(talk.say("light.on")))
    talk.now += 10
    assert said(talk.say("system.undo")) == "There is nothing to undo."


def test_again() -> None:
    talk = Talk()
    assert said(talk.say("system.again")) == "There is nothing to do again."
    first = published(talk.say("media.volume_up", amount=10))
    talk.result(first)
    second = talk.say("system.again")
    assert accepted(second) == ("media.volume_up", {"amount": 10})
    assert published(second).interpretation.id != first.interpretation.id
    talk.say("calling.call", contact="anna", confirmed=True)
    assert accepted(talk.say("system.again")) == ("calling.call", {"contact": "anna"})
    talk.now += 301
    assert said(talk.say("system.again")) == "There is nothing to do again."


# Words to the assistant.


def test_stop_is_silent_and_told() -> None:
    steps = Talk().say("system.stop")
    assert isinstance(steps[0], Hush)
    assert (accepted(steps), said(steps)) == (("system.stop", {}), "")


def test_what_was_said_is_said_again() -> None:
    talk = Talk()
    assert said(talk.say("system.repeat")) == "I haven't said anything."
    talk.result(published(talk.say("timer.remaining")), text="Four minutes.")
    assert said(talk.say("system.repeat")) == "Four minutes."


def test_help_tells_what_can_be_said_here() -> None:
    assert said(Talk().say("system.help", language="es")) == "Puedes decir, por ejemplo: enciende las luces."


@pytest.mark.parametrize("answer", ["yes", "no", "choose", "contact"])
def test_answers_to_nothing_are_no_commands(answer) -> None:
    steps = Talk().say(f"dialogue.{answer}")
    assert published(steps).interpretation.reason == "not-a-command"


# Sessions and follow-up.


def test_a_session_lasts_as_long_as_people_go_on() -> None:
    talk = Talk(correct_ms=10_000)
    first = published(talk.say("light.on"))
    talk.now += 9
    assert published(talk.say("light.off")).session == first.session
    talk.now += 10
    assert talk.dialogue.session is None
    assert published(talk.say("light.on")).session != first.session


def test_the_microphone_stays_open_for_another_command() -> None:
    talk = Talk(follow_up_ms=4000)
    assert listens(talk.result(published(talk.say("light.on")))) == 4000
    assert listens(talk.result(published(talk.say("light.on")), "failed")) == 0
    assert listens(Talk().result(published(Talk().say("light.on")))) == 0


# Whatever happens.

_NAMES = st.sampled_from(
    [
        "light.on",
        "light.undo",
        "media.play",
        "calling.call",
        "system.stop",
        "system.cancel",
        "system.undo",
        "system.again",
        "system.repeat",
        "system.help",
        "dialogue.yes",
        "dialogue.no",
        "dialogue.choose",
        "dialogue.correct",
        "dialogue.contact",
        "custom.gate",
    ]
)
_SLOTS = st.dictionaries(
    st.sampled_from(["device", "room", "contact", "choice", "confirmed", "ordinal"]),
    st.one_of(st.integers(-3, 3), st.booleans(), st.sampled_from(["anna", "hall", ""])),
    max_size=2,
)
_QUESTIONS = st.sampled_from(
    [
        None,
        Question({"en": "Sure?"}),
        Question({"en": "A or B?"}, slot="kind", choices=(Choice("a", {"en": ("a",)}), Choice("b", {"fr": ("b",)}))),
        Question({"fr": "Qui ?"}, slot="contact", catalog="contact", catalog_slot="contact"),
        Question({}, slot="kind", choices=(Choice("a", {}),)),
    ]
)
_EVENTS = st.one_of(
    st.tuples(st.just("say"), _NAMES, _SLOTS),
    st.tuples(st.just("mumble"), st.sampled_from(["no-speech", "not-a-command", "ambiguous"]), st.booleans()),
    st.tuples(st.just("result"), st.sampled_from(["done", "failed", "question"]), _QUESTIONS),
    st.tuples(st.just("wait"), st.floats(0, 50), st.none()),
    st.tuples(st.just("aloud"), st.none(), st.none()),
    st.tuples(st.just("cancel"), st.none(), st.none()),
)


def happening(talk: Talk, kind: str, one: Any, other: Any, *, last: Publish | None) -> Steps:
    """Let one thing happen; returns what it leads to."""
    match kind:
        case "say":
            return talk.say(one, **other)
        case "mumble":
            return talk.mumble(one, addressed=other)
        case "result":
            return () if last is None else talk.result(last, one, question=other)
        case "wait":
            return talk.wait(one)
        case "cancel":
            return talk.dialogue.cancel()
    talk.dialogue.asked_aloud()
    return ()


@settings(deadline=None, max_examples=200)
@given(events=st.lists(_EVENTS, max_size=25), most=st.integers(1, 3))
def test_any_conversation_keeps_to_the_rules(events, most) -> None:
    talk = Talk(most_questions=most, risks={"custom": "never", "media": "confirm"})
    last: Publish | None = None
    ids: list[str] = []
    unanswered = 0
    for kind, one, other in events:
        steps = happening(talk, kind, one, other, last=last)
        assert isinstance(described(steps), str)
        done = [step for step in all_published(steps) if step.interpretation.accepted]
        last = done[-1] if done else last
        ids += [step.interpretation.id for step in done]
        # Each utterance is published once, and what is published accepted is nothing that the household forbids.
        assert len(ids) == len(set(ids))
        assert all(step.interpretation.best.domain != "custom" and step.session for step in done)
        assert len(all_published(steps)) <= 2
        # While a question is open there is always a way out, and an end.
        expected = talk.dialogue.expected
        if expected is not None:
            assert {"system.cancel", "dialogue.no"} <= set(expected.intents)
            assert talk.dialogue.session is not None
        unanswered = unanswered + 1 if kind == "mumble" and one != "no-speech" and expected is not None else 0
        assert unanswered < most
    talk.wait(1000)
    assert talk.dialogue.expected is None
    assert talk.dialogue.session is None
    assert kinds(talk.dialogue.tick()) == []
