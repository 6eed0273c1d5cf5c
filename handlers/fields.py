"""A field inside a JSON payload, named as people write it: `player.volume`, `zones.0.title`."""

from __future__ import annotations

import json
from typing import Any

from assistant.errors import PayloadError


def value_at(payload: bytes, path: str, *, topic: str) -> Any:
    """Return the value of a field of a JSON payload, None where the field is not there.

    `path` has dots between the steps, numbers count in lists from 0.
    Raises PayloadError where the payload is not JSON.
    """
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise PayloadError(topic, field=path, what=f"not JSON: {error}") from error
    for step in path.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
