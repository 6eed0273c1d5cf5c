import io
import logging
from collections.abc import Iterator

import pytest

from assistant.observe import configure_logging


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _own_root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_lines_for_machines_are_key_value() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger("a.b").info('said "x"\nand %s', "y", extra={"id": "42", "audio_ms": 3, "reason": "two words"})
    (line,) = stream.getvalue().splitlines()
    assert " level=info logger=a.b " in line
    assert line.endswith(r'message="said \"x\"\nand y" id=42 audio_ms=3 reason="two words"')


def test_a_traceback_stays_on_the_line_of_machines() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    try:
        int("broken")
    except ValueError:
        logging.getLogger("a").exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert "level=error" in line
    assert "ValueError: invalid literal" in line


def test_lines_for_people_are_short() -> None:
    stream = Terminal()
    configure_logging(stream=stream)
    logging.getLogger("a").info("listening")
    logging.getLogger("a").warning("no microphone", extra={"device": "hw:1"})
    first, second = stream.getvalue().splitlines()
    assert first.split(" ", 1)[1] == "listening"
    assert second.split(" ", 1)[1] == "warning: no microphone  device=hw:1"


@pytest.mark.parametrize(("level", "lines"), [(logging.INFO, 0), (logging.DEBUG, 1)])
def test_debugging_lines_come_when_asked_for(level: int, lines: int) -> None:
    stream = io.StringIO()
    configure_logging(level, stream=stream)
    logging.getLogger("a").debug("what was said")
    assert len(stream.getvalue().splitlines()) == lines
