"""Times and timers in the words of each language: what is said of them, and the slots that say them.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.config import Language
from assistant.messages import SlotValue
from handlers.timer.timers import Timer

_PARTS = {"hours": 3600, "minutes": 60, "seconds": 1}
_MOST = 1e9
"""What larger numbers count as: too long for a timer, and no more than a float can hold."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of time in one language."""

    one: str
    """A single one, in words: voices read a digit before a noun without its gender."""
    singular: str
    plural: str


UNITS: Mapping[Language, tuple[Unit, Unit, Unit]] = {
    "en": (
        Unit("one hour", "hour", "hours"),
        Unit("one minute", "minute", "minutes"),
        Unit("one second", "second", "seconds"),
    ),
    "es": (
        Unit("una hora", "hora", "horas"),
        Unit("un minuto", "minuto", "minutos"),
        Unit("un segundo", "segundo", "segundos"),
    ),
    "fr": (
        Unit("une heure", "heure", "heures"),
        Unit("une minute", "minute", "minutes"),
        Unit("une seconde", "seconde", "secondes"),
    ),
}
AND: Mapping[Language, str] = {"en": "and", "es": "y", "fr": "et"}
OR: Mapping[Language, str] = {"en": "or", "es": "o", "fr": "ou"}

TEXTS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "timer": "the timer",
        "named": "the {label} timer",
        "long": "the {length} timer",
        "started": "Timer set for {time}.",
        "started-named": "{label} timer set for {time}.",
        "left": "{time} left on {timer}.",
        "left-one": "{time} left on {timer}.",
        "left-paused": "{timer} is paused, with {time} left.",
        "left-alone": "{time} left.",
        "left-alone-one": "{time} left.",
        "rings": "{timer} is ringing.",
        "resumed": "{timer} goes on, with {time} left.",
        "cancelled": "{timer} is cancelled.",
        "cancelled-all": "All timers are cancelled.",
        "stopped": "{timer} is stopped.",
        "already-paused": "{timer} is paused already.",
        "already-running": "{timer} is running already.",
        "none": "No timer is set.",
        "none-such": "There is no such timer.",
        "too-many": "There are {count} timers already.",
        "too-long": "A timer can take {time} at most.",
        "undone": "It is as it was before.",
        "nothing-to-undo": "There is nothing to undo.",
        "which": "Which timer: {choices}?",
        "how-long": "For how long?",
        "done": "{timer} is done.",
        "late": "While I was off, {timer} ended, {time} ago.",
    },
    "es": {
        "timer": "el temporizador",
        "named": "el temporizador de {label}",
        "long": "el temporizador de {length}",
        "started": "Temporizador en marcha: {time}.",
        "started-named": "Temporizador de {label} en marcha: {time}.",
        "left": "Quedan {time} en {timer}.",
        "left-one": "Queda {time} en {timer}.",
        "left-paused": "{timer} está en pausa; tiempo restante: {time}.",
        "left-alone": "Quedan {time}.",
        "left-alone-one": "Queda {time}.",
        "rings": "{timer} está sonando.",
        "resumed": "{timer} sigue en marcha; tiempo restante: {time}.",
        "cancelled": "He cancelado {timer}.",
        "cancelled-all": "He cancelado todos los temporizadores.",
        "stopped": "He parado {timer}.",
        "already-paused": "{timer} ya está en pausa.",
        "already-running": "{timer} ya está en marcha.",
        "none": "No hay ningún temporizador puesto.",
        "none-such": "No hay ningún temporizador así.",
        "too-many": "Ya hay {count} temporizadores.",
        "too-long": "Un temporizador puede durar {time} como máximo.",
        "undone": "Todo está como antes.",
        "nothing-to-undo": "No hay nada que deshacer.",
        "which": "¿Qué temporizador: {choices}?",
        "how-long": "¿De cuánto tiempo?",
        "done": "Ha terminado {timer}.",
        "late": "Mientras yo estaba apagado, terminó {timer}, hace {time}.",
    },
    "fr": {
        "timer": "le minuteur",
        "named": "le minuteur {label}",
        "long": "le minuteur de {length}",
        "started": "Minuteur lancé pour {time}.",
        "started-named": "Minuteur {label} lancé pour {time}.",
        "left": "Il reste {time} sur {timer}.",
        "left-one": "Il reste {time} sur {timer}.",
        "left-paused": "{timer} est en pause, il reste {time}.",
        "left-alone": "Il reste {time}.",
        "left-alone-one": "Il reste {time}.",
        "rings": "{timer} sonne.",
        "resumed": "{timer} repart, il reste {time}.",
        "cancelled": "{timer} est annulé.",
        "cancelled-all": "Tous les minuteurs sont annulés.",
        "stopped": "{timer} est arrêté.",
        "already-paused": "{timer} est déjà en pause.",
        "already-running": "{timer} est déjà en marche.",
        "none": "Aucun minuteur n'est en cours.",
        "none-such": "Il n'y a pas de tel minuteur.",
        "too-many": "Il y a déjà {count} minuteurs.",
        "too-long": "Un minuteur peut durer {time} au maximum.",
        "undone": "Tout est comme avant.",
        "nothing-to-undo": "Il n'y a rien à annuler.",
        "which": "Quel minuteur : {choices} ?",
        "how-long": "Pour combien de temps ?",
        "done": "{timer} est terminé.",
        "late": "Pendant que j'étais éteint, {timer} s'est terminé, il y a {time}.",
    },
}


