"""What stands between ears, understanding and voice."""

from pathlib import Path

import pytest

from assistant.config import HouseholdConfig, MqttConfig
from assistant.conversation import Conversation
from assistant.model import Model
from assistant.mqtt import Client
from assistant.observe import Counters
from assistant.recognizer import for_household
from assistant.reports import LogReporter
from assistant.speak import Speaker
from assistant.state import StateFile
from assistant.traces import Traces
from tests.speak.test_speaker import Room


@pytest.mark.parametrize(("engine", "heard_out"), [("microwakeword", False), ("none", True)])
def test_the_wake_word_ends_a_reply(tmp_path: Path, engine: str, heard_out: bool) -> None:
    config = HouseholdConfig.model_validate(
        {
            "state": tmp_path,
            "wake": {"engine": engine},
            "replies": {"mode": "speech", "echo": "cancelled"},
        }
    )
    room = Room()
    with Speaker(config.replies, output=room, on_speaking=room.on_speaking) as speaker:
        conversation = Conversation(
            config,
            for_household(config, Model.load()),
            client=Client(MqttConfig(), site="home", url="mqtt://127.0.0.1:1"),
            voice=speaker,
            traces=Traces(StateFile.of(config, "traces")),
            reporter=LogReporter(),
            counters=Counters(),
        )
        room.held.clear()
        speaker.say("It is on. It is off. It is on. It is off.", "en", on_done=room.on_done())
        assert room.playing.wait(30)
        conversation.listener_state("listening")
        room.held.set()
        room.wait()
    assert (room.events.count("sound") == 4) == heard_out
