"""oFono, the real daemon on a private bus, in the hands-free profile; only the radio and the voice are missing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.broker import Mosquitto
from tests.handlers.calling.household import ANSWERS_MS, PEOPLE, SILENT_MS, House, house
from tests.handlers.telephones.handsfree import OfonoProcess, PocketPhone, PrivateBus, wait_until


@dataclass
class Car:
    """A car with our assistant, a telephone in a pocket, and what connects them."""

    house: House
    phone: PocketPhone
    ofono: OfonoProcess
    bus: PrivateBus

    def dial(self) -> None:
        """Let the other side ring as soon as the telephone dials."""
        self.phone.wait_for(lambda: self.phone.call is not None, "dialling")
        self.phone.other_rings()


@pytest.fixture
def car(shared_broker: Mosquitto, tmp_path: Path) -> Iterator[Car]:
    with (
        PocketPhone() as phone,
        PrivateBus(tmp_path) as bus,
        OfonoProcess(tmp_path, bus, port=phone.port) as ofono,
        house(
            url=shared_broker.url,
            port=shared_broker.port,
            folder=tmp_path,
            languages=["en"],
            contacts={"people": PEOPLE},
            calling={"driver": "ofono", "country": "ES", "timeout_ms": ANSWERS_MS, "options": {"bus": bus.address}},
        ) as home,
    ):
        home.wait_ready()
        yield Car(home, phone, ofono, bus)


def outgoing(car: Car, contact: str = "anna", **slots: object) -> None:
    """Call somebody until it rings there."""
    request = car.house.ask_later("call", contact=contact, confirmed=True, **slots)
    car.dial()
    result = request()
    assert (result.ok, result.code) == (True, "done"), result


def test_a_call_rings_is_taken_and_ended(car: Car) -> None:
    outgoing(car)
    assert car.phone.dialled == ["+34612345678"]
    assert car.house.say("who").text["en"] == "Calling Anna López."
    car.phone.other_answers()
    wait_until(lambda: "on the phone" in car.house.say("who").text["en"], "the call to be taken")
    assert car.house.say("hang_up").code == "done"
    assert car.phone.call is None
    assert car.house.announcements == 0


def test_somebody_calls_and_is_answered(car: Car) -> None:
    car.phone.ring("+34612345678")
    assert car.house.announced() == "Anna López is calling."
    assert car.house.say("answer").code == "done"
    assert car.phone.call is not None
    assert car.phone.call.state == 0
    car.phone.other_ends()
    wait_until(lambda: car.house.say("who").text["en"] == "Nobody is calling.", "the end")
    assert car.house.announcements == 1


def test_somebody_calls_and_is_rejected(car: Car) -> None:
    car.phone.ring("")
    assert car.house.announced() == "A withheld number is calling."
    assert car.house.say("reject").code == "done"
    assert car.phone.call is None


def test_nobody_takes_the_call(car: Car) -> None:
    outgoing(car)
    car.phone.other_ends()
    assert car.house.announced() == "Anna López does not answer."


def test_the_call_ends_before_it_rings(car: Car) -> None:
    request = car.house.ask_later("call", contact="anna", confirmed=True)
    car.phone.wait_for(lambda: car.phone.call is not None, "dialling")
    car.phone.other_ends()
    result = request()
    assert (result.ok, result.code) == (False, "not-answered")
    assert car.house.announcements == 0


def test_a_telephone_without_a_network_refuses(car: Car) -> None:
    car.phone.refuses = True
    result = car.house.say("call", contact="anna", confirmed=True)
    assert (result.ok, result.code, result.text["en"]) == (False, "failed", "The call has failed.")
    assert len(car.phone.dialled) == 1  # and nothing is repeated


def test_its_emergency_numbers_are_asked_about_as_such(car: Car) -> None:
    question = car.house.asked("call", digits="911")  # oFono's own; Spain has 112
    assert question.text["en"] == "9 1 1 is an emergency number. Call emergency 9 1 1 now?"
    assert car.phone.dialled == []


def test_a_microphone_that_it_cannot_close(car: Car) -> None:
    outgoing(car)
    result = car.house.say("mute")  # hands-free telephones have no such command
    assert (result.ok, result.code, result.text["en"]) == (False, "not-possible", "The telephone cannot do that.")


def test_a_telephone_that_goes_out_of_reach_and_comes_back(car: Car) -> None:
    outgoing(car)
    car.phone.leave()
    assert car.house.announced() == "The telephone does not answer."
    result = car.house.say("call", contact="anna", confirmed=True)
    assert (result.ok, result.code) == (False, "no-telephone")
    wait_until(car.ofono._connects, "the telephone to be connected again")
    wait_until(lambda: car.house.say("who").code == "not-possible", "the telephone to be there")
    outgoing(car)


def test_ofono_that_dies_and_comes_back(car: Car) -> None:
    car.ofono.kill()
    wait_until(lambda: car.house.say("who").code == "no-telephone", "oFono's end to be noticed")
    car.ofono.start()
    wait_until(lambda: car.house.say("who").code == "not-possible", "the telephone to be there")
    outgoing(car)


def test_a_bus_that_goes_away_and_comes_back(car: Car) -> None:
    car.bus.kill()
    wait_until(lambda: car.house.say("who").code == "no-dbus", "the end of the bus to be noticed")
    assert "D-Bus" in car.house.say("call", contact="anna", confirmed=True).text["en"]
    car.ofono.kill()
    car.bus.start()
    car.ofono.start()
    wait_until(lambda: car.house.say("who").code == "not-possible", "the telephone to be there")


def test_without_a_bus_the_reason_is_told(shared_broker: Mosquitto, tmp_path: Path) -> None:
    with house(
        url=shared_broker.url,
        port=shared_broker.port,
        folder=tmp_path,
        contacts={"people": PEOPLE},
        calling={"driver": "ofono", "timeout_ms": SILENT_MS, "options": {"bus": f"unix:path={tmp_path}/none"}},
    ) as home:
        started = time.monotonic()
        result = home.say("call", contact="anna", confirmed=True)
        assert (result.ok, result.code) == (False, "no-dbus")
        assert set(result.text) == {"en", "es", "fr"}
        assert time.monotonic() - started < 30
