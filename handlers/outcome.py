"""What became of each lamp after a command, and the result that is told.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from assistant.config import DeviceConfig, HouseholdConfig
from assistant.messages import Change, Question, Result, SlotValue
from handlers import colors
from handlers.colors import Tint, White
from handlers.drivers import Light
from handlers.drivers.contract import same_brightness

Kind: TypeAlias = Literal["done", "already-done", "sent", "no-answer", "failed", "not-possible"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one lamp."""

    kind: Kind
    changes: tuple[Change, ...] = ()


def judge(device: str, *, asked: Light, before: Light, after: Light) -> Outcome:
    """Return the outcome of a lamp that has answered and tells `after`.

    A lamp that went as near as it can (a colour outside its range, its least brightness) has done it, and the change
    tells its own figure; one that did not move in some property has not.
    """
    if asked.on is not None and after.on != asked.on:
        return Outcome("failed")
    if asked.brightness is not None and not same_brightness(asked.brightness, after.brightness):
        if after.brightness is None:
            return Outcome("not-possible")
        if after.brightness == before.brightness:
            return Outcome("failed")
    if asked.tint is not None and not (after.tint is not None and colors.near(asked.tint, after.tint)):
        if after.tint is None or type(after.tint) is not type(asked.tint):
            return Outcome("not-possible")
        if after.tint == before.tint:
            return Outcome("failed")
    changes = tuple(_changes(device, asked=asked, before=before, after=after))
    return Outcome("done" if changes else "already-done", changes)


def result(
    request_id: str, outcomes: Mapping[str, Outcome], *, household: HouseholdConfig, intent: str, sent: bool = False
) -> Result:
    """Return the result for the whole command, with a sentence in each of the household's languages."""
    kinds = {outcome.kind for outcome in outcomes.values()} | ({"sent"} if sent else set())
    code = _code(kinds)
    return Result(
        id=request_id,
        ok=code in {"done", "already-done", "sent"},
        code=code,
        text={language: _sentence(language, outcomes, household, intent) for language in household.languages},
        changes=tuple(change for outcome in outcomes.values() for change in outcome.changes),
    )


def too_many(request_id: str, count: int, *, household: HouseholdConfig) -> Result:
    """Return the question before a command that would change `count` lamps all over the house."""
    text: dict[str, str] = {language: TOO_MANY[language].format(count=count) for language in household.languages}
    return Result(request_id, ok=False, code="question", text=text, question=Question(text))


def refusal(request_id: str, code: str, *, household: HouseholdConfig, why: str | None = None) -> Result:
    """Return the result of a command that meant no lamp, or made no sense; `why` where the code does not say it."""
    text: dict[str, str] = {language: REFUSALS[language][why or code] for language in household.languages}
    return Result(request_id, ok=False, code=code, text=text)


def _code(kinds: set[str]) -> str:
    """One word for all lamps: the worst, but lamps that cannot do it do not spoil what the others did."""
    for kind in ("no-answer", "failed", "sent", "done", "already-done", "not-possible"):
        if kind in kinds:
            return kind
    return "no-such-device"


def _changes(device: str, *, asked: Light, before: Light, after: Light) -> list[Change]:
    changes = []
    if asked.on is not None and after.on is not None and before.on != after.on:
        changes.append(Change(device, "on", after.on, before.on))
    if asked.brightness is not None and after.brightness is not None and before.brightness != after.brightness:
        changes.append(Change(device, "brightness", after.brightness, before.brightness))
    if asked.tint is not None and after.tint is not None and before.tint != after.tint:
        name = "kelvin" if isinstance(after.tint, White) else "color"
        changes.append(
            Change(device, name, _written(after.tint), None if before.tint is None else _written(before.tint))
        )
    return changes


def _written(tint: Tint) -> SlotValue:
    """A white is a number of kelvin, a colour ``#rrggbb``."""
    return tint.kelvin if isinstance(tint, White) else colors.to_hex(tint)


REFUSALS = {
    "en": {
        "no-such-device": "There is no such light.",
        "not-possible": "That is not possible.",
        "nothing-to-undo": "There is nothing to undo.",
    },
    "es": {
        "no-such-device": "No hay ninguna luz así.",
        "not-possible": "Eso no es posible.",
        "nothing-to-undo": "No hay nada que deshacer.",
    },
    "fr": {
        "no-such-device": "Il n'y a pas de telle lampe.",
        "not-possible": "Ce n'est pas possible.",
        "nothing-to-undo": "Il n'y a rien à annuler.",
    },
}

