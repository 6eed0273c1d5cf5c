"""What people say to timers, heard through the graph as a clear network would: intent, time and name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from assistant.config import HouseholdConfig
from assistant.interpret import Interpreter
from assistant.language import load_packs
from assistant.messages import Hypothesis
from assistant.vocabularies import all_catalogs
from handlers import registry
from handlers.timer.words import seconds_of
from tests.interpret.rendering import rendered

HOUSEHOLD = HouseholdConfig.model_validate(
    {
        "packs": ["light", "system", "timer"],
        "handlers": {"run": ["timer"], "options": {"timer": {"names": {"en": ["paella"], "fr": ["tajine"]}}}},
    }
)


@dataclass
class Said:
    language: str
    text: str
    intent: str
    seconds: float | None = None
    name: str | None = None
    which_seconds: float | None = None


SAID = [
    Said("en", "set a timer for ten minutes", "start", 600),
    Said("en", "ten minute timer", "start", 600),
    Said("en", "start a pasta timer for eight minutes please", "start", 480, "pasta"),
    Said("en", "set a timer for the eggs for six minutes", "start", 360, "egg"),
    Said("en", "please set a ten minute pizza timer", "start", 600, "pizza"),
    Said("en", "timer for an hour and a half", "start", 5400),
    Said("en", "set a timer for two and a half hours", "start", 9000),
    Said("en", "set five minutes thirty on the clock", "start", 330),
    Said("en", "set a timer for five minutes thirty", "start", 330),
    Said("en", "set a timer for one hour twenty", "start", 4800),
    Said("en", "set a timer for one hour ten minutes and five seconds", "start", 4205),
    Said("en", "countdown from ninety seconds", "start", 90),
    Said("en", "set a timer for half an hour", "start", 1800),
    Said("en", "set a timer for three quarters of an hour", "start", 2700),
    Said("en", "set a timer for a minute and a half", "start", 90),
    Said("en", "start a paella timer for twenty five minutes", "start", 1500, "paella"),
    Said("en", "set a timer", "start"),
    Said("en", "how much time is left on the pasta timer", "remaining", name="pasta"),
    Said("en", "how long is left", "remaining"),
    Said("en", "when does the timer go off", "remaining"),
    Said("en", "pause the timer", "pause"),
    Said("en", "resume the ten minute timer", "resume", which_seconds=600),
    Said("en", "cancel the pasta timer", "cancel", name="pasta"),
    Said("en", "stop the timer", "cancel"),
    Said("en", "cancel all my timers", "cancel_all"),
    Said("en", "add five minutes to the pasta timer", "add", 300, "pasta"),
    Said("en", "add two minutes to the ten minute timer", "add", 120, which_seconds=600),
    Said("en", "five more minutes", "add", 300),
    Said("en", "another ten minutes", "add", 600),
    Said("es", "pon un temporizador de diez minutos", "start", 600),
    Said("es", "pon un temporizador para la pasta de ocho minutos", "start", 480, "pasta"),
    Said("es", "ponme diez minutos para los huevos", "start", 600, "huevo"),
    Said("es", "temporizador de media hora", "start", 1800),
    Said("es", "pon un temporizador de tres cuartos de hora", "start", 2700),
    Said("es", "inicia un temporizador de una hora y media", "start", 5400),
    Said("es", "pon un temporizador de hora y media", "start", 5400),
    Said("es", "pon un temporizador de una hora y cuarto", "start", 4500),
    Said("es", "pon un temporizador de cinco minutos y treinta segundos", "start", 330),
    Said("es", "pon un temporizador de un minuto y medio", "start", 90),
    Said("es", "avísame dentro de veinte minutos", "start", 1200),
    Said("es", "cuánto queda", "remaining"),
    Said("es", "cuánto tiempo le queda a la pasta", "remaining", name="pasta"),
    Said("es", "pausa el temporizador", "pause"),
    Said("es", "reanuda el temporizador de la pizza", "resume", name="pizza"),
    Said("es", "cancela el temporizador de diez minutos", "cancel", which_seconds=600),
    Said("es", "cancela todos los temporizadores", "cancel_all"),
    Said("es", "añade cinco minutos al temporizador del arroz", "add", 300, "arroz"),
    Said("es", "cinco minutos más", "add", 300),
    Said("fr", "mets un minuteur de dix minutes", "start", 600),
    Said("fr", "lance un minuteur pâtes de huit minutes", "start", 480, "pâtes"),
    Said("fr", "minuteur pour les œufs de trois minutes", "start", 180, "œufs"),
    Said("fr", "mets un minuteur d'une demi-heure", "start", 1800),
    Said("fr", "minuteur d'un quart d'heure", "start", 900),
    Said("fr", "règle un minuteur sur trois quarts d'heure", "start", 2700),
    Said("fr", "mets un minuteur d'une heure et demie", "start", 5400),
    Said("fr", "mets un minuteur de deux heures et quart", "start", 8100),
    Said("fr", "lance un minuteur de cinq minutes trente", "start", 330),
    Said("fr", "mets un minuteur d'une minute et demie", "start", 90),
    Said("fr", "lance un minuteur pour le tajine de vingt minutes", "start", 1200, "tajine"),
    Said("fr", "préviens-moi dans vingt minutes", "start", 1200),
    Said("fr", "combien de temps reste-t-il", "remaining"),
    Said("fr", "combien de temps reste-t-il pour les pâtes", "remaining", name="pâtes"),
    Said("fr", "mets le minuteur en pause", "pause"),
    Said("fr", "reprends le minuteur", "resume"),
    Said("fr", "annule le minuteur des pâtes", "cancel", name="pâtes"),
    Said("fr", "arrête le minuteur de dix minutes", "cancel", which_seconds=600),
    Said("fr", "annule tous les minuteurs", "cancel_all"),
    Said("fr", "ajoute cinq minutes au minuteur", "add", 300),
    Said("fr", "encore cinq minutes", "add", 300),
]


@cache
def interpreter() -> Interpreter:
    vocabularies = registry.vocabularies(HOUSEHOLD)
    packs = load_packs(HOUSEHOLD.packs, HOUSEHOLD.languages)
    return Interpreter(packs, catalogs=all_catalogs(HOUSEHOLD, vocabularies))


def heard(text: str) -> Hypothesis:
    hypotheses = interpreter().interpret(rendered(text)).hypotheses
    assert hypotheses
    return hypotheses[0]


@pytest.mark.parametrize("said", SAID, ids=[f"{said.language} {said.text}" for said in SAID])
def test_a_sentence_is_understood(said: Said) -> None:
    best = heard(said.text)
    assert (best.language, best.domain, best.intent) == (said.language, "timer", said.intent)
    assert seconds_of(best.slots) == said.seconds
    assert seconds_of(best.slots, prefix="start_") == said.which_seconds
    assert best.slots.get("name") == said.name
