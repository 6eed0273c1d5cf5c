"""Every request to players and televisions by voice: a real MPD does it, and a television on MQTT is told its keys.

The voices are held out of training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber, wait_until
from tests.handlers.music import SONGS, Mpd
from tests.spoken import said, write_household
from tests.virtual_microphone import VirtualMicrophone

PIAF = {"artist": "Édith Piaf", "album": "Chansons parisiennes", "title": "La vie en rose"}
RESULT, REPLY = "oyez/test/result", "oyez/test/reply"


@dataclass
class House:
    """A running assistant with a microphone to speak into, an MPD and an eavesdropper."""

    oyez: Oyez
    microphone: VirtualMicrophone
    bus: Subscriber
    mpd: Mpd

    def say(self, text: str, *, language: str) -> Any:
        """Say a sentence of the table; returns the result that comes of it."""
        results = len(self.bus.seen(RESULT))
        self.microphone.speak(said(text, language=language))
        return self.bus.wait_for(RESULT, times=results + 1)

    def wait_mpd(self, wanted: Mapping[str, str]) -> None:
        """Wait until MPD itself tells these."""
        wait_until(lambda: wanted.items() <= self.mpd.now().items(), f"{wanted}, not {self.mpd.now()}", self.oyez)

    def begin(self, playback: str) -> None:
        """Two songs of Miles Davis, half loud, the first of them played, paused or stopped."""
        client = self.mpd.client()
        client.clear()
        client.findadd("artist", "Miles Davis")
        for option in (client.random, client.repeat, client.single):
            option(0)
        client.setvol(50)
        client.play(0)
        if playback != "play":
            getattr(client, playback)()
        client.disconnect()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder))
        (folder / "mpd").mkdir()
        mpd = stack.enter_context(Mpd(folder / "mpd", songs=[*SONGS, PIAF]))
        bus = stack.enter_context(Subscriber(broker.port))
        microphone = stack.enter_context(VirtualMicrophone(folder / "microphone"))
        household = write_household(
            folder,
            mqtt={"url": broker.url},
            state=str(folder / "kept"),
            packs=["media", "light", "system"],
            handlers={"run": ["media"]},
            players={"stereo": {"driver": "mpd", "host": "127.0.0.1", "port": mpd.port, "timeout_ms": 10_000}},
        )
        oyez = stack.enter_context(Oyez("--config", household, folder=folder, environment=dict(microphone.environment)))
        oyez.wait_for("message=listening")
        bus.wait_for("oyez/test/catalog/artist", wanted=lambda catalog: "Édith Piaf" in str(catalog))
        yield House(oyez, microphone, bus, mpd)
        assert "Traceback" not in oyez.log
        assert oyez.end() == 0


@dataclass
class Request:
    """What is said while the player does what, and what it must do then."""

    say: str
    before: str
    after: Mapping[str, str]
    language: str = "en"


PLAYING = {"state": "play", "volume": "50"}
PLAYER = {
    "play": Request("put on some Miles Davis", "stop", PLAYING | {"artist": "Miles Davis"}),
    "pause": Request("pause the music", "play", {"state": "pause", "volume": "50"}),
    "resume": Request("resume the music", "pause", PLAYING),
    "stop": Request("stop the music", "play", {"state": "stop"}),
    "next": Request("next song", "play", PLAYING | {"song": "1"}),
    "volume_up": Request("turn the volume up", "play", {"volume": "60"}),
    "volume_down": Request("turn the music down a bit", "play", {"volume": "40"}),
    "volume": Request("set the volume to forty percent", "play", {"volume": "40"}),
    "mute": Request("mute the stereo", "play", {"volume": "0"}),
    "shuffle": Request("shuffle my music", "play", PLAYING | {"random": "1"}),
    "repeat": Request("repeat this song", "play", PLAYING | {"repeat": "1", "single": "1"}),
    "es play": Request("pon algo de Juanes", "stop", PLAYING | {"artist": "Juanes"}, "es"),
    "es stop": Request("para la música", "play", {"state": "stop"}, "es"),
    "fr play": Request("joue La vie en rose", "stop", PLAYING | {"artist": "Édith Piaf"}, "fr"),
    "fr pause": Request("mets la musique en pause", "play", {"state": "pause"}, "fr"),
}


@pytest.mark.parametrize("request_", PLAYER.values(), ids=PLAYER)
def test_a_player_does_what_is_said(house: House, request_: Request) -> None:
    house.begin(request_.before)
    result = house.say(request_.say, language=request_.language)
    assert (result["ok"], result["code"]) == (True, "done"), result
    house.wait_mpd(request_.after)


def test_it_goes_on_from_elsewhere(house: House) -> None:
    house.begin("play")
    house.mpd.ask("play", 1)
    assert house.say("go back one song", language="en")["ok"]
    house.wait_mpd(PLAYING | {"song": "0"})
    assert house.say("skip ahead thirty seconds", language="en")["ok"]
    wait_until(lambda: float(house.mpd.now()["elapsed"]) > 30, "30 seconds", house.oyez)


def test_what_was_silenced_sounds_again(house: House) -> None:
    house.begin("play")
    assert house.say("mute the stereo", language="en")["ok"]
    house.wait_mpd({"volume": "0"})
    assert house.say("unmute the stereo", language="en")["ok"]
    house.wait_mpd({"volume": "50"})


def test_it_is_told_what_plays(house: House) -> None:
    house.begin("play")
    result = house.say("what song is this", language="en")
    reply = house.bus.wait_for(REPLY, wanted=lambda reply: reply["id"] == result["id"])
    assert "So What" in reply["text"]
    assert "Miles Davis" in reply["text"]


KEYS = {
    "channel_up": ("en", "next channel", "tv/key", "CH+"),
    "channel_down": ("en", "go to the previous channel", "tv/key", "CH-"),
    "channel by number": ("en", "switch to channel twelve", "tv/channel", 12),
    "page_next": ("en", "next page", "tv/key", "PAGE+"),
    "page_previous": ("en", "previous page", "tv/key", "PAGE-"),
    "home": ("en", "go to the home screen", "tv/key", "HOME"),
    "back": ("en", "go back", "tv/key", "BACK"),
    "es channel": ("es", "pon el canal doce", "tv/channel", 12),
    "fr channel_up": ("fr", "chaîne suivante", "tv/key", "CH+"),
}


@pytest.mark.parametrize(("language", "text", "topic", "payload"), KEYS.values(), ids=KEYS)
def test_a_television_is_told_its_key_once(house: House, language: str, text: str, topic: str, payload: object) -> None:
    before = len(house.bus.seen(topic))
    result = house.say(text, language=language)
    assert (result["ok"], result["code"]) == (True, "sent"), result
    assert house.bus.wait_for(topic, times=before + 1) == payload
    assert len(house.bus.seen(topic)) == before + 1


def test_a_player_that_is_gone_is_told_and_blocks_nobody(house: House) -> None:
    """The last of this file: it ends the MPD that all use."""
    house.begin("play")
    house.mpd.kill()
    result = house.say("pause the music", language="en")
    assert (result["ok"], result["code"]) == (False, "no-answer"), result
    reply = house.bus.wait_for(REPLY, wanted=lambda reply: reply["id"] == result["id"])
    assert reply["text"] == "No answer from stereo."
    assert house.say("next channel", language="en")["code"] == "sent"
    house.mpd.start_unasked()
    house.mpd.ask("add", "000.flac")
    house.mpd.ask("play")
    assert "So What" in house.say("what song is this", language="en")["text"]["en"]
    house.wait_mpd({"state": "play"})  # what could not be done then is not done later
