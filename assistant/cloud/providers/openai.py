"""Services that write down what was said, as OpenAI's `POST /v1/audio/transcriptions` does (whisper servers, too)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from assistant.cloud.http import Request, Response
from assistant.cloud.providers.reading import parsed, text_at
from assistant.cloud.query import Answer, NotUnderstood, Query, Words, wav_of
from assistant.config import CloudConfig
from assistant.errors import CloudContentError


class OpenAi:
    """Sends the sound as a WAV file, with the household's names as the prompt; gets words."""

    takes_sound = True
    knows_repeats = True

    def __init__(self, config: CloudConfig, token: str) -> None:
        base = (config.url or "").rstrip("/")
        self._url = base if base.endswith("/audio/transcriptions") else f"{base}/audio/transcriptions"
        self._token, self._model = token, config.model

    def request(self, query: Query, *, now: datetime) -> Request:  # noqa: ARG002 - nothing is signed here
        """Return the upload: a form with the file, the model and what helps to hear."""
        fields = {"model": self._model, "response_format": "json", "temperature": "0", "prompt": query.hints}
        if len(query.languages) == 1:
            fields["language"] = query.languages[0]
        boundary = f"oyez-{hashlib.sha256(query.id.encode()).hexdigest()[:32]}"
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": query.id}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return Request(self._url, headers, _form(fields, wav_of(query.pcm or b""), boundary=boundary))

    def answer(self, response: Response, query: Query) -> Answer:  # noqa: ARG002
        """Return the words."""
        answer = parsed(response.body)
        if not isinstance(answer.get("text"), str):
            raise CloudContentError('the answer has no "text"')
        text = text_at(answer, "text")
        return Words(text) if text else NotUnderstood()


def _form(fields: dict[str, str], file: bytes, *, boundary: str) -> bytes:
    """A multipart form (RFC 7578); the file comes last, as the field `file`."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
        if value
    ]
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="utterance.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    return b"".join([*parts, head.encode(), file, f"\r\n--{boundary}--\r\n".encode()])
