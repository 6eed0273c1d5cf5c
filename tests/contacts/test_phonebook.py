"""Whom the words, relations and numbers of a household mean."""

import pytest

from assistant.config import HouseholdConfig
from assistant.contacts import load_phonebook, make_phonebook, read_cards

CARDS = """
BEGIN:VCARD
VERSION:3.0
N:López García;María José;;;
FN:María José López García
NICKNAME:Pepa
TEL;TYPE=CELL:600 111 222
TEL;TYPE=HOME:91 234 56 78
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:Ruiz;María;;;
FN:María Ruiz
TEL;TYPE=WORK:+34 600 333 444
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Anna Smith
TEL;TYPE=CELL:+44 7700 900123
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Anna van den Berg
TEL;TYPE=CELL:+44 7700 900456
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Dr. Ortega
ORG:Clínica Norte
TEL:+34912345670
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:;;;;
FN:IKEA
ORG:IKEA
TEL:900 400 922
END:VCARD
"""


def book(cards: str = CARDS, **contacts):
    config = HouseholdConfig.model_validate(
        {"languages": ["es", "en"], "calling": {"country": "ES"}, "contacts": contacts}
    )
    found, faults = read_cards(cards.encode(), name="a.vcf")
    return make_phonebook(config.contacts, found, country="ES", faults=faults)


@pytest.mark.parametrize(
    ("words", "people"),
    [
        ("María José López García", ["maria-jose-lopez-garcia"]),
        ("maría josé lópez", ["maria-jose-lopez-garcia"]),
        ("María López", ["maria-jose-lopez-garcia"]),
        ("María José", ["maria-jose-lopez-garcia"]),
        ("Pepa", ["maria-jose-lopez-garcia"]),
        ("María", ["maria-ruiz"]),  # the given name of one, part of the other's
        ("anna", ["anna-smith", "anna-van-den-berg"]),
        ("Anna van den Berg", ["anna-van-den-berg"]),
        ("doctor Ortega", ["dr-ortega"]),
        ("Ikea", ["ikea"]),
        ("Berg", []),
        ("", []),
    ],
)
def test_names(words, people):
    assert [person.id for person in book().named(words)] == people


def test_a_shared_name_has_a_value_of_its_own():
    phonebook = book()
    assert {one.value for one in phonebook.spoken if one.words == "Anna"} == {"?anna"}
    assert [person.name for person in phonebook.people("?anna")] == ["Anna Smith", "Anna van den Berg"]
    assert [person.name for person in phonebook.people("anna-smith")] == ["Anna Smith"]
    assert phonebook.people("?berta") == ()
    assert phonebook.person("?anna") is None


def test_a_whole_name_that_is_a_given_name_of_others():
    phonebook = book(CARDS + "BEGIN:VCARD\nFN:Anna\nTEL:1234567\nEND:VCARD\n")
    assert [person.id for person in phonebook.named("Anna")] == ["anna"]


@pytest.mark.parametrize(
    ("number", "people"),
    [
        ("+34600111222", ["maria-jose-lopez-garcia"]),
        ("600111222", ["maria-jose-lopez-garcia"]),
        ("700111222", []),  # ends alike, and is another number
        ("0034 600 33 34 45", []),
        ("0034 600 333 444", ["maria-ruiz"]),
        ("07700 900123", ["anna-smith"]),  # by its ending: the country's own way to write it
        ("112", []),
        ("", []),
        ("anonymous", []),
    ],
)
def test_who_is_calling(number, people):
    assert [person.id for person in book().caller(number)] == people


def test_a_number_that_several_share():
    phonebook = book(
        "BEGIN:VCARD\nFN:Anna\nTEL:912345678\nEND:VCARD\nBEGIN:VCARD\nFN:Luis\nTEL:+34 91 234 56 78\nEND:VCARD\n"
    )
    assert [person.name for person in phonebook.caller("+34912345678")] == ["Anna", "Luis"]


def test_numbers_by_kind():
    phonebook = book()
    assert phonebook.number("maria-jose-lopez-garcia", "mobile").value == "600111222"
    assert phonebook.number("maria-jose-lopez-garcia", "home").value == "912345678"
    assert phonebook.number("maria-jose-lopez-garcia", "work") is None
    assert phonebook.number("maria-ruiz").value == "+34600333444"
    assert phonebook.number("nobody") is None
    assert phonebook.person("maria-jose-lopez-garcia").kinds == ("mobile", "home")


