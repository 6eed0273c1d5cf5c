"""Passwords and certificates for the broker, read from the files that the configuration names."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from assistant.config import MqttConfig, read_secret
from assistant.errors import BrokerError, OyezError


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to the broker; the password does not show."""

    username: str | None
    password: str | None = field(repr=False)


NOBODY = Credentials(None, None)


def read(config: MqttConfig) -> Credentials:
    """Return the user name and the first line of the password file.

    Raises BrokerError where the file cannot be read or stands without a user name.
    """
    if config.password_file is None:
        return Credentials(config.username, None)
    if config.username is None:
        raise BrokerError("mqtt.password_file stands without mqtt.username; write both")
    try:
        return Credentials(config.username, read_secret(config.password_file))
    except OyezError as error:
        raise BrokerError(f"mqtt.password_file: {error}") from error


def tls_context(config: MqttConfig) -> ssl.SSLContext:
    """Return what checks the broker's certificate and shows ours.

    Raises BrokerError where a file cannot be read or is no certificate.
    """
    if (config.cert_file is None) != (config.key_file is None):
        raise BrokerError("mqtt.cert_file and mqtt.key_file stand together; write both or none")
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise BrokerError(f"mqtt.ca_file: {_why(config.ca_file, error)}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.cert_file is not None:
        try:
            context.load_cert_chain(config.cert_file, config.key_file)
        except OSError as error:
            raise BrokerError(f"mqtt.cert_file: {_why(config.cert_file, error)}") from error
    return context


def advice(error: str) -> str:
    """Return what broke a connection, with the setting to look at where TLS says whose certificate was not taken."""
    text = re.sub(r"^\[SSL: \w+\] | \(_ssl\.c:\d+\)$", "", error)
    if alert := re.search(r"alert (.*(?:certificate|unknown ca|access denied).*)", text):
        return f"{alert[1]}; look at mqtt.cert_file"  # told by the broker, of ours
    if "certificate verify failed" in text:
        return f"{text}; look at mqtt.ca_file, and at the broker's certificate"
    return text


def _why(path: Path | None, error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"{path} holds no certificate and key in PEM form that fit"
    return f"{path} cannot be read: {error.strerror if isinstance(error, OSError) else error}"
