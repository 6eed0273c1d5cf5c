"""What one player should do for an intent, from what it does now, and what its state shows when it has.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from assistant.messages import SlotValue
from handlers.players import Action, Command, Kind, PlayerState

VOLUME_TOLERANCE = 2
"""Players count to 255, 65536 or in decibels: percent do not survive the way exactly."""
POSITION_TOLERANCE_S = 5.0
"""How far from where it was sent a player may be: seeking takes time, and goes to a key frame."""
UNMUTED_VOLUME = 30
"""Where a player without a mute comes back to when nobody knows how loud it was."""

_MOST_EXACT_FIRST: tuple[Kind, ...] = ("title", "album", "playlist", "station", "artist")
"""With a title or an album its artist may be said as well."""

Slots: TypeAlias = Mapping[str, SlotValue]
Shows: TypeAlias = Callable[[PlayerState], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked of a player."""

    commands: tuple[Command, ...]
    shows: Shows | None
    """Whether a state shows that it was done; None: no state can, and the player's having taken it must do."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """It is so already."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """The player cannot do it, or not now."""


Planned: TypeAlias = Step | Unchanged | Impossible


@dataclass(frozen=True, slots=True)
class Asked:
    """An intent for one player."""

    intent: str
    slots: Slots
    features: frozenset[Action]
    volume_step: int
    item: Command | None = None
    """What `play` is to play, in this player's own words."""
    volume_before_mute: int | None = None
    """For players without a mute of their own."""


def item_named(slots: Slots) -> tuple[Kind, str] | None:
    """Return what is to be played and which, None where nothing was named."""
    return next(((kind, str(slots[kind])) for kind in _MOST_EXACT_FIRST if kind in slots), None)


def action_of(intent: str, slots: Slots) -> frozenset[Action]:
    """Return the actions of which a player needs one to do the intent; none for what is only asked."""
    named = item_named(slots)
    if intent == "play" and named is not None:
        return frozenset({named[0]})
    return _ACTIONS.get(intent, frozenset())


def plan(asked: Asked, state: PlayerState) -> Planned:
    """Return what the player is to do."""
    planner = _PLANNERS.get(asked.intent)
    if planner is None:
        return Impossible()
    step = planner(asked, state)
    if isinstance(step, Step) and any(command.action not in asked.features for command in step.commands):
        return Impossible()
    return step


def restoring(before: PlayerState, now: PlayerState, features: frozenset[Action]) -> Planned:
    """Return what brings volume, mute, shuffle and repeat back to what they were."""
    commands: list[Command] = []
    if before.volume is not None and now.volume != before.volume:
        commands.append(Command("volume", before.volume))
    if before.muted is not None and now.muted != before.muted:
        commands.append(Command("mute", before.muted))
    if before.shuffle is not None and now.shuffle != before.shuffle:
        commands.append(Command("shuffle", before.shuffle))
    if before.repeat is not None and now.repeat != before.repeat:
        commands.append(Command("repeat", before.repeat))
    kept = tuple(command for command in commands if command.action in features)

    def shows(state: PlayerState) -> bool:
        return (
            (before.volume is None or near(before.volume, state.volume))
            and (before.muted is None or state.muted == before.muted)
            and (before.shuffle is None or state.shuffle == before.shuffle)
            and (before.repeat is None or state.repeat == before.repeat)
        )

    return Step(kept, shows) if kept else Unchanged()


def near(wanted: int, volume: int | None) -> bool:
    """Return whether a player's volume is the one that was wanted."""
    return volume is not None and abs(volume - wanted) <= VOLUME_TOLERANCE


def moved_on(state: PlayerState, before: PlayerState) -> bool:
    """Return whether something else plays than before, or the same from its beginning."""
    if (state.item, state.title, state.station) != (before.item, before.title, before.station):
        return True
    return state.position_s is not None and before.position_s is not None and state.position_s < before.position_s


