"""English numbers as people say them."""

from __future__ import annotations

_SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand"))

POINT = ("point",)
MINUS = ("minus", "negative")
HALF = ("and a half",)


def cardinals(number: int) -> list[str]:
    """Return the usual ways to say a whole number from 0 on, the most usual first."""
    if number < 100:
        return [_below_hundred(number)]
    if number < 1000:
        return _hundreds(number // 100, rest=number % 100)
    ways = [way for scale, name in _SCALES if number >= scale for way in _scaled(number, scale=scale, name=name)]
    if number < 10_000 and number % 1000 >= 100:  # "fifteen hundred"
        ways += [f"{_below_hundred(number // 100)} hundred{tail}" for tail in _tails(number % 100)]
    return list(dict.fromkeys(ways))


def year(number: int) -> list[str]:
    """Return a four-digit number as years are said: "nineteen eighty four"."""
    first, last = divmod(number, 100)
    if not 10 <= first <= 99 or first % 10 == 0:
        return []
    if last == 0:
        return [f"{_below_hundred(first)} hundred"]
    return [f"{_below_hundred(first)} {'oh ' if last < 10 else ''}{_below_hundred(last)}"]


def digit(number: int) -> list[str]:
    """Return the names of one digit in a row of digits."""
    return ["zero", "oh"] if number == 0 else [_SMALL[number]]


def _below_hundred(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] if ones == 0 else f"{_TENS[tens]} {_SMALL[ones]}"


def _hundreds(hundreds: int, *, rest: int) -> list[str]:
    heads = ["one hundred", "a hundred"] if hundreds == 1 else [f"{_SMALL[hundreds]} hundred"]
    return [head + tail for head in heads for tail in _tails(rest)]


def _tails(rest: int) -> list[str]:
    return [""] if rest == 0 else [f" {_below_hundred(rest)}", f" and {_below_hundred(rest)}"]


def _scaled(number: int, *, scale: int, name: str) -> list[str]:
    if number >= scale * 1000:
        return []
    count, rest = divmod(number, scale)
    heads = [f"{way} {name}" for way in cardinals(count)]
    if count == 1:
        heads.append(f"a {name}")
    if rest == 0:
        return heads
    joints = (" ", " and ") if rest < 100 else (" ",)
    return [f"{head}{joint}{way}" for head in heads for joint in joints for way in cardinals(rest)]
