"""A loudspeaker without a sound card: ALSA's `file` plugin writes what is played into a FIFO, read in real time.

As with the virtual microphone, the program under test runs in a process of its own, with `environment` added to its
variables; the device is called `testspeaker` there and is the default one.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np

from tests.virtual_microphone import F_SETPIPE_SZ, RATE_HZ, SYSTEM_CONFIGURATION

NAME = "testspeaker"
BLOCK_S = 0.02
PIPE_SAMPLES = 2048
"""What the pipe may hold: played, and not yet heard."""
WAIT_S = 60

CONFIGURATION = """
pcm.{name} {{
    type plug
    slave {{
        pcm {{
            type file
            slave.pcm "null"
            file "{fifo}"
            format "raw"
        }}
        rate {rate_hz}
        channels 1
        format S16_LE
    }}
}}
pcm.!default {{
    type plug
    slave.pcm "{name}"
}}
"""


class VirtualLoudspeaker:
    """Hears what is played while the context lasts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._fifo = folder / "loudspeaker.fifo"
        self._configuration = folder / "loudspeaker.conf"
        self._configuration.write_text(CONFIGURATION.format(name=NAME, fifo=self._fifo, rate_hz=RATE_HZ))
        os.mkfifo(self._fifo)
        # Read-write, so that neither side waits for the other one to open it.
        self._file = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.fcntl(self._file, F_SETPIPE_SZ, 2 * PIPE_SAMPLES)
        self._heard: list[tuple[float, np.ndarray]] = []
        """Monotonic times and what was read then."""
        self._changed = threading.Condition()  # guards _heard
        self._taking = threading.Event()
        self._taking.set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="virtual-loudspeaker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._taking.set()
        self._thread.join(timeout=5)
        os.close(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """For the process that plays; to be set before it loads PortAudio."""
        return {"ALSA_CONFIG_PATH": f"{SYSTEM_CONFIGURATION}:{self._configuration}"}

    @property
    def sound(self) -> np.ndarray:
        """(samples,) int16 that were played so far, one sound directly after the other."""
        with self._changed:
            return np.concatenate([np.zeros(0, np.int16), *(samples for _, samples in self._heard)])

    def sound_between(self, begin: float, end: float = float("inf")) -> np.ndarray:
        """(samples,) int16 that were heard between these monotonic times."""
        with self._changed:
            return np.concatenate(
                [np.zeros(0, np.int16), *(samples for at, samples in self._heard if begin <= at < end)]
            )

    def wait_for(self, samples: int) -> None:
        """Return when so many samples were heard since the start."""
        with self._changed:
            if not self._changed.wait_for(lambda: sum(len(heard) for _, heard in self._heard) >= samples, WAIT_S):
                raise TimeoutError("nothing is played")

    def disconnect(self) -> None:
        """Be not there for those who look for it."""
        self._configuration.rename(self._configuration.with_suffix(".unplugged"))

    def connect(self) -> None:
        """Be there again."""
        self._configuration.with_suffix(".unplugged").rename(self._configuration)

    def hang(self) -> None:
        """Take nothing more, as a device that hangs, and be not there for those who look for it."""
        self.disconnect()
        self._taking.clear()

    def recover(self) -> None:
        """Go on."""
        self.connect()
        self._taking.set()

    def _listen(self) -> None:
        deadline = time.monotonic()
        size = round(BLOCK_S * RATE_HZ) * 2
        while not self._stopping.is_set():
            deadline += BLOCK_S
            if self._stopping.wait(max(deadline - time.monotonic(), 0)):
                return
            if not self._taking.is_set():
                self._taking.wait()
                deadline = time.monotonic()
            try:
                block = os.read(self._file, size)
            except BlockingIOError:
                # Nobody plays.
                continue
            with self._changed:
                self._heard.append((time.monotonic(), np.frombuffer(block, "<i2").copy()))
                self._changed.notify_all()