def _play(asked: Asked, state: PlayerState) -> Planned:
    if item_named(asked.slots) is None:
        return _resume(asked, state)
    if asked.item is None:
        return Impossible()
    anew = state.playback != "playing"
    return Step((asked.item,), lambda now: now.playback == "playing" and (anew or moved_on(now, state)))


def _resume(_: Asked, state: PlayerState) -> Planned:
    if state.playback in {"playing", "starting"}:
        return Unchanged()
    return Step((Command("resume"),), lambda now: now.playback == "playing")


def _pause(asked: Asked, state: PlayerState) -> Planned:
    if state.playback in {"paused", "stopped"}:
        return Unchanged()
    action: Action = "pause" if "pause" in asked.features else "stop"  # live radio can only stop
    return Step((Command(action),), lambda now: now.playback in {"paused", "stopped"})


def _stop(asked: Asked, state: PlayerState) -> Planned:
    if state.playback == "stopped":
        return Unchanged()
    if "stop" not in asked.features:
        return _pause(asked, state)
    return Step((Command("stop"),), lambda now: now.playback == "stopped")


def _next(_: Asked, state: PlayerState) -> Planned:
    return _skip("next", state)


def _previous(_: Asked, state: PlayerState) -> Planned:
    return _skip("previous", state)


def _skip(action: Action, state: PlayerState) -> Planned:
    if state.playback == "stopped":
        return Impossible()
    told = state.item is not None or state.title is not None
    return Step((Command(action),), (lambda now: moved_on(now, state)) if told else None)


def _seek(asked: Asked, state: PlayerState) -> Planned:
    if state.playback == "stopped":
        return Impossible()
    position, by = _number(asked.slots, "position"), _number(asked.slots, "seconds")
    if position is not None:
        return Step((Command("position", position),), _arrives(float(position), state))
    if by is None:
        return Impossible()
    target = None if state.position_s is None else max(0.0, state.position_s + by)
    return Step((Command("seek", by),), None if target is None else _arrives(target, state))


def _arrives(target: float, before: PlayerState) -> Shows | None:
    """Near the target, or in the next title where the target lies behind the end."""
    if before.position_s is None:
        return None
    if before.length_s is not None and target >= before.length_s - POSITION_TOLERANCE_S:
        near_end = before.length_s - 2 * POSITION_TOLERANCE_S
        return lambda now: moved_on(now, before) or (now.position_s is not None and now.position_s >= near_end)
    return lambda now: now.position_s is not None and abs(now.position_s - target) <= POSITION_TOLERANCE_S


def _volume(asked: Asked, state: PlayerState) -> Planned:
    wanted = _number(asked.slots, "volume")
    return Impossible() if wanted is None or not 0 <= wanted <= 100 else _loud(wanted, state)


def _volume_up(asked: Asked, state: PlayerState) -> Planned:
    return _louder(asked, state, sign=1)


def _volume_down(asked: Asked, state: PlayerState) -> Planned:
    return _louder(asked, state, sign=-1)


def _louder(asked: Asked, state: PlayerState, *, sign: int) -> Planned:
    amount = _number(asked.slots, "amount") if "amount" in asked.slots else asked.volume_step
    if state.volume is None:
        return Step((Command("volume_up" if sign > 0 else "volume_down"),), None)
    if amount is None:
        return Impossible()
    return _loud(min(max(state.volume + sign * amount, 0), 100), state)


def _loud(wanted: int, state: PlayerState) -> Planned:
    if state.volume == wanted and not state.muted:
        return Unchanged()
    # Whoever sets a volume wants to hear it.
    unmute = (Command("mute", False),) if state.muted else ()
    return Step((Command("volume", wanted), *unmute), lambda now: near(wanted, now.volume) and not now.muted)


def _mute(asked: Asked, state: PlayerState) -> Planned:
    if state.muted or (state.muted is None and state.volume == 0):
        return Unchanged()
    if "mute" in asked.features:
        return Step((Command("mute", True),), lambda now: now.muted is True)
    return _loud(0, state)


