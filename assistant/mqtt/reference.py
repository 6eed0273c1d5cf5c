"""Writes docs/mqtt.md from the topics and the payload classes: ``python -m assistant.mqtt.reference > docs/mqtt.md``."""
# ruff: noqa: E501 (Markdown has one sentence per line)

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import PydanticUndefined

from assistant.messages import Change, Hypothesis, Interpretation, Result
from assistant.mqtt import payloads
from assistant.mqtt.payloads import PAYLOADS, Command, IntentPayload, Payload, RejectedPayload, ResultPayload
from assistant.mqtt.topics import CHANNELS, PREFIX, Channel

_TIME = datetime(2026, 5, 4, 19, 30, tzinfo=UTC)
_BEST = Hypothesis(
    language="en",
    domain="light",
    intent="brightness",
    text="set the ceiling light to forty percent",
    slots={"device": "ceiling", "brightness": 40},
    spoken={"device": "ceiling light", "brightness": "forty"},
    confidence=0.97,
)
_ID = "6f1c7a52-0f4e-4c39-9d0b-0a3f5b6c7d8e"

INTRODUCTION = f"""# Topics and payloads

This page is written by `python -m assistant.mqtt.reference` from the payload classes; change those instead.

Everything stands under `{PREFIX}/<site>/`, where the site is `site` in the household's file.
Payloads are JSON in UTF-8, except `status`.
Unknown fields, wrong types, payloads longer than the limit, and more messages than are taken in a minute are dropped, counted and logged with topic and field.
Times are RFC 3339 with an offset.

- `id` goes with an utterance from the microphone to the lamp: it is the same in `heard`, `intent`, `rejected`, `result` and `reply`.
- `expires`: whoever acts on intents drops them afterwards, and commands to the assistant are dropped by it. Where our clock has just been put right, or is off by more than a minute, MQTT 5's message expiry is believed instead, which the broker counts down.
- A repeated `id` is acted on once. When the broker has been away, commands that no handler has answered come again under their `id` until they expire.
- Where the broker speaks MQTT 5, intents carry a message expiry, the id as correlation data, the content type `application/json`, and `site`, `room` and `language` as user properties; with MQTT 3.1.1 the payload says the same.
- `status` is the last will. Retained topics are published again at every connection.
"""

SECURITY = """## Who may do what

The assistant believes its broker.
Give it a user of its own, and in the broker's access rules let only those write `listen`, `say`, `cancel`, `mute` and `catalog/#` who may command it, and only the assistant write `intent/#`: handlers act on what stands there; `deploy/mosquitto` has such rules.
`mqtt.requests` in the household's file lists which of these five are taken at all; without it, none are taken from a broker on the network that is not told who we are.
The embedded broker listens on this machine only; with `mqtt.username` and `mqtt.password_file` it asks for them.
"""


def main() -> None:
    """Write the page to standard output."""
    sys.stdout.write(page())


def page() -> str:
    """Return the page, Markdown."""
    kinds = {kind.channel: kind for kind in PAYLOADS}
    sections = "\n".join(_section(channel, kinds[channel]) for channel in CHANNELS)
    return f"{INTRODUCTION}\n{_overview()}\n{SECURITY}\n{sections}"


def _overview() -> str:
    lines = ["| topic | direction | retained | QoS | limit | a minute | what |", "|---|---|---|---|---|---|---|"]
    for channel in CHANNELS:
        retained = "yes" if channel.retained else "no"
        size, often = _size(channel.limit_bytes), channel.per_minute or ""
        if channel.bytes_per_minute is not None:
            often = f"{often}, {_size(channel.bytes_per_minute)}"
        facts = f"{channel.direction} | {retained} | {channel.qos} | {size} | {often}"
        lines.append(f"| `{_shown(channel)}` | {facts} | {channel.meaning} |")
    return "\n".join([*lines, ""])


def _section(channel: Channel, kind: type[Payload]) -> str:
    example = _example(kind)
    return "\n".join(
        [
            f"## `{_shown(channel)}`",
            "",
            _summary(kind),
            "",
            *_fields(kind),
            "",
            "```json" if example.startswith("{") else "```",
            example,
            "```",
            "",
        ]
    )


def _fields(kind: type[payloads.Part], prefix: str = "") -> Iterator[str]:
    """Yield the table of a class, the parts inside it following with dotted names."""
    if not prefix:
        yield "| field | type | default | what |"
        yield "|---|---|---|---|"
    schema = kind.model_json_schema(by_alias=True)
    for name, field in kind.model_fields.items():
        shown = prefix + (field.alias or name)
        default = "required" if field.is_required() else _default(field.default, field.default_factory)
        what = " ".join((field.description or "").split())
        yield f"| `{shown}` | {_type(schema['properties'][field.alias or name], schema)} | {default} | {what} |"
        part = _part(field.annotation)
        if part is not None:
            yield from _fields(part, f"{shown}[].")


