"""Whom a command means: one number to be called, a question, or nobody.  Pure.

Nothing is guessed: where a name stands for several people, a person has several numbers, or a name is only like one
that is known, the answer is a question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from rapidfuzz import fuzz, process

from assistant.config import Language
from assistant.config.calling import Kind
from assistant.contacts import Person, Phonebook, dialable
from assistant.messages import Choice, Hypothesis, Question, SlotValue
from handlers.calling import texts
from handlers.calling.reading import read_out
from handlers.calling.texts import listed, told

NEAR_PERCENT = 75
"""How alike a name must be to be offered for another."""
OFFERED = 3
"""Names that are said in a question; more are counted."""
MOST_CHOICES = 50


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody, or only a number, that can be called."""

    number: str
    """What is dialled."""
    person: Person | None = None
    kind: Kind | None = None
    """Of the number, where it must be said."""
    swapped: Kind | None = None
    """The kind that was asked for, of which there is no number."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """The command means nobody that could be called."""

    why: str
    """A key of `texts.REFUSALS`."""
    words: str = ""
    """The name that was said."""
    person: Person | None = None


Meant = Callee | Question | Nobody


def meant(best: Hypothesis, phonebook: Phonebook, languages: Sequence[Language]) -> Meant:
    """Return whom the slots of a command mean."""
    slots = best.slots
    if "contact" in slots:
        words = best.spoken.get("contact", str(slots["contact"]))
        people = phonebook.people(str(slots["contact"])) or phonebook.named(words)
        return _one(people, slots, languages, words=words) if people else _unknown(words, phonebook, languages)
    if "relation" in slots:
        people = phonebook.relation(str(slots["relation"]))
        words = best.spoken.get("relation", str(slots["relation"]))
        return _one(people, slots, languages, words=words) if people else Nobody("no-such-relation", words)
    if "digits" in slots:
        number = dialable(str(slots["digits"]))
        if number is None:
            return Nobody("not-a-number")
        owners = phonebook.caller(number)
        return Callee(number, owners[0] if len(owners) == 1 else None)
    return Question(texts.WHOM, slot="contact", catalog="contact", catalog_slot="contact")


def confirmation(callee: Callee, languages: Sequence[Language], *, country: str, emergency: bool) -> Question:
    """Return the question before a call; who is meant may be corrected, a number corrected or gone on with."""

    def number(language: Language) -> Mapping[str, str]:
        return {"number": read_out(callee.number, language, country=country)}

    if emergency:
        return Question(told(texts.CALL_EMERGENCY, number, languages), catalog="digits", catalog_slot="digits")
    if callee.person is None or callee.kind is None:
        return Question(told(texts.CALL_NUMBER, number, languages), catalog="digits", catalog_slot="digits")
    person, kind, swapped = callee.person, callee.kind, callee.swapped

    def asked(language: Language) -> Mapping[str, str]:
        return {"who": person.called(language), "on": texts.ON[kind][language]}

    question = told(texts.CALL, asked, languages)
    if swapped is not None:
        question = told(
            texts.NO_OTHER if swapped == "other" else texts.NO_SUCH_KIND,
            lambda language: {
                "kind": texts.KINDS[swapped][language][0],
                "who": person.called(language),
                "question": question[language],
            },
            languages,
        )
    return Question(question, catalog="contact", catalog_slot="contact")


def _one(
    people: Sequence[Person], slots: Mapping[str, SlotValue], languages: Sequence[Language], *, words: str
) -> Meant:
    if len(people) > 1:
        return _which_person(people, languages, words=words)
    person = people[0]
    # Which number is meant was said, or chosen when it was asked: the choice stands in the place of a yes.
    wanted = next((cast("Kind", slots[slot]) for slot in ("confirmed", "kind") if slots.get(slot) in texts.KINDS), None)
    numbers = person.of_kind(wanted)
    if wanted is None and len(person.kinds) > 1 and slots.get("confirmed") is not True:
        return _which_number(person, languages)
    if not numbers and not person.numbers:
        return Nobody("no-number", words, person)
    number = (numbers or person.numbers)[0]
    return Callee(number.value, person, number.kind, swapped=None if numbers else wanted)


def _which_number(person: Person, languages: Sequence[Language]) -> Question:
    """Ask for the kind; the answer confirms the call as well, for the question names the person."""
    kinds = person.kinds

    def places(language: Language) -> Mapping[str, str]:
        names = [texts.KINDS[kind][language][0] for kind in kinds]
        return {"who": person.called(language), "choices": listed(names, language)}

    return Question(
        told(texts.WHICH_NUMBER, places, languages),
        slot="confirmed",
        choices=tuple(Choice(kind, texts.KINDS[kind]) for kind in kinds),
        catalog="contact",
        catalog_slot="contact",
    )


def _which_person(people: Sequence[Person], languages: Sequence[Language], *, words: str) -> Question:
    many = len(people) > OFFERED
    return Question(
        told(texts.WHICH_OF_MANY if many else texts.WHICH_PERSON, _offer(people, words), languages),
        slot="contact",
        choices=_choices(people, languages),
    )


def _unknown(words: str, phonebook: Phonebook, languages: Sequence[Language]) -> Question | Nobody:
    """Offer those whose names are like the one that was said."""
    names = [spoken.words.casefold() for spoken in phonebook.spoken]
    near = process.extract(words.casefold(), names, scorer=fuzz.ratio, score_cutoff=NEAR_PERCENT, limit=OFFERED)
    found = [person for _, _, place in near for person in phonebook.people(phonebook.spoken[place].value)]
    people = tuple({person.id: person for person in found}.values())
    if not people:
        return Nobody("no-such-contact", words)
    return Question(
        told(texts.DID_YOU_MEAN, _offer(people, words), languages),
        slot="contact",
        choices=_choices(people, languages),
    )


def _offer(people: Sequence[Person], words: str) -> Callable[[Language], Mapping[str, str]]:
    return lambda language: {
        "words": words,
        "count": str(len(people)),
        "choices": listed([person.called(language) for person in people[:OFFERED]], language),
    }


def _choices(people: Sequence[Person], languages: Sequence[Language]) -> tuple[Choice, ...]:
    return tuple(
        Choice(person.id, {language: _answers(person, people, language) for language in languages})
        for person in people[:MOST_CHOICES]
    )


def _answers(person: Person, people: Sequence[Person], language: Language) -> tuple[str, ...]:
    """What a person of several may be called: the whole name, and each word of it that none of the others has."""
    name = person.called(language)
    others = {word.casefold() for other in people if other != person for word in other.called(language).split()}
    own = [word.strip(",") for word in name.split() if word.casefold() not in others and len(word) > 2]
    return tuple(dict.fromkeys([name, *own]))
