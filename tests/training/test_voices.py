from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from training.clips import SAMPLE_RATE_HZ, read_index, read_samples
from training.voices import espeak, flite, pico, rhvoice
from training.voices.piper import phoneme_ids
from training.voices.programs import run_voice, varied
from training.voices.speakers import _world, resampled
from training.voices.spoken import PAUSE_MS, Speech, UnspeakableError, clip_samples, fill, trimmed


def tone(*, hz: float = 200.0, seconds: float = 1.0, rate_hz: int = SAMPLE_RATE_HZ) -> np.ndarray:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.3 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def pitch_of(samples: np.ndarray, rate_hz: int = SAMPLE_RATE_HZ) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate_hz / len(samples))


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)


def test_silence_at_both_ends_is_trimmed() -> None:
    sound = trimmed(np.concatenate((silence(0.7), tone(), silence(1.3))))
    assert 1.0 <= len(sound) / SAMPLE_RATE_HZ <= 1.04


def test_silence_within_stays() -> None:
    sound = trimmed(np.concatenate((tone(seconds=0.5), silence(0.6), tone(seconds=0.5))))
    assert len(sound) / SAMPLE_RATE_HZ == pytest.approx(1.6, abs=0.03)


def test_a_clip_has_the_rate_the_pauses_and_the_level() -> None:
    speech = Speech(tone(rate_hz=24_000), 24_000, "tone")
    for seed in range(20):
        clip = clip_samples(speech, Random(seed))
        loud = np.flatnonzero(np.abs(clip) > 300)
        assert clip.dtype == np.int16
        assert np.abs(clip).max() == pytest.approx(0.5 * 32767, rel=0.01)
        for pause in (loud[0], len(clip) - loud[-1]):
            assert PAUSE_MS[0] - 15 <= pause * 1000 / SAMPLE_RATE_HZ <= PAUSE_MS[1] + 30
        assert pitch_of(clip[loud[0] : loud[-1]]) == pytest.approx(200, abs=3)


@pytest.mark.parametrize("samples", [silence(1.0), silence(0.0), tone(seconds=0.05), tone(seconds=16.0)])
def test_what_is_no_utterance_is_refused(samples: np.ndarray) -> None:
    with pytest.raises(UnspeakableError):
        clip_samples(Speech(samples, SAMPLE_RATE_HZ, "nobody"), Random(1))


def test_resampling_moves_pitch_and_tempo_together() -> None:
    speech = resampled(Speech(tone(), SAMPLE_RATE_HZ, "tone"), 1.2)
    assert len(speech.samples) == pytest.approx(SAMPLE_RATE_HZ / 1.2, rel=0.01)
    assert pitch_of(speech.samples) == pytest.approx(240, abs=3)
    assert speech.speaker == "tone x1.20"


def test_world_moves_the_pitch_and_keeps_the_length() -> None:
    times = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 150 * k * times) / k for k in range(1, 20)) * 0.1
    changed = _world(Speech(buzz.astype(np.float32), SAMPLE_RATE_HZ, "buzz"), formants=1.1, pitch=1.3, range_factor=1.0)
    assert len(changed) == pytest.approx(len(buzz), abs=200)
    assert pitch_of(changed) % 195 == pytest.approx(0, abs=6)


def test_varied_gives_plain_and_changed_speakers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "training.voices.programs.changed", lambda speech, _random: Speech(speech.samples, 1, "changed")
    )
    tempos: list[float] = []

    def speak(tempo: float) -> Speech:
        tempos.append(tempo)
        return Speech(tone(seconds=0.1), SAMPLE_RATE_HZ, "own")

    speakers = [varied(speak, Random(seed)).speaker for seed in range(80)]
    assert speakers.count("own") > 8
    assert speakers.count("changed") > 8
    assert sum(speaker.startswith("own x") for speaker in speakers) > 25
    assert 0.6 < min(tempos) < max(tempos) < 1.6


def test_a_set_is_filled_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def say(text: str, language: str, random: Random) -> Speech:
        del language
        if random.random() < 0.2:
            raise UnspeakableError(text)
        return Speech(tone(seconds=random.uniform(0.3, 0.6)), SAMPLE_RATE_HZ, "tone")

    fill(tmp_path / "whole", say=say, source="tone", language="en", clips=12)
    whole = read_index(tmp_path / "whole")
    assert len(whole) == 12
    assert {clip.language for clip in whole} == {"en"}
    assert len({clip.text for clip in whole}) > 8
    fill(tmp_path / "whole", say=say, source="tone", language="en", clips=12)
    assert read_index(tmp_path / "whole") == whole
    fill(tmp_path / "whole", say=say, source="tone", language="en", clips=15)
    grown = read_index(tmp_path / "whole")
    assert grown[:12] == whole
    assert len(grown) == 15
    assert all(np.abs(read_samples(clip)).max() > 10_000 for clip in grown)


def test_a_voice_that_says_nothing_stops_with_its_error(tmp_path: Path) -> None:
    def say(text: str, language: str, random: Random) -> Speech:
        del language, random
        raise UnspeakableError(text)

    with pytest.raises(UnspeakableError):
        fill(tmp_path / "set", say=say, source="mute", language="en", clips=1)


def test_a_program_that_fails_is_unspeakable() -> None:
    with pytest.raises(UnspeakableError, match="no such voice"):
        run_voice(lambda _wav: ("sh", "-c", "echo no such voice >&2; exit 3"), text="hello", speaker="sh")


def test_a_program_that_writes_no_sound_is_unspeakable() -> None:
    with pytest.raises(UnspeakableError):
        run_voice(lambda wav: ("sh", "-c", f"cat > {wav}"), text="this is no wave file", speaker="sh")


def test_voices_held_out_for_tests_never_train() -> None:
    assert "slt" not in flite.VOICES
    assert not {"slt", "bdl", "evgeniy-eng", "lyubov"} & set(rhvoice.VOICES)
    assert "fr" not in espeak.VOICES


def test_picos_english_never_trains() -> None:
    assert set(pico._VOICES) == {"es", "fr"}


def test_piper_ids_pad_every_phoneme() -> None:
    symbols = {"_": [0], "^": [1], "$": [2], "a": [10], "b": [11]}
    assert phoneme_ids("ab?", symbols) == [1, 0, 10, 0, 11, 0, 2]
