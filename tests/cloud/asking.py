"""Links to a provider for tests, and what is asked over them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from assistant.cloud import Link, Meaning, Query
from assistant.config import CloudConfig

PATIENCE_S = 30.0
TOKENS = {"lex": "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY:session", "homeassistant": "a.long.token"}
SAMPLES = np.arange(-800, 800, dtype=np.int16)
MILK = Meaning("custom", "ShoppingListAddItem", {"item": "milk", "count": 2})


def link_to(url: str, provider: str, folder: Path, **settings: Any) -> Link:
    token = folder / "token"
    token.write_text(f"{TOKENS.get(provider, 'a-key')}\n")
    token.chmod(0o600)
    if provider == "lex":
        settings.setdefault("lex", {"region": "eu-west-1", "bot": "ABCDEFGHIJ", "alias": "KLMNOPQRST"})
    config = {"provider": provider, "url": url, "token_file": str(token), **settings}
    return Link(CloudConfig.model_validate(config))


def query(**fields: Any) -> Query:
    given = {
        "id": "3f0c6a52-0000-4000-8000-000000000001",
        "time": datetime(2026, 1, 31, 18, 0, tzinfo=UTC),
        "site": "kitchen",
        "room": "kitchen",
        "language": "fr",
        "languages": ("fr", "en"),
        "text": "étin la lumière",
        "reason": "not-a-command",
        **fields,
    }
    return Query(**given)


def soon(seconds: float = PATIENCE_S) -> float:
    return time.monotonic() + seconds
