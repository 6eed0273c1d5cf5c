"""What hassil samples we hear, and what it reads in a text and what we hear is the same."""

import random
from pathlib import Path

import pytest
import yaml
from hassil.intents import Intents, TextSlotList
from hassil.util import merge_dict

from assistant.config import HouseholdConfig
from assistant.interpret import Interpreter
from assistant.language import (
    catalog_entries,
    digit_groups,
    digits_of,
    household_catalogs,
    load_packs,
    load_text,
)
from assistant.language import packs as packs_module
from tests.interpret.rendering import rendered
from tests.interpret.sampling import Sampled, sampled

LANGUAGES = ("en", "es", "fr")
PACKS = Path(packs_module.__file__).parent
HOUSE = HouseholdConfig.model_validate(
    {
        "floors": {"up": {"en": "upstairs", "es": "planta alta", "fr": "premier étage"}},
        "rooms": {
            "kitchen": {"en": "kitchen", "es": "cocina", "fr": "cuisine"},
            "living_room": {"en": ["living room", "lounge"], "es": "salón", "fr": "salon"},
        },
        "devices": {
            "reading": {"names": {"en": "reading lamp", "es": "flexo", "fr": "liseuse"}, "topic": "a"},
            "floor_lamp": {"names": {"en": "Erika", "es": "lámpara de pie", "fr": "lampadaire"}, "topic": "b"},
        },
        "contacts": {
            "people": {
                "anne": {"names": {"en": ["Anne Martin", "Anne"]}, "numbers": {"mobile": "0612345678"}},
                "jose": {"names": {"es": ["María José López", "Pepa"]}, "numbers": {"home": "912345678"}},
                "mum": {"names": {"en": "Mum", "es": "Mamá", "fr": "Maman"}, "numbers": {"home": "123456"}},
            }
        },
        "scenes": {"movie": {"names": {"en": "movie night", "es": "noche de cine", "fr": "soirée cinéma"}}},
        "players": {
            "stereo": {"names": {"en": "hi-fi", "es": "equipo grande", "fr": "ampli"}},
            "screen": {"kind": "television", "names": {"en": "big screen", "es": "pantalla", "fr": "grand écran"}},
        },
    }
)
RUNNING = {
    "timer": {"Zelda": "zelda"},
    "playlist": {"Sunday Brunch": "Sunday Brunch"},
    "artist": {"Miles Davis": "Miles Davis", "L'Impératrice": "L'Impératrice"},
    "album": {"Kind of Blue": "Kind of Blue (Legacy Edition)"},
    "station": {"France Inter": "France Inter", "Radio Nacional": "Radio Nacional"},
    "title": {"La camisa negra": "La camisa negra", "Yesterday": "Yesterday"},
    "channel": {"Discovery": "Discovery", "Arte": "Arte"},
}
"""What handlers publish while they run."""
OWN = {
    "en": """
language: en
intents:
  orderDrink:
    data:
      - sentences: ["(brew|can I get|I'd like) (a|an) ([{size}];[{roast} roast];[{shots}]) {drink} [with <extras>]"]
  setTimer:
    data:
      - sentences: ["(set|start) [a[n]] timer[s] for <time>", "<time> timer"]
        slots: {kind: timer}
  openCover:
    data: [{sentences: ["(open|raise) [the] {cover:device_class}[s] [to {position} percent]"]}]
expansion_rules:
  extras: "({milk}|{sugar}|{milk} and {sugar}|{sugar} and {milk})"
  time: "({hours} hour[s][ [and] {minutes} minute[s]]|{minutes} minute[s]|{hours} and [a] {half:minutes} hours)"
lists:
  size: {values: [small, medium, large, twelve ounce]}
  roast: {values: [light, medium, dark]}
  shots: {values: [single shot, double shot]}
  drink: {values: [espresso, latte, "iced mocha", "drip coffee"]}
  milk: {values: ["[some|a bit of] (soy|whole) milk", {in: "[a lot of] cream", out: cream}]}
  sugar: {values: [{in: "[brown] sugar", out: 2}, {in: sweetener, out: 0.5}]}
  hours: {range: {from: 1, to: 24}}
  minutes: {range: {from: 1, to: 59}}
  half: {values: [{in: half, out: 30}]}
  cover: {values: [{in: "(blind|shade)", out: blind}, curtain]}
  position: {range: {from: 0, to: 100, step: 10}}
""",
    "es": """
language: es
intents:
  temperatura:
    data: [{sentences: ["(pon|ajusta) la calefacción [<donde>] a {grados} grados", "{grados} grados [<donde>]"]}]
  persiana:
    data: [{sentences: ["(abre|sube) [la|las] persiana[s] [<donde>] [un {parte} por ciento]"], slots: {sube: true}}]
expansion_rules: {donde: "(del|en (el|la)|de [la]) {sitio}"}
lists:
  sitio: {values: [cocina, baño, {in: "habitación de (los niños|Íñigo)", out: niños}]}
  grados: {range: {from: 5, to: 30, fractions: halves}}
  parte: {range: {from: 5, to: 100, step: 5}}
""",
    "fr": """
language: fr
intents:
  volet:
    data:
      - sentences:
          - "<ouvre> (le |les |l'|tous les ){objet:quoi}[ (du|de la|de l') {lieu}]"
          - "[s'il te plaît;{objet:quoi}]"
  minuteur:
    data: [{sentences: ["minuteur {minutes} minute[s][ et {secondes} seconde[s]]"]}]
expansion_rules: {ouvre: "(ouvre|ouvrir|est-ce que tu peux ouvrir)"}
lists:
  objet: {values: [{in: "(volet|volets)", out: shutter}, {in: "rideau[x]", out: curtain}]}
  lieu: {values: [entrée, "rez-de-chaussée", Premier Étage]}
  minutes: {range: {from: 1, to: 99}}
  secondes: {range: {from: 1, to: 59}}
""",
}


