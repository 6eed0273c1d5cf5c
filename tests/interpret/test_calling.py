"""What people say to their telephone, heard with a household's contacts."""

import pytest

from assistant.config import HouseholdConfig
from assistant.interpret import Interpreter
from assistant.language import LANGUAGES, household_catalogs, load_packs
from tests.interpret.rendering import rendered

HOUSE = HouseholdConfig.model_validate(
    {
        "contacts": {
            "people": {
                "jose": {"names": {"es": ["María José López García", "Pepa"]}, "numbers": {"home": "912345678"}},
                "jean": {"names": {"fr": "Jean"}, "numbers": {"mobile": "0612345678"}},
                "anne": {"names": {"fr": ["Anne Martin", "Anne"]}, "numbers": {"mobile": "0612345679"}},
                "anne_2": {"names": {"fr": ["Anne Dupont", "Anne"]}, "numbers": {"mobile": "0612345670"}},
                "james": {"names": {"en": "James"}, "numbers": {"work": "5551234"}},
                "mum": {"names": {"en": "Mum"}, "numbers": {"home": "5551235"}},
            }
        }
    }
)
SAID = [
    ("en", "call James", "call", {"contact": "james"}),
    ("en", "ring James on his mobile please", "call", {"contact": "james", "kind": "mobile"}),
    ("en", "James' work number", "call", {"contact": "james", "kind": "work"}),
    ("en", "Anne's mobile", "call", {"contact": "?anne", "kind": "mobile"}),
    ("en", "give James a call", "call", {"contact": "james"}),
    ("en", "call my mother", "call", {"relation": "mother"}),
    ("en", "call James on the work phone", "call", {"contact": "james", "kind": "work"}),
    ("en", "call my sister at home", "call", {"relation": "sister", "kind": "home"}),
    ("en", "call mum at work", "call", {"contact": "mum", "kind": "work"}),  # the contact before the relation
    ("en", "my brother-in-law's mobile", "call", {"relation": "brother_in_law", "kind": "mobile"}),
    ("en", "dial five double five one two three four", "call", {"digits": "5551234"}),
    ("en", "don't answer", "reject", {}),
    ("en", "who's calling", "who", {}),
    ("es", "llama a María José López", "call", {"contact": "jose"}),
    ("es", "llama a Pepa", "call", {"contact": "jose"}),
    ("es", "llama al móvil de Pepa", "call", {"contact": "jose", "kind": "mobile"}),
    ("es", "llama a Pepa al trabajo", "call", {"contact": "jose", "kind": "work"}),
    ("es", "llama a mi madre", "call", {"relation": "mother"}),
    ("es", "llama al dentista", "call", {"relation": "dentist"}),
    ("es", "el celular de mi hermana", "call", {"relation": "sister", "kind": "mobile"}),
    ("es", "marca el seis doce treinta y cuatro cincuenta y seis setenta y ocho", "call", {"digits": "612345678"}),
    ("es", "vuelve a llamar", "redial", {}),
    ("es", "quién me está llamando", "who", {}),
    ("fr", "appelle Jean sur son portable", "call", {"contact": "jean", "kind": "mobile"}),
    ("fr", "appelle Jean au bureau", "call", {"contact": "jean", "kind": "work"}),
    ("fr", "appelle Jean à la maison", "call", {"contact": "jean", "kind": "home"}),
    ("fr", "appelle maman sur son autre numéro", "call", {"relation": "mother", "kind": "other"}),
    ("fr", "le portable de Jean", "call", {"contact": "jean", "kind": "mobile"}),
    ("fr", "le portable d'Anne Martin s'il te plaît", "call", {"contact": "anne", "kind": "mobile"}),
    ("fr", "appelle Anne", "call", {"contact": "?anne"}),
    ("fr", "appelle Jean chez lui", "call", {"contact": "jean", "kind": "home"}),
    ("fr", "appelle ma mère", "call", {"relation": "mother"}),
    ("fr", "téléphone à l'école", "call", {"relation": "school"}),
    ("fr", "compose le zéro six douze trente-quatre cinquante-six soixante-dix-huit", "call", {"digits": "0612345678"}),
    ("fr", "refuse l'appel", "reject", {}),
    ("fr", "qui appelle", "who", {}),
]


@pytest.fixture(scope="module")
def interpreter():
    return Interpreter(load_packs(["light", "calling", "system"], LANGUAGES), catalogs=household_catalogs(HOUSE))


@pytest.mark.parametrize(("language", "words", "intent", "slots"), SAID)
def test_calling(interpreter, language, words, intent, slots):
    best = next(iter(interpreter.interpret(rendered(words)).hypotheses), None)
    assert best is not None
    assert (best.language, best.domain, best.intent, dict(best.slots)) == (language, "calling", intent, slots)
    assert best.confidence > 0.5
