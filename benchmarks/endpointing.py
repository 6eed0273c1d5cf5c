"""How soon an utterance ends, and how often too soon: `python -m benchmarks.endpointing`.

Clips go through the segmenter as a stream does, once with the silence alone deciding, once with what was said.  A cut
is too early where what is done differs from what is done with the whole clip; clips that are rejected whole do not
count.  The wait is sound that must pass after the last voiced frame.  Pauses are put into clips of the same sets at a
space between two words.  Of speech that is no command it is counted how much of it is done.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from assistant.audio import read_file
from assistant.config import ListenConfig
from assistant.interpret import Interpreter
from assistant.language import load_packs
from assistant.listen import segment
from assistant.messages import SAMPLE_RATE_HZ, Interpretation, Utterance
from assistant.model import Model
from assistant.model.symbols import encode
from assistant.recognizer import Attention, Recognizer, for_sentences
from assistant.rejoining import Rejoining
from benchmarks.accuracy import LANGUAGES, Bench, word_groups
from benchmarks.catalogs import dialled
from benchmarks.corpus import Recording, add_data_argument, mix, read_noises, read_set
from benchmarks.rejection import babble, one_after_the_other

SETS = ("home", "coffee", "noise", "prompts", "keywords", "digits", "pauses", "others")
MOST_CUT = 0.5
"""Percent of the commands that may be cut early."""
NOISE_DB = 12
SHORT_MS, LONG_MS = (300, 400, 500), (700, 800, 900)
"""Pauses inside commands: a breath, and one that is longer than the silence that ends an utterance."""
BABBLE_MIN = 4
AFTER = np.zeros(2 * SAMPLE_RATE_HZ, np.int16)


@dataclass(frozen=True, slots=True)
class Clip:
    """What is heard, and by whom."""

    recognizer: Recognizer
    samples: np.ndarray
    """(samples,) int16."""
    stream: np.ndarray
    """The same as it is spoken: with a pause inside, or with the room's noise after it."""


@dataclass(slots=True)
class Way:
    """What became of a set with one kind of endpointing."""

    cut: int = 0
    waits_ms: list[float] = field(default_factory=list)
    """Of what was done."""

    def __str__(self) -> str:
        if not self.waits_ms:
            return f"{'-':>12}"
        return f"{statistics.median(self.waits_ms):.0f} ({float(np.percentile(self.waits_ms, 90)):.0f})"


@dataclass(slots=True)
class Row:
    """One line of the table."""

    what: str
    clips: int = 0
    """Those that are accepted whole."""
    silence: Way = field(default_factory=Way)
    sentences: Way = field(default_factory=Way)
    looks_ms: list[float] = field(default_factory=list)
    """What each look before the end took."""

    def __str__(self) -> str:
        cuts = [f"{100 * way.cut / max(self.clips, 1):5.1f} % {way.cut:3d}" for way in (self.silence, self.sentences)]
        looks = f"{len(self.looks_ms) / max(self.clips, 1):5.2f}{statistics.median(self.looks_ms or [0]):8.0f} ms"
        return (
            f"{self.what:<34}{self.clips:6d}{cuts[0]:>14}{cuts[1]:>14}{self.silence!s:>14}{self.sentences!s:>14}{looks}"
        )


def measured(what: str, clips: Iterable[Clip]) -> Row:
    """Run a set both ways."""
    row = Row(what)
    for clip in clips:
        now = datetime.now(UTC)
        whole = clip.recognizer.recognize(Utterance(samples=clip.samples, started=now))
        if not whole.accepted:
            continue
        row.clips += 1
        listen = ListenConfig(endpointing="silence")
        _count(row.silence, whole, clip.recognizer, segment(clip.stream, listen, ended=now))
        listen = ListenConfig()
        timed = Timed(clip.recognizer, listen, looks_ms=row.looks_ms)
        _count(row.sentences, whole, clip.recognizer, segment(clip.stream, listen, ended=now, follower=timed))
    return row


@dataclass(frozen=True, slots=True)
class Timed(Attention):
    """The same, and the processor time of each look."""

    looks_ms: list[float] = field(default_factory=list)

    def pause_ms(self, samples: np.ndarray) -> int:
        """Return how much silence ends what was said so far."""
        began = time.process_time()
        pause_ms = self.recognizer.pause_ms(samples, listen=self.listen)
        self.looks_ms.append((time.process_time() - began) * 1000)
        return pause_ms


