"""Kodi, by its JSON-RPC (version 12 and later, https://kodi.wiki/view/JSON-RPC_API): music, films and television.

By TCP (`transport: tcp`, port 9090), where Kodi tells unasked what others change, or by HTTP (port 8080), which alone
knows a password.  Both are allowed in Kodi under Settings, Services, Control.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import Field, TypeAdapter

from assistant.config import PlayerConfig
from assistant.messages import SlotValue
from assistant.mqtt import Incoming
from handlers.players.contract import (
    ALL_ACTIONS,
    Action,
    Command,
    Library,
    Name,
    NotFoundError,
    NotPossibleError,
    PlayerOptions,
    PlayerState,
    RefusedError,
    Wiring,
    read_password,
)
from handlers.players.jsonrpc import INVALID_PARAMS, Caller, Connection, ErrorAnswerError, Params
from handlers.players.jsonrpc_http import HttpCaller

TCP_PORT, HTTP_PORT = 9090, 8080
LIBRARY_TIMEOUT_S = 30.0
"""For one page of the library, on an old Pi."""
PAGE = 5000
MOST_LISTED = 200_000
"""Of each kind; more than anybody has heard."""
FAILED = -32100
"""Kodi's "failed to execute method": it cannot do that now."""
MUSIC, VIDEO = 0, 1
"""Kodi's fixed numbers of players and of their queues."""
SONG, MOVIE = "song", "movie"

_STATE = TypeAdapter(PlayerState)

FEATURES: frozenset[Action] = ALL_ACTIONS - {"volume_up", "volume_down"}
"""It tells its volume, which is all that those are for."""

_PRESSED: Mapping[Action, tuple[str, Params]] = {
    "page_next": ("Input.ExecuteAction", {"action": "pagedown"}),
    "page_previous": ("Input.ExecuteAction", {"action": "pageup"}),
    "home": ("Input.Home", {}),
    "back": ("Input.Back", {}),
}
"""What is a key of the remote control."""
_LIBRARY_CHANGES = frozenset(
    {
        "AudioLibrary.OnScanFinished",
        "AudioLibrary.OnCleanFinished",
        "VideoLibrary.OnScanFinished",
        "VideoLibrary.OnCleanFinished",
    }
)


class Options(PlayerOptions):
    """Beside host, port and password."""

    transport: Literal["tcp", "http"] = "tcp"
    username: str = Field(default="kodi", max_length=256)
    """For HTTP, with `password_file`."""


