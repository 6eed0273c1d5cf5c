"""How often what is meant without a template is done, and what is done though nothing was meant.

    python -m benchmarks.paraphrases

`LANGUAGE.jsonl` holds what is said: a text, the intent (null where nothing is asked for) and the slots.  No sentence of
the packs says any of them, and no network was trained with them or with what comes near them.  English is spoken while
this runs, by Pico's two voices; of Spanish and French a random part lies beside, spoken by Kokoro's voices that are
kept apart.

What is accepted though nobody asked is counted in the sets of `benchmarks.accuracy` and the sounds of
`benchmarks.rejection` as well: in the same household, with and without the second network.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import IO

import numpy as np
import soundfile

from assistant.audio import read_file
from assistant.config import Language
from assistant.messages import SAMPLE_RATE_HZ, Interpretation, SlotValue, Utterance
from assistant.model import Model
from assistant.recognizer import Recognizer, recognize_samples
from assistant.rejoining import Rejoining
from benchmarks.bars import beside_bar
from benchmarks.corpus import add_data_argument, read_set
from benchmarks.packs import recognizer
from benchmarks.pico import VOICES, spoken
from benchmarks.rejection import sounds, utterances

HERE = Path(__file__).parent
LANGUAGES: tuple[Language, ...] = ("en", "es", "fr")
PARTS = ("sentences", "mixed", "signal", "others", "sounds", "latency")
BAR = 70.0
"""Percent of the sentences that must be understood."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured, and where a line a sentence goes."""

    model: Model
    meaning: Path | None = None
    """Another second network than the one shipped."""
    trace: IO[str] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence."""

    text: str
    language: Language
    intent: str | None
    slots: Mapping[str, SlotValue] = field(default_factory=dict)


def read_said(language: Language) -> list[Said]:
    """Return the sentences of a language, in their order."""
    lines = (HERE / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Said(row["text"], language, row["intent"], row["slots"]) for row in rows]


def clips(language: Language) -> Iterator[tuple[Said, np.ndarray]]:
    """Yield the sentences that are spoken, each with (samples,) int16 at 16 kHz."""
    said = read_said(language)
    for number, one in enumerate(said):
        if language == "en":
            yield one, spoken(one.text, VOICES["en"][number % 2])
        else:
            file = HERE / language / f"{number:03}.opus"
            if not file.is_file():
                continue
            samples, rate_hz = soundfile.read(file, dtype="int16")
            if rate_hz != SAMPLE_RATE_HZ:
                raise ValueError(f"{file}: {rate_hz} Hz instead of {SAMPLE_RATE_HZ}")
            yield one, np.asarray(samples, np.int16)


def outcome(said: Said, heard: Interpretation) -> str:
    """Return `right`, `wrong` or `rejected`; what asks for nothing is right when it is rejected."""
    if not heard.accepted or heard.best is None:
        return "rejected" if said.intent else "right"
    meant = f"{heard.best.domain}.{heard.best.intent}"
    return "right" if meant == said.intent and dict(heard.best.slots) == dict(said.slots) else "wrong"


def sentences(bench: Bench, languages: Collection[Language], language: Language) -> str:
    """Return the row of a language's sentences, in a household of `languages`."""
    with_it = recognizer(bench.model, languages, paraphrases=True, meaning=bench.meaning)
    counts: Counter[str] = Counter()
    alone = near = nears = 0
    for said, samples in clips(language):
        heard, _ = recognize_samples(with_it, samples)
        what = outcome(said, heard)
        if said.intent is None:
            near, nears = near + (what == "wrong"), nears + 1
        else:
            counts[what] += 1
            alone += what == "right" and heard.source == "device"
        if bench.trace:
            line = {
                "household": list(languages),
                "language": language,
                "text": said.text,
                "meant": said.intent,
                "slots": dict(said.slots),
                "outcome": what,
                "source": heard.source,
                "reason": heard.reason,
                "best": heard.best and [heard.best.intent, dict(heard.best.slots), heard.best.confidence],
                "heard": heard.heard,
            }
            bench.trace.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    total = counts.total()
    percent = 100 * counts["right"] / max(total, 1)
    where = "alone" if len(languages) == 1 else "among three"
    return (
        f"{language} {where:<12}{percent:6.1f} % right of {total}  ({alone} by the graph)  {counts['wrong']} wrong  "
        f"{counts['rejected']} rejected {beside_bar(percent, BAR)};  "
        f"{near} of {nears} others accepted"
    )


def alone(bench: Bench) -> Iterator[str]:
    """Yield a row a language, each in a household that speaks nothing else."""
    return (sentences(bench, [language], language) for language in LANGUAGES)


def among_three(bench: Bench) -> Iterator[str]:
    """Yield a row a language, in a household that speaks all three."""
    return (sentences(bench, LANGUAGES, language) for language in LANGUAGES)


