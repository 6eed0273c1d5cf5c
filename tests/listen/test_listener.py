import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.audio import WavMicrophone
from assistant.config import ListenConfig, WakeConfig
from assistant.errors import AudioError, DeviceLostError
from assistant.listen import Follower, Listener, Source
from assistant.messages import Utterance
from tests.speech import silence, speak

COMMAND = "turn on the kitchen light"
WAIT_S = 20


class Told:
    """What a listener told, in the order of telling."""

    def __init__(self) -> None:
        self.utterances: list[Utterance] = []
        self.states: list[str] = []
        self.sources: list[str | None] = []
        self.ended = threading.Event()
        self.changed = threading.Condition()

    def utterance(self, utterance: Utterance) -> None:
        with self.changed:
            self.utterances.append(utterance)
            self.changed.notify_all()

    def state(self, state: str) -> None:
        with self.changed:
            self.states.append(state)
            self.changed.notify_all()

    def source(self, problem: str | None) -> None:
        with self.changed:
            self.sources.append(problem)
            self.changed.notify_all()

    def wait(self, condition: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, WAIT_S)


def listener(
    open_source: Callable[[], Source],
    told: Told,
    *,
    engine: str = "none",
    on_utterance: Callable[[Utterance], None] | None = None,
    follower: Follower | None = None,
) -> Listener:
    return Listener(
        open_source,
        listen=ListenConfig(),
        wake=WakeConfig(engine=engine),
        engine=None,
        on_utterance=on_utterance or told.utterance,
        on_state=told.state,
        on_source=told.source,
        on_end=told.ended.set,
        follower=follower,
    )


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for file, text in zip(files, [COMMAND, "never mind"], strict=True):
        soundfile.write(file, speak(text), 16_000)
    return files


