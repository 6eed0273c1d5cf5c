"""The speaker's order of things, on an output that takes what it is given; real sound is in test_real_output.py."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.config import RepliesConfig
from assistant.errors import AudioError, DeviceLostError
from assistant.speak import EARCONS, Speaker, speaker
from assistant.speak.speaker import MOST_WAITING

WAIT_S = 30


class Room:
    """An output, and everything that happens in order."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.played: list[np.ndarray] = []
        self.problem: AudioError | None = None
        self.playing = threading.Event()
        self.held = threading.Event()
        """Playing lasts until it is set, or the sound is stopped."""
        self.held.set()
        self.done = threading.Semaphore(0)

    def play(self, pieces: Iterable[np.ndarray], *, stopped: threading.Event) -> None:
        for piece in pieces:
            if self.problem is not None:
                raise self.problem
            if stopped.is_set():
                break
            self.events.append("sound")
            self.played.append(piece)
            self.playing.set()
            while not self.held.wait(0.01) and not stopped.is_set():
                pass
        self.events.append("end")

    def on_speaking(self, is_speaking: bool) -> None:
        self.events.append(is_speaking)

    def on_done(self, name: str = "done") -> Callable[[], None]:
        def note() -> None:
            assert threading.current_thread().name == "speaker"
            self.events.append(name)
            self.done.release()

        return note

    def wait(self, count: int = 1) -> None:
        for _ in range(count):
            assert self.done.acquire(timeout=WAIT_S)


@contextmanager
def speaking(room: Room, *, clock: Callable[[], datetime] = speaker.local_now, **config: object) -> Iterator[Speaker]:
    replies = RepliesConfig.model_validate({"mode": "speech", **config})
    with Speaker(replies, output=room, on_speaking=room.on_speaking, clock=clock) as one:
        yield one


def at(hour: int, minute: int = 0) -> Callable[[], datetime]:
    return lambda: datetime(2024, 1, 1, hour, minute, tzinfo=UTC)


def test_the_microphone_is_closed_before_the_first_sample_and_opened_before_what_follows() -> None:
    room = Room()
    with speaking(room) as one:
        one.say("It is on. Really.", "en", on_done=room.on_done())
        room.wait()
        assert not one.speaking
    assert room.events == [True, "sound", "sound", "end", False, "done"]


def test_it_stays_closed_between_two_replies() -> None:
    room = Room()
    with speaking(room) as one:
        room.held.clear()
        one.earcon("accepted", on_done=room.on_done("first"))
        assert room.playing.wait(WAIT_S)
        assert one.speaking
        one.say("It is on.", "en", on_done=room.on_done("second"))
        room.held.set()
        room.wait(2)
    assert room.events == [True, "sound", "end", "first", "sound", "end", False, "second"]


@pytest.mark.parametrize(
    ("config", "clock", "heard"),
    [
        pytest.param({"mode": "speech"}, at(3), ["earcon", "speech"], id="speech"),
        pytest.param({"mode": "sounds"}, at(3), ["earcon"], id="sounds"),
        pytest.param({"mode": "none"}, at(3), [], id="none"),
        pytest.param({"quiet": {}}, at(21, 59), ["earcon", "speech"], id="before ten in the evening"),
        pytest.param({"quiet": {}}, at(22), [], id="at ten"),
        pytest.param({"quiet": {}}, at(6, 59), [], id="before seven in the morning"),
        pytest.param({"quiet": {}}, at(7), ["earcon", "speech"], id="at seven"),
        pytest.param({"quiet": {"mode": "sounds"}}, at(23), ["earcon"], id="quiet but for sounds"),
        pytest.param({"mode": "none", "quiet": {"mode": "sounds"}}, at(23), [], id="quiet hours are not louder"),
        pytest.param({"quiet": {"begin": "13:00", "end": "15:00"}}, at(14), [], id="siesta"),
        pytest.param({"quiet": {"begin": "13:00", "end": "15:00"}}, at(15), ["earcon", "speech"], id="after it"),
    ],
)
def test_what_is_heard_when(config: dict[str, object], clock: Callable[[], datetime], heard: list[str]) -> None:
    room = Room()
    with speaking(room, clock=clock, **config) as one:
        one.earcon("listening", on_done=room.on_done())
        one.say("It is on.", "en", on_done=room.on_done())
        room.wait(2)
    # Earcons are shorter than any sentence.
    assert ["earcon" if len(piece) <= 8000 else "speech" for piece in room.played] == heard
    assert room.events.count("done") == 2
    assert room.events.count(True) == room.events.count(False) == bool(heard)


