"""The section `cloud` of a household's file, and what docs/cloud.md shows of it."""

import json
import re
from pathlib import Path

import pytest

from assistant.cloud import Meaning, policy
from assistant.config import CloudConfig, DialogueConfig, parse_household
from assistant.errors import ConfigurationError

DOCUMENT = (Path(__file__).parents[2] / "docs" / "cloud.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("shown", re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL))
def test_what_the_page_shows_is_good(shown: str, tmp_path: Path) -> None:
    for name in re.findall(r"token_file: (\S+?)[,}\s]", shown):
        (tmp_path / name).write_text("key\n")
        (tmp_path / name).chmod(0o600)
    loaded = parse_household(shown, path=tmp_path / "oyez.yaml")
    assert loaded.config.cloud.provider != "none"


def test_the_messages_on_the_page_are_whole() -> None:
    for shown in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL):
        assert json.loads(shown)["version"] == 1


def test_nothing_leaves_the_house_that_says_nothing(tmp_path: Path) -> None:
    cloud = parse_household("site: kitchen", path=tmp_path / "oyez.yaml").config.cloud
    assert cloud.provider == "none"
    assert cloud.addressed_only
    assert not cloud.outbox.audio
    assert "contact" not in cloud.hints


MISTAKES = {
    "no address": ("cloud: {provider: openai}", "url"),
    "another scheme": ("cloud: {provider: webhook, url: 'ftp://x'}", "https://"),
    "no bot": ("cloud: {provider: lex, token_file: t}", "lex"),
    "no token": ("cloud: {provider: homeassistant, url: 'http://ha'}", "token_file"),
    "a token that is not there": ("cloud: {provider: openai, url: 'http://x', token_file: none}", "no such file"),
    "needs words only": ("cloud: {provider: openai, url: 'http://x', needs: [Weather]}", "needs"),
    "a light that waits": ("cloud: {outbox: {intents: {light.on: 600}}}", "light.on"),
    "a call that waits": ("cloud: {outbox: {intents: {calling.call: 600}}}", "calling.call"),
    "a moment": ("cloud: {outbox: {intents: {AddNote: 5}}}", "60"),
    "for ever": ("cloud: {outbox: {intents: {AddNote: 9000000}}}", "2592000"),
    "another provider": ("cloud: {provider: openay}", "openai"),
    "a region that is none": (
        "cloud: {provider: lex, token_file: t, lex: {region: Europe, bot: ABCDEFGHIJ}}",
        "region",
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_say_what_would_be_right(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "t").write_text("key\n")
    (tmp_path / "t").chmod(0o600)
    with pytest.raises(ConfigurationError) as caught:
        parse_household(text, path=tmp_path / "oyez.yaml")
    assert any(str(fault).startswith(f"{tmp_path}/oyez.yaml:1") for fault in caught.value.faults)
    assert expected in str(caught.value)


NOTE = Meaning("custom", "AddNote")


@pytest.mark.parametrize(
    ("meaning", "seconds"),
    [
        (NOTE, 600),
        (Meaning("custom", "AddMilk"), 60),
        (Meaning("custom", "on"), 0),
        (Meaning("light", "AddNote"), 0),
        (Meaning("media", "AddNote"), 0),
        (Meaning("calling", "AddNote"), 0),
    ],
    ids=["bare-name", "whole-name", "not-named", "light", "media", "calling"],
)
def test_what_waits_and_how_long(meaning: Meaning, seconds: float) -> None:
    cloud = CloudConfig.model_validate({"outbox": {"intents": {"AddNote": 600, "custom.AddMilk": 60}}})
    assert policy.wait_s(cloud, meaning) == seconds


@pytest.mark.parametrize(
    ("risks", "expected"),
    [({}, True), ({"custom.AddNote": "confirm"}, False), ({"custom": "never"}, False), ({"light": "never"}, True)],
    ids=["nothing", "intent", "domain", "another"],
)
def test_what_would_be_confirmed_is_not_done_late(risks: dict[str, str], expected: bool) -> None:
    cloud = CloudConfig.model_validate({"outbox": {"intents": {"AddNote": 600}}})
    dialogue = DialogueConfig.model_validate({"risks": risks})
    assert policy.is_done_late(cloud, dialogue, NOTE) is expected
    assert not policy.is_done_late(cloud, dialogue, Meaning("light", "on"))
