"""The second network: from letters as the first one hears them to what is meant, where no template says it.

    python -m training.text.meaning data/meant.jsonl --each 50000
    python -m training.confusions data/confusions.npz --rooms data/rooms.npz --noise data/noise-synthetic
    python -m training.meaning data/meant.jsonl data/confusions.npz assistant/model/assets/meaning.onnx --minutes 40

It never hears audio while it learns: each sentence becomes what the first network would have made of it
(`training.confusions`), anew each time it is drawn.  On one core, no GPU.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from assistant.model.symbols import ALPHABET, LANGUAGES
from training.confusions import Confusions
from training.text.meaning import INTENTS, KINDS, NONE, Meant

TAGS = (NONE, *(f"{place}-{kind}" for kind in KINDS for place in ("B", "I")))
WIDTH = 96
HEADS = 4
DILATIONS = (1, 2, 4)
BATCH = 64
RATE = 2e-3
EXACT = 0.1
"""Share of the sentences that are heard without a mistake."""
_IGNORED = -100

Draw = Callable[[str, np.random.Generator], tuple[np.ndarray, np.ndarray]]


class Local(nn.Module):
    """What stands around each letter: a convolution beside the way through."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.convolution = nn.Conv1d(WIDTH, WIDTH, 5, padding=2 * dilation, dilation=dilation)
        self.dropout = nn.Dropout(0.1)

    def forward(self, state: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (sentences, letters, WIDTH); mask: (sentences, letters, 1), 1 where there is a letter."""
        heard = (self.norm(state) * mask).transpose(1, 2)
        return state + self.dropout(nn.functional.gelu(self.convolution(heard)).transpose(1, 2))


class Wide(nn.Module):
    """What stands anywhere in the sentence: attention, then each letter for itself."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.asked = nn.Linear(WIDTH, 3 * WIDTH)
        self.joined = nn.Linear(WIDTH, WIDTH)
        self.wider, self.back = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.dropout = nn.Dropout(0.1)

    def forward(self, state: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (sentences, letters, WIDTH)."""
        sentences, letters = state.shape[0], state.shape[1]
        parts = self.asked(self.before(state)).reshape(sentences, letters, 3, HEADS, WIDTH // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)  # each (sentences, heads, letters, width of a head)
        scores = query @ key.transpose(2, 3) * (WIDTH // HEADS) ** -0.5
        scores = scores + (mask.reshape(sentences, 1, 1, letters) - 1) * 1e4
        found = (scores.softmax(-1) @ value).transpose(1, 2).reshape(sentences, letters, WIDTH)
        state = state + self.dropout(self.joined(found))
        return state + self.dropout(self.back(nn.functional.gelu(self.wider(self.after(state)))))


class Reader(nn.Module):
    """Letters in, intent, tag of each letter and language out."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Linear(len(ALPHABET), WIDTH)
        self.local = nn.ModuleList(Local(dilation) for dilation in DILATIONS)
        self.wide = nn.ModuleList(Wide() for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)
        self.tags = nn.Linear(WIDTH, len(TAGS))
        self.whole = nn.Linear(2 * WIDTH, 2 * WIDTH)
        self.intents = nn.Linear(2 * WIDTH, len(INTENTS))
        self.languages = nn.Linear(2 * WIDTH, len(LANGUAGES))
        self.dropout = nn.Dropout(0.2)

    def forward(self, letters: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return log-probabilities of intents, tags and languages.

        letters: (sentences, letters, symbols) shares, the blank left out; mask: (sentences, letters, 1).
        """
        state = self.letters(letters)
        for layer in self.local:
            state = layer(state, mask)
        for layer in self.wide:
            state = layer(state, mask)
        state = self.norm(state)
        mean = (state * mask).sum(1) / mask.sum(1)
        most = (state + (mask - 1) * 1e4).amax(1)
        whole = self.dropout(nn.functional.gelu(self.whole(torch.cat([mean, most], -1))))
        intents, languages = self.intents(whole), self.languages(whole)
        return intents.log_softmax(-1), self.tags(state).log_softmax(-1), languages.log_softmax(-1)


class Exported(nn.Module):
    """The reader as it is shipped: one sentence, every letter of it there."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, letters: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """letters: (letters, symbols)."""
        intents, tags, languages = self.reader(letters[None], torch.ones_like(letters[None, :, :1]))
        return intents[0], tags[0], languages[0]


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences side by side, padded at their ends."""

    letters: torch.Tensor
    mask: torch.Tensor
    intents: torch.Tensor
    tags: torch.Tensor
    languages: torch.Tensor


def read_meant(file: Path) -> list[Meant]:
    """Return the sentences that `training.text.meaning` wrote."""
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [
        Meant(row["text"], row["language"], row["intent"], tuple((a, b, kind) for a, b, kind in row["slots"]))
        for row in rows
    ]


def tags_of(meant: Meant) -> np.ndarray:
    """Return the tag of each letter of the text, (letters,) int."""
    tags = np.zeros(len(meant.text), int)
    for begin, end, kind in meant.slots:
        tags[begin:end] = TAGS.index(f"I-{kind}")
        tags[begin] = TAGS.index(f"B-{kind}")
    return tags


def collate(sentences: Sequence[Meant], draws: dict[str, Draw], rng: np.random.Generator) -> Batch:
    """Return sentences as they may be heard."""
    rows, tags = [], []
    for meant in sentences:
        if rng.random() < EXACT:
            symbols = [ALPHABET.index(letter) for letter in meant.text]
            heard, origin = np.eye(len(ALPHABET), dtype=np.float32)[symbols], np.arange(len(symbols))
        else:
            heard, origin = draws[meant.language](meant.text, rng)
        if not len(heard):
            heard, origin = np.eye(len(ALPHABET), dtype=np.float32)[:1], np.zeros(1, int)
        own = tags_of(meant)[origin]
        own[1:][(origin[1:] == origin[:-1]) & (own[1:] % 2 == 1)] += 1  # the second sound of a first letter is inside
        rows.append(heard)
        tags.append(own)
    longest = max(map(len, rows))
    letters = np.zeros((len(rows), longest, len(ALPHABET)), np.float32)
    mask = np.zeros((len(rows), longest, 1), np.float32)
    labels = np.full((len(rows), longest), _IGNORED)
    for number, (heard, own) in enumerate(zip(rows, tags, strict=True)):
        letters[number, : len(heard)], mask[number, : len(heard)], labels[number, : len(heard)] = heard, 1, own
    return Batch(
        torch.from_numpy(letters),
        torch.from_numpy(mask),
        torch.tensor([INTENTS.index(one.intent) for one in sentences]),
        torch.from_numpy(labels),
        torch.tensor([LANGUAGES.index(one.language) for one in sentences]),
    )


def loss_of(reader: Reader, batch: Batch) -> torch.Tensor:
    """Return the loss of a batch, a scalar."""
    intents, tags, languages = reader(batch.letters, batch.mask)
    tag_loss = nn.functional.nll_loss(tags.transpose(1, 2), batch.tags, ignore_index=_IGNORED)
    intent_loss = nn.functional.cross_entropy(intents, batch.intents, label_smoothing=0.05)
    loss: torch.Tensor = intent_loss + tag_loss + 0.2 * nn.functional.nll_loss(languages, batch.languages)
    return loss


def train(
    meant: Sequence[Meant], draws: dict[str, Draw], *, minutes: float, steps: int | None = None, seed: int = 1
) -> Reader:
    """Return a reader trained for some minutes (or steps), its learning rate falling to zero over them."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    reader = Reader()
    optimizer = torch.optim.AdamW(reader.parameters(), lr=RATE, weight_decay=0.02)
    lengths = np.array([len(one.text) for one in meant])
    began, step, mean = time.monotonic(), 0, 0.0
    done = 0.0
    reader.train()
    while done < 1:
        # Sentences of about one length: of a few batches' worth, sorted, one batch.
        drawn = rng.integers(len(meant), size=8 * BATCH)
        drawn = drawn[np.argsort(lengths[drawn], kind="stable")].reshape(8, BATCH)
        for row in rng.permutation(8):
            done = step / steps if steps else (time.monotonic() - began) / 60 / minutes
            if done >= 1:
                break
            rate = RATE * min(1.0, (step + 1) / 100) * (1 - done)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = loss_of(reader, collate([meant[index] for index in drawn[row]], draws, rng))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimizer.step()
            step += 1
            mean += (float(loss.detach()) - mean) * max(0.01, 1 / step)
            if step % 100 == 0:
                print(f"step {step}, {(time.monotonic() - began) / 60:.1f} min: loss {mean:.3f}", flush=True)
    return reader.eval()


def evaluate(reader: Reader, meant: Sequence[Meant], draws: dict[str, Draw]) -> str:
    """Return, by language, the share of right intents, of all tags right too, and of what means nothing let through."""
    rng = np.random.default_rng(0)
    lines = []
    for language in LANGUAGES:
        own = [one for one in meant if one.language == language]
        right = whole = commands = taken = others = 0
        for start in range(0, len(own), BATCH):
            part = own[start : start + BATCH]
            batch = collate(part, draws, rng)
            with torch.no_grad():
                intents, tags, _ = reader(batch.letters, batch.mask)
            found = intents.argmax(-1)
            is_command = batch.intents != 0
            all_tags = ((tags.argmax(-1) == batch.tags) | (batch.tags == _IGNORED)).all(1)
            hit = (found == batch.intents) & is_command
            right, whole = right + int(hit.sum()), whole + int((hit & all_tags).sum())
            commands, others = commands + int(is_command.sum()), others + int((~is_command).sum())
            taken += int(((found != 0) & ~is_command).sum())
        lines.append(
            f"{language}: intents {100 * right / max(1, commands):.1f} %, "
            f"with all slots {100 * whole / max(1, commands):.1f} % of {commands}; "
            f"taken of what means nothing {100 * taken / max(1, others):.1f} % of {others}"
        )
    return "\n".join(lines)


def export(reader: Reader, target: Path) -> None:
    """Write the reader, its matrices in int8, with what its outputs mean as metadata."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        whole, part = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        torch.onnx.export(
            Exported(reader.eval()),
            (torch.rand(20, len(ALPHABET)),),
            str(whole),
            input_names=["letters"],
            output_names=["intents", "tags", "languages"],
            dynamic_axes={"letters": {0: "letters"}, "tags": {0: "letters"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            whole, part, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8
        )
        model = onnx.load(part)
        about = {"alphabet": ALPHABET, "intents": " ".join(INTENTS), "tags": " ".join(TAGS)}
        onnx.helper.set_model_props(model, about)
        onnx.save(model, part)
        part.replace(target)


def main() -> None:
    """Train, evaluate and export."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("meant", type=Path)
    parser.add_argument("confusions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=40)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    meant = read_meant(chosen.meant)
    confusions = Confusions.load(chosen.confusions)
    draws = {language: confusions.drawer(language) for language in LANGUAGES}
    kept = max(3, len(meant) // 100)
    reader = train(meant[:-kept], draws, minutes=chosen.minutes)
    print(evaluate(reader, meant[-kept:], draws))
    export(reader, chosen.out)


if __name__ == "__main__":
    main()
