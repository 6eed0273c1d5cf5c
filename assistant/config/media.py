"""Players of music and pictures, and what their libraries are heard by."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from assistant.config.base import Identifier, Named, Option, Section

Library = Literal["playlist", "artist", "album", "station", "title", "channel"]


class PlayerConfig(Named):
    """A player and how it is reached."""

    kind: Literal["player", "television"] = "player"
    room: Identifier | None = None
    driver: Literal["mpd", "mpris", "kodi", "snapcast", "homeassistant", "generic"] = "mpd"
    host: str = Field(default="localhost", min_length=1, max_length=256)
    port: int | None = Field(default=None, ge=1, le=65535)
    """The driver's usual one when absent."""
    password_file: Path | None = None
    volume_by: Identifier | None = None
    """The player that sets how loud this one is: a Snapcast loudspeaker, an amplifier; itself when absent."""
    timeout_ms: int = Field(default=2000, ge=50, le=60_000)
    """How long the player may take to confirm a command."""
    options: dict[str, Option | dict[str, Option]] = Field(default_factory=dict)
    """What the driver needs beside these (see docs/players.md)."""


class MediaConfig(Section):
    """What holds for all players."""

    default_player: Identifier | None = None
    """Which one is meant where neither a player nor a room is named and this room has none; else the only one."""
    volume_step: int = Field(default=10, ge=1, le=50)
    """Percent of "louder" and "quieter"."""
    duck_percent: int = Field(default=20, ge=0, le=100)
    """Loudness while the assistant listens and speaks, as a share of what it was; 100 leaves players alone."""
    libraries: list[Library] = Field(default=["playlist", "artist", "album", "station", "title", "channel"])
    """What is read from the players to be heard by name."""
    most_titles: int = Field(default=50_000, ge=0, le=100_000)
