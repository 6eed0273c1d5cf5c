"""What is to be published, until it may be handed to the broker: from any thread in, by the network thread out.

While the broker is away, QoS 0 is lost, QoS 1 waits until it expires (the oldest of too many is dropped), and of the
retained messages the last one of each topic is published when it returns.  A message that expires and that the broker
had nobody for is handed out once more a little later: whoever it is for may be about to come back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from assistant.mqtt.wire import Outgoing

log = logging.getLogger(__name__)

OUTBOX_MESSAGES = 256
"""What waits for a broker that is away; then the oldest is dropped and counted."""
UNTAKEN_S = 0.5
"""After this, what the broker had nobody for is sent again."""


class Outbox:
    """Of one connection."""

    def __init__(self, *, count: Callable[[str], None]) -> None:
        """count: takes what was `lost`, and `outbox_dropped`."""
        self._count = count
        self._lock = threading.Lock()  # guards the four below
        self._open = False
        """Whether the broker is there."""
        self._waiting: deque[Outgoing] = deque()
        self._retained: dict[str, Outgoing] = {}
        self._told = False
        """Whether it was told that too many wait."""
        self._untaken: deque[tuple[float, Outgoing]] = deque()  # network thread only; with the time to send it again

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Outgoing) -> None:
        """Take what is to be published."""
        dropped = tell = False
        with self._lock:
            if message.retained:
                self._retained[message.topic] = message
            lost = not self._open and message.qos == 0 and not message.retained
            if self._open or (message.qos > 0 and not message.retained):
                dropped = len(self._waiting) >= OUTBOX_MESSAGES
                if dropped:
                    self._waiting.popleft()
                    tell, self._told = not self._told, True
                self._waiting.append(message)
        if lost:
            self._count("lost")
        if dropped:
            self._count("outbox_dropped")
        if tell:
            log.warning("more than %s messages wait for the broker; the oldest are dropped", OUTBOX_MESSAGES)

    # Below: the network thread only.

    @property
    def has_untaken(self) -> bool:
        """Whether something will be handed out once more."""
        return bool(self._untaken)

    def open(self) -> None:
        """Begin a connection with what is retained."""
        with self._lock:
            self._open = True
            self._waiting.extendleft(reversed(self._retained.values()))
            for topic in [topic for topic, message in self._retained.items() if not message.payload]:
                del self._retained[topic]  # removed once is enough

    def close(self, unacknowledged: Iterable[Outgoing]) -> None:
        """End a connection, and keep for the next one what was not acknowledged on it."""
        untaken = [message for _, message in self._untaken]
        self._untaken.clear()
        with self._lock:
            self._open = False
            unsent = [*untaken, *unacknowledged, *self._waiting]
            self._waiting = deque(message for message in unsent if message.qos > 0 and not message.retained)

    def take(self) -> Outgoing | None:
        """Hand out the next one, None where nothing waits."""
        with self._lock:
            while self._untaken and self._untaken[0][0] <= time.monotonic():
                self._waiting.append(self._untaken.popleft()[1])
            return self._waiting.popleft() if self._waiting else None

    def untaken(self, message: Outgoing) -> None:
        """Hand this one out once more, later."""
        self._untaken.append((time.monotonic() + UNTAKEN_S, message))
