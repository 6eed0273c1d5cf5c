"""What is being said, while it is said: the sentence that was begun, or the letters where it begins none.

The network hears the stream chunk by chunk for it.  What an utterance means is asked of the recognizer at its end, as
always: the whole is heard better than its chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from assistant.config import ListenConfig
from assistant.interpret import greedy
from assistant.listen import Segmenter
from assistant.messages import Interpretation, Posteriors, Utterance
from assistant.model import Model
from assistant.recognizer import Recognizer
from assistant.rejoining import Rejoining

BEGUN = 0.5
"""Probability from which on a sentence is shown rather than the letters."""


class Partials:
    """Follows one stream of blocks."""

    def __init__(self, recognizer: Recognizer, model: Model, *, listen: ListenConfig) -> None:
        """model: the network of `recognizer`."""
        self.text = ""
        """What has been said so far of the utterance that is open."""
        self._interpreter = recognizer.interpreter
        self._rejoining = Rejoining(recognizer)
        self._segmenter = Segmenter(listen, patience=partial(recognizer.pause_ms, listen=listen))
        self._stream = model.stream(languages=recognizer.interpreter.languages)
        self._heard: list[np.ndarray] = []
        """Symbols of the open utterance, and of the last chunk before it: it may have begun there."""

    def push(self, block: np.ndarray) -> list[Interpretation]:
        """Take the next samples; return what was meant by the utterances that ended with them.

        block: (samples,) int16, 16 kHz.
        """
        ended = self._segmenter.push(block)
        chunk = self._stream.push(block)
        if len(chunk.symbols):
            kept = self._heard if self._segmenter.opened_ms else self._heard[-1:]
            self._heard = [*kept, chunk.symbols]
            self.text = self._begun(chunk.frame_ms) if self._segmenter.opened_ms else ""
        return self._interpreted(ended)

    def flush(self) -> list[Interpretation]:
        """Return what was meant by the utterance that is open at the end of the stream."""
        return self._interpreted(self._segmenter.flush())

    def _begun(self, frame_ms: int) -> str:
        posteriors = Posteriors(np.concatenate(self._heard), frame_ms)
        begun = self._interpreter.begun(posteriors)
        return begun.text if begun.command >= BEGUN else greedy(posteriors.symbols)

    def _interpreted(self, utterances: Sequence[Utterance]) -> list[Interpretation]:
        if utterances:
            self._stream.flush()
            self._heard, self.text = [], ""
        return [self._rejoining.recognize(utterance) for utterance in utterances]
