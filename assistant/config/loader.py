"""`oyez.yaml` read into types: every fault at once, each with file, line, column and the nearest right spelling."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.config.document import Document, parse, read
from assistant.config.household import HouseholdConfig
from assistant.config.references import check_references, name_warnings
from assistant.config.wording import describe
from assistant.errors import ConfigurationError, Fault

NOTHING_ELSE: Mapping[str, Collection[str]] = {}


@dataclass(frozen=True, slots=True)
class LoadedHousehold:
    """A household that can be used."""

    config: HouseholdConfig
    """Paths in it are absolute."""
    warnings: tuple[Fault, ...]
    """What is allowed, but probably not meant."""
    files: tuple[Path, ...]
    """The file and those it names: when one of them changes, the household has changed."""


def load_household(path: Path, *, known: Mapping[str, Collection[str]] = NOTHING_ELSE) -> LoadedHousehold:
    """The household in the file at `path`.

    known: words that keys of the file may take beside what its types say, by dotted key, such as the handlers that are
    installed for `handlers.run`.
    Raises ConfigurationError with every fault in the file.
    """
    return _household(read(path), folder=path.parent.absolute(), file=path.absolute(), known=known)


def parse_household(text: str, *, path: Path, known: Mapping[str, Collection[str]] = NOTHING_ELSE) -> LoadedHousehold:
    """The same from text that stands, or will stand, at `path`."""
    document = parse(text.encode(), name=str(path))
    return _household(document, folder=path.parent.absolute(), file=path.absolute(), known=known)


def household_schema() -> str:
    """JSON schema of the file, for editors."""
    schema = HouseholdConfig.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Oyez household"
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _household(
    document: Document, *, folder: Path, file: Path, known: Mapping[str, Collection[str]]
) -> LoadedHousehold:
    if document.value is None and not document.faults:
        document.value = {}
    if document.value is not None and not isinstance(document.value, dict):
        document.fault((), 'not a household: the file must hold keys such as "site: kitchen"')
    if not isinstance(document.value, dict):
        raise ConfigurationError(document.faults)
    # A section whose lines are all commented out is a section that is not there.
    document.value = {key: value for key, value in document.value.items() if value is not None}
    config = _validated(document)
    check_references(document, folder=folder, known=known)
    if config is None or document.faults:
        raise ConfigurationError(_in_order(document.faults))
    return LoadedHousehold(
        config=(absolute := _absolute(config, folder)),
        warnings=tuple(name_warnings(document)),
        files=(file, *absolute.sentences),
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


def _absolute(config: HouseholdConfig, folder: Path) -> HouseholdConfig:
    mqtt: dict[str, Any] = {
        key: _beside(folder, getattr(config.mqtt, key)) for key in ("password_file", "ca_file", "cert_file", "key_file")
    }
    return config.model_copy(
        update={
            "sentences": [folder / path.expanduser() for path in config.sentences],
            "model": _beside(folder, config.model),
            "mqtt": config.mqtt.model_copy(update=mqtt),
        }
    )


def _beside(folder: Path, path: Path | None) -> Path | None:
    return None if path is None else folder / path.expanduser()


def _in_order(faults: list[Fault]) -> list[Fault]:
    """By line and column, each once."""

    def position(fault: Fault) -> tuple[int, int]:
        numbers = fault.where.split(" ", 1)[0].rsplit(":", 2)[1:]
        return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 and all(n.isdigit() for n in numbers) else (0, 0)

    return sorted(dict.fromkeys(faults), key=position)
