"""The conversation of a site: questions and their answers, corrections, undo; pure, what is done comes out as steps."""

from assistant.dialogue.dialogue import Dialogue
from assistant.dialogue.naming import Naming
from assistant.dialogue.slots import CONFIRMED
from assistant.dialogue.steps import Earcon, Expected, Hush, Listen, Play, Publish, Say, Step, Steps, described

__all__ = [
    "CONFIRMED",
    "Dialogue",
    "Earcon",
    "Expected",
    "Hush",
    "Listen",
    "Naming",
    "Play",
    "Publish",
    "Say",
    "Step",
    "Steps",
    "described",
]
