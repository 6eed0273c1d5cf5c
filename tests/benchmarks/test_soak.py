"""The soak's judgement, and a short soak: minutes of commands, noise, music and talk through the whole daemon."""

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.process import Held
from benchmarks.soak import Scene, Watched, judged, run, scene

MEANT = ("on lamp", "off lamp", "on kitchen")


def watched(
    *, meant: Sequence[str] = MEANT * 4, done: Sequence[int] = range(12), memory_mb: Sequence[float] = (200, 204)
) -> Watched:
    """Four scenes of three commands, as they were heard."""
    looks = [(n / 100, Held(memory_mb[n > 75], threads=15, descriptors=30)) for n in range(100)]
    ids = [str(number) for number in range(len(meant))]
    return Watched(looks, meant=list(meant), ids=ids, done={str(n) for n in done}, meant_to_be=MEANT * 4)


@pytest.mark.parametrize(
    ("seen", "broken"),
    [
        pytest.param(watched(), [], id="all well"),
        pytest.param(watched(meant=MEANT * 3 + MEANT[1:]), ["commands missed after the warm-up"], id="one missed"),
        pytest.param(watched(meant=MEANT[1:] + MEANT * 3), [], id="one missed in the warm-up"),
        pytest.param(watched(meant=(*MEANT * 2, "undo", *MEANT * 2), done=range(13)), [], id="one too many"),
        pytest.param(watched(done=range(11)), ["commands heard, and not done by their lamp"], id="one not done"),
        pytest.param(watched(memory_mb=(200, 211)), ["memory, MB, first and last quarter"], id="a leak"),
    ],
)
def test_what_breaks_a_limit(seen: Watched, broken: list[str]) -> None:
    one = Scene(np.zeros(16_000, np.int16), MEANT, a_minute=21.0)
    assert [row.what for row in judged(seen, one) if not row.good] == broken


@pytest.mark.timeout(600)
def test_a_short_soak_is_held() -> None:
    one = scene(commands=3, alone_s=2.0)
    seen = run(one, scenes=1, real_time=False)
    # Memory still grows so soon after the start, and the last reply takes its time where the sound takes none.
    assert [row for row in judged(seen, one) if not row.good and not row.what.startswith(("memory", "waiting"))] == []
    assert len(seen.done) >= len(one.meant)
