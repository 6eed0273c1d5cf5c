"""What is installed with Oyez: bounded, pinned, of a licence that goes with ours, looked up where possible."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
DECLARED = {"": PROJECT["dependencies"], **EXTRAS}
RUNTIME = ("", "cloud", "wake")
"""What an owner installs; the other extras are for tests and training."""
PINNED = {
    canonicalize_name(name): Version(version)
    for line in (ROOT / "requirements.lock").read_text().splitlines()
    if not line.startswith("#")
    for name, _, version in [line.partition("==")]
}

FREE = re.compile(
    r"\b(MIT|MIT-0|BSD|Apache|ISC|Zlib|0BSD|PSF|CNRI|CC0|BSL-1\.0|Python Software Foundation|MPL|Mozilla)",
    re.IGNORECASE,
)
"""Licences that ask for a notice, or (MPL) for the changes of their own files."""
COPYLEFT = re.compile(
    r"\bA?GPL|(?<!Lesser )\bGeneral Public License|\bLGPL|Lesser General|\bEUPL|\bSSPL", re.IGNORECASE
)
JUDGED = {
    "python-mpd2": "LGPL-3.0: a package of its own, which can be replaced",
    "soxr": "LGPL-2.1: a library of its own, which can be replaced",
    "num2words": "LGPL: training only, not shipped",
    "piper-tts": "GPL-3.0: run as a program by tests and training, never imported",
    "paho-mqtt": "EPL-2.0 or BSD-3-Clause: the latter is chosen",
    "py-nanotts": "Apache-2.0, of SVOX Pico and its wrapper; its metadata say nothing",
    "pyroomacoustics": "MIT, written out; training only",
    "pyworld-prebuilt": "MIT, of pyworld; training only; its metadata say nothing",
    "locate": "MIT; its metadata say otherwise; training only",
}
"""Those whose metadata do not settle it, and why they are used all the same."""


def declared() -> Iterator[tuple[str, Requirement]]:
    for extra, lines in DECLARED.items():
        for line in lines:
            yield extra, Requirement(line)


@pytest.mark.parametrize(("extra", "requirement"), list(declared()), ids=str)
def test_what_is_declared_is_bounded_and_pinned_within_the_bounds(extra: str, requirement: Requirement) -> None:
    operators = {one.operator for one in requirement.specifier}
    assert operators == {"=="} or (operators & {">=", ">"} and operators & {"<", "<=", "~="}), extra
    if extra != "voices":  # to make training's voices: pinned where they are declared
        assert requirement.specifier.contains(PINNED[canonicalize_name(requirement.name)])
    else:
        assert operators == {"=="}


def closure(extras: tuple[str, ...]) -> set[str]:
    """Everything that is installed with these extras, by what is installed here."""
    found: set[str] = set()
    waiting = [Requirement(line) for extra in extras for line in DECLARED[extra]]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in found:
            continue
        found.add(name)
        for line in metadata.requires(name) or ():
            inner = Requirement(line)
            wanted = [{"extra": extra} for extra in one.extras] or [{"extra": ""}]
            if inner.marker is None or any(inner.marker.evaluate(environment) for environment in wanted):
                waiting.append(inner)
    return found


def test_what_comes_with_it_is_pinned_too() -> None:
    assert closure((*RUNTIME, "test")) - PINNED.keys() == set()


def test_what_is_tested_here_is_what_is_pinned() -> None:
    other = {
        name: (str(version), metadata.version(name))
        for name in closure((*RUNTIME, "test"))
        if Version(metadata.version(name)) != (version := PINNED[name])
    }
    assert other == {}


def licence_of(name: str) -> str:
    """What a package's own metadata say."""
    told = metadata.metadata(name)
    lines = [told.get("License-Expression") or "", (told.get("License") or "").partition("\n")[0]]
    lines += [line for line in told.get_all("Classifier") or () if line.startswith("License ::")]
    return "; ".join(filter(None, lines))


