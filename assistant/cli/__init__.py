"""The `oyez` command: one module for each of its commands."""

from assistant.cli.commands import main

__all__ = ["main"]
