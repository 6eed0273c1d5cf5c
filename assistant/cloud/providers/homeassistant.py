"""Home Assistant's conversation agent, `POST /api/conversation/process`: it gets the words, acts itself and replies."""

from __future__ import annotations

import json
from datetime import datetime

from assistant.cloud.http import Request, Response
from assistant.cloud.providers.reading import parsed, text_at
from assistant.cloud.query import Answer, Done, NotUnderstood, Query
from assistant.config import CloudConfig
from assistant.errors import CloudContentError


class HomeAssistant:
    """Sends the sentence that was understood, or the letters that were heard; Home Assistant takes no sound here."""

    takes_sound = False
    knows_repeats = False

    def __init__(self, config: CloudConfig, token: str) -> None:
        self._url = f"{(config.url or '').rstrip('/')}/api/conversation/process"
        self._token = token

    def request(self, query: Query, *, now: datetime) -> Request:  # noqa: ARG002 - nothing is signed here
        """Return the sentence as a conversation of its own."""
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token}",
            "Idempotency-Key": query.id,
        }
        return Request(self._url, headers, json.dumps({"text": query.text, "language": query.language}).encode())

    def answer(self, response: Response, query: Query) -> Answer:
        """Return what Home Assistant did or said."""
        answer = parsed(response.body)
        kind = text_at(answer, "response", "response_type")
        reply = text_at(answer, "response", "speech", "plain", "speech")
        if kind in {"action_done", "query_answer"}:
            return Done(ok=True, reply=reply)
        if kind != "error":
            raise CloudContentError(f'Home Assistant answers with response_type "{kind[:40]}"')
        code = text_at(answer, "response", "data", "code")
        # Letters that were misheard name devices that are not there: that is no failure to tell of.
        if code == "no_intent_match" or (code == "no_valid_targets" and query.meaning is None):
            return NotUnderstood()
        return Done(ok=False, reply=reply)
