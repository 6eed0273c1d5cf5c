import numpy as np
import pytest

from assistant.audio import check_recording, measure
from tests.speech import mixed, noise, silence, speak

SPOKEN = np.concatenate([silence(1), speak("turn on the kitchen light"), silence(1)])


def scaled(samples: np.ndarray, gain: float) -> np.ndarray:
    return (samples * gain).clip(-32768, 32767).astype(np.int16)


def test_a_full_sine_is_at_0_and_minus_3_db() -> None:
    wave = (32767 * np.sin(np.arange(16_000) / 10)).astype(np.int16)
    level = measure(wave)
    assert level.peak_db == pytest.approx(0, abs=0.01)
    assert level.rms_db == pytest.approx(-3.01, abs=0.05)
    assert level.clipped > 0


def test_the_most_negative_sample_is_full_scale() -> None:
    level = measure(np.full(10, -32768, np.int16))
    assert (level.peak_db, level.rms_db, level.clipped) == (0, 0, 10)


@pytest.mark.parametrize("samples", [np.zeros(0, np.int16), silence(1)], ids=["none", "silence"])
def test_silence_has_a_level_too(samples: np.ndarray) -> None:
    assert measure(samples).rms_db == -120


@pytest.mark.parametrize(
    ("samples", "faults"),
    [
        pytest.param(mixed(SPOKEN, noise(6, level_db=-60)), [], id="good"),
        pytest.param(silence(4), ["dead"], id="muted"),
        pytest.param(np.zeros(0, np.int16), ["dead"], id="nothing"),
        pytest.param(scaled(SPOKEN, 0.01), ["too-quiet"], id="too quiet"),
        pytest.param(scaled(SPOKEN, 8.0), ["clipped"], id="clipped"),
        pytest.param(mixed(SPOKEN, np.full(100_000, 3000, np.int16)), ["offset"], id="constant offset"),
        pytest.param(mixed(SPOKEN, noise(6, level_db=-20)), ["noisy"], id="noisy"),
        pytest.param(noise(4, level_db=-60), ["too-quiet", "noisy"], id="only hiss"),
    ],
)
def test_a_recording_is_judged(samples: np.ndarray, faults: list[str]) -> None:
    check = check_recording(samples)
    assert [finding.fault for finding in check.findings] == faults
    assert check.good == (not faults)
    assert all(len(finding.advice) > 20 for finding in check.findings)
