"""Memory that was used and is free again, given back to the system.

Building a household's graph takes a hundred megabytes for a second, hearing an utterance some tens; glibc would keep
them for the next time, and with each longer utterance more.
"""

from __future__ import annotations

import ctypes


def give_back_memory() -> None:
    """Return what is free to the system; where the C library cannot, nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
