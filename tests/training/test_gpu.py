"""Training on a GPU, on a CPU: the same code with fewer seconds in a batch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assistant.model.features import SAMPLE_RATE_HZ, log_mel
from assistant.model.symbols import encode
from training.clips import ClipWriter, read_index
from training.gpu import carried, fast, hear, pack, utterances
from training.gpu.sounds import Sounds
from training.gpu.speaking import trimmed
from training.gpu.train import Plan, Rates, Run, fill, loss_of, wrong_letters
from training.gpu.vocoder import Vocoder
from training.meanings import FIRST, INDEX, TOKENS, targets
from training.network import SYMBOLS, Network

CPU = torch.device("cpu")


def tone(seconds: float, *, hz: float = 300) -> np.ndarray:
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (9000 * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)


def clip(samples: int, text: str, **more: Any) -> dict[str, Any]:
    return {"samples": samples, "text": text, "language": "en", "speaker": "a"} | more


@pytest.fixture
def sounds() -> Sounds:
    found = Sounds(device=CPU, hours=0.02)
    speech = [tone(seconds, hz=200 * seconds) for seconds in (0.8, 1.2, 0.5)]
    clips = [
        clip(len(speech[0]), "lights on"),
        clip(len(speech[1]), "{thing the lamp} is dark", intent="light.on"),
        clip(len(speech[2]), "hello", intent="none"),
    ]
    found.add_speech(np.concatenate(speech), clips, kind="real", share=1.0)
    found.add_noises(tone(3, hz=90))
    return found


@pytest.fixture
def ear() -> hear.Ear:
    rooms = torch.zeros(2, 800)
    rooms[:, 0] = 1
    rooms[1, 500] = 0.4
    return hear.Ear.on(CPU, rooms=rooms)


def test_features_are_those_of_the_product(ear: hear.Ear) -> None:
    samples = np.random.default_rng(1).normal(0, 3000, 9000).astype(np.int16)
    rows = torch.from_numpy(samples.astype(np.float32) / 32768)[None]
    found, counts = hear.features(rows, lengths=torch.tensor([9000]), ear=ear)
    wanted = log_mel(samples)
    assert counts.tolist() == [len(wanted)]
    assert np.abs(found[0, : len(wanted)].numpy() - wanted).max() < 1e-4


def test_slower_speech_is_longer_and_lower(ear: hear.Ear) -> None:
    rows = torch.from_numpy(tone(1, hz=440).astype(np.float32))[None] / 32768
    slower = hear.stretched(rows, factor=torch.tensor([1.1]), samples=17_600, ear=ear)[0].numpy()
    heard_hz = np.argmax(np.abs(np.fft.rfft(slower))) * SAMPLE_RATE_HZ / len(slower)
    assert abs(heard_hz - 440 / 1.1) < 2
    assert abs(np.abs(slower[2000:-2000]).max() * 32768 - 9000) < 90


def test_microphones_keep_the_ends_of_the_rows_silent(sounds: Sounds, ear: hear.Ear) -> None:
    torch.manual_seed(3)
    rows = torch.from_numpy(tone(1).astype(np.float32)).repeat(40, 1) / 32768
    rows[:, 12_000:] = 0
    lengths = torch.full((40,), 12_000)
    nobody = torch.zeros(40, dtype=torch.bool)
    found = hear.hear(rows, lengths=lengths, ear=ear, sounds=sounds, nobody=nobody)
    assert torch.isfinite(found).all()
    assert not found[:, 12_000:].any()
    peaks = found.abs().amax(1)
    assert (peaks > 0.03).all()
    assert (peaks <= 1).all()
    assert len(torch.unique(peaks)) > 30


def test_masks_hide_less_than_half(ear: hear.Ear) -> None:
    del ear
    torch.manual_seed(1)
    mels = torch.rand(20, 200, 80)
    masked = hear.masked(mels, counts=torch.full((20,), 200))
    hidden = (masked != mels).float().mean((1, 2))
    assert 0.02 < float(hidden.mean()) < 0.5


class TestUtterances:
    def test_joined_clips_have_their_texts_in_order(self, sounds: Sounds) -> None:
        drawing = utterances.Drawing(sounds, language="en", seed=1)
        batches = drawing.batches(batch_s=20)
        drawn = [one for _ in range(12) for one in next(batches)]
        texts = {tuple(encode(text)): samples for text, samples in (("lights on", 0.8), ("hello", 0.5))}
        for one in drawn:
            if tuple(one.letters) in texts:
                said_s = sum(samples for _, samples in one.clips) / SAMPLE_RATE_HZ
                assert abs(said_s - texts[tuple(one.letters)]) < 0.11
        assert any(len(one.clips) > 2 for one in drawn)
        assert any(one.nobody for one in drawn)
        assert all(one.samples <= utterances.LONGEST_S * SAMPLE_RATE_HZ for one in drawn)

    def test_a_clip_lies_where_its_row_says(
        self, sounds: Sounds, ear: hear.Ear, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard: list[torch.Tensor] = []

        def listen(voice: torch.Tensor, **_: object) -> torch.Tensor:
            heard.append(voice)
            return voice

        monkeypatch.setattr(hear, "hear", listen)
        one = utterances.Utterance(
            [(0, 8000), (12_800, 4000)], 1600, [800, 0], 3200, 1.0, encode("a"), encode("a"), True, [1.0, 0.0, 0.0]
        )
        said = utterances.heard([one], sounds=sounds, ear=ear, device=CPU, views=1)
        row = heard[0][0] * 32768
        wanted = torch.zeros(len(row))
        wanted[1600:9600] = torch.from_numpy(tone(0.8, hz=160)).float()[:8000]
        wanted[10_400:14_400] = torch.from_numpy(tone(1.2, hz=240)).float()[:4000]
        assert torch.allclose(row, wanted, atol=2)
        assert said.views[0][1].tolist() == [1 + (17_600 - 400) // 160]


class TestRuns:
    def test_a_step_with_meaning_learns(self, sounds: Sounds, ear: hear.Ear, tmp_path: Path) -> None:
        torch.manual_seed(1)
        torch.save({"average": Network().state_dict()}, tmp_path / "start.pt")
        run = Run(Plan.parse("a:meaning:60"), start=tmp_path / "start.pt", device=CPU, out=tmp_path, rates=Rates())
        assert run.network.symbols.out_features == SYMBOLS + len(TOKENS)
        before = {name: tensor.clone() for name, tensor in run.network.state_dict().items()}
        drawing = utterances.Drawing(sounds, language="en", seed=1)
        batch = next(drawing.batches(batch_s=4))
        said = utterances.heard(batch, sounds=sounds, ear=ear, device=CPU, views=2)
        loss, norm = run.learn(batch, said, share=0.1)
        assert torch.isfinite(loss)
        assert torch.isfinite(norm)
        changed = [name for name, tensor in run.network.state_dict().items() if not torch.equal(tensor, before[name])]
        assert "symbols.weight" in changed
        assert "encoder.layers.0.widen.weight" in changed
        parts = tmp_path / "parts"
        parts.mkdir()
        saved = run.save("a")
        carried.write(saved, parts)
        carried.read(sorted(parts.iterdir()), tmp_path / "again.pt")
        old, new = (torch.load(path, weights_only=True)["average"] for path in (saved, tmp_path / "again.pt"))
        for name, tensor in old.items():
            assert (tensor.float() - new[name]).abs().max() <= tensor.float().abs().max() / 120, name

    def test_whose_meaning_is_unknown_is_not_told_that_it_has_none(self, sounds: Sounds, ear: hear.Ear) -> None:
        torch.manual_seed(1)
        network = Network()
        network.symbols = torch.nn.Linear(network.symbols.in_features, SYMBOLS + len(TOKENS))
        one = utterances.Utterance([(0, 8000)], 0, [0], 0, 1.0, encode("a"), encode("a"), False, [1.0, 0.0, 0.0])
        said = utterances.heard([one], sounds=sounds, ear=ear, device=CPU, views=1)
        loss_of(network, said, chunks=[None], meant=True, consistency=0).backward()
        gradient = network.symbols.bias.grad
        assert gradient is not None
        assert gradient[FIRST:].abs().max() < 1e-6
        assert gradient[:FIRST].abs().max() > 1e-3


def test_sets_are_packed_and_read_again(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "real-a") as writer:
        for hz in (300, 500):
            writer.append(tone(0.9, hz=hz), text="light", language="en", speaker="b", source="test")
    pack.pack(read_index(tmp_path / "real-a"), tmp_path / "packed" / "real-a", bits_per_second=24_000)
    ((name, samples, clips),) = pack.read(tmp_path / "packed")
    assert name == "real-a-00"
    assert [one["text"] for one in clips] == ["light", "light"]
    whole = np.concatenate([tone(0.9, hz=300), tone(0.9, hz=500)]).astype(float)
    assert np.corrcoef(samples[2000:-2000], whole[2000:-2000])[0, 1] > 0.97
    store = Sounds(device=CPU, hours=0.01)
    fill(store, tmp_path / "packed")
    assert list(store.groups["en"]) == ["real-a"]
    assert store.hours * 3600 == pytest.approx(1.8)


def test_fast_voices_speak_what_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = [("enciende {thing la lámpara}", "light.on"), ("buenos días", "none")]
    monkeypatch.setattr(fast, "texts", lambda *_: list(marked))
    monkeypatch.setattr(sys, "argv", ["fast", str(tmp_path), "--language", "es"])
    fast.main()
    ((name, samples, clips),) = pack.read(tmp_path)
    assert name == "said-es-00"
    assert sorted((one["text"], one["intent"]) for one in clips) == sorted(marked)
    assert len(samples) == sum(one["samples"] for one in clips) > SAMPLE_RATE_HZ


def test_wrong_letters_are_counted(ear: hear.Ear) -> None:
    torch.manual_seed(1)
    network = Network().eval()
    found = wrong_letters(network, [("home-en-00", tone(1), [clip(16_000, "lights on")])], ear=ear, device=CPU)
    assert list(found) == ["home-en"]
    assert found["home-en"] > 50


def test_meaning_stands_behind_the_letters() -> None:
    letters, meaning = targets("dim {thing the lamp} a bit", "light.dimmer", "en")
    assert letters == encode("dim the lamp a bit")
    marked = [*encode("dim "), INDEX["thing"], *encode("the lamp"), INDEX["end"], *encode(" a bit")]
    assert meaning == [*marked, INDEX["light.dimmer"], INDEX["en"]]
    assert targets("the cat sleeps", "none", "en")[1] == encode("the cat sleeps")
    assert targets("light on", None, "en")[1] == encode("light on")


def test_the_vocoder_speaks_many_as_it_speaks_one() -> None:
    vocoder = Vocoder(_random_weights(), device=CPU)
    draw = torch.Generator().manual_seed(2)
    frames = torch.randn(2, 512, 24, generator=draw)
    pitch = torch.full((2, 24), 140.0)
    timbre = torch.randn(2, 128, generator=draw)
    lengths = torch.tensor([24, 16])
    frames[1, :, 16:] = 0
    pitch[1, 16:] = 0
    both = vocoder(frames, pitch, timbre, lengths=lengths)
    alone = vocoder(frames[1:, :, :16], pitch[1:, :16], timbre[1:], lengths=lengths[1:])
    assert both.shape == (2, 7200)
    # The last frames of the shorter one see the padding where it alone sees its mirror image.
    apart = (both[1, :4500] - alone[0, :4500]).square().mean().sqrt()
    assert apart < 0.02 * alone.square().mean().sqrt()


def test_silence_around_speech_is_cut() -> None:
    rows = torch.zeros(1, 24_000)
    rows[0, 9600:14_400] = torch.sin(torch.arange(4800) * 0.1)
    samples, inside = trimmed(rows, lengths=torch.tensor([24_000]))
    assert samples.shape == (1, 16_000)
    kept = inside[0].nonzero()[:, 0]
    assert kept[0] == 6400 - 960
    assert 9600 + 960 - 1 <= kept[-1] <= 9600 + 960 + 160


def _random_weights() -> dict[str, np.ndarray]:
    """Weights of the vocoder's shapes."""
    draw = np.random.default_rng(1)
    shapes: dict[str, tuple[int, ...]] = {
        "m_source.l_linear.weight": (9, 1), "m_source.l_linear.bias": (1,), "inverse_basis": (22, 1, 20),
        "conv_post.weight": (22, 128, 7), "conv_post.bias": (22,),
        "noise_convs.0.weight": (256, 22, 12), "noise_convs.0.bias": (256,),
        "noise_convs.1.weight": (128, 22, 1), "noise_convs.1.bias": (128,),
        "ups.0.weight": (512, 256, 20), "ups.0.bias": (256,), "ups.1.weight": (256, 128, 12), "ups.1.bias": (128,),
    }  # fmt: skip
    blocks = [("noise_res.0", 256), ("noise_res.1", 128)]
    blocks += [(f"resblocks.{number}", 256 if number < 3 else 128) for number in range(6)]
    for name, channels in blocks:
        for half in (1, 2):
            for pair in range(3):
                shapes[f"{name}.convs{half}.{pair}.weight"] = (channels, channels, 3)
                shapes[f"{name}.convs{half}.{pair}.bias"] = (channels,)
                shapes[f"{name}.adain{half}.{pair}.fc.weight"] = (128, 2 * channels)
                shapes[f"{name}.adain{half}.{pair}.fc.bias"] = (2 * channels,)
                shapes[f"{name}.alpha{half}.{pair}"] = (1, channels, 1)
    weights = {name: draw.normal(0, 0.02, shape).astype(np.float32) for name, shape in shapes.items()}
    return weights | {name: np.ones(shape, np.float32) for name, shape in shapes.items() if ".alpha" in name}
