"""The handlers that come with Oyez, by name."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.config import HouseholdConfig
from assistant.errors import OyezError
from handlers.base import Factory
from handlers.light import LightHandler
from handlers.runner import HandlerRunner

HANDLERS: Mapping[str, Factory] = {"light": LightHandler}


def runner(name: str, household: HouseholdConfig, *, url: str | None = None) -> HandlerRunner:
    """Return the handler called `name`, ready to be entered.

    Raises OyezError where there is none of that name.
    """
    if name not in HANDLERS:
        raise OyezError(f'no handler "{name}"; there are: {", ".join(sorted(HANDLERS))}')
    return HandlerRunner(name, HANDLERS[name], household, url=url)
