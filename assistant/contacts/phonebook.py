"""The people of a household: found by identifier, by name, by what they are to it, and by the number that calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from assistant.config import ContactsConfig, HouseholdConfig, Language, PersonConfig, nearest
from assistant.config.calling import Kind
from assistant.contacts.names import Rank, distinct, folded, names_of, slug, written
from assistant.contacts.telephone import SHORTEST_COMPARED, country_of, dialable, normalized
from assistant.contacts.vcard import Card, Number, read_cards
from assistant.errors import Fault

MOST_BYTES = 64 * 1024 * 1024
"""Of a vCard file; longer ones are full of pictures."""
SHARED = "?"
"""What the value of a name begins with that several people go by: `?anna`."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or some place, that can be called."""

    id: str
    """Made of the name; the same as long as the name is."""
    name: str
    """As it is shown and said."""
    numbers: tuple[Number, ...]
    """The preferred one first."""
    relations: tuple[str, ...] = ()
    """What the person is to the household: `mother`, `dentist`."""
    names: Mapping[Language, str] = field(default_factory=dict)
    """Where the household's file gives one for a language."""

    def called(self, language: Language) -> str:
        """Return the name to say in a language."""
        return self.names.get(language, self.name)

    def of_kind(self, kind: Kind | None = None) -> tuple[Number, ...]:
        """Return the numbers of a kind (all when None), the preferred one first."""
        return tuple(number for number in self.numbers if kind in (None, number.kind))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of the numbers, each once, in their order."""
        return tuple(dict.fromkeys(number.kind for number in self.numbers))


@dataclass(frozen=True, slots=True)
class Spoken:
    """A name that can be said."""

    words: str
    value: str
    """A person's identifier, or `?...` for a name that several people go by: what `Phonebook.people` takes."""
    people: int = 1
    """How many go by it."""


