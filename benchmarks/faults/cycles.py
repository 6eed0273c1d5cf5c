"""Starts and stops all parts of a household again and again, in one process, and tells what it holds meanwhile.

    python -m benchmarks.faults.cycles HOUSEHOLD CYCLES

A line of JSON after every tenth of the cycles.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from assistant.audio import Microphone
from assistant.config import load_household
from assistant.messages import Interpretation, Result, Utterance
from assistant.observe import Counters
from assistant.parts import Parts, prepare
from benchmarks.process import held_by

LISTENING_S = 30.0
ENDING_S = 1.0
"""A thread that nobody waits for may still be ending when all parts have ended."""


class Waits:
    """A reporter that waits for "listening"."""

    def __init__(self) -> None:
        self.listening = threading.Event()

    def note(self, text: str) -> None:
        """Notice that it listens."""
        if text.startswith("listening"):
            self.listening.set()

    def says(self, text: str) -> None:
        """Nobody wants anything said."""

    def heard(self, utterance: Utterance) -> None:
        """Nobody speaks."""

    def interpreted(self, interpretation: Interpretation) -> None:
        """Nobody speaks."""

    def result(self, result: Result, *, handler: str) -> None:
        """Nobody speaks."""


def main(household: str, cycles: int) -> int:
    """Go round."""
    prepared = prepare(load_household(Path(household)), catalogs={})
    for cycle in range(1, cycles + 1):
        waits = Waits()
        with Parts(
            prepared,
            open_source=lambda config: Microphone(config.audio),
            simulate_lamps=False,
            reporter=waits,
            counters=Counters(),
            memories={},
            on_order=lambda _: None,
            on_end=lambda: None,
        ):
            if not waits.listening.wait(LISTENING_S):
                print(f"it does not listen in cycle {cycle}", file=sys.stderr)
                return 1
        if cycle % max(cycles // 10, 1) == 0:
            time.sleep(ENDING_S)
            held = held_by()
            told = {"cycle": cycle, "memory_mb": held.memory_mb, "threads": held.threads, "files": held.descriptors}
            print(json.dumps(told), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
