"""What is meant, out of the encoder's own states: attention over all frames of an utterance, then its intent.

    for language in en es fr; do python -m training.pooled hear HEARD --language $language --most 12000; done
    python -m training.pooled learn HEARD --out pooled.pt

The encoder stays as it is.  It hears sentences without a template (`training/text/said`) and talk that asks for
nothing, spoken by quick voices in noise; what it makes of them is kept on disk at 40 ms a frame, 2.4 GB of 36,000.
Beside the intents, those that the second network reads in the words as they are written are learned, and what these
words mean in the mean.  Printed are the intents that are right of the validation sentences, as training voices say
them, and at the end of `benchmarks/paraphrases`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.config import Language
from assistant.model import SHIPPED, Model, Reader
from assistant.model.reader import SHIPPED_READER
from assistant.model.symbols import ALPHABET
from benchmarks.paraphrases.sentences import LANGUAGES, clips
from training.heard import VOICES, spoken
from training.meaning import WIDTH as VECTOR
from training.meaning import exported
from training.meanings import INTENTS, NONE
from training.network import WIDTH
from training.text.meaning import kept_lines, marked_lines, talk, usual_names, words_of
from training.upper import execute

INPUTS = WIDTH + len(ALPHABET) + 1
"""States and symbols of a frame."""
HIDDEN = 256
LOOKS = 4
BATCH = 64
LENGTHS = 4
"""Batches are cut by length out of so many times their size."""
WARM_UP_STEPS = 100
SHARD = 500
TALK = 1000
"""Sentences of talk a language."""
TAUGHT = 0.5
"""Weight of the second network's intents against the true ones, and of the words' mean vector beside both."""


class States:
    """The shipped network, which tells its last states beside the symbols."""

    def __init__(self) -> None:
        graph = onnx.load(SHIPPED)
        last = [node for node in graph.graph.node if node.op_type == "LayerNormalization"][-1].output[0]
        graph.graph.output.append(onnx.helper.make_tensor_value_info(last, onnx.TensorProto.FLOAT, ["frames", WIDTH]))
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.x64quantprecision", "1")
        self._told = Telling(ort.InferenceSession(graph.SerializeToString(), options), last)
        self._model = Model(self._told, metadata={"frame_ms": "20"})

    def of(self, samples: np.ndarray, language: str) -> np.ndarray:
        """Return (frames of 40 ms, INPUTS) float16 of (samples,) int16, less than 15 s."""
        symbols = self._model.posteriors(samples, languages=[language]).symbols
        whole = np.concatenate([self._told.states, np.exp(symbols)], axis=1)
        return whole[: len(whole) // 2 * 2].reshape(-1, 2, INPUTS).mean(axis=1).astype(np.float16)


class Telling:
    """A session that keeps the states of its last run."""

    def __init__(self, session: ort.InferenceSession, output: str) -> None:
        self._session, self._output = session, output
        self.get_inputs = session.get_inputs
        self.states = np.zeros((0, WIDTH), np.float32)

    def run(self, outputs: list[str], given: dict[str, np.ndarray]) -> list[np.ndarray]:
        """As `InferenceSession.run`."""
        *found, self.states = self._session.run([*outputs, self._output], given)
        return found


class Pooled(nn.Module):
    """Frames of 80 ms, two layers of attention, four looks at all of them, two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(INPUTS, affine=False)
        self.enter = nn.Conv1d(INPUTS, HIDDEN, 5, stride=2, padding=2)
        self.near = nn.Conv1d(HIDDEN, HIDDEN, 9, padding=4, groups=8)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(HIDDEN, 4, 2 * HIDDEN, 0.2, F.gelu, batch_first=True, norm_first=True)
            for _ in range(2)
        )
        self.look = nn.Linear(HIDDEN, LOOKS)
        self.inner = nn.Linear(HIDDEN * (LOOKS + 2), HIDDEN)
        self.outer = nn.Linear(HIDDEN, len(INTENTS))
        self.words = nn.Linear(HIDDEN, VECTOR)
        self.dropped = nn.Dropout(0.2)

    def forward(self, frames: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores of the intents and the words' mean vector of (utterances, frames, INPUTS); counts: of each."""
        normed = self.norm(frames.flatten(0, 1)).view_as(frames)
        x = self.dropped(normed.masked_fill(behind(counts, frames.shape[1])[..., None], 0)).transpose(1, 2)
        x = F.gelu(self.enter(x))
        counts = (counts + 1) // 2
        beyond = behind(counts, x.shape[2])
        x = x.masked_fill(beyond[:, None], 0)
        x = (x + F.gelu(self.near(x))).transpose(1, 2)
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=beyond)
        looks = self.look(x).masked_fill(beyond[..., None], -1e4).softmax(1)
        seen = [
            torch.einsum("ufl,ufh->ulh", looks, x).flatten(1),
            x.masked_fill(beyond[..., None], -1e4).amax(1),
            x.masked_fill(beyond[..., None], 0).sum(1) / counts[:, None],
        ]
        inner = F.gelu(self.inner(self.dropped(torch.cat(seen, 1))))
        return self.outer(self.dropped(inner)), self.words(inner)

    @torch.no_grad()
    def intents(self, frames: Sequence[np.ndarray]) -> np.ndarray:
        """Return (utterances, INTENTS) probabilities."""
        was_training = self.training
        self.eval()
        found = [self(*batched(frames[at : at + BATCH]))[0].softmax(1) for at in range(0, len(frames), BATCH)]
        self.train(was_training)
        return torch.cat(found).numpy()


