"""What a household's file refers to, checked against what it holds: rooms, floors, devices, files.

These look at the plain data, not at the types, so that a file with other faults is still checked for these.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from assistant.config.base import Language
from assistant.config.document import Document, KeyPath, value_at
from assistant.config.secrets import CREDENTIALS, located
from assistant.config.wording import noun_of, unknown
from assistant.errors import Fault

_FILES: tuple[KeyPath, ...] = (
    ("model",),
    ("meaning",),
    ("mqtt", "password_file"),
    ("mqtt", "ca_file"),
    ("mqtt", "cert_file"),
    ("mqtt", "key_file"),
    ("cloud", "token_file"),
)

_FILE_LISTS: tuple[KeyPath, ...] = (("sentences",), ("contacts", "vcard"))


def check_references(document: Document, *, folder: Path, known: Mapping[str, Collection[str]]) -> None:
    """Note every reference that leads nowhere.

    known: what else may be named, by dotted key (`handlers.run`, `packs`); what is not in it is not checked.
    """
    for path, noun, words in _pointers(document.value):
        word = value_at(document.value, path)
        if isinstance(word, str) and word not in words:
            document.fault(path, unknown(noun, word, words))
    devices = _mapping(document.value, "devices")
    for identifier, scene in _mapping(document.value, "scenes").items():
        for device in _mapping(scene, "set"):
            if device not in devices:
                document.fault(("scenes", identifier, "set", device), unknown("device", device, devices), key=True)
    for dotted, words in known.items():
        _check_list(document, tuple(dotted.split(".")), words)
    for path in _file_paths(document):
        _check_file(document, path, folder)
    for path in (("state",), *(("replies", "voice", "voices", language) for language in get_args(Language))):
        _check_home(document, path)


def name_warnings(document: Document) -> Iterator[Fault]:
    """What is allowed, but probably not meant: two devices of one name, a device that nobody can call."""
    seen: dict[tuple[str, str], KeyPath] = {}
    for identifier, device in _mapping(document.value, "devices").items():
        names = _mapping(device, "names")
        if not names:
            yield Fault(
                document.where(("devices", identifier), key=True),
                "has no names; it is reached only by its room, its floor or all together",
            )
        for language, given in names.items():
            for name in [given] if isinstance(given, str) else given if isinstance(given, list) else []:
                path: KeyPath = ("devices", identifier, "names", language)
                first = seen.setdefault((str(language), _folded(str(name))), path)
                if first[1] != identifier:
                    yield Fault(
                        document.where(path),
                        f'"{name}" is also the name of {first[1]} (line {document.values[first].line});'
                        " say the room with it, or give one of them another name",
                    )


def echo_warnings(document: Document) -> Iterator[Fault]:
    """A microphone that is open while the assistant speaks, and takes everything that it hears."""
    path: KeyPath = ("replies", "echo")
    if value_at(document.value, path) == "cancelled" and value_at(document.value, ("wake", "engine")) in (None, "none"):
        yield Fault(
            document.where(path),
            "needs a wake word: what remains of our own voice is sometimes taken for a command (see docs/echo.md)",
        )


def _pointers(value: object) -> Iterator[tuple[KeyPath, str, Collection[str]]]:
    """Every place that names a room or floor, what it names, and which there are."""
    rooms, floors = _mapping(value, "rooms"), _mapping(value, "floors")
    yield ("room",), "room", rooms
    yield from ((("rooms", room, "floor"), "floor", floors) for room in rooms)
    for things in ("devices", "players"):
        yield from (((things, thing, "room"), "room", rooms) for thing in _mapping(value, things))
    players = _mapping(value, "players")
    yield ("media", "default_player"), "player", players
    yield from ((("players", player, "volume_by"), "player", players) for player in players)


def _check_list(document: Document, path: KeyPath, words: Collection[str]) -> None:
    """Note the words of a list, or the keys of a mapping, that are not known."""
    given = value_at(document.value, path)
    for index, word in enumerate(given if isinstance(given, list) else ()):
        if isinstance(word, str) and word not in words:
            document.fault((*path, index), unknown(noun_of(path), word, words))
    for key in given if isinstance(given, dict) else ():
        if key not in words:
            document.fault((*path, key), unknown(noun_of(path), key, words), key=True)


def _file_paths(document: Document) -> Iterator[KeyPath]:
    for path in _FILE_LISTS:
        files = value_at(document.value, path)
        if isinstance(files, list):
            yield from ((*path, index) for index in range(len(files)))
        else:
            yield path
    yield from _FILES
    yield from (("players", player, "password_file") for player in _mapping(document.value, "players"))


def _check_file(document: Document, path: KeyPath, folder: Path) -> None:
    name = value_at(document.value, path)
    if not isinstance(name, str):
        return
    if not _check_home(document, path):
        return
    file = located(Path(name), folder=folder)
    if file.parts[:1] == (CREDENTIALS,):
        return  # it is there in the service only
    try:
        if not file.is_file():
            document.fault(path, _missing(path, file))
            return
        with file.open("rb"):
            pass
    except OSError as error:
        document.fault(path, f"{file} cannot be read: {error.strerror or error}")
    except ValueError:
        document.fault(path, "a path cannot hold such a character")


def _check_home(document: Document, path: KeyPath) -> bool:
    """Whether there is the home folder that a path begins with, where it begins with one."""
    name = value_at(document.value, path)
    try:
        Path(name if isinstance(name, str) else "").expanduser()
    except RuntimeError:
        document.fault(path, f'no home folder "{str(name).partition("/")[0]}"; write the whole path')
        return False
    return True


def _missing(path: KeyPath, file: Path) -> str:
    if file.exists():
        return f"{file} is no file"
    if path[-1] in ("password_file", "token_file"):  # where people write the secret itself, it must not be repeated
        return "no such file; write the name of a file that holds the secret, not the secret"
    return f"no file {file}"


def _mapping(value: object, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
