"""The session: what the shipped network says of any audio, and what is said of files that are no network."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.model import SHIPPED, Model
from assistant.model.symbols import ALPHABET

FOREIGN = base64.b64decode("CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE=")
"""An ONNX model of one Identity node."""


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load()


def noise(seconds: float) -> np.ndarray:
    return (np.random.default_rng(3).standard_normal(int(seconds * 16_000)) * 500).astype(np.int16)


@pytest.mark.parametrize("seconds", [0.3, 1.4, 3.0, 14.9, 15.0, 15.1, 29.0, 47.3])
def test_posteriors_are_probabilities_every_frame(model: Model, seconds: float) -> None:
    heard = model.posteriors(noise(seconds))
    assert heard.frame_ms == 20
    assert heard.symbols.shape[1] == len(ALPHABET) + 1
    assert heard.symbols.dtype == np.float32
    np.testing.assert_allclose(np.exp(heard.symbols).sum(axis=1), 1, atol=1e-3)
    silence_ms = 600 if seconds < 1.5 else 0
    assert abs(len(heard.symbols) * 20 - seconds * 1000 - silence_ms) <= 40


def test_audio_beyond_the_longest_keeps_its_beginning(model: Model) -> None:
    long = noise(20)
    np.testing.assert_array_equal(
        model.posteriors(long).symbols[:700], model.posteriors(long[: 15 * 16_000 + 240]).symbols[:700]
    )


@pytest.mark.parametrize("samples", [0, 1, 399])
def test_less_than_a_window_gives_no_frame(model: Model, samples: int) -> None:
    assert model.posteriors(np.zeros(samples, np.int16)).symbols.shape == (0, len(ALPHABET) + 1)


def test_silence_is_blank(model: Model) -> None:
    assert (model.posteriors(np.zeros(16_000, np.int16)).symbols.argmax(axis=1) == 0).mean() > 0.9


@pytest.mark.parametrize("seconds", [0.025, 0.3, 3.0, 15.0])
def test_the_intents_of_an_utterance_are_probabilities(model: Model, seconds: float) -> None:
    intents = model.posteriors(noise(seconds)).intents
    assert {"light.on", "calling.call", "timer.start"} <= set(intents)
    assert min(intents.values()) >= 0
    assert sum(intents.values()) <= 1 + 1e-5


def test_what_is_heard_in_pieces_has_no_intent(model: Model) -> None:
    assert model.posteriors(noise(15.1)).intents == {}
    assert model.posteriors(noise(0)).intents == {}
    stream = model.stream()
    assert stream.push(noise(3.0)).intents == {}
    assert stream.flush().intents == {}


def test_metadata_says_what_was_trained(model: Model) -> None:
    assert model.metadata["alphabet"] == ALPHABET
    assert int(model.metadata["steps"]) > 0
    assert {"commit", "date"} <= set(model.metadata)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.onnx: no such file"):
        Model.load(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "damaged or not an ONNX model"),
        (b"RIFF....WAVE", "damaged or not an ONNX model"),
        (SHIPPED.read_bytes()[:1_000_000], "damaged or not an ONNX model"),
        (FOREIGN, "not one of Oyez"),
    ],
    ids=["empty", "not ONNX", "cut off", "foreign"],
)
def test_a_file_that_is_no_network_of_ours_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "given.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=complaint) as raised:
        Model.load(path)
    assert str(path) in str(raised.value)


def test_a_network_of_another_alphabet_is_refused(tmp_path: Path) -> None:
    other = ALPHABET.replace("ñ", "ø")
    path = tmp_path / "other.onnx"
    path.write_bytes(SHIPPED.read_bytes().replace(ALPHABET.encode(), other.encode()))
    with pytest.raises(ModelError, match="other characters"):
        Model.load(path)


def test_the_library_of_the_network_reports_nothing_about_its_users(tmp_path):
    code = "import numpy, assistant.model as m; m.Model.load().posteriors(numpy.zeros(16000, numpy.int16))"
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", code], env=home, check=True, timeout=100)
    # Where it reports, it keeps what is to be sent, and the number of this machine, in the user's cache.
    assert list(tmp_path.rglob("*")) == []
