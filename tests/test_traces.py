"""What is kept of the last utterances, and how it is told."""

from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.cli import main
from assistant.config import HouseholdConfig
from assistant.messages import Hypothesis, Interpretation, Result, Utterance
from assistant.state import StateFile
from assistant.traces import KEPT, Trace, Traces, explained, read_traces

TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)


def trace(number: int, *, accepted: bool = False) -> Trace:
    utterance = Utterance(np.zeros(16_000, np.int16), TIME, level_db=-20.04, wake="microwakeword", id=f"id-{number}")
    readings = [
        Hypothesis("en", "light", intent, f"turn {intent} the lamp", {"device": "lamp"}, {}, confidence)
        for intent, confidence in (("on", 0.45), ("off", 0.3), ("toggle", 0.1), ("scene", 0.05))
    ]
    heard = Interpretation(
        utterance.id, TIME, readings[0], accepted=accepted, reason=None if accepted else "low-confidence",
        alternatives=tuple(readings[1:]), audio_ms=1000, compute_ms=41.2, heard="tur on te lam",
    )  # fmt: skip
    return Trace.of(utterance, heard, threshold=0.5, session="s", decision="rejected: low-confidence")


@pytest.fixture
def file(tmp_path):
    return StateFile.of(HouseholdConfig(state=tmp_path), "traces")


def test_the_last_ones_are_kept_over_a_restart(file):
    traces = Traces(file)
    for number in range(KEPT + 3):
        traces.add(trace(number))
    traces.save()
    assert [one.id for one in read_traces(file)] == [f"id-{number}" for number in range(3, KEPT + 3)]
    again = Traces(file)
    again.add(trace(KEPT + 3))
    again.save()
    assert [one.id for one in read_traces(file)][-2:] == [f"id-{KEPT + 2}", f"id-{KEPT + 3}"]
    assert len(read_traces(file)) == KEPT


def test_nothing_is_written_that_has_not_changed(file):
    traces = Traces(file)
    traces.save()
    assert not file.path.exists()
    traces.add(trace(1))
    traces.save()
    file.path.unlink()
    traces.save()
    traces.answered(Result("another", ok=True, code="done"), "")
    traces.save()
    assert not file.path.exists()
    traces.answered(Result("id-1", ok=True, code="done"), 'said "Done."')
    traces.save()
    assert list(read_traces(file)[0].results) == ['done: said "Done."']


def test_the_file_is_its_owners_alone(file):
    traces = Traces(file)
    traces.add(trace(1))
    traces.save()
    assert file.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["[{}]", '{"a": 1}', "[1]", "7", "nonsense", '[{"id": "x", "colour": "blue"}]'])
def test_a_file_of_another_kind_is_no_trace(file, text):
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_text(text)
    assert read_traces(file) == []
    Traces(file).save()


def test_it_says_what_was_heard_what_was_needed_and_why():
    told = explained(trace(1))
    assert '"tur on te lam"' in told
    assert '0.45  en light/on device=lamp  "turn on the lamp"' in told
    assert told.count("device=lamp") == 3
    assert "rejected: low-confidence; 0.50 was needed" in told
    assert "1.0 s at -20 dB, opened by microwakeword; 41 ms" in told


def test_why(file, tmp_path, capsys):
    household = tmp_path / "oyez.yaml"
    household.write_text(f"state: {tmp_path}\n")

    def why(*arguments: str) -> tuple[int, str, str]:
        status = main(["why", *arguments, "--config", str(household)])
        told = capsys.readouterr()
        return status, told.out, told.err

    status, _, error = why()
    assert (status, "nothing was heard yet" in error) == (1, True)
    traces = Traces(file)
    for number in (1, 2):
        traces.add(trace(number))
    traces.save()
    assert "id-2" in why()[1]
    assert "id-1" not in why("last")[1]
    assert "id-1" in why("id-1")[1]
    assert {"id-1", "id-2"} <= set(why("all")[1].split())
    status, _, error = why("id-7")
    assert (status, 'no utterance "id-7"' in error) == (1, True)
