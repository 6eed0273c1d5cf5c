from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from assistant.dialogue import Expected
from assistant.messages import Hypothesis, Interpretation, Utterance
from assistant.rejoining import LONGEST_MS, Rejoining, join

START = datetime(2026, 1, 1, tzinfo=UTC)


def utterance(start_ms: float, *, ms: int, value: int = 1) -> Utterance:
    started = START + timedelta(milliseconds=start_ms)
    return Utterance(np.full(ms * 16, value, np.int16), started, speech_end_ms=ms - 100, level_db=-20.0 - value)


class ByLength:
    """Accepts what is exactly as long as it should be."""

    def __init__(self, *, accepted_ms: int, text: str = "pause the music") -> None:
        self.accepted_ms = accepted_ms
        self.best = Hypothesis("en", "media", "pause", text, {}, {}, 0.9)
        self.heard: list[int] = []
        self.expected: list[Expected | None] = []

    def recognize(self, utterance: Utterance, *, expected: Expected | None) -> Interpretation:
        self.heard.append(utterance.audio_ms)
        self.expected.append(expected)
        accepted = utterance.audio_ms == self.accepted_ms
        reason = None if accepted else "not-a-command"
        return Interpretation(
            utterance.id, START, self.best, accepted=accepted, reason=reason, audio_ms=utterance.audio_ms, compute_ms=5
        )


def test_a_command_with_a_pause_inside_is_heard_as_one() -> None:
    recognizer = ByLength(accepted_ms=1500)
    rejoining = Rejoining(recognizer)
    first, second = utterance(0, ms=1000), utterance(1400, ms=500)
    assert not rejoining.recognize(first).accepted
    heard = rejoining.recognize(second)
    assert heard.accepted
    assert (heard.id, heard.audio_ms, heard.compute_ms) == (second.id, 1500, 10)


def test_one_word_is_not_said_in_two_parts() -> None:
    rejoining = Rejoining(ByLength(accepted_ms=1500, text="pause"))
    assert not rejoining.recognize(utterance(0, ms=1000)).accepted
    assert not rejoining.recognize(utterance(1400, ms=500)).accepted


def test_three_parts_are_heard_as_one() -> None:
    rejoining = Rejoining(ByLength(accepted_ms=1800))
    parts = [utterance(0, ms=1000), utterance(1000, ms=500), utterance(1500, ms=300)]
    assert [rejoining.recognize(part).accepted for part in parts] == [False, False, True]


def test_what_was_understood_is_not_heard_again() -> None:
    recognizer = ByLength(accepted_ms=1000)
    rejoining = Rejoining(recognizer)
    assert rejoining.recognize(utterance(0, ms=1000)).accepted
    assert not rejoining.recognize(utterance(1200, ms=500)).accepted
    assert recognizer.heard == [1000, 500]


def test_what_was_said_before_a_question_is_no_part_of_the_answer() -> None:
    recognizer = ByLength(accepted_ms=1500)
    rejoining = Rejoining(recognizer)
    question = Expected(("dialogue.yes",), "en")
    assert not rejoining.recognize(utterance(0, ms=1000)).accepted
    assert not rejoining.recognize(utterance(1200, ms=500), expected=question).accepted
    assert recognizer.heard == [1000, 500]
    assert not rejoining.recognize(utterance(1900, ms=800), expected=question).accepted
    assert recognizer.heard == [1000, 500, 800, 1300]
    assert recognizer.expected == [None, question, question, question]


def test_a_rejected_whole_leaves_the_last_part_s_reason() -> None:
    heard = None
    rejoining = Rejoining(ByLength(accepted_ms=1))
    for part in (utterance(0, ms=1000), utterance(1200, ms=500)):
        heard = rejoining.recognize(part)
    assert heard is not None
    assert (heard.accepted, heard.audio_ms, heard.compute_ms) == (False, 500, 10)


@pytest.mark.parametrize(
    ("second", "joined_ms"),
    [
        pytest.param(utterance(1000, ms=500), 1500, id="at once"),
        pytest.param(utterance(2500, ms=500), 1500, id="after the longest gap"),
        pytest.param(utterance(2501, ms=500), None, id="after more than that"),
        pytest.param(utterance(1000, ms=LONGEST_MS - 1000), LONGEST_MS, id="as long as the network takes"),
        pytest.param(utterance(1000, ms=LONGEST_MS - 999), None, id="longer than the network takes"),
    ],
)
def test_only_what_belongs_together_is_joined(second: Utterance, joined_ms: int | None) -> None:
    whole = join(utterance(0, ms=1000, value=2), second)
    assert (whole and whole.audio_ms) == joined_ms
    if whole is not None:
        assert whole.started == START
        assert whole.speech_end_ms == 1000 + second.speech_end_ms
        assert whole.level_db == second.level_db
        assert whole.samples[0] == 2
        assert whole.samples[-1] == 1
        assert replace(whole, samples=second.samples).id == second.id


def test_sound_that_both_parts_have_is_heard_once() -> None:
    whole = join(utterance(0, ms=1000, value=1), utterance(720, ms=900, value=2))
    assert whole is not None
    assert whole.audio_ms == 1620
    assert whole.speech_end_ms == 1520
    assert [whole.samples[at * 16] for at in (0, 999, 1000, 1619)] == [1, 1, 2, 2]


def test_a_word_behind_a_pause_that_was_cut_into_it_is_heard_once() -> None:
    samples = np.random.default_rng(1).integers(-9, 9, 32_000).astype(np.int16)
    first = Utterance(samples[:20_000], START, speech_end_ms=700)
    second = Utterance(samples[16_000:], START + timedelta(milliseconds=1000), speech_end_ms=900)
    whole = join(first, second)
    assert whole is not None
    assert np.array_equal(whole.samples, samples)
