"""The embedded broker, for houses that have none: `mqtt.url: embedded`.

It is rumqttd (package `iotcore`) in a child process, on this machine only, MQTT 3.1.1.  It can ask for a user name and
password, and has no access rules: it is never opened to the network.  Its MQTT 5 listener stays closed: rumqttd 0.20
forwards MQTT 5 properties to 3.1.1 subscribers, panics at it and breaks that listener for good, and lamps and most
programs speak 3.1.1.  Retained messages do not survive its restart; `Connection` publishes ours again.
A house with a network of devices runs mosquitto (deploy/mosquitto).
"""

from __future__ import annotations

import json
import logging
import socket
import tempfile
from pathlib import Path
from typing import Self

import iotcore

from assistant.config import MqttConfig
from assistant.errors import BrokerError
from assistant.mqtt import credentials
from assistant.mqtt.credentials import NOBODY, Credentials
from assistant.mqtt.topics import MAX_PAYLOAD_BYTES

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 10.0

_CONFIGURATION = """\
id = 0
[router]
id = 0
max_connections = 256
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 4
[v4.1]
name = "oyez"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 5000
max_payload_size = {max_payload}
max_inflight_count = 100
dynamic_filters = true
"""
_LOGIN = """\
[v4.1.connections.auth]
{username} = {password}
"""


class EmbeddedBroker:
    """A broker on this machine, as a context manager; it ends with us, even when we are killed."""

    def __init__(self, port: int = 1883, *, host: str = LOOPBACK, login: Credentials = NOBODY) -> None:
        """`port` 0 takes a free one.  login: the user name and password that it asks for, if any."""
        self._host, self._login = host, login
        self._wanted = port
        self._port = 0
        self._folder = tempfile.TemporaryDirectory(prefix="oyez-broker-")
        self._broker: iotcore.Broker | None = None

    @classmethod
    def of(cls, config: MqttConfig) -> Self:
        """Return the one that a household wants.

        Raises BrokerError for a password that cannot be read.
        """
        return cls(config.embedded_port, host=config.embedded_host, login=credentials.read(config))

    def __enter__(self) -> Self:
        """Start it and wait until it takes connections.

        Raises BrokerError where the port is taken or it does not come up.
        """
        self._port = self._wanted or free_port(self._host)
        self._start()
        log.info("embedded broker on %s:%s", self._host, self._port)
        return self

    def __exit__(self, *_: object) -> None:
        if self._broker is not None:
            self._broker.stop()
        self._broker = None
        self._folder.cleanup()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """Its address, as `mqtt.url` would have it."""
        return f"mqtt://{self._host}:{self._port}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._broker is not None and bool(self._broker.is_running)

    def revive(self) -> bool:
        """Start it again on the same port if its process has died; returns whether that was needed.

        Raises BrokerError where it does not come up.
        """
        if self.running:
            return False
        log.warning("the embedded broker has ended; it is started again")
        self._start()
        return True

    def _start(self) -> None:
        logging.getLogger("iotcore").setLevel(logging.WARNING)
        path = Path(self._folder.name) / "rumqttd.toml"
        text = _CONFIGURATION.format(host=self._host, port=self._port, max_payload=MAX_PAYLOAD_BYTES + 65_536)
        username, password = self._login.username, self._login.password
        if username is not None and password is not None:
            text += _LOGIN.format(username=_quoted(username), password=_quoted(password))
        path.write_text(text, encoding="utf-8")  # in a folder that is ours alone
        broker = iotcore.Broker(config_path=str(path))
        try:
            broker.start(timeout=START_TIMEOUT_S)
        except OSError as error:
            raise BrokerError(
                f"port {self._port} is taken, perhaps by another broker; write its address as mqtt.url "
                f"(mqtt://localhost:{self._port}), or another port (or 0) as mqtt.embedded_port"
            ) from error
        except RuntimeError as error:
            why = str(error) if password is None else "look at mqtt.username and its password"  # it may be in there
            raise BrokerError(f"the embedded broker does not start: {why}") from None
        self._broker = broker


def _quoted(text: str) -> str:
    """A string of TOML's: one of JSON's, but for a character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def free_port(host: str = LOOPBACK) -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
