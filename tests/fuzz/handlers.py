"""What devices tell the handlers, and intents that the handlers act on."""

from __future__ import annotations

import contextlib
import json
import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import TypeAdapter

from assistant.config import HouseholdConfig
from assistant.errors import PayloadError
from assistant.mqtt import Incoming, IntentPayload, Outgoing, ResultPayload
from handlers.base import Handler, Request
from handlers.calling import CallingHandler
from handlers.light import LightHandler
from handlers.media import MediaHandler
from handlers.players import PlayerError, PlayerState
from handlers.timer import TimerHandler
from tests.fuzz.bus import INTERPRETATION, VALUES
from tests.fuzz.inputs import mangled, odd_json, on_topics
from tests.fuzz.target import Target

WAIT_MS = 50
"""The shortest that a device may be waited for."""
FIELDS = {"state_field": "a.state", "brightness_state_field": "a.0.level", "brightness_scale": 254}
LIGHTS: Mapping[str, Any] = {
    "zigbee": {"topic": "z/zigbee", "timeout_ms": WAIT_MS, "names": {"en": "lamp"}, "room": "hall"},
    "two": {"topic": "z/two", "timeout_ms": WAIT_MS, "options": {"endpoint": "l1", "color": "xy"}},
    "ha": {"driver": "homeassistant", "topic": "ha", "options": {"availability_topic": "ha/there"}},
    "tasmota": {"driver": "tasmota", "topic": "tas", "options": {"relay": 2}},
    "shelly": {"driver": "shelly", "topic": "shelly", "options": {"component": "rgbcct:0"}},
    "esphome": {"driver": "esphome", "topic": "node/light/x"},
    "plug": {"kind": "switch", "driver": "esphome", "topic": "node/switch/y"},
    "strip": {
        "driver": "generic",
        "topic": "g",
        "options": {"state_topic": "g/s", "brightness_state_topic": "g/b", **FIELDS},
    },
    "word": {
        "driver": "generic",
        "topic": "w",
        "options": {"state_topic": "w/s", "on": "1", "off": "0", "confirms": False},
    },
}
STATES = {
    name: f"r/{name} {name}.0" if name != "playback" else "r/playback"
    for name in ("playback", "volume", "muted", "title", "position", "length", "shuffle", "repeat", "channel")
}
PLAYERS: Mapping[str, Any] = {
    "radio": {
        "driver": "generic",
        "timeout_ms": WAIT_MS,
        "room": "hall",
        "options": {
            **{f"{name}_state": place for name, place in STATES.items()},
            **{
                name: f"r/set/{name}"
                for name in ("pause", "resume", "stop", "next", "volume", "mute", "seek", "position")
            },
            "shuffle": "r/set/shuffle",
            "repeat": "r/set/repeat",
            "title": "r/set/title",
            "channel": "r/set/channel",
            "availability": "r/there",
            "titles": {"Jazz": "j"},
            "volume_scale": 255,
        },
    },
    "television": {
        "driver": "homeassistant",
        "kind": "television",
        "timeout_ms": WAIT_MS,
        "options": {"entity": "media_player.tv", "stations": {"FIP": "http://x/fip"}},
    },
}


@cache
def _folder() -> Path:
    return Path(_kept_folder().name)


@cache
def _kept_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="oyez-fuzz-")


def _household(**sections: Any) -> HouseholdConfig:
    return HouseholdConfig.model_validate({"site": "fuzz", "room": "hall", "state": _folder(), **sections})


def _device_topics(handler: Handler, good: Mapping[str, bytes | list[Any]]) -> dict[str, SearchStrategy[bytes]]:
    """What comes on each of a handler's topics: mangled words, or JSON with odd values; `good` by the topic's end."""
    documents = [document for given in good.values() if isinstance(given, list) for document in given]
    found: dict[str, SearchStrategy[bytes]] = {}
    for topic in handler.subscriptions():
        own = next((given for end, given in good.items() if topic.endswith(end)), documents)
        if isinstance(own, bytes):
            found[topic] = mangled([own], [b'"', b"{", b"\xff", b"1", b"e999", b"\x00", b" ", b"nan"], longest=5000)
        else:
            found[topic] = odd_json(own, ('"ON"', '"online"', "20", '"playing"', "[1, 2, 3]", '"Online"'))
    return found


