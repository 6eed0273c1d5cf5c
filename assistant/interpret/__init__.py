"""The household's sentences as a graph, and the search for what was said."""

from assistant.interpret.confidence import Calibration, Evidence
from assistant.interpret.interpreter import Interpreter, Understood
from assistant.interpret.text import read_text

__all__ = ["Calibration", "Evidence", "Interpreter", "Understood", "read_text"]
