"""Names alone, as parts of a sentence that no template says: "the kitchen", "my dentist", "twenty minutes".

They are reserved intents `span.DOMAIN_KIND`, of the packs' own lists and rules: heard only where a part of an utterance
is known to be such a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from hassil.parse_expression import parse_sentence

from assistant.language.packs import load_packs
from assistant.language.sentences import Block, Sentences, Template

DOMAIN = "span"
_ARTICLE = {
    "en": "[(the|my|our|that|this|some|his|her) ]",
    "es": "[(el|la|los|las|mi|mis|nuestro|nuestra|al|del|su|esa|ese) ]",
    "fr": "[(le |la |les |l'|mon |ma |mes |notre |au |du |d'|cette |ce )]",
}
_NAMES: Mapping[str, Mapping[str, str]] = {
    "light": {"thing": "({device}|{room}|{floor}|{everything:scope})", "color": "{color}"},
    "media": {
        "thing": "({room}|{player}|{everywhere:scope})",
        "music": "({playlist}|{station}|{artist}|{album}|{title})",
    },
    "calling": {"person": "({contact}|{relation})"},
    "timer": {"time": "<duration>"},
}


def span(domain: str, kind: str) -> str | None:
    """Return the reserved intent that hears names of a kind for a domain, or None where there is none."""
    return f"{DOMAIN}.{domain}_{kind}" if kind in _NAMES.get(domain, {}) else None


def span_intents() -> tuple[str, ...]:
    """Return all of these intents."""
    return tuple(f"{DOMAIN}.{domain}_{kind}" for domain, kinds in _NAMES.items() for kind in kinds)


def span_sentences(packs: Iterable[str], languages: Iterable[str]) -> tuple[Sentences, ...]:
    """Return the names of some packs as sentences, each pack's apart."""
    return tuple(
        replace(pack, blocks=tuple(_block(name, kind, body, pack.language) for kind, body in _NAMES[name].items()))
        for language in languages
        for name in packs
        if name in _NAMES
        for pack in load_packs([name], [language])
    )


def _block(domain: str, kind: str, body: str, language: str) -> Block:
    expression = parse_sentence(_ARTICLE[language] + body).expression
    return Block(DOMAIN, f"{domain}_{kind}", (Template(expression, f"{DOMAIN}.{domain}_{kind}"),))
