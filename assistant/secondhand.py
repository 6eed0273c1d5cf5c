"""A provider's answer as an interpretation like any other, marked `source: cloud`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from assistant.cloud import Answer, Done, Meaning, Meant, Query, Words
from assistant.config import HouseholdConfig
from assistant.dialogue import CONFIRMED
from assistant.interpret import read_text
from assistant.language import Catalogs, household_catalogs
from assistant.messages import Hypothesis, Interpretation
from assistant.recognizer import Recognizer, rejection

ANSWERED = ("cloud", "answered")
"""Domain and intent of what the provider did or answered itself: there is nothing left for a handler to do."""
MOST_HINTS = 600
"""Characters of names; recognizers look at the last 200 words or so of a prompt."""


def interpreted(
    answer: Answer, query: Query, *, before: Interpretation, recognizer: Recognizer, languages: Sequence[str]
) -> Interpretation:
    """Return what an answer makes of an utterance; `before` as it was where it makes nothing of it."""
    if isinstance(answer, Words):
        return _read(answer, before=before, recognizer=recognizer, languages=languages)
    if isinstance(answer, Meant):
        meaning = answer.meaning
        told = answer.language
        language = told if told is not None and told in languages else query.language
        best = _hypothesis(language, meaning, text=answer.text, confidence=answer.confidence)
        sure = answer.confidence >= recognizer.threshold(meaning.domain, meaning.intent)
        return replace(
            _from_cloud(before), best=best, accepted=sure, reason=None if sure else "low-confidence", alternatives=()
        )
    if isinstance(answer, Done):
        best = _hypothesis(query.language, Meaning(*ANSWERED, {"reply": answer.reply}), text=query.text, confidence=1.0)
        return replace(_from_cloud(before), best=best, accepted=True, reason=None, alternatives=())
    return before


def hints(config: HouseholdConfig) -> str:
    """Return the household's names that the configuration lets out, for recognizers that take a prompt."""
    catalogs: Catalogs = household_catalogs(config)
    names = [
        entry.written or entry.spoken
        for kind in config.cloud.hints
        for entries in catalogs.get(kind, {}).values()
        for entry in entries
    ]
    text = ""
    for name in dict.fromkeys(names):
        longer = f"{text}, {name}" if text else name
        if len(longer) > MOST_HINTS:
            break
        text = longer
    return text


def _read(words: Words, *, before: Interpretation, recognizer: Recognizer, languages: Sequence[str]) -> Interpretation:
    understood = read_text(recognizer.interpreter, words.text, languages=languages)
    best = understood.hypotheses[0] if understood.hypotheses else None
    threshold = recognizer.threshold(best.domain, best.intent) if best else 1.0
    reason = rejection(understood, threshold=threshold)
    return replace(
        _from_cloud(before),
        best=best,
        accepted=reason is None,
        reason=reason,
        alternatives=understood.hypotheses[1:],
        heard=understood.heard,
    )


def _from_cloud(before: Interpretation) -> Interpretation:
    return replace(before, source="cloud", time=datetime.now(UTC))


def _hypothesis(language: str, meaning: Meaning, *, text: str, confidence: float) -> Hypothesis:
    # Yes is said in the house, or not at all.
    slots = {name: value for name, value in meaning.slots.items() if name != CONFIRMED}
    return Hypothesis(language, meaning.domain, meaning.intent, text, slots, {}, confidence)
