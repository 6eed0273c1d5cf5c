"""Batches for training: clips drawn by language and weight, joined, augmented, turned into features.

Clip sets may grow while this runs (see `clips`): the indexes are read again every few minutes.  Batch n of group g is
decided by the seed, g and the sets alone, so that a resumed run sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from assistant.model import symbols
from assistant.model.features import MELS, SAMPLE_RATE_HZ, log_mel
from training import augment
from training.clips import Clip, read_index, read_samples
from training.rooms import read_bank

log = logging.getLogger(__name__)

LONGEST_SAMPLES = 15 * SAMPLE_RATE_HZ - 400
SIZE_FRAMES = 50
REREAD_S = 180
FOREIGN = "noise-foreign-speech"
"""Sets of this beginning hold speech of other languages, with empty texts: nothing is to be written down."""
FOREIGN_SHARE = 0.4
"""Share of foreign speech among the utterances in which nobody says anything to write down."""
HELD_OUT = frozenset(
    ["slt", "bdl", "em_alex", "pm_alex", "af_nova", "am_onyx", "bf_alice", "bm_lewis", "if_sara", "jm_kumo"]
)
"""Voices that only tests may hear."""


@dataclass(frozen=True)
class DataConfig:
    """What is drawn, and how often."""

    root: Path
    """Folder of the clip sets, and of `rooms.npz`."""
    weights: str = (
        "kokoro=3 real=2.5 real-speechocean=0.8 hibari=1.2 rhvoice=1.5 piper=1.5 pico=0.6 flite=0.7 festival=0.5 "
        "espeak=0.35"
    )
    """How often a clip is drawn, by the beginning of its set's name; the longest beginning counts, others are 1."""
    languages: str = "en=0.55 es=0.22 fr=0.23"
    """Share of each language among the utterances."""
    joined: float = 0.33
    """Share of utterances that are several clips, up to 14 s long."""
    nobody: float = 0.04
    """Share of utterances in which nobody speaks."""
    batch_s: float = 55
    """Seconds of audio in a batch, padding included."""
    ramp_groups: int = 120
    """In the first so many groups noise rises to its full level."""
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance as the network hears it."""

    features: np.ndarray
    """(frames, MELS) float32"""
    target: list[int]
    """Its symbols."""
    languages: Collection[str] = symbols.LANGUAGES
    """Those that may be spoken as far as the network is told."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded utterances, and which batch of the run they are."""

    features: Tensor
    """(utterances, frames, MELS) float32, zero beyond the end."""
    frames: Tensor
    """(utterances,) int64"""
    targets: Tensor
    """All symbols one after the other, (symbols,) int64."""
    target_lengths: Tensor
    """(utterances,) int64"""
    languages: Tensor
    """(utterances, LANGUAGES) float32, 1 for the languages that may be spoken as far as the network is told."""
    group: int
    number: int


