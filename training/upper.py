"""Experiments on the upper layers alone, for an hour of one processor: the lower ones stay as they are.

    python -m training.upper hear HEARD --pack PACK --rooms rooms.npz --start oyez.onnx --batches 300
    python -m training.upper learn HEARD --dev DEV --start oyez.onnx --out OUT
        --plan control:letters:600x joint:meaning:600x es:letters:200x:es

What the lower layers make of each utterance in two rooms and noises is kept on disk, so that a step takes a fifth of
the time.  A run of the plan is as in `training.gpu.train`, each from START, and learns from one of the two hearings;
`--views 2` from both, which then learn from each other too.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.gpu import hear as hearing
from training.gpu import pack
from training.gpu.sounds import Sounds
from training.gpu.train import SET_WEIGHTS, Plan, Rates, Run, fill, fill_rooms, tell_wrong_letters
from training.gpu.utterances import LANGUAGES, Drawing, Heard, Utterance, heard
from training.network import Network, attention_mask, output_frames
from training.weights import load_start

LOWER = 4
"""Layers that stay as they are."""
SHARES = SET_WEIGHTS | {"said": 4.0}
TOLD_STEPS = 50


class UpperRun(Run):
    """A run of the layers above `LOWER`."""

    def logits(self, given: Tensor, counts: Tensor, *, languages: Tensor, chunk: int | None) -> Tensor:
        """Return the symbols of the lower layers' states; always of the whole."""
        del chunk
        return self.network.symbols(upper_states(self.network, given, counts, languages=languages))


def upper_states(network: Network, given: Tensor, counts: Tensor, *, languages: Tensor) -> Tensor:
    """Return the encoder's last states of what `lower_states` made of so many feature frames."""
    mask = attention_mask(output_frames(counts), frames=given.shape[1], dtype=given.dtype)
    return network.encoder.norm(network.encoder.through(given, mask, languages=languages, first=LOWER))


def lower_states(network: Network, said: Heard, *, end: int = LOWER) -> list[tuple[Tensor, Tensor]]:
    """Return (utterances, frames, WIDTH) float16 of layers 0 to `end` - 1 and the feature frames of each hearing."""
    found = []
    for mels, counts in said.views:
        with torch.no_grad():
            x, mask = network.encoder.enter(mels, counts, chunk=None)
            states = network.encoder.through(x, mask, languages=said.allowed, end=end)
        found.append((states.half(), counts))
    return found


def hear(chosen: argparse.Namespace) -> None:
    """Write batches of one language each, as often as it is spoken."""
    network = started(chosen.start)
    chosen.heard.mkdir(parents=True, exist_ok=True)
    for number, (language, batch, said) in enumerate(spoken(chosen, views=2)):
        kept = replace(said, views=lower_states(network, said))
        torch.save({"language": language, "batch": batch, "said": kept}, chosen.heard / f"{number:05}.pt")


def started(start: Path) -> Network:
    """Return the network of a file, as it hears."""
    network = Network().eval()
    load_start(network, start)
    return network


def spoken(chosen: argparse.Namespace, *, views: int) -> Iterator[tuple[str, list[Utterance], Heard]]:
    """Yield as many batches as are asked for, each of one language."""
    device = torch.device("cpu")
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    rng = np.random.default_rng(2)
    sounds = Sounds(device=device, hours=chosen.hours)
    fill(sounds, chosen.pack, shares=SHARES)
    ear = hearing.Ear.on(device, rooms=fill_rooms(chosen.rooms))
    drawn = {
        language: Drawing(sounds, language=language, seed=7).batches(batch_s=chosen.batch_s) for language in LANGUAGES
    }
    for number in range(chosen.batches):
        language = str(rng.choice(list(LANGUAGES), p=np.array(list(LANGUAGES.values()))))
        batch = next(drawn[language])
        yield language, batch, heard(batch, sounds=sounds, ear=ear, device=device, views=views)
        if number % TOLD_STEPS == 0:
            print(number, flush=True)


def batches(folder: Path, *, language: str | None, views: int) -> Iterator[tuple[list[Utterance], Heard]]:
    """Yield the batches of a language, all when None, in random order and again and again; one hearing in turn."""
    read = [torch.load(path, weights_only=False) for path in sorted(folder.glob("*.pt"))]
    mine = [one for one in read if language in (None, one["language"])]
    rng = np.random.default_rng(4)
    for turn in range(10_000):
        for place in rng.permutation(len(mine)):
            said: Heard = mine[place]["said"]
            whole = [(states.float(), counts) for states, counts in said.views]
            chosen = whole if views == len(whole) else [whole[(turn + int(place)) % len(whole)]]
            yield mine[place]["batch"], replace(said, views=chosen)


def learn(chosen: argparse.Namespace) -> None:
    """Take the steps of each run, and count wrong letters."""
    device = torch.device("cpu")
    chosen.out.mkdir(parents=True, exist_ok=True)
    sets = pack.read(chosen.dev)
    ear = hearing.Ear.on(device, rooms=torch.zeros(1, 1))
    for plan in chosen.plan:
        torch.manual_seed(3)
        run = UpperRun(plan, start=chosen.start, device=device, out=chosen.out, rates=Rates(top=chosen.rate))
        losses = []
        for batch, said in batches(chosen.heard, language=plan.language, views=chosen.views):
            if run.step >= plan.steps:
                break
            loss, _ = run.learn(batch, said, share=run.step / plan.steps)
            losses.append(float(loss))
            if run.step % TOLD_STEPS == 0:
                run.tell({"run": plan.name, "step": run.step, "loss": round(float(np.mean(losses)), 4)})
                losses.clear()
        run.save(plan.name)
        tell_wrong_letters(run, sets, ear=ear)


def experiment_parser(
    doc: str, *, hear: Callable[[argparse.Namespace], None], learn: Callable[[argparse.Namespace], None]
) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Return the parser of an experiment that first hears and then learns, and its part for learning."""
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    hears = commands.add_parser("hear", help="write what the lower layers make of utterances")
    learns = commands.add_parser("learn", help="train the upper layers, and say how good they are")
    for command, run in ((hears, hear), (learns, learn)):
        command.add_argument("heard", type=Path)
        command.add_argument("--start", type=Path, required=True)
        command.set_defaults(execute=run)
    hears.add_argument("--pack", type=Path, required=True)
    hears.add_argument("--rooms", type=Path, required=True)
    hears.add_argument("--batches", type=int, default=300)
    hears.add_argument("--batch-s", type=float, default=30)
    hears.add_argument("--hours", type=float, default=20)
    return parser, learns


def execute(parser: argparse.ArgumentParser) -> None:
    """Read the command line and run the part of the experiment that it names, on one thread."""
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    chosen.execute(chosen)


def main() -> None:
    """Read the command line."""
    parser, learns = experiment_parser(__doc__ or "", hear=hear, learn=learn)
    learns.add_argument("--dev", type=Path, required=True)
    learns.add_argument("--out", type=Path, required=True)
    learns.add_argument("--plan", type=Plan.parse, nargs="+", required=True)
    learns.add_argument("--views", type=int, choices=(1, 2), default=1)
    learns.add_argument("--rate", type=float, default=3e-4)
    execute(parser)


if __name__ == "__main__":
    main()
