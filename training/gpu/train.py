"""Train on a GPU for minutes what takes a CPU days: everything lies in its memory, and nothing waits for a disk.

    python -m training.gpu.train --pack pack --lines lines-1.jsonl.xz --kokoro KOKORO --rooms rooms.npz
        --start oyez.onnx --out OUT --plan main:letters:300 joint:meaning:90 en:letters:30:en

Each run of the plan is NAME:letters|meaning:SECONDS[:LANGUAGE], the first from START, the others from what it has
become (with --apart all of them from START); with 400x instead of seconds it takes 400 steps.  A batch is heard twice,
in other rooms and noise, the second time often in chunks, and both hearings learn from each other beside the letters
(CR-CTC, arXiv 2410.05101).  Averaged weights go to OUT/NAME.pt, metrics to OUT/metrics.jsonl.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from assistant.model import symbols
from assistant.model.features import SAMPLE_RATE_HZ
from training import meanings
from training.data import told
from training.gpu import hear as hearing
from training.gpu import pack
from training.gpu.sounds import Sounds
from training.gpu.speaking import Speaking
from training.gpu.utterances import Drawing, Heard, Utterance, heard, with_meaning
from training.network import WIDTH, Network, output_frames
from training.rooms import read_bank
from training.train import CHUNKS, follow, halved, parameter_groups, write_into_place
from training.weights import load_start

SET_WEIGHTS = {
    "real-speechocean": 0.4, "real-kathleen": 0.5, "real": 1.0, "said": 1.0, "lines": 0.4, "hibari": 0.5,
    "pico": 0.35, "": 0.25,
}  # fmt: skip


TELL_S = 15


@dataclass(frozen=True, slots=True)
class Plan:
    """One run."""

    name: str
    with_meaning: bool
    seconds: float
    steps: int
    """If any, instead of seconds."""
    language: str | None

    @classmethod
    def parse(cls, text: str) -> Plan:
        """Read NAME:letters|meaning:SECONDS[:LANGUAGE], or STEPSx instead of seconds."""
        name, kind, budget, *language = text.split(":")
        steps = int(budget[:-1]) if budget.endswith("x") else 0
        return cls(name, kind == "meaning", 0.0 if steps else float(budget), steps, language[0] if language else None)


def widen(network: Network) -> None:
    """Give the network symbols of meaning, rare at first."""
    old = network.symbols
    wide = torch.nn.Linear(WIDTH, old.out_features + len(meanings.TOKENS))
    with torch.no_grad():
        wide.weight[: old.out_features] = old.weight
        wide.bias[: old.out_features] = old.bias
        wide.weight[old.out_features :] *= 0.1
        wide.bias[old.out_features :] = -4.0
    network.symbols = wide


def loss_of(logits_of: LogitsOf, said: Heard, *, chunks: list[int | None], meant: bool, consistency: float) -> Tensor:
    """Return the summed loss: CTC of each hearing, and how much the hearings differ."""
    scores = []
    total = torch.zeros((), device=said.allowed.device)
    for (given, counts), chunk in zip(said.views, chunks, strict=True):
        with torch.autocast(given.device.type, torch.bfloat16, enabled=given.is_cuda):
            logits = logits_of(given, counts, languages=said.allowed, chunk=chunk).float()
        if meant:  # whose meaning is unknown may not be told that it has none
            unknown = torch.zeros_like(logits[:1, :1]).index_fill(
                2, torch.arange(meanings.FIRST, logits.shape[2], device=logits.device), -30.0
            )
            logits = logits + unknown * (~said.is_meant)[:, None, None]
        log_probs = F.log_softmax(logits, dim=-1)
        frames = output_frames(counts)
        total = total + spelling_loss(log_probs, said, frames=frames) / len(said.views)
        scores.append(log_probs)
    if len(scores) > 1 and consistency:
        first, second = scores
        apart = divergence(first, second.detach(), frames=frames) + divergence(second, first.detach(), frames=frames)
        total = total + consistency * 0.5 * apart
    return total


def spelling_loss(log_probs: Tensor, said: Heard, *, frames: Tensor) -> Tensor:
    """Return the summed CTC loss of (utterances, frames, symbols); frames: of each utterance."""
    return F.ctc_loss(
        log_probs.transpose(0, 1),
        said.targets.to(log_probs.device),
        frames,
        said.target_lengths.to(log_probs.device),
        reduction="sum",
        zero_infinity=True,
    )


def divergence(heard: Tensor, wanted: Tensor, *, frames: Tensor) -> Tensor:
    """Return how far log-probabilities are from others, (utterances, frames, symbols) both, summed (Kullback-Leibler).

    frames: of each utterance; what lies beyond them does not count.
    """
    inside = (torch.arange(heard.shape[1], device=heard.device)[None] < frames[:, None])[:, :, None]
    return (F.kl_div(heard, wanted, log_target=True, reduction="none") * inside).sum()


class LogitsOf(Protocol):
    """A network, or a part of one."""

    def __call__(self, given: Tensor, counts: Tensor, *, languages: Tensor, chunk: int | None) -> Tensor:
        """Return (batch, output frames, symbols) of what is given it of each utterance and of so many frames."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast is learned."""

    top: float = 3e-4
    layer_decay: float = 0.8
    head_factor: float = 2.0
    warm_up_steps: int = 60
    falls_from: float = 0.6
    """Share of the time after which the rate falls to nothing."""
    average: float = 0.998


