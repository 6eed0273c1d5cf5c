"""Errors by what the caller can do about them.

OyezError
├── ConfigurationError   the user mends a file: every fault with file, line and key
├── SentenceError        the same for sentence files
├── ModelError           the model file is missing, damaged or of another kind: install it again
├── AudioError           the device or file cannot be used: another device, or later
│   └── DeviceLostError  the device went away while it was open: it is reopened when it returns
├── SpeechError          a voice is missing or does not speak: install it, or the text alone goes out
├── BrokerError          the broker refused or is away: retried by whoever holds the connection
├── CloudError           the cloud's provider does not answer: tried later
│   ├── CloudUnansweredError what was sent may have been done: repeated only where that does no harm
│   ├── CloudRefusedError    it answers, and refuses us: the user mends the `cloud` section
│   └── CloudContentError    it could make nothing of what was sent, or we of its answer: dropped
├── StateError           what must survive a restart cannot be kept or read: rights or disk
└── PayloadError         a message on a topic was not what it should be: dropped, topic and field named
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class OyezError(Exception):
    """Base of all errors that the assistant raises on purpose; its text says what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a file."""

    where: str
    """``file:line:column key``, as far as known."""
    what: str
    """What is wrong and what would be right."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class ConfigurationError(OyezError):
    """A household file cannot be used; `faults` lists everything that is wrong in it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class SentenceError(ConfigurationError):
    """A sentence file cannot be used; `faults` lists everything that is wrong in it."""


class ModelError(OyezError):
    """The network's file is missing, damaged or made for another program."""


class AudioError(OyezError):
    """A sound device or sound file cannot be used."""


class DeviceLostError(AudioError):
    """The sound device went away while it was in use."""


class SpeechError(OyezError):
    """The engine that speaks is missing, or said nothing."""


class BrokerError(OyezError):
    """The MQTT broker refused the connection or cannot be reached."""


class CloudError(OyezError):
    """The provider of the cloud cannot be reached, or does not answer in time."""


class CloudUnansweredError(CloudError):
    """The provider was sent the whole request, and its answer did not come or not to its end."""


class CloudRefusedError(CloudError):
    """The provider answers, and refuses: address, token or account are wrong."""


class CloudContentError(CloudError):
    """The provider cannot use what was sent, or its answer is not what it documents."""


class StateError(OyezError):
    """What must survive a restart cannot be written or read."""


class PayloadError(OyezError):
    """A message on a topic is not what the contract says."""

    def __init__(self, topic: str, *, field: str, what: str) -> None:
        self.topic = topic
        self.field = field
        super().__init__(f"{topic}: {field}: {what}" if field else f"{topic}: {what}")
