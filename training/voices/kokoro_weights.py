"""Kokoro's int8 ONNX file cut in two: the part that onnxruntime goes on running, and the vocoder's weights."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

FRAMES_OUTPUT = "/decoder/decoder/decode.3/Div_4_output_0"
PITCH_OUTPUT = "/decoder/decoder/Unsqueeze_output_0"
"""Where the vocoder begins: (1, 512, half frames) and (1, 1, half frames) in hertz."""

_GENERATOR = "/decoder/decoder/generator/"
_LAYER = re.compile(r"(.+)/(?:Conv|ConvTranspose|Gemm_MatMul)(?:_quant)?")
_ALPHA = re.compile(r"decoder\.decoder\.generator\.(.+\.alpha\d\.\d)")


Read = Callable[[str], np.ndarray]


def _scaled_back(read: Read, inputs: list[str]) -> np.ndarray:
    """Undo the quantization of a weight: the integer product's second input, its zero point being the fourth."""
    name = inputs[1].removesuffix("_quantized")
    integers, zero, scale = read(inputs[1]), read(inputs[3]), read(f"{name}_scale")
    return ((integers.astype(np.float32) - zero.astype(np.float32)) * scale).astype(np.float32)


def _as_stored(read: Read, inputs: list[str]) -> np.ndarray:
    return read(inputs[1])


_READERS = {
    "ConvInteger": _scaled_back,
    "MatMulInteger": _scaled_back,
    "Conv": _as_stored,
    "ConvTranspose": _as_stored,
}


def cut_front(model: Path, front: Path) -> None:
    """Write what comes before the vocoder to `front`."""
    unfinished = front.with_suffix(".part.onnx")
    onnx.utils.extract_model(str(model), str(unfinished), ["tokens", "style", "speed"], [FRAMES_OUTPUT, PITCH_OUTPUT])
    unfinished.replace(front)


def read_vocoder(model: Path) -> dict[str, np.ndarray]:
    """Return the vocoder's weights by the names that `kokoro_vocoder` uses, quantized ones scaled back, float32."""
    graph = onnx.load(str(model)).graph
    stored = {tensor.name: tensor for tensor in graph.initializer}

    def read(name: str) -> np.ndarray:
        return numpy_helper.to_array(stored[name])

    weights = {}
    for node in graph.node:
        layer = _LAYER.fullmatch(node.name.removeprefix(_GENERATOR))
        if not node.name.startswith(_GENERATOR) or layer is None or node.op_type not in _READERS:
            continue
        name = layer[1].replace("/", ".")
        if name == "istft.stft":
            weights["inverse_basis"] = read(node.input[1])
            continue
        weights[f"{name}.weight"] = _READERS[node.op_type](read, list(node.input))
        weights[f"{name}.bias"] = read(f"decoder.decoder.generator.{name}.bias")
    linear = next(node for node in graph.node if node.name == f"{_GENERATOR}m_source/l_linear/MatMul")
    weights["m_source.l_linear.weight"] = read(linear.input[1])
    weights["m_source.l_linear.bias"] = read("decoder.decoder.generator.m_source.l_linear.bias")
    for name in stored:
        if alpha := _ALPHA.fullmatch(name):
            weights[alpha[1]] = read(name)
    return weights
