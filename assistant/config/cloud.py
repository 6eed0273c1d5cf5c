"""What may leave the house, to whom, and what waits for a connection; nothing does unless this section says so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from assistant.config.base import Language, Section

Rejection: TypeAlias = Literal["not-a-command", "low-confidence", "ambiguous", "too-long"]
NEVER_WAIT = ("light", "media", "calling", "timer", "system", "dialogue")
"""Domains whose commands are for now: done late, they startle people."""
Wait: TypeAlias = Annotated[int, Field(ge=60, le=30 * 86_400)]


class LexConfig(Section):
    """A bot of Amazon Lex V2."""

    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    bot: str = Field(pattern=r"^[A-Z0-9]{10}$")
    """Identifier of the bot."""
    alias: str = Field(default="TSTALIASID", pattern=r"^[A-Z0-9]{10}$")
    locales: dict[Language, str] = Field(default={"en": "en_US", "es": "es_ES", "fr": "fr_FR"}, min_length=1)
    """The bot's locale for each language; sound goes to that of the household's first language."""


class OutboxConfig(Section):
    """What is kept while there is no connection, and sent once when there is."""

    intents: dict[str, Wait] = Field(default_factory=dict)
    """Intent (`custom.ShoppingListAddItem`, or its bare name) to the seconds for which it is worth sending; others
    never wait."""
    audio: bool = False
    """Keep the sound of what was not understood, until it has been sent or has expired.  What it turns out to mean is
    done only where it stands in `intents`."""
    audio_wait_s: Wait = 3600
    """How long that sound is worth sending."""
    most: int = Field(default=100, ge=1, le=10_000)
    """Entries kept; what comes then is refused, and said so."""
    most_bytes: int = Field(default=20_000_000, ge=100_000, le=1_000_000_000)

    @field_validator("intents")
    @classmethod
    def _may_wait(cls, intents: dict[str, int]) -> dict[str, int]:
        for name in intents:
            if name.split(".")[0] in NEVER_WAIT:
                what = f'"{name}" never waits: lights, media, calls and timers are for now; take it out'
                raise ValueError(what)
        return intents


class CloudConfig(Section):
    """Who is asked about what the device did not understand."""

    provider: Literal["none", "openai", "homeassistant", "lex", "webhook"] = "none"
    url: str | None = None
    """The provider's address: `https://api.openai.com/v1`, `http://homeassistant.local:8123`, the webhook's own; for
    Lex the region's when absent."""
    token_file: Path | None = None
    """File with the token or key; for Lex `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, then `:SESSION_TOKEN` if there is one."""
    model: str = "whisper-1"
    """The recognizer's name, for `openai`."""
    lex: LexConfig | None = None
    timeout_ms: int = Field(default=4000, ge=200, le=30_000)
    """How long an answer is waited for; later ones are dropped."""
    reasons: list[Rejection] = Field(default=["not-a-command", "low-confidence"])
    """Which rejected utterances are sent."""
    min_audio_ms: int = Field(default=600, ge=0, le=15_000)
    """Shorter ones are coughs."""
    addressed_only: bool = True
    """Send only what followed the wake word or push-to-talk: a microphone that is always open hears guests and
    televisions."""
    hints: list[Literal["device", "room", "floor", "scene", "player", "contact"]] = Field(
        default=["device", "room", "floor", "scene", "player"]
    )
    """Names of the household that `openai` is told, so that it writes them rightly; people's only where asked for."""
    needs: list[str] = Field(default_factory=list)
    """Intents that only the provider can do; they are sent to it as text instead of being published."""
    names: dict[str, str] = Field(default_factory=dict)
    """The provider's name of an intent to ours: `{TurnOnLight: light.on}`; those that are not here are `custom`."""
    outbox: OutboxConfig = OutboxConfig()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.provider not in {"none", "lex"} and not (self.url or "").startswith(("https://", "http://")):
            raise ValueError(f'"{self.provider}" needs `url`, which begins with https:// (or http:// inside the house)')
        if self.provider == "lex" and self.lex is None:
            raise ValueError("`lex` needs its own section: `lex: {region: eu-west-1, bot: ABCDEFGHIJ}`")
        if self.provider in {"lex", "homeassistant"} and self.token_file is None:
            raise ValueError(f'"{self.provider}" needs `token_file`, a file that holds the token or the keys')
        if self.provider == "openai" and self.needs:
            raise ValueError('"openai" only writes down what was said; take `needs` out, or choose another provider')
        return self
