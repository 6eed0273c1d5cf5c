"""`oyez why`: what was heard, what it was taken for, and what was done about it."""

from __future__ import annotations

import argparse
from typing import Any

from assistant.cli.household_file import add_config_flag, running_household


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "why",
        help="explain what became of an utterance",
        description=(
            "Tell what was heard of the last utterances, the best readings with their confidence, what was needed, and "
            "what was done.  Run it as the user of the assistant: nobody else may read what was said."
        ),
    )
    parser.add_argument(
        "which", nargs="?", default="last", metavar="WHICH", help='"last" (default), "all", or the beginning of an id'
    )
    add_config_flag(parser)
    parser.set_defaults(execute=execute, fail=parser.error)


def execute(options: argparse.Namespace) -> int:
    """Print the traces that were asked for."""
    from assistant.errors import OyezError
    from assistant.state import StateFile
    from assistant.traces import explained, read_traces

    file = StateFile.of(running_household(options.config), "traces")
    traces = read_traces(file)
    if options.which == "last":
        traces = traces[-1:]
    elif options.which != "all":
        traces = [trace for trace in traces if trace.id.startswith(options.which)]
    if not traces:
        what = "nothing was heard yet" if options.which in {"last", "all"} else f'no utterance "{options.which}"'
        raise OyezError(f"{what}: {file.path} has none; is the household the one that runs?")
    print("\n".join(explained(trace) for trace in traces))
    return 0
