"""French numbers as people say them, those of Belgium and Switzerland included."""

from __future__ import annotations

_SMALL = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize",
]  # fmt: skip
_TENS = ["-", "dix", "vingt", "trente", "quarante", "cinquante", "soixante"]
_OTHER_TENS = {7: ("septante",), 8: ("huitante", "octante"), 9: ("nonante",)}

POINT = ("virgule", "point")
MINUS = ("moins",)
HALF = ("et demi", "et demie")


def cardinals(number: int) -> list[str]:
    """Return the usual ways to say a whole number from 0 on, the most usual first."""
    if number < 100:
        return _below_hundred(number)
    if number < 1000:
        return _hundreds(number)
    if number < 1_000_000:
        return _thousands(number)
    return _millions(number)


def year(number: int) -> list[str]:
    """Return a four-digit number as years are said: "dix-neuf cent quatre-vingt-quatre"."""
    if not 1100 <= number <= 1999:
        return []
    first, last = divmod(number, 100)
    head = f"{_below_hundred(first)[0]} cent"
    return [head] if last == 0 else [f"{head} {way}" for way in _below_hundred(last)]


def digit(number: int) -> list[str]:
    """Return the names of one digit in a row of digits."""
    return [_SMALL[number]]


def _below_hundred(number: int) -> list[str]:
    if number < 17:
        return _small(number)
    tens, ones = divmod(number, 10)
    if tens < 7:
        return _with_ones(_TENS[tens] if tens else "", ones)
    ways = _by_twenties(number)
    for name in _OTHER_TENS[tens]:
        ways += _with_ones(name, ones)
    return ways


def _small(number: int) -> list[str]:
    return ["un", "une"] if number == 1 else [_SMALL[number]]


def _with_ones(tens: str, ones: int) -> list[str]:
    if ones == 0:
        return [tens]
    if ones == 1:
        return [f"{tens} {joint}{one}" for joint in ("et ", "") for one in _small(1)]
    return [f"{tens} {_SMALL[ones]}"]


def _by_twenties(number: int) -> list[str]:
    """70 to 99 as France and Canada say them."""
    if number < 80:
        rest = _below_hundred(number - 60)
        joint = "et " if number == 71 else ""
        return [f"soixante {joint}{way}" for way in rest]
    if number == 80:
        return ["quatre-vingts", "quatre-vingt"]
    return [f"quatre-vingt {way}" for way in _below_hundred(number - 80)]


def _hundreds(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    head = "cent" if hundreds == 1 else f"{_SMALL[hundreds]} cent"
    if rest:
        return [f"{head} {way}" for way in _below_hundred(rest)]
    return [head] if hundreds == 1 else [head + "s", head]


def _thousands(number: int) -> list[str]:
    count, rest = divmod(number, 1000)
    heads = ["mille"] if count == 1 else [f"{way} mille" for way in _before_noun(count)]
    tails = [""] if rest == 0 else [f" {way}" for way in cardinals(rest)]
    return [head + tail for head in heads for tail in tails]


def _millions(number: int) -> list[str]:
    count, rest = divmod(number, 1_000_000)
    heads = ["un million"] if count == 1 else [f"{way} millions" for way in _before_noun(count)]
    tails = [""] if rest == 0 else [f" {way}" for way in cardinals(rest)]
    return [head + tail for head in heads for tail in tails]


def _before_noun(count: int) -> list[str]:
    return [way for way in cardinals(count) if not way.endswith("une")]
