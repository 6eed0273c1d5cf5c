"""The contract that an integrator implements: intents in, results out.

A module describes its handler by a `Description`, which an entry point of the group `oyez.handlers` names.
`handlers.registry` finds it, `handlers.runner` does the rest: broker, expiry, repeated ids, failures, results.
`docs/handlers.md` shows a whole one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

from pydantic import ValidationError

from assistant.config import HouseholdConfig, Language, Section
from assistant.errors import ConfigurationError, Fault
from assistant.messages import Choice, Interpretation, Result
from assistant.mqtt import Incoming, Outgoing, SayPayload

Publish: TypeAlias = Callable[[Outgoing], None]
"""Sends a message; never blocks."""
Catalogs: TypeAlias = Mapping[str, Sequence[Choice]]
"""What the lists of a handler's sentences hold, by the list's name.  One that is filled while the handler runs, by
messages on `catalog/<name>`, stands here with what is known before, or with nothing."""

ANNOUNCED_S = 10.0
"""How long what nobody asked for is worth saying."""

OptionsT = TypeVar("OptionsT", bound=Section)


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
    """Acts on the intents of its domains.

    One that has threads of its own, or something to close, is a context manager as well: it is entered before the
    first message comes, and left after the last request and before the broker.
    """

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


def no_catalogs(_household: HouseholdConfig) -> Catalogs:
    """The lists of a handler that brings none."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a handler is, before it runs."""

    domains: Sequence[str]
    """The domains whose intents it wants."""
    build: Factory
    """Makes a handler of a household, usually its class.

    Raises ConfigurationError where it cannot work with this household.
    """
    options: type[Section] | None = None
    """What may stand in the household's file under `handlers.options.<name>`; None: nothing."""
    sentences: Sequence[Path] = ()
    """Sentence files in Home Assistant's custom-sentence format, each with its `language`."""
    catalogs: Callable[[HouseholdConfig], Catalogs] = no_catalogs
    """Returns what the lists of its sentences hold in a household."""


def options_of(household: HouseholdConfig, name: str, kind: type[OptionsT]) -> OptionsT:
    """Return the section `handlers.options.<name>` of a household; its defaults where it is absent.

    Raises ConfigurationError with every fault in it.
    """
    try:
        return kind.model_validate(household.handlers.options.get(name, {}))
    except ValidationError as error:
        faults = [
            Fault(".".join(["handlers.options", name, *map(str, fault["loc"])]), fault["msg"])
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise ConfigurationError(faults) from error


def announcement(
    site: str, text: str, *, language: Language, within_s: float = ANNOUNCED_S, listen: bool = False
) -> Outgoing:
    """Return the message by which a site says something that nobody has asked for, such as a timer that rings.

    within_s: after that it is not said any more.
    listen: whether something may be said to it without the wake word.
    """
    expires = datetime.now(UTC) + timedelta(seconds=within_s)
    payload = SayPayload(text=text, language=language, expires=expires, listen=listen)
    channel = payload.channel
    return Outgoing(
        channel.topic(site),
        payload.to_bytes(),
        qos=channel.qos,
        expires=time.monotonic() + within_s,
        content_type="application/json",
    )
