"""`oyez outbox`, as its owner types it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.cloud import OUTBOX, Entry, Meaning, Outbox
from assistant.cloud.lifetime import Moment, moment
from assistant.config import OutboxConfig

MILK = Meaning("custom", "ShoppingListAddItem", {"item": "milk"})


class House:
    """A household with an outbox that is filled as by the assistant."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "state" / f"kitchen.{OUTBOX}"
        self._household = folder / "oyez.yaml"
        self._household.write_text(f"site: kitchen\nstate: {folder / 'state'}\n")

    def keep(self, *names: str, left_s: float = 7260.0, pcm: bytes | None = None) -> None:
        def ten_minutes_ago() -> Moment:
            now = moment()
            return Moment(now.wall_s - 600, max(0.0, now.boot_s - 600), now.boot)

        with Outbox(self.file, OutboxConfig(), clock=ten_minutes_ago) as outbox:
            for name in names:
                meaning, reason = (None, "low-confidence") if pcm else (MILK, None)
                said = datetime.now(UTC) - timedelta(minutes=10)
                outbox.put(Entry(name, said, "kitchen", "en", "add milk", meaning, reason, pcm, left_s))

    def waiting(self) -> list[str]:
        with Outbox(self.file, OutboxConfig()) as outbox:
            return [entry.id for entry in outbox.entries()]

    def oyez(self, *arguments: str) -> int:
        return main(["outbox", *arguments, "--config", str(self._household)])


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize("action", ["list", "purge"])
def test_where_nothing_was_ever_kept_nothing_is_begun(
    action: str, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert house.oyez(action) == 0
    assert capsys.readouterr().out == "nothing waits\n"
    assert not house.file.parent.exists()


def test_each_that_waits_is_a_line(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.keep("6a0f", left_s=3 * 86_400)
    house.keep("7b1e", left_s=660, pcm=bytes(2 * 24_000))
    house.keep("8c2d", left_s=60)
    assert house.oyez("list") == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.endswith('left  custom.ShoppingListAddItem "add milk"  6a0f')
    assert "2 days 23 h left" in first
    assert second.endswith("left  1.5 s of sound, low-confidence  7b1e")
    assert third.split("  ")[0] in {
        f"{datetime.now().astimezone() - timedelta(minutes=ago):%Y-%m-%d %H:%M}" for ago in (10, 11)
    }
    assert "  expired  " in third
    assert house.waiting() == ["6a0f", "7b1e", "8c2d"]  # looking changes nothing


def test_everything_is_forgotten(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.keep("6a0f", "7b1e")
    assert house.oyez("purge") == 0
    assert capsys.readouterr().out == "2 forgotten\n"
    assert house.waiting() == []
    assert house.oyez("purge") == 0
    assert capsys.readouterr().out == "nothing waits\n"


def test_one_is_forgotten_by_the_beginning_of_its_id(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.keep("6a0f", "6a99", "7b1e")
    assert house.oyez("purge", "6a9", "7b") == 0
    assert capsys.readouterr().out == "2 forgotten\n"
    assert house.waiting() == ["6a0f"]


def test_an_id_that_is_not_there(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.keep("6a0f")
    assert house.oyez("purge", "ffff") == 1
    assert "ffff" in capsys.readouterr().err
    assert house.waiting() == ["6a0f"]


def test_a_file_that_cannot_be_read_says_what_to_do(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.file.mkdir(parents=True)
    assert house.oyez("list") == 1
    assert "mend the folder's rights" in capsys.readouterr().err


def test_without_an_action_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["outbox"])
    assert ended.value.code == 2
    assert "ACTION" in capsys.readouterr().err
