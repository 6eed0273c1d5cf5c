"""The Music Player Daemon, by its own protocol (https://mpd.readthedocs.io/en/stable/protocol.html).

Two connections: one for commands, made again when the server has closed it for being quiet, and one that waits in
`idle` for what others do.  MPD knows no stations; here they are streams in its stored playlists:

- a playlist that is nothing but one stream is a station, called as the playlist is;
- of one with several streams each is a station, called as its `#EXTINF` line says; those without a name cannot be
  called, and the playlist stays one;
- any other playlist is a playlist.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import mpd

from assistant.config import PlayerConfig
from assistant.mqtt import Incoming
from handlers.players.contract import (
    Action,
    Command,
    GoneError,
    Library,
    Name,
    NoAnswerError,
    NotFoundError,
    NotPossibleError,
    Playback,
    PlayerError,
    PlayerOptions,
    PlayerState,
    RefusedError,
    Wiring,
    read_password,
)

log = logging.getLogger(__name__)

PORT = 6600
LIBRARY_TIMEOUT_S = 30.0
"""For one question about the library: 50,000 titles on an old Pi."""
RETRY_S, MOST_RETRY_S = 1.0, 30.0

FEATURES: frozenset[Action] = frozenset(
    {
        "playlist", "artist", "album", "station", "title", "resume", "pause", "stop", "next", "previous", "seek",
        "position", "volume", "shuffle", "repeat",
    }
)  # fmt: skip

_FILTERS: Mapping[Action, tuple[str, ...]] = {
    # Whoever stands on the sleeve, and the guests of other people's records.
    "artist": ("(albumartist == {0})", "((artist == {0}) AND (albumartist != {0}))"),
    "album": ("(album == {0})",),
    "title": ("(title == {0})",),
}
_LIBRARY_CHANGES = frozenset({"database", "stored_playlist"})
_STATE_CHANGES = frozenset({"player", "mixer", "options"})

T = TypeVar("T")


class Options(PlayerOptions):
    """None: host, port and password stand in the player's own fields."""


