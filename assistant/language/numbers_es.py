"""Spanish numbers as people say them."""

from __future__ import annotations

_SMALL = [
    "cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce",
    "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte", "veintiuno",
    "veintidós", "veintitrés", "veinticuatro", "veinticinco", "veintiséis", "veintisiete", "veintiocho",
    "veintinueve",
]  # fmt: skip
_TENS = ["-", "diez", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
_HUNDREDS = [
    "-", "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos", "setecientos",
    "ochocientos", "novecientos",
]  # fmt: skip

POINT = ("coma", "punto")
MINUS = ("menos",)
HALF = ("y medio", "y media")


def cardinals(number: int) -> list[str]:
    """Return the usual ways to say a whole number from 0 on, the most usual first."""
    if number < 100:
        return _below_hundred(number)
    if number < 1000:
        return _hundreds(number)
    if number < 1_000_000:
        return _thousands(number)
    return _millions(number)


def year(_number: int) -> list[str]:
    """Return nothing: Spanish says years as numbers."""
    return []


def digit(number: int) -> list[str]:
    """Return the names of one digit in a row of digits."""
    return [_SMALL[number]]


def _below_hundred(number: int) -> list[str]:
    if number % 10 == 1 and number != 11:
        return _ending_in_one(number)
    if number < 16:
        return [_SMALL[number]]
    tens, ones = divmod(number, 10)
    apart = [] if ones == 0 else [f"{_TENS[tens]} y {_SMALL[ones]}"]  # "veinte y cinco", also "diez y seis"
    return [_SMALL[number], *apart] if number < 30 else apart or [_TENS[tens]]


def _ending_in_one(number: int) -> list[str]:
    ones = ["uno", "un", "una"]
    if number == 1:
        return ones
    if number == 21:
        return ["veintiuno", "veintiún", "veintiuna", *(f"veinte y {one}" for one in ones)]
    return [f"{_TENS[number // 10]} y {one}" for one in ones]


def _hundreds(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    if number == 100:
        return ["cien", "ciento"]
    heads = [_HUNDREDS[hundreds]]
    if hundreds > 1:
        heads.append(_HUNDREDS[hundreds][:-2] + "as")
    if rest == 0:
        return heads
    return [f"{head} {tail}" for head in heads for tail in _below_hundred(rest)]


def _thousands(number: int) -> list[str]:
    count, rest = divmod(number, 1000)
    heads = ["mil"] if count == 1 else [f"{way} mil" for way in _before_noun(count)]
    tails = [""] if rest == 0 else [f" {way}" for way in cardinals(rest)]
    return [head + tail for head in heads for tail in tails]


def _millions(number: int) -> list[str]:
    count, rest = divmod(number, 1_000_000)
    heads = ["un millón"] if count == 1 else [f"{way} millones" for way in _before_noun(count)]
    tails = [""] if rest == 0 else [f" {way}" for way in cardinals(rest)]
    return [head + tail for head in heads for tail in tails]


def _before_noun(count: int) -> list[str]:
    """The ways that stand before `mil` and `millones`: "veintiún mil", never "veintiuno mil"."""
    return [way for way in cardinals(count) if not way.endswith(("uno", "ciento"))] or cardinals(count)