class Run:
    """One run of a plan."""

    def __init__(self, plan: Plan, *, start: Path, device: torch.device, out: Path, rates: Rates) -> None:
        self.plan, self.out, self._device, self._rates = plan, out, device, rates
        network = Network()
        load_start(network, start)
        if plan.with_meaning:
            widen(network)
        self.network = network.to(device)
        fused = device.type == "cuda"
        groups = parameter_groups(
            network, rate=rates.top, layer_decay=rates.layer_decay, head_factor=rates.head_factor, weight_decay=0.01
        )
        self._optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=fused)
        self._average = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        self._rng = np.random.default_rng(5)
        self.step = 0

    def learn(self, batch: list[Utterance], said: Heard, *, share: float) -> tuple[Tensor, Tensor]:
        """Take one step; `share`: of the run's time that is over.  Returns loss a symbol and norm of the gradient."""
        rates = self._rates
        left = min(1.0, max(0.02, (1 - share) / (1 - rates.falls_from)))
        factor = left * min(1.0, (self.step + 1) / rates.warm_up_steps)
        for parameters in self._optimiser.param_groups:
            parameters["lr"] = parameters["full_rate"] * factor
        if self.plan.with_meaning:
            said = with_meaning(batch, said)
        chunk = int(self._rng.choice(CHUNKS)) if self._rng.random() < 0.6 else None
        chunks = [None, chunk][-len(said.views) :]
        loss = loss_of(self.logits, said, chunks=chunks, meant=self.plan.with_meaning, consistency=0.2)
        loss = loss / max(1, int(said.target_lengths.sum()))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad()
        self.step += 1
        follow(self._average, self.network, step=self.step, slowest=rates.average)
        return loss.detach(), norm

    def logits(self, given: Tensor, counts: Tensor, *, languages: Tensor, chunk: int | None) -> Tensor:
        """Return the symbols of features."""
        return self.network.symbols(self.network.encoder(given, counts, languages=languages, chunk=chunk))

    def save(self, name: str) -> Path:
        """Write the averaged weights in bfloat16."""
        average = {name: tensor.cpu() for name, tensor in halved(self._average).items()}
        path = self.out / f"{name}.pt"
        write_into_place(
            {"step": self.step, "commit": "unknown", "date": time.strftime("%Y-%m-%d"), "average": average}, path
        )
        return path

    def tell(self, line: dict[str, object]) -> None:
        """Print a line of metrics and keep it."""
        print(json.dumps(line), flush=True)
        with (self.out / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def averaged(self) -> Network:
        """Return a network of the averaged weights."""
        network = Network()
        if self.plan.with_meaning:
            widen(network)
        network.load_state_dict({name: tensor.cpu() for name, tensor in self._average.items()})
        return network.to(self._device).eval()


def fill(sounds: Sounds, folder: Path, *, shares: Mapping[str, float] = SET_WEIGHTS) -> None:
    """Read packed sets into the store; shares: by the beginnings of their names, the longest counts."""
    noises: dict[str, list[np.ndarray]] = {}
    for name, wave, clips in pack.read(folder):
        kind = name.rsplit("-", 1)[0]
        if kind.startswith("noise-foreign"):
            sounds.add_speech(wave, [clip | {"language": "en", "text": ""} for clip in clips], kind="foreign", share=0)
        elif kind.startswith("noise"):
            noises.setdefault(kind, []).append(wave)
        else:
            beginnings = [beginning for beginning in shares if kind.startswith(beginning)]
            sounds.add_speech(wave, clips, kind=kind, share=shares[max(beginnings, key=len)])
    for waves in noises.values():
        sounds.add_noises(np.concatenate(waves))


def fill_rooms(path: Path) -> Tensor:
    """Return the impulse responses of a file, (rooms, samples), zero beyond their ends."""
    bank = read_bank(path)
    rooms = torch.zeros(len(bank), max(map(len, bank)))
    for row, response in zip(rooms, bank, strict=True):
        row[: len(response)] = torch.from_numpy(response)
    return rooms


Sets = list[tuple[str, np.ndarray, list[dict[str, object]]]]


def wrong_letters(network: Network, sets: Sets, *, ear: hearing.Ear, device: torch.device) -> dict[str, float]:
    """Return the share of letters that are heard wrongly in each packed set of development, as letters alone."""
    found = {}
    for name, wave, clips in sets:
        wrong = letters = 0
        ends = np.cumsum([int(str(clip["samples"])) for clip in clips])
        fitting = [place for place, clip in enumerate(clips) if int(str(clip["samples"])) < 14 * SAMPLE_RATE_HZ]
        for first in range(0, len(fitting), 64):
            places = fitting[first : first + 64]
            some = [clips[place] for place in places]
            lengths = [int(str(clip["samples"])) for clip in some]
            rows = np.zeros((len(some), -(-(max(lengths) + 9600) // 5120) * 5120 + 80), np.float32)
            for row, samples, place in zip(rows, lengths, places, strict=True):
                row[4800 : 4800 + samples] = wave[ends[place] - samples : ends[place]] / 32768
            counted = torch.tensor(lengths, device=device) + 9600
            mels, counts = hearing.features(torch.from_numpy(rows).to(device), lengths=counted, ear=ear)
            allowed = torch.tensor([told([str(clip["language"])]) for clip in some], device=device)
            with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=mels.is_cuda):
                logits = network.symbols(network.encoder(mels, counts, languages=allowed)).float()
            best = logits.argmax(2).cpu().numpy()
            for row, frames, clip in zip(best, output_frames(counts).tolist(), some, strict=True):
                path = row[:frames]
                kept = path[np.diff(path, prepend=0) != 0]
                text = symbols.decode([int(symbol) for symbol in kept if 0 < symbol < meanings.FIRST])
                wrong += distance(" ".join(text.split()), str(clip["text"]))
                letters += len(str(clip["text"]))
        found[name.rsplit("-", 1)[0]] = round(100 * wrong / letters, 2)
    return found


def distance(first: str, second: str) -> int:
    """Return how many letters must be put in, left out or exchanged."""
    row = list(range(len(second) + 1))
    for place, letter in enumerate(first, start=1):
        diagonal, row[0] = row[0], place
        for column, other in enumerate(second, start=1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (letter != other))
    return row[-1]


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("pack", "dev", "rooms", "start", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--kokoro", type=Path, help="folder of the voice that speaks meanwhile; none without")
    parser.add_argument("--lines", type=Path, nargs="+", default=[], help="what it says")
    parser.add_argument("--plan", type=Plan.parse, nargs="+", required=True)
    parser.add_argument("--apart", action="store_true", help="let every run of the plan begin from START")
    parser.add_argument("--views", type=int, choices=(1, 2), default=2, help="how often a batch is heard")
    parser.add_argument("--rate", type=float, default=3e-4, help="learning rate of the last layer")
    parser.add_argument("--look-s", type=float, default=90, help="how often weights are kept and wrong letters counted")
    parser.add_argument("--processes", type=int, default=13)
    parser.add_argument("--batch-s", type=float, default=1000)
    parser.add_argument("--spoken-at-once", type=int, default=48)
    parser.add_argument("--hours", type=float, default=60)
    chosen = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.benchmark = False
    chosen.out.mkdir(parents=True, exist_ok=True)

    speaking = None
    if chosen.kokoro is not None:
        speaking = Speaking(
            chosen.lines, chosen.kokoro, processes=chosen.processes, at_once=chosen.spoken_at_once, device=device
        )
    sounds = Sounds(device=device, hours=chosen.hours)
    fill(sounds, chosen.pack)
    ear = hearing.Ear.on(device, rooms=fill_rooms(chosen.rooms))
    print(f"{sounds.hours:.1f} h of recordings in {time.monotonic() - BEGAN:.0f} s", flush=True)
    source = Source(sounds, speaking, ear, batch_s=chosen.batch_s, views=chosen.views)
    sets = pack.read(chosen.dev)
    for number, plan in enumerate(chosen.plan):
        torch.manual_seed(1)
        np.random.seed(1)  # noqa: NPY002
        start = chosen.start if number == 0 or chosen.apart else chosen.out / f"{chosen.plan[0].name}.pt"
        run = Run(plan, start=start, device=device, out=chosen.out, rates=Rates(top=chosen.rate))
        if number == 0:
            tell_wrong_letters(run, sets, ear=ear)
        train(run, source, sets=sets, look_s=chosen.look_s)
    if speaking is not None:
        speaking.stop()


BEGAN = time.monotonic()


@dataclass(frozen=True, slots=True)
class Source:
    """Where batches come from, and how they are heard."""

    sounds: Sounds
    speaking: Speaking | None
    ear: hearing.Ear
    batch_s: float
    views: int

    def batches(self, language: str | None, *, device: torch.device) -> Iterator[tuple[list[Utterance], Heard]]:
        """Yield batches without end; what was spoken meanwhile is added to the sounds."""
        for batch in Drawing(self.sounds, language=language, seed=3).batches(batch_s=self.batch_s):
            if self.speaking and not self.sounds.is_full and (spoken := self.speaking.speak()):
                self.sounds.add_speech(*spoken, kind="kokoro", share=1.0)
            yield batch, heard(batch, sounds=self.sounds, ear=self.ear, device=device, views=self.views)


def train(run: Run, source: Source, *, sets: Sets, look_s: float) -> None:
    """Take steps until the run's time is over, or all its steps are taken."""
    plan = run.plan
    device = next(run.network.parameters()).device
    began = told_at = looked_at = time.monotonic()
    losses, audio_s = [], 0.0
    for batch, said in source.batches(plan.language, device=device):
        share = run.step / plan.steps if plan.steps else (time.monotonic() - began) / plan.seconds
        if share >= 1:
            break
        loss, norm = run.learn(batch, said, share=share)
        losses.append(loss)
        audio_s += said.audio_s
        if time.monotonic() - told_at > TELL_S:
            told_at = time.monotonic()
            line = {
                "run": plan.name, "s": round(told_at - began), "step": run.step, "norm": round(float(norm), 2),
                "loss": round(float(torch.stack(losses).mean()), 4), "audio_h": round(audio_s / 3600, 2),
                "pool_h": round(source.sounds.hours, 2),
            }  # fmt: skip
            losses.clear()
            run.tell(line)
            if told_at - looked_at > look_s:
                looked_at = told_at
                run.save(f"{plan.name}-{run.step}")
                tell_wrong_letters(run, sets, ear=source.ear)
    run.save(plan.name)
    tell_wrong_letters(run, sets, ear=source.ear)


def tell_wrong_letters(run: Run, sets: Sets, *, ear: hearing.Ear) -> None:
    """Print and keep how the averaged weights hear what nothing is learned from."""
    network = run.averaged()
    device = next(network.parameters()).device
    line = {"run": run.plan.name, "step": run.step, "wrong": wrong_letters(network, sets, ear=ear, device=device)}
    run.tell(line)


if __name__ == "__main__":
    main()
