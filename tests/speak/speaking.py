"""Runs our speaker on whatever loudspeaker there is; obeys lines on stdin, tells lines of JSON.

A process of its own, because PortAudio reads ALSA's configuration once, when it is loaded.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time

from assistant.audio import Loudspeaker
from assistant.config import AudioConfig, RepliesConfig
from assistant.speak import Speaker, speaker


def tell(**what: object) -> None:
    sys.stdout.write(json.dumps({**what, "at": time.monotonic()}) + "\n")
    sys.stdout.flush()


class Telling(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        tell(log=record.getMessage())


def main() -> None:
    logging.basicConfig(level=logging.INFO, handlers=[Telling()])
    speaker.RETRY_S = 0.0
    one = Speaker(
        RepliesConfig(mode="speech", volume=100),
        output=Loudspeaker(AudioConfig(output=sys.argv[1])),
        on_speaking=lambda is_speaking: tell(speaking=is_speaking),
    )
    with one:
        tell(ready=True)
        for line in sys.stdin:
            order, _, rest = line.strip().partition(" ")
            if order == "say":
                language, _, text = rest.partition(" ")
                one.say(text, language, on_done=lambda: tell(done=True))  # type: ignore[arg-type]
            elif order == "earcon":
                one.earcon(rest, on_done=lambda: tell(done=True))  # type: ignore[arg-type]
            else:
                one.stop()
    tell(threads=[thread.name for thread in threading.enumerate()])


if __name__ == "__main__":
    main()
