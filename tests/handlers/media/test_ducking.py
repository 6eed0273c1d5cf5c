"""Players made quiet while the assistant listens, and exactly as loud as before afterwards: with real MPDs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from assistant.mqtt.topics import STATUS
from tests.broker import Mosquitto
from tests.handlers.media.house import House, player, wait_until
from tests.handlers.music import Mpd

ROOMS = {"kitchen": {"en": "kitchen"}, "lounge": {"en": "lounge"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mpd]:
    with Mpd(tmp_path_factory.mktemp("mpd")) as server:
        yield server


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mpd]:
    with Mpd(tmp_path_factory.mktemp("other")) as server:
        yield server


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def make(stack: ExitStack, shared_broker: Mosquitto, tmp_path: Path) -> Callable[..., House]:
    return lambda **config: House(stack, shared_broker, state=tmp_path / "state", config=config)


@pytest.fixture
def house(make: Callable[..., House], server: Mpd) -> House:
    """A player that plays at 61."""
    play(server, volume=61)
    return make(players={"stereo": player(server)})


def play(server: Mpd, *, volume: int) -> None:
    server.ask("clear")
    server.ask("add", "000.flac")
    server.ask("setvol", volume)
    server.ask("play")
    wait_until(lambda: "audio" in server.now(), "the music")


def volume_becomes(server: Mpd, volume: int) -> None:
    wait_until(lambda: server.now()["volume"] == str(volume), f"{volume}, not {server.now()['volume']}")


def test_lowered_and_restored(house: House, server: Mpd) -> None:
    for state in ("listening", "interpreting", "speaking"):
        house.assistant(state)
        volume_becomes(server, 12)
    house.assistant("idle")
    volume_becomes(server, 61)


def test_a_moment_of_idleness_is_not_restored(house: House, server: Mpd) -> None:
    house.assistant("listening")
    volume_becomes(server, 12)
    house.assistant("idle")
    house.assistant("speaking")
    assert house.say("what").code == "done"  # time in which it would have been restored
    assert server.now()["volume"] == "12"
    house.assistant("idle")
    volume_becomes(server, 61)


def test_what_somebody_has_set_stays(house: House, server: Mpd) -> None:
    house.assistant("listening")
    volume_becomes(server, 12)
    server.ask("setvol", 33)
    house.assistant("idle")
    # Another round shows that the first one is over.
    wait_until(lambda: not (house.saved() or {}), "the end of the ducking")
    assert server.now()["volume"] == "33"


def test_a_volume_that_was_asked_for_stays(house: House, server: Mpd) -> None:
    house.assistant("listening")
    volume_becomes(server, 12)
    assert house.say("volume", volume=30).text["en"] == "Volume 30."
    house.assistant("idle")
    volume_becomes(server, 30)
    house.assistant("listening")
    volume_becomes(server, 6)
    assert house.say("volume_up").text["en"] == "Volume 40."  # of what it is without us
    house.assistant("speaking")
    volume_becomes(server, 8)
    house.assistant("idle")
    volume_becomes(server, 40)
    assert house.say("undo").code == "done"
    assert server.now()["volume"] == "30"


def test_what_it_is_already_is_not_changed(house: House, server: Mpd) -> None:
    house.assistant("listening")
    volume_becomes(server, 12)
    assert house.say("volume", volume=61).code == "already-done"
    house.assistant("idle")
    volume_becomes(server, 61)


def test_other_rooms_and_silent_players_are_left_alone(make: Any, server: Mpd, other: Mpd) -> None:
    play(server, volume=50)
    play(other, volume=50)
    house = make(
        rooms=ROOMS,
        room="kitchen",
        players={"radio": player(server, room="kitchen"), "stereo": player(other, room="lounge")},
    )
    house.assistant("listening")
    volume_becomes(server, 10)
    assert other.now()["volume"] == "50"
    house.assistant("listening", site="lounge")
    volume_becomes(other, 10)
    house.assistant("idle", site="lounge")
    volume_becomes(other, 50)
    assert server.now()["volume"] == "10"
    house.assistant("idle")
    volume_becomes(server, 50)

    server.ask("pause", 1)
    house.assistant("listening")
    assert house.say("what", player="radio").code == "done"
    assert server.now()["volume"] == "50"
    house.assistant("idle")


def test_an_assistant_that_is_gone_does_not_leave_it_quiet(house: House, server: Mpd) -> None:
    house.assistant("listening")
    volume_becomes(server, 12)
    house.peer.publish(STATUS.topic(house.site), "offline")
    volume_becomes(server, 61)


def test_the_end_of_the_handler_restores(make: Any, server: Mpd) -> None:
    play(server, volume=61)
    with ExitStack() as stack:
        house = make(players={"stereo": player(server)})
        house.assistant("listening")
        volume_becomes(server, 12)
        house.runner.__exit__()
        stack.close()
    volume_becomes(server, 61)


def test_a_crash_leaves_it_quiet_only_until_the_next_start(
    make: Any, server: Mpd, tmp_path: Path, shared_broker: Mosquitto
) -> None:
    play(server, volume=61)
    house = make(players={"stereo": player(server)}, media={"duck_percent": 100})  # the crash is another's
    file = tmp_path / "oyez.yaml"
    file.write_text(
        f"""
        site: {house.site}
        mqtt: {{url: "{shared_broker.url}"}}
        state: state
        players: {{stereo: {{driver: mpd, host: 127.0.0.1, port: {server.port}}}}}
        """
    )
    command = [sys.executable, "-m", "assistant.cli", "handler", "media", "--config", str(file)]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as handler:
        house.assistant("listening")
        volume_becomes(server, 12)
        handler.kill()
    house.assistant("idle")
    assert server.now()["volume"] == "12"
    assert house.saved() == {"stereo": [61, 12]}
    with (tmp_path / "log").open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as handler:
        try:
            volume_becomes(server, 61)
            wait_until(lambda: house.saved() == {}, "the end of what was saved")
        finally:
            handler.terminate()


def test_a_player_that_was_away_is_restored_when_it_is_back(make: Any, server: Mpd) -> None:
    play(server, volume=61)
    house = make(players={"stereo": player(server, timeout_ms=300)})
    house.assistant("listening")
    volume_becomes(server, 12)
    server.hang()
    house.assistant("idle")
    assert house.say("what").code == "no-answer"
    server.go_on()
    assert server.now()["volume"] == "12"
    server.ask("pause", 1)  # it says that something has changed
    volume_becomes(server, 61)
