"""Write a network's weights as the ONNX graph that the product runs.

    python -m training.export /runs/first/weights-004000.pt float.onnx

The graph is written out by hand: the initializers keep the names of the network's parameters (so a shipped file can be
read back, see `weights`), and the convolutions and positions are stored in float16, which changes nothing measurable
and leaves a quantized file of 24 instead of 28 MB.

One graph hears whole utterances and streams: `cache` holds the keys and values of the frames before `features`, none
for a whole utterance, and `next_cache` those for the chunk that follows.  `intents` are of a whole utterance alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from assistant.model.symbols import ALPHABET, LANGUAGES
from training.meanings import INTENTS
from training.network import (
    FRAME_MS,
    HEAD_WIDTH,
    HEADS,
    INTENT_LAYERS,
    INTENT_WIDTH,
    LAYERS,
    LEFT_FRAMES,
    LOOKS,
    MELS,
    STATE,
    SYMBOLS,
    WIDTH,
    Network,
)
from training.weights import load_start

OPSET = 17
INPUTS: dict[str, tuple[int, list[int | str]]] = {
    "features": (TensorProto.FLOAT, ["frames", MELS]),
    # 1 for those that may be spoken, 0 for the others.
    "languages": (TensorProto.FLOAT, [len(LANGUAGES)]),
    "cache": (TensorProto.FLOAT, [LAYERS, 2, HEADS, "cached", HEAD_WIDTH]),
    # Output frames at the beginning and at the end that are heard for the convolutions' sake alone.
    "context": (TensorProto.INT64, [2]),
    # Of the first frame that is not such context, from the beginning of the utterance.
    "position": (TensorProto.INT64, [1]),
}
OUTPUTS: dict[str, tuple[int, list[int | str]]] = {
    "symbols": (TensorProto.FLOAT, ["output_frames", SYMBOLS]),
    "next_cache": (TensorProto.FLOAT, [LAYERS, 2, HEADS, "next_cached", HEAD_WIDTH]),
    # Probabilities of what all of `features` means, at least four output frames.
    "intents": (TensorProto.FLOAT, [1, len(INTENTS)]),
}


class Graph:
    """ONNX nodes and constants in the order of their making."""

    def __init__(self, state: dict[str, np.ndarray]) -> None:
        self.state = state
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Append a node of one output, return the output's name."""
        (output,) = self.split(kind, *inputs, outputs=1, **attributes)
        return output

    def split(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Append a node of several outputs, return their names."""
        names = [f"{kind}_{len(self.nodes)}_{output}" for output in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"{kind}_{len(self.nodes)}", **attributes))
        return names

    def constant(self, name: str, array: np.ndarray) -> str:
        """Store `array` under `name`, return the name."""
        if all(constant.name != name for constant in self.constants):
            self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, *values: int) -> str:
        """Store a one-dimensional int64 constant named by its values."""
        return self.constant("integers_" + "_".join(map(str, values)), np.array(values, np.int64))

    def half(self, name: str) -> str:
        """Store a parameter in float16 and return it as float32."""
        stored = self.constant(name, self.state[name].astype(np.float16))
        return self.add("Cast", stored, to=TensorProto.FLOAT)

    def scalar(self, value: float) -> str:
        """Store a float32 number."""
        return self.constant(f"number_{value:.6g}", np.array(value, np.float32))

    def linear(self, x: str, name: str) -> str:
        """Append a linear layer; its weight is stored as (inputs, outputs), the transpose of torch's."""
        weight = self.constant(f"{name}.weight", self.state[f"{name}.weight"].T)
        product = self.add("MatMul", x, weight)
        return self.add("Add", product, self.constant(f"{name}.bias", self.state[f"{name}.bias"]))

    def norm(self, x: str, name: str) -> str:
        """Append a layer norm."""
        weight = self.constant(f"{name}.weight", self.state[f"{name}.weight"])
        bias = self.constant(f"{name}.bias", self.state[f"{name}.bias"])
        return self.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=1e-5)

    def gelu(self, x: str) -> str:
        """Append the exact GELU, in the form that onnxruntime knows and fuses."""
        error = self.add("Erf", self.add("Div", x, self.scalar(2**0.5)))
        return self.add("Mul", self.add("Mul", x, self.add("Add", error, self.scalar(1))), self.scalar(0.5))


