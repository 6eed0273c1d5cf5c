"""Free sentences of all kinds, cut out of texts that Debian packages carry: fortunes and the Debian handbook."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from pathlib import Path

from assistant.model.symbols import normalize
from training.text.vocabulary import is_word

LENGTH_WORDS = range(3, 26)
PACKAGES = ("fortunes", "fortunes-es", "debian-handbook")
"""Debian packages whose texts are used where they are installed; apt-get install them for training."""

_FORTUNES = Path("/usr/share/games/fortunes")
_HANDBOOK = Path("/usr/share/doc/debian-handbook/html")
_FORTUNE_FILES = {
    "en": "fortunes people wisdom literature love food work science sports riddles pets kids tao platitudes education "
    "miscellaneous medicine humorists news politics",
    "es": "es/*.fortunes.u8",
    "fr": "",
}
_HANDBOOK_FOLDERS = {"en": "en-US", "es": "es-ES", "fr": "fr-FR"}
_END = re.compile(r"(?<=[.!?…])[\"»”']*\s+(?=[\"«“¿¡]*[A-ZÀ-Ý¿¡])")
_PLAIN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ALLOWED = re.compile(r"[\w\s',.;:!?¿¡’\"«»“”…()–—-]+")
_PARAGRAPH = re.compile(r"<(?:p|div class=\"para\"|td|li)[^>]*>(.*?)</(?:p|div|td|li)>", re.DOTALL)
_ABBREVIATED = re.compile(r"\b(?:[A-ZÀ-Ý]{2,}|[A-Z]\.|[Mm]r|[Mm]rs|[Dd]r|St|etc|vs|Sr|Sra|Ud|Vd|MM?|Mme)\b")


@cache
def sentences(language: str) -> tuple[str, ...]:
    """Return all free sentences of `language` that are installed here and can be spoken as they stand."""
    found: dict[str, None] = {}
    for text in _texts(language):
        for sentence in _END.split(text):
            clean = speakable(sentence, language)
            if clean:
                found[clean] = None
    return tuple(found)


def speakable(sentence: str, language: str) -> str:
    """Return `sentence` with plain punctuation, or nothing where it has digits, rare words or abbreviations."""
    text = re.sub(r"\s+", " ", sentence).strip()
    if not _ALLOWED.fullmatch(text) or _ABBREVIATED.search(text) or re.search(r"\d|_", text):
        return ""
    text = re.sub(r"[\"«»“”()]", "", text)
    text = re.sub(r"\s*(?:--|[–—…]|\.\.\.)\s*", ", ", text.replace("’", "'")).strip(" ,-")
    if len(normalize(text).split()) not in LENGTH_WORDS:
        return ""
    spoken = [word for part in _PLAIN.findall(text) for word in re.split(r"['-]", part) if len(word) > 2]
    return text if spoken and all(is_word(word.lower(), language) for word in spoken) else ""


def _texts(language: str) -> list[str]:
    texts: list[str] = []
    for pattern in _FORTUNE_FILES[language].split():
        for path in sorted(_FORTUNES.glob(pattern)):
            fortunes = path.read_text(encoding="utf-8", errors="ignore").split("\n%")
            texts += [re.sub(r"\n\s*--.*", "", fortune, flags=re.DOTALL) for fortune in fortunes]
    for path in sorted((_HANDBOOK / _HANDBOOK_FOLDERS[language]).glob("*.html")):
        page = path.read_text(encoding="utf-8", errors="ignore")
        texts += [unescape(re.sub(r"<[^>]+>", "", paragraph)) for paragraph in _PARAGRAPH.findall(page)]
    return texts