def blocks_of(samples: np.ndarray) -> list[np.ndarray]:
    return list(samples[: len(samples) // 320 * 320].reshape(-1, 320))


@contextmanager
def playing(samples: np.ndarray, *, then: Exception | None = None) -> Iterator[Iterator[np.ndarray]]:
    def blocks() -> Iterator[np.ndarray]:
        yield from blocks_of(samples)
        if then is not None:
            raise then

    yield blocks()


class Endless(AbstractContextManager["Endless"]):
    """Silence at the pace of a microphone, with what is put in between."""

    def __init__(self) -> None:
        self.overruns = 0
        self.next: list[np.ndarray] = []
        self.closed = threading.Event()

    def __exit__(self, *_: object) -> None:
        self.closed.set()

    def __iter__(self) -> Iterator[np.ndarray]:
        while not self.closed.wait(0.002):
            yield self.next.pop(0) if self.next else np.zeros(320, np.int16)


def test_files_are_heard_to_their_end(clips: list[Path]) -> None:
    told = Told()
    with listener(lambda: WavMicrophone(clips, paced=False), told) as listening:
        assert told.ended.wait(WAIT_S)
    assert len(told.utterances) == 2
    assert told.states == ["idle", "listening", "interpreting", "idle", "listening", "interpreting", "idle"]
    assert told.sources == []
    assert listening.counts.utterances == 2
    assert listening.counts.blocks > 300
    assert not listening.alive


def test_speech_at_the_very_end_is_heard() -> None:
    told = Told()
    with listener(lambda: playing(speak(COMMAND)), told):
        assert told.ended.wait(WAIT_S)
    assert len(told.utterances) == 1


def test_a_source_that_goes_away_is_told_once_and_opened_again() -> None:
    told = Told()
    sources: list[AbstractContextManager[Iterator[np.ndarray]] | Exception] = [
        AudioError("there is no microphone"),
        playing(np.concatenate([silence(0.5), speak(COMMAND)]), then=DeviceLostError("the microphone has gone away")),
        AudioError("there is no microphone"),
        playing(np.concatenate([speak(COMMAND), silence(1)])),
    ]

    def open_source() -> Source:
        source = sources.pop(0)
        if isinstance(source, Exception):
            raise source
        return source

    with listener(open_source, told) as listening:
        assert told.ended.wait(WAIT_S)
    assert told.sources == ["there is no microphone", None, "the microphone has gone away", None]
    # What was being said when the microphone went away is not joined to what comes after.
    assert len(told.utterances) == 1
    assert told.utterances[0].audio_ms < len(speak(COMMAND)) / 16 + 700
    assert listening.counts.sources_lost == 2


def test_an_error_in_interpreting_costs_one_utterance(clips: list[Path]) -> None:
    told = Told()

    def on_utterance(utterance: Utterance) -> None:
        told.utterance(utterance)
        if len(told.utterances) == 1:
            raise ValueError("interpreting failed")

    with listener(lambda: WavMicrophone(clips, paced=False), told, on_utterance=on_utterance) as listening:
        assert told.ended.wait(WAIT_S)
    assert len(told.utterances) == 2
    assert listening.counts.failed == 1


def test_an_error_in_looking_at_an_utterance_before_its_end_costs_nothing(clips: list[Path]) -> None:
    told = Told()

    class Failing:
        def follow(self, _samples: np.ndarray) -> None:
            raise ValueError("following failed")

        def pause_ms(self, _samples: np.ndarray) -> int:
            raise ValueError("looking failed")

    with listener(lambda: WavMicrophone(clips, paced=False), told, follower=Failing()) as listening:
        assert told.ended.wait(WAIT_S)
    assert len(told.utterances) == 2
    assert listening.counts.failed >= 4


def test_an_unexpected_error_of_the_source_does_not_end_the_listening() -> None:
    told = Told()
    sources = [
        playing(silence(0.1), then=RuntimeError("broken")),
        playing(np.concatenate([speak(COMMAND), silence(1)])),
    ]
    with listener(lambda: sources.pop(0), told) as listening:
        assert told.ended.wait(WAIT_S)
    assert len(told.utterances) == 1
    assert listening.counts.failed == 1


def test_orders_from_other_threads_are_obeyed() -> None:
    told, source = Told(), Endless()
    with listener(lambda: source, told, engine="push-to-talk") as listening:
        listening.open_window()
        assert told.wait(lambda: told.states[-1:] == ["listening"])
        source.next += blocks_of(np.concatenate([speak(COMMAND), silence(1)]))
        assert told.wait(lambda: len(told.utterances) == 1)
        assert told.utterances[0].wake == "push-to-talk"
        listening.open_window()
        assert told.wait(lambda: told.states[-1:] == ["listening"])
        listening.cancel()
        assert told.wait(lambda: told.states[-1:] == ["idle"])
        listening.mute(True)
        assert told.wait(lambda: told.states[-1:] == ["muted"])
        listening.mute(False)
        assert told.wait(lambda: told.states[-1:] == ["idle"])


def test_overruns_are_counted_over_several_openings() -> None:
    told, sources = Told(), [Endless(), Endless()]
    opened = iter(sources)
    with listener(lambda: next(opened), told) as listening:
        sources[0].overruns = 3
        assert wait_for(lambda: listening.counts.overruns == 3)
        sources[0].closed.set()
        # The end of a source that has one is the end of listening.
        assert told.ended.wait(WAIT_S)
    assert listening.counts.overruns == 3


def test_leaving_ends_the_thread_and_closes_the_source() -> None:
    told, source = Told(), Endless()
    with listener(lambda: source, told) as listening:
        assert wait_for(lambda: listening.counts.blocks > 5)
        assert time.monotonic() - listening.heartbeat < 5
    assert not listening.alive
    assert source.closed.is_set()
    assert not told.ended.is_set()


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline, pause = time.monotonic() + WAIT_S, threading.Event()
    while not condition() and time.monotonic() < deadline:
        pause.wait(0.01)
    return condition()
