"""A household with every pack and some names, in which benchmarks ask what large grammars do: `household.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from assistant.config import HouseholdConfig, Language, load_household
from assistant.language import catalog_entries
from assistant.model import Model
from assistant.recognizer import Recognizer, for_household

LIBRARY: Mapping[str, Collection[str]] = {
    "playlist": (
        *("Dinner Jazz", "Workout", "Sunday Morning", "Road Trip", "Cena Tranquila", "Deporte", "Domingo", "Viaje"),
        *("Dîner Jazz", "Sport", "Dimanche Matin", "Voyage"),
    ),
    "artist": ("Nina Simone", "Queen", "Edith Piaf", "Manu Chao"),
    "station": ("Radio Paradise", "Classic FM", "Radio Clásica", "France Inter"),
}


def household(
    languages: Collection[Language],
    *,
    sentences: Sequence[Path] = (),
    paraphrases: bool = False,
    meaning: Path | None = None,
) -> HouseholdConfig:
    """Return the house, its people speaking some languages.

    sentences: files of its own.  paraphrases: whether the second network is asked, `meaning` or the shipped one.
    """
    config = load_household(Path(__file__).with_name("household.yaml")).config
    changes = {
        "languages": list(languages),
        "sentences": list(sentences),
        "paraphrases": paraphrases,
        "meaning": meaning,
    }
    return config.model_copy(update=changes)


def recognizer(
    model: Model,
    languages: Collection[Language],
    *,
    sentences: Sequence[Path] = (),
    paraphrases: bool = False,
    meaning: Path | None = None,
) -> Recognizer:
    """Return what understands that house, its library filled."""
    made = for_household(household(languages, sentences=sentences, paraphrases=paraphrases, meaning=meaning), model)
    made.interpreter.replace_catalogs(
        {name: catalog_entries([(one, one, None) for one in ones], list(languages)) for name, ones in LIBRARY.items()}
    )
    return made
