"""The network at run time: features, symbols, session."""

from assistant.model.following import Following, Network
from assistant.model.reader import Lexicon, Reader
from assistant.model.runtime import SHIPPED, Model
from assistant.model.streaming import LONGEST_MS, Stream

__all__ = ["LONGEST_MS", "SHIPPED", "Following", "Lexicon", "Model", "Network", "Reader", "Stream"]
