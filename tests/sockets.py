"""Unix sockets of programs that tests start."""

from __future__ import annotations

import socket
from pathlib import Path


def is_listened_at(path: Path) -> bool:
    """Whether somebody listens at a Unix socket: its file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0