def installed() -> list[str]:
    """Of all that is pinned, what is here: training's packages are where training is tested."""
    return sorted(name for name in PINNED if any(metadata.distributions(name=name)))


@pytest.mark.parametrize("name", installed())
def test_the_licence_goes_with_ours(name: str) -> None:
    licence = licence_of(name)
    if name in JUDGED:
        assert not FREE.search(licence) or COPYLEFT.search(licence) or "EPL" in licence, "judged without need"
        return
    assert FREE.search(licence), licence
    assert not COPYLEFT.search(licence), licence


def test_what_an_owner_installs_is_not_under_the_gpl() -> None:
    assert {name for name in closure(RUNTIME) if COPYLEFT.search(licence_of(name))} == {"python-mpd2", "soxr"}
    assert all("LGPL" in licence_of(name) for name in ("python-mpd2", "soxr"))


def test_programs_under_the_gpl_are_run_and_not_imported() -> None:
    code = [path for folder in ("assistant", "handlers") for path in (ROOT / folder).rglob("*.py")]
    assert len(code) > 100
    imports = re.compile(r"^\s*(?:from|import) (?:piper|espeak|mpv|kodi)\b", re.MULTILINE)
    assert [path for path in code if imports.search(path.read_text())] == []


# The look-up of known vulnerabilities.

CLEAN = {"name": "numpy", "version": "2.4.6", "vulns": []}
WRONG = {
    "name": "pyyaml",
    "version": "6.0.4",
    "vulns": [{"id": "PYSEC-2030-1", "fix_versions": ["6.0.5"], "aliases": [], "description": "bad"}],
}
UNKNOWN = {"name": "iotcore", "skip_reason": "Dependency not found on PyPI"}
ANSWERS = {
    "nothing is known": ([CLEAN], 0, 0, "1 of 1 versions looked up"),
    "something is known": ([CLEAN, WRONG], 1, 1, "pyyaml 6.0.4: PYSEC-2030-1, fixed in 6.0.5"),
    "some are not in the database": ([CLEAN, UNKNOWN], 0, 1, "not known to the database: iotcore"),
    "none is in the database": ([UNKNOWN], 0, 1, "NOT AUDITED"),
    "no database": (None, 0, 1, "NOT AUDITED: ERROR: no route to the database"),
}


@pytest.mark.parametrize(("answer", "status", "strict", "told"), ANSWERS.values(), ids=ANSWERS)
def test_the_audit_says_what_is_known_and_what_was_not_looked_up(
    answer: list[object] | None, status: int, strict: int, told: str, tmp_path: Path
) -> None:
    """Against the answers of pip-audit as it writes them: its database cannot be reached everywhere."""
    (tmp_path / "deploy").mkdir()
    for name in ("audit", "audit-ignored", "environment.sh"):
        shutil.copy(ROOT / "deploy" / name, tmp_path / "deploy" / name)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    programs = tmp_path / ".venv-audit" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    answering = "echo 'ERROR: no route to the database' >&2; exit 1"
    if answer is not None:
        (tmp_path / "answer").write_text(json.dumps({"dependencies": answer, "fixes": []}))
        answering = f'while [ "$1" != --output ]; do shift; done; cp {tmp_path}/answer "$2"'
    (programs / "pip-audit").write_text(f'#!/bin/sh\n[ "$1" != --version ] || exit 0\n{answering}\n')
    (programs / "pip-audit").chmod(0o755)
    for flags, wanted in (([], status), (["--strict"], strict)):
        done = subprocess.run(
            [str(tmp_path / "deploy" / "audit"), *flags], capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, told in done.stderr) == (wanted, True), done.stderr


def test_what_is_ignored_has_a_reason() -> None:
    lines = [line for line in (ROOT / "deploy" / "audit-ignored").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if len(line.split(maxsplit=1)) < 2] == []
