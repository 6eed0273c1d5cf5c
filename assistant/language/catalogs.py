"""Names of the household's rooms, floors, devices, scenes, players and contacts, as entries of each language."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from assistant.config import DeviceConfig, HouseholdConfig, Language, PlayerConfig
from assistant.contacts import Phonebook, load_phonebook
from assistant.language.read import LIBRARY
from assistant.language.sentences import Entry
from assistant.language.sounds import COST, as_it_sounds
from assistant.language.spelling import needs_spelling, spellings
from assistant.messages import SlotValue

Catalogs: TypeAlias = dict[str, dict[str, tuple[Entry, ...]]]
"""Catalog name to language to entries."""
Things: TypeAlias = dict[str, tuple[Mapping[Language, list[str]], Mapping[str, SlotValue]]]
"""Identifier to names and context."""


def household_catalogs(config: HouseholdConfig) -> Catalogs:
    """Return the catalogs `device`, `room`, `floor`, `scene`, `player`, `contact`, and Home Assistant's `name`, `area`.

    A thing that has no name in a language goes by its names in the others; one without any goes by its identifier.
    Where several devices (or players) share a name, those in the microphone's room keep it alone.  Contacts have the
    same names in every language; a name that several of them go by has one value (`?anna`), which `Phonebook.people`
    takes, so that it is heard as surely as any other and whoever acts asks which one is meant.  What players have is
    not known yet: their catalogs are empty.
    """
    devices: Things = {
        key: (device.names, _device_context(device.kind, device.room)) for key, device in config.devices.items()
    }
    rooms: Things = {key: (room.names, {}) for key, room in config.rooms.items()}
    floors: Things = {key: (floor.names, {}) for key, floor in config.floors.items()}
    scenes: Things = {key: (scene.names, {}) for key, scene in config.scenes.items()}
    players: Things = {key: (player.names, {}) for key, player in config.players.items()}
    catalogs: Catalogs = {"device": {}, "room": {}, "floor": {}, "scene": {}, "player": {}}
    for language in config.languages:
        for name, things, here in (
            ("device", devices, _here(config, config.devices)),
            ("player", players, _here(config, config.players)),
        ):
            catalogs[name][language] = _nearest(_entries(things, language, config.languages), here)
        for name, things in (("room", rooms), ("floor", floors), ("scene", scenes)):
            catalogs[name][language] = tuple(_entries(things, language, config.languages))
    return catalogs | {
        **{name: dict.fromkeys(config.languages, ()) for name in LIBRARY},
        "contact": contact_entries(load_phonebook(config), config.languages),
        "name": catalogs["device"],
        "area": catalogs["room"],
    }


def contact_entries(book: Phonebook, languages: Sequence[str]) -> dict[str, tuple[Entry, ...]]:
    """Return the names of a phonebook as entries by language.

    Who knows sixty people called Sarah hardly ever says "Sarah" alone: a name costs the logarithm of how many go by it.
    Each name may also be spelled as it sounds; who is written as somebody else sounds is as likely, so that it is asked
    which of the two is meant.
    """
    entries = catalog_entries(((one.words, one.value, None) for one in book.spoken), languages)
    costs = {one.value: math.log(one.people) for one in book.spoken if one.people > 1}
    return {
        language: _with_sounds(
            [replace(entry, cost=costs[entry.out]) if entry.out in costs else entry for entry in own], language
        )
        for language, own in entries.items()
    }


def catalog_entries(
    values: Iterable[tuple[str, SlotValue, str | None]], languages: Sequence[str]
) -> dict[str, tuple[Entry, ...]]:
    """Return values given at run time as entries by language.

    values: what is said, what it stands for, its language (None for all of them).
    """
    entries: dict[str, list[Entry]] = {language: [] for language in languages}
    for said, out, own in values:
        words = " ".join(said.split())
        if not needs_spelling(words):  # most of a library, and the same in every language
            entry = Entry(words, out)
            for language in languages if own is None else [own]:
                if language in entries:
                    entries[language].append(entry)
            continue
        for language in languages if own is None else [own]:
            if language in entries:
                entries[language] += [Entry(spoken, out) for spoken in spellings(words, language)]
    return {language: tuple(found) for language, found in entries.items()}


def _with_sounds(entries: Sequence[Entry], language: str) -> tuple[Entry, ...]:
    names = [entry.spoken.lower() for entry in entries]
    written = dict(zip(names, (entry.out for entry in entries), strict=True))
    heard: dict[tuple[str, SlotValue], Entry] = {}
    for entry, name in zip(entries, names, strict=True):
        sound = as_it_sounds(name, language)
        if sound != name and written.get(sound) != entry.out:
            cost = entry.cost + (0.0 if sound in written else COST)
            heard[sound, entry.out] = Entry(sound, entry.out, entry.context, cost, written=entry.spoken)
    return (*entries, *heard.values())


def _here(config: HouseholdConfig, things: Mapping[str, DeviceConfig | PlayerConfig]) -> set[str]:
    """The things that are in the microphone's room."""
    return {key for key, thing in things.items() if config.room is not None and thing.room == config.room}


def _device_context(kind: str, room: str | None) -> dict[str, SlotValue]:
    context: dict[str, SlotValue] = {"domain": kind}
    return context if room is None else context | {"area": room}


def _entries(things: Things, language: Language, languages: Sequence[Language]) -> list[Entry]:
    return [
        Entry(spoken, key, context)
        for key, (names, context) in things.items()
        for name in dict.fromkeys(_names(key, names, language, languages))
        for spoken in spellings(" ".join(name.split()), language)
    ]


def _names(
    key: str, names: Mapping[Language, list[str]], language: Language, languages: Sequence[Language]
) -> list[str]:
    in_others = [name for other in languages for name in names.get(other, [])]
    in_any = [name for own in names.values() for name in own]
    return names.get(language) or in_others or in_any or [key.replace("_", " ").replace("-", " ")]


def _nearest(entries: list[Entry], here: Collection[str]) -> tuple[Entry, ...]:
    """Entries of other rooms lose the names that are used in this one."""
    taken = {entry.spoken.casefold() for entry in entries if entry.out in here}
    return tuple(entry for entry in entries if entry.out in here or entry.spoken.casefold() not in taken)
