import json
from pathlib import Path

import pytest

from assistant.config import HouseholdConfig
from assistant.errors import StateError
from assistant.state import StateFile, state_folder


@pytest.mark.parametrize(
    ("configured", "environment", "folder"),
    [
        (Path("/var/oyez"), {"STATE_DIRECTORY": "/var/lib/oyez"}, "/var/oyez"),
        (None, {"STATE_DIRECTORY": "/var/lib/oyez:/var/lib/more", "XDG_STATE_HOME": "/x"}, "/var/lib/oyez"),
        (None, {"XDG_STATE_HOME": "/x"}, "/x/oyez"),
        (None, {}, str(Path.home() / ".local/state/oyez")),
    ],
    ids=["configured", "systemd", "xdg", "home"],
)
def test_where_state_is_kept(configured, environment, folder):
    assert state_folder(configured, environment=environment) == Path(folder)


def test_what_was_written_is_read(tmp_path):
    household = HouseholdConfig(site="kitchen", state=tmp_path / "not" / "yet")
    file = StateFile.of(household, "timers")

    assert file.read() is None
    for value in ({"tea": 1}, {"tea": 2, "œufs": None}):
        file.write(value)
        assert StateFile.of(household, "timers").read() == value
    assert [path.name for path in file.path.parent.iterdir()] == ["kitchen.timers.json"]


@pytest.mark.parametrize("text", ["", '{"half": ', "[" * 100_000, "\xff"], ids=["empty", "half", "deep", "letters"])
def test_a_damaged_file_is_put_aside_and_begun_anew(tmp_path, text):
    file = StateFile(tmp_path / "home.timers.json")
    file.path.write_bytes(text.encode("latin-1"))

    assert file.read() is None
    assert (tmp_path / "home.timers.damaged").read_bytes() == text.encode("latin-1")
    file.write([1])
    assert file.read() == [1]


def test_a_value_that_json_cannot_hold_leaves_the_old_one(tmp_path):
    file = StateFile(tmp_path / "home.timers.json")
    file.write({"tea": 1})
    with pytest.raises(TypeError):
        file.write({"tea": object()})

    assert json.loads(file.path.read_text()) == {"tea": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_one_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"cannot be written.*set `state:` to another"):
        StateFile(tmp_path / "file" / "home.timers.json").write([])
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(StateError, match="cannot be read"):
        StateFile(tmp_path / "folder.json").read()
