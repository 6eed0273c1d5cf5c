"""The running parts of one household: built in order, taken down in reverse; the file that knows all of them.

microphone ──▶ listener ──utterance──▶ conversation ──intent──▶ MQTT ──▶ handlers
                          loudspeaker ◀── speaker ◀── conversation ◀──result── MQTT ◀──┘
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self, TypeAlias

from assistant.audio import Loudspeaker
from assistant.catalogs import list_values
from assistant.config import HouseholdConfig, LoadedHousehold
from assistant.conversation import Conversation
from assistant.demo import SimulatedLamps
from assistant.errors import ModelError, OyezError, PayloadError
from assistant.fallback import fallback_of
from assistant.health import Running, as_metrics, health
from assistant.listen import Listener, ListenerState, Source, WakeEngine, wake_engine
from assistant.messages import Vocabulary
from assistant.model import Model
from assistant.mqtt import (
    CancelPayload,
    CatalogPayload,
    Client,
    EmbeddedBroker,
    HealthPayload,
    ListenPayload,
    MutePayload,
    Outgoing,
    Payload,
    ResultPayload,
    SayPayload,
)
from assistant.observe import Counters, MetricsEndpoint
from assistant.recognizer import Recognizer, for_household
from assistant.reports import Reporter
from assistant.speak import Speaker
from assistant.state import StateFile
from assistant.traces import Traces
from handlers.registry import runner as handler_runner
from handlers.registry import vocabularies
from handlers.runner import HandlerRunner, Memory

log = logging.getLogger(__name__)

MOST_HUNG = 8
"""Handlers that hung and were replaced."""
READY_S = 3.0
"""How long the start waits for a broker before it goes on without."""

REQUESTS: tuple[type[Payload], ...] = (ListenPayload, SayPayload, CancelPayload, MutePayload, CatalogPayload)
"""What may be asked of the assistant, where `mqtt.requests` allows it."""

OpenSource: TypeAlias = Callable[[HouseholdConfig], Source]
Order: TypeAlias = tuple[Payload, Mapping[str, str]]
"""What came over MQTT, with the parts of its topic."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A household with what can be made of it before anything runs: all that may be wrong in files is known."""

    household: LoadedHousehold
    model: Model | None
    recognizer: Recognizer | None
    engine: WakeEngine | None
    """Hears the wake word, where one is listened for."""
    problem: str | None = None
    """Why there is no model."""
    vocabularies: tuple[Vocabulary, ...] = ()
    """What the handlers add to what may be said."""


def prepare(
    household: LoadedHousehold, *, model: Model | None = None, catalogs: Mapping[str, CatalogPayload]
) -> Prepared:
    """Load the network (unless `model` is given) and build the household's graph, run-time catalogs included.

    A network that cannot be used leaves the household deaf, and says why.
    Raises ConfigurationError where a sentence file or the wake word cannot be used.
    """
    config = household.config
    engine = wake_engine(config.wake)
    try:
        network = model or Model.load(config.model)
    except ModelError as error:
        return Prepared(household, model=None, recognizer=None, engine=engine, problem=str(error))
    words = vocabularies(config)
    recognizer = for_household(config, network, vocabularies=words)
    recognizer.interpreter.replace_catalogs(
        {name: list_values(config, name, catalog, vocabularies=words) for name, catalog in catalogs.items()}
    )
    return Prepared(household, model=network, recognizer=recognizer, engine=engine, vocabularies=words)


