from itertools import combinations

import numpy as np
import pytest

from assistant.speak import EARCONS, earcon
from assistant.speak.sound import LEVEL_DB, at_volume, levelled, trimmed
from tests.speech import silence, speak

RATE_HZ = 16_000


def sounding_db(samples: np.ndarray) -> float:
    """Mean power of the frames that sound."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    powers = np.square(frames).mean(axis=1)
    return 10 * float(np.log10(powers[powers > powers.max() / 300].mean()))


def pitches(samples: np.ndarray) -> np.ndarray:
    """The strongest frequency of each 25 ms, Hz."""
    frames = samples[: len(samples) // 400 * 400].reshape(-1, 400) * np.hanning(400).astype(np.float32)
    return np.argmax(np.abs(np.fft.rfft(frames, 4096, axis=1)), axis=1) * RATE_HZ / 4096


@pytest.mark.parametrize("name", EARCONS)
def test_an_earcon_is_short_and_does_not_click(name: str) -> None:
    sound = earcon(name)
    assert sound.dtype == np.float32
    assert 0.1 <= len(sound) / RATE_HZ <= 0.5
    assert np.abs(sound).max() < 0.9
    assert np.abs(np.diff(sound, prepend=0, append=0)).max() < 0.25
    assert abs(sound[-1]) < 0.01


@pytest.mark.parametrize("name", EARCONS)
def test_earcons_are_as_loud_as_speech(name: str) -> None:
    speech = levelled(trimmed(speak("The kitchen light is on.")))
    assert sounding_db(speech) == pytest.approx(LEVEL_DB, abs=1)
    assert sounding_db(earcon(name)) == pytest.approx(LEVEL_DB, abs=1)


def test_earcons_differ_in_contour() -> None:
    assert len(EARCONS) == 5
    for one, other in combinations(EARCONS, 2):
        first, second = pitches(earcon(one)), pitches(earcon(other))
        if abs(len(first) - len(second)) <= 3:
            common = min(len(first), len(second))
            assert np.median(np.abs(np.log2((first[:common] + 1) / (second[:common] + 1)))) > 0.2, (one, other)


def test_silence_is_cut_from_around_speech() -> None:
    speech = trimmed(speak("Yes."))
    assert len(speech) < len(speak("Yes.")) - 0.2 * RATE_HZ
    again = trimmed(np.concatenate([silence(0.5), speech, silence(1.0)]))
    assert abs(len(again) - len(speech)) <= 320
    assert not len(trimmed(silence(1.0)))
    assert not len(trimmed(np.zeros(0, np.int16)))


def test_silence_is_not_made_loud() -> None:
    assert not levelled(silence(0.3)).any()
    assert not len(levelled(np.zeros(0, np.int16)))


def test_volume_goes_from_silence_to_the_full_level() -> None:
    sound = earcon("accepted")
    peaks = [int(np.abs(at_volume(sound, percent)).max()) for percent in (0, 10, 50, 100)]
    assert peaks[0] == 0
    assert peaks == sorted(peaks)
    assert peaks[3] / peaks[2] == pytest.approx(4, rel=0.01)
