"""How the assistant asks and answers."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field

from assistant.config.base import Language, Section

ReplyMode: TypeAlias = Literal["none", "sounds", "speech"]
Risk: TypeAlias = Literal["do", "confirm", "never"]


class DialogueConfig(Section):
    """Questions and what follows them."""

    timeout_ms: int = Field(default=8000, ge=1000, le=60_000)
    """How long an answer is waited for after the question has been said."""
    follow_up_ms: int = Field(default=0, ge=0, le=60_000)
    """How long another command is taken without the wake word after one was done; 0: not at all."""
    most_questions: int = Field(default=2, ge=1, le=5)
    """Questions in a row without an answer that is understood, after which nothing is done."""
    correct_ms: int = Field(default=15_000, ge=0, le=60_000)
    """How long a command can be corrected after it was done, as in "I meant the kitchen"."""
    undo_ms: int = Field(default=60_000, ge=0, le=600_000)
    """How long what was done can be undone."""
    ask_above: int = Field(default=6, ge=1, le=1000)
    """A command for "all" lights asks where it would change more than this many."""
    risks: dict[str, Risk] = Field(default_factory=dict)
    """Intent (`light.off`, or `light`) to what it needs: done at once, asked first, or never done by voice."""


class QuietConfig(Section):
    """Hours with fewer sounds."""

    begin: time = time(22)
    end: time = time(7)
    mode: ReplyMode = "none"


class VoiceConfig(Section):
    """Who speaks."""

    engine: Literal["nanotts", "espeak-ng", "piper"] = "nanotts"
    voices: dict[Language, str] = Field(default_factory=dict)
    """Voice of each language, as the engine calls it (piper: the model's file); the engine's usual one when absent."""
    program: Path | None = None
    """Where the engine's program is, for engines that are one."""
    speed: float = Field(default=1.0, ge=0.5, le=2.0)


class RepliesConfig(Section):
    """What is heard of the assistant; texts go out over MQTT in any case."""

    mode: ReplyMode = "sounds"
    volume: int = Field(default=80, ge=0, le=100)
    quiet: QuietConfig | None = None
    voice: VoiceConfig = VoiceConfig()
    echo: Literal["half-duplex", "cancelled"] = "half-duplex"
    """`cancelled`: the microphone is one from which PipeWire removes our own sound; it stays open while we speak."""
