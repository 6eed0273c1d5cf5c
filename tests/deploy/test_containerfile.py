"""The container file, as far as it can be judged without building it; test_install.py runs what its RUN line runs."""

import json
import re
from pathlib import Path

import pytest

from assistant.cli.commands import build_parser

ROOT = Path(__file__).parents[2]
CONTAINERFILE = ROOT / "deploy" / "Containerfile"
INSTRUCTIONS = re.findall(r"^([A-Z]+) (.*)$", CONTAINERFILE.read_text(), re.MULTILINE)


def of(instruction: str) -> list[str]:
    return [text for name, text in INSTRUCTIONS if name == instruction]


def test_it_has_no_instruction_that_goes_over_several_lines() -> None:
    lines = [line for line in CONTAINERFILE.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(INSTRUCTIONS)
    assert INSTRUCTIONS[0] == ("FROM", "docker.io/library/debian:bookworm-slim")


def test_it_copies_what_the_installation_is_made_of() -> None:
    """The sourced and installed files that deploy/install names, and nothing that is not there."""
    copied = set()
    for line in of("COPY"):
        *sources, target = line.split()
        assert all((ROOT / source).exists() for source in sources)
        assert target == "/source/" or [target] == [f"/source/{source}" for source in sources]
        copied |= set(sources)
    environment = (ROOT / "deploy" / "environment.sh").read_text()
    settings = re.search(r"^SOURCE_SETTINGS=\((.*)\)$", environment, re.MULTILINE)
    folders = re.search(r"^source_files\(\) \{ find (.*?) -type f", environment, re.MULTILINE)
    assert settings
    assert folders
    assert copied == {*settings[1].split(), *folders[1].split(), "deploy", "systemd", "docs"}


def test_it_installs_as_any_machine_does_and_runs_as_nobody_in_particular() -> None:
    assert of("RUN") == ["/source/deploy/install && rm -rf /source /root/.cache /var/lib/apt/lists/*"]
    assert of("USER") == ["oyez"]
    names = [name for name, _ in INSTRUCTIONS]
    assert names.index("RUN") < names.index("USER")


@pytest.mark.parametrize(
    "arguments",
    [json.loads(of("CMD")[0]), json.loads(of("HEALTHCHECK")[0].partition("CMD ")[2])[1:]],
    ids=["command", "health"],
)
def test_its_commands_are_ours(arguments: list[str]) -> None:
    assert json.loads(of("ENTRYPOINT")[0]) == ["oyez"]
    options = build_parser().parse_args(arguments)
    assert options.config == Path("/etc/oyez/oyez.yaml")
