"""The household's sentences as a graph, and the search for what was said."""

from assistant.interpret.confidence import Calibration, Evidence
from assistant.interpret.interpreter import Interpreter, Understood
from assistant.interpret.search import greedy
from assistant.interpret.text import read_text, written
from assistant.interpret.words import Transcript, Word

__all__ = [
    "Calibration",
    "Evidence",
    "Interpreter",
    "Transcript",
    "Understood",
    "Word",
    "greedy",
    "read_text",
    "written",
]
