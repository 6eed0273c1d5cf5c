"""What opens the microphone: an engine per file, imported when a household wants it.

- `none`: every utterance is taken.
- `push-to-talk`: what is said after `Listener.open_window` (MQTT `listen`, Enter on the terminal) is taken.
- `microwakeword`: the same, and a wake word opens the window too.

The first two hear nothing by themselves, so that they have no engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from assistant.config import WakeConfig, nearest
from assistant.errors import ConfigurationError, Fault


class WakeEngine(Protocol):
    """Hears its word in a stream."""

    def push(self, block: np.ndarray) -> bool:
        """Whether the word has just been said; block: (samples,) int16, 16 kHz."""

    def reset(self) -> None:
        """Forget what was heard before: the stream goes on elsewhere."""


def wake_engine(config: WakeConfig) -> WakeEngine | None:
    """The engine that hears the household's wake word; None where no word is listened for.

    Raises ConfigurationError where the engine is unknown, not installed, or has no such word.
    """
    build = _ENGINES.get(config.engine)
    if build is None:
        guess = nearest(config.engine, list(_ENGINES))
        hint = f'did you mean "{guess}"?' if guess else f"there are {', '.join(_ENGINES)}"
        raise ConfigurationError([Fault("wake.engine", f'no wake engine "{config.engine}"; {hint}')])
    return build(config)


def _microwakeword(config: WakeConfig) -> WakeEngine:
    try:
        from assistant.listen.wake.microwakeword import MicroWakeWordEngine  # noqa: PLC0415  # an extra, loaded lazily
    except (ImportError, OSError) as error:
        missing = f"the engine microwakeword is not installed ({error}); run: pip install 'oyez[wake]'"
        raise ConfigurationError([Fault("wake.engine", missing)]) from error
    return MicroWakeWordEngine(config)


_ENGINES: Mapping[str, Callable[[WakeConfig], WakeEngine | None]] = {
    "none": lambda _config: None,
    "push-to-talk": lambda _config: None,
    "microwakeword": _microwakeword,
}
