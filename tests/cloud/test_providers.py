"""What each provider is sent, and what is made of its answers: all over HTTP, to a process of its own."""

import base64
import email
import email.policy
import gzip
import io
import json
import wave
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.cloud import Answer, Done, Meaning, Meant, NotUnderstood, Words, pcm_of
from assistant.cloud.providers.lex import MOST_FIELD_BYTES
from assistant.cloud.signing import Credentials, Scope, signed
from assistant.errors import CloudContentError, CloudError, CloudRefusedError, ConfigurationError
from tests.cloud.asking import MILK, SAMPLES, TOKENS, link_to, query, soon
from tests.cloud.service import Asked, Plan, Service

SOUND = pcm_of(SAMPLES)


@pytest.fixture
def service(shared_service: Service) -> Service:
    shared_service.forget()
    return shared_service


def packed(value: object) -> str:
    return base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()


def unpacked(text: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(text)))


def wav_samples(file: bytes) -> tuple[int, int, bytes]:
    with wave.open(io.BytesIO(file)) as wav:
        return wav.getframerate(), wav.getnchannels(), wav.readframes(wav.getnframes())


def ask(service: Service, provider: str, plan: Plan, folder: Path, *, settings: Any = None, **fields: Any) -> Answer:
    service.plan(plan)
    path = "/api/webhook/oyez" if provider == "webhook" else "/v1" if provider == "openai" else ""
    with link_to(f"{service.url}{path}", provider, folder, **(settings or {})) as link:
        return link.ask(query(**fields), deadline=soon())