def _unmute(asked: Asked, state: PlayerState) -> Planned:
    if "mute" in asked.features:
        if state.muted is False:
            return Unchanged()
        return Step((Command("mute", False),), lambda now: now.muted is False)
    if state.volume != 0:
        return Unchanged()
    return _loud(asked.volume_before_mute or UNMUTED_VOLUME, state)


def _shuffle(asked: Asked, state: PlayerState) -> Planned:
    wanted = asked.slots.get("state", True) is True
    if state.shuffle == wanted:
        return Unchanged()
    return Step((Command("shuffle", wanted),), lambda now: now.shuffle == wanted)


def _repeat(asked: Asked, state: PlayerState) -> Planned:
    wanted = asked.slots.get("state", "all")
    if wanted not in {"off", "one", "all"}:
        return Impossible()
    if state.repeat == wanted:
        return Unchanged()
    return Step((Command("repeat", wanted),), lambda now: now.repeat == wanted)


def _channel(asked: Asked, state: PlayerState) -> Planned:
    if asked.item is None:
        return Impossible()
    return Step((asked.item,), _tuned(state, str(asked.item.value)))


def _channel_up(_: Asked, state: PlayerState) -> Planned:
    return Step((Command("channel_up"),), _tuned(state, None))


def _channel_down(_: Asked, state: PlayerState) -> Planned:
    return Step((Command("channel_down"),), _tuned(state, None))


def _tuned(before: PlayerState, wanted: str | None) -> Shows | None:
    if before.channel is None:
        return None
    return lambda now: now.channel is not None and (now.channel != before.channel or now.channel == wanted)


def _key(asked: Asked, _: PlayerState) -> Planned:
    action = next(iter(_ACTIONS[asked.intent]))
    return Step((Command(action),), None)


def _number(slots: Slots, name: str) -> int | None:
    value = slots.get(name)
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else round(value)


def heard_as(state: PlayerState, volume: int) -> PlayerState:
    """Return a state as it would be without ducking."""
    return replace(state, volume=volume)


_ACTIONS: Mapping[str, frozenset[Action]] = {
    "play": frozenset({"resume"}),
    "resume": frozenset({"resume"}),
    "pause": frozenset({"pause", "stop"}),
    "stop": frozenset({"stop", "pause"}),
    "next": frozenset({"next"}),
    "previous": frozenset({"previous"}),
    "seek": frozenset({"seek", "position"}),
    "volume": frozenset({"volume"}),
    "volume_up": frozenset({"volume", "volume_up"}),
    "volume_down": frozenset({"volume", "volume_down"}),
    "mute": frozenset({"mute", "volume"}),
    "unmute": frozenset({"mute", "volume"}),
    "shuffle": frozenset({"shuffle"}),
    "repeat": frozenset({"repeat"}),
    "channel": frozenset({"channel"}),
    "channel_up": frozenset({"channel_up"}),
    "channel_down": frozenset({"channel_down"}),
    "page_next": frozenset({"page_next"}),
    "page_previous": frozenset({"page_previous"}),
    "home": frozenset({"home"}),
    "back": frozenset({"back"}),
}
_PLANNERS: Mapping[str, Callable[[Asked, PlayerState], Planned]] = {
    "play": _play,
    "resume": _resume,
    "pause": _pause,
    "stop": _stop,
    "next": _next,
    "previous": _previous,
    "seek": _seek,
    "volume": _volume,
    "volume_up": _volume_up,
    "volume_down": _volume_down,
    "mute": _mute,
    "unmute": _unmute,
    "shuffle": _shuffle,
    "repeat": _repeat,
    "channel": _channel,
    "channel_up": _channel_up,
    "channel_down": _channel_down,
    "page_next": _key,
    "page_previous": _key,
    "home": _key,
    "back": _key,
}
INTENTS = frozenset(_PLANNERS) | {"what", "undo"}
"""What the domain `media` has."""
