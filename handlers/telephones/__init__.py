"""One file per kind of telephone, in one table; each module has `Options` and `build`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

from pydantic import ValidationError

from assistant.config import CallingConfig
from assistant.errors import ConfigurationError, Fault
from handlers.telephones.contract import (
    Build,
    Call,
    Event,
    Reason,
    Telephone,
    TelephoneOptions,
    Wiring,
)

DRIVERS: Mapping[str, str] = {
    "baresip": "handlers.telephones.baresip",
    "ofono": "handlers.telephones.ofono",
    "generic": "handlers.telephones.generic",
}
"""Module by the name that stands in the household's file; imported where it is used, with what it stands on."""

__all__ = ["DRIVERS", "Call", "Event", "Reason", "Telephone", "TelephoneOptions", "Wiring", "build", "faults"]


def build(config: CallingConfig, wiring: Wiring) -> Telephone | None:
    """Return the household's telephone, None where it has none; nothing is connected yet.

    Raises ConfigurationError with every fault of its options.
    """
    if config.driver == "none":
        return None
    wrong = faults(config)
    if wrong:
        raise ConfigurationError(wrong)
    make = cast("Build", importlib.import_module(DRIVERS[config.driver]).build)
    return make(config, wiring)


def faults(config: CallingConfig) -> list[Fault]:
    """Return what is wrong with the options of the household's telephone."""
    if config.driver == "none":
        return []
    options = cast("type[TelephoneOptions]", importlib.import_module(DRIVERS[config.driver]).Options)
    try:
        options.model_validate(config.options)
    except ValidationError as error:
        known = ", ".join(options.model_fields)
        return [
            Fault(
                ".".join(["calling.options", *map(str, fault["loc"])]),
                f"no such option; {config.driver} has {known}" if fault["type"] == "extra_forbidden" else fault["msg"],
            )
            for fault in error.errors(include_url=False, include_context=False)
        ]
    return []
