"""How often something may come."""

from assistant.mqtt.rate import Rate


def test_a_minutes_worth_at_once_and_then_as_it_fills() -> None:
    now = 100.0
    rate = Rate(30, monotonic=lambda: now)
    assert [rate.takes() for _ in range(31)] == [True] * 30 + [False]
    now += 2
    assert [rate.takes() for _ in range(2)] == [True, False]
    now += 3600
    assert sum(rate.takes() for _ in range(100)) == 30


def test_what_is_refused_uses_up_nothing() -> None:
    rate = Rate(10, monotonic=lambda: 0.0)
    assert not rate.takes(11)
    assert rate.takes(10)
    assert not rate.takes(0.5)