TOO_MANY = {
    "en": "That changes {count} lights. Shall I go ahead?",
    "es": "Eso cambia {count} luces. ¿Sigo adelante?",
    "fr": "Cela change {count} lampes. Je continue ?",
}

DONE = {
    "en": {
        "on": "Turned on {names}.",
        "off": "Turned off {names}.",
        "other": "Set {names}.",
        "undo": "{names}, as before.",
    },
    "es": {
        "on": "He encendido {names}.",
        "off": "He apagado {names}.",
        "other": "He ajustado {names}.",
        "undo": "{names}, como antes.",
    },
    "fr": {
        "on": "J'ai allumé {names}.",
        "off": "J'ai éteint {names}.",
        "other": "J'ai réglé {names}.",
        "undo": "{names}, comme avant.",
    },
}
"""Verbs of the speaker: names of lamps have a gender, and a participle would have to agree with it."""

OTHERWISE: dict[str, dict[str, str]] = {
    "en": {
        "already-done": "Nothing to change for {names}.",
        "sent": "Sent to {names}.",
        "no-answer": "No answer from {names}.",
        "failed": "{names} did not obey.",
        "not-possible": "{names} cannot do that.",
    },
    "es": {
        "already-done": "Nada que cambiar en {names}.",
        "sent": "Enviado a {names}.",
        "no-answer": "Sin respuesta de {names}.",
        "failed": "Sin efecto en {names}.",
        "not-possible": "Eso no es posible con {names}.",
    },
    "fr": {
        "already-done": "Rien à changer pour {names}.",
        "sent": "Envoyé à {names}.",
        "no-answer": "Pas de réponse de {names}.",
        "failed": "Sans effet sur {names}.",
        "not-possible": "Ce n'est pas possible avec {names}.",
    },
}
AND = {"en": "and", "es": "y", "fr": "et"}
MANY = {"en": "{count} lights", "es": "{count} luces", "fr": "{count} lampes"}
NAMED_AT_MOST = 3
"""More lamps than these are counted, except those that did not answer: they are all named."""
SCENE = {"en": "Scene set.", "es": "Escena activada.", "fr": "Scène activée."}


def _sentence(language: str, outcomes: Mapping[str, Outcome], household: HouseholdConfig, intent: str) -> str:
    parts = []
    done = [name for name, outcome in outcomes.items() if outcome.kind == "done"]
    if done:
        parts.append(_done(language, done, outcomes, household, intent))
    for kind, template in OTHERWISE[language].items():
        names = [name for name, outcome in outcomes.items() if outcome.kind == kind]
        if names:
            whole = kind in {"no-answer", "failed"}
            parts.append(_upper(template.format(names=_names(language, names, household, whole=whole))))
    return " ".join(parts) or (SCENE[language] if intent == "scene" else "")


def _done(
    language: str, names: Sequence[str], outcomes: Mapping[str, Outcome], household: HouseholdConfig, intent: str
) -> str:
    if intent == "scene":
        return SCENE[language]
    switched = {change.value for name in names for change in outcomes[name].changes if change.property == "on"}
    verb = intent if intent in {"on", "off", "undo"} else "other"
    if intent == "toggle" and len(switched) == 1:
        verb = "on" if True in switched else "off"
    return _upper(DONE[language][verb].format(names=_names(language, names, household, whole=False)))


def _names(language: str, names: Sequence[str], household: HouseholdConfig, *, whole: bool) -> str:
    if len(names) > NAMED_AT_MOST and not whole:
        return MANY[language].format(count=len(names))
    spoken = [_name(language, name, household.devices[name]) for name in names]
    if len(spoken) == 1:
        return spoken[0]
    return f"{', '.join(spoken[:-1])} {AND[language]} {spoken[-1]}"


def _name(language: str, identifier: str, device: DeviceConfig) -> str:
    """Return what the lamp is called in the language, else in another one, else its identifier."""
    for names in (dict(device.names).get(language, []), *device.names.values()):  # type: ignore[call-overload]
        if names:
            return str(names[0])
    return identifier.replace("_", " ").replace("-", " ")


def _upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
