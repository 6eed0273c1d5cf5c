"""Passwords, tokens and keys go where they belong and stand nowhere else: log, messages, state, what commands print."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.broker import PASSWORD, USER, Mosquitto, make_certificates
from tests.end_to_end.conftest import Room
from tests.end_to_end.running import Subscriber, wait_until
from tests.handlers.music import Mpd

TOKEN = "tok-8f2c1e-of-the-cloud"
PLAYER = "pw-4d7a-of-the-player"


@pytest.fixture
def cloud() -> Iterator[tuple[str, list[str]]]:
    """A provider that refuses everybody, and what was shown to it."""
    shown: list[str] = []

    class Refuses(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            shown.append(self.headers["Authorization"])
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/ask", shown
        server.shutdown()


@pytest.mark.timeout(300)  # it starts three programs and waits for as many refusals: minutes on a busy machine
def test_no_secret_is_told_to_anybody(room: Room, cloud: tuple[str, list[str]]) -> None:
    url, shown = cloud
    folder = room.folder / "keys"
    folder.mkdir()
    certificates = make_certificates(folder)
    for name, secret in (("mqtt", PASSWORD), ("cloud", TOKEN), ("player", PLAYER)):
        (folder / name).write_text(secret + "\n")
        (folder / name).chmod(0o600)
    (room.folder / "mpd").mkdir()
    player = Mpd(room.folder / "mpd", songs=[])
    with (room.folder / "mpd" / "mpd.conf").open("a") as file:
        file.write(f'password "{PLAYER}@read,add,control,admin"\ndefault_permissions ""\n')
    broker = Mosquitto(room.folder, password=True, certificates=certificates, client_certificates=True, open_too=True)
    room.broker = broker
    mqtt = {
        "url": broker.url,
        "username": USER,
        "password_file": str(folder / "mqtt"),
        "ca_file": str(certificates.authority),
        "cert_file": str(certificates.client),
        "key_file": str(certificates.client_key),
    }
    room.furnish(
        "handlers: {run: [light, media]}",
        "packs: [light, system, media]",
        f"players: {{stereo: {{port: {player.port}, password_file: {folder / 'player'}}}}}",
        f"cloud: {{provider: webhook, url: '{url}', token_file: {folder / 'cloud'}, addressed_only: false}}",
    )
    line = next(line for line in room.household.read_text().splitlines() if line.startswith("mqtt:"))
    room.household.write_text(room.household.read_text().replace(line, f"mqtt: {json.dumps(mqtt)}"))
    player.start_unasked()
    with closing(player), broker, Subscriber(broker.open_port, "#") as bus, room.oyez(verbose=True) as oyez:
        oyez.wait_for("message=listening")
        oyez.wait_for("player stereo has")  # it was let in
        room.say("turn on the reading lamp")
        bus.wait_for("zigbee2mqtt/reading_lamp/set")  # so were we, by the broker
        room.say("the train to London leaves at noon")
        wait_until(lambda: shown, "a question to the provider", oyez)
        bus.wait_for("oyez/test/rejected")
        oyez.wait_for("cloud")
        # Both doors shut: what is told of a refusal.
        broker.stop()
        (folder / "mqtt").write_text("pw-ab12-not-the-right-one\n")
        broker.set_password("pw-cd34-another")
        broker.start()
        oyez.wait_for("refused us")
        broker.stop()
        broker.set_password(PASSWORD)
        (folder / "mqtt").write_text(PASSWORD + "\n")
        broker.start()
        oyez.wait_for("connected to the broker", times=4)
        room.unplug()  # a new problem is told at once
        health = bus.wait_for("oyez/test/health", wanted=lambda told: told["problem"] is not None)
        told = [oyez.log, json.dumps(health), *(f"{topic} {payload!r}" for topic, payload in bus.under(""))]
        told += [printed(room, *words) for words in (["why", "all"], ["check"])]
        assert oyez.end() == 0
    told += [path.read_text(errors="replace") for path in (room.folder / "state").rglob("*") if path.is_file()]
    assert shown == [f"Bearer {TOKEN}"] * len(shown)
    key = certificates.client_key.read_text().splitlines()[1]
    for secret in (PASSWORD, TOKEN, PLAYER, key, "pw-ab12-not-the-right-one", "pw-cd34-another"):
        assert [text for text in told if secret in text] == []
    assert any("turn on the reading lamp" in text for text in told)  # what was said is told where it is asked for


@contextmanager
def closing(player: Mpd) -> Iterator[None]:
    try:
        yield
    finally:
        player.kill()


def printed(room: Room, *words: str) -> str:
    """What a command says."""
    done = subprocess.run(
        [sys.executable, "-m", "assistant.cli", *words, "--config", str(room.household)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "XDG_STATE_HOME": str(room.folder / "state")},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
