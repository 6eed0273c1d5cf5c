"""What people answer, and how they correct, is heard as what it means, under the graph that a question leaves."""

import pytest

from assistant.config import HouseholdConfig
from assistant.dialogue import Expected
from assistant.interpret import Interpreter
from assistant.language import DIALOGUE, LANGUAGES, PACKS, catalog_entries, household_catalogs, load_packs
from assistant.recognizer import answers
from tests.interpret.rendering import rendered

HOUSE = {
    "rooms": {"kitchen": {"en": "kitchen", "es": "cocina", "fr": "cuisine"}},
    "devices": {"desk": {"topic": "a", "names": {"en": "desk lamp", "es": "flexo", "fr": "lampe de bureau"}}},
    "players": {"stereo": {"driver": "mpd", "names": {"en": "stereo", "es": "equipo", "fr": "chaîne"}}},
}
CHOICES = {
    "en": ("mobile", "work number"),
    "es": ("móvil", "número del trabajo"),
    "fr": ("portable", "numéro du bureau"),
}
ENDS = {"dialogue.no", "system.cancel", "system.stop"}
ANSWERS: dict[str, dict[str, list[str]]] = {
    "en": {
        "yes": ["yes", "yeah", "yep", "sure", "okay", "do it", "go ahead", "yes please", "of course", "that's right"],
        "no": ["no", "nope", "no thanks", "don't", "not now", "neither of them", "never mind", "cancel", "no no no"],
        "0": ["mobile", "the mobile", "on her mobile", "the first one", "no the mobile", "number one"],
        "1": ["work number please", "the second one", "the last one", "yes the second", "take the second one"],
        "kitchen": ["no the kitchen", "I meant the kitchen", "no I meant the kitchen", "sorry I meant the kitchen"],
        "desk": ["not that one the desk lamp", "I said the desk lamp", "no make it the desk lamp"],
    },
    "es": {
        "yes": ["sí", "claro", "vale", "hazlo", "sí por favor", "claro que sí", "adelante", "de acuerdo", "así es"],
        "no": ["no", "no gracias", "mejor no", "ahora no", "cancela", "déjalo", "ninguno de los dos", "claro que no"],
        "0": ["móvil", "el móvil", "a su móvil", "al móvil por favor", "el primero", "no al móvil", "el número uno"],
        "1": ["número del trabajo", "el segundo", "la última", "sí la segunda", "quería decir el segundo"],
        "kitchen": ["quería decir la cocina", "no la cocina", "me refería a la cocina", "no digo la cocina"],
        "desk": ["no quise decir el flexo", "perdón el flexo", "no ese no el flexo"],
    },
    "fr": {
        "yes": ["oui", "ouais", "d'accord", "vas-y", "oui s'il te plaît", "bien sûr", "c'est ça", "je confirme"],
        "no": ["non", "non merci", "surtout pas", "pas maintenant", "annule", "laisse tomber", "ni l'un ni l'autre"],
        "0": ["portable", "le portable", "sur le portable", "le premier", "non le portable", "le numéro un"],
        "1": ["numéro du bureau", "le deuxième", "la dernière", "oui le second", "je voulais dire le deuxième"],
        "kitchen": [
            "je voulais dire la cuisine",
            "non la cuisine",
            "non je parlais de la cuisine",
            "j'ai dit la cuisine",
        ],
        "desk": ["non la lampe de bureau", "pardon la lampe de bureau", "non plutôt la lampe de bureau"],
    },
}
SAID = [
    (language, meaning, words)
    for language, meanings in ANSWERS.items()
    for meaning, said in meanings.items()
    for words in said
]


@pytest.fixture(scope="module")
def interpreter():
    sentences = load_packs([*PACKS, DIALOGUE], LANGUAGES)
    house = household_catalogs(HouseholdConfig.model_validate(HOUSE))
    made = Interpreter(sentences, catalogs=house, reserved=answers())
    said = [(name, number, language) for language, names in CHOICES.items() for number, name in enumerate(names)]
    made.replace_catalog("choice", catalog_entries(said, LANGUAGES))
    return made


def expected(meaning: str, language: str) -> Expected:
    answer = "dialogue.choose" if meaning.isdigit() else "dialogue.yes"
    return Expected((answer, "dialogue.correct", *ENDS, "system.repeat", "light.on"), language)


@pytest.mark.parametrize(("language", "meaning", "words"), SAID)
def test_what_is_answered(interpreter, language, meaning, words):
    question = expected(meaning, language)
    heard = interpreter.interpret(rendered(words), only=question.intents, language=language)
    best = heard.hypotheses[0]
    name = f"{best.domain}.{best.intent}"
    told = "no" if name in ENDS else next((str(value) for value in best.slots.values()), best.intent)
    # "the last one" is whichever that is.
    assert told == meaning or (meaning == "1" and told == "-1")
    assert (best.language, best.confidence > 0.5) == (language, True)


@pytest.mark.parametrize(
    ("language", "words"),
    [(language, words) for language, meaning, words in SAID if meaning in {"kitchen", "desk"}],
)
def test_corrections_are_heard_at_any_time(interpreter, language, words):
    best = interpreter.interpret(rendered(words)).hypotheses[0]
    assert (best.domain, best.intent, best.language) == ("dialogue", "correct", language)


@pytest.mark.parametrize("words", ["yes", "sure", "sí", "oui", "ouais", "the second one", "numéro du bureau", "móvil"])
def test_answers_are_heard_in_questions_only(interpreter, words):
    heard = interpreter.interpret(rendered(words)).hypotheses
    assert not any(f"{one.domain}.{one.intent}" in answers() for one in heard)


def test_every_language_can_answer_everything():
    intents = {
        language: {block.intent for pack in load_packs([DIALOGUE], [language]) for block in pack.blocks}
        for language in LANGUAGES
    }
    assert intents["en"] == intents["es"] == intents["fr"]
    assert intents["en"] >= {"yes", "no", "choose", "correct", "contact", "device", "room", "player"}


def test_choices_change_without_the_household_being_built_again(interpreter):
    before = interpreter.graph
    assert interpreter.replace_catalog("choice", catalog_entries([("blue one", 0, "en")], ["en"])) > 0
    assert interpreter.graph is before
    only = ("dialogue.choose",)
    assert interpreter.interpret(rendered("the blue one"), only=only, language="en").hypotheses[0].slots == {
        "choice": 0
    }
