"""Bounds on what comes in: the table in docs/security.md is true, and those without a test elsewhere hold."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.audio import read_file
from assistant.config import ContactsConfig, HouseholdConfig, parse_household, read_secret
from assistant.config.secrets import MOST_BYTES as MOST_SECRET_BYTES
from assistant.contacts import load_phonebook, read_cards
from assistant.contacts.phonebook import MOST_BYTES as MOST_VCARD_BYTES
from assistant.contacts.vcard import MOST_CARDS
from assistant.errors import AudioError, ConfigurationError, OyezError, SentenceError
from assistant.language import load_text
from assistant.language.expand import MOST_ITEMS, MOST_TEXTS
from assistant.language.read import MOST_TEMPLATE_CHARACTERS
from assistant.language.yamlfile import MOST_DEPTH
from assistant.state import MOST_BYTES as MOST_STATE_BYTES
from assistant.state import StateFile

ROOT = Path(__file__).parents[1]
ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<limit>[^|]+) \| `(?P<set>[\w.]+)` \| [^|]+ \| `(?P<test>[\w./:]+)` \|$", re.MULTILINE
)
UNITS = {"KiB": 1024, "MiB": 1024**2, "s": 1, "min": 60}


def rows() -> list[re.Match[str]]:
    return list(ROW.finditer((ROOT / "docs" / "security.md").read_text()))


def number(limit: str) -> float:
    """`4 MiB`, `100,000`, `60 a minute` as a number."""
    figure, _, unit = limit.replace(",", "").partition(" ")
    return float(figure) * UNITS.get(unit.partition(" ")[0], 1)


def constant(dotted: str) -> object:
    """`assistant.config.document.MAX_BYTES`, or a field of a pydantic class and its upper bound."""
    parts = dotted.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            fields = getattr(found, "model_fields", {})
            bounds = [value for one in fields[part].metadata for value in vars_of(one)] if part in fields else []
            found = bounds[0] if bounds else getattr(found, part)
        return found
    raise AssertionError(dotted)


def vars_of(bound: object) -> list[object]:
    return [getattr(bound, name) for name in ("le", "max_length") if getattr(bound, name, None) is not None]


def test_the_table_has_every_kind_of_input() -> None:
    kinds = " ".join(row["what"] for row in rows()).lower()
    for kind in ("mqtt", "catalog", "listen", "say", "household", "sentence", "vcard", "sound", "utterance", "cloud"):
        assert kind in kinds, kind
    assert len(rows()) > 25


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["set"])
def test_a_row_of_the_table_is_true(row: re.Match[str]) -> None:
    assert constant(row["set"]) == number(row["limit"])
    file, _, test = row["test"].partition("::")
    assert f"def {test}(" in (ROOT / file).read_text()


def sentences(more: str) -> str:
    return f"language: en\nintents: {{A: {{data: [{{sentences: [go]}}]}}}}\n{more}"


def doubled(depth: int) -> str:
    return "[" * depth + "]" * depth


TOO_MUCH = {
    "nesting": (sentences(f"x: {doubled(MOST_DEPTH + 5)}"), f"deeper than {MOST_DEPTH}"),
    "a long template": (
        f"language: en\nintents: {{A: {{data: [{{sentences: ['{'a' * (MOST_TEMPLATE_CHARACTERS + 1)}']}}]}}}}",
        f"longer than {MOST_TEMPLATE_CHARACTERS}",
    ),
    "a value of many texts": (
        sentences("lists: {l: {values: ['(a|b|c|d|e|f|g|h) (a|b|c|d|e|f|g|h) (a|b|c|d|e|f|g|h)']}}"),
        f"more than {MOST_TEXTS} texts",
    ),
    "a value in many orders": (
        sentences(f"lists: {{l: {{values: ['({';'.join('abcdefghij'[: MOST_ITEMS + 1])})']}}}}"),
        f"more than {MOST_ITEMS} parts",
    ),
    "rules in rules in rules": (
        sentences("expansion_rules:\n" + "".join(f"  r{n}: <r{n + 1}>\n" for n in range(60)) + "  r60: end\n")
        + "lists: {l: {values: ['<r0>']}}\n",
        "deep",
    ),
}


@pytest.mark.parametrize(("text", "told"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_sentences_beyond_measure_are_refused(text: str, told: str) -> None:
    try:
        faults = load_text(text).faults
    except SentenceError as error:
        faults = error.faults
    assert any(told in fault.what for fault in faults), faults


def test_vcards_beyond_measure_are_left_out(tmp_path: Path) -> None:
    card = b"BEGIN:VCARD\nVERSION:3.0\nFN:Anna\nTEL:612345678\nEND:VCARD\n"
    cards, faults = read_cards(card * (MOST_CARDS + 2), name="many.vcf")
    assert len(cards) == MOST_CARDS
    assert f"more than {MOST_CARDS} entries" in faults[0].what
    large = tmp_path / "large.vcf"
    with large.open("wb") as file:
        file.write(card)
        file.truncate(MOST_VCARD_BYTES + 1)
    phonebook = load_phonebook(HouseholdConfig(contacts=ContactsConfig(vcard=[large])))
    assert list(phonebook.all) == []
    assert f"longer than {MOST_VCARD_BYTES} bytes" in phonebook.faults[0].what


def test_sound_of_too_many_channels_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "many.wav"
    soundfile.write(file, np.zeros((1600, 33), np.int16), 16000)
    with pytest.raises(AudioError, match="33 channels, at most 32"):
        read_file(file)


def test_an_utterance_cannot_be_made_longer_than_the_network_takes(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="must be at most 15000"):
        parse_household("listen: {max_utterance_ms: 60000}", path=tmp_path / "oyez.yaml")


def test_a_state_file_beyond_measure_is_put_aside(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "home.timers.json")
    file.path.write_bytes(b"[" + b" " * MOST_STATE_BYTES + b"]")
    assert file.read() is None
    assert file.path.with_suffix(".damaged").exists()


def test_a_secret_is_read_no_further_than_a_secret_goes(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"x" * (MOST_SECRET_BYTES + 10))
    assert len(read_secret(file)) == MOST_SECRET_BYTES
    with pytest.raises(OyezError):
        read_secret(Path("/dev/null"))