class Kodi:
    """One Kodi."""

    features = FEATURES
    confirms = True

    def __init__(self, name: str, player: PlayerConfig, wiring: Wiring) -> None:
        """Raises ConfigurationError where the password cannot be read."""
        self._name = name
        self._timeout_s = player.timeout_ms / 1000
        self._notify = wiring.notify
        self._server = self._caller(name, player)

    def start(self) -> None:
        """Hear from Kodi what others change, or look whether it is there."""
        self._server.follow(self._came)

    def state(self) -> PlayerState:
        """Ask for volume, player and what plays."""
        with self._understood():
            return self._state(self._deadline())

    def _state(self, deadline: float) -> PlayerState:
        loudness = self._call("Application.GetProperties", {"properties": ["volume", "muted"]}, deadline)
        volume, muted = loudness["volume"], loudness["muted"]
        number = self._active(deadline)
        if number is None:
            return _STATE.validate_python({"playback": "stopped", "volume": volume, "muted": muted})
        wanted = ["speed", "time", "totaltime", "shuffled", "repeat", "position"]
        playing = self._call("Player.GetProperties", {"playerid": number, "properties": wanted}, deadline)
        return playing_state(self._item(number, deadline), playing, volume=volume, muted=muted)

    def perform(self, command: Command) -> None:
        """Do it."""
        deadline = self._deadline()
        try:
            with self._understood():
                self._perform(command, deadline)
        except ErrorAnswerError as error:
            if error.rpc_code == FAILED:
                raise NotPossibleError(f"{self._name}: {command.action} is not possible now: {error}") from error
            if error.rpc_code == INVALID_PARAMS and command.value is not None:
                self._notify("library")  # its numbers change when it reads its sources anew
                raise NotFoundError(f"{self._name}: no {command.action} {command.value} (any more)") from error
            raise

    def library(self) -> Library:
        """Read artists, albums, songs, films, playlists, television channels and radio stations."""
        with self._understood():
            return self._library()

    def _library(self) -> Library:
        artists = tuple(Name(one["artist"], str(one["artistid"])) for one in self._pages("AudioLibrary.GetArtists"))
        albums = tuple(Name(one["label"], str(one["albumid"])) for one in self._pages("AudioLibrary.GetAlbums"))
        songs = (Name(one["label"], f"{SONG}:{one['songid']}") for one in self._pages("AudioLibrary.GetSongs"))
        movies = (Name(one["label"], f"{MOVIE}:{one['movieid']}") for one in self._pages("VideoLibrary.GetMovies"))
        found: Library = {
            "artist": artists,
            "album": albums,
            "title": (*songs, *movies),
            "playlist": tuple(self._playlists()),
            "channel": self._channels("alltv"),
            "station": self._channels("allradio"),
        }
        return {catalog: names for catalog, names in found.items() if names}

    def close(self) -> None:
        """End the connection."""
        self._server.close()

    def subscriptions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def received(self, message: Incoming) -> None:
        """Nothing comes by MQTT."""

    def connected(self) -> None:
        """Nothing comes by MQTT."""

    def _caller(self, name: str, player: PlayerConfig) -> Caller:
        options = Options.model_validate(player.options)
        if options.transport == "tcp":
            port = player.port or TCP_PORT
            return Connection(player.host, port, timeout_s=self._timeout_s, on_notification=self._notified)
        return HttpCaller(
            player.host,
            player.port or HTTP_PORT,
            timeout_s=self._timeout_s,
            username=options.username,
            password=read_password(name, player),
        )

    def _came(self) -> None:
        self._notify("library")
        self._notify("state")

    def _notified(self, method: str, _: Mapping[str, Any]) -> None:
        self._notify("library" if method in _LIBRARY_CHANGES else "state")

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout_s

    def _call(self, method: str, params: Params, deadline: float) -> Any:
        return self._server.call(method, params, deadline=deadline)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Turn what is missing in an answer, or is of another kind, into an error of the player's."""
        try:
            yield
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            what = f"{type(error).__name__}: {error}"
            raise RefusedError(f"{self._name}: it answers otherwise than Kodi does ({what})") from error

    # Commands.

    def _perform(self, command: Command, deadline: float) -> None:
        action, value = command.action, command.value
        if action in _PRESSED:
            self._call(*_PRESSED[action], deadline)
        elif action == "volume":
            self._call("Application.SetVolume", {"volume": value}, deadline)
        elif action == "mute":
            self._call("Application.SetMute", {"mute": value}, deadline)
        elif action in _OPENED:
            self._call("Player.Open", {"item": _OPENED[action](str(value))}, deadline)
        elif action == "playlist":
            self._play_list(str(value), deadline)
        elif action == "channel":
            self._call("Player.Open", {"item": {"channelid": self._channel(value, deadline)}}, deadline)
        elif action in {"channel_up", "channel_down"}:
            self._zap(action, deadline)
        elif action == "resume":
            self._resume(deadline)
        else:
            number = self._active(deadline)
            if number is None:
                raise NotPossibleError(f"{self._name}: nothing plays")
            method, params = _PLAYED[action]
            self._call(method, {"playerid": number, **params(value)}, deadline)

    def _play_list(self, path: str, deadline: float) -> None:
        queue = VIDEO if "/video/" in path else MUSIC
        self._call("Playlist.Clear", {"playlistid": queue}, deadline)
        self._call("Playlist.Add", {"playlistid": queue, "item": {"directory": path}}, deadline)
        if self._length(queue, deadline) == 0:
            self._notify("library")
            raise NotFoundError(f"{self._name}: the playlist {path} is empty or not there any more")
        self._call("Player.Open", {"item": {"playlistid": queue, "position": 0}}, deadline)

    def _channel(self, value: SlotValue | None, deadline: float) -> int:
        """Return Kodi's own number of a channel that is named by the library's value, or by the number on the key."""
        if isinstance(value, str):
            return int(value)
        wanted = {"channelgroupid": "alltv", "properties": ["channelnumber"]}
        for channel in self._call("PVR.GetChannels", wanted, deadline).get("channels", ()):
            if channel["channelnumber"] == value:
                return int(channel["channelid"])
        raise NotFoundError(f"{self._name}: no channel {value}")

    def _zap(self, action: Action, deadline: float) -> None:
        number = self._active(deadline)
        if number is None or self._item(number, deadline).get("type") != "channel":
            raise NotPossibleError(f"{self._name}: no channel is being watched")
        self._call("Input.ExecuteAction", {"action": action.replace("_", "")}, deadline)

    def _resume(self, deadline: float) -> None:
        number = self._active(deadline)
        if number is not None:
            self._call("Player.PlayPause", {"playerid": number, "play": True}, deadline)
            return
        for queue in (MUSIC, VIDEO):
            if self._length(queue, deadline) > 0:
                self._call("Player.Open", {"item": {"playlistid": queue, "position": 0}}, deadline)
                return
        raise NotPossibleError(f"{self._name}: nothing is queued")

    def _active(self, deadline: float) -> int | None:
        """Return the player that plays; a slide show of pictures is none."""
        for player in self._call("Player.GetActivePlayers", {}, deadline):
            if player["type"] != "picture":
                return int(player["playerid"])
        return None

    def _item(self, number: int, deadline: float) -> Mapping[str, Any]:
        wanted = ["title", "artist", "album", "file", "channel", "channeltype"]
        answer = self._call("Player.GetItem", {"playerid": number, "properties": wanted}, deadline)
        item: Mapping[str, Any] = answer["item"]
        return item

    def _length(self, queue: int, deadline: float) -> int:
        answer = self._call("Playlist.GetProperties", {"playlistid": queue, "properties": ["size"]}, deadline)
        return int(answer["size"])

    # The library.

    def _pages(self, method: str) -> Iterator[Mapping[str, Any]]:
        """Everything that `method` lists, page by page, so that a command in between does not wait for all of it."""
        start, total = 0, 1
        while start < min(total, MOST_LISTED):
            limits = {"limits": {"start": start, "end": start + PAGE}}
            answer = self._call(method, limits, time.monotonic() + LIBRARY_TIMEOUT_S)
            for listed in answer.values():
                if isinstance(listed, list):
                    yield from listed
            start, total = start + PAGE, answer["limits"]["total"]

    def _playlists(self) -> Iterator[Name]:
        seen: set[str] = set()
        for folder in ("special://musicplaylists/", "special://videoplaylists/"):
            try:
                answer = self._call("Files.GetDirectory", {"directory": folder}, self._deadline())
            except ErrorAnswerError:
                continue  # there is no such folder before the first list is kept
            for one in answer.get("files", ()):
                if one["file"] not in seen:  # the mixed lists are in both
                    seen.add(one["file"])
                    yield Name(PurePosixPath(one["label"]).stem, one["file"])

    def _channels(self, group: str) -> tuple[Name, ...]:
        try:
            answer = self._call("PVR.GetChannels", {"channelgroupid": group}, self._deadline())
        except ErrorAnswerError:
            return ()  # no tuner
        return tuple(Name(one["label"], str(one["channelid"])) for one in answer.get("channels", ()))


