"""What is made of the telephone's events: the calls that there are, and what became of a command."""

import threading
import time
from datetime import date

import pytest

from assistant.config import HouseholdConfig
from assistant.state import StateFile
from handlers.calling import judge
from handlers.calling.line import Line
from handlers.calling.log import CallLog
from handlers.telephones import Call, Event


def line(*events):
    found = Line()
    for event in events:
        found.note(event)
    return found


def outgoing(*kinds, reason=None):
    return [Event(kind, call="1", number="5550123", reason=reason if kind == "closed" else None) for kind in kinds]


def test_a_call_goes_forward_only():
    calls = line(*outgoing("dialing", "ringing", "dialing", "established", "ringing")).calls
    assert calls == (Call("1", outgoing=True, state="established", number="5550123"),)


def test_what_is_known_changes_nothing():
    found = line(Event("incoming", call="1", number="5550123"))
    assert found.note(Event("incoming", call="1", number="5550123")) is None


def test_two_calls_are_told_apart():
    found = line(*outgoing("dialing", "established"), Event("incoming", call="2"))
    assert [call.state for call in found.calls] == ["established", "incoming"]
    found.note(Event("closed", call="1", reason="ended"))
    assert [call.id for call in found.calls] == ["2"]


@pytest.mark.parametrize("event", [Event("absent", reason="no-telephone"), Event("ready")])
def test_a_telephone_that_goes_or_comes_has_no_calls(event):
    found = line(*outgoing("dialing"), event)
    assert found.calls == ()
    assert found.absent == event.reason


DIALLED = {
    "nothing yet": ([], None),
    "dials": (outgoing("dialing"), None),
    "rings": (outgoing("dialing", "ringing"), "done"),
    "is taken at once": (outgoing("dialing", "established"), "done"),
    "is taken, without a word before": (outgoing("established"), "done"),
    "is busy": (outgoing("dialing", "closed", reason="busy"), "busy"),
    "ends without a word before": (outgoing("closed", reason="unknown-number"), "unknown-number"),
    "is given up by the other side": (outgoing("dialing", "closed", reason="ended"), "not-answered"),
    "rings and is declined": (outgoing("dialing", "ringing", "closed", reason="declined"), "declined"),
    "was short": (outgoing("dialing", "ringing", "established", "closed", reason="ended"), "done"),
    "is refused": ([Event("refused", reason="no-telephone")], "no-telephone"),
    "loses its telephone": ([*outgoing("dialing"), Event("absent", reason="no-dbus")], "no-dbus"),
    "somebody else calls and gives up": ([Event("incoming", call="2"), Event("closed", call="2")], None),
    "somebody else calls and is taken": ([Event("incoming", call="2"), Event("established", call="2")], None),
}


@pytest.mark.parametrize(("events", "verdict"), DIALLED.values(), ids=DIALLED)
def test_what_became_of_a_call(events, verdict):
    assert judge.dialled(line(*events).since(0)) == verdict


FAILED = {
    "while it dials": (outgoing("dialing", "closed", reason="busy"), True),
    "while it rings": (outgoing("dialing", "ringing", "closed", reason="declined"), True),
    "by our own hand": (outgoing("dialing", "ringing", "closed", reason="hung-up"), False),
    "after a talk": (outgoing("dialing", "established", "closed", reason="ended"), False),
    "of somebody who called": ([Event("incoming", call="1"), Event("closed", call="1", reason="ended")], False),
    "with its telephone": ([*outgoing("dialing"), Event("absent", reason="no-telephone")], True),
}


@pytest.mark.parametrize(("events", "so"), FAILED.values(), ids=FAILED)
def test_which_ends_are_failures(events, so):
    assert judge.has_failed(line(*events).since(0)[-1]) is so


def test_who_waits_is_told_at_once():
    found = Line()
    waiting = threading.Thread(target=lambda: [found.note(event) for event in outgoing("dialing", "ringing")])
    waiting.start()
    assert found.wait(judge.dialled, since=0, deadline=time.monotonic() + 30) == "done"
    waiting.join()


def test_what_was_told_before_does_not_count():
    found = line(*outgoing("dialing", "ringing"))
    assert found.wait(judge.dialled, since=found.mark, deadline=time.monotonic() + 0.01) is None


def test_calls_are_counted_by_the_day_and_kept(tmp_path):
    household = HouseholdConfig(site="here", state=tmp_path)
    today = [date(2030, 1, 31)]
    log = CallLog(StateFile.of(household, "calls"), lambda: today[0])
    assert (log.last, log.calls_today) == (None, 0)
    log.note("5550123", "anna")
    log.note("5550124", None)
    again = CallLog(StateFile.of(household, "calls"), lambda: today[0])
    assert (again.last, again.calls_today) == (("5550124", None), 2)
    today[0] = date(2030, 2, 1)
    assert again.calls_today == 0


def test_a_clock_that_is_behind_gives_no_calls_away(tmp_path):
    file = StateFile.of(HouseholdConfig(site="here", state=tmp_path), "calls")
    today = [date(2030, 1, 31)]
    CallLog(file, lambda: today[0]).note("5550123", None)
    today[0] = date(2030, 1, 30)  # started again without a network
    log = CallLog(file, lambda: today[0])
    assert log.calls_today == 1
    log.note("5550123", None)
    today[0] = date(2030, 1, 31)  # put right
    assert (log.calls_today, CallLog(file, lambda: today[0]).calls_today) == (2, 2)
    today[0] = date(2020, 1, 1)
    assert log.calls_today == 0


@pytest.mark.parametrize("junk", ["", "{", "[]", '{"calls": "many"}', '{"other": 1}'])
def test_a_damaged_count_is_begun_anew(tmp_path, junk):
    household = HouseholdConfig(site="here", state=tmp_path)
    StateFile.of(household, "calls").path.write_text(junk)
    log = CallLog(StateFile.of(household, "calls"))
    log.note("5550123", None)
    assert log.calls_today == 1


def test_a_disk_that_fails_costs_no_call(tmp_path):
    (tmp_path / "state").write_text("a file where a folder should be")
    log = CallLog(StateFile.of(HouseholdConfig(site="here", state=tmp_path / "state"), "calls"))
    log.note("5550123", None)
    assert log.last == ("5550123", None)
