"""The microphone: blocks of 20 ms from a sound device, whatever its rate and channels.

    PortAudio's callback ──copy──▶ Ring ──▶ Converter ──▶ Blocks ──▶ whoever iterates

The callback only copies into a ring that was made before, and rings a bell (an eventfd): it takes no lock, makes
nothing and says nothing.  A device that goes away ends the iteration with DeviceLostError; opening the microphone
again looks for it anew, under whatever number it has then.
"""

from __future__ import annotations

import logging
import os
import select
import time
from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from assistant.audio import portaudio
from assistant.audio.convert import Blocks, Converter
from assistant.audio.devices import Device, find_device, list_devices
from assistant.config import AudioConfig
from assistant.errors import AudioError, DeviceLostError
from assistant.messages import SAMPLE_RATE_HZ

log = logging.getLogger(__name__)

BLOCK_S = 0.02
QUEUE_S = 3.0
"""What is kept for a listener that is busy; what comes then is lost and counted."""
LOST_S = 1.0
"""A device that was silent for so long, not even giving zeros, is gone."""
FIRST_BLOCK_S = 3.0
"""The same before the first block: some devices wake slowly."""
MAX_OPEN_CHANNELS = 8
"""Virtual devices offer hundreds."""


class Microphone:
    """A microphone that is open while the context lasts, and can be opened again.

    `with Microphone(config) as blocks:` and `for block in blocks:` gives (320,) int16 at 16 kHz for ever.
    """

    def __init__(self, config: AudioConfig) -> None:
        self.name = "no microphone"
        """The open device's, and how it was opened."""
        self._wanted = config.input
        self._ring: Ring | None = None
        self._stream: Any = None
        self._lost = 0

    def __enter__(self) -> Self:
        """Open the device.

        Raises AudioError where there is none, or it cannot be opened: it may be there later.
        """
        if portaudio.is_stuck():
            raise DeviceLostError(f"{self.name} hangs; plug it out and in again")
        device = find_device(self._wanted, "input", devices=list_devices())
        self._ring, self._stream = _open(device)
        self.name = f"{device.name} ({self._ring.rate_hz} Hz, channels: {self._ring.channels})"
        log.info("microphone: %s", self.name)
        return self

    def __exit__(self, *_: object) -> None:
        stream, self._stream = self._stream, None
        ring, self._ring = self._ring, None
        # A callback that hangs with its device still holds the ring; the bell is left to it then.
        if stream is not None and ring is not None and portaudio.close_stream(stream):
            ring.close()
        if ring is not None:
            self._lost += ring.lost

    @property
    def overruns(self) -> int:
        """Blocks lost since the microphone was made, in PortAudio or because nobody took them."""
        return self._lost + (self._ring.lost if self._ring else 0)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Blocks, each (320,) int16.

        Raises DeviceLostError where the device has gone away, or has to be opened anew for another one to be found.
        """
        ring, stream = self._ring, self._stream
        if ring is None:
            raise AudioError("the microphone is not open")
        converter, blocks = Converter(rate_hz=ring.rate_hz), Blocks()
        deadline = time.monotonic() + FIRST_BLOCK_S
        while True:
            for recorded in ring.take(wait_s=LOST_S / 4):
                deadline = time.monotonic() + LOST_S
                yield from blocks.push(converter.push(recorded))
            # Time that the listener spent elsewhere is no silence of the device: the ring was looked at just now.
            deadline = max(deadline, ring.last_block + LOST_S)
            if not stream.active or time.monotonic() > deadline:
                raise DeviceLostError(f"the microphone {self.name} has gone away")
            if portaudio.rescan_is_due():
                raise DeviceLostError("sound devices were plugged in or out")


class Ring:
    """Blocks between the callback and one reader: preallocated, without locks.

    Only the callback writes `_written` and only the reader `_read`; each is one reference, replaced at once.
    """

    def __init__(self, *, rate_hz: int, channels: int) -> None:
        self.rate_hz, self.channels = rate_hz, channels
        self.frames = round(rate_hz * BLOCK_S)
        """Of one block."""
        self.lost = 0
        """Blocks that found the ring full, and gaps that PortAudio told of."""
        self.last_block = 0.0
        """Monotonic time of the last callback."""
        self._slots = np.zeros((round(QUEUE_S / BLOCK_S), self.frames, channels), np.int16)
        self._written = self._read = 0
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def callback(self, recorded: np.ndarray, frames: int, _time: object, status: Any) -> None:
        """Take a block over from PortAudio: (frames, channels) int16."""
        self.last_block = time.monotonic()
        if status.input_overflow:
            self.lost += 1
        if self._written - self._read >= len(self._slots):
            self.lost += 1
            return
        self._slots[self._written % len(self._slots), :frames] = recorded
        self._written += 1
        os.eventfd_write(self._bell, 1)

    def take(self, *, wait_s: float) -> Iterator[np.ndarray]:
        """The blocks that are there, each (frames, channels) int16; waits for the first one."""
        if self._read == self._written:
            select.select([self._bell], [], [], wait_s)
        try:
            os.eventfd_read(self._bell)
        except BlockingIOError:
            return
        while self._read < self._written:
            block = self._slots[self._read % len(self._slots)].copy()
            self._read += 1
            yield block

    def close(self) -> None:
        """Give the bell back; no callback may come any more."""
        os.close(self._bell)


def _open(device: Device) -> tuple[Ring, Any]:
    """The device's stream, at 16 kHz and one channel or else as it can be opened."""
    module = portaudio.sounddevice()
    reason = ""
    for rate_hz, channels in _ways(device):
        ring = Ring(rate_hz=rate_hz, channels=channels)
        try:
            stream = portaudio.open_stream(
                "InputStream",
                device=device.index,
                samplerate=rate_hz,
                channels=channels,
                dtype="int16",
                blocksize=ring.frames,
                latency="high",
                callback=ring.callback,
            )
        except (module.PortAudioError, ValueError) as error:
            ring.close()
            reason = reason or _plain(error)
        else:
            return ring, stream
    raise AudioError(f'the microphone "{device.name}" cannot be opened: {reason}; is another program using it?')


def _ways(device: Device) -> list[tuple[int, int]]:
    """Rates and channels to try, best first."""
    rates = list(dict.fromkeys([SAMPLE_RATE_HZ, 48_000, device.rate_hz, 44_100, 32_000, 8000]))
    channels = list(dict.fromkeys([1, min(2, device.inputs), min(device.inputs, MAX_OPEN_CHANNELS)]))
    return [(rate_hz, count) for rate_hz in rates for count in channels]


def _plain(error: Exception) -> str:
    """PortAudio's reason without its numbers."""
    return str(error).partition(" [PaErrorCode")[0].rpartition(": ")[2]
