"""What became of each player after a command, and the result that is told.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from assistant.config import HouseholdConfig, Language
from assistant.messages import Change, Choice, Question, Result
from handlers.media import words
from handlers.players import (
    GoneError,
    NoAnswerError,
    NotFoundError,
    NotPossibleError,
    PlayerError,
    PlayerState,
)

Kind: TypeAlias = Literal["done", "already-done", "sent", "no-answer", "gone", "failed", "not-possible", "not-found"]

CODES: Mapping[Kind, str] = {
    "no-answer": "no-answer",
    "gone": "no-answer",
    "failed": "failed",
    "not-found": "not-possible",
    "sent": "sent",
    "done": "done",
    "already-done": "already-done",
    "not-possible": "not-possible",
}
"""In the order in which one of several players speaks for all: the worst first, but those that cannot do it do not
spoil what the others did."""
_TOLD = ("playback", "volume", "muted", "shuffle", "repeat", "channel", "title")
"""Properties of a player's state that a result tells as changes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one player."""

    kind: Kind
    before: PlayerState = field(default_factory=PlayerState)
    after: PlayerState = field(default_factory=PlayerState)


def of_error(error: PlayerError) -> Outcome:
    """Return the outcome of a driver's error."""
    kinds: tuple[tuple[type[PlayerError], Kind], ...] = (
        (NoAnswerError, "no-answer"),
        (GoneError, "gone"),
        (NotFoundError, "not-found"),
        (NotPossibleError, "not-possible"),
    )
    return Outcome(next((kind for family, kind in kinds if isinstance(error, family)), "failed"))


def result(request_id: str, outcomes: Mapping[str, Outcome], *, intent: str, household: HouseholdConfig) -> Result:
    """Return the result for the whole command, with a sentence in each of the household's languages."""
    kinds = {outcome.kind for outcome in outcomes.values()}
    code = next(code for kind, code in CODES.items() if kind in kinds)
    return Result(
        id=request_id,
        ok=code in {"done", "already-done", "sent"},
        code=code,
        text={language: _sentence(language, outcomes, intent, household) for language in household.languages},
        changes=tuple(change for name, outcome in outcomes.items() for change in _changes(name, outcome)),
    )


def refusal(request_id: str, code: str, reason: words.Reason, *, household: HouseholdConfig) -> Result:
    """Return the result of a command that meant no player, or made no sense."""
    text: dict[str, str] = {language: words.REASONS[language][reason] for language in household.languages}
    return Result(request_id, ok=False, code=code, text=text)


def which(request_id: str, names: Sequence[str], *, household: HouseholdConfig) -> Result:
    """Return the question which of several players is meant."""
    text: dict[str, str] = {language: words.WHICH[language] for language in household.languages}
    choices = tuple(
        Choice(
            name,
            {
                language: tuple(household.players[name].names.get(language, ())) or (_name(language, name, household),)
                for language in household.languages
            },
        )
        for name in names
    )
    return Result(
        request_id, ok=False, code="question", text=text, question=Question(text, slot="player", choices=choices)
    )


def _changes(player: str, outcome: Outcome) -> list[Change]:
    changes = []
    for name in _TOLD:
        value, before = getattr(outcome.after, name), getattr(outcome.before, name)
        if value is not None and value != before:
            changes.append(Change(player, name, value, before))
    return changes


def _sentence(language: Language, outcomes: Mapping[str, Outcome], intent: str, household: HouseholdConfig) -> str:
    parts = []
    good = [outcome for outcome in outcomes.values() if outcome.kind in {"done", "already-done", "sent"}]
    if good:
        parts.append(words.done(language, intent, [outcome.after for outcome in good]))
    for kind, template in words.OTHERWISE[language].items():
        names = [name for name, outcome in outcomes.items() if outcome.kind == kind]
        if names and not (kind == "not-possible" and good):
            spoken = [_name(language, name, household) for name in names]
            parts.append(words.upper(template.format(names=words.listed(language, spoken))))
    return " ".join(part for part in parts if part)


def _name(language: Language, player: str, household: HouseholdConfig) -> str:
    """Return what a player is called in the language, else in another one, else its identifier."""
    names = household.players[player].names
    for own in (names.get(language, []), *names.values()):
        if own:
            return own[0]
    return player.replace("_", " ").replace("-", " ")
