"""Sound at the borders: microphones, loudspeakers, files and levels; inside everything is 16 kHz mono int16."""

from assistant.audio.capture import Microphone
from assistant.audio.devices import Device, has_microphone, list_devices, rates
from assistant.audio.files import WavMicrophone, read_file
from assistant.audio.levels import Level, RecordingCheck, check_recording, measure
from assistant.audio.playback import Loudspeaker, play

__all__ = [
    "Device",
    "Level",
    "Loudspeaker",
    "Microphone",
    "RecordingCheck",
    "WavMicrophone",
    "check_recording",
    "has_microphone",
    "list_devices",
    "measure",
    "play",
    "rates",
    "read_file",
]
