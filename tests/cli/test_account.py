"""What people read on the terminal while the assistant runs."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.cli.account import Account
from assistant.messages import Change, Hypothesis, Interpretation, Result, Utterance

ON = Hypothesis(
    language="fr",
    domain="light",
    intent="brightness",
    text="mets la liseuse à trente pour cent",
    slots={"device": "reading_lamp", "brightness": 30},
    spoken={"device": "liseuse"},
    confidence=0.973,
)


def interpretation(*, best: Hypothesis | None = ON, reason: str | None = None) -> Interpretation:
    return Interpretation(
        id="1",
        time=datetime.now(UTC),
        best=best,
        accepted=reason is None,
        reason=reason,  # type: ignore[arg-type]
        audio_ms=1800,
        compute_ms=63.4,
    )


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_an_utterance_is_told_with_length_and_level(stream: io.StringIO) -> None:
    Account(stream).heard(Utterance(np.zeros(28_800, np.int16), started=datetime.now(UTC), level_db=-21.3))
    assert stream.getvalue().endswith("heard 1.8 s at -21 dB\n")


def test_what_was_understood_is_told_with_all_that_matters(stream: io.StringIO) -> None:
    Account(stream).interpreted(interpretation())
    line = stream.getvalue()
    for part in ("fr", "light/brightness", "device=reading_lamp", "brightness=30", f'"{ON.text}"', "97%", "63 ms"):
        assert part in line
    assert "rejected" not in line


@pytest.mark.parametrize(
    ("best", "reason", "expected"),
    [
        (ON, "low-confidence", "rejected: not sure enough"),
        (ON, "not-a-command", "rejected: no command of this house"),
        (None, "no-speech", "rejected: nothing was said"),
    ],
)
def test_a_rejection_says_why(stream: io.StringIO, best: Hypothesis | None, reason: str, expected: str) -> None:
    Account(stream).interpreted(interpretation(best=best, reason=reason))
    assert expected in stream.getvalue()


def test_what_the_lamp_did_is_told_with_what_was_before(stream: io.StringIO) -> None:
    changes = (Change("reading_lamp", "on", value=True, before=False), Change("reading_lamp", "brightness", value=30))
    Account(stream).result(Result("1", ok=True, code="done", changes=changes), handler="light")
    assert stream.getvalue().strip() == "done: reading_lamp on (was off), reading_lamp brightness 30"


def test_a_failure_is_told_in_the_language_that_was_spoken(stream: io.StringIO) -> None:
    account = Account(stream)
    account.interpreted(interpretation())
    text = {"en": "The lamp does not answer.", "fr": "La lampe ne répond pas."}
    account.result(Result("1", ok=False, code="no-answer", text=text), handler="light")
    assert stream.getvalue().splitlines()[-1].strip() == "no-answer: La lampe ne répond pas."


def test_colours_are_for_terminals_only(stream: io.StringIO) -> None:
    Account(stream).interpreted(interpretation())
    assert "\x1b" not in stream.getvalue()
    Account(stream, colour=True).interpreted(interpretation())
    assert "\x1b[1m" in stream.getvalue()