def _receive(handler: Handler, message: tuple[str, bytes]) -> None:
    topic, content = message
    handler.received(Incoming(topic, content))


def _handle(handler: Handler, content: bytes, domain: str) -> None:
    """Act on an intent, as the runner does, and write the result as it does."""
    payload = IntentPayload.from_bytes(content, topic=f"oyez/fuzz/intent/{domain}/x")
    result = handler.handle(Request(payload.message(), site=payload.site, room=payload.room))
    ResultPayload.of(result, handler=domain).to_bytes()


def _intents(domain: str, intents: Mapping[str, list[Mapping[str, Any]]]) -> SearchStrategy[bytes]:
    """Intents of a domain with their slots, then with odd values; among the slots above all."""
    documents = [
        {**INTERPRETATION, "domain": domain, "intent": intent, "slots": dict(slots), "spoken": {}, "alternatives": []}
        for intent, given in intents.items()
        for slots in given
    ]
    values = (
        *VALUES,
        '"hall"',
        '"radio"',
        '"zigbee"',
        '"all"',
        "1e300",
        "-1",
        "1e17",
        '"off"',
        "true",
        "0.0001",
        "1e9",
    )
    return st.one_of(odd_json(documents, values), _odd_slots(documents, values))


@st.composite
def _odd_slots(draw: st.DrawFn, documents: list[dict[str, Any]], values: tuple[str, ...]) -> bytes:
    """An intent some of whose slots hold another value of the right kind."""
    document = draw(st.sampled_from(documents))
    literals = [
        *values,
        "NaN",
        "1e999",
        "1e308",
        "1" + "0" * 400,
        "9007199254740993",
        '""',
        '"\\u0000"',
        '"-"',
        '"٣"',
        "3.7",
    ]
    slots = {name: f"@{name}@" for name in document["slots"]}
    text = json.dumps({**document, "slots": {**document["slots"], **slots}})
    for name, value in document["slots"].items():
        literal = draw(st.sampled_from([json.dumps(value), json.dumps(value), *literals]))
        text = text.replace(f'"@{name}@"', literal)
    return text.encode()


# Lights.


class _Echo:
    """Lamps that obey: what is published to `TOPIC/set` comes back on `TOPIC`."""

    def __init__(self) -> None:
        self.handler: Handler | None = None

    def publish(self, message: Outgoing) -> None:
        """Answer as Zigbee2MQTT does."""
        topic, _, what = message.topic.rpartition("/")
        if self.handler is not None and what == "set":
            self.handler.received(Incoming(topic, message.payload))


@cache
def _lights() -> LightHandler:
    echo = _Echo()
    quick = {name: {**device, "timeout_ms": WAIT_MS} for name, device in LIGHTS.items()}
    scenes = {"movie": {"set": {"zigbee": {"on": True, "brightness": 20}}}, "go": {"topic": "scene"}}
    handler = LightHandler(_household(devices=quick, rooms={"hall": {}}, scenes=scenes), echo.publish)
    echo.handler = handler
    return handler


