"""`oyez check`: everything that is wrong in a household file and its sentence files, at once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.household_file import CONFIG_HELP, find_household, known_names
from assistant.errors import ConfigurationError

if TYPE_CHECKING:
    from assistant.config import HouseholdConfig


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "check",
        help="find every mistake in a household file",
        description="Check household files and the sentence files they name.  Every mistake is listed with its place.",
        epilog="Exit status: 0 nothing is wrong (there may be warnings), 1 something is, 2 wrong usage.",
    )
    parser.add_argument("file", nargs="*", type=Path, metavar="FILE", help=CONFIG_HELP)
    parser.add_argument("-c", "--config", action="append", type=Path, metavar="FILE", help="the same as FILE")
    parser.set_defaults(execute=execute, fail=parser.error)


def execute(options: argparse.Namespace) -> int:
    """Check the files; returns 1 when something is wrong in one of them."""
    files = [*options.file, *(options.config or [])]
    if not files:
        found = find_household(None)
        if found is None:
            options.fail("no household file named and none in the usual places; write oyez check FILE")
        files = [found]
    return max([check_file(file) for file in files])


def check_file(file: Path) -> int:
    """Print what is wrong in one file; returns 1 when something is."""
    from assistant.config import load_household
    from assistant.recognizer import check_sentences
    from handlers.registry import vocabularies

    try:
        household = load_household(file, known=known_names())
        words = vocabularies(household.config)
        faults = (*household.faults, *check_sentences(household.config, vocabularies=words))
    except ConfigurationError as error:
        faults = error.faults
    else:
        for warning in household.warnings:
            print(f"{warning.where}: warning: {warning.what}")
    for fault in faults:
        print(fault)
    if faults:
        print(f"{file}: {len(faults)} mistake{'s' if len(faults) > 1 else ''}")
        return 1
    print(f"{file}: good; {_contents(household.config)}")
    return 0


def _contents(config: HouseholdConfig) -> str:
    from assistant.contacts import load_phonebook

    counts = {
        "rooms": len(config.rooms),
        "devices": len(config.devices),
        "scenes": len(config.scenes),
        "contacts": len(load_phonebook(config).all),
        "sentence files": len(config.sentences),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items())
