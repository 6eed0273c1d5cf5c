"""What the calling handler says, in the three languages.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from assistant.config import Language
from assistant.config.calling import Kind

Texts: TypeAlias = Mapping[str, str]
"""A sentence in each language; places in braces."""

KINDS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "mobile": {
        "en": ("mobile", "the mobile", "cell", "cell phone", "cellphone", "mobile phone"),
        "es": ("móvil", "el móvil", "al móvil", "celular", "el celular", "al celular"),
        "fr": ("portable", "le portable", "sur le portable", "mobile", "le mobile"),
    },
    "home": {
        "en": ("home", "at home", "the home number", "landline", "the landline"),
        "es": ("casa", "a casa", "en casa", "fijo", "el fijo", "al fijo"),
        "fr": ("domicile", "à la maison", "la maison", "maison", "fixe", "le fixe", "sur le fixe"),
    },
    "work": {
        "en": ("work", "at work", "the office", "office"),
        "es": ("trabajo", "al trabajo", "el trabajo", "en el trabajo", "la oficina", "oficina"),
        "fr": ("travail", "au travail", "le travail", "bureau", "au bureau", "le bureau"),
    },
    "other": {
        "en": ("other", "the other", "the other one"),
        "es": ("otro", "el otro", "al otro"),
        "fr": ("autre", "l'autre", "sur l'autre"),
    },
}
"""What the kinds of numbers are called: the first when asked, any when answered."""

ON: Mapping[Kind, Texts] = {
    "mobile": {"en": " on mobile", "es": " al móvil", "fr": " sur son portable"},
    "home": {"en": " at home", "es": " a casa", "fr": " à son domicile"},
    "work": {"en": " at work", "es": " al trabajo", "fr": " au travail"},
    "other": {"en": "", "es": "", "fr": ""},
}
"""After a name, which number is meant."""

CALL = {"en": "Call {who}{on}?", "es": "¿Llamo a {who}{on}?", "fr": "J'appelle {who}{on} ?"}
CALL_NUMBER = {"en": "Call {number}?", "es": "¿Llamo al {number}?", "fr": "J'appelle le {number} ?"}
CALL_EMERGENCY = {
    "en": "{number} is an emergency number. Call emergency {number} now?",
    "es": "El {number} es un número de emergencias. ¿Llamo ahora a emergencias, al {number}?",
    "fr": "Le {number} est un numéro d'urgence. J'appelle les urgences, le {number}, maintenant ?",
}
WHICH_NUMBER = {"en": "{who}: {choices}?", "es": "{who}: ¿{choices}?", "fr": "{who} : {choices} ?"}
WHICH_PERSON = {"en": "{choices}?", "es": "¿{choices}?", "fr": "{choices} ?"}
WHICH_OF_MANY = {
    "en": "I know {count} people called {words}. Which one?",
    "es": "Conozco a {count} personas que se llaman {words}. ¿Cuál?",
    "fr": "Je connais {count} personnes du nom de {words}. Laquelle ?",
}
NO_SUCH_KIND = {
    "en": "I have no {kind} number for {who}. {question}",
    "es": "De {who} no tengo el número de {kind}. {question}",
    "fr": "Je n'ai pas de numéro de {kind} pour {who}. {question}",
}
NO_OTHER = {
    "en": "I have no other number for {who}. {question}",
    "es": "De {who} no tengo otro número. {question}",
    "fr": "Je n'ai pas d'autre numéro pour {who}. {question}",
}
DID_YOU_MEAN = {
    "en": "I know nobody called {words}. Do you mean {choices}?",
    "es": "No conozco a nadie que se llame {words}. ¿Quieres decir {choices}?",
    "fr": "Je ne connais personne du nom de {words}. Vous voulez dire {choices} ?",
}
WHOM = {"en": "Whom shall I call?", "es": "¿A quién llamo?", "fr": "Qui dois-je appeler ?"}

CALLING = {"en": "Calling {who}.", "es": "Llamando a {who}.", "fr": "J'appelle {who}."}
CALLING_NUMBER = {"en": "Calling {number}.", "es": "Llamando al {number}.", "fr": "J'appelle le {number}."}
CALLS = {"en": "{who} is calling.", "es": "Llama {who}.", "fr": "{who} vous appelle."}
TALKING = {"en": "You are on the phone with {who}.", "es": "Hablas con {who}.", "fr": "Vous parlez avec {who}."}
SOMEBODY = {"en": "a withheld number", "es": "un número oculto", "fr": "un numéro masqué"}
NUMBER = {"en": "the number {number}", "es": "el número {number}", "fr": "le numéro {number}"}
REJECTED = {"en": "Call rejected.", "es": "Llamada rechazada.", "fr": "Appel refusé."}
HUNG_UP = {"en": "Call ended.", "es": "Llamada terminada.", "fr": "Appel terminé."}
MUTED = {"en": "Your microphone is off.", "es": "Tu micrófono está apagado.", "fr": "Votre micro est coupé."}
UNMUTED = {
    "en": "Your microphone is on again.",
    "es": "Tu micrófono vuelve a estar encendido.",
    "fr": "Votre micro est rétabli.",
}
SENT = {"en": "The telephone has been told.", "es": "Se lo he dicho al teléfono.", "fr": "C'est transmis au téléphone."}

REFUSALS: Mapping[str, Texts] = {
    "no-telephone-set-up": {
        "en": "No telephone is set up.",
        "es": "No hay ningún teléfono configurado.",
        "fr": "Aucun téléphone n'est configuré.",
    },
    "no-call": {"en": "There is no call.", "es": "No hay ninguna llamada.", "fr": "Il n'y a pas d'appel."},
    "nobody-calls": {"en": "Nobody is calling.", "es": "No llama nadie.", "fr": "Personne n'appelle."},
    "already-calling": {
        "en": "There is a call already. Hang up first.",
        "es": "Ya hay una llamada. Cuelga primero.",
        "fr": "Il y a déjà un appel. Raccrochez d'abord.",
    },
    "no-last-call": {
        "en": "I have not called anybody yet.",
        "es": "Todavía no he llamado a nadie.",
        "fr": "Je n'ai encore appelé personne.",
    },
    "no-such-contact": {
        "en": "I know nobody called {words}.",
        "es": "No conozco a nadie que se llame {words}.",
        "fr": "Je ne connais personne du nom de {words}.",
    },
    "no-such-relation": {
        "en": "I don't know who that is. Set it in the household's file.",
        "es": "No sé quién es. Indícalo en el archivo de la casa.",
        "fr": "Je ne sais pas qui c'est. Indiquez-le dans le fichier de la maison.",
    },
    "no-number": {
        "en": "I have no number for {who}.",
        "es": "No tengo el número de {who}.",
        "fr": "Je n'ai pas le numéro de {who}.",
    },
    "not-a-number": {
        "en": "That is not a telephone number.",
        "es": "Eso no es un número de teléfono.",
        "fr": "Ce n'est pas un numéro de téléphone.",
    },
    "contacts-only": {
        "en": "Only contacts may be called here.",
        "es": "Aquí solo se puede llamar a los contactos.",
        "fr": "Ici, on ne peut appeler que les contacts.",
    },
    "denied": {
        "en": "That number may not be called from here.",
        "es": "Desde aquí no se puede llamar a ese número.",
        "fr": "On ne peut pas appeler ce numéro d'ici.",
    },
    "premium": {
        "en": "That is a premium rate number; it is not called.",
        "es": "Es un número de tarificación especial; no se llama.",
        "fr": "C'est un numéro surtaxé ; il n'est pas appelé.",
    },
    "service-code": {
        "en": "That is a code for the telephone network, not a number; it is not dialled.",
        "es": "Es un código para la red telefónica, no un número; no se marca.",
        "fr": "C'est un code pour le réseau téléphonique, pas un numéro ; il n'est pas composé.",
    },
    "too-many": {
        "en": "That is enough calls for today.",
        "es": "Ya son bastantes llamadas por hoy.",
        "fr": "Cela fait assez d'appels pour aujourd'hui.",
    },
    "not-possible": {
        "en": "The telephone cannot do that.",
        "es": "El teléfono no puede hacerlo.",
        "fr": "Le téléphone ne peut pas faire cela.",
    },
}
"""Why nothing was done."""

FAILURES: Mapping[str, Texts] = {
    "busy": {"en": "{who} is busy.", "es": "{who} está comunicando.", "fr": "{who} : la ligne est occupée."},
    "declined": {
        "en": "{who} has declined the call.",
        "es": "{who} ha rechazado la llamada.",
        "fr": "{who} a refusé l'appel.",
    },
    "not-answered": {"en": "{who} does not answer.", "es": "{who} no contesta.", "fr": "{who} ne répond pas."},
    "not-reachable": {
        "en": "{who} cannot be reached.",
        "es": "{who} no está disponible.",
        "fr": "{who} n'est pas joignable.",
    },
    "unknown-number": {
        "en": "{who}: that number does not exist.",
        "es": "{who}: ese número no existe.",
        "fr": "{who} : ce numéro n'existe pas.",
    },
    "hung-up": {"en": "Call ended.", "es": "Llamada terminada.", "fr": "Appel terminé."},
    "no-telephone": {
        "en": "The telephone does not answer.",
        "es": "El teléfono no responde.",
        "fr": "Le téléphone ne répond pas.",
    },
    "no-dbus": {
        "en": "The telephone cannot be reached: the system's D-Bus is missing.",
        "es": "No se puede acceder al teléfono: falta el D-Bus del sistema.",
        "fr": "Le téléphone est inaccessible : le D-Bus du système manque.",
    },
    "failed": {
        "en": "The call has failed.",
        "es": "La llamada ha fallado.",
        "fr": "L'appel a échoué.",
    },
}
"""Why a call, or another command to the telephone, has failed."""

_OR = {"en": "or", "es": "o", "fr": "ou"}


def told(
    texts: Texts, places: Callable[[Language], Mapping[str, str]], languages: Sequence[Language]
) -> dict[str, str]:
    """Return a sentence in each language.  places: what stands in its braces, in a language."""
    return {language: sentence(texts, places(language), language) for language in languages}


def sentence(texts: Texts, places: Mapping[str, str], language: Language) -> str:
    """Return the sentence in a language, with its places filled."""
    text = texts[language].format_map(places)
    return text[:1].upper() + text[1:]


def listed(choices: Sequence[str], language: Language) -> str:
    """Return `mobile, home or work`."""
    if len(choices) == 1:
        return choices[0]
    word = _OR[language]
    if language == "es" and choices[-1].casefold().startswith(("o", "ho")):
        word = "u"
    return f"{', '.join(choices[:-1])} {word} {choices[-1]}"
