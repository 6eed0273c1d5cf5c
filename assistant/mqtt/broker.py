"""The embedded broker, for houses that have none: `mqtt.url: embedded`.

It is rumqttd (package `iotcore`) in a child process, on 127.0.0.1 only, MQTT 3.1.1.  Its MQTT 5 listener stays closed:
rumqttd 0.20 forwards MQTT 5 properties to 3.1.1 subscribers, panics at it and breaks that listener for good, and lamps
and most programs speak 3.1.1.  Retained messages do not survive its restart; `Connection` publishes ours again.
A house with a password or a network of devices runs mosquitto.
"""

from __future__ import annotations

import logging
import socket
import tempfile
from pathlib import Path
from typing import Self

import iotcore

from assistant.errors import BrokerError
from assistant.mqtt.topics import MAX_PAYLOAD_BYTES

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
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


class EmbeddedBroker:
    """A broker on localhost, as a context manager; it ends with us, even when we are killed."""

    def __init__(self, port: int = 1883) -> None:
        """`port` 0 takes a free one."""
        self._wanted = port
        self._port = 0
        self._folder = tempfile.TemporaryDirectory(prefix="oyez-broker-")
        self._broker: iotcore.Broker | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it takes connections.

        Raises BrokerError where the port is taken or it does not come up.
        """
        self._port = self._wanted or free_port()
        self._start()
        log.info("embedded broker on %s:%s", HOST, self._port)
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
        return f"mqtt://{HOST}:{self._port}"

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
        path.write_text(
            _CONFIGURATION.format(host=HOST, port=self._port, max_payload=MAX_PAYLOAD_BYTES + 65_536), encoding="utf-8"
        )
        broker = iotcore.Broker(config_path=str(path))
        try:
            broker.start(timeout=START_TIMEOUT_S)
        except OSError as error:
            raise BrokerError(
                f"port {self._port} is taken, perhaps by another broker; write its address as mqtt.url "
                f"(mqtt://localhost:{self._port}), or another port (or 0) as mqtt.embedded_port"
            ) from error
        except RuntimeError as error:
            raise BrokerError(f"the embedded broker does not start: {error}") from error
        self._broker = broker


def free_port() -> int:
    """Return a port of localhost that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
