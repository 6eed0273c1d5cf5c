"""Numbers, digits, times, dates and letters as people say them, in English, Spanish and French."""

from __future__ import annotations

from functools import cache
from random import Random

from unicode_rbnf import RbnfEngine

DIGITS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
}
MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "es": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
}
WEEKDAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "es": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    "fr": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
}
_ORDINALS_EN = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
]


@cache
def number(language: str, value: int) -> str:
    """Return `value` in words, without soft hyphens."""
    return RbnfEngine.for_language(language).format_number(value).text.replace("\u00ad", "").replace("−", "minus ")


def number_between(language: str, random: Random, *, low: int, high: int) -> str:
    """Return a random number of the range in words; round numbers come more often, as people like them."""
    value = random.randint(low, high)
    if random.random() < 0.35:
        step = 100 if high >= 500 and random.random() < 0.5 else 5
        value = min(high, max(low, round(value / step) * step))
    words = number(language, value)
    if language == "en" and value > 100 and value % 100 and random.random() < 0.6:
        words = words.replace("hundred ", "hundred and ", 1)
    if language == "en" and 100 <= value < 1000 and random.random() < 0.1:
        words = f"{number('en', value // 100)} {_under_hundred(value % 100)}"
    return words


def digits(language: str, random: Random, *, low: int, high: int) -> str:
    """Return between `low` and `high` random digits, one by one or in the groups people make."""
    count = random.randint(low, high)
    words = [random.choice(DIGITS[language]) for _ in range(count)]
    if language == "en" and random.random() < 0.3:
        words = ["oh" if word == "zero" else word for word in words]
    if language == "fr" and random.random() < 0.5:
        words = [number("fr", random.randint(0, 99)) for _ in range(max(1, count // 2))]
    if random.random() < 0.3:
        return " ".join(words)
    size = random.choice((1, 2, 3, 4))
    groups = [" ".join(words[start : start + size]) for start in range(0, len(words), size)]
    return ", ".join(groups)


def time_of_day(language: str, random: Random) -> str:
    """Return a time of day in words."""
    hour = random.randint(0, 23)
    minute = random.choice((0, 0, 15, 30, 45, random.randint(1, 59), random.randrange(5, 60, 5)))
    return {"en": _time_en, "es": _time_es, "fr": _time_fr}[language](random, hour, minute)


def date(language: str, random: Random) -> str:
    """Return a day of the calendar in words, sometimes with weekday or year."""
    day, month = random.randint(1, 31), random.randrange(12)
    if language == "en":
        ordinal = _ORDINALS_EN[day - 1]
        name = MONTHS["en"][month]
        text = random.choice((f"{name} {ordinal}", f"{name} the {ordinal}", f"the {ordinal} of {name}"))
    elif language == "es":
        text = f"{'primero' if day == 1 and random.random() < 0.5 else number('es', day)} de {MONTHS['es'][month]}"
        text = random.choice((text, f"el {text}"))
    else:
        text = f"{'premier' if day == 1 else number('fr', day)} {MONTHS['fr'][month]}"
        text = random.choice((text, f"le {text}"))
    if random.random() < 0.3:
        text = f"{random.choice(WEEKDAYS[language])} {text}"
    if random.random() < 0.25:
        text += {"en": " ", "es": " de ", "fr": " "}[language] + _year(language, random)
    return text


def spelled(text: str) -> str:
    """Return the letters of `text` one by one."""
    return ", ".join(letter.upper() for letter in text if letter.isalpha() and letter.upper() != "ß")


def _under_hundred(value: int) -> str:
    if value == 0:
        return "hundred"
    return f"oh {number('en', value)}" if value < 10 else number("en", value)


def _year(language: str, random: Random) -> str:
    value = random.randint(1900, 2049)
    if language == "en" and value % 100 >= 10:
        return f"{number('en', value // 100)} {number('en', value % 100)}"
    return number(language, value)


def _time_en(random: Random, hour: int, minute: int) -> str:
    name = number("en", hour % 12 or 12)
    after = number("en", (hour + 1) % 12 or 12)
    part = random.choice(
        ("", "", " a m" if hour < 12 else " p m", " in the morning" if hour < 12 else " in the evening")
    )
    if minute == 0:
        return random.choice((f"{name} o'clock{part.replace(' a m', '').replace(' p m', '')}", name + part))
    shown = f"{name} {'oh ' if minute < 10 else ''}{number('en', minute)}{part}"
    ways = [shown, shown]
    if minute == 30:
        ways.append(f"half past {name}")
    elif minute % 15 == 0:
        ways.append(f"quarter past {name}" if minute == 15 else f"(a )quarter to {after}".replace("(a )", ""))
    elif minute % 5 == 0:
        told = number("en", minute if minute < 30 else 60 - minute)
        ways.append(f"{told} past {name}" if minute < 30 else f"{told} to {after}")
    return random.choice(ways)


def _time_es(random: Random, hour: int, minute: int) -> str:
    name = "una" if hour % 12 == 1 else number("es", hour % 12 or 12)
    article = "la" if name == "una" else "las"
    part = random.choice(("", "", " de la mañana" if hour < 12 else " de la tarde" if hour < 20 else " de la noche"))
    told = {0: random.choice(("", " en punto")), 15: " y cuarto", 30: " y media", 45: " menos cuarto"}.get(minute)
    if told == " menos cuarto":
        after = (hour + 1) % 12 or 12
        name = "una" if after == 1 else number("es", after)
        article = "la" if after == 1 else "las"
    if told is None:
        told = random.choice((" y ", " ")) + number("es", minute)
    return f"{article} {name}{told}{part}"


def _time_fr(random: Random, hour: int, minute: int) -> str:
    if hour in {0, 12} and random.random() < 0.7:
        name = "midi" if hour else "minuit"
    else:
        shown = hour if random.random() < 0.5 else hour % 12 or 12
        name = f"{number('fr', shown)}{'e' if shown in {1, 21} else ''} heure{'' if shown in {0, 1} else 's'}"
    told = {0: "", 15: " et quart", 30: " et demie", 45: " moins le quart"}.get(minute, "")
    if minute and (not told or random.random() < 0.4):
        told = f" {number('fr', minute)}"
    part = random.choice(("", "", "", " du matin" if hour < 12 else " de l'après-midi" if hour < 18 else " du soir"))
    return f"{name}{told}{part}"
