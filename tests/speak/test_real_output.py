"""From text to what a loudspeaker is given, through PortAudio and ALSA."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from assistant.messages import Utterance
from assistant.model import Model
from assistant.recognizer import for_household
from assistant.speak import EARCONS, earcon
from assistant.speak.sound import trimmed
from tests.child import Child
from tests.speak.test_voices import HOUSE, SPOKEN
from tests.virtual_loudspeaker import NAME, PIPE_SAMPLES, VirtualLoudspeaker

LONG = "The kitchen light is on, " * 6


@pytest.fixture
def loudspeaker(tmp_path: Path) -> Iterator[VirtualLoudspeaker]:
    with VirtualLoudspeaker(tmp_path) as one:
        yield one


def speaking(loudspeaker: VirtualLoudspeaker) -> Child:
    return Child("tests.speak.speaking", NAME, environment=loudspeaker.environment)


def loud(samples: np.ndarray) -> np.ndarray:
    """Samples that can be heard."""
    return samples[np.abs(samples) > 100]


def test_what_is_said_comes_out_of_the_loudspeaker(loudspeaker: VirtualLoudspeaker) -> None:
    recognizer = for_household(HOUSE, Model.load())
    around = np.zeros(4800, np.int16)
    with speaking(loudspeaker) as speaker:
        for language, text in SPOKEN.items():
            before, begun = len(loudspeaker.sound), time.monotonic()
            speaker.order(f"say {language} {text}")
            closed, opened = speaker.tells("speaking"), speaker.tells("speaking")
            assert (closed["speaking"], opened["speaking"]) == (True, False)
            assert speaker.tells("done")["at"] >= opened["at"]
            assert not len(loud(loudspeaker.sound_between(begun, closed["at"])))
            assert len(loud(loudspeaker.sound_between(opened["at"]))) <= PIPE_SAMPLES
            utterance = Utterance(
                np.concatenate([around, trimmed(loudspeaker.sound[before:]), around]), started=datetime.now(UTC)
            )
            heard = recognizer.recognize(utterance).best
            assert heard is not None
            assert (heard.language, heard.intent, heard.slots) == (language, "on", {"room": "kitchen"})
        assert speaker.end()["threads"] == ["MainThread"]


def test_earcons_come_out_whole_one_after_the_other(loudspeaker: VirtualLoudspeaker) -> None:
    with speaking(loudspeaker) as speaker:
        for name in EARCONS:
            speaker.order(f"earcon {name}")
        for _ in EARCONS:
            speaker.tells("done")
        speaker.end()
    sound = loudspeaker.sound.astype(np.float32)
    at = 0
    for name in EARCONS:
        wanted = earcon(name)
        likeness = np.correlate(sound[at:], wanted)
        at += int(np.argmax(likeness))
        part = sound[at : at + len(wanted)]
        assert np.dot(part, wanted) / (np.linalg.norm(part) * np.linalg.norm(wanted)) > 0.99
        at += len(wanted)


def test_it_can_be_stopped_in_the_middle_of_a_sentence(loudspeaker: VirtualLoudspeaker) -> None:
    with speaking(loudspeaker) as speaker:
        speaker.order(f"say en {LONG}")
        loudspeaker.wait_for(8000)
        speaker.order("stop")
        speaker.tells("done")
        before = len(loudspeaker.sound)
        speaker.order("earcon accepted")
        speaker.tells("done")
        speaker.end()
    # The whole text takes more than eight seconds.
    assert 8000 <= before < 4 * 16_000
    assert len(loud(loudspeaker.sound[before + PIPE_SAMPLES :])) < len(earcon("accepted"))
    assert len(loudspeaker.sound) > before


def test_a_loudspeaker_that_is_missing_is_told_once_and_used_when_it_is_there(loudspeaker: VirtualLoudspeaker) -> None:
    loudspeaker.disconnect()
    with speaking(loudspeaker) as speaker:
        speaker.order("earcon accepted")
        assert "replies are not heard: " in speaker.next("log")
        assert speaker.next("done")
        speaker.order("earcon accepted")
        told = speaker.tells("done")
        assert "log" not in told
        loudspeaker.connect()
        speaker.order("earcon accepted")
        assert speaker.next("log") == "replies are heard again"
        assert speaker.next("done")
        speaker.end()
    assert len(loudspeaker.sound) >= len(earcon("accepted"))


def test_a_loudspeaker_that_hangs_is_told_and_used_again_when_it_returns(loudspeaker: VirtualLoudspeaker) -> None:
    with speaking(loudspeaker) as speaker:
        speaker.order(f"say en {LONG}")
        loudspeaker.wait_for(8000)
        loudspeaker.hang()
        assert "hangs" in speaker.next("log")
        assert speaker.next("log").endswith("does not play on; it is tried again with later ones")
        assert not speaker.next("speaking")
        assert speaker.next("done")
        loudspeaker.recover()
        told = [""]
        while "replies are heard again" not in told:  # PortAudio needs some time to notice
            speaker.order("earcon accepted")
            while "done" not in (event := speaker.tells("at")):
                told.append(event.get("log", ""))
        speaker.end()
