"""Where the broker is: `mqtt://`, `mqtts://` and `mqtt+unix://` addresses, read once.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from assistant.errors import BrokerError

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""The registered port of each scheme."""


@dataclass(frozen=True, slots=True)
class Address:
    """A broker's place."""

    host: str
    """A host's name or number, or the path of a socket."""
    port: int
    tls: bool = False
    unix: bool = False

    def __str__(self) -> str:
        return self.host if self.unix else f"{self.host}:{self.port}"


def parse(url: str) -> Address:
    """Return the address that `url` names.

    Raises BrokerError, which says how an address is written.
    """
    if "@" in url and not url.startswith("mqtt+unix:"):  # first, for the others show the address
        raise BrokerError("mqtt.url holds a password; write mqtt.username and mqtt.password_file instead")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BrokerError(f'mqtt.url "{url}": {error}; write mqtt://HOST:PORT') from error
    if parts.scheme == "mqtt+unix":
        return _unix(url, path=unquote(parts.path), host=parts.netloc)
    if parts.scheme not in PORTS:
        raise BrokerError(f'mqtt.url "{url}": write mqtt://HOST:PORT, mqtts://HOST:PORT or mqtt+unix:///PATH')
    if not parts.hostname:
        raise BrokerError(f'mqtt.url "{url}" names no host; write {parts.scheme}://HOST:PORT')
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BrokerError(f'mqtt.url "{url}": nothing may follow the port')
    return Address(parts.hostname, port or PORTS[parts.scheme], tls=parts.scheme == "mqtts")


def _unix(url: str, *, path: str, host: str) -> Address:
    if host or not path.strip("/"):
        raise BrokerError(f'mqtt.url "{url}": a socket is written with three slashes, mqtt+unix:///PATH')
    return Address(path, 0, unix=True)
