"""Where a network's weights come from: Whisper, a run's averaged weights, or a shipped ONNX file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from training.network import Network
from training.whisper import load_encoder


def load_start(network: Network, path: Path) -> None:
    """Fill `network` from `path`, by its kind: Whisper's `.bin`, a run's `.pt`, an exported `.onnx`.

    Raises ValueError for other kinds, RuntimeError where the weights are not this network's.
    """
    if path.suffix == ".bin":
        load_encoder(network.encoder, path)
    elif path.suffix == ".pt":
        saved = torch.load(path, weights_only=True)
        network.load_state_dict({name: tensor.float() for name, tensor in saved["average"].items()})
    elif path.suffix == ".onnx":
        network.load_state_dict(read_onnx(path, names=set(network.state_dict())))
    else:
        raise ValueError(f"{path}: weights are read from .bin, .pt and .onnx files")


def read_onnx(path: Path, *, names: set[str]) -> dict[str, torch.Tensor]:
    """Return the parameters `names` of an exported network, quantized ones as float32 again."""
    stored = {constant.name: numpy_helper.to_array(constant) for constant in onnx.load(path).graph.initializer}
    state = {}
    for name in names:
        if f"{name}_quantized" in stored:
            scale, zero = stored[f"{name}_scale"], stored[f"{name}_zero_point"]
            array = (stored[f"{name}_quantized"].astype(np.float32) - zero.astype(np.float32)) * scale
        elif name in stored:
            array = stored[name].astype(np.float32)
        else:
            raise ValueError(f"{path}: no parameter {name}; not exported by training/export")
        # Linear layers are stored as (inputs, outputs); convolutions, vectors and positions as they are.
        is_linear = array.ndim == 2 and name.endswith(".weight")
        state[name] = torch.from_numpy(np.ascontiguousarray(array.T if is_linear else array))
    return state
