"""mosquitto with the configuration and the access rules that deploy/mosquitto gives to owners, on free ports."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from assistant.mqtt.broker import free_port
from tests.broker import Mosquitto

SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
ROLES = ("oyez", "assistant", "handlers", "microphone", "listener", "installer", "devices")
OBSERVER = "observer"
"""Of the tests: may do everything."""


def certify(folder: Path, *arguments: str) -> None:
    """Make certificates as owners do."""
    made = subprocess.run(
        [str(SHIPPED / "make-certificates"), *arguments[:-2], str(folder), *arguments[-2:]],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr


class HouseBroker(Mosquitto):
    """A context manager; `port` asks for a password (`password_of` a role), `tls_port` for a certificate."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.tls_port = free_port()
        self.keys = folder / "certificates"
        certify(self.keys, "server", "localhost")
        rules = (SHIPPED / "oyez.acl").read_text() + f"\nuser {OBSERVER}\ntopic readwrite #\n"
        (folder / "oyez.acl").write_text(rules)
        for user in (*ROLES, OBSERVER):
            self.set_password_of(user, password_of(user))
        text = (SHIPPED / "oyez.conf").read_text()
        for shipped, here in {
            "/etc/mosquitto/oyez/": f"{self.keys}/",
            "/etc/mosquitto/": f"{folder}/",
            "listener 1883 ": f"listener {self.port} ",
            "listener 8883": f"listener {self.tls_port}",
        }.items():
            assert shipped in text
            text = text.replace(shipped, here)
        self._configuration.write_text(("user root\n" if os.geteuid() == 0 else "") + text)

    def set_password_of(self, user: str, password: str) -> None:
        """Counts from the next start on."""
        path = self.folder / "oyez.passwords"
        subprocess.run(
            ["mosquitto_passwd", "-b", *([] if path.exists() else ["-c"]), str(path), user, password],
            check=True,
            capture_output=True,
        )


def password_of(user: str) -> str:
    return user[::-1] + "-Pa55"
