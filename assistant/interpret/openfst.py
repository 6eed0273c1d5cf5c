"""Arrays as an OpenFst graph: written in its own format and read back, since calls per arc take too long.

The layout is that of `ConstFst` version 2 of OpenFst (`const-fst.h`): a header, an array of states (final weight,
first arc, number of arcs, of arcs without input, of arcs without output), an array of arcs (input, output, weight,
target).
"""

from __future__ import annotations

import os
import struct
import tempfile
from typing import IO

import kaldifst
import numpy as np

from assistant.interpret.topology import Arcs

_MAGIC = 2125659606
_VERSION = 2
_EXPANDED = 1
_STATE = np.dtype(
    [("final", "<f4"), ("first", "<u4"), ("arcs", "<u4"), ("without_input", "<u4"), ("without_output", "<u4")]
)
_ARC = np.dtype([("input", "<i4"), ("output", "<i4"), ("weight", "<f4"), ("target", "<i4")])


_CHUNK = 1 << 18
"""Arcs that are written at a time: millions of them at once would be in memory three times."""


def write_fst(arcs: Arcs, *, states: int, start: int, finals: np.ndarray) -> IO[bytes]:
    """Return a file that `read_fst` makes a graph of; its arcs may come in any order.

    finals: (states,) float32, the cost of ending in each state, infinite where it is not an end.
    """
    table = np.zeros(states, _STATE)
    table["final"] = finals
    counts = np.bincount(arcs.sources, minlength=states)
    table["arcs"] = counts
    table["first"][1:] = np.cumsum(counts[:-1])
    table["without_input"] = np.bincount(arcs.sources[arcs.inputs == 0], minlength=states)
    table["without_output"] = np.bincount(arcs.sources[arcs.outputs == 0], minlength=states)
    header = struct.pack("<i", _MAGIC) + _text("const") + _text("standard")
    header += struct.pack("<iiQqqq", _VERSION, 0, _EXPANDED, start, states, len(arcs.sources))
    file = _new_file()
    file.write(header)
    file.write(table.data)
    order = np.argsort(arcs.sources, kind="stable")
    for begin in range(0, len(order), _CHUNK):
        chunk = order[begin : begin + _CHUNK]
        rows = np.empty(len(chunk), _ARC)
        rows["input"], rows["output"] = arcs.inputs[chunk], arcs.outputs[chunk]
        rows["weight"], rows["target"] = arcs.weights[chunk], arcs.targets[chunk]
        file.write(rows.data)
    file.flush()
    return file


def read_fst(file: IO[bytes]) -> kaldifst.StdConstFst:
    """Return the graph that was written; the file is gone then."""
    with file:
        path = file.name if isinstance(file.name, str) else f"/proc/self/fd/{file.fileno()}"
        return kaldifst.StdConstFst.read(path)


def _text(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()


def _new_file() -> IO[bytes]:
    """A file in memory, or a temporary one where the system has none."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("oyez-graph"), "wb")
    return tempfile.NamedTemporaryFile(prefix="oyez-graph-")  # closed by who reads it
