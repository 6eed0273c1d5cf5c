"""Room impulse responses: a bank simulated once, drawn from in every augmentation.

    python -m training.rooms /data/rooms.npz

Shoe-box rooms from a bathroom to a hall by the image method (pyroomacoustics), the speaker 0.2-4 m away, near
ones as often as far ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from assistant.model.features import SAMPLE_RATE_HZ

RESPONSES = 400
LONGEST_SAMPLES = 12_800
"""0.8 s; what decays longer is cut."""


def simulate(rng: np.random.Generator) -> np.ndarray:
    """Return the impulse response of a random room, (samples,) float32, its direct sound first and of height 1."""
    import pyroomacoustics  # noqa: PLC0415  (whoever reads a bank needs none)

    size = np.array([rng.uniform(1.5, 9), rng.uniform(1.5, 7), rng.uniform(2.2, 3.5)])
    reverberation_s = rng.triangular(0.1, 0.25, 0.8)
    try:
        absorption, order = pyroomacoustics.inverse_sabine(reverberation_s, size)
    except ValueError:  # a large room cannot be that dry
        absorption, order = 0.7, 12
    room = pyroomacoustics.ShoeBox(
        size, fs=SAMPLE_RATE_HZ, materials=pyroomacoustics.Material(absorption), max_order=min(order, 17)
    )
    microphone = rng.uniform(0.2, size - 0.2)
    room.add_source(
        _within(size, near=microphone, distance_m=float(np.exp(rng.uniform(np.log(0.2), np.log(4)))), rng=rng)
    )
    room.add_microphone(microphone)
    room.compute_rir()
    response = np.asarray(room.rir[0][0], np.float32)
    start = max(0, int(np.argmax(np.abs(response))) - 20)
    cut = response[start : start + LONGEST_SAMPLES]
    return cut / np.abs(cut).max()


def write_bank(path: Path, *, responses: int, seed: int) -> None:
    """Simulate `responses` rooms into `path`: `samples`, one after the other, and `ends`."""
    rng = np.random.default_rng(seed)
    bank = [simulate(rng) for _ in range(responses)]
    np.savez(path, samples=np.concatenate(bank), ends=np.cumsum([len(response) for response in bank]))


def read_bank(path: Path) -> list[np.ndarray]:
    """Return the responses of the bank at `path`, each (samples,) float32."""
    with np.load(path) as bank:
        return np.split(bank["samples"], bank["ends"][:-1])


def _within(size: np.ndarray, *, near: np.ndarray, distance_m: float, rng: np.random.Generator) -> np.ndarray:
    """Return a place in the room about `distance_m` from `near`, closer where a wall is in the way."""
    direction = rng.standard_normal(3) * np.array([1, 1, 0.3])
    return np.clip(near + distance_m * direction / np.linalg.norm(direction), 0.1, size - 0.1)


if __name__ == "__main__":
    write_bank(Path(sys.argv[1]), responses=RESPONSES, seed=1)
