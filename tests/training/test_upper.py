"""Experiments on the upper layers: the same network in two parts, and a layer that attends to names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from assistant.model.symbols import encode
from training.biasing import Biasing, as_catalog, marked_names
from training.gpu.train import Plan, Rates
from training.gpu.utterances import Heard
from training.meanings import targets
from training.network import WIDTH, Network
from training.upper import LOWER, UpperRun, batches, lower_states


@pytest.fixture(scope="module")
def said() -> Heard:
    torch.manual_seed(1)
    views = [(torch.randn(2, 64, 80), torch.tensor([64, 40])) for _ in range(2)]
    lengths = torch.tensor([2, 1])
    return Heard(views, torch.tensor([3, 4, 5]), lengths, torch.eye(3)[:2], torch.tensor([False, False]), 1.0)


@pytest.fixture
def run(tmp_path: Path) -> UpperRun:
    torch.manual_seed(1)
    torch.save({"average": Network().state_dict()}, tmp_path / "start.pt")
    return UpperRun(
        Plan.parse("a:letters:3x"), start=tmp_path / "start.pt", device=torch.device("cpu"), out=tmp_path, rates=Rates()
    )


def test_both_parts_are_the_whole_network(run: UpperRun, said: Heard) -> None:
    (mels, counts), _ = said.views
    whole = run.network.symbols(run.network.encoder(mels, counts, languages=said.allowed))
    (states, _), _ = lower_states(run.network, said)
    parts = run.logits(states.float(), counts, languages=said.allowed, chunk=None)
    assert (parts - whole)[0].abs().max() < 0.02
    assert (parts - whole)[1, :20].abs().max() < 0.02  # the rest is padding


def test_only_the_upper_layers_learn(run: UpperRun, said: Heard) -> None:
    before = {name: tensor.clone() for name, tensor in run.network.state_dict().items()}
    ((states, counts), _) = lower_states(run.network, said)
    loss, _ = run.learn([], replace(said, views=[(states.float(), counts)]), share=0.5)
    assert torch.isfinite(loss)
    changed = [name for name, tensor in run.network.state_dict().items() if not torch.equal(tensor, before[name])]
    assert "symbols.weight" in changed
    layers = {name.split(".")[2] for name in changed if ".layers." in name}
    assert layers == {str(number) for number in range(LOWER, 6)}


def test_batches_of_a_language_come_in_turns_of_their_hearings(tmp_path: Path, run: UpperRun, said: Heard) -> None:
    kept = replace(said, views=lower_states(run.network, said))
    heard = tmp_path / "heard"
    heard.mkdir()
    for number, language in enumerate(("en", "fr", "en")):
        torch.save({"language": language, "batch": [], "said": kept}, heard / f"{number}.pt")
    drawn = batches(heard, language="en", views=1)
    first = [next(drawn)[1].views for _ in range(4)]
    assert all(len(views) == 1 for views in first)
    assert len({float(views[0][0].sum()) for views in first}) == 2


def test_a_new_layer_changes_nothing_and_looks_at_all_names() -> None:
    biasing = Biasing()
    states = torch.randn(2, 9, WIDTH)
    keys, values = biasing.phrases(as_catalog([encode("anna"), encode("jean pierre")]))
    assert (keys.shape[0], values.shape[0]) == (3, 3)
    assert values[0].abs().max() == 0
    assert torch.equal(biasing(states, (keys, values)), states)


def test_names_are_found_by_their_marks() -> None:
    _, meaning = targets("call {person anna} and play {music la vie}", "media.play", "en")
    assert marked_names(meaning) == [tuple(encode("anna")), tuple(encode("la vie"))]
    assert marked_names(encode("anna")) == []
