"""Commands to timers, judged without a clock, a broker or a disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.language import spellings
from assistant.messages import Hypothesis
from handlers.timer import storage, words
from handlers.timer.commands import LONGEST_S, MOST_TIMERS, Command, Decision, decide
from handlers.timer.timers import Timers, at, begun, clock_set, next_change

LANGUAGES = ("en", "es", "fr")
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
RING_S = 300


def command(intent: str, timers: Timers = (), *, now: float = 0, language: str = "en", **slots: Any) -> Decision:
    spoken = {name: str(value) for name, value in slots.items()}
    best = Hypothesis(language, "timer", intent, "", slots, spoken, 0.9)
    return decide(Command(best, timers, now, LANGUAGES))


def kitchen() -> Timers:
    """Pasta for eight minutes and an unnamed one for ten, both begun at 0."""
    timers = command("start", minutes=8, name="pasta").timers
    return command("start", timers, minutes=10).timers


@pytest.mark.parametrize(
    ("slots", "seconds"),
    [
        ({"minutes": 10}, 600),
        ({"hours": 1, "minutes": 30}, 5400),
        ({"minutes": 5, "seconds": 30}, 330),
        ({"hours": 1, "minutes": 10, "seconds": 5}, 4205),
        ({"hours": 2.5}, 9000),
        ({"seconds": 90}, 90),
    ],
    ids=str,
)
def test_the_parts_of_a_time_are_added_up(slots: dict[str, float], seconds: float) -> None:
    (timer,) = command("start", **slots).timers
    assert (timer.length_s, timer.remaining_s(0), timer.state) == (seconds, seconds, "running")


def test_a_timer_is_told_in_every_language() -> None:
    assert command("start", hours=1, minutes=20).text == {
        "en": "Timer set for one hour and 20 minutes.",
        "es": "Temporizador en marcha: una hora y 20 minutos.",
        "fr": "Minuteur lancé pour une heure et 20 minutes.",
    }
    assert command("start", minutes=8, name="pasta").text["en"] == "Pasta timer set for 8 minutes."


def test_without_a_time_it_asks_for_one_and_takes_the_answer() -> None:
    asked = command("start", name="pasta")
    assert (asked.code, asked.ok, asked.timers) == ("question", False, ())
    assert asked.question is not None
    assert asked.question.slot == "seconds"
    answers = {choice.names["fr"][0]: choice.value for choice in asked.question.choices}
    assert answers["10 minutes"] == 600
    assert answers["une heure et 30 minutes"] == 5400
    assert all(spellings(name, "fr") for name in answers)
    (timer,) = command("start", name="pasta", seconds=answers["10 minutes"]).timers
    assert (timer.length_s, timer.name) == (600, "pasta")


def test_what_is_left_of_one_and_of_all() -> None:
    (alone,) = command("start", minutes=10).timers
    assert command("remaining", (alone,), now=60).text == {
        "en": "9 minutes left.",
        "es": "Quedan 9 minutos.",
        "fr": "Il reste 9 minutes.",
    }
    assert command("remaining", (alone,), now=540).text["es"] == "Queda un minuto."
    every = command("remaining", kitchen(), now=60)
    assert every.text["en"] == "7 minutes left on the pasta timer. 9 minutes left on the 10 minute timer."
    assert command("remaining", kitchen(), name="pasta", now=60).text["en"] == "7 minutes left on the pasta timer."
    assert command("remaining", kitchen(), name="rice").code == "no-such-device"
    assert command("remaining").text["en"] == "No timer is set."


def test_pause_and_resume_keep_what_is_left() -> None:
    stopped = command("pause", command("start", minutes=10).timers, now=120)
    assert stopped.text["en"] == "The timer is paused, with 8 minutes left."
    assert command("pause", stopped.timers, now=130).code == "already-done"
    assert next_change(stopped.timers, ring_s=RING_S) is None
    going = command("resume", stopped.timers, now=1000)
    assert (going.code, going.timers[0].ends) == ("done", 1480)
    assert command("resume", going.timers, now=1001).code == "already-done"


def test_where_two_are_meant_it_asks_which_and_takes_the_answer() -> None:
    timers = kitchen()
    asked = command("cancel", timers)
    assert (asked.code, asked.timers) == ("question", timers)
    assert asked.text["en"] == "Which timer: pasta or 10 minutes?"
    assert asked.text["es"] == "¿Qué temporizador: pasta o 10 minutos?"
    assert asked.question is not None
    assert asked.question.slot == "timer"
    by_name = {name: choice.value for choice in asked.question.choices for name in choice.names["en"]}
    assert by_name["the 10 minute one"] == timers[1].key
    left = command("cancel", timers, timer=by_name["the 10 minute one"]).timers
    assert [timer.name for timer in left] == ["pasta"]


def test_by_name_and_by_length() -> None:
    timers = kitchen()
    assert [timer.name for timer in command("cancel", timers, start_minutes=10).timers] == ["pasta"]
    assert [timer.name for timer in command("cancel", timers, name="pasta").timers] == [None]
    assert command("cancel", timers, start_minutes=11).text["fr"] == "Il n'y a pas de tel minuteur."


def test_twins_are_told_apart_by_what_is_left() -> None:
    first = command("start", minutes=10).timers
    timers = command("start", first, minutes=10, now=240).timers
    asked = command("pause", timers, now=300)
    assert asked.text["en"] == "Which timer: the one with 5 minutes left or the one with 9 minutes left?"


def test_twins_that_cannot_be_told_apart_are_not_asked_about() -> None:
    timers = command("start", command("start", minutes=10).timers, minutes=10).timers
    assert len(command("cancel", timers).timers) == 1


def test_only_those_in_question_are_asked_about() -> None:
    timers = command("pause", kitchen(), name="pasta").timers
    assert command("resume", timers).text["en"] == "The pasta timer goes on, with 8 minutes left."
    assert command("pause", timers).text["en"] == "The 10 minute timer is paused, with 10 minutes left."


def test_cancel_all() -> None:
    assert command("cancel_all", kitchen()).timers == ()
    assert command("cancel_all").code == "no-such-device"


def test_more_time() -> None:
    timers = command("start", minutes=10).timers
    assert command("add", timers, minutes=5, now=60).text["en"] == "14 minutes left."
    stopped = command("pause", timers, now=60).timers
    assert command("add", stopped, minutes=5).timers[0].left_s == 840
    ringing = at(timers, 600, ring_s=RING_S)
    again = command("add", ringing, minutes=5, now=630).timers[0]
    assert (again.state, again.remaining_s(630)) == ("running", 300)


def test_limits() -> None:
    many: Timers = ()
    for _ in range(MOST_TIMERS):
        many = command("start", many, minutes=1).timers
    assert command("start", many, minutes=1).code == "not-possible"
    assert len({timer.key for timer in many}) == MOST_TIMERS
    assert command("start", hours=LONGEST_S / 3600 + 1).code == "not-possible"
    almost = command("start", hours=LONGEST_S / 3600).timers
    assert command("add", almost, hours=1).code == "not-possible"
    assert command("juggle").code == "not-possible"


def test_a_timer_rings_until_it_is_stopped_or_long_enough() -> None:
    timers = kitchen()
    assert at(timers, 479, ring_s=RING_S) == timers
    ringing = at(timers, 480, ring_s=RING_S)
    assert [timer.state for timer in ringing] == ["ringing", "running"]
    stopped = command("cancel", ringing, now=490)  # no question: it is the one that rings
    assert stopped.text["en"] == "The pasta timer is stopped."
    assert [timer.length_s for timer in stopped.timers] == [600]
    assert [timer.length_s for timer in at(ringing, 480 + RING_S, ring_s=RING_S)] == [600]
    assert next_change(ringing, ring_s=RING_S) == 600


def test_a_restart_is_bridged_by_the_wall_clock() -> None:
    timers = (*command("pause", kitchen(), name="pasta").timers, begun(kitchen(), 20, now=0, language="fr"))
    written = storage.stored(timers, now=0, time=NOON)
    back = storage.restored(written, now=5000, time=NOON + timedelta(seconds=60))
    assert [round(timer.remaining_s(5000)) for timer in back] == [480, 540, 0]
    late = at(back, 5000, ring_s=RING_S)[2]
    assert (late.state, late.late_s, late.language) == ("ringing", 40, "fr")


def test_one_that_rang_before_a_restart_rings_on_and_is_not_late() -> None:
    ringing = at(command("start", seconds=20).timers, 20, ring_s=RING_S)
    back = storage.restored(storage.stored(ringing, now=21, time=NOON), now=0, time=NOON + timedelta(seconds=30))
    assert [(timer.state, timer.late_s) for timer in back] == [("ringing", 0)]


@pytest.mark.parametrize(
    "written", [None, 7, {}, [7], [{"key": 1}], [{"key": 0, "length_s": 1, "language": "en"}]], ids=repr
)
def test_nonsense_on_disk_is_no_timer(written: object) -> None:
    assert storage.restored(written, now=0, time=NOON) == ()


def test_a_clock_that_is_set_moves_only_what_the_wall_clock_alone_knows() -> None:
    own = command("start", minutes=10).timers
    assert clock_set(own, 3600) == own
    old = tuple(replace(timer, restored=True) for timer in own)
    assert clock_set(old, 120)[0].remaining_s(0) == 480
    assert clock_set(old, -120)[0].remaining_s(0) == 720


@pytest.mark.parametrize(
    ("seconds", "language", "text"),
    [
        (1, "en", "one second"),
        (61, "en", "one minute and one second"),
        (3600, "es", "una hora"),
        (3661, "en", "one hour and one minute"),
        (5440, "fr", "une heure et 31 minutes"),
        (7200, "fr", "2 heures"),
        (3599.7, "en", "one hour"),
        (0.2, "es", "0 segundos"),
    ],
)
def test_times_in_words(seconds: float, language: Any, text: str) -> None:
    assert words.duration(seconds, language) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_in_every_language(language: Any) -> None:
    assert words.TEXTS[language].keys() == words.TEXTS["en"].keys()
