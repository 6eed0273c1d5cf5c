from typing import get_args

import pytest
from hassil.expression import Group, ListReference, RuleReference

from assistant.config.calling import Kind, Relation
from assistant.errors import SentenceError
from assistant.language import LANGUAGES, PACKS, load_packs

SLOTS = {"device", "room", "floor", "scene", "scope", "brightness", "amount", "color", "kelvin", "direction"}
COLORS = {"red", "green", "blue", "yellow", "orange", "purple", "pink", "white", "warm white", "cold white"}


INTENTS = {
    "light": {"on", "off", "toggle", "brighter", "dimmer", "brightness", "color", "color_temperature", "scene"},
    "media": {
        "play", "pause", "resume", "stop", "next", "previous", "seek", "volume", "volume_up", "volume_down", "mute",
        "unmute", "shuffle", "repeat", "what", "channel", "channel_up", "channel_down", "page_next", "page_previous",
        "home", "back",
    },
    "calling": {"call", "redial", "answer", "reject", "hang_up", "mute", "unmute", "who"},
    "system": {"stop", "cancel", "repeat", "help", "again", "undo"},
    "timer": {"start", "remaining", "pause", "resume", "cancel", "cancel_all", "add"},
}  # fmt: skip


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_in_every_language(pack, language):
    intents = {f"{block.domain}.{block.intent}" for one in load_packs([pack], [language]) for block in one.blocks}
    assert intents == {f"{pack}.{intent}" for intent in INTENTS[pack]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_values_in_every_language(language):
    (light,) = load_packs(["light"], [language])
    english = load_packs(["light"], ["en"])[0].lists
    for name in ("color", "direction", "everything"):
        assert {entry.out for entry in light.lists[name]} == {entry.out for entry in english[name]}
    assert {entry.out for entry in light.lists["color"]} >= COLORS


@pytest.mark.parametrize("language", LANGUAGES)
def test_slots_that_the_handlers_know(language):
    (light,) = load_packs(["light"], [language])
    for block in light.blocks:
        for template in block.templates:
            assert set(slots(template.expression, light.rules)) <= SLOTS


@pytest.mark.parametrize("language", LANGUAGES)
def test_media_has_the_same_values_and_slots_in_every_language(language):
    (media,) = load_packs(["media"], [language])
    english = load_packs(["media"], ["en"])[0]
    assert media.lists.keys() == english.lists.keys()
    for name in media.lists.keys() - {"time_ahead", "time_behind"}:
        assert {entry.out for entry in media.lists[name]} == {entry.out for entry in english.lists[name]}

    def used(pack):
        return {slot for block in pack.blocks for one in block.templates for slot in slots(one.expression, pack.rules)}

    assert used(media) == used(english) == {
        "playlist", "artist", "album", "station", "title", "channel", "player", "room", "scope", "volume", "amount",
        "seconds", "position",
    }  # fmt: skip
    assert {slot for block in media.blocks for slot in block.slots} == {"state", "position"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_calling_has_a_word_for_every_relation_and_kind_of_number(language):
    (calling,) = load_packs(["calling"], [language])
    assert {entry.out for entry in calling.lists["relation"]} == set(get_args(Relation))
    assert {entry.out for entry in calling.lists["kind"]} == set(get_args(Kind))
    for block in calling.blocks:
        for template in block.templates:
            assert set(slots(template.expression, calling.rules)) <= {"contact", "relation", "digits", "kind"}


def test_a_pack_that_does_not_exist():
    with pytest.raises(SentenceError, match='no pack "lights"; did you mean "light"'):
        load_packs(["lights"], ["en"])


def slots(expression, rules):
    if isinstance(expression, ListReference):
        yield expression.slot_name
    elif isinstance(expression, RuleReference):
        yield from slots(rules[expression.rule_name], rules)
    elif isinstance(expression, Group):
        for item in expression.items:
            yield from slots(item, rules)
