"""What a command does to the timers, and what is said of it.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.config import Language
from assistant.messages import Choice, Hypothesis, Question
from handlers.timer import words
from handlers.timer.timers import (
    LONGEST_S,
    MOST_CHARACTERS,
    MOST_TIMERS,
    Timer,
    Timers,
    Which,
    begun,
    extended,
    paused,
    resumed,
    with_changed,
    without,
)

_LENGTHS_ASKED_S = (30, *range(60, 3601, 60), 75 * 60, 5400, 7200, 3 * 3600, 4 * 3600)
"""What may be answered to "For how long?"."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of a command."""

    timers: Timers
    code: str
    text: Mapping[str, str] = field(default_factory=dict)
    question: Question | None = None

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.code in {"done", "already-done"}


@dataclass(frozen=True, slots=True)
class Command:
    """A command and all that it is judged by."""

    best: Hypothesis
    timers: Timers
    now: float
    languages: Sequence[Language]
    """Those of the household: each gets its sentence."""

    @property
    def which(self) -> Which:
        """Which timers are meant."""
        slots = self.best.slots
        key, name = slots.get("timer"), slots.get("name")
        return Which(
            key=int(key) if isinstance(key, int | float) else None,
            name=None if name is None else str(name),
            length_s=words.seconds_of(slots, prefix="start_"),
        )

    def says(self, key: str, **places: object) -> dict[str, str]:
        """Return one of the sentences in every language; a Timer among the places is called by its name."""
        return {
            language: words.sentence(
                key, language, **{name: self._said(value, language) for name, value in places.items()}
            )
            for language in self.languages
        }

    def refused(self, code: str, key: str, **places: object) -> Decision:
        """Return that nothing is done, and why."""
        return Decision(self.timers, code, self.says(key, **places))

    def _said(self, value: object, language: Language) -> object:
        if isinstance(value, Timer):
            return words.called(value, language, alone=len(self.timers) == 1)
        return words.duration(value, language) if isinstance(value, float) else value


def decide(command: Command) -> Decision:
    """Return what the command does."""
    act = _ACTS.get(command.best.intent)
    return Decision(command.timers, "not-possible") if act is None else act(command)


def _start(command: Command) -> Decision:
    seconds = words.seconds_of(command.best.slots)
    if not seconds:
        return _ask_how_long(command)
    if len(command.timers) >= MOST_TIMERS:
        return command.refused("not-possible", "too-many", count=len(command.timers))
    if seconds > LONGEST_S:
        return command.refused("not-possible", "too-long", time=float(LONGEST_S))
    name = command.which.name
    label = None if name is None else command.best.spoken.get("name", name)[:MOST_CHARACTERS]
    name = None if name is None else name[:MOST_CHARACTERS]
    language = next((one for one in command.languages if one == command.best.language), command.languages[0])
    timer = begun(command.timers, seconds, now=command.now, language=language, name=name, label=label)
    text = command.says("started-named" if label else "started", label=label, time=seconds)
    return Decision((*command.timers, timer), "done", text)


def _remaining(command: Command) -> Decision:
    meant = _meant(command, command.timers)
    if not meant:
        return _none(command)
    alone = len(command.timers) == 1
    in_order = sorted(meant, key=lambda timer: timer.remaining_s(command.now))
    text: dict[str, str] = {
        language: " ".join(words.time_left(timer, language, now=command.now, alone=alone) for timer in in_order)
        for language in command.languages
    }
    return Decision(command.timers, "done", text)


def _pause(command: Command) -> Decision:
    def act(timer: Timer) -> Decision:
        if timer.state == "paused":
            return Decision(command.timers, "already-done", command.says("already-paused", timer=timer))
        stopped = paused(timer, now=command.now)
        text = command.says("left-paused", timer=timer, time=stopped.left_s)
        return Decision(with_changed(command.timers, [stopped]), "done", text)

    return _on_one(command, act, first=("running", "paused"))


def _resume(command: Command) -> Decision:
    def act(timer: Timer) -> Decision:
        if timer.state != "paused":
            return Decision(command.timers, "already-done", command.says("already-running", timer=timer))
        going = resumed(timer, now=command.now)
        text = command.says("resumed", timer=timer, time=timer.left_s)
        return Decision(with_changed(command.timers, [going]), "done", text)

    return _on_one(command, act, first=("paused", "running"))


