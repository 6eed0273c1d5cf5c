"""How often what was meant is what is done: `python -m benchmarks.accuracy`.

Real recordings, and what there are too few of: names of large catalogs and telephone numbers, spoken while it runs.
Every clip goes the way of a spoken command: segmenter, network, search.  Prints a table a set, each row beside its
first bar, and with `--json FILE` leaves a line a clip for those who calibrate or look closer.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from assistant.audio import read_file
from assistant.config import Language
from assistant.messages import Interpretation, Posteriors
from assistant.model import Model, Stream
from assistant.recognizer import Network, Recognizer, for_sentences, recognize_samples
from benchmarks import answers, packs, rejection
from benchmarks.bars import beside_bar
from benchmarks.catalogs import TABLES
from benchmarks.corpus import RATIOS_DB, Recording, add_data_argument, mix, read_noises, read_set
from benchmarks.paraphrases import sentences as paraphrases

SETS = ("coffee", "home", "packs", "prompts", "keywords", "mixed", "answers", *TABLES, "rejection", "paraphrases")
LANGUAGES: tuple[Language, ...] = ("en", "es", "fr")
HOME_BARS: dict[str, float] = {"en": 96, "es": 99, "fr": 99}
COFFEE_BARS: dict[int, float] = {6: 88, 12: 94, 24: 96}
TEN_COMMANDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    right: int
    clips: int
    bar: float | None = None
    """First bar in percent."""
    at_most: bool = False
    """The bar is a ceiling."""

    @property
    def percent(self) -> float:
        """Share of the clips."""
        return 100 * self.right / max(self.clips, 1)

    def __str__(self) -> str:
        figure = f"{self.what:<44}{self.percent:7.1f} % {self.right:5d}/{self.clips:<5d}"
        return figure + beside_bar(self.percent, self.bar, at_most=self.at_most)


@dataclass(frozen=True, slots=True)
class WordGroup:
    """Single words that one grammar holds, and others that it does not."""

    name: str
    recognizer: Recognizer
    known: list[Recording]
    unknown: list[Recording]
    bar: float | None


class Streamed:
    """A network that hears every clip in chunks, also short ones."""

    def __init__(self, model: Model, *, chunk_ms: int) -> None:
        self._model = model
        self._chunk_ms = chunk_ms

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Return the symbols' log-probabilities of (samples,) int16."""
        stream = self.stream(languages=languages)
        parts = [stream.push(samples), stream.flush()]
        return Posteriors(np.concatenate([part.symbols for part in parts]), parts[0].frame_ms)

    def stream(self, *, languages: Collection[str]) -> Stream:
        """Return what hears an utterance in chunks."""
        return self._model.stream(languages=languages, chunk_ms=self._chunk_ms)


class Bench:
    """Runs clips through recognizers and keeps a line of each in `trace`."""

    def __init__(self, data: Path, *, model: Network, whole: bool, trace: IO[str] | None) -> None:
        self.data = data
        self._model = model
        self._whole = whole
        self._trace = trace

    def recognizer(self, *sentences: Path) -> Recognizer:
        """Return a recognizer of nothing but `sentences`."""
        return for_sentences(sentences, self._model)

    def run(self, recognizer: Recognizer, clip: Recording, *, samples: np.ndarray, row: str) -> Interpretation:
        """Interpret `samples` of `clip`, noted under `row`."""
        heard, _ = recognize_samples(recognizer, samples, whole=self._whole)
        if self._trace:
            best = heard.best
            line = {
                "row": row,
                "file": clip.file.name,
                "kind": clip.kind,
                "language": clip.language,
                "meant": clip.intent,
                "slots": dict(clip.slots),
                "accepted": heard.accepted,
                "reason": heard.reason,
                "confidence": best.confidence if best else 0.0,
                "right": means(heard, clip.intent, dict(clip.slots)),
                "best": {"intent": best.intent, "slots": dict(best.slots), "text": best.text} if best else None,
                "heard": heard.heard,
                "audio_ms": heard.audio_ms,
                "compute_ms": heard.compute_ms,
            }
            self._trace.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        return heard


def means(heard: Interpretation, intent: str | None, slots: dict[str, object]) -> bool:
    """Whether the best guess is `intent` with exactly `slots`, accepted or not."""
    best = heard.best
    return best is not None and best.intent == intent and dict(best.slots) == slots