def slot_lists(language):
    catalogs = household_catalogs(HOUSE)
    values = {
        name: [(entry.spoken, entry.out) for entry in entries.get(language, ())] for name, entries in catalogs.items()
    }
    values["digits"] = numbers(language)
    return {name: TextSlotList.from_tuples(tuples, name=name) for name, tuples in values.items()}


def numbers(language):
    """Telephone numbers as they may be said: hassil knows no list without an end."""
    rng = random.Random(5)
    groups = [entry.spoken for entry in digit_groups(language) if entry.out != "+"]
    said = [" ".join(rng.sample(groups, rng.randint(3, 5))) for _ in range(30)]
    return [(words, digits_of(words, language)) for words in said]


def differences(interpreter, sentences: list[Sampled]):
    """Sentences that are heard as something else."""
    wrong = []
    for number, sentence in enumerate(sentences):
        heard = interpreter.interpret(rendered(sentence.spoken, seed=number)).hypotheses
        best = heard[0] if heard else None
        name = f"{best.domain}.{best.intent}".removeprefix("custom.") if best else None
        if best is None or name != sentence.intent or dict(best.slots) != sentence.slots:
            wrong.append((sentence, best))
    return wrong


@pytest.mark.parametrize("packs", [("light", "system"), ("media",), ("calling",), ("timer",)], ids="+".join)
@pytest.mark.parametrize("language", LANGUAGES)
def test_packs(language, packs):
    together: dict[str, object] = {}
    for pack in packs:
        merge_dict(together, yaml.safe_load((PACKS / language / f"{pack}.yaml").read_text(encoding="utf-8")))
    running = {
        name: catalog_entries([(said, out, None) for said, out in values.items()], [language])
        for name, values in RUNNING.items()
    }
    interpreter = Interpreter(load_packs(packs, [language]), catalogs=household_catalogs(HOUSE) | running)
    lists = slot_lists(language) | {
        name: TextSlotList.from_tuples(values.items(), name=name) for name, values in RUNNING.items()
    }
    sentences = list(sampled(Intents.from_dict(together), lists, language=language, each=2, seed=7))

    assert len(sentences) > 40
    assert {sentence.intent.partition(".")[0] for sentence in sentences} == set(packs)
    assert differences(interpreter, sentences) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_sentences(language):
    loaded = load_text(OWN[language])
    intents = Intents.from_dict(yaml.safe_load(OWN[language]))
    sentences = list(sampled(intents, {}, language=language, each=25, seed=3))

    assert loaded.faults == ()
    assert len(sentences) > 40
    assert differences(Interpreter(loaded.sentences), sentences) == []


def test_all_languages_in_one_graph():
    interpreter = Interpreter(load_packs(["light", "system"], LANGUAGES), catalogs=household_catalogs(HOUSE))
    said = {
        "en": "could you turn off the lights in the kitchen please",
        "es": "apaga las luces de la cocina por favor",
        "fr": "éteins la lumière dans la cuisine s'il te plaît",
    }
    for language, text in said.items():
        best = interpreter.interpret(rendered(text)).hypotheses[0]
        assert (best.language, best.intent, dict(best.slots)) == (language, "off", {"room": "kitchen"})
