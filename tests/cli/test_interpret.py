"""`oyez interpret` on good files and on every kind of bad one: a line for each, and the exit status."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from assistant.demo import demo_clips
from tests.speech import noise, silence, speak

KEYS = {
    "file",
    "accepted",
    "language",
    "domain",
    "intent",
    "slots",
    "confidence",
    "reason",
    "alternatives",
    "audio_ms",
    "compute_ms",
    "text",
    "utterances",
}
SENTENCES = """\
language: en
intents:
  Lamp:
    data:
      - sentences: ["turn on the reading {thing}", "set the floor {thing} to {percent} percent"]
lists:
  thing: {values: [{in: lamp, out: L1}]}
  percent: {range: {from: 0, to: 100}}
"""
GOOD, BAD = (0, 1)


def write_files(folder: Path) -> None:
    """One file of each kind."""
    on = next(clip.file for clip in demo_clips() if clip.text == "turn on the reading lamp")
    samples, rate_hz = soundfile.read(on, dtype="int16")
    assert rate_hz == 16_000
    soundfile.write(folder / "good.wav", samples, rate_hz)
    soundfile.write(folder / "good.flac", samples, rate_hz)
    soundfile.write(folder / "eight_bit.wav", samples, rate_hz, subtype="PCM_U8")
    wide = np.repeat(samples.astype(np.float32) / 32768, 3)
    soundfile.write(folder / "stereo_48k.wav", np.stack([wide, wide], axis=1), 48_000)
    other = speak("The ships that sailed from the harbour were made of wood.")
    pause = silence(1)
    soundfile.write(folder / "two.wav", np.concatenate([pause, other, pause, samples, pause]), rate_hz)
    long = noise(600, level_db=-60)
    long[16_000 * 300 : 16_000 * 300 + len(samples)] += samples
    soundfile.write(folder / "ten_minutes.flac", long, rate_hz)
    soundfile.write(folder / "silence.wav", silence(2), rate_hz)
    (folder / "empty.wav").touch()
    (folder / "header_only.wav").write_bytes((folder / "good.wav").read_bytes()[:44])
    (folder / "broken.flac").write_bytes((folder / "good.flac").read_bytes()[:60])
    (folder / "text.wav").write_text("this is no sound\n")
    (folder / "zeros.bin").write_bytes(bytes(4096))


def oyez_interpret(*arguments: str, folder: Path) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Exit status, lines by file, stderr."""
    asked = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "interpret", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    lines = [json.loads(line) for line in asked.stdout.splitlines()]
    return asked.returncode, {line["file"]: line for line in lines}, asked.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interpret")
    write_files(folder)
    (folder / "sentences.yaml").write_text(SENTENCES)
    return folder


@pytest.fixture(scope="module")
def asked(folder: Path) -> tuple[int, dict[str, dict[str, Any]], str]:
    files = sorted(path.name for path in folder.iterdir() if path.suffix != ".yaml")
    return oyez_interpret("--sentences", "sentences.yaml", "--json", *files, ".", "nowhere.wav", folder=folder)


@pytest.mark.parametrize("file", ["good.wav", "good.flac", "eight_bit.wav", "stereo_48k.wav", "ten_minutes.flac"])
def test_a_good_file_is_understood_whatever_its_format(asked: Any, file: str) -> None:
    line = asked[1][file]
    assert set(line) == KEYS
    assert line["accepted"] is True
    assert line["reason"] is None
    assert (line["language"], line["domain"], line["intent"]) == ("en", "custom", "Lamp")
    assert line["slots"] == {"thing": "L1"}
    assert line["utterances"] == 1
    assert line["confidence"] > 0.5


def test_the_first_accepted_utterance_counts(asked: Any) -> None:
    line = asked[1]["two.wav"]
    assert line["utterances"] == 2
    assert line["slots"] == {"thing": "L1"}


def test_silence_is_no_speech(asked: Any) -> None:
    line = asked[1]["silence.wav"]
    assert set(line) == KEYS
    assert (line["accepted"], line["reason"], line["utterances"], line["audio_ms"]) == (False, "no-speech", 0, 2000)


@pytest.mark.parametrize(
    "file", ["empty.wav", "header_only.wav", "broken.flac", "text.wav", "zeros.bin", ".", "nowhere.wav"]
)
def test_a_bad_file_has_a_line_with_its_error(asked: Any, file: str) -> None:
    line = asked[1][file]
    assert set(line) == {"file", "error"}
    assert line["error"].startswith(file)


def test_the_exit_status_says_that_some_could_not_be_read(asked: Any) -> None:
    status, lines, err = asked
    assert (status, err) == (1, "")
    assert len(lines) == 14


def test_numbers_are_numbers_and_a_whole_file_is_one_utterance(folder: Path) -> None:
    clip = next(clip.file for clip in demo_clips() if clip.text == "set the floor lamp to thirty percent")
    status, lines, err = oyez_interpret(
        "--sentences", "sentences.yaml", "--language", "en", "--whole", str(clip), folder=folder
    )
    assert (status, err) == (0, "")
    (line,) = lines.values()
    assert line["slots"] == {"thing": "L1", "percent": 30}
    assert line["utterances"] == 1


def test_without_sentences_the_packs_are_heard(folder: Path) -> None:
    (folder / "house.yaml").write_text("site: a\ndevices: {r: {topic: t, names: {en: reading lamp}}}\n")
    status, lines, err = oyez_interpret("--config", "house.yaml", "good.wav", folder=folder)
    assert (status, err) == (0, "")
    assert (lines["good.wav"]["domain"], lines["good.wav"]["intent"]) == ("light", "on")
    assert lines["good.wav"]["slots"] == {"device": "r"}


def test_another_language_only_is_not_understood(folder: Path) -> None:
    status, lines, _ = oyez_interpret("--config", "house.yaml", "--language", "fr", "--json", "good.wav", folder=folder)
    assert status == 0
    assert lines["good.wav"]["accepted"] is False
    assert lines["good.wav"]["language"] in (None, "fr")


def test_faulty_sentences_end_with_2(folder: Path) -> None:
    (folder / "faulty.yaml").write_text("language: en\nintents: [\n")
    status, lines, err = oyez_interpret("--sentences", "faulty.yaml", "good.wav", folder=folder)
    assert (status, lines) == (2, {})
    assert "faulty.yaml:3" in err


def test_a_damaged_network_is_told(folder: Path) -> None:
    (folder / "network.onnx").write_bytes(b"no network")
    status, lines, err = oyez_interpret("--model", "network.onnx", "good.wav", folder=folder)
    assert (status, lines) == (1, {})
    assert err.startswith("error: network.onnx")
