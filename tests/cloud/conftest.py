"""Providers: one of each test, which may kill it, and one for the whole run."""

from collections.abc import Iterator

import pytest

from tests.cloud.service import Service


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as one:
        yield one


@pytest.fixture(scope="session")
def shared_service() -> Iterator[Service]:
    with Service() as one:
        yield one
