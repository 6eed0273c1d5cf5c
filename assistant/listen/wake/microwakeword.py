"""Wake words by microWakeWord: small TensorFlow Lite models, about 0.3 % of a core.

It needs the package `pymicro-wakeword` (`pip install 'oyez[wake]'`), which carries the models.  With held-out voices
`hey_jarvis` and `hey_mycroft` are heard in 17 of 18 attempts; `alexa` and `okay_nabu` are poor.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

from assistant.config import WakeConfig, nearest
from assistant.errors import ConfigurationError, Fault

_TFLITE_MAGIC = b"TFL3"


class MicroWakeWordEngine:
    """Hears one wake word."""

    def __init__(self, config: WakeConfig) -> None:
        """config.word: the name of a model of the package, or the path of a model's own .json file.

        Raises ConfigurationError where there is no such model.
        """
        self._word = _load(config.word)
        self._features = MicroWakeWordFeatures()

    def push(self, block: np.ndarray) -> bool:
        """Whether the word has just been said: true from its end on, for a few hundred milliseconds.

        block: (samples,) int16, 16 kHz.
        """
        heard = False
        for features in self._features.process_streaming(block.tobytes()):
            heard = bool(self._word.process_streaming(features)) or heard
        return heard

    def reset(self) -> None:
        """Forget what was heard: the stream goes on elsewhere."""
        self._features.reset()
        self._word.reset()


def _load(word: str) -> MicroWakeWord:
    if word.endswith(".json"):
        return _load_own(Path(word))
    known = [model.value for model in Model]
    if word not in known:
        guess = nearest(word, known)
        hint = f'did you mean "{guess}"?' if guess else f"there are {', '.join(known)}"
        raise ConfigurationError([Fault("wake.word", f'no wake word "{word}"; {hint}')])
    return MicroWakeWord.from_builtin(Model(word))


def _load_own(config: Path) -> MicroWakeWord:
    """A model of the user's own, its .tflite file beside the .json one."""
    try:
        _check_kind(config.parent / json.loads(config.read_text(encoding="utf-8"))["model"])
        return MicroWakeWord.from_config(config)
    except (OSError, KeyError, TypeError, ValueError) as error:
        reason = f"{config} is no model of microWakeWord: {error}"
        raise ConfigurationError([Fault("wake.word", reason)]) from error


def _check_kind(model: Path) -> None:
    """Raise ValueError where the file is of another kind; the library would end the process over it."""
    with model.open("rb") as file:
        if file.read(8)[4:] != _TFLITE_MAGIC:
            raise ValueError(f"{model.name} is no TensorFlow Lite model")
