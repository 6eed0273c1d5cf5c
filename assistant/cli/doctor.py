"""`oyez doctor`: tries every part of the assistant on this machine, and says what is wrong.

Each check is a function that returns a `Finding`, or raises OyezError where its part does not work at all.
"""

from __future__ import annotations

import argparse
import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.household_file import CONFIG_HELP, find_household, known_names
from assistant.errors import AudioError, BrokerError, ConfigurationError, ModelError, OyezError

if TYPE_CHECKING:
    import numpy as np

    from assistant.audio import Loudspeaker, Microphone
    from assistant.config import HouseholdConfig

QUIET_S = 1.0
"""How long the room is listened to."""
ARRIVAL_S = 5.0
"""How long the broker may take."""
SLOW = 0.5
"""Seconds of computing per second of speech from which on answers come late."""
LOUD_ROOM_DB = -40.0
"""Background noise from which on people have to raise their voice."""
OWN_SOUND_DB = 6.0
"""The loudspeaker is heard when the microphone gets louder by so much."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came out of one check."""

    text: str
    wrong: bool = False
    """Something should be changed, although the part works."""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="try every part on this machine and say what is wrong",
        description="Try household file, network, voice, loudspeaker, microphone and broker, one line each; it plays a"
        " few short sounds.",
        epilog='Exit status: 0 everything works (a line may begin with "look"), 1 something does not.',
    )
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Run all checks; returns 1 when a part does not work."""
    from assistant.config import HouseholdConfig
    from assistant.demo import HOUSEHOLD

    file = find_household(options.config)
    config = HouseholdConfig()
    works = True
    try:
        config = _load(file or HOUSEHOLD)
        named = f"{file} is read" if file else "no file: the demonstration house is used"
        _print("good", "household", named)
    except OyezError as error:
        works = False
        _print("BAD", "household", _told(error))
    for name, check in _CHECKS.items():
        try:
            finding = check(config)
        except OyezError as error:
            works = False
            _print("BAD", name, _told(error))
        else:
            _print("look" if finding.wrong else "good", name, finding.text)
    return 0 if works else 1


def _print(verdict: str, name: str, text: str) -> None:
    print(f"{verdict:<5}{name:<13}{text}", flush=True)


def _told(error: OyezError) -> str:
    """The error in one line; of the mistakes in a file the first, and how to see the others."""
    if not isinstance(error, ConfigurationError):
        return " ".join(str(error).split())
    more = f" (and {len(error.faults) - 1} more: oyez check)" if len(error.faults) > 1 else ""
    return f"{error.faults[0]}{more}"


def _load(file: Path) -> HouseholdConfig:
    """The household, when nothing is wrong in its file and sentences.

    Raises ConfigurationError with everything that is.
    """
    from assistant.config import load_household
    from assistant.recognizer import check_sentences
    from handlers.registry import vocabularies

    household = load_household(file, known=known_names())
    config = household.config
    if faults := [*household.faults, *check_sentences(config, vocabularies=vocabularies(config))]:
        raise ConfigurationError(faults)
    return config


def check_network(config: HouseholdConfig) -> Finding:
    """Understand a spoken command of the demonstration house in each language of the household.

    Raises ModelError where the network is missing or understands something else.
    """
    from assistant.audio import read_file
    from assistant.demo import HOUSEHOLD, demo_clips
    from assistant.messages import SAMPLE_RATE_HZ
    from assistant.model import Model
    from assistant.recognizer import for_household, recognize_samples

    recognizer = for_household(_load(HOUSEHOLD), Model.load(config.model))
    clips = {clip.language: clip for clip in reversed(demo_clips()) if clip.language in config.languages}
    computed_s = spoken_s = 0.0
    for clip in clips.values():
        samples = read_file(clip.file)
        began = time.perf_counter()
        heard, _ = recognize_samples(recognizer, samples)
        computed_s += time.perf_counter() - began
        spoken_s += len(samples) / SAMPLE_RATE_HZ
        if not heard.accepted or heard.best is None or heard.best.language != clip.language:
            raise ModelError(f'the network does not understand "{clip.text}"; install it again')
    factor = computed_s / spoken_s
    text = f"understands {', '.join(sorted(clips))}, in {factor:.2f} s for each second of speech"
    return Finding(text if factor < SLOW else f"{text}: this machine is too slow, or busy", wrong=factor >= SLOW)


def check_voice(config: HouseholdConfig) -> Finding:
    """Make speech in each language of the household.

    Raises SpeechError where the engine or a voice is missing.
    """
    from assistant.messages import SAMPLE_RATE_HZ
    from assistant.speak import voice_of

    voice = voice_of(config.replies.voice)
    try:
        voice.start()
        voice.speak("1", config.languages[0])  # the first takes longer
        began = time.perf_counter()
        spoken = [len(voice.speak("1, 2, 3.", language)) / SAMPLE_RATE_HZ for language in config.languages]
        took_s = time.perf_counter() - began
    finally:
        voice.close()
    engine = f"{config.replies.voice.engine} speaks {', '.join(config.languages)}, in {took_s / sum(spoken):.2f} s"
    unused = "" if config.replies.mode == "speech" else f" (unused: replies.mode is {config.replies.mode})"
    return Finding(f"{engine} for each second of speech{unused}")


def check_loudspeaker(config: HouseholdConfig) -> Finding:
    """Play two notes.

    Raises AudioError where there is no loudspeaker or it does not play.
    """
    from assistant.audio import Loudspeaker

    loudspeaker = Loudspeaker(config.audio)
    loudspeaker.play(_notes(config), stopped=threading.Event())
    volume = config.replies.volume
    text = f"{loudspeaker.name} has played two notes at volume {volume}"
    return Finding(f"{text}; nobody can hear that" if not volume else text, wrong=not volume)


def check_microphone(config: HouseholdConfig) -> Finding:
    """Listen to the room, and then to the loudspeaker.

    Raises AudioError where there is no microphone or it records nothing.
    """
    from assistant.audio import Loudspeaker, Microphone, check_recording

    with Microphone(config.audio) as microphone:
        room = check_recording(_record(microphone, QUIET_S))
        playing = threading.Thread(target=_play, args=(Loudspeaker(config.audio), _notes(config)), name="doctor-notes")
        playing.start()
        own = check_recording(_record(microphone, QUIET_S))
        playing.join()
        name = microphone.name
    for finding in room.findings:
        if finding.fault == "dead":
            raise AudioError(f"{name}: {finding.advice}")
    hears = "hears" if own.speech_db > room.speech_db + OWN_SOUND_DB else "does not hear"
    text = f"{name}, background {room.noise_db:.0f} dB, {hears} the loudspeaker"
    faults = [finding.advice for finding in room.findings if finding.fault in ("clipped", "offset")]
    if room.noise_db > LOUD_ROOM_DB:
        faults.append("the room is loud, or the input's gain too high")
    return Finding("; ".join([text, *faults]), wrong=bool(faults))


def check_broker(config: HouseholdConfig) -> Finding:
    """Publish a message and get it back.

    Raises BrokerError where the broker does not answer.
    """
    from assistant.mqtt import EmbeddedBroker

    mqtt = config.mqtt
    if mqtt.url != "embedded":
        return Finding(f"{mqtt.url} answers in {_round_trip_ms(config, mqtt.url):.0f} ms")
    try:
        with EmbeddedBroker.of(mqtt) as broker:
            return Finding(f"the embedded broker starts, and answers in {_round_trip_ms(config, broker.url):.0f} ms")
    except BrokerError:
        # Its port is taken: by the assistant that runs, it is to be hoped.
        took_ms = _round_trip_ms(config, f"mqtt://127.0.0.1:{mqtt.embedded_port}")
    return Finding(f"the running assistant's broker answers in {took_ms:.0f} ms")


_CHECKS: Mapping[str, Callable[[HouseholdConfig], Finding]] = {
    "network": check_network,
    "voice": check_voice,
    "loudspeaker": check_loudspeaker,
    "microphone": check_microphone,
    "broker": check_broker,
}


def _notes(config: HouseholdConfig) -> list[np.ndarray]:
    from assistant.speak import at_volume, earcon

    return [at_volume(earcon(name), config.replies.volume) for name in ("listening", "accepted")]


def _play(loudspeaker: Loudspeaker, notes: list[np.ndarray]) -> None:
    with contextlib.suppress(AudioError):  # told by its own check
        loudspeaker.play(notes, stopped=threading.Event())


def _record(microphone: Microphone, seconds: float) -> np.ndarray:
    """(samples,) int16 at 16 kHz."""
    import numpy as np

    return np.concatenate(list(islice(microphone, round(seconds * 50))))


def _round_trip_ms(config: HouseholdConfig, url: str) -> float:
    """How long a message takes to the broker and back.

    Raises BrokerError where it does not come back.
    """
    from assistant.mqtt import Client, PartialPayload

    arrived = threading.Event()
    message = PartialPayload(id=str(uuid.uuid4()), site=config.site, text="")
    client = Client(config.mqtt, site=config.site, room=config.room, name="doctor", url=url, announce=False)
    client.on(PartialPayload, lambda payload, _parts: arrived.set() if payload.id == message.id else None)
    with client:
        if not client.connection.wait_ready(ARRIVAL_S):
            raise BrokerError(f"{url} does not answer: {client.connection.problem or 'no reason is given'}")
        began = time.perf_counter()
        client.publish(message)
        if not arrived.wait(ARRIVAL_S):
            raise BrokerError(f"{url} takes messages of this site and does not deliver them: look at its access rules")
        return (time.perf_counter() - began) * 1000
