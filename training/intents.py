"""What is meant, out of the encoder's own states: the network's `intents` learn, all else of it stays as it is.

    for language in en es fr; do python -m training.intents hear HEARD --language $language; done
    python -m training.intents learn HEARD --out weights.pt

The encoder hears sentences without a template (`training/text/said`) and talk that asks for nothing, spoken by quick
voices in noise; what it makes of them is kept on disk at 40 ms a frame, 65 kB a sentence.  Beside the intents, those
that the second network reads in the words as they are written are learned, and what these words mean in the mean.
Printed are the intents that are right of the validation sentences, as training voices say them;
`python -m benchmarks.paraphrases --only signal` says how many are of the held-out ones.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.model import SHIPPED, Model, Reader
from assistant.model.reader import SHIPPED_READER
from assistant.model.symbols import LANGUAGES
from training.heard import VOICES, spoken
from training.meaning import WIDTH as VECTOR
from training.meaning import exported
from training.meanings import INTENTS, NONE
from training.muon import Muon
from training.network import INTENT_WIDTH, STATE, WIDTH, Intents, paired
from training.text.meaning import kept_lines, marked_lines, talk, usual_names, words_of
from training.train import commit, write_into_place
from training.upper import execute, started

BATCH = 64
LENGTHS = 4
"""Batches are cut by length out of so many times their size."""
WARM_UP_STEPS = 100
RATE, MATRIX_RATE = 1e-3, 1.5e-3
SHARD = 500
SOME = 2000
"""Utterances a language whose states are averaged."""
TALK = 2500
"""Sentences of talk a language."""
ALONE = 0.7
"""Share of the sentences before which the network is told their language."""
TAUGHT = 0.5
"""Weight of the second network's intents against the true ones, and of the words' mean vector beside both."""


class States:
    """The shipped network, which tells its last states beside the symbols."""

    def __init__(self) -> None:
        graph = onnx.load(SHIPPED)
        last = next(node for node in graph.graph.node if "encoder.norm.weight" in node.input).output[0]
        graph.graph.output.append(onnx.helper.make_tensor_value_info(last, onnx.TensorProto.FLOAT, ["frames", WIDTH]))
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.x64quantprecision", "1")
        self._told = Telling(ort.InferenceSession(graph.SerializeToString(), options), last)
        self._model = Model(self._told, metadata=Model.load().metadata)

    def of(self, samples: np.ndarray, languages: Sequence[str]) -> np.ndarray:
        """Return (frames of 40 ms, STATE) float16 of (samples,) int16, less than 15 s."""
        symbols = self._model.posteriors(samples, languages=languages).symbols
        found: np.ndarray = paired(torch.from_numpy(self._told.states), torch.from_numpy(symbols)).numpy()
        return found.astype(np.float16)


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


class Student(nn.Module):
    """The network's `intents`, and what they learn beside: the words' mean vector."""

    def __init__(self, intents: Intents) -> None:
        super().__init__()
        self.intents = intents
        self.words = nn.Linear(INTENT_WIDTH, VECTOR)

    def forward(self, states: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores of the intents and the words' mean vector; arguments as of `Intents`."""
        scores, inner = self.intents(states, counts)
        return scores, self.words(inner)


@dataclass(slots=True)
class Lessons:
    """Utterances of a language and what there is to learn from each."""

    frames: list[np.ndarray] = field(default_factory=list)
    intents: list[int] = field(default_factory=list)
    taught: list[np.ndarray] = field(default_factory=list)
    """Probabilities that the second network reads in the words, (INTENTS,) each."""
    vectors: list[np.ndarray] = field(default_factory=list)
    """Mean of the words' vectors, (VECTOR,) each."""


@torch.no_grad()
def shares(intents: Intents, frames: Sequence[np.ndarray]) -> np.ndarray:
    """Return (utterances, INTENTS) probabilities."""
    was_training = intents.training
    intents.eval()
    found = [intents(*batched(frames[at : at + BATCH]))[0].softmax(1) for at in range(0, len(frames), BATCH)]
    intents.train(was_training)
    return torch.cat(found).numpy()


