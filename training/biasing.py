"""A layer that attends to the names of the household, to see what it adds to the graph.

    python -m training.biasing HEARD --start oyez.onnx --steps 800

A layer above the encoder attends to the catalog's phrases, each encoded once, and to nothing ("no bias"), as in the
Context-Aware Transformer Transducer (arXiv 2111.03250).  It learns from the states of `training.upper hear`, from
sentences whose names are marked, with catalogs that hold these names or not; all else stays as it is.  Printed are
the rows of `benchmarks.accuracy --only contacts` without it and with it, and how many letters are wrong in both.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.interpret import greedy
from assistant.model.symbols import encode, normalize
from benchmarks.catalogs import CALL, SIZES, contacts
from benchmarks.names import people
from benchmarks.pico import VOICES, spoken
from training.gpu.train import distance, loss_of
from training.meanings import FIRST, INDEX, KINDS
from training.network import SYMBOLS, WIDTH, Network
from training.torch_model import TorchModel
from training.upper import batches, started, upper_states

KEY = 128
OTHERS = 150
"""Names in a catalog that are not said."""
LONGEST_LETTERS = 40
Phrases = tuple[Tensor, Tensor]
"""Keys and values of a catalog."""
IN_CATALOG = 0.8
"""How often the names that are said are in it."""


class Biasing(nn.Module):
    """States that have looked at a catalog."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Embedding(SYMBOLS, 64, padding_idx=0)
        self.conv1 = nn.Conv1d(64, KEY, 3, padding=1)
        self.conv2 = nn.Conv1d(KEY, KEY, 3, padding=1)
        self.keys = nn.Linear(KEY, KEY)
        self.values = nn.Linear(KEY, WIDTH)
        self.query = nn.Linear(WIDTH, KEY)
        self.nothing = nn.Parameter(torch.zeros(1, KEY))
        self.widen = nn.Linear(2 * WIDTH, WIDTH)
        self.narrow = nn.Linear(WIDTH, WIDTH)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)

    def phrases(self, catalog: Tensor) -> Phrases:
        """Return keys (names + 1, KEY) and values (names + 1, WIDTH) of (names, letters) symbols; once per catalog."""
        x = self.letters(catalog).transpose(1, 2)
        x = F.gelu(self.conv2(F.gelu(self.conv1(x))))
        x = x.masked_fill((catalog == 0)[:, None], -1e4).amax(2)
        return torch.cat([self.nothing, self.keys(x)]), F.pad(self.values(x), (0, 0, 1, 0))

    def forward(self, states: Tensor, phrases: Phrases) -> Tensor:
        """states: (utterances, frames, WIDTH); returns the same shape."""
        keys, values = phrases
        looked = (self.query(states) @ keys.T * KEY**-0.5).softmax(2) @ values
        return states + self.narrow(F.gelu(self.widen(torch.cat([states, looked], dim=2))))


def as_catalog(names: Sequence[Sequence[int]]) -> Tensor:
    """Return (names, letters) symbols, 0 behind the end."""
    width = min(LONGEST_LETTERS, max(map(len, names)))
    return torch.tensor([[*name[:width], *[0] * (width - len(name))] for name in names])


def marked_names(meaning: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the names in a sequence of letters and marks."""
    kinds = {INDEX[kind] for kind in KINDS}
    names: list[tuple[int, ...]] = []
    begun: int | None = None
    for place, symbol in enumerate(meaning):
        if symbol in kinds:
            begun = place + 1
        elif symbol >= FIRST and begun is not None:
            names.append(tuple(meaning[begun:place]))
            begun = None
    return [name for name in names if name]


def biased_logits(
    network: Network,
    biasing: Biasing,
    phrases: Phrases,
    given: Tensor,
    counts: Tensor,
    *,
    languages: Tensor,
    chunk: int | None,
) -> Tensor:
    """Return the symbols of the lower layers' states with a catalog; the network itself learns nothing."""
    del chunk
    with torch.no_grad():
        states = upper_states(network, given, counts, languages=languages)
    return network.symbols(biasing(states, phrases))


def learn(network: Network, heard: Path, *, steps: int) -> Biasing:
    """Train the layer, the network unchanged."""
    draw = random.Random(5)
    torch.manual_seed(5)
    biasing = Biasing()
    optimiser = torch.optim.AdamW(biasing.parameters(), lr=1e-3, weight_decay=0.01)
    pool: list[tuple[int, ...]] = []
    losses: list[float] = []
    for step, (batch, said) in enumerate(batches(heard, language=None, views=1)):
        if step == steps:
            break
        names = [name for one in batch for name in marked_names(one.meaning)]
        pool = [*pool, *names][-4000:]
        own = [name for name in names if draw.random() < IN_CATALOG]
        catalog = [*own, *draw.sample(pool, min(OTHERS, len(pool)))] or [tuple(encode("nobody"))]
        logits = partial(biased_logits, network, biasing, biasing.phrases(as_catalog(catalog)))
        loss = loss_of(logits, said, chunks=[None], meant=False, consistency=0)
        loss = loss / max(1, int(said.target_lengths.sum()))
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * min(1, (step + 1) / 50, 2 * (1 - step / steps))
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(loss))
        if step % 100 == 99:
            print(f"step {step + 1}, loss {np.mean(losses):.4f}", flush=True)
            losses.clear()
    return biasing.eval()


class Biased(TorchModel):
    """The network at run time with a catalog, or without one."""

    def __init__(self, network: Network, biasing: Biasing | None) -> None:
        self._network, self._biasing = network, biasing
        self._phrases: Phrases | None = None

    def know(self, names: Sequence[str]) -> None:
        """Take another catalog."""
        if self._biasing is not None:
            with torch.no_grad():
                self._phrases = self._biasing.phrases(as_catalog([encode(normalize(name)) for name in names]))

    def scores(self, mels: Tensor, *, languages: Tensor) -> Tensor:
        """As `TorchModel.scores`."""
        states = self._network.encoder(mels, languages=languages)
        if self._biasing is not None and self._phrases is not None:
            states = self._biasing(states, self._phrases)
        return F.log_softmax(self._network.symbols(states), dim=-1)


def wrong_letters(network: Biased, *, size: int) -> float:
    """Return the percentage of letters heard wrongly in a hundred calls."""
    wrong = letters = 0
    named = people(size)
    network.know([name for name, _ in named])
    for number, (name, language) in enumerate(random.Random(6).sample(named, 100)):
        text = CALL[language].format(name)
        samples = spoken(text, VOICES[language][number % len(VOICES[language])])
        heard = greedy(network.posteriors(samples, languages=[language]).symbols)
        wrong += distance(" ".join(heard.split()), normalize(text))
        letters += len(normalize(text))
    return 100 * wrong / letters


def main() -> None:
    """Train, and print what it brings."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("heard", type=Path)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=800)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    network = started(chosen.start)
    network.requires_grad_(requires_grad=False)
    biasing = learn(network, chosen.heard, steps=chosen.steps)
    for what, one in (("graph alone", Biased(network, None)), ("with biasing", Biased(network, biasing))):
        for size in SIZES:
            print(f"{what}, {size:,} names: {wrong_letters(one, size=size):.1f} % of the letters wrong", flush=True)
        rows = contacts(one)
        for size in SIZES:
            one.know([name for name, _ in people(size)])
            for _ in VOICES:
                print(f"{what}: {next(rows)}", flush=True)


if __name__ == "__main__":
    main()
