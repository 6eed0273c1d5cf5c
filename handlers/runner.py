"""Connects a handler to a broker: its own client, its own thread, in the daemon or alone.

broker ──▶ network thread: parse, enqueue ──▶ worker thread: expired? repeated? handle ──▶ result
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections import OrderedDict
from typing import Self

from assistant.config import HouseholdConfig
from assistant.errors import PayloadError
from assistant.mqtt import Client, Gate, Incoming, IntentPayload, Outgoing, ResultPayload, Retry
from assistant.mqtt.client import Clock, Parts, now
from assistant.mqtt.gate import REMEMBERED_IDS
from handlers.base import Factory, Request

log = logging.getLogger(__name__)

QUEUE_INTENTS = 32
"""What waits while the handler acts; more is dropped and counted: nobody speaks so fast."""
STOP_S = 5.0

FAILED = {
    "en": "Something went wrong.",
    "es": "Algo ha ido mal.",
    "fr": "Quelque chose a mal tourné.",
}
EXPIRED = {
    "en": "That took too long, nothing was done.",
    "es": "Ha tardado demasiado, no se ha hecho nada.",
    "fr": "C'était trop long, rien n'a été fait.",
}


class HandlerRunner:
    """A running handler, as a context manager."""

    def __init__(
        self,
        name: str,
        factory: Factory,
        household: HouseholdConfig,
        *,
        url: str | None = None,
        retry: Retry | None = None,
        clock: Clock = now,
    ) -> None:
        """`url` takes the place of the configured one (the embedded broker's).

        Raises ConfigurationError where the handler cannot work with this household, and BrokerError for an address,
        password or certificate that cannot be used.
        """
        self._name = name
        self._household = household
        self._gate = Gate(clock)  # worker thread only
        self._answered: OrderedDict[str, bool] = OrderedDict()  # worker thread only; whether each id went well
        self._intents: queue.Queue[IntentPayload | None] = queue.Queue(QUEUE_INTENTS)
        self.client = Client(
            household.mqtt, site=household.site, name=name, url=url, announce=False, retry=retry, clock=clock
        )
        self._handler = factory(household, self._publish)
        connection = self.client.connection
        connection.on_connected(self._handler.connected)
        for topic in self._handler.subscriptions():
            connection.subscribe(topic, self._received)
        for domain in self._handler.domains:
            self.client.on(IntentPayload, self._enqueue, domain=domain)
        self._worker = threading.Thread(target=self._run, name=f"handler-{name}", daemon=True)

    def __enter__(self) -> Self:
        self._worker.start()
        self.client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._give_up_waiting()
        self._worker.join(STOP_S)
        self.client.__exit__()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when the handler has ended, or after the time."""
        self._worker.join(timeout_s)

    def _publish(self, message: Outgoing) -> None:
        self.client.connection.publish(message)

    # The network thread.

    def _received(self, message: Incoming) -> None:
        try:
            self._handler.received(message)
        except PayloadError as fault:
            self.client.drop_malformed(fault)

    def _enqueue(self, intent: IntentPayload, _: Parts) -> None:
        try:
            self._intents.put_nowait(intent)
        except queue.Full:
            self.client.connection.count("intents_dropped")
            log.warning("%s: more than %s commands wait; %s is dropped", self._name, QUEUE_INTENTS, intent.id)

    # The worker thread.

    def _run(self) -> None:
        while (intent := self._intents.get()) is not None:
            try:
                self.client.publish_result(self._answer(intent), site=intent.site)
            except Exception:
                log.exception("%s: the result of %s could not be published", self._name, intent.id)
                self.client.connection.count("results_failed")

    def _answer(self, intent: IntentPayload) -> ResultPayload:
        verdict = self._gate.judge(intent.id, intent.expires)
        if verdict == "expired":
            return self._told(intent, code="expired", texts=EXPIRED)
        if verdict == "repeated":
            return ResultPayload(
                id=intent.id, ok=self._answered.get(intent.id, False), code="already-done", handler=self._name
            )
        try:
            request = Request(intent.message(), site=intent.site, room=intent.room)
            result = ResultPayload.of(self._handler.handle(request), handler=self._name)
        except Exception:
            log.exception("%s: %s.%s (%s) failed", self._name, intent.domain, intent.intent, intent.id)
            self.client.connection.count("handler_failed")
            result = self._told(intent, code="failed", texts=FAILED)
        log.info("%s: %s %s.%s: %s", self._name, intent.id, intent.domain, intent.intent, result.code)
        self._answered[intent.id] = result.ok
        if len(self._answered) > REMEMBERED_IDS:
            self._answered.popitem(last=False)
        return result

    def _told(self, intent: IntentPayload, *, code: str, texts: dict[str, str]) -> ResultPayload:
        text: dict[str, str] = {language: texts[language] for language in self._household.languages}
        return ResultPayload(id=intent.id, ok=False, code=code, text=text, handler=self._name)

    def _give_up_waiting(self) -> None:
        """Tell the worker to end after what it does now."""
        with contextlib.suppress(queue.Empty):
            while (intent := self._intents.get_nowait()) is not None:
                log.info("%s: %s is given up", self._name, intent.id)
        self._intents.put(None, timeout=STOP_S)
