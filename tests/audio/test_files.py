import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.audio import WavMicrophone, read_file
from assistant.audio import files as files_module
from assistant.errors import AudioError
from tests.speech import speak

TONE_HZ = 440


def tone(rate_hz: int, *, seconds: float = 1.0, channels: int = 1) -> np.ndarray:
    """(samples, channels) float64 of a sine at half of full scale."""
    wave = 0.5 * np.sin(2 * np.pi * TONE_HZ * np.arange(round(rate_hz * seconds)) / rate_hz)
    return np.repeat(wave[:, np.newaxis], channels, axis=1)


def loudest_hz(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 16000 / len(samples))


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("kind", [("WAV", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS")], ids=lambda kind: kind[0])
def test_any_rate_becomes_16_khz(rate_hz: int, kind: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "tone"
    soundfile.write(file, tone(rate_hz), rate_hz, format=kind[0], subtype=kind[1])
    samples = read_file(file)
    assert samples.dtype == np.int16
    assert len(samples) == pytest.approx(16_000, abs=20)
    assert loudest_hz(samples) == pytest.approx(TONE_HZ, abs=2)
    assert np.abs(samples).max() == pytest.approx(16_384, rel=0.05)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_any_width_is_read(subtype: str, tmp_path: Path) -> None:
    file = tmp_path / "tone.wav"
    soundfile.write(file, tone(16_000), 16_000, subtype=subtype)
    expected = (tone(16_000)[:, 0] * 32768).round()
    tolerance = {"PCM_U8": 256, "ULAW": 600, "ALAW": 600}.get(subtype, 1)
    assert np.abs(read_file(file) - expected).max() <= tolerance


def test_samples_of_16_khz_mono_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "speech.flac"
    soundfile.write(file, speak("turn on the light"), 16_000)
    assert np.array_equal(read_file(file), speak("turn on the light"))


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_are_mixed(channels: int, tmp_path: Path) -> None:
    file = tmp_path / "tone.wav"
    wave = tone(48_000, channels=channels)
    wave[:, 1:] = 0
    soundfile.write(file, wave, 48_000)
    assert np.abs(read_file(file)).max() == pytest.approx(16_384 / channels, rel=0.05)


def test_floats_over_full_scale_are_clipped_and_what_is_no_number_is_silent(tmp_path: Path) -> None:
    file = tmp_path / "wild.wav"
    wave = np.array([0.0, 4.0, -4.0, np.nan, np.inf, 0.5], np.float32)
    soundfile.write(file, wave, 16_000, subtype="FLOAT")
    assert read_file(file).tolist() == [0, 32767, -32768, 0, 32767, 16384]


def wav_header(*, rate_hz: int = 16_000, channels: int = 1, data_bytes: int = 32_000) -> bytes:
    block = 2 * channels
    head = b"RIFF" + struct.pack("<I", 36 + data_bytes) + b"WAVEfmt "
    head += struct.pack("<IHHIIHH", 16, 1, channels, rate_hz, rate_hz * block & 0xFFFFFFFF, block & 0xFFFF, 16)
    return head + b"data" + struct.pack("<I", data_bytes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\x00" * 44, "no sound that can be read", id="zeros"),
        pytest.param(b"#!/bin/sh\necho this is no sound\n" * 20, "no sound that can be read", id="text"),
        pytest.param(b"RIFF", "no sound that can be read", id="four letters"),
        pytest.param(wav_header()[:30], "no sound that can be read", id="half a header"),
        pytest.param(wav_header(data_bytes=0), "holds no samples", id="header alone"),
        pytest.param(wav_header(channels=33) + bytes(66_000), "33 channels", id="33 channels"),
        pytest.param(wav_header(rate_hz=4) + bytes(32_000), "a rate of 4 Hz", id="4 Hz"),
        pytest.param(wav_header(rate_hz=2_000_000) + bytes(32_000), "a rate of 2000000 Hz", id="2 MHz"),
        pytest.param(b"fLaC" + bytes(range(256)) * 10, "no sound that can be read", id="damaged FLAC"),
        pytest.param(b"OggS" + bytes(range(256)) * 10, "no sound that can be read", id="damaged OGG"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.wav"
    file.write_bytes(content)
    with pytest.raises(AudioError, match=message) as raised:
        read_file(file)
    assert str(file) in str(raised.value)


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such file"):
        read_file(tmp_path / "missing.wav")
    with pytest.raises(AudioError, match="not a file"):
        read_file(tmp_path)


def test_a_wav_written_to_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "piped.wav"
    file.write_bytes(wav_header(data_bytes=0xFFFFFFFF - 36) + bytes(32_000))
    assert len(read_file(file)) == 16_000


def test_a_flac_that_was_not_copied_whole_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "cut.flac"
    soundfile.write(file, speak("turn on the light in the kitchen"), 16_000)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(AudioError, match="no sound that can be read"):
        read_file(file)


def test_an_overlong_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "long.wav"
    soundfile.write(file, np.zeros(3 * 8000, np.int16), 8000)
    monkeypatch.setattr(files_module, "MAX_FILE_S", 2)
    with pytest.raises(AudioError, match="longer than"):
        read_file(file)


def test_ten_minutes_of_48_khz_stereo_take_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "long.flac"
    with soundfile.SoundFile(file, "w", samplerate=48_000, channels=2) as sound:
        for _ in range(60):
            sound.write(np.zeros((480_000, 2), np.int16))
    program = (
        "import resource, sys; from assistant.audio import read_file;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024;"
        "before = peak(); samples = read_file(sys.argv[1]); print(len(samples), peak() - before)"
    )
    told = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True)
    samples, grown_mb = map(int, told.stdout.split())
    assert samples == 600 * 16_000
    # 18 MB of samples, twice while the pieces are joined; as float stereo the file is 230 MB.
    assert grown_mb < 70


def test_files_are_played_with_silence_around_them(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(1000, 1000, np.int16), 16_000)
    soundfile.write(tmp_path / "b.wav", np.full(500, 2000, np.int16), 16_000)
    with WavMicrophone([tmp_path / "a.wav", tmp_path / "b.wav"], paced=False, silence_ms=100) as microphone:
        blocks = list(microphone)
    assert {block.shape for block in blocks} == {(320,)}
    samples = np.concatenate(blocks)
    assert np.count_nonzero(samples == 1000) == 1000
    assert np.count_nonzero(samples == 2000) == 500
    assert (samples[:1600] == 0).all()
    assert (samples[2600:4200] == 0).all()
    assert (samples[4700:6300] == 0).all()


def test_paced_playing_takes_the_time_of_the_sound(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.ones(3200, np.int16), 16_000)
    started = time.monotonic()
    with WavMicrophone([tmp_path / "a.wav"], silence_ms=100) as microphone:
        assert sum(len(block) for block in microphone) == 6400
    assert 0.38 <= time.monotonic() - started < 1.5


def test_a_bad_file_is_told_before_anything_is_played(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such file"):
        WavMicrophone([tmp_path / "missing.wav"])
