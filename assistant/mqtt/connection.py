"""One connection to a broker that comes back by itself: a thin shell around paho.

One thread, owned here, does everything that touches the network, paho's callbacks included:

    publish() ──▶ outbox (bounded) ──▶ network thread ──▶ broker
    subscribe(filter, callback)          network thread ◀── broker; callbacks run here and must only enqueue

Each attempt has a paho client of its own, MQTT 5 first and 3.1.1 where the broker does not know 5.  What was not
acknowledged when a connection broke is sent again on the next one, retained messages always, expired ones never.
"""

from __future__ import annotations

import contextlib
import logging
import random
import selectors
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, TypeAlias

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from assistant.config import MqttConfig
from assistant.errors import BrokerError
from assistant.mqtt import address, credentials
from assistant.mqtt.outbox import UNTAKEN_S, Outbox
from assistant.mqtt.retry import Retry
from assistant.mqtt.socket_loop import TICK_S, no_delay, turn
from assistant.mqtt.topics import MAX_PAYLOAD_BYTES, matches
from assistant.mqtt.wire import Incoming, Outgoing, incoming_message, publish_properties

log = logging.getLogger(__name__)

KEEPALIVE_S = 15
CONNECT_TIMEOUT_S = 5.0
CONNACK_TIMEOUT_S = 5.0
INFLIGHT_MESSAGES = 20
SESSION_S = 15
"""How long a broker with MQTT 5 keeps what comes for us while we are cut off: what is older surprises people."""
BRIEF_S = 5.0
"""Connections that end so soon, one after the other: perhaps somebody else has our client id, so it is changed."""
REFUSALS_TOLD = 64
"""Topics on which we may not publish that are told one by one."""
FLUSH_S = 1.0
"""How long stopping waits for acknowledgements."""
_PACKET_BYTES = MAX_PAYLOAD_BYTES + 65_536
_UNSUPPORTED_PROTOCOL = 132
_EOF = "EOF occurred in violation of protocol"
"""What is left of a TLS alert when we were about to write."""
_NO_SUBSCRIBERS = 16

_V5 = MQTTProtocolVersion.MQTTv5
_V311 = MQTTProtocolVersion.MQTTv311


Callback: TypeAlias = Callable[[Incoming], None]


@dataclass(slots=True)
class _Session:
    """What the network thread knows of the present attempt."""

    client: paho.Client
    accepted: bool = False
    ended: str | None = None
    """Why the broker refused or left."""
    error: str = ""
    """What the socket said last, where it broke."""
    unsupported: bool = False
    subscribed: set[str] = field(default_factory=set)
    unconfirmed: set[int] = field(default_factory=set)
    """Subscriptions without an answer yet."""
    unacknowledged: dict[int, Outgoing] = field(default_factory=dict)


