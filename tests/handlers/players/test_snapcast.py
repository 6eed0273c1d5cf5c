"""Snapcast with its own server, and loudspeakers that write to nowhere."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant.mqtt.broker import free_port
from handlers.players import Command, GoneError, NoAnswerError, NotFoundError, NotPossibleError, PlayerError
from handlers.players.jsonrpc import Connection
from handlers.players.snapcast import balanced, mean
from tests.broker import Mosquitto
from tests.handlers.media import house as music
from tests.handlers.music import Mpd
from tests.handlers.players.peers import Heard, Process, driver, listens, shows, until

CONFIGURATION = """
[http]
enabled = false
[tcp]
enabled = true
bind_to_address = 127.0.0.1
port = {control}
[stream]
bind_to_address = 127.0.0.1
port = {stream}
source = pipe://{folder}/music?name=music&mode=create
"""


@dataclass
class House:
    """A server, and what it is asked beside the driver."""

    folder: Path
    port: int
    stream_port: int
    server: Process
    connection: Connection

    def section(self, *, timeout_ms: int = 5000, **options: str) -> dict[str, object]:
        return {"driver": "snapcast", "host": "127.0.0.1", "port": self.port, "timeout_ms": timeout_ms,
                "options": options}  # fmt: skip

    def call(self, method: str, **params: object) -> Any:
        return self.connection.call(method, params, deadline=time.monotonic() + 30)

    def clients(self) -> dict[str, dict[str, Any]]:
        groups = self.call("Server.GetStatus")["server"]["groups"]
        return {client["id"]: client for group in groups for client in group["clients"]}

    @contextlib.contextmanager
    def loudspeaker(self, name: str) -> Iterator[Process]:
        arguments = ["-h", "127.0.0.1", "-p", str(self.stream_port), "--hostID", name]
        with Process(self.folder, "snapclient", *arguments, "--player", "file:filename=null") as client:
            client.until(lambda: self.clients().get(name, {}).get("connected", False), what="not connected")
            yield client

    def volumes(self, **percent: int) -> None:
        for name, volume in percent.items():
            self.call("Client.SetVolume", id=name, volume={"percent": volume, "muted": False})


@contextlib.contextmanager
def served(folder: Path) -> Iterator[House]:
    control, stream = free_port(), free_port()
    file = folder / "snapserver.conf"
    file.write_text(CONFIGURATION.format(control=control, stream=stream, folder=folder))
    connection = Connection("127.0.0.1", control, timeout_s=30, on_notification=lambda *_: None)
    with Process(folder, "snapserver", "-c", str(file), environment={"HOME": str(folder)}) as server:
        server.until(lambda: listens(control), what="not listening")
        yield House(folder, control, stream, server, connection)
        connection.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        served(tmp_path_factory.mktemp("snapcast")) as house,
        house.loudspeaker("kitchen"),
        house.loudspeaker("north"),
        house.loudspeaker("south"),
    ):
        groups = {
            group["clients"][0]["id"]: group["id"] for group in house.call("Server.GetStatus")["server"]["groups"]
        }
        house.call("Group.SetClients", id=groups["north"], clients=["north", "south"])
        house.call("Group.SetName", id=groups["north"], name="Garden")
        yield house


@pytest.mark.parametrize("volume", [0, 1, 42, 100])
def test_volume_of_a_loudspeaker(house: House, volume: int):
    with driver(house.section(client="kitchen")) as player:
        player.perform(Command("volume", volume))
        shows(player, volume=volume, muted=False)
        assert house.clients()["kitchen"]["config"]["volume"]["percent"] == volume


def test_a_loudspeaker_is_found_by_the_name_it_was_given(house: House):
    house.call("Client.SetName", id="kitchen", name="Küche")
    house.volumes(kitchen=13)
    with driver(house.section(client="Küche")) as player:
        assert player.state().volume == 13


def test_mute_of_a_loudspeaker(house: House):
    house.volumes(kitchen=33)
    with driver(house.section(client="kitchen")) as player:
        player.perform(Command("mute", True))
        shows(player, muted=True, volume=33)
        player.perform(Command("mute", False))
        shows(player, muted=False, volume=33)


def test_a_loudspeaker_is_unmuted_also_where_its_group_was_muted(house: House):
    with driver(house.section(group="Garden")) as garden, driver(house.section(client="south")) as south:
        garden.perform(Command("mute", True))
        shows(south, muted=True)
        south.perform(Command("mute", False))
        shows(south, muted=False)
        shows(garden, muted=False)


def test_volume_of_a_group_keeps_the_balance(house: House):
    house.volumes(north=20, south=60, kitchen=50)
    with driver(house.section(group="Garden")) as player:
        assert player.state().volume == 40
        player.perform(Command("volume", 10))
        shows(player, volume=10)
        found = {name: client["config"]["volume"]["percent"] for name, client in house.clients().items()}
        assert found == {"north": 5, "south": 15, "kitchen": 50}


def test_it_has_no_transport(house: House):
    with driver(house.section(client="kitchen")) as player:
        assert player.features == {"volume", "mute"}
        assert player.library() == {}
        with pytest.raises(NotPossibleError, match="name the player"):
            player.perform(Command("pause"))


@pytest.mark.parametrize("options", [{"client": "attic"}, {"group": "attic"}, {}], ids=["client", "group", "which"])
def test_what_is_not_there_or_not_one_is_named_with_what_is(house: House, options: dict[str, str]):
    with driver(house.section(**options)) as player, pytest.raises(NotFoundError, match=r"south"):
        player.state()


def test_tells_what_others_change(house: House):
    heard = Heard()
    with driver(house.section(client="kitchen"), heard) as player:
        player.start()
        heard.wait_for("state")
        heard.forget()
        house.volumes(kitchen=77)
        heard.wait_for("state")
        shows(player, volume=77)


def test_one_loudspeaker_alone_needs_no_name_and_must_be_on(tmp_path: Path):
    with served(tmp_path) as house, driver(house.section()) as player, house.loudspeaker("only") as client:
        player.perform(Command("volume", 12))
        assert shows(player, volume=12).playback == "stopped"
        client.end()
        until(lambda: not house.clients()["only"]["connected"])
        with pytest.raises(NoAnswerError, match="not connected"):
            player.state()


def test_a_server_that_hangs_dies_and_comes_back(tmp_path: Path):
    heard = Heard()
    with served(tmp_path) as house, driver(house.section(timeout_ms=300), heard) as player:
        player.start()
        heard.wait_for("state")
        house.server.freeze()
        with pytest.raises(NoAnswerError):
            player.perform(Command("volume", 5))
        house.server.thaw()
        until(lambda: answers(house))
        house.server.freeze()
        threading.Timer(0.1, house.server.kill).start()
        with driver(house.section(timeout_ms=30_000)) as patient, pytest.raises(GoneError):
            patient.state()
        with pytest.raises((GoneError, NoAnswerError)):  # its connection may break only now
            player.state()
        with pytest.raises(NoAnswerError, match="is the player on"):
            player.state()


def test_a_player_without_a_volume_is_as_loud_as_its_loudspeaker(
    house: House, shared_broker: Mosquitto, tmp_path: Path
):
    house.volumes(kitchen=50)
    with ExitStack() as stack:
        server = stack.enter_context(Mpd(tmp_path, mixer="none"))
        players = {
            "stereo": music.player(server, volume_by="loudspeaker"),
            "loudspeaker": house.section(timeout_ms=20_000, client="kitchen"),
        }
        home = music.House(stack, shared_broker, state=tmp_path / "state", config={"players": players})
        assert music.changes(home.say("volume_up", player="stereo")) == {("loudspeaker", "volume"): 60}
        assert home.say("mute", player="stereo").code == "done"
        assert house.clients()["kitchen"]["config"]["volume"] == {"percent": 60, "muted": True}
        assert home.say("unmute", player="stereo").code == "done"
        assert home.say("undo").code == "done"


def answers(house: House) -> bool:
    with driver(house.section()) as player:
        try:
            player.state()
        except NotFoundError:
            return True  # there is a server, without loudspeakers
        except PlayerError:
            return False
        return True


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        ([20, 60], 10, [5, 15]),
        ([20, 60], 70, [60, 80]),
        ([20, 60], 40, [20, 60]),
        ([0, 0], 30, [30, 30]),
        ([100, 100], 100, [100, 100]),
        ([50], 0, [0]),
    ],
)
def test_balance(before: list[int], asked: int, after: list[int]):
    assert balanced(before, asked) == after


@pytest.mark.parametrize("before", [[30, 41], [1, 2, 4], [99, 100, 3, 0], [7]])
def test_the_mean_becomes_exactly_what_was_asked(before: list[int]):
    for asked in range(101):
        found = balanced(before, asked)
        assert mean(found) == asked
        assert all(0 <= volume <= 100 for volume in found)
