"""What the daemon tells of its life to whoever watches: a terminal or the log."""

from __future__ import annotations

import logging
from typing import Protocol

from assistant.messages import Interpretation, Result, Utterance

log = logging.getLogger("assistant.utterances")


class Reporter(Protocol):
    """Called from several threads; each call is one event."""

    def note(self, text: str) -> None:
        """Something about the assistant itself: what it listens to, what it waits for."""

    def says(self, text: str) -> None:
        """It says what somebody wants said."""

    def heard(self, utterance: Utterance) -> None:
        """An utterance was cut out of the sound."""

    def interpreted(self, interpretation: Interpretation) -> None:
        """It was understood, or rejected."""

    def result(self, result: Result, *, handler: str) -> None:
        """A handler tells what really happened."""


class LogReporter:
    """One log line per event; what was said and which lamp it was only when debugging."""

    def note(self, text: str) -> None:
        """Log it."""
        log.info("%s", text)

    def says(self, text: str) -> None:
        """Log it when debugging only: who calls stands in it."""
        log.debug("says", extra={"text": text})

    def heard(self, utterance: Utterance) -> None:
        """Log length and level."""
        level_db = round(utterance.level_db, 1)
        log.debug("heard", extra={"id": utterance.id, "audio_ms": utterance.audio_ms, "level_db": level_db})

    def interpreted(self, interpretation: Interpretation) -> None:
        """Log the one line of each utterance: id, times, outcome, reason."""
        best = interpretation.best
        fields = {
            "id": interpretation.id,
            "outcome": "accepted" if interpretation.accepted else "rejected",
            "reason": interpretation.reason or "none",
            "language": best.language if best else "none",
            "intent": f"{best.domain}/{best.intent}" if best else "none",
            "confidence": f"{best.confidence:.3f}" if best else "0",
            "audio_ms": interpretation.audio_ms,
            "compute_ms": round(interpretation.compute_ms, 1),
        }
        log.info("utterance", extra=fields)
        log.debug(
            "reading", extra={"id": interpretation.id, "text": best.text if best else "", "heard": interpretation.heard}
        )

    def result(self, result: Result, *, handler: str) -> None:
        """Log the outcome."""
        fields = {"id": result.id, "handler": handler or "unknown", "code": result.code, "changes": len(result.changes)}
        log.log(logging.INFO if result.ok else logging.WARNING, "result", extra=fields)
