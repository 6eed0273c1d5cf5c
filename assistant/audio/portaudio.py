"""PortAudio for the rest of this package: loaded when first needed, its device list read again when nothing is open.

PortAudio reads the devices once, when it starts; a microphone plugged in later is only seen after it was stopped and
started again, which would close every open stream.  So streams are counted; where a device is missed while another is
open, and something was plugged in since, `rescan_is_due` asks whoever holds the open one to close it for a moment.  A
stream whose device hangs may not come back from closing: it is closed on a thread of its own, and PortAudio is left
alone until that has ended.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.errors import AudioError

log = logging.getLogger(__name__)

CLOSE_S = 2.0
"""How long closing a stream is waited for."""
DEVICE_FILES = Path("/dev/snd")
"""Changes when a sound card is plugged in or out."""

_lock = threading.Lock()  # guards PortAudio's start, stop and the opening of streams, and the two sets
_open: set[int] = set()  # streams by id()
_closing: set[threading.Thread] = set()


MOST_RESCANS, UNCHANGED_S = 100, 60.0
"""ALSA keeps 12 kB of each reading: after so many, a list without a new card is read once a minute at most, lest a
microphone that is missing for days costs 200 MB a day."""


@dataclass(slots=True)
class _List:
    """What is known of PortAudio's list of devices."""

    files: frozenset[str] = frozenset()
    """What DEVICE_FILES held when it was read."""
    rescans: int = 0
    read: float = 0.0
    """When it was read; monotonic."""
    missed: bool = False
    """Somebody wanted it to be read again, and it could not be."""


_list = _List()


@cache
def sounddevice() -> ModuleType:
    """The module `sounddevice`; importing it starts PortAudio.

    Raises AudioError where the library is missing.
    """
    _list.files = _device_files()
    try:
        import sounddevice as module  # noqa: PLC0415  # starts PortAudio, which only those who want sound should pay for
    except OSError as error:
        raise AudioError(
            f"sound devices cannot be used: {error}; on Debian and Raspberry Pi OS: sudo apt install libportaudio2"
        ) from error
    return module  # type: ignore[no-any-return]


def query_devices() -> list[Mapping[str, Any]]:
    """All devices, as PortAudio knew them at its last start."""
    with _lock:
        return list(sounddevice().query_devices())


def rescan() -> bool:
    """Read the list of devices again; returns whether that was possible: not while a stream is open."""
    module = sounddevice()
    with _lock:
        if _open or any(thread.is_alive() for thread in _closing):
            _list.missed = True
            return False
        _closing.clear()
        files = _device_files()
        if files == _list.files and _list.rescans >= MOST_RESCANS and time.monotonic() - _list.read < UNCHANGED_S:
            return True
        _list.files, _list.missed = files, False
        _list.rescans, _list.read = _list.rescans + 1, time.monotonic()
        try:
            module._terminate()  # noqa: SLF001  # the documented way to read the devices again
            module._initialize()  # noqa: SLF001
        except module.PortAudioError as error:
            raise AudioError(f"the sound system does not start: {error}") from error
        return True


def rescan_is_due() -> bool:
    """Whether whoever has a stream open should close it for a moment: the list was wanted, and it has changed."""
    return _list.missed and _device_files() != _list.files


def open_stream(kind: str, **settings: Any) -> Any:
    """A running `InputStream` or `OutputStream`, to be closed by `close_stream`.

    kind: the class's name.  Raises PortAudioError as sounddevice does, ValueError where settings do not fit.
    """
    module = sounddevice()
    with _lock:
        stream = getattr(module, kind)(**settings)
        try:
            stream.start()
        except BaseException:
            stream.close()
            raise
        _open.add(id(stream))
    return stream


def close_stream(stream: Any) -> bool:
    """Close the stream; returns whether it has closed in time, which it may not where its device hangs."""
    thread = threading.Thread(target=_close, args=(stream,), name="close-stream", daemon=True)
    with _lock:
        _closing.add(thread)
    thread.start()
    thread.join(CLOSE_S)
    if thread.is_alive():
        log.warning("a sound device hangs; it is left alone until it answers")
        # It would wait for the same device when the program ends.
        atexit.unregister(sounddevice()._exit_handler)  # noqa: SLF001
    return not thread.is_alive()


def is_stuck() -> bool:
    """Whether a stream that was closed has not come back from it."""
    with _lock:
        _closing.difference_update([thread for thread in _closing if not thread.is_alive()])
        return bool(_closing)


def _device_files() -> frozenset[str]:
    try:
        return frozenset(file.name for file in DEVICE_FILES.iterdir())
    except OSError:  # no card at all, or another system
        return frozenset()


def _close(stream: Any) -> None:
    stream.close(ignore_errors=True)
    with _lock:
        _open.discard(id(stream))
