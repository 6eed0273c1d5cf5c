"""MPRIS with mpv and its plug-in mpv-mpris on a private bus."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.players import Command, GoneError, NoAnswerError, NotFoundError, NotPossibleError, PlayerDriver
from tests.handlers.players.peers import Heard, Process, driver, shows, until, write_tracks
from tests.sockets import is_listened_at

PLUGIN = "/usr/lib/mpv-mpris/mpris.so"
TITLES = ("First", "Second", "Third")


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    tags = [{"title": title, "artist": "María", "album": "Test"} for title in TITLES]
    return write_tracks(tmp_path_factory.mktemp("music"), tags)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bus")
    address = f"unix:path={folder}/bus"
    with dbus(folder):
        yield address


@contextlib.contextmanager
def dbus(folder: Path) -> Iterator[Process]:
    """A session bus of its own."""
    path = folder / "bus"
    with Process(folder, "dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={path}") as bus:
        bus.until(lambda: is_listened_at(path), what="no bus")
        yield bus


class Mpv(Process):
    """mpv without sound and window, playing the tracks from the beginning, paused."""

    def __init__(self, folder: Path, bus: str, *tracks: Path) -> None:
        self.control = folder / "mpv.socket"
        self.control.unlink(missing_ok=True)
        super().__init__(
            folder,
            "mpv",
            "--no-config",
            "--load-scripts=no",
            f"--script={PLUGIN}",
            "--ao=null",
            "--vo=null",
            "--no-terminal",
            "--idle=yes",
            "--pause",
            f"--input-ipc-server={self.control}",
            *(str(track) for track in tracks),
            environment={"DBUS_SESSION_BUS_ADDRESS": bus},
        )

    def tell(self, *command: object) -> None:
        """Do something at the player itself, as a person at its keyboard would."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.control))
            control.sendall(json.dumps({"command": command}).encode() + b"\n")
            control.recv(4096)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """A service of the specification in a process of its own: mpv has no playlists."""
    folder = tmp_path_factory.mktemp("listed")
    address = f"unix:path={folder}/bus"
    wanted = section(address, options={"bus": address, "service": "listed"})
    with (
        dbus(folder),
        Process(folder, sys.executable, "-m", "tests.handlers.players.mpris_service", address) as service,
        driver(wanted) as player,
    ):
        service.until(lambda: there(player), what="not on the bus")
        yield wanted


@pytest.fixture
def mpv(tmp_path: Path, bus: str, tracks: list[Path]) -> Iterator[Mpv]:
    with Mpv(tmp_path, bus, *tracks) as player, driver(section(bus)) as made:
        player.until(lambda: loaded(made), what="not on the bus")
        yield player


def there(player: PlayerDriver) -> bool:
    with contextlib.suppress(NoAnswerError):
        return player.state().playback is not None
    return False


def loaded(player: PlayerDriver) -> bool:
    return there(player) and player.state().length_s is not None


def section(bus: str, **changes: object) -> dict[str, object]:
    return {"driver": "mpris", "options": {"bus": bus, "service": "mpv"}, **changes}


@pytest.mark.usefixtures("mpv")
def test_plays_pauses_and_tells_what_plays(bus: str):
    with driver(section(bus)) as player:
        state = shows(player, playback="paused", title="First")
        assert (state.artist, state.album, state.length_s, state.repeat) == ("María", "Test", 3600, "off")
        player.perform(Command("resume"))
        shows(player, playback="playing")
        player.perform(Command("pause"))
        shows(player, playback="paused")


@pytest.mark.usefixtures("mpv")
def test_next_and_previous(bus: str):
    with driver(section(bus)) as player:
        first = player.state().item
        player.perform(Command("next"))
        assert shows(player, title="Second").item != first
        player.perform(Command("previous"))
        assert shows(player, title="First").item == first


@pytest.mark.usefixtures("mpv")
def test_seeks_from_here_and_from_the_beginning(bus: str):
    with driver(section(bus)) as player:
        player.perform(Command("position", 600))
        until(lambda: 599 <= (player.state().position_s or 0) <= 601)
        player.perform(Command("seek", -100))
        until(lambda: 499 <= (player.state().position_s or 0) <= 501)


@pytest.mark.usefixtures("mpv")
@pytest.mark.parametrize("volume", [0, 1, 35, 100])
def test_volume(bus: str, volume: int):
    with driver(section(bus)) as player:
        player.perform(Command("volume", volume))
        shows(player, volume=volume)


@pytest.mark.usefixtures("mpv")
@pytest.mark.parametrize("repeat", ["one", "all", "off"])
def test_repeat(bus: str, repeat: str):
    with driver(section(bus)) as player:
        player.perform(Command("repeat", repeat))
        shows(player, repeat=repeat)


@pytest.mark.usefixtures("mpv")
def test_stop_leaves_nothing_playing(bus: str):
    with driver(section(bus)) as player:
        player.perform(Command("stop"))
        assert shows(player, playback="stopped").title is None