_LIGHT_STATES: Mapping[str, bytes | list[Any]] = {
    "/availability": [{"state": "online"}],
    "/there": b"online",
    "/LWT": b"Online",
    "/online": b"true",
    "/status": b"offline",
    "node/switch/y/state": b"ON",
    "w/s": b"1",
    "z/zigbee": [
        {"state": "ON", "brightness": 127, "color_mode": "xy", "color_temp": 370, "color": {"x": 0.3, "y": 0.4}},
        {"state": "OFF", "color": {"hue": 20, "saturation": 90, "hex": "#ff0000"}},
    ],
    "z/two": [{"state_l1": "ON", "brightness_l1": 3, "color_l1": {"x": 0.1, "y": 0.0}}],
    "stat/tas/RESULT": [
        {"POWER2": "ON", "Dimmer": 50, "HSBColor": "20,30,40", "White": 0, "CT": 300},
        {"Command": "E"},
    ],
    "tele/tas/STATE": [{"POWER": "OFF", "CT": 153, "HSBColor": "0,0,0"}],
    "oyez-rpc/shelly/rpc": [
        {"id": 2, "result": {"output": True, "brightness": 10, "rgb": [1, 2, 3], "ct": 3000, "mode": "cct"}},
        {"id": 1, "error": {"code": -103, "message": "no"}},
    ],
    "shelly/events/rpc": [{"method": "NotifyStatus", "params": {"rgbcct:0": {"output": False, "rgb": [0, 0, 0]}}}],
    "node/light/x/state": [{"state": "ON", "brightness": 9, "color_mode": "rgb", "color": {"r": 1, "g": 2, "b": 3}}],
    "ha": [{"state": "ON", "brightness": 1, "color_temp": 200, "color": {"h": 1, "s": 2}, "color_mode": "hs"}],
    "g/s": [{"a": {"state": "ON"}}],
    "g/b": [{"a": [{"level": 100}]}],
}
_LIGHT_INTENTS: Mapping[str, list[Mapping[str, Any]]] = {
    "on": [{"device": "zigbee"}, {"room": "hall"}, {"scope": "all", "confirmed": True}],
    "off": [{"device": "word"}, {"floor": "ground"}],
    "toggle": [{"device": "zigbee"}],
    "brightness": [{"device": "zigbee", "brightness": 20}, {"device": "word", "brightness": 0}],
    "brighter": [{"device": "zigbee", "amount": 10}],
    "dimmer": [{"device": "zigbee"}],
    "color": [{"device": "zigbee", "color": "red"}, {"device": "zigbee", "color": "#a0b1c2"}],
    "color_temperature": [{"device": "zigbee", "kelvin": 2700}, {"device": "zigbee", "direction": "warmer"}],
    "scene": [{"scene": "movie"}, {"scene": "go"}],
    "undo": [{}],
}

# Players.


@cache
def _media() -> MediaHandler:
    handler = MediaHandler(_household(players=PLAYERS, rooms={"hall": {}}), lambda _: None)
    handler.__enter__()  # its threads end with the process
    return handler


def media_topics() -> tuple[str, ...]:
    """Where players tell their states."""
    return tuple(_media().subscriptions())


def take_player_messages(messages: list[tuple[str, bytes]]) -> None:
    """Let players tell something after a new beginning, and ask what they do."""
    handler = _media()
    handler.connected()
    for message in messages:
        _receive(handler, message)
    for player in handler._players.values():
        with contextlib.suppress(PlayerError):  # those that have told nothing
            check_state(player.driver.state())


def check_state(state: PlayerState) -> None:
    """Raise where a driver's state is not what the contract says: the handler counts on it."""
    assert _STATE.validate_python(asdict(state)) == state  # what had to be converted is of another type
    assert all(math.isfinite(seconds or 0.0) for seconds in (state.position_s, state.length_s))


_STATE = TypeAdapter(PlayerState)


