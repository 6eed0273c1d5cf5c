"""docs/handlers.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.config import parse_household
from handlers.drivers import OPTIONS, faults

GUIDE = (Path(__file__).parents[2] / "docs" / "handlers.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    return re.split(r"\n#+ ", GUIDE.split(f"\n### {name}\n")[1])[0]


@pytest.mark.parametrize("driver", OPTIONS)
def test_every_option_is_in_its_drivers_table(driver: str) -> None:
    cells = re.findall(r"^\| (`[^|]+) \|", section(driver), re.MULTILINE)
    told = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert told == set(OPTIONS[driver].model_fields)


def test_its_yaml_is_valid() -> None:
    for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL):
        if block.startswith("language:"):
            continue  # a sentence file
        text = block if block[0] != " " else f"devices:\n{block}"
        if text.startswith("scenes:"):
            text += "devices: {ceiling: {topic: a}, floor_lamp: {topic: b}, shelf: {topic: c}}\n"
        if "room: kitchen" in text:
            text += "rooms: {kitchen: {en: kitchen}}\n"
        household = parse_household(text, path=Path("guide.yaml")).config
        assert [fault for name, device in household.devices.items() for fault in faults(name, device)] == []
