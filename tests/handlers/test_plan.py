"""What each lamp should do, what that means for its neighbours, and what is told of it: no broker, no clock."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import HouseholdConfig, SceneConfig
from assistant.messages import Change
from handlers import colors, outcome, targets
from handlers.colors import Color, White
from handlers.drivers import ALL_FEATURES, Light
from handlers.drivers.contract import from_scale, to_scale
from handlers.outcome import Outcome, judge
from handlers.plan import Impossible, Lamp, Unchanged, needs_state, plan, plan_scene

OFF, ON = Light(on=False), Light(on=True)
PERCENT = st.integers(0, 100)
LIGHTS = st.builds(
    Light,
    on=st.none() | st.booleans(),
    brightness=st.none() | st.integers(1, 100),
    tint=st.none() | st.builds(White, st.integers(1500, 7000)) | st.builds(Color, st.floats(0, 360), st.floats(0, 100)),
)
LAMPS = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(Lamp, st.sets(st.sampled_from(sorted(ALL_FEATURES))).map(frozenset), LIGHTS),
    min_size=1,
)


def lamp(state: Light = ON, *features: str) -> Lamp:
    return Lamp(frozenset(features) if features else ALL_FEATURES, state)  # type: ignore[arg-type]


def lit(percent: int) -> Light:
    return Light(on=True, brightness=percent)


@pytest.mark.parametrize(
    ("intent", "slots", "state", "expected"),
    [
        ("on", {}, OFF, ON),
        ("off", {}, ON, OFF),
        ("toggle", {}, ON, OFF),
        ("toggle", {}, OFF, ON),
        ("toggle", {}, Light(), Impossible(unknown_state=True)),
        ("brightness", {"brightness": 40}, OFF, lit(40)),
        ("brightness", {"brightness": 0}, ON, OFF),
        ("brightness", {"brightness": 40.4}, OFF, lit(40)),
        ("brighter", {}, lit(50), lit(70)),
        ("brighter", {"amount": 10}, lit(95), lit(100)),
        ("brighter", {}, lit(100), Unchanged()),
        ("brighter", {}, OFF, lit(20)),
        ("brighter", {}, ON, Impossible(unknown_state=True)),
        ("dimmer", {}, lit(50), lit(30)),
        ("dimmer", {"amount": 90}, lit(50), lit(1)),
        ("dimmer", {}, lit(1), Unchanged()),
        ("dimmer", {}, OFF, Unchanged()),
        ("dimmer", {}, Light(), Impossible(unknown_state=True)),
        ("color", {"color": "red"}, OFF, Light(on=True, tint=Color(0, 100))),
        ("color", {"color": "warm white"}, OFF, Light(on=True, tint=White(2700))),
        ("color", {"color": "#0000FF"}, OFF, Light(on=True, tint=Color(240, 100))),
        ("color_temperature", {"kelvin": 3000}, OFF, Light(on=True, tint=White(3000))),
        ("color_temperature", {"kelvin": 100}, OFF, Light(on=True, tint=White(2000))),
        ("color_temperature", {"kelvin": 99_999}, OFF, Light(on=True, tint=White(6500))),
        ("color_temperature", {"direction": "warmer"}, Light(True, 50, White(4000)), Light(on=True, tint=White(3226))),
        ("color_temperature", {"direction": "colder"}, Light(True, 50, White(4000)), Light(on=True, tint=White(5263))),
        ("color_temperature", {"direction": "colder"}, Light(True, 50, White(6500)), Unchanged()),
        (
            "color_temperature",
            {"direction": "warmer"},
            Light(True, 50, Color(0, 100)),
            Light(on=True, tint=White(2545)),
        ),
    ],
)
def test_one_lamp(intent: str, slots: dict[str, Any], state: Light, expected: object) -> None:
    assert plan(intent, slots, {"a": lamp(state)}) == {"a": expected}


@pytest.mark.parametrize(
    ("features", "intent", "slots", "expected"),
    [
        (["color"], "brightness", {"brightness": 5}, Impossible()),
        (["color"], "brightness", {"brightness": 0}, OFF),
        (["color"], "dimmer", {}, Impossible()),
        (["brightness"], "color", {"color": "red"}, Impossible()),
        (["brightness"], "color", {"color": "white"}, Impossible()),
        (["color_temp"], "color", {"color": "red"}, Impossible()),
        (["color_temp"], "color", {"color": "daylight"}, Light(on=True, tint=White(5500))),
        (["color"], "color", {"color": "cold white"}, Light(on=True, tint=Color(30, 0))),
        (["color"], "color_temperature", {"kelvin": 3000}, Impossible()),
        (["brightness"], "color_temperature", {"direction": "warmer"}, Impossible()),
    ],
)
def test_what_a_lamp_cannot_do(features: list[str], intent: str, slots: dict[str, Any], expected: object) -> None:
    assert plan(intent, slots, {"a": lamp(ON, *features)}) == {"a": expected}


@given(st.sampled_from(["on", "off", "toggle", "brighter", "dimmer"]), LAMPS)
def test_every_lamp_gets_a_step_that_it_can_do(intent: str, lamps: dict[str, Lamp]) -> None:
    steps = plan(intent, {}, lamps)
    assert steps is not None
    assert steps.keys() == lamps.keys()
    for name, step in steps.items():
        if isinstance(step, Light) and step.brightness is not None:
            assert "brightness" in lamps[name].features
            assert 1 <= step.brightness <= 100


@given(LAMPS, PERCENT)
def test_dimmer_never_switches_off_and_never_brightens(lamps: dict[str, Lamp], amount: int) -> None:
    for name, step in (plan("dimmer", {"amount": amount}, lamps) or {}).items():
        if isinstance(step, Light):
            assert step.on
            assert step.brightness <= lamps[name].state.brightness


def test_neighbours() -> None:
    room = {"lit": lamp(lit(50)), "dark": lamp(OFF)}
    assert plan("toggle", {}, room) == {"lit": OFF, "dark": OFF}
    assert plan("brighter", {}, room) == {"lit": lit(70), "dark": Unchanged()}
    assert plan("brighter", {}, {"dark": lamp(OFF)}) == {"dark": lit(20)}


def test_which_intents_start_from_what_is() -> None:
    assert [needs_state(intent, {}) for intent in ("on", "toggle", "brighter", "color_temperature")] == [
        False,
        True,
        True,
        False,
    ]
    assert needs_state("color_temperature", {"direction": "warmer"})


def test_scenes() -> None:
    scene = SceneConfig.model_validate(
        {
            "set": {
                "off": {"on": False, "brightness": 30},
                "dim": {"brightness": 30, "kelvin": 2700},
                "none": {"brightness": 0},
                "red": {"on": True, "color": "red", "brightness": 10},
                "wrong": {"color": "octarine"},
                "gone": {"on": True},
            }
        }
    )
    lamps = {name: lamp(ON) for name in ("off", "dim", "none", "red", "wrong")}
    assert plan_scene(scene, lamps) == {
        "off": OFF,
        "dim": Light(True, 30, White(2700)),
        "none": OFF,
        "red": Light(True, 10, Color(0, 100)),
        "wrong": Impossible(),
    }


# Judging.

WHITE = Light(True, 50, White(2700))


@pytest.mark.parametrize(
    ("asked", "before", "after", "kind"),
    [
        (ON, OFF, ON, "done"),
        (ON, ON, ON, "already-done"),
        (ON, Light(), ON, "done"),
        (ON, OFF, OFF, "failed"),
        (OFF, ON, Light(), "failed"),
        (lit(50), lit(20), lit(51), "done"),
        (lit(50), lit(50), lit(50), "already-done"),
        (lit(5), lit(50), lit(10), "done"),  # as low as it goes
        (lit(5), lit(50), lit(50), "failed"),  # it did not move
        (lit(5), OFF, ON, "not-possible"),  # it tells no brightness
        (Light(on=True, tint=White(2000)), WHITE, Light(True, 50, White(2203)), "done"),
        (Light(on=True, tint=White(6500)), WHITE, WHITE, "failed"),
        (Light(on=True, tint=Color(0, 100)), WHITE, WHITE, "not-possible"),
        (Light(on=True, tint=Color(0, 100)), WHITE, Light(True, 50, Color(5, 92)), "done"),
        (Light(on=True, tint=Color(0, 100)), ON, ON, "not-possible"),
    ],
)
def test_judging(asked: Light, before: Light, after: Light, kind: str) -> None:
    assert judge("a", asked=asked, before=before, after=after).kind == kind


def test_changes_tell_the_lamps_own_figures_and_what_was() -> None:
    asked = Light(True, 5, Color(120, 100))
    made = judge("a", asked=asked, before=Light(False, 80, White(2700)), after=Light(True, 10, Color(118, 95)))
    assert made.changes == (
        Change("a", "on", True, False),
        Change("a", "brightness", 10, 80),
        Change("a", "color", colors.to_hex(Color(118, 95)), 2700),
    )


@pytest.mark.parametrize(
    ("kinds", "code", "ok"),
    [
        (["done", "already-done"], "done", True),
        (["already-done"], "already-done", True),
        (["done", "not-possible"], "done", True),
        (["not-possible"], "not-possible", False),
        (["not-possible", "already-done"], "already-done", True),
        (["done", "failed"], "failed", False),
        (["done", "failed", "no-answer"], "no-answer", False),
        (["done", "sent"], "sent", True),
        ([], "no-such-device", False),
    ],
    ids=str,
)
def test_one_code_for_several_lamps(kinds: list[str], code: str, ok: bool) -> None:
    names = [f"lamp_{number}" for number in range(len(kinds))]
    household = HouseholdConfig.model_validate({"devices": {name: {"topic": name} for name in names}})
    outcomes = {name: Outcome(kind) for name, kind in zip(names, kinds, strict=True)}  # type: ignore[arg-type]
    result = outcome.result("id", outcomes, household=household, intent="on")
    assert (result.code, result.ok) == (code, ok)
    for name, kind in zip(names, kinds, strict=True):  # whoever did not do it is named, in every language
        if kind in {"no-answer", "failed"}:
            assert all(name.replace("_", " ") in text.lower() for text in result.text.values())


def test_many_lamps_are_counted_but_every_silent_one_is_named() -> None:
    names = [f"lamp_{number}" for number in range(10)]
    household = HouseholdConfig.model_validate({"devices": {name: {"topic": name} for name in names}})
    outcomes = {name: Outcome("done" if number < 5 else "no-answer") for number, name in enumerate(names)}
    text = outcome.result("id", outcomes, household=household, intent="off").text
    assert text["en"] == "Turned off 5 lights. No answer from lamp 5, lamp 6, lamp 7, lamp 8 and lamp 9."
    assert text["es"] == "He apagado 5 luces. Sin respuesta de lamp 5, lamp 6, lamp 7, lamp 8 y lamp 9."
    assert text["fr"] == "J'ai éteint 5 lampes. Pas de réponse de lamp 5, lamp 6, lamp 7, lamp 8 et lamp 9."


def test_every_sentence_exists_in_every_language() -> None:
    for table in (outcome.REFUSALS, outcome.DONE, outcome.OTHERWISE):
        assert table.keys() == {"en", "es", "fr"}
        assert len({tuple(sentences) for sentences in table.values()}) == 1


# Targets.

HOUSE = HouseholdConfig.model_validate(
    {
        "room": "hall",
        "floors": {"up": {"en": "upstairs"}},
        "rooms": {
            "bed": {"floor": "up", "names": {"en": "bedroom"}},
            "bath": {"floor": "up"},
            "hall": {},
            "cellar": {},
        },
        "devices": {
            "bed_ceiling": {"topic": "a", "room": "bed", "names": {"en": "ceiling light"}},
            "bath_ceiling": {"topic": "b", "room": "bath", "names": {"en": ["ceiling light", "spots"]}},
            "hall_lamp": {"topic": "c", "room": "hall"},
            "fan": {"topic": "d", "room": "bath", "kind": "switch"},
            "garden": {"topic": "e"},
        },
    }
)


@pytest.mark.parametrize(
    ("slots", "room", "expected"),
    [
        ({}, None, ("hall_lamp",)),
        ({}, "bed", ("bed_ceiling",)),
        ({}, "cellar", ()),  # the house has that room, and it has no lights
        ({}, "garage", ("bed_ceiling", "bath_ceiling", "hall_lamp", "garden")),
        ({"scope": "all"}, "bed", ("bed_ceiling", "bath_ceiling", "hall_lamp", "garden")),
        ({"scope": "all", "room": "bath"}, None, ("bath_ceiling",)),
        ({"scope": "all", "floor": "up"}, None, ("bed_ceiling", "bath_ceiling")),
        ({"device": "fan"}, None, ("fan",)),
        ({"device": "bed_ceiling", "room": "bath"}, None, ("bath_ceiling",)),  # the namesake in the room that was said
        ({"device": "garden", "room": "bath"}, None, ()),
        ({"device": "nothing"}, None, ()),
        ({"room": "nothing"}, None, ()),
        ({"device": 5}, None, ()),
    ],
    ids=str,
)
def test_targets(slots: dict[str, Any], room: str | None, expected: tuple[str, ...]) -> None:
    assert targets.resolve(HOUSE, slots, room=room).devices == expected


# Colours and scales.


@given(st.floats(0, 359.9), st.floats(30, 100))
def test_colours_survive_the_colour_spaces(hue: float, saturation: float) -> None:
    color = Color(hue, saturation)
    assert colors.near(color, colors.from_xy(*colors.to_xy(color)))
    assert colors.near(color, colors.from_rgb(*colors.to_rgb(color)))
    assert colors.parse(colors.to_hex(color)) == colors.from_rgb(*colors.to_rgb(color))


@given(st.floats(0, 1), st.floats(0, 1))
def test_any_xy_is_some_colour(x: float, y: float) -> None:
    color = colors.from_xy(x, y)
    assert 0 <= color.hue <= 360
    assert 0 <= color.saturation <= 100


@given(st.integers(1500, 10_000))
def test_whites_survive_mired(kelvin: int) -> None:
    assert colors.near(White(kelvin), colors.from_mired(colors.to_mired(kelvin)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Color(0, 100), Color(359, 95), True),
        (Color(0, 100), Color(60, 100), False),
        (Color(0, 100), Color(0, 50), False),
        (Color(0, 5), Color(180, 5), True),  # both are white
        (White(2700), White(2750), True),
        (White(2700), White(4000), False),
        (White(2700), Color(30, 60), False),
    ],
)
def test_nearness(one: Any, other: Any, same: bool) -> None:
    assert colors.near(one, other) is same


def test_whites_as_colours_get_warmer() -> None:
    saturations = [colors.as_color(White(kelvin)).saturation for kelvin in (6500, 5000, 4000, 2700, 1800)]
    assert saturations == sorted(saturations)
    assert saturations[0] == 0


@pytest.mark.parametrize("scale", [100, 254, 255, 1023])
@given(percent=PERCENT)
def test_percent_survive_the_scales(scale: int, percent: int) -> None:
    assert abs(from_scale(to_scale(percent, scale), scale) - percent) <= 1
    assert (to_scale(percent, scale) == 0) == (percent == 0)
