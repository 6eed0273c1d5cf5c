"""Train the network: config, data, model, optimiser, loop, from top to bottom.

    python -m training.train --run /runs/first --root /data --start /weights/model.bin --until 18:30

The run's folder gets `metrics.jsonl` (a line every few steps), `checkpoint.pt` (everything, replaced every ten minutes)
and `weights-STEP.pt` (the averaged weights alone).  A second start with the same folder goes on from the checkpoint.
`--until`, or a file `cooldown` in the folder, starts the last minutes, in which the learning rate falls to zero.
Ctrl-C or SIGTERM saves and ends at once.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import logging
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader

from assistant.model.symbols import BLANK
from training.data import Batch, Batches, DataConfig
from training.network import LAYERS, Network, output_frames
from training.processor import multiplies_bfloat16
from training.weights import load_start

log = logging.getLogger(__name__)

CHUNKS = (16, 32, 64)
"""Output frames of 320, 640 and 1,280 ms."""


@dataclass(frozen=True)
class Config(DataConfig):
    """Everything that decides a run; its command line is made from these fields."""

    run: Path = Path("run")
    start: Path = Path("model.bin")
    """Whisper's `model.bin`, an exported `.onnx`, or `weights-STEP.pt` of another run."""
    rate: float = 3e-4
    """Learning rate of the last layer."""
    layer_decay: float = 0.7
    """Each layer below learns slower by this."""
    head_factor: float = 3.0
    """What Whisper does not have learns faster by this."""
    warm_up_steps: int = 100
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    chunked: float = 0.5
    """Share of the batches that are heard as a stream, in chunks of one of the lengths of CHUNKS."""
    average: float = 0.999
    """How slowly the averaged weights follow, per step."""
    checkpoint_min: float = 10
    cooldown_min: float = 10
    until: str = ""
    """When training ends, as HH:MM of the local clock; empty: when it is told to."""
    steps: int = 0
    """Stop after so many steps in all, without a cool-down; 0: never."""
    log_steps: int = 10
    threads: int = 1


def train(config: Config) -> Path:
    """Run training until it is told to stop; return the last averaged weights' file."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    config.run.mkdir(parents=True, exist_ok=True)

    network = Network()
    groups = parameter_groups(
        network,
        rate=config.rate,
        layer_decay=config.layer_decay,
        head_factor=config.head_factor,
        weight_decay=config.weight_decay,
    )
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
    checkpoint = config.run / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        average, step, group, number = saved["average"], saved["step"], saved["group"], saved["number"] + 1
    else:
        load_start(network, config.start)
        average = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        step, group, number = 0, 0, 0
        save_config(config)

    batches = DataLoader(Batches(config, group=group, number=number), batch_size=None, num_workers=1, prefetch_factor=8)
    schedule = Schedule(config, until=parse_clock(config.until, now=datetime.now().astimezone()))
    tally = Tally()
    saved_at = time.monotonic()
    for batch in batches:
        factor = schedule.factor(step, time=time.time())
        if factor <= 0:
            break
        for parameters in optimiser.param_groups:
            parameters["lr"] = parameters["full_rate"] * factor

        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_bfloat16()):
            scores = network(batch.features, batch.frames, languages=batch.languages, chunk=draw_chunk(config, batch))
        loss = ctc(scores, batch)
        (loss / max(1, int(batch.target_lengths.sum()))).backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm)
        if torch.isfinite(norm):
            optimiser.step()
        else:
            log.warning("step %d: gradient is not finite, left out", step)
        optimiser.zero_grad()
        step += 1
        follow(average, network, step=step, slowest=config.average)

        tally.add(batch, loss=loss.item())
        if step % config.log_steps == 0:
            write_metrics(config.run, tally, step=step, factor=factor, norm=float(norm))
            tally = Tally()
        if time.monotonic() - saved_at > 60 * config.checkpoint_min:
            save(config, network, optimiser, average, step=step, batch=batch)
            saved_at = time.monotonic()
    return save(config, network, optimiser, average, step=step, batch=batch)


class Schedule:
    """The learning rate over time: warm-up, a plain, and a fall to zero once somebody wants the run to end."""

    def __init__(self, config: Config, *, until: float | None) -> None:
        self._config = config
        self._until = until
        self._falls_from: float | None = None
        self._stopped = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def factor(self, step: int, *, time: float) -> float:
        """Return what the learning rates are multiplied by; 0 when the run is over."""
        config = self._config
        if self._stopped or (config.steps and step >= config.steps):
            return 0.0
        cooldown_s = 60 * config.cooldown_min
        told = (config.run / "cooldown").exists() or (self._until is not None and time > self._until - cooldown_s)
        if told and self._falls_from is None:
            self._falls_from = time
            log.info("cool-down from step %d", step)
        left = 1.0 if self._falls_from is None else 1 - (time - self._falls_from) / cooldown_s
        return max(0.0, left) * min(1.0, (step + 1) / config.warm_up_steps)

    def _stop(self, number: int, _: FrameType | None) -> None:
        log.info("told to stop by signal %d", number)
        self._stopped = True


@dataclass
class Tally:
    """What was learned since the last line of metrics."""

    started: float = field(default_factory=time.monotonic)
    loss: float = 0.0
    symbols: int = 0
    clips: int = 0
    frames: int = 0

    def add(self, batch: Batch, *, loss: float) -> None:
        """Count a batch."""
        self.loss += loss
        self.symbols += int(batch.target_lengths.sum())
        self.clips += len(batch.frames)
        self.frames += int(batch.frames.sum())


def ctc(scores: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Return the summed CTC loss; scores: (utterances, frames, symbols) float32 log-probabilities."""
    return F.ctc_loss(
        scores.transpose(0, 1),  # torch wants time first
        batch.targets,
        output_frames(batch.frames),
        batch.target_lengths,
        blank=BLANK,
        reduction="sum",
        zero_infinity=True,
    )


