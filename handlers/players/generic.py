"""Anything that takes commands on MQTT topics: every command and every state is one option, ``TOPIC REST``.

A command is a topic, a blank and the payload, in which ``{value}`` stands for what is asked (a volume, a channel, "on"
or "off"); without a payload it is the value alone, or nothing.  A state is a topic, and a field of its JSON payload
where it is one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from assistant.config import PlayerConfig
from assistant.errors import PayloadError
from assistant.messages import SlotValue
from handlers.fields import value_at
from handlers.players.contract import (
    ALL_ACTIONS,
    Action,
    Catalog,
    Command,
    Library,
    Name,
    NoAnswerError,
    NotPossibleError,
    PlayerOptions,
    PlayerState,
    Wiring,
)
from handlers.players.topics import Message, Told, TopicPlayer

MOST_TEXT = 1000
_PLACE = re.compile(r"\{(\w+)\}")
_WITHOUT_VALUE: frozenset[Action] = frozenset(
    {
        "resume", "pause", "stop", "next", "previous", "volume_up", "volume_down", "channel_up", "channel_down",
        "page_next", "page_previous", "home", "back",
    }
)  # fmt: skip
_TOLD_BY: Mapping[Action, str] = {
    "volume": "volume",
    "volume_up": "volume",
    "volume_down": "volume",
    "mute": "muted",
    "shuffle": "shuffle",
    "repeat": "repeat",
    "seek": "position_s",
    "position": "position_s",
    "channel": "channel",
    "channel_up": "channel",
    "channel_down": "channel",
}
"""What shows that a command was done; for the others it is the playback."""


class Options(PlayerOptions):
    """Only what the player has."""

    model_config = ConfigDict(coerce_numbers_to_str=True)  # `on: 1` means the word "1"

    resume: str | None = None
    """To play on, or to start."""
    pause: str | None = None
    stop: str | None = None
    next: str | None = None
    previous: str | None = None
    seek: str | None = None
    """Seconds from here, negative for back."""
    position: str | None = None
    """Seconds from the beginning."""
    volume: str | None = None
    volume_up: str | None = None
    """One step louder, for players that do not tell their volume."""
    volume_down: str | None = None
    mute: str | None = None
    shuffle: str | None = None
    repeat: str | None = None
    """The value is `off`, `one` or `all`."""
    playlist: str | None = None
    artist: str | None = None
    album: str | None = None
    station: str | None = None
    title: str | None = None
    channel: str | None = None
    """The value is a number that was said, or what stands in `channels`."""
    channel_up: str | None = None
    channel_down: str | None = None
    page_next: str | None = None
    page_previous: str | None = None
    home: str | None = None
    back: str | None = None

    playlists: dict[str, str] = Field(default_factory=dict)
    """Names that may be said, and the value of each: `{Jazz: "spotify:playlist:37i9"}`."""
    artists: dict[str, str] = Field(default_factory=dict)
    albums: dict[str, str] = Field(default_factory=dict)
    stations: dict[str, str] = Field(default_factory=dict)
    titles: dict[str, str] = Field(default_factory=dict)
    channels: dict[str, str] = Field(default_factory=dict)

    playback_state: str | None = None
    """Whether it plays, in the words `playing`, `paused` and `stopped`."""
    volume_state: str | None = None
    muted_state: str | None = None
    title_state: str | None = None
    artist_state: str | None = None
    album_state: str | None = None
    station_state: str | None = None
    channel_state: str | None = None
    position_state: str | None = None
    """Seconds."""
    length_state: str | None = None
    shuffle_state: str | None = None
    repeat_state: str | None = None
    availability: str | None = None
    """The topic on which `online` and `offline` come."""

    playing: str = "playing"
    """The word for it; several with `|` between them."""
    paused: str = "paused"
    stopped: str = "stopped"
    on: str = "on"
    """The word for muted and shuffled, in commands and states."""
    off: str = "off"
    volume_scale: float = Field(default=100, gt=0, le=1_000_000)
    """What full volume is, in commands and states."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        for action, template in self.commands().items():
            topic, _, payload = template.partition(" ")
            unknown = set(_PLACE.findall(payload)) - {"value"}
            if unknown:
                raise ValueError(f"{action}: no place {{{min(unknown)}}}; there is {{value}}")
            _check_topic(action, topic)
        for state, place in self.states().items():
            _check_topic(f"{state}_state", place.partition(" ")[0])
        if self.availability is not None:
            _check_topic("availability", self.availability)
        for catalog, names in self.names().items():
            if names and catalog not in self.commands():
                raise ValueError(f"{catalog}s are named, but there is no command {catalog} to play one")
        return self

    def commands(self) -> Mapping[Action, str]:
        """Return the commands that are given, by action."""
        return {action: given for action in sorted(ALL_ACTIONS) if (given := getattr(self, action)) is not None}

    def states(self) -> Mapping[str, str]:
        """Return the places of state that are given, by what they tell."""
        fields = (field for field in type(self).model_fields if field.endswith("_state"))
        return {field.removesuffix("_state"): given for field in fields if (given := getattr(self, field)) is not None}

    def names(self) -> Mapping[Catalog, Mapping[str, str]]:
        """Return the names that are given, by catalog."""
        return {
            "playlist": self.playlists,
            "artist": self.artists,
            "album": self.albums,
            "station": self.stations,
            "title": self.titles,
            "channel": self.channels,
        }


