"""What waits for a connection: in order, bounded, counted down by no clock that lies, and gone when it is gone."""

import os
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from assistant.cloud import OUTBOX, Entry, Meaning, Outbox
from assistant.cloud.lifetime import Moment
from assistant.config import OutboxConfig
from assistant.errors import StateError
from tests.child import Child
from tests.cloud.asking import MILK

HOUR_S = 3600.0
SECRET = b"a voice that nobody else may hear" * 40


class Clocks:
    """The machine's clocks, as a test sets them."""

    def __init__(self) -> None:
        self.now = Moment(1_700_000_000.0, 100.0, "boot 1")

    def __call__(self) -> Moment:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now = replace(self.now, wall_s=self.now.wall_s + seconds, boot_s=self.now.boot_s + seconds)

    def set_wall(self, wall_s: float) -> None:
        self.now = replace(self.now, wall_s=wall_s)

    def reboot(self, *, off_s: float) -> None:
        self.now = Moment(self.now.wall_s + off_s, 20.0, self.now.boot + "+")


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / f"kitchen.{OUTBOX}"


@pytest.fixture
def opened(file: Path, clocks: Clocks) -> Callable[..., Outbox]:
    """Opens the file, as after a restart."""
    return lambda **limits: Outbox(file, OutboxConfig(**limits), clock=clocks)


def entry(name: str = "1", **fields: Any) -> Entry:
    given = {
        "id": name,
        "said": datetime(2026, 1, 31, 18, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1))),
        "room": "kitchen",
        "language": "fr",
        "text": "ajoute du lait",
        "meaning": MILK,
        "reason": None,
        "pcm": None,
        "left_s": HOUR_S,
        **fields,
    }
    return Entry(**given)


def sound(name: str = "1", **fields: Any) -> Entry:
    return entry(name, **{"meaning": None, "reason": "not-a-command", "pcm": SECRET, **fields})


def ids(entries: list[Entry]) -> list[str]:
    return [one.id for one in entries]


class TestKeeping:
    def test_all_of_an_entry_comes_back_after_a_restart(self, opened: Callable[..., Outbox]) -> None:
        kept = [entry("b"), sound("a", room=None), entry("c", meaning=Meaning("notes", "Add", {"text": "où ?"}))]
        with opened() as outbox:
            assert all(outbox.put(one) for one in kept)
        with opened() as outbox:
            assert outbox.entries() == kept
            assert outbox.first() == kept[0]

    def test_they_are_sent_in_the_order_in_which_they_were_said(self, opened: Callable[..., Outbox]) -> None:
        with opened() as outbox:
            for name in ("z", "a", "m"):
                outbox.put(entry(name))
            outbox.remove("z")
            outbox.put(entry("b"))
            assert ids(outbox.entries()) == ["a", "m", "b"]

    def test_one_that_comes_twice_is_kept_once(self, opened: Callable[..., Outbox]) -> None:
        with opened() as outbox:
            assert outbox.put(entry("a"))
            assert outbox.put(entry("a", text="something else"))
            assert [one.text for one in outbox.entries()] == ["ajoute du lait"]

    def test_it_is_taken_out_once(self, opened: Callable[..., Outbox]) -> None:
        with opened() as outbox, opened() as other:
            outbox.put(entry("a"))
            assert [outbox.remove("a"), other.remove("a"), outbox.remove("b")] == [True, False, False]

    def test_another_process_may_purge_it(self, opened: Callable[..., Outbox]) -> None:
        with opened() as outbox, opened() as other:
            for name in "abc":
                outbox.put(entry(name))
            assert other.purge() == 3
            assert outbox.first() is None
            assert other.purge() == 0

    def test_only_its_owner_may_read_it(self, opened: Callable[..., Outbox], file: Path) -> None:
        before = os.umask(0)
        try:
            with opened() as outbox:
                outbox.put(sound())
                modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()}
        finally:
            os.umask(before)
        assert set(modes.values()) == {0o600}
        assert len(modes) == 3  # with the log and its index


