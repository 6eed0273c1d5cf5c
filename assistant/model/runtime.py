"""The network's session: samples in, symbol log-probabilities and intents out.

One thread by default, since the daemon shares a small machine with everything else in the house.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from assistant.errors import ModelError
from assistant.messages import Posteriors
from assistant.model.features import HOP_MS, MELS, log_mel
from assistant.model.streaming import CHUNK_MS, LONGEST_MS, Stream, between_silences
from assistant.model.symbols import ALPHABET, LANGUAGES

SHIPPED = Path(__file__).parent / "assets" / "oyez.onnx"
_WINDOW = LONGEST_MS // HOP_MS
_OVERLAP = 100
"""Longer audio is heard in windows that overlap by so many feature frames: at a cut each keeps its side, half a second
from its own edge."""
_NO_CONTEXT = np.zeros(2, np.int64)
_BEGINNING = np.zeros(1, np.int64)
_INPUTS = ["features", "languages", "cache", "context", "position"]
_OUTPUTS = ["symbols", "next_cache", "intents"]
_LOAD_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class Model:
    """A loaded network; made by `load`, used by one thread at a time."""

    def __init__(self, session: ort.InferenceSession, *, metadata: dict[str, str]) -> None:
        self._session = session
        self._frame_ms = int(metadata["frame_ms"])
        self._stride = self._frame_ms // HOP_MS
        self._intents = metadata["intents"].split()
        """The first one is that nothing is meant."""
        layers, two, heads, _, width = session.get_inputs()[2].shape
        self._empty = np.zeros((layers, two, heads, 0, width), np.float32)
        self.metadata = metadata
        """What was trained, from which code and when: `steps`, `commit`, `date`, `alphabet`, `frame_ms`, `intents`."""

    @classmethod
    def load(cls, path: Path | None = None, *, threads: int = 1) -> Model:
        """Return the network in the file at `path`, the shipped one by default.

        Raises ModelError if it is missing, damaged or not made by this version's `training/export`.
        """
        path = SHIPPED if path is None else path
        if not path.is_file():
            raise ModelError(f"{path}: no such file; install Oyez again, or give the path of a trained model")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # errors come as exceptions
        # Either of them keeps the memory of the longest utterance for good, and utterances are of every length.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        # Without it, x86 processors before VNNI saturate in the middle of an int8 product and hear a little worse.
        options.add_session_config_entry("session.x64quantprecision", "1")
        try:
            session = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        except _LOAD_ERRORS as error:
            raise ModelError(
                f"{path}: damaged or not an ONNX model ({_first_line(error)}); install it again"
            ) from error
        except OSError as error:
            raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
        return cls(session, metadata=_checked(session, path))

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str] = ()) -> Posteriors:
        """Return the symbols' log-probabilities over time, and what all of it means.

        samples: (samples,) int16, 16 kHz; of any length, less than 25 ms gives no frame.  Up to 1.5 s are heard with
        silence before and after, so there are 30 frames more.
        languages: those that may be spoken, all when empty; the fewer, the better it is heard.
        """
        features = log_mel(between_silences(samples))
        told = _told(languages)
        windows = _windows(len(features), stride=self._stride)
        parts = [(*self._run(features[window], told), kept) for window, kept in windows]
        if not parts:
            return Posteriors(np.zeros((0, len(ALPHABET) + 1), np.float32), self._frame_ms)
        symbols = np.concatenate([part[kept] for part, _, kept in parts])
        return Posteriors(symbols, self._frame_ms, intents=parts[0][1] if len(parts) == 1 else {})

    def stream(self, *, languages: Collection[str] = (), chunk_ms: int = CHUNK_MS) -> Stream:
        """Return what hears one utterance after the other while it is spoken, `chunk_ms` at a time."""
        step = partial(self._step, _told(languages))
        return Stream(step, empty=self._empty, frame_ms=self._frame_ms, chunk_ms=chunk_ms)

    def _run(self, features: np.ndarray, languages: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
        given = {
            "features": features,
            "languages": languages,
            "cache": self._empty,
            "context": _NO_CONTEXT,
            "position": _BEGINNING,
        }
        symbols, intents = self._session.run(["symbols", "intents"], given)
        return np.asarray(symbols, np.float32), dict(zip(self._intents[1:], intents[0, 1:].tolist(), strict=True))

    def _step(
        self,
        languages: np.ndarray,
        features: np.ndarray,
        cache: np.ndarray,
        *,
        context: tuple[int, int],
        position: int,
    ) -> tuple[np.ndarray, np.ndarray]:
        given = {
            "features": features,
            "languages": languages,
            "cache": cache,
            "context": np.array(context, np.int64),
            "position": np.array([position], np.int64),
        }
        symbols, following = self._session.run(["symbols", "next_cache"], given)
        return np.asarray(symbols, np.float32), np.asarray(following, np.float32)


def _told(languages: Collection[str]) -> np.ndarray:
    """Return the network's input for some languages, (LANGUAGES,) float32, all when empty.

    Raises ValueError for those that the network does not know.
    """
    if not set(languages) <= set(LANGUAGES):
        raise ValueError(f"languages {sorted(languages)}: the network knows {', '.join(LANGUAGES)}")
    return np.array([language in (languages or LANGUAGES) for language in LANGUAGES], np.float32)


def _windows(frames: int, *, stride: int) -> Iterator[tuple[slice, slice]]:
    """Yield the parts of a sequence that are heard at once: feature frames to hear, output frames to keep of them."""
    step = _WINDOW - _OVERLAP
    for start in range(0, max(1, frames - _OVERLAP) if frames else 0, step):
        is_last = start + _WINDOW >= frames
        first = _OVERLAP // 2 // stride if start else 0
        last = None if is_last else (_WINDOW - _OVERLAP // 2) // stride
        yield slice(start, start + _WINDOW), slice(first, last)


def _checked(session: ort.InferenceSession, path: Path) -> dict[str, str]:
    """Return the file's metadata; raise ModelError if its inputs, outputs or alphabet are not ours."""
    metadata = dict(session.get_modelmeta().custom_metadata_map)
    inputs = {given.name: given.shape for given in session.get_inputs()}
    outputs = {given.name: given.shape for given in session.get_outputs()}
    if list(inputs) != _INPUTS or list(outputs) != _OUTPUTS or not {"frame_ms", "intents"} <= set(metadata):
        raise ModelError(f"{path}: an ONNX model, but not one of Oyez: inputs {list(inputs)}, outputs {list(outputs)}")
    if inputs["features"][-1] != MELS or outputs["symbols"][-1] != len(ALPHABET) + 1:
        raise ModelError(
            f"{path}: hears or spells otherwise than this version: {inputs['features']}, {outputs['symbols']}"
        )
    if metadata.get("alphabet") != ALPHABET:
        raise ModelError(f"{path}: spells with other characters than this version; install the model that came with it")
    return metadata


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
