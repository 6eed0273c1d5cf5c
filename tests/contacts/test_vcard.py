"""Entries as telephones and address books really export them, and as no one should."""
# ruff: noqa: E501, ISC004 - the exports stand as they came

import random

import pytest

from assistant.contacts import Number, read_cards

EXPORTS = {
    "android 2.1 in quoted-printable, folded softly": (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
        b"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4C=C3=B3=70=65=7A;=4D=61=72=C3=AD=61=20=4A=6F=73=C3=\r\n=A9;;;\r\n"
        b"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4D=61=72=C3=AD=61=20=4A=6F=73=C3=A9=20=\r\n=4C=C3=B3=70=65=7A\r\n"
        b"TEL;CELL;PREF:600-11-22-33\r\nTEL;HOME:+34912345678\r\nTEL;X-Radio:5551234\r\n"
        b"PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD\r\n /2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkI\r\n\r\n"
        b"END:VCARD\r\n",
        ("María José López", "María José", "López"),
        [("600112233", "mobile"), ("+34912345678", "home"), ("5551234", "other")],
    ),
    "iOS 3.0 with groups and labels": (
        ("BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 17.4//EN\r\nN:O'Brien;Zoë;;;\r\nFN:Zoë O'Brien\r\n"
        "NICKNAME:Zo\r\nORG:Smith\\, Jones & Co;\r\nTEL;type=CELL;type=VOICE;type=pref:+44 7700 900123\r\n"
        "item1.TEL:020 7946 0123\r\nitem1.X-ABLabel:_$!<Work>!$_\r\nitem2.TEL:(0161) 496 0000\r\nitem2.X-ABLabel:cabin\r\n"
        "item3.TEL:020 7946 0999\r\nitem3.X-ABLabel:_$!<HomeFAX>!$_\r\nitem4.X-ABRELATEDNAMES:Ann\r\nEND:VCARD\r\n"
    ).encode(),
        ("Zoë O'Brien", "Zoë", "O'Brien"),
        [("+447700900123", "mobile"), ("02079460123", "work"), ("01614960000", "other")],
    ),
    "google 3.0": (
        ("BEGIN:VCARD\nVERSION:3.0\nFN:François L’Hôte\nN:L’Hôte;François;;M.;\nEMAIL;TYPE=INTERNET:f@example.com\n"
        "TEL;TYPE=WORK:01 23 45 67 89\nTEL;TYPE=CELL:06.12.34.56.78\nitem1.TEL:+33 (0)9 87 65 43 21\n"
        "item1.X-ABLabel:Maison de campagne\nCATEGORIES:myContacts\nEND:VCARD\n"
    ).encode(),
        ("François L’Hôte", "François", "L’Hôte"),
        [("0123456789", "work"), ("0612345678", "mobile"), ("+33987654321", "home")],
    ),
    "4.0 with addresses instead of numbers": (
        ('BEGIN:VCARD\nVERSION:4.0\nFN:Ana\\, la de Pérez\nN:Pérez;Ana;;;\nTEL;VALUE=uri;TYPE="voice,work";PREF=2:tel:+34-91-234-56-78;ext=12\n'
        "TEL;VALUE=uri;PREF=1;TYPE=cell:tel:+34600112233\nIMPP:sip:ana@example.com\nIMPP:xmpp:ana@example.com\nEND:VCARD\n"
    ).encode(),
        ("Ana Pérez", "Ana", "Pérez"),
        [("+34600112233", "mobile"), ("+34912345678", "work"), ("sip:ana@example.com", "other")],
    ),
    "folded within a letter": (
        b"BEGIN:VCARD\nVERSION:3.0\nFN:Mar\xc3\n \xada\nTEL:12\n\t34567\nEND:VCARD\n",
        ("María", "", ""),
        [("1234567", "other")],
    ),
    "latin letters that are no UTF-8": (
        b"BEGIN:VCARD\nVERSION:2.1\nN:Mu\xf1oz;I\xf1igo\nTEL;CELL:600112233\nEND:VCARD\n",
        ("Iñigo Muñoz", "Iñigo", "Muñoz"),
        [("600112233", "mobile")],
    ),
    "another character set, named": (
        b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=ISO-8859-2:\xa3ukasz\nTEL;CELL:600112233\nEND:VCARD\n",
        ("Łukasz", "", ""),
        [("600112233", "mobile")],
    ),
    "UTF-16 with its mark": (
        "\ufeffBEGIN:VCARD\r\nFN:Anaïs\r\nTEL:0612345678\r\nEND:VCARD\r\n".encode("utf-16-le"),
        ("Anaïs", "", ""),
        [("0612345678", "other")],
    ),
    "a firm without a person": (
        b"BEGIN:VCARD\nVERSION:3.0\nN:;;;;\nFN:\nORG:Pizzeria Roma;Delivery\nTEL;TYPE=MAIN:600112233\nEND:VCARD\n",
        ("Pizzeria Roma", "", ""),
        [("600112233", "other")],
    ),
    "a number twice": (
        b"begin:vcard\nfn:Bob\ntel;type=cell:600112233\ntel;type=cell:600 112 233\nend:vcard\n",
        ("Bob", "", ""),
        [("600112233", "mobile")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_real_exports(name):
    content, (shown, given, family), numbers = EXPORTS[name]
    cards, faults = read_cards(content, name="a.vcf")
    assert faults == []
    assert [(card.name, card.given, card.family) for card in cards] == [(shown, given, family)]
    assert [(number.value, number.kind) for number in cards[0].numbers] == numbers


def test_entries_that_cannot_be_called_are_passed_over():
    cards, faults = read_cards(b"BEGIN:VCARD\nFN:Ann\nEMAIL:a@example.com\nTEL;TYPE=FAX:12345\nEND:VCARD\n", name="a")
    assert (cards, faults) == ([], [])


GARBAGE = {
    "not a vCard": (b"<html>not found</html>\n", [], ["a:1: holds no BEGIN:VCARD; export the contacts as vCard (.vcf)"]),
    "nothing": (b"", [], ["a:1: holds no BEGIN:VCARD; export the contacts as vCard (.vcf)"]),
    "one bad number of two": (
        b"BEGIN:VCARD\nFN:Ann\nTEL:call me\nTEL:600112233\nEND:VCARD\n",
        ["Ann"],
        ['a:3: "call me" is no telephone number; it is left out'],
    ),
    "a line that is none": (
        b"BEGIN:VCARD\nFN:Ann\n????\nTEL:600112233\nEND:VCARD\nhello\nBEGIN:VCARD\nFN:Bob\nTEL:600112244\nEND:VCARD",
        ["Ann", "Bob"],
        ["a:3: is no `NAME:value`; the line is left out", "a:6: stands outside of any entry; it is left out"],
    ),
    "no name": (
        b"BEGIN:VCARD\nTEL:600112233\nEND:VCARD\n",
        [],
        ["a:1: the entry has a number, but no name; it is left out"],
    ),
    "an entry that never ends": (
        b"BEGIN:VCARD\nFN:Ann\nTEL:600112233\nBEGIN:VCARD\nFN:Bob\nTEL:600112244\nEND:VCARD\n",
        ["Ann", "Bob"],
        ["a:1: the entry has no END:VCARD; what stands before the next one is used"],
    ),
    "cut off": (
        b"BEGIN:VCARD\nFN:Ann\nTEL:600112233\n",
        ["Ann"],
        ["a:1: the entry has no END:VCARD; the file may be cut off here"],
    ),
    "an unknown character set": (
        b"BEGIN:VCARD\nFN;CHARSET=KLINGON:Ann\nTEL:600112233\nEND:VCARD\n",
        ["Ann"],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_costs_only_its_own_entry(name):
    content, people, wrong = GARBAGE[name]
    cards, faults = read_cards(content, name="a")
    assert [card.name for card in cards] == people
    assert [str(fault) for fault in faults] == wrong


def test_many_mistakes_are_told_in_short():
    content = b"BEGIN:VCARD\nFN:Ann\n" + b"?\n" * 500 + b"TEL:600112233\nEND:VCARD\n"
    _, faults = read_cards(content, name="a")
    assert len(faults) == 21
    assert str(faults[-1]) == "a: 480 more mistakes of this kind"


def test_mangled_exports_never_fail():
    rng = random.Random(5)
    whole = b"".join(content for content, _, _ in EXPORTS.values())
    for _ in range(300):
        mangled = bytearray(whole)
        for _ in range(rng.randint(1, 40)):
            place = rng.randrange(len(mangled))
            mangled[place : place + rng.randint(0, 30)] = rng.randbytes(rng.randint(0, 6))
        cards, _ = read_cards(bytes(mangled), name="a")
        assert all(card.name and card.numbers and isinstance(card.numbers[0], Number) for card in cards)
