"""The microphone on a PortAudio of our own making: devices that no test machine has."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assistant.audio import Microphone, has_microphone, list_devices, play, portaudio
from assistant.config import AudioConfig
from assistant.errors import AudioError, DeviceLostError


class PortAudioError(Exception):
    pass


class Library:
    """What we use of `sounddevice`, with one device that opens in one way only."""

    PortAudioError = PortAudioError

    class CallbackStop(Exception):  # noqa: N818  # the library's name
        pass

    def __init__(self) -> None:
        self.opens_at = (48_000, 2)
        """Rate and channels."""
        self.devices = [
            {"name": "Array", "max_input_channels": 6, "max_output_channels": 2, "default_samplerate": 48_000.0}
        ]
        self.default = SimpleNamespace(device=[0, 0])
        self.streams: list[Any] = []
        self.starts = 0
        self.closed: list[Any] = []

    def query_devices(self) -> list[dict[str, Any]]:
        return self.devices

    def _terminate(self) -> None:
        assert len(self.closed) == len(self.streams), "stopped while a stream was open"

    def _initialize(self) -> None:
        self.starts += 1

    def _exit_handler(self) -> None:
        pass

    def InputStream(self, **settings: Any) -> Any:  # noqa: N802  # the library's name
        return self._stream(settings)

    def OutputStream(self, **settings: Any) -> Any:  # noqa: N802  # the library's name
        return self._stream(settings)

    def _stream(self, settings: dict[str, Any]) -> Any:
        if (settings["samplerate"], settings["channels"]) != self.opens_at:
            raise PortAudioError("Error opening InputStream: Invalid sample rate [PaErrorCode -9997]")
        stream = SimpleNamespace(**settings | {"active": True, "start": lambda: None, "latency": 0.05})
        stream.close = lambda **_: self.closed.append(stream)
        self.streams.append(stream)
        return stream


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    one = Library()
    monkeypatch.setitem(sys.modules, "sounddevice", one)  # type: ignore[arg-type]
    portaudio.sounddevice.cache_clear()
    yield one
    portaudio.sounddevice.cache_clear()


def record(stream: Any, samples: np.ndarray) -> None:
    """Hand samples to the callback as PortAudio does; samples: (samples, channels) int16."""
    status = SimpleNamespace(input_overflow=False)
    for start in range(0, len(samples) - stream.blocksize + 1, stream.blocksize):
        stream.callback(samples[start : start + stream.blocksize], stream.blocksize, None, status)


def first(blocks: Iterator[np.ndarray], count: int) -> np.ndarray:
    return np.concatenate([next(blocks) for _ in range(count)])


@pytest.mark.parametrize(
    ("rate_hz", "channels", "gain"),
    [
        pytest.param(16_000, 1, 1.0, id="as wanted"),
        pytest.param(48_000, 1, 1.0, id="48 kHz"),
        pytest.param(44_100, 2, 0.5, id="44.1 kHz stereo, averaged"),
        pytest.param(16_000, 6, 1.0, id="array of six, its first channel"),
        pytest.param(8_000, 1, 1.0, id="telephone"),
    ],
)
def test_a_device_is_opened_as_it_can_be(library: Library, rate_hz: int, channels: int, gain: float) -> None:
    library.opens_at = (rate_hz, channels)
    times = np.arange(rate_hz) / rate_hz
    recorded = np.zeros((rate_hz, channels), np.int16)
    recorded[:, 0] = 8000 * np.sin(2 * np.pi * 440 * times)
    with Microphone(AudioConfig()) as microphone:
        record(library.streams[0], recorded)
        samples = first(iter(microphone), 45)
        assert f"{rate_hz} Hz, channels: {channels}" in microphone.name
    assert samples.dtype == np.int16
    expected = gain * 8000 * np.sin(2 * np.pi * 440 * np.arange(len(samples)) / 16_000)
    middle = slice(2000, -2000)
    assert np.abs(samples[middle] - expected[middle]).max() < 120


def test_blocks_are_20_ms(library: Library) -> None:
    library.opens_at = (44_100, 1)
    with Microphone(AudioConfig()) as microphone:
        record(library.streams[0], np.zeros((44_100, 1), np.int16))
        blocks = iter(microphone)
        assert {len(next(blocks)) for _ in range(40)} == {320}


def test_a_device_that_opens_in_no_way_says_why(library: Library) -> None:
    library.opens_at = (1, 1)
    with (
        pytest.raises(AudioError, match='"Array" cannot be opened: Invalid sample rate; is another program'),
        Microphone(AudioConfig()),
    ):
        pass


def test_a_stream_that_stops_is_a_lost_device(library: Library) -> None:
    with Microphone(AudioConfig()) as microphone:
        record(library.streams[0], np.zeros((960, 2), np.int16))
        blocks = iter(microphone)
        # The resampler keeps the first block back.
        library.streams[0].active = False
        with pytest.raises(DeviceLostError, match=r"Array.*has gone away"):
            list(blocks)
    assert library.closed == library.streams


def test_a_device_that_gives_nothing_is_lost(library: Library) -> None:
    with Microphone(AudioConfig()) as microphone:
        record(library.streams[0], np.zeros((4800, 2), np.int16))
        with pytest.raises(DeviceLostError, match="has gone away"):
            list(microphone)


def test_a_listener_that_was_busy_does_not_take_it_for_lost(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with Microphone(AudioConfig()) as microphone:
        now = 100.0
        monkeypatch.setattr("time.monotonic", lambda: now)
        blocks = iter(microphone)
        record(library.streams[0], np.zeros((4800, 2), np.int16))
        next(blocks)
        now = 110.0  # ten seconds of interpreting, while the device went on
        record(library.streams[0], np.zeros((48_000, 2), np.int16))
        assert len(first(blocks, 40)) == 40 * 320


def test_overruns_are_counted_over_several_openings(library: Library) -> None:
    microphone = Microphone(AudioConfig())
    for _ in range(2):
        with microphone:
            record(library.streams[-1], np.zeros((48_000 * 4, 2), np.int16))
    # Four seconds of 200 blocks into a ring of 150.
    assert microphone.overruns == 100


def test_devices_are_read_again_when_none_is_open(library: Library) -> None:
    assert [device.name for device in list_devices()] == ["Array"]
    assert library.starts == 1
    with Microphone(AudioConfig()):
        starts = library.starts
        list_devices()
        assert library.starts == starts


def test_a_loudspeaker_that_was_plugged_in_is_found_while_the_microphone_listens(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(portaudio, "DEVICE_FILES", tmp_path)
    list_devices()
    library.devices[0]["max_output_channels"] = 0
    with Microphone(AudioConfig()) as microphone:
        blocks = iter(microphone)
        for _ in range(3):
            with pytest.raises(AudioError, match="there is no loudspeaker"):
                play(np.zeros(100, np.int16), AudioConfig())
            record(library.streams[0], np.zeros((4800, 2), np.int16))
            first(blocks, 4)
        (tmp_path / "pcmC1D0p").touch()
        with pytest.raises(DeviceLostError, match="plugged in"):
            list(blocks)
    starts = library.starts
    with Microphone(AudioConfig()) as microphone:
        assert library.starts == starts + 1
        record(library.streams[-1], np.zeros((4800, 2), np.int16))
        first(iter(microphone), 4)


def test_without_devices_there_is_no_microphone(library: Library) -> None:
    library.devices = []
    assert not has_microphone()
    with pytest.raises(AudioError, match="there is no microphone"), Microphone(AudioConfig()):
        pass


def test_without_portaudio_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    portaudio.sounddevice.cache_clear()
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(AudioError, match="sudo apt install libportaudio2"):
        list_devices()
    assert not has_microphone()


def test_a_sound_is_played_whole_at_the_rate_of_the_device(library: Library) -> None:
    played: list[np.ndarray] = []

    def start_playing(settings: dict[str, Any]) -> Callable[[], None]:
        def play_on() -> None:
            while True:
                out = np.empty((512, settings["channels"]), np.int16)
                try:
                    settings["callback"](out, 512, None, None)
                except Library.CallbackStop:
                    break
                played.append(out)
            settings["finished_callback"]()

        return threading.Thread(target=play_on).start

    made = library._stream

    def stream(settings: dict[str, Any]) -> Any:
        one = made(settings)
        one.start = start_playing(settings)
        return one

    library._stream = stream  # type: ignore[method-assign]
    sound = (8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16_000)).astype(np.int16)
    play(sound, AudioConfig())
    heard = np.concatenate(played)
    begun = int(np.flatnonzero(heard[:, 1])[0]) // 512 * 512
    heard = heard[begun:]
    assert 24_000 <= len(heard) < 24_000 + 1024
    expected = 8000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 48_000)
    assert np.abs(heard[1000:23_000, 1] - expected[1000:23_000]).max() < 120
    assert library.closed == library.streams
