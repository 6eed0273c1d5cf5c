"""Utterances for the GPU: clips drawn by language and source, joined, heard in rooms and noise a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from assistant.model import symbols
from assistant.model.features import SAMPLE_RATE_HZ
from training.data import draw_allowed, told
from training.gpu import hear as hearing
from training.gpu.sounds import Group, Sounds

LANGUAGES = {"en": 0.5, "es": 0.24, "fr": 0.26}
KOKORO_SHARE = {"en": 0.45, "es": 0.52, "fr": 0.48}
KOKORO_ENOUGH_S = 5400
"""With less of a language it is drawn more rarely, lest it be learned by heart."""
JOINED, NOBODY, FOREIGN = 0.33, 0.04, 0.4
LONGEST_S = 14.7
POOL_S = 5.0
"""Batches of like lengths are made of so many batches' worth of utterances."""


@dataclass(slots=True)
class Utterance:
    """What is said in one row of a batch, before it is heard."""

    clips: list[tuple[int, int]]
    """Start and samples of each."""
    before: int
    gaps: list[int]
    after: int
    factor: float
    letters: list[int]
    meaning: list[int]
    is_meant: bool
    """Whether what is meant is known."""
    allowed: list[float]
    nobody: bool = False

    @property
    def samples(self) -> int:
        """Of the heard row."""
        said = sum(samples for _, samples in self.clips) + sum(self.gaps) + self.before + self.after
        return int(said * self.factor)


@dataclass(frozen=True, slots=True)
class Heard:
    """A batch on the device: features of two hearings, and what is to be spelled."""

    views: list[tuple[Tensor, Tensor]]
    targets: Tensor
    target_lengths: Tensor
    allowed: Tensor
    is_meant: Tensor
    audio_s: float


class Drawing:
    """Draws utterances out of the sounds."""

    def __init__(self, sounds: Sounds, *, language: str | None, seed: int) -> None:
        self._sounds = sounds
        self._rng = np.random.default_rng(seed)
        self._languages = {language: 1.0} if language else LANGUAGES
        self._shares: dict[str, tuple[list[Group], np.ndarray]] = {}

    def refresh(self) -> None:
        """Take new clips into account."""
        for language in self._languages:
            groups = {name: group for name, group in self._sounds.groups[language].items() if name != "foreign"}
            weights = {name: group.share * len(group.starts) ** 0.5 for name, group in groups.items()}
            weights.pop("kokoro", None)
            kokoro = groups.get("kokoro")
            share = KOKORO_SHARE[language] * min(1.0, kokoro.seconds / KOKORO_ENOUGH_S) if kokoro else 0.0
            total = sum(weights.values())
            chances = [share if name == "kokoro" else (1 - share) * weights[name] / total for name in groups]
            self._shares[language] = (list(groups.values()), np.cumsum(chances))

    def batches(self, *, batch_s: float) -> Iterator[list[Utterance]]:
        """Yield lists of utterances of like lengths, without end."""
        while True:
            self.refresh()
            drawn: list[Utterance] = []
            total = 0.0
            while total < POOL_S * batch_s:
                utterance = self._draw()
                if 0.2 * SAMPLE_RATE_HZ < utterance.samples < LONGEST_S * SAMPLE_RATE_HZ:
                    drawn.append(utterance)
                    total += utterance.samples / SAMPLE_RATE_HZ
            drawn.sort(key=lambda one: one.samples)
            cut: list[list[Utterance]] = [[]]
            for one in drawn:
                if cut[-1] and (len(cut[-1]) + 1) * one.samples > batch_s * SAMPLE_RATE_HZ:
                    cut.append([])
                cut[-1].append(one)
            for place in self._rng.permutation(len(cut)):
                yield cut[place]

    def _draw(self) -> Utterance:
        rng = self._rng
        language = str(rng.choice(list(self._languages), p=np.array(list(self._languages.values()))))
        allowed = told(draw_allowed(language, rng=rng)) if len(self._languages) > 1 else told([language])
        before, after, cut = self._pads()
        factor = float(rng.uniform(0.86, 1.16)) if rng.random() < 0.8 else 1.0
        if rng.random() < NOBODY:
            foreign = self._sounds.groups["en"].get("foreign")
            if foreign and rng.random() < FOREIGN:
                place = int(rng.integers(len(foreign.starts)))
                clip = (foreign.starts[place], foreign.samples[place])
                return Utterance([clip], before, [0], after, factor, [], [], True, allowed)
            silence = int(rng.uniform(0.5, 8) * SAMPLE_RATE_HZ)
            return Utterance([], silence, [], 0, 1.0, [], [], True, allowed, nobody=True)
        group = self._group(language)
        places = [(group, int(rng.integers(len(group.starts))))]
        if rng.random() < JOINED:
            longest = rng.uniform(4, 11.5) * SAMPLE_RATE_HZ
            samples = group.samples[places[0][1]]
            while len(places) < 8:
                other, place = self._following(language, *places[0])
                samples += other.samples[place]
                if samples > longest:
                    break
                places.append((other, place))
        gaps = [int(rng.exponential(0.1) * SAMPLE_RATE_HZ) if len(places) > 1 else 0 for _ in places]
        letters: list[int] = []
        meaning: list[int] = []
        for one, place in places:
            space = symbols.encode(" ") if letters else []
            letters += [*space, *one.targets[place]]
            meaning += [*space, *one.meanings[place]]
        clips = [(one.starts[place] + cut, max(800, one.samples[place] - 2 * cut)) for one, place in places]
        is_meant = all(one.is_meant[place] for one, place in places)
        return Utterance(clips, before, gaps, after, factor, letters, meaning, is_meant, allowed)

    def _group(self, language: str) -> Group:
        groups, ends = self._shares[language]
        return groups[min(int(np.searchsorted(ends, self._rng.random() * ends[-1], side="right")), len(groups) - 1)]

    def _following(self, language: str, group: Group, place: int) -> tuple[Group, int]:
        if self._rng.random() < 0.75:
            same = group.by_speaker[group.speakers[place]]
            return group, same[int(self._rng.integers(len(same)))]
        other = self._group(language)
        return other, int(self._rng.integers(len(other.starts)))

    def _pads(self) -> tuple[int, int, int]:
        rng = self._rng
        if rng.random() < 0.12:
            return 0, 0, int(0.05 * SAMPLE_RATE_HZ)
        longest_s = 1.0 if rng.random() < 0.15 else 0.5
        before, after = (rng.uniform(0, longest_s, 2) * (rng.random(2) < 0.85) * SAMPLE_RATE_HZ).astype(int)
        return int(before), int(after), 0


