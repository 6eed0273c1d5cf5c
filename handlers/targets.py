"""Which lamps a command means: by name, room, floor, all of them, or those around the microphone.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.config import DeviceConfig, HouseholdConfig
from assistant.messages import SlotValue


@dataclass(frozen=True, slots=True)
class Targets:
    """The devices of a command, in the order of the household's file."""

    devices: tuple[str, ...]
    named: bool = False
    """Whether the user named one device, not a place."""
    everywhere: bool = False
    """Whether they are all that the site has."""


def resolve(household: HouseholdConfig, slots: Mapping[str, SlotValue], *, room: str | None) -> Targets:
    """Return what the slots `device`, `room`, `floor` and `scope` mean; nothing where there is no such light.

    room: where the microphone stands, meant by a command without a target.
    """
    device, place = slots.get("device"), _place(household, slots)
    if device is not None:
        return Targets(_named(household, str(device), place), named=True)
    if place is None and slots.get("scope") != "all":
        here = room or household.room
        own = _lights(household, {here}) if here else ()
        # A microphone in a room without lights, such as a hall, commands the whole site.
        if own or here in household.rooms:
            return Targets(own)
        return Targets(_lights(household, None), everywhere=True)
    return Targets(_lights(household, place), everywhere=place is None)


def _place(household: HouseholdConfig, slots: Mapping[str, SlotValue]) -> set[str] | None:
    """Return the rooms that are meant, None for any."""
    if "room" in slots:
        return {str(slots["room"])}
    if "floor" in slots:
        return {name for name, room in household.rooms.items() if room.floor == slots["floor"]}
    return None


def _lights(household: HouseholdConfig, rooms: set[str] | None) -> tuple[str, ...]:
    return tuple(
        name
        for name, device in household.devices.items()
        if device.kind == "light" and (rooms is None or device.room in rooms)
    )


def _named(household: HouseholdConfig, name: str, rooms: set[str] | None) -> tuple[str, ...]:
    """Return the device called `name`, or its namesake in the room that was said."""
    device = household.devices.get(name)
    if device is None:
        return ()
    if rooms is None or device.room in rooms:
        return (name,)
    return tuple(
        other
        for other, candidate in household.devices.items()
        if candidate.room in rooms and _share_a_name(device, candidate)
    )[:1]


def _share_a_name(one: DeviceConfig, other: DeviceConfig) -> bool:
    return any(set(names) & set(other.names.get(language, ())) for language, names in one.names.items())
