import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.config import WakeConfig
from assistant.errors import ConfigurationError
from assistant.listen import WakeEngine, wake_engine
from tests.speech import silence, speak


def woken_at(engine: WakeEngine, samples: np.ndarray) -> list[float]:
    """Seconds at which the engine heard its word."""
    starts = range(0, len(samples) - 319, 320)
    return [start / 16000 for start in starts if engine.push(samples[start : start + 320])]


@pytest.fixture(scope="module")
def jarvis() -> WakeEngine:
    engine = wake_engine(WakeConfig(engine="microwakeword", word="hey_jarvis"))
    assert engine is not None
    return engine


@pytest.mark.parametrize("voice", ["en-US", "en-GB"])
def test_the_wake_word_is_heard_where_it_ends(jarvis: WakeEngine, voice: str) -> None:
    jarvis.reset()
    word = np.trim_zeros(speak("hey jarvis", voice=voice))
    heard = woken_at(jarvis, np.concatenate([silence(1), word, silence(1)]))
    assert heard
    assert abs(heard[0] - (1 + len(word) / 16000)) < 0.25


@pytest.mark.parametrize("text", ["turn on the kitchen light please", "what time is it", "play some jazz"])
def test_other_words_do_not_wake(jarvis: WakeEngine, text: str) -> None:
    jarvis.reset()
    assert woken_at(jarvis, np.concatenate([silence(1), speak(text), silence(1)])) == []


def test_a_reset_forgets_half_a_word(jarvis: WakeEngine) -> None:
    jarvis.reset()
    word = speak("hey jarvis")
    woken_at(jarvis, np.concatenate([silence(1), word[: len(word) // 2]]))
    jarvis.reset()
    assert woken_at(jarvis, np.concatenate([word[len(word) // 2 :], silence(1)])) == []


@pytest.mark.parametrize("engine", ["none", "push-to-talk"])
def test_without_a_word_there_is_no_engine(engine: str) -> None:
    assert wake_engine(WakeConfig(engine=engine)) is None


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param({"engine": "microwakewrod"}, 'did you mean "microwakeword"', id="engine misspelled"),
        pytest.param({"engine": "porcupine"}, "there are none, push-to-talk, microwakeword", id="unknown engine"),
        pytest.param(
            {"engine": "microwakeword", "word": "hey_jarvs"}, 'did you mean "hey_jarvis"', id="word misspelled"
        ),
        pytest.param({"engine": "microwakeword", "word": "/nowhere/x.json"}, "/nowhere/x.json", id="no such model"),
    ],
)
def test_what_cannot_be_used_is_named(config: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        wake_engine(WakeConfig(**config))


@pytest.mark.parametrize("content", [None, b"", b"not a model at all"], ids=["missing", "empty", "other"])
def test_a_damaged_model_file_is_named(content: bytes | None, tmp_path: Path) -> None:
    model = tmp_path / "mine.json"
    model.write_text('{"model": "mine.tflite", "wake_word": "mine", "micro": {}}')
    if content is not None:
        (tmp_path / "mine.tflite").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"mine\.json is no model"):
        wake_engine(WakeConfig(engine="microwakeword", word=str(model)))


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)  # what Python does where the package is missing
    monkeypatch.delitem(sys.modules, "assistant.listen.wake.microwakeword", raising=False)
    with pytest.raises(ConfigurationError, match=r"pip install 'oyez\[wake\]'"):
        wake_engine(WakeConfig(engine="microwakeword"))
