"""Playing a few seconds of sound: earcons, and what `oyez mic` has recorded."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import soxr

from assistant.audio import portaudio
from assistant.audio.convert import to_float32, to_int16
from assistant.audio.devices import Device, find_device, known_devices
from assistant.config import AudioConfig
from assistant.errors import AudioError
from assistant.messages import SAMPLE_RATE_HZ

EXTRA_S = 2.0
"""How much longer than the sound itself its playing may take."""


def play(samples: np.ndarray, config: AudioConfig) -> None:
    """Play the samples on the household's loudspeaker; returns when they have been heard.

    samples: (samples,) int16 at 16 kHz.
    Raises AudioError where there is no such device, it cannot be opened, or it does not play on.
    """
    device = find_device(config.output, "output", devices=known_devices())
    playing = _Playing(device)
    try:
        playing.play(samples)
    finally:
        playing.close()


class _Playing:
    """One sound on its way to the device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._samples = np.zeros(0, np.int16)
        self._position = 0
        self._ended = threading.Event()
        self._stream: Any = None

    def play(self, samples: np.ndarray) -> None:
        module = portaudio.sounddevice()
        reason = ""
        for rate_hz in dict.fromkeys([SAMPLE_RATE_HZ, self._device.rate_hz, 48_000]):
            self._samples = _at_rate(samples, rate_hz)
            try:
                self._stream = portaudio.open_stream(
                    "OutputStream",
                    device=self._device.index,
                    samplerate=rate_hz,
                    channels=min(self._device.outputs, 2),
                    dtype="int16",
                    latency="high",
                    callback=self._fill,
                    finished_callback=self._ended.set,
                )
                break
            except (module.PortAudioError, ValueError) as error:
                reason = reason or str(error)
        else:
            raise AudioError(f'the loudspeaker "{self._device.name}" cannot be opened: {reason}')
        if not self._ended.wait(len(samples) / SAMPLE_RATE_HZ + EXTRA_S):
            raise AudioError(f'the loudspeaker "{self._device.name}" does not play on')

    def close(self) -> None:
        if self._stream is not None:
            portaudio.close_stream(self._stream)

    def _fill(self, out: np.ndarray, frames: int, _time: object, _status: object) -> None:
        """Give PortAudio what comes next: (frames, channels) int16, the same on every channel."""
        part = self._samples[self._position : self._position + frames]
        self._position += frames
        out[: len(part)] = part[:, np.newaxis]
        out[len(part) :] = 0
        if not len(part):
            raise portaudio.sounddevice().CallbackStop


def _at_rate(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    if rate_hz == SAMPLE_RATE_HZ:
        return samples
    return to_int16(soxr.resample(to_float32(samples), SAMPLE_RATE_HZ, rate_hz))