def assembled(batch: list[Utterance], *, sounds: Sounds, device: torch.device) -> Tensor:
    """Return the clips of each utterance with their pauses, (rows, samples) float32."""
    said = max(int(one.samples / one.factor) for one in batch) + 1
    wave = torch.zeros(len(batch), said, device=device)
    for slot in range(max(len(one.clips) for one in batch)):
        rows = [row for row, one in enumerate(batch) if len(one.clips) > slot]
        offsets = [
            one.before + sum(samples for _, samples in one.clips[:slot]) + sum(one.gaps[:slot])
            for one in (batch[row] for row in rows)
        ]
        clips = torch.tensor([batch[row].clips[slot] for row in rows], device=device)
        place = torch.arange(said, device=device)[None] - torch.tensor(offsets, device=device)[:, None]
        wave[torch.tensor(rows, device=device)] += sounds.gather(clips[:, 0], clips[:, 1], place=place)
    return wave


def heard(batch: list[Utterance], *, sounds: Sounds, ear: hearing.Ear, device: torch.device, views: int) -> Heard:
    """Return what `views` microphones make of the utterances."""
    wave = assembled(batch, sounds=sounds, device=device)
    lengths = torch.tensor([one.samples for one in batch], device=device)
    samples = -(-int(lengths.max()) // 5120) * 5120 + 80  # frames in multiples of 32
    factor = torch.tensor([one.factor for one in batch], device=device)
    wave = hearing.stretched(wave, factor=factor, samples=samples, ear=ear)
    wave = wave * (torch.arange(samples, device=device)[None] < lengths[:, None])
    nobody = torch.tensor([one.nobody for one in batch], device=device)
    found = []
    for _ in range(views):
        one_wave = hearing.hear(wave, lengths=lengths, ear=ear, sounds=sounds, nobody=nobody)
        mels, counts = hearing.features(one_wave, lengths=lengths, ear=ear)
        found.append((hearing.masked(mels, counts=counts), counts))
    return Heard(
        found,
        torch.tensor([symbol for one in batch for symbol in one.letters], dtype=torch.int64),
        torch.tensor([len(one.letters) for one in batch]),
        torch.tensor([one.allowed for one in batch], device=device),
        torch.tensor([one.is_meant for one in batch], device=device),
        float(lengths.sum()) / SAMPLE_RATE_HZ,
    )


def with_meaning(batch: list[Utterance], said: Heard) -> Heard:
    """Return the same with what is meant to be spelled too."""
    return replace(
        said,
        targets=torch.tensor([symbol for one in batch for symbol in one.meaning], dtype=torch.int64),
        target_lengths=torch.tensor([len(one.meaning) for one in batch]),
    )
