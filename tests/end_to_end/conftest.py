"""A house for tests: broker, lamps, microphone; each test starts the assistant as it needs it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.audio import read_file
from assistant.demo import demo_clips
from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber, write_household
from tests.speech import silence
from tests.virtual_microphone import VirtualMicrophone

SPOKEN = {clip.text: clip.file for clip in demo_clips()}
PAUSE_S = 0.8


class Room:
    """Where a microphone stands, and a folder for the household."""

    def __init__(self, folder: Path, broker: Mosquitto, microphone: VirtualMicrophone) -> None:
        self.folder = folder
        self.broker = broker
        self.household = folder / "oyez.yaml"
        self._microphone = microphone

    def furnish(self, *lines: str) -> None:
        """Write the household's file; `lines` are added."""
        write_household(self.folder, *lines, port=self.broker.port)

    def oyez(self, *, verbose: bool = False) -> Oyez:
        flags = ["--verbose"] if verbose else []
        environment = dict(self._microphone.environment)
        return Oyez("--config", self.household, *flags, folder=self.folder, environment=environment)

    def say(self, text: str) -> None:
        """Say one of the demonstration's sentences, and wait until it has been said."""
        self.sound(read_file(SPOKEN[text]))

    def sound(self, samples: np.ndarray) -> None:
        """Let (samples,) int16 at 16 kHz be heard, and a pause."""
        self._microphone.speak(np.concatenate([samples, silence(PAUSE_S)]))

    def unplug(self) -> None:
        """Pull the microphone's plug."""
        self._microphone.disconnect()

    def plug_in(self) -> None:
        self._microphone.connect()

    def bus(self) -> Subscriber:
        return Subscriber(self.broker.port)


@pytest.fixture
def room(tmp_path: Path, broker: Mosquitto) -> Iterator[Room]:
    with VirtualMicrophone(tmp_path / "microphone") as microphone:
        yield Room(tmp_path, broker, microphone)
