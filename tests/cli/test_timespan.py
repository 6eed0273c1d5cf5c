"""Spans of time as they are printed."""

from datetime import timedelta

import pytest

from assistant.cli.timespan import timespan

SPANS = {
    -3: "0 s",
    0: "0 s",
    0.6: "1 s",
    59.4: "59 s",
    59.6: "1 min 0 s",
    243: "4 min 3 s",
    3600: "1 h 0 min",
    7500: "2 h 5 min",
    86_400: "1 day 0 h",
    86_400 * 3 + 4 * 3600 + 59: "3 days 4 h",
}


@pytest.mark.parametrize(("seconds", "text"), SPANS.items(), ids=SPANS.values())
def test_a_span_is_told_in_two_units(seconds: float, text: str) -> None:
    assert timespan(timedelta(seconds=seconds)) == text
