"""Texts as engines read them best: cut into sentences, and what they misread written in words; pure.

All engines say numbers, percents and names by themselves.  What they do not agree on is written out here: units,
signs, the decimal mark of another language, clock times, telephone numbers, and marks that are not said at all.
Words are left alone: names of other languages keep their letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from assistant.config import Language
from assistant.speak.units import UNITS

MOST_CHARACTERS = 180
"""A longer sentence is cut at a comma or else a space: it would be heard late, and engines have their bounds."""

_END = re.compile(r"(?<=[.!?…;:])[\"»”)]*\s+|\n+")
"""Where a sentence may end; abbreviations are found by what stands before."""
_ABBREVIATION = re.compile(
    r"(?:^|\s)(mr|mrs|ms|dr|st|no|vs|sr|sra|srta|dra|d|ud|uds|avda|núm|m|mme|mlle|av|bd)\.$", re.IGNORECASE
)

_SYMBOLS: Mapping[Language, Mapping[str, str]] = {
    "en": {"&": "and", "+": "plus", "=": "equals", "@": "at"},
    "es": {"&": "y", "+": "más", "=": "igual a", "@": "arroba"},
    "fr": {"&": "et", "+": "plus", "=": "égale", "@": "arobase"},
}
_UNSAID = frozenset('<>[]{}|\\^~`*#_"«»“”„')
_MINUS: Mapping[Language, str] = {"en": "minus", "es": "menos", "fr": "moins"}
_UNIT = re.compile(
    r"(?<![\w.,])(\d+(?:[.,]\d+)?)\s?("
    + "|".join(sorted(map(re.escape, UNITS["en"]), key=len, reverse=True))
    + r")(?!\w)",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(
    r"(?<![\w.,:+-])(?!\d{4}-\d\d-\d\d\b)"  # not a date
    r"((?:\+\d{1,3}[ .-]?)?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){1,5})(?![\w:%°]|[ .-]?\d|[.,]\d)"
)
_THOUSANDS: Mapping[Language, re.Pattern[str]] = {
    "en": re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+)(?![\d,])"),
    "es": re.compile(r"(?<![\d.,])(\d{1,3}(?:[. ]\d{3})+)(?![\d.])"),
    "fr": re.compile(r"(?<![\d.,])(\d{1,3}(?:[. ]\d{3})+)(?![\d.])"),
}
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3])[:hH]([0-5]\d)(?![\d:])")


def sentences(text: str, language: Language) -> list[str]:
    """The sentences of the text as an engine reads them, in order; none where nothing can be said."""
    pieces = []
    for sentence in _split(written_out(text, language)):
        pieces += _cut(sentence)
    return [piece for piece in pieces if any(map(str.isalnum, piece))]


def written_out(text: str, language: Language) -> str:
    """The text with everything in words that engines leave out or misread."""
    text = _plain(text)
    text = _THOUSANDS[language].sub(lambda found: re.sub(r"[., ]", "", found[1]), text)
    text = _TELEPHONE.sub(lambda found: _telephone(found[1], language), text)
    if language != "en":
        text = re.sub(r"(?<![\w.,])(\d+)\.(\d+)(?![\d.])", r"\1,\2", text)
    text = re.sub(r"(?<![\w\-–])[-−](?=\d)", _MINUS[language] + " ", text)
    text = _CLOCK.sub(lambda found: _CLOCKS[language](int(found[1]), int(found[2])), text)
    text = _UNIT.sub(lambda found: _with_unit(found[1], found[2], language), text)
    for symbol, word in _SYMBOLS[language].items():
        text = text.replace(symbol, f" {word} ")
    return re.sub(r"[ \t]+", " ", text).strip()


def _plain(text: str) -> str:
    """Without marks that are not said: emoji, markup (Pico obeys it), brackets, kinds of spaces and quotes."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", text))


def _letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if letter in "‘’":
        return "'"
    if letter in "\n°":
        return letter
    if category[0] in "CZ" or category in ("So", "Sk") or letter in _UNSAID:
        return " "
    return letter


def _split(text: str) -> list[str]:
    """The sentences; what ends in an abbreviation goes on."""
    found: list[str] = []
    for part in (part.strip() for part in _END.split(text)):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] += f" {part}"
        elif part:
            found.append(part)
    return found


def _cut(sentence: str) -> list[str]:
    """The sentence in pieces of at most MOST_CHARACTERS, cut at a comma or else a space."""
    pieces = []
    while len(sentence) > MOST_CHARACTERS:
        head = sentence[:MOST_CHARACTERS]
        # Not before the middle: a lone word sounds like a sentence of its own.
        comma, space = head.rfind(", ", MOST_CHARACTERS // 2) + 1, head.rfind(" ") + 1
        at = comma or space or MOST_CHARACTERS
        pieces.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*pieces, sentence]


def _with_unit(number: str, unit: str, language: Language) -> str:
    one, many = UNITS[language][unit.lower()]
    value = float(number.replace(",", "."))
    is_one = value < 2 if language == "fr" else value == 1  # "1,5 degré" in French
    return f"{number} {one if is_one else many}"


def _telephone(number: str, language: Language) -> str:
    """Digit by digit in groups, as people read them out: French in pairs that are numbers, the others single digits.

    Groups that are written are kept.  Less than seven digits are a telephone number only behind a 0 or a plus, and
    round millions are none.
    """
    groups = re.findall(r"\d+", number)
    digits = "".join(groups)
    if len(digits) < (5 if number.startswith(("0", "+")) else 7):
        return number
    if len(groups) == 1:
        if digits.endswith("000"):
            return number
        groups = _grouped(digits, size=2 if language == "fr" and len(digits) % 2 == 0 else 3)
    spoken = [group if language == "fr" and len(group) == 2 else " ".join(group) for group in groups]
    return ("+" if number.startswith("+") else "") + ", ".join(spoken)


def _grouped(digits: str, *, size: int) -> list[str]:
    """Groups of `size`; the last one takes a single digit that would be left over."""
    groups = [digits[at : at + size] for at in range(0, len(digits), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def _clock_en(hour: int, minute: int) -> str:
    return f"{hour} {'o' + chr(39) + 'clock' if not minute else f'oh {minute}' if minute < 10 else minute}"


def _clock_es(hour: int, minute: int) -> str:
    return f"{hour} {f'y {minute}' if minute else 'en punto'}"


def _clock_fr(hour: int, minute: int) -> str:
    return f"{hour} heure{'s' if hour > 1 else ''}{f' {minute}' if minute else ''}"


_CLOCKS: Mapping[Language, Callable[[int, int], str]] = {"en": _clock_en, "es": _clock_es, "fr": _clock_fr}
