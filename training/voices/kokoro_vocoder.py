"""The last and dearest part of Kokoro-82M, from frames to samples, in bfloat16: an inverse STFT network.

In the int8 model this part takes nine tenths of the time.  Here its weights are taken from that model, its convolutions
run as bfloat16 with the channels last (which the matrix units of recent CPUs do ten times faster than int8 one by
one), and what stands between them is one compiled loop each.  Phases and spectra stay float32.

Every tensor is (frames, channels); a "half frame" is 300 samples, of which the rest of Kokoro makes 80 a second.
The network: StyleTTS 2 (arXiv 2306.07691) with iSTFTNet's end (arXiv 2203.02395).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

RATE_HZ = 24_000
HALF_FRAME = 300
HARMONICS = 9
FFT, HOP = 20, 5
BINS = FFT // 2 + 1
LEAST_VOICED_HZ = 10.0
SINE_LEVEL = 0.1
NORM_EPSILON = 1e-5
UPSAMPLINGS = ((10, 20, 5), (6, 12, 3))
"""Stride, kernel and padding of the two upsamplings."""

_DILATIONS = (1, 3, 5)
_BLOCKS_A_STAGE = 3

_SINE_SQUARED = (9.8695979, -32.4683907, 42.6862223, -29.6425567, 10.9522285)
"""sin(pi t)^2 = t^2 p(t^2) for |t| <= 1/2, p fitted at Chebyshev nodes, wrong by 2e-6 at most; twice as fast as sin."""

Weights = Mapping[str, np.ndarray]
"""Weights by their names in the network, such as `resblocks.0.convs1.0.weight`, all float32."""


class Convolution(NamedTuple):
    """A convolution over frames with the channels last."""

    weight: torch.Tensor
    """(out, in, 1, kernel) bfloat16, channels last."""
    bias: torch.Tensor
    padding: int
    dilation: int = 1
    stride: int = 1


class Normed(NamedTuple):
    """What stands before a convolution of a residual block: a norm that the style scales, then a snake."""

    style: torch.Tensor
    """(timbre, 2 * channels), with its bias below; gives gamma and beta."""
    style_bias: torch.Tensor
    alpha: torch.Tensor


class Vocoder:
    """From decoder frames, pitch and timbre to samples."""

    def __init__(self, weights: Weights) -> None:
        take = _Taker(weights)
        self._source_weight = take.plain("m_source.l_linear.weight")
        self._source_bias = take.plain("m_source.l_linear.bias")
        self._noise_convs = [
            take.convolution("noise_convs.0", padding=3, stride=6),
            take.convolution("noise_convs.1", padding=0),
        ]
        self._noise_blocks = [take.block(f"noise_res.{stage}") for stage in range(len(UPSAMPLINGS))]
        self._ups = [take.convolution(f"ups.{stage}", padding=pad) for stage, (_, _, pad) in enumerate(UPSAMPLINGS)]
        self._blocks = [take.block(f"resblocks.{block}") for block in range(_BLOCKS_A_STAGE * len(UPSAMPLINGS))]
        self._post = take.convolution("conv_post", padding=3)
        self._inverse_basis = take.plain("inverse_basis")  # (2 * bins, 1, fft)
        self._window = torch.hann_window(FFT)

    @torch.inference_mode()
    def __call__(self, frames: np.ndarray, pitch_hz: np.ndarray, timbre: np.ndarray) -> np.ndarray:
        """Return (samples,) float32; frames: (512, half frames), pitch_hz: (half frames,), timbre: (128,) float32."""
        style = torch.from_numpy(np.ascontiguousarray(timbre))
        harmonics = self._harmonics(torch.from_numpy(np.ascontiguousarray(pitch_hz)))
        x = torch.from_numpy(frames).T.contiguous()  # (half frames, channels)
        for stage, (stride, _, padding) in enumerate(UPSAMPLINGS):
            noise = convolve(harmonics.bfloat16(), self._noise_convs[stage]).float()
            noise = _residual(noise, self._noise_blocks[stage], style)
            x = _upsample(_leaky(x, 0.1), self._ups[stage], stride=stride, padding=padding).float()
            if stage == len(UPSAMPLINGS) - 1:
                x = torch.cat([x[1:2], x])  # reflection padding on the left
            x.add_(noise)
            blocks = self._blocks[_BLOCKS_A_STAGE * stage : _BLOCKS_A_STAGE * (stage + 1)]
            total = _residual(x, blocks[0], style)
            for block in blocks[1:]:
                total.add_(_residual(x, block, style))
            x = total.div_(_BLOCKS_A_STAGE)
        return self._to_samples(convolve(_leaky(x, 0.01), self._post).float())

    def _harmonics(self, pitch_hz: torch.Tensor) -> torch.Tensor:
        """Magnitudes and phases of the excitation, (frames, 2 * bins): sines of the pitch and its multiples."""
        multiples = torch.arange(1, HARMONICS + 1, dtype=torch.float64)
        turns = torch.frac(pitch_hz.double()[:, None] * multiples / RATE_HZ)  # a sample, (half frames, harmonics)
        phase = turns.cumsum(0) * (2 * torch.pi * HALF_FRAME)
        phase = functional.interpolate(phase.T[None], scale_factor=HALF_FRAME, mode="linear")[0].T
        voiced = (pitch_hz > LEAST_VOICED_HZ).float().repeat_interleave(HALF_FRAME)[:, None]
        sines = torch.sin(torch.remainder(phase, 2 * torch.pi).float()) * SINE_LEVEL * voiced
        source = torch.tanh(sines @ self._source_weight + self._source_bias)[:, 0]
        spectrum = torch.stft(source, FFT, HOP, FFT, self._window, center=True, return_complex=True).T
        return torch.cat([spectrum.abs(), spectrum.angle()], 1)

    def _to_samples(self, x: torch.Tensor) -> np.ndarray:
        magnitude, phase = torch.exp(x[:, :BINS]), torch.sin(x[:, BINS:])
        spectrum = torch.cat([magnitude * torch.cos(phase), magnitude * torch.sin(phase)], 1)
        samples = functional.conv_transpose1d(spectrum.T[None], self._inverse_basis, stride=HOP)[0, 0] * (FFT / HOP)
        return samples[FFT // 2 : -FFT // 2].numpy()


def _residual(x: torch.Tensor, block: list[tuple[Normed, Convolution]], style: torch.Tensor) -> torch.Tensor:
    """Run a residual block: pairs of (norm, snake, convolution) twice, each pair added to a copy of the input."""
    total = x.clone()
    for first, second in zip(block[::2], block[1::2], strict=True):
        inner = convolve(_normed(total, first[0], style), first[1])
        inner = convolve(_normed(inner, second[0], style), second[1])
        _add_to(total, inner)
    return total


def _normed(x: torch.Tensor, norm: Normed, style: torch.Tensor) -> torch.Tensor:
    gamma, beta = (style @ norm.style + norm.style_bias).chunk(2)
    return _compiled_norm_and_snake(x, gamma, beta, norm.alpha)


def norm_and_snake(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """Normalize each channel over time, scale, add sin(alpha x)^2 / alpha; (frames, channels) bfloat16."""
    x = x.float()
    # Two plain sums are four times faster here than var_mean.
    mean, power = x.sum(0) / x.shape[0], x.square().sum(0) / x.shape[0]
    scale = (1 + gamma) * torch.rsqrt((power - mean * mean).clamp(min=0) + NORM_EPSILON)
    y = x * scale + (beta - mean * scale)
    turn = y * (alpha / torch.pi)
    turn = turn - torch.round(turn)
    square = turn * turn
    c0, c1, c2, c3, c4 = _SINE_SQUARED
    sine_squared = square * (c0 + square * (c1 + square * (c2 + square * (c3 + square * c4))))
    return (y + sine_squared / alpha).bfloat16()


_compiled_norm_and_snake = torch.compile(norm_and_snake, dynamic=True)


@torch.compile(dynamic=True)
def _add_to(total: torch.Tensor, y: torch.Tensor) -> None:
    total.add_(y.float())


def _leaky(x: torch.Tensor, slope: float) -> torch.Tensor:
    return functional.leaky_relu(x, slope).bfloat16()


def convolve(x: torch.Tensor, kernel: Convolution) -> torch.Tensor:
    """Convolve over frames: (frames, in) bfloat16 to (frames, out) bfloat16."""
    image = x.T[None, :, None, :]  # (1, in, 1, frames), in memory channels last
    y = functional.conv2d(
        image, kernel.weight, kernel.bias,
        stride=(1, kernel.stride), padding=(0, kernel.padding), dilation=(1, kernel.dilation),
    )  # fmt: skip
    return y[0, :, 0].T


def _upsample(x: torch.Tensor, kernel: Convolution, *, stride: int, padding: int) -> torch.Tensor:
    """Transposed convolution over frames: (frames, in) bfloat16 to (frames * stride, out) bfloat16."""
    y = functional.conv_transpose2d(
        x.T[None, :, None, :], kernel.weight, kernel.bias, stride=(1, stride), padding=(0, padding),
    )  # fmt: skip
    return y[0, :, 0].T


class _Taker:
    """Takes weights by name in the form in which they are used."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def plain(self, name: str) -> torch.Tensor:
        return torch.from_numpy(np.array(self._weights[name], np.float32))

    def convolution(self, name: str, *, padding: int, dilation: int = 1, stride: int = 1) -> Convolution:
        weight = self.plain(f"{name}.weight").unsqueeze(2).bfloat16()
        return Convolution(
            weight=weight.contiguous(memory_format=torch.channels_last),
            bias=self.plain(f"{name}.bias").bfloat16(),
            padding=padding,
            dilation=dilation,
            stride=stride,
        )

    def block(self, name: str) -> list[tuple[Normed, Convolution]]:
        layers = []
        for pair, dilation in enumerate(_DILATIONS):
            for half, spread in ((1, dilation), (2, 1)):
                kernel = self._weights[f"{name}.convs{half}.{pair}.weight"].shape[-1]
                norm = Normed(
                    style=self.plain(f"{name}.adain{half}.{pair}.fc.weight"),
                    style_bias=self.plain(f"{name}.adain{half}.{pair}.fc.bias"),
                    alpha=self.plain(f"{name}.alpha{half}.{pair}").ravel(),
                )
                padding = (kernel - 1) // 2 * spread
                layers.append((norm, self.convolution(f"{name}.convs{half}.{pair}", padding=padding, dilation=spread)))
        return layers
