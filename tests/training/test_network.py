"""The network learns, padding is invisible, and Whisper's file is read as it is written."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.model import symbols
from assistant.model.features import log_mel
from tests.training.clip_sets import tones
from training.data import Heard, collate, told
from training.network import LEFT_FRAMES, POSITIONS, Network, chunk_mask, output_frames, sinusoids
from training.train import ctc
from training.whisper import load_encoder, read_variables

CHUNK = 20
"""Output frames, a divisor of LEFT_FRAMES."""


@pytest.fixture
def network() -> Network:
    torch.manual_seed(1)
    return Network()


def test_padding_changes_nothing(network: Network) -> None:
    utterances = [Heard(log_mel(tones(text)), symbols.encode(text)) for text in ("on", "kitchen light", "stop it")]
    batch = collate(utterances, group=0, number=0)
    with torch.no_grad():
        together = network(batch.features, batch.frames)
        for row, utterance in zip(together, utterances, strict=True):
            alone = network(torch.from_numpy(utterance.features)[None])[0]
            torch.testing.assert_close(row[: len(alone)], alone, atol=1e-4, rtol=0)


def test_a_chunk_hears_nothing_later_and_nothing_long_ago(network: Network) -> None:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(1, 2 * (LEFT_FRAMES + 3 * CHUNK), 80, generator=generator)
    last = slice(LEFT_FRAMES + 2 * CHUNK, LEFT_FRAMES + 3 * CHUNK)
    later = features.clone()
    later[:, 2 * last.start + 1 :] = 0  # the convolutions look one feature frame ahead
    with torch.no_grad():
        heard = network(features, chunk=CHUNK)
        assert torch.equal(network(later, chunk=CHUNK)[:, : last.start], heard[:, : last.start])
        assert not torch.equal(network(later, chunk=CHUNK)[:, last], heard[:, last])
        # Each layer reaches 6 s further back, so that only one layer forgets.
        x = network.encoder.layers[0](features[:, : heard.shape[1], :1].expand(-1, -1, 512), None)
        mask = chunk_mask(x.shape[1], chunk=CHUNK, dtype=x.dtype)
        forgotten = x.clone()
        forgotten[:, :CHUNK] = 0
        layer = network.encoder.layers[1]
        assert torch.equal(layer(x, mask)[:, last], layer(forgotten, mask)[:, last])
        assert not torch.equal(layer(x, mask)[:, CHUNK : 2 * CHUNK], layer(forgotten, mask)[:, CHUNK : 2 * CHUNK])


def test_padding_changes_nothing_in_chunks_either(network: Network) -> None:
    utterances = [Heard(log_mel(tones(text)), symbols.encode(text)) for text in ("on", "kitchen light")]
    batch = collate(utterances, group=0, number=0)
    with torch.no_grad():
        together = network(batch.features, batch.frames, chunk=CHUNK)
        for row, utterance in zip(together, utterances, strict=True):
            alone = network(torch.from_numpy(utterance.features)[None], chunk=CHUNK)[0]
            torch.testing.assert_close(row[: len(alone)], alone, atol=1e-4, rtol=0)


def test_it_hears_otherwise_where_a_language_is_not_spoken(network: Network) -> None:
    utterance = Heard(log_mel(tones("kitchen")), symbols.encode("kitchen"))
    languages = [symbols.LANGUAGES, ["fr"], ["en", "es"]]
    batch = collate([replace(utterance, languages=some) for some in languages], group=0, number=0)
    assert batch.languages.tolist() == [told(some) for some in languages]
    torch.nn.init.normal_(network.encoder.excluded)
    with torch.no_grad():
        everything, french, others = network(batch.features, batch.frames, languages=batch.languages)
        torch.testing.assert_close(network(batch.features[:1], batch.frames[:1])[0], everything, atol=1e-4, rtol=0)
    assert (french - everything).abs().max() > 0.01
    assert (others - french).abs().max() > 0.01


def test_one_batch_can_be_learned_by_heart(network: Network) -> None:
    texts = ["on", "si"]
    batch = collate([Heard(log_mel(tones(text)), symbols.encode(text)) for text in texts], group=0, number=0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-4)
    for _ in range(60):
        optimiser.zero_grad()
        loss = ctc(network(batch.features, batch.frames), batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if loss.item() < 1:
            break
    assert loss.item() < 1


@pytest.mark.parametrize("frames", [1, 2, 3, 99, 1499, 1500])
def test_any_length_up_to_fifteen_seconds(network: Network, frames: int) -> None:
    with torch.no_grad():
        out = network(torch.zeros(1, frames, 80))
    assert out.shape[1] == int(output_frames(torch.tensor(frames)))
    torch.testing.assert_close(out.exp().sum(-1), torch.ones(out.shape[:2]))


def test_positions_are_whispers() -> None:
    positions = sinusoids(POSITIONS)
    assert positions.shape == (POSITIONS, 512)
    assert positions[0].tolist() == [0.0] * 256 + [1.0] * 256
    assert float(positions[7, 0]) == pytest.approx(np.sin(7))


def test_variables_are_read_as_ctranslate2_writes_them(tmp_path: Path) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    array = np.arange(6, dtype=np.float16).reshape(2, 3)
    content = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, 1)
    content += text("encoder/conv1/bias") + struct.pack("<BII", 2, 2, 3) + struct.pack("<BI", 4, 12) + array.tobytes()
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    np.testing.assert_array_equal(read_variables(path)["encoder/conv1/bias"], array)
    path.write_bytes(struct.pack("<I", 5) + content[4:])
    with pytest.raises(ValueError, match="format 5"):
        read_variables(path)


def test_other_weights_than_the_model_cards_are_refused(network: Network, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"other")
    with pytest.raises(ValueError, match="not the Whisper base weights"):
        load_encoder(network.encoder, tmp_path / "model.bin")
