"""`oyez.yaml` read into types: every fault at once, each with file, line, column and the nearest right spelling."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from assistant.config.base import Section
from assistant.config.conversation import VoiceConfig
from assistant.config.document import Document, KeyPath, parse, read, value_at
from assistant.config.exposure import check_exposure, exposure_warnings
from assistant.config.household import HouseholdConfig
from assistant.config.packs import pack_warnings
from assistant.config.references import check_references, echo_warnings, name_warnings
from assistant.config.secrets import located
from assistant.config.wording import describe
from assistant.errors import ConfigurationError, Fault

Known: TypeAlias = Mapping[str, Collection[str] | type[Section]]
"""What keys of the file may hold beside what its types say, by dotted key: the words of a list, or the keys of a
mapping (the handlers that are installed, for `handlers.run`), or the type of a section (a handler's options)."""
NOTHING_ELSE: Known = {}


@dataclass(frozen=True, slots=True)
class LoadedHousehold:
    """A household that can be used."""

    config: HouseholdConfig
    """Paths in it are absolute."""
    warnings: tuple[Fault, ...]
    """What is allowed, but probably not meant."""
    files: tuple[Path, ...]
    """The file and those it names: when one of them changes, the household has changed."""
    faults: tuple[Fault, ...] = ()
    """What is wrong in sections of known types: their part does not run, everything else does."""


def load_household(path: Path, *, known: Known = NOTHING_ELSE) -> LoadedHousehold:
    """The household in the file at `path`.

    known: what is installed on this machine.
    Raises ConfigurationError with every fault in the file.
    """
    return _household(read(path), folder=path.parent.absolute(), file=path.absolute(), known=known)


def parse_household(text: str, *, path: Path, known: Known = NOTHING_ELSE) -> LoadedHousehold:
    """The same from text that stands, or will stand, at `path`."""
    document = parse(text.encode(), name=str(path))
    return _household(document, folder=path.parent.absolute(), file=path.absolute(), known=known)


def household_schema() -> str:
    """JSON schema of the file, for editors."""
    schema = HouseholdConfig.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Oyez household"
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _household(document: Document, *, folder: Path, file: Path, known: Known) -> LoadedHousehold:
    if document.value is None and not document.faults:
        document.value = {}
    if document.value is not None and not isinstance(document.value, dict):
        document.fault((), 'not a household: the file must hold keys such as "site: kitchen"')
    if not isinstance(document.value, dict):
        raise ConfigurationError(document.faults)
    # A section whose lines are all commented out is a section that is not there.
    document.value = {key: value for key, value in document.value.items() if value is not None}
    config = _validated(document)
    words = {key: what for key, what in known.items() if not isinstance(what, type)}
    check_references(document, folder=folder, known=words)
    check_exposure(document)
    if config is None or document.faults:
        raise ConfigurationError(_in_order(document.faults))
    return LoadedHousehold(
        config=(absolute := _absolute(config, folder)),
        warnings=(
            *name_warnings(document),
            *echo_warnings(document),
            *pack_warnings(document),
            *exposure_warnings(document, folder=folder),
        ),
        files=(file, *absolute.sentences, *absolute.contacts.vcard),
        faults=tuple(_section_faults(document, known)),
    )


def _validated(document: Document) -> HouseholdConfig | None:
    try:
        return HouseholdConfig.model_validate(document.value)
    except ValidationError as error:
        seen = set()
        for fault in error.errors(include_url=False):
            path, what, key = describe(fault, document=document, model=HouseholdConfig)
            # A union (text or number) complains once for each of its branches.
            if path not in seen or fault["type"] == "missing":
                document.fault(path, what, key=key)
            seen.add(path)
        return None


def _section_faults(document: Document, known: Known) -> list[Fault]:
    """Every fault in the sections whose types only those know who are installed."""
    faults: list[Fault] = []
    for dotted, kind in known.items():
        path: KeyPath = tuple(dotted.split("."))
        value = value_at(document.value, path)
        if isinstance(kind, type) and value is not None:
            try:
                kind.model_validate(value)
            except ValidationError as error:
                for fault in error.errors(include_url=False):
                    place, what, key = describe(fault, document=document, model=kind, below=path)
                    faults.append(Fault(document.where(place, key=key), what))
    return _in_order(faults)


def _absolute(config: HouseholdConfig, folder: Path) -> HouseholdConfig:
    mqtt: dict[str, Any] = {
        key: _beside(folder, getattr(config.mqtt, key)) for key in ("password_file", "ca_file", "cert_file", "key_file")
    }
    return config.model_copy(
        update={
            "sentences": [folder / path.expanduser() for path in config.sentences],
            "contacts": config.contacts.model_copy(
                update={"vcard": [folder / path.expanduser() for path in config.contacts.vcard]}
            ),
            "model": _beside(folder, config.model),
            "meaning": _beside(folder, config.meaning),
            "replies": config.replies.model_copy(update={"voice": _voice_beside(folder, config.replies.voice)}),
            "mqtt": config.mqtt.model_copy(update=mqtt),
            "cloud": config.cloud.model_copy(update={"token_file": _beside(folder, config.cloud.token_file)}),
            "players": {
                name: player.model_copy(update={"password_file": _beside(folder, player.password_file)})
                for name, player in config.players.items()
            },
            "state": _beside(folder, config.state),
        }
    )


def _voice_beside(folder: Path, voice: VoiceConfig) -> VoiceConfig:
    """Piper's voices are files; those of the other engines are names."""
    if voice.engine != "piper":
        return voice
    files = {language: str(_beside(folder, Path(file))) for language, file in voice.voices.items()}
    return voice.model_copy(update={"voices": files})


def _beside(folder: Path, path: Path | None) -> Path | None:
    return None if path is None else located(path, folder=folder)


def _in_order(faults: list[Fault]) -> list[Fault]:
    """By line and column, each once."""

    def position(fault: Fault) -> tuple[int, int]:
        numbers = fault.where.split(" ", 1)[0].rsplit(":", 2)[1:]
        return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 and all(n.isdigit() for n in numbers) else (0, 0)

    return sorted(dict.fromkeys(faults), key=position)
