"""What each lamp should do for an intent, relative to what it shows now.  Pure.

A lamp gets a step: a `Light` to ask of it, or why nothing is asked: `Unchanged` and `Impossible`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from assistant.config import SceneConfig, SettingConfig
from assistant.messages import SlotValue
from handlers import colors
from handlers.colors import Tint, White
from handlers.drivers import Feature, Light

STEP_PERCENT = 20
"""`brighter` and `dimmer` without a number."""
DIMMEST_PERCENT = 1
"""`dimmer` never switches off."""
WARMEST_KELVIN, COLDEST_KELVIN = 2000, 6500
STEP_MIRED = 60
"""`warmer` and `colder`: a clearly visible step, equal at both ends of the scale."""
USUAL_KELVIN = 3000
"""Where `warmer` and `colder` begin on a lamp that shows a colour."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp as far as planning goes."""

    features: frozenset[Feature]
    state: Light


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The lamp is there already."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """The lamp cannot do it, or its state, from which the step would go, is unknown."""

    unknown_state: bool = False


Step: TypeAlias = Light | Unchanged | Impossible
Lamps: TypeAlias = Mapping[str, Lamp]
Slots: TypeAlias = Mapping[str, SlotValue]

RELATIVE = frozenset({"toggle", "brighter", "dimmer"})
"""Intents for which the present state must be known; `color_temperature` too, with a direction."""


def needs_state(intent: str, slots: Slots) -> bool:
    """Return whether the intent starts from what the lamp shows."""
    return intent in RELATIVE or (intent == "color_temperature" and "direction" in slots)


def plan(intent: str, slots: Slots, lamps: Lamps) -> dict[str, Step] | None:
    """Return a step for every lamp, None for an intent or slots that make no sense."""
    planner = _PLANNERS.get(intent)
    return None if planner is None else planner(slots, lamps)


def plan_scene(scene: SceneConfig, lamps: Lamps) -> dict[str, Step]:
    """Return the steps of a scene for those of its lamps that exist."""
    return {name: _setting(lamps[name], wanted) for name, wanted in scene.set.items() if name in lamps}


def restored(asked: Light, before: Light, features: frozenset[Feature]) -> Light:
    """Return what brings a lamp back to what it showed `before` it was `asked` for something.

    Where it is not known whether it was on, it was the other way round: that is why somebody asked.
    """
    on = before.on if before.on is not None else not asked.on
    if not on:
        return Light(on=False)
    can_show = "color_temp" if isinstance(before.tint, White) else "color"
    return Light(
        on=True,
        brightness=before.brightness if "brightness" in features else None,
        tint=before.tint if can_show in features else None,
    )


def _on(_: Slots, lamps: Lamps) -> dict[str, Step]:
    return dict.fromkeys(lamps, Light(on=True))


def _off(_: Slots, lamps: Lamps) -> dict[str, Step]:
    return dict.fromkeys(lamps, Light(on=False))


def _toggle(_: Slots, lamps: Lamps) -> dict[str, Step]:
    """All off if one is on, as a switch at the door would."""
    known = [lamp.state.on for lamp in lamps.values() if lamp.state.on is not None]
    return {
        name: Impossible(unknown_state=True) if lamp.state.on is None else Light(on=not any(known))
        for name, lamp in lamps.items()
    }


def _brightness(slots: Slots, lamps: Lamps) -> dict[str, Step] | None:
    percent = _percent(slots, "brightness")
    if percent is None:
        return None
    return {name: _dimmed(lamp, percent) for name, lamp in lamps.items()}


def _brighter(slots: Slots, lamps: Lamps) -> dict[str, Step] | None:
    return _relative(slots, lamps, sign=1)


def _dimmer(slots: Slots, lamps: Lamps) -> dict[str, Step] | None:
    return _relative(slots, lamps, sign=-1)


def _relative(slots: Slots, lamps: Lamps, *, sign: int) -> dict[str, Step] | None:
    amount = _percent(slots, "amount") if "amount" in slots else STEP_PERCENT
    if amount is None:
        return None
    someone_on = any(lamp.state.on for lamp in lamps.values())
    return {name: _moved(lamp, sign * amount, among_lit=someone_on) for name, lamp in lamps.items()}


def _moved(lamp: Lamp, change: int, *, among_lit: bool) -> Step:
    """Return the step of one lamp; lamps that are off stay so among others that are on."""
    if "brightness" not in lamp.features:
        return Impossible()
    if lamp.state.on is None:
        return Impossible(unknown_state=True)
    if not lamp.state.on:
        return Unchanged() if among_lit or change <= 0 else Light(on=True, brightness=min(change, 100))
    if lamp.state.brightness is None:
        return Impossible(unknown_state=True)
    percent = min(max(lamp.state.brightness + change, DIMMEST_PERCENT), 100)
    return Unchanged() if percent == lamp.state.brightness else Light(on=True, brightness=percent)


def _color(slots: Slots, lamps: Lamps) -> dict[str, Step] | None:
    tint = colors.parse(str(slots.get("color", "")))
    return None if tint is None else {name: _tinted(lamp, tint) for name, lamp in lamps.items()}


def _color_temperature(slots: Slots, lamps: Lamps) -> dict[str, Step] | None:
    kelvin = slots.get("kelvin")
    if isinstance(kelvin, (int, float)) and not isinstance(kelvin, bool):
        return {name: _white(lamp, round(kelvin)) for name, lamp in lamps.items()}
    direction = {"warmer": 1, "colder": -1}.get(str(slots.get("direction")))
    if direction is None:
        return None
    return {name: _shifted(lamp, direction * STEP_MIRED) for name, lamp in lamps.items()}


def _shifted(lamp: Lamp, mired: int) -> Step:
    tint = lamp.state.tint
    kelvin = tint.kelvin if isinstance(tint, White) else USUAL_KELVIN
    wanted = colors.from_mired(colors.to_mired(kelvin) + mired).kelvin
    step = _white(lamp, wanted)
    return Unchanged() if isinstance(step, Light) and step.tint == tint else step


def _white(lamp: Lamp, kelvin: int) -> Step:
    if "color_temp" not in lamp.features:
        return Impossible()
    return Light(on=True, tint=White(min(max(kelvin, WARMEST_KELVIN), COLDEST_KELVIN)))


def _tinted(lamp: Lamp, tint: Tint) -> Step:
    if isinstance(tint, White):
        if "color_temp" in lamp.features:
            return Light(on=True, tint=tint)
        tint = colors.as_color(tint)
    return Light(on=True, tint=tint) if "color" in lamp.features else Impossible()


def _dimmed(lamp: Lamp, percent: int) -> Step:
    if percent == 0:
        return Light(on=False)
    return Light(on=True, brightness=percent) if "brightness" in lamp.features else Impossible()


def _setting(lamp: Lamp, wanted: SettingConfig) -> Step:
    """Return the step for what a scene sets on one lamp."""
    if not wanted.on:
        return Light(on=False)
    steps: list[Step] = [Light(on=True)]
    if wanted.brightness is not None:
        steps.append(_dimmed(lamp, round(wanted.brightness)))
    if wanted.color is not None:
        tint = colors.parse(wanted.color)
        steps.append(Impossible() if tint is None else _tinted(lamp, tint))
    if wanted.kelvin is not None:
        steps.append(_white(lamp, wanted.kelvin))
    whole = Light()
    for step in steps:
        if not isinstance(step, Light):
            return step
        whole = whole.merged(step)
    return Light(on=False) if whole.on is False else whole


def _percent(slots: Slots, name: str) -> int | None:
    value = slots.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        return None
    return round(value)


_PLANNERS: dict[str, Callable[[Slots, Lamps], dict[str, Step] | None]] = {
    "on": _on,
    "off": _off,
    "toggle": _toggle,
    "brightness": _brightness,
    "brighter": _brighter,
    "dimmer": _dimmer,
    "color": _color,
    "color_temperature": _color_temperature,
}