class Mpd:
    """One MPD."""

    features = FEATURES
    confirms = True

    def __init__(self, name: str, player: PlayerConfig, wiring: Wiring) -> None:
        """Raises ConfigurationError where the password cannot be read."""
        self._name = name
        self._address = (player.host, player.port or PORT)
        self._password = read_password(name, player)
        self._timeout_s = player.timeout_ms / 1000
        self._wiring = wiring
        self._client: mpd.MPDClient | None = None  # the thread of commands
        self._stations: Mapping[str, str] = {}
        """Name by address, as the library was read last; replaced whole."""
        self._closed = threading.Event()
        self._follower = threading.Thread(target=self._follow, name=f"mpd-{name}", daemon=True)
        self._open: set[mpd.MPDClient] = set()
        self._lock = threading.Lock()  # guards _open

    # The thread of commands.

    def state(self) -> PlayerState:
        """Ask for status and title."""
        return self._retried(_state)

    def perform(self, command: Command) -> None:
        """Do it; a command is never sent twice, the connection is tried before."""
        self._retried(lambda client: client.ping())
        with self._errors():
            self._perform(self._connected(), command)

    def _perform(self, client: mpd.MPDClient, command: Command) -> None:
        action, value = command.action, command.value
        if action in {"artist", "album", "title"}:
            self._play_songs(client, _filters(command))
        elif action == "playlist":
            if str(value) not in {one["playlist"] for one in client.listplaylists()}:
                raise NotFoundError(f"{self._name}: no playlist {value}")
            self._play(client, lambda: client.load(value))
        elif action == "station":
            self._play_station(client, str(value))
        elif action == "resume":
            self._resume(client)
        elif action == "repeat":
            client.command_list_ok_begin()
            client.repeat(0 if value == "off" else 1)
            client.single(1 if value == "one" else 0)
            client.command_list_end()
        elif action == "seek":
            client.seekcur(f"{int(value or 0):+d}")
        else:
            self._simple(client, action, value)

    def _simple(self, client: mpd.MPDClient, action: Action, value: object) -> None:
        calls: Mapping[Action, Callable[[], object]] = {
            "pause": lambda: client.pause(1),
            "stop": client.stop,
            "next": client.next,
            "previous": client.previous,
            "position": lambda: client.seekcur(int(str(value))),
            "volume": lambda: client.setvol(int(str(value))),
            "shuffle": lambda: client.random(1 if value else 0),
        }
        if action not in calls:
            raise NotPossibleError(f"{self._name}: MPD has no {action}")
        calls[action]()

    def _resume(self, client: mpd.MPDClient) -> None:
        if int(client.status()["playlistlength"]) == 0:
            raise NotPossibleError(f"{self._name}: nothing is queued")
        client.play()

    def _play_songs(self, client: mpd.MPDClient, filters: Sequence[str]) -> None:
        if not any(int(client.count(one)["songs"]) for one in filters):
            raise NotFoundError(f"{self._name}: nothing fits {filters[0]}")

        def add() -> None:
            for one in filters:
                client.findadd(one)

        self._play(client, add)

    def _play_station(self, client: mpd.MPDClient, address: str) -> None:
        number = client.addid(address, 0)  # first, so that an address which cannot be played costs nobody's queue
        if name := self._stations.get(address):
            client.addtagid(number, "name", name)
        client.stop()  # else MPD answers nobody until the station does
        if int(client.status()["playlistlength"]) > 1:
            client.delete((1,))
        client.playid(number)

    def _play(self, client: mpd.MPDClient, add: Callable[[], None]) -> None:
        """Put something in the place of what is queued, in one go: nobody's queue is lost half-way."""
        client.command_list_ok_begin()
        client.clear()
        add()
        client.play()
        client.command_list_end()

    def _retried(self, ask: Callable[[mpd.MPDClient], T]) -> T:
        """Ask something harmless, on a new connection where the old one was closed meanwhile."""
        if self._client is not None:
            try:
                return self._asked(ask)
            except GoneError:
                pass
        return self._asked(ask)

    def _asked(self, ask: Callable[[mpd.MPDClient], T]) -> T:
        with self._errors():
            return ask(self._connected())

    def _connected(self) -> mpd.MPDClient:
        if self._client is None:
            self._client = self._connect(self._timeout_s)
        return self._client

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """What python-mpd2 raises, as ours; a connection that broke is given up."""
        try:
            with _translated(self._name):
                yield
        except (NoAnswerError, GoneError):
            if self._client is not None:
                self._disconnect(self._client)
            self._client = None
            raise

    # The library, on a thread of its own.

    def library(self) -> Library:
        """Read playlists, stations, artists, albums and titles."""
        with _translated(self._name):
            client = self._connect(LIBRARY_TIMEOUT_S)
            try:
                playlists, stations = _lists(client)
                artists = dict.fromkeys([*_tags(client, "albumartist"), *_tags(client, "artist")])
                found: dict[Any, tuple[Name, ...]] = {
                    "playlist": tuple(Name(name, name) for name in playlists),
                    "station": tuple(Name(name, address) for address, name in stations.items()),
                    "artist": tuple(Name(name, name) for name in artists),
                    "album": tuple(Name(name, name) for name in _tags(client, "album")),
                    "title": tuple(Name(name, name) for name in _tags(client, "title")),
                }
            finally:
                self._disconnect(client)
        self._stations = stations
        return found

    # Following.

    def start(self) -> None:
        """Begin to wait for what others do."""
        self._follower.start()

    def close(self) -> None:
        """End the waiting and the connections."""
        self._closed.set()
        with self._lock:
            clients = list(self._open)
        for client in clients:
            _shut(client)
        if self._follower.ident is not None:
            self._follower.join(self._timeout_s)

    def _follow(self) -> None:
        """Tell of every change until closed; connected again after a pause that grows."""
        pause, away = RETRY_S, False
        while not self._closed.is_set():
            try:
                with _translated(self._name):
                    client = self._connect(self._timeout_s)
                    try:
                        pause, away = RETRY_S, self._back(away=away)
                        self._wait_in_idle(client)
                    finally:
                        self._disconnect(client)
            except PlayerError as error:
                if not away and not self._closed.is_set():
                    log.warning("player %s: %s; it is looked for again", self._name, error)
                    self._wiring.notify("state")
                away = True
            self._closed.wait(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, MOST_RETRY_S)

    def _back(self, *, away: bool) -> bool:
        if away:
            log.info("player %s is there again", self._name)
        self._wiring.notify("library")
        self._wiring.notify("state")
        return False

    def _wait_in_idle(self, client: mpd.MPDClient) -> None:
        while not self._closed.is_set():
            changed = set(client.idle(*_LIBRARY_CHANGES, *_STATE_CHANGES))
            if changed & _LIBRARY_CHANGES:
                self._wiring.notify("library")
            if changed & _STATE_CHANGES:
                self._wiring.notify("state")

    def _connect(self, timeout_s: float) -> mpd.MPDClient:
        client = mpd.MPDClient()
        client.timeout = timeout_s
        with self._lock:
            self._open.add(client)
        try:
            client.connect(*self._address)
            _keep_alive(client)
            if self._password is not None:
                client.password(self._password)
        except BaseException:
            self._disconnect(client)
            raise
        return client

    def _disconnect(self, client: mpd.MPDClient) -> None:
        with self._lock:
            self._open.discard(client)
        with contextlib.suppress(OSError, mpd.MPDError):
            client.disconnect()

    # MQTT has no part in it.

    def subscriptions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def received(self, message: Incoming) -> None:
        """Nothing comes."""

    def connected(self) -> None:
        """Nothing was told."""