def _count(way: Way, whole: Interpretation, recognizer: Recognizer, utterances: Sequence[Utterance]) -> None:
    """Let the first utterance that is accepted be what is done."""
    rejoining = Rejoining(recognizer)
    for utterance in utterances:
        heard = rejoining.recognize(utterance)
        if heard.accepted:
            way.waits_ms.append(utterance.audio_ms - utterance.speech_end_ms)
            way.cut += _meaning(heard) != _meaning(whole)
            return
    way.cut += 1


def _meaning(heard: Interpretation) -> object:
    return heard.best and (heard.best.domain, heard.best.intent, dict(heard.best.slots))


def commands(data: Path, model: Model, name: str) -> Iterator[tuple[str, Recognizer, list[Recording]]]:
    """Yield the sets of a folder, a language each, with their own sentences."""
    clips = [clip for clip in read_set(data / name) if clip.intent or name == "prompts_dev"]
    for language in LANGUAGES:
        own = [clip for clip in clips if clip.language == language]
        if own:
            sentences = data / name / f"sentences.{language}.yaml"
            yield f"{name.removesuffix('_dev')} {language}", for_sentences([sentences], model), own


def spoken(data: Path, model: Model, name: str) -> Iterator[Row]:
    """Yield the rows of recordings as they are."""
    for what, recognizer, clips in commands(data, model, name):
        files = (read_file(clip.file) for clip in clips)
        yield measured(what, (Clip(recognizer, samples, np.concatenate([samples, AFTER])) for samples in files))


def in_noise(data: Path, model: Model) -> Iterator[Row]:
    """Yield the row of orders in noise that goes on after them."""
    noises = read_noises(data / "noise")
    names = sorted(noises)

    def noisy(index: int, clip: Recording) -> np.ndarray:
        noise = noises[names[index % len(names)]]
        start = random.Random(clip.file.name).randrange(len(noise))
        return mix(np.concatenate([read_file(clip.file), AFTER]), noise, ratio_db=NOISE_DB, start=start)

    for what, recognizer, clips in commands(data, model, "coffee_dev"):
        streams = (noisy(index, clip) for index, clip in enumerate(clips))
        yield measured(f"{what}, {NOISE_DB} dB", (Clip(recognizer, stream, stream) for stream in streams))


def keywords(data: Path, model: Model) -> Iterator[Row]:
    """Yield the rows of single words and numbers."""
    bench = Bench(data, model=model, whole=False, trace=None)
    for group in word_groups(bench):
        files = (read_file(clip.file) for clip in group.known)
        yield measured(
            group.name, (Clip(group.recognizer, samples, np.concatenate([samples, AFTER])) for samples in files)
        )


def digits(model: Model) -> Iterator[Row]:
    """Yield the rows of telephone numbers, said in groups by Pico."""
    recognizer = Recognizer(model=model, interpreter=Interpreter(load_packs(["calling", "light", "system"], LANGUAGES)))
    for language in LANGUAGES:
        said = dialled(language, pause=", ")
        yield measured(
            f"digits in groups {language}",
            (Clip(recognizer, samples, np.concatenate([samples, AFTER])) for samples in said),
        )


def pauses(data: Path, model: Model) -> Iterator[Row]:
    """Yield the rows of commands with a pause inside."""
    for lengths_ms in (SHORT_MS, LONG_MS):
        for name in ("home_dev", "coffee_dev"):
            for what, recognizer, clips in commands(data, model, name):
                files = [read_file(clip.file) for clip in clips]
                paused = (
                    (samples, with_pause(samples, model, pause_ms=lengths_ms[index % len(lengths_ms)]))
                    for index, samples in enumerate(files)
                )
                yield measured(
                    f"{what}, pause {lengths_ms[0]}-{lengths_ms[-1]} ms",
                    (
                        Clip(recognizer, samples, np.concatenate([stream, AFTER]))
                        for samples, stream in paused
                        if stream is not None
                    ),
                )


@dataclass(frozen=True, slots=True)
class Strange:
    """Speech that is no command: how often something would be done."""

    what: str
    minutes: float
    silence: int
    sentences: int

    def __str__(self) -> str:
        return f"{self.what:<34}{self.minutes:5.1f}m{self.silence:14d}{self.sentences:14d}  done though nobody asked"


