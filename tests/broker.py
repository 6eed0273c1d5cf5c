"""Real brokers for tests: mosquitto in every form we meet, and one that knows MQTT 3.1.1 only."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import os
import random
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.sockets import is_listened_at

START_S = 30.0
PASSWORD = "correct horse"
USER = "oyez"


@dataclass(frozen=True)
class Certificates:
    """Files of an authority, and of a server and a client that it vouches for."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
    expired: Path
    expired_key: Path
    """Of a server; ended yesterday."""


class Mosquitto:
    """mosquitto on a free port of localhost, as a context manager; it may be killed and started again."""

    def __init__(
        self,
        folder: Path,
        *,
        password: bool = False,
        certificates: Certificates | None = None,
        client_certificates: bool = False,
        socket_path: Path | None = None,
        open_too: bool = False,
        settings: str = "",
    ) -> None:
        """`open_too`: another port, `open_port`, asks for nothing."""
        self.port = lasting_port()
        self.open_port = lasting_port() if open_too else self.port
        self.certificates = certificates
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_path = socket_path
        lines = [
            "per_listener_settings true" if open_too else "",
            "user root" if os.geteuid() == 0 else "",
            "persistence false",
            f"listener 0 {socket_path}" if socket_path else f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'false' if password else 'true'}",
            "set_tcp_nodelay true",
        ]
        if password:
            self.set_password(PASSWORD)
            lines.append(f"password_file {self._folder / 'passwords'}")
        if certificates:
            lines += [
                f"cafile {certificates.authority}",
                f"certfile {certificates.server}",
                f"keyfile {certificates.server_key}",
                f"require_certificate {'true' if client_certificates else 'false'}",
            ]
        if open_too:
            lines += [f"listener {self.open_port} 127.0.0.1", "allow_anonymous true"]
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text("\n".join([*lines, settings, ""]))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        if self._socket_path:
            return f"mqtt+unix://{self._socket_path}"
        return f"{'mqtts' if self.certificates else 'mqtt'}://localhost:{self.port}"

    def start(self) -> None:
        program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "mosquitto is not installed; apt-get install mosquitto"
        log = (self._folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen([program, "-v", "-c", str(self._configuration)], stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not self._listens():
            assert self._process.poll() is None, (self._folder / "mosquitto.log").read_text()
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.01)

    def stop(self) -> None:
        """End it in order: clients are told."""
        self._end(self._process.terminate if self._process else None)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(self._process.kill if self._process else None)

    def _end(self, how: Any) -> None:
        if self._process is not None:
            how()
            self._process.wait(START_S)
        self._process = None

    def _listens(self) -> bool:
        if self._socket_path:
            return is_listened_at(self._socket_path)
        with contextlib.suppress(OSError):
            for port in (self.port, self.open_port):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        return False

    def set_password(self, password: str) -> None:
        """Of USER; counts from the next start on."""
        path = self._folder / "passwords"
        program = shutil.which("mosquitto_passwd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program
        subprocess.run([program, "-b", "-c", str(path), USER, password], check=True, capture_output=True)


class Link:
    """A cable to a broker, which a test may cut: everything that runs over it breaks at once."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, name="link", daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        _close(self._listener)
        self.cut()
        self._thread.join(START_S)

    def cut(self) -> None:
        while self._open:
            _close(self._open.pop())

    def refusal(self, first: bytes) -> bytes | None:
        """What is answered instead of passing on who begins with `first`; None passes on."""
        del first
        return None

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                first = client.recv(4096)
                refused = self.refusal(first)
                if refused is not None:
                    client.sendall(refused)
                    client.close()
                    continue
                broker = socket.create_connection(("127.0.0.1", self._target))
                broker.sendall(first)
                self._open += [client, broker]
                for one, other in ((client, broker), (broker, client)):
                    threading.Thread(target=_pipe, args=(one, other), daemon=True).start()


class OldBroker(Link):
    """A broker that refuses MQTT 5, as those that know 3.1.1 only do; `silent` ones just hang up."""

    def __init__(self, port: int, *, silent: bool = False) -> None:
        super().__init__(port)
        self._silent = silent
        self.levels: list[int] = []
        """Protocol levels of those who came."""

    def refusal(self, first: bytes) -> bytes | None:
        level = first[first.index(b"MQTT") + 4]
        self.levels.append(level)
        if level <= 4:
            return None
        return b"" if self._silent else b"\x20\x02\x00\x01"  # CONNACK: unacceptable protocol version


class Peer:
    """An MQTT client of its own, as any other program in the house: publishes, and keeps what it hears."""

    def __init__(
        self,
        port: int,
        *subscriptions: str,
        mqtt5: bool = True,
        will: tuple[str, str] | None = None,
    ) -> None:
        version = MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=version)
        self.messages: list[paho.MQTTMessage] = []
        self._port = port
        self._changed = threading.Condition()  # guards messages and _ready
        self._ready = not subscriptions
        self._subscriptions = subscriptions
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        if will:
            self.client.will_set(*will, qos=1, retain=True)

    def __enter__(self) -> Self:
        self.client.connect("127.0.0.1", self._port, 10)
        self.client.loop_start()
        with self._changed:
            assert self._changed.wait_for(lambda: self._ready, START_S), "not subscribed"
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def publish(self, topic: str, payload: bytes | str = b"", *, qos: int = 1, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos, retain).wait_for_publish(START_S)

    def wait_for(self, topic: str, *, count: int = 1, timeout_s: float = 30.0) -> list[paho.MQTTMessage]:
        """Return the first `count` messages on `topic`; fails when they do not come."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.on(topic)) >= count, timeout_s)
            assert came, f"{len(self.on(topic))} of {count} on {topic}; heard {[m.topic for m in self.messages]}"
            return self.on(topic)[:count]

    def on(self, topic: str) -> list[paho.MQTTMessage]:
        """Return what has come on `topic` so far."""
        with self._changed:
            return [message for message in self.messages if paho.topic_matches_sub(topic, message.topic)]

    def _on_connect(self, *_: Any) -> None:
        if self._subscriptions:
            self.client.subscribe([(topic, 1) for topic in self._subscriptions])

    def _on_subscribe(self, *_: Any) -> None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def _on_message(self, _: Any, __: Any, message: paho.MQTTMessage) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()


def lasting_port() -> int:
    """Return a free port that no outgoing connection is given while its broker is stopped (Linux: from 32,768 on)."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError):
            socket.create_server(("127.0.0.1", port)).close()
            return port


def make_certificates(folder: Path) -> Certificates:
    """Write an authority and certificates for `localhost` and a client."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("Oyez test authority")
    authority = _sign(authority_name, authority_key, issuer=authority_name, issuer_key=authority_key, authority=True)
    paths = {"authority": _write(folder / "authority.pem", authority.public_bytes(serialization.Encoding.PEM))}
    for who in ("server", "client", "expired"):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign(
            _name(who), key, issuer=authority_name, issuer_key=authority_key, days=-1 if who == "expired" else 1
        )
        paths[who] = _write(folder / f"{who}.pem", certificate.public_bytes(serialization.Encoding.PEM))
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        paths[f"{who}_key"] = _write(folder / f"{who}.key", pem)
    return Certificates(**paths)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _sign(
    subject: x509.Name, key: Any, *, issuer: x509.Name, issuer_key: Any, authority: bool = False, days: int = 1
) -> Any:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
    )
    return builder.sign(issuer_key, hashes.SHA256())


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65_536):
            target.sendall(chunk)
    for sock in (source, target):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
