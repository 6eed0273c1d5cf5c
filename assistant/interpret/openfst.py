"""Arrays as an OpenFst graph: written in its own format and read back, since calls per arc take too long.

The layout is that of `ConstFst` version 2 of OpenFst (`const-fst.h`): a header, an array of states (final weight,
first arc, number of arcs, of arcs without input, of arcs without output), an array of arcs (input, output, weight,
target).
"""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path

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


def make_fst(arcs: Arcs, *, states: int, start: int, finals: np.ndarray) -> kaldifst.StdConstFst:
    """Return a graph; its arcs may come in any order.

    finals: (states,) float32, the cost of ending in each state, infinite where it is not an end.
    """
    order = np.argsort(arcs.sources, kind="stable")
    rows = np.empty(len(order), _ARC)
    rows["input"], rows["output"] = arcs.inputs[order], arcs.outputs[order]
    rows["weight"], rows["target"] = arcs.weights[order], arcs.targets[order]
    table = np.zeros(states, _STATE)
    table["final"] = finals
    counts = np.bincount(arcs.sources, minlength=states)
    table["arcs"] = counts
    table["first"][1:] = np.cumsum(counts[:-1])
    table["without_input"] = np.bincount(arcs.sources[arcs.inputs == 0], minlength=states)
    table["without_output"] = np.bincount(arcs.sources[arcs.outputs == 0], minlength=states)
    header = struct.pack("<i", _MAGIC) + _text("const") + _text("standard")
    header += struct.pack("<iiQqqq", _VERSION, 0, _EXPANDED, start, states, len(rows))
    return _read([header, table.tobytes(), rows.tobytes()])


def _text(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()


def _read(parts: list[bytes]) -> kaldifst.StdConstFst:
    """Hand the bytes over by a file in memory, or a temporary one where the system has none."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("oyez-graph"), "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            return kaldifst.StdConstFst.read(f"/proc/self/fd/{file.fileno()}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.fst"
        path.write_bytes(b"".join(parts))
        return kaldifst.StdConstFst.read(str(path))
