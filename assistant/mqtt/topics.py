"""The topics of the contract: names, direction, retention, QoS and size, as one table.  Pure.

Everything stands under ``oyez/<site>/``.  The payloads are in `assistant.mqtt.payloads`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

PREFIX = "oyez"
"""First level of every topic of ours."""

KIBIBYTE = 1024
MAX_PAYLOAD_BYTES = 4 * KIBIBYTE * KIBIBYTE
"""What the embedded broker lets through; more than any topic of ours takes."""

ANY = "+"
"""As a site or a part: every one of them (in filters only)."""

_PART = re.compile(r"[^/+#\x00]{1,128}")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic of the contract, or one family of topics with `{parts}`."""

    name: str
    pattern: str
    """What follows ``oyez/<site>/``; a part in braces is one level."""
    direction: Literal["out", "in"]
    """As seen by the assistant."""
    retained: bool
    qos: int
    limit_bytes: int
    """Longer payloads are dropped unread."""
    meaning: str
    per_minute: int | None = None
    """More in a minute are dropped unread; None: as many as come."""
    bytes_per_minute: int | None = None
    """The same for the length of all of them."""

    def topic(self, site: str, **parts: str) -> str:
        """Return the topic of `site`.

        Raises ValueError where a part is empty or has a character that topics reserve.
        """
        for name, part in {"site": site, **parts}.items():
            if not _PART.fullmatch(part):
                raise ValueError(f'{name} "{part}" cannot stand in a topic: no "/", "+", "#", 1 to 128 characters')
        return f"{PREFIX}/{site}/{self.pattern.format(**parts)}"

    def filter(self, site: str = ANY, **parts: str) -> str:
        """Return the subscription for `site`; parts that are not given match anything."""
        return f"{PREFIX}/{site}/{_PLACE.sub(lambda place: parts.get(place[1], ANY), self.pattern)}"

    def parts(self, topic: str) -> dict[str, str] | None:
        """Return `site` and the parts of a topic of this channel, None for any other topic."""
        pattern = _PLACE.sub(r"(?P<\1>[^/]+)", self.pattern)
        match = re.fullmatch(f"{PREFIX}/(?P<site>[^/]+)/{pattern}", topic)
        return match.groupdict() if match else None


STATUS = Channel("status", "status", "out", True, 1, 64, "`online` or `offline`; the broker says `offline` for us.")
STATE = Channel("state", "state", "out", True, 0, 4 * KIBIBYTE, "What the assistant is doing.")
HEARD = Channel("heard", "heard", "out", False, 0, 4 * KIBIBYTE, "An utterance was cut out of the sound.")
PARTIAL = Channel("partial", "partial", "out", False, 0, 16 * KIBIBYTE, "Best reading so far, while speaking.")
INTENT = Channel(
    "intent", "intent/{domain}/{intent}", "out", False, 1, 64 * KIBIBYTE, "A command was understood: act on it."
)
REJECTED = Channel("rejected", "rejected", "out", False, 1, 64 * KIBIBYTE, "Nothing is done, and why.")
RESULT = Channel("result", "result", "in", False, 1, 64 * KIBIBYTE, "What really happened, from a handler.")
REPLY = Channel("reply", "reply", "out", False, 0, 16 * KIBIBYTE, "What is said to the user.")
LISTEN = Channel("listen", "listen", "in", False, 1, 4 * KIBIBYTE, "Listen now, as after the wake word.", 30)
SAY = Channel("say", "say", "in", False, 1, 16 * KIBIBYTE, "Say this.", 60)
CANCEL = Channel("cancel", "cancel", "in", False, 1, 4 * KIBIBYTE, "Stop listening, asking and speaking.", 60)
MUTE = Channel("mute", "mute", "in", False, 1, 4 * KIBIBYTE, "Close or open the microphone.", 60)
CATALOG = Channel(
    "catalog",
    "catalog/{name}",
    "in",
    True,
    1,
    MAX_PAYLOAD_BYTES,
    "Values of a list, added at run time; empty removes.",
    per_minute=60,
    bytes_per_minute=8 * MAX_PAYLOAD_BYTES,
)
TIMERS = Channel(
    "timers", "timers", "in", True, 1, 64 * KIBIBYTE, "The timers of the site, from their handler, for displays."
)
HEALTH = Channel("health", "health", "out", True, 0, 64 * KIBIBYTE, "Counters and timings.")

CHANNELS = (
    STATUS,
    STATE,
    HEARD,
    PARTIAL,
    INTENT,
    REJECTED,
    RESULT,
    REPLY,
    LISTEN,
    SAY,
    CANCEL,
    MUTE,
    CATALOG,
    TIMERS,
    HEALTH,
)


def matches(subscription: str, topic: str) -> bool:
    """Return whether `topic` falls under an MQTT subscription with ``+`` and ``#``."""
    if topic.startswith("$") and subscription[:1] in {"+", "#"}:
        return False
    wanted, given = subscription.split("/"), topic.split("/")
    for index, level in enumerate(wanted):
        if level == "#":
            return True
        if index >= len(given) or level not in {"+", given[index]}:
            return False
    return len(wanted) == len(given)
