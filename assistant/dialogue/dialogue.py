"""The conversation of one site: whose answer is this, does it need a question, what is done again or undone.

    IDLE ──command that must be confirmed, ambiguous reading, a handler's question──▶ ASKING
    ASKING ──answer that makes the command whole, or the command anew──▶ IDLE, the command is published
    ASKING ──no, cancel, silence, too many answers that are not understood──▶ IDLE, nothing is done
    ASKING ──another answer──▶ ASKING, the question is repeated

Pure: what happened goes in, what is to be done comes out (`Step`), the clock is handed in.  Not for several threads at
once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.config import DialogueConfig
from assistant.dialogue import wording
from assistant.dialogue.asked import MARGIN_S, NO, REPEAT, Asked
from assistant.dialogue.naming import Naming, rivals
from assistant.dialogue.slots import CONFIRMED, fits, taken_back, with_slot
from assistant.dialogue.steps import Expected, Hush, Listen, Play, Publish, Say, Steps
from assistant.messages import Hypothesis, Interpretation, Question, Reason, Result

SPEAKING_S = 30.0
"""A question that has not been said by then is waited for no longer."""
AGAIN_S = 300.0
"""How long "again" means the last command."""
REMEMBERED = 64
"""Commands whose results are still waited for."""
_OURS = frozenset({"system", "dialogue"})
"""Domains of words to the assistant itself."""


@dataclass(slots=True)
class _Sent:
    """A command that was published."""

    interpretation: Interpretation
    command: Hypothesis
    session: str
    time: float
    """When it was published, or answered last; seconds of the dialogue's clock."""
    ok: bool | None = None
    """What came of it."""
    quiet: bool = False
    """Nobody asked for it in so many words."""


