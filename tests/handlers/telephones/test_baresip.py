"""baresip, in real processes that call each other over SIP on the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.broker import Mosquitto, Peer
from tests.handlers.calling.household import ANSWERS_MS, SILENT_MS, House, house
from tests.handlers.telephones.baresips import BaresipProcess


@dataclass
class Pair:
    """Our telephone, another one, and the hand that presses its buttons."""

    house: House
    ours: BaresipProcess
    other: BaresipProcess
    hand: Peer

    def press(self, command: str, *, of: BaresipProcess | None = None, parameters: str = "") -> None:
        body = {"command": command, "token": "hand"} | ({"params": parameters} if parameters else {})
        self.hand.publish(f"{(of or self.other).topic}/command/hand", json.dumps(body))

    def wait_for(self, kind: str, *, of: BaresipProcess, count: int = 1) -> dict[str, Any]:
        """An event of a telephone, as it published it."""

        def told() -> list[dict[str, Any]]:
            events = [json.loads(message.payload) for message in self.hand.on(f"{of.topic}/event")]
            return [event for event in events if event["type"] == kind]

        seen = 0
        while len(told()) < count:
            seen += 1
            self.hand.wait_for(f"{of.topic}/event", count=seen)
        return told()[count - 1]


@pytest.fixture
def pair(shared_broker: Mosquitto, tmp_path: Path) -> Iterator[Pair]:
    ours, other = (BaresipProcess(tmp_path, shared_broker.port) for _ in range(2))
    people = {
        "anna": {"names": {"en": "Anna López"}, "numbers": {"mobile": other.address}},
        "nobody": {"names": {"en": "Nobody Home"}, "numbers": {"mobile": other.address.replace("sip:", "sip:x")}},
        "away": {"names": {"en": "Far Away"}, "numbers": {"mobile": "sip:away@127.0.0.1:9"}},
    }
    with (
        Peer(
            shared_broker.port, f"{ours.topic}/event", f"{other.topic}/event", f"{other.topic}/command_resp/+"
        ) as hand,
        ours,
        other,
        house(
            url=shared_broker.url,
            port=shared_broker.port,
            folder=tmp_path,
            contacts={"people": people},
            calling={"driver": "baresip", "timeout_ms": ANSWERS_MS, "options": {"topic": ours.topic}},
        ) as home,
    ):
        pair = Pair(home, ours, other, hand)
        for one in (ours, other):
            one.wait_ready()
        yield pair


def test_a_call_is_asked_about_set_up_muted_and_ended(pair: Pair) -> None:
    question = pair.house.asked("call", contact="anna")
    assert question.text["en"] == "Call Anna López on mobile?"
    assert not pair.hand.on(f"{pair.ours.topic}/event")  # nothing is dialled before the yes

    result = pair.house.say("call", contact="anna", confirmed=True)
    assert (result.ok, result.code, result.text["en"]) == (True, "done", "Calling Anna López.")
    assert pair.wait_for("CALL_INCOMING", of=pair.other)["peeruri"] == pair.ours.address
    assert pair.house.say("who").text["en"] == "Calling Anna López."

    pair.press("accept")
    pair.wait_for("CALL_ESTABLISHED", of=pair.ours)
    assert pair.house.say("mute").code == "done"
    assert pair.house.say("mute").code == "done"  # baresip only toggles
    assert pair.house.say("unmute").code == "done"
    assert pair.house.say("who").text["en"] == "You are on the phone with Anna López."
    assert (
        pair.house.say("call", contact="away", confirmed=True).text["en"] == "There is a call already. Hang up first."
    )

    assert pair.house.say("hang_up").text["en"] == "Call ended."
    pair.wait_for("CALL_CLOSED", of=pair.other)
    assert pair.house.say("hang_up").text["en"] == "There is no call."
    assert pair.house.announcements == 0


def test_somebody_who_calls_is_announced_and_answered(pair: Pair) -> None:
    pair.press("dial", parameters=pair.ours.address)
    assert pair.house.announced() == "Anna López is calling."
    assert pair.house.say("who").text["en"] == "Anna López is calling."
    assert pair.house.say("answer").code == "done"
    pair.wait_for("CALL_ESTABLISHED", of=pair.other)
    pair.press("hangup")
    pair.wait_for("CALL_CLOSED", of=pair.ours)
    assert pair.house.say("answer").text["en"] == "Nobody is calling."


def test_somebody_who_calls_is_rejected(pair: Pair) -> None:
    pair.press("dial", parameters=pair.ours.address)
    pair.house.announced()
    assert pair.house.say("reject").code == "done"
    assert pair.wait_for("CALL_CLOSED", of=pair.other)["param"].startswith("486")


def test_a_declined_call_is_told_when_it_happens(pair: Pair) -> None:
    assert pair.house.say("call", contact="anna", confirmed=True).code == "done"
    pair.press("hangup")
    assert pair.house.announced() == "Anna López has declined the call."
    assert pair.house.say("who").text["en"] == "Nobody is calling."


def test_a_number_that_does_not_exist(pair: Pair) -> None:
    result = pair.house.say("call", contact="nobody", confirmed=True)
    assert (result.ok, result.code) == (False, "unknown-number")
    assert result.text["en"] == "Nobody Home: that number does not exist."
    assert pair.house.announcements == 0


def test_redial_calls_whoever_was_called_last(pair: Pair) -> None:
    assert pair.house.say("call", contact="anna", confirmed=True).ok
    pair.house.say("hang_up")
    assert pair.house.asked("redial").text["en"] == "Call Anna López on mobile?"
    assert pair.house.say("redial", confirmed=True).code == "done"
    pair.wait_for("CALL_INCOMING", of=pair.other, count=2)


def test_a_call_that_goes_on_is_found_after_a_restart(pair: Pair, shared_broker: Mosquitto, tmp_path: Path) -> None:
    assert pair.house.say("call", contact="anna", confirmed=True).ok
    pair.press("accept")
    pair.wait_for("CALL_ESTABLISHED", of=pair.ours)
    with house(
        url=shared_broker.url,
        port=shared_broker.port,
        folder=tmp_path,
        calling={"driver": "baresip", "timeout_ms": ANSWERS_MS, "options": {"topic": pair.ours.topic}},
    ) as anew:
        anew.wait_ready()
        assert anew.say("hang_up").code == "done"
    pair.wait_for("CALL_CLOSED", of=pair.other)


@pytest.mark.parametrize("junk", [b"\xff\xfe", b"{", b"[]", b"null", b"x" * 70_000, b'{"type": 5}', b"[" * 5000])
def test_junk_on_its_topics_is_dropped(pair: Pair, junk: bytes) -> None:
    pair.hand.publish(f"{pair.ours.topic}/event", junk)
    pair.hand.publish(f"{pair.ours.topic}/command_resp/oyez-mute", junk)
    assert pair.house.say("who").text["en"] == "Nobody is calling."
    assert "callbacks_failed" not in pair.house.runner.client.connection.counts()


def test_a_telephone_that_is_not_there_is_named(shared_broker: Mosquitto, tmp_path: Path) -> None:
    with house(
        url=shared_broker.url,
        port=shared_broker.port,
        folder=tmp_path,
        contacts={"people": {"anna": {"numbers": {"mobile": "0612345678"}}}},
        calling={"driver": "baresip", "timeout_ms": SILENT_MS, "options": {"topic": "/no-such-baresip"}},
    ) as home:
        result = home.say("call", contact="anna", confirmed=True)
        assert (result.ok, result.code, result.text["en"]) == (
            False,
            "no-telephone",
            "The telephone does not answer.",
        )


def test_a_telephone_that_dies_in_a_call_blocks_nothing(pair: Pair) -> None:
    assert pair.house.say("call", contact="anna", confirmed=True).ok
    pair.other.kill()
    assert pair.house.say("hang_up").code == "done"
