"""The contract that an integrator implements: intents in, results out.

A handler says which domains it wants and which other topics it listens to; `handlers.runner` does the rest: broker,
expiry, repeated ids, failures, results.  `docs/handlers.md` shows a whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from assistant.config import HouseholdConfig
from assistant.messages import Interpretation, Result
from assistant.mqtt import Incoming, Outgoing

Publish: TypeAlias = Callable[[Outgoing], None]
"""Sends a message; never blocks."""


@dataclass(frozen=True, slots=True)
class Request:
    """An intent that is to be acted on now."""

    interpretation: Interpretation
    """Accepted, so `best` is there."""
    site: str
    """The assistant that heard it; its answer goes there."""
    room: str | None = None
    """Where its microphone stands."""


class Handler(Protocol):
    """Acts on the intents of its domains."""

    @property
    def domains(self) -> Sequence[str]:
        """The domains whose intents it wants."""

    def subscriptions(self) -> Sequence[str]:
        """Other topics that it listens to, such as the states of its devices."""

    def received(self, message: Incoming) -> None:
        """Take a message on one of them.  Runs on the network thread: note it and return.

        Raises PayloadError where the message is not what the topic should carry; it is logged and dropped.
        """

    def connected(self) -> None:
        """The broker is there (again); what was retained comes next.  Runs on the network thread."""

    def handle(self, request: Request) -> Result:
        """Act and return what really happened, within seconds.  Runs on the handler's own thread, one at a time.

        An exception becomes a `failed` result.
        """


Factory: TypeAlias = Callable[[HouseholdConfig, Publish], Handler]
