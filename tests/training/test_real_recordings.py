"""The sets of real recordings: texts as spoken words, sounds as clips, sources read from the material's form."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from training.clips import SAMPLE_RATE_HZ, read_index, read_samples
from training.voices.real import __main__ as command
from training.voices.real import commands
from training.voices.real.audio import recorded
from training.voices.real.noise import PIECE_SECONDS, pieces
from training.voices.real.sources import SOURCES
from training.voices.real.text import spoken_words
from training.voices.real.vetting import character_errors, keep_only


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("We call it: BEAR!", "en", "we call it bear"),
        ("It's 12 o'clock.", "en", "it's twelve o'clock"),
        ("l’étoile - 3 ânes", "fr", "l'étoile trois ânes"),
        ("¿Mañana? Sí", "es", "mañana sí"),
        ("A coin ($.25)", "en", None),
        ("on the 29th", "en", None),
        ("it costs 2.50", "en", None),
        ("привет", "en", None),
        ("...", "en", None),
    ],
)
def test_texts_become_the_words_spoken(text, language, words):
    assert spoken_words(text, language) == words


def test_recordings_become_16_khz_without_silent_ends(tmp_path):
    rate_hz = 44_100
    tone = 0.1 * np.sin(np.arange(rate_hz) * 2 * np.pi * 440 / rate_hz)
    silence = np.zeros(2 * rate_hz)
    both = np.stack([np.concatenate([silence, tone, silence])] * 2, axis=1)
    soundfile.write(tmp_path / "tone.wav", both, rate_hz)

    trimmed = recorded(tmp_path / "tone.wav")
    whole = recorded(tmp_path / "tone.wav", trim=False)

    assert trimmed.dtype == np.int16
    assert 1.5 < len(trimmed) / SAMPLE_RATE_HZ < 1.7  # one second and 0.3 s at either end
    assert len(whole) / SAMPLE_RATE_HZ == pytest.approx(5, abs=0.01)
    assert np.abs(trimmed).max() == pytest.approx(0.7 * 32767, rel=0.01)


def test_long_noises_are_cut_and_silence_is_left_out():
    second = np.full(SAMPLE_RATE_HZ, 100, np.int16)
    long = np.concatenate([np.tile(second, PIECE_SECONDS), np.zeros_like(np.tile(second, PIECE_SECONDS)), second])
    assert [len(piece) // SAMPLE_RATE_HZ for piece in pieces(long)] == [PIECE_SECONDS, 1]
    assert list(pieces(second[:100])) == []


@pytest.mark.parametrize(
    ("heard", "said", "errors"),
    [("abc", "a b c", 0), ("", "abcd", 1), ("abxd", "abcd", 0.25), ("aabcd", "abcd", 0.25), ("abd", "abcd", 0.25)],
)
def test_character_errors(heard, said, errors):
    assert character_errors(heard, said) == pytest.approx(errors)


def test_evaluation_recordings_of_kathleen_are_left_out(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    names = [f"arctic_a{number:04}_1592710000" for number in range(480)]
    names += ["arctic_a0301_1592710165", "arctic_a0900_1592710001"]
    for name in sorted(names):
        (root / f"{name}.wav").touch()
        (root / f"{name}.txt").write_text("He is gone.", encoding="utf-8")
    [kathleen] = [source for source in SOURCES if source.name == "kathleen"]
    taken = [recording.path.stem for recording in kathleen.recordings(tmp_path)]
    assert "arctic_a0301_1592710165" not in taken
    assert taken == sorted(names)[480:]


def test_command_builds_a_set_and_leaves_it_alone_when_it_is_there(tmp_path, monkeypatch, capsys):
    [source] = [source for source in SOURCES if source.name == "speechocean"]
    material = tmp_path / "material" / source.material
    tone = np.sin(np.arange(16_000) * 0.2)
    for folder, utterance in (("train", "0001-a"), ("test", "0002-b")):
        (material / folder).mkdir(parents=True)
        soundfile.write(material / f"{utterance}.wav", tone, 16_000)
        soundfile.write(material / f"{utterance}-slow.wav", tone, 16_000)
        listed = {
            "wav.scp": f"{utterance} {utterance}.wav\n{utterance}-slow {utterance}-slow.wav\n",
            "text": f"{utterance}\tTURN IT ON\n{utterance}-slow\tI\n",
            "utt2spk": f"{utterance} {folder}\n{utterance}-slow {folder}\n",
        }
        for name, text in listed.items():
            (material / folder / name).write_text(text, encoding="utf-8")
    arguments = ["real", "--material", str(tmp_path / "material"), "--out", str(tmp_path / "sets"), "speechocean"]
    monkeypatch.setattr(sys, "argv", arguments)

    command.main()
    command.main()

    said = capsys.readouterr().out
    assert "2 clips" in said
    assert "2 of implausible length dropped" in said
    assert "is there already" in said
    clips = read_index(tmp_path / "sets" / "real-speechocean")
    assert [(clip.text, clip.speaker, clip.language) for clip in clips] == [
        ("turn it on", "speechocean-train", "en"),
        ("turn it on", "speechocean-test", "en"),
    ]
    assert all(len(read_samples(clip)) == clip.samples for clip in clips)


def test_dropping_clips_keeps_the_samples_of_the_others(tmp_path):
    rows = [
        {"start": start, "samples": 4, "text": text, "language": "en", "speaker": "s", "source": "x"}
        for start, text in ((0, "one"), (4, "two"))
    ]
    (tmp_path / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    np.arange(8, dtype=np.int16).tofile(tmp_path / "samples.i16")
    keep_only(tmp_path, read_index(tmp_path)[1:])
    [left] = read_index(tmp_path)
    assert left.text == "two"
    assert read_samples(left).tolist() == [4, 5, 6, 7]


def word(level: float = 3000) -> np.ndarray:
    """(16000,) int16: half a second of noise in the middle of a faint second."""
    rng = np.random.default_rng(3)
    loud = np.zeros(16_000)
    loud[4_000:12_000] = level
    return (rng.standard_normal(16_000) * (loud + 20)).astype(np.int16)


def test_single_words_of_speakers_that_nobody_is_tested_with(tmp_path: Path) -> None:
    for name, samples in {
        "a+one/data/yes/00176480_nohash_0.wav": word(),
        "b+two/yes/00176480_nohash_0.wav": word(),  # the same sound again
        "b+two/no/00176480_nohash_1.wav": word(2000),
        "b+two/no/0ea0e2f4_nohash_1.wav": word(2500),  # of the test part
        "b+two/no/00176480_nohash_2.wav": word(0),
        "b+two/stop/00176480_nohash_2.wav": word(2200)[5_000:],  # begins within the word
        "b+two/background/00176480_nohash_3.wav": word(2600),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, 16_000, subtype="PCM_16")
    found = [(said, speaker, len(samples)) for said, speaker, samples in commands.recordings(tmp_path)]
    assert found == [("yes", "00176480", 16_000), ("no", "00176480", 16_000)]


def test_words_in_the_other_words_folder_are_left_out(tmp_path: Path) -> None:
    (source,) = [source for source in SOURCES if source.name == "on-off"]
    for number, name in enumerate(("Phase I/tests/off/off1", "Phase I/tests/off/on1", "Phase II/trains/on/on12")):
        path = tmp_path / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]))
    (tmp_path / "Phase II/trains/on/on3.wav").write_bytes(bytes([2]))  # the same sound again
    found = {(recording.text, recording.speaker) for recording in source.recordings(tmp_path)}
    assert found == {("off", "on-off-Phase I"), ("on", "on-off-Phase II")}
    assert len(list(source.recordings(tmp_path))) == 2