class Phonebook:
    """Everybody that the household can call.  Immutable: a changed file makes a new one."""

    def __init__(
        self,
        people: Iterable[tuple[Person, Sequence[tuple[Rank, str]]]] = (),
        *,
        country: str = "US",
        faults: Iterable[Fault] = (),
    ) -> None:
        """people: each with the names to be heard.  country: for numbers that are written without one."""
        self._country = country
        self.faults = tuple(faults)
        """What is wrong in the files, and what was left out for it."""
        listed = list(people)
        self._people = {person.id: person for person, _ in listed}
        self._values: dict[str, tuple[Person, ...]] = {key: (person,) for key, person in self._people.items()}
        self._by_words: dict[str, str] = {}
        self._spoken = self._shared_out(listed)
        self._by_number, self._by_ending = self._callers()

    @property
    def all(self) -> tuple[Person, ...]:
        """Everybody, in the order of the files."""
        return tuple(self._people.values())

    @property
    def spoken(self) -> tuple[Spoken, ...]:
        """Every name that can be said: the catalog `contact`."""
        return self._spoken

    def person(self, identifier: str) -> Person | None:
        """Return who has an identifier."""
        return self._people.get(identifier)

    def people(self, value: str) -> tuple[Person, ...]:
        """Return whom the slot `contact` may mean: nobody, one person, or all who go by that name."""
        return self._values.get(value, ())

    def named(self, words: str) -> tuple[Person, ...]:
        """Return whom some words may mean, however they are written."""
        return self.people(self._by_words.get(folded(words), ""))

    def relation(self, relation: str) -> tuple[Person, ...]:
        """Return who is that to the household: `mother`; there may be two brothers."""
        return tuple(person for person in self._people.values() if relation in person.relations)

    def number(self, identifier: str, kind: Kind | None = None) -> Number | None:
        """Return a person's preferred number, or the one of a kind; None where there is none."""
        person = self._people.get(identifier)
        return next(iter(person.of_kind(kind)), None) if person else None

    def caller(self, number: str) -> tuple[Person, ...]:
        """Return whose number this is: a telephone at home may be that of several."""
        form = normalized(number, self._country)
        known = self._by_number.get(form)
        if known is not None:
            return known
        # The network may leave out the country, or the household may be abroad.
        other, people = self._by_ending.get(form[-SHORTEST_COMPARED:], ("", ()))
        shorter, longer = sorted((one.lstrip("+0") for one in (form, other)), key=len)
        return people if len(shorter) >= SHORTEST_COMPARED and longer.endswith(shorter) else ()

    def _shared_out(self, listed: Sequence[tuple[Person, Sequence[tuple[Rank, str]]]]) -> tuple[Spoken, ...]:
        """Give every name its value: those who have it by the lowest rank share it."""
        claims: dict[str, list[tuple[Rank, str, Person]]] = defaultdict(list)
        for person, names in listed:
            for rank, words in names:
                claims[folded(words)].append((rank, words, person))
        spoken: list[Spoken] = []
        for key, all_claims in claims.items():
            best = min(rank for rank, _, _ in all_claims)
            first = [(words, person) for rank, words, person in all_claims if rank == best]
            bearers = tuple({person.id: person for _, person in first}.values())
            value = bearers[0].id if len(bearers) == 1 else SHARED + key.replace(" ", "-")
            self._values.setdefault(value, bearers)
            self._by_words[key] = value
            spoken += [Spoken(words, value, len(bearers)) for words in dict.fromkeys(words for words, _ in first)]
        return tuple(spoken)

    def _callers(self) -> tuple[dict[str, tuple[Person, ...]], dict[str, tuple[str, tuple[Person, ...]]]]:
        bearers: dict[str, dict[str, Person]] = defaultdict(dict)
        endings: dict[str, dict[str, tuple[Person, ...]]] = defaultdict(dict)
        for person in self._people.values():
            for number in person.numbers:
                bearers[normalized(number.value, self._country)][person.id] = person
        numbers = {form: tuple(people.values()) for form, people in bearers.items()}
        for form, people in numbers.items():
            if len(form) >= SHORTEST_COMPARED:
                endings[form[-SHORTEST_COMPARED:]][form] = people
        # Two numbers that end alike are no one's.
        return numbers, {ending: next(iter(forms.items())) for ending, forms in endings.items() if len(forms) == 1}


def load_phonebook(config: HouseholdConfig) -> Phonebook:
    """Return the phonebook of a household: its vCard files read, and the people in its own file.

    A file that cannot be read is a fault of the phonebook, as everything that is wrong in one.  Files that have not
    changed are not read again.
    """
    return _loaded(config.contacts.model_dump_json(), country_of(config), tuple(map(_look, config.contacts.vcard)))


@lru_cache(maxsize=4)
def _loaded(contacts_json: str, country: str, _looks: tuple[tuple[int, int] | None, ...]) -> Phonebook:
    """The phonebook of a section and of files that look so: recognizer and handlers ask for the same one."""
    contacts = ContactsConfig.model_validate_json(contacts_json)
    cards: list[Card] = []
    faults: list[Fault] = []
    for path in contacts.vcard:
        try:
            if path.stat().st_size > MOST_BYTES:
                faults.append(Fault(str(path), f"longer than {MOST_BYTES} bytes; export it without pictures"))
                continue
            content = path.read_bytes()
        except OSError as error:
            faults.append(Fault(str(path), f"cannot be read: {error.strerror or error}"))
            continue
        found, wrong = read_cards(content, name=str(path))
        cards += found
        faults += wrong
    return make_phonebook(contacts, cards, country=country, faults=faults)


