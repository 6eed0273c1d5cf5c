"""Whatever comes in: no error but the documented ones, no end of time, no end of memory.

The same inputs each time, so that nobody's change is blamed for an old fault; `python -m benchmarks.fuzz` looks for
new ones.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.inputs import odd_json
from tests.fuzz.target import HangError, Target, attempt
from tests.fuzz.targets import TARGETS

INPUTS = int(os.environ.get("OYEZ_FUZZ_INPUTS", "100"))
"""Of each target."""
SLOW = {"http": 40, "mpd": 60, "cloud openai": 30, "written command": 15, "phonebook": 4, "template": 60}
"""Targets whose inputs take longer get fewer."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@pytest.mark.timeout(600)
def test_anything(target: Target) -> None:
    @settings(
        max_examples=min(INPUTS, SLOW.get(target.name, INPUTS)),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def anything(one: object) -> None:
        attempt(target, one)

    target.prepare()
    anything()


def _target(feed: object, **more: object) -> Target:
    return Target("test", st.nothing(), feed, **more)  # type: ignore[arg-type]


def test_what_takes_for_ever_is_found() -> None:
    def loop(_: object) -> None:
        while True:
            pass

    with pytest.raises(HangError):
        attempt(_target(loop, most_cpu_s=0.2), b"")


def test_what_takes_all_memory_is_found() -> None:
    held = []
    with pytest.raises(MemoryError, match="MiB for one input"):
        attempt(_target(lambda _: held.append(bytearray(80 << 20)), most_mb=40), b"")


def test_an_error_that_is_not_documented_is_found() -> None:
    def fail(_: object) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        attempt(_target(fail, refuses=(ValueError,)), b"")
    assert attempt(_target(fail, refuses=(LookupError,)), b"").refused == "KeyError"


def test_waiting_is_no_hang() -> None:
    assert attempt(_target(lambda _: time.sleep(0.3), most_cpu_s=0.2), b"").seconds >= 0.3


@settings(max_examples=50, derandomize=True, database=None, deadline=None)
@given(odd_json([{"a": [1, {"b": "c"}]}]))
def test_odd_json_is_bytes_of_bounded_length(content: bytes) -> None:
    assert len(content) <= 2 * 1024 * 1024