class Connection:
    """A broker, as a context manager; entering starts connecting and does not wait for it."""

    def __init__(
        self,
        config: MqttConfig,
        *,
        name: str,
        url: str | None = None,
        will: Outgoing | None = None,
        retry: Retry | None = None,
    ) -> None:
        """`url` takes the place of the configured one; `name` tells connections of one house apart.

        Raises BrokerError for an address, password or certificate that cannot be used.
        """
        self._config = config
        self._address = address.parse(url or config.url)
        self._credentials = credentials.read(config)
        self._tls = credentials.tls_context(config) if self._address.tls else None
        self._unusable = ""  # network thread only; why the files of password and certificates cannot be used now
        self._will = will
        self._retry = retry or Retry()
        self._name = name
        self._client_id = self._new_client_id()
        self._protocol = _V5
        self._outbox = Outbox(count=self.count)
        self._lock = threading.Lock()  # guards the six below
        self._callbacks: list[tuple[str, int, Callback]] = []
        self._welcomes: list[Callable[[], None]] = []
        self._turns: list[Callable[[], None]] = []
        self._counts: Counter[str] = Counter()
        self._problem: str | None = None
        self._connected_since: float | None = None
        self._refused: set[str] = set()  # network thread only; topics on which we may not publish
        self._connected = threading.Event()
        self._ready = threading.Event()
        self.heartbeat = time.monotonic()
        """When the network thread last was seen to go on; a connection being made takes some seconds."""
        self._stopping = threading.Event()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def problem(self) -> str | None:
        """Why there is no connection, None while there is one."""
        with self._lock:
            return self._problem

    @property
    def waiting(self) -> int:
        """How many messages wait for the broker."""
        return len(self._outbox)

    @property
    def mqtt5(self) -> bool:
        """Whether the broker speaks MQTT 5."""
        return self._protocol == _V5

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us."""
        return self._connected.is_set()

    @property
    def connected_since(self) -> float | None:
        """Since which monotonic second the broker has accepted us, None while there is no connection."""
        with self._lock:
            return self._connected_since

    def counts(self) -> Mapping[str, int]:
        """Return what was sent, received, dropped and lost since the start."""
        with self._lock:
            return dict(self._counts)

    def count(self, what: str) -> None:
        """Add one to a counter of `counts`."""
        with self._lock:
            self._counts[what] += 1

    def wait_ready(self, timeout_s: float) -> bool:
        """Return whether, within the time, the broker accepted us and confirmed every subscription."""
        return self._ready.wait(timeout_s)

    def publish(self, message: Outgoing) -> None:
        """Send `message` as soon as the broker can take it.

        What becomes of it while the broker is away, `Outbox` says.
        """
        self._outbox.put(message)
        self._wake()

    def subscribe(self, subscription: str, callback: Callback, *, qos: int = 1) -> None:
        """Call `callback` on the network thread with what arrives under `subscription`, now and after reconnections."""
        with self._lock:
            self._callbacks.append((subscription, qos, callback))
            self._ready.clear()
        self._wake()

    def on_connected(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the network thread whenever the broker accepts us, before anything is received."""
        with self._lock:
            self._welcomes.append(callback)

    def on_turn(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the network thread at least once a second while there is a connection."""
        with self._lock:
            self._turns.append(callback)

    def stop(self) -> None:
        """Send what can still be sent, take leave of the broker and end the thread."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(CONNECT_TIMEOUT_S + FLUSH_S + TICK_S)

    def _wake(self) -> None:
        # It fails where enough wake-ups wait already, or the thread has ended.
        with contextlib.suppress(OSError):
            self._wake_writer.send(b"x")

    # Below: the network thread only.

    def _run(self) -> None:
        failures = brief = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            self.heartbeat = time.monotonic()
            self._read_credentials_again()
            session = self._new_session()
            try:
                self._attempt(session)
            except Exception:
                log.exception("the connection to %s broke in a way that was not foreseen", self._address)
                self.count("broken")
            self._close(session)
            failures = 1 if session.accepted else failures + 1
            brief = brief + 1 if session.accepted and time.monotonic() - began < BRIEF_S else 0
            if brief >= 2:
                # Brokers that are asked to keep one client for a name, and are asked by two, tell neither.
                self._client_id, brief = self._new_client_id(), 0
            if self._use_older_protocol(session):
                continue
            self._stopping.wait(self._retry.wait_s(failures, chance=random.random()))
        self._wake_reader.close()
        self._wake_writer.close()

    def _read_credentials_again(self) -> None:
        """Take a password or certificate that was changed meanwhile; files that cannot be used leave the old ones.

        Before every attempt, though the old ones might do: what was renewed is shown, and an authority that was taken
        away is believed no more.
        """
        try:
            read = credentials.read(self._config)
            tls = credentials.tls_context(self._config) if self._address.tls else None
        except BrokerError as error:
            if str(error) != self._unusable:
                log.warning("%s; what was read before is used", error)
            self._unusable = str(error)
        else:
            self._credentials, self._tls, self._unusable = read, tls, ""

    def _use_older_protocol(self, session: _Session) -> bool:
        """Return whether the next attempt follows at once, with MQTT 3.1.1.

        A broker without MQTT 5 says so, or closes the connection without a word.  Every new attempt begins with 5
        all the same: brokers are updated, and one that restarts closes connections without a word, too.
        """
        older = self._protocol == _V5 and (session.unsupported or self._is_silent(session))
        self._protocol = _V311 if older else _V5
        return older

    def _is_silent(self, session: _Session) -> bool:
        """Whether the broker has closed the connection and told nothing; by TLS it tells of certificates."""
        told = session.accepted or session.ended != "" or (self._tls is not None and session.error != "")
        return not told

    def _attempt(self, session: _Session) -> None:
        """Connect and serve until the connection ends or we are stopped."""
        client = session.client
        try:
            client.connect(self._address.host, self._address.port or 1, KEEPALIVE_S, **self._connect_options())
        except (OSError, ValueError) as error:
            self._trouble(f"cannot reach the broker at {self._address}: {credentials.advice(str(error))}")
            return
        session.ended = ""
        deadline = time.monotonic() + CONNACK_TIMEOUT_S
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while (sock := client.socket()) is not None and not self._stopping.is_set():
                self.heartbeat = time.monotonic()
                for call in tuple(self._turns):
                    self._guarded(call, what="a turn of the network thread")
                self._hand_over(session)
                timeout_s = UNTAKEN_S / 2 if self._outbox.has_untaken else TICK_S
                turn(selector, client, sock=sock, wake=self._wake_reader, timeout_s=timeout_s)
                if not session.accepted and time.monotonic() > deadline:
                    session.ended = f"no answer within {CONNACK_TIMEOUT_S:.0f} s"
                    break
            if self._stopping.is_set():
                self._flush(session, selector)
        if not self._stopping.is_set() and (self._protocol == _V311 or not self._is_silent(session)):
            self._trouble(f"the broker at {self._address} {_ending(session)}", vague=_EOF in session.error)

    def _connect_options(self) -> dict[str, Any]:
        if self._protocol != _V5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = _PACKET_BYTES
        properties.SessionExpiryInterval = SESSION_S
        return {"clean_start": False, "properties": properties}

    def _flush(self, session: _Session, selector: selectors.BaseSelector) -> None:
        deadline = time.monotonic() + FLUSH_S
        while session.accepted and (sock := session.client.socket()) is not None and time.monotonic() < deadline:
            self._hand_over(session)
            if not (self._outbox or session.unacknowledged or session.client.want_write()):
                break
            turn(selector, session.client, sock=sock, wake=self._wake_reader, timeout_s=0.05)

    def _close(self, session: _Session) -> None:
        """Leave the broker and keep what it did not acknowledge; every connection begins with the retained ones."""
        session.client.disconnect(properties=self._leave_taking())
        if session.client.socket() is not None:
            session.client.loop_write()
        with self._lock:
            self._ready.clear()
            self._connected.clear()
            self._connected_since = None
        self._outbox.close(session.unacknowledged.values())

    def _leave_taking(self) -> Properties | None:
        """What tells the broker to keep nothing for us, where we do not come back."""
        if self._protocol != _V5 or not self._stopping.is_set():
            return None
        properties = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        return properties

    def _hand_over(self, session: _Session) -> None:
        """Give paho the subscriptions it lacks and what waits in the outbox."""
        if not session.accepted:
            return
        with self._lock:
            wanted = {subscription: qos for subscription, qos, _ in self._callbacks}
        for subscription in wanted.keys() - session.subscribed:
            code, mid = session.client.subscribe(subscription, wanted[subscription])
            if code == paho.MQTT_ERR_SUCCESS and mid is not None:
                session.subscribed.add(subscription)
                session.unconfirmed.add(mid)
        with self._lock:
            if not session.unconfirmed and all(wanted in session.subscribed for wanted, _, _ in self._callbacks):
                self._ready.set()
        while len(session.unacknowledged) < INFLIGHT_MESSAGES and (message := self._outbox.take()) is not None:
            self._send(session, message)

    def _send(self, session: _Session, message: Outgoing) -> None:
        left_s = None if message.expires is None else message.expires - time.monotonic()
        if left_s is not None and left_s <= 0:
            self.count("outbox_expired")
            return
        properties = publish_properties(message, left_s) if self._protocol == _V5 else None
        sent = session.client.publish(
            message.topic, message.payload, message.qos, message.retained, properties=properties
        )
        if message.qos > 0:
            session.unacknowledged[sent.mid] = message
        elif sent.rc != paho.MQTT_ERR_SUCCESS:
            self.count("lost")
            return
        self.count("sent")

    def _trouble(self, problem: str, *, vague: bool = False) -> None:
        """Tell a problem that is new.  vague: a broker that refuses our certificate may have told more before."""
        with self._lock:
            known = self._problem
            if problem == known or (vague and known is not None and "mqtt.cert_file" in known):
                return
            self._problem = problem
        log.warning("%s; trying again", problem)

    def _new_client_id(self) -> str:
        return f"oyez-{self._name}-{uuid.uuid4().hex[:8]}"

    def _new_session(self) -> _Session:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=self._protocol,
            transport="unix" if self._address.unix else "tcp",
            clean_session=None if self._protocol == _V5 else True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        if self._credentials.username is not None:
            client.username_pw_set(self._credentials.username, self._credentials.password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, self._will.qos, self._will.retained)
        session = _Session(client)
        client.user_data_set(session)
        client.on_socket_open = no_delay
        client.on_log = _note_error
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return session

    def _on_connect(self, _: paho.Client, session: _Session, __: Any, reason: ReasonCode, ___: Any) -> None:
        if reason.is_failure:
            session.unsupported = reason.value == _UNSUPPORTED_PROTOCOL
            session.ended = f"refused us: {reason}"
            self.count("refused")
            return
        session.accepted = True
        self._outbox.open()
        with self._lock:
            self._problem = None
            self._counts["connected"] += 1
            self._connected.set()
            self._connected_since = time.monotonic()
            welcomes = tuple(self._welcomes)
        for call in welcomes:
            self._guarded(call, what="what follows a connection")
        log.info("connected to the broker at %s, MQTT %s", self._address, "5" if self._protocol == _V5 else "3.1.1")

    def _on_disconnect(self, _: paho.Client, session: _Session, __: Any, reason: ReasonCode, ___: Any) -> None:
        if session.accepted:
            session.ended = f"closed the connection: {reason}"

    def _on_subscribe(self, _: paho.Client, session: _Session, mid: int, reasons: list[ReasonCode], __: Any) -> None:
        session.unconfirmed.discard(mid)
        for reason in reasons:
            if reason.is_failure:
                self.count("subscriptions_refused")
                log.warning("the broker refuses a subscription (%s); look at its access rules", reason)

    def _on_publish(self, _: paho.Client, session: _Session, mid: int, reason: ReasonCode, __: Any) -> None:
        message = session.unacknowledged.pop(mid, None)
        if reason.is_failure:
            self.count("publications_refused")
            self._tell_refused(message.topic if message is not None else "a message")
        if message is not None and message.expires is not None and reason.value == _NO_SUBSCRIBERS:
            self.count("untaken")
            self._outbox.untaken(message)

    def _tell_refused(self, topic: str) -> None:
        """Say once for each topic that the broker does not let us publish there."""
        if topic not in self._refused and len(self._refused) < REFUSALS_TOLD:
            self._refused.add(topic)
            log.warning("the broker refuses what we publish on %s; look at its access rules", topic)

    def _on_message(self, _: paho.Client, __: _Session, message: paho.MQTTMessage) -> None:
        self.count("received")
        try:
            incoming = incoming_message(message)
        except UnicodeDecodeError:
            self.count("malformed")
            log.warning("a message on a topic that is not UTF-8 was dropped")
            return
        with self._lock:
            callbacks = [call for subscription, _, call in self._callbacks if matches(subscription, incoming.topic)]
        for call in callbacks:
            self._guarded(partial(call, incoming), what=incoming.topic)

    def _guarded(self, call: Callable[[], None], *, what: str) -> None:
        """Call what others gave us; their exceptions end here."""
        try:
            call()
        except Exception:
            self.count("callbacks_failed")
            log.exception("%s could not be dealt with", what)


def _note_error(_: paho.Client, session: _Session, level: int, text: str) -> None:
    """Keep what paho tells of a socket that breaks: TLS alerts say what is wrong with our certificate."""
    if level == paho.MQTT_LOG_ERR:
        session.error = text.partition(": ")[2] or text


def _ending(session: _Session) -> str:
    if session.ended:
        return session.ended
    if _EOF in session.error:
        return "closed the connection while it was being encrypted; perhaps it does not take mqtt.cert_file"
    if session.error:
        return f"closed the connection: {credentials.advice(session.error)}"
    return "closed the connection without a word"
