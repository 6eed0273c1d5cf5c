"""Real baresip processes with SIP addresses on the loopback, a pipe for sound, and the broker's MQTT."""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.broker import Peer

_numbers = itertools.count()
START_S = STOP_S = 30.0

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
        self._mqtt_port = mqtt_port
        self._folder = folder / self.name
        self._folder.mkdir(parents=True)
        port = _free_port()
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

    def wait_ready(self) -> None:
        """Return when it takes commands: it tells nothing when it has come, so it is asked until it answers."""
        with Peer(self._mqtt_port, f"{self.topic}/command_resp/+") as ear:
            deadline = time.monotonic() + START_S
            while not ear.on(f"{self.topic}/command_resp/+"):
                assert time.monotonic() < deadline, self.log
                ear.publish(f"{self.topic}/command/up", b'{"command": "listcalls", "token": "up"}')
                with contextlib.suppress(AssertionError):
                    ear.wait_for(f"{self.topic}/command_resp/+", timeout_s=0.1)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_S)
        self._process = None


def _free_port() -> int:
    """A port that is free together with the next one, which baresip takes for TLS.

    Below those that the system hands out: one of these might be taken before baresip has started.
    """
    while True:
        port = random.randrange(20_000, 30_000, 2)
        try:
            for number in (port, port + 1):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    with socket.socket(socket.AF_INET, kind) as probe:
                        probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
