"""Reads the command line and calls the command's module.

A command's module needs nothing but the standard library until it runs, so that `oyez version` and every `--help` are
quick and work before anything is installed.  Exit status: 0 done, 1 it could not be done, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from assistant.cli import check, config, devices, doctor, handler, interpret, mic, outbox, run, status, version, why
from assistant.errors import ConfigurationError, OyezError

INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended."""
_MODULES = (run, status, check, doctor, config, devices, mic, interpret, handler, why, outbox, version)

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = build_parser().parse_args(arguments)
    try:
        status = options.execute(options)
        sys.stdout.flush()
    except ConfigurationError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        return int(options.status_of_faults)
    except OyezError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `oyez devices | head -1`: nobody reads any more.  What is buffered must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:
        log.critical("this is a fault of the program, not yours; please report it with the lines above", exc_info=True)
        return 1
    return int(status)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="oyez",
        description="Offline voice assistant for house and car, in English, Spanish and French.",
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=18),
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    parser.set_defaults(execute=lambda options: _without_command(parser, options), status_of_faults=1)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for module in _MODULES:
        module.add_command(commands)
    return parser


def _without_command(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.version:
        return version.execute(options)
    parser.print_help(sys.stderr)
    return 2
