"""A question that is open: what may be heard, and what an answer makes of the command it is about.  Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assistant.dialogue.slots import fits, with_slot
from assistant.dialogue.steps import Expected
from assistant.messages import Choice, Hypothesis, Interpretation, Question, SlotValue

NO = ("dialogue.no", "system.cancel", "system.stop")
"""Answers that end a question."""
REPEAT = "system.repeat"
MARGIN_S = 2.0
"""How long after the microphone was closed an answer that had begun in time may still come."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the command it is about, and how it stands."""

    question: Question
    about: Interpretation
    """Accepted or not: the answer makes it whole."""
    command: Hypothesis
    session: str
    deadline: float
    """When it is given up; seconds of the dialogue's clock."""
    times: int = 1
    """How often it has been asked."""
    checked: bool = True
    """Whether the household has let the command be done, once the answer is there."""

    @property
    def language(self) -> str:
        """The one it was asked in, and is answered in."""
        return self.command.language

    @property
    def of_risk(self) -> bool:
        """Whether it was asked because the household wants this command confirmed; a yes fills no slot then."""
        return not self.question.slot

    @property
    def open(self) -> bool:
        """Whether a value is asked for, of which there are too many to choose from: yes says nothing then."""
        return self.question.catalog is not None and self.question.catalog_slot == self.question.slot

    @property
    def expected(self) -> Expected:
        """What may be heard: answers that make sense, the way out, and the same command anew."""
        question = self.question
        answers = ["dialogue.choose"] if question.choices else [] if self.open else ["dialogue.yes"]
        if question.catalog is not None:
            answers.append(f"dialogue.{question.catalog}")
        own = f"{self.command.domain}.{self.command.intent}"
        return Expected(
            intents=(*answers, "dialogue.correct", *NO, REPEAT, own),
            language=self.language,
            choices=tuple(
                (name, number)
                for number, choice in enumerate(question.choices)
                for name in _names(choice, self.language)
            ),
        )

    def filled(self, answer: Hypothesis) -> Hypothesis | None:
        """Return the command with the answer in it, None where it is no answer to this question."""
        question, intent = self.question, answer.intent
        if answer.domain != "dialogue":
            return None
        if intent == "yes" and not question.choices and not self.open:
            return self._with({} if self.of_risk else {question.slot: True}, answer)
        if intent == "choose":
            return self._chosen(answer)
        # A name: alone where its catalog was asked for, or as a correction ("no, the kitchen").
        for catalog in answer.slots if intent in {question.catalog, "correct"} else ():
            slot = question.catalog_slot if catalog == question.catalog else catalog
            if slot is not None and (catalog == question.catalog or fits(self.command, slot)):
                return self._named(slot, catalog, answer)
        return None

    def again(self, *, deadline: float) -> Asked:
        """Return the question as asked once more."""
        return replace(self, times=self.times + 1, deadline=deadline)

    def _chosen(self, answer: Hypothesis) -> Hypothesis | None:
        number = answer.slots.get("choice", answer.slots.get("ordinal"))
        choices = self.question.choices
        # "the last one" is -1.
        if not isinstance(number, int) or not -len(choices) <= number < len(choices):
            return None
        chosen = choices[number]
        names = _names(chosen, self.language)
        spoken = {self.question.slot: names[0]} if names else {}
        return self._with({self.question.slot: chosen.value}, answer, spoken=spoken)

    def _named(self, slot: str, catalog: str, answer: Hypothesis) -> Hypothesis:
        value, words = answer.slots[catalog], answer.spoken.get(catalog, "")
        before = str(self.command.slots.get(slot, ""))
        if answer.slots.get("more") and not str(value).startswith((before, "+")):
            # A number that was said with a pause; what begins like it is the whole number, said again.
            value, words = f"{before}{value}", f"{self.command.spoken.get(slot, '')} {words}"
        changed = with_slot(self.command, slot, value, spoken=words)
        return replace(changed, confidence=min(changed.confidence, answer.confidence))

    def _with(
        self, slots: dict[str, SlotValue], answer: Hypothesis, *, spoken: dict[str, str] | None = None
    ) -> Hypothesis:
        return replace(
            self.command,
            slots={**self.command.slots, **slots},
            spoken={**self.command.spoken, **(spoken or {})},
            confidence=min(self.command.confidence, answer.confidence),
        )


def _names(choice: Choice, language: str) -> tuple[str, ...]:
    return choice.names.get(language) or next((own for own in choice.names.values() if own), ())
