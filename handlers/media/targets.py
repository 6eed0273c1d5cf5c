"""Which players a command means: by name, room, all of them, or those around the microphone.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.config import HouseholdConfig, PlayerConfig
from assistant.messages import SlotValue
from handlers.players import PlayerState

STARTING = frozenset({"play", "resume"})
"""Intents that make one player of a room play, not all of them."""
TELEVISION = frozenset({"channel", "channel_up", "channel_down", "page_next", "page_previous", "home", "back"})
"""Intents that one screen of a room is meant by."""
LOUDNESS = frozenset({"volume", "volume_up", "volume_down", "mute", "unmute"})
"""Intents for whoever sets how loud a player is."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The players that a command may mean, in the order of the household's file."""

    players: tuple[str, ...]
    named: bool = False
    """Whether the user named one player."""
    placed: bool = False
    """Whether the user named a player, a room or everywhere."""
    unsure: bool = False
    """Whether nothing says which of several is meant."""


@dataclass(frozen=True, slots=True)
class View:
    """A player as far as choosing goes."""

    able: bool
    """Whether it can do the intent, and has what is to be played."""
    state: PlayerState | None
    """None where it does not answer."""


def resolve(household: HouseholdConfig, slots: Mapping[str, SlotValue], *, room: str | None) -> Candidates:
    """Return what the slots `player`, `room` and `scope` mean; nothing where there is no such player.

    room: where the microphone stands, meant by a command without a target.
    """
    players = household.players
    if "player" in slots:
        named = _named(players, str(slots["player"]), room=slots.get("room"))
        return Candidates(named, named=True, placed=True)
    if slots.get("scope") == "all":
        return Candidates(tuple(players), placed=True)
    if "room" in slots:
        return Candidates(_in_room(players, str(slots["room"])), placed=True)
    here = room or household.room
    if here is not None and (own := _in_room(players, here)):
        return Candidates(own)
    if household.media.default_player in players:
        return Candidates((str(household.media.default_player),))
    return Candidates(tuple(players), unsure=len(players) > 1)


def choose(
    intent: str, candidates: Candidates, views: Mapping[str, View], *, household: HouseholdConfig
) -> tuple[str, ...]:
    """Return the players that are meant; several for one that starts mean that it must be asked which."""
    if candidates.named:
        return candidates.players
    able = [name for name in candidates.players if views[name].able] or list(candidates.players)
    there = [name for name in able if views[name].state is not None] or able
    if intent in TELEVISION:
        screens = [name for name in there if household.players[name].kind == "television"] or there
        return _one_of_each_room(screens, candidates, household)
    playing = [name for name in there if _playback(views[name]) in {"playing", "starting"}]
    paused = [name for name in there if _playback(views[name]) == "paused"]
    if intent in STARTING:
        return _one_of_each_room((paused if intent == "resume" and paused else there), candidates, household)
    return tuple(playing or paused or there)


def loudspeakers(intent: str, names: Sequence[str], *, household: HouseholdConfig) -> tuple[str, ...]:
    """Return the chosen players, for volume and mute those that set how loud they are, each once."""
    if intent not in LOUDNESS:
        return tuple(names)
    return tuple(dict.fromkeys(household.players[name].volume_by or name for name in names))


def _one_of_each_room(names: Sequence[str], candidates: Candidates, household: HouseholdConfig) -> tuple[str, ...]:
    """The usual player of each room; all of them where nothing says which."""
    usual = household.media.default_player
    if candidates.unsure:
        return tuple(names)
    first: dict[str | None, str] = {}
    for name in sorted(names, key=lambda name: name != usual):  # stable: the rest keep their order
        first.setdefault(household.players[name].room, name)
    return tuple(first.values())


def _playback(view: View) -> str | None:
    return None if view.state is None else view.state.playback


def _in_room(players: Mapping[str, PlayerConfig], room: str) -> tuple[str, ...]:
    return tuple(name for name, player in players.items() if player.room == room)


def _named(players: Mapping[str, PlayerConfig], name: str, *, room: SlotValue | None) -> tuple[str, ...]:
    """Return the player called `name`, or its namesake in the room that was said."""
    player = players.get(name)
    if player is None:
        return ()
    if room is None or player.room == room:
        return (name,)
    namesakes = [
        other
        for other, candidate in players.items()
        if candidate.room == room
        and any(set(names) & set(candidate.names.get(language, ())) for language, names in player.names.items())
    ]
    return tuple(namesakes[:1])
