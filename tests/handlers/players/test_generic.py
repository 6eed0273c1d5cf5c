"""Players on MQTT topics: what their options say, and one behind a real broker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from assistant.config import PlayerConfig
from assistant.errors import ConfigurationError, PayloadError
from handlers.players import Command, NoAnswerError, NotPossibleError, PlayerState, build
from handlers.players.generic import Generic, Options
from tests.broker import Mosquitto, Peer
from tests.handlers.media.house import House, changes
from tests.handlers.players.peers import Heard

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def generic(**options: Any) -> Generic:
    return Generic("tv", Options.model_validate(options))


@pytest.mark.parametrize(
    ("options", "command", "published"),
    [
        ({"pause": "tv/key PAUSE"}, Command("pause"), ("tv/key", "PAUSE")),
        ({"home": "tv/key/home"}, Command("home"), ("tv/key/home", "")),
        ({"volume": "tv/volume"}, Command("volume", 35), ("tv/volume", "35")),
        ({"volume": "tv/v", "volume_scale": 1}, Command("volume", 35), ("tv/v", "0.35")),
        ({"volume": "tv/v", "volume_scale": 255}, Command("volume", 50), ("tv/v", "128")),
        ({"volume": 'tv/set {"volume": {value}}'}, Command("volume", 7), ("tv/set", '{"volume": 7}')),
        ({"mute": "tv/mute", "on": "1", "off": 0}, Command("mute", False), ("tv/mute", "0")),
        ({"mute": 'tv/mute {"to": "{value}"}'}, Command("mute", True), ("tv/mute", '{"to": "on"}')),
        ({"channel": "tv/channel"}, Command("channel", 7), ("tv/channel", "7")),
        ({"seek": "p/seek {value}s"}, Command("seek", -30), ("p/seek", "-30s")),
        ({"repeat": "p/repeat"}, Command("repeat", "all"), ("p/repeat", "all")),
        ({"title": 'p/play {"t": "{value}"}'}, Command("title", 'Say "Hé"'), ("p/play", '{"t": "Say \\"Hé\\""}')),
        ({"title": "p/play {value}"}, Command("title", 'Say "Hé"'), ("p/play", 'Say "Hé"')),
    ],
)
def test_commands(options: dict[str, Any], command: Command, published: tuple[str, str]):
    (message,) = generic(**options).messages(command, {}, now=NOW)
    assert (message.topic, message.payload) == published


@pytest.mark.parametrize(
    ("options", "topic", "payload", "state"),
    [
        ({"playback_state": "p"}, "p", b"playing\n", PlayerState(playback="playing")),
        ({"playback_state": "p", "stopped": "stop|off"}, "p", b"off", PlayerState(playback="stopped")),
        ({"volume_state": "p a.vol"}, "p", b'{"a": {"vol": 40}}', PlayerState(volume=40)),
        ({"volume_state": "p 0.vol"}, "p", b'[{"vol": 40}]', PlayerState(volume=40)),
        ({"volume_state": "p", "volume_scale": 1}, "p", b"0.355", PlayerState(volume=36)),
        ({"volume_state": "p"}, "p", b"250", PlayerState(volume=100)),
        ({"muted_state": "p m"}, "p", b'{"m": true}', PlayerState(muted=True)),
        ({"muted_state": "p", "off": "0", "on": "1"}, "p", b"0", PlayerState(muted=False)),
        ({"title_state": "p"}, "p", "Ça plane".encode(), PlayerState(title="Ça plane")),
        ({"title_state": "p t"}, "p", b"{}", PlayerState()),
        ({"position_state": "p x", "length_state": "p y"}, "p", b'{"x": 3, "y": 9.5}',
         PlayerState(position_s=3, length_s=9.5)),
        ({"repeat_state": "p"}, "p", b"one", PlayerState(repeat="one")),
    ],
)  # fmt: skip
def test_states(options: dict[str, Any], topic: str, payload: bytes, state: PlayerState):
    player = generic(**options)
    assert player.subscriptions() == (topic,)
    assert player.state(player.read(topic, payload), now=NOW) == state


@pytest.mark.parametrize(
    ("options", "payload"),
    [
        ({"playback_state": "p"}, b"exploding"),
        ({"volume_state": "p"}, b"loud"),
        ({"volume_state": "p"}, b"nan"),
        ({"volume_state": "p v"}, b"{"),
        ({"volume_state": "p v"}, b'{"v": [1]}'),
        ({"muted_state": "p"}, b"perhaps"),
        ({"title_state": "p"}, b"\xff"),
        ({"position_state": "p"}, b"inf"),
        ({"repeat_state": "p"}, b"twice"),
    ],
)
def test_states_that_make_no_sense(options: dict[str, Any], payload: bytes):
    with pytest.raises(PayloadError, match=r"^p:"):
        generic(**options).read("p", payload)


@pytest.mark.parametrize(
    ("options", "confirms"),
    [
        ({"pause": "a"}, False),
        ({"pause": "a", "playback_state": "s"}, True),
        ({"pause": "a", "volume": "b", "playback_state": "s"}, False),
        ({"pause": "a", "volume": "b", "playback_state": "s", "volume_state": "t"}, True),
        ({"home": "a", "volume": "b", "volume_state": "t"}, True),
    ],
)
def test_it_confirms_only_what_it_tells(options: dict[str, str], confirms: bool):
    assert generic(**options).confirms is confirms


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"pause": "tv/+/key PAUSE"}, 'pause: "tv/\\+/key" is no topic'),
        ({"pause": ""}, 'pause: "" is no topic'),
        ({"volume": "tv/volume {volume}"}, r"volume: no place \{volume\}"),
        ({"volume_state": "tv/#"}, "volume_state"),
        ({"volume_scale": 0}, "volume_scale"),
        ({"paus": "tv/key"}, "no such option"),
    ],
)
def test_options_that_make_no_sense_are_named(options: dict[str, Any], fault: str):
    player = PlayerConfig.model_validate({"driver": "generic", "options": options})
    with pytest.raises(ConfigurationError, match=fault):
        build("tv", player, Heard().wiring)


def test_names_are_for_what_has_a_command_only():
    with pytest.raises(ValidationError, match="stations are named, but there is no command station"):
        Options.model_validate({"stations": {"FIP": "1"}})


def test_a_player_without_states_is_sent_to():
    player = build("tv", PlayerConfig(driver="generic", options={"pause": "a"}), Heard().wiring)
    assert player.state() == PlayerState()
    with pytest.raises(NotPossibleError):
        player.perform(Command("next"))


TELEVISION = {
    "driver": "generic", "kind": "television", "names": {"en": "television"}, "timeout_ms": 20_000,
    "options": {
        "resume": "tv/set play", "pause": "tv/set pause", "volume": "tv/set volume {value}",
        "mute": "tv/set mute {value}", "channel": "tv/set channel {value}", "home": "tv/set home",
        "channels": {"Arte": 7, "Canal Sur": 12},
        "playback_state": "tv/state playback", "volume_state": "tv/state volume",
        "muted_state": "tv/state muted", "channel_state": "tv/state channel", "availability": "tv/there",
    },
}  # fmt: skip


class Television(Peer):
    """A television on MQTT, in a client of its own: it does what it is told and says so, until it hangs."""

    def __init__(self, port: int) -> None:
        super().__init__(port, "tv/set")
        self._shown: dict[str, Any] = {"playback": "stopped", "volume": 50, "muted": False, "channel": "1"}
        self.hangs = threading.Event()
        self.client.on_message = self._obey

    def tell(self) -> None:
        self.client.publish("tv/state", json.dumps(self._shown), qos=1, retain=True)

    def _obey(self, client: Any, mine: Any, message: Any) -> None:
        self._on_message(client, mine, message)
        if self.hangs.is_set():
            return
        word, _, value = message.payload.decode().partition(" ")
        done = {
            "play": {"playback": "playing"},
            "pause": {"playback": "paused"},
            "volume": {"volume": int(value) if value.isdecimal() else 0},
            "mute": {"muted": value == "on"},
            "channel": {"channel": value, "playback": "playing"},
        }
        self._shown |= done.get(word, {})
        self.tell()


@pytest.fixture
def television(shared_broker: Mosquitto) -> Iterator[Television]:
    with Television(shared_broker.port) as television:
        television.publish("tv/there", "online", retain=True)
        television.tell()
        yield television


@pytest.fixture
def house(shared_broker: Mosquitto, tmp_path: Path, television: Television) -> Iterator[House]:
    with ExitStack() as stack:
        config = {"players": {"tv": TELEVISION}}
        yield House(stack, shared_broker, state=tmp_path / "state", config=config)
        television.publish("tv/there", "", retain=True)
        television.publish("tv/state", "", retain=True)


def test_a_television_is_told_and_believed(house: House, television: Television):
    assert changes(house.say("volume", volume=20)) == {("tv", "volume"): 20}
    assert house.say("resume").code == "done"
    assert house.say("mute").code == "done"
    assert house.say("pause").code == "done"
    assert house.say("home").code == "sent"
    assert house.catalog("channel", "Arte", "Canal Sur").keys() == {"Arte", "Canal Sur"}
    assert house.say("channel", channel="Canal Sur").ok
    assert house.say("channel", channel=3).ok
    told = [message.payload.decode() for message in television.on("tv/set")]
    assert told[-2:] == ["channel 12", "channel 3"]


def test_a_television_that_hangs_or_is_offline_is_reported(house: House, television: Television):
    assert house.say("volume", volume=30).ok
    television.hangs.set()
    television.publish("tv/there", "offline", retain=True)
    result = house.say("volume", volume=60)
    assert not result.ok
    assert result.code == "no-answer"


def test_a_television_by_infrared_gets_louder_by_steps(shared_broker: Mosquitto, tmp_path: Path):
    options = {"volume_up": "ir/send VOL+", "volume_down": "ir/send VOL-", "channel_up": "ir/send CH+"}
    player = {"driver": "generic", "kind": "television", "options": options}
    with ExitStack() as stack, Peer(shared_broker.port, "ir/send") as sender:
        house = House(stack, shared_broker, state=tmp_path / "state", config={"players": {"tv": player}})
        codes = [house.say(intent).code for intent in ("volume_up", "volume_down", "channel_up", "volume_up")]
        assert codes == ["sent"] * 4
        sent = [message.payload for message in sender.wait_for("ir/send", count=4)]
        assert sent == [b"VOL+", b"VOL-", b"CH+", b"VOL+"]
        assert house.say("volume", volume=30).code == "not-possible"


def test_a_player_that_has_told_nothing_gives_no_answer():
    config = PlayerConfig(driver="generic", timeout_ms=100, options={"pause": "a", "playback_state": "s"})
    with pytest.raises(NoAnswerError, match="nothing came on s"):
        build("tv", config, Heard().wiring).state()
