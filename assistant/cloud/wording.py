"""What is said of the connection, in each language."""

from __future__ import annotations

WAITS = {
    "en": "There's no connection right now. I'll send it as soon as there is.",
    "es": "Ahora no hay conexión. Lo enviaré en cuanto vuelva.",
    "fr": "Pas de connexion pour l'instant. Je l'enverrai dès que possible.",
}
NO_CONNECTION = {
    "en": "I can't do that without a connection.",
    "es": "Sin conexión no puedo hacerlo.",
    "fr": "Je ne peux pas faire ça sans connexion.",
}
FULL = {
    "en": "There's no connection, and too much is waiting already. I couldn't keep that.",
    "es": "No hay conexión y ya hay demasiadas cosas esperando. No he podido guardarlo.",
    "fr": "Pas de connexion, et trop de choses attendent déjà. Je n'ai pas pu le garder.",
}
NOT_KEPT = {
    "en": "There's no connection, and I couldn't keep that for later.",
    "es": "No hay conexión y no he podido guardarlo para más tarde.",
    "fr": "Pas de connexion, et je n'ai pas pu le garder pour plus tard.",
}
NOT_POSSIBLE = {
    "en": "Sorry, that didn't work.",
    "es": "Lo siento, no ha funcionado.",
    "fr": "Désolé, ça n'a pas marché.",
}
EXPIRED = {
    "en": "The connection was gone for too long. Not sent: {text}.",
    "es": "Ha pasado demasiado tiempo sin conexión. No se ha enviado: {text}.",
    "fr": "La connexion est restée coupée trop longtemps. Pas envoyé : {text}.",
}
EXPIRED_SOUND = {
    "en": "The connection was gone for too long. I've deleted what I couldn't understand.",
    "es": "Ha pasado demasiado tiempo sin conexión. He borrado lo que no entendí.",
    "fr": "La connexion est restée coupée trop longtemps. J'ai effacé ce que je n'avais pas compris.",
}