_PLAYER_STATES: Mapping[str, bytes | list[Any]] = {
    "r/there": b"online",
    "r/playback": b"playing",
    "r/volume": [{"volume": [128]}, {"volume": ["12.5"]}],
    "r/muted": [{"muted": ["on"]}, {"muted": [True]}],
    "r/title": [{"title": ["So What"]}],
    "r/position": [{"position": [12]}],
    "r/length": [{"length": ["120.5"]}],
    "r/shuffle": [{"shuffle": ["off"]}],
    "r/repeat": [{"repeat": ["all"]}],
    "r/channel": [{"channel": [3]}],
    "/state": b"playing",
    "/status": b"offline",
    "/volume_level": [0.5],
    "/is_volume_muted": [True],
    "/media_position": [12.5],
    "/media_duration": [300],
    "/media_position_updated_at": ["2026-03-01T12:00:00+00:00"],
    "/source_list": [["HDMI 1", "TF1"]],
    "/supported_features": [4095],
    "/shuffle": [False],
}
_MEDIA_INTENTS: Mapping[str, list[Mapping[str, Any]]] = {
    "play": [{"title": "Jazz"}, {"artist": "x", "player": "radio"}, {}],
    "pause": [{"player": "radio"}],
    "volume": [{"volume": 30, "player": "radio"}],
    "volume_up": [{"player": "radio", "amount": 10}],
    "mute": [{"scope": "all"}],
    "seek": [{"seconds": 30, "direction": "back", "player": "radio"}, {"minutes": 2, "player": "radio"}],
    "position": [{"seconds": 5, "minutes": 1, "hours": 2, "player": "radio"}],
    "channel": [{"channel": 3, "player": "television"}, {"channel": "source:TF1"}],
    "shuffle": [{"state": "on", "player": "radio"}],
    "repeat": [{"mode": "one", "player": "radio"}],
    "what": [{"room": "hall"}],
    "undo": [{}],
}

# Telephones.

PEOPLE = {
    "anna": {"names": {"en": "Anna López"}, "numbers": {"mobile": "+34 612 34 56 78"}, "relations": ["mother"]},
    "marta": {"names": {"en": "Marta Ruiz"}, "numbers": {"home": "913 456 789", "work": "+34 914 000 111"}},
}


def _calling(**calling: Any) -> CallingHandler:
    guard = {"confirm": "never", "calls_per_day": 10_000}
    return CallingHandler(
        _household(calling={"timeout_ms": 100, "guard": guard, **calling}, contacts={"people": PEOPLE}), lambda _: None
    )


@cache
def _silent_telephone() -> CallingHandler:
    return _calling(driver="generic", options={"topic": "tel"})


@cache
def _generic_telephone() -> CallingHandler:
    return _calling(driver="generic", options={"topic": "tel", "event_topic": "tel/event", "event_field": "what"})


@cache
def _baresip() -> CallingHandler:
    return _calling(driver="baresip")


_CALL_EVENTS = [
    {"what": what, "number": "+34 612 34 56 78", "reason": "busy"}
    for what in ("incoming", "dialing", "ringing", "established", "closed", "online", "offline", "muted")
]
_BARESIP_EVENTS = [
    {
        "event": True,
        "class": "call",
        "type": kind,
        "peeruri": "sip:0612345678@x",
        "param": "486 Busy",
        "direction": "outgoing",
    }
    for kind in ("CALL_INCOMING", "CALL_RINGING", "CALL_ESTABLISHED", "CALL_CLOSED", "CALL_LOCAL_SDP")
]
_BARESIP_ANSWERS = [
    {"response": True, "ok": True, "data": "call un-muted", "token": "oyez-mute"},
    {"ok": True, "data": "--- Active calls (1) ---\n> [line 1]  0:00:12   ESTABLISHED        sip:0612345678@x\n"},
    {"ok": False, "data": "command not found (x)"},
]
_CALL_INTENTS: Mapping[str, list[Mapping[str, Any]]] = {
    "call": [
        {"contact": "anna"},
        {"contact": "marta", "kind": "work"},
        {"relation": "mother"},
        {"digits": "0612345678"},
    ],
    "redial": [{}],
    "answer": [{}],
    "hang_up": [{}],
    "mute": [{}],
    "who": [{}],
}


def _calls() -> SearchStrategy[tuple[str, bytes]]:
    answers = odd_json(_BARESIP_ANSWERS, ('"[line 1] 0:0 RINGING x"',))
    named = {f"/baresip/command_resp/oyez-{command}": answers for command in ("listcalls", "mute", "dial", "x")}
    return on_topics({"/baresip/event": odd_json(_BARESIP_EVENTS, ('"sip:anonymous@x"', '"404 x"')), **named})


