from __future__ import annotations

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import BrokerError
from assistant.mqtt import topics
from assistant.mqtt.address import Address, parse
from assistant.mqtt.names import HomeAssistantIntent, to_home_assistant
from assistant.mqtt.topics import CATALOG, CHANNELS, INTENT, STATUS, matches

LEVELS = st.sampled_from(["a", "b", "", "home", "$SYS"])
FILTERS = st.builds(
    lambda levels, rest: "/".join([*levels, *rest]),
    st.lists(st.sampled_from(["a", "b", "", "+", "home"]), min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
)


def test_topics_of_the_contract() -> None:
    assert STATUS.topic("kitchen") == "oyez/kitchen/status"
    assert INTENT.topic("kitchen", domain="light", intent="on") == "oyez/kitchen/intent/light/on"
    assert INTENT.filter("kitchen", domain="light") == "oyez/kitchen/intent/light/+"
    assert CATALOG.filter() == "oyez/+/catalog/+"


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_every_channel_finds_its_parts_again(channel: topics.Channel) -> None:
    parts = {place: f"{place}-x" for place in ("domain", "intent", "name") if f"{{{place}}}" in channel.pattern}
    topic = channel.topic("kitchen", **parts)
    assert channel.parts(topic) == {"site": "kitchen", **parts}
    assert matches(channel.filter(), topic)
    assert channel.parts(topic + "/more") is None
    assert [other for other in CHANNELS if other.parts(topic)] == [channel]


@pytest.mark.parametrize("part", ["", "a/b", "+", "#", "x" * 129, "a\x00"])
def test_parts_that_would_change_the_topic_are_refused(part: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a topic"):
        INTENT.topic("kitchen", domain="light", intent=part)


@given(FILTERS, st.lists(LEVELS, min_size=1, max_size=5).map("/".join))
def test_matching_is_that_of_mqtt(subscription: str, topic: str) -> None:
    # MQTT 4.7.2: wildcards do not reach topics with a dollar.
    expected = paho.topic_matches_sub(subscription, topic) if topic else False
    assert matches(subscription, topic) == expected or not topic


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://broker", Address("broker", 1883)),
        ("mqtt://10.0.0.1:1884/", Address("10.0.0.1", 1884)),
        ("mqtts://broker", Address("broker", 8883, tls=True)),
        ("mqtt://[::1]:9", Address("::1", 9)),
        ("mqtt+unix:///run/mosquitto.sock", Address("/run/mosquitto.sock", 0, unix=True)),
        ("mqtt+unix:///run/my%20broker", Address("/run/my broker", 0, unix=True)),
    ],
)
def test_addresses(url: str, expected: Address) -> None:
    assert parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "broker:1883",
        "http://broker",
        "mqtt://",
        "mqtt://user:secret@broker",
        "mqtt://broker:port",
        "mqtt://broker:99999",
        "mqtt://broker/path",
        "mqtt+unix://run/socket",
        "mqtt+unix:///",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(BrokerError) as caught:
        parse(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["mqtt://me:geheim@x", "mqtt://me:geheim@x:port", "http://me:geheim@x", "mqtt://geheim@["]
)
def test_a_password_in_an_address_is_not_repeated(url: str) -> None:
    with pytest.raises(BrokerError) as caught:
        parse(url)
    assert "mqtt.password_file" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("given_intent", "expected"),
    [
        (
            ("light", "on", {"room": "kitchen"}),
            HomeAssistantIntent("HassTurnOn", {"area": "kitchen", "domain": "light"}),
        ),
        (
            ("light", "color_temperature", {"device": "lamp", "kelvin": 2700}),
            HomeAssistantIntent("HassLightSet", {"name": "lamp", "temperature": 2700, "domain": "light"}),
        ),
        (
            ("light", "scene", {"scene": "movie"}),
            HomeAssistantIntent("HassTurnOn", {"name": "movie", "domain": "scene"}),
        ),
        (("custom", "orderDrink", {"size": "large"}), HomeAssistantIntent("orderDrink", {"size": "large"})),
        (("system", "cancel", {}), HomeAssistantIntent("HassNevermind", {})),
        (("light", "brighter", {}), None),
        (("light", "color_temperature", {"direction": "warmer"}), None),
    ],
)
def test_home_assistants_names(given_intent: tuple[str, str, dict], expected: HomeAssistantIntent | None) -> None:
    assert to_home_assistant(*given_intent) == expected
