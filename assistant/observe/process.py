"""What this process holds of the machine, read from /proc."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

_LIBRARIES = ("onnxruntime", "kaldi-decoder", "sounddevice", "paho-mqtt", "numpy")
"""Whose version explains most when two machines differ."""


def process_gauges(proc: Path = Path("/proc/self")) -> dict[str, float]:
    """`memory_mb` (resident), `threads` and `descriptors` of this process; without /proc nothing is known."""
    gauges: dict[str, float] = {}
    with contextlib.suppress(OSError, ValueError):
        lines = (line.partition(":") for line in (proc / "status").read_text().splitlines())
        status = {name: value.split() for name, _, value in lines}
        gauges["memory_mb"] = round(int(status["VmRSS"][0]) / 1024, 1)
        gauges["threads"] = int(status["Threads"][0])
        gauges["descriptors"] = len(os.listdir(proc / "fd"))  # noqa: PTH208  # a descriptor may close meanwhile
    return gauges


@functools.cache
def versions() -> Mapping[str, str]:
    """Versions of Python, the system and the libraries that do the work."""
    known = {"python": platform.python_version(), "system": f"{platform.system()} {platform.release()}"}
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            known[name] = metadata.version(name)
    return MappingProxyType(known)
