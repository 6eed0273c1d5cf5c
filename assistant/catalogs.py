"""Values that arrive at run time (`catalog/<name>`), as entries of the household's lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.config import HouseholdConfig
from assistant.language import Entry, Sentences, household_catalogs, load_files, spellings
from assistant.mqtt import CatalogPayload


def list_values(config: HouseholdConfig, name: str, catalog: CatalogPayload) -> Mapping[str, Sequence[Entry]]:
    """What the list `name` holds in each language: what the household's files say, and the catalog's values.

    Raises SentenceError where a sentence file cannot be used any more.
    """
    own = household_catalogs(config).get(name, {})
    files = load_files(config.sentences, languages=config.languages).sentences if config.sentences else ()
    return {
        language: (*own.get(language, ()), *_in_files(files, name, language), *_added(catalog, language))
        for language in config.languages
    }


def _in_files(files: Sequence[Sentences], name: str, language: str) -> Sequence[Entry]:
    return [entry for file in files if file.language == language for entry in file.lists.get(name, ())]


def _added(catalog: CatalogPayload, language: str) -> Sequence[Entry]:
    return [
        Entry(spoken, value.said if value.value is None else value.value)
        for value in catalog.values
        if value.language in (None, language)
        for spoken in spellings(" ".join(value.said.split()), language)
    ]
