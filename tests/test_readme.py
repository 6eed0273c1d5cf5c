"""What the README shows is true: its household is good, its message is the contract's, its commands exist."""

import re
import subprocess
from pathlib import Path

import pytest

from assistant.cli.commands import build_parser
from assistant.config import parse_household
from assistant.mqtt import IntentPayload

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The first code block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


def test_the_first_household_is_good(tmp_path: Path) -> None:
    loaded = parse_household(block("yaml"), path=tmp_path / "oyez.yaml")
    assert loaded.warnings == ()
    assert set(loaded.config.devices) == {"ceiling", "lamp"}


def test_the_message_is_the_contracts() -> None:
    payload = IntentPayload.from_bytes(block("json").encode(), topic="oyez/kitchen/intent/light/on")
    assert (payload.domain, payload.intent, payload.slots) == ("light", "on", {"device": "lamp"})


def test_the_commands_exist() -> None:
    help_text = build_parser().format_help()
    named = set(re.findall(r"`oyez ([a-z]+)", README))
    assert named
    assert all(f"\n    {command}" in help_text for command in named)


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("script", ["run", "test"])
def test_a_script_explains_itself_and_installs_nothing(script: str, tmp_path: Path) -> None:
    asked = subprocess.run(
        [str(ROOT / "deploy" / script), "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout.startswith(f"usage: deploy/{script}")
