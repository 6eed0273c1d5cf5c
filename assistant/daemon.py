"""The assistant's life: households taken over and refused, orders obeyed, signals heard, everything stopped in order.

A household that is saved with a mistake changes nothing.  One with other rooms, devices or sentences is taken over
between two utterances; one with another site, broker, microphone or network takes the parts down and builds them anew.
What the parts are stands in `assistant.parts`.
"""

from __future__ import annotations

import logging
import math
import queue
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from assistant.catalogs import list_values
from assistant.config import HouseholdConfig, Known, LoadedHousehold, load_household
from assistant.errors import BrokerError, ConfigurationError
from assistant.model import SHIPPED
from assistant.mqtt import CatalogPayload, ListenPayload
from assistant.observe import Counters, Notifier, give_back_memory
from assistant.parts import OpenSource, Order, Parts, Prepared, prepare
from assistant.reports import Reporter
from assistant.watch import FileWatch
from handlers.runner import Memory

log = logging.getLogger(__name__)

ORDERS = 256
"""What may wait for the main thread; more is dropped and counted."""
MOST_CATALOGS = 32
"""Lists that may be filled at run time; a large library has six."""
MOST_CATALOG_VALUES = 200_000
"""Values in all of them together."""
TICK_S = 0.2
"""How long a signal may wait."""
LOOK_S = 1.0
"""How often files and the broker are looked at."""
HEALTH_S = 60.0
LAST_RESULT_S = 2.0
"""How long the last lamp may take to answer before the end that was asked for."""
_TAKEN_LIVE = {"languages", "floors", "rooms", "devices", "scenes", "sentences", "packs", "threshold", "thresholds"}
"""What may change between two utterances; anything else needs the parts built anew."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line adds to the household."""

    file: Path
    """The household's file, watched for changes."""
    open_source: OpenSource
    """Opens the microphone, or what stands for one."""
    known: Known = field(default_factory=dict)
    """See `load_household`."""
    adapt: Callable[[HouseholdConfig], HouseholdConfig] = lambda config: config
    """Puts flags in the place of the file's values."""
    simulate_lamps: bool = False
    once: bool = False
    """End when the source ends, as files do."""


