"""One file per kind of player, in one table; each module has `Options` and `build`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

from pydantic import ValidationError

from assistant.config import PlayerConfig
from assistant.errors import ConfigurationError, Fault
from handlers.players.contract import (
    ALL_ACTIONS,
    KINDS,
    Action,
    Build,
    Catalog,
    Command,
    GoneError,
    Kind,
    Library,
    Name,
    NoAnswerError,
    NotFoundError,
    NotPossibleError,
    PlayerDriver,
    PlayerError,
    PlayerOptions,
    PlayerState,
    RefusedError,
    Wiring,
)

DRIVERS: Mapping[str, str] = {
    "mpd": "handlers.players.mpd",
    "mpris": "handlers.players.mpris",
    "kodi": "handlers.players.kodi",
    "snapcast": "handlers.players.snapcast",
    "homeassistant": "handlers.players.homeassistant",
    "generic": "handlers.players.generic",
}
"""Module by the name that stands in the household's file; imported when a player needs it, with what it stands on."""

__all__ = [
    "ALL_ACTIONS",
    "DRIVERS",
    "KINDS",
    "Action",
    "Build",
    "Catalog",
    "Command",
    "GoneError",
    "Kind",
    "Library",
    "Name",
    "NoAnswerError",
    "NotFoundError",
    "NotPossibleError",
    "PlayerDriver",
    "PlayerError",
    "PlayerOptions",
    "PlayerState",
    "RefusedError",
    "Wiring",
    "build",
    "faults",
]


def build(name: str, player: PlayerConfig, wiring: Wiring) -> PlayerDriver:
    """Return the driver of the player called `name`; nothing is connected yet.

    Raises ConfigurationError with every fault of its options.
    """
    wrong = faults(name, player)
    if wrong:
        raise ConfigurationError(wrong)
    make = cast("Build", importlib.import_module(DRIVERS[player.driver]).build)
    return make(name, player, wiring)


def faults(name: str, player: PlayerConfig) -> list[Fault]:
    """Return what is wrong with the options of the player called `name`."""
    if player.driver not in DRIVERS:
        return [Fault(f"players.{name}.driver", f'the driver "{player.driver}" is not installed')]
    options = cast("type[PlayerOptions]", importlib.import_module(DRIVERS[player.driver]).Options)
    try:
        options.model_validate(player.options)
    except ValidationError as error:
        known = ", ".join(options.model_fields) or "no options"
        return [
            Fault(
                f"players.{name}.options.{'.'.join(str(step) for step in fault['loc'])}",
                f"no such option; {player.driver} has {known}" if fault["type"] == "extra_forbidden" else fault["msg"],
            )
            for fault in error.errors(include_url=False, include_context=False)
        ]
    return []