def others(data: Path, model: Model) -> Iterator[Strange]:
    """Yield what is done of prompts, read sentences, strange clips and several voices at once."""
    prompts, home, reading = (read_set(data / name) for name in ("prompts_dev", "home_dev", "reading_en"))
    for language in LANGUAGES:
        recognizer = for_sentences([data / "home_dev" / f"sentences.{language}.yaml"], model)
        strange = [clip for clip in home if clip.language == language and not clip.intent]
        strange += [clip for clip in prompts if clip.language == language]
        strange += reading if language == "en" else []
        samples = [read_file(clip.file) for clip in strange]
        streams = {"speech": one_after_the_other(samples)}
        if language == "en":
            streams["babble"] = babble(samples, minutes=BABBLE_MIN, draw=random.Random(1))
        for what, stream in streams.items():
            done = [
                _done(recognizer, stream, listen) for listen in (ListenConfig(endpointing="silence"), ListenConfig())
            ]
            yield Strange(f"other {what} {language}", len(stream) / SAMPLE_RATE_HZ / 60, *done)


def _done(recognizer: Recognizer, stream: np.ndarray, listen: ListenConfig) -> int:
    rejoining = Rejoining(recognizer)
    utterances = segment(stream, listen, ended=datetime.now(UTC), follower=Attention(recognizer, listen))
    return sum(rejoining.recognize(utterance).accepted for utterance in utterances)


def with_pause(samples: np.ndarray, model: Model, *, pause_ms: int) -> np.ndarray | None:
    """Return (samples,) int16 with silence at the softest space between two words, or None where there is none."""
    around = np.zeros(SAMPLE_RATE_HZ // 2, np.int16)  # so that it is long enough not to be padded unseen
    posteriors = model.posteriors(np.concatenate([around, samples, around, around]))
    best = posteriors.symbols.argmax(axis=1)
    space = encode(" ")[0]
    letters = np.flatnonzero((best > 0) & (best != space))
    frame = posteriors.frame_ms * SAMPLE_RATE_HZ // 1000
    places = [
        int(index) * frame - len(around)
        for index in np.flatnonzero(best == space)
        if len(letters) and letters[0] < index < letters[-1]
    ]
    if not places:
        return None
    power = [float(np.square(samples[max(place, 0) : place + 2 * frame].astype(np.float32)).sum()) for place in places]
    place = places[int(np.argmin(power))] + frame
    return np.concatenate([samples[:place], np.zeros(pause_ms * SAMPLE_RATE_HZ // 1000, np.int16), samples[place:]])


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.endpointing", description=(__doc__ or "").split("\n")[0]
    )
    add_data_argument(parser)
    parser.add_argument("--model", type=Path, help="another network than the one shipped")
    parser.add_argument("--only", choices=SETS, nargs="+", default=SETS, help="sets to run (default: all)")
    options = parser.parse_args(arguments)
    model = Model.load(options.model)
    tables: dict[str, Callable[[], Iterable[Row | Strange]]] = {
        "home": partial(spoken, options.data, model, "home_dev"),
        "coffee": partial(spoken, options.data, model, "coffee_dev"),
        "noise": partial(in_noise, options.data, model),
        "prompts": partial(spoken, options.data, model, "prompts_dev"),
        "keywords": partial(keywords, options.data, model),
        "digits": partial(digits, model),
        "pauses": partial(pauses, options.data, model),
        "others": partial(others, options.data, model),
    }
    print(f"{'':<34}{'':>6}{'cut too early':>28}{'wait in ms, median (90th)':>28}{'looks':>14}")
    print(
        f"{'':<34}{'clips':>6}{'silence':>14}{'sentences':>14}{'silence':>14}{'sentences':>14}{'a clip':>7}{'each':>9}"
    )
    rows = []
    for name in options.only:
        for row in tables[name]():
            print(row, flush=True)
            rows.append((name, row))
    complete = [row for name, row in rows if name != "pauses" and isinstance(row, Row)]
    early, clips = sum(row.sentences.cut - row.silence.cut for row in complete), sum(row.clips for row in complete)
    percent = 100 * early / max(clips, 1)
    print(
        f"cut too early by what was said: {early} of {clips} complete commands, {percent:.2f} %; "
        f"bar {MOST_CUT} % {'met' if percent < MOST_CUT else 'not met'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