class Parts:
    """Broker, lamps, handlers, MQTT client and listener of one household, as a context manager."""

    def __init__(
        self,
        prepared: Prepared,
        *,
        open_source: OpenSource,
        simulate_lamps: bool,
        reporter: Reporter,
        counters: Counters,
        memories: dict[str, Memory],
        on_order: Callable[[Order], None],
        on_end: Callable[[], None],
    ) -> None:
        """on_order: called on the network thread with each command.  on_end: the source had an end.

        memories: what each handler has done, which outlives it and these parts.

        Raises BrokerError for an address, password or certificate that cannot be used.
        """
        self._prepared = prepared
        self._open_source = open_source
        self._simulate_lamps = simulate_lamps
        self._reporter, self._counters = reporter, counters
        self._memories = memories
        self._on_order, self._on_end = on_order, on_end
        self._stack, self._handlers = ExitStack(), ExitStack()
        self._broker: EmbeddedBroker | None = None
        self._url: str | None = None
        self._client: Client | None = None
        self._conversation: Conversation | None = None
        """What is heard and said; None where there is no network to understand anything."""
        self._listener: Listener | None = None
        self._speaker: Speaker | None = None
        self._runners: dict[str, HandlerRunner] = {}
        self._hears: bool | None = None
        """Whether the microphone gives sound, once that was told; the listening thread's."""
        self._no_sound: str | None = None
        """Why there is no sound; the listening thread's."""
        self._entered = time.monotonic()

    def __enter__(self) -> Self:
        """Start everything.

        Raises BrokerError where the embedded broker does not start.
        """
        config = self._prepared.household.config
        with ExitStack() as stack:
            if config.mqtt.url == "embedded":
                self._broker = stack.enter_context(EmbeddedBroker.of(config.mqtt))
                self._url = self._broker.url
                self._reporter.note(f"MQTT broker on {self._url}")
            if self._simulate_lamps:
                self._start_lamps(stack, config)
            client = self._new_client(config)
            self._answer_prometheus(stack, config)
            stack.callback(self._handlers.close)
            self._start_handlers(config)
            if self._prepared.recognizer is None:
                # Not online: nobody would be heard.
                log.error("nothing is heard: %s", self._prepared.problem)
            else:
                self._client = stack.enter_context(client)
                if not client.connection.wait_ready(READY_S):
                    self._reporter.note(f"{client.connection.problem or 'the broker does not answer'}; trying on")
                self._converse(stack, client, self._prepared.recognizer)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def prepared(self) -> Prepared:
        """What runs now."""
        return self._prepared

    @property
    def understands(self) -> bool:
        """Whether what is said can be understood: network, graph and listening thread are there."""
        return self._listener is not None

    @property
    def problem(self) -> str | None:
        """Why nothing is heard, or nobody is told; None while all is well."""
        if self._client is None:
            return self._prepared.problem
        return self._no_sound or self._client.connection.problem

    @property
    def silent_s(self) -> float:
        """For how long the listening thread has not been seen to go on; 0 where nobody listens."""
        return 0.0 if self._listener is None else time.monotonic() - self._listener.heartbeat

    def take(self, prepared: Prepared) -> None:
        """Go on with other rooms, devices and sentences: the next utterance is heard with them."""
        config = prepared.household.config
        with ExitStack() as paused:
            if self._conversation is not None:
                paused.enter_context(self._conversation.handover(config, prepared.recognizer))
            self._handlers.close()
            self._start_handlers(config)
            self._prepared = prepared

    def look(self) -> None:
        """Bring back what has died."""
        if self._broker is not None:
            try:
                self._broker.revive()
            except OyezError as error:
                log.error("%s", error)
        for name in [name for name, running in self._runners.items() if running.hangs]:
            self._replace_handler(name)

    def obey(self, order: Order) -> None:
        """Do what came over MQTT."""
        payload, _ = order
        if isinstance(payload, ResultPayload):
            if self._client is not None:
                self._client.answered(payload.id)
            self._reporter.result(payload.message(), handler=payload.handler)
        if self._conversation is None or self._listener is None:
            return
        if isinstance(payload, ResultPayload):
            self._conversation.result(payload.message())
        elif isinstance(payload, SayPayload):
            self._conversation.say(payload)
        elif isinstance(payload, ListenPayload):
            self._conversation.listen(payload.window_ms)
        elif isinstance(payload, CancelPayload):
            self._conversation.cancel(payload)
        elif isinstance(payload, MutePayload):
            self._listener.mute(payload.muted)
            self._reporter.note("muted" if payload.muted else "not muted")

    def tick(self) -> None:
        """Let time pass for what waits for an answer."""
        if self._client is not None:
            self._client.repeat_unanswered()
        if self._conversation is not None:
            self._conversation.tick()

    def publish_health(self) -> None:
        """Tell how everything is."""
        if self._client is not None:
            self._client.publish(self.health())

    def health(self) -> HealthPayload:
        """How everything is; from any thread."""
        last_heard = self._conversation.last_heard if self._conversation is not None else None
        running = Running(
            self._client, self._listener, self._speaker, dict(self._runners), self._prepared.model, last_heard
        )
        return health(
            running, self._counters.readings(), problem=self.problem, uptime_s=time.monotonic() - self._entered
        )

    def _new_client(self, config: HouseholdConfig) -> Client:
        client = Client(config.mqtt, site=config.site, room=config.room, url=self._url, answering=config.handlers.run)
        taken = [kind for kind in REQUESTS if kind.channel.name in config.mqtt.taken]
        if len(taken) < len(REQUESTS):
            names = ", ".join(kind.channel.name for kind in REQUESTS if kind not in taken)
            self._reporter.note(f"not taken over MQTT: {names} (mqtt.requests)")
        kinds: list[type[Payload]] = [*taken, ResultPayload]
        for kind in kinds:
            client.on(kind, lambda payload, parts: self._on_order((payload, parts)))
        return client

    def _from_handler(self, message: Outgoing) -> None:
        """Take what a handler of this process asks of the assistant, where that is not taken from the broker."""
        config = self._prepared.household.config
        for kind in REQUESTS:
            parts = kind.channel.parts(message.topic)
            if parts is not None and parts["site"] == config.site and kind.channel.name not in config.mqtt.taken:
                try:
                    self._on_order((kind.from_bytes(message.payload, topic=message.topic), parts))
                except PayloadError as error:
                    log.warning("dropped: %s", error)

    def _start_lamps(self, stack: ExitStack, config: HouseholdConfig) -> None:
        topics = [device.topic for device in config.devices.values() if device.driver == "zigbee2mqtt"]
        stack.enter_context(SimulatedLamps(config.mqtt, topics=topics, url=self._url)).wait_ready(READY_S)
        self._reporter.note(f"simulated lamps: {', '.join(config.devices)}")

    def _answer_prometheus(self, stack: ExitStack, config: HouseholdConfig) -> None:
        """Answer on the household's port for metrics; a port that is taken is reported, everything else goes on."""
        if config.observe.prometheus_port is None:
            return
        try:
            stack.enter_context(MetricsEndpoint(config.observe.prometheus_port, read=lambda: as_metrics(self.health())))
        except OyezError as error:
            log.error("%s", error)

    def _start_handlers(self, config: HouseholdConfig) -> None:
        """Start the household's handlers; one that cannot work is reported, everything else goes on."""
        self._runners.clear()
        for name in config.handlers.run:
            self._start_handler(name, config)
        # For all together: where there is no broker, each would be waited for.
        deadline = time.monotonic() + READY_S
        for running in self._runners.values():
            running.client.connection.wait_ready(max(0.0, deadline - time.monotonic()))

    def _start_handler(self, name: str, config: HouseholdConfig) -> HandlerRunner | None:
        try:
            memory = self._memories.setdefault(name, Memory())
            running = self._handlers.enter_context(
                handler_runner(name, config, url=self._url, memory=memory, beside=self._from_handler)
            )
        except OyezError as error:
            self._counters.add("handlers_not_started")
            log.error("handler %s does not run: %s", name, error)
            return None
        self._runners[name] = running
        return running

    def _replace_handler(self, name: str) -> None:
        """Let a new instance take the place of a handler that hangs; not for ever: each leaves a thread behind."""
        self._counters.add("handlers_hung")
        waiting = self._runners.pop(name).leave_behind()
        if self._counters.readings().counts["handlers_hung"] > MOST_HUNG:
            log.error("handler %s hangs, as handlers did %s times; it does not run any more", name, MOST_HUNG)
            return
        log.error("handler %s hangs; a new one takes its place", name)
        running = self._start_handler(name, self._prepared.household.config)
        if running is not None:
            running.take_over(waiting)

    def _converse(self, stack: ExitStack, client: Client, recognizer: Recognizer) -> None:
        """Start the voice and the ears, and what stands between them."""
        household = self._prepared.household.config
        self._speaker = speaker = Speaker(
            household.replies, output=Loudspeaker(household.audio), on_speaking=self._on_speaking
        )
        self._conversation = Conversation(
            household,
            recognizer,
            client=client,
            voice=speaker,
            traces=Traces(StateFile.of(household, "traces")),
            reporter=self._reporter,
            counters=self._counters,
        )
        self._listener = self._new_listener(self._conversation, household)
        self._conversation.attach(self._listener)
        stack.enter_context(speaker)
        self._fall_back(stack, client, self._conversation, recognizer)
        stack.enter_context(self._listener)

    def _fall_back(self, stack: ExitStack, client: Client, conversation: Conversation, recognizer: Recognizer) -> None:
        """Start the way to the cloud, where the household wants one; without it everything else goes on."""
        household = self._prepared.household.config
        if household.cloud.provider == "none":
            return
        try:
            fallback = stack.enter_context(
                fallback_of(household, recognizer, conversation=conversation, client=client, counters=self._counters)
            )
        except OyezError as error:
            log.error("nothing is asked of the cloud: %s", error)
            return
        conversation.fall_back_on(fallback)
        self._reporter.note(f"what is not understood may go to {household.cloud.provider}")

    def _on_speaking(self, is_speaking: bool) -> None:
        if self._listener is not None and self._conversation is not None:
            if self._prepared.household.config.replies.echo == "half-duplex":
                self._listener.speaking(is_speaking)
            self._conversation.speaking()

    def _new_listener(self, conversation: Conversation, config: HouseholdConfig) -> Listener:
        def on_state(state: ListenerState) -> None:
            if self._hears is None:
                self._hears = True
                self._reporter.note("listening")
            conversation.listener_state(state)

        return Listener(
            lambda: self._open_source(config),
            listen=config.listen,
            wake=config.wake,
            engine=self._prepared.engine,
            on_utterance=conversation.heard,
            on_state=on_state,
            on_source=self._tell_source,
            on_end=self._on_end,
            follower=conversation,
        )

    def _tell_source(self, problem: str | None) -> None:
        """Say why there is no sound, and that there is again."""
        self._hears, self._no_sound = problem is None, problem and f"no sound: {problem}"
        if problem is None:
            self._reporter.note("listening again")
        else:
            self._reporter.note(f"no sound: {problem}; it is opened when it is there")