def build(network: Network, *, about: dict[str, str]) -> onnx.ModelProto:
    """Return the float graph of INPUTS to OUTPUTS: log-mels to log-probabilities of symbols."""
    graph = Graph({name: tensor.detach().float().numpy() for name, tensor in network.state_dict().items()})
    x = _positioned(graph, _convolutions(graph))
    excluded = _excluded(graph)
    caches = []
    for index in range(LAYERS):
        x = graph.add("Add", x, graph.add("Gather", excluded, graph.integers(index), axis=0))
        before = graph.add("Squeeze", graph.add("Gather", "cache", graph.integers(index), axis=0), graph.integers(0))
        x, both = _layer(graph, x, f"encoder.layers.{index}", cache=before)
        last = (graph.integers(-LEFT_FRAMES), graph.integers(2**31 - 1), graph.integers(2))
        caches.append(graph.add("Unsqueeze", graph.add("Slice", both, *last), graph.integers(0)))
    states = graph.norm(x, "encoder.norm")
    graph.nodes.append(
        helper.make_node("LogSoftmax", [graph.linear(states, "symbols")], ["symbols"], name="LogSoftmax", axis=-1)
    )
    graph.nodes.append(helper.make_node("Concat", caches, ["next_cache"], name="next_cache", axis=0))
    graph.nodes.append(helper.make_node("Softmax", [_intents(graph, states)], ["intents"], name="intents", axis=-1))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "oyez",
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in INPUTS.items()],
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in OUTPUTS.items()],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="oyez",
    )
    fixed = {"alphabet": ALPHABET, "frame_ms": str(FRAME_MS), "intents": " ".join(INTENTS)}
    helper.set_model_props(model, fixed | about)
    onnx.checker.check_model(model, full_check=True)
    return model


def export(weights: Path, target: Path) -> None:
    """Write the graph of a run's averaged weights to `target`."""
    network = Network()
    load_start(network, weights)
    saved = torch.load(weights, weights_only=True)
    about = {"steps": str(saved["step"]), "commit": saved["commit"], "date": saved["date"]}
    onnx.save(build(network, about=about), target)


def _convolutions(graph: Graph) -> str:
    x = graph.add("Unsqueeze", graph.add("Transpose", "features", perm=[1, 0]), graph.integers(0))  # (1, MELS, frames)
    for name, stride in (("encoder.conv1", 1), ("encoder.conv2", 2)):
        bias = graph.half(f"{name}.bias")
        x = graph.add("Conv", x, graph.half(f"{name}.weight"), bias, kernel_shape=[3], pads=[1, 1], strides=[stride])
        x = graph.gelu(x)
    x = graph.add("Transpose", graph.add("Squeeze", x, graph.integers(0)), perm=[1, 0])  # (output frames, WIDTH)
    before, after = graph.split("Split", "context", graph.integers(1, 1), outputs=2, axis=0)
    end = graph.add("Sub", graph.add("Shape", x, start=0, end=1), after)
    return graph.add("Slice", x, before, end, graph.integers(0))


def _positioned(graph: Graph, x: str) -> str:
    end = graph.add("Add", "position", graph.add("Shape", x, start=0, end=1))
    stored = graph.constant("encoder.positions", graph.state["encoder.positions"].astype(np.float16))
    used = graph.add("Slice", stored, "position", end, graph.integers(0))
    return graph.add("Add", x, graph.add("Cast", used, to=TensorProto.FLOAT))


def _excluded(graph: Graph) -> str:
    """What is added before each layer for the languages that are not spoken, (LAYERS, WIDTH)."""
    missing = graph.add("Unsqueeze", graph.add("Sub", graph.scalar(1), "languages"), graph.integers(1))
    each = graph.add("Mul", graph.constant("encoder.excluded", graph.state["encoder.excluded"]), missing)
    return graph.add("ReduceSum", each, graph.integers(1), keepdims=0)


def _layer(graph: Graph, x: str, name: str, *, width: int = WIDTH, cache: str | None = None) -> tuple[str, str]:
    """Append a layer; return its output, and the keys and values of all its frames."""
    heard, after = _attention(
        graph, graph.norm(x, f"{name}.attention_norm"), f"{name}.attention", width=width, cache=cache
    )
    x = graph.add("Add", x, heard)
    wide = graph.gelu(graph.linear(graph.norm(x, f"{name}.feed_forward_norm"), f"{name}.widen"))
    return graph.add("Add", x, graph.linear(wide, f"{name}.narrow")), after