class Dialogue:
    """What is remembered of the conversation, and the question that is open."""

    def __init__(
        self,
        config: DialogueConfig,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        naming: Naming | None = None,
        domains: Sequence[str] = (),
    ) -> None:
        """clock: monotonic seconds.  domains: those whose sentences "help" gives examples of."""
        self._config = config
        self._clock, self._new_id = clock, new_id
        self._naming = naming or Naming()
        self._domains = tuple(domains)
        self._asked: Asked | None = None
        self._sent: OrderedDict[str, _Sent] = OrderedDict()
        self._last: _Sent | None = None
        self._done: _Sent | None = None
        """The last command that was obeyed and not undone since."""
        self._said: Say | None = None
        self._session = ""
        self._session_end = -1.0

    @property
    def session(self) -> str | None:
        """The conversation that goes on, None between two."""
        return self._session if self._asked or self._clock() < self._session_end else None

    @property
    def expected(self) -> Expected | None:
        """What may be heard now; None where it is anything the household says."""
        return self._asked.expected if self._asked else None

    # What happens.

    def heard(self, interpretation: Interpretation, *, addressed: bool = False) -> Steps:
        """Take an utterance.  addressed: the microphone had been opened for it, so that it deserves an answer."""
        best = interpretation.best
        if best is None or not interpretation.accepted:
            return self._not_understood(interpretation, addressed=addressed)
        if self._asked is not None:
            return self._answered(interpretation, best, self._asked)
        return self._command(interpretation, best)

    def result(self, result: Result) -> Steps:
        """Take what a handler did; results of commands that are not ours mean nothing here."""
        sent = self._sent.get(result.id)
        if sent is None or sent.quiet:
            return ()
        language = sent.command.language
        if result.question is not None:
            return self._ask(result.question, sent.interpretation, sent.command, session=sent.session)
        sent.ok, sent.time = result.ok, self._clock()
        if result.ok and sent.command.intent != "undo":
            self._done = sent
        self._touch()
        text = wording.in_language(result.text, language) if result.text else ""
        told = self._say(text, language, result.id) if text else ()
        if not result.ok:
            return (Play("error"), *told)
        follow_up_ms = 0 if self._asked else self._config.follow_up_ms
        return (*told, Listen(follow_up_ms)) if follow_up_ms else told

    def asked_aloud(self) -> None:
        """The question has been said: from now on the answer is waited for."""
        if self._asked is not None:
            self._asked = replace(self._asked, deadline=self._clock() + self._answer_s)

    def tick(self) -> Steps:
        """Let time pass: a question that nobody answers is given up."""
        asked = self._asked
        if asked is None or self._clock() < asked.deadline:
            return ()
        return self._give_up(asked, wording.SILENCE, asked.about.id)

    def cancel(self, session: str | None = None) -> Steps:
        """Stop asking and speaking, at once and without a word.  session: only where it is this one."""
        if session is not None and session != self.session:
            return ()
        self._asked = None
        return (Hush(),)

    # Answers.

    def _answered(self, interpretation: Interpretation, best: Hypothesis, asked: Asked) -> Steps:
        name = f"{best.domain}.{best.intent}"
        if name in NO:
            self._asked = None
            ended = self._say(wording.in_language(wording.CANCELLED, asked.language), asked.language, interpretation.id)
            return (Hush(), Publish(interpretation, asked.session), Play("accepted"), *ended)
        if name == REPEAT:
            return self._ask_again(asked, interpretation)
        filled = asked.filled(best)
        if filled is None and best.domain == "dialogue":
            return (*self._refuse(interpretation, "not-a-command"), *self._ask_again(asked, interpretation))
        self._asked = None
        if filled is not None:
            whole = replace(interpretation, best=filled, alternatives=())
            return self._do(whole, filled, checked=asked.checked or (asked.of_risk and best.intent == "yes"))
        if (best.domain, best.intent) == (asked.command.domain, asked.command.intent):
            # The command anew, with what was missing: what the first one said besides still holds.
            best = _merged(asked.command, best, slot=asked.question.slot)
        return self._command(replace(interpretation, best=best), best)

    def _not_understood(self, interpretation: Interpretation, *, addressed: bool) -> Steps:
        rejected = Publish(interpretation, self.session)
        asked = self._asked
        if asked is not None and interpretation.reason == "no-speech":
            return (rejected, Listen(self._config.timeout_ms))
        if asked is not None:
            return (rejected, *self._ask_again(asked, interpretation))
        best = interpretation.best
        if best is not None and interpretation.reason == "ambiguous":
            choice = rivals((best, *interpretation.alternatives), self._naming)
            if choice is not None:
                text = wording.which([own.names[best.language][0] for own in choice.choices], best.language)
                question = Question({best.language: text}, slot=choice.slot, choices=choice.choices)
                best = replace(best, confidence=choice.confidence)
                return (rejected, *self._ask(question, interpretation, best, checked=False))
        if not addressed:
            return (rejected,)  # a television that is always heard must not be answered
        language = best.language if best else self._language
        sorry = wording.in_language(wording.NOT_UNDERSTOOD, language)
        return (rejected, Play("rejected"), *self._say(sorry, language, interpretation.id))

    def _ask_again(self, asked: Asked, interpretation: Interpretation) -> Steps:
        if asked.times >= self._config.most_questions:
            return self._give_up(asked, wording.LEFT, interpretation.id)
        self._asked = asked.again(deadline=self._clock() + SPEAKING_S + self._answer_s)
        question = wording.in_language(asked.question.text, asked.language)
        text = wording.in_language(wording.AGAIN, asked.language).format(question=question)
        return self._questioned(text, asked.language, interpretation.id)

    def _give_up(self, asked: Asked, texts: Mapping[str, str], answers: str) -> Steps:
        self._asked = None
        left = self._say(wording.in_language(texts, asked.language), asked.language, answers)
        return (Play("rejected"), *left)

    # Commands.

    def _command(self, interpretation: Interpretation, best: Hypothesis) -> Steps:
        """Do what was said where no question is open, or in spite of one."""
        own = self._words.get(f"{best.domain}.{best.intent}")
        if own is not None:
            return own(interpretation, best)
        if best.domain == "dialogue":  # an answer that comes when nothing is asked any more
            return self._refuse(interpretation, "not-a-command")
        return self._do(interpretation, best, checked=False)

    def _do(self, interpretation: Interpretation, command: Hypothesis, *, checked: bool) -> Steps:
        """Publish a command, or ask first, or refuse, as the household says."""
        risks = self._config.risks
        risk = risks.get(f"{command.domain}.{command.intent}", risks.get(command.domain, "do"))
        if risk == "never":
            text = wording.in_language(wording.FORBIDDEN, command.language)
            told = self._say(text, command.language, interpretation.id)
            return (*self._refuse(interpretation, "forbidden"), Play("rejected"), *told)
        if risk == "confirm" and not checked:
            asking = wording.in_language(wording.CONFIRM, command.language)
            question = Question({command.language: asking.format(text=wording.capital(command.text))}, slot="")
            return self._ask(question, interpretation, command, checked=False)
        return (self._publish(interpretation, command), Play("accepted"))

    def _publish(self, interpretation: Interpretation, command: Hypothesis, *, quiet: bool = False) -> Publish:
        session = self._touch()
        whole = replace(interpretation, best=command, accepted=True, reason=None)
        sent = _Sent(whole, command, session, self._clock(), quiet=quiet)
        self._sent[whole.id] = sent
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        if not quiet and command.intent != "undo":
            self._last = sent
        return Publish(whole, session)

    def _refuse(self, interpretation: Interpretation, reason: Reason) -> Steps:
        return (Publish(replace(interpretation, accepted=False, reason=reason), self.session),)

    # Words to the assistant itself.

    @property
    def _words(self) -> Mapping[str, Callable[[Interpretation, Hypothesis], Steps]]:
        return {
            "system.cancel": self._stop,
            "system.stop": self._stop,
            "system.undo": self._undo,
            "system.again": self._again,
            "system.repeat": self._repeat,
            "system.help": self._help,
            "dialogue.correct": self._correct,
        }

    def _stop(self, interpretation: Interpretation, _: Hypothesis) -> Steps:
        return (Hush(), Publish(interpretation, self._touch()))

    def _undo(self, interpretation: Interpretation, best: Hypothesis) -> Steps:
        done, self._done = self._done, None
        if done is None or self._clock() - done.time >= self._config.undo_ms / 1000:
            return self._answer_only(interpretation, best, wording.NOTHING_DONE)
        undo = replace(best, domain=done.command.domain)
        return (self._publish(interpretation, undo), Play("accepted"))

    def _again(self, interpretation: Interpretation, best: Hypothesis) -> Steps:
        last = self._last
        if last is None or self._clock() - last.time >= AGAIN_S:
            return self._answer_only(interpretation, best, wording.NOTHING_BEFORE)
        # What was confirmed was confirmed once.
        slots = {name: value for name, value in last.command.slots.items() if name != CONFIRMED}
        command = replace(last.command, slots=slots)
        return self._do(replace(interpretation, best=command, alternatives=()), command, checked=False)

    def _correct(self, interpretation: Interpretation, best: Hypothesis) -> Steps:
        last = self._last
        slot = next(iter(best.slots), "")
        late = last is None or self._clock() - last.time >= self._config.correct_ms / 1000
        if last is None or late or not fits(last.command, slot):
            return self._refuse(interpretation, "not-a-command")
        command = with_slot(last.command, slot, best.slots[slot], spoken=best.spoken.get(slot, ""))
        whole = replace(interpretation, best=command, alternatives=())
        back = taken_back(last.command) if last.ok is not False else None
        if back is None:
            return self._do(whole, command, checked=False)
        wrong = self._publish(replace(whole, id=self._new_id()), back, quiet=True)
        return (wrong, *self._do(whole, command, checked=False))

    def _repeat(self, interpretation: Interpretation, best: Hypothesis) -> Steps:
        if self._said is None:
            return self._answer_only(interpretation, best, wording.NOTHING_SAID)
        return (
            Publish(interpretation, self._touch()),
            *self._say(self._said.text, self._said.language, interpretation.id),
        )

    def _help(self, interpretation: Interpretation, best: Hypothesis) -> Steps:
        text = wording.help_text(self._domains, best.language)
        told = self._say(text, best.language, interpretation.id) if text else ()
        return (Publish(interpretation, self._touch()), *told)

    def _answer_only(self, interpretation: Interpretation, best: Hypothesis, texts: Mapping[str, str]) -> Steps:
        told = self._say(wording.in_language(texts, best.language), best.language, interpretation.id)
        return (Publish(interpretation, self._touch()), *told)

    # Asking and saying.

    def _ask(
        self,
        question: Question,
        about: Interpretation,
        command: Hypothesis,
        *,
        session: str | None = None,
        checked: bool = True,
    ) -> Steps:
        """Open a question; one that was open is given up for it: what was said last counts."""
        session = session or self._touch()
        deadline = self._clock() + SPEAKING_S + self._answer_s
        self._asked = Asked(question, about, command, session, deadline, checked=checked)
        text = wording.in_language(question.text, command.language)
        return self._questioned(text, command.language, about.id)

    def _questioned(self, text: str, language: str, answers: str) -> Steps:
        return (*self._say(text, language, answers), Play("question"), Listen(self._config.timeout_ms))

    def _say(self, text: str, language: str, answers: str) -> tuple[Say]:
        self._said = Say(text, language, answers)
        return (self._said,)

    def _touch(self) -> str:
        """Return the conversation that goes on, or a new one, and keep it for a while."""
        self._session = self.session or self._new_id()
        self._session_end = self._clock() + max(self._config.correct_ms, self._config.follow_up_ms) / 1000
        return self._session

    @property
    def _answer_s(self) -> float:
        return self._config.timeout_ms / 1000 + MARGIN_S

    @property
    def _language(self) -> str:
        """The one that was understood last."""
        return self._last.command.language if self._last else "en"


def _merged(first: Hypothesis, second: Hypothesis, *, slot: str) -> Hypothesis:
    """Return a command that was given again with `slot`, and what the first one said besides."""
    if slot not in second.slots:
        return second
    return replace(second, slots={**first.slots, **second.slots}, spoken={**first.spoken, **second.spoken})
