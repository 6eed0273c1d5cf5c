"""Who can be asked: one file each, all pure, from a query to a request and from a response to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeAlias

from assistant.cloud.http import Request, Response
from assistant.cloud.providers.homeassistant import HomeAssistant
from assistant.cloud.providers.lex import Lex
from assistant.cloud.providers.openai import OpenAi
from assistant.cloud.providers.webhook import Webhook
from assistant.cloud.query import Answer, Query
from assistant.config import CloudConfig


class Provider(Protocol):
    """One service's way to ask and to answer."""

    takes_sound: bool
    """Whether what was not understood is sent as sound; else the letters that the network heard are."""
    knows_repeats: bool
    """Whether a request that comes twice is done once: it has a key, or changes nothing."""

    def request(self, query: Query, *, now: datetime) -> Request:
        """Return what to send.

        now: aware, for signatures.
        """

    def answer(self, response: Response, query: Query) -> Answer:
        """Return what came back.

        Raises CloudContentError where it is not what the provider documents, CloudError where it cannot be the
        provider's at all: networks that want a login answer in the place of others.
        """


_Build: TypeAlias = Callable[[CloudConfig, str], Provider]
PROVIDERS: Mapping[str, _Build] = {
    "openai": OpenAi,
    "homeassistant": HomeAssistant,
    "lex": Lex,
    "webhook": Webhook,
}

__all__ = ["PROVIDERS", "Provider"]
