"""Blinds by voice: `open`, `close` and `set`, for blinds that take and tell their position on MQTT."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from assistant.config import HouseholdConfig, Identifier, Named, Section
from assistant.errors import PayloadError
from assistant.messages import Change, Choice, Result
from assistant.mqtt import Incoming, Outgoing
from handlers.base import Catalogs, Description, Publish, Request, options_of

LANGUAGES = ("en", "es", "fr")
TEXTS = {
    "done": {"en": "The {name} is at {position} percent.", "es": "{name}: {position} por ciento.",
             "fr": "{name} : {position} pour cent."},
    "no-answer": {"en": "The {name} does not answer.", "es": "{name}: no contesta.", "fr": "{name} : pas de réponse."},
}  # fmt: skip


class BlindConfig(Named):
    """One blind: `names` by language, and where it is on MQTT."""

    topic: str = Field(min_length=1)
    """It takes its position on TOPIC/set and tells it on TOPIC/position, 0 closed to 100 open."""


class BlindsOptions(Section):
    """What stands in the household's file under `handlers.options.blinds`."""

    blinds: dict[Identifier, BlindConfig] = Field(min_length=1)
    timeout_s: float = Field(default=30, gt=0)
    """How long a blind may take to arrive."""


class BlindsHandler:
    """Moves the blinds and waits until they say where they are."""

    def __init__(self, household: HouseholdConfig, publish: Publish) -> None:
        self._options = options_of(household, "blinds", BlindsOptions)
        self._publish = publish
        self._moved = threading.Condition()  # guards the positions, and says that one has come
        self._positions: dict[str, int] = {}

    def subscriptions(self) -> Sequence[str]:
        """Where the blinds tell their positions."""
        return [f"{blind.topic}/position" for blind in self._options.blinds.values()]

    def received(self, message: Incoming) -> None:
        """Note a position; on the network thread."""
        if not message.payload.isdigit():
            raise PayloadError(message.topic, field="", what="no position from 0 to 100")
        with self._moved:
            self._positions[message.topic.removesuffix("/position")] = int(message.payload)
            self._moved.notify_all()

    def connected(self) -> None:
        """Forget the positions: somebody may have moved the blinds while the broker was away."""
        with self._moved:
            self._positions.clear()

    def handle(self, request: Request) -> Result:
        """Move a blind, and wait until it says that it is there."""
        best, request_id = request.interpretation.best, request.interpretation.id
        key = str(best.slots.get("blind")) if best else ""
        blind = self._options.blinds.get(key)
        if best is None or blind is None:
            return Result(request_id, ok=False, code="no-such-device")
        position = int({"open": 100, "close": 0}.get(best.intent, best.slots.get("position", 50)))
        with self._moved:
            before = self._positions.get(blind.topic)
            self._publish(Outgoing(f"{blind.topic}/set", str(position).encode(), qos=1))
            arrived = self._moved.wait_for(
                lambda: self._positions.get(blind.topic) == position, timeout=self._options.timeout_s
            )
        code = "done" if arrived else "no-answer"
        name = best.spoken.get("blind", key)
        text = {language: TEXTS[code][language].format(name=name, position=position) for language in LANGUAGES}
        changes = (Change(key, "position", position, before),) if arrived else ()
        return Result(request_id, ok=arrived, code=code, text=text, changes=changes)


def catalogs(household: HouseholdConfig) -> Catalogs:
    """The list {blind} of the sentences: what each blind is called, and what its slot becomes."""
    options = options_of(household, "blinds", BlindsOptions)
    return {
        "blind": [
            Choice(key, {language: tuple(names) for language, names in blind.names.items()})
            for key, blind in options.blinds.items()
        ]
    }


HANDLER = Description(
    domains=("blinds",),
    build=BlindsHandler,
    options=BlindsOptions,
    sentences=[Path(__file__).with_name(f"{language}.yaml") for language in LANGUAGES],
    catalogs=catalogs,
)