def _part(annotation: Any) -> type[payloads.Part] | None:
    """Return the class of a list of parts."""
    for inner in getattr(annotation, "__args__", ()):
        if isinstance(inner, type) and issubclass(inner, payloads.Part):
            return inner
    return None


def _type(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """Return what a JSON schema allows, in words."""
    if "$ref" in schema:
        return "object"
    if "anyOf" in schema:
        return " or ".join(_type(option, whole) for option in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{_word(value)}`" for value in schema.get("enum", [schema.get("const")]))
    return _simple_type(schema, whole)


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _simple_type(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_type(schema['items'], whole)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'], whole)}"
    if schema.get("format") == "date-time":
        return "time"
    return kind + _range(schema)


def _range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and high is None:
        return ""
    return f" {low} to {high}" if high is not None else f" from {low}"


def _default(default: Any, factory: Any) -> str:
    value = factory() if default is PydanticUndefined else default
    return f"`{json.dumps(value)}`"


def _summary(kind: type[Payload]) -> str:
    text = " ".join((kind.__doc__ or "").split())
    return f"{text} An empty payload stands for `{{}}`." if issubclass(kind, Command) else text


def _shown(channel: Channel) -> str:
    return channel.pattern.replace("{", "<").replace("}", ">")


def _size(limit_bytes: int) -> str:
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if limit_bytes >= size:
            return f"{limit_bytes // size} {unit}"
    return f"{limit_bytes} B"


def _example(kind: type[Payload]) -> str:
    payload = _examples()[kind]
    if isinstance(payload, payloads.StatusPayload):
        return payload.to_bytes().decode()
    return json.dumps(json.loads(payload.to_bytes()), indent=1, ensure_ascii=False)


def _examples() -> dict[type[Payload], Payload]:
    understood = Interpretation(
        _ID,
        _TIME,
        _BEST,
        accepted=True,
        reason=None,
        audio_ms=2140,
        compute_ms=61.5,
        heard="set the cealing light to forty percent",
    )
    unsure = Interpretation(
        _ID,
        _TIME,
        Hypothesis("fr", "light", "off", "éteins le salon", {"room": "living_room"}, {"room": "salon"}, 0.31),
        accepted=False,
        reason="low-confidence",
        audio_ms=1480,
        compute_ms=48.0,
    )
    result = Result(
        _ID,
        ok=True,
        code="done",
        text={"en": "Set ceiling light."},
        changes=(Change("ceiling", "brightness", 40, 80),),
    )
    expires = _TIME + timedelta(seconds=10)
    examples: tuple[Payload, ...] = (
        payloads.StatusPayload(status="online"),
        payloads.StatePayload(state="listening"),
        payloads.HeardPayload(id=_ID, site="kitchen", room="kitchen", time=_TIME, audio_ms=2140, level_db=-21.5),
        payloads.PartialPayload(id=_ID, site="kitchen", text="set the ceiling light", language="en"),
        IntentPayload.of(understood, site="kitchen", room="kitchen", expires=expires),
        RejectedPayload.of(unsure, site="kitchen", room="kitchen", expires=expires),
        ResultPayload.of(result, handler="light"),
        payloads.ReplyPayload(id=_ID, site="kitchen", room="kitchen", text="Set ceiling light.", language="en"),
        payloads.ListenPayload(window_ms=5000),
        payloads.SayPayload(id="doorbell-17", text="Quelqu'un sonne à la porte.", language="fr", expires=expires),
        payloads.CancelPayload(),
        payloads.MutePayload(muted=True),
        payloads.CatalogPayload.model_validate(
            {
                "values": [
                    {"in": "Cesária Évora", "out": "artist:41"},
                    {"in": "the news", "out": "news", "language": "en"},
                ]
            }
        ),
        payloads.TimersPayload(
            timers=[
                payloads.TimerPart(
                    key=1,
                    name="pasta",
                    state="running",
                    length_s=480,
                    remaining_s=211.4,
                    ends=_TIME + timedelta(seconds=211.4),
                )
            ]
        ),
        payloads.HealthPayload(
            time=_TIME,
            version="0.1.0",
            uptime_s=86400.0,
            counters={"utterances": 214, "accepted": 180},
            timings_ms={"compute_median": 58.0, "compute_worst": 97.0},
        ),
    )
    return {type(example): example for example in examples}


if __name__ == "__main__":
    main()