@pytest.mark.usefixtures("mpv")
def test_what_mpris_has_not_is_not_possible(bus: str):
    with driver(section(bus)) as player, pytest.raises(NotPossibleError):
        player.perform(Command("channel_up"))


@pytest.mark.usefixtures("mpv")
def test_mpv_tells_no_playlists(bus: str):
    with driver(section(bus)) as player:
        assert player.library() == {}


def test_plays_a_playlist_by_name(listed: dict[str, object]):
    with driver(listed) as player:
        playlists = player.library()["playlist"]
        assert [name.spoken for name in playlists] == ["Summer evening", "Fête"]
        player.perform(Command("playlist", playlists[1].value))
        shows(player, playback="playing", title="Fête")
        with pytest.raises(NotFoundError):
            player.perform(Command("playlist", "/lists/9"))


@pytest.mark.parametrize("shuffle", [True, False])
def test_shuffle(listed: dict[str, object], shuffle: bool):
    with driver(listed) as player:
        player.perform(Command("shuffle", shuffle))
        shows(player, shuffle=shuffle)


@pytest.mark.parametrize(
    ("command", "reason"),
    [(Command("next"), "CanGoNext"), (Command("volume", 3), "Volume"), (Command("repeat", "all"), "LoopStatus")],
)
def test_what_the_player_says_it_cannot_is_not_asked(listed: dict[str, object], command: Command, reason: str):
    with driver(listed) as player, pytest.raises(NotPossibleError, match=reason):
        player.perform(command)


def test_tells_what_others_change(mpv: Mpv, bus: str):
    heard = Heard()
    with driver(section(bus), heard) as player:
        player.start()
        heard.wait_for("library")
        shows(player, title="First")
        heard.forget()
        mpv.tell("set_property", "volume", 40)
        heard.wait_for("state")
        shows(player, volume=40)


def test_without_a_service_the_player_that_plays_is_meant(mpv: Mpv, bus: str, tmp_path: Path, tracks: list[Path]):
    folder = tmp_path / "other"
    folder.mkdir()
    with Mpv(folder, bus, tracks[2]) as other, driver(section(bus, options={"bus": bus})) as player:
        other.until(other.control.exists, what="not started")
        other.tell("set_property", "pause", False)
        shows(player, playback="playing", title="Third")
        player.perform(Command("pause"))
        other.tell("set_property", "volume", 7)
        mpv.tell("set_property", "pause", False)
        shows(player, playback="playing", title="First")


def test_a_player_that_comes_later_is_found(bus: str, tmp_path: Path, tracks: list[Path]):
    heard = Heard()
    with driver(section(bus), heard) as player:
        player.start()
        with pytest.raises(NoAnswerError, match="no mpv on the bus"):
            player.state()
        heard.wait_for("library")
        with Mpv(tmp_path, bus, *tracks):
            heard.wait_for("library", count=2)
            shows(player, title="First")


def test_a_player_that_hangs_is_given_up_in_time(mpv: Mpv, bus: str):
    with driver(section(bus, timeout_ms=300)) as player:
        mpv.freeze()
        with pytest.raises(NoAnswerError):
            player.perform(Command("pause"))
        mpv.thaw()
        shows(player, title="First")


def test_a_player_that_dies_in_the_middle_of_a_command_is_gone(mpv: Mpv, bus: str):
    with driver(section(bus, timeout_ms=30_000)) as player:
        mpv.freeze()
        threading.Timer(0.3, mpv.kill).start()
        with pytest.raises(GoneError):
            player.perform(Command("next"))
        with pytest.raises(NoAnswerError):
            player.state()


def test_a_bus_that_is_absent_is_named(tmp_path: Path):
    with driver(section(f"unix:path={tmp_path}/none")) as player:
        player.start()
        with pytest.raises(NoAnswerError, match='give the option "bus"'):
            player.state()


def test_a_session_bus_is_looked_for_where_systemd_puts_it(
    tmp_path: Path, tracks: list[Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with driver({"driver": "mpris"}) as player:
        with pytest.raises(NoAnswerError):
            player.state()
        with dbus(tmp_path), Mpv(tmp_path, f"unix:path={tmp_path}/bus", *tracks):
            shows(player, title="First")


def test_a_bus_that_ends_breaks_the_call_and_is_found_again(tmp_path: Path, tracks: list[Path]):
    address = f"unix:path={tmp_path}/bus"
    with driver(section(address, timeout_ms=30_000)) as player:
        with dbus(tmp_path) as daemon, Mpv(tmp_path, address, *tracks) as mpv:
            shows(player, title="First")
            mpv.freeze()
            threading.Timer(0.3, daemon.kill).start()
            with pytest.raises(GoneError):
                player.state()
        (tmp_path / "bus").unlink(missing_ok=True)
        with dbus(tmp_path), Mpv(tmp_path, address, *tracks):
            shows(player, title="First")


def test_closing_ends_a_call_that_waits(mpv: Mpv, bus: str):
    with driver(section(bus, timeout_ms=60_000)) as player:
        mpv.freeze()
        threading.Timer(0.3, player.close).start()
        with pytest.raises(GoneError):
            player.state()