def batched(frames: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Return (utterances, frames, STATE) float32, zero behind the ends, and the frames of each."""
    counts = torch.tensor([len(one) for one in frames])
    rows = torch.zeros(len(frames), int(counts.max()), STATE)
    for row, one in zip(rows, frames, strict=True):
        row[: len(one)] = torch.from_numpy(one.astype(np.float32))
    return rows, counts


def hear(chosen: argparse.Namespace) -> None:
    """Write the states of what is learned from, and of the validation sentences."""
    language, states, draw = chosen.language, States(), Random(11)
    lines = kept_lines(f"{language}.txt", language)
    kinds = {
        "said": [line for _ in range(chosen.voices) for line in draw.sample(lines, len(lines))][: chosen.most],
        "talk": [(" ".join(one.words), NONE) for one in talk(language, draw, sentences=TALK)][: chosen.most],
        "validation": kept_lines(f"validation.{language}.txt", language),
    }
    chosen.heard.mkdir(parents=True, exist_ok=True)
    for kind, texts in kinds.items():
        said = spoken(texts, language, draw, voices=VOICES[language])
        for number, some in enumerate(shards(said)):
            frames = [states.of(samples, [language] if draw.random() < ALONE else []) for _, _, samples in some]
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
            read = reader.read(words, language)
            found.taught.append(np.array([1 - sum(read.values()), *read.values()], np.float32))
            found.vectors.append(table[reader.rows(words, language)].mean(axis=0))
    return found


def vectors_of_words() -> np.ndarray:
    """Return the vectors of the second network, (rows, VECTOR) float32."""
    table: np.ndarray = exported(SHIPPED_READER).table.weight.detach().numpy()
    return table


def learn(chosen: argparse.Namespace) -> None:
    """Train, say how many intents are right, and write the whole network's weights."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    reader, table = Reader.load(), vectors_of_words()
    given = {language: lessons(chosen.heard, ("said", "talk"), language, reader, table) for language in LANGUAGES}
    validation = {language: lessons(chosen.heard, ("validation",), language, reader, table) for language in LANGUAGES}
    network = started(SHIPPED)
    if not chosen.further:
        network.intents = begun(given.values())
    student = Student(network.intents)
    optimisers = optimisers_of(student)
    began, usual = time.monotonic(), 0.0
    for step in range(chosen.steps):
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["top"] * min(1, (step + 1) / WARM_UP_STEPS) * (1 - step / chosen.steps)
        loss = loss_of(student, given[LANGUAGES[step % len(LANGUAGES)]], rng)
        student.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        usual += (float(loss.detach()) - usual) * max(0.01, 1 / (step + 1))
        if step % 500 == 499:
            rows = [f"{language} {score(network.intents, own)}" for language, own in validation.items()]
            minutes = (time.monotonic() - began) / 60
            print(f"step {step + 1}, {minutes:.1f} min: loss {usual:.3f};", "; ".join(rows), flush=True)
    about = {"step": int(Model.load().metadata["steps"]), "commit": commit()}
    date = datetime.now().astimezone().date().isoformat()
    write_into_place(about | {"date": date, "average": network.state_dict()}, chosen.out)


def optimisers_of(student: Student) -> list[torch.optim.Optimizer]:
    """Return what trains the matrices inside, and what trains all else; `top` is the highest rate of each."""
    inside = [
        parameter
        for layer in (student.intents.enter, *student.intents.layers, student.intents.inner)
        for parameter in layer.parameters()
        if parameter.dim() == 2
    ]
    known = set(map(id, inside))
    others = [parameter for parameter in student.parameters() if id(parameter) not in known]
    found = [Muon(inside, MATRIX_RATE), torch.optim.AdamW(others, RATE, weight_decay=0.05)]
    for optimiser in found:
        for group in optimiser.param_groups:
            group["top"] = group["lr"]
    return found


def begun(given: Iterable[Lessons]) -> Intents:
    """Return intents that know nothing but how large the states are."""
    some = np.concatenate([np.concatenate(own.frames[:SOME]).astype(np.float32) for own in given])
    intents = Intents()
    intents.mean.copy_(torch.from_numpy(some.mean(axis=0)))
    intents.deviation.copy_(torch.from_numpy(some.std(axis=0) + 1e-3))
    return intents


def loss_of(student: Student, own: Lessons, rng: np.random.Generator) -> Tensor:
    """Return the loss of a batch of a language."""
    drawn = rng.choice(len(own.frames), min(LENGTHS * BATCH, len(own.frames)), replace=False)
    by_length = sorted(drawn, key=lambda place: len(own.frames[place]))
    places = np.array_split(by_length, LENGTHS)[rng.integers(LENGTHS)]
    frames, counts = batched([own.frames[place] for place in places])
    for row, count in zip(frames, counts.tolist(), strict=True):
        if rng.random() < 0.5:  # up to 280 ms are not heard
            first = int(rng.integers(count))
            row[first : first + int(rng.integers(1, 8))] = student.intents.mean
    scores, vectors = student(frames, counts)
    intents = torch.tensor([own.intents[place] for place in places])
    taught = torch.tensor(np.array([own.taught[place] for place in places]))
    wanted = torch.tensor(np.array([own.vectors[place] for place in places]))
    true = F.cross_entropy(scores, intents, label_smoothing=0.05)
    read = -(taught * scores.log_softmax(1)).sum(1).mean()
    return (1 - TAUGHT) * true + TAUGHT * (read + F.mse_loss(vectors, wanted))


def score(intents: Intents, own: Lessons) -> str:
    """Return how many intents are right, and how many that mean nothing are taken for something from 0.5 on."""
    found, true = shares(intents, own.frames), np.array(own.intents)
    best, asked = found.argmax(axis=1), true > 0
    taken = (best > 0) & (found.max(axis=1) >= 0.5)
    return f"{(best == true)[asked].sum()} of {asked.sum()}, others {taken[~asked].sum()} of {(~asked).sum()}"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    hears = commands.add_parser("hear", help="write what the encoder makes of sentences")
    hears.add_argument("--language", choices=LANGUAGES, required=True)
    hears.add_argument("--voices", type=int, default=2, help="times that a sentence is said")
    hears.add_argument("--most", type=int, help="sentences of a kind; all of them by default")
    learns = commands.add_parser("learn", help="train, and say how many intents are right")
    learns.add_argument("--out", type=Path, required=True)
    learns.add_argument("--further", action="store_true", help="go on from the intents that are shipped")
    learns.add_argument("--steps", type=int, default=7200)
    for command, run in ((hears, hear), (learns, learn)):
        command.add_argument("heard", type=Path)
        command.set_defaults(execute=run)
    execute(parser)


if __name__ == "__main__":
    main()
