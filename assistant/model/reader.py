"""The second network's session: heard letters in, what is meant out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort

from assistant.errors import ModelError
from assistant.model.heard import Heard
from assistant.model.runtime import LOAD_ERRORS
from assistant.model.symbols import ALPHABET, LANGUAGES

SHIPPED = Path(__file__).parent / "assets" / "meaning.onnx"
SPACE = ALPHABET.index(" ")


@dataclass(frozen=True, slots=True)
class Span:
    """Words that name something."""

    kind: str
    begin: int
    end: int
    """First letter, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a sentence was taken for."""

    intents: dict[str, float]
    """Probability of each intent; that of `none` is left out."""
    languages: dict[str, float]
    spans: tuple[Span, ...]


class Reader:
    """A loaded network; made by `load`."""

    def __init__(self, session: ort.InferenceSession, *, intents: list[str], tags: list[str]) -> None:
        self._session = session
        self._intents = intents
        self._kinds = [tag.partition("-")[2] for tag in tags]

    @classmethod
    def load(cls, path: Path | None = None) -> Reader:
        """Return the network in the file at `path`, the shipped one by default.

        Raises ModelError if it is missing, damaged or not made by `training.meaning` for this alphabet.
        """
        path = SHIPPED if path is None else path
        if not path.is_file():
            raise ModelError(f"{path}: no such file; install Oyez again")
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            session = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        except LOAD_ERRORS as error:
            raise ModelError(f"{path}: damaged or not an ONNX model; install it again") from error
        about = dict(session.get_modelmeta().custom_metadata_map)
        if about.get("alphabet") != ALPHABET or not {"intents", "tags"} <= about.keys():
            raise ModelError(f"{path}: not a second network of this version; install the one that came with it")
        return cls(session, intents=about["intents"].split(), tags=about["tags"].split())

    def read(self, heard: Heard) -> Meant:
        """Return what the letters mean; nothing where there are none."""
        if not len(heard.shares):
            return Meant({}, {}, ())
        intents, tags, languages = self._session.run(None, {"letters": heard.shares})
        return Meant(
            {name: float(share) for name, share in zip(self._intents, np.exp(intents), strict=True) if "." in name},
            dict(zip(LANGUAGES, np.exp(languages).tolist(), strict=True)),
            _spans(np.exp(tags), heard, self._kinds),
        )


def _spans(tags: np.ndarray, heard: Heard, kinds: list[str]) -> tuple[Span, ...]:
    """Whole words that are mostly of one kind, joined where they follow each other.

    tags: (letters, tags) float32; kinds: of each tag, empty for none.
    """
    spans: list[Span] = []
    symbols = heard.shares.argmax(axis=1)
    ends = [*np.flatnonzero(symbols == SPACE).tolist(), len(symbols)]
    begin = 0
    for end in ends:
        if end > begin:
            shares = tags[begin:end].mean(axis=0)
            votes = {kind: sum(shares[index] for index, own in enumerate(kinds) if own == kind) for kind in set(kinds)}
            kind = max(votes, key=lambda name: votes[name])
            if kind and spans and spans[-1].kind == kind and spans[-1].end == begin - 1:
                spans[-1] = Span(kind, spans[-1].begin, end)
            elif kind:
                spans.append(Span(kind, begin, end))
        begin = end + 1
    return tuple(spans)
