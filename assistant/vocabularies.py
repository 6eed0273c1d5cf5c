"""What handlers add to what may be said: their sentence files and what their lists hold.

A file that cannot be used leaves its handler without a voice, and nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from assistant.config import HouseholdConfig
from assistant.errors import Fault, SentenceError
from assistant.language import Catalogs, Loaded, Sentences, catalog_entries, household_catalogs, load_files
from assistant.messages import Choice, SlotValue, Vocabulary

log = logging.getLogger(__name__)


def handler_sentences(vocabularies: Sequence[Vocabulary], languages: Sequence[str]) -> Loaded:
    """Return the sentences of all handlers, those of each apart, and what was left out of them."""
    sentences: list[Sentences] = []
    faults: list[Fault] = []
    for vocabulary in vocabularies:
        try:
            loaded = load_files(vocabulary.sentences, languages=languages, lists=vocabulary.catalogs)
        except SentenceError as error:
            log.error("nothing can be said to handler %s: its sentences cannot be used", vocabulary.handler)
            faults += error.faults
        else:
            sentences += loaded.sentences
            faults += loaded.faults
    return Loaded(tuple(sentences), tuple(faults))


def all_catalogs(config: HouseholdConfig, vocabularies: Sequence[Vocabulary]) -> Catalogs:
    """Return the household's catalogs and the handlers'; two handlers may fill one list, none a list of the household.

    A name in another language only goes for every language of the household, as that of a lamp does.
    """
    own = household_catalogs(config)
    catalogs = dict(own)
    for vocabulary in vocabularies:
        for name, values in vocabulary.catalogs.items():
            if name in own:
                log.error(
                    "handler %s: the list {%s} is the household's; give it another name", vocabulary.handler, name
                )
                continue
            added = catalog_entries(_said(values, config.languages), config.languages)
            before = catalogs.get(name, {})
            catalogs[name] = {language: (*before.get(language, ()), *added[language]) for language in config.languages}
    return catalogs


def _said(values: Sequence[Choice], languages: Sequence[str]) -> list[tuple[str, SlotValue, str | None]]:
    return [
        (name, value.value, language)
        for value in values
        for language in languages
        for name in value.names.get(language) or [name for names in value.names.values() for name in names]
    ]
