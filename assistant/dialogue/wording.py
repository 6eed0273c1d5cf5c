"""What the dialogue itself says, in each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Texts = Mapping[str, str]

AGAIN: Texts = {"en": "Sorry? {question}", "es": "¿Perdón? {question}", "fr": "Pardon ? {question}"}
LEFT: Texts = {"en": "All right, I'll leave it.", "es": "Vale, lo dejo.", "fr": "D'accord, je laisse."}
SILENCE: Texts = {
    "en": "No answer, so I'll leave it.",
    "es": "No he oído respuesta, así que lo dejo.",
    "fr": "Pas de réponse, je laisse.",
}
CANCELLED: Texts = {"en": "All right.", "es": "Vale.", "fr": "D'accord."}
NOT_UNDERSTOOD: Texts = {
    "en": "Sorry, I didn't understand.",
    "es": "Perdona, no te he entendido.",
    "fr": "Désolé, je n'ai pas compris.",
}
CONFIRM: Texts = {
    "en": "{text}: is that right?",
    "es": "{text}: ¿es correcto?",
    "fr": "{text} : c'est bien ça ?",
}
FORBIDDEN: Texts = {
    "en": "That can't be done by voice here.",
    "es": "Eso aquí no se puede hacer por voz.",
    "fr": "Ici, cela ne se fait pas à la voix.",
}
NOTHING_DONE: Texts = {
    "en": "There is nothing to undo.",
    "es": "No hay nada que deshacer.",
    "fr": "Il n'y a rien à annuler.",
}
NOTHING_BEFORE: Texts = {
    "en": "There is nothing to do again.",
    "es": "No hay nada que repetir.",
    "fr": "Il n'y a rien à refaire.",
}
NOTHING_SAID: Texts = {
    "en": "I haven't said anything.",
    "es": "No he dicho nada.",
    "fr": "Je n'ai rien dit.",
}
_HELP: Texts = {
    "en": "You can say, for example: {examples}.",
    "es": "Puedes decir, por ejemplo: {examples}.",
    "fr": "Vous pouvez dire, par exemple : {examples}.",
}
_EXAMPLES: Mapping[str, Texts] = {
    "light": {"en": "turn on the lights", "es": "enciende las luces", "fr": "allume la lumière"},
    "media": {"en": "pause the music", "es": "pausa la música", "fr": "mets la musique en pause"},
    "timer": {
        "en": "set a timer for ten minutes",
        "es": "pon un temporizador de diez minutos",
        "fr": "mets un minuteur de dix minutes",
    },
    "calling": {"en": "call my mother", "es": "llama a mi madre", "fr": "appelle ma mère"},
}
_OR: Texts = {"en": "or", "es": "o", "fr": "ou"}
_QUESTION: Texts = {"en": "{text}?", "es": "¿{text}?", "fr": "{text} ?"}


def in_language(texts: Texts, language: str) -> str:
    """Return the text in `language`, else in English, else in any."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def capital(text: str) -> str:
    """Return `text` as a sentence begins."""
    return text[:1].upper() + text[1:]


def which(names: Sequence[str], language: str) -> str:
    """Return the question which of several is meant: `Floor lamp, desk lamp or ceiling?`."""
    joined = f"{', '.join(names[:-1])} {in_language(_OR, language)} {names[-1]}"
    return in_language(_QUESTION, language).format(text=capital(joined))


def help_text(domains: Sequence[str], language: str) -> str:
    """Return some sentences that may be said; empty where none of the domains is known."""
    examples = [in_language(_EXAMPLES[domain], language) for domain in domains if domain in _EXAMPLES]
    return in_language(_HELP, language).format(examples=", ".join(examples)) if examples else ""
