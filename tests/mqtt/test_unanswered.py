"""Which commands are published again after the broker was away, and which must not be."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.messages import Hypothesis, Interpretation
from assistant.mqtt import IntentPayload
from assistant.mqtt.unanswered import REPEAT_S, SETTLES_S, Unanswered

EXPIRES_S = 10.0


def command(message_id: str = "a", *, domain: str = "light") -> IntentPayload:
    time = datetime.now(UTC)
    best = Hypothesis("en", domain, "on", "on", {}, {}, 0.9)
    heard = Interpretation(message_id, time, best, accepted=True, reason=None)
    return IntentPayload.of(heard, site="test", expires=time + timedelta(seconds=EXPIRES_S))


def repeated(unanswered: Unanswered, now: float, *, connected: float | None) -> list[str]:
    return [payload.id for payload, _ in unanswered.due(now, connected=connected)]


@pytest.mark.parametrize(
    ("connected", "now", "wanted"),
    [
        pytest.param(101.0, 102.0, ["a"], id="connected after it was published"),
        pytest.param(99.0, 101.0, ["a"], id="connected just before"),
        pytest.param(101.0, 101.5, [], id="a handler may be answering"),
        pytest.param(None, 105.0, [], id="not connected"),
        pytest.param(100.0 - SETTLES_S, 102.0, [], id="connected for long"),
        pytest.param(101.0, 100.0 + EXPIRES_S, [], id="expired"),
    ],
)
def test_what_comes_again(connected: float | None, now: float, wanted: list[str]) -> None:
    unanswered = Unanswered({"light"})
    unanswered.published(command(), now=100.0, expires=100.0 + EXPIRES_S)
    assert repeated(unanswered, now, connected=connected) == wanted


def test_it_comes_again_until_it_is_answered() -> None:
    unanswered = Unanswered({"light"})
    unanswered.published(command(), now=100.0, expires=100.0 + EXPIRES_S)
    assert repeated(unanswered, 101.0, connected=100.0) == ["a"]
    assert repeated(unanswered, 101.0 + REPEAT_S / 2, connected=100.0) == []
    assert repeated(unanswered, 101.0 + REPEAT_S, connected=100.0) == ["a"]
    unanswered.answered("a")
    assert repeated(unanswered, 101.0 + 2 * REPEAT_S, connected=100.0) == []


def test_only_domains_that_answer_are_told_twice() -> None:
    unanswered = Unanswered({"light"})
    for message_id in ("a", "b"):
        unanswered.published(command(message_id, domain="custom"), now=100.0, expires=100.0 + EXPIRES_S)
    assert repeated(unanswered, 102.0, connected=100.0) == []
    unanswered.answered("a")
    assert repeated(unanswered, 102.0, connected=100.0) == ["b"]
