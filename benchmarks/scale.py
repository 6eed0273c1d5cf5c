"""How a catalog's size costs time and memory: `python -m benchmarks.scale`.

Contacts of made-up names in the three languages are put into one list of a sentence file beside the built-in
packs; the table tells how long it takes until a new name can be heard, and what it costs to search the graph.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.interpret import Interpreter
from assistant.language import Entry, load_packs, load_text
from assistant.messages import Posteriors
from assistant.model.symbols import ALPHABET, encode, normalize

SIZES = (100, 1000, 10_000, 50_000)
COMMANDS = 20
FRAME_MS = 20

_SENTENCES = """
language: en
intents:
  calling.call:
    data:
      - sentences: ["[please] (call|ring|phone) {contact} [at home|on the mobile] [please]", "call {contact} back"]
lists:
  contact: {values: []}
"""
_BEGINS = "al an ba be bri ca ce chlo da de di do el en fa fer flo ga gi ha he is ja jo ka la le li lo ma me mi mo"
_MIDDLES = "ra ri ro lo la li na ni no ta ti to ber man den se que ne vi del"
_ENDS = "n a o e s r l ne tte son ez ard ier ini ov ski by ton ham ley"


@dataclass(frozen=True, slots=True)
class Row:
    """One size's figures."""

    names: int
    ready_s: float
    rebuild_s: float
    states: int
    memory_mb: float
    search_ms: float
    worst_ms: float
    right: int


def measure(size: int, *, seed: int = 1) -> Row:
    """Return the figures of a catalog with `size` names."""
    rng = random.Random(seed)
    names = made_up_names(size, rng)
    entries = [Entry(name, index) for index, name in enumerate(names)]
    interpreter = Interpreter([*load_text(_SENTENCES).sentences, *load_packs(["light", "system"], ["en", "es", "fr"])])
    before_mb = _memory_mb()
    began = time.process_time()
    interpreter.replace_catalog("contact", {"en": entries})
    ready_s = time.process_time() - began
    began = time.process_time()
    interpreter.replace_catalog("contact", {"en": [*entries, Entry("one more", size)]})
    rebuild_s = time.process_time() - began
    times, right = [], 0
    for _ in range(COMMANDS):
        index = rng.randrange(size)
        posteriors = spoken(f"call {names[index]}", rng)
        began = time.process_time()
        understood = interpreter.interpret(posteriors)
        times.append((time.process_time() - began) * 1000)
        right += any(one.slots.get("contact") == index for one in understood.hypotheses[:1])
    return Row(
        names=size,
        ready_s=ready_s,
        rebuild_s=rebuild_s,
        states=interpreter.graph.states,
        memory_mb=_memory_mb() - before_mb,
        search_ms=float(np.median(times)),
        worst_ms=max(times),
        right=right,
    )


def made_up_names(count: int, rng: random.Random) -> list[str]:
    """Return so many different full names."""
    names: dict[str, None] = {}
    while len(names) < count:
        names[f"{_name(rng)} {_name(rng)}"] = None
    return list(names)


def spoken(text: str, rng: random.Random) -> Posteriors:
    """Return posteriors of an unsure network that hears `text`, with some letters confused and some noise."""
    noise = np.random.default_rng(rng.randrange(1 << 30))
    symbols = []
    for symbol in encode(normalize(text)):
        symbols += [0] * rng.randint(0, 2) + [symbol] * rng.randint(1, 2)
        symbols += [0] if rng.random() < 0.5 or symbols[-1:] == [symbol] else []
    frames = [0] * 10 + symbols + [0] * 20
    scores = noise.normal(0, 2, (len(frames), len(ALPHABET) + 1))
    scores[np.arange(len(frames)), frames] += 9
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return Posteriors(scores.astype(np.float32), FRAME_MS)


def _name(rng: random.Random) -> str:
    return "".join(rng.choice(part.split()) for part in (_BEGINS, _MIDDLES, _ENDS))


def _memory_mb() -> float:
    """Resident memory now (Linux), else the most so far."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def table(rows: Iterator[Row]) -> Iterator[str]:
    """Yield the lines of the table as the rows come."""
    yield "   names   ready   again   states  memory  search   worst  right"
    for row in rows:
        yield (
            f"{row.names:8,}  {row.ready_s:4.2f} s  {row.rebuild_s:4.2f} s {row.states:8,} {row.memory_mb:4.0f} MB"
            f" {row.search_ms:4.1f} ms {row.worst_ms:4.0f} ms  {row.right}/{COMMANDS}"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What a catalog's size costs.")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="NAMES", help="sizes to measure")
    for line in table(map(measure, parser.parse_args().sizes)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
