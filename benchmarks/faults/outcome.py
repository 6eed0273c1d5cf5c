"""What became of one fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table."""

    fault: str
    injected: str
    """How it was done to the assistant."""
    survived: str
    """What it did then."""
    recovery_s: float | None
    """From the end of the fault until everything worked again; None where nothing had stopped."""
    commands: int
    lost: int
    twice: int
    problem: str = ""
    """What should not have happened."""

    @property
    def good(self) -> bool:
        """Whether nothing was lost, nothing done twice, and nothing else went wrong."""
        return not (self.lost or self.twice or self.problem)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a table in Markdown, what should not have happened below it."""
    lines = [
        "| fault | injected | survived | recovered in, s | commands | lost | twice |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for one in outcomes:
        recovery = "-" if one.recovery_s is None else f"{one.recovery_s:.1f}"
        cells = (one.fault, one.injected, one.survived, recovery, one.commands, one.lost, one.twice)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += [f"\nPROBLEM {one.fault}: {one.problem}" for one in outcomes if one.problem]
    return "\n".join(lines)