class Daemon:
    """The assistant of one site."""

    def __init__(self, settings: Settings, *, reporter: Reporter) -> None:
        """Read the household and prepare it.

        Raises ConfigurationError with every fault in its files.
        """
        self._settings = settings
        self._reporter = reporter
        self._counters = Counters()
        self._orders: queue.Queue[Order] = queue.Queue(ORDERS)
        self._counters.watch("orders_waiting", self._orders.qsize)
        self._catalogs: dict[str, CatalogPayload] = {}
        self._new_catalogs: set[str] = set()
        """Those that cannot be heard yet."""
        self._memories: dict[str, Memory] = {}
        self._prepared = prepare(self._load(), catalogs={})
        self._watch = FileWatch(self._prepared.household.files)
        self._model_watch = FileWatch([_model_file(self._prepared)])
        self._stop_asked = self._reload_asked = False
        self._notifier = Notifier()
        self._end = math.inf
        """When to end, where that was asked; monotonic."""

    def run(self) -> int:
        """Run until SIGINT or SIGTERM, or to the end of the source where that was asked; returns the exit status.

        Raises BrokerError where the broker cannot be used as the household says.
        """
        good: Prepared | None = None
        with self._signals():
            while not self._stop_asked:
                try:
                    with self._parts() as parts:
                        good = self._prepared
                        self._attend(parts)
                except BrokerError as error:
                    if good is None or good is self._prepared:
                        raise
                    self._refuse([str(error)])
                    self._prepared = good
        self._notifier.stopping()
        return 1 if self._settings.once and self._prepared.recognizer is None else 0

    def listen(self) -> None:
        """Take what is said now, as after the wake word; from any thread."""
        self._order((ListenPayload(), {}))

    def _parts(self) -> Parts:
        return Parts(
            self._prepared,
            open_source=self._settings.open_source,
            simulate_lamps=self._settings.simulate_lamps,
            reporter=self._reporter,
            counters=self._counters,
            memories=self._memories,
            on_order=self._order,
            on_end=self._source_ended,
        )

    def _attend(self, parts: Parts) -> None:
        """Obey and look after everything until the parts are to be taken down."""
        look = health = time.monotonic()
        problem = parts.problem
        give_back_memory()
        self._notifier.status(problem or "listening")
        if parts.understands:
            self._notifier.ready()
        while not self._stop_asked and not self._over():
            try:
                order = self._orders.get(timeout=TICK_S)
            except queue.Empty:
                self._take_catalogs()
            else:
                self._obey(order, parts)
            parts.tick()
            now = time.monotonic()
            if now >= look or self._reload_asked:
                look = now + LOOK_S
                parts.look()
                self._notifier.alive(heartbeat_age_s=parts.silent_s)
                if parts.problem != problem:
                    problem, health = parts.problem, now
                    self._notifier.status(problem or "listening")
                if not self._up_to_date(parts):
                    return
            if now >= health:
                health = now + HEALTH_S
                parts.publish_health()

    def _over(self) -> bool:
        """Whether nothing is left to do: asked to end with the source, and it has ended or was never heard."""
        if self._settings.once and (self._prepared.recognizer is None or time.monotonic() > self._end):
            self._stop_asked = True
        return self._stop_asked

    # Orders.

    def _order(self, order: Order) -> None:
        """Let the main thread obey; from any thread."""
        try:
            self._orders.put_nowait(order)
        except queue.Full:
            self._counters.add("orders_dropped")

    def _obey(self, order: Order, parts: Parts) -> None:
        payload, topic_parts = order
        if not isinstance(payload, CatalogPayload):
            parts.obey(order)
            return
        name = topic_parts["name"]
        if payload == self._catalogs.get(name, CatalogPayload()):
            return
        others = [catalog for other, catalog in self._catalogs.items() if other != name]
        values = len(payload.values) + sum(len(catalog.values) for catalog in others)
        if payload.values and (len(others) >= MOST_CATALOGS or values > MOST_CATALOG_VALUES):
            self._counters.add("catalogs_refused")
            log.warning(
                "catalog %s is not taken: at most %s lists with %s values together are",
                name[:64],
                MOST_CATALOGS,
                MOST_CATALOG_VALUES,
            )
            return
        self._catalogs[name] = payload
        self._new_catalogs.add(name)

    def _take_catalogs(self) -> None:
        """Fill lists anew, all that have come together: a library has several, and the graph is built once for them."""
        names, self._new_catalogs = sorted(self._new_catalogs), set()
        if not names or self._prepared.recognizer is None:
            return
        try:
            self._replace(names)
        except (ConfigurationError, MemoryError):
            for name in names:  # each alone, so that one that is refused keeps out no other
                try:
                    self._replace([name])
                except (ConfigurationError, MemoryError) as error:
                    self._counters.add("catalogs_refused")
                    log.warning("catalog %s is not taken: %s", name, str(error) or "there is not enough memory for it")
        self._catalogs = {name: catalog for name, catalog in self._catalogs.items() if catalog.values}
        give_back_memory()

    def _replace(self, names: Sequence[str]) -> None:
        """What cannot be said is left out, everything else is heard at once.  Raises ConfigurationError."""
        prepared = self._prepared
        if prepared.recognizer is None:
            return
        config, words, interpreter = prepared.household.config, prepared.vocabularies, prepared.recognizer.interpreter
        interpreter.replace_catalogs(
            {name: list_values(config, name, self._catalogs[name], vocabularies=words) for name in names}
        )
        for name in names:
            unused = "" if interpreter.has_list(name) else "; no sentence of the household uses this list"
            self._reporter.note(f"catalog {name}: {len(self._catalogs[name].values)} values{unused}")

    def _source_ended(self) -> None:
        self._end = time.monotonic() + LAST_RESULT_S
        if not self._settings.once:
            self._reporter.note("nothing more to play; Ctrl-C ends")

    # Households.

    def _load(self) -> LoadedHousehold:
        loaded = load_household(self._settings.file, known=self._settings.known)
        for warning in loaded.warnings:
            log.warning("%s", warning)
        for fault in loaded.faults:
            log.error("%s", fault)
        return replace(loaded, config=self._settings.adapt(loaded.config))

    def _up_to_date(self, parts: Parts) -> bool:
        """Look at files; returns False when the parts are to be built anew."""
        new_model = self._model_watch.changed()
        if not (new_model or self._watch.changed() or self._reload_asked):
            return True
        self._reload_asked = False
        before = self._prepared
        try:
            household = self._load()
            live = not new_model and _differs_only_in(_TAKEN_LIVE, household.config, before.household.config)
            prepared = prepare(household, model=before.model if live else None, catalogs=self._catalogs)
        except ConfigurationError as error:
            self._refuse([str(fault) for fault in error.faults])
            return True
        except MemoryError:
            self._refuse(["there is not enough memory for both; save it again when there is more"])
            return True
        if prepared.model is None:
            self._refuse([str(prepared.problem)])
            return True
        self._prepared = prepared
        self._watch.watch(household.files)
        self._model_watch.watch([_model_file(prepared)])
        if live and before.model is not None:
            parts.take(prepared)
            give_back_memory()
            self._reporter.note("the household was read again")
            return True
        self._reporter.note("the household has changed; starting anew")
        return False

    def _refuse(self, faults: Sequence[str]) -> None:
        self._counters.add("households_refused")
        log.warning("the household's files have changed and cannot be used; the old household goes on")
        for fault in faults:
            log.warning("%s", fault)

    # Signals.

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Hear SIGINT, SIGTERM and SIGHUP; they only leave a note for the main thread."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stop_asked = True
            # Whoever presses Ctrl-C again will not wait.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        def reload(_number: int, _frame: FrameType | None) -> None:
            self._reload_asked = True

        wanted = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: reload}
        before = {number: signal.signal(number, hear) for number, hear in wanted.items()}
        try:
            yield
        finally:
            for number, hear in before.items():
                signal.signal(number, hear)


def _differs_only_in(names: Collection[str], one: HouseholdConfig, other: HouseholdConfig) -> bool:
    return one.model_dump(exclude=set(names)) == other.model_dump(exclude=set(names))


def _model_file(prepared: Prepared) -> Path:
    return prepared.household.config.model or SHIPPED
