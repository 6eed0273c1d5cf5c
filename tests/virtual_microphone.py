"""A microphone without a sound card: ALSA's `file` plugin reads what is written into a FIFO.

The program under test runs in a process of its own, with `environment` added to its variables; the device is called
`testmic` there and is the default one.  The FIFO is fed every 20 ms, silence included, as a sound card would; what is
said may go faster, for tests that look at what is understood and done and not at when: the device reads whatever comes,
and the ears count samples.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Self

import numpy as np

RATE_HZ = 16_000
BLOCK_S = 0.02
PRIORITY = -15
NAME = "testmic"
ONE_WAY = "replies: {mode: sounds, echo: cancelled}"
"""For households that are spoken to without a pause: this microphone hears no loudspeaker, so it may stay open."""
SYSTEM_CONFIGURATION = Path("/usr/share/alsa/alsa.conf")
F_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", 1031)

CONFIGURATION = """
pcm.{name} {{
    type file
    slave.pcm "null"
    file "/dev/null"
    infile "{fifo}"
    format "raw"
}}
pcm.!default {{
    type plug
    slave.pcm "{name}"
}}
"""


class VirtualMicrophone:
    """Feeds the FIFO from a thread of its own while the context lasts."""

    def __init__(self, folder: Path, *, rate_hz: int = RATE_HZ, pace: float = 1.0) -> None:
        """rate_hz: what the reader records at; the plugin itself would take any.

        pace: how many times faster than real time it is spoken.  Silence between is never faster.
        """
        self._rate_hz = rate_hz
        self._spoken_s, self._silent_s = BLOCK_S / pace, BLOCK_S
        """How long a block takes."""
        self._block_samples = round(rate_hz * BLOCK_S)
        folder.mkdir(parents=True, exist_ok=True)
        self.fifo = folder / "microphone.fifo"
        """What the device reads."""
        self._configuration = folder / "asound.conf"
        self._configuration.write_text(CONFIGURATION.format(name=NAME, fifo=self.fifo))
        os.mkfifo(self.fifo)
        self._file = self._open()
        self._lock = threading.Lock()  # makes one of the two below, and of the file and whether it is connected
        self._blocks: deque[np.ndarray] = deque()
        self._idle = threading.Event()
        self._idle.set()
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._connected.set()
        self._thread = threading.Thread(target=self._feed, name="virtual-microphone", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._connected.set()
        self._thread.join(timeout=5)
        if self._file >= 0:
            os.close(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """For the process that listens; to be set before it loads PortAudio."""
        return {"ALSA_CONFIG_PATH": f"{SYSTEM_CONFIGURATION}:{self._configuration}"}

    def speak(self, samples: np.ndarray, *, wait: bool = True) -> None:
        """Say this next; returns when it has been said.  samples: (samples,) int16 at its rate."""
        padding = np.zeros(-len(samples) % self._block_samples, np.int16)
        blocks = np.concatenate([samples.astype(np.int16), padding]).reshape(-1, self._block_samples)
        with self._lock:
            self._idle.clear()
            self._blocks.extend(blocks)
        if wait and not self._idle.wait(len(samples) / self._rate_hz + 60):
            raise TimeoutError("the virtual microphone was not fed")

    def hush(self) -> None:
        """Say nothing of what is still to be said."""
        with self._lock:
            self._blocks.clear()
            self._idle.set()

    def close(self) -> None:
        """Let the device read the end of its file, as when what feeds it has died, until `reopen`."""
        self._connected.clear()
        with self._lock:
            os.close(self._file)
            self._file = -1

    def reopen(self) -> None:
        """Feed the device again."""
        self._file = self._open()
        self._connected.set()

    def disconnect(self) -> None:
        """Give no more samples, as a device that hangs; and is not there for those who look for it."""
        self._configuration.rename(self._configuration.with_suffix(".unplugged"))
        self._connected.clear()

    def connect(self, *, after: int = 0) -> None:
        """Go on; behind so many other devices, so that its number is another one."""
        others = "".join(f"pcm.other{number} {{ type null }}\n" for number in range(after))
        self._configuration.write_text(others + CONFIGURATION.format(name=NAME, fifo=self.fifo))
        self._configuration.with_suffix(".unplugged").unlink()
        self._connected.set()

    def _open(self) -> int:
        # Read-write, so that neither side waits for the other one to open it.
        file = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        # The pipe is the only buffer before the device: 4096 bytes are 128 ms at 16 kHz.
        fcntl.fcntl(file, F_SETPIPE_SZ, 4096)
        return file

    def _feed(self) -> None:
        with contextlib.suppress(PermissionError):
            # A sound card does not wait for its turn among processes; this thread alone, and only root may.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)
        silence = np.zeros(self._block_samples, np.int16)
        deadline = time.monotonic()
        while not self._stopping.is_set():
            deadline += self._silent_s if self._idle.is_set() else self._spoken_s
            if self._stopping.wait(max(deadline - time.monotonic(), 0)):
                return
            if not self._connected.is_set():
                self._connected.wait()
                deadline = time.monotonic()
            with self._lock:
                if not self._connected.is_set() or self._file < 0:
                    continue
                spoken = bool(self._blocks)
                block = self._blocks[0] if spoken else silence
                try:
                    os.write(self._file, block.tobytes())
                except BlockingIOError:
                    # Nobody listens: silence is lost, but what is to be said waits for a listener.
                    continue
                if spoken:
                    self._blocks.popleft()
                if not self._blocks:
                    self._idle.set()
