"""Smaller networks above the same lower layers: what size and work cost in commands that are understood.

    python -m training.smaller hear HEARD --pack PACK --rooms rooms.npz --start oyez.onnx --batches 400
    python -m training.smaller learn HEARD --start oyez.onnx --data ../shared/data --steps 400

Each begins with some of the shipped network's layers and learns what that one says of every frame (distillation,
Hinton et al. 2015, arXiv 1503.02531) beside the letters, for an hour of one processor all together: layers left out,
half of the feed-forward neurons, or frames of 40 instead of 20 ms after the second layer.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks import accuracy
from benchmarks.corpus import add_data_argument
from training.gpu.train import divergence, spelling_loss
from training.gpu.utterances import Heard
from training.network import SYMBOLS, WIDTH, Layer, Network, attention_mask, output_frames
from training.torch_model import TorchModel
from training.upper import TOLD_STEPS, execute, experiment_parser, lower_states, spoken, started

LOWER = 2
"""Layers that all have in common."""
RATE, WARM_UP_STEPS = 3e-4, 20
LETTERS = 0.3
"""Weight of the letters beside what the shipped network says."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a smaller network keeps."""

    name: str
    layers: tuple[int, ...]
    """Of the shipped one, above the lower ones."""
    neurons: int = 4 * WIDTH
    """Of each feed-forward part."""
    halved: bool = False
    """Whether two frames are one."""


SHAPES = (
    Shape("as shipped", (2, 3, 4, 5)),
    Shape("40 ms frames", (2, 3, 4, 5), halved=True),
    Shape("half the neurons", (2, 3, 4, 5), neurons=2 * WIDTH),
    Shape("five layers", (2, 3, 5)),
    Shape("four layers", (2, 5)),
    Shape("three layers", (5,)),
)


class Smaller(nn.Module):
    """States of the lower layers to log-probabilities of symbols, one row each 20 ms."""

    def __init__(self, shape: Shape, shipped: Network) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleList(narrowed(shipped.encoder.layers[index], shape.neurons) for index in shape.layers)
        self.excluded = nn.Parameter(shipped.encoder.excluded[list(shape.layers)].clone())
        self.norm = nn.LayerNorm(WIDTH)
        self.norm.load_state_dict(shipped.encoder.norm.state_dict())
        each = 2 if shape.halved else 1
        self.join = nn.Linear(2 * WIDTH, WIDTH) if shape.halved else None
        self.symbols = nn.Linear(WIDTH, each * SYMBOLS)
        with torch.no_grad():
            self.symbols.weight.copy_(shipped.symbols.weight.repeat(each, 1))
            self.symbols.bias.copy_(shipped.symbols.bias.repeat(each))
            if self.join is not None:  # the mean of both
                self.join.weight.copy_(torch.cat([torch.eye(WIDTH), torch.eye(WIDTH)], dim=1) / 2)
                self.join.bias.zero_()

    def forward(self, states: Tensor, counts: Tensor, *, languages: Tensor) -> Tensor:
        """states: (utterances, frames, WIDTH) of so many feature frames; returns (utterances, frames, SYMBOLS)."""
        utterances, frames, _ = states.shape
        lengths = output_frames(counts)
        x = states
        if self.join is not None:
            x = self.join(F.pad(x, (0, 0, 0, frames % 2)).reshape(utterances, -1, 2 * WIDTH))
            lengths = (lengths + 1) // 2
        mask = attention_mask(lengths, frames=x.shape[1], dtype=x.dtype)
        for layer, excluded in zip(self.layers, self.excluded, strict=True):
            x = layer(x + ((1 - languages) @ excluded)[:, None], mask)
        scores = self.symbols(self.norm(x)).reshape(utterances, -1, SYMBOLS)[:, :frames]
        return F.log_softmax(scores, dim=-1)


def narrowed(layer: nn.Module, neurons: int) -> Layer:
    """Return a copy of a layer with those feed-forward neurons whose weights are largest."""
    copy = Layer()
    state = {name: tensor.detach().clone() for name, tensor in layer.state_dict().items()}
    size = state["widen.weight"].norm(dim=1) * state["narrow.weight"].norm(dim=0)
    kept = size.topk(neurons).indices.sort().values
    for name in ("widen.weight", "widen.bias"):
        state[name] = state[name][kept]
    state["narrow.weight"] = state["narrow.weight"][:, kept]
    copy.widen, copy.narrow = nn.Linear(WIDTH, neurons), nn.Linear(neurons, WIDTH)
    copy.load_state_dict(state)
    return copy


