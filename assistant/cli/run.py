"""`oyez run`: the assistant itself."""

from __future__ import annotations

import argparse
import faulthandler
import gc
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from assistant.cli.household_file import CONFIG_HELP, find_household, known_names

if TYPE_CHECKING:
    from assistant.config import HouseholdConfig
    from assistant.daemon import Daemon
    from assistant.listen import Source
    from assistant.parts import OpenSource
    from assistant.reports import Reporter

_EPILOG = """\
Without a household file it runs a demonstration house whose lamps are simulated; without a microphone as well, it plays
spoken commands of its own through the same path.  With a household file it waits for its microphone instead.
Signals: SIGINT (Ctrl-C) and SIGTERM end it, SIGHUP reads the household again, as saving the file does.
"""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "run",
        help="run the assistant",
        description="Listen to the microphone and publish what is understood over MQTT.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    sound = parser.add_mutually_exclusive_group()
    sound.add_argument("-i", "--input", metavar="DEVICE", help="microphone by name or number, see `oyez devices`")
    sound.add_argument("-p", "--play", nargs="+", type=Path, metavar="AUDIO", help="hear these files, not a microphone")
    sound.add_argument("--demo", action="store_true", help="play the spoken commands in the demonstration house")
    sound.add_argument("--no-demo", action="store_true", help="never play anything: wait for a microphone")
    parser.add_argument("--once", action="store_true", help="end after the last played file")
    parser.add_argument("--fast", action="store_true", help="play files as fast as they can be understood")
    parser.add_argument("--mqtt", metavar="URL", help="broker to use, as mqtt.url in the household file")
    parser.add_argument("-q", "--quiet", action="store_true", help="log lines only, no account of what is heard")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more, what was said included")
    parser.set_defaults(execute=execute, fail=parser.error)


def execute(options: argparse.Namespace) -> int:
    """Run until it is ended."""
    missing = [file for file in options.play or [] if not file.is_file()]
    if missing:
        options.fail(f"argument --play: no file {missing[0]}")
    with _uncollected():
        daemon, reporter = _prepared(options)
    if sys.stdin is not None and sys.stdin.isatty() and os.getpgrp() == os.tcgetpgrp(sys.stdin.fileno()):
        threading.Thread(target=_listen_on_enter, args=(daemon,), name="enter", daemon=True).start()
    status = daemon.run()
    reporter.note("ended")
    return status


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: what is loaded and built for the start stays, and looking takes a tenth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _prepared(options: argparse.Namespace) -> tuple[Daemon, Reporter]:
    """The assistant, ready to run, and who tells what it does."""
    from assistant.cli.account import Account
    from assistant.daemon import Daemon, Settings
    from assistant.demo import HOUSEHOLD
    from assistant.observe import configure_logging
    from assistant.reports import LogReporter

    told = _stderr()
    # What every thread was doing goes to the log when the service manager's watchdog ends a process that hangs.
    faulthandler.enable(told)
    # Who reads the account needs no log lines but those that ask for something.
    readable = sys.stdout.isatty() and not options.quiet
    configure_logging(logging.DEBUG if options.verbose else logging.WARNING if readable else logging.INFO, stream=told)
    reporter: Reporter = Account() if readable else LogReporter()
    household = None if options.demo and options.config is None else find_household(options.config)
    if household is None:
        reporter.note("no household file: this is the demonstration house")
    open_source = _files(options, reporter, demonstration=household is None)
    daemon = Daemon(
        Settings(
            file=household or HOUSEHOLD,
            open_source=open_source or _microphone,
            known=known_names(),
            adapt=lambda config: _adapted(config, options, deaf_to_itself=open_source is not None),
            simulate_lamps=household is None,
            once=options.once,
        ),
        reporter=reporter,
    )
    return daemon, reporter


def _stderr() -> TextIO:
    """Stderr by a descriptor of its own: PortAudio's start, also when it hangs, turns the usual one to /dev/null."""
    return os.fdopen(
        os.dup(sys.stderr.fileno()), "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace"
    )


def _microphone(config: HouseholdConfig) -> Source:
    from assistant.audio import Microphone

    return Microphone(config.audio)


def _files(options: argparse.Namespace, reporter: Reporter, *, demonstration: bool) -> OpenSource | None:
    """What opens the files to be heard, or the spoken commands where there is no microphone; None to use that."""
    from assistant.audio import WavMicrophone, has_microphone
    from assistant.demo import demo_clips

    if options.play:
        return lambda _config: WavMicrophone(options.play, paced=not options.fast)
    play = options.demo
    if demonstration and not options.no_demo and not options.input and not has_microphone():
        reporter.note("no microphone here: playing spoken commands instead")
        play = True
    if play:
        return lambda config: WavMicrophone(
            [clip.file for clip in demo_clips() if clip.language in config.languages], paced=not options.fast
        )
    return None


def _adapted(config: HouseholdConfig, options: argparse.Namespace, *, deaf_to_itself: bool) -> HouseholdConfig:
    """The household with the command line's flags in the place of its values.

    deaf_to_itself: what is heard are files, in which nothing that we say can be heard.
    """
    if deaf_to_itself:
        config = config.model_copy(update={"replies": config.replies.model_copy(update={"echo": "cancelled"})})
    if options.input is not None:
        device = int(options.input) if options.input.isdecimal() else options.input
        config = config.model_copy(update={"audio": config.audio.model_copy(update={"input": device})})
    if options.mqtt is not None:
        config = config.model_copy(update={"mqtt": config.mqtt.model_copy(update={"url": options.mqtt})})
    return config


def _listen_on_enter(daemon: Daemon) -> None:
    """Push to talk from the keyboard."""
    for _line in sys.stdin:
        daemon.listen()
