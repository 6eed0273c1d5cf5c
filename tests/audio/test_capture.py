from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.capture import QUEUE_S, Ring
from tests.child import Child
from tests.speech import silence, trimmed
from tests.virtual_microphone import NAME, VirtualMicrophone

COMMAND = "turn on the kitchen light"


def recording(environment: dict[str, str], *arguments: str) -> Child:
    """The process that listens."""
    return Child("tests.audio.recorder", *arguments, environment=environment)


@pytest.fixture
def microphone(tmp_path: Path) -> Iterator[VirtualMicrophone]:
    with VirtualMicrophone(tmp_path) as one:
        yield one


def is_command(utterance_ms: int) -> bool:
    """Whether an utterance has the length of COMMAND with pre-roll and hangover; a busy machine loses blocks."""
    return abs(utterance_ms - (len(trimmed(COMMAND)) / 16 + 700)) < 500


SPOKEN = np.concatenate([silence(0.2), trimmed(COMMAND), silence(0.8)])


def test_a_spoken_command_is_one_utterance(microphone: VirtualMicrophone) -> None:
    with recording(microphone.environment, "TESTM") as recorder:
        devices = recorder.next("devices")
        assert [NAME, True] in [[name, inputs > 0] for name, inputs, _ in devices]
        assert "testmic (16000 Hz, channels: 1)" in recorder.next("opened")
        microphone.speak(SPOKEN)
        assert is_command(recorder.next("utterance_ms"))
        last = recorder.end()
    assert last["blocks"] > 80
    assert last["threads"] == 1


def test_the_default_device_records_after_it_has_played(microphone: VirtualMicrophone) -> None:
    with recording(microphone.environment, "default", "play") as recorder:
        assert recorder.next("played")
        # Both are the same device: on a busy machine ALSA's probe of "default" may fail, and the first one is taken.
        assert recorder.next("opened").startswith(("default (", f"{NAME} ("))
        microphone.speak(SPOKEN)
        assert is_command(recorder.next("utterance_ms"))
        recorder.end()


def test_a_microphone_that_hangs_is_told_and_used_again_when_it_returns(microphone: VirtualMicrophone) -> None:
    with recording(microphone.environment, NAME) as recorder:
        recorder.next("opened")
        microphone.speak(SPOKEN)
        assert is_command(recorder.next("utterance_ms"))
        microphone.disconnect()
        assert "gone away" in recorder.next("problem")
        microphone.connect()
        recorder.next("opened")
        assert recorder.next("problem") is None
        microphone.speak(SPOKEN)
        assert is_command(recorder.next("utterance_ms"))
        recorder.end()


def test_a_program_ends_although_its_microphone_hangs(microphone: VirtualMicrophone) -> None:
    with recording(microphone.environment, NAME) as recorder:
        recorder.next("opened")
        recorder.next("state")
        microphone.disconnect()
        recorder.next("problem")
        assert recorder.end()["blocks"] > 0


def test_without_a_microphone_it_is_told_and_one_plugged_in_later_is_found(microphone: VirtualMicrophone) -> None:
    microphone.disconnect()
    with recording(microphone.environment, NAME) as recorder:
        assert NAME not in [name for name, _, _ in recorder.next("devices")]
        problem = recorder.next("problem")
        assert "no microphone" in problem or "no input device" in problem
        microphone.connect()
        recorder.next("opened")
        microphone.speak(SPOKEN)
        assert is_command(recorder.next("utterance_ms"))
        recorder.end()


class Status:
    input_overflow = False


class Overflow:
    input_overflow = True


def test_the_ring_gives_what_came_in_order() -> None:
    ring = Ring(rate_hz=16_000, channels=1)
    for value in range(5):
        ring.callback(np.full((320, 1), value, np.int16), 320, None, Status())
    assert [int(block[0, 0]) for block in ring.take(wait_s=0)] == [0, 1, 2, 3, 4]
    assert list(ring.take(wait_s=0)) == []
    ring.close()


def test_a_full_ring_keeps_the_oldest_and_counts_what_is_lost() -> None:
    ring = Ring(rate_hz=48_000, channels=2)
    slots = round(QUEUE_S * 50)
    block = np.zeros((960, 2), np.int16)
    for value in range(slots + 7):
        block[:] = value
        ring.callback(block, 960, None, Status())
    taken = list(ring.take(wait_s=0))
    assert [int(taken[0][0, 0]), int(taken[-1][0, 0]), len(taken)] == [0, slots - 1, slots]
    assert ring.lost == 7
    ring.callback(block, 960, None, Overflow())
    assert ring.lost == 8
    ring.close()
