import os
from pathlib import Path

from assistant.watch import FileWatch


def test_a_change_is_seen_once(tmp_path: Path) -> None:
    file = tmp_path / "oyez.yaml"
    file.write_text("site: a")
    watch = FileWatch([file])
    assert not watch.changed()
    file.write_text("site: other")
    assert watch.changed()
    assert not watch.changed()


def test_saving_by_renaming_and_removing_are_changes(tmp_path: Path) -> None:
    file, other = tmp_path / "oyez.yaml", tmp_path / "new"
    watch = FileWatch([file])
    other.write_text("site: a")
    other.rename(file)
    assert watch.changed()
    file.unlink()
    assert watch.changed()


def test_the_same_length_at_another_time_is_a_change(tmp_path: Path) -> None:
    file = tmp_path / "oyez.yaml"
    file.write_text("site: a")
    watch = FileWatch([file])
    file.write_text("site: b")
    os.utime(file, ns=(1, 1))
    assert watch.changed()


def test_other_files_may_be_watched_instead(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.touch()
    watch = FileWatch([first])
    second.touch()
    watch.watch([first, second])
    assert not watch.changed()
    first.unlink()
    watch.watch([first, second])
    assert watch.changed()
