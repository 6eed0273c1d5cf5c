"""Real baresip processes with SIP addresses on the loopback, a pipe for sound, and the broker's MQTT."""

from __future__ import annotations

import itertools
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Self

_numbers = itertools.count()
STOP_S = 30.0

CONFIGURATION = """\
poll_method epoll
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
audio_player aubridge,{name}
audio_source aubridge,{name}
audio_alert aubridge,{name}-alert
module_path /usr/lib/baresip/modules
module g711.so
module aubridge.so
module_app account.so
module_app menu.so
module_app mqtt.so
mqtt_broker_host 127.0.0.1
mqtt_broker_port {mqtt_port}
mqtt_broker_clientid {name}
mqtt_basetopic {name}
"""


class BaresipProcess:
    """One telephone, as a context manager; started anew after `kill` by `start`."""

    def __init__(self, folder: Path, mqtt_port: int, *, user: str | None = None) -> None:
        self.name = f"baresip-{next(_numbers)}"
        self.topic = f"/{self.name}"
        self._folder = folder / self.name
        self._folder.mkdir(parents=True)
        port = _free_udp_port()
        self.address = f"sip:{user or self.name}@127.0.0.1:{port}"
        configuration = CONFIGURATION.format(name=self.name, port=port, mqtt_port=mqtt_port)
        (self._folder / "config").write_text(configuration)
        (self._folder / "accounts").write_text(f"<{self.address}>;regint=0;answermode=manual\n")
        (self._folder / "contacts").write_text("")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def start(self) -> None:
        program = shutil.which("baresip")
        assert program, "baresip is not installed; apt-get install baresip-core"
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [program, "-f", str(self._folder)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_S)
        self._process = None


def _free_udp_port() -> int:
    """A port that is free, for UDP and TCP, and so is the next one: baresip takes it for TLS."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                other.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")
