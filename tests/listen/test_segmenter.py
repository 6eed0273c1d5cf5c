from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.config import ListenConfig
from assistant.listen import Segmenter, segment
from assistant.listen.segmenter import NEXT, Event, State
from assistant.messages import Utterance
from tests.speech import mixed, noise, silence, speak, trimmed

ENDED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
COMMAND = "turn on the kitchen light"
CONFIG = ListenConfig()


def place(utterance: Utterance, *, length: int) -> tuple[int, int]:
    """First and last sample of the utterance in a recording of `length` samples that ended at ENDED."""
    start = length - round((ENDED - utterance.started).total_seconds() * 16000)
    return start, start + len(utterance.samples)


@dataclass(frozen=True)
class Recorded:
    samples: np.ndarray
    spoken: tuple[int, int]
    """Where the speech is."""


def recorded(*, before: float, after: float, noise_db: float | None = None, text: str = COMMAND) -> Recorded:
    speech = trimmed(text)
    samples = np.concatenate([silence(before), speech, silence(after)])
    if noise_db is not None:
        samples = mixed(samples, noise(len(samples) / 16000 + 1, level_db=noise_db))
    start = round(before * 16000)
    return Recorded(samples, (start, start + len(speech)))


@pytest.mark.parametrize(
    "recording",
    [
        pytest.param(recorded(before=1, after=1.5), id="silence around it"),
        pytest.param(recorded(before=0, after=1.5), id="starts with the first sample"),
        pytest.param(recorded(before=1, after=0), id="stops with the last sample"),
        pytest.param(recorded(before=0, after=0), id="nothing around it"),
        pytest.param(recorded(before=4, after=2, noise_db=-50), id="quiet room"),
        pytest.param(recorded(before=4, after=2, noise_db=-40), id="fan"),
        pytest.param(recorded(before=0, after=0, noise_db=-40), id="fan, nothing around it"),
    ],
)
def test_a_command_is_one_utterance_and_whole(recording: Recorded) -> None:
    utterances = segment(recording.samples, CONFIG, ended=ENDED)
    assert len(utterances) == 1
    start, end = place(utterances[0], length=len(recording.samples))
    # Pico's voice fades in and out; what lies under the fan is not missed.
    assert start <= recording.spoken[0] + 320
    assert end >= recording.spoken[1] - 320
    assert np.array_equal(utterances[0].samples, recording.samples[start:end])


def test_an_utterance_says_where_the_speech_ended_and_how_loud_it_was() -> None:
    recording = recorded(before=1, after=2)
    (utterance,) = segment(recording.samples, CONFIG, ended=ENDED)
    start, _ = place(utterance, length=len(recording.samples))
    spoken_end_ms = (recording.spoken[1] - start) / 16
    # The burst of a final "t" is no voice; the detector goes on for a while after one.
    assert -200 <= utterance.speech_end_ms - spoken_end_ms <= 160
    assert utterance.audio_ms - utterance.speech_end_ms == pytest.approx(CONFIG.hangover_ms, abs=20)
    assert -30 < utterance.level_db < -5


def test_pre_roll_comes_before_the_speech() -> None:
    recording = recorded(before=1, after=2)
    starts = []
    for pre_roll_ms in (0, 300):
        config = ListenConfig(pre_roll_ms=pre_roll_ms)
        (utterance,) = segment(recording.samples, config, ended=ENDED)
        starts.append(place(utterance, length=len(recording.samples))[0])
    assert starts[0] - starts[1] == 300 * 16


def test_two_commands_are_two_utterances() -> None:
    second = "never mind"
    samples = np.concatenate([silence(0.5), speak(COMMAND), silence(1.2), speak(second), silence(1)])
    assert len(segment(samples, CONFIG)) == 2


def test_a_pause_inside_a_command_does_not_end_it() -> None:
    samples = np.concatenate([speak("turn on"), silence(0.1), speak("the kitchen light"), silence(1)])
    patient = ListenConfig(hangover_ms=900)
    assert len(segment(samples, patient)) == 1


class Asked:
    """Says how long a pause may be, and remembers what it was told and asked about."""

    def __init__(self, *pauses_ms: int) -> None:
        self.pauses_ms = list(pauses_ms)
        self.followed: list[np.ndarray] = []
        self.about: list[np.ndarray] = []

    def follow(self, samples: np.ndarray) -> None:
        self.followed.append(samples)

    def pause_ms(self, samples: np.ndarray) -> int:
        self.about.append(samples)
        return self.pauses_ms.pop(0)


PAUSED = np.concatenate([silence(0.5), trimmed("turn on"), silence(0.9), trimmed("the kitchen light"), silence(2)])


@pytest.mark.parametrize(
    ("pauses_ms", "lengths_ms"),
    [
        pytest.param((1200, 200), [200], id="longer, then shorter"),
        pytest.param((200, 200), [200, 200], id="shorter"),
        pytest.param((600, 600), [600, 600], id="as long as otherwise"),
        pytest.param((1200, 1200), [1200], id="longer"),
    ],
)
def test_a_pause_lasts_as_long_as_it_is_said_to(pauses_ms: tuple[int, int], lengths_ms: list[int]) -> None:
    asked = Asked(*pauses_ms)
    utterances = segment(PAUSED, CONFIG, ended=ENDED, follower=asked)
    assert [one.audio_ms - one.speech_end_ms for one in utterances] == lengths_ms
    assert asked.pauses_ms == []


def test_what_is_asked_about_is_what_was_said_so_far() -> None:
    asked = Asked(1200, 200)
    (utterance,) = segment(PAUSED, CONFIG, ended=ENDED, follower=asked)
    first, last = asked.about
    assert np.array_equal(first, utterance.samples[: len(first)])
    # Whoever was asked knows the utterance already.
    assert np.array_equal(last, utterance.samples)


