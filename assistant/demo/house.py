"""Where the demonstration's files are, and what its clips say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

HOUSEHOLD = Path(__file__).parent / "household.yaml"
CLIPS = Path(__file__).parent / "clips"


@dataclass(frozen=True, slots=True)
class DemoClip:
    """A spoken command."""

    file: Path
    language: str
    text: str
    voice: str


def demo_clips() -> list[DemoClip]:
    """The spoken commands in the order in which they are played."""
    lines = (CLIPS / "index.jsonl").read_text(encoding="utf-8").splitlines()
    return [DemoClip(**{**row, "file": CLIPS / row["file"]}) for row in map(json.loads, lines)]
