"""The sections `contacts` and `calling` of a household's file."""

import pytest

from assistant.cli.check import check_file
from assistant.config import parse_household
from assistant.errors import ConfigurationError
from assistant.recognizer import check_sentences

CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Anna Smith\nTEL;TYPE=CELL:+44 7700 900123\nEND:VCARD\n"


def test_vcard_files_are_found_beside_the_household_and_watched(tmp_path):
    (tmp_path / "a.vcf").write_text(CARD)
    (tmp_path / "b.vcf").write_text(CARD)
    household = parse_household("contacts: {vcard: [a.vcf, b.vcf]}", path=tmp_path / "oyez.yaml")
    assert household.config.contacts.vcard == [tmp_path / "a.vcf", tmp_path / "b.vcf"]
    assert household.files == (tmp_path / "oyez.yaml", tmp_path / "a.vcf", tmp_path / "b.vcf")
    alone = parse_household("contacts: {vcard: a.vcf}", path=tmp_path / "oyez.yaml")
    assert alone.config.contacts.vcard == [tmp_path / "a.vcf"]


MISTAKES = {
    "a file that is not there": ("contacts:\n  vcard: a.vcf", "2:10 contacts.vcard: no file {}/a.vcf"),
    "one of several": ("contacts:\n  vcard: [a.vcf]", "2:11 contacts.vcard.0: no file {}/a.vcf"),
    "an unknown relation": (
        "contacts:\n  relations: {mothr: Anna}",
        '2:15 contacts.relations.mothr: no relation "mothr"; did you mean "mother"?',
    ),
    "an unknown relation of a person": (
        "contacts:\n  people:\n    anna: {numbers: {home: '123'}, relations: [sistr]}",
        '3:48 contacts.people.anna.relations.0: no relation "sistr"; did you mean "sister"?',
    ),
    "an unknown kind of number": (
        "contacts:\n  people:\n    anna: {numbers: {hme: '123'}}",
        '3:22 contacts.people.anna.numbers.hme: no kind of number "hme"; did you mean "home"?',
    ),
    "a number without quotes": (
        "contacts:\n  people:\n    anna: {numbers: {home: +34600123456}}",
        '3:28 contacts.people.anna.numbers.home: write the number in quotes ("+34 600 123 456"), else YAML takes',
    ),
    "a number that is none": (
        "contacts:\n  people:\n    anna: {numbers: {home: call me}}",
        '3:28 contacts.people.anna.numbers.home: "call me" is no telephone number; write digits, with + before',
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name, tmp_path):
    text, what = MISTAKES[name]
    with pytest.raises(ConfigurationError) as raised:
        parse_household(text, path=tmp_path / "oyez.yaml")
    assert str(raised.value).startswith(f"{tmp_path}/oyez.yaml:" + what.replace("{}", str(tmp_path)))


def test_what_is_wrong_in_a_vcard_file_is_told_by_the_check(tmp_path, capsys):
    (tmp_path / "a.vcf").write_text(CARD + "BEGIN:VCARD\nFN:Bob\nTEL:none\nEND:VCARD\n")
    file = tmp_path / "oyez.yaml"
    file.write_text("languages: [en]\ncontacts: {vcard: a.vcf, relations: {mother: Ann Smith}}\n")
    assert check_file(file) == 1
    assert capsys.readouterr().out.splitlines() == [
        f'{tmp_path}/a.vcf:8: "none" is no telephone number; it is left out',
        'contacts.relations.mother: no contact "Ann Smith"; did you mean "Anna Smith"?',
        f"{file}: 2 mistakes",
    ]


def test_a_file_that_was_read_before_is_read_again_when_it_changes(tmp_path):
    file = tmp_path / "a.vcf"
    file.write_text(CARD)
    household = parse_household("languages: [en]\ncontacts: {vcard: a.vcf}", path=tmp_path / "oyez.yaml")
    assert check_sentences(household.config) == ()
    file.write_text("no cards any more")
    assert [fault.where for fault in check_sentences(household.config)] == [f"{file}:1"]
