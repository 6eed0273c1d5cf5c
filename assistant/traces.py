"""Why an utterance was taken as it was: the last ones, kept for `oyez why`.

What was said stands in them: the file is its owner's alone, and no more than the last KEPT are in it.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from assistant.errors import StateError
from assistant.messages import Hypothesis, Interpretation, Result, Utterance
from assistant.state import StateFile

log = logging.getLogger(__name__)

KEPT = 50
READINGS = 3
"""Of each utterance, the best first."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One utterance from the microphone to what came of it."""

    id: str
    time: str
    """When it began, RFC 3339."""
    session: str | None
    audio_ms: int
    level_db: float
    wake: str
    compute_ms: float
    heard: str
    """The network's letters, without the household's sentences."""
    readings: Sequence[Mapping[str, Any]]
    """Language, domain, intent, slots, text and confidence of each."""
    threshold: float
    """What the best one needed."""
    accepted: bool
    reason: str | None
    decision: str
    """What the dialogue did."""
    source: str = "device"
    """Who understood it: see `assistant.messages.Source`."""
    results: Sequence[str] = field(default=())
    """What handlers answered."""

    @classmethod
    def of(
        cls,
        utterance: Utterance,
        interpretation: Interpretation,
        *,
        threshold: float,
        session: str | None,
        decision: str,
    ) -> Self:
        """Return what there is to be told of an utterance."""
        best = (interpretation.best,) if interpretation.best else ()
        return cls(
            id=utterance.id,
            time=utterance.started.isoformat(timespec="milliseconds"),
            session=session,
            audio_ms=interpretation.audio_ms,
            level_db=round(utterance.level_db, 1),
            wake=utterance.wake,
            compute_ms=interpretation.compute_ms,
            heard=interpretation.heard,
            readings=[_reading(one) for one in (*best, *interpretation.alternatives)[:READINGS]],
            threshold=threshold,
            accepted=interpretation.accepted,
            reason=interpretation.reason,
            decision=decision,
            source=interpretation.source,
        )


class Traces:
    """The last utterances, in memory and in a file.  Not for several threads at once."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._unsaved = False
        for trace in read_traces(file):
            self._traces[trace.id] = trace

    def add(self, trace: Trace) -> None:
        """Keep one more, and forget the oldest."""
        self._traces[trace.id] = trace
        if len(self._traces) > KEPT:
            self._traces.popitem(last=False)
        self._unsaved = True

    def answered(self, result: Result, decision: str) -> None:
        """Note what a handler made of an utterance, and what was done then."""
        trace = self._traces.get(result.id)
        if trace is None:
            return
        told = f"{result.code}: {decision}" if decision else result.code
        self._traces[result.id] = replace(trace, results=[*trace.results, told])
        self._unsaved = True

    def save(self) -> None:
        """Write what has changed since the last time."""
        if not self._unsaved:
            return
        self._unsaved = False
        try:
            self._file.write([asdict(trace) for trace in self._traces.values()])
        except StateError as error:
            log.debug("no traces are kept: %s", error)


def read_traces(file: StateFile) -> list[Trace]:
    """Return the traces of a file, oldest first; none where there are none, or from another version."""
    try:
        rows = file.read()
        return [Trace(**row) for row in rows or []]
    except (StateError, TypeError) as error:
        log.debug("no earlier traces: %s", error)
        return []


def explained(trace: Trace) -> str:
    """Return a trace as people read it."""
    time = datetime.fromisoformat(trace.time).astimezone()
    outcome = f"{'accepted' if trace.accepted else f'rejected: {trace.reason}'}; {trace.threshold:.2f} was needed"
    if trace.source == "paraphrase":
        outcome = "accepted for its meaning: no sentence of the household says it"
    opened = "" if trace.wake == "none" else f", opened by {trace.wake}"
    lines = [
        f"{time:%Y-%m-%d %H:%M:%S}  {trace.id}",
        f"  sound      {trace.audio_ms / 1000:.1f} s at {trace.level_db:.0f} dB{opened}; {trace.compute_ms:.0f} ms",
        f'  letters    "{trace.heard}"',
        *(f"  {label:<10} {_shown(one)}" for label, one in zip(_LABELS, trace.readings, strict=False)),
        f"  outcome    {outcome}",
        f"  decision   {trace.decision or 'nothing'}",
        *(f"  result     {told}" for told in trace.results),
    ]
    return "\n".join(lines)


_LABELS = ("best", "second", "third")


def _reading(hypothesis: Hypothesis) -> dict[str, Any]:
    return {
        "language": hypothesis.language,
        "meaning": f"{hypothesis.domain}/{hypothesis.intent}",
        "slots": dict(hypothesis.slots),
        "text": hypothesis.text,
        "confidence": round(hypothesis.confidence, 3),
    }


def _shown(reading: Mapping[str, Any]) -> str:
    slots = "".join(f" {name}={value}" for name, value in reading["slots"].items())
    return f'{reading["confidence"]:.2f}  {reading["language"]} {reading["meaning"]}{slots}  "{reading["text"]}"'
