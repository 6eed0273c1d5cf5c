"""How long something took or takes, for people."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (("day", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def timespan(time: timedelta) -> str:
    """Return the greatest unit and the one below it: `3 days 4 h`, `1 day 0 h`, `2 h 5 min`, `4 min 3 s`, `7 s`."""
    left = max(0, round(time.total_seconds()))
    parts: list[str] = []
    for name, length in _UNITS:
        count, left = divmod(left, length)
        if count or parts or name == "s":
            parts.append(f"{count} {name}{'s' if name == 'day' and count != 1 else ''}")
    return " ".join(parts[:2])
