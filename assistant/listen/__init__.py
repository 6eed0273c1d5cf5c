"""From a stream of samples to utterances: voice activity, segmentation, wake words, the listening thread."""

from assistant.listen.segmenter import Segmenter, segment
from assistant.listen.wake import WakeEngine, wake_engine

__all__ = ["Segmenter", "WakeEngine", "segment", "wake_engine"]
