"""The MPD driver against the real MPD."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.config import PlayerConfig
from handlers.players import (
    Command,
    GoneError,
    NoAnswerError,
    NotFoundError,
    NotPossibleError,
    PlayerDriver,
    PlayerError,
    RefusedError,
    Wiring,
    build,
    faults,
)
from tests.handlers.music import Mpd, Radio

PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mpd]:
    with Mpd(tmp_path_factory.mktemp("mpd")) as server:
        server.playlist("Dinner", "000.flac", "004.flac")
        yield server


class Driven:
    """A driver, and what it has told."""

    def __init__(self, server: Mpd, **config: Any) -> None:
        self.told: queue.Queue[str] = queue.Queue()
        player = PlayerConfig.model_validate({"host": "127.0.0.1", "port": server.port, "timeout_ms": 5000, **config})
        self.driver: PlayerDriver = build("stereo", player, Wiring(notify=self.told.put, publish=lambda _: None))

    def wait_for(self, what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.told.get(timeout=max(0.01, deadline - time.monotonic())) != what:
            pass

    def until(self, **wanted: Any) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            state = self.driver.state()
            if all(getattr(state, name) == value for name, value in wanted.items()):
                return state
            assert time.monotonic() < deadline, state
            time.sleep(0.01)


@pytest.fixture
def stereo(server: Mpd) -> Iterator[Driven]:
    driven = Driven(server)
    yield driven
    driven.driver.close()


def test_it_plays_what_is_in_its_library(stereo: Driven) -> None:
    library = stereo.driver.library()
    assert {kind: sorted(name.spoken for name in names) for kind, names in library.items()} == {
        "playlist": ["Dinner"],
        "station": [],
        "artist": ["Juanes", "L'Impératrice", "Miles Davis", "The Beatles"],
        "album": ["1", "Kind of Blue (Legacy Edition)", "Matahari", "Mi Sangre"],
        "title": [
            "Agitations tropicales", "Blue in Green", "Help!", "La camisa negra", "So What",
            "Yesterday - Remastered 2015",
        ],
    }  # fmt: skip
    for kind, value, title in [
        ("artist", "L'Impératrice", "Agitations tropicales"),
        ("album", "Kind of Blue (Legacy Edition)", "So What"),
        ("title", "Help!", "Help!"),
        ("playlist", "Dinner", "So What"),
    ]:
        stereo.driver.perform(Command(kind, value))  # type: ignore[arg-type]
        state = stereo.until(playback="playing")
        assert (state.title, state.length_s) == (title, 100.0)


def test_it_obeys_and_tells(stereo: Driven) -> None:
    driver = stereo.driver
    driver.perform(Command("artist", "Miles Davis"))
    first = stereo.until(playback="playing")
    driver.perform(Command("next"))
    second = stereo.until(title="Blue in Green")
    assert second.item != first.item
    driver.perform(Command("previous"))
    assert stereo.until(title="So What").artist == "Miles Davis"
    driver.perform(Command("position", 60))
    driver.perform(Command("seek", -20))
    assert 39 <= driver.state().position_s <= 50  # type: ignore[operator]
    for action, value, told in [
        ("volume", 37, {"volume": 37}),
        ("shuffle", True, {"shuffle": True}),
        ("shuffle", False, {"shuffle": False}),
        ("repeat", "one", {"repeat": "one"}),
        ("repeat", "all", {"repeat": "all"}),
        ("repeat", "off", {"repeat": "off"}),
        ("pause", None, {"playback": "paused"}),
        ("resume", None, {"playback": "playing"}),
        ("stop", None, {"playback": "stopped"}),
    ]:
        driver.perform(Command(action, value))  # type: ignore[arg-type]
        stereo.until(**told)


def test_guests_and_quotes(tmp_path: Any) -> None:
    songs = [
        {"artist": 'Guest of "Honour"', "title": "It's \\ here"},
        {"artist": "Host", "title": "Alone"},
    ]
    with Mpd(tmp_path, songs=songs) as server:
        stereo = Driven(server)
        stereo.driver.perform(Command("title", "It's \\ here"))
        assert stereo.until(playback="playing").artist == 'Guest of "Honour"'
        stereo.driver.perform(Command("artist", 'Guest of "Honour"'))
        assert stereo.until(playback="playing").title == "It's \\ here"
        stereo.driver.close()


def test_the_artist_of_a_title_of_which_there_are_two(tmp_path: Any) -> None:
    songs = [{"artist": artist, "title": "Hallelujah", "album": artist} for artist in ("Cohen", "Buckley")]
    with Mpd(tmp_path, songs=songs) as server:
        stereo = Driven(server)
        for artist in ("Buckley", "Cohen"):
            stereo.driver.perform(Command("title", "Hallelujah", artist=artist))
            assert stereo.until(playback="playing").artist == artist
        with pytest.raises(NotFoundError):
            stereo.driver.perform(Command("title", "Hallelujah", artist="Cale"))
        stereo.driver.close()


def test_stations_are_streams_in_playlists(server: Mpd, stereo: Driven) -> None:
    with Radio() as radio, Radio(mute=True) as mute:
        server.playlist("France Inter", radio.address)
        server.playlist("Radios", f"FIP={radio.address}?fip", f"Silence={mute.address}")
        library = stereo.driver.library()
        stations = {name.spoken: name.value for name in library["station"]}
        assert stations == {
            "France Inter": radio.address, "FIP": f"{radio.address}?fip", "Silence": mute.address,
        }  # fmt: skip
        assert [name.spoken for name in library["playlist"]] == ["Dinner"]

        stereo.driver.perform(Command("station", stations["FIP"]))
        assert stereo.until(playback="playing").station == "FIP"
        stereo.driver.perform(Command("station", stations["Silence"]))
        assert stereo.until(station="Silence").playback == "starting"
        stereo.driver.perform(Command("stop"))
    server.ask("rm", "France Inter")
    server.ask("rm", "Radios")


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (Command("playlist", "No such"), NotFoundError),
        (Command("artist", "Nobody"), NotFoundError),
        (Command("channel_up"), NotPossibleError),
        (Command("station", "nothing://at all"), RefusedError),
    ],
    ids=lambda value: value.action if isinstance(value, Command) else "",
)
def test_what_it_cannot_do_leaves_its_queue(stereo: Driven, command: Command, error: type[PlayerError]) -> None:
    stereo.driver.perform(Command("title", "Help!"))
    stereo.until(playback="playing")
    with pytest.raises(error):
        stereo.driver.perform(command)
    assert stereo.driver.state().title == "Help!"


def test_skipping_what_does_not_play_is_not_possible(stereo: Driven) -> None:
    stereo.driver.perform(Command("stop"))
    with pytest.raises(NotPossibleError):
        stereo.driver.perform(Command("next"))


def test_an_empty_queue_cannot_go_on(server: Mpd, stereo: Driven) -> None:
    server.ask("clear")
    with pytest.raises(NotPossibleError):
        stereo.driver.perform(Command("resume"))


def test_without_a_mixer_it_has_no_volume(tmp_path: Any) -> None:
    with Mpd(tmp_path, songs=[], mixer="none") as server:
        stereo = Driven(server)
        assert stereo.driver.state().volume is None
        with pytest.raises(NotPossibleError):
            stereo.driver.perform(Command("volume", 30))
        stereo.driver.close()


def test_it_tells_of_changes_that_others_make(server: Mpd) -> None:
    stereo = Driven(server)
    stereo.driver.start()
    stereo.wait_for("library")
    stereo.wait_for("state")
    server.ask("setvol", 11)
    stereo.wait_for("state")
    server.ask("save", "New")
    stereo.wait_for("library")
    server.ask("rm", "New")
    stereo.driver.close()


def test_killed_hung_and_back(tmp_path: Any) -> None:
    with Mpd(tmp_path) as server:
        stereo = Driven(server, timeout_ms=300)
        stereo.driver.start()
        stereo.wait_for("library")
        stereo.driver.perform(Command("title", "Help!"))
        server.hang()
        for call in (stereo.driver.state, lambda: stereo.driver.perform(Command("next"))):
            with pytest.raises(NoAnswerError):
                call()
        server.go_on()
        assert stereo.until(title="Help!").playback in {"playing", "starting"}

        server.kill()
        with pytest.raises((GoneError, NoAnswerError)):
            stereo.driver.state()
        stereo.wait_for("state")
        server.start()
        stereo.wait_for("library")
        assert stereo.driver.state().playback == "stopped"
        stereo.driver.close()


def test_a_connection_that_the_server_has_closed_is_made_again(stereo: Driven) -> None:
    stereo.driver.state()
    stereo.driver._client._sock.shutdown(2)  # type: ignore[attr-defined]
    stereo.driver.perform(Command("volume", 21))
    assert stereo.driver.state().volume == 21


def test_a_password_is_asked_for(tmp_path: Any) -> None:
    (tmp_path / "mpd").mkdir()
    server = Mpd(tmp_path / "mpd", songs=[])
    with server._configuration.open("a") as file:
        file.write('password "secret@read,add,control,admin"\ndefault_permissions ""\n')
    (tmp_path / "password").write_text("secret\n")
    server.start_unasked()
    try:
        with pytest.raises(PlayerError):
            Driven(server).driver.state()
        known = Driven(server, password_file=tmp_path / "password")
        assert known.driver.state().playback == "stopped"
        known.driver.close()
    finally:
        server.kill()


def test_options_that_it_has_not() -> None:
    (fault,) = faults("stereo", PlayerConfig.model_validate({"options": {"volume": 1}}))
    assert str(fault) == "players.stereo.options.volume: no such option; mpd has no options"