def take_call_event(message: tuple[str, bytes]) -> None:
    """Let a telephone tell something, and ask about it."""
    topic, _ = message
    handler = _generic_telephone() if topic == "tel/event" else _baresip()
    _receive(handler, message)


# Timers.


def take_timer_intents(contents: list[bytes]) -> None:
    """Set timers, change them, and take them up after a restart."""
    household = _household()
    with TimerHandler(household, lambda _: None) as handler:
        try:
            for content in contents:
                _handle(handler, content, "timer")
        finally:
            kept = handler._file.path
            TimerHandler(household, lambda _: None).connected()
            kept.unlink(missing_ok=True)


def take_stored_timers(content: bytes) -> None:
    """Take up timers that another program, or a damaged disk, has written."""
    household = _household()
    handler = TimerHandler(household, lambda _: None)
    handler._file.path.write_bytes(content)
    again = TimerHandler(household, lambda _: None)
    again.connected()
    with again._changed:
        again._look()
        again._write()
    for kept in _folder().glob("*.timers*"):
        kept.unlink()


_TIMER_INTENTS: Mapping[str, list[Mapping[str, Any]]] = {
    "start": [{"minutes": 10}, {"hours": 1, "minutes": 5, "seconds": 30, "name": "eggs"}, {"seconds": 45.5}, {}],
    "remaining": [{}, {"name": "eggs"}, {"start_minutes": 10}],
    "add": [{"minutes": 5, "timer": 1}],
    "pause": [{"timer": 1}],
    "resume": [{}],
    "cancel": [{"name": "eggs"}, {"start_hours": 1}],
    "cancel_all": [{}],
    "undo": [{}],
}
_STORED = [
    [
        {"key": 1, "length_s": 60.0, "language": "en", "name": "eggs", "label": "eggs", "ends": "2099-01-01T00:00:00Z"},
        {"key": 2, "length_s": 5, "language": "fr", "ends": None, "left_s": 4.5, "rang": False},
        {"key": 3, "length_s": 9, "language": "es", "ends": "2020-01-01T00:00:00+02:00", "rang": True},
    ]
]
_TIMER_VALUES = (
    '"9999-12-31T23:59:59Z"',
    '"0001-01-01T00:00:00Z"',
    '"0001-01-01T00:00:00+14:00"',
    "1e300",
    "1e17",
    '"en"',
)


def _acting(
    name: str, domain: str, handler: Callable[[], Handler], intents: Mapping[str, list[Mapping[str, Any]]]
) -> Target:
    return Target(name, _intents(domain, intents), lambda given: _handle(handler(), given, domain), (PayloadError,))


TARGETS = (
    Target(
        "lamps",
        st.deferred(lambda: on_topics(_device_topics(_lights(), _LIGHT_STATES))),
        lambda given: _receive(_lights(), given),
        (PayloadError,),
    ),
    _acting("light intents", "light", _lights, _LIGHT_INTENTS),
    Target(
        "players",
        st.deferred(lambda: st.lists(on_topics(_device_topics(_media(), _PLAYER_STATES)), min_size=1, max_size=3)),
        take_player_messages,
        (PayloadError,),
    ),
    _acting("media intents", "media", _media, _MEDIA_INTENTS),
    Target(
        "telephones",
        st.one_of(_calls(), on_topics({"tel/event": odd_json(_CALL_EVENTS)})),
        take_call_event,
        (PayloadError,),
    ),
    _acting("call intents", "calling", _silent_telephone, _CALL_INTENTS),
    Target(
        "timer intents",
        st.lists(_intents("timer", _TIMER_INTENTS), min_size=1, max_size=4),
        take_timer_intents,
        (PayloadError,),
    ),
    Target("stored timers", odd_json(_STORED, _TIMER_VALUES), take_stored_timers),
)
