"""What is being said, while it is said: the sentence that was begun, or the letters where it begins none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.config import ListenConfig
from assistant.listen import Segmenter
from assistant.messages import Interpretation, Utterance
from assistant.recognizer import Recognizer
from assistant.rejoining import Rejoining


class Partials:
    """Follows one stream of blocks."""

    def __init__(self, recognizer: Recognizer, *, listen: ListenConfig) -> None:
        self.text = ""
        """What has been said so far of the utterance that is open."""
        self._recognizer = recognizer
        self._listen = listen
        self._rejoining = Rejoining(recognizer)
        self._segmenter = Segmenter(listen, follower=self)

    def push(self, block: np.ndarray) -> list[Interpretation]:
        """Take the next samples; return what was meant by the utterances that ended with them.

        block: (samples,) int16, 16 kHz.
        """
        return self._interpreted(self._segmenter.push(block))

    def flush(self) -> list[Interpretation]:
        """Return what was meant by the utterance that is open at the end of the stream."""
        return self._interpreted(self._segmenter.flush())

    # As the segmenter's follower:

    def follow(self, samples: np.ndarray) -> None:
        """Tell what was said so far."""
        self.text = self._recognizer.said(samples)

    def pause_ms(self, samples: np.ndarray) -> int:
        """Return how much silence ends what was said so far."""
        return self._recognizer.pause_ms(samples, listen=self._listen)

    def _interpreted(self, utterances: Sequence[Utterance]) -> list[Interpretation]:
        if utterances:
            self.text = ""
        return [self._rejoining.recognize(utterance) for utterance in utterances]
