"""A player of the desktop, by MPRIS on D-Bus (https://specifications.freedesktop.org/mpris-spec/latest/).

mpv, VLC, Rhythmbox, Spotify, browsers and most others have it, mpv by its plug-in mpv-mpris.  MPRIS knows no muting,
and no library but playlists, which few players tell.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from dbus_fast import Message, Variant
from pydantic import Field

from assistant.config import PlayerConfig
from assistant.mqtt import Incoming
from handlers.players.bus import DBUS, DBUS_PATH, PROPERTIES, Bus, ErrorReplyError
from handlers.players.contract import (
    Action,
    Command,
    Library,
    Name,
    NoAnswerError,
    NotFoundError,
    NotPossibleError,
    Playback,
    PlayerOptions,
    PlayerState,
    Repeat,
    Wiring,
)

PREFIX = "org.mpris.MediaPlayer2"
PATH = "/org/mpris/MediaPlayer2"
PLAYER = f"{PREFIX}.Player"
PLAYLISTS = f"{PREFIX}.Playlists"
MOST_PLAYLISTS = 10_000
LIBRARY_TIMEOUT_S = 10.0
MICROSECONDS = 1_000_000

FEATURES: frozenset[Action] = frozenset(
    {
        "playlist", "resume", "pause", "stop", "next", "previous", "seek", "position", "volume", "shuffle", "repeat",
    }
)  # fmt: skip

_PLAYBACK: Mapping[str, Playback] = {"Playing": "playing", "Paused": "paused", "Stopped": "stopped"}
_REPEAT: Mapping[str, Repeat] = {"None": "off", "Track": "one", "Playlist": "all"}
_METHODS: Mapping[Action, tuple[str, str]] = {
    "resume": ("Play", "CanPlay"),
    "pause": ("Pause", "CanPause"),
    "stop": ("Stop", "CanControl"),
    "next": ("Next", "CanGoNext"),
    "previous": ("Previous", "CanGoPrevious"),
}
"""Methods without arguments, and the property that says whether they are possible now."""
_UNKNOWN = frozenset({f"{DBUS}.Error.{name}" for name in ("UnknownMethod", "UnknownInterface", "UnknownObject")})
_MATCHES = (
    f"type='signal',interface='{PROPERTIES}',member='PropertiesChanged',path='{PATH}'",
    f"type='signal',interface='{PLAYER}',member='Seeked',path='{PATH}'",
    f"type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged',arg0namespace='{PREFIX}'",
)


class Options(PlayerOptions):
    """Which player, on which bus."""

    bus: str = Field(default="session", min_length=1, max_length=256)
    """`session`, `system`, or an address such as `unix:path=/run/user/1000/bus`."""
    service: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")
    """The player's name on the bus behind `org.mpris.MediaPlayer2.`, such as `mpv` or `vlc`; when absent, whoever is
    there, and of several the one that plays."""


class Mpris:
    """One player, or whichever plays."""

    features = FEATURES
    confirms = True

    def __init__(self, name: str, player: PlayerConfig, wiring: Wiring) -> None:
        options = Options.model_validate(player.options)
        self._name = name
        self._service = options.service
        self._timeout_s = player.timeout_ms / 1000
        self._notify = wiring.notify
        self._bus = Bus(options.bus, matches=_MATCHES, on_signal=self._signal)

    def start(self) -> None:
        """Hear from the bus what players and people change."""
        self._bus.follow(self._came)

    def state(self) -> PlayerState:
        """Ask for all properties of the player."""
        deadline = self._deadline()
        return state_of(self._properties(self._player(deadline), deadline))

    def perform(self, command: Command) -> None:
        """Do it."""
        deadline = self._deadline()
        player = self._player(deadline)
        action, value = command.action, command.value
        if action == "playlist":
            self._play_list(player, str(value), deadline)
            return
        properties = self._properties(player, deadline)
        if action in _METHODS:
            method, condition = _METHODS[action]
            self._require(properties, condition, action)
            self._bus.call(player, PATH, f"{PLAYER}.{method}", deadline=deadline)
        elif action in {"seek", "position"}:
            self._require(properties, "CanSeek", action)
            self._seek(player, command, properties, deadline)
        else:
            self._set(player, command, properties, deadline)

    def library(self) -> Library:
        """Read the playlists, of the few players that tell them."""
        deadline = time.monotonic() + LIBRARY_TIMEOUT_S
        wanted = (0, MOST_PLAYLISTS, "Alphabetical", False)
        try:
            listed = self._bus.call(
                self._player(deadline), PATH, f"{PLAYLISTS}.GetPlaylists", "uusb", *wanted, deadline=deadline
            )[0]
        except ErrorReplyError as error:
            if error.dbus_name in _UNKNOWN:
                return {}
            raise
        return {"playlist": tuple(Name(name, path) for path, name, _ in listed)} if listed else {}

    def close(self) -> None:
        """End the connection."""
        self._bus.close()

    def subscriptions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def received(self, message: Incoming) -> None:
        """Nothing comes by MQTT."""

    def connected(self) -> None:
        """Nothing comes by MQTT."""

    def _came(self) -> None:
        self._notify("library")
        self._notify("state")

    def _signal(self, message: Message) -> None:
        """A player has come, gone or changed; of several it may be another one, which does no harm."""
        if message.member == "NameOwnerChanged" and message.body[2]:
            self._came()
        elif message.member == "PropertiesChanged" and message.body[0] == PLAYLISTS:
            self._notify("library")
        else:
            self._notify("state")

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout_s

    def _player(self, deadline: float) -> str:
        """Return the name on the bus of the player that is meant."""
        names = self._bus.call(DBUS, DBUS_PATH, f"{DBUS}.ListNames", deadline=deadline)[0]
        there = candidates(names, self._service)
        if not there:
            raise NoAnswerError(f"{self._name}: no {self._service or 'player'} on the bus; is it running?")
        if len(there) == 1:
            return there[0]
        playing = {one: state_of(self._properties(one, deadline)).playback for one in there}
        return min(there, key=lambda one: ("playing", "paused", "stopped", None).index(playing[one]))

    def _properties(self, player: str, deadline: float) -> Mapping[str, Any]:
        answer = self._bus.call(player, PATH, f"{PROPERTIES}.GetAll", "s", PLAYER, deadline=deadline)[0]
        properties: Mapping[str, Any] = answer
        return properties

    def _require(self, properties: Mapping[str, Any], condition: str, action: Action) -> None:
        if not properties.get(condition, True):
            raise NotPossibleError(f"{self._name}: {action} is not possible now ({condition} is false)")

    def _seek(self, player: str, command: Command, properties: Mapping[str, Any], deadline: float) -> None:
        offset = int(command.value or 0) * MICROSECONDS
        if command.action == "seek":
            self._bus.call(player, PATH, f"{PLAYER}.Seek", "x", offset, deadline=deadline)
            return
        track = properties.get("Metadata", {}).get("mpris:trackid")
        if track is None:
            raise NotPossibleError(f"{self._name}: nothing plays")
        self._bus.call(player, PATH, f"{PLAYER}.SetPosition", "ox", str(track), offset, deadline=deadline)

    def _set(self, player: str, command: Command, properties: Mapping[str, Any], deadline: float) -> None:
        written = written_property(command)
        if written is None:
            raise NotPossibleError(f"{self._name}: MPRIS has no {command.action}")
        name, value = written
        if name not in properties:
            raise NotPossibleError(f"{self._name}: this player has no {name}")
        self._bus.call(player, PATH, f"{PROPERTIES}.Set", "ssv", PLAYER, name, value, deadline=deadline)

    def _play_list(self, player: str, path: str, deadline: float) -> None:
        if path not in {name.value for name in self.library().get("playlist", ())}:
            raise NotFoundError(f"{self._name}: no playlist {path} (any more)")
        self._bus.call(player, PATH, f"{PLAYLISTS}.ActivatePlaylist", "o", path, deadline=deadline)


def build(name: str, player: PlayerConfig, wiring: Wiring) -> Mpris:
    """Return the driver of a player."""
    return Mpris(name, player, wiring)


def candidates(names: Sequence[str], service: str | None) -> list[str]:
    """Return those of the names on a bus that are the player `service` (any when None); instances are several."""
    if service is None:
        return sorted(name for name in names if name.startswith(f"{PREFIX}."))
    exact = f"{PREFIX}.{service}"
    return sorted(name for name in names if name == exact or name.startswith(f"{exact}."))


def written_property(command: Command) -> tuple[str, Variant] | None:
    """Return the property that a command sets, and its value; None for those that set none."""
    action, value = command.action, command.value
    if action == "volume":
        return "Volume", Variant("d", int(value or 0) / 100)
    if action == "shuffle":
        return "Shuffle", Variant("b", bool(value))
    if action == "repeat":
        return "LoopStatus", Variant("s", next(loop for loop, repeat in _REPEAT.items() if repeat == value))
    return None


def state_of(properties: Mapping[str, Any]) -> PlayerState:
    """Return what a player's properties say."""
    metadata = properties.get("Metadata", {})
    artists = metadata.get("xesam:artist") or []
    length, position, volume = metadata.get("mpris:length"), properties.get("Position"), properties.get("Volume")
    playback = _PLAYBACK.get(properties.get("PlaybackStatus", ""))
    stopped = playback == "stopped"
    return PlayerState(
        playback=playback,
        volume=None if volume is None else min(100, max(0, round(volume * 100))),
        title=None if stopped else metadata.get("xesam:title") or None,
        artist=None if stopped else ", ".join([artists] if isinstance(artists, str) else artists) or None,
        album=None if stopped else metadata.get("xesam:album") or None,
        position_s=None if stopped or position is None else position / MICROSECONDS,
        length_s=None if stopped or not length else length / MICROSECONDS,
        shuffle=properties.get("Shuffle"),
        repeat=_REPEAT.get(properties.get("LoopStatus", "")),
        item=None if stopped else f"{metadata.get('mpris:trackid')} {metadata.get('xesam:url')}",
    )
