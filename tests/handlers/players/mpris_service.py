"""A player of the MPRIS specification for what mpv's plug-in has not: playlists, shuffling, no next title.

Run as a process: ``python -m tests.handlers.players.mpris_service BUS_ADDRESS``.
"""

# No postponed annotations: dbus-fast reads D-Bus signatures from them.
# ruff: noqa: F821, F722, N802

import asyncio
import sys

from dbus_fast import PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

NAME = "org.mpris.MediaPlayer2.listed"
LISTS = {"/lists/1": "Summer evening", "/lists/2": "Fête"}


class Player(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.mpris.MediaPlayer2.Player")
        self.shuffle = False
        self.playing = ""

    @dbus_method()
    def Next(self) -> None:
        raise AssertionError("the driver must not ask for what is not possible")

    @dbus_property(access=PropertyAccess.READ)
    def CanGoNext(self) -> "b":
        return False

    @dbus_property(access=PropertyAccess.READ)
    def PlaybackStatus(self) -> "s":
        return "Playing" if self.playing else "Stopped"

    @dbus_property(access=PropertyAccess.READ)
    def Metadata(self) -> "a{sv}":
        return {"xesam:title": Variant("s", self.playing), "mpris:trackid": Variant("o", "/track/1")}

    @dbus_property()
    def Shuffle(self) -> "b":
        return self.shuffle

    @Shuffle.setter
    def Shuffle(self, value: "b") -> None:
        self.shuffle = value
        self.emit_properties_changed({"Shuffle": value})


class Playlists(ServiceInterface):
    def __init__(self, player: Player) -> None:
        super().__init__("org.mpris.MediaPlayer2.Playlists")
        self._player = player

    @dbus_method()
    def GetPlaylists(self, index: "u", count: "u", order: "s", reverse: "b") -> "a(oss)":  # noqa: ARG002
        return [[path, name, ""] for path, name in LISTS.items()][index : index + count]

    @dbus_method()
    def ActivatePlaylist(self, path: "o") -> None:
        self._player.playing = LISTS[path]

    @dbus_property(access=PropertyAccess.READ)
    def PlaylistCount(self) -> "u":
        return len(LISTS)


async def serve(address: str) -> None:
    bus = await MessageBus(bus_address=address).connect()
    player = Player()
    bus.export("/org/mpris/MediaPlayer2", player)
    bus.export("/org/mpris/MediaPlayer2", Playlists(player))
    await bus.request_name(NAME)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
