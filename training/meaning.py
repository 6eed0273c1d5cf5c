r"""The second network: from letters as the first one hears them to what is meant, where no template says it.

    python -m training.text.meaning data/meant.jsonl --each 60000
    python -m training.confusions data/confusions.npz --rooms data/rooms.npz --noise data/noise-synthetic
    python -m training.meaning data/meant.jsonl --confusions data/confusions.npz \
        --out assistant/model/assets/meaning.npz

It never hears audio while it learns: each sentence becomes what the first network would have made of it
(`training.confusions`), anew each time it is drawn.  On one core, no GPU.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from assistant.model.grams import SENTENCE_BUCKETS, WORD_BUCKETS, sentence_pieces, undoubled, word_pieces, words_of
from assistant.model.symbols import ALPHABET, LANGUAGES
from training.confusions import Confusions
from training.text.meaning import INTENTS, KINDS, NONE, Meant

NAMES = (NONE, *KINDS)
WIDTH = 24
WORD_WIDTH = 12
HIDDEN = 64
BATCH = 256
RATE = 5e-3
EXACT = 0.1
"""Share of the sentences that are heard without a mistake."""
DROPPED = 0.15
"""Share of the pieces that are not looked at while it learns."""

Draw = Callable[[str, np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Buckets of some items, one item's after the other's."""

    buckets: torch.Tensor
    """(pieces,) int64."""
    counts: torch.Tensor
    """(items,) int64: how many each has."""


class Looked(nn.Module):
    """Vectors of pieces, looked up and summed, through one layer to some answers."""

    def __init__(self, buckets: int, width: int, answers: Sequence[int]) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(buckets, width, mode="sum", sparse=True)
        nn.init.normal_(self.table.weight, std=0.1)
        self.inner = nn.Linear(width, HIDDEN)
        self.outer = nn.Linear(HIDDEN, sum(answers))
        self._answers = list(answers)

    def forward(self, pieces: Pieces) -> list[torch.Tensor]:
        """Return the log-probabilities of each answer, (items, choices)."""
        summed = self.table(pieces.buckets, pieces.counts.cumsum(0) - pieces.counts)
        hidden = nn.functional.relu(self.inner(summed / pieces.counts.clamp(min=1).sqrt()[:, None]))
        return [part.log_softmax(-1) for part in self.outer(hidden).split(self._answers, dim=-1)]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return what it has learned as it is shipped: the table in int8, each column with its own scale."""
        table = self.table.weight.detach().numpy()
        scale = np.abs(table).max(axis=0) / 127
        return {
            f"{name}_table": np.round(table / scale).astype(np.int8),
            f"{name}_scale": scale.astype(np.float32),
            **{
                f"{name}_{layer}_{part}": getattr(getattr(self, layer), part).detach().numpy()
                for layer in ("inner", "outer")
                for part in ("weight", "bias")
            },
        }


class Network(nn.Module):
    """One table for sentences (intent and language), one for words (what they name)."""

    def __init__(self) -> None:
        super().__init__()
        self.sentences = Looked(SENTENCE_BUCKETS, WIDTH, [len(INTENTS), len(LANGUAGES)])
        self.words = Looked(WORD_BUCKETS, WORD_WIDTH, [len(NAMES)])


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences as they were heard."""

    sentences: Pieces
    words: Pieces
    """Those of all sentences, one after the other."""
    owners: np.ndarray
    """(words,) int: which sentence each word is of."""
    intents: torch.Tensor
    languages: torch.Tensor
    names: torch.Tensor
    """(words,) int: what each word names."""


def read_meant(file: Path) -> list[Meant]:
    """Return the sentences that `training.text.meaning` wrote."""
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [
        Meant(row["text"], row["language"], row["intent"], tuple((a, b, kind) for a, b, kind in row["slots"]))
        for row in rows
    ]


def names_of(meant: Meant) -> np.ndarray:
    """Return what each letter of the text names, (letters,) int."""
    names = np.zeros(len(meant.text), int)
    for begin, end, kind in meant.slots:
        names[begin:end] = NAMES.index(kind)
    return names


def collate(
    sentences: Sequence[Meant], draws: dict[str, Draw], rng: np.random.Generator, *, dropped: float = 0.0
) -> Batch:
    """Return sentences as they may be heard; dropped: share of the pieces that are left out."""
    found, words, word_counts, owners, names = [], [], [], [], []
    for number, meant in enumerate(sentences):
        if rng.random() < EXACT:
            letters, origin = np.array([ALPHABET.index(one) for one in meant.text]), np.arange(len(meant.text))
        else:
            shares, origin = draws[meant.language](meant.text, rng)
            letters = shares.argmax(axis=1)
        kept = undoubled(letters)
        letters, origin = letters[kept], origin[kept]
        own = names_of(meant)[origin]
        found.append(sentence_pieces(letters))
        pieces, counts = word_pieces(letters)
        words.append(pieces)
        word_counts.append(counts)
        owners += [number] * len(counts)
        names += [int(own[begin:end].max()) for begin, end in words_of(letters).tolist()]
    return Batch(
        _thinned(np.concatenate(found), np.array([len(one) for one in found]), dropped, rng),
        _thinned(np.concatenate(words), np.concatenate(word_counts), dropped, rng),
        np.array(owners),
        torch.tensor([INTENTS.index(one.intent) for one in sentences]),
        torch.tensor([LANGUAGES.index(one.language) for one in sentences]),
        torch.tensor(names),
    )


def _thinned(pieces: np.ndarray, counts: np.ndarray, dropped: float, rng: np.random.Generator) -> Pieces:
    kept = rng.random(len(pieces)) >= dropped
    owners = np.repeat(np.arange(len(counts)), counts)[kept]
    return Pieces(torch.from_numpy(pieces[kept]), torch.from_numpy(np.bincount(owners, minlength=len(counts))))