build = Mpd


def _state(client: mpd.MPDClient) -> PlayerState:
    client.command_list_ok_begin()
    client.status()
    client.currentsong()
    status, song = client.command_list_end()
    volume = int(status.get("volume", -1))
    file = song.get("file")
    stream = file is not None and "://" in file
    return PlayerState(
        playback=_playback(status),
        volume=volume if volume >= 0 else None,
        title=_first(song.get("title")) or (None if stream or file is None else _stem(file)),
        artist=_first(song.get("artist")) or _first(song.get("albumartist")),
        album=_first(song.get("album")),
        station=_first(song.get("name")),
        position_s=_number(status.get("elapsed")),
        length_s=_number(status.get("duration")),
        shuffle=status.get("random") == "1",
        repeat="off" if status.get("repeat") != "1" else "one" if status.get("single") == "1" else "all",
        item=status.get("songid"),
    )


def _playback(status: Mapping[str, str]) -> Playback:
    if status["state"] == "play":
        return "playing" if "audio" in status else "starting"  # before the decoder has given a sound
    return "paused" if status["state"] == "pause" else "stopped"


def _lists(client: mpd.MPDClient) -> tuple[list[str], dict[str, str]]:
    """The names of the playlists, and of the stations by address."""
    playlists: list[str] = []
    stations: dict[str, str] = {}
    for one in client.listplaylists():
        name = one["playlist"]
        entries = client.listplaylistinfo(name)
        streams = [entry for entry in entries if "://" in entry["file"]]
        if len(entries) == len(streams) == 1:
            stations[entries[0]["file"]] = name
            continue
        named = {entry["file"]: _first(entry.get("name")) or _first(entry.get("title")) for entry in streams}
        stations |= {address: station for address, station in named.items() if station}
        if len(named) < len(entries) or not all(named.values()) or not entries:
            playlists.append(name)
    return playlists, stations


def _tags(client: mpd.MPDClient, tag: str) -> list[str]:
    return [one[tag] for one in client.list(tag) if one.get(tag)]


def _filters(command: Command) -> list[str]:
    """What finds the songs of a command, in MPD's filter expressions."""
    value = _quoted(str(command.value))
    if command.artist is None or command.action == "artist":
        return [one.format(value) for one in _FILTERS[command.action]]
    artists = (one.format(_quoted(command.artist)) for one in _FILTERS["artist"])
    return [f"({one.format(value)} AND {artist})" for artist in artists for one in _FILTERS[command.action]]


def _first(value: str | Sequence[str] | None) -> str | None:
    """A tag that a song has several times comes as a list."""
    if value is None or isinstance(value, str):
        return value or None
    return value[0] if value else None


def _number(text: str | None) -> float | None:
    number = math.inf if text is None else float(text)
    return number if math.isfinite(number) else None


def _stem(file: str) -> str:
    return os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122  # no path of this machine


def _quoted(value: str) -> str:
    """A value inside one of MPD's filter expressions."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@contextlib.contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise NoAnswerError(f"{name}: MPD does not answer") from error
    except mpd.CommandError as error:
        raise _refusal(name, error) from error
    except (mpd.ConnectionError, mpd.ProtocolError) as error:
        raise GoneError(f"{name}: {error}") from error
    except ConnectionError as error:
        reached = isinstance(error, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError))
        raise (GoneError if reached else NoAnswerError)(f"{name}: {error.strerror or error}") from error
    except (
        OSError,
        ValueError,
        TypeError,
        LookupError,
    ) as error:  # fields that are missing, come twice, or are no numbers
        raise NoAnswerError(f"{name}: {error}") from error


def _refusal(name: str, error: mpd.CommandError) -> PlayerError:
    codes = mpd.base.FailureResponseCode
    if error.errno == codes.NO_EXIST:
        return NotFoundError(f"{name}: {error}")
    if error.errno in (codes.PLAYER_SYNC, codes.UNKNOWN):
        return NotPossibleError(f"{name}: {error}")
    return RefusedError(f"{name}: {error}")


def _keep_alive(client: mpd.MPDClient) -> None:
    """Notice a machine that is switched off while we wait for what it does."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(client.fileno())) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _shut(client: mpd.MPDClient) -> None:
    """End a connection in which another thread waits."""
    with contextlib.suppress(OSError, mpd.MPDError), socket.socket(fileno=os.dup(client.fileno())) as own:
        own.shutdown(socket.SHUT_RDWR)