def megabytes(lower: Network, upper: Smaller) -> float:
    """Return the size of the file: a byte a weight of linear layers, two of convolutions and positions, else four."""
    shared = [lower.encoder.conv1, lower.encoder.conv2, *lower.encoder.layers[:LOWER]]
    parameters = [parameter for part in (*shared, upper) for parameter in part.parameters()]
    each = {1: 4, 2: 1, 3: 2}  # by the number of dimensions
    positions = 2 * lower.encoder.positions.numel()
    return (positions + sum(parameter.numel() * each[parameter.dim()] for parameter in parameters)) / 1e6


def hear(chosen: argparse.Namespace) -> None:
    """Write what the lower layers make of batches, and what the shipped network says."""
    network = started(chosen.start)
    chosen.heard.mkdir(parents=True, exist_ok=True)
    whole = Smaller(SHAPES[0], network)
    for number, (_, _, said) in enumerate(spoken(chosen, views=1)):
        kept = replace(said, views=lower_states(network, said, end=LOWER))
        ((states, counts),) = kept.views
        with torch.no_grad():
            teacher = whole(states.float(), counts, languages=said.allowed).half()
        torch.save((kept, teacher), chosen.heard / f"{number:05}.pt")


def loss_of(student: Smaller, said: Heard, teacher: Tensor) -> Tensor:
    """Return the loss a letter: how far the student is from the teacher, and from the letters."""
    ((states, counts),) = said.views
    ours = student(states.float(), counts, languages=said.allowed)
    frames = output_frames(counts)
    apart = divergence(ours, teacher.float(), frames=frames)
    letters = spelling_loss(ours, said, frames=frames)
    return (apart + LETTERS * letters) / max(1, int(said.target_lengths.sum()))


def learn(student: Smaller, folder: Path, *, steps: int) -> None:
    """Train on what was heard, in random order."""
    paths = sorted(folder.glob("*.pt"))
    rng = np.random.default_rng(4)
    optimiser = torch.optim.AdamW(student.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    order = np.concatenate([rng.permutation(len(paths)) for _ in range(-(-steps // len(paths)))])
    losses = []
    for step, place in enumerate(order[:steps]):
        said, teacher = torch.load(paths[place], weights_only=False)
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARM_UP_STEPS, 2 * (1 - step / steps))
        loss = loss_of(student, said, teacher)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(loss.detach()))
        if step % TOLD_STEPS == TOLD_STEPS - 1:
            print(f"{student.shape.name}: step {step + 1}, loss {np.mean(losses):.3f}", flush=True)
            losses.clear()


class Hearing(TorchModel):
    """Lower layers and a smaller network above them at run time."""

    def __init__(self, lower: Network, upper: Smaller) -> None:
        self._lower, self._upper = lower, upper
        self.seconds = 0.0
        """Spent above the features."""

    def scores(self, mels: Tensor, *, languages: Tensor) -> Tensor:
        """As `TorchModel.scores`."""
        began = time.thread_time()
        x, mask = self._lower.encoder.enter(mels, None, chunk=None)
        x = self._lower.encoder.through(x, mask, languages=languages, end=LOWER)
        scores: Tensor = self._upper(x, torch.tensor([mels.shape[1]]), languages=languages)
        self.seconds += time.thread_time() - began
        return scores


def rows(bench: accuracy.Bench) -> Iterator[accuracy.Row]:
    """Yield what the sizes are compared by."""
    yield from islice(accuracy.coffee(bench, quick=True), 2)
    yield from accuracy.home(bench)
    yield from accuracy.prompts(bench)
    yield from accuracy.keywords(bench)


def compare(chosen: argparse.Namespace) -> None:
    """Train each shape that is asked for and print its rows, its size and the time it took."""
    shipped = started(chosen.start)
    for shape in SHAPES:
        if chosen.only and shape.name not in chosen.only:
            continue
        torch.manual_seed(3)
        upper = Smaller(shape, shipped)
        learn(upper, chosen.heard, steps=chosen.steps)
        hearing = Hearing(shipped, upper.eval())
        bench = accuracy.Bench(chosen.data, model=hearing, whole=True, trace=None)
        for row in rows(bench):
            print(f"{shape.name}: {row}", flush=True)
        print(f"{shape.name}: {megabytes(shipped, upper):.1f} MB, {hearing.seconds:.0f} s", flush=True)


def main() -> None:
    """Read the command line."""
    parser, learns = experiment_parser(__doc__ or "", hear=hear, learn=compare)
    add_data_argument(learns)
    learns.add_argument("--steps", type=int, default=400)
    learns.add_argument("--only", nargs="+", choices=[shape.name for shape in SHAPES])
    execute(parser)


if __name__ == "__main__":
    main()
