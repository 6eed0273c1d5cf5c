"""A `media_player` of Home Assistant, over MQTT.

Home Assistant has no media player among its MQTT entities.  What it has is `mqtt_statestream`, which publishes the
state and every attribute of an entity, retained, and automations, one of which carries out what is asked here; both
stand in docs/players.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field, FiniteFloat, TypeAdapter, ValidationError

from assistant.config import PlayerConfig
from assistant.errors import PayloadError
from assistant.messages import SlotValue
from handlers.players.contract import (
    Action,
    Catalog,
    Command,
    Library,
    Name,
    NoAnswerError,
    NotPossibleError,
    Playback,
    PlayerOptions,
    PlayerState,
    Repeat,
    Wiring,
)
from handlers.players.topics import Message, Told, TopicPlayer

DOMAIN = "media_player"
_NUMBER: TypeAdapter[Any] = TypeAdapter(FiniteFloat | None)
_TEXT: TypeAdapter[Any] = TypeAdapter(str | None)
_SWITCH: TypeAdapter[Any] = TypeAdapter(bool | None)
ATTRIBUTES: Mapping[str, TypeAdapter[Any]] = {
    "volume_level": _NUMBER,
    "is_volume_muted": _SWITCH,
    "media_title": _TEXT,
    "media_artist": _TEXT,
    "media_album_name": _TEXT,
    "media_channel": _TEXT,
    "media_content_id": _TEXT,
    "media_position": _NUMBER,
    "media_position_updated_at": TypeAdapter(AwareDatetime | None),
    "media_duration": _NUMBER,
    "shuffle": _SWITCH,
    "repeat": _TEXT,
    "source": _TEXT,
    "source_list": TypeAdapter(list[str] | None),
    "supported_features": TypeAdapter(int | None),
}
"""Those of Home Assistant's attributes that are looked at."""
SOURCE, MEDIA = "source:", "media:"
"""What the values of the library begin with: one of the player's own sources, or something to be opened."""

_PLAYBACK: Mapping[str, Playback] = {
    "playing": "playing",
    "buffering": "starting",
    "paused": "paused",
    "idle": "stopped",
    "standby": "stopped",
    "off": "stopped",
}
"""`on` is left out: such players do not tell whether they play."""
_AWAY = frozenset({"unavailable", "unknown"})
_REPEAT: Mapping[str, Repeat] = {"off": "off", "one": "one", "all": "all"}
_ACTIONS: Mapping[Action, tuple[str, int]] = {
    "resume": ("media_play", 16384),
    "pause": ("media_pause", 1),
    "stop": ("media_stop", 4096),
    "next": ("media_next_track", 32),
    "previous": ("media_previous_track", 16),
    "seek": ("media_seek", 2),
    "position": ("media_seek", 2),
    "volume": ("volume_set", 4),
    "mute": ("volume_mute", 8),
    "shuffle": ("shuffle_set", 32768),
    "repeat": ("repeat_set", 262144),
    "playlist": ("play_media", 512),
    "station": ("play_media", 512),
    "channel": ("play_media", 512),
}
"""Home Assistant's action, and its bit in `supported_features`."""
_TELEVISION: Mapping[Action, tuple[str, int]] = {"channel_up": _ACTIONS["next"], "channel_down": _ACTIONS["previous"]}
"""Home Assistant's televisions take "next track" for the next channel."""
_SELECT_SOURCE = ("select_source", 2048)


