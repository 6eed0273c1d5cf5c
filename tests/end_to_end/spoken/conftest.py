"""One house for all sentences: most of the time of a test would go into its start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.spoken.house import House, furnished


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def house(running: House) -> Iterator[House]:
    """The same for all; no answer or question goes from one test into the next."""
    running.begin()
    yield running
    running.settle()
