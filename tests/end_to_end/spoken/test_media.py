"""Every request to players and televisions by voice, in each language: a real MPD obeys, a television gets its key.

The voices are held out of training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.end_to_end.running import wait_until
from tests.end_to_end.spoken.house import House
from tests.spoken import LANGUAGES, Sentence, request, requests


@dataclass(frozen=True)
class Effect:
    """What MPD does before, and must tell then."""

    after: Mapping[str, str]
    before: str = "play"
    song: int = 0
    elapsed: float = 0
    at: tuple[float, float] | None = None
    """Between which seconds of the song it must be."""


PLAYING = {"state": "play", "volume": "50"}
Key = tuple[Any, ...]
"""An intent, and where that says too little the values of its slots."""
PLAYER: Mapping[Key, Effect] = {
    ("media.play", "Miles Davis"): Effect(PLAYING | {"artist": "Miles Davis"}, "stop"),
    ("media.play", "Juanes"): Effect(PLAYING | {"artist": "Juanes"}, "stop"),
    ("media.play", "La camisa negra"): Effect(PLAYING | {"title": "La camisa negra"}, "stop"),
    ("media.play", "La vie en rose"): Effect(PLAYING | {"title": "La vie en rose"}, "stop"),
    ("media.play", "Yesterday", "The Beatles"): Effect(PLAYING | {"title": "Yesterday - Remastered 2015"}, "stop"),
    ("media.play", "Kind of Blue"): Effect(PLAYING | {"album": "Kind of Blue (Legacy Edition)"}, "stop"),
    ("media.play", "Sunday Brunch"): Effect(PLAYING | {"title": "Help!"}, "stop"),
    ("media.play", "Jazz Radio"): Effect(PLAYING | {"name": "Jazz Radio"}, "stop"),
    ("media.pause",): Effect({"state": "pause", "volume": "50"}),
    ("media.resume",): Effect(PLAYING, "pause"),
    ("media.stop",): Effect({"state": "stop"}),
    ("media.next",): Effect(PLAYING | {"song": "1"}),
    ("media.previous",): Effect(PLAYING | {"song": "0"}, song=1),
    ("media.seek", 30): Effect(PLAYING, at=(30, 100)),
    ("media.seek", 0): Effect(PLAYING, elapsed=50, at=(0, 40)),
    ("media.volume_up",): Effect({"volume": "60"}),
    ("media.volume_down",): Effect({"volume": "40"}),
    ("media.volume",): Effect({"volume": "40"}),
    ("media.shuffle", True): Effect(PLAYING | {"random": "1"}),
    ("media.shuffle", False): Effect(PLAYING | {"random": "0"}),
    ("media.repeat",): Effect(PLAYING | {"repeat": "1", "single": "1"}),
}
KEYS: Mapping[Key, tuple[str, object]] = {
    ("media.channel_up",): ("tv/key", "CH+"),
    ("media.channel_down",): ("tv/key", "CH-"),
    ("media.channel", 12): ("tv/channel", 12),
    ("media.channel", "Discovery"): ("tv/channel", 7),
    ("media.page_next",): ("tv/key", "PAGE+"),
    ("media.page_previous",): ("tv/key", "PAGE-"),
    ("media.home",): ("tv/key", "HOME"),
    ("media.back",): ("tv/key", "BACK"),
}
WHAT: Mapping[str, str] = {
    "en": "This is So What by Miles Davis.",
    "es": "Es So What, de Miles Davis.",
    "fr": "C'est So What, de Miles Davis.",
}


def key(sentence: Sentence) -> Key:
    """What stands in the tables for a sentence."""
    whole = (sentence.intent, *sentence.slots.values())
    return whole if whole in PLAYER or whole in KEYS else whole[:1]


def of(table: Mapping[Key, Any]) -> Sequence[Sentence]:
    """The sentences whose effects stand in a table."""
    return [sentence for sentence in requests("media") if key(sentence) in table]


@pytest.mark.parametrize("sentence", of(PLAYER), ids=str)
def test_a_player_does_what_is_said(house: House, sentence: Sentence) -> None:
    effect = PLAYER[key(sentence)]
    house.play(effect.before, song=effect.song, elapsed=effect.elapsed)
    if effect.after.get("random") == "0":
        house.mpd.ask("random", 1)
    result = house.ask(sentence)
    assert (result["ok"], result["code"]) == (True, "done"), result
    house.wait_mpd(effect.after)
    if effect.at is not None:
        least_s, most_s = effect.at
        wait_until(lambda: least_s <= float(house.mpd.now()["elapsed"]) <= most_s, f"{effect.at} s", house.oyez)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_silenced_sounds_again(house: House, language: str) -> None:
    house.play("play")
    for intent, volume in (("media.mute", "0"), ("media.unmute", "50")):
        assert house.ask(request(intent, language=language))["code"] == "done"
        house.wait_mpd({"state": "play", "volume": volume})


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_told_what_plays(house: House, language: str) -> None:
    house.play("play")
    result = house.ask(request("media.what", language=language))
    assert house.replied(WHAT[language], language=language)["id"] == result["id"]


@pytest.mark.parametrize("sentence", of(KEYS), ids=str)
def test_a_television_is_told_its_key_once(house: House, sentence: Sentence) -> None:
    topic, payload = KEYS[key(sentence)]
    result = house.ask(sentence)
    assert (result["ok"], result["code"]) == (True, "sent"), result
    assert house.next(topic) == payload
    assert house.count(topic) == 1


def test_nothing_that_players_can_be_asked_was_left_unsaid(house: House) -> None:
    """After all others of this file but the last."""
    assert house.not_carried_out("media") == set()


def test_a_player_that_is_gone_is_told_and_blocks_nobody(house: House) -> None:
    house.play("play")
    house.mpd.kill()
    result = house.ask(request("media.pause", language="en"))
    assert (result["ok"], result["code"]) == (False, "no-answer"), result
    house.replied("No answer from stereo.", language="en")
    assert house.ask(request("media.channel_up", language="en"))["code"] == "sent"
    house.mpd.start_unasked()
    house.mpd.ask("add", "000.flac")
    house.mpd.ask("play")
    assert "So What" in house.ask(request("media.what", language="en"))["text"]["en"]
    house.wait_mpd({"state": "play"})  # what could not be done then is not done later
