"""Sentences that another recognizer wrote down, however it spells them."""

import pytest

from assistant.interpret import Interpreter, read_text
from assistant.interpret.text import MOST_LETTERS
from assistant.language import load_text

HOUSE = """
language: fr
intents:
  light.on: {data: [{sentences: ["(allume|mets) (la |le |l'){lamp:device}"]}]}
  light.off: {data: [{sentences: ["éteins (la |le |l'){lamp:device}"]}]}
  light.brightness: {data: [{sentences: ["règle (la |le |l'){lamp:device} à {level:brightness} pour cent"]}]}
  timer.start: {data: [{sentences: ["[mets un ]minuteur [de ]{minutes} minutes"]}]}
lists:
  lamp: {values: [{in: "lumière", out: all}, {in: liseuse, out: reading}, {in: "lampe de chevet", out: bedside}]}
  level: {range: {from: 0, to: 100}}
  minutes: {range: {from: 1, to: 90}}
"""
ENGLISH = """
language: en
intents:
  light.on: {data: [{sentences: ["(turn|switch) on the {lamp:device}"]}]}
  light.brightness: {data: [{sentences: ["set the {lamp:device} to {level:brightness} percent"]}]}
  clock.time: {data: [{sentences: ["what time is it"]}]}
lists:
  lamp: {values: [{in: reading lamp, out: reading}, {in: floor lamp, out: floor}, {in: Xiaomi lamp, out: xiaomi}]}
  level: {range: {from: 0, to: 100}}
"""
SURE = 0.5


@pytest.fixture(scope="module")
def house() -> Interpreter:
    return Interpreter([*load_text(HOUSE).sentences, *load_text(ENGLISH).sentences])


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("allume la liseuse", "light.on", {"device": "reading"}),
        (" Allume la liseuse. ", "light.on", {"device": "reading"}),
        ("ALLUME LA LISEUSE !", "light.on", {"device": "reading"}),
        ("Eteins la lampe de chevet", "light.off", {"device": "bedside"}),
        ("Étins la lumière", "light.off", {"device": "all"}),
        ("allumes la liseuses", "light.on", {"device": "reading"}),
        ("allume la lizeuse", "light.on", {"device": "reading"}),
        ("alume la li seuse", "light.on", {"device": "reading"}),
        ("minuteur 10 minutes", "timer.start", {"minutes": 10}),
        ("Mets un minuteur de 25 minutes.", "timer.start", {"minutes": 25}),
        ("règle la liseuse à 30%", "light.brightness", {"device": "reading", "brightness": 30}),
        ("Turn on the reading lamp.", "light.on", {"device": "reading"}),
        ("turn on the reading lamb", "light.on", {"device": "reading"}),
        ("Set the floor lamp to 30 %", "light.brightness", {"device": "floor", "brightness": 30}),
        ("set the floor lamp to thirty percent", "light.brightness", {"device": "floor", "brightness": 30}),
        ("Turn on the XIAOMI lamp", "light.on", {"device": "xiaomi"}),
        ("What time is it?", "clock.time", {}),
    ],
)
def test_what_a_sentence_means(text: str, intent: str, slots: dict[str, object], house: Interpreter) -> None:
    understood = read_text(house, text, languages=["fr", "en"])
    best = understood.hypotheses[0]
    assert (f"{best.domain}.{best.intent}", dict(best.slots)) == (intent, slots)
    assert best.confidence > SURE
    assert understood.heard == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "...",
        "♪♪♪",
        "你好",
        "Sous-titrage ST' 501",
        "Thank you for watching!",
        "le train pour Londres part à midi",
        "the train to London leaves at noon",
        "I would never turn on such a lamp in my life",
        "je ne sais pas quelle heure il est",
        "a" * 10_000,
        "turn on the reading lamp " * 100,
        "9" * 200,
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_what_is_no_sentence_of_the_house(text: str, house: Interpreter) -> None:
    """What recognizers make up of noise, and what people say to each other."""
    understood = read_text(house, text, languages=["fr", "en"])
    assert not understood.hypotheses or understood.hypotheses[0].confidence < SURE
    assert understood.heard == text


def test_exact_words_are_surer_than_others(house: Interpreter) -> None:
    texts = ("allume la liseuse", "allume la lizeuse", "alume li lizeuze", "allume la chaise")
    confidences = [
        max((one.confidence for one in read_text(house, text, languages=["fr"]).hypotheses), default=0.0)
        for text in texts
    ]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] > 0.98


def test_digits_are_spoken_in_the_languages_of_the_household_only(house: Interpreter) -> None:
    assert read_text(house, "set the floor lamp to 30%", languages=["en"]).hypotheses[0].slots["brightness"] == 30
    french = read_text(house, "minuteur 10 minutes", languages=["en"]).hypotheses
    assert not french or french[0].slots.get("minutes") != 10 or french[0].confidence < SURE


def test_the_longest_text_is_read_whole(house: Interpreter) -> None:
    long = "turn on the reading lamp".ljust(MOST_LETTERS)
    assert read_text(house, long, languages=["en"]).hypotheses[0].confidence > SURE