class TestBounds:
    def test_so_many_entries(self, opened: Callable[..., Outbox]) -> None:
        with opened(most=2) as outbox:
            assert [outbox.put(entry(name)) for name in "abc"] == [True, True, False]
            assert outbox.put(entry("a"))  # that is there already
            outbox.remove("a")
            assert outbox.put(entry("c"))
            assert ids(outbox.entries()) == ["b", "c"]

    def test_so_much_sound(self, opened: Callable[..., Outbox]) -> None:
        with opened(most_bytes=100_000) as outbox:
            assert [outbox.put(sound(name, pcm=bytes(40_000))) for name in "abc"] == [True, True, False]
            assert outbox.put(entry("d"))

    def test_the_file_does_not_grow_with_what_has_gone_through_it(
        self, opened: Callable[..., Outbox], file: Path
    ) -> None:
        with opened() as outbox:
            for number in range(60):
                outbox.put(sound(str(number), pcm=bytes(100_000)))
                outbox.remove(str(number))
            assert sum(one.stat().st_size for one in file.parent.iterdir()) < 500_000


class TestExpiry:
    def test_it_is_counted_down_and_told_once(self, opened: Callable[..., Outbox], clocks: Clocks) -> None:
        with opened() as outbox:
            outbox.put(entry("short", left_s=60.0))
            outbox.put(entry("long", left_s=HOUR_S))
            clocks.pass_s(30)
            assert [one.left_s for one in outbox.entries()] == [30.0, HOUR_S - 30]
            assert outbox.expired() == []
            clocks.pass_s(31)
            first = outbox.first()
            assert first is not None
            assert first.id == "long"  # what has expired is not sent, whether it was told or not
            assert ids(outbox.expired()) == ["short"]
            assert outbox.expired() == []
            assert ids(outbox.entries()) == ["long"]

    def test_over_a_restart(self, opened: Callable[..., Outbox], clocks: Clocks) -> None:
        with opened() as outbox:
            outbox.put(entry())
        clocks.pass_s(600)
        with opened() as outbox:
            assert outbox.entries()[0].left_s == HOUR_S - 600

    def test_over_power_cuts(self, opened: Callable[..., Outbox], clocks: Clocks) -> None:
        with opened() as outbox:
            outbox.put(entry())
        for _ in range(3):
            clocks.reboot(off_s=600)
            with opened() as outbox:
                assert outbox.expired() == []
        clocks.reboot(off_s=2000)
        with opened() as outbox:
            assert ids(outbox.expired()) == ["1"]

    def test_a_clock_that_hears_the_time_from_the_network(self, opened: Callable[..., Outbox], clocks: Clocks) -> None:
        """A machine without a battery: 1970 until the network is there, which is also when things are sent."""
        clocks.set_wall(10.0)
        with opened() as outbox:
            outbox.put(entry())
            clocks.pass_s(60)
            clocks.set_wall(1_700_000_000.0)
            assert outbox.expired() == []
            assert outbox.entries()[0].left_s == HOUR_S - 60
            clocks.set_wall(10.0)
            assert outbox.expired() == []
            assert outbox.entries()[0].left_s == HOUR_S - 60

    def test_a_clock_that_stands_still_while_the_machine_is_off(
        self, opened: Callable[..., Outbox], clocks: Clocks
    ) -> None:
        """Nor does it make an entry immortal: what the machine was up for counts in any case."""
        for expected in (HOUR_S, HOUR_S - 620, HOUR_S - 1240):
            with opened() as outbox:
                outbox.put(entry())
                outbox.expired()
                assert outbox.entries()[0].left_s == expected
                clocks.pass_s(600)
                outbox.expired()
            clocks.reboot(off_s=-600)

    def test_nothing_is_written_while_nothing_waits(
        self, opened: Callable[..., Outbox], clocks: Clocks, file: Path
    ) -> None:
        """Looked at once a minute for years, on a memory card."""
        with opened() as outbox:
            outbox.expired()
            before = {one.name: (one.stat().st_mtime_ns, one.stat().st_size) for one in file.parent.iterdir()}
            for _ in range(5):
                clocks.pass_s(60)
                assert outbox.expired() == []
                assert outbox.first() is None
            after = {one.name: (one.stat().st_mtime_ns, one.stat().st_size) for one in file.parent.iterdir()}
            assert {name: after[name] for name in before if not name.endswith("-shm")} == {
                name: before[name] for name in before if not name.endswith("-shm")
            }


