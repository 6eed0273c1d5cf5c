"""What is heard of the assistant: spoken replies and earcons, and the microphone closed meanwhile."""

from assistant.speak.earcons import EARCONS, EarconName, earcon
from assistant.speak.sound import at_volume
from assistant.speak.speaker import Output, Speaker
from assistant.speak.text import sentences
from assistant.speak.voices import Voice, voice_of

__all__ = ["EARCONS", "EarconName", "Output", "Speaker", "Voice", "at_volume", "earcon", "sentences", "voice_of"]
