"""The units, judged by systemd itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
INSTALLED = "/opt/oyez/.venv/bin/oyez"


@pytest.mark.parametrize(
    ("unit", "name"),
    [("oyez.service", "oyez.service"), ("oyez-handler@.service", "oyez-handler@light.service")],
)
def test_systemd_finds_nothing_to_complain_about(unit: str, name: str, tmp_path: Path) -> None:
    text = (UNITS / unit).read_text()
    assert INSTALLED in text
    # The program is not installed where tests run; everything else is judged as it stands.
    (tmp_path / name).write_text(text.replace(INSTALLED, shutil.which("true") or "/bin/true"))
    judged = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # Exit status 0 also for unknown keys: those are told on stderr.
    assert (judged.stdout, judged.stderr, judged.returncode) == ("", "", 0)
