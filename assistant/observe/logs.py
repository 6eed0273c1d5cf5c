"""Log lines on stderr: readable on a terminal, `key=value` for machines.

What a call gives as `extra=` stands behind the message as `key=value` in both.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime", "taskName"}
_QUIET = ("rumqttd", "iotcore", "hassil", "httpx", "httpcore")
"""Libraries that log what is no news, or whole addresses with the secrets in them."""


def configure_logging(level: int = logging.INFO, *, stream: TextIO | None = None) -> None:
    """Send every log line of `level` and above to `stream`, stderr where none is given."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TerminalFormatter() if stream.isatty() else KeyValueFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class TerminalFormatter(logging.Formatter):
    """`12:00:01 warning: the microphone went away`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it."""
        time = datetime.fromtimestamp(record.created, tz=UTC).astimezone()
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        pairs = "".join(f"  {key}={_value(value)}" for key, value in _extras(record).items())
        trace = "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip() if record.exc_info else ""
        return f"{time:%H:%M:%S} {level}{record.getMessage()}{pairs}{trace}"


class KeyValueFormatter(logging.Formatter):
    """`time=... level=warning logger=assistant.daemon message="..." id=...`, always one line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, the traceback in it as a value."""
        pairs: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            pairs["traceback"] = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return " ".join(f"{key}={_value(value)}" for key, value in pairs.items())


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def _value(value: object) -> str:
    """A value without quotes where it is one plain word, else quoted, line ends and quotes escaped."""
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    if text and all(character.isprintable() and character not in ' "=' for character in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in escaped) + '"'