def _look(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def make_phonebook(
    contacts: ContactsConfig, cards: Iterable[Card], *, country: str, faults: Iterable[Fault] = ()
) -> Phonebook:
    """Return the phonebook of the people in a household's file and of the entries of its vCard files.

    Entries of the same name are one person (telephones keep one for each number), unless their organizations differ.
    The household's own names win.
    """
    people = [(_inline(key, person), _inline_names(key, person)) for key, person in contacts.people.items()]
    people += _from_cards(cards, taken={person.id for person, _ in people}, country=country)
    faults = list(faults)
    if contacts.relations:
        relations = _relations(contacts, Phonebook(people, country=country), faults)
        people = [
            (replace(person, relations=(*person.relations, *relations.get(person.id, ()))), names)
            for person, names in people
        ]
    return Phonebook(people, country=country, faults=faults)


def _relations(contacts: ContactsConfig, known: Phonebook, faults: list[Fault]) -> Mapping[str, Sequence[str]]:
    """What each person is to the household, by identifier; a relation to nobody is a fault."""
    found: dict[str, list[str]] = defaultdict(list)
    for relation, name in contacts.relations.items():
        people = known.named(name) or known.people(name)
        if len(people) == 1:
            found[people[0].id].append(relation)
            continue
        names = {person.name.lower(): person.name for person in known.all}
        close = nearest(name, names)
        what = f'no contact "{name}"' + (f'; did you mean "{names[close]}"?' if close else "")
        if people:
            what = f'"{name}" is the name of {len(people)} contacts; write the whole name'
        faults.append(Fault(f"contacts.relations.{relation}", what))
    return found


def _inline(key: str, person: PersonConfig) -> Person:
    names = {language: given[0] for language, given in person.names.items() if given}
    numbers = [Number(dialable(number) or number, kind) for kind, number in person.numbers.items()]
    name = next(iter(names.values()), key.replace("_", " ").replace("-", " "))
    return Person(key, name, tuple(numbers), tuple(person.relations), names)


def _inline_names(key: str, person: PersonConfig) -> list[tuple[Rank, str]]:
    """Every name in every language: who is saved as "Mum" is called so in French, too."""
    own = [name for names in person.names.values() for name in names] or [key.replace("_", " ").replace("-", " ")]
    shorter = [one for name in own for one in names_of(Card.named(name))]
    return distinct([*((Rank.OWN, name) for name in own), *shorter])


def _from_cards(cards: Iterable[Card], *, taken: set[str], country: str) -> list[tuple[Person, list[tuple[Rank, str]]]]:
    same: dict[str, dict[str, list[Card]]] = defaultdict(dict)  # name, organization
    for card in cards:
        groups = same[folded(card.name) or card.name]
        organization = folded(card.organization) or card.organization
        if organization and "" in groups:
            groups[organization] = groups.pop("")  # the only one so far: its organization is known now
        elif not organization and groups:
            organization = next(iter(groups))
        groups.setdefault(organization, []).append(card)
    people = []
    numbered: dict[str, int] = {}
    for groups in same.values():
        for group in groups.values():
            identifier = _identifier(group[0].name, taken=taken, numbered=numbered)
            person = _person(group, identifier, told_apart=len(groups) > 1, country=country)
            people.append((person, distinct(one for card in group for one in names_of(card))))
    return people


def _identifier(name: str, *, taken: set[str], numbered: dict[str, int]) -> str:
    """A name as an identifier that is not taken; `numbered` says how many each name has had."""
    base = slug(name) or "contact"
    identifier, number = base, numbered.get(base, 1)
    while identifier in taken:
        number += 1
        identifier = f"{base}-{number}"
    numbered[base] = number
    taken.add(identifier)
    return identifier


def _person(group: Sequence[Card], identifier: str, *, told_apart: bool, country: str) -> Person:
    name = written(group[0].name)
    organization = next((card.organization for card in group if card.organization), "")
    if told_apart and organization:
        name = f"{name}, {organization}"
    numbers: dict[str, Number] = {}
    for card in group:
        for one in card.numbers:
            numbers.setdefault(normalized(one.value, country), one)
    return Person(identifier, name, tuple(numbers.values()))
