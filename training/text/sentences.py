"""Free sentences of all kinds, cut out of texts that Debian packages carry: fortunes, a handbook, game dialogues."""

from __future__ import annotations

import re
from functools import cache
from gettext import GNUTranslations
from html import unescape
from pathlib import Path

from training.text.vocabulary import is_word

LENGTH_WORDS = range(3, 26)
PACKAGES = ("fortunes", "fortunes-es", "debian-handbook", "wesnoth-1.16-*")
"""Debian packages whose texts are used where they are installed; of Wesnoth's the folder `locale` is enough."""

_FORTUNES = Path("/usr/share/games/fortunes")
_HANDBOOK = Path("/usr/share/doc/debian-handbook/html")
_DIALOGUES = Path("/usr/share/games/wesnoth/1.16/locale")
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
    if len(text.split()) not in LENGTH_WORDS:
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
    return texts + _dialogues(language)


def _dialogues(language: str) -> list[str]:
    """Return what the figures of the game say, from its translations; the English is the originals of the Spanish."""
    texts: list[str] = []
    for path in sorted((_DIALOGUES / ("es" if language == "en" else language)).glob("LC_MESSAGES/*.mo")):
        with path.open("rb") as stream:
            messages: dict[object, str] = vars(GNUTranslations(stream))["_catalog"]
        texts += [
            str(original).rpartition("^")[2] if language == "en" else translated
            for original, translated in messages.items()
            if isinstance(original, str) and translated
        ]
    return texts
