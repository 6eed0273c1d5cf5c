"""From a stream of samples to utterances: voice activity, segmentation, wake words, the listening thread."""

from assistant.listen.listener import Listener, ListenerCounts, ListenerState, Source
from assistant.listen.segmenter import Follower, Segmenter, segment
from assistant.listen.wake import WakeEngine, wake_engine

__all__ = [
    "Follower",
    "Listener",
    "ListenerCounts",
    "ListenerState",
    "Segmenter",
    "Source",
    "WakeEngine",
    "segment",
    "wake_engine",
]
