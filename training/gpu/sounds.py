"""All clips in the GPU's memory: a store of samples that grows while it is drawn from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from assistant.model import symbols
from assistant.model.features import SAMPLE_RATE_HZ
from training.meanings import targets

LANGUAGES = symbols.LANGUAGES


@dataclass(slots=True)
class Group:
    """Clips of one language and kind of source, drawn evenly."""

    share: float
    starts: list[int] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    targets: list[list[int]] = field(default_factory=list)
    """Letters of each."""
    meanings: list[list[int]] = field(default_factory=list)
    """Letters and what is meant of each."""
    is_meant: list[bool] = field(default_factory=list)
    """Whether what is meant is known of each."""
    seconds: float = 0.0
    speakers: list[int] = field(default_factory=list)
    by_speaker: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, clip: dict[str, object], *, start: int, speaker: int) -> None:
        """Append one clip: samples, text (names marked where its intent is known), language, intent."""
        samples = int(str(clip["samples"]))
        intent = clip.get("intent")
        target, meaning = targets(str(clip["text"]), None if intent is None else str(intent), str(clip["language"]))
        self.meanings.append(meaning)
        self.is_meant.append(intent is not None)
        self.seconds += samples / SAMPLE_RATE_HZ
        self.by_speaker[speaker].append(len(self.starts))
        self.starts.append(start)
        self.samples.append(samples)
        self.targets.append(target)
        self.speakers.append(speaker)


class Sounds:
    """Samples of speech and noise on a device, and where each clip lies in them."""

    def __init__(self, *, device: torch.device, hours: float) -> None:
        self._device = device
        self._speech = torch.zeros(int(hours * 3600 * SAMPLE_RATE_HZ), dtype=torch.int16, device=device)
        self._speech_end = 0
        self._noises: list[Tensor] = []
        self._noise_shares: list[float] = []
        self.groups: dict[str, dict[str, Group]] = {language: {} for language in LANGUAGES}
        self._speakers: dict[str, int] = {}

    @property
    def hours(self) -> float:
        """Of speech."""
        return self._speech_end / 3600 / SAMPLE_RATE_HZ

    @property
    def is_full(self) -> bool:
        """Whether less than a minute fits."""
        return self._speech_end > len(self._speech) - 60 * SAMPLE_RATE_HZ

    def add_noises(self, samples: np.ndarray) -> None:
        """Add a set of noises, small sets drawn oftener than by their size; samples: (samples,) int16."""
        if len(samples) < 2 * SAMPLE_RATE_HZ:
            return
        self._noises.append(torch.from_numpy(samples).to(self._device))
        self._noise_shares.append(len(samples) ** 0.5)

    def add_speech(self, wave: Tensor | np.ndarray, clips: list[dict[str, object]], *, kind: str, share: float) -> None:
        """Append clips one after the other; wave: (samples,) int16, each clip: samples, text, language, speaker."""
        wave = torch.as_tensor(wave)
        start = self._speech_end
        end = start + len(wave)
        if end > len(self._speech):
            return
        self._speech[start:end] = wave
        self._speech_end = end
        for clip in clips:
            group = self.groups[str(clip["language"])].setdefault(kind, Group(share))
            speaker = self._speakers.setdefault(f"{kind} {clip['speaker']}", len(self._speakers))
            group.add(clip, start=start, speaker=speaker)
            start += int(str(clip["samples"]))

    def noises(self, rows: int, samples: int) -> Tensor:
        """Return (rows, samples) of recorded or synthetic noises from random moments."""
        if not rows:
            return torch.zeros(0, samples, device=self._device)
        shares = np.array(self._noise_shares) / sum(self._noise_shares)
        which = np.random.choice(len(shares), rows, p=shares)  # noqa: NPY002  (seeded as a whole)
        heard = torch.empty(rows, samples, device=self._device)
        for one in np.unique(which):
            mine = torch.from_numpy(np.flatnonzero(which == one)).to(self._device)
            heard[mine] = _moments(self._noises[one], len(mine), samples, end=len(self._noises[one]))
        return heard / (heard.abs().amax(1, keepdim=True) + 1)

    def speech(self, rows: int, samples: int) -> Tensor:
        """Return (rows, samples) of anybody's speech from random moments."""
        heard = _moments(self._speech, rows, samples, end=self._speech_end)
        return heard / (heard.abs().amax(1, keepdim=True) + 1) if rows else heard

    def gather(self, starts: Tensor, lengths: Tensor, *, place: Tensor) -> Tensor:
        """Return samples `place` (rows, samples) of clips, float32 of full scale 1, zero outside of each."""
        inside = (place >= 0) & (place < lengths[:, None])
        index = starts[:, None] + place.clamp(min=0)
        return self._speech[torch.where(inside, index, 0)].float() / 32768 * inside


def _moments(store: Tensor, rows: int, samples: int, *, end: int) -> Tensor:
    first = (torch.rand(rows, 1, device=store.device, dtype=torch.float64) * end).long()
    index = (first + torch.arange(samples, device=store.device)[None]) % end
    return store[index].float()
