"""People that can be called: vCard files and the household's own entries, as a phonebook."""

from assistant.contacts.phonebook import Person, Phonebook, Spoken, load_phonebook, make_phonebook
from assistant.contacts.telephone import begins, country_of, dialable, normalized
from assistant.contacts.vcard import Card, Number, read_cards

__all__ = [
    "Card",
    "Number",
    "Person",
    "Phonebook",
    "Spoken",
    "begins",
    "country_of",
    "dialable",
    "load_phonebook",
    "make_phonebook",
    "normalized",
    "read_cards",
]
