from pathlib import Path

import torch

from training.average import average


def test_the_mean_lies_between(tmp_path: Path) -> None:
    for step, value in ((1, 1.0), (2, 4.0)):
        weights = {"step": step, "average": {"matrix": torch.full((2, 2), value), "bias": torch.full((2,), value)}}
        torch.save(weights, tmp_path / f"{step}.pt")
    average([tmp_path / "1.pt", tmp_path / "2.pt"], tmp_path / "mean.pt")
    mean = torch.load(tmp_path / "mean.pt", weights_only=True)
    assert mean["step"] == 2
    assert mean["average"]["bias"].tolist() == [2.5, 2.5]
    assert mean["average"]["matrix"].dtype == torch.bfloat16
    assert mean["average"]["matrix"].tolist() == [[2.5, 2.5], [2.5, 2.5]]
