"""Sentences and catalogs of a household, in every language: what may be said."""

from assistant.language.catalogs import Catalogs, catalog_entries, contact_entries, household_catalogs
from assistant.language.digits import DIGITS, MORE_DIGITS, digit_groups, digits_of, may_go_on
from assistant.language.lists import inline_entries
from assistant.language.numbers import LANGUAGES, number_words
from assistant.language.packs import DIALOGUE, PACKS, load_packs
from assistant.language.read import CATALOGS, LIBRARY, Loaded, load_files, load_text
from assistant.language.sentences import CUSTOM_DOMAIN, Block, Entry, Sentences, Template
from assistant.language.spans import span, span_intents, span_sentences
from assistant.language.spelling import spellings, spoken_pieces

__all__ = [
    "CATALOGS",
    "CUSTOM_DOMAIN",
    "DIALOGUE",
    "DIGITS",
    "LANGUAGES",
    "LIBRARY",
    "MORE_DIGITS",
    "PACKS",
    "Block",
    "Catalogs",
    "Entry",
    "Loaded",
    "Sentences",
    "Template",
    "catalog_entries",
    "contact_entries",
    "digit_groups",
    "digits_of",
    "household_catalogs",
    "inline_entries",
    "load_files",
    "load_packs",
    "load_text",
    "may_go_on",
    "number_words",
    "span",
    "span_intents",
    "span_sentences",
    "spellings",
    "spoken_pieces",
]
