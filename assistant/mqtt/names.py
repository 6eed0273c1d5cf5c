"""Our intents and slots by the names Home Assistant knows them.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.messages import SlotValue


@dataclass(frozen=True, slots=True)
class HomeAssistantIntent:
    """An intent as Home Assistant's conversation knows it."""

    name: str
    slots: Mapping[str, SlotValue]


INTENTS = {
    ("light", "on"): "HassTurnOn",
    ("light", "off"): "HassTurnOff",
    ("light", "toggle"): "HassToggle",
    ("light", "brightness"): "HassLightSet",
    ("light", "color"): "HassLightSet",
    ("light", "color_temperature"): "HassLightSet",
    ("light", "scene"): "HassTurnOn",
    ("system", "cancel"): "HassNevermind",
}
"""Relative changes (`brighter`, `warmer`) and `system.stop` have no counterpart."""

SLOTS = {
    "device": "name",
    "scene": "name",
    "room": "area",
    "floor": "floor",
    "brightness": "brightness",
    "color": "color",
    "kelvin": "temperature",
}


def to_home_assistant(domain: str, intent: str, slots: Mapping[str, SlotValue]) -> HomeAssistantIntent | None:
    """Return the counterpart, None where Home Assistant has none.

    An installer's own intents (domain `custom`) keep their name and slots.
    """
    if domain == "custom":
        return HomeAssistantIntent(intent, dict(slots))
    name = INTENTS.get((domain, intent))
    if name is None or "direction" in slots:
        return None
    renamed = {SLOTS[slot]: value for slot, value in slots.items() if slot in SLOTS}
    if domain == "light":
        renamed["domain"] = "scene" if intent == "scene" else "light"
    return HomeAssistantIntent(name, renamed)
