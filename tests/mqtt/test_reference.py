from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.mqtt import PAYLOADS, Payload, reference

PAGE = Path(__file__).parents[2] / "docs" / "mqtt.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), (
        "run: python -m assistant.mqtt.reference > docs/mqtt.md"
    )


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.__name__)
def test_its_examples_are_real(kind: type[Payload]) -> None:
    heading = kind.channel.pattern.replace("{", "<").replace("}", ">")
    section = reference.page().split(f"## `{heading}`\n")[1]
    match = re.search(r"```(?:json)?\n(.*?)\n```", section, re.DOTALL)
    assert match
    kind.from_bytes(match[1].encode(), topic="t")
    for name, field in kind.model_fields.items():
        assert f"| `{field.alias or name}` |" in section.split("\n## ")[0]
