"""Any service of the owner's: one JSON object out, one back, as docs/cloud.md describes them."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from assistant.cloud.http import Request, Response
from assistant.cloud.providers.reading import intent_name, parsed, slots_of, text_at
from assistant.cloud.query import Answer, Done, Meaning, Meant, NotUnderstood, Query, Words, wav_of
from assistant.config import CloudConfig
from assistant.errors import CloudContentError

VERSION = 1


class Webhook:
    """Sends all that is known of an utterance; takes words, an intent, or what was done."""

    takes_sound = True
    knows_repeats = True

    def __init__(self, config: CloudConfig, token: str) -> None:
        self._url, self._token, self._names = config.url or "", token, config.names

    def request(self, query: Query, *, now: datetime) -> Request:  # noqa: ARG002 - nothing is signed here
        """Return the object; `audio` is a WAV file in base64."""
        meaning = query.meaning
        body: dict[str, Any] = {
            "version": VERSION,
            "id": query.id,
            "site": query.site,
            "room": query.room,
            "time": query.time.isoformat(timespec="milliseconds"),
            "language": query.language,
            "languages": list(query.languages),
            "text": query.text,
            "domain": meaning.domain if meaning else None,
            "intent": meaning.intent if meaning else None,
            "slots": dict(meaning.slots) if meaning else {},
            "reason": query.reason,
            "audio": base64.b64encode(wav_of(query.pcm)).decode() if query.pcm is not None else None,
        }
        headers = {"Content-Type": "application/json", "Idempotency-Key": query.id}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return Request(self._url, headers, json.dumps(body, ensure_ascii=False).encode())

    def answer(self, response: Response, query: Query) -> Answer:
        """Return the answer; an empty body or object is "not understood"."""
        answer = parsed(response.body or b"{}")
        if intent := text_at(answer, "intent"):
            domain, name = intent_name(intent, names=self._names)
            confidence = answer.get("confidence", 1.0)
            if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
                raise CloudContentError("the answer's confidence is no number from 0 to 1")
            return Meant(
                Meaning(domain, name, slots_of(answer.get("slots"))),
                confidence=float(confidence),
                text=text_at(answer, "text") or query.text,
                language=text_at(answer, "language") or None,
            )
        if text := text_at(answer, "text"):
            return Words(text)
        if isinstance(done := answer.get("done"), bool):
            return Done(ok=done, reply=text_at(answer, "reply"))
        return NotUnderstood()