class Pool:
    """The clips of all sets under a folder as they are now."""

    def __init__(self, root: Path, *, weights: dict[str, float]) -> None:
        self._root = root
        self._weights = weights
        self._sizes: dict[Path, int] = {}
        self._read_at = 0.0
        self.foreign: list[Clip] = []
        self._noises: list[list[Clip]] = []  # by set
        self._spoken: dict[str, list[Clip]] = {}
        self._ends: dict[str, np.ndarray] = {}  # running sums of the weights, for drawing
        self._by_speaker: dict[tuple[str, str], list[Clip]] = {}
        self.refresh()

    @property
    def languages(self) -> set[str]:
        """Languages of which there is any clip."""
        return set(self._spoken)

    def refresh(self) -> None:
        """Read the indexes again if they grew."""
        self._read_at = time.monotonic()
        sizes = {
            path.parent: (path.parent / "index.jsonl").stat().st_size
            for path in sorted(self._root.glob("*/samples.i16"))
        }
        if sizes == self._sizes:
            return
        self._sizes = sizes
        clips = [clip for folder in sizes for clip in read_or_leave(folder)]
        usable = [clip for clip in clips if is_usable(clip)]
        noises: dict[Path, list[Clip]] = {}
        for clip in usable:
            if not clip.text:
                noises.setdefault(clip.folder, []).append(clip)
        self.foreign = [clip for folder, some in noises.items() if folder.name.startswith(FOREIGN) for clip in some]
        self._noises = [some for folder, some in noises.items() if not folder.name.startswith(FOREIGN)]
        self._spoken, self._ends, self._by_speaker = {}, {}, {}
        for clip in usable:
            if clip.text:
                self._spoken.setdefault(clip.language, []).append(clip)
                self._by_speaker.setdefault((clip.language, clip.speaker), []).append(clip)
        for language, spoken in self._spoken.items():
            self._ends[language] = np.cumsum([self._weight(clip.folder.name) for clip in spoken])
        counts = {language: len(spoken) for language, spoken in sorted(self._spoken.items())}
        log.info("clips %s, sets of noise %d, unusable %d", counts, len(noises), len(clips) - len(usable))

    def refresh_when_old(self) -> None:
        """Read the indexes again a few minutes after the last time."""
        if time.monotonic() - self._read_at > REREAD_S:
            self.refresh()

    def draw(self, language: str, *, rng: np.random.Generator) -> Clip:
        """Return a clip of `language`, drawn by weight."""
        ends = self._ends[language]
        return self._spoken[language][int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))]

    def draw_noise(self, rng: np.random.Generator) -> np.ndarray:
        """Return at most 15 s of a noise, (samples,) int16, small sets oftener than by their size; hiss if none."""
        if not self._noises:
            return (1000 * rng.standard_normal(LONGEST_SAMPLES)).astype(np.int16)
        shares = np.sqrt([len(clips) for clips in self._noises])
        clips = self._noises[rng.choice(len(self._noises), p=shares / shares.sum())]
        clip = clips[rng.integers(len(clips))]
        if clip.samples > LONGEST_SAMPLES:
            start = clip.start + int(rng.integers(clip.samples - LONGEST_SAMPLES))
            clip = dataclasses.replace(clip, start=start, samples=LONGEST_SAMPLES)
        return read_samples(clip)

    def draw_alike(self, clip: Clip, *, rng: np.random.Generator) -> Clip:
        """Return a clip to follow `clip`: usually of the same speaker, always of the same language."""
        if rng.random() < 0.75:
            same = self._by_speaker[clip.language, clip.speaker]
            return same[rng.integers(len(same))]
        return self.draw(clip.language, rng=rng)

    def _weight(self, name: str) -> float:
        beginnings = [beginning for beginning in self._weights if name.startswith(beginning)]
        return self._weights[max(beginnings, key=len)] if beginnings else 1.0


class Batches(IterableDataset[Batch]):
    """Endless batches from batch `number` of group `group` on."""

    def __init__(self, config: DataConfig, *, group: int = 0, number: int = 0) -> None:
        super().__init__()
        self._config = config
        self._first = (group, number)

    def __iter__(self) -> Iterator[Batch]:
        config = self._config
        pool = Pool(config.root, weights=parse_shares(config.weights))
        rooms = config.root / "rooms.npz"
        where = augment.Surroundings(
            rooms=read_bank(rooms) if rooms.exists() else [],
            draw_noise=pool.draw_noise,
            draw_speech=lambda rng: read_samples(pool.draw(draw_language(pool, config, rng=rng), rng=rng)),
        )
        group, skipped = self._first
        while True:
            pool.refresh_when_old()
            for number, batch in enumerate(make_group(pool, where, config, group=group)):
                if number >= skipped:
                    yield batch
            group, skipped = group + 1, 0


def make_group(pool: Pool, where: augment.Surroundings, config: DataConfig, *, group: int) -> list[Batch]:
    """Return some batches of utterances of like length, in random order."""
    rng = np.random.default_rng([config.seed, group])
    severity = min(1.0, group / config.ramp_groups) if config.ramp_groups else 1.0
    most_frames = int(config.batch_s * 100)
    utterances: list[Heard] = []
    frames = 0
    while frames < 10 * most_frames:
        utterance = make_utterance(pool, where, config, rng=rng, severity=severity)
        utterances.append(utterance)
        frames += len(utterance.features)
    utterances.sort(key=lambda utterance: len(utterance.features))
    batches: list[list[Heard]] = [[]]
    for utterance in utterances:
        if batches[-1] and (len(batches[-1]) + 1) * len(utterance.features) > most_frames:
            batches.append([])
        batches[-1].append(utterance)
    order = rng.permutation(len(batches))
    return [collate(batches[place], group=group, number=number) for number, place in enumerate(order)]


