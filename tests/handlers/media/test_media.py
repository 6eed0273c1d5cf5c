"""The media handler with real MPDs, on a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.broker import Mosquitto
from tests.handlers.media.house import House, changes, player, wait_until
from tests.handlers.music import Mpd, Radio

STEREO = {"names": {"en": "stereo", "es": "equipo", "fr": "chaîne"}}
ROOMS = {"kitchen": {"en": "kitchen"}, "lounge": {"en": "lounge"}, "hall": {"en": "hall"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mpd]:
    with Mpd(tmp_path_factory.mktemp("mpd")) as server:
        server.playlist("Dinner", "000.flac", "004.flac")
        yield server


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mpd]:
    songs = [{"artist": "Björk", "album": "Post", "title": "Hyperballad"}, {"artist": "Juanes", "title": "Nada"}]
    with Mpd(tmp_path_factory.mktemp("other"), songs=songs) as server:
        yield server


@pytest.fixture
def make(shared_broker: Mosquitto, tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda **config: House(stack, shared_broker, state=tmp_path / "state", config=config)


@pytest.fixture
def house(make: Any, server: Mpd) -> House:
    """One player, its library published."""
    house = make(players={"stereo": player(server, **STEREO)})
    house.catalog("title", "Yesterday")
    return house


@pytest.fixture
def rooms(make: Any, server: Mpd, other: Mpd) -> House:
    """A player in the kitchen and one in the lounge; both stopped, at 50."""
    for one in (server, other):
        one.ask("stop")
        one.ask("setvol", 50)
    house = make(
        rooms=ROOMS,
        players={"stereo": player(server, room="lounge", **STEREO), "radio": player(other, room="kitchen")},
    )
    house.catalog("title", "Yesterday", "Hyperballad")
    return house


def test_libraries_become_catalogs(house: House) -> None:
    assert house.catalog("artist") == {
        "Miles Davis": "Miles Davis", "The Beatles": "The Beatles", "Beatles": "The Beatles",
        "Juanes": "Juanes", "L'Impératrice": "L'Impératrice",
    }  # fmt: skip
    assert house.catalog("album")["Kind of Blue"] == "Kind of Blue (Legacy Edition)"
    assert house.catalog("title")["Yesterday"] == "Yesterday - Remastered 2015"
    assert house.catalog("playlist") == {"Dinner": "Dinner"}


def test_a_new_playlist_can_be_said(house: House, server: Mpd) -> None:
    server.ask("save", "Lista de cocina")
    house.catalog("playlist", "Dinner", "Lista de cocina")
    server.ask("rm", "Lista de cocina")
    wait_until(lambda: "Lista de cocina" not in house.catalog("playlist"), "its removal")


@pytest.mark.parametrize(
    ("slots", "title", "said"),
    [
        (
            {"artist": "The Beatles"},
            "Yesterday - Remastered 2015",
            "Playing Yesterday - Remastered 2015 by The Beatles.",
        ),
        ({"album": "Kind of Blue (Legacy Edition)"}, "So What", "Playing So What by Miles Davis."),
        ({"title": "La camisa negra"}, "La camisa negra", "Playing La camisa negra by Juanes."),
        ({"playlist": "Dinner"}, "So What", "Playing So What by Miles Davis."),
    ],
    ids=["artist", "album", "title", "playlist"],
)
def test_play(house: House, server: Mpd, slots: dict[str, str], title: str, said: str) -> None:
    result = house.say("play", **slots)
    assert (result.ok, result.code, result.text["en"]) == (True, "done", said)
    assert (server.now()["state"], server.now()["title"]) == ("play", title)


def test_a_station_says_its_name(house: House, server: Mpd) -> None:
    with Radio() as radio:
        server.playlist("Radios", f"France Inter={radio.address}", f"FIP={radio.address}?fip")
        server.ask("save", "Other")  # tells that playlists have changed
        house.catalog("station", "France Inter", "FIP")
        result = house.say("play", station="France Inter")
        assert (result.code, result.text["fr"]) == ("done", "Je mets France Inter.")
        assert house.say("what").text["es"] == "Es France Inter."
        house.say("stop")
    for name in ("Radios", "Other"):
        server.ask("rm", name)


def test_transport(house: House, server: Mpd) -> None:
    house.say("play", artist="Miles Davis")
    assert changes(house.say("pause")) == {("stereo", "playback"): "paused"}
    assert house.say("pause").code == "already-done"
    assert house.say("what").text["en"] == "So What by Miles Davis, paused."
    assert house.say("resume").text["en"] == "Playing So What by Miles Davis."
    assert house.say("next").text["fr"] == "Blue in Green, de Miles Davis."
    assert house.say("previous").text["es"] == "So What, de Miles Davis."
    assert house.say("seek", position=60).code == "done"
    assert house.say("seek", seconds=-20).code == "done"
    assert 38 <= float(server.now()["elapsed"]) <= 55
    house.say("next")
    over = house.say("next")
    assert (over.code, over.text["en"]) == ("done", "That was the last one.")
    assert house.say("next").code == "not-possible"
    assert house.say("what").text["fr"] == "Rien n'est en cours de lecture."
    assert house.say("stop").code == "already-done"


def test_modes(house: House, server: Mpd) -> None:
    assert house.say("shuffle", state=True).text["en"] == "Shuffle on."
    assert server.now()["random"] == "1"
    assert house.say("undo").code == "done"
    assert server.now()["random"] == "0"
    assert house.say("repeat", state="one").text["en"] == "Repeating this one."
    assert (server.now()["repeat"], server.now()["single"]) == ("1", "1")
    assert house.say("repeat", state="off").code == "done"


def test_volume_and_undo(house: House, server: Mpd) -> None:
    server.ask("setvol", 50)
    result = house.say("volume", volume=30)
    assert (result.text["en"], changes(result)) == ("Volume 30.", {("stereo", "volume"): 30})
    assert house.say("volume_up").text["en"] == "Volume 40."
    assert house.say("volume_down", amount=25).text["en"] == "Volume 15."
    undone = house.say("undo")
    assert (undone.code, server.now()["volume"]) == ("done", "40")
    assert house.say("undo").text["en"] == "There is nothing to undo."
    assert house.say("mute").code == "done"
    assert server.now()["volume"] == "0"
    assert house.say("mute").code == "already-done"
    assert house.say("unmute").code == "done"
    assert server.now()["volume"] == "40"
    assert house.say("volume_up", amount=90).text["en"] == "Volume 100."
    assert house.say("volume_up").code == "already-done"


def test_what_makes_no_sense(house: House) -> None:
    for intent, slots in [
        ("volume", {"volume": "loud"}),
        ("dance", {}),
        ("play", {"title": "Never heard of"}),
        ("channel_up", {}),
        ("repeat", {"state": "sometimes"}),
        ("seek", {}),
    ]:
        result = house.say(intent, **slots)
        assert (result.ok, result.code) == (False, "not-possible"), intent
        assert set(result.text) == {"en", "es", "fr"}
    assert house.say("pause", player="gramophone").code == "no-such-device"
    assert house.say("pause", room="cellar").code == "no-such-device"


def test_here_there_and_everywhere(rooms: House, server: Mpd) -> None:
    assert changes(rooms.say("play", heard_in="kitchen", artist="Juanes"))["radio", "title"] == "Nada"
    assert server.now()["state"] == "stop"
    assert (
        changes(rooms.say("play", heard_in="kitchen", room="lounge", artist="Juanes"))["stereo", "playback"]
        == "playing"
    )
    assert set(changes(rooms.say("volume", scope="all", volume=20))) == {("stereo", "volume"), ("radio", "volume")}
    assert set(changes(rooms.say("pause", heard_in="lounge"))) == {("stereo", "playback")}
    assert set(changes(rooms.say("pause", heard_in="hall"))) == {("radio", "playback")}  # what plays
    assert set(changes(rooms.say("resume", player="radio", heard_in="lounge"))) == {("radio", "playback")}


def test_what_only_another_room_has_is_played_there(rooms: House) -> None:
    result = rooms.say("play", heard_in="lounge", title="Hyperballad")
    assert changes(result)["radio", "playback"] == "playing"
    missing = rooms.say("play", room="lounge", title="Hyperballad")
    assert (missing.code, missing.text["en"]) == ("not-possible", "stereo can't do that now.".capitalize())


def test_it_asks_which_player(rooms: House) -> None:
    asked = rooms.say("play", heard_in="hall", artist="Juanes")
    assert (asked.ok, asked.code) == (False, "question")
    assert asked.question is not None
    assert asked.question.slot == "player"
    assert {choice.value: choice.names["fr"] for choice in asked.question.choices} == {
        "stereo": ("chaîne",), "radio": ("radio",),
    }  # fmt: skip
    answered = rooms.say("play", heard_in="hall", artist="Juanes", player="stereo")
    assert changes(answered)["stereo", "playback"] == "playing"


def test_the_usual_player(make: Any, server: Mpd, other: Mpd) -> None:
    house = make(players={"stereo": player(server), "radio": player(other)}, media={"default_player": "radio"})
    house.catalog("artist", "Juanes", "Björk", "Miles Davis")
    assert changes(house.say("play", artist="Juanes"))["radio", "title"] == "Nada"
    assert changes(house.say("play", artist="Miles Davis"))["stereo", "title"] == "So What"


# Players that hang or die.


@pytest.fixture
def frail(make: Any, tmp_path: Path, server: Mpd) -> Iterator[tuple[House, Mpd]]:
    """A player that will hang, beside one that will not."""
    (tmp_path / "frail").mkdir()
    with Mpd(tmp_path / "frail") as frail:
        house = make(
            rooms=ROOMS,
            players={"radio": player(frail, room="kitchen", timeout_ms=400), "stereo": player(server, room="lounge")},
        )
        house.catalog("title", "Yesterday")
        house.say("play", room="kitchen", artist="Miles Davis")
        yield house, frail


def test_one_that_hangs_is_told_and_blocks_nobody(frail: tuple[House, Mpd]) -> None:
    house, radio = frail
    before = radio.now()
    radio.hang()
    for _ in range(3):
        result = house.say("next", room="kitchen")
        assert (result.ok, result.code, result.text["en"]) == (False, "no-answer", "No answer from radio.")
    assert house.say("volume", volume=33, room="lounge").code == "done"
    both = house.say("volume", volume=44, scope="all")
    # A television that is off does not answer either, and is no reason to complain.
    assert (both.code, changes(both), both.text["es"]) == ("done", {("stereo", "volume"): 44}, "Volumen 44.")
    radio.go_on()
    wait_until(lambda: house.say("what", room="kitchen").code == "done", "the radio")
    assert radio.now()["songid"] == before["songid"]  # nothing was done late


def test_one_that_is_killed_is_told_and_comes_back(frail: tuple[House, Mpd]) -> None:
    house, radio = frail
    radio.kill()
    result = house.say("pause", room="kitchen")
    assert (result.ok, result.code) == (False, "no-answer")
    assert result.text["fr"] == "Pas de réponse de radio."
    radio.playlist("After", "000.flac")
    radio.start()
    house.catalog("playlist", "After")
    assert house.say("play", room="kitchen", playlist="After").code == "done"


def test_a_bus_that_is_absent_is_told_and_blocks_nobody(make: Any, server: Mpd, tmp_path: Path) -> None:
    desktop = {"driver": "mpris", "options": {"bus": f"unix:path={tmp_path}/none"}, "timeout_ms": 400}
    house = make(players={"desktop": desktop, "stereo": player(server)})
    for language, text in (("en", "No answer from desktop."), ("fr", "Pas de réponse de desktop.")):
        result = house.say("pause", player="desktop")
        assert (result.ok, result.code, result.text[language]) == (False, "no-answer", text)
    assert house.say("volume", volume=33, player="stereo").code == "done"
