"""Written sentences as the words that were spoken."""

from __future__ import annotations

import re
import unicodedata

from num2words import num2words

_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*['’]?")
_LETTERS = {"en": "", "es": "áéíñóúü", "fr": "àâæçèéêëîïôœùûüÿ"}
_UNSPOKEN = set("()[]{}$€£¥%&@#*/\\+=<>|~^°")


def spoken_words(text: str, language: str) -> str | None:
    """Return `text` in lower case, digits as words, without punctuation; None when it cannot be known what was said.

    It cannot where brackets, currency signs, ordinals ("29th") and the like stand, or letters of other languages.
    """
    if _UNSPOKEN & set(text) or re.search(r"\d[.,:]?\d*[^\W\d]|\d[.,:]\d", text):
        return None
    spelled = _NUMBER.sub(lambda digits: f" {num2words(int(digits.group()), lang=language)} ", text)
    words = _WORD.findall(unicodedata.normalize("NFC", spelled).lower())
    joined = " ".join(word.replace("’", "'") for word in words)
    known = set("abcdefghijklmnopqrstuvwxyz' ") | set(_LETTERS[language]) | set("áéèñçüöäêôî")
    return joined if joined and set(joined) <= known else None
