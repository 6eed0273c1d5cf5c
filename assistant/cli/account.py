"""The live account on a terminal: heard, language, intent, slots, confidence, milliseconds, what the lamp did."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from typing import TextIO

from assistant.messages import Change, Interpretation, Result, Utterance

_GREEN, _RED, _GREY, _BOLD, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[90m", "\x1b[1m", "\x1b[0m"
_REASONS = {
    "not-a-command": "no command of this house",
    "low-confidence": "not sure enough",
    "ambiguous": "two commands fit",
    "no-speech": "nothing was said",
    "too-long": "too long",
    "forbidden": "not by voice",
}
_INDENT = " " * 10


class Account:
    """Prints events as people read them; a `assistant.reports.Reporter`."""

    def __init__(self, stream: TextIO = sys.stdout, *, colour: bool | None = None) -> None:
        """colour: on terminals only, when not given."""
        self._stream = stream
        self._colour = stream.isatty() if colour is None else colour
        self._lock = threading.Lock()  # guards the stream: lines of different threads do not mix
        self._languages: dict[str, str] = {}
        """Of the last utterances, by id: the lamp's answer is shown in the language that was spoken."""

    def note(self, text: str) -> None:
        """`12:00:01  listening`."""
        self._print(f"{_clock()}  {text}")

    def says(self, text: str) -> None:
        """`12:00:01  says: the pasta timer rings`."""
        self.note(f"says: {text}")

    def heard(self, utterance: Utterance) -> None:
        """`12:00:01  heard 1.8 s at -21 dB`."""
        self._print(f"{_clock()}  heard {utterance.audio_ms / 1000:.1f} s at {utterance.level_db:.0f} dB")

    def interpreted(self, interpretation: Interpretation) -> None:
        """`          fr  light/on  device=reading_lamp  "allume la liseuse"  97 %  63 ms`."""
        best = interpretation.best
        took = self._grey(f"{interpretation.compute_ms:.0f} ms")
        if best is None:
            self._print(f"{_INDENT}{self._red(_why(interpretation))}  {took}")
            return
        self._remember(interpretation.id, best.language)
        slots = "".join(f"  {name}={value}" for name, value in best.slots.items())
        meaning = f"{best.domain}/{best.intent}{slots}"
        shown = self._bold(meaning) if interpretation.accepted else self._grey(meaning)
        line = f'{_INDENT}{best.language}  {shown}  "{best.text}"  {best.confidence:.0%}  {took}'
        self._print(line if interpretation.accepted else f"{line}  {self._red(_why(interpretation))}")

    def result(self, result: Result, *, handler: str) -> None:
        """`          done: reading_lamp brightness 30 (was 80)`."""
        language = self._languages.get(result.id, "en")
        said = result.text.get(language) or result.text.get("en", "")
        changes = ", ".join(_change(change) for change in result.changes)
        told = f"{result.code}: {changes or said or handler}"
        self._print(_INDENT + (self._green(told) if result.ok else self._red(told)))

    def _remember(self, utterance_id: str, language: str) -> None:
        self._languages[utterance_id] = language
        while len(self._languages) > 100:
            del self._languages[next(iter(self._languages))]

    def _print(self, line: str) -> None:
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._colour else text

    def _green(self, text: str) -> str:
        return self._paint(_GREEN, text)

    def _red(self, text: str) -> str:
        return self._paint(_RED, text)

    def _grey(self, text: str) -> str:
        return self._paint(_GREY, text)

    def _bold(self, text: str) -> str:
        return self._paint(_BOLD, text)


def _why(interpretation: Interpretation) -> str:
    return f"rejected: {_REASONS.get(str(interpretation.reason), interpretation.reason)}"


def _change(change: Change) -> str:
    before = "" if change.before is None else f" (was {_value(change.before)})"
    named = "" if change.property == "on" else f"{change.property} "
    return f"{change.device} {named}{_value(change.value)}{before}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _clock() -> str:
    return f"{datetime.now(UTC).astimezone():%H:%M:%S}"