def build(name: str, player: PlayerConfig, wiring: Wiring) -> Kodi:
    """Return the driver of a player."""
    return Kodi(name, player, wiring)


def playing_state(item: Mapping[str, Any], playing: Mapping[str, Any], *, volume: int, muted: bool) -> PlayerState:
    """Return what Kodi's answers about an active player say.

    Raises LookupError, TypeError, ValueError, AttributeError where they are not Kodi's.
    """
    channel = item.get("channel") or item.get("label")
    watched = item.get("type") == "channel"
    radio = item.get("channeltype") == "radio"
    title = item.get("title") or (None if watched else item.get("label"))
    told = {
        "playback": "playing" if playing["speed"] else "paused",
        "volume": volume,
        "muted": muted,
        "title": title or None,
        "artist": ", ".join(item.get("artist", ())) or None,
        "album": item.get("album") or None,
        "station": channel if watched and radio else None,
        "channel": channel if watched and not radio else None,
        "position_s": seconds(playing["time"]),
        "length_s": seconds(playing["totaltime"]) or None,
        "shuffle": playing["shuffled"],
        "repeat": playing["repeat"],
        "item": f"{playing['position']} {item.get('type')} {item.get('id', '')} {item.get('file', '')}",
    }
    return _STATE.validate_python(told)


def seconds(time_: Mapping[str, int]) -> float:
    """Return one of Kodi's times in seconds.

    Raises KeyError, TypeError, ValueError where it is none.
    """
    total = time_["hours"] * 3600 + time_["minutes"] * 60 + time_["seconds"] + time_["milliseconds"] / 1000
    if not math.isfinite(total):
        raise ValueError("a time without end")
    return total


def clock(position_s: int) -> Mapping[str, int]:
    """Return seconds as one of Kodi's times."""
    minutes, rest = divmod(position_s, 60)
    hours, minutes = divmod(minutes, 60)
    return {"hours": hours, "minutes": minutes, "seconds": rest, "milliseconds": 0}


def _title(value: str) -> Params:
    kind, _, number = value.partition(":")
    return {f"{kind}id": int(number)}


_OPENED: Mapping[Action, Callable[[str], Params]] = {
    "artist": lambda value: {"artistid": int(value)},
    "album": lambda value: {"albumid": int(value)},
    "title": _title,
    "station": lambda value: {"channelid": int(value)},
}
"""What is played by a value of the library."""
_PLAYED: Mapping[Action, tuple[str, Callable[[SlotValue | None], Params]]] = {
    "pause": ("Player.PlayPause", lambda _: {"play": False}),
    "stop": ("Player.Stop", lambda _: {}),
    "next": ("Player.GoTo", lambda _: {"to": "next"}),
    "previous": ("Player.GoTo", lambda _: {"to": "previous"}),
    "seek": ("Player.Seek", lambda value: {"value": {"seconds": value}}),
    "position": ("Player.Seek", lambda value: {"value": {"time": clock(int(value or 0))}}),
    "shuffle": ("Player.SetShuffle", lambda value: {"shuffle": value}),
    "repeat": ("Player.SetRepeat", lambda value: {"repeat": value}),
}
"""What the player that plays is told."""