def make_utterance(
    pool: Pool, where: augment.Surroundings, config: DataConfig, *, rng: np.random.Generator, severity: float
) -> Heard:
    """Return one utterance that the network can spell."""
    while True:
        language = draw_language(pool, config, rng=rng)
        if rng.random() < config.nobody:
            text = ""
            if pool.foreign and rng.random() < FOREIGN_SHARE:
                speech = read_samples(pool.foreign[rng.integers(len(pool.foreign))])
                heard = augment.hear(speech, rng=rng, where=where, severity=severity)
            else:
                heard = augment.hear_nobody(rng=rng, where=where)
        else:
            speech, text = draw_speech(pool, config, language=language, rng=rng)
            heard = augment.hear(speech, rng=rng, where=where, severity=severity)
        features = log_mel(heard[:LONGEST_SAMPLES])
        target = symbols.encode(text)
        # Speech cut at 15 s, or spoken faster than CTC can spell it, has no right target.
        if len(heard) <= LONGEST_SAMPLES and fits(target, output_frames=(len(features) + 1) // 2):
            return Heard(augment.mask(features, rng=rng), target, draw_allowed(language, rng=rng))


def draw_speech(pool: Pool, config: DataConfig, *, language: str, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """Return one clip or several joined ones, (samples,) int16, and the normalized text."""
    clip = pool.draw(language, rng=rng)
    clips = [clip]
    if rng.random() < config.joined:
        longest = rng.uniform(4, 11.5) * SAMPLE_RATE_HZ
        samples = clip.samples
        while True:
            following = pool.draw_alike(clip, rng=rng)
            samples += following.samples
            if samples > longest:
                break
            clips.append(following)
    parts: list[np.ndarray] = []
    for clip in clips:
        part = read_samples(clip)
        gap = np.zeros(int(rng.exponential(0.1) * SAMPLE_RATE_HZ), np.int16)
        parts += [part, gap] if len(clips) > 1 else [part]
    return np.concatenate(parts), " ".join(symbols.normalize(clip.text) for clip in clips)


def draw_language(pool: Pool, config: DataConfig, *, rng: np.random.Generator) -> str:
    """Return a language by its share, among those of which there are clips."""
    shares = {
        language: share for language, share in parse_shares(config.languages).items() if language in pool.languages
    }
    if not shares:
        raise ValueError(f"{config.root}: no clips in any of the languages {config.languages}")
    chances = np.array(list(shares.values()))
    return str(rng.choice(list(shares), p=chances / chances.sum()))


def draw_allowed(language: str, *, rng: np.random.Generator) -> frozenset[str]:
    """Return which languages a household may have in which `language` is spoken: often it alone, or all."""
    others = [other for other in symbols.LANGUAGES if other != language]
    count = rng.choice(len(others) + 1, p=[0.45, 0.2, 0.35])
    return frozenset({language, *rng.permutation(others)[:count].tolist()})


def collate(utterances: list[Heard], *, group: int, number: int) -> Batch:
    """Return the utterances as one padded batch."""
    lengths = [len(utterance.features) for utterance in utterances]
    # Few different sizes: each new one costs memory in the library that multiplies the matrices.
    longest = -(-max(lengths) // SIZE_FRAMES) * SIZE_FRAMES
    padded = np.zeros((len(utterances), longest, MELS), np.float32)
    for row, utterance in zip(padded, utterances, strict=True):
        row[: len(utterance.features)] = utterance.features
    return Batch(
        features=torch.from_numpy(padded),
        frames=torch.tensor(lengths),
        targets=torch.tensor([symbol for heard in utterances for symbol in heard.target], dtype=torch.int64),
        target_lengths=torch.tensor([len(heard.target) for heard in utterances]),
        languages=torch.tensor([told(heard.languages) for heard in utterances]),
        group=group,
        number=number,
    )


def told(languages: Collection[str]) -> list[float]:
    """Return the network's input for households of some languages."""
    return [float(language in languages) for language in symbols.LANGUAGES]


def fits(target: list[int], *, output_frames: int) -> bool:
    """Whether CTC can spell `target` in so many frames: doubled symbols need a blank between them."""
    doubled = sum(first == second for first, second in itertools.pairwise(target))
    return output_frames > 0 and len(target) + doubled <= output_frames


def read_or_leave(folder: Path) -> list[Clip]:
    """Return the clips of a set; none, with a warning, if it is no set, since hours of training hang on it."""
    try:
        return read_index(folder)
    except (TypeError, ValueError) as error:
        log.warning("%s is left out: its index has other fields than clips.py writes (%s)", folder, error)
        return []


def is_usable(clip: Clip) -> bool:
    """Whether a clip may be trained on: not a held-out voice, length and text as promised."""
    if HELD_OUT & set(re.split(r"[^a-z0-9_]+", clip.speaker.lower())):
        return False
    if clip.folder.name.startswith("pico") and clip.language == "en":
        return False
    return (
        clip.samples >= 1600
        and (clip.text == "" or clip.samples <= 13 * SAMPLE_RATE_HZ)
        and not re.search(r"\d", clip.text)
    )


def parse_shares(text: str) -> dict[str, float]:
    """Return ``a=1 b=2`` as a dictionary."""
    return {name: float(share) for name, share in (part.split("=") for part in text.split())}
