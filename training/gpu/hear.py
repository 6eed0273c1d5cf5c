"""What happens to speech between mouth and network, for a batch on the GPU: `training.augment`, row by row at once.

Waves are (rows, samples) float32 with 1.0 being full scale, zero beyond each row's end.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from assistant.model.features import FLOOR, HOP_SAMPLES, MELS, SAMPLE_RATE_HZ, WINDOW_SAMPLES, _hann, _mel_filters
from training.augment import FRAME_SAMPLES, LEAST_CREST
from training.gpu.sounds import Sounds

KNOTS_HZ = (0, 150, 300, 600, 1000, 1600, 2400, 3500, 5000, 6500, 8000)
TAPS = 16
PHASES = 512


@dataclass(frozen=True, slots=True)
class Ear:
    """The constants of hearing, on one device."""

    rooms: Tensor
    """(responses, samples) float32, zero beyond each one's end."""
    kernel: Tensor
    """(PHASES + 1, TAPS) float32: windowed sines that interpolate between samples."""
    window: Tensor
    filters: Tensor

    @classmethod
    def on(cls, device: torch.device, *, rooms: Tensor) -> Ear:
        """Return the constants for `device`."""
        taps = torch.arange(TAPS, dtype=torch.float64) - (TAPS // 2 - 1)
        shift = torch.arange(PHASES + 1, dtype=torch.float64)[:, None] / PHASES
        distance = taps[None] - shift
        kernel = torch.sinc(distance) * torch.cos(torch.pi * distance / TAPS).clamp(min=0) ** 2
        return cls(
            rooms.to(device),
            kernel.float().to(device),
            torch.from_numpy(_hann()).to(device),
            torch.from_numpy(_mel_filters()).to(device),
        )


def stretched(wave: Tensor, *, factor: Tensor, samples: int, ear: Ear) -> Tensor:
    """Return `wave` slower by `factor` (rows,), `samples` long: pitch and tempo change together."""
    place = torch.arange(samples, device=wave.device)[None] / factor[:, None]
    whole = place.floor()
    phase = ((place - whole) * PHASES).round().long()
    first = whole.long() - (TAPS // 2 - 1)
    heard = torch.zeros(len(wave), samples, device=wave.device)
    for tap in range(TAPS):
        source = first + tap
        inside = (source >= 0) & (source < wave.shape[1])
        heard += ear.kernel[phase, tap] * wave.gather(1, source.clamp(0, wave.shape[1] - 1)) * inside
    return heard


def hear(voice: Tensor, *, lengths: Tensor, ear: Ear, sounds: Sounds, nobody: Tensor) -> Tensor:
    """Return `voice` as some microphones in some rooms heard it; `nobody` (rows,) bool: no one speaks there."""
    rows, samples = voice.shape
    device = voice.device
    size = _fft_size(samples + ear.rooms.shape[1])
    spectrum = torch.fft.rfft(voice, size)
    room = ear.rooms[torch.randint(len(ear.rooms), (rows,), device=device)]
    wet = _chance(rows, 0.4, device)
    response = torch.fft.rfft(room, size)
    spectrum = torch.where(wet[:, None], spectrum * response, spectrum)
    equalized = _chance(rows, 0.5, device)
    curve = _curve(rows, spectrum.shape[1], spread_db=3.0, device=device)
    spectrum = spectrum * torch.where(equalized[:, None], curve, torch.ones_like(curve))
    voice = torch.fft.irfft(spectrum, size)[:, :samples]
    voice = voice * _inside(samples, lengths)
    voice = _mixed(voice, sounds=sounds, lengths=lengths, nobody=nobody)
    return _recorded(voice, lengths=lengths)


def _mixed(voice: Tensor, *, sounds: Sounds, lengths: Tensor, nobody: Tensor) -> Tensor:
    rows, samples = voice.shape
    device = voice.device
    noise = torch.zeros_like(voice)
    least_db = torch.full((rows,), -100.0, device=device)
    count = torch.multinomial(torch.tensor([0.6, 0.3, 0.1], device=device), rows, replacement=True) + 1
    for layer in range(3):
        kind = torch.rand(rows, device=device)
        kind = torch.where(nobody & (kind >= 0.5) & (kind < 0.75), torch.zeros_like(kind), kind)
        one = torch.zeros_like(voice)
        chosen = count > layer
        recorded = (chosen & (kind < 0.5)).nonzero()[:, 0]
        if len(recorded):
            one[recorded] = sounds.noises(len(recorded), samples)
        babble = (chosen & (kind >= 0.5) & (kind < 0.75)).nonzero()[:, 0]
        voices = torch.randint(1, 8, (len(babble),), device=device)
        for voice_number in range(7):
            more = babble[voices > voice_number]
            if len(more):
                one[more] += sounds.speech(len(more), samples)
        least_db[babble[voices < 3]] = 8.0
        hiss = (chosen & (kind >= 0.75)).nonzero()[:, 0]
        if len(hiss):
            one[hiss] = coloured(len(hiss), samples, device=device)
        level = 10 ** (torch.empty(rows, device=device).uniform_(-12, 0) / 20)
        noise += one * (level / (loudest_frame(one) + 1e-12).sqrt() * chosen)[:, None]
    near = torch.empty(rows, device=device).uniform_(1, 15)
    any_db = torch.empty(rows, device=device).uniform_(-2, 30)
    snr_db = torch.maximum(torch.where(_chance(rows, 0.55, device), near, any_db), least_db)
    quiet = ~_chance(rows, 0.88, device)
    snr_db = torch.where(quiet, torch.empty(rows, device=device).uniform_(30, 65), snr_db)
    wanted = loudest_frame(voice) / 10 ** (snr_db / 10)
    wanted = torch.where(nobody & (wanted < 1e-3), torch.ones_like(wanted), wanted)
    inside = _inside(samples, lengths)
    noise = noise * inside
    mean_frame = noise.square().sum(1) / lengths * FRAME_SAMPLES
    loudness = torch.maximum(loudest_frame(noise), LEAST_CREST * mean_frame) + 1e-12
    return voice + noise * (wanted / loudness).sqrt()[:, None]


def _recorded(heard: Tensor, *, lengths: Tensor) -> Tensor:
    """What microphones of random response, gain and resolution make of it."""
    rows, samples = heard.shape
    device = heard.device
    size = _fft_size(samples)
    spectrum = torch.fft.rfft(heard, size)
    gains = _curve(rows, spectrum.shape[1], spread_db=4.0, device=device) * _band(
        rows, spectrum.shape[1], device=device
    )
    filtered = torch.fft.irfft(spectrum * gains, size)[:, :samples]
    heard = torch.where(_chance(rows, 0.5, device)[:, None], filtered, heard) * _inside(samples, lengths)
    peak_db = torch.empty(rows, device=device).uniform_(-28, 0)
    peak_db = torch.where(_chance(rows, 0.06, device), torch.empty(rows, device=device).uniform_(3, 12), peak_db)
    heard = heard * (10 ** (peak_db / 20) / (heard.abs().amax(1) + 1e-9))[:, None]
    step = torch.where(
        _chance(rows, 0.05, device), 2.0 ** torch.randint(3, 8, (rows,), device=device), torch.ones(rows, device=device)
    )[:, None]
    heard = (heard * 32767 / step).round() * step
    return heard.round().clamp(-32768, 32767) / 32768


def features(wave: Tensor, *, lengths: Tensor, ear: Ear) -> tuple[Tensor, Tensor]:
    """Return log-mels (rows, frames, MELS) as `assistant.model.features.log_mel` gives them, and how many are whole."""
    windows = wave.unfold(1, WINDOW_SAMPLES, HOP_SAMPLES)  # (rows, frames, WINDOW_SAMPLES)
    spectrum = torch.fft.rfft(windows * ear.window)
    mels = (spectrum.real.square() + spectrum.imag.square()) @ ear.filters
    counts = (1 + (lengths - WINDOW_SAMPLES) // HOP_SAMPLES).clamp(min=0)
    logs = (mels.clamp(min=float(FLOOR)).log10() + 4) / 4
    inside = torch.arange(logs.shape[1], device=wave.device)[None] < counts[:, None]
    return logs * inside[:, :, None], counts


def masked(mels: Tensor, *, counts: Tensor) -> Tensor:
    """Return features with random bands and moments blanked (SpecAugment, arXiv 1904.08779)."""
    rows, frames, _ = mels.shape
    device = mels.device
    inside = (torch.arange(frames, device=device)[None] < counts[:, None])[:, :, None]
    mean = (mels.sum((1, 2)) / (counts.clamp(min=1) * MELS))[:, None, None]
    band, frame = torch.arange(MELS, device=device)[None], torch.arange(frames, device=device)[None]
    hidden = torch.zeros(rows, frames, MELS, dtype=torch.bool, device=device)
    for _ in range(2):
        width = torch.rand(rows, device=device) * 14 * _chance(rows, 0.67, device)
        low = torch.rand(rows, device=device) * (MELS - width)
        hidden |= ((band >= low[:, None]) & (band < (low + width)[:, None]))[:, None, :]
    for number in range(7):
        wanted = torch.rand(rows, device=device) * (2 + counts / 150) > number
        width = torch.rand(rows, device=device) * 11 * wanted  # up to 110 ms: what was said can still be guessed
        first = torch.rand(rows, device=device) * (counts - width).clamp(min=1)
        hidden |= ((frame >= first[:, None]) & (frame < (first + width)[:, None]))[:, :, None]
    return torch.where(hidden & inside, mean, mels)


def coloured(rows: int, samples: int, *, device: torch.device) -> Tensor:
    """Return noise of random smooth spectra between brown and white, (rows, samples) of about unit power."""
    size = _fft_size(samples)
    spectrum = torch.fft.rfft(torch.randn(rows, size, device=device))
    hz = torch.linspace(0, SAMPLE_RATE_HZ / 2, spectrum.shape[1], device=device) + 20
    slope = torch.rand(rows, 1, device=device)
    spectrum *= hz[None] ** -slope * _curve(rows, spectrum.shape[1], spread_db=5.0, device=device)
    wave = torch.fft.irfft(spectrum, size)[:, :samples]
    return wave / (wave.square().mean(1, keepdim=True).sqrt() + 1e-9)


def loudest_frame(wave: Tensor) -> Tensor:
    """Return the energy of each row's loudest whole frame, (rows,)."""
    whole = wave[:, : wave.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES].view(len(wave), -1, FRAME_SAMPLES)
    return whole.square().sum(2).amax(1)


def _curve(rows: int, bins: int, *, spread_db: float, device: torch.device) -> Tensor:
    """Return the gains of random smooth equalizers, (rows, bins)."""
    gains_db = torch.randn(rows, len(KNOTS_HZ), device=device) * spread_db
    knots = torch.tensor(KNOTS_HZ, dtype=torch.float32, device=device)
    hz = torch.linspace(0, SAMPLE_RATE_HZ / 2, bins, device=device)
    above = torch.searchsorted(knots, hz).clamp(1, len(KNOTS_HZ) - 1)
    share = (hz - knots[above - 1]) / (knots[above] - knots[above - 1])
    return 10 ** ((gains_db[:, above - 1] * (1 - share) + gains_db[:, above] * share) / 20)


def _band(rows: int, bins: int, *, device: torch.device) -> Tensor:
    """Return the gains of telephones, cheap microphones and good ones, (rows, bins)."""
    hz = torch.linspace(0, SAMPLE_RATE_HZ / 2, bins, device=device)[None]
    kind = torch.rand(rows, 1, device=device)

    def between(low: float, high: float) -> Tensor:
        return torch.empty(rows, 1, device=device).uniform_(low, high)

    telephone = kind < 0.2
    low_hz = torch.where(telephone, between(200, 400), between(20, 300))
    high_hz = torch.where(telephone, between(3100, 3900), between(3800, 7900))
    order = torch.where(telephone, 12.0, 4.0)
    highpass = 1 / (1 + (low_hz / (hz + 1)) ** 4).sqrt()
    lowpass = 1 / (1 + (hz / high_hz) ** (2 * order)).sqrt()
    return torch.where(kind < 0.55, highpass * lowpass, torch.ones_like(lowpass))


def _inside(samples: int, lengths: Tensor) -> Tensor:
    return torch.arange(samples, device=lengths.device)[None] < lengths[:, None]


def _chance(rows: int, share: float, device: torch.device) -> Tensor:
    return torch.rand(rows, device=device) < share


def _fft_size(samples: int) -> int:
    """Return a size from `samples` on that transforms quickly."""
    step = 4096
    return -(-samples // step) * step
