"""A real oFono on a bus of its own, and the telephone in a pocket to which it speaks.

oFono's plugin `phonesim` speaks the Bluetooth hands-free profile over TCP where its configuration says `Modem=hfp`:
the same code as over Bluetooth, without radio.  `PocketPhone` is the other end, an audio gateway (Hands-Free Profile
1.7, section 4), so that only the radio and the voice are missing.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.sockets import is_listened_at

START_S = 30.0
INDICATORS = (
    '("service",(0,1)),("call",(0,1)),("callsetup",(0-3)),("callheld",(0-2)),'
    '("signal",(0-5)),("roam",(0,1)),("battchg",(0-5))'
)
CALL, CALLSETUP = 2, 3
"""Their places among the indicators."""
FEATURES = 1 + 32 + 64 + 128  # three-way calling, reject, enhanced status and control

BUS = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
    <allow send_type="signal"/><allow receive_type="signal"/>
  </policy>
</busconfig>
"""


class PrivateBus:
    """A D-Bus daemon with nobody else on it."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "bus"
        self._configuration = folder / "bus.conf"
        self._configuration.write_text(BUS.format(socket=self._socket))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix:path={self._socket}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self._process = _start("dbus-daemon", f"--config-file={self._configuration}", "--nofork")
        wait_until(lambda: is_listened_at(self._socket), "the bus")

    def kill(self) -> None:
        _end(self._process)
        self._socket.unlink(missing_ok=True)
        self._process = None

    def call(self, path: str, method: str, *arguments: str) -> None:
        """Call a method of oFono's, as `dbus-send` does."""
        command = ["dbus-send", f"--bus={self.address}", "--print-reply", "--dest=org.ofono", path, method, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=False)
        assert done.returncode == 0, done.stderr


class OfonoProcess:
    """oFono with one hands-free telephone, which it knows as `/phone`."""

    def __init__(self, folder: Path, bus: PrivateBus, *, port: int) -> None:
        self._bus = bus
        self._log = folder / "ofono.log"
        configuration = folder / "phonesim.conf"
        configuration.write_text(f"[phone]\nAddress=127.0.0.1\nPort={port}\nModem=hfp\n")
        self._environment = {"DBUS_SYSTEM_BUS_ADDRESS": bus.address, "OFONO_PHONESIM_CONFIG": str(configuration)}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        self._process = _start("ofonod", "-n", log=self._log, environment=self._environment)
        wait_until(self._connects, "oFono's telephone")

    def kill(self) -> None:
        _end(self._process)
        self._process = None

    def _connects(self) -> bool:
        """Switch the telephone on, as a Bluetooth connection does."""
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        try:
            self._bus.call("/phone", "org.ofono.Modem.SetProperty", "string:Powered", "variant:boolean:true")
        except AssertionError:
            return False
        return True


@dataclass
class PocketCall:
    """A call as the telephone lists it."""

    number: str
    outgoing: bool
    state: int
    """As in +CLCC: 0 active, 2 dialing, 3 alerting, 4 incoming."""


