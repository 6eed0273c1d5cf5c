"""A player that takes commands on MQTT topics and tells its state on others: the part that holds and waits.

What the topics and payloads are is a `Translation`, pure.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from assistant.config import PlayerConfig
from assistant.mqtt import Incoming, Outgoing
from handlers.players.contract import Action, Command, Library, NoAnswerError, PlayerState, Wiring

QOS = 1

Told: TypeAlias = Mapping[str, Any]
"""What a player has told so far, by the translation's own names."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is published for a player."""

    topic: str
    payload: str


class Translation(Protocol):
    """One player's topics.  Nothing in here touches the network."""

    @property
    def features(self) -> frozenset[Action]:
        """As a driver's."""

    @property
    def confirms(self) -> bool:
        """As a driver's."""

    def subscriptions(self) -> tuple[str, ...]:
        """Where it tells its state."""

    def read(self, topic: str, payload: bytes) -> Told:
        """Return what a message says.

        Raises PayloadError where it is not what the topic should carry.
        """

    def state(self, told: Told, *, now: datetime) -> PlayerState:
        """Return the state.

        Raises NoAnswerError where it is known to be out of reach.
        """

    def messages(self, command: Command, told: Told, *, now: datetime) -> tuple[Message, ...]:
        """What makes the player do it.

        Raises NotPossibleError, NotFoundError.
        """

    def library(self, told: Told) -> Library:
        """What can be played by name."""


class TopicPlayer:
    """A player's driver over a `Translation`."""

    def __init__(self, name: str, player: PlayerConfig, wiring: Wiring, *, translation: Translation) -> None:
        self._name = name
        self._timeout_s = player.timeout_ms / 1000
        self._wiring = wiring
        self._translation = translation
        self._changed = threading.Condition()  # guards the next two
        self._told: dict[str, Any] = {}
        self._closed = False

    @property
    def features(self) -> frozenset[Action]:
        """The translation's."""
        return self._translation.features

    @property
    def confirms(self) -> bool:
        """The translation's."""
        return self._translation.confirms

    def start(self) -> None:
        """Names that stand in the household's file are there at once."""
        self._wiring.notify("library")

    def state(self) -> PlayerState:
        """Return the player's last word; waits for the first one, which is retained as a rule."""
        with self._changed:
            if self._translation.confirms:
                self._changed.wait_for(lambda: self._told or self._closed, self._timeout_s)
                if not self._told:
                    raise NoAnswerError(f"{self._name}: nothing came on {', '.join(self.subscriptions())}")
            return self._translation.state(self._told, now=datetime.now(UTC))

    def perform(self, command: Command) -> None:
        """Publish what makes the player do it."""
        with self._changed:
            messages = self._translation.messages(command, self._told, now=datetime.now(UTC))
        expires = time.monotonic() + self._timeout_s  # a player that obeys late startles people
        for message in messages:
            self._wiring.publish(Outgoing(message.topic, message.payload.encode(), qos=QOS, expires=expires))

    def library(self) -> Library:
        """Return the names that are known now; `notify` is called when there are others."""
        with self._changed:
            return self._translation.library(self._told)

    def close(self) -> None:
        """End a call that waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def subscriptions(self) -> tuple[str, ...]:
        """The translation's."""
        return self._translation.subscriptions()

    def received(self, message: Incoming) -> None:
        """Note what a message says."""
        told = self._translation.read(message.topic, message.payload)
        with self._changed:
            before = self._translation.library(self._told)
            self._told |= told
            other = self._translation.library(self._told) != before
            self._changed.notify_all()
        self._wiring.notify("state")
        if other:
            self._wiring.notify("library")

    def connected(self) -> None:
        """Forget what was told before the broker was away."""
        with self._changed:
            self._told.clear()