def coffee(bench: Bench, *, quick: bool) -> Iterator[Row]:
    """Coffee orders, clean and in noise; quick: three ratios, one of the noises a clip."""
    recognizer = bench.recognizer(bench.data / "coffee_dev" / "sentences.en.yaml")
    clips = [(clip, read_file(clip.file)) for clip in read_set(bench.data / "coffee_dev")]
    noises = read_noises(bench.data / "noise")

    def right(clip: Recording, samples: np.ndarray, row: str) -> bool:
        heard = bench.run(recognizer, clip, samples=samples, row=row)
        return heard.accepted and means(heard, clip.intent, dict(clip.slots))

    yield Row("coffee clean", sum(right(clip, samples, "coffee clean") for clip, samples in clips), len(clips), 97)
    percents = []
    for ratio_db in (6, 12, 24) if quick else RATIOS_DB:
        count = hits = 0
        for index, (clip, samples) in enumerate(clips):
            names = sorted(noises)
            for name in [names[index % len(names)]] if quick else names:
                start = random.Random(f"{clip.file.name}{name}").randrange(len(noises[name]))
                noisy = mix(samples, noises[name], ratio_db=ratio_db, start=start)
                hits += right(clip, noisy, f"coffee {ratio_db} dB {name}")
                count += 1
        row = Row(f"coffee {ratio_db} dB", hits, count, COFFEE_BARS.get(ratio_db))
        percents.append(row)
        yield row
    total = sum(row.right for row in percents), sum(row.clips for row in percents)
    yield Row(f"coffee mean over {len(percents)} ratios", *total, 93)


def home(bench: Bench) -> Iterator[Row]:
    """House commands of each language, and what is accepted though it is none."""
    clips = read_set(bench.data / "home_dev")
    for language in LANGUAGES:
        recognizer = bench.recognizer(bench.data / "home_dev" / f"sentences.{language}.yaml")
        own = [clip for clip in clips if clip.language == language]
        commands = [clip for clip in own if clip.intent is not None]
        hits = [_right(bench, recognizer, clip, row=f"home {language}") for clip in commands]
        yield Row(f"home {language}", sum(hits), len(hits), HOME_BARS[language])
        recorded = [hit for clip, hit in zip(commands, hits, strict=True) if clip.kind == "recorded"]
        if recorded:
            yield Row(f"home {language}, recorded ones", sum(recorded), len(recorded))
        yield _accepted(bench, recognizer, _others(bench, language), row=f"home {language}, others accepted", bar=1)


def every_pack(bench: Bench, model: Model) -> Iterator[Row]:
    """The same commands and the same others in a household that has all packs and a hundred times as many sentences."""
    for language in LANGUAGES:
        file = bench.data / "home_dev" / f"sentences.{language}.yaml"
        both = packs.recognizer(model, [language], sentences=[file])
        clips = [clip for clip in read_set(bench.data / "home_dev") if clip.language == language and clip.intent]
        row = f"home {language} beside every pack"
        heard = [bench.run(both, clip, samples=read_file(clip.file), row=row) for clip in clips]
        yield Row(f"{row}, accepted", sum(one.accepted for one in heard), len(clips))
        alone = packs.recognizer(model, [language])
        yield _accepted(bench, alone, _others(bench, language), row=f"every pack {language}, others accepted", bar=None)


def _others(bench: Bench, language: str) -> list[Recording]:
    """What is spoken in a language and is no command of the house."""
    strange = [clip for clip in read_set(bench.data / "home_dev") if clip.intent is None]
    strange += [*read_set(bench.data / "prompts_dev"), *read_set(bench.data / "reading_en")]
    return [clip for clip in strange if clip.language == language]


def prompts(bench: Bench) -> Iterator[Row]:
    """Telephone prompts by their phrase."""
    clips = read_set(bench.data / "prompts_dev")
    for language in LANGUAGES:
        recognizer = bench.recognizer(bench.data / "prompts_dev" / f"sentences.{language}.yaml")
        own = [clip for clip in clips if clip.language == language]
        row = f"prompts {language}"
        yield Row(row, sum(_right(bench, recognizer, clip, row=row) for clip in own), len(own), 97)


def keywords(bench: Bench) -> Iterator[Row]:
    """Single words: ten commands, digits, numbers; each with the grammar of its group alone."""
    for group in word_groups(bench):
        known = group.known
        yield Row(group.name, _said(bench, group.recognizer, known, row=group.name), len(known), group.bar)
        if group.unknown:
            row = f"{group.name}, other words accepted"
            yield _accepted(bench, group.recognizer, group.unknown, row=row, bar=None)


def word_groups(bench: Bench) -> Iterator[WordGroup]:
    """Yield ten commands, digits and numbers."""
    clips = read_set(bench.data / "keywords_dev")
    numbers, digits = "range: {from: 0, to: 999}", "range: {from: 0, to: 9}"
    words = "values: [" + ", ".join(f'"{word}"' for word in TEN_COMMANDS) + "]"
    groups: list[tuple[str, Language, str, float | None, Callable[[Recording], bool]]] = [
        ("ten commands", "en", words, 92, lambda clip: clip.source == "speech-commands"),
        ("digits en", "en", digits, 92, lambda clip: clip.source == "fsdd"),
    ]
    for language in LANGUAGES:
        least = None if language == "en" else 85.0
        groups.append((f"numbers {language}", language, numbers, least, _is_number(language)))
    for name, language, lists, bar, belongs in groups:
        recognizer = _words(bench, language, lists)
        own = [clip for clip in clips if belongs(clip)]
        known, unknown = ([clip for clip in own if (clip.text is None) is no_word] for no_word in (False, True))
        yield WordGroup(name, recognizer, known, unknown, bar)