def loss_of(network: Network, batch: Batch) -> torch.Tensor:
    """Return the loss of a batch, a scalar."""
    intents, languages = network.sentences(batch.sentences)
    (names,) = network.words(batch.words)
    loss: torch.Tensor = (
        nn.functional.cross_entropy(intents, batch.intents, label_smoothing=0.03)
        + 0.2 * nn.functional.nll_loss(languages, batch.languages)
        + nn.functional.nll_loss(names, batch.names)
    )
    return loss


def batches(meant: Sequence[Meant], draws: dict[str, Draw], *, seed: int, workers: int) -> Iterator[Batch]:
    """Yield batches without end, each sentence once in turn; workers: processes that make them, here when 0."""
    jobs = _jobs(len(meant), np.random.default_rng(seed))
    if not workers:
        for job in jobs:
            yield _batch(meant, draws, job)
    # Forked, so that the sentences need not be sent; a few batches ahead.
    _SHARED[:] = [meant, draws]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        ahead = deque(pool.submit(_shared_batch, job) for job in islice(jobs, 2 * workers))
        for job in jobs:
            yield ahead.popleft().result()
            ahead.append(pool.submit(_shared_batch, job))


_SHARED: list[Any] = []
"""What forked processes make batches of."""


def _jobs(sentences: int, rng: np.random.Generator) -> Iterator[tuple[int, np.ndarray]]:
    while True:
        order = rng.permutation(sentences)
        for start in range(0, max(1, sentences - BATCH + 1), BATCH):
            yield int(rng.integers(2**31)), order[start : start + BATCH]


def _shared_batch(job: tuple[int, np.ndarray]) -> Batch:
    return _batch(_SHARED[0], _SHARED[1], job)


def _batch(meant: Sequence[Meant], draws: dict[str, Draw], job: tuple[int, np.ndarray]) -> Batch:
    seed, chosen = job
    return collate([meant[index] for index in chosen], draws, np.random.default_rng(seed), dropped=DROPPED)


def train(
    meant: Sequence[Meant],
    draws: dict[str, Draw],
    *,
    minutes: float,
    steps: int | None = None,
    seed: int = 1,
    workers: int = 0,
) -> Network:
    """Return a network trained for some minutes (or steps), its learning rate falling to zero over them."""
    torch.manual_seed(seed)
    network = Network()
    tables = [network.sentences.table.weight, network.words.table.weight]
    others = [one for name, one in network.named_parameters() if "table" not in name]
    optimizers = [torch.optim.SparseAdam(tables, lr=RATE), torch.optim.AdamW(others, lr=RATE / 2)]
    began, mean = time.monotonic(), 0.0
    for step, batch in enumerate(batches(meant, draws, seed=seed, workers=workers)):
        done = step / steps if steps else (time.monotonic() - began) / 60 / minutes
        if done >= 1:
            break
        for optimizer, rate in zip(optimizers, (RATE, RATE / 2), strict=True):
            optimizer.param_groups[0]["lr"] = rate * (1 - done)
            optimizer.zero_grad()
        loss = loss_of(network, batch)
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        mean += (float(loss.detach()) - mean) * max(0.01, 1 / (step + 1))
        if step % 100 == 99:
            print(f"step {step + 1}, {(time.monotonic() - began) / 60:.1f} min: loss {mean:.3f}", flush=True)
    return network.eval()


def evaluate(network: Network, meant: Sequence[Meant], draws: dict[str, Draw]) -> str:
    """Return, by language, the shares of right intents, of right names too, and of what means nothing let through."""
    rng = np.random.default_rng(0)
    lines = []
    for language in LANGUAGES:
        own = [one for one in meant if one.language == language]
        if not own:
            continue
        batch = collate(own, draws, rng)
        with torch.no_grad():
            found = network.sentences(batch.sentences)[0].argmax(-1).numpy()
            names = network.words(batch.words)[0].argmax(-1)
        wrong = np.zeros(len(own), int)
        np.add.at(wrong, batch.owners, (names != batch.names).numpy())
        intents = batch.intents.numpy()
        hit = (found == intents) & (intents != 0)
        commands, others = int((intents != 0).sum()), int((intents == 0).sum())
        lines.append(
            f"{language}: intents {100 * hit.sum() / max(1, commands):.1f} %, "
            f"with all names {100 * (hit & (wrong == 0)).sum() / max(1, commands):.1f} % of {commands}; "
            f"of {others} that mean nothing {int(((found != 0) & (intents == 0)).sum())} are taken for something"
        )
    return "\n".join(lines)


def export(network: Network, target: Path) -> None:
    """Write what the network has learned, and what its answers mean."""
    arrays = network.sentences.arrays("sentences") | network.words.arrays("words")
    about = {"alphabet": ALPHABET, "intents": " ".join(INTENTS), "names": " ".join(NAMES)}
    arrays |= {key: np.array(value) for key, value in about.items()}
    part = target.with_suffix(".part.npz")
    with part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    part.replace(target)


def main() -> None:
    """Train, evaluate and export."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("meant", type=Path, nargs="+", help="sentences; the last hundredth of the last file validates")
    parser.add_argument("--confusions", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--workers", type=int, default=2, help="processes that make the batches")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    *files, last = [read_meant(file) for file in chosen.meant]
    confusions = Confusions.load(chosen.confusions)
    draws = {language: confusions.drawer(language) for language in LANGUAGES}
    kept = max(3, len(last) // 100)
    meant = [one for file in files for one in file] + last[:-kept]
    network = train(meant, draws, minutes=chosen.minutes, workers=chosen.workers)
    print(evaluate(network, last[-kept:], draws))
    export(network, chosen.out)


if __name__ == "__main__":
    main()