class Options(PlayerOptions):
    """Which entity, and what is played by name."""

    entity: str = Field(pattern=r"^media_player\.[a-z0-9_]+$")
    base_topic: str = Field(default="homeassistant", pattern=r"^[^+#\x00]+$")
    """The `base_topic` of `mqtt_statestream`."""
    command_topic: str = Field(default="oyez/homeassistant/call", pattern=r"^[^+#\x00]+$")
    """Where the automation listens."""
    playlists: dict[str, str] = Field(default_factory=dict)
    """Names that may be said, and what the player opens: `{Jazz: "spotify:playlist:37i9"}`."""
    stations: dict[str, str] = Field(default_factory=dict)
    """The same for radio: `{FIP: "https://icecast.radiofrance.fr/fip-midfi.mp3"}`."""


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """The translation of one entity."""

    name: str
    options: Options
    kind: Literal["player", "television"]

    @property
    def features(self) -> frozenset[Action]:
        """Everything that a media player has; its own `supported_features` say what it can."""
        return frozenset(self._actions)

    @property
    def confirms(self) -> bool:
        """Home Assistant tells every change."""
        return True

    def subscriptions(self) -> tuple[str, ...]:
        """State and attributes."""
        return tuple(f"{self._base}/{name}" for name in ("state", *ATTRIBUTES))

    def read(self, topic: str, payload: bytes) -> Told:
        """Return an attribute: JSON, all but the state."""
        name = topic.removeprefix(f"{self._base}/")
        if name == "state":
            return {"state": payload.decode(errors="replace").strip()}
        if not payload:
            return {name: None}
        try:
            return {name: ATTRIBUTES[name].validate_json(payload)}
        except ValidationError as error:
            raise PayloadError(topic, field="", what=str(error.errors(include_url=False)[0]["msg"])) from error

    def state(self, told: Told, *, now: datetime) -> PlayerState:
        """Return the state; an attribute that went away stays as it was, so a player that is stopped shows none."""
        if told.get("state") in _AWAY:
            raise NoAnswerError(f"{self.name}: Home Assistant says that {self.options.entity} is {told['state']}")
        playback = _PLAYBACK.get(told.get("state", ""))
        volume = told.get("volume_level")
        state = PlayerState(
            playback=playback,
            volume=None if volume is None else round(min(1.0, max(0.0, volume)) * 100),
            muted=told.get("is_volume_muted"),
            shuffle=told.get("shuffle"),
            repeat=_REPEAT.get(told.get("repeat") or ""),
        )
        return state if playback == "stopped" else self._with_media(state, told, now=now)

    def messages(self, command: Command, told: Told, *, now: datetime) -> tuple[Message, ...]:
        """Return the one message for the automation."""
        action, bit = self._actions[command.action]
        data = self._data(command, told, now=now)
        if "source" in data:
            action, bit = _SELECT_SOURCE
        supported = told.get("supported_features")
        if supported is not None and not supported & bit:
            raise NotPossibleError(f"{self.name}: {self.options.entity} has no {action}")
        call = {"action": f"{DOMAIN}.{action}", "entity_id": self.options.entity, "data": data}
        return (Message(self.options.command_topic, json.dumps(call)),)

    def library(self, told: Told) -> Library:
        """Return the names of the options, and the player's sources: a television's are its channels."""
        sources = tuple(Name(source, f"{SOURCE}{source}") for source in told.get("source_list") or ())
        stations = tuple(Name(spoken, f"{MEDIA}{value}") for spoken, value in self.options.stations.items())
        playlists = tuple(Name(spoken, f"{MEDIA}{value}") for spoken, value in self.options.playlists.items())
        found: dict[Catalog, tuple[Name, ...]] = {"playlist": playlists}
        if self.kind == "television":
            found |= {"channel": sources, "station": stations}
        else:
            found |= {"station": stations + sources}
        return {catalog: names for catalog, names in found.items() if names}

    @property
    def _base(self) -> str:
        return f"{self.options.base_topic}/{DOMAIN}/{self.options.entity.partition('.')[2]}"

    @property
    def _actions(self) -> Mapping[Action, tuple[str, int]]:
        return {**_ACTIONS, **_TELEVISION} if self.kind == "television" else _ACTIONS

    def _with_media(self, state: PlayerState, told: Told, *, now: datetime) -> PlayerState:
        television = self.kind == "television"
        source, channel = told.get("source"), told.get("media_channel")
        return replace(
            state,
            title=told.get("media_title") or None,
            artist=told.get("media_artist") or None,
            album=told.get("media_album_name") or None,
            channel=(channel or source) if television else None,
            station=(channel or source) if not television else None,
            position_s=position(told, now=now),
            length_s=told.get("media_duration"),
            item=told.get("media_content_id"),
        )

    def _data(self, command: Command, told: Told, *, now: datetime) -> Mapping[str, object]:
        action, value = command.action, command.value
        if action == "seek":
            return {"seek_position": self._target(int(value or 0), told, now=now)}
        if action in {"playlist", "station", "channel"}:
            return _media(action, str(value))
        named: Mapping[Action, Mapping[str, object]] = {
            "volume": {"volume_level": _share(value)},
            "mute": {"is_volume_muted": value},
            "shuffle": {"shuffle": value},
            "repeat": {"repeat": value},
            "position": {"seek_position": value},
        }
        return named.get(action, {})

    def _target(self, seconds: int, told: Told, *, now: datetime) -> float:
        """Return the place in the title that is so far from here; Home Assistant seeks from the beginning only."""
        here = position(told, now=now)
        if here is None:
            raise NotPossibleError(f"{self.name}: {self.options.entity} does not tell where it is")
        return max(0.0, round(here + seconds, 1))


def build(name: str, player: PlayerConfig, wiring: Wiring) -> TopicPlayer:
    """Return the driver of a player."""
    translation = HomeAssistant(name, Options.model_validate(player.options), player.kind)
    return TopicPlayer(name, player, wiring, translation=translation)


def position(told: Told, *, now: datetime) -> float | None:
    """Return where in the title a player is: it tells so only when that changes otherwise than by playing."""
    there, updated = told.get("media_position"), told.get("media_position_updated_at")
    if there is None or updated is None or told.get("state") != "playing":
        return None if there is None else float(there)
    elapsed: float = (now - updated).total_seconds()
    return max(0.0, float(there) + elapsed)


def _media(action: Action, value: str) -> Mapping[str, object]:
    if value.startswith(SOURCE):
        return {"source": value.removeprefix(SOURCE)}
    content = {"playlist": "playlist", "station": "music", "channel": "channel"}[action]
    return {"media_content_type": content, "media_content_id": value.removeprefix(MEDIA)}


def _share(percent: SlotValue | None) -> float | None:
    return percent / 100 if isinstance(percent, int | float) else None
