"""A running assistant to which harm is done: each command that is spoken is done once, whatever breaks around it.

The faults are those of `benchmarks.faults`; here stand the quick ones.
"""

from collections.abc import Callable, Iterator

import pytest

from benchmarks.faults import Outcome
from benchmarks.faults.broker import cut_again_and_again, held, killed, malformed, oversize, same_client_id
from benchmarks.faults.house import House
from benchmarks.faults.sound import closed, other_index


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One assistant, which survives them all, one after the other."""
    with House(tmp_path_factory.mktemp("house")) as one:
        yield one


@pytest.mark.parametrize(
    "fault",
    [killed, cut_again_and_again, held, malformed, oversize, same_client_id, other_index, closed],
    ids=lambda fault: fault.__name__,
)
def test_a_fault_is_survived(house: House, fault: Callable[[House], Outcome]) -> None:
    outcome = fault(house)
    assert outcome.problem == ""
    assert outcome.commands > 0
    assert (outcome.lost, outcome.twice) == (0, 0)