def form_of(asked: Asked) -> dict[str, tuple[str | None, bytes]]:
    """Filename and content of each field, as any reader of MIME sees them."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + asked.body, policy=email.policy.HTTP)
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_filename(),
            bytes(part.get_payload(decode=True)),  # type: ignore[arg-type]
        )
        for part in message.iter_parts()  # type: ignore[attr-defined]
    }


class TestOpenAi:
    def test_sound_goes_out_as_a_form_with_the_names_of_the_house(self, service: Service, tmp_path: Path) -> None:
        answer = ask(service, "openai", Plan.of({"text": " Éteins la liseuse. "}), tmp_path, pcm=SOUND, hints="liseuse")
        assert answer == Words("Éteins la liseuse.")
        asked = service.asked()
        assert asked.path == "/v1/audio/transcriptions"
        assert asked.headers["authorization"] == "Bearer a-key"
        assert asked.headers["idempotency-key"] == query().id
        form = form_of(asked)
        assert wav_samples(form.pop("file")[1]) == (16_000, 1, SOUND)
        assert {name: content.decode() for name, (_, content) in form.items()} == {
            "model": "whisper-1",
            "response_format": "json",
            "temperature": "0",
            "prompt": "liseuse",
        }

    def test_the_language_is_told_where_there_is_only_one(self, service: Service, tmp_path: Path) -> None:
        ask(service, "openai", Plan.of({"text": "x"}), tmp_path, pcm=SOUND, languages=("es",))
        assert form_of(service.asked())["language"] == (None, b"es")

    def test_a_server_in_the_house_needs_no_key(self, service: Service, tmp_path: Path) -> None:
        ask(service, "openai", Plan.of({"text": "x"}), tmp_path, settings={"token_file": None}, pcm=SOUND)
        assert "authorization" not in service.asked().headers

    def test_silence_is_not_understood(self, service: Service, tmp_path: Path) -> None:
        assert ask(service, "openai", Plan.of({"text": "  "}), tmp_path, pcm=SOUND) == NotUnderstood()

    def test_an_answer_without_text_is_none(self, service: Service, tmp_path: Path) -> None:
        with pytest.raises(CloudContentError, match="text"):
            ask(service, "openai", Plan.of({"error": {"message": "busy"}}), tmp_path, pcm=SOUND)


def spoken(kind: str, speech: str, **data: str) -> dict[str, Any]:
    return {
        "response": {
            "response_type": kind,
            "language": "fr",
            "data": data,
            "speech": {"plain": {"speech": speech, "extra_data": None}},
        },
        "conversation_id": None,
    }


class TestHomeAssistant:
    def test_words_go_out_and_never_sound(self, service: Service, tmp_path: Path) -> None:
        answer = ask(service, "homeassistant", Plan.of(spoken("action_done", "Lait ajouté")), tmp_path, pcm=SOUND)
        assert answer == Done(ok=True, reply="Lait ajouté")
        asked = service.asked()
        assert (asked.path, asked.headers["authorization"]) == (
            "/api/conversation/process",
            f"Bearer {TOKENS['homeassistant']}",
        )
        assert asked.json == {"text": "étin la lumière", "language": "fr"}
        assert SOUND not in asked.body

    @pytest.mark.parametrize(
        ("response", "meaning", "expected"),
        [
            (spoken("query_answer", "Vingt degrés"), None, Done(ok=True, reply="Vingt degrés")),
            (spoken("error", "Pardon", code="no_intent_match"), MILK, NotUnderstood()),
            (spoken("error", "Quelle lampe ?", code="no_valid_targets"), None, NotUnderstood()),
            (spoken("error", "Quelle liste ?", code="no_valid_targets"), MILK, Done(ok=False, reply="Quelle liste ?")),
            (spoken("error", "Raté", code="failed_to_handle"), None, Done(ok=False, reply="Raté")),
        ],
        ids=["answered", "no-intent", "misheard-name", "unknown-name", "failed"],
    )
    def test_what_it_answers(
        self, response: object, meaning: Meaning | None, expected: Answer, service: Service, tmp_path: Path
    ) -> None:
        assert ask(service, "homeassistant", Plan.of(response), tmp_path, meaning=meaning) == expected

    def test_an_answer_of_another_kind_is_none(self, service: Service, tmp_path: Path) -> None:
        with pytest.raises(CloudContentError, match="song"):
            ask(service, "homeassistant", Plan.of(spoken("song", "la")), tmp_path)


def recognized(*interpretations: object, said: str | None = None) -> Plan:
    headers = {
        "x-amz-lex-session-id": "1",
        "x-amz-lex-interpretations": packed(list(interpretations)),
        **({"x-amz-lex-input-transcript": packed(said)} if said else {}),
    }
    return Plan(headers=headers, body="spoken reply")


ADD_MILK = {
    "intent": {
        "name": "ShoppingListAddItem",
        "state": "ReadyForFulfillment",
        "confirmationState": "None",
        "slots": {
            "item": {"shape": "Scalar", "value": {"originalValue": "milks", "interpretedValue": "milk"}},
            "shop": None,
            "kinds": {"shape": "List", "values": [{"value": {"originalValue": "fresh", "resolvedValues": []}}]},
        },
    },
    "nluConfidence": {"score": 0.83},
    "interpretationSource": "Lex",
}


class TestLex:
    def test_sound_goes_out_signed(self, service: Service, tmp_path: Path) -> None:
        answer = ask(service, "lex", recognized(ADD_MILK, said="add milk"), tmp_path, pcm=SOUND)
        assert answer == Meant(
            Meaning("custom", "ShoppingListAddItem", {"item": "milk", "kinds": "fresh"}),
            confidence=0.83,
            text="add milk",
        )
        asked = service.asked()
        bot = "/bots/ABCDEFGHIJ/botAliases/KLMNOPQRST/botLocales/fr_FR"
        assert asked.path == f"{bot}/sessions/{query().id}/utterance"
        assert asked.body == SOUND
        assert asked.headers["content-type"] == "audio/x-l16; sample-rate=16000; channel-count=1"
        attributes = {"site": "kitchen", "room": "kitchen", "id": query().id}
        assert unpacked(asked.headers["x-amz-lex-request-attributes"]) == attributes
        assert unpacked(asked.headers["x-amz-lex-session-state"]) == {"sessionAttributes": attributes}

    def test_the_signature_is_that_of_what_arrives(self, service: Service, tmp_path: Path) -> None:
        ask(service, "lex", recognized(ADD_MILK), tmp_path, pcm=SOUND)
        asked = service.asked()
        claim = asked.headers["authorization"]
        names = claim.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        assert {"host", "content-type", "x-amz-date", "x-amz-security-token", "x-amz-lex-session-state"} <= set(names)
        again = signed(
            "POST",
            f"{service.url}{asked.path}",
            headers={name: asked.headers[name] for name in names if name not in {"host", "x-amz-date"}},
            body=asked.body,
            credentials=Credentials(*TOKENS["lex"].split(":")[:2]),
            scope=Scope("eu-west-1", "lex"),
            time=datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        )
        assert again["Authorization"] == claim
        assert TOKENS["lex"].split(":")[1] not in json.dumps(asked.headers)

    def test_words_go_out_as_text(self, service: Service, tmp_path: Path) -> None:
        ask(service, "lex", recognized(ADD_MILK), tmp_path, meaning=MILK, text="ajoute du lait")
        asked = service.asked()
        assert (asked.headers["content-type"], asked.body.decode()) == ("text/plain; charset=utf-8", "ajoute du lait")

    @pytest.mark.parametrize(
        "interpretations",
        [
            [],
            [{"intent": {"name": "FallbackIntent", "state": "ReadyForFulfillment"}}],
            [{"intent": {**ADD_MILK["intent"], "state": "InProgress"}}],  # type: ignore[dict-item]
            [{"intent": {**ADD_MILK["intent"], "state": "Failed"}}],  # type: ignore[dict-item]
            ["text"],
            [{"intent": {"name": 3}}],
        ],
        ids=["nothing", "fallback", "asks-for-more", "failed", "no-object", "no-name"],
    )
    def test_what_is_no_whole_intent_is_not_understood(
        self, interpretations: list[object], service: Service, tmp_path: Path
    ) -> None:
        assert ask(service, "lex", recognized(*interpretations), tmp_path, pcm=SOUND) == NotUnderstood()

    def test_our_name_of_its_intent(self, service: Service, tmp_path: Path) -> None:
        names = {"names": {"ShoppingListAddItem": "light.on"}}
        answer = ask(service, "lex", recognized(ADD_MILK), tmp_path, settings=names, pcm=SOUND)
        assert isinstance(answer, Meant)
        assert answer.meaning.name == "light.on"

    @pytest.mark.parametrize(
        "field",
        [
            "not base64!",
            base64.b64encode(b"not gzip").decode(),
            base64.b64encode(gzip.compress(b"not json")).decode(),
            base64.b64encode(gzip.compress(b'"longer"')[:-9]).decode(),
            base64.b64encode(gzip.compress(b'"' + b"a" * MOST_FIELD_BYTES + b'"')).decode(),
            base64.b64encode(gzip.compress(b"[" * 100_000)).decode(),
        ],
        ids=["no-base64", "no-gzip", "no-json", "cut", "unfolds-to-much", "deep"],
    )
    def test_a_field_that_cannot_be_read(self, field: str, service: Service, tmp_path: Path) -> None:
        plan = Plan(headers={"x-amz-lex-interpretations": field})
        with pytest.raises(CloudContentError, match="Lex"):
            ask(service, "lex", plan, tmp_path, pcm=SOUND)

    def test_a_page_of_somebody_else_is_no_answer(self, service: Service, tmp_path: Path) -> None:
        with pytest.raises(CloudError, match="not from Lex"):
            ask(service, "lex", Plan(body="<html>Welcome to the hotel</html>"), tmp_path, pcm=SOUND)

    @pytest.mark.parametrize("token", ["only-one", ":secret", "access:"])
    def test_keys_that_are_none(self, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(TOKENS, "lex", token)
        with pytest.raises(ConfigurationError, match="token_file"):
            link_to("http://127.0.0.1:1", "lex", tmp_path)


class TestWebhook:
    def test_all_that_is_known_of_a_rejected_utterance_goes_out(self, service: Service, tmp_path: Path) -> None:
        assert ask(service, "webhook", Plan.of({}), tmp_path, pcm=SOUND) == NotUnderstood()
        asked = service.asked()
        sent = asked.json
        assert wav_samples(base64.b64decode(sent.pop("audio"))) == (16_000, 1, SOUND)
        assert sent == {
            "version": 1,
            "id": query().id,
            "site": "kitchen",
            "room": "kitchen",
            "time": "2026-01-31T18:00:00.000+00:00",
            "language": "fr",
            "languages": ["fr", "en"],
            "text": "étin la lumière",
            "domain": None,
            "intent": None,
            "slots": {},
            "reason": "not-a-command",
        }
        assert (asked.headers["idempotency-key"], asked.headers["authorization"]) == (query().id, "Bearer a-key")

    def test_an_intent_goes_out_with_its_slots_and_without_sound(self, service: Service, tmp_path: Path) -> None:
        ask(service, "webhook", Plan(status=204, length=False), tmp_path, meaning=MILK, reason=None)
        sent = service.asked().json
        assert (sent["domain"], sent["intent"], sent["slots"]) == ("custom", MILK.intent, {"item": "milk", "count": 2})
        assert sent["audio"] is None

    @pytest.mark.parametrize(
        ("response", "expected"),
        [
            ({"text": "allume la liseuse"}, Words("allume la liseuse")),
            ({"done": True, "reply": "C'est fait"}, Done(ok=True, reply="C'est fait")),
            ({"done": False}, Done(ok=False)),
            (
                {"intent": "light.on", "slots": {"device": "lamp", "n": 3, "list": [1], "nan": float("nan")}},
                Meant(Meaning("light", "on", {"device": "lamp", "n": 3}), confidence=1.0, text="étin la lumière"),
            ),
            (
                {"intent": "AddItem", "confidence": 0.25, "text": "add", "language": "en"},
                Meant(Meaning("custom", "AddItem"), confidence=0.25, text="add", language="en"),
            ),
            ({"text": 7}, NotUnderstood()),
            ({"done": "yes"}, NotUnderstood()),
        ],
        ids=["words", "done", "not-done", "intent", "own-intent", "no-text", "no-truth"],
    )
    def test_what_it_may_answer(self, response: object, expected: Answer, service: Service, tmp_path: Path) -> None:
        assert ask(service, "webhook", Plan.of(response), tmp_path) == expected

    @pytest.mark.parametrize(
        "response",
        [
            {"intent": "light/on"},
            {"intent": "light.+"},
            {"intent": "#.on"},
            {"intent": ".on"},
            {"intent": "light."},
            {"intent": "x" * 129},
            {"intent": "light.on", "confidence": 1.1},
            {"intent": "light.on", "confidence": float("nan")},
            {"intent": "light.on", "confidence": True},
            {"intent": "light.on", "confidence": "sure"},
        ],
        ids=["slash", "plus", "hash", "no-domain", "no-intent", "long", "above", "nan", "truth", "text"],
    )
    def test_an_answer_that_cannot_be_taken(self, response: object, service: Service, tmp_path: Path) -> None:
        with pytest.raises(CloudContentError):
            ask(service, "webhook", Plan.of(response), tmp_path)

    def test_a_text_without_end_is_shortened(self, service: Service, tmp_path: Path) -> None:
        answer = ask(service, "webhook", Plan.of({"text": "a" * 100_000}), tmp_path)
        assert isinstance(answer, Words)
        assert len(answer.text) == 4096


@pytest.mark.parametrize("provider", ["openai", "homeassistant", "webhook"])
@pytest.mark.parametrize(
    "body",
    ["", "<html>Welcome to the hotel</html>", "[]", '"text"', '{"text": "a', "[" * 100_000, "\x00\x01", "7" * 5000],
    ids=["empty", "page", "list", "text", "half", "deep", "bytes", "long-number"],
)
def test_who_answers_no_json_object_is_not_the_provider(
    provider: str, body: str, service: Service, tmp_path: Path
) -> None:
    """A network that wants a login answers for everybody: what waits must not be lost to it."""
    if (provider, body) == ("webhook", ""):
        assert ask(service, provider, Plan(body=body), tmp_path) == NotUnderstood()
        return
    with pytest.raises(CloudError) as caught:
        ask(service, provider, Plan(body=body), tmp_path, pcm=SOUND)
    assert not isinstance(caught.value, CloudContentError | CloudRefusedError)


def test_neither_sound_nor_words_stand_in_what_is_logged() -> None:
    shown = repr((query(pcm=b"sound", text="said", meaning=MILK), Words("said"), Done(ok=True, reply="said"), MILK))
    for secret in ("sound", "said", "milk"):
        assert secret not in shown
