"""What in a household's file would let strangers in, or let its secrets out.

These look at the plain data, not at the types, so that a file with other faults is still checked for these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from assistant.config.document import Document, KeyPath, value_at
from assistant.config.secrets import CREDENTIALS, located
from assistant.errors import Fault

SECRET_FILES: tuple[KeyPath, ...] = (("mqtt", "password_file"), ("mqtt", "key_file"), ("cloud", "token_file"))
"""Beside `players.*.password_file`."""
_SECRET_KEY = re.compile(r"(?:.*_)?(?:password|passwd|passphrase|secret|token|api_?key|private_?key)", re.IGNORECASE)
_LOGIN = re.compile(r"^[a-z][a-z0-9+.-]*://[^/\s@]*:[^/\s@]*@", re.IGNORECASE)
"""An address with a password in it."""
_READ_BY_OTHERS = 0o007


def host_of(url: str) -> str | None:
    """Return the host of a broker's address; None where it has none, being on this machine, or is no address."""
    if not url.startswith(("mqtt://", "mqtts://")):
        return None
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None  # told where it is used


def is_loopback(host: str) -> bool:
    """Return whether a host's name or number is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def check_exposure(document: Document) -> None:
    """Note what must not be: a password in the broker's address, half a login."""
    mqtt = value_at(document.value, ("mqtt",))
    if not isinstance(mqtt, dict):
        return
    url = mqtt.get("url", "embedded")
    if isinstance(url, str) and _LOGIN.match(url):
        document.fault(
            ("mqtt", "url"), "holds a password; write mqtt.username, and mqtt.password_file for a file that holds it"
        )
    if "password_file" in mqtt and "username" not in mqtt:
        document.fault(("mqtt", "password_file"), "stands without mqtt.username; write both")
    if url == "embedded" and "username" in mqtt and "password_file" not in mqtt:
        document.fault(("mqtt", "username"), "stands without mqtt.password_file; the embedded broker asks for both")
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if one in mqtt and other not in mqtt:
            document.fault(("mqtt", one), f"stands without mqtt.{other}; write both or none")
    if url == "embedded":
        for key in ("ca_file", "cert_file", "key_file"):
            if key in mqtt:
                what = "means nothing to the embedded broker, which has no TLS; take it out, or run mosquitto"
                document.fault(("mqtt", key), what)


def exposure_warnings(document: Document, *, folder: Path) -> Iterator[Fault]:
    """Return what is allowed, but lets secrets out, or strangers in."""
    yield from _secrets_in_clear(document)
    for path in _secret_files(document):
        yield from _file_warnings(document, path, folder)
    yield from _broker_warnings(document)


def _secrets_in_clear(document: Document) -> Iterator[Fault]:
    for path in document.values:
        key = path[-1] if path else ""
        value = value_at(document.value, path)
        named = isinstance(key, str) and _SECRET_KEY.fullmatch(key) and isinstance(value, str | int)
        if (named and value not in ("", True, False)) or (isinstance(value, str) and _LOGIN.match(value)):
            what = "a secret in clear: who reads or backs up this file has it; name a file that holds it where you can"
            yield Fault(document.where(path), what)


def _secret_files(document: Document) -> Iterator[KeyPath]:
    yield from SECRET_FILES
    players = value_at(document.value, ("players",))
    yield from (("players", player, "password_file") for player in (players if isinstance(players, dict) else ()))


def _file_warnings(document: Document, path: KeyPath, folder: Path) -> Iterator[Fault]:
    name = value_at(document.value, path)
    if not isinstance(name, str) or "\0" in name:
        return
    file = located(Path(name), folder=folder)
    if file.parts[:1] == (CREDENTIALS,):
        yield Fault(document.where(path), "is there only in a systemd service with LoadCredential=")
        return
    try:
        mode = file.stat().st_mode
    except OSError:
        return  # told as a fault
    if mode & _READ_BY_OTHERS:
        yield Fault(document.where(path), f"everybody on this machine can read {file}; chmod o= {file}")


def _broker_warnings(document: Document) -> Iterator[Fault]:
    """A broker elsewhere that asks nobody who they are, or is told a password that others on the way can read."""
    mqtt = value_at(document.value, ("mqtt",))
    url = mqtt.get("url") if isinstance(mqtt, dict) else None
    host = host_of(url) if isinstance(url, str) else None
    if not isinstance(mqtt, dict) or host is None or is_loopback(host):
        return
    if "username" not in mqtt and "cert_file" not in mqtt:
        yield Fault(
            document.where(("mqtt", "url")),
            "this broker is not told who we are: whoever reaches it may command this house; see docs/security.md",
        )
    elif "password_file" in mqtt and str(url).startswith("mqtt://"):
        yield Fault(
            document.where(("mqtt", "url")), "the password goes over the network in clear; use mqtts:// with ca_file"
        )
