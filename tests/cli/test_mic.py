"""`oyez mic --live` at a microphone: what is shown while somebody speaks, and the verdict on the recording."""

import os
import pty
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from assistant.cli import main
from assistant.cli.mic import understood
from assistant.config import ListenConfig
from assistant.model import Model
from assistant.partials import Partials
from assistant.recognizer import for_sentences
from tests.speech import silence, trimmed
from tests.virtual_microphone import VirtualMicrophone

HOUSEHOLD = """\
languages: [en]
packs: [light, system]
rooms: {kitchen: {names: {en: kitchen}}, bedroom: {names: {en: bedroom}}}
devices:
  lamp: {room: kitchen, topic: a/lamp, names: {en: floor lamp}}
"""
SPOKEN = {
    "set the floor lamp to forty percent": "light.brightness",
    "turn off the lights in the bedroom": "light.off",
}
SECONDS = 10
WAIT_S = 120


def oyez_mic(folder: Path, *, stdout: int = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    """`oyez mic --live` at a microphone into which the commands are spoken."""
    file = folder / "oyez.yaml"
    file.write_text(HOUSEHOLD)
    with VirtualMicrophone(folder / "in") as microphone:
        sounds = [part for text in SPOKEN for part in (silence(1), trimmed(text))]
        # What is to be said waits until somebody listens.
        microphone.speak(np.concatenate([*sounds, silence(1)]), wait=False)
        return subprocess.run(
            [sys.executable, "-m", "assistant.cli", "mic", "--live", "--seconds", str(SECONDS), "--config", str(file)],
            env={**os.environ, **microphone.environment},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=WAIT_S,
            check=False,
        )


def blocks_of(text: str) -> np.ndarray:
    """(blocks, 320) int16: a text with silence around it."""
    samples = np.concatenate([silence(1), trimmed(text), silence(1)])
    return samples[: len(samples) // 320 * 320].reshape(-1, 320)


def test_what_is_said_is_shown_while_it_is_said(tmp_path: Path) -> None:
    done = oyez_mic(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, *shown, levels, verdict = done.stdout.splitlines()
    assert first.endswith(f"speak a sentence ({SECONDS} s)")
    assert levels.startswith("speech -")
    assert verdict == "good"
    for text, intent in SPOKEN.items():
        (end,) = [index for index, line in enumerate(shown) if line.startswith(f"{text}: {intent}, ")]
        assert any(line != text and text.startswith(line) for line in shown[:end]), shown


def test_a_terminal_has_one_line_that_is_written_anew(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    done = oyez_mic(tmp_path, stdout=theirs)
    os.close(theirs)
    told = os.read(ours, 65_536).decode()
    os.close(ours)
    assert (done.returncode, done.stderr) == (0, "")
    lines = told.split("\r\n")
    for text, intent in SPOKEN.items():
        (line,) = [line for line in lines if f"{text}: {intent}, " in line]
        # Each begins by wiping out the one before: beginnings of the sentence, then what it meant.
        assert len(line.split("\r\x1b[K")) > 2
    assert "good" in lines


def test_partial_sentences_grow_and_end_with_the_utterance(tmp_path: Path) -> None:
    file = tmp_path / "sentences.yaml"
    file.write_text("language: en\nintents: {A: {data: [{sentences: [turn off the lights in the bedroom]}]}}")
    model = Model.load()
    partials = Partials(for_sentences([file], model), listen=ListenConfig())
    texts, ended = [""], []
    for block in blocks_of("turn off the lights in the bedroom"):
        ended += partials.push(block)
        if partials.text != texts[-1]:
            texts.append(partials.text)
    assert len(texts) > 3
    assert all(longer.startswith(text) for text, longer in pairwise(texts[1:-1])), texts
    assert texts[-1] == ""
    assert [understood(one).split(",")[0] for one in ended + partials.flush()] == [
        "turn off the lights in the bedroom: custom.A"
    ]


def test_what_begins_no_sentence_is_shown_by_its_letters(tmp_path: Path) -> None:
    file = tmp_path / "sentences.yaml"
    file.write_text("language: en\nintents: {A: {data: [{sentences: [pause]}]}}")
    model = Model.load()
    partials = Partials(for_sentences([file], model), listen=ListenConfig())
    text = "the ships that sailed from the harbour"
    shown, ended = set(), []
    for block in blocks_of(text):
        ended += partials.push(block)
        shown.add(partials.text)
    assert [one.accepted for one in ended] == [False]
    assert any(one.startswith("the ") and len(one.split()) > 4 for one in shown), shown


def test_a_faulty_household_is_told_before_the_microphone_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "oyez.yaml"
    file.write_text("lnaguages: [en]\n")
    assert main(["mic", "--live", "--config", str(file)]) == 1
    assert "lnaguages" in capsys.readouterr().err
