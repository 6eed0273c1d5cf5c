"""A media player of Home Assistant: what its state stream says, and what its automation is told.

The peer at the broker speaks as Home Assistant's documentation of `mqtt_statestream` and of `media_player` says;
docs/players.md has the automation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.errors import PayloadError
from handlers.players import Command, NoAnswerError, NotPossibleError, PlayerState
from handlers.players.homeassistant import HomeAssistant, Options
from tests.broker import Mosquitto, Peer
from tests.handlers.media.house import House, changes

NOW = datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)
BASE = "homeassistant/media_player/lounge"
COMMANDS = "oyez/homeassistant/call"
TRANSPORT = 1 | 2 | 4 | 8 | 16 | 32 | 512 | 2048 | 4096 | 16384 | 32768 | 262144
DOCUMENT = Path(__file__).parents[3] / "docs" / "players.md"


def entity(kind: Any = "player", **options: Any) -> HomeAssistant:
    return HomeAssistant("lounge", Options.model_validate({"entity": "media_player.lounge", **options}), kind)


def told(player: HomeAssistant, **published: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, payload in published.items():
        assert f"{BASE}/{name}" in player.subscriptions()
        found |= player.read(f"{BASE}/{name}", payload.encode())
    return found


PLAYING = {
    "state": "playing", "volume_level": "0.345", "is_volume_muted": "false", "media_title": '"Ça plane pour moi"',
    "media_artist": '"Plastic Bertrand"', "media_album_name": '"AN 1"', "media_content_id": '"x:1"',
    "media_duration": "181", "media_position": "10", "media_position_updated_at": '"2026-05-01T12:00:00+00:00"',
    "shuffle": "true", "repeat": '"all"',
}  # fmt: skip


def test_what_plays_and_where_it_is_now():
    player = entity()
    assert player.state(told(player, **PLAYING), now=NOW) == PlayerState(
        playback="playing", volume=34, muted=False, title="Ça plane pour moi", artist="Plastic Bertrand", album="AN 1",
        position_s=40.0, length_s=181.0, shuffle=True, repeat="all", item="x:1",
    )  # fmt: skip


def test_what_stays_retained_of_the_last_title_is_not_told_when_stopped():
    player = entity()
    state = player.state(told(player, **PLAYING) | {"state": "idle"}, now=NOW)
    assert (state.playback, state.title, state.position_s, state.volume) == ("stopped", None, None, 34)


def test_a_position_does_not_move_while_paused():
    player = entity()
    assert player.state(told(player, **PLAYING) | {"state": "paused"}, now=NOW).position_s == 10


@pytest.mark.parametrize(
    ("state", "playback"),
    [("buffering", "starting"), ("paused", "paused"), ("off", "stopped"), ("standby", "stopped"), ("on", None)],
)
def test_playback(state: str, playback: str | None):
    player = entity()
    assert player.state(told(player, state=state), now=NOW).playback == playback


@pytest.mark.parametrize("state", ["unavailable", "unknown"])
def test_a_player_that_is_away(state: str):
    player = entity()
    with pytest.raises(NoAnswerError, match=state):
        player.state(told(player, state=state), now=NOW)


def test_sources_are_a_televisions_channels_and_a_radios_stations():
    sources = {"state": "on", "source": '"Arte"', "source_list": '["Arte", "HDMI 1"]'}
    for kind, catalog in (("television", "channel"), ("player", "station")):
        player = entity(kind, stations={"FIP": "https://radio.example/fip"})
        library = player.library(told(player, **sources))
        assert {"Arte", "HDMI 1"} <= {name.spoken for name in library[catalog]}
        assert "FIP" in {name.spoken for name in library["station"]}
        assert getattr(player.state(told(player, **sources), now=NOW), catalog) == "Arte"


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("volume_level", "loud"), ("volume_level", '"x"'), ("source_list", '{"a": 1}'), ("media_title", "[1]"),
        ("media_position_updated_at", '"yesterday"'), ("media_position_updated_at", '"2026-05-01T12:00:00"'),
        ("is_volume_muted", '"perhaps"'),
    ],
)  # fmt: skip
def test_attributes_that_make_no_sense(name: str, payload: str):
    player = entity()
    with pytest.raises(PayloadError, match=name):
        told(player, **{name: payload})


@pytest.mark.parametrize(
    ("command", "action", "data"),
    [
        (Command("resume"), "media_play", {}),
        (Command("pause"), "media_pause", {}),
        (Command("stop"), "media_stop", {}),
        (Command("next"), "media_next_track", {}),
        (Command("channel_up"), "media_next_track", {}),
        (Command("previous"), "media_previous_track", {}),
        (Command("volume", 35), "volume_set", {"volume_level": 0.35}),
        (Command("mute", True), "volume_mute", {"is_volume_muted": True}),
        (Command("shuffle", False), "shuffle_set", {"shuffle": False}),
        (Command("repeat", "one"), "repeat_set", {"repeat": "one"}),
        (Command("position", 90), "media_seek", {"seek_position": 90}),
        (Command("seek", 30), "media_seek", {"seek_position": 70.0}),
        (Command("seek", -300), "media_seek", {"seek_position": 0.0}),
        (Command("channel", 7), "play_media", {"media_content_type": "channel", "media_content_id": "7"}),
        (Command("channel", "source:Arte"), "select_source", {"source": "Arte"}),
        (Command("station", "media:http://x/y"), "play_media",
         {"media_content_type": "music", "media_content_id": "http://x/y"}),
        (Command("playlist", "media:spotify:playlist:1"), "play_media",
         {"media_content_type": "playlist", "media_content_id": "spotify:playlist:1"}),
    ],
)  # fmt: skip
def test_commands(command: Command, action: str, data: dict[str, Any]):
    player = entity("television")
    assert command.action in player.features
    (message,) = player.messages(command, told(player, **PLAYING, supported_features=str(TRANSPORT)), now=NOW)
    assert message.topic == COMMANDS
    assert json.loads(message.payload) == {
        "action": f"media_player.{action}", "entity_id": "media_player.lounge", "data": data,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "features"), [(Command("next"), TRANSPORT & ~32), (Command("channel", "source:Arte"), 512)]
)
def test_what_the_player_says_it_cannot_is_not_asked(command: Command, features: int):
    player = entity()
    with pytest.raises(NotPossibleError, match=r"media_player\.lounge has no"):
        player.messages(command, told(player, supported_features=str(features)), now=NOW)


def test_it_cannot_seek_from_nowhere():
    player = entity()
    with pytest.raises(NotPossibleError, match="does not tell where it is"):
        player.messages(Command("seek", 30), {}, now=NOW)


class Assistant(Peer):
    """Publishes a media player's state as `mqtt_statestream` does, and does what the automation is told."""

    def __init__(self, port: int) -> None:
        super().__init__(port, COMMANDS)
        self.client.on_message = self._obey

    def tell(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            payload = value if name == "state" else json.dumps(value)
            self.client.publish(f"{BASE}/{name}", payload, qos=1, retain=True)

    def forget(self) -> None:
        for name in entity().subscriptions():
            self.publish(name, b"", retain=True)

    def _obey(self, client: Any, mine: Any, message: Any) -> None:
        self._on_message(client, mine, message)
        call = json.loads(message.payload)
        states = {"media_player.media_play": "playing", "media_player.media_pause": "paused"}
        if call["action"] in states:
            self.tell(state=states[call["action"]])
        elif call["action"] == "media_player.media_seek":
            self.tell(media_position=call["data"]["seek_position"], media_position_updated_at=moment())
        else:
            self.tell(**call["data"])


def moment(*, ago_s: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat()


@pytest.fixture
def assistant(shared_broker: Mosquitto) -> Iterator[Assistant]:
    with Assistant(shared_broker.port) as assistant:
        assistant.tell(state="paused", volume_level=0.5, is_volume_muted=False, media_title="Metropolis",
                       media_duration=9000, media_position=1000, media_position_updated_at=moment(ago_s=500),
                       supported_features=TRANSPORT, source_list=["Arte"])  # fmt: skip
        yield assistant
        assistant.forget()


@pytest.fixture
def house(shared_broker: Mosquitto, tmp_path: Path, assistant: Assistant) -> Iterator[House]:
    assert assistant
    with ExitStack() as stack:
        player = {"driver": "homeassistant", "kind": "television", "timeout_ms": 20_000,
                  "options": {"entity": "media_player.lounge"}}  # fmt: skip
        yield House(stack, shared_broker, state=tmp_path / "state", config={"players": {"tv": player}})


def test_a_house_with_home_assistant(house: House):
    assert house.say("resume").code == "done"
    assert house.say("pause").code == "done"
    assert changes(house.say("volume_up")) == {("tv", "volume"): 60}
    assert house.say("mute").code == "done"
    assert house.say("seek", seconds=60).code == "done"
    assert house.say("repeat", state="all").code == "done"
    house.catalog("channel", "Arte")
    assert house.say("channel", channel="Arte").ok


def test_the_automation_of_the_document_fits_what_is_published():
    text = DOCUMENT.read_text(encoding="utf-8")
    blocks = [yaml.safe_load(block.split("```")[0]) for block in text.split("```yaml\n")[1:]]
    found = next(block for block in blocks if "automation" in block)
    (automation,) = found["automation"]
    (trigger,) = automation["triggers"]
    (action,) = automation["actions"]
    (message,) = entity().messages(Command("pause"), {}, now=NOW)
    assert trigger == {"trigger": "mqtt", "topic": message.topic}
    for field in json.loads(message.payload):
        assert f"trigger.payload_json.{field}" in json.dumps(action)
    assert found["mqtt_statestream"]["publish_attributes"] is True
    assert entity().subscriptions()[0].startswith(f"{found['mqtt_statestream']['base_topic']}/media_player/")
