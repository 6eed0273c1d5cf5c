"""The network at run time: features, symbols, session."""

from assistant.model.heard import Heard, letters_heard
from assistant.model.reader import Reader
from assistant.model.runtime import SHIPPED, Model
from assistant.model.streaming import LONGEST_MS, Stream

__all__ = ["LONGEST_MS", "SHIPPED", "Heard", "Model", "Reader", "Stream", "letters_heard"]