def seconds_of(slots: Mapping[str, SlotValue], *, prefix: str = "") -> float | None:
    """Return the time that the slots `hours`, `minutes` and `seconds` say together, None where they say none."""
    given = [(slots[prefix + name], seconds) for name, seconds in _PARTS.items() if prefix + name in slots]
    numbers = [min(value, _MOST) * seconds for value, seconds in given if isinstance(value, int | float) and value >= 0]
    return float(sum(numbers)) if numbers else None


def duration(seconds: float, language: Language) -> str:
    """Return a time in words, "one hour and 5 minutes"; from an hour on without seconds."""
    parts = [
        unit.one if count == 1 else f"{count} {unit.plural}" for count, unit in _counted(seconds, language) if count
    ]
    return joined(parts or [f"0 {UNITS[language][-1].plural}"], AND[language])


def length(seconds: float, language: Language) -> str:
    """Return a time as it stands before or behind its timer: "10 minute", "de 10 minutos"."""
    if language != "en":
        return duration(seconds, language)
    return " ".join(f"{count} {unit.singular}" for count, unit in _counted(seconds, language) if count)


def called(timer: Timer, language: Language, *, alone: bool = False) -> str:
    """Return what a timer is called in a sentence: by name, else by length, and "the timer" where it is alone."""
    texts = TEXTS[language]
    if timer.label is not None:
        return texts["named"].format(label=timer.label)
    return texts["timer"] if alone else texts["long"].format(length=length(timer.length_s, language))


def sentence(key: str, language: Language, **places: object) -> str:
    """Return one of TEXTS, filled, beginning with a capital."""
    text = TEXTS[language][key].format(**places)
    return text[:1].upper() + text[1:]


def time_left(timer: Timer, language: Language, *, now: float, alone: bool) -> str:
    """Return the sentence that says how much is left of a timer."""
    name = called(timer, language, alone=alone)
    if timer.state == "ringing":
        return sentence("rings", language, timer=name)
    time = duration(timer.remaining_s(now), language)
    if timer.state == "paused":
        return sentence("left-paused", language, timer=name, time=time)
    key = "left-alone" if alone and timer.label is None else "left"
    one = time in {unit.one for unit in UNITS[language]}
    return sentence(f"{key}-one" if one else key, language, timer=name, time=time)


def joined(parts: Sequence[str], word: str) -> str:
    """Return "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _counted(seconds: float, language: Language) -> list[tuple[int, Unit]]:
    whole = round(seconds)
    if whole >= _PARTS["hours"]:
        whole = round(whole / 60) * 60
    counts = (whole // 3600, whole % 3600 // 60, whole % 60)
    return list(zip(counts, UNITS[language], strict=True))
