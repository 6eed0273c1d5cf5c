"""Kokoro on a machine with a GPU: every processor runs the part before the vocoder, the GPU the vocoder.

Texts come with their phonemes, see `lines`.
"""

from __future__ import annotations

import json
import lzma
import multiprocessing
import queue
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from assistant.model.features import SAMPLE_RATE_HZ
from training.gpu.vocoder import Vocoder
from training.voices.kokoro_model import assemble, load_front
from training.voices.kokoro_styles import Speaker
from training.voices.kokoro_vocoder import HALF_FRAME, RATE_HZ
from training.voices.kokoro_weights import read_vocoder

SILENCE_DB = -45.0
MARGIN_S = 0.06
"""Kept before and after what is heard."""
PITCH_SPREAD = 0.08
"""Of the logarithm of the factor by which a speaker's pitch is changed."""
LONGEST_HALF_FRAMES = 13 * 80


@dataclass(frozen=True, slots=True)
class Fronted:
    """An utterance before the vocoder."""

    line: dict[str, Any]
    frames: np.ndarray
    """(512, half frames) float16"""
    pitch_hz: np.ndarray
    """(half frames,) float32"""
    timbre: np.ndarray
    """(128,) float32"""


def front(lines: list[dict[str, Any]], folder: Path, results: multiprocessing.Queue[Fronted]) -> None:
    """Run the part before the vocoder over `lines`, in a process of its own."""
    torch.set_num_threads(1)
    kokoro = load_front(folder)
    for line in lines:
        speaker = Speaker(timbre=tuple((name, share) for name, share in line["timbre"]), prosody=line["prosody"])
        frames, pitch_hz, timbre = kokoro(line["phonemes"], speaker, speed=line["speed"])
        if frames.shape[1] <= LONGEST_HALF_FRAMES:
            results.put(Fronted(line, frames.astype(np.float16), pitch_hz, timbre))


class Speaking:
    """Processes that prepare utterances, and the vocoder that speaks what they have prepared."""

    def __init__(self, lines: list[Path], folder: Path, *, processes: int, at_once: int, device: torch.device) -> None:
        """folder: Kokoro's; at_once: most utterances that are spoken together."""
        texts: list[dict[str, Any]] = []
        for path in lines:
            with lzma.open(path, "rt", encoding="utf-8") as file:
                texts += map(json.loads, file)
        load_front(folder)  # which cuts it out once, for all processes
        context = multiprocessing.get_context("spawn")
        self._results: multiprocessing.Queue[Fronted] = context.Queue(4000)
        self._processes = [
            context.Process(target=front, args=(texts[number::processes], folder, self._results), daemon=True)
            for number in range(processes)
        ]
        for process in self._processes:
            process.start()
        self._vocoder = Vocoder(read_vocoder(assemble(folder)), device=device)
        self._at_once = at_once
        self._device = device
        self._waiting: list[Fronted] = []

    def speak(self) -> tuple[Tensor, list[dict[str, Any]]] | None:
        """Return what some utterances sound like, one after the other, and their clips; None while too few wait.

        The samples are (samples,) int16 at 16 kHz.
        """
        while len(self._waiting) < 8 * self._at_once:
            try:
                self._waiting.append(self._results.get_nowait())
            except queue.Empty:
                break
        if 3 * len(self._waiting) < self._at_once:
            return None
        # Utterances of like length waste little of the batch.
        self._waiting.sort(key=lambda one: one.frames.shape[1])
        first = int(np.random.randint(max(1, len(self._waiting) - self._at_once + 1)))  # noqa: NPY002
        chosen = self._waiting[first : first + self._at_once]
        del self._waiting[first : first + self._at_once]
        return self._spoken(chosen)

    def stop(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.terminate()

    def _spoken(self, chosen: list[Fronted]) -> tuple[Tensor, list[dict[str, Any]]]:
        lengths = [one.frames.shape[1] for one in chosen]
        frames = np.zeros((len(chosen), 512, max(lengths)), np.float16)
        pitch = np.zeros((len(chosen), max(lengths)), np.float32)
        for row, one in enumerate(chosen):
            frames[row, :, : lengths[row]] = one.frames
            pitch[row, : lengths[row]] = one.pitch_hz * np.exp(PITCH_SPREAD * np.random.randn())  # noqa: NPY002
        at = torch.tensor(lengths, device=self._device)
        wave = self._vocoder(
            torch.from_numpy(frames).to(self._device).float(),
            torch.from_numpy(pitch).to(self._device),
            torch.from_numpy(np.stack([one.timbre for one in chosen])).to(self._device),
            lengths=at,
        )
        wave, inside = trimmed(wave, lengths=at * HALF_FRAME)
        counts = inside.sum(1).tolist()
        clips = [
            {
                "samples": count,
                "text": one.line["text"],
                "language": one.line["language"],
                "speaker": f"{one.line['timbre']}{one.line['prosody']}",
                "intent": one.line["intent"],
            }
            for count, one in zip(counts, chosen, strict=True)
        ]
        return (wave[inside] * 32767).round().to(torch.int16), clips


def trimmed(wave: Tensor, *, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return `wave` at 16 kHz, loudest sample at most 1, and which samples lie between first and last loud 10 ms."""
    size = -(-wave.shape[1] // 240) * 240
    spectrum = torch.fft.rfft(wave, size)
    samples = size * 2 // 3
    lower = torch.fft.irfft(spectrum[:, : samples // 2 + 1], samples) * (SAMPLE_RATE_HZ / RATE_HZ)
    hop = SAMPLE_RATE_HZ // 100
    power = lower.view(len(lower), -1, hop).square().mean(2)
    frame = torch.arange(power.shape[1], device=wave.device)[None]
    power = power * (frame * hop < (lengths * 2 // 3)[:, None])
    loud = power > power.amax(1, keepdim=True) * 10 ** (SILENCE_DB / 10)
    first = torch.where(loud, frame, power.shape[1]).amin(1) * hop - int(MARGIN_S * SAMPLE_RATE_HZ)
    last = (torch.where(loud, frame, -1).amax(1) + 1) * hop + int(MARGIN_S * SAMPLE_RATE_HZ)
    place = torch.arange(samples, device=wave.device)[None]
    inside = (place >= first[:, None]) & (place < last[:, None])
    return lower / lower.abs().amax(1, keepdim=True).clamp(min=1.0), inside