class PocketPhone:
    """The telephone in a pocket: takes commands over TCP, and does what its network does."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._changed = threading.Condition()  # guards what follows
        self._car: socket.socket | None = None
        self.call: PocketCall | None = None
        self.dialled: list[str] = []
        self.refuses = False
        """Answers ERROR to whoever dials, as without a network."""
        self._thread = threading.Thread(target=self._serve, name="pocket-phone", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.leave()
        self._thread.join(START_S)

    def leave(self) -> None:
        """Go out of reach."""
        with self._changed:
            self.call = None
            if self._car is not None:
                with contextlib.suppress(OSError):
                    self._car.shutdown(socket.SHUT_RDWR)

    # What the network and the other side do.

    def ring(self, number: str) -> None:
        """Somebody calls."""
        with self._changed:
            self.call = PocketCall(number, outgoing=False, state=4)
            self._indicate(CALLSETUP, 1)
            self._tell("RING")
            self._tell(f'+CLIP: "{number}",{145 if number.startswith("+") else 129}' if number else '+CLIP: "",128')

    def other_rings(self) -> None:
        """It rings on the other side."""
        self._advance(3, (CALLSETUP, 3))

    def other_answers(self) -> None:
        self._advance(0, (CALL, 1), (CALLSETUP, 0))

    def other_ends(self) -> None:
        """The other side hangs up, or does not take the call."""
        with self._changed:
            self._end()

    def wait_for(self, true: Callable[[], bool], what: str) -> None:
        with self._changed:
            assert self._changed.wait_for(true, START_S), f"waited for {what}"

    def _advance(self, state: int, *indications: tuple[int, int]) -> None:
        with self._changed:
            assert self.call is not None
            self.call.state = state
            for place, value in indications:
                self._indicate(place, value)

    # Its thread: the car's commands.

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                car, _ = self._listener.accept()
                with self._changed:
                    self._car = car
                buffer = b""
                with contextlib.suppress(OSError):
                    while chunk := car.recv(4096):
                        *commands, buffer = (buffer + chunk).split(b"\r")
                        for command in commands:
                            self._obey(command.decode().strip())
                car.close()

    def _obey(self, command: str) -> None:
        with self._changed:
            answers = self._answer(command)
            for line in answers:
                self._tell(line)
            if command.startswith("ATD") and answers == ["OK"]:
                self._indicate(CALLSETUP, 2)
            elif command == "ATA" and self.call is not None:
                self.call.state = 0
                self._indicate(CALL, 1)
                self._indicate(CALLSETUP, 0)
            elif command in ("AT+CHUP", "AT+CHLD=0", "AT+CHLD=1", "AT+CHLD=11"):
                self._end()
            self._changed.notify_all()

    def _answer(self, command: str) -> list[str]:
        if dialling := re.fullmatch(r"ATD([0-9+*#]+);", command):
            self.dialled.append(dialling[1])
            if self.refuses:
                return ["+CME ERROR: 30"]  # no network service
            self.call = PocketCall(dialling[1], outgoing=True, state=2)
            return ["OK"]
        lists = {
            "AT+BRSF": f"+BRSF: {FEATURES}",
            "AT+CIND=?": f"+CIND: {INDICATORS}",
            "AT+CIND?": "+CIND: 1,0,0,0,5,0,5",
            "AT+CHLD=?": "+CHLD: (0,1,1x,2,2x,3)",
        }
        for start, line in lists.items():
            if command.startswith(start):
                return [line, "OK"]
        if command == "AT+CLCC" and self.call is not None:
            call = self.call
            return [f'+CLCC: 1,{0 if call.outgoing else 1},{call.state},0,0,"{call.number}",129', "OK"]
        known = command.startswith(("AT+CMER", "AT+CMEE", "AT+CLIP", "AT+CCWA", "AT+CLCC", "AT+CHUP", "AT+CHLD", "ATA"))
        return ["OK" if known else "ERROR"]

    def _end(self) -> None:
        call, self.call = self.call, None
        if call is not None:
            self._indicate(*((CALL, 0) if call.state == 0 else (CALLSETUP, 0)))

    def _indicate(self, place: int, value: int) -> None:
        self._tell(f"+CIEV: {place},{value}")

    def _tell(self, line: str) -> None:
        if self._car is not None:
            with contextlib.suppress(OSError):
                self._car.sendall(f"\r\n{line}\r\n".encode())


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Return when it is true, looked at often."""
    deadline = time.monotonic() + START_S
    tick = threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"waited for {what}"
        tick.wait(0.02)


def _start(
    program: str, *arguments: str, log: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/bin")
    assert path, f"{program} is not installed; deploy/test installs it"
    with (log or Path(os.devnull)).open("wb") as sink:
        return subprocess.Popen(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env={**os.environ, **(environment or {})},
        )


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.kill()
        process.wait(START_S)