def draw_chunk(config: Config, batch: Batch) -> int | None:
    """Return how many output frames of a batch are heard at once, None for all; decided by which batch it is."""
    rng = np.random.default_rng([config.seed, batch.group, batch.number])
    return int(rng.choice(CHUNKS)) if rng.random() < config.chunked else None


def parameter_groups(
    network: Network, *, rate: float, layer_decay: float, head_factor: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Return AdamW's groups: learning rates by depth, no decay of biases and norms."""
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        is_new = name.startswith("symbols") or name == "encoder.excluded"
        own_rate = rate * (head_factor if is_new else layer_decay ** depth(name))
        decay = weight_decay if parameter.dim() > 1 else 0.0
        groups.setdefault((own_rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": own_rate, "full_rate": own_rate, "weight_decay": decay}
        for (own_rate, decay), parameters in groups.items()
    ]


def depth(name: str) -> int:
    """Return how many layers lie above the parameter of this name."""
    if ".layers." in name:
        return LAYERS - 1 - int(name.split(".layers.")[1].split(".", maxsplit=1)[0])
    return LAYERS if ".conv" in name else 0


def follow(average: dict[str, torch.Tensor], network: Network, *, step: int, slowest: float) -> None:
    """Move the averaged weights towards the network's, fast in the first steps."""
    rate = 1 - min(slowest, (1 + step) / (10 + step))
    with torch.no_grad():
        torch._foreach_lerp_(list(average.values()), list(network.state_dict().values()), rate)


def save(
    config: Config,
    network: Network,
    optimiser: torch.optim.Optimizer,
    average: dict[str, torch.Tensor],
    *,
    step: int,
    batch: Batch,
) -> Path:
    """Write the checkpoint and the averaged weights, each renamed into place; return the latter's path."""
    about = {"step": step, "commit": commit(), "date": datetime.now().astimezone().date().isoformat()}
    everything = about | {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "average": average,
        "group": batch.group,
        "number": batch.number,
        "config": {name: str(value) for name, value in dataclasses.asdict(config).items()},
        "data_sha256": data_hash(config.root),
    }
    write_into_place(everything, config.run / "checkpoint.pt")
    weights = config.run / f"weights-{step:06}.pt"
    write_into_place(about | {"average": halved(average)}, weights)
    return weights


def halved(average: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return averaged weights as they are stored: in bfloat16, but vectors."""
    return {name: tensor.to(torch.bfloat16) if tensor.dim() > 1 else tensor for name, tensor in average.items()}


def write_into_place(content: dict[str, Any], path: Path) -> None:
    """Write so that a reader sees the old file or the new one, never a part."""
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


def write_metrics(run: Path, tally: Tally, *, step: int, factor: float, norm: float) -> None:
    """Append a line to the run's metrics and print it; the loss is per symbol."""
    line = {
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        "step": step,
        "loss": round(tally.loss / max(1, tally.symbols), 4),
        "clips": tally.clips,
        "audio_s": tally.frames // 100,
        "seconds": round(time.monotonic() - tally.started, 1),
        "rate_factor": round(factor, 4),
        "gradient_norm": round(norm, 3),
    }
    with (run / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(line, flush=True)


def save_config(config: Config) -> None:
    """Write the run's config beside its metrics."""
    fields = {name: str(value) for name, value in dataclasses.asdict(config).items()}
    (config.run / "config.json").write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


def data_hash(root: Path) -> str:
    """Return the hash of all indexes as they are now."""
    digest = hashlib.sha256()
    for path in sorted(root.glob("*/index.jsonl")):
        digest.update(path.parent.name.encode() + path.read_bytes())
    return digest.hexdigest()


def commit() -> str:
    """Return the commit of the code that trains, "unknown" outside a repository."""
    here = Path(__file__).parent
    ran = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else "unknown"


def parse_clock(until: str, *, now: datetime) -> float | None:
    """Return the next moment at which the clock shows `until` (HH:MM), in seconds since 1970; None for no text."""
    if not until:
        return None
    hour, minute = (int(part) for part in until.split(":"))
    moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (moment if moment > now else moment + timedelta(days=1)).timestamp()


def parse(arguments: list[str] | None = None) -> Config:
    """Return the config of a command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = {"float": float, "int": int, "str": str, "Path": Path}
    for option in dataclasses.fields(Config):
        needed = option.default is dataclasses.MISSING
        parser.add_argument(
            f"--{option.name.replace('_', '-')}", type=kinds[str(option.type)], default=option.default, required=needed
        )
    return Config(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    print(train(parse()))