def signal(bench: Bench) -> Iterator[str]:
    """Yield a row a language: intents, names aside, that the network takes from the signal alone."""
    for language in LANGUAGES:
        right = wrong = total = near = nears = 0
        for said, samples in clips(language):
            found = likeliest(bench.model.posteriors(samples, languages=[language]).intents)
            if said.intent is None:
                near, nears = near + (found is not None), nears + 1
            else:
                total, right = total + 1, right + (found == said.intent)
                wrong += found not in (None, said.intent)
        percent = 100 * right / max(total, 1)
        yield (
            f"{language} of the signal alone, names aside {percent:5.1f} % right of {total}  {wrong} wrong;  "
            f"{near} of {nears} others taken"
        )


def likeliest(intents: Mapping[str, float]) -> str | None:
    """Return the best intent, None where it is likelier that nothing is meant."""
    best = max(intents, key=intents.__getitem__)
    return best if intents[best] > 1 - sum(intents.values()) else None


def others(bench: Bench, data: Path) -> Iterator[str]:
    """Yield rows of recordings that ask for nothing and are taken for something, without and with the network."""
    speech = [*read_set(data / "reading_en"), *read_set(data / "prompts_dev")]
    speech += [clip for clip in read_set(data / "home_dev") if clip.intent is None]
    for paraphrases in (False, True):
        rows = []
        for language in LANGUAGES:
            one = recognizer(bench.model, [language], paraphrases=paraphrases, meaning=bench.meaning)
            own = [clip for clip in speech if clip.language == language]
            taken = sum(recognize_samples(one, read_file(clip.file))[0].accepted for clip in own)
            rows.append(f"{language} {taken}/{len(own)}")
        yield f"{_what(paraphrases)}, recordings that ask for nothing, accepted: {'  '.join(rows)}"


def strange(bench: Bench, data: Path) -> Iterator[str]:
    """Yield rows of what is done in sounds without a request, in a household of three languages, as `others`."""
    parts_of = {kind: utterances(samples) for kind, samples in sounds(data, draw=random.Random(1)).items()}
    hours = sum(len(one.samples) for parts in parts_of.values() for one in parts) / SAMPLE_RATE_HZ / 3600
    for paraphrases in (False, True):
        three = recognizer(bench.model, LANGUAGES, paraphrases=paraphrases, meaning=bench.meaning)
        rows = "  ".join(f"{kind} {_actions(three, parts)}" for kind, parts in parts_of.items())
        yield f"{_what(paraphrases)}, in {hours:.2f} h of utterances, done: {rows}"


def _what(paraphrases: bool) -> str:
    return f"{'with   ' if paraphrases else 'without'} the second network"


def _actions(one: Recognizer, parts: Collection[Utterance]) -> int:
    rejoining = Rejoining(one)
    return sum(rejoining.recognize(part).accepted for part in parts)


def latency(bench: Bench) -> str:
    """Return what the second network adds to an utterance that the graph rejects."""
    without, with_it = (recognizer(bench.model, ["en"], paraphrases=on, meaning=bench.meaning) for on in (False, True))
    added = []
    for number, (_, samples) in enumerate(islice(clips("en"), 40)):
        utterance = Utterance(samples=samples, started=datetime.now(UTC))
        before, after = (_spent_ms(one, utterance) for one in (without, with_it))
        if number >= 10:  # the first ones build the graphs of names
            added.append(after - before)
    return f"processor time added to an utterance: {fmean(added):.1f} ms, {max(added):.1f} at most, of {len(added)}"


def _spent_ms(one: Recognizer, utterance: Utterance) -> float:
    began = time.thread_time()
    one.recognize(utterance)
    return 1000 * (time.thread_time() - began)


def main(arguments: list[str] | None = None) -> int:
    """Print the rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paraphrases")
    add_data_argument(parser)
    parser.add_argument("--model", type=Path, help="another network than the one shipped")
    parser.add_argument("--meaning", type=Path, help="another second network than the one shipped")
    parser.add_argument("--only", nargs="+", choices=PARTS)
    parser.add_argument("--json", type=Path, help="file for a line a sentence")
    options = parser.parse_args(arguments)
    trace = options.json.open("w", encoding="utf-8") if options.json else None
    bench = Bench(Model.load(options.model), options.meaning, trace)
    parts: Mapping[str, Callable[[], Iterable[str]]] = {
        "sentences": lambda: alone(bench),
        "mixed": lambda: among_three(bench),
        "signal": lambda: signal(bench),
        "others": lambda: others(bench, options.data),
        "sounds": lambda: strange(bench, options.data),
        "latency": lambda: [latency(bench)],
    }
    for name in options.only or parts:
        for row in parts[name]():
            print(row, flush=True)
    if trace:
        trace.close()
    return 0
