"""`oyez config schema`."""

from __future__ import annotations

import argparse
from typing import Any


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "config", help="what a household file may hold", description="About the household file's format."
    )
    actions = parser.add_subparsers(metavar="schema", required=True)
    schema = actions.add_parser(
        "schema", help="print its JSON schema", description="Print the file's JSON schema, for editors that complete."
    )
    schema.set_defaults(execute=execute)


def execute(_options: argparse.Namespace) -> int:
    """Print the schema."""
    from assistant.config import household_schema

    print(household_schema())
    return 0
