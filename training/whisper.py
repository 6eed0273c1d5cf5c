"""The start of training: Whisper base's encoder read from CTranslate2's `model.bin` into our network.

The file (format version 6) is a header and then variables: name, rank, shape, type, bytes.  `training/README.md` says
where it comes from; its hash is checked so that a training run starts from what the model card names.
"""

from __future__ import annotations

import hashlib
import struct
from io import BufferedReader
from pathlib import Path

import numpy as np
import torch

from training.network import LAYERS, POSITIONS, Encoder, sinusoids

SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_VERSION = 6
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_LAYER_NAMES = {
    "self_attention/layer_norm": "attention_norm",
    "self_attention/linear_0": "attention.query_key_value",
    "self_attention/linear_1": "attention.output",
    "ffn/layer_norm": "feed_forward_norm",
    "ffn/linear_0": "widen",
    "ffn/linear_1": "narrow",
}
_PARTS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}


def load_encoder(encoder: Encoder, path: Path) -> None:
    """Fill `encoder` with the weights of the `model.bin` at `path`.

    Raises ValueError if the file is not the one named in the model card.
    """
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{path}: not the Whisper base weights; assemble them as training/README.md says")
    variables = read_variables(path)
    state = {ours: torch.from_numpy(variables[theirs].astype(np.float32)) for ours, theirs in _names().items()}
    positions = torch.from_numpy(variables["encoder/position_encodings/encodings"].astype(np.float32))
    if not torch.allclose(positions[:POSITIONS], sinusoids(POSITIONS), atol=2e-3):
        raise ValueError(f"{path}: its positions are not sinusoids")
    state["positions"] = sinusoids(POSITIONS)
    encoder.load_state_dict(state, strict=True)


def read_variables(path: Path) -> dict[str, np.ndarray]:
    """Return every variable of a CTranslate2 model by name."""
    with path.open("rb") as file:
        (version,) = struct.unpack("<I", file.read(4))
        if version != _VERSION:
            raise ValueError(f"{path}: CTranslate2 format {version}, only {_VERSION} can be read")
        _read_string(file)  # the specification's name
        file.read(4)  # and its revision
        (count,) = struct.unpack("<I", file.read(4))
        return dict(_read_variable(file) for _ in range(count))


def _read_variable(file: BufferedReader) -> tuple[str, np.ndarray]:
    name = _read_string(file)
    (rank,) = struct.unpack("<B", file.read(1))
    shape = struct.unpack(f"<{rank}I", file.read(4 * rank))
    kind, size = struct.unpack("<BI", file.read(5))
    return name, np.frombuffer(file.read(size), _TYPES[kind]).reshape(shape)


def _read_string(file: BufferedReader) -> str:
    (length,) = struct.unpack("<H", file.read(2))
    return file.read(length)[:-1].decode()  # a zero byte ends it


def _names() -> dict[str, str]:
    """Return CTranslate2's variable for each parameter of Encoder."""
    modules = {"conv1": "conv1", "conv2": "conv2", "norm": "layer_norm"}
    for index in range(LAYERS):
        modules |= {f"layers.{index}.{ours}": f"layer_{index}/{theirs}" for theirs, ours in _LAYER_NAMES.items()}
    names: dict[str, str] = {}
    for ours, theirs in modules.items():
        parts = ("gamma", "beta") if theirs.endswith("norm") else ("weight", "bias")
        names |= {f"{ours}.{_PARTS[part]}": f"encoder/{theirs}/{part}" for part in parts}
    return names
