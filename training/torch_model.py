"""A network of torch at run time, for experiments whose graph nobody exports."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection

import numpy as np
import torch
from torch import Tensor

from assistant.messages import Posteriors
from assistant.model.features import log_mel
from assistant.model.streaming import between_silences
from training.data import told
from training.network import FRAME_MS, SYMBOLS


class TorchModel(ABC):
    """As `assistant.model.Model`, whole utterances only."""

    @abstractmethod
    def scores(self, mels: Tensor, *, languages: Tensor) -> Tensor:
        """Return (1, output frames, SYMBOLS) log-probabilities of (1, frames, MELS); languages: (1, LANGUAGES)."""

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """As `Model.posteriors`."""
        mels = torch.from_numpy(log_mel(between_silences(samples)))[None]
        with torch.no_grad():
            scores = self.scores(mels, languages=torch.tensor([told(languages)]))[0]
        return Posteriors(scores.numpy(), frame_ms=FRAME_MS)

    def stream(self, *, languages: Collection[str]) -> Whole:
        """Return what hears an utterance at its end."""
        return Whole(self, languages)


class Whole:
    """A stream that waits for the end."""

    def __init__(self, model: TorchModel, languages: Collection[str]) -> None:
        self._model, self._languages = model, languages
        self._samples = np.zeros(0, np.int16)

    def push(self, samples: np.ndarray) -> Posteriors:
        """Take the next (samples,) int16."""
        self._samples = np.concatenate([self._samples, samples])
        return Posteriors(np.zeros((0, SYMBOLS), np.float32), frame_ms=FRAME_MS)

    def flush(self) -> Posteriors:
        """Return all frames."""
        return self._model.posteriors(self._samples, languages=self._languages)
