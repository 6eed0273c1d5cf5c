"""The units, judged by systemd itself."""

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
INSTALLED = "/opt/oyez/current/bin/oyez"
NAMES = {
    "oyez.service": "oyez.service",
    "oyez-handler@.service": "oyez-handler@light.service",
    "oyez.target": "oyez.target",
}
"""Each file, and what it is called when it is used."""
EXPOSURE = {"oyez.service": 1.8, "oyez-handler@.service": 1.5}
"""What `systemd-analyze security` may find at most, of 10; a unit without any measure has 9.6."""


@pytest.fixture
def unit_path(tmp_path: Path) -> Path:
    """All units side by side, with a program that is installed where tests run."""
    for file, name in NAMES.items():
        text = (UNITS / file).read_text()
        (tmp_path / name).write_text(text.replace(INSTALLED, shutil.which("true") or "/bin/true"))
    return tmp_path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False, env={"LC_ALL": "C"}
    )


def test_every_unit_is_judged() -> None:
    units = {file.name for file in UNITS.iterdir() if file.suffix in {".service", ".target", ".socket", ".timer"}}
    assert units == set(NAMES)
    assert {name for name in units if name.endswith(".service")} == set(EXPOSURE)


@pytest.mark.parametrize("unit", NAMES)
def test_systemd_finds_nothing_to_complain_about(unit: str, unit_path: Path) -> None:
    judged = analyze("verify", "--recursive-errors=no", str(unit_path / NAMES[unit]))
    # Exit status 0 also for unknown keys: those are told on stderr.
    assert (judged.stdout, judged.stderr, judged.returncode) == ("", "", 0)


def test_systemd_would_complain_about_a_wrong_key(unit_path: Path) -> None:
    file = unit_path / "oyez.service"
    file.write_text(file.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    assert "WatchdogSecs" in analyze("verify", "--recursive-errors=no", str(file)).stderr


@pytest.mark.parametrize("unit", EXPOSURE)
def test_little_is_exposed(unit: str, unit_path: Path) -> None:
    threshold = round(EXPOSURE[unit] * 10)
    judged = analyze(
        "security", "--offline=true", "--no-pager", f"--threshold={threshold}", str(unit_path / NAMES[unit])
    )
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("unit", EXPOSURE)
def test_the_service_is_ready_when_it_says_so_and_runs_what_is_installed(unit: str) -> None:
    parser = ConfigParser(strict=False, interpolation=None, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS / unit)
    service = parser["Service"]
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert service["ExecStart"].startswith(f"{INSTALLED} ")
    assert (service["User"], service["StateDirectory"]) == ("oyez", "oyez")
    assert parser["Unit"]["PartOf"] == parser["Install"]["WantedBy"] == "oyez.target"


def test_the_assistant_is_started_anew_when_it_hangs_and_may_use_nothing_but_the_sound_card() -> None:
    lines = (UNITS / "oyez.service").read_text().splitlines()
    assert "WatchdogSec=60" in lines
    assert "DevicePolicy=closed" in lines
    assert [line for line in lines if line.startswith("DeviceAllow=")] == ["DeviceAllow=char-alsa rw"]
