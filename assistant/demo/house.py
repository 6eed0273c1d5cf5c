"""Where the demonstration's files are, and in which order its clips are played."""

from __future__ import annotations

from pathlib import Path

HOUSEHOLD = Path(__file__).parent / "household.yaml"
CLIPS = Path(__file__).parent / "clips"
"""`<two digits>_<language>.flac`; clips/README.md says who speaks and what."""


def demo_clips(languages: tuple[str, ...] = ("en", "es", "fr")) -> list[Path]:
    """The spoken commands in these languages, in their order."""
    return sorted(clip for clip in CLIPS.glob("*.flac") if clip.stem.rsplit("_", 1)[-1] in languages)
