"""Commands that no handler has answered, to be published again after the broker was away.  Pure.

When a broker returns, the assistant may be back before a handler is: what it publishes then reaches nobody, and the
broker says nothing of it.  So for a while after a connection, commands come again, under the same id, until a result
has come or they have expired; a handler acts on an id once.  On a connection that has stood for long nothing repeats.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from assistant.mqtt.payloads import IntentPayload

SETTLES_S = 30.0
"""By then handlers are back as well: the ceiling of `Retry`, and what connecting takes at worst, several times."""
REPEAT_S = 1.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    payload: IntentPayload
    published: float
    """Last time; monotonic, as the next."""
    expires: float


class Unanswered:
    """What was published and waits for a result.  Not for several threads at once."""

    def __init__(self, answering: Collection[str]) -> None:
        """answering: domains whose handlers publish results; others are learnt from the results that come.

        Programs that act on intents and answer nothing must not be told twice.
        """
        self._answering = set(answering)
        self._waiting: dict[str, _Waiting] = {}

    def published(self, payload: IntentPayload, *, now: float, expires: float) -> None:
        """Note a command; both times are monotonic seconds."""
        self._waiting[payload.id] = _Waiting(payload, now, expires)

    def answered(self, message_id: str) -> None:
        """Note that a handler has answered a command."""
        waiting = self._waiting.pop(message_id, None)
        if waiting is not None and waiting.payload.domain is not None:
            self._answering.add(waiting.payload.domain)

    def due(self, now: float, *, connected: float | None) -> list[tuple[IntentPayload, float]]:
        """Return the commands to be published again now, with when they expire, and forget the expired ones.

        connected: when the present connection began, None where there is none.
        """
        self._waiting = {key: one for key, one in self._waiting.items() if one.expires > now}
        if connected is None or now - connected > SETTLES_S:
            return []
        due = {
            key: one
            for key, one in self._waiting.items()
            if one.payload.domain in self._answering and now - max(one.published, connected) >= REPEAT_S
        }
        self._waiting |= {key: replace(one, published=now) for key, one in due.items()}
        return [(one.payload, one.expires) for one in due.values()]