def behind(counts: Tensor, frames: int) -> Tensor:
    """Return (utterances, frames), true where an utterance of so many frames is over."""
    return torch.arange(frames)[None] >= counts[:, None]


@dataclass(slots=True)
class Lessons:
    """Utterances of a language and what there is to learn from each."""

    frames: list[np.ndarray] = field(default_factory=list)
    intents: list[int] = field(default_factory=list)
    taught: list[np.ndarray] = field(default_factory=list)
    """Probabilities that the second network reads in the words, (INTENTS,) each."""
    vectors: list[np.ndarray] = field(default_factory=list)
    """Mean of the words' vectors, (VECTOR,) each."""


def batched(frames: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Return (utterances, frames, INPUTS) float32, zero behind the ends, and the frames of each."""
    counts = torch.tensor([len(one) for one in frames])
    rows = torch.zeros(len(frames), int(counts.max()), INPUTS)
    for row, one in zip(rows, frames, strict=True):
        row[: len(one)] = torch.from_numpy(one.astype(np.float32))
    return rows, counts


def hear(chosen: argparse.Namespace) -> None:
    """Write the states of what is learned from, and of the validation sentences."""
    language, states, draw = chosen.language, States(), Random(11)
    lines = list(kept_lines(f"{language}.txt", language))
    kinds = {
        "said": draw.sample(lines, min(chosen.most, len(lines))),
        "talk": [(" ".join(one.words), NONE) for one in talk(language, draw, sentences=TALK)],
        "validation": list(kept_lines(f"validation.{language}.txt", language)),
    }
    chosen.heard.mkdir(parents=True, exist_ok=True)
    for kind, texts in kinds.items():
        said = spoken(texts, language, draw, voices=VOICES[language])
        for number, some in enumerate(shards(said)):
            frames = [states.of(samples, language) for _, _, samples in some]
            np.savez(
                chosen.heard / f"{kind}-{language}-{number:03}.npz",
                frames=np.concatenate(frames),
                counts=[len(one) for one in frames],
                intents=[INTENTS.index(intent) for _, intent, _ in some],
                texts=np.array([text for text, _, _ in some]),
            )
            print(language, kind, number, flush=True)


def shards(said: Iterator[tuple[str, str, np.ndarray]]) -> Iterator[list[tuple[str, str, np.ndarray]]]:
    """Yield as many at a time as go into a file."""
    while some := list(islice(said, SHARD)):
        yield some


def lessons(folder: Path, kinds: Sequence[str], language: str, reader: Reader, table: np.ndarray) -> Lessons:
    """Return what was heard of some kinds; table: the words' vectors, a row each."""
    found = Lessons()
    names = usual_names(line for line, _ in marked_lines(f"{language}.txt"))
    for file in (file for kind in kinds for file in sorted(folder.glob(f"{kind}-{language}-*.npz"))):
        with np.load(file) as arrays:
            found.frames += np.split(arrays["frames"], np.cumsum(arrays["counts"])[:-1])
            found.intents += arrays["intents"].tolist()
            texts = arrays["texts"].tolist()
        for text in texts:
            words = words_of(text, names)
            shares = reader.read(words, language)
            found.taught.append(np.array([1 - sum(shares.values()), *shares.values()], np.float32))
            found.vectors.append(table[reader.rows(words, language)].mean(axis=0))
    return found


def vectors_of_words() -> np.ndarray:
    """Return the vectors of the second network, (rows, VECTOR) float32."""
    table: np.ndarray = exported(SHIPPED_READER).table.weight.detach().numpy()
    return table


def learn(chosen: argparse.Namespace) -> None:
    """Train, and say how many intents are right."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    reader, table = Reader.load(), vectors_of_words()
    given = {language: lessons(chosen.heard, ("said", "talk"), language, reader, table) for language in LANGUAGES}
    validation = {language: lessons(chosen.heard, ("validation",), language, reader, table) for language in LANGUAGES}
    network = Pooled()
    optimiser = torch.optim.AdamW(network.parameters(), chosen.rate, weight_decay=0.05)
    began, usual = time.monotonic(), 0.0
    for step in range(chosen.steps):
        for group in optimiser.param_groups:
            group["lr"] = chosen.rate * min(1, (step + 1) / WARM_UP_STEPS) * (1 - step / chosen.steps)
        loss = loss_of(network, given[LANGUAGES[step % len(LANGUAGES)]], rng)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        usual += (float(loss.detach()) - usual) * max(0.01, 1 / (step + 1))
        if step % 500 == 499:
            rows = [f"{language} {score(network, own)}" for language, own in validation.items()]
            print(f"step {step + 1}, {(time.monotonic() - began) / 60:.1f} min: loss {usual:.3f};", "; ".join(rows))
            torch.save(network.state_dict(), chosen.out)
    states = States()
    for language in LANGUAGES:
        print(language, dict(held_out(network, states, language)), flush=True)


def loss_of(network: Pooled, own: Lessons, rng: np.random.Generator) -> Tensor:
    """Return the loss of a batch of a language."""
    drawn = rng.choice(len(own.frames), min(LENGTHS * BATCH, len(own.frames)), replace=False)
    by_length = sorted(drawn, key=lambda place: len(own.frames[place]))
    places = np.array_split(by_length, LENGTHS)[rng.integers(LENGTHS)]
    frames, counts = batched([own.frames[place] for place in places])
    for row, count in zip(frames, counts.tolist(), strict=True):
        if rng.random() < 0.5:  # up to 280 ms are not heard
            first = int(rng.integers(count))
            row[first : first + int(rng.integers(1, 8))] = 0
    scores, vectors = network(frames, counts)
    intents = torch.tensor([own.intents[place] for place in places])
    taught = torch.tensor(np.array([own.taught[place] for place in places]))
    wanted = torch.tensor(np.array([own.vectors[place] for place in places]))
    true = F.cross_entropy(scores, intents, label_smoothing=0.05)
    read = -(taught * scores.log_softmax(1)).sum(1).mean()
    return (1 - TAUGHT) * true + TAUGHT * (read + F.mse_loss(vectors, wanted))


def score(network: Pooled, own: Lessons) -> str:
    """Return how many intents are right, and how many that mean nothing are taken for something from 0.5 on."""
    shares, intents = network.intents(own.frames), np.array(own.intents)
    best, asked = shares.argmax(axis=1), intents > 0
    taken = (best > 0) & (shares.max(axis=1) >= 0.5)
    return f"{(best == intents)[asked].sum()} of {asked.sum()}, others {taken[~asked].sum()} of {(~asked).sum()}"


def held_out(network: Pooled, states: States, language: Language) -> Counter[str]:
    """Count the intents of `benchmarks/paraphrases` that are right, whatever their probability."""
    counts: Counter[str] = Counter()
    for said, samples in clips(language):
        best = INTENTS[int(network.intents([states.of(samples, language)])[0].argmax())]
        if said.intent is None:
            counts["near, taken" if best != NONE else "near"] += 1
        else:
            counts["right" if best == said.intent else "none" if best == NONE else "wrong"] += 1
    return counts


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    hears = commands.add_parser("hear", help="write what the encoder makes of sentences")
    hears.add_argument("--language", choices=LANGUAGES, required=True)
    hears.add_argument("--most", type=int, default=12_000)
    learns = commands.add_parser("learn", help="train, and say how many intents are right")
    learns.add_argument("--out", type=Path, required=True)
    learns.add_argument("--steps", type=int, default=6000)
    learns.add_argument("--rate", type=float, default=1e-3)
    for command, run in ((hears, hear), (learns, learn)):
        command.add_argument("heard", type=Path)
        command.set_defaults(execute=run)
    execute(parser)


if __name__ == "__main__":
    main()
