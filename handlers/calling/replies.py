"""Results of the calling handler in the household's languages, with people called by their names.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.config import Language
from assistant.contacts import Person, Phonebook
from assistant.messages import Interpretation, Question, Result
from handlers.calling import judge, texts
from handlers.calling.callee import Callee, Nobody
from handlers.calling.reading import read_out
from handlers.calling.texts import Texts, listed, sentence, told
from handlers.telephones import Call, Event, Reason


@dataclass(frozen=True, slots=True)
class Replies:
    """What is said in one household."""

    languages: Sequence[Language]
    country: str
    phonebook: Phonebook

    def done(self, heard: Interpretation, said: Texts, *, code: str = "done") -> Result:
        """Return what was done; without a sentence where it is heard anyway."""
        return Result(heard.id, ok=True, code=code, text=told(said, lambda _: {}, self.languages) if said else {})

    def about(self, heard: Interpretation, call: Call) -> Result:
        """Return who is on the other side of a call."""
        if call.state not in ("incoming", "established"):
            owners = self._owners(call.number)
            return self.calling(heard, Callee(call.number or "", owners[0] if owners else None))

        def places(language: Language) -> Mapping[str, str]:
            return {"who": self._other_side(call.number, language)}

        said = texts.CALLS if call.state == "incoming" else texts.TALKING
        return Result(heard.id, ok=True, code="done", text=told(said, places, self.languages))

    def calling(self, heard: Interpretation, who: Callee, *, code: str = "done") -> Result:
        """Return that somebody is being called."""

        def places(language: Language) -> Mapping[str, str]:
            return {"who": self._named(who, language), "number": self._read(who.number, language)}

        said = texts.CALLING_NUMBER if who.person is None else texts.CALLING
        return Result(heard.id, ok=True, code=code, text=told(said, places, self.languages))

    def asked(self, heard: Interpretation, question: Question) -> Result:
        """Return a question."""
        return Result(heard.id, ok=False, code="question", question=question)

    def refused(self, heard: Interpretation, why: str, *, code: str = "not-possible") -> Result:
        """Return why nothing was done, a key of `texts.REFUSALS`."""
        return Result(heard.id, ok=False, code=code, text=told(texts.REFUSALS[why], lambda _: {}, self.languages))

    def nobody(self, heard: Interpretation, nobody: Nobody) -> Result:
        """Return why nobody can be called."""

        def places(language: Language) -> Mapping[str, str]:
            return {"words": nobody.words, "who": nobody.person.called(language) if nobody.person else ""}

        code = "not-possible" if nobody.why in ("no-last-call", "not-a-number") else "no-such-contact"
        return Result(heard.id, ok=False, code=code, text=told(texts.REFUSALS[nobody.why], places, self.languages))

    def failed(self, heard: Interpretation, reason: Reason, who: Callee | None = None) -> Result:
        """Return why the telephone has not done it.  who: whom it should have called."""

        def places(language: Language) -> Mapping[str, str]:
            return {"who": self._named(who, language) if who is not None else ""}

        return Result(heard.id, ok=False, code=reason, text=told(texts.FAILURES[reason], places, self.languages))

    def failure(self, event: Event, who: Callee, language: Language) -> str:
        """Return the sentence for a call that was reported as begun, and has failed since."""
        return sentence(texts.FAILURES[judge.why(event)], {"who": self._named(who, language)}, language)

    def caller(self, number: str | None, language: Language) -> str:
        """Return the sentence for somebody who calls."""
        return sentence(texts.CALLS, {"who": self._other_side(number, language)}, language)

    def _other_side(self, number: str | None, language: Language) -> str:
        if number is None:
            return texts.SOMEBODY[language]
        people = self._owners(number)
        if people:
            return listed([person.called(language) for person in people], language)
        return self._named(Callee(number), language)

    def _owners(self, number: str | None) -> tuple[Person, ...]:
        """Whose number it is; that before the "@" of a SIP address may be known as well."""
        if number is None:
            return ()
        user = number.partition(":")[2].partition("@")[0] if number.startswith("sip") else ""
        return self.phonebook.caller(number) or (self.phonebook.caller(user) if user else ())

    def _named(self, who: Callee, language: Language) -> str:
        if who.person is not None:
            return who.person.called(language)
        return texts.NUMBER[language].format(number=self._read(who.number, language))

    def _read(self, number: str, language: Language) -> str:
        return read_out(number, language, country=self.country)
