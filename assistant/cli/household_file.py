"""Which household a command means: `--config`, or the first file found in the usual places."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import HouseholdConfig, Known

CONFIG_HELP = (
    "household file; without it $OYEZ_CONFIG, ./oyez.yaml, ~/.config/oyez/oyez.yaml or /etc/oyez/oyez.yaml, the first"
    " that is there"
)


def add_config_flag(parser: argparse.ArgumentParser) -> None:
    """Add `--config FILE`."""
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help=CONFIG_HELP)


def find_household(given: Path | None) -> Path | None:
    """The file that is meant; None when none was named and none is in the usual places."""
    if given is not None:
        return given
    if named := os.environ.get("OYEZ_CONFIG"):
        return Path(named)
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    places = (Path("oyez.yaml"), settings / "oyez" / "oyez.yaml", Path("/etc/oyez/oyez.yaml"))
    return next((place for place in places if place.is_file()), None)


def own_household(given: Path | None) -> HouseholdConfig:
    """The household that is meant, checked against what is installed; the built-in sentences alone without a file.

    Raises ConfigurationError for a file that cannot be used.
    """
    from assistant.config import HouseholdConfig, load_household

    file = find_household(given)
    return HouseholdConfig() if file is None else load_household(file, known=known_names()).config


def running_household(given: Path | None) -> HouseholdConfig:
    """The household of the assistant that runs on this machine, which is the bundled one where nobody wrote a file.

    Raises ConfigurationError for a file that cannot be used.
    """
    from assistant.config import load_household
    from assistant.demo import HOUSEHOLD

    return load_household(find_household(given) or HOUSEHOLD).config


def broker_of(household: HouseholdConfig) -> str:
    """The address of the household's broker; the embedded one runs in the assistant, on this machine."""
    mqtt = household.mqtt
    return f"mqtt://{mqtt.embedded_host}:{mqtt.embedded_port}" if mqtt.url == "embedded" else mqtt.url


def known_names() -> Known:
    """What is installed, so that the file can be checked against it: packs, handlers and their options."""
    from assistant.language import PACKS
    from handlers.registry import installed, sections

    names = list(installed())
    options = {f"handlers.options.{name}": kind for name, kind in sections().items()}
    return {"packs": list(PACKS), "handlers.run": names, "handlers.options": names, **options}
