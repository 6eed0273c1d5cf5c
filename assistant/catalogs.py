"""Values that arrive at run time (`catalog/<name>`), as entries of the household's lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.config import HouseholdConfig
from assistant.language import Entry, Sentences, catalog_entries, load_files
from assistant.messages import Vocabulary
from assistant.mqtt import CatalogPayload
from assistant.vocabularies import all_catalogs


def list_values(
    config: HouseholdConfig, name: str, catalog: CatalogPayload, *, vocabularies: Sequence[Vocabulary] = ()
) -> Mapping[str, Sequence[Entry]]:
    """What the list `name` holds in each language: what the household and its handlers say, and the catalog's values.

    Raises SentenceError where a sentence file cannot be used any more.
    """
    own = all_catalogs(config, vocabularies).get(name, {})
    files = load_files(config.sentences, languages=config.languages).sentences if config.sentences else ()
    given = [(part.said, part.said if part.value is None else part.value, part.language) for part in catalog.values]
    added = catalog_entries(given, config.languages)
    return {
        language: (*own.get(language, ()), *_in_files(files, name, language), *added[language])
        for language in config.languages
    }


def _in_files(files: Sequence[Sentences], name: str, language: str) -> Sequence[Entry]:
    return [entry for file in files if file.language == language for entry in file.lists.get(name, ())]
