"""`oyez status` against a real broker, where an assistant has told how it is."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.cli.status import Told, described, problems_of
from assistant.config import MqttConfig
from assistant.mqtt import Client, HealthPayload, StatePayload, StatusPayload
from tests.broker import Mosquitto

NOW = datetime(2026, 5, 4, 19, 30, tzinfo=UTC)
ALIVE = {"listener": 0.1, "mqtt": 0.2, "light": 0.0}
HEALTH = HealthPayload(
    time=NOW - timedelta(seconds=20),
    version="0.1.0",
    uptime_s=187_200,
    last_heard=NOW - timedelta(minutes=4, seconds=3),
    counters={"utterances": 214, "accepted": 180},
    gauges={"memory_mb": 181.6, "mqtt_waiting": 0, "light_waiting": 2},
    heartbeats_s=ALIVE,
    timings_ms={"interpretation_median": 70.6, "interpretation_worst": 130.2},
)
WELL = Told(StatusPayload(status="online"), StatePayload(state="idle"), HEALTH)


@pytest.mark.parametrize(
    ("told", "problems"),
    [
        (WELL, []),
        (replace(WELL, status=StatusPayload(status="offline")), ["the assistant does not run"]),
        (replace(WELL, health=None), ["the assistant tells nothing of its health"]),
        (
            replace(WELL, health=HEALTH.model_copy(update={"time": NOW - timedelta(hours=2)})),
            ["nothing was told for 2 h 0 min: the assistant hangs, or a clock is wrong"],
        ),
        (replace(WELL, health=HEALTH.model_copy(update={"problem": "no sound: unplugged"})), ["no sound: unplugged"]),
        (replace(WELL, health=HEALTH.model_copy(update={"heartbeats_s": {**ALIVE, "light": 61.0}})), ["light hangs"]),
        (
            replace(WELL, health=HEALTH.model_copy(update={"heartbeats_s": {"listener": 0.1}})),
            ["the light handler does not run"],
        ),
    ],
    ids=["well", "offline", "no health", "stale", "deaf", "hangs", "no handler"],
)
def test_what_is_wrong_is_found(told: Told, problems: list[str]) -> None:
    assert problems_of(told, ["light"], now=NOW) == problems


def test_a_person_sees_what_they_want_to_know() -> None:
    assert described("kitchen", WELL, [], now=NOW).splitlines() == [
        "kitchen    well",
        "state      idle",
        "version    0.1.0",
        "up for     2 days 4 h",
        "heard      214 utterances, 180 understood, the last 4 min 3 s ago",
        "handlers   light",
        "waiting    light 2",
        "computing  71 ms, 130 ms at worst",
        "memory     182 MB",
        "told       20 s ago",
    ]


def test_every_problem_is_a_line() -> None:
    lines = described("kitchen", Told(), ["one", "another"], now=NOW).splitlines()
    assert lines == ["kitchen  one", "kitchen  another"]


@pytest.fixture
def household(tmp_path: Path, shared_broker: Mosquitto) -> Path:
    file = tmp_path / "oyez.yaml"
    file.write_text(f"site: status\nhandlers: {{run: [light]}}\nmqtt: {{url: '{shared_broker.url}'}}\n")
    return file


@pytest.fixture
def assistant(shared_broker: Mosquitto) -> Iterator[Client]:
    """One that runs and is well."""
    with Client(MqttConfig(url=shared_broker.url), site="status") as client:
        assert client.connection.wait_ready(30)
        client.publish(StatePayload(state="idle"))
        client.publish(HEALTH.model_copy(update={"time": datetime.now(UTC)}))
        yield client


def status(*arguments: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    ended = main(["status", *map(str, arguments)])
    told = capsys.readouterr()
    assert told.err == ""
    return ended, told.out


def told_as_json(*arguments: str | Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """What a program reads, once the broker has passed on what was just published."""
    return json.loads(status(*arguments, "--json", capsys=capsys)[1])


@pytest.mark.usefixtures("assistant")
def test_well_is_0(household: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended, out = status("--config", household, capsys=capsys)
    assert out.startswith("status     well\nstate      idle\n")
    assert ended == 0


@pytest.mark.usefixtures("assistant")
def test_programs_read_everything(household: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = told_as_json("--config", household, capsys=capsys)
    assert (told["site"], told["well"], told["problems"], told["status"]) == ("status", True, [], "online")
    assert HealthPayload.model_validate_json(json.dumps(told["health"])).counters == HEALTH.counters


def test_unwell_is_1(household: Path, assistant: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assistant.publish(HEALTH.model_copy(update={"time": datetime.now(UTC), "problem": "no sound: unplugged"}))
    ended, out = status("--config", household, capsys=capsys)
    assert out.startswith("status     no sound: unplugged\n")
    assert ended == 1
    assistant.__exit__()
    ended, out = status("--config", household, capsys=capsys)
    assert out.startswith("status     the assistant does not run\n")
    assert ended == 1


def test_no_answer_is_2(
    tmp_path: Path, household: Path, shared_broker: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(household.read_text().replace("site: status", "site: nobody"))
    ended, out = status("--config", other, capsys=capsys)
    assert out == f"nobody  the broker at {shared_broker.url} knows of no assistant of the site nobody\n"
    assert ended == 2
    ended, out = status("--config", household, "--mqtt", "mqtt://127.0.0.1:9", capsys=capsys)
    assert out.startswith("status  no answer from mqtt://127.0.0.1:9: cannot reach the broker")
    assert ended == 2


def test_a_household_that_cannot_be_read_is_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "oyez.yaml"
    file.write_text("site: [\n")
    assert main(["status", "--config", str(file)]) == 2
    assert f"{file}:" in capsys.readouterr().err
