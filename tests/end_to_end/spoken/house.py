"""A house where everything can be asked for by voice, seen from outside: what its real devices are told, and then do.

Lamps and a television on a real broker, a real MPD, two real telephones that call each other over SIP, and one
assistant in a process of its own that hears all that the tests of this folder say.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.config import MqttConfig
from assistant.demo import SimulatedLamps
from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber, wait_until
from tests.handlers.music import SONGS, Mpd, Radio
from tests.handlers.telephones.baresips import BaresipProcess
from tests.spoken import LANGUAGES, Sentence, intents, said, write_household
from tests.virtual_microphone import VirtualMicrophone

PACE = 4
"""Times real time: pauses that end an utterance are counted in samples, those of a dialogue by the clock, so that an
answer only comes sooner."""
LAMPS = ("reading_lamp", "floor_lamp", "kitchen_ceiling", "bedside_lamp", "desk_lamp")
HALF = {"brightness": 127, "color_temp": 250}
"""What every lamp shows before something is said."""
MUSIC = [*SONGS, {"artist": "Édith Piaf", "album": "Chansons parisiennes", "title": "La vie en rose"}]
HELP = next(number for number, song in enumerate(MUSIC) if song["title"] == "Help!")
RESULT, REPLY, STATE, REJECTED = (f"oyez/test/{name}" for name in ("result", "reply", "state", "rejected"))

ASKED_FIRST = "light.on"
"""What this household wants confirmed."""
NEVER = "timer.pause"
"""What it does not want done by voice."""
YES: Mapping[str, str] = {"en": "yes please", "es": "claro que sí", "fr": "d'accord"}
NEVER_MIND: Mapping[str, str] = {"en": "never mind", "es": "olvídalo", "fr": "laisse tomber"}
GARBAGE = b"BEGIN:VCARD\r\nFN:\xff\xfe\r\nTEL:;;;\r\n" + bytes(range(256)) * 20 + b"\nEND:VCARD\nBEGIN:VCARD\nTEL"
"""An address book that holds nobody; all that is asked here must work beside it."""


@dataclass
class House:
    """A running assistant with a microphone to speak into, its devices, and an eavesdropper."""

    oyez: Oyez
    household: Path
    microphone: VirtualMicrophone
    bus: Subscriber
    mpd: Mpd
    ours: BaresipProcess
    other: BaresipProcess
    _begun: int = 0
    """Messages that had come when the test began."""
    _spoken: int = 0
    """The same when something was said last."""
    _taken: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """Look from now on only."""
        self._begun = self._spoken = self.bus.count
        self._taken.clear()

    def settle(self) -> None:
        """Let nothing be asked any more, and all be told that is still to be told: what is said last comes last."""
        last = f"settled {self.bus.count}"
        self.bus.publish("oyez/test/cancel", {})
        self.bus.publish("oyez/test/say", {"id": last, "text": "That was all.", "language": "en"})
        self.bus.wait_for(REPLY, wanted=lambda reply: reply["id"] == last, after=self._begun)

    # What is said.

    def say(self, text: str, *, language: str) -> None:
        """Say something in a voice that the network never heard in training; back when it has been said."""
        self._spoken = self.bus.count
        self.microphone.speak(said(text, language=language))

    def understood(self) -> Any:
        """What was said last, as it was taken: a command that handlers get, or a rejection."""
        return self.bus.wait_for("oyez/test/#", wanted=_is_interpretation, after=self._spoken)

    def ask(self, sentence: Sentence) -> Any:
        """Say a sentence of the table, confirm it where the house asks; returns the result that comes of it."""
        self.say(sentence.say, language=sentence.language)
        if sentence.intent == ASKED_FIRST:
            assert self.next(REPLY)["language"] == sentence.language
            self.say(YES[sentence.language], language=sentence.language)
        heard = self.understood()
        assert heard["accepted"], heard
        assert (heard["language"], f"{heard['domain']}.{heard['intent']}") == (sentence.language, sentence.intent)
        assert heard["slots"].keys() == sentence.slots.keys()
        for name, value in sentence.slots.items():
            assert str(heard["slots"][name]).startswith(str(value))  # MPD has the Legacy Edition
        return self.result_of(heard)

    # What comes of it.

    def next(self, topic: str) -> Any:
        """The next payload of a topic in this test, in order."""
        self._taken[topic] += 1
        return self.bus.wait_for(topic, times=self._taken[topic], after=self._begun)

    def find(self, topic: str, wanted: Callable[[Any], bool], *, times: int = 1) -> Any:
        """The first (or `times`-th) payload of a topic in this test that is wanted."""
        return self.bus.wait_for(topic, wanted=wanted, times=times, after=self._begun)

    def count(self, topic: str) -> int:
        """How often a topic was heard in this test."""
        return len(self.bus.seen(topic, after=self._begun))

    def result_of(self, heard: Mapping[str, Any]) -> Any:
        """What a handler tells of a command."""
        return self.find(RESULT, lambda result: result["id"] == heard["id"])

    def replied(self, text: str, *, language: str, times: int = 1) -> Any:
        """Wait for what is told the user, word for word."""
        return self.find(REPLY, lambda reply: (reply["text"], reply["language"]) == (text, language), times=times)

    # The devices.

    def set_lamps(self, state: str) -> None:
        """Set every lamp as somebody at its switch would, and wait until it tells so."""
        before = self.bus.count
        for lamp in LAMPS:
            for command in (HALF, {"state": state}):
                self.bus.publish(f"zigbee2mqtt/{lamp}/set", command)
        for lamp in LAMPS:
            self.bus.wait_for(f"zigbee2mqtt/{lamp}", times=2, after=before)
        self.begin()

    def lamp(self, lamp: str) -> tuple[Any, Any]:
        """What the lamp has been told first in this test, and what it showed then."""
        command, state = (self.bus.wait_for(f"zigbee2mqtt/{lamp}{end}", after=self._begun) for end in ("/set", ""))
        return command, state

    def play(self, playback: str, *, song: int = 0, elapsed: float = 0) -> None:
        """Two songs of Miles Davis, half loud; the one by that number is played, or in another state (`pause`)."""
        client = self.mpd.client()
        client.clear()
        client.findadd("artist", "Miles Davis")
        for option in (client.random, client.repeat, client.single):
            option(0)
        client.setvol(50)
        client.play(song)
        if elapsed:
            client.seekcur(elapsed)
        if playback != "play":
            getattr(client, playback)()
        client.disconnect()

    def wait_mpd(self, wanted: Mapping[str, str]) -> None:
        """Wait until MPD itself tells these."""
        wait_until(lambda: wanted.items() <= self.mpd.now().items(), f"{wanted}, not {self.mpd.now()}", self.oyez)

    def wait_told(self, kind: str, *, of: BaresipProcess) -> None:
        """Wait until one of the telephones itself has told it."""
        self.find(f"{of.topic}/event", lambda event: event["type"] == kind)

    def wait_shown(self, text: str, *, of: BaresipProcess) -> None:
        """Wait until one of the telephones has answered a command so: it has no events for its microphone."""
        self.find(f"{of.topic}/command_resp/#", lambda answer: answer["data"].strip() == text)

    def press(self, command: str, parameters: str = "") -> None:
        """Press a button of the other telephone."""
        body = {"command": command, "params": parameters, "token": "hand"}
        self.bus.publish(f"{self.other.topic}/command/hand", body)

    @property
    def dialled(self) -> int:
        """How often our telephone was told in this test to call."""
        return self.count(f"{self.ours.topic}/command/oyez-dial")

    # What all tests together have done.

    def not_carried_out(self, domain: str) -> set[tuple[str, str]]:
        """Language and intent of what no test so far has had understood and done; empty where all is spoken."""
        done = {result["id"] for result in map(json.loads, self.bus.seen(RESULT)) if result["ok"]}
        heard = [json.loads(raw) for _, raw in self.bus.under(f"oyez/test/intent/{domain}/")]
        carried_out = {(one["language"], f"{domain}.{one['intent']}") for one in heard if one["id"] in done}
        wanted = {(language, intent) for language in LANGUAGES for intent in intents([domain], language=language)}
        return wanted - carried_out


@contextmanager
def furnished(folder: Path) -> Iterator[House]:
    """The house, from the moment when the assistant listens and knows the music; it must end well."""
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder))
        lamps = SimulatedLamps(MqttConfig(url=broker.url), topics=[f"zigbee2mqtt/{lamp}" for lamp in LAMPS])
        assert stack.enter_context(lamps).wait_ready(30)
        mpd = stack.enter_context(_music(folder / "mpd", radio=stack.enter_context(Radio())))
        ours, other = (stack.enter_context(BaresipProcess(folder, broker.port)) for _ in range(2))
        for telephone in (ours, other):
            telephone.wait_ready()
        bus = stack.enter_context(Subscriber(broker.port))
        microphone = stack.enter_context(VirtualMicrophone(folder / "microphone", pace=PACE))
        (folder / "garbage.vcf").write_bytes(GARBAGE)
        household = write_household(
            folder,
            mqtt={"url": broker.url},
            state=str(folder / "kept"),
            handlers={"run": ["light", "media", "calling", "timer"]},
            dialogue={
                "timeout_ms": 5000,
                "correct_ms": 60_000,
                "ask_above": 2,
                "risks": {ASKED_FIRST: "confirm", NEVER: "never"},
            },
            players={"stereo": {"driver": "mpd", "host": "127.0.0.1", "port": mpd.port, "timeout_ms": 10_000}},
            contacts={
                "vcard": ["people.vcf", "garbage.vcf"],
                "people": {
                    "anna": {"numbers": {"mobile": other.address}},
                    "anna_2": {"names": {"es": "Anna Blanco"}, "numbers": {"mobile": "sip:blanco@127.0.0.1:9"}},
                    "rosa": {"numbers": {"home": "sip:rosa@127.0.0.1:9"}},
                },
            },
            calling={"driver": "baresip", "timeout_ms": 20_000, "options": {"topic": ours.topic}},
        )
        oyez = stack.enter_context(Oyez("--config", household, folder=folder, environment=dict(microphone.environment)))
        oyez.wait_for("message=listening")
        oyez.wait_for("catalog title: ")
        yield House(oyez, household, microphone, bus, mpd, ours, other)
        assert "Traceback" not in oyez.log
        assert "garbage.vcf" in oyez.log
        assert oyez.end() == 0


@contextmanager
def _music(folder: Path, *, radio: Radio) -> Iterator[Mpd]:
    folder.mkdir()
    with Mpd(folder, songs=MUSIC) as mpd:
        mpd.playlist("Sunday Brunch", f"{HELP:03}.flac")
        mpd.playlist("Radios", f"Jazz Radio={radio.address}", f"FIP={radio.address}?fip")
        yield mpd


def _is_interpretation(payload: object) -> bool:
    return isinstance(payload, dict) and "accepted" in payload
