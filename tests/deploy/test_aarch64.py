"""The check for a Raspberry Pi's processor: what decides it.

The check itself takes the network and minutes: deploy/check-aarch64 is run by hand.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Line = dict[str, Any]
COMPARE = ROOT / "deploy/same-interpretations"
HEARD = {
    "file": "assistant/demo/clips/en_lamp.flac",
    "accepted": True,
    "language": "en",
    "domain": "light",
    "intent": "on",
    "text": "turn on the lamp",
    "slots": {"device": "lamp"},
    "confidence": 0.9,
}


def compare(here: list[Line], there: list[Line], *, folder: Path) -> subprocess.CompletedProcess[str]:
    for name, lines in (("here", here), ("there", there)):
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    command = [str(COMPARE), str(folder / "here"), str(folder / "there")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param({}, True, id="equal"),
        pytest.param({"confidence": 0.885}, True, id="nearly as sure"),
        pytest.param({"file": "/elsewhere/en_lamp.flac", "compute_ms": 9000.0}, True, id="another folder and time"),
        pytest.param({"confidence": 0.87}, False, id="less sure"),
        pytest.param({"text": "turn on the lamps"}, False, id="other words"),
        pytest.param({"slots": {"device": "ceiling"}}, False, id="another lamp"),
        pytest.param({"intent": "off"}, False, id="another intent"),
        pytest.param({"language": "fr"}, False, id="another language"),
        pytest.param({"accepted": False}, False, id="rejected there"),
    ],
)
def test_same_interpretation_is_told_from_another(change: Line, *, same: bool, tmp_path: Path) -> None:
    compared = compare([HEARD], [{**HEARD, **change}], folder=tmp_path)
    assert compared.returncode == (0 if same else 1), compared.stderr
    assert compared.stdout.splitlines()[-1].endswith("| yes |" if same else "| NO |")


@pytest.mark.parametrize(
    ("here", "there"),
    [
        pytest.param([], [], id="no file"),
        pytest.param([HEARD], [], id="none there"),
        pytest.param([], [HEARD], id="none here"),
        pytest.param([HEARD], [{"file": "en_lamp.flac", "error": "cannot be read"}], id="unreadable there"),
        pytest.param([{**HEARD, "accepted": False}], [{**HEARD, "accepted": False}], id="rejected by both"),
    ],
)
def test_nothing_understood_is_no_agreement(here: list[Line], there: list[Line], tmp_path: Path) -> None:
    assert compare(here, there, folder=tmp_path).returncode == 1


@pytest.mark.parametrize(("flag", "status"), [("--help", 0), ("--no-such-flag", 1)])
def test_flags_are_judged_before_anything_is_fetched(flag: str, status: int, tmp_path: Path) -> None:
    command = [str(ROOT / "deploy/check-aarch64"), "--folder", str(tmp_path / "new"), flag]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == status
    assert "--help" in told.stdout + told.stderr
    assert not (tmp_path / "new").exists()


def test_last_result_is_recorded_for_each_language() -> None:
    rows = re.findall(
        r"^\| (en|es|fr)_\S+\.flac \|.*\| (yes|NO) \|$", (ROOT / "docs/aarch64.md").read_text(), re.MULTILINE
    )
    assert {language for language, _ in rows} == {"en", "es", "fr"}
    assert {verdict for _, verdict in rows} == {"yes"}
