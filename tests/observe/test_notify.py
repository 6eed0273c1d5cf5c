import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.observe import Notifier


class Manager:
    """What systemd's side of the socket gets."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.setblocking(False)

    def told(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Manager, dict[str, str]]]:
    name = f"{tmp_path}/notify"
    manager = Manager(name if request.param == "path" else f"\0{name}")
    given = name if request.param == "path" else f"@{name}"
    yield manager, {"NOTIFY_SOCKET": given, "WATCHDOG_USEC": "20000000"}
    manager.socket.close()


def test_systemd_is_told_each_step(manager: tuple[Manager, dict[str, str]]) -> None:
    systemd, environment = manager
    notifier = Notifier(environment)
    notifier.status("no sound:\nno microphone")
    notifier.ready()
    notifier.stopping()
    assert systemd.told() == ["STATUS=no sound: no microphone", "READY=1", "STOPPING=1"]


@pytest.mark.parametrize(("age_s", "messages"), [(0.0, ["WATCHDOG=1"]), (10.0, ["WATCHDOG=1"]), (10.1, [])])
def test_the_watchdog_is_kept_quiet_only_while_the_heart_beats(
    manager: tuple[Manager, dict[str, str]], age_s: float, messages: list[str]
) -> None:
    systemd, environment = manager
    Notifier(environment).alive(heartbeat_age_s=age_s)
    assert systemd.told() == messages


def test_without_a_watchdog_nothing_is_sent_to_it(manager: tuple[Manager, dict[str, str]]) -> None:
    systemd, environment = manager
    Notifier({"NOTIFY_SOCKET": environment["NOTIFY_SOCKET"]}).alive(heartbeat_age_s=0.0)
    assert systemd.told() == []


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}], ids=["no systemd", "gone"])
def test_nobody_who_listens_is_no_fault(environment: dict[str, str]) -> None:
    Notifier(environment).ready()


def test_a_manager_that_does_not_read_does_not_hang_us(manager: tuple[Manager, dict[str, str]]) -> None:
    systemd, environment = manager
    notifier = Notifier(environment)
    for _ in range(2000):
        notifier.ready()
    assert systemd.told()
