"""The command line as people type it: exit statuses, help, wrong usage."""

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.demo import HOUSEHOLD
from handlers.registry import BUILT_IN

COMMANDS = ("run", "status", "check", "config", "devices", "doctor", "mic", "interpret", "handler", "why", "version")


def oyez(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of one command."""
    try:
        status = main(arguments)
    except SystemExit as ended:  # argparse ends the program for --help and for wrong usage
        status = int(ended.code or 0)
    told = capsys.readouterr()
    return status, told.out, told.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = oyez(command, "--help", capsys=capsys)
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: oyez {command}")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = oyez("--help", capsys=capsys)
    assert status == 0
    assert all(f"\n    {command}" in out for command in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("listen",),
        ("run", "--loud"),
        ("run", "--demo", "--no-demo"),
        ("run", "--play", "nowhere.wav"),
        ("config",),
        ("handler",),
        ("handler", "lihgt"),
        ("interpret",),
        ("interpret", "--language", "de", "a.wav"),
        ("interpret", "--language", "en", "de", "a.wav"),
        ("interpret", "--sentences", "a.wav"),
        ("interpret", "--sentences", "nowhere.yaml", "--language", "en", "a.wav"),
        ("interpret", "--config", "nowhere.yaml", "a.wav"),
        ("mic", "--seconds", "-1"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_and_ends_with_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = oyez(*arguments, capsys=capsys)
    assert (status, out) == (2, "")
    assert err


def test_an_unknown_handler_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert 'no handler "lihgt"; did you mean "light"?' in oyez("handler", "lihgt", capsys=capsys)[2]


def test_handlers_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = oyez("handler", "list", capsys=capsys)
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["HANDLER", *sorted(BUILT_IN)]


@pytest.mark.parametrize("arguments", [("version",), ("--version",)])
def test_the_version_is_printed(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = oyez(*arguments, capsys=capsys)
    assert (status, err) == (0, "")
    assert out.startswith("oyez 0.")


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = oyez("config", "schema", capsys=capsys)
    assert (status, err) == (0, "")
    assert "site" in json.loads(out)["properties"]


def test_a_good_household_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = oyez("check", str(HOUSEHOLD), capsys=capsys)
    assert (status, err) == (0, "")
    assert out.endswith("good; 3 rooms, 4 devices, 1 scenes, 0 contacts, 0 sentence files\n")


def test_every_mistake_is_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "household.yaml"
    file.write_text("site: A\nhandlers: {run: [lihgt]}\npacks: [lights]\nlangages: [en]\n")
    status, out, err = oyez("check", str(file), capsys=capsys)
    assert (status, err) == (1, "")
    assert [line.split(":")[1] for line in out.splitlines()] == ["1", "2", "3", "4", " 4 mistakes"]
    assert 'no handler "lihgt"; did you mean "light"?' in out


def test_garbage_is_looked_for_again_after_a_start_that_failed(tmp_path: Path) -> None:
    config = tmp_path / "oyez.yaml"
    config.write_text("languages: [xx]\n", encoding="utf-8")
    assert main(["run", "--config", str(config)]) != 0
    assert gc.isenabled()


def test_mistakes_in_sentence_files_are_listed_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text('language: en\nintents:\n  Coffee:\n    data:\n      - sentences: ["(a|b"]\n')
    file = tmp_path / "household.yaml"
    file.write_text("site: a\nsentences: [mine.yaml]\n")
    status, out, _ = oyez("check", str(file), capsys=capsys)
    assert status == 1
    assert "mine.yaml:5" in out


def test_warnings_leave_a_household_good(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "household.yaml"
    file.write_text("devices:\n  a: {topic: t, names: {en: lamp}}\n  b: {topic: u, names: {en: lamp}}\n")
    status, out, _ = oyez("check", str(file), capsys=capsys)
    assert status == 0
    assert f"{file}:3:29 devices.b.names.en: warning: " in out


def test_check_finds_the_household_in_the_usual_places(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("OYEZ_CONFIG", raising=False)
    (tmp_path / "oyez").mkdir()
    (tmp_path / "oyez" / "oyez.yaml").write_text("site: a")
    assert oyez("check", capsys=capsys)[0] == 0
    (tmp_path / "oyez.yaml").write_text("site: A")
    assert oyez("check", capsys=capsys)[0] == 1
    monkeypatch.setenv("OYEZ_CONFIG", str(tmp_path / "oyez" / "oyez.yaml"))
    assert oyez("check", capsys=capsys)[0] == 0


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = f"{sys.executable} -m assistant.cli config schema | head -1; echo ${{PIPESTATUS[0]}}"
    asked = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert (asked.stdout.splitlines(), asked.stderr) == (["{", "0"], "")


def test_the_version_comes_at_once() -> None:
    """Nothing that takes time to load is loaded for it."""
    program = (
        "import sys; from assistant.cli import main; status = main(['version'])\n"
        "slow = {'numpy', 'onnxruntime', 'kaldifst', 'hassil', 'sounddevice'} & set(sys.modules)\n"
        "sys.exit(status or ' '.join(slow) or None)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30, capture_output=True)