class TestForgetting:
    """Sound that is taken out stands nowhere any more: not in the table, nor in the log beside it."""

    @pytest.mark.parametrize("how", ["removed", "expired", "purged"])
    def test_it_is_overwritten(self, how: str, opened: Callable[..., Outbox], clocks: Clocks, file: Path) -> None:
        def traces() -> list[str]:
            return [one.name for one in file.parent.iterdir() if SECRET[:33] in one.read_bytes()]

        with opened() as outbox:
            outbox.put(entry("before"))
            outbox.put(sound(left_s=60.0))
            outbox.put(entry("after"))
            assert traces()
            if how == "removed":
                outbox.remove("1")
            elif how == "purged":
                outbox.purge()
            else:
                clocks.pass_s(61)
                assert ids(outbox.expired()) == ["1"]
            assert traces() == []
            assert b"not-a-command" not in b"".join(one.read_bytes() for one in file.parent.iterdir())

    def test_a_damaged_file_is_put_aside_and_purged_with_the_rest(
        self, opened: Callable[..., Outbox], file: Path
    ) -> None:
        file.parent.mkdir()
        file.write_bytes(b"no database" * 1000)
        aside = file.with_suffix(".damaged")
        with opened() as outbox:
            assert outbox.put(entry())
            assert aside.exists()
            assert outbox.purge() == 1
        assert not aside.exists()

    def test_a_file_that_is_damaged_in_the_middle(self, opened: Callable[..., Outbox], file: Path) -> None:
        with opened() as outbox:
            for number in range(20):
                outbox.put(sound(str(number), pcm=bytes(20_000)))
        raw = bytearray(file.read_bytes())
        raw[8192:40_960] = os.urandom(32_768)
        file.write_bytes(raw)
        with opened() as outbox:
            assert outbox.entries() == []
            assert outbox.put(entry())


class TestTrouble:
    def test_a_folder_that_cannot_be_written_is_tried_again(self, opened: Callable[..., Outbox], file: Path) -> None:
        file.parent.write_text("a file where the folder should be")
        with opened() as outbox:
            for use in (lambda: outbox.put(entry()), outbox.first, outbox.expired, outbox.purge):
                with pytest.raises(StateError, match="state"):
                    use()
            file.parent.unlink()
            assert outbox.put(entry())

    def test_a_full_disk_takes_nothing_and_loses_nothing(self, opened: Callable[..., Outbox]) -> None:
        with opened() as outbox:
            outbox.put(entry("small"))
            database = outbox._opened
            assert database is not None
            pages = database.execute("PRAGMA page_count").fetchone()[0]
            database.execute(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(StateError, match="full"):
                outbox.put(sound("large", pcm=bytes(100_000)))
            assert ids(outbox.entries()) == ["small"]
            database.execute("PRAGMA max_page_count = 100000")
            assert outbox.put(sound("large", pcm=bytes(100_000)))

    def test_a_file_that_somebody_else_holds(
        self, opened: Callable[..., Outbox], file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.cloud.outbox.BUSY_S", 0.1)
        with opened() as outbox:
            outbox.put(entry())
            other = sqlite3.connect(file, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StateError, match="locked"):
                outbox.put(entry("2"))
            assert ids(outbox.entries()) == ["1"]
            other.execute("ROLLBACK")
            other.close()
            assert outbox.put(entry("2"))

    def test_nothing_is_kept_after_its_end(self, opened: Callable[..., Outbox]) -> None:
        outbox = opened()
        outbox.put(entry())
        outbox.__exit__()
        with pytest.raises(StateError, match="closed"):
            outbox.put(entry("2"))

    def test_killed_in_the_middle(self, file: Path) -> None:
        """What was told to be kept is there, whole and in order, however often the process is killed."""
        told: list[str] = []
        for kept in (1, 3, 7, 2, 11):
            with Child("tests.cloud.keeper", str(file), str(len(told)), environment={}) as child:
                told += [child.next("kept") for _ in range(kept)]
            with Outbox(file, OutboxConfig(most=10_000)) as outbox:
                there = outbox.entries()
            assert ids(there)[: len(told)] == told
            # It goes on while we read what it tells; nothing is there twice, and nothing is missing between.
            assert ids(there) == [f"{number:08}" for number in range(len(there))]
            assert all(one.pcm == bytes(20_000) and one.text == f"text {int(one.id)}" for one in there)
            told = ids(there)


def test_an_entry_does_not_show_what_was_said() -> None:
    shown = repr(sound(said=datetime.now(UTC)))
    assert "lait" not in shown
    assert "voice" not in shown
