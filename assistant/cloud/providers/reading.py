"""JSON from a provider: read once, each value with the type that it must have."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from assistant.errors import CloudContentError, CloudError
from assistant.messages import SlotValue

MOST_TEXT = 4096
"""Characters of a text that are taken; the bus takes no longer ones."""
MOST_SLOTS = 32


def parsed(body: bytes) -> Mapping[str, Any]:
    """Return the object in `body`.

    Raises CloudError: whoever answers otherwise is not the provider.
    """
    try:
        value = decoded(body)
    except (ValueError, RecursionError) as error:
        raise CloudError(f"the answer is no JSON, so not the provider's: {error}") from error
    if not isinstance(value, dict):
        raise CloudError("the answer is no JSON object, so not the provider's")
    return value


def decoded(text: bytes) -> Any:
    r"""Return what JSON says; text with halves of characters (`\ud800`), which no message can carry, is none.

    Raises ValueError, RecursionError.
    """
    value = json.loads(text)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def text_at(value: Any, *keys: str) -> str:
    """Return the text at a path of keys, shortened to MOST_TEXT; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value.strip()[:MOST_TEXT] if isinstance(value, str) else ""


def slots_of(value: Any) -> dict[str, SlotValue]:
    """Return the slots of an object; what is no text, number, true or false is left out."""
    given = value if isinstance(value, dict) else {}
    plain = {
        str(name)[:64]: slot[:MOST_TEXT] if isinstance(slot, str) else slot
        for name, slot in given.items()
        if isinstance(slot, str | bool | int) or (isinstance(slot, float) and math.isfinite(slot))
    }
    return dict(list(plain.items())[:MOST_SLOTS])


def intent_name(name: str, *, names: Mapping[str, str]) -> tuple[str, str]:
    """Return domain and intent of what a provider calls `name`.

    Raises CloudContentError where it cannot be a level of a topic.
    """
    ours = names.get(name, name)
    domain, dot, intent = ours.partition(".")
    if not dot:
        domain, intent = "custom", ours
    if not (domain and intent) or len(ours) > 128 or any(character in "/+#\x00" for character in ours):
        raise CloudContentError("the answer's intent has a name that no topic can have")
    return domain, intent
