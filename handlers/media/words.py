"""What the media handler says, in each language.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from assistant.config import Language
from handlers.players import PlayerState

Reason: TypeAlias = Literal["no-player", "no-item", "no-sense", "nothing-to-undo"]

WHICH: dict[Language, str] = {
    "en": "On which player?",
    "es": "¿En qué reproductor?",
    "fr": "Sur quel appareil ?",
}
REASONS: dict[Language, dict[Reason, str]] = {
    "en": {
        "no-player": "There is no player there.",
        "no-item": "I can't find that in the library.",
        "no-sense": "That is not possible.",
        "nothing-to-undo": "There is nothing to undo.",
    },
    "es": {
        "no-player": "Ahí no hay ningún reproductor.",
        "no-item": "No lo encuentro en la biblioteca.",
        "no-sense": "Eso no es posible.",
        "nothing-to-undo": "No hay nada que deshacer.",
    },
    "fr": {
        "no-player": "Il n'y a pas de lecteur là-bas.",
        "no-item": "Je ne trouve pas ça dans la bibliothèque.",
        "no-sense": "Ce n'est pas possible.",
        "nothing-to-undo": "Il n'y a rien à annuler.",
    },
}
OTHERWISE: dict[Language, dict[str, str]] = {
    "en": {
        "no-answer": "No answer from {names}.",
        "gone": "I lost the connection to {names}.",
        "failed": "{names} did not obey.",
        "not-found": "I can't find that on {names} any more.",
        "not-possible": "{names} can't do that now.",
    },
    "es": {
        "no-answer": "Sin respuesta de {names}.",
        "gone": "Se ha perdido la conexión con {names}.",
        "failed": "Sin efecto en {names}.",
        "not-found": "Ya no lo encuentro en {names}.",
        "not-possible": "Eso no es posible ahora con {names}.",
    },
    "fr": {
        "no-answer": "Pas de réponse de {names}.",
        "gone": "La connexion avec {names} est perdue.",
        "failed": "Sans effet sur {names}.",
        "not-found": "Je ne le trouve plus sur {names}.",
        "not-possible": "Ce n'est pas possible maintenant avec {names}.",
    },
}
DONE: dict[Language, dict[str, str]] = {
    "en": {
        "play": "Playing {what}.", "resume": "Playing {what}.", "pause": "Paused.", "stop": "Stopped.",
        "next": "{what}.", "previous": "{what}.", "seek": "Done.", "volume": "Volume {volume}.", "mute": "Muted.",
        "unmute": "Sound on.", "shuffle on": "Shuffle on.", "shuffle off": "Shuffle off.",
        "repeat off": "Repeat off.", "repeat one": "Repeating this one.", "repeat all": "Repeating everything.",
        "channel": "Channel {channel}.", "what": "This is {what}.", "paused": "{what}, paused.",
        "nothing": "Nothing is playing.", "undo": "Undone.", "over": "That was the last one.",
        "played": "Playing.", "other": "OK.",
    },
    "es": {
        "play": "Pongo {what}.", "resume": "Sigue {what}.", "pause": "En pausa.", "stop": "Parado.",
        "next": "{what}.", "previous": "{what}.", "seek": "Hecho.", "volume": "Volumen {volume}.",
        "mute": "Sin sonido.", "unmute": "Con sonido.", "shuffle on": "En orden aleatorio.",
        "shuffle off": "En orden normal.", "repeat off": "Sin repetición.", "repeat one": "Se repite esta.",
        "repeat all": "Se repite todo.", "channel": "Canal {channel}.", "what": "Es {what}.",
        "paused": "{what}, en pausa.", "nothing": "No está sonando nada.", "undo": "Deshecho.",
        "over": "Era la última.", "played": "Suena la música.", "other": "Vale.",
    },
    "fr": {
        "play": "Je mets {what}.", "resume": "On reprend {what}.", "pause": "En pause.", "stop": "Arrêté.",
        "next": "{what}.", "previous": "{what}.", "seek": "C'est fait.", "volume": "Volume {volume}.",
        "mute": "Son coupé.", "unmute": "Son rétabli.", "shuffle on": "Lecture aléatoire.",
        "shuffle off": "Lecture dans l'ordre.", "repeat off": "Répétition désactivée.",
        "repeat one": "Ce titre se répète.", "repeat all": "Tout se répète.", "channel": "Chaîne {channel}.",
        "what": "C'est {what}.", "paused": "{what}, en pause.", "nothing": "Rien n'est en cours de lecture.",
        "undo": "C'est annulé.", "over": "C'était le dernier.", "played": "C'est parti.", "other": "D'accord.",
    },
}  # fmt: skip
ON_STATION: dict[Language, str] = {"en": "{title} on {on}", "es": "{title}, en {on}", "fr": "{title}, sur {on}"}
BY: dict[Language, str] = {"en": "{title} by {artist}", "es": "{title}, de {artist}", "fr": "{title}, de {artist}"}
AND: dict[Language, str] = {"en": "and", "es": "y", "fr": "et"}

_VOLUME = frozenset({"volume", "volume_up", "volume_down"})
_CHANNEL = frozenset({"channel", "channel_up", "channel_down"})
_PLAYING = frozenset({"play", "resume", "next", "previous", "what"})


def done(language: Language, intent: str, states: Sequence[PlayerState]) -> str:
    """Return what is said of players that have obeyed, from what they are doing now."""
    first = states[0]
    what = next((found for state in states if (found := playing(language, state))), None)
    text = DONE[language][_key(intent, first, what)]
    return upper(text.format(what=what, volume=first.volume, channel=first.channel))


def playing(language: Language, state: PlayerState) -> str | None:
    """Return what a player plays, in words; None where it does not say."""
    on = state.station or state.channel
    if state.title is None:
        return on
    title = state.title
    if state.artist is not None:
        title = BY[language].format(title=title, artist=state.artist)
    return title if on is None or on == state.title else ON_STATION[language].format(title=title, on=on)


def listed(language: Language, names: Sequence[str]) -> str:
    """Return names as a list in words."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {AND[language]} {names[-1]}"


def upper(sentence: str) -> str:
    """Return a sentence with a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def _key(intent: str, state: PlayerState, what: str | None) -> str:
    if intent in _VOLUME:
        return "other" if state.volume is None else "volume"
    if intent in _CHANNEL:
        return "other" if state.channel is None else "channel"
    if intent in _PLAYING:
        return _playing_key(intent, state, what)
    if intent == "shuffle":
        return "shuffle on" if state.shuffle else "shuffle off"
    if intent == "repeat":
        return f"repeat {state.repeat or 'off'}"
    return intent if intent in DONE["en"] else "other"


def _playing_key(intent: str, state: PlayerState, what: str | None) -> str:
    if intent in {"next", "previous"} and state.playback == "stopped":
        return "over"
    if intent == "what" and state.playback != "playing":
        return "paused" if state.playback == "paused" and what is not None else "nothing"
    return "played" if what is None else intent
