"""What this processor is good at."""

from __future__ import annotations

from pathlib import Path


def multiplies_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16; without them it is many times slower than float32."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(flags)