@dataclass(frozen=True, slots=True)
class Generic:
    """The translation of one player's options."""

    name: str
    options: Options

    @property
    def features(self) -> frozenset[Action]:
        """What has a command."""
        return frozenset(self.options.commands())

    @property
    def confirms(self) -> bool:
        """Whether what every command changes is told."""
        told = {_PROPERTIES[state][0] for state in self.options.states()}
        unseen = {"page_next", "page_previous", "home", "back"}
        return bool(told) and all(_TOLD_BY.get(action, "playback") in told for action in self.features - unseen)

    def subscriptions(self) -> tuple[str, ...]:
        """The topics of all states."""
        topics = [place.partition(" ")[0] for place in self.options.states().values()]
        return tuple(dict.fromkeys([*topics, *([self.options.availability] if self.options.availability else [])]))

    def read(self, topic: str, payload: bytes) -> Told:
        """Return properties of the state, and `available`."""
        told: dict[str, Any] = {}
        for state, place in self.options.states().items():
            where, _, path = place.partition(" ")
            if where == topic:
                name, reader = _PROPERTIES[state]
                value = value_at(payload, path, topic=topic) if path else _text(payload, topic=topic)
                told[name] = None if value is None else _read(reader, value, self.options, topic=topic, field=path)
        if topic == self.options.availability:
            told["available"] = _text(payload, topic=topic) != "offline"
        return told

    def state(self, told: Told, *, now: datetime) -> PlayerState:
        """Return what was told."""
        del now
        if told.get("available") is False:
            raise NoAnswerError(f"{self.name}: it is offline")
        return PlayerState(**{name: value for name, value in told.items() if name != "available"})

    def messages(self, command: Command, told: Told, *, now: datetime) -> tuple[Message, ...]:
        """Return the command's message."""
        del told, now
        template = self.options.commands().get(command.action)
        if template is None:
            raise NotPossibleError(f"{self.name}: no {command.action} among its options")
        topic, _, payload = template.partition(" ")
        if not payload and command.action not in _WITHOUT_VALUE:
            payload = "{value}"
        value = self._written(command)
        if payload.startswith(("{", "[")) and payload != "{value}":
            value = json.dumps(value, ensure_ascii=False)[1:-1]  # a quote in a title must not end the JSON string
        return (Message(topic, payload.replace("{value}", value)),)

    def library(self, told: Told) -> Library:
        """Return the names of the options."""
        del told
        return {
            catalog: tuple(Name(spoken, value) for spoken, value in names.items())
            for catalog, names in self.options.names().items()
            if names
        }

    def _written(self, command: Command) -> str:
        value: SlotValue = "" if command.value is None else command.value
        if isinstance(value, bool):
            return self.options.on if value else self.options.off
        if command.action == "volume":
            return f"{float(value) * self.options.volume_scale / 100:.{0 if self.options.volume_scale >= 100 else 2}f}"
        return str(value)


def build(name: str, player: PlayerConfig, wiring: Wiring) -> TopicPlayer:
    """Return the driver of a player."""
    translation = Generic(name, Options.model_validate(player.options))
    return TopicPlayer(name, player, wiring, translation=translation)


def _check_topic(option: str, topic: str) -> None:
    if not topic or any(character in topic for character in "+#\x00"):
        raise ValueError(f'{option}: "{topic}" is no topic; "+" and "#" stand for others, write the player\'s own')


def _text(payload: bytes, *, topic: str) -> str:
    try:
        return payload.decode().strip()[:MOST_TEXT]
    except UnicodeDecodeError as error:
        raise PayloadError(topic, field="", what="not UTF-8") from error


def _read(reader: Callable[[Any, Options], object], value: object, options: Options, *, topic: str, field: str) -> Any:
    try:
        return reader(value, options)
    except (ValueError, TypeError, OverflowError) as error:
        raise PayloadError(topic, field=field, what=str(error)) from error


def _playback(value: Any, options: Options) -> str:
    for name, words in (("playing", options.playing), ("paused", options.paused), ("stopped", options.stopped)):
        if str(value) in words.split("|"):
            return name
    raise ValueError(f'"{value}" is none of the words {options.playing}, {options.paused}, {options.stopped}')


def _volume(value: Any, options: Options) -> int:
    return min(100, max(0, round(float(value) * 100 / options.volume_scale)))


def _switch(value: Any, options: Options) -> bool:
    if isinstance(value, bool):
        return value
    if str(value) in {options.on, options.off}:
        return str(value) == options.on
    raise ValueError(f'neither "{options.on}" nor "{options.off}"')


def _repeat(value: Any, _: Options) -> str:
    if value in {"off", "one", "all"}:
        return str(value)
    raise ValueError('none of "off", "one", "all"')


def _words(value: Any, _: Options) -> str | None:
    return str(value) or None


def _seconds(value: Any, _: Options) -> float:
    seconds = float(value)
    if not math.isfinite(seconds):
        raise ValueError("not a number of seconds")
    return seconds


_PROPERTIES: Mapping[str, tuple[str, Callable[[Any, Options], object]]] = {
    "playback": ("playback", _playback),
    "volume": ("volume", _volume),
    "muted": ("muted", _switch),
    "title": ("title", _words),
    "artist": ("artist", _words),
    "album": ("album", _words),
    "station": ("station", _words),
    "channel": ("channel", _words),
    "position": ("position_s", _seconds),
    "length": ("length_s", _seconds),
    "shuffle": ("shuffle", _switch),
    "repeat": ("repeat", _repeat),
}
"""What each option `..._state` tells of the state, and how it is read."""
