"""What a household that always listens does though nobody asked: `python -m benchmarks.rejection`.

Sounds without any command go through segmenter, network and search for as long as they last: somebody who reads aloud,
kitchens and music, several voices talking at once.  Beside the wrong actions an hour stands the share of spoken
commands that the same threshold loses, so that the two can be weighed: one line a threshold, a curve.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from assistant.audio import read_file
from assistant.config import THRESHOLD, ListenConfig
from assistant.dialogue import Expected
from assistant.interpret import Understood
from assistant.listen import segment
from assistant.messages import SAMPLE_RATE_HZ, Interpretation, Utterance
from assistant.model import Model
from assistant.recognizer import Recognizer, for_sentences, rejection
from assistant.rehearing import reheard
from assistant.rejoining import Rejoining
from benchmarks.corpus import Recording, add_data_argument, read_set

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LONGEST_BAR = 10
"""Letters."""
MOST_MISSES = 0.03
"""Share of commands that may be lost where the wrong actions are compared with the bar."""
BAR_PER_HOUR = 1.0
BABBLE_MIN = 20
LONG_BABBLE_MIN = 110
"""So that the curve knows half an action an hour."""
MOST_VOICES = 6
PAUSE_S = 1.0
"""Silence between two clips that are played one after the other."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold brings."""

    threshold: float
    misses: float
    """Share of the commands that are rejected or misunderstood."""
    wrong: Mapping[str, int]
    """Wrong actions, by kind of sound."""


class Remembered:
    """A recognizer at any threshold, which hears each utterance once however often it is asked."""

    def __init__(self, recognizer: Recognizer, model: Model) -> None:
        self._interpreter = recognizer.interpreter
        self._model = model
        self._known: dict[bytes, Understood] = {}
        self.threshold = THRESHOLD

    def recognize(self, utterance: Utterance, *, expected: Expected | None = None) -> Interpretation:
        """Return what was meant, or why nothing was understood; nobody asks anything here."""
        del expected
        key = utterance.samples.tobytes()
        if key not in self._known:
            self._known[key] = reheard(self._hear(utterance.samples), utterance.samples, self._hear)
        understood = self._known[key]
        reason = rejection(understood, threshold=self.threshold)
        return Interpretation(
            id=utterance.id,
            time=utterance.started,
            best=understood.hypotheses[0] if understood.hypotheses else None,
            accepted=reason is None,
            reason=reason,
            alternatives=understood.hypotheses[1:],
            audio_ms=utterance.audio_ms,
            compute_ms=0.0,
            heard=understood.heard,
        )

    def _hear(self, samples: np.ndarray) -> Understood:
        return self._interpreter.interpret(self._model.posteriors(samples, languages=self._interpreter.languages))


def sounds(data: Path, *, draw: random.Random, babble_min: float = BABBLE_MIN) -> dict[str, np.ndarray]:
    """Return what holds no command, each (samples,) int16; `draw` chooses who babbles."""
    reading = [read_file(clip.file) for clip in read_set(data / "reading_en")]
    prompts = [read_file(clip.file) for clip in read_set(data / "prompts_dev")]
    noises = [read_file(clip.file) for clip in read_set(data / "noise")]
    return {
        "reading": one_after_the_other(reading),
        "noise": one_after_the_other(noises),
        "babble": babble([*reading, *prompts], minutes=babble_min, draw=draw),
    }


def one_after_the_other(clips: Sequence[np.ndarray]) -> np.ndarray:
    """Return the clips with a pause after each, (samples,) int16."""
    pause = np.zeros(int(PAUSE_S * SAMPLE_RATE_HZ), np.int16)
    return np.concatenate([part for clip in clips for part in (clip, pause)])


def babble(clips: Sequence[np.ndarray], *, minutes: float, draw: random.Random) -> np.ndarray:
    """Return two to MOST_VOICES voices at once, anew every half minute, (samples,) int16."""
    length = 30 * SAMPLE_RATE_HZ
    parts = []
    for _ in range(int(minutes * 2)):
        mixed = np.zeros(length, np.float32)
        for _ in range(draw.randint(2, MOST_VOICES)):
            voice = np.concatenate([clips[draw.randrange(len(clips))] for _ in range(30)])[:length]
            mixed[: len(voice)] += voice * np.float32(draw.uniform(0.2, 0.6))
        parts.append(np.clip(mixed, -32768, 32767).astype(np.int16))
    return np.concatenate(parts)


