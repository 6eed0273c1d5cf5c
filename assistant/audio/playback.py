"""Playing sound on the household's loudspeaker: earcons, replies, and what `oyez mic` has recorded.

    pieces ──▶ resampled to the device's rate ──▶ queue ──▶ PortAudio's callback

The device is open only while it plays, so that others can have it, and one that is plugged in later is found.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np
import soxr

from assistant.audio import portaudio
from assistant.audio.convert import to_float32, to_int16
from assistant.audio.devices import Device, find_device, known_devices, list_devices
from assistant.config import AudioConfig
from assistant.errors import AudioError, DeviceLostError
from assistant.messages import SAMPLE_RATE_HZ

STILL_S = 4.0
"""A device that has taken nothing for so long does not play on; a busy machine may well keep it waiting for two."""
LEAD_S = 2.0
"""The next piece is asked for when less than this is still to be played: it is made meanwhile."""
FADE = np.linspace(1, 0, 160, dtype=np.float32)[:, np.newaxis]
"""(samples, 1): how sound ends that is stopped; cut off, it would click."""


def play(samples: np.ndarray, config: AudioConfig) -> None:
    """Play the samples on the household's loudspeaker; returns when they have been heard.

    samples: (samples,) int16 at 16 kHz.
    Raises AudioError where there is no such device, it cannot be opened, or it does not play on.
    """
    Loudspeaker(config).play([samples], stopped=threading.Event())


class Loudspeaker:
    """The household's loudspeaker, opened for each sound; used by one thread."""

    def __init__(self, config: AudioConfig) -> None:
        self.name = "no loudspeaker"
        """The one that was used last."""
        self._wanted = config.output

    def play(self, pieces: Iterable[np.ndarray], *, stopped: threading.Event) -> None:
        """Play the pieces, each (samples,) int16 at 16 kHz, one after the other, without gaps where they come in time.

        The first piece is asked for before the device is opened.  Returns when the last sample has left the
        device, or soon after `stopped` was set: at once, but for a fade and what the device still holds.
        Raises AudioError where there is no such device, it cannot be opened, or it does not play on.
        """
        playing: _Playing | None = None
        try:
            for piece in pieces:
                if stopped.is_set():
                    break
                if playing is None:
                    device = self._device()
                    self.name = device.name
                    playing = _Playing(device, stopped=stopped)
                playing.add(piece)
                playing.wait(LEAD_S)
            if playing is not None:
                playing.finish()
        finally:
            if playing is not None:
                playing.close()

    def _device(self) -> Device:
        """The device, looked for anew where it was not there when PortAudio last read the list."""
        if portaudio.is_stuck():
            raise AudioError("the loudspeaker hangs; plug it out and in again")
        try:
            return find_device(self._wanted, "output", devices=known_devices())
        except AudioError:
            return find_device(self._wanted, "output", devices=list_devices())


class _Playing:
    """An open device and what it has still to play."""

    def __init__(self, device: Device, *, stopped: threading.Event) -> None:
        self._name, self._stopped = device.name, stopped
        self._queue: deque[np.ndarray] = deque()
        """What the callback takes next, (samples,) int16 each; appended to by the owner, taken from by the callback."""
        self._complete = False
        """Nothing will be added any more."""
        self._added = self._played = 0
        """Samples, at the device's rate."""
        self._calls = 0
        """How often PortAudio has asked for sound."""
        self._seen = time.monotonic()
        """When it was last seen to have done so."""
        self._ended = threading.Event()
        self._stream, self._rate_hz = _open(device, callback=self._fill, ended=self._ended)
        same = self._rate_hz == SAMPLE_RATE_HZ
        self._resampler = None if same else soxr.ResampleStream(SAMPLE_RATE_HZ, self._rate_hz, 1, dtype="float32")

    def add(self, samples: np.ndarray) -> None:
        """Play these next; (samples,) int16 at 16 kHz."""
        self._append(samples, last=False)

    def wait(self, lead_s: float) -> None:
        """Return when less than `lead_s` is still to be played, or it is stopped.

        Raises DeviceLostError where the device does not play on.
        """
        while (surplus_s := self._left_s() - lead_s) > 0 and not self._stopped.is_set():
            self._watch(self._stopped, surplus_s)

    def finish(self) -> None:
        """Return when everything was heard, or soon after it was stopped.

        Raises DeviceLostError where the device does not play on.
        """
        self._append(np.zeros(0, np.int16), last=True)
        self._complete = True
        while not self._ended.is_set():
            self._watch(self._ended, STILL_S)
        if self._left_s() and not self._stopped.is_set():
            raise self._lost()
        # What PortAudio has given away is not yet out of the device, most of all over Bluetooth.
        self._stopped.wait(float(self._stream.latency))

    def _watch(self, event: threading.Event, seconds: float) -> None:
        """Wait for the event, so long at most, and see to it that the device takes what it is given."""
        calls = self._calls
        if event.wait(min(seconds, STILL_S)) or calls != self._calls:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > STILL_S or self._ended.is_set():
            raise self._lost()

    def close(self) -> None:
        portaudio.close_stream(self._stream)

    def _left_s(self) -> float:
        return (self._added - self._played) / self._rate_hz

    def _lost(self) -> DeviceLostError:
        return DeviceLostError(f'the loudspeaker "{self._name}" does not play on')

    def _append(self, samples: np.ndarray, *, last: bool) -> None:
        if self._resampler is not None:
            samples = to_int16(self._resampler.resample_chunk(to_float32(samples), last=last))
        if len(samples):
            self._added += len(samples)
            self._queue.append(samples)

    def _fill(self, out: np.ndarray, frames: int, _time: object, _status: object) -> None:
        """Give PortAudio what comes next: (frames, channels) int16, the same on every channel."""
        self._calls += 1
        out[:] = 0
        filled = 0
        while filled < frames and self._queue:
            piece = self._queue[0]
            part = piece[: frames - filled]
            out[filled : filled + len(part)] = part[:, np.newaxis]
            filled += len(part)
            if len(part) < len(piece):
                self._queue[0] = piece[len(part) :]
            else:
                self._queue.popleft()
        self._played += filled
        if self._stopped.is_set():
            faded = min(len(FADE), frames)
            out[:faded] = out[:faded] * FADE[-faded:]
            out[faded:] = 0
            raise portaudio.sounddevice().CallbackStop
        if not filled and self._complete:
            raise portaudio.sounddevice().CallbackStop


def _open(device: Device, *, callback: Any, ended: threading.Event) -> tuple[Any, int]:
    """The running stream and its rate: 16 kHz, or else as the device can."""
    module = portaudio.sounddevice()
    reason = ""
    for rate_hz in dict.fromkeys([SAMPLE_RATE_HZ, device.rate_hz, 48_000]):
        try:
            stream = portaudio.open_stream(
                "OutputStream",
                device=device.index,
                samplerate=rate_hz,
                channels=min(device.outputs, 2),
                dtype="int16",
                latency="high",
                callback=callback,
                finished_callback=ended.set,
            )
        except (module.PortAudioError, ValueError) as error:
            reason = reason or str(error)
        else:
            return stream, rate_hz
    raise AudioError(f'the loudspeaker "{device.name}" cannot be opened: {reason}')
