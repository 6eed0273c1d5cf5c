"""`oyez outbox`: what waits for a connection to the cloud's provider, and how to forget it."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assistant.cli.household_file import add_config_flag, running_household
from assistant.cli.timespan import timespan

if TYPE_CHECKING:
    from assistant.cloud import Entry, Outbox


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "outbox",
        help="list or forget what waits for a connection",
        description=(
            "What was said while the cloud's provider could not be reached, and may wait.  Works while the assistant"
            " runs.  Run it as the user of the assistant: nobody else may read what was said."
        ),
    )
    actions = parser.add_subparsers(metavar="ACTION", title="actions", required=True)
    listing = actions.add_parser(
        "list", help="print what waits, the first to be sent first", description="Print what waits."
    )
    listing.set_defaults(execute=_list, fail=listing.error)
    purging = actions.add_parser(
        "purge",
        help="forget what waits, or some of it",
        description="Forget what waits, sounds too; it is overwritten on the disk.",
    )
    purging.add_argument("ids", nargs="*", metavar="ID", help="beginning of an id that `list` prints; all when none")
    purging.set_defaults(execute=_purge, fail=purging.error)
    for action in (listing, purging):
        add_config_flag(action)


def _list(options: argparse.Namespace) -> int:
    with _outbox(options) as outbox:
        entries = outbox.entries() if outbox.exists else []
    if not entries:
        print("nothing waits")
    for entry in entries:
        print(_described(entry))
    return 0


def _purge(options: argparse.Namespace) -> int:
    from assistant.errors import OyezError

    with _outbox(options) as outbox:
        if not outbox.exists:
            forgotten = 0
        elif not options.ids:
            forgotten = outbox.purge()
        else:
            chosen = [entry.id for entry in outbox.entries() if entry.id.startswith(tuple(options.ids))]
            if not chosen:
                raise OyezError(f"nothing that waits has an id that begins with {' or '.join(options.ids)}")
            forgotten = sum(outbox.remove(one) for one in chosen)
    print(f"{forgotten} forgotten" if forgotten else "nothing waits")
    return 0


def _outbox(options: argparse.Namespace) -> Outbox:
    from assistant.cloud import OUTBOX, Outbox
    from assistant.state import state_path

    config = running_household(options.config)
    return Outbox(state_path(config, OUTBOX), config.cloud.outbox)


def _described(entry: Entry) -> str:
    """One line: when it was said, how long it still waits, what it is, its id."""
    from assistant.messages import SAMPLE_RATE_HZ

    said = f"{entry.said.astimezone():%Y-%m-%d %H:%M}"
    left = timespan(timedelta(seconds=entry.left_s)) + " left" if entry.left_s > 0 else "expired"
    if entry.meaning is not None:
        what = f'{entry.meaning.name} "{entry.text}"'
    else:
        what = f"{len(entry.pcm or b'') / 2 / SAMPLE_RATE_HZ:.1f} s of sound, {entry.reason}"
    return f"{said}  {left:>16}  {what}  {entry.id}"
