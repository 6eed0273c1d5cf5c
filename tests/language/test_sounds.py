"""Names as they sound: a second spelling of contacts that stands for the name as it is written."""

import pytest

from assistant.config import ContactsConfig
from assistant.contacts import Card, make_phonebook
from assistant.contacts.vcard import Number
from assistant.interpret import Interpreter
from assistant.language import contact_entries, load_packs
from assistant.language.sounds import COST, as_it_sounds
from assistant.recognizer import rejection
from tests.interpret.rendering import rendered


@pytest.mark.parametrize(
    ("language", "name", "sound"),
    [
        ("en", "Sarah Hughes", "sara hues"),
        ("en", "Philippa Webb", "filipa web"),
        ("en", "Tom", "tom"),
        ("fr", "Hélène Bernard", "élène bernar"),
        ("fr", "Chloé Renault", "cloé reno"),
        ("fr", "Jean-Pierre", "jean-piere"),
        ("es", "Thomas Hernández", "tomas ernándes"),
    ],
)
def test_a_name_is_spelled_as_it_sounds(language, name, sound):
    assert as_it_sounds(name.lower(), language) == sound


def book(*names):
    cards = [
        Card(name, "", "", (), "", (Number(f"+3460000000{number}", "mobile"),), "") for number, name in enumerate(names)
    ]
    return make_phonebook(ContactsConfig(), cards, country="ES")


def test_who_sounds_as_somebody_else_is_written_is_as_likely():
    people = book("Mary Clarke", "Mary Clark")
    interpreter = Interpreter(load_packs(["calling"], ["en"]), catalogs={"contact": contact_entries(people, ["en"])})
    understood = interpreter.interpret(rendered("call mary clark"))
    first, second = understood.hypotheses[:2]
    assert {first.slots["contact"], second.slots["contact"]} == {
        people.named(name)[0].id for name in ("Mary Clarke", "Mary Clark")
    }
    assert rejection(understood, threshold=0.5) == "ambiguous"
    assert interpreter.interpret(rendered("call mary clarke")).hypotheses[0].text == "call mary clarke"


def test_as_it_sounds_it_costs_a_little_and_is_written_as_before():
    by_sound = [entry for entry in contact_entries(book("Sarah Hughes"), ["en"])["en"] if entry.written]
    assert {(entry.spoken, entry.written) for entry in by_sound} >= {("sara hues", "Sarah Hughes")}
    assert all(entry.cost == COST for entry in by_sound)


def test_who_is_heard_by_the_sound_is_told_by_the_name():
    people = book("Hélène Bernard", "Jeanne Petit")
    interpreter = Interpreter(load_packs(["calling"], ["fr"]), catalogs={"contact": contact_entries(people, ["fr"])})
    best = interpreter.interpret(rendered("appelle élène bernar")).hypotheses[0]
    assert best.slots["contact"] == people.named("Hélène Bernard")[0].id
    assert best.text == "appelle hélène bernard"
    assert best.spoken["contact"] == "hélène bernard"
