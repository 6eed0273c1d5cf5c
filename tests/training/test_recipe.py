"""The whole recipe, tiny: clips, a step, a resumed step, export, quantization, and the same answers everywhere."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from assistant.model import Model
from assistant.model.features import log_mel
from assistant.model.streaming import SILENCE
from assistant.model.symbols import LANGUAGES
from tests.training.clip_sets import tones, write_sets
from training.data import Heard, collate, told
from training.evaluate import greedy_text
from training.export import build, export
from training.meanings import INTENTS
from training.network import Network, paired
from training.quantize import LARGEST_BYTES, quantize
from training.train import CHUNKS, Config, draw_chunk, parse, parse_clock, train
from training.weights import load_start

pytestmark = pytest.mark.timeout(600)  # two steps of the whole network take minutes on a shared core


@dataclasses.dataclass(frozen=True)
class Trained:
    """What the recipe leaves."""

    run: Path
    weights: Path
    exported: Path
    quantized: Path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("recipe")
    write_sets(folder / "data")
    torch.manual_seed(1)
    start = folder / "start.pt"
    network = Network()
    torch.nn.init.normal_(network.encoder.excluded)
    torch.nn.init.normal_(network.intents.outer.weight)
    torch.save({"average": network.state_dict()}, start)
    config = Config(root=folder / "data", run=folder / "run", start=start, batch_s=6, log_steps=1, steps=1)
    train(config)
    weights = train(dataclasses.replace(config, steps=2))
    exported, quantized = folder / "float.onnx", folder / "int8.onnx"
    export(weights, exported)
    quantize(exported, quantized)
    return Trained(folder / "run", weights, exported, quantized)


def test_a_second_start_goes_on_from_the_checkpoint(trained: Trained) -> None:
    lines = [json.loads(line) for line in (trained.run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert trained.weights.name == "weights-000002.pt"
    saved = torch.load(trained.run / "checkpoint.pt", weights_only=True)
    assert saved["step"] == 2
    assert {"commit", "date", "config", "data_sha256"} <= set(saved)


def test_the_exported_graph_says_what_the_network_says(trained: Trained) -> None:
    network = Network()
    load_start(network, trained.weights)
    model = Model.load(trained.exported)
    # Longer than what the run time puts silence around.
    for text, languages in (("turn on the kitchen lights", {"en", "fr"}), ("set the reading lamp to fifty", set())):
        with torch.no_grad():
            features = torch.from_numpy(log_mel(tones(text)))[None]
            expected = network(features, languages=torch.tensor([told(languages or LANGUAGES)]))[0].numpy()
        # The convolutions are stored in float16.
        np.testing.assert_allclose(model.posteriors(tones(text), languages=languages).symbols, expected, atol=0.05)


@pytest.mark.parametrize("longer", [0, 160, 320, 480], ids=["", "10 ms more", "20 ms more", "30 ms more"])
def test_the_exported_graph_means_what_the_network_means(trained: Trained, longer: int) -> None:
    network = Network().eval()
    load_start(network, trained.weights)
    samples = np.pad(tones("turn on the kitchen lights"), (0, longer))
    with torch.no_grad():
        states = network.encoder(torch.from_numpy(log_mel(samples))[None], languages=torch.tensor([told({"en"})]))
        pairs = paired(states[0], torch.log_softmax(network.symbols(states[0]), dim=-1))
        expected = network.intents(pairs[None], torch.tensor([len(pairs)]))[0].softmax(dim=1)[0].numpy()
    exact, small = (
        Model.load(path).posteriors(samples, languages={"en"}).intents for path in (trained.exported, trained.quantized)
    )
    assert list(exact) == list(INTENTS[1:])
    np.testing.assert_allclose(list(exact.values()), expected[1:], atol=0.01)
    np.testing.assert_allclose(list(small.values()), expected[1:], atol=0.1)
    assert expected.max() > 2 / len(INTENTS)


@pytest.mark.parametrize("chunk", [16, 32, 64])
def test_the_exported_graph_streams_as_the_network_does_in_chunks(trained: Trained, chunk: int) -> None:
    network = Network()
    load_start(network, trained.weights)
    said = tones("turn on the kitchen lights and then set the reading lamp to fifty percent please")
    with torch.no_grad():
        features = torch.from_numpy(log_mel(np.concatenate([said, SILENCE])))[None]
        expected = network(features, languages=torch.tensor([told({"es"})]), chunk=chunk)[0].numpy()
    stream = Model.load(trained.exported).stream(languages={"es"}, chunk_ms=20 * chunk)
    heard = np.concatenate([stream.push(said).symbols, stream.flush().symbols])
    np.testing.assert_allclose(heard, expected, atol=0.05)


def test_int8_loses_little_and_fits(trained: Trained) -> None:
    assert trained.quantized.stat().st_size <= LARGEST_BYTES
    whole, small = (Model.load(path) for path in (trained.exported, trained.quantized))
    difference = np.abs(whole.posteriors(tones("kitchen")).symbols - small.posteriors(tones("kitchen")).symbols)
    assert difference.mean() < 0.1
    assert small.metadata == whole.metadata
    assert small.metadata["steps"] == "2"


def test_a_shipped_file_can_be_trained_on(trained: Trained) -> None:
    original, from_float, from_int8 = Network(), Network(), Network()
    load_start(original, trained.weights)
    load_start(from_float, trained.exported)
    load_start(from_int8, trained.quantized)
    for name, tensor in original.state_dict().items():
        torch.testing.assert_close(from_float.state_dict()[name], tensor, atol=1e-3, rtol=1e-3)
        step = tensor.abs().max().item() / 127
        torch.testing.assert_close(from_int8.state_dict()[name], tensor, atol=max(1e-3, step), rtol=1e-3)


def test_a_file_that_would_be_too_large_is_not_written(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.quantize.LARGEST_BYTES", 1_000_000)
    with pytest.raises(ValueError, match="may be shipped"):
        quantize(trained.exported, tmp_path / "large.onnx")
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_no_start(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.bin, \.pt and \.onnx"):
        load_start(Network(), tmp_path / "weights.npz")
    model = build(Network(), about={})
    del model.graph.initializer[-1]
    onnx.save(model, tmp_path / "part.onnx")
    with pytest.raises(ValueError, match="no parameter"):
        load_start(Network(), tmp_path / "part.onnx")
    assert trained.run.exists()


def test_the_command_line_is_made_of_the_fields() -> None:
    config = parse(["--root", "/clips", "--rate", "1e-4", "--steps", "7"])
    assert config == Config(root=Path("/clips"), rate=1e-4, steps=7)


def test_half_of_the_batches_stream_and_a_resumed_run_knows_which() -> None:
    utterance = Heard(np.zeros((2, 80), np.float32), [1])
    batches = [collate([utterance], group=group, number=number) for group in range(40) for number in range(10)]
    drawn = [draw_chunk(Config(root=Path("/clips")), batch) for batch in batches]
    assert drawn == [draw_chunk(Config(root=Path("/clips")), batch) for batch in batches]
    assert 150 < drawn.count(None) < 250
    assert set(drawn) == {None, *CHUNKS}
    assert not any(draw_chunk(Config(root=Path("/clips"), chunked=0), batch) for batch in batches)


def test_until_is_the_next_such_moment() -> None:
    now = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
    assert parse_clock("18:30", now=now) == datetime(2026, 3, 1, 18, 30, tzinfo=UTC).timestamp()
    assert parse_clock("17:30", now=now) == datetime(2026, 3, 2, 17, 30, tzinfo=UTC).timestamp()
    assert parse_clock("", now=now) is None


@pytest.mark.parametrize(("path", "text"), [([], ""), ([3, 3, 0, 3, 4], "aab"), ([0, 0], ""), ([1, 3], " a")])
def test_greedy_reading_joins_repetitions(path: list[int], text: str) -> None:
    scores = np.full((len(path), 53), -9, np.float32)
    scores[np.arange(len(path)), path] = 0
    assert greedy_text(scores) == text
