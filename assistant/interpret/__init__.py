"""The household's sentences as a graph, and the search for what was said."""

from assistant.interpret.confidence import Calibration, Evidence
from assistant.interpret.interpreter import Interpreter, Understood

__all__ = ["Calibration", "Evidence", "Interpreter", "Understood"]
