"""Sound files: read whole, or fed like a microphone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import soundfile

from assistant.audio.convert import BLOCK_SAMPLES, Converter, to_mono
from assistant.errors import AudioError
from assistant.messages import SAMPLE_RATE_HZ

MAX_FILE_S = 3600
"""Longer files are refused: an hour is 115 MB of samples."""
MAX_CHANNELS = 32
MIN_RATE_HZ, MAX_RATE_HZ = 1000, 768_000
PIECE_SAMPLES = 1 << 18
"""What is read at once, all channels together."""


def read_file(path: str | Path) -> np.ndarray:
    """(samples,) int16 at 16 kHz of a WAV, FLAC or OGG file of any rate, width and number of channels.

    Memory stays near that of the result, whatever the file's own format.
    Raises AudioError where it is missing, empty, damaged, no sound or longer than an hour.
    """
    file = Path(path)
    if not file.exists():
        raise AudioError(f"{file}: no such file")
    if not file.is_file():
        raise AudioError(f"{file}: not a file")
    if file.stat().st_size == 0:
        raise AudioError(f"{file}: the file is empty")
    if file.suffix.lower() == ".raw":
        raise AudioError(f"{file}: raw samples tell neither their rate nor their width; save them as WAV or FLAC")
    try:
        with soundfile.SoundFile(file) as sound:
            _check_format(file, sound)
            samples = _read_all(file, sound)
    except (soundfile.LibsndfileError, OSError) as error:
        reason = str(error).rstrip(".").rpartition(": ")[2]
        raise AudioError(f"{file}: no sound that can be read, WAV, FLAC or OGG is expected ({reason})") from error
    if not len(samples):
        raise AudioError(f"{file}: the file holds no samples")
    return samples


def _check_format(file: Path, sound: Any) -> None:
    if sound.channels > MAX_CHANNELS:
        raise AudioError(f"{file}: {sound.channels} channels, at most {MAX_CHANNELS} are read")
    if not MIN_RATE_HZ <= sound.samplerate <= MAX_RATE_HZ:
        raise AudioError(f"{file}: a rate of {sound.samplerate} Hz, read are {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz")


def _read_all(file: Path, sound: Any) -> np.ndarray:
    converter = Converter(rate_hz=sound.samplerate)
    pieces: list[np.ndarray] = []
    frames = 0
    # Not by the header's count: files written to a pipe, or cut short, have a wrong one.
    while len(piece := sound.read(PIECE_SAMPLES // sound.channels, dtype="float32", always_2d=True)):
        frames += len(piece)
        if frames > MAX_FILE_S * sound.samplerate:
            raise AudioError(f"{file}: longer than {MAX_FILE_S // 60} minutes; cut it into parts")
        # A recording's channels all count, unlike those of a microphone array.
        mono = piece.mean(axis=1, dtype=np.float32) if sound.channels > 2 else to_mono(piece)
        pieces.append(converter.push(mono[:, np.newaxis]))
    pieces.append(converter.flush())
    return np.concatenate(pieces)


class WavMicrophone:
    """Plays files into the assistant as if they were spoken: a context manager that gives blocks of 20 ms.

    With `paced` a block comes every 20 ms, otherwise as fast as they are taken.
    """

    def __init__(self, files: Sequence[str | Path], *, paced: bool = True, silence_ms: int = 1500) -> None:
        """silence_ms: between the files, and before and after them.

        Raises AudioError at once where one of the files cannot be read.
        """
        self.name = ", ".join(Path(file).name for file in files)
        self.overruns = 0
        """Blocks that were lost: none, files wait."""
        pause = np.zeros(silence_ms * SAMPLE_RATE_HZ // 1000, np.int16)
        parts = [part for file in files for part in (pause, read_file(file))]
        samples = np.concatenate([*parts, pause])
        padding = np.zeros(-len(samples) % BLOCK_SAMPLES, np.int16)
        self._blocks = np.concatenate([samples, padding]).reshape(-1, BLOCK_SAMPLES)  # (blocks, samples of one)
        self._paced = paced
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        self._closed.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()

    def __iter__(self) -> Iterator[np.ndarray]:
        """The blocks, each (BLOCK_SAMPLES,) int16; ends with the last one."""
        deadline = time.monotonic()
        for block in self._blocks:
            deadline += BLOCK_SAMPLES / SAMPLE_RATE_HZ
            # Who takes too long finds up to a second waiting, as in a microphone's queue.
            deadline = max(deadline, time.monotonic() - 1)
            if self._paced and self._closed.wait(max(deadline - time.monotonic(), 0)):
                return
            yield block.copy()
