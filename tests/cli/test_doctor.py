"""Each part of the assistant, tried on a machine with sound and on one without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.mqtt import EmbeddedBroker
from tests.broker import Mosquitto
from tests.speech import noise
from tests.virtual_loudspeaker import NAME as LOUDSPEAKER
from tests.virtual_loudspeaker import VirtualLoudspeaker
from tests.virtual_microphone import NAME as MICROPHONE
from tests.virtual_microphone import SYSTEM_CONFIGURATION, VirtualMicrophone

PARTS = ["household", "network", "voice", "loudspeaker", "microphone", "broker"]
NO_SOUND = "audio: {input: nowhere, output: nowhere}\n"
NOWHERE = "mqtt://127.0.0.1:1"


def parts(told: str) -> dict[str, tuple[str, str]]:
    """Verdict and text of each part."""
    lines = [line.split(maxsplit=2) for line in told.splitlines()]
    assert [name for _, name, _ in lines] == PARTS, told
    return {name: (verdict, text) for verdict, name, text in lines}


def test_on_a_machine_with_sound_everything_works_and_a_loud_room_is_told(
    tmp_path: Path, shared_broker: Mosquitto
) -> None:
    file = tmp_path / "oyez.yaml"
    file.write_text(
        f"""\
languages: [en, fr]
replies: {{mode: speech}}
mqtt: {{url: {shared_broker.url}}}
audio: {{input: {MICROPHONE}, output: {LOUDSPEAKER}}}
"""
    )
    with VirtualMicrophone(tmp_path / "in") as microphone, VirtualLoudspeaker(tmp_path / "out") as loudspeaker:
        microphone.speak(noise(60, level_db=-30), wait=False)
        files = [one.environment["ALSA_CONFIG_PATH"].split(":")[-1] for one in (microphone, loudspeaker)]
        done = subprocess.run(
            [sys.executable, "-m", "assistant.cli", "doctor", "--config", str(file)],
            env={**os.environ, "ALSA_CONFIG_PATH": ":".join([str(SYSTEM_CONFIGURATION), *files])},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        # Two notes of 0.3 s together, for the loudspeaker and for the microphone.
        assert len(loudspeaker.sound) > 0.5 * 16_000
    told = parts(done.stdout)
    verdicts = {name: verdict for name, (verdict, _) in told.items()}
    assert verdicts.pop("microphone") == "look"
    # Whether the network is quick enough here is not the question.
    assert verdicts.pop("network") in ("good", "look")
    assert set(verdicts.values()) == {"good"}, told
    assert done.returncode == 0
    assert "understands en, fr" in told["network"][1]
    assert "nanotts speaks en, fr" in told["voice"][1]
    assert f"{LOUDSPEAKER} has played" in told["loudspeaker"][1]
    assert "does not hear the loudspeaker; the room is loud" in told["microphone"][1]
    assert shared_broker.url in told["broker"][1]


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "oyez.yaml"
    file.write_text(
        f"""\
model: garbage.onnx
replies: {{voice: {{engine: espeak-ng, program: /nowhere/espeak-ng}}}}
mqtt: {{url: '{NOWHERE}'}}
{NO_SOUND}
"""
    )
    (tmp_path / "garbage.onnx").write_bytes(b"garbage")
    assert main(["doctor", "--config", str(file)]) == 1
    told = parts(capsys.readouterr().out)
    assert {name for name, (verdict, _) in told.items() if verdict == "BAD"} == set(PARTS) - {"household"}
    assert "garbage.onnx" in told["network"][1]
    assert "/nowhere/espeak-ng cannot be started" in told["voice"][1]
    assert told["loudspeaker"][1].startswith(("there is no loudspeaker", 'no output device "nowhere"'))
    assert told["microphone"][1].startswith(("there is no microphone", 'no input device "nowhere"'))
    assert told["broker"][1].startswith(f"{NOWHERE} does not answer: ")


def test_mistakes_in_the_household_do_not_hide_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "oyez.yaml"
    file.write_text("rooms: 3\nlanguagse: [en]\n")
    assert main(["doctor", "--config", str(file)]) == 1
    told = parts(capsys.readouterr().out)
    verdict, text = told["household"]
    assert verdict == "BAD"
    assert text.startswith(f"{file}:1:")
    assert text.endswith("(and 1 more: oyez check)")
    assert "understands en, es, fr" in told["network"][1]


def test_the_broker_of_the_running_assistant_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "oyez.yaml"
    with EmbeddedBroker(0) as running:
        file.write_text(f"languages: [en]\nmqtt: {{embedded_port: {running.url.rpartition(':')[2]}}}\n{NO_SOUND}")
        assert main(["doctor", "--config", str(file)]) == 1
    verdict, text = parts(capsys.readouterr().out)["broker"]
    assert (verdict, text.partition(" answers")[0]) == ("good", "the running assistant's broker")
