"""A dialogue with a clock of its own, and short ways to say things to it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from assistant.config import HouseholdConfig
from assistant.dialogue import Dialogue, Listen, Naming, Play, Publish, Say, Step, Steps
from assistant.messages import Hypothesis, Interpretation, Question, Result

TIME = datetime(2026, 1, 1, tzinfo=UTC)
HOUSE: dict[str, Any] = {
    "rooms": {"kitchen": {"en": "kitchen"}, "hall": {"en": "hall"}},
    "devices": {
        "floor_lamp": {
            "topic": "a",
            "room": "hall",
            "names": {"en": ["floor lamp", "tall lamp"], "es": "lámpara de pie"},
        },
        "desk_lamp": {"topic": "b", "room": "hall", "names": {"en": "desk lamp", "es": "flexo"}},
        "spot_kitchen": {"topic": "c", "room": "kitchen", "names": {"en": "spotlight"}},
        "spot_hall": {"topic": "d", "room": "hall", "names": {"en": "spotlight"}},
        "spare": {"topic": "e", "room": "hall", "names": {"en": "spotlight"}},
    },
}


class Talk:
    """One site's conversation."""

    def __init__(self, **dialogue: Any) -> None:
        config = HouseholdConfig.model_validate({**HOUSE, "dialogue": dialogue})
        self.now = 1000.0
        self._numbers = itertools.count(1)
        self.dialogue = Dialogue(
            config.dialogue,
            clock=lambda: self.now,
            new_id=lambda: f"new-{next(self._numbers)}",
            naming=Naming.of(config),
            domains=("light", "system"),
        )
        self._ids = itertools.count(1)

    @property
    def asking(self) -> bool:
        return self.dialogue.expected is not None

    def say(self, name: str, /, *, language: str = "en", text: str = "words", **slots: Any) -> Steps:
        """Say something that is understood; `name` is `domain.intent`."""
        return self.dialogue.heard(interpretation(f"u{next(self._ids)}", reading(name, language, text, **slots)))

    def mumble(self, reason: Any = "low-confidence", *, addressed: bool = False) -> Steps:
        """Say something that is not understood."""
        heard = Interpretation(f"u{next(self._ids)}", TIME, None, accepted=False, reason=reason)
        return self.dialogue.heard(heard, addressed=addressed)

    def result(self, published: Publish, code: str = "done", *, text: str = "Done.", question: Any = None) -> Steps:
        """Answer a command as a handler does."""
        ok = code in {"done", "already-done", "sent"}
        return self.dialogue.result(Result(published.interpretation.id, ok, code, {"en": text}, question=question))

    def ask(self, question: Question, name: str = "calling.call", /, **slots: Any) -> Publish:
        """Give a command about which its handler asks; returns the command."""
        command = published(self.say(name, **slots))
        self.result(command, "question", question=question)
        return command

    def wait(self, seconds: float) -> Steps:
        self.now += seconds
        return self.dialogue.tick()


def reading(
    name: str, /, language: str = "en", text: str = "words", confidence: float = 0.9, **slots: Any
) -> Hypothesis:
    domain, intent = name.split(".")
    return Hypothesis(
        language, domain, intent, text, slots, {key: str(value) for key, value in slots.items()}, confidence
    )


def interpretation(utterance_id: str, best: Hypothesis) -> Interpretation:
    return Interpretation(utterance_id, TIME, best, accepted=True, reason=None)


def kinds(steps: Steps) -> list[type[Step]]:
    return [type(step) for step in steps]


def all_published(steps: Steps) -> list[Publish]:
    return [step for step in steps if isinstance(step, Publish)]


def published(steps: Steps) -> Publish:
    """The one thing that was published."""
    (only,) = all_published(steps)
    return only


def accepted(steps: Steps) -> tuple[str, dict[str, Any]] | None:
    """What is done: `domain.intent` and slots of the one accepted intent; None where nothing is."""
    done = [step.interpretation for step in all_published(steps) if step.interpretation.accepted]
    if not done:
        return None
    (only,) = done
    assert only.best is not None
    return f"{only.best.domain}.{only.best.intent}", dict(only.best.slots)


def said(steps: Steps) -> str:
    return " ".join(step.text for step in steps if isinstance(step, Say))


def played(steps: Steps) -> list[str]:
    return [step.earcon for step in steps if isinstance(step, Play)]


def listens(steps: Steps) -> int:
    return sum(step.window_ms for step in steps if isinstance(step, Listen))