def questions(bench: Bench, model: Model) -> Iterator[Row]:
    """Answers to questions, each language under the graph that a question leaves."""
    household = answers.Answers(model)
    words = read_set(bench.data / "keywords_dev")
    speech = [clip for name in ("prompts_dev", "home_dev", "reading_en") for clip in read_set(bench.data / name)]
    counts, taken = answers.recorded(household, words)
    yield from (Row(*count) for count in (*counts, *taken))
    for language in LANGUAGES:
        for count in answers.synthetic(household, language):
            yield Row(*count)
            counts.append(count)
        own = [clip for clip in speech if clip.language == language]
        yield Row(*answers.other_speech(household, own, language))
    right, clips = (sum(column) for column in zip(*(count[1:] for count in counts), strict=True))
    yield Row("answers, all that are one", right, clips, 97)


def mixed(bench: Bench) -> Iterator[Row]:
    """House commands where all three languages may be spoken: which one it was, and what was meant."""
    recognizer = bench.recognizer(*(bench.data / "home_dev" / f"sentences.{language}.yaml" for language in LANGUAGES))
    commands = [clip for clip in read_set(bench.data / "home_dev") if clip.intent is not None]
    right = decided = 0
    for clip in commands:
        heard = bench.run(recognizer, clip, samples=read_file(clip.file), row="home, three languages at once")
        decided += heard.best is not None and heard.best.language == clip.language
        right += heard.accepted and means(heard, clip.intent, dict(clip.slots))
    yield Row("home, three languages at once", right, len(commands))
    yield Row("language decided rightly", decided, len(commands), 97)


def _right(bench: Bench, recognizer: Recognizer, clip: Recording, *, row: str) -> bool:
    heard = bench.run(recognizer, clip, samples=read_file(clip.file), row=row)
    return heard.accepted and means(heard, clip.intent, dict(clip.slots))


def _words(bench: Bench, language: str, values: str) -> Recognizer:
    """Return a recognizer of single words, a slot `word` with `values` as a sentence file has them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "words.yaml"
        intents = "intents: {Word: {data: [{sentences: ['{word}']}]}}"
        file.write_text(f"language: {language}\n{intents}\nlists: {{word: {{{values}}}}}\n", encoding="utf-8")
        return bench.recognizer(file)


def _said(bench: Bench, recognizer: Recognizer, clips: Iterable[Recording], *, row: str) -> int:
    """Return of how many clips the word is heard and accepted."""
    hits = 0
    for clip in clips:
        heard = bench.run(recognizer, clip, samples=read_file(clip.file), row=row)
        said = heard.best.slots.get("word") if heard.accepted and heard.best else None
        hits += said is not None and str(said) == str(clip.text)
    return hits


def _accepted(bench: Bench, recognizer: Recognizer, clips: Iterable[Recording], *, row: str, bar: float | None) -> Row:
    accepted = [bench.run(recognizer, clip, samples=read_file(clip.file), row=row).accepted for clip in clips]
    return Row(row, sum(accepted), len(accepted), bar, at_most=True)


def _is_number(language: str) -> Callable[[Recording], bool]:
    return lambda clip: clip.source == "asterisk" and clip.language == language


def main(arguments: list[str] | None = None) -> int:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=(__doc__ or "").split("\n")[0])
    add_data_argument(parser)
    parser.add_argument("--model", type=Path, help="another network than the one shipped")
    parser.add_argument("--only", choices=SETS, nargs="+", default=SETS, help="sets to run (default: all)")
    parser.add_argument("--quick", action="store_true", help="coffee at three ratios, one noise a clip")
    parser.add_argument("--whole", action="store_true", help="take each clip as one utterance, without the segmenter")
    parser.add_argument("--stream", type=int, metavar="MS", help="hear also short clips in chunks, of this length")
    parser.add_argument("--json", type=Path, help="file for a line a clip")
    options = parser.parse_args(arguments)
    trace = options.json.open("w", encoding="utf-8") if options.json else None
    model = Model.load(options.model)
    network = Streamed(model, chunk_ms=options.stream) if options.stream else model
    bench = Bench(options.data, model=network, whole=options.whole, trace=trace)
    tables: dict[str, Callable[[], Iterable[object]]] = {
        "coffee": lambda: coffee(bench, quick=options.quick),
        "home": lambda: home(bench),
        "packs": lambda: every_pack(bench, model),
        "prompts": lambda: prompts(bench),
        "keywords": lambda: keywords(bench),
        "mixed": lambda: mixed(bench),
        "answers": lambda: questions(bench, model),
        **{name: partial(table, model) for name, table in TABLES.items()},
        "rejection": lambda: rejection.table(options.data, model),
        "paraphrases": lambda: paraphrases.alone(paraphrases.Bench(model)),
    }
    for name in options.only:
        for row in tables[name]():
            print(row, flush=True)
    if trace:
        trace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
