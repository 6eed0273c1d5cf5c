"""Unsure utterances heard again at other speeds."""

import numpy as np
import pytest

from assistant.interpret import Understood
from assistant.messages import SAMPLE_RATE_HZ, Hypothesis
from assistant.rehearing import HOPELESS, SPEEDS, SURE, at_speed, reheard, together

SECOND = np.zeros(SAMPLE_RATE_HZ, np.int16)
SLOWER, FASTER = 17_143, 14_933
"""Samples of a second at 14/15 and 15/14 of its speed."""


def hypothesis(confidence: float, *, intent: str = "on", text: str = "", **slots) -> Hypothesis:
    return Hypothesis("en", "light", intent, text, slots, {}, confidence)


def understood(*hypotheses: Hypothesis, command: float | None = None, heard: str = "letters") -> Understood:
    total = sum(one.confidence for one in hypotheses) if command is None else command
    return Understood(hypotheses, total, 1.0, heard)


class Hearing:
    """Understands by length, and remembers what it was asked."""

    def __init__(self, slower: Understood, faster: Understood) -> None:
        self.known = {SLOWER: slower, FASTER: faster}
        self.asked: list[int] = []

    def __call__(self, samples: np.ndarray) -> Understood:
        assert samples.dtype == np.int16
        self.asked.append(len(samples))
        return self.known[len(samples)]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(understood(hypothesis(SURE)), id="sure"),
        pytest.param(understood(hypothesis(HOPELESS / 2)), id="hopeless"),
        pytest.param(understood(), id="nothing"),
        pytest.param(understood(hypothesis(0.6), heard=""), id="noise"),
    ],
)
def test_what_leaves_no_doubt_is_not_heard_again(first) -> None:
    hear = Hearing(understood(), understood())
    assert reheard(first, SECOND, hear) is first
    assert not hear.asked


def test_what_all_hearings_doubt_stays_as_doubtful() -> None:
    hear = Hearing(understood(hypothesis(0.6)), understood(hypothesis(0.6)))
    found = reheard(understood(hypothesis(0.6)), SECOND, hear)
    assert hear.asked == [SLOWER, FASTER]
    assert found.hypotheses[0].confidence == pytest.approx(0.6)
    assert found.command == pytest.approx(0.6)
    assert found.heard == "letters"


def test_what_is_heard_once_only_loses_confidence() -> None:
    imagined = hypothesis(0.6)
    found = together([understood(imagined), understood(command=0.0), understood(command=0.0)])
    assert found.hypotheses[0].confidence == pytest.approx(0.2)
    assert found.command == pytest.approx(0.2)


def test_the_meaning_that_the_others_are_sure_of_comes_first() -> None:
    first = understood(hypothesis(0.6), hypothesis(0.2, intent="off"))
    other = understood(hypothesis(0.9, intent="off", text="turn it off"))
    found = together([first, other, other])
    assert [one.intent for one in found.hypotheses] == ["off", "on"]
    assert found.hypotheses[0].text == "turn it off"
    assert [one.confidence for one in found.hypotheses] == pytest.approx([2 / 3, 0.2], abs=1e-4)


def test_the_same_intent_with_another_slot_is_another_meaning() -> None:
    found = together([understood(hypothesis(0.8, area="hall")), understood(hypothesis(0.6, area="kitchen"))])
    assert [one.slots["area"] for one in found.hypotheses] == ["hall", "kitchen"]
    assert all(one.confidence < 0.8 for one in found.hypotheses)


@pytest.mark.parametrize(("speed", "pitch_hz"), [(SPEEDS[0], 933), (SPEEDS[1], 1071)])
def test_another_speed_moves_pitch_and_length(speed, pitch_hz) -> None:
    time = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    played = at_speed((8000 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16), speed)
    assert len(played) == round(SAMPLE_RATE_HZ * speed[1] / speed[0])
    loudest = np.abs(np.fft.rfft(played)).argmax() * SAMPLE_RATE_HZ / len(played)
    assert loudest == pytest.approx(pitch_hz, abs=2)
    assert np.abs(played).max() == pytest.approx(8000, rel=0.02)


def test_loud_sound_is_cut_off_not_turned_around() -> None:
    place = np.arange(SAMPLE_RATE_HZ)
    square = np.where(place % 100 < 50, 32767, -32768).astype(np.int16)
    played = at_speed(square, SPEEDS[0])
    before = (np.arange(len(played)) * 14 / 15).astype(int)
    inside = abs(before % 50 - 25) < 20
    assert (np.sign(played[inside]) == np.sign(square[before[inside]])).all()
    assert np.abs(played.astype(int)).max() >= 32767
