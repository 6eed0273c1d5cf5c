"""Make the shipped file of an exported one: int8 weights per output channel, inputs quantized as they come.

python -m training.quantize float.onnx assistant/model/assets/oyez.onnx
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

LARGEST_BYTES = 25_000_000


def quantize(source: Path, target: Path) -> None:
    """Quantize the matrix products of `source` into `target`, which is replaced at once.

    Raises ValueError if the result is larger than may be shipped.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        part = Path(folder) / "part.onnx"
        quantize_dynamic(
            source,
            part,
            op_types_to_quantize=["MatMul", "Gemm"],  # the convolutions are small, and int8 hurts them
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
        restore_metadata(source, part)
        size = part.stat().st_size
        if size > LARGEST_BYTES:
            raise ValueError(f"{target}: {size} bytes, more than the {LARGEST_BYTES} that may be shipped")
        part.replace(target)


def restore_metadata(source: Path, target: Path) -> None:
    """Copy the metadata that quantization may have dropped."""
    model = onnx.load(target)
    about = {entry.key: entry.value for entry in onnx.load(source).metadata_props}
    onnx.helper.set_model_props(model, about)
    onnx.save(model, target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    chosen = parser.parse_args()
    quantize(chosen.source, chosen.target)
