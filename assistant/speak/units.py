"""Units as they are said, in every language."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.config import Language

UNITS: Mapping[Language, Mapping[str, tuple[str, str]]] = {
    "en": {
        "°c": ("degree", "degrees"),
        "°f": ("degree Fahrenheit", "degrees Fahrenheit"),
        "°": ("degree", "degrees"),
        "%": ("percent", "percent"),
        "h": ("hour", "hours"),
        "min": ("minute", "minutes"),
        "s": ("second", "seconds"),
        "km": ("kilometre", "kilometres"),
        "m": ("metre", "metres"),
        "cm": ("centimetre", "centimetres"),
        "km/h": ("kilometre an hour", "kilometres an hour"),
        "kg": ("kilogram", "kilograms"),
        "g": ("gram", "grams"),
        "l": ("litre", "litres"),
        "ml": ("millilitre", "millilitres"),
        "w": ("watt", "watts"),
        "kw": ("kilowatt", "kilowatts"),
        "kwh": ("kilowatt hour", "kilowatt hours"),
        "db": ("decibel", "decibels"),
    },
    "es": {
        "°c": ("grado", "grados"),
        "°f": ("grado Fahrenheit", "grados Fahrenheit"),
        "°": ("grado", "grados"),
        "%": ("por ciento", "por ciento"),
        "h": ("hora", "horas"),
        "min": ("minuto", "minutos"),
        "s": ("segundo", "segundos"),
        "km": ("kilómetro", "kilómetros"),
        "m": ("metro", "metros"),
        "cm": ("centímetro", "centímetros"),
        "km/h": ("kilómetro por hora", "kilómetros por hora"),
        "kg": ("kilo", "kilos"),
        "g": ("gramo", "gramos"),
        "l": ("litro", "litros"),
        "ml": ("mililitro", "mililitros"),
        "w": ("vatio", "vatios"),
        "kw": ("kilovatio", "kilovatios"),
        "kwh": ("kilovatio hora", "kilovatios hora"),
        "db": ("decibelio", "decibelios"),
    },
    "fr": {
        "°c": ("degré", "degrés"),
        "°f": ("degré Fahrenheit", "degrés Fahrenheit"),
        "°": ("degré", "degrés"),
        "%": ("pour cent", "pour cent"),
        "h": ("heure", "heures"),
        "min": ("minute", "minutes"),
        "s": ("seconde", "secondes"),
        "km": ("kilomètre", "kilomètres"),
        "m": ("mètre", "mètres"),
        "cm": ("centimètre", "centimètres"),
        "km/h": ("kilomètre heure", "kilomètres heure"),
        "kg": ("kilo", "kilos"),
        "g": ("gramme", "grammes"),
        "l": ("litre", "litres"),
        "ml": ("millilitre", "millilitres"),
        "w": ("watt", "watts"),
        "kw": ("kilowatt", "kilowatts"),
        "kwh": ("kilowattheure", "kilowattheures"),
        "db": ("décibel", "décibels"),
    },
}
"""Unit in small letters to its words after one and after more."""
