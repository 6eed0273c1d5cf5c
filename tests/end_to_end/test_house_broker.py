"""The assistant in a house that deploy/mosquitto has set up: it comes by certificate, and stays up while it may not."""

import json
import subprocess
import sys

from tests.broker import Peer
from tests.deploy.house_broker import OBSERVER, HouseBroker, certify, password_of
from tests.end_to_end.conftest import Room

LAMP = "zigbee2mqtt/reading_lamp/set"


def test_a_command_by_certificate_and_one_after_the_certificate_was_mended(room: Room) -> None:
    house = HouseBroker(room.folder)
    certify(house.keys, "client", "oyez")
    certify(house.keys, "--days", "-1", "client", "late")
    room.furnish("handlers: {run: [light, timer]}")
    mqtt = {
        "url": f"mqtts://localhost:{house.tls_port}",
        "ca_file": str(house.keys / "ca.crt"),
        "cert_file": str(room.folder / "mine.crt"),
        "key_file": str(room.folder / "mine.key"),
    }

    def present(name: str) -> None:
        for ending in ("crt", "key"):
            (room.folder / f"new.{ending}").write_bytes((house.keys / f"{name}.{ending}").read_bytes())
            (room.folder / f"new.{ending}").chmod(0o600)
            (room.folder / f"new.{ending}").rename(room.folder / f"mine.{ending}")

    line = next(line for line in room.household.read_text().splitlines() if line.startswith("mqtt:"))
    room.household.write_text(room.household.read_text().replace(line, f"mqtt: {json.dumps(mqtt)}"))
    present("late")
    observer = Peer(house.port, LAMP, "oyez/#")
    observer.client.username_pw_set(OBSERVER, password_of(OBSERVER))
    with house, observer, room.oyez() as oyez:
        oyez.wait_for("certificate expired; look at mqtt.cert_file")
        oyez.wait_for("message=listening")
        assert oyez.alive
        present("oyez")
        oyez.wait_for("connected to the broker", times=3)  # the handlers as well
        room.say("turn on the reading lamp")
        observer.wait_for(LAMP)
        observer.wait_for("oyez/test/result")
        told = subprocess.run(
            [sys.executable, "-m", "assistant.cli", "status", "--config", str(room.household)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert told.returncode == 0, told.stdout + told.stderr
        assert "access rules" not in oyez.log
        assert oyez.end() == 0
