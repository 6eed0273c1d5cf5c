"""What docs/players.md shows works, and every option stands in it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.config import HouseholdConfig, PlayerConfig
from handlers.players import DRIVERS, faults

TEXT = (Path(__file__).parents[3] / "docs" / "players.md").read_text(encoding="utf-8")
BLOCKS: list[dict[str, Any]] = [yaml.safe_load(block.split("```")[0]) for block in TEXT.split("```yaml\n")[1:]]


def players() -> Iterator[tuple[str, dict[str, Any]]]:
    for block in BLOCKS:
        for name, value in (block.get("players") or block).items():
            if isinstance(value, dict) and "driver" in value:
                yield name, value


@pytest.mark.parametrize(("name", "player"), list(players()))
def test_every_player_of_the_document_is_valid(name: str, player: dict[str, Any]):
    assert faults(name, PlayerConfig.model_validate(player)) == []


def test_the_household_of_the_document_is_valid():
    (household,) = (block for block in BLOCKS if "players" in block)
    HouseholdConfig.model_validate(household)


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_option_stands_in_the_document(driver: str):
    for option in importlib.import_module(DRIVERS[driver]).Options.model_fields:
        assert f"`{option}`" in TEXT


def test_every_driver_is_shown():
    assert {player["driver"] for _, player in players()} == set(DRIVERS)
