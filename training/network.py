"""The network: Whisper base's encoder and one linear layer to the symbols, trained with CTC.

It is told which languages may be spoken: the same sound is "dose" in English and "doce" in Spanish, and a household
that speaks Spanish alone need not wonder.

Differences from Whisper: positions for 15 s instead of 30 s, any shorter length without padding, and a mask that
makes padding in a batch invisible, so that an utterance gives the same symbols alone and among longer ones.

One network hears whole utterances and streams: in chunks every frame attends to its chunk and a few seconds before it
(dynamic chunk training, Zhang et al. 2020, arXiv 2012.05481).  The convolutions look 10 ms ahead in both cases.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.model import symbols
from training.meanings import INTENTS

MELS = 80
WIDTH = 512
HEADS = 8
HEAD_WIDTH = WIDTH // HEADS
LAYERS = 6
POSITIONS = 750
"""Longest input in output frames of 20 ms: 15 s."""
SYMBOLS = len(symbols.ALPHABET) + 1
FRAME_MS = 20
STATE = WIDTH + SYMBOLS
"""Numbers a frame of 40 ms that intents are read from."""
INTENT_WIDTH = 256
INTENT_LAYERS = 2
LOOKS = 4
DROPPED = 0.2
LEFT_FRAMES = 300
"""Output frames before its chunk that a frame attends to when streaming: 6 s."""
HIDDEN = -1e4
"""Added to the scores of what may not be attended to; not minus infinity, since rows of padding see nothing at all."""


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence to itself; every head is HEAD_WIDTH wide."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """x: (batch, frames, width); mask: added to the scores, (1 or batch, 1, 1 or frames, frames)."""
        batch, frames, width = x.shape
        heads = width // HEAD_WIDTH
        split = self.query_key_value(x).view(batch, frames, 3, heads, HEAD_WIDTH)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)  # each (batch, heads, frames, HEAD_WIDTH)
        if x.is_cuda:
            whole = None if mask is None else mask.to(query.dtype).expand(batch, heads, frames, frames)
            fused = F.scaled_dot_product_attention(query, key, value, attn_mask=whole)
            return self.output(fused.transpose(1, 2).reshape(batch, frames, width))
        # Written out: torch's fused attention takes 2-3 times as long backwards in bfloat16 on a CPU with AMX.
        scores = (query * HEAD_WIDTH**-0.5) @ key.transpose(2, 3)
        if mask is not None:
            scores = scores + mask
        heard = scores.softmax(dim=-1).to(value.dtype) @ value
        joined = heard.transpose(1, 2).reshape(batch, frames, width)  # heads side by side again
        return self.output(joined)


class Layer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, width: int = WIDTH, *, neurons: int = 4 * WIDTH, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width)
        self.feed_forward_norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, neurons)
        self.narrow = nn.Linear(neurons, width)
        self.dropped = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """x: (batch, frames, width); returns the same shape."""
        x = x + self.dropped(self.attention(self.attention_norm(x), mask))
        return x + self.dropped(self.narrow(self.dropped(F.gelu(self.widen(self.feed_forward_norm(x))))))


class Encoder(nn.Module):
    """Log-mel features to states of 20 ms."""

    positions: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.register_buffer("positions", sinusoids(POSITIONS))
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.excluded = nn.Parameter(torch.zeros(LAYERS, len(symbols.LANGUAGES), WIDTH))
        """Added before each layer for each language that is not spoken."""
        self.norm = nn.LayerNorm(WIDTH)

    def forward(
        self,
        features: Tensor,
        frames: Tensor | None = None,
        *,
        languages: Tensor | None = None,
        chunk: int | None = None,
    ) -> Tensor:
        """features: (batch, frames, MELS); frames: (batch,) true lengths, None if nothing is padded.

        languages: (batch, LANGUAGES), 1 for those that may be spoken and 0 for the others, None if all may.
        chunk: output frames that are heard at once when streaming, None if everything is.
        Returns (batch, (frames + 1) // 2, WIDTH).
        """
        x, mask = self.enter(features, frames, chunk=chunk)
        return self.norm(self.through(x, mask, languages=languages))

    def enter(self, features: Tensor, frames: Tensor | None, *, chunk: int | None) -> tuple[Tensor, Tensor | None]:
        """Return what the first layer gets, and its mask; arguments as in `forward`."""
        x = features.transpose(1, 2)  # convolutions run over the last axis
        if frames is None:
            x = F.gelu(self.conv2(F.gelu(self.conv1(x))))
            mask = None if chunk is None else chunk_mask(x.shape[2], chunk=chunk, dtype=x.dtype)
        else:
            # What lies beyond the end must be the zeros that the convolutions pad with.
            inside = torch.arange(x.shape[2], device=x.device)[None, :] < frames[:, None]
            x = F.gelu(self.conv1(x * inside[:, None, :])) * inside[:, None, :].to(x.dtype)
            x = F.gelu(self.conv2(x))
            mask = attention_mask(output_frames(frames), frames=x.shape[2], dtype=x.dtype)
            if chunk is not None:
                mask = torch.minimum(mask, chunk_mask(x.shape[2], chunk=chunk, dtype=x.dtype).to(x.device))
        x = x.transpose(1, 2)
        return x + self.positions[: x.shape[1]].to(x.dtype), mask

    def through(
        self, x: Tensor, mask: Tensor | None, *, languages: Tensor | None, first: int = 0, end: int = LAYERS
    ) -> Tensor:
        """Return what layers `first` to `end` - 1 make of x, (batch, frames, WIDTH) both."""
        for layer, excluded in list(zip(self.layers, self.excluded, strict=True))[first:end]:
            if languages is not None:
                x = x + ((1 - languages) @ excluded).to(x.dtype)[:, None]
            x = layer(x, mask)
        return x


class Intents(nn.Module):
    """What is meant by a whole utterance, out of the encoder's states and the symbols of all its frames.

    Two frames of 40 ms are one, each hears those up to 320 ms before and after it, two layers of attention follow;
    what four looks of attention find, what stands out, and the mean say the intent.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(STATE))
        self.register_buffer("deviation", torch.ones(STATE))
        self.enter = nn.Linear(2 * STATE, INTENT_WIDTH)
        self.near = nn.Conv1d(INTENT_WIDTH, INTENT_WIDTH, 9, padding=4, groups=8)
        self.layers = nn.ModuleList(
            Layer(INTENT_WIDTH, neurons=2 * INTENT_WIDTH, dropout=DROPPED) for _ in range(INTENT_LAYERS)
        )
        self.look = nn.Linear(INTENT_WIDTH, LOOKS)
        self.inner = nn.Linear((LOOKS + 2) * INTENT_WIDTH, INTENT_WIDTH)
        self.outer = nn.Linear(INTENT_WIDTH, len(INTENTS))
        self.dropped = nn.Dropout(DROPPED)

    def forward(self, states: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Return (utterances, INTENTS) scores, and the (utterances, INTENT_WIDTH) that they come from.

        states: (utterances, frames, STATE) as `paired` returns them, an even number of frames; counts: of each.
        """
        beyond = torch.arange(states.shape[1], device=states.device)[None] >= counts[:, None]
        normed = ((states - self.mean) / self.deviation).masked_fill(beyond[..., None], 0)
        beyond = beyond[:, 1::2]
        x = F.gelu(self.enter(self.dropped(normed).reshape(len(states), -1, 2 * STATE)))
        x = x.masked_fill(beyond[..., None], 0).transpose(1, 2)
        x = (x + F.gelu(self.near(x))).transpose(1, 2)
        mask = attention_mask(counts // 2, frames=x.shape[1], dtype=x.dtype)
        for layer in self.layers:
            x = layer(x, mask)
        looks = self.look(x).masked_fill(beyond[..., None], HIDDEN).softmax(1)
        seen = [
            (looks.transpose(1, 2) @ x).flatten(1),
            x.masked_fill(beyond[..., None], HIDDEN).amax(1),
            x.masked_fill(beyond[..., None], 0).sum(1) / (counts[:, None] // 2),
        ]
        inner = F.gelu(self.inner(self.dropped(torch.cat(seen, 1))))
        return self.outer(self.dropped(inner)), inner


class Network(nn.Module):
    """Log-mel features to log-probabilities of symbols; and, of a whole utterance, of intents."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.symbols = nn.Linear(WIDTH, SYMBOLS)
        self.intents = Intents()

    def forward(
        self,
        features: Tensor,
        frames: Tensor | None = None,
        *,
        languages: Tensor | None = None,
        chunk: int | None = None,
    ) -> Tensor:
        """Arguments as in Encoder; returns (batch, output frames, SYMBOLS) float32 log-probabilities."""
        states = self.encoder(features, frames, languages=languages, chunk=chunk)
        return F.log_softmax(self.symbols(states).float(), dim=-1)


def paired(states: Tensor, symbols: Tensor) -> Tensor:
    """Return (frames of 40 ms, STATE), an even number, of an utterance: what `Intents` takes.

    states: (output frames, WIDTH) of the encoder; symbols: (output frames, SYMBOLS) log-probabilities.
    """
    pairs = len(states) // 4 * 2
    mean = states[: 2 * pairs].view(pairs, 2, WIDTH).mean(dim=1)
    likeliest = symbols[: 2 * pairs].exp().view(pairs, 2, SYMBOLS).amax(dim=1)
    return torch.cat([mean, likeliest], dim=1)


def output_frames(frames: Tensor) -> Tensor:
    """Return how many frames come out of so many feature frames."""
    return (frames + 1) // 2


def attention_mask(lengths: Tensor, *, frames: int, dtype: torch.dtype) -> Tensor:
    """Return (batch, 1, 1, frames): zero inside each length, HIDDEN beyond."""
    beyond = torch.arange(frames, device=lengths.device)[None, :] >= lengths[:, None]
    return torch.zeros(beyond.shape, dtype=dtype, device=lengths.device).masked_fill(beyond, HIDDEN)[:, None, None, :]


def chunk_mask(frames: int, *, chunk: int, dtype: torch.dtype) -> Tensor:
    """Return (1, 1, frames, frames): zero where a frame attends when streaming, HIDDEN elsewhere."""
    frame = torch.arange(frames)
    start = frame // chunk * chunk  # of each frame's own chunk
    hidden = (frame[None, :] >= start[:, None] + chunk) | (frame[None, :] < start[:, None] - LEFT_FRAMES)
    return torch.zeros(hidden.shape, dtype=dtype).masked_fill(hidden, HIDDEN)[None, None]


def sinusoids(length: int) -> Tensor:
    """Return Whisper's fixed positions, (length, WIDTH) float32: sines in the first half, cosines in the second."""
    octaves = math.log(10_000) / (WIDTH // 2 - 1)
    speeds = torch.exp(-octaves * torch.arange(WIDTH // 2, dtype=torch.float64))
    angles = torch.arange(length, dtype=torch.float64)[:, None] * speeds[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()
