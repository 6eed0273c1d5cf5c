"""Puts entries into an outbox until it is killed: `python -m tests.cloud.keeper FILE FIRST`; tells what is kept."""

from __future__ import annotations

import itertools
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from assistant.cloud import Entry, Outbox
from assistant.config import OutboxConfig


def main() -> None:
    outbox = Outbox(Path(sys.argv[1]), OutboxConfig(most=10_000))
    for number in itertools.count(int(sys.argv[2])):
        entry = Entry(
            f"{number:08}", datetime.now(UTC), None, "en", f"text {number}", None, "ambiguous", bytes(20_000), 3600.0
        )
        if outbox.put(entry):
            sys.stdout.write(json.dumps({"kept": entry.id}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
