"""Amazon Lex V2, `RecognizeUtterance`: sound or text in, the bot's intent and slots out.

What stands in the headers `x-amz-lex-*` is JSON, compressed by gzip and written in base64.  Each utterance is a session
of its own: the conversation is ours.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import zlib
from datetime import datetime
from typing import Any

from assistant.cloud.http import Request, Response
from assistant.cloud.providers.reading import decoded, intent_name, text_at
from assistant.cloud.query import Answer, Meaning, Meant, NotUnderstood, Query
from assistant.cloud.signing import Credentials, Scope, signed
from assistant.config import CloudConfig, LexConfig
from assistant.errors import CloudContentError, CloudError, ConfigurationError, Fault
from assistant.messages import SlotValue

MOST_FIELD_BYTES = 256 * 1024
"""Of a header's field, unfolded."""
_SOUND = "audio/x-l16; sample-rate=16000; channel-count=1"
_TEXT = "text/plain; charset=utf-8"
_COMPLETE = {"ReadyForFulfillment", "Fulfilled"}
"""States of an intent that misses nothing."""
_FALLBACK = "FallbackIntent"
"""What a bot calls what it did not understand."""


class Lex:
    """Asks one bot."""

    takes_sound = True
    knows_repeats = True

    def __init__(self, config: CloudConfig, token: str) -> None:
        """token: `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`.

        Raises ConfigurationError where it is not.
        """
        if config.lex is None:
            raise ConfigurationError([Fault("cloud.lex", "is missing; write region and bot")])
        self._lex: LexConfig = config.lex
        self._names = config.names
        self._scope = Scope(self._lex.region, "lex")
        self._base = (config.url or f"https://runtime-v2-lex.{self._lex.region}.amazonaws.com").rstrip("/")
        access, colon, secret = token.partition(":")
        if not (access and colon and secret):
            fault = Fault("cloud.token_file", "for Lex it holds ACCESS_KEY_ID:SECRET_ACCESS_KEY on one line")
            raise ConfigurationError([fault])
        secret, _, session_token = secret.partition(":")
        self._credentials = Credentials(access, secret, session_token or None)

    def request(self, query: Query, *, now: datetime) -> Request:
        """Return the signed request, in the bot's locale for the query's language."""
        locales = self._lex.locales
        locale = locales.get(query.language) or next(iter(locales.values()))  # type: ignore[call-overload]
        url = (
            f"{self._base}/bots/{self._lex.bot}/botAliases/{self._lex.alias}"
            f"/botLocales/{locale}/sessions/{query.id}/utterance"
        )
        attributes = {"site": query.site, "room": query.room or "", "id": query.id}
        body = query.text.encode() if query.pcm is None else query.pcm
        headers = {
            "Content-Type": _TEXT if query.pcm is None else _SOUND,
            "Response-Content-Type": _TEXT,
            "Idempotency-Key": query.id,
            "x-amz-lex-session-state": packed({"sessionAttributes": attributes}),
            "x-amz-lex-request-attributes": packed(attributes),
        }
        return Request(
            url,
            signed("POST", url, headers=headers, body=body, credentials=self._credentials, scope=self._scope, time=now),
            body,
        )

    def answer(self, response: Response, query: Query) -> Answer:
        """Return the first interpretation, where it is whole and not the bot's fallback."""
        if not any(name.startswith("x-amz-lex-") for name in response.headers):
            raise CloudError("the answer is not from Lex")
        interpretations = unpacked(response.headers.get("x-amz-lex-interpretations", ""))
        first = interpretations[0] if isinstance(interpretations, list) and interpretations else {}
        intent = first.get("intent") if isinstance(first, dict) else None
        name = text_at(intent, "name")
        if not isinstance(intent, dict) or not name or name.endswith(_FALLBACK):
            return NotUnderstood()
        if text_at(intent, "state") not in _COMPLETE:
            return NotUnderstood()  # it would ask for more; questions are asked by the house
        said = unpacked(response.headers.get("x-amz-lex-input-transcript", ""))
        domain, ours = intent_name(name, names=self._names)
        return Meant(
            Meaning(domain, ours, _slots(intent.get("slots"))),
            confidence=_score(first.get("nluConfidence")),
            text=said[:4096] if isinstance(said, str) and said else query.text,
        )


def packed(value: object) -> str:
    """Return `value` as Lex wants it in a header."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


def unpacked(text: str) -> Any:
    """Return what Lex has packed into a header, None where there is nothing.

    Raises CloudContentError.
    """
    if not text:
        return None
    try:
        with gzip.open(io.BytesIO(base64.b64decode(text, validate=True))) as file:
            unfolded = file.read(MOST_FIELD_BYTES + 1)
        if len(unfolded) > MOST_FIELD_BYTES:
            raise CloudContentError(f"a field of Lex's answer is longer than {MOST_FIELD_BYTES} bytes")
        return decoded(unfolded)
    except (binascii.Error, OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise CloudContentError(f"a field of Lex's answer cannot be read: {error}") from error


def _slots(slots: Any) -> dict[str, SlotValue]:
    """The interpreted value of each slot that has one; of several values the first."""
    found: dict[str, SlotValue] = {}
    for name, slot in slots.items() if isinstance(slots, dict) else ():
        values = slot.get("values") if isinstance(slot, dict) else None
        one = values[0] if isinstance(values, list) and values else slot
        value = text_at(one, "value", "interpretedValue") or text_at(one, "value", "originalValue")
        if value:
            found[str(name)[:64]] = value
    return found


def _score(confidence: Any) -> float:
    score = confidence.get("score") if isinstance(confidence, dict) else confidence
    return float(min(1, max(0, score))) if isinstance(score, int | float) else 1.0
