"""How long a command takes from its last speech sample to the published intent: `python -m benchmarks.latency`.

Spoken house commands go block by block through the segmenter, then network, search and a real broker; a subscriber of
its own takes the time of arrival.  The endpointing wait is sound that must pass before the end of speech is believed;
compute is what the machine adds after it, on one thread.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.audio import read_file
from assistant.config import ListenConfig, MqttConfig
from assistant.listen import segment
from assistant.listen.segmenter import FOLLOWED_EVERY
from assistant.listen.vad import FRAME_SAMPLES
from assistant.messages import Utterance
from assistant.model import Model
from assistant.mqtt import Client, EmbeddedBroker, IntentPayload, RejectedPayload
from assistant.recognizer import Attention, Recognizer, for_sentences
from benchmarks.corpus import add_data_argument, read_set

SITE = "benchmark"
ARRIVAL_S = 5.0
COMPUTE_BAR_MS = 150.0
FOLLOWED_SAMPLES = FOLLOWED_EVERY * FRAME_SAMPLES
"""As often the segmenter tells what was said."""
SHORTEST_MS, LONGEST_MS = 2000, 4000
"""Clips around three seconds."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One command's way, milliseconds."""

    audio: float
    wait: float
    """Sound after the last voiced frame until the utterance was cut."""
    network: float
    """Of the whole."""
    understanding: float
    """Network and search of the whole."""
    left: float
    """The same where the utterance was followed while it was said."""
    bus: float
    """From the interpretation to the subscriber."""

    @property
    def search(self) -> float:
        """Search and confidence alone."""
        return max(self.understanding - self.network, 0.0)

    @property
    def compute(self) -> float:
        """What follows the cut."""
        return self.left + self.bus


class Arrivals:
    """A subscriber that notes when each interpretation arrived."""

    def __init__(self, client: Client) -> None:
        self._at: dict[str, float] = {}
        self._changed = threading.Condition()  # guards _at
        for kind in (IntentPayload, RejectedPayload):
            client.on(kind, lambda payload, _parts: self._note(payload.id))

    def wait(self, interpretation: str) -> float:
        """Return when it arrived, in perf_counter seconds.

        Raises TimeoutError when it does not.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: interpretation in self._at, ARRIVAL_S):
                raise TimeoutError("an interpretation was published and did not arrive")
            return self._at[interpretation]

    def _note(self, interpretation: str) -> None:
        with self._changed:
            self._at[interpretation] = time.perf_counter()
            self._changed.notify_all()


def measure(
    utterance: Utterance, *, model: Model, recognizer: Recognizer, publisher: Client, arrivals: Arrivals
) -> Timing:
    """Take one utterance the whole way."""
    began = time.perf_counter()
    model.posteriors(utterance.samples)
    network_s = time.perf_counter() - began
    began = time.perf_counter()
    recognizer.recognize(utterance)
    understood_s = time.perf_counter() - began
    for samples in range(FOLLOWED_SAMPLES, len(utterance.samples), FOLLOWED_SAMPLES):
        recognizer.follow(utterance.samples[:samples])
    began = time.perf_counter()
    interpretation = recognizer.recognize(utterance)
    understood = time.perf_counter()
    publisher.publish_interpretation(interpretation)
    arrived = arrivals.wait(interpretation.id)
    return Timing(
        audio=utterance.audio_ms,
        wait=utterance.audio_ms - utterance.speech_end_ms,
        network=network_s * 1000,
        understanding=understood_s * 1000,
        left=(understood - began) * 1000,
        bus=(arrived - understood) * 1000,
    )


def timings(data: Path, *, model: Model, language: str) -> list[Timing]:
    """Return the timings of the commands of one language."""
    recognizer = for_sentences([data / "home_dev" / f"sentences.{language}.yaml"], model)
    clips = [clip for clip in read_set(data / "home_dev") if clip.language == language and clip.intent]
    silence = np.zeros(32_000, np.int16)
    attention = Attention(recognizer, ListenConfig())
    utterances = [
        cut
        for clip in clips
        for cut in segment(np.concatenate([read_file(clip.file), silence]), ListenConfig(), follower=attention)
    ]
    chosen = [cut for cut in utterances if SHORTEST_MS <= cut.audio_ms <= LONGEST_MS]
    config = MqttConfig()
    with EmbeddedBroker(0) as broker:
        subscriber = Client(config, site=SITE, name="subscriber", url=broker.url, announce=False)
        arrivals = Arrivals(subscriber)
        publisher = Client(config, site=SITE, name="publisher", url=broker.url, announce=False)
        with subscriber, publisher:
            subscriber.connection.wait_ready(ARRIVAL_S)
            publisher.connection.wait_ready(ARRIVAL_S)
            parts = {"model": model, "recognizer": recognizer, "publisher": publisher, "arrivals": arrivals}
            measure(chosen[0], **parts)  # type: ignore[arg-type]  # the first run warms up and does not count
            return [measure(utterance, **parts) for utterance in chosen]  # type: ignore[arg-type]


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=(__doc__ or "").split("\n")[0])
    add_data_argument(parser)
    parser.add_argument("--model", type=Path, help="another network than the one shipped")
    options = parser.parse_args(arguments)
    model = Model.load(options.model)
    print("milliseconds, median (95th percentile), one thread")
    heads = ("endpointing", "network", "search", "both, left", "bus", "compute")
    print(f"{'':<10}{'clips':>6}{'audio':>8}{''.join(f'{head:>14}' for head in heads)}")
    for language in ("en", "es", "fr"):
        rows = timings(options.data, model=model, language=language)
        columns = ("wait", "network", "search", "left", "bus", "compute")
        cells = "".join(f"{_cell([getattr(row, name) for row in rows]):>14}" for name in columns)
        audio = statistics.median(row.audio for row in rows)
        slow = statistics.median(row.compute for row in rows) > COMPUTE_BAR_MS
        met = "not met" if slow else "met"
        print(f"{language:<10}{len(rows):>6}{audio:>8.0f}{cells}  bar {COMPUTE_BAR_MS:.0f} {met}")
    return 0


def _cell(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} ({float(np.percentile(values, 95)):.0f})"


if __name__ == "__main__":
    sys.exit(main())
