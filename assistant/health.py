"""How the running parts are: gathered for the `health` topic and for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from assistant import __version__
from assistant.listen import Listener
from assistant.model import Model
from assistant.mqtt import Client, HealthPayload
from assistant.observe import Readings, exposition, process_gauges, versions
from assistant.speak import Speaker
from handlers.runner import HandlerRunner


@dataclass(frozen=True, slots=True)
class Running:
    """What is asked; None is what does not run."""

    client: Client | None
    listener: Listener | None
    speaker: Speaker | None
    handlers: Mapping[str, HandlerRunner]
    model: Model | None
    last_heard: datetime | None
    """When the last utterance began."""


def health(running: Running, readings: Readings, *, problem: str | None, uptime_s: float) -> HealthPayload:
    """Return what is told of the parts and of what was counted until now.

    problem: why nothing is heard.
    """
    counters, gauges = dict(readings.counts), process_gauges() | readings.gauges
    heartbeats_s: dict[str, float] = {}
    now = time.monotonic()
    if running.client is not None:
        connection = running.client.connection
        counters |= {f"mqtt_{name}": count for name, count in connection.counts().items()}
        gauges["mqtt_waiting"] = connection.waiting
        heartbeats_s["mqtt"] = now - connection.heartbeat
    if running.listener is not None:
        counters |= {f"listener_{name}": count for name, count in asdict(running.listener.counts).items()}
        heartbeats_s["listener"] = now - running.listener.heartbeat
    if running.speaker is not None:
        gauges["replies_waiting"] = running.speaker.waiting
    for name, handler in running.handlers.items():
        gauges[f"{name}_waiting"] = handler.waiting
        heartbeats_s[name] = handler.busy_s
    return HealthPayload(
        time=datetime.now(UTC),
        version=__version__,
        uptime_s=round(uptime_s, 1),
        problem=problem,
        last_heard=running.last_heard and running.last_heard.astimezone(UTC),
        versions={**versions(), **_network(running.model)},
        counters=counters,
        gauges=gauges,
        heartbeats_s={part: round(max(0.0, age_s), 2) for part, age_s in heartbeats_s.items()},
        timings_ms=readings.timings_ms,
    )


def as_metrics(told: HealthPayload) -> str:
    """Return the same for Prometheus."""
    return exposition(
        counters=told.counters,
        gauges=told.gauges | {"uptime_seconds": told.uptime_s, "well": told.problem is None},
        heartbeats_s=told.heartbeats_s,
        timings_ms=told.timings_ms,
        versions=told.versions | {"oyez": told.version},
    )


def _network(model: Model | None) -> dict[str, str]:
    """When and from which code the network was trained."""
    if model is None:
        return {}
    known = (model.metadata.get(key) for key in ("date", "commit"))
    return {"network": " ".join(part for part in known if part)}
