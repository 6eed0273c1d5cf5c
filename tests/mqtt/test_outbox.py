"""What waits to be published, without a broker."""

from collections import Counter

import pytest

from assistant.mqtt import Outgoing
from assistant.mqtt import outbox as module
from assistant.mqtt.outbox import OUTBOX_MESSAGES, Outbox


def message(text: str, *, qos: int = 1, retained: bool = False, topic: str = "a") -> Outgoing:
    return Outgoing(topic, text.encode(), qos=qos, retained=retained)


@pytest.fixture
def counted() -> Counter[str]:
    return Counter()


@pytest.fixture
def outbox(counted: Counter[str]) -> Outbox:
    return Outbox(count=lambda what: counted.update([what]))


def everything(outbox: Outbox) -> list[str]:
    return [one.payload.decode() for one in iter(outbox.take, None)]


def test_while_the_broker_is_away_what_may_wait_waits(outbox: Outbox, counted: Counter[str]) -> None:
    for number in range(3):
        outbox.put(message(f"waits {number}"))
        outbox.put(message(f"lost {number}", qos=0))
        outbox.put(message(f"state {number}", qos=0, retained=True))
    assert len(outbox) == 3
    outbox.open()
    assert everything(outbox) == ["state 2", "waits 0", "waits 1", "waits 2"]
    assert counted == {"lost": 3}


def test_while_the_broker_is_there_all_goes_out_in_order(outbox: Outbox, counted: Counter[str]) -> None:
    outbox.open()
    for text, qos, retained in (("a", 0, False), ("b", 1, False), ("c", 0, True)):
        outbox.put(message(text, qos=qos, retained=retained))
    assert everything(outbox) == ["a", "b", "c"]
    assert not counted


def test_what_was_not_acknowledged_comes_before_what_waits(outbox: Outbox) -> None:
    outbox.open()
    outbox.put(message("second"))
    outbox.put(message("state", retained=True))
    outbox.put(message("gone", qos=0))
    outbox.close([message("first"), message("state", retained=True)])
    outbox.open()
    assert everything(outbox) == ["state", "first", "second"]


def test_a_topic_is_emptied_once(outbox: Outbox) -> None:
    outbox.put(message("", retained=True))
    for expected in ([""], []):
        outbox.open()
        assert everything(outbox) == expected
        outbox.close([])


def test_of_too_many_the_oldest_are_dropped(outbox: Outbox, counted: Counter[str]) -> None:
    for number in range(OUTBOX_MESSAGES + 2):
        outbox.put(message(str(number)))
    assert counted == {"outbox_dropped": 2}
    outbox.open()
    assert everything(outbox)[0] == "2"


def test_what_nobody_took_is_handed_out_once_more(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.open()
    outbox.untaken(message("again"))
    assert outbox.take() is None
    assert outbox.has_untaken
    outbox.close([])
    assert not outbox.has_untaken
    assert everything(outbox) == ["again"]
    monkeypatch.setattr(module, "UNTAKEN_S", 0.0)
    outbox.untaken(message("at once"))
    assert everything(outbox) == ["at once"]
