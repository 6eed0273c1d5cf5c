"""How soon and how cheaply replies are spoken: `python -m benchmarks.replies`.

The time counts from `say` to the first sample that the loudspeaker is given; opening the device is not in it.  Replies
of one, several and many words; the first one after the start apart.  A cache of frequent phrases could save what lies
between their rows and the earcon's, for the few that are always the same: it is not worth its room.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from assistant.config import Language, RepliesConfig, VoiceConfig
from assistant.messages import SAMPLE_RATE_HZ
from assistant.speak import Speaker
from benchmarks.bars import print_ceiling
from benchmarks.footprint import family, resident_mb

FIRST_SAMPLE_BAR_MS = 150.0
"""Less than this between question and answer is not felt as waiting."""
FACTOR_BAR = 0.1
MEMORY_BAR_MB = 30.0
WAIT_S = 60.0

REPLIES: dict[Language, tuple[str, ...]] = {
    "en": ("Done.", "The kitchen light is on.", "The tea timer ends in ten minutes. The pasta timer ends in twelve."),
    "es": ("Hecho.", "La luz de la cocina está encendida.", "El té acaba en diez minutos. La pasta acaba en doce."),
    "fr": (
        "C'est fait.",
        "La lumière de la cuisine est allumée.",
        "Le thé sera prêt dans dix minutes. Les pâtes aussi.",
    ),
}


@dataclass(slots=True)
class Stopwatch:
    """An output that notes when sound comes, and plays it in no time."""

    first: float = 0.0
    """When the first piece came, perf_counter seconds."""
    last: float = 0.0
    samples: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def play(self, pieces: Iterable[np.ndarray], *, stopped: threading.Event) -> None:  # noqa: ARG002  # never stopped
        """Take the pieces."""
        self.first, self.samples = 0.0, 0
        for piece in pieces:
            self.last = time.perf_counter()
            self.first = self.first or self.last
            self.samples += len(piece)

    def time(self, order: Callable[..., None]) -> tuple[float, float, float]:
        """Return ms to the first sample, seconds of computing and seconds of sound of what `order` has played.

        order: `say` or `earcon`, without its on_done.

        Raises TimeoutError where nothing comes.
        """
        self.done.clear()
        began = time.perf_counter()
        order(on_done=self.done.set)
        if not self.done.wait(WAIT_S):
            raise TimeoutError("a reply was not given")
        return (self.first - began) * 1000, self.last - began, self.samples / SAMPLE_RATE_HZ


@contextmanager
def speaking(voice: VoiceConfig, watch: Stopwatch) -> Iterator[Speaker]:
    """Give a speaker with this voice."""
    config = RepliesConfig(mode="speech", voice=voice)
    with Speaker(config, output=watch, on_speaking=lambda _is_speaking: None) as speaker:
        yield speaker


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replies", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--engine", choices=["nanotts", "espeak-ng", "piper"], default="nanotts")
    parser.add_argument("--program", type=Path, help="where the engine's program is")
    parser.add_argument(
        "--voice", action="append", default=[], metavar="LANGUAGE=VOICE", help="as replies.voice.voices"
    )
    parser.add_argument("--rounds", type=int, default=20, help="times that each reply is spoken (default: %(default)s)")
    options = parser.parse_args(arguments)
    voices = dict(pair.split("=", 1) for pair in options.voice)
    voice = VoiceConfig.model_validate({"engine": options.engine, "program": options.program, "voices": voices})
    languages: list[Language] = [name for name in REPLIES if options.engine != "piper" or name in voices]
    watch = Stopwatch()
    before = set(family_now())
    with speaking(voice, watch) as speaker:
        first_ms, _, _ = watch.time(partial(speaker.say, "1", languages[0]))
        print(f"{'first reply after the start, ms':<44}{first_ms:9.0f}")
        earcon_ms = [watch.time(partial(speaker.earcon, "accepted"))[0] for _ in range(20)]
        print(f"{'earcon, ms to the first sample':<44}{statistics.median(earcon_ms):9.1f}")
        for language in languages:
            timings = [
                watch.time(partial(speaker.say, text, language))
                for _ in range(options.rounds)
                for text in REPLIES[language]
            ]
            waits = [wait_ms for wait_ms, _, _ in timings]
            factor = sum(computed for _, computed, _ in timings) / sum(sound for _, _, sound in timings)
            print_ceiling(f"{language}, ms to the first sample, median", statistics.median(waits), FIRST_SAMPLE_BAR_MS)
            print_ceiling(
                f"{language}, the same, 95th percentile", float(np.percentile(waits, 95)), FIRST_SAMPLE_BAR_MS
            )
            print_ceiling(f"{language}, s per s of speech", factor, FACTOR_BAR)
        memory_mb = sum(resident_mb(process) for process in set(family_now()) - before)
        print_ceiling("processes of the engine, resident MB", memory_mb, MEMORY_BAR_MB)
    return 0


def family_now() -> list[int]:
    """Return this process and everything that it has started."""
    return family(os.getpid())


if __name__ == "__main__":
    sys.exit(main())
