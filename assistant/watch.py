"""Whether files have changed since last looked at: by time and size, so that any editor and any file system will do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

_Look: TypeAlias = tuple[int, int] | None


class FileWatch:
    """Remembers how files looked; asked now and then by its owner."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._looks = {file: _look(file) for file in files}

    def watch(self, files: Iterable[Path]) -> None:
        """Watch these instead; what is known of files that stay is kept."""
        self._looks = {file: self._looks[file] if file in self._looks else _look(file) for file in files}

    def changed(self) -> bool:
        """Whether one of them changed, appeared or went away since the last call."""
        now = {file: _look(file) for file in self._looks}
        different = now != self._looks
        self._looks = now
        return different


def _look(file: Path) -> _Look:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
