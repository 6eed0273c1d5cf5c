"""`oyez version`."""

from __future__ import annotations

import argparse
from typing import Any

from assistant import __version__


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("version", help="print the version", description="Print the version.")
    parser.set_defaults(execute=execute)


def execute(_options: argparse.Namespace) -> int:
    """Print the version."""
    print(f"oyez {__version__}")
    return 0