def curve(
    recognizer: Recognizer, model: Model, *, commands: Sequence[Recording], strange: Mapping[str, np.ndarray]
) -> Iterator[Point]:
    """Yield what each threshold brings."""
    remembered = Remembered(recognizer, model)
    said = [(clip, utterances(read_file(clip.file))) for clip in commands]
    overheard = {kind: utterances(samples) for kind, samples in strange.items()}
    for threshold in THRESHOLDS:
        remembered.threshold = threshold
        missed = sum(not is_right(remembered, clip, parts) for clip, parts in said)
        wrong = {kind: actions(remembered, parts) for kind, parts in overheard.items()}
        yield Point(threshold, missed / len(said), wrong)


def utterances(samples: np.ndarray) -> list[Utterance]:
    """Return what the segmenter cuts out of a stream; all of it where it finds nothing."""
    now = datetime.now(UTC)
    return segment(samples, ListenConfig(), ended=now) or [Utterance(samples=samples, started=now)]


def is_right(recognizer: Remembered, clip: Recording, parts: Sequence[Utterance]) -> bool:
    """Whether the first thing that would be done is what was meant."""
    rejoining = Rejoining(recognizer)
    for part in parts:
        heard = rejoining.recognize(part)
        if heard.accepted and heard.best:
            return heard.best.intent == clip.intent and dict(heard.best.slots) == dict(clip.slots)
    return False


def actions(recognizer: Remembered, parts: Sequence[Utterance]) -> int:
    """Return how often something would be done."""
    rejoining = Rejoining(recognizer)
    return sum(rejoining.recognize(part).accepted for part in parts)


def table(data: Path, model: Model) -> Iterator[str]:
    """Yield the rows of the curve, and beside the bar what it has at so many misses."""
    sets = ("home_dev", "coffee_dev")
    recognizer = for_sentences([data / name / "sentences.en.yaml" for name in sets], model)
    commands = [clip for name in sets for clip in read_set(data / name) if clip.language == "en" and clip.intent]
    strange = sounds(data, draw=random.Random(1), babble_min=LONG_BABBLE_MIN)
    hours = {kind: len(samples) / SAMPLE_RATE_HZ / 3600 for kind, samples in strange.items()}
    yield f"{len(commands)} commands; " + ", ".join(f"{60 * each:.1f} min of {kind}" for kind, each in hours.items())
    yield f"{'threshold':>9}{'missed':>10}{'wrong actions an hour':>35}              of them in " + ", ".join(strange)
    best: float | None = None
    for point in curve(recognizer, model, commands=commands, strange=strange):
        hourly = sum(point.wrong.values()) / sum(hours.values())
        counts = ", ".join(str(count) for count in point.wrong.values())
        missed = 100 * point.misses
        yield f"{point.threshold:>9}{missed:>8.1f} % {_bar(missed):<10}{hourly:>24.1f} {_bar(hourly):<10}   {counts}"
        if point.misses <= MOST_MISSES:
            best = hourly if best is None else min(best, hourly)
    if best is None:
        yield f"no threshold loses at most {100 * MOST_MISSES:g} % of the commands: not met"
    else:
        met = "met" if best <= BAR_PER_HOUR else "not met"
        yield f"wrong actions an hour at {100 * MOST_MISSES:g} % misses: {best:.1f}, bar <= {BAR_PER_HOUR:g}: {met}"


def _bar(figure: float) -> str:
    """Draw a figure, half a percent or half an action a letter, so that the rows are a curve."""
    return "#" * min(round(2 * figure), LONGEST_BAR)


def main(arguments: list[str] | None = None) -> int:
    """Print the curve."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rejection", description=(__doc__ or "").split("\n")[0])
    add_data_argument(parser)
    parser.add_argument("--model", type=Path, help="another network than the one shipped")
    options = parser.parse_args(arguments)
    for row in table(options.data, Model.load(options.model)):
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