def test_people_and_relations_in_the_households_file():
    phonebook = book(
        people={"mum": {"names": {"en": ["Mum", "Mummy"], "es": "Mamá"}, "numbers": {"mobile": "+34 600 555 666"},
                        "relations": ["mother"]}, "old_uncle": {"numbers": {"home": "912 000 111"}}},
        relations={"sister": "maría ruiz", "doctor": "dr-ortega"},
    )  # fmt: skip
    assert [person.id for person in phonebook.relation("mother")] == ["mum"]
    assert phonebook.person("mum").called("es") == "Mamá"
    assert phonebook.person("mum").called("fr") == "Mum"
    assert [person.id for person in phonebook.named("mummy")] == ["mum"]
    assert [person.id for person in phonebook.named("old uncle")] == ["old_uncle"]
    assert [person.id for person in phonebook.relation("sister")] == ["maria-ruiz"]
    assert [person.id for person in phonebook.relation("doctor")] == ["dr-ortega"]
    assert phonebook.relation("boss") == ()
    assert phonebook.faults == ()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Maria Ruis", 'no contact "Maria Ruis"; did you mean "María Ruiz"?'),
        ("Quentin", 'no contact "Quentin"'),
        ("Anna", '"Anna" is the name of 2 contacts; write the whole name'),
    ],
)
def test_a_relation_to_nobody(name, what):
    faults = book(relations={"sister": name}).faults
    assert [(fault.where, fault.what) for fault in faults] == [("contacts.relations.sister", what)]


def test_entries_of_one_name_are_one_person():
    phonebook = book(
        "BEGIN:VCARD\nFN:Anna Smith\nTEL;TYPE=CELL:+34600111222\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:ANNA SMITH\nORG:Acme\nTEL;TYPE=WORK:912345678\nTEL:600 111 222\nEND:VCARD\n"
    )
    assert [(person.id, [number.value for number in person.numbers]) for person in phonebook.all] == [
        ("anna-smith", ["+34600111222", "912345678"])
    ]


def test_entries_of_one_name_at_different_firms_are_two_people():
    phonebook = book(
        "BEGIN:VCARD\nFN:Juan Pérez\nORG:Acme\nTEL:600111222\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:Juan Pérez\nORG:Banco;Riesgos\nTEL:600111333\nEND:VCARD\n"
    )
    assert [(person.id, person.name) for person in phonebook.named("juan pérez")] == [
        ("juan-perez", "Juan Pérez, Acme"),
        ("juan-perez-2", "Juan Pérez, Banco"),
    ]


def test_names_in_capitals_are_spoken_as_names():
    phonebook = book("BEGIN:VCARD\nN:GARCÍA;LUIS\nFN:LUIS GARCÍA\nTEL:600111222\nEND:VCARD\n")
    assert [one.words for one in phonebook.spoken] == ["Luis García", "Luis"]


def test_files_of_a_household(tmp_path):
    (tmp_path / "a.vcf").write_text(CARDS, encoding="utf-8")
    config = HouseholdConfig.model_validate(
        {"languages": ["es"], "contacts": {"vcard": [str(tmp_path / "a.vcf"), str(tmp_path / "gone.vcf")]}}
    )
    phonebook = load_phonebook(config)
    assert len(phonebook.all) == 6
    assert [fault.where for fault in phonebook.faults] == [str(tmp_path / "gone.vcf")]


def test_thousands_of_entries():
    cards = "".join(f"BEGIN:VCARD\nFN:Ana {n} López\nTEL:6001{n:05}\nEND:VCARD\n" for n in range(5000))
    phonebook = book(cards)
    assert len(phonebook.all) == 5000
    assert len(phonebook.named("Ana")) == 5000
    assert [person.id for person in phonebook.caller("600104321")] == ["ana-4321-lopez"]


def test_a_name_with_an_article():
    phonebook = book("BEGIN:VCARD\nFN:El Corte Inglés\nORG:El Corte Inglés\nTEL:600111222\nEND:VCARD\n")
    assert [person.id for person in phonebook.named("Corte Inglés")] == ["el-corte-ingles"]


def test_the_households_own_names_win():
    phonebook = book(people={"boss": {"names": {"es": ["María Ruiz", " "]}, "numbers": {"work": "912345678"}}})
    assert [person.id for person in phonebook.named("María Ruiz")] == ["boss"]
    assert [person.id for person in phonebook.caller("+34600333444")] == ["maria-ruiz"]
