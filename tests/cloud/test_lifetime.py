"""Time that has passed, by two clocks of which one may be set to anything."""

import time

import pytest

from assistant.cloud.lifetime import Moment, elapsed_s, moment

DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Moment(1000.0, 50.0, "a"), Moment(1060.0, 110.0, "a"), 60.0),
        (Moment(1000.0, 50.0, "a"), Moment(1000.0 + 20 * DAY_S, 110.0, "a"), 60.0),
        (Moment(1000.0, 50.0, "a"), Moment(0.0, 110.0, "a"), 60.0),
        (Moment(1000.0, 50.0, "a"), Moment(1000.0, 49.0, "a"), 0.0),
        (Moment(1000.0, 5000.0, "a"), Moment(1600.0, 20.0, "b"), 600.0),
        (Moment(1000.0, 5000.0, "a"), Moment(1010.0, 20.0, "b"), 20.0),
        (Moment(1000.0, 5000.0, "a"), Moment(0.0, 20.0, "b"), 20.0),
    ],
    ids=[
        "same-boot",
        "set-forward",
        "set-back",
        "never-negative",
        "over-a-reboot",
        "up-for-longer-than-the-wall-says",
        "over-a-reboot-set-back",
    ],
)
def test_between_two_moments(before: Moment, after: Moment, expected: float) -> None:
    assert elapsed_s(before, after) == expected


def test_now_comes_after_a_moment_ago() -> None:
    before = moment()
    assert before.boot
    assert abs(before.wall_s - time.time()) < 60
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        pass
    assert 0.04 < elapsed_s(before, moment()) < 60
