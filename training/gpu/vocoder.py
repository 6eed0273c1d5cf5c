"""Kokoro's vocoder for many utterances at once, as `training.voices.kokoro_vocoder` is for one on a CPU.

Tensors are (utterances, channels, frames), zero beyond each utterance's end, so that nobody hears the padding.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training.voices.kokoro_vocoder import (
    BINS,
    FFT,
    HALF_FRAME,
    HARMONICS,
    HOP,
    LEAST_VOICED_HZ,
    NORM_EPSILON,
    RATE_HZ,
    SINE_LEVEL,
    UPSAMPLINGS,
)

BLOCKS_A_STAGE = 3
DILATIONS = (1, 3, 5)
NOISE_STRIDE = 6


class Vocoder:
    """From decoder frames, pitch and timbre to samples at 24 kHz."""

    def __init__(self, weights: Mapping[str, np.ndarray], *, device: torch.device) -> None:
        self._plain = {
            name: torch.from_numpy(np.array(array, np.float32)).to(device) for name, array in weights.items()
        }
        self._dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        self._half = {name: tensor.to(self._dtype) for name, tensor in self._plain.items()}
        self._window = torch.hann_window(FFT, device=device)

    @torch.inference_mode()
    def __call__(self, frames: Tensor, pitch_hz: Tensor, timbre: Tensor, *, lengths: Tensor) -> Tensor:
        """Return (utterances, 300 * half frames) float32.

        frames: (utterances, 512, half frames), pitch_hz: (utterances, half frames), timbre: (utterances, 128).
        lengths: half frames of each utterance.
        """
        harmonics = self._harmonics(pitch_hz)
        harmonics = harmonics * _inside(harmonics, lengths * (HALF_FRAME // HOP) + 1)
        x = frames * _inside(frames, lengths)
        for stage, (stride, _, padding) in enumerate(UPSAMPLINGS):
            last = stage == len(UPSAMPLINGS) - 1
            noise = self._convolve(
                harmonics, f"noise_convs.{stage}", padding=0 if last else 3, stride=1 if last else NOISE_STRIDE
            )
            lengths = lengths * stride
            x = F.conv_transpose1d(
                F.leaky_relu(x, 0.1).to(self._dtype),
                self._half[f"ups.{stage}.weight"],
                self._half[f"ups.{stage}.bias"],
                stride=stride,
                padding=padding,
            ).float()
            if last:
                x = torch.cat([x[:, :, 1:2], x], 2)
                inside = _inside(x, lengths + 1)
            else:
                inside = _inside(x, lengths)
            x = x * inside
            x = x + self._residual(noise[:, :, : x.shape[2]].float() * inside, f"noise_res.{stage}", timbre, inside)
            blocks = range(BLOCKS_A_STAGE * stage, BLOCKS_A_STAGE * (stage + 1))
            x = torch.stack([self._residual(x, f"resblocks.{block}", timbre, inside) for block in blocks]).mean(0)
        return self._to_samples(self._convolve(F.leaky_relu(x, 0.01), "conv_post", padding=3).float() * inside)

    def _harmonics(self, pitch_hz: Tensor) -> Tensor:
        """Return magnitudes and phases of the excitation, (utterances, 2 * bins, frames)."""
        multiples = torch.arange(1, HARMONICS + 1, dtype=torch.float64, device=pitch_hz.device)
        turns = torch.frac(pitch_hz.double()[:, None] * multiples[:, None] / RATE_HZ)
        phase = turns.cumsum(2) * (2 * torch.pi * HALF_FRAME)
        phase = F.interpolate(phase, scale_factor=HALF_FRAME, mode="linear")
        voiced = (pitch_hz > LEAST_VOICED_HZ).float().repeat_interleave(HALF_FRAME, 1)[:, None]
        sines = torch.sin(torch.remainder(phase, 2 * torch.pi).float()) * SINE_LEVEL * voiced
        weight = self._plain["m_source.l_linear.weight"]  # (harmonics, 1)
        source = torch.tanh((sines * weight[None]).sum(1) + self._plain["m_source.l_linear.bias"])
        spectrum = torch.stft(source, FFT, HOP, FFT, self._window, center=True, return_complex=True)
        return torch.cat([spectrum.abs(), spectrum.angle()], 1)

    def _convolve(self, x: Tensor, name: str, *, padding: int, dilation: int = 1, stride: int = 1) -> Tensor:
        weight, bias = self._half[f"{name}.weight"], self._half[f"{name}.bias"]
        return F.conv1d(x.to(self._dtype), weight, bias, stride=stride, padding=padding, dilation=dilation)

    def _residual(self, x: Tensor, name: str, timbre: Tensor, inside: Tensor) -> Tensor:
        for pair, dilation in enumerate(DILATIONS):
            inner = self._snaked(x, (name, 1, pair), timbre=timbre, inside=inside)
            kernel = self._half[f"{name}.convs1.{pair}.weight"].shape[2]
            inner = self._convolve(
                inner, f"{name}.convs1.{pair}", padding=(kernel - 1) * dilation // 2, dilation=dilation
            )
            inner = self._snaked(inner.float() * inside, (name, 2, pair), timbre=timbre, inside=inside)
            inner = self._convolve(inner, f"{name}.convs2.{pair}", padding=(kernel - 1) // 2)
            x = x + inner.float() * inside
        return x

    def _snaked(self, x: Tensor, layer: tuple[str, int, int], *, timbre: Tensor, inside: Tensor) -> Tensor:
        """Normalize each channel over time, scale by the timbre, add sin(alpha x)^2 / alpha.

        layer: name of the block, which half of it, which pair of convolutions.
        """
        name, half, pair = layer
        norm = f"{name}.adain{half}.{pair}.fc"
        gamma, beta = (timbre @ self._plain[f"{norm}.weight"] + self._plain[f"{norm}.bias"]).chunk(2, 1)
        count = inside.sum(2, keepdim=True)
        mean = x.sum(2, keepdim=True) / count
        power = x.square().sum(2, keepdim=True) / count
        scale = (1 + gamma)[:, :, None] * torch.rsqrt((power - mean.square()).clamp(min=0) + NORM_EPSILON)
        y = x * scale + (beta[:, :, None] - mean * scale)
        alpha = self._plain[f"{name}.alpha{half}.{pair}"].reshape(1, -1, 1)
        return (y + torch.sin(alpha * y).square() / alpha) * inside

    def _to_samples(self, x: Tensor) -> Tensor:
        magnitude, phase = torch.exp(x[:, :BINS].clamp(max=20)), torch.sin(x[:, BINS:])
        spectrum = torch.cat([magnitude * torch.cos(phase), magnitude * torch.sin(phase)], 1)
        samples = F.conv_transpose1d(spectrum, self._plain["inverse_basis"], stride=HOP)[:, 0] * (FFT / HOP)
        return samples[:, FFT // 2 : -FFT // 2]


def _inside(x: Tensor, lengths: Tensor) -> Tensor:
    """Return (utterances, 1, frames) float32: one inside each length, zero beyond."""
    return (torch.arange(x.shape[2], device=x.device)[None] < lengths[:, None]).float()[:, None]