def _attention(graph: Graph, x: str, name: str, *, width: int, cache: str | None) -> tuple[str, str]:
    """Append an attention to x and `cache`, (2, heads, cached, HEAD_WIDTH); return what is heard of what."""
    joined = graph.linear(x, f"{name}.query_key_value")
    parts = graph.add("Reshape", joined, graph.integers(-1, 3, width // HEAD_WIDTH, HEAD_WIDTH))
    parts = graph.add("Transpose", parts, perm=[1, 2, 0, 3])  # (3, heads, frames, HEAD_WIDTH)
    query, new = graph.split("Split", parts, graph.integers(1, 2), outputs=2, axis=0)
    both = graph.add("Concat", cache, new, axis=2) if cache else new  # keys and values, old and new
    key, value = graph.split("Split", both, graph.integers(1, 1), outputs=2, axis=0)
    query, key, value = (graph.add("Squeeze", part, graph.integers(0)) for part in (query, key, value))
    scaled = graph.add("Mul", query, graph.scalar(HEAD_WIDTH**-0.5))
    scores = graph.add("MatMul", scaled, graph.add("Transpose", key, perm=[0, 2, 1]))
    heard = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    beside = graph.add("Reshape", graph.add("Transpose", heard, perm=[1, 0, 2]), graph.integers(-1, width))
    return graph.linear(beside, f"{name}.output"), both


def _intents(graph: Graph, states: str) -> str:
    """Scores of the intents, (1, INTENTS), out of the encoder's (output frames, WIDTH)."""
    pairs = _paired(graph, graph.add("Concat", states, "symbols", axis=1))
    first, second = graph.split("Split", pairs, graph.integers(WIDTH, SYMBOLS), outputs=2, axis=2)
    mean = graph.add("ReduceMean", first, axes=[1], keepdims=0)
    likeliest = graph.add("Exp", graph.add("ReduceMax", second, axes=[1], keepdims=0))
    x = graph.add("Concat", mean, likeliest, axis=1)
    x = graph.add("Sub", x, graph.constant("intents.mean", graph.state["intents.mean"]))
    x = graph.add("Div", x, graph.constant("intents.deviation", graph.state["intents.deviation"]))
    x = graph.gelu(graph.linear(graph.add("Reshape", x, graph.integers(-1, 2 * STATE)), "intents.enter"))
    x = graph.add("Add", x, _near(graph, x))
    for index in range(INTENT_LAYERS):
        x, _ = _layer(graph, x, f"intents.layers.{index}", width=INTENT_WIDTH)
    looks = graph.add("Softmax", graph.linear(x, "intents.look"), axis=0)
    found = graph.add("MatMul", graph.add("Transpose", looks, perm=[1, 0]), x)
    found = graph.add("Reshape", found, graph.integers(1, LOOKS * INTENT_WIDTH))
    seen = graph.add("Concat", found, graph.add("ReduceMax", x, axes=[0]), graph.add("ReduceMean", x, axes=[0]), axis=1)
    return graph.linear(graph.gelu(graph.linear(seen, "intents.inner")), "intents.outer")


def _paired(graph: Graph, x: str) -> str:
    """Output frames, two beside each other, (pairs, 2, STATE): an even number of pairs, and some in any case."""
    frames = graph.add("Shape", x, start=0, end=1)
    missing = graph.add("Max", graph.add("Sub", graph.integers(4), frames), graph.integers(0))
    x = graph.add("Pad", x, graph.add("Concat", graph.integers(0, 0), missing, graph.integers(0), axis=0))
    fours = graph.add("Div", graph.add("Shape", x, start=0, end=1), graph.integers(4))
    kept = graph.add("Slice", x, graph.integers(0), graph.add("Mul", fours, graph.integers(4)), graph.integers(0))
    return graph.add("Reshape", kept, graph.integers(-1, 2, STATE))


def _near(graph: Graph, x: str) -> str:
    """What (frames, INTENT_WIDTH) hear of the frames around them."""
    x = graph.add("Unsqueeze", graph.add("Transpose", x, perm=[1, 0]), graph.integers(0))
    weight, bias = graph.half("intents.near.weight"), graph.half("intents.near.bias")
    x = graph.gelu(graph.add("Conv", x, weight, bias, kernel_shape=[9], pads=[4, 4], group=8))
    return graph.add("Transpose", graph.add("Squeeze", x, graph.integers(0)), perm=[1, 0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("target", type=Path)
    chosen = parser.parse_args()
    export(chosen.weights, chosen.target)
