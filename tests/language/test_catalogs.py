import math

import pytest

from assistant.config import HouseholdConfig
from assistant.language import catalog_entries, household_catalogs

HOUSE = HouseholdConfig.model_validate(
    {
        "languages": ["en", "fr"],
        "room": "kitchen",
        "rooms": {"kitchen": {"en": "kitchen", "fr": "cuisine"}, "hall": {}},
        "devices": {
            "ceiling": {"room": "kitchen", "topic": "a", "names": {"en": ["lamp", "ceiling light"]}},
            "bed_side": {"room": "hall", "topic": "b", "names": {"en": ["lamp", "bed lamp"], "fr": "chevet"}},
            "tv_2": {"topic": "c", "kind": "switch"},
        },
        "scenes": {"movie": {"names": {"es": "cine"}}},
    }
)


def said(name, language):
    return [(entry.spoken, entry.out) for entry in household_catalogs(HOUSE)[name][language]]


def test_names_of_the_language_or_else_of_the_others():
    assert said("device", "fr") == [
        ("lamp", "ceiling"), ("ceiling light", "ceiling"), ("chevet", "bed_side"), ("tv deux", "tv_2"),
    ]  # fmt: skip


def test_a_shared_name_belongs_to_the_microphones_room():
    assert [out for spoken, out in said("device", "en") if spoken == "lamp"] == ["ceiling"]
    assert ("bed lamp", "bed_side") in said("device", "en")


def test_a_thing_without_names_goes_by_its_identifier():
    assert ("hall", "hall") in said("room", "en")
    assert ("tv two", "tv_2") in said("device", "en")


def test_a_name_in_a_language_that_the_house_does_not_speak():
    assert said("scene", "en") == [("cine", "movie")]


def test_home_assistants_names_of_the_lists():
    catalogs = household_catalogs(HOUSE)
    assert catalogs["name"] is catalogs["device"]
    assert catalogs["area"] is catalogs["room"]
    assert dict(catalogs["name"]["en"][0].context) == {"domain": "light", "area": "kitchen"}


def test_values_given_at_run_time():
    found = catalog_entries([("Zoë 2", "z", None), ("Jean", "j", "fr"), ("Juan", "x", "es")], ["en", "fr"])
    assert {language: [(entry.spoken, entry.out) for entry in entries] for language, entries in found.items()} == {
        "en": [("Zoë two", "z")],
        "fr": [("Zoë deux", "z"), ("Jean", "j")],
    }


def test_contacts_by_every_name_in_every_language():
    house = HouseholdConfig.model_validate(
        {
            "languages": ["en", "fr"],
            "contacts": {
                "people": {
                    "mum": {"names": {"en": ["Mum", "Mary"], "fr": "Maman"}, "numbers": {"home": "0123456789"}},
                    "mary_2": {"names": {"en": "Mary"}, "numbers": {"home": "0123456780"}},
                }
            },
        }
    )
    for language in ("en", "fr"):
        entries = household_catalogs(house)["contact"][language]
        assert {(entry.spoken, entry.out) for entry in entries} == {
            ("Mum", "mum"), ("Maman", "mum"), ("Mary", "?mary"),
        }  # fmt: skip
        # The more go by a name, the less it is said alone.
        assert {entry.spoken: entry.cost for entry in entries} == {
            "Mum": 0, "Maman": 0, "Mary": pytest.approx(math.log(2)),
        }  # fmt: skip
