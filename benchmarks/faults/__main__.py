"""`python -m benchmarks.faults`: print the table; exit status 1 where a fault has not been survived."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.behaviour import handler_faults
from benchmarks.faults.broker import broker_faults
from benchmarks.faults.credentials import credential_faults
from benchmarks.faults.life import life_faults
from benchmarks.faults.machine import machine_faults
from benchmarks.faults.outcome import Outcome, table
from benchmarks.faults.sound import sound_faults

KINDS: dict[str, Callable[[Path], Iterator[Outcome]]] = {
    "broker": broker_faults,
    "credentials": credential_faults,
    "sound": sound_faults,
    "machine": machine_faults,
    "handlers": handler_faults,
    "life": life_faults,
}


def main(arguments: list[str] | None = None) -> int:
    """Print each outcome as it comes, then the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Break things, see what happens.")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all where none is named")
    options = parser.parse_args(arguments)
    unknown = [kind for kind in options.kinds if kind not in KINDS]
    if unknown:
        parser.error(f"no kind {unknown[0]}; there are {', '.join(KINDS)}")
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="oyez-faults-") as folder:
        for kind in options.kinds or KINDS:
            for outcome in KINDS[kind](Path(folder) / kind):
                outcomes.append(outcome)
                mark = "survived" if outcome.good else "NOT SURVIVED"
                print(f"{mark}: {outcome.fault} {outcome.problem}", file=sys.stderr, flush=True)
    print(table(outcomes))
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