def _cancel(command: Command) -> Decision:
    ringing = [timer for timer in command.timers if timer.state == "ringing"]
    if ringing and not command.which.said:
        text: dict[str, str] = {
            language: " ".join(command.says("stopped", timer=timer)[language] for timer in ringing)
            for language in command.languages
        }
        return Decision(without(command.timers, ringing), "done", text)

    def act(timer: Timer) -> Decision:
        key = "stopped" if timer.state == "ringing" else "cancelled"
        return Decision(without(command.timers, [timer]), "done", command.says(key, timer=timer))

    return _on_one(command, act)


def _cancel_all(command: Command) -> Decision:
    return Decision((), "done", command.says("cancelled-all")) if command.timers else _none(command)


def _add(command: Command) -> Decision:
    seconds = words.seconds_of(command.best.slots)
    if not seconds:
        return _ask_how_long(command)

    def act(timer: Timer) -> Decision:
        longer = extended(timer, seconds, now=command.now)
        if longer.remaining_s(command.now) > LONGEST_S:
            return command.refused("not-possible", "too-long", time=float(LONGEST_S))
        alone = len(command.timers) == 1
        text: dict[str, str] = {
            language: words.time_left(longer, language, now=command.now, alone=alone) for language in command.languages
        }
        return Decision(with_changed(command.timers, [longer]), "done", text)

    return _on_one(command, act, first=("ringing", "running", "paused"))


_ACTS: Mapping[str, Callable[[Command], Decision]] = {
    "start": _start,
    "remaining": _remaining,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "cancel_all": _cancel_all,
    "add": _add,
}


def _meant(command: Command, timers: Sequence[Timer]) -> list[Timer]:
    return [timer for timer in timers if command.which.fits(timer)]


def _none(command: Command) -> Decision:
    return command.refused("no-such-device", "none-such" if command.timers else "none")


def _on_one(command: Command, act: Callable[[Timer], Decision], *, first: Sequence[str] = ()) -> Decision:
    """Do it to the timer that is meant, or ask which; without any named, one that is in the `first` states."""
    meant = _meant(command, command.timers)
    if not command.which.said:
        by_state = [[timer for timer in meant if timer.state == state] for state in first]
        meant = next((timers for timers in by_state if timers), meant)
    if not meant:
        return _none(command)
    choices = _choices(command, meant)
    if len(choices) == 1:
        return act(meant[0])
    text: dict[str, str] = {
        language: words.sentence(
            "which",
            language,
            choices=words.joined([choice.names[language][0] for choice in choices], words.OR[language]),
        )
        for language in command.languages
    }
    return Decision(command.timers, "question", text, Question(text, slot="timer", choices=choices))


def _choices(command: Command, timers: Sequence[Timer]) -> tuple[Choice, ...]:
    """Return what can be told apart: two timers of one name by what is left of them; if that is the same, either."""
    named = {timer.key: words.called(timer, command.languages[0]) for timer in timers}
    choices: dict[str, Choice] = {}
    for timer in timers:
        twin = list(named.values()).count(named[timer.key]) > 1
        names: dict[str, tuple[str, ...]] = {
            language: _left_names(timer, language, now=command.now) if twin else _names(timer, language)
            for language in command.languages
        }
        choices.setdefault(names[command.languages[0]][0], Choice(timer.key, names))
    return tuple(choices.values())


def _names(timer: Timer, language: Language) -> tuple[str, ...]:
    whole = words.called(timer, language)
    short = timer.label or words.duration(timer.length_s, language)
    without_article = whole.partition(" ")[2]
    forms = {
        "en": (short, without_article, whole, f"the {timer.label or words.length(timer.length_s, 'en')} one"),
        "es": (short, without_article, whole, f"el de {short}"),
        "fr": (short, without_article, whole, f"celui de {short}"),
    }
    return tuple(dict.fromkeys(forms[language]))


def _left_names(timer: Timer, language: Language, *, now: float) -> tuple[str, ...]:
    time = words.duration(timer.remaining_s(now), language)
    forms = {
        "en": (f"the one with {time} left", time, f"{time} left"),
        "es": (f"el que tiene {time}", time, f"al que le quedan {time}"),
        "fr": (f"celui à {time}", time, f"celui qui a {time}"),
    }
    return forms[language]


def _ask_how_long(command: Command) -> Decision:
    """Ask for the time; the answer comes back in the slot `seconds`."""
    text = command.says("how-long")
    choices = tuple(
        Choice(seconds, {language: (words.duration(seconds, language),) for language in command.languages})
        for seconds in _LENGTHS_ASKED_S
    )
    return Decision(command.timers, "question", text, Question(text, slot="seconds", choices=choices))