def test_stop_ends_what_is_played_and_what_waits() -> None:
    room = Room()
    with speaking(room) as one:
        room.held.clear()
        one.say("It is on. " * 20, "en", on_done=room.on_done("first"))
        one.earcon("error", on_done=room.on_done("second"))
        assert room.playing.wait(WAIT_S)
        one.stop()
        room.wait(2)
        assert room.events == [True, "sound", "end", False, "first", "second"]
        room.held.set()
        one.earcon("accepted", on_done=room.on_done("third"))
        room.wait()
    assert room.events[6:] == [True, "sound", "end", False, "third"]


def test_leaving_stops_it_and_finishes_everything() -> None:
    room = Room()
    with speaking(room) as one:
        room.held.clear()
        for number in range(3):
            one.say("It is on. " * 20, "en", on_done=room.on_done(str(number)))
        assert room.playing.wait(WAIT_S)
    assert room.events == [True, "sound", "end", False, "0", "1", "2"]
    assert not [thread for thread in threading.enumerate() if thread.name == "speaker"]
    one.say("It is on.", "en", on_done=room.on_done("late"))
    assert len(room.events) == 7


def test_of_too_much_the_oldest_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    with speaking(room) as one:
        room.held.clear()
        one.earcon("listening", on_done=room.on_done("first"))
        assert room.playing.wait(WAIT_S)
        for number in range(MOST_WAITING + 3):
            one.earcon("accepted", on_done=room.on_done(str(number)))
        for _ in range(1000):
            one.earcon("question")
        room.held.set()
        room.wait(MOST_WAITING + 4)
        one.earcon("error", on_done=room.on_done("last"))
        room.wait()
    assert room.events.count("sound") == 2 + MOST_WAITING
    assert [event for event in room.events if isinstance(event, str) and event.isdecimal()] == [
        str(number) for number in range(MOST_WAITING + 3)
    ]
    assert "left out" in caplog.text


def test_a_missing_loudspeaker_is_told_once_and_used_when_it_is_there(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(speaker, "RETRY_S", 0.0)
    room = Room()
    room.problem = AudioError("there is no loudspeaker")
    with speaking(room) as one:
        for _ in range(3):
            one.say("It is on.", "en", on_done=room.on_done())
            room.wait()
            room.problem = DeviceLostError("it has gone away")
        assert room.events == [True, False, "done"] * 3
        assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
            "replies are not heard: there is no loudspeaker; it is tried again with later ones"
        ]
        room.problem = None
        one.say("It is on.", "en", on_done=room.on_done())
        room.wait()
    assert room.events[9:] == [True, "sound", "end", False, "done"]
    assert caplog.records[-1].message == "replies are heard again"


def test_a_loudspeaker_that_failed_is_left_alone_for_a_while() -> None:
    room = Room()
    room.problem = AudioError("there is no loudspeaker")
    with speaking(room) as one:
        one.earcon("accepted", on_done=room.on_done())
        room.wait()
        room.problem = None
        one.earcon("accepted", on_done=room.on_done())
        room.wait()
    assert room.events == [True, False, "done", "done"]


def test_a_missing_voice_leaves_the_earcons(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    with speaking(room, voice={"engine": "espeak-ng", "program": "/nowhere/espeak-ng"}) as one:
        for _ in range(2):
            one.say("It is on.", "en", on_done=room.on_done())
            one.earcon("error", on_done=room.on_done())
        room.wait(4)
    assert room.events.count("sound") == 2
    assert caplog.text.count("cannot be started") == 1


def test_what_fails_afterwards_does_not_silence_it() -> None:
    room = Room()

    def fail() -> None:
        raise RuntimeError("no")

    with speaking(room) as one:
        one.earcon("accepted", on_done=fail)
        one.earcon("accepted", on_done=room.on_done())
        room.wait()
    assert room.events.count("sound") == 2


def test_nothing_to_say_is_done_at_once() -> None:
    room = Room()
    with speaking(room) as one:
        one.say(" ... ", "en", on_done=room.on_done())
        room.wait()
    assert room.events == ["end", "done"]


def test_the_volume_is_the_household_s() -> None:
    peaks = []
    for volume in (0, 50, 100):
        room = Room()
        with speaking(room, volume=volume) as one:
            for name in EARCONS:
                one.earcon(name, on_done=room.on_done())
            room.wait(len(EARCONS))
        peaks.append(max(int(np.abs(piece.astype(np.int32)).max()) for piece in room.played))
    assert peaks[0] == 0
    assert 3.5 < peaks[2] / peaks[1] < 4.5


def test_on_done_may_speak_and_stop() -> None:
    room = Room()
    with speaking(room) as one:

        def again() -> None:
            one.stop()
            one.earcon("question", on_done=room.on_done())

        one.earcon("accepted", on_done=again)
        room.wait()
    assert room.events.count("sound") == 2
