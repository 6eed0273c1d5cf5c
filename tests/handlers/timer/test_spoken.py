"""Timers by voice: every intent in every language, by Pico's voices, which no network was trained with."""

from __future__ import annotations

from functools import cache

import pytest

from assistant.config import HouseholdConfig
from assistant.model import Model
from assistant.recognizer import Recognizer, for_household, recognize_samples
from handlers.timer.words import seconds_of
from tests.handlers.timer.test_sentences import Said
from tests.speech import speak

VOICES = {"en": "en-US", "es": "es-ES", "fr": "fr-FR"}
SAID = [
    Said("en", "set a timer for an hour and a half", "start", 5400),
    Said("en", "start a pasta timer for eight minutes please", "start", 480, "pasta"),
    Said("en", "how much time is left on the pasta timer", "remaining", name="pasta"),
    Said("en", "pause the timer", "pause"),
    Said("en", "resume the ten minute timer", "resume", which_seconds=600),
    Said("en", "cancel the rice timer", "cancel", name="rice"),
    Said("en", "cancel all timers", "cancel_all"),
    Said("en", "add five minutes to the timer", "add", 300),
    Said("es", "pon un temporizador de una hora y media", "start", 5400),
    Said("es", "pon un temporizador para la pasta de ocho minutos", "start", 480, "pasta"),
    Said("es", "cuánto tiempo queda", "remaining"),
    Said("es", "pausa el temporizador", "pause"),
    Said("es", "reanuda el temporizador", "resume"),
    Said("es", "cancela el temporizador del arroz", "cancel", name="arroz"),
    Said("es", "cancela todos los temporizadores", "cancel_all"),
    Said("es", "añade cinco minutos al temporizador", "add", 300),
    Said("fr", "mets un minuteur d'une heure et demie", "start", 5400),
    Said("fr", "mets un minuteur d'un quart d'heure", "start", 900),
    Said("fr", "combien de temps reste-t-il", "remaining"),
    Said("fr", "mets le minuteur en pause", "pause"),
    Said("fr", "reprends le minuteur", "resume"),
    Said("fr", "annule le minuteur du riz", "cancel", name="riz"),
    Said("fr", "annule tous les minuteurs", "cancel_all"),
    Said("fr", "ajoute cinq minutes au minuteur", "add", 300),
]


@cache
def recognizer() -> Recognizer:
    return for_household(HouseholdConfig(packs=["light", "system", "timer"]), Model.load(None))


@pytest.mark.parametrize("said", SAID, ids=[f"{said.language} {said.text}" for said in SAID])
def test_it_is_understood(said: Said) -> None:
    understood, _ = recognize_samples(recognizer(), speak(said.text, voice=VOICES[said.language]), whole=True)
    best = understood.best
    assert understood.accepted, understood
    assert best is not None
    assert (best.language, best.domain, best.intent) == (said.language, "timer", said.intent)
    assert seconds_of(best.slots) == said.seconds
    assert seconds_of(best.slots, prefix="start_") == said.which_seconds
    assert best.slots.get("name") == said.name
