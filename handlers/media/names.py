"""What people call the things in a library, from what libraries call them.  Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Characters of a name that a catalog takes; nobody says longer ones."""

_NUMBER = re.compile(r"^\s*\d{1,3}\s*[-.)]\s+(?=\D)")
_BRACKETS = re.compile(r"\s*[(\[{][^)\]}]*[)\]}]")
_EDITION = re.compile(
    r"\s+[-–—/:]\s+(?:[^-–—]*\b)?(?:remaster(?:ed|is[ée])?|remix|mix|live|en vivo|en directo|version|versión|edit|mono"
    r"|stereo|bonus|deluxe|demo|take|edition|edición|édition|soundtrack)\b.*$",
    re.IGNORECASE,
)
_GUEST = re.compile(r"\s+(?:feat|ft|featuring)\b\.?\s.*$", re.IGNORECASE)
_SORTED = re.compile(r"^(?P<name>.+), (?P<article>the|a|an|el|la|los|las|le|les)$", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|los|las|les)\s+(?=\S{3})", re.IGNORECASE)


def said_as(name: str, *, kind: str) -> tuple[str, ...]:
    """Return what a thing may be called, the whole name first; nothing where it cannot be said at all.

    A title or album goes by its name without track number, edition and guests, an artist also without the article.
    """
    whole = " ".join(unicodedata.normalize("NFC", name).split())
    names = [_SORTED.sub(r"\g<article> \g<name>", _NUMBER.sub("", whole))]
    if kind in {"artist", "album", "title"}:
        names.append(_GUEST.sub("", names[0]))
        names.append(_EDITION.sub("", _BRACKETS.sub("", names[-1])))
    if kind == "artist":
        names += [_ARTICLE.sub("", one) for one in names]
    sayable = (one.strip(" -–—,;:") for one in names)
    return tuple(dict.fromkeys(one for one in sayable if len(one) <= LONGEST and any(map(str.isalnum, one))))


def folded(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
