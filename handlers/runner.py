"""Connects a handler to a broker: its own client, its own thread, in the daemon or alone.

broker ──▶ network thread: parse, enqueue ──▶ worker thread: expired? repeated? handle ──▶ result
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from assistant.config import HouseholdConfig
from assistant.errors import OyezError, PayloadError
from assistant.mqtt import Client, Gate, Incoming, IntentPayload, Outgoing, ResultPayload, Retry
from assistant.mqtt.client import Clock, Parts, now
from assistant.mqtt.gate import REMEMBERED_IDS
from handlers.base import Description, Request

log = logging.getLogger(__name__)

QUEUE_INTENTS = 32
"""What waits while the handler acts; more is dropped and counted: nobody speaks so fast."""
STOP_S = 5.0
HANG_S = 60.0
"""A handler that has acted on one command for so long does not come back: the contract says seconds."""

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


class Memory:
    """Which intents a handler has done, and whether each went well; it may outlive the handler's runner."""

    def __init__(self) -> None:
        self.gate = Gate()
        self._answered: OrderedDict[str, bool] = OrderedDict()

    def note(self, message_id: str, *, ok: bool) -> None:
        """Remember how an intent went; beyond REMEMBERED_IDS the oldest is forgotten."""
        self._answered[message_id] = ok
        if len(self._answered) > REMEMBERED_IDS:
            self._answered.popitem(last=False)

    def went_well(self, message_id: str) -> bool:
        """Return whether an intent was done."""
        return self._answered.get(message_id, False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that the handler has not yet come to."""

    intent: IntentPayload
    deadline: float | None
    """Until when it may be acted on; monotonic, since clocks are put right while commands wait."""


class HandlerRunner:
    """A running handler, as a context manager."""

    def __init__(
        self,
        name: str,
        description: Description,
        household: HouseholdConfig,
        *,
        url: str | None = None,
        retry: Retry | None = None,
        clock: Clock = now,
        memory: Memory | None = None,
        beside: Callable[[Outgoing], None] = lambda _: None,
    ) -> None:
        """`url` takes the place of the configured one (the embedded broker's).

        beside: takes what the handler publishes, too; on the handler's threads.
        memory: that of the runner whose place this one takes; not used by both at once.

        Raises ConfigurationError where the handler cannot work with this household, OyezError where it fails in another
        way, and BrokerError for an address, password or certificate that cannot be used.
        """
        self._name = name
        self._household = household
        self._memory = memory or Memory()  # worker thread only
        self._beside = beside
        self._intents: queue.Queue[Waiting | None] = queue.Queue(QUEUE_INTENTS)
        self.client = Client(
            household.mqtt, site=household.site, name=name, url=url, announce=False, retry=retry, clock=clock
        )
        self._acts_on: IntentPayload | None = None
        self._left_behind = False
        self._began: float | None = None
        """When the worker took up what it does now, monotonic; None while it waits."""
        self._lifetime = ExitStack()
        connection = self.client.connection
        with _border(name):
            self._handler = description.build(household, self._publish)
            topics = tuple(self._handler.subscriptions())
        connection.on_connected(self._handler.connected)
        for topic in topics:
            connection.subscribe(topic, self._received)
        for domain in description.domains:
            self.client.on_expiring(IntentPayload, self._arrived, domain=domain)
        self._worker = threading.Thread(target=self._run, name=f"handler-{name}", daemon=True)

    def __enter__(self) -> Self:
        """Start it.

        Raises OyezError where the handler's own beginning fails.
        """
        with ExitStack() as stack:
            # Left in reverse: the worker first, then the handler, which may still publish, then the client.
            stack.callback(self.client.__exit__)
            if isinstance(self._handler, AbstractContextManager):
                with _border(self._name):
                    stack.enter_context(self._handler)
            self._worker.start()
            stack.callback(self._worker.join, STOP_S)
            stack.callback(self._give_up_waiting)
            self.client.__enter__()
            self._lifetime = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._lifetime.close()

    @property
    def waiting(self) -> int:
        """How many commands wait for the handler."""
        return self._intents.qsize()

    @property
    def busy_s(self) -> float:
        """For how long the handler has been acting on its present command; 0 while it waits for one."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    @property
    def hangs(self) -> bool:
        """Whether the handler has been acting on one command for longer than it may."""
        return self.busy_s > HANG_S

    def leave_behind(self) -> list[Waiting]:
        """Answer what the handler hangs on with `failed`, and end without it: a thread cannot be made to end.

        Returns the commands that waited behind it, for the runner that takes its place: see `take_over`.
        """
        self._left_behind = True
        if (hanging := self._acts_on) is not None:
            self.client.connection.count("handler_hung")
            self.client.publish_result(self._told(hanging, code="failed", texts=FAILED), site=hanging.site)
        waiting: list[Waiting] = []
        with contextlib.suppress(queue.Empty):
            while (one := self._intents.get_nowait()) is not None:
                waiting.append(one)
        self._intents.put(None)
        self._lifetime.pop_all()  # the handler's own end might hang as well
        self.client.__exit__()
        return waiting

    def take_over(self, waiting: Iterable[Waiting]) -> None:
        """Act on commands that waited for another runner of this handler."""
        for one in waiting:
            self._enqueue(one)

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when the handler has ended, or after the time."""
        self._worker.join(timeout_s)

    def _publish(self, message: Outgoing) -> None:
        self.client.connection.publish(message)
        self._beside(message)

    # The network thread.

    def _received(self, message: Incoming) -> None:
        try:
            self._handler.received(message)
        except PayloadError as fault:
            self.client.drop_malformed(fault)

    def _arrived(self, intent: IntentPayload, _: Parts, deadline: float | None) -> None:
        self._enqueue(Waiting(intent, deadline))

    def _enqueue(self, waiting: Waiting) -> None:
        try:
            self._intents.put_nowait(waiting)
        except queue.Full:
            self.client.connection.count("intents_dropped")
            log.warning("%s: more than %s commands wait; %s is dropped", self._name, QUEUE_INTENTS, waiting.intent.id)

    # The worker thread.

    def _run(self) -> None:
        while (one := self._intents.get()) is not None:
            intent = one.intent
            self._acts_on, self._began = intent, time.monotonic()
            try:
                result = self._answer(intent, deadline=one.deadline)
                if not self._left_behind:
                    self.client.publish_result(result, site=intent.site)
            except Exception:
                log.exception("%s: the result of %s could not be published", self._name, intent.id)
                self.client.connection.count("results_failed")
            self._began = None

    def _answer(self, intent: IntentPayload, *, deadline: float | None) -> ResultPayload:
        verdict = self._memory.gate.judge(intent.id, deadline)
        if verdict == "expired":
            return self._told(intent, code="expired", texts=EXPIRED)
        if verdict == "repeated":
            ok = self._memory.went_well(intent.id)
            return ResultPayload(id=intent.id, ok=ok, code="already-done", handler=self._name)
        try:
            request = Request(intent.message(), site=intent.site, room=intent.room)
            result = ResultPayload.of(self._handler.handle(request), handler=self._name)
        except Exception:
            log.exception("%s: %s.%s (%s) failed", self._name, intent.domain, intent.intent, intent.id)
            self.client.connection.count("handler_failed")
            result = self._told(intent, code="failed", texts=FAILED)
        log.info("%s: %s %s.%s: %s", self._name, intent.id, intent.domain, intent.intent, result.code)
        self._memory.note(intent.id, ok=result.ok)
        return result

    def _told(self, intent: IntentPayload, *, code: str, texts: dict[str, str]) -> ResultPayload:
        text: dict[str, str] = {language: texts[language] for language in self._household.languages}
        return ResultPayload(id=intent.id, ok=False, code=code, text=text, handler=self._name)

    def _give_up_waiting(self) -> None:
        """Tell the worker to end after what it does now."""
        with contextlib.suppress(queue.Empty):
            while (one := self._intents.get_nowait()) is not None:
                log.info("%s: %s is given up", self._name, one.intent.id)
        self._intents.put(None, timeout=STOP_S)


@contextmanager
def _border(name: str) -> Iterator[None]:
    """Turn whatever a handler's own code raises into an error that names it."""
    try:
        yield
    except OyezError:
        raise
    except Exception as error:
        log.exception("handler %s", name)
        raise OyezError(f'the handler "{name}" fails at its start: {type(error).__name__}: {error}') from error
