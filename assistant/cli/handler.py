"""`oyez handler`: runs one handler alone, against the household's broker."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.household_file import CONFIG_HELP, broker_of, find_household, known_names

if TYPE_CHECKING:
    from assistant.config import HouseholdConfig
    from handlers.runner import HandlerRunner


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "handler",
        help="run a handler alone",
        description="Run one handler against the household's broker, or list them.  Ctrl-C ends it.",
    )
    parser.add_argument("name", metavar="NAME", help='handler to run, such as "light"; "list" lists them')
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    parser.add_argument("--mqtt", metavar="URL", help="broker to use, as mqtt.url in the household file")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")
    parser.set_defaults(execute=execute, fail=parser.error)


def execute(options: argparse.Namespace) -> int:
    """Run the handler until it is ended, or list those that are installed."""
    from assistant.config import load_household, nearest
    from assistant.errors import ConfigurationError
    from assistant.observe import configure_logging
    from handlers.registry import installed, runner

    names = installed()
    if options.name == "list":
        return list_handlers(find_household(options.config))
    if options.name not in names:
        near = nearest(options.name, names)
        options.fail(
            f'no handler "{options.name}"; ' + (f'did you mean "{near}"?' if near else "see oyez handler list")
        )
    file = find_household(options.config)
    if file is None:
        options.fail("no household file named and none in the usual places; write --config FILE")
        return 2
    configure_logging(logging.DEBUG if options.verbose else logging.INFO)
    loaded = load_household(file, known=known_names())
    own = [fault for fault in loaded.faults if f" handlers.options.{options.name}" in fault.where]
    if own:
        raise ConfigurationError(own)
    household = loaded.config
    url = options.mqtt or broker_of(household)
    with runner(options.name, household, url=url) as running:
        return _attend(running)


def list_handlers(file: Path | None) -> int:
    """Print what is installed, what it acts on, and what this household does with it; returns 1 if one is broken."""
    from assistant.config import HouseholdConfig, load_household
    from assistant.errors import OyezError
    from handlers.registry import installed

    household = HouseholdConfig() if file is None else load_household(file).config
    rows, problems = [("HANDLER", "DOMAINS", "FROM", "HERE")], []
    for name, handler in sorted(installed().items()):
        try:
            domains = " ".join(handler.description().domains)
        except OyezError as error:
            domains = "broken"
            problems.append(str(error))
        rows.append((name, domains, handler.origin, _use(name, household)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def _use(name: str, household: HouseholdConfig) -> str:
    if name in household.handlers.run:
        return "runs in the assistant"
    return "runs alone" if name in household.handlers.options else "not used"


def _attend(running: HandlerRunner) -> int:
    """Wait for a signal, or for the handler to hang; returns the exit status, for whoever starts it again."""
    from assistant.observe import Notifier

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    notifier = Notifier()
    notifier.ready()
    # Waits in pieces: a wait without an end keeps Python's signal handlers from running on some systems.
    while not ended.wait(0.5):
        if running.hangs:
            logging.getLogger(__name__).error("the handler hangs; it ends, to be started anew")
            running.leave_behind()
            return 1
    notifier.stopping()
    return 0
