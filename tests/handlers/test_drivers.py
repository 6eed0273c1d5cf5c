"""Each interface's messages, word for word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.config import DeviceConfig
from assistant.errors import ConfigurationError, PayloadError
from handlers.colors import Color, White
from handlers.drivers import DRIVERS, OPTIONS, Driver, Light, build, faults

FULL = Light(True, 50, Color(120, 100))
WARM = Light(on=True, tint=White(2700))
OFF = Light(on=False)


def driver(name: str, topic: str = "lamp", **more: Any) -> Driver:
    return build("den", DeviceConfig.model_validate({"driver": name, "topic": topic, **more}))


def sent(one: Driver, asked: Light) -> list[tuple[str, Any]]:
    return [(message.topic, _parsed(message.payload)) for message in one.commands(asked)]


def _parsed(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text


@pytest.mark.parametrize(
    ("options", "asked", "expected"),
    [
        ({}, FULL, {"state": "ON", "brightness": 127, "color": {"hex": "#00ff00"}}),
        ({}, WARM, {"state": "ON", "color_temp": 370}),
        ({}, OFF, {"state": "OFF"}),
        ({"color": "xy"}, Light(True, None, Color(120, 100)), {"state": "ON", "color": {"x": 0.3, "y": 0.6}}),
        (
            {"color": "hs"},
            Light(True, None, Color(120, 100)),
            {"state": "ON", "color": {"hue": 120, "saturation": 100}},
        ),
        ({"transition": 1.5}, OFF, {"state": "OFF", "transition": 1.5}),
        ({"endpoint": "l2"}, Light(True, 1), {"state_l2": "ON", "brightness_l2": 3}),
    ],
)
def test_zigbee2mqtt_commands(options: dict[str, Any], asked: Light, expected: dict[str, Any]) -> None:
    one = driver("zigbee2mqtt", "zigbee2mqtt/Bed lamp", options=options)
    assert sent(one, asked) == [("zigbee2mqtt/Bed lamp/set", expected)]


def test_zigbee2mqtt_asks_only_for_what_the_lamp_has() -> None:
    one = driver("zigbee2mqtt", "z/lamp", features=["brightness"])
    assert [(m.topic, json.loads(m.payload)) for m in one.query()] == [("z/lamp/get", {"state": "", "brightness": ""})]


@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        (
            "homeassistant",
            FULL,
            [("lamp/set", {"state": "ON", "brightness": 128, "color": {"r": 0, "g": 255, "b": 0}})],
        ),
        ("homeassistant", WARM, [("lamp/set", {"state": "ON", "color_temp": 370})]),
        ("homeassistant", OFF, [("lamp/set", {"state": "OFF"})]),
        ("esphome", FULL, [("lamp/command", {"state": "ON", "brightness": 128, "color": {"r": 0, "g": 255, "b": 0}})]),
        ("esphome", WARM, [("lamp/command", {"state": "ON", "color_temp": 370})]),
        (
            "tasmota",
            FULL,
            [
                ("cmnd/lamp/HSBColor1", "120"),
                ("cmnd/lamp/HSBColor2", "100"),
                ("cmnd/lamp/Dimmer", "50"),
                ("cmnd/lamp/Power", "ON"),
            ],
        ),
        ("tasmota", WARM, [("cmnd/lamp/CT", "370"), ("cmnd/lamp/Power", "ON")]),
        ("tasmota", Light(on=True, tint=White(8000)), [("cmnd/lamp/CT", "153"), ("cmnd/lamp/Power", "ON")]),
        ("tasmota", OFF, [("cmnd/lamp/Power", "OFF")]),
        ("generic", Light(on=True), [("lamp", "ON")]),
        ("generic", OFF, [("lamp", "OFF")]),
    ],
)
def test_commands(name: str, asked: Light, expected: list[tuple[str, Any]]) -> None:
    assert sent(driver(name), asked) == expected


def test_shelly_sets_then_asks() -> None:
    one = driver("shelly", "shellydimmerg3-aa", options={"transition": 2})
    assert sent(one, Light(True, 40)) == [
        (
            "shellydimmerg3-aa/rpc",
            {
                "id": 1,
                "src": "oyez-rpc/den",
                "method": "Light.Set",
                "params": {"id": 0, "on": True, "brightness": 40, "transition_duration": 2},
            },
        ),
        (
            "shellydimmerg3-aa/rpc",
            {"id": 2, "src": "oyez-rpc/den", "method": "Light.GetStatus", "params": {"id": 0}},
        ),
    ]


@pytest.mark.parametrize(
    ("device", "asked", "method", "params"),
    [
        ({"kind": "switch"}, OFF, "Switch.Set", {"id": 0, "on": False}),
        ({"options": {"component": "switch:2"}}, OFF, "Switch.Set", {"id": 2, "on": False}),
        (
            {"options": {"component": "rgb:0"}},
            FULL,
            "RGB.Set",
            {"id": 0, "on": True, "brightness": 50, "rgb": [0, 255, 0]},
        ),
        ({"options": {"component": "cct:1"}}, WARM, "CCT.Set", {"id": 1, "on": True, "ct": 2700}),
        ({"options": {"component": "rgbcct:0"}}, WARM, "RGBCCT.Set", {"id": 0, "on": True, "ct": 2700, "mode": "cct"}),
    ],
)
def test_shelly_components(device: dict[str, Any], asked: Light, method: str, params: dict[str, Any]) -> None:
    body = sent(driver("shelly", **device), asked)[0][1]
    assert (body["method"], body["params"]) == (method, params)


def test_options_of_home_assistants_light() -> None:
    options = {
        "command_topic": "c",
        "state_topic": "s",
        "availability_topic": "a",
        "brightness_scale": 100,
        "color_form": "hs",
        "color_temp_kelvin": True,
        "transition": 1,
    }
    one = driver("homeassistant", options=options)
    assert one.subscriptions() == ("s", "a")
    assert sent(one, FULL) == [("c", {"state": "ON", "brightness": 50, "color": {"h": 120, "s": 100}, "transition": 1})]
    assert sent(one, WARM) == [("c", {"state": "ON", "color_temp": 2700, "transition": 1})]
    report = one.read("s", b'{"state": "ON", "brightness": 30, "color_mode": "color_temp", "color_temp": 3000}')
    assert report is not None
    assert report.state == Light(True, 30, White(3000))


def test_templates() -> None:
    options = {
        "payload": '{"cmd": "{state}"}',
        "brightness_topic": "b",
        "brightness_payload": "LEVEL {brightness_255}",
        "color_topic": "c",
        "color_payload": "{red},{green},{blue}",
        "color_temp_topic": "w",
        "color_temp_payload": "{mired}",
        "retain": True,
    }
    one = driver("generic", options=options)
    assert one.features == {"brightness", "color", "color_temp"}
    assert sent(one, FULL) == [("c", "0,255,0"), ("b", "LEVEL 128"), ("lamp", {"cmd": "ON"})]
    assert sent(one, WARM) == [("w", "370"), ("lamp", {"cmd": "ON"})]
    assert all(message.retained for message in one.commands(FULL))
    assert driver("generic").features == frozenset()


@pytest.mark.parametrize(
    ("name", "options", "topic", "payload", "expected"),
    [
        ("zigbee2mqtt", {}, "lamp", '{"state":"ON","brightness":127,"linkquality":3}', Light(True, 50)),
        ("zigbee2mqtt", {}, "lamp", '{"state":"OFF","brightness":0}', OFF),
        ("zigbee2mqtt", {}, "lamp", '{"linkquality":3}', Light()),
        ("zigbee2mqtt", {}, "lamp", '{"color":{"hex":"#00FF00"}}', Light(tint=Color(120, 100))),
        ("zigbee2mqtt", {}, "lamp", '{"brightness":null,"state":null}', Light()),
        (
            "zigbee2mqtt",
            {},
            "lamp",
            '{"color_mode":"color_temp","color":{"x":0.4,"y":0.4},"color_temp":370}',
            Light(tint=White(2703)),
        ),
        (
            "zigbee2mqtt",
            {},
            "lamp",
            '{"color_mode":"hs","color":{"hue":120,"saturation":90},"color_temp":370}',
            Light(tint=Color(120, 90)),
        ),
        (
            "zigbee2mqtt",
            {"endpoint": "l2"},
            "lamp",
            '{"state_l1":"ON","state_l2":"OFF","brightness_l2":254}',
            Light(False, 100),
        ),
        (
            "homeassistant",
            {},
            "lamp",
            '{"state":"ON","brightness":255,"color":{"r":255,"g":0,"b":0}}',
            Light(True, 100, Color(0, 100)),
        ),
        (
            "homeassistant",
            {},
            "lamp",
            '{"color_mode":"rgb","color":{"r":0,"g":0,"b":9},"color_temp":300}',
            Light(tint=Color(240, 100)),
        ),
        (
            "homeassistant",
            {},
            "lamp",
            '{"color_mode":"color_temp","color":{},"color_temp":250}',
            Light(tint=White(4000)),
        ),
        (
            "esphome",
            {},
            "lamp/state",
            '{"color_mode":"brightness","state":"ON","brightness":26,"color":{}}',
            Light(True, 10),
        ),
        ("tasmota", {}, "stat/lamp/RESULT", '{"POWER":"ON"}', Light(on=True)),
        ("tasmota", {}, "stat/lamp/RESULT", '{"POWER1":"OFF"}', OFF),
        ("tasmota", {"relay": 2}, "stat/lamp/RESULT", '{"POWER1":"ON","POWER2":"OFF"}', OFF),
        ("tasmota", {"relay": 2}, "stat/lamp/RESULT", '{"POWER1":"ON"}', None),
        ("tasmota", {}, "stat/lamp/RESULT", '{"Uptime":"1"}', None),
        (
            "tasmota",
            {},
            "tele/lamp/STATE",
            '{"POWER":"ON","Dimmer":40,"HSBColor":"240,100,40","White":0,"CT":300}',
            Light(True, 40, Color(240, 100)),
        ),
        (
            "tasmota",
            {},
            "tele/lamp/STATE",
            '{"POWER":"ON","Dimmer":40,"HSBColor":"0,0,0","White":40,"CT":250}',
            Light(True, 40, White(4000)),
        ),
        (
            "tasmota",
            {"full_topic": "home/%topic%/%prefix%/"},
            "home/lamp/stat/RESULT",
            '{"POWER":"ON"}',
            Light(on=True),
        ),
        (
            "shelly",
            {},
            "lamp/events/rpc",
            '{"method":"NotifyStatus","params":{"ts":1,"light:0":{"id":0,"output":false,"brightness":33}}}',
            Light(False, 33),
        ),
        (
            "shelly",
            {},
            "lamp/events/rpc",
            '{"method":"NotifyStatus","params":{"ts":1,"light:1":{"output":true}}}',
            None,
        ),
        ("shelly", {}, "lamp/events/rpc", '{"method":"NotifyEvent","params":{"events":[]}}', None),
        ("shelly", {}, "oyez-rpc/den/rpc", '{"id":1,"src":"x","result":null}', None),
        ("shelly", {}, "oyez-rpc/den/rpc", '{"id":2,"result":{"id":0,"output":true,"brightness":7}}', Light(True, 7)),
        (
            "shelly",
            {"component": "rgb:0"},
            "oyez-rpc/den/rpc",
            '{"id":2,"result":{"output":true,"brightness":9,"rgb":[0,0,255]}}',
            Light(True, 9, Color(240, 100)),
        ),
        (
            "shelly",
            {"component": "cct:0"},
            "oyez-rpc/den/rpc",
            '{"id":2,"result":{"output":true,"ct":3500}}',
            Light(on=True, tint=White(3500)),
        ),
        ("generic", {"state_topic": "s", "on": "1", "off": "0"}, "s", "1", Light(on=True)),
        ("generic", {"state_topic": "s", "state_field": "a.b"}, "s", '{"a":{"b":"OFF"}}', OFF),
        ("generic", {"state_topic": "s", "state_field": "a.b"}, "s", '{"a":{}}', None),
        ("generic", {"brightness_state_topic": "s", "brightness_scale": 10}, "s", "3", Light(brightness=30)),
    ],
)
def test_states(name: str, options: dict[str, Any], topic: str, payload: str, expected: Light | None) -> None:
    report = driver(name, options=options).read(topic, payload.encode())
    assert (report.state if report else None) == expected


@pytest.mark.parametrize(
    ("name", "topic", "payload", "available"),
    [
        ("zigbee2mqtt", "lamp/availability", b"online", True),
        ("zigbee2mqtt", "lamp/availability", b'{"state":"offline"}', False),
        ("esphome", "lamp/status", b"offline", False),
        ("tasmota", "tele/lamp/LWT", b"Offline", False),
        ("tasmota", "tele/lamp/LWT", b"Online", True),
        ("shelly", "lamp/online", b"false", False),
    ],
)
def test_availability(name: str, topic: str, payload: bytes, available: bool) -> None:
    one = driver(name, "lamp/light/x" if name == "esphome" else "lamp")
    assert topic in one.subscriptions()
    report = one.read(topic, payload)
    assert report is not None
    assert report.available is available
    with pytest.raises(PayloadError):
        one.read(topic, b"perhaps")


@pytest.mark.parametrize(
    ("name", "topic", "payload"),
    [
        ("tasmota", "stat/lamp/RESULT", b'{"Command":"Unknown"}'),
        ("shelly", "oyez-rpc/den/rpc", b'{"id":1,"error":{"code":-103,"message":"Invalid argument"}}'),
    ],
)
def test_refusals(name: str, topic: str, payload: bytes) -> None:
    report = driver(name).read(topic, payload)
    assert report is not None
    assert report.error


@pytest.mark.parametrize(
    ("name", "topic", "payload", "field"),
    [
        ("zigbee2mqtt", "lamp", b'{"brightness": 900}', "brightness"),
        ("zigbee2mqtt", "lamp", b'{"state": "MAYBE"}', "state"),
        ("homeassistant", "lamp", b'{"color": {"r": -1}}', "color.r"),
        ("tasmota", "stat/lamp/RESULT", b'{"POWER": 1}', "POWER"),
        ("tasmota", "stat/lamp/RESULT", b'{"HSBColor": "red"}', "HSBColor"),
        (
            "shelly",
            "lamp/events/rpc",
            b'{"method":"NotifyStatus","params":{"light:0":{"output":"x"}}}',
            "light:0.output",
        ),
        ("shelly", "oyez-rpc/den/rpc", b'{"id":2,"result":{"rgb":[1]}}', "result"),
    ],
)
def test_faults_name_topic_and_field(name: str, topic: str, payload: bytes, field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        driver(name).read(topic, payload)
    assert caught.value.topic == topic
    assert caught.value.field.startswith(field)


@pytest.mark.parametrize("name", DRIVERS)
@given(
    payload=st.binary(max_size=100)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(
                    ["state", "brightness", "color", "POWER", "Dimmer", "HSBColor", "method", "params", "result", "id"]
                ),
                inner,
            )
            | st.lists(inner, max_size=2)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
@settings(max_examples=40, deadline=None)
def test_junk_is_a_payload_error_or_nothing(name: str, payload: bytes) -> None:
    options = {"state_topic": "s", "state_field": "state", "brightness_state_topic": "b"} if name == "generic" else {}
    one = driver(name, options=options)
    for topic in one.subscriptions():
        fault = None
        try:
            one.read(topic, payload)
        except PayloadError as error:
            fault = error
        assert fault is None or fault.topic == topic


@pytest.mark.parametrize("name", DRIVERS)
def test_options_are_checked(name: str) -> None:
    device = DeviceConfig.model_validate({"driver": name, "topic": "a/+", "options": {"colour": "red"}})
    found = faults("den", device)
    assert [fault.where for fault in found] == ["devices.den.topic", "devices.den.options.colour"]
    assert all(option in found[1].what for option in OPTIONS[name].model_fields)
    with pytest.raises(ConfigurationError):
        build("den", device)


def test_a_place_that_does_not_exist() -> None:
    device = DeviceConfig.model_validate({"driver": "generic", "topic": "a", "options": {"payload": "{stat}"}})
    (fault,) = faults("den", device)
    assert "{stat}" in fault.what
    assert "state" in fault.what


def test_every_driver_of_the_household_file_exists() -> None:
    allowed = DeviceConfig.model_fields["driver"].annotation.__args__  # type: ignore[union-attr]
    assert set(allowed) == set(DRIVERS) == set(OPTIONS)