def test_what_is_said_is_followed_at_regular_lengths() -> None:
    asked = Asked(1200, 200)
    (utterance,) = segment(PAUSED, CONFIG, ended=ENDED, follower=asked)
    assert len(asked.followed) > 2
    assert [len(one) for one in asked.followed] == list(range(10880, len(utterance.samples) + 1, 10240))
    assert all(np.array_equal(one, utterance.samples[: len(one)]) for one in asked.followed)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(ListenConfig(endpointing="silence"), id="where the silence alone decides"),
        pytest.param(ListenConfig(hangover_ms=160), id="where it would be no sooner"),
        pytest.param(ListenConfig(min_speech_ms=2000), id="about too little voice"),
    ],
)
def test_nobody_is_asked(config: ListenConfig) -> None:
    asked = Asked()
    ends = [one.audio_ms for one in segment(PAUSED, config, ended=ENDED, follower=asked)]
    assert ends == [one.audio_ms for one in segment(PAUSED, config, ended=ENDED)]
    assert asked.about == []


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(silence(5), id="digital silence"),
        pytest.param(np.full(80_000, 900, np.int16), id="constant offset"),
        pytest.param(noise(5, level_db=-65), id="hiss of a preamplifier"),
        pytest.param(np.zeros(0, np.int16), id="nothing"),
        pytest.param(np.zeros(7, np.int16), id="less than a frame"),
        pytest.param(np.tile(np.r_[np.full(80, 20000), np.zeros(16000 - 80)].astype(np.int16), 5), id="clicks"),
    ],
)
def test_what_is_no_speech_is_no_utterance(samples: np.ndarray) -> None:
    assert segment(samples, CONFIG) == []


def test_endless_speech_is_cut_at_the_greatest_length_and_nothing_is_lost_or_given_twice() -> None:
    samples = np.tile(np.trim_zeros(speak("all the lights and then all the lights again and")), 12)
    config = ListenConfig(max_utterance_ms=3000)
    utterances = segment(samples, config, ended=ENDED)
    places = [place(utterance, length=len(samples)) for utterance in utterances]
    assert len(places) >= 5
    assert {len(utterance.samples) for utterance in utterances[:-1]} == {48_000}
    for (_, end), (start, _) in pairwise(places):
        # Only a pause in which the length was reached may lie between them, or be heard twice.
        assert abs(start - end) <= 0.6 * 16000


def test_noise_that_starts_is_learned_within_seconds() -> None:
    fan = noise(30, level_db=-35)
    utterances = segment(np.concatenate([silence(2), fan]), CONFIG, ended=ENDED)
    total = len(fan) + 32_000
    assert all(place(utterance, length=total)[1] < 32_000 + 8 * 16_000 for utterance in utterances)


def test_too_little_voice_is_discarded_and_counted() -> None:
    samples = np.concatenate([silence(0.5), speak("hi"), silence(1)])
    segmenter = Segmenter(ListenConfig(min_speech_ms=1500))
    assert segmenter.push(samples) + segmenter.flush() == []
    assert segmenter.discarded == 1


def test_after_reset_the_open_utterance_is_forgotten() -> None:
    segmenter = Segmenter(CONFIG)
    assert segmenter.push(speak(COMMAND)) == []
    assert segmenter.opened_ms > 500
    segmenter.reset()
    assert segmenter.opened_ms == 0
    assert segmenter.push(silence(2)) + segmenter.flush() == []


def test_the_caller_may_reuse_its_block() -> None:
    samples = np.concatenate([speak(COMMAND), silence(1)])
    expected = segment(samples, CONFIG, ended=ENDED)
    segmenter, block, utterances = Segmenter(CONFIG, clock=lambda: ENDED), np.zeros(320, np.int16), []
    for start in range(0, len(samples) - 319, 320):
        block[:] = samples[start : start + 320]
        utterances += segmenter.push(block)
    assert [u.samples.tolist() for u in utterances] == [u.samples.tolist() for u in expected]


STREAM = np.concatenate(
    [
        silence(0.3),
        speak(COMMAND),
        silence(0.9),
        speak("stop"),
        noise(0.8, level_db=-45),
        speak("never mind"),
        silence(2),
    ]
)


class Odd(Asked):
    """Says another length from time to time."""

    def pause_ms(self, samples: np.ndarray) -> int:
        return 400 if len(samples) % 640 else 700


def cut(samples: np.ndarray, lengths: list[int]) -> list[tuple[int, int, float, float]]:
    """Place, speech end and level of each utterance when the stream comes in blocks of these lengths, repeated."""
    fed = 0
    segmenter = Segmenter(
        CONFIG,
        clock=lambda: ENDED + timedelta(seconds=fed / 16000),
        follower=Odd(),
    )
    utterances: list[Utterance] = []
    while fed < len(samples):
        for length in lengths:
            block = samples[fed : fed + length]
            fed += len(block)
            utterances += segmenter.push(block)
    utterances += segmenter.flush()
    starts = [round((utterance.started - ENDED).total_seconds() * 16000) for utterance in utterances]
    return [(s, len(u.samples), u.speech_end_ms, u.level_db) for s, u in zip(starts, utterances, strict=True)]


WHOLE = cut(STREAM, [len(STREAM)])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=12))
def test_any_cutting_into_blocks_gives_the_same_utterances(lengths: list[int]) -> None:
    assert len(WHOLE) == 3
    assert cut(STREAM, [*lengths, 320]) == WHOLE


def test_every_state_can_be_left() -> None:
    assert {state for state, _ in NEXT} == set(State)
    assert {event for _, event in NEXT} == set(Event) - {Event.NOTHING}
