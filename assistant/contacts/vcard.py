"""vCards as telephones and address books export them: 2.1, 3.0 and 4.0, entry by entry.

What is wrong in one entry leaves out that entry or line and is reported with its line; the others are read.
Formats: vCard 2.1 (versit, 1996), RFC 2426 (3.0), RFC 6350 (4.0); labels as iOS writes them (`item1.X-ABLabel`).
"""

from __future__ import annotations

import codecs
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant.config.calling import Kind
from assistant.contacts.telephone import dialable
from assistant.errors import Fault

MOST_FAULTS = 20
"""Faults of one file that are told one by one."""
MOST_CARDS = 20_000
"""More people than anybody calls: their names take a gigabyte of graph."""
MOST_CHARACTERS = 200
"""Of a name; what follows is cut off."""
MOST_NICKNAMES, MOST_NUMBERS = 10, 20
"""Of one entry."""

_HEADER = re.compile(rb'^((?:[^":;]|"[^"]*")+)((?:;(?:[^":]|"[^"]*")*)?):', re.DOTALL)
"""Name with its group, parameters; what follows the colon is the value."""
_PARAMETER = re.compile(r';([^=;"]+)(?:=((?:[^";]|"[^"]*")*))?')
_BINARY = (b"PHOTO", b"LOGO", b"SOUND", b"KEY")
_KINDS: dict[str, Kind] = {
    "cell": "mobile", "mobile": "mobile", "iphone": "mobile", "pcs": "mobile", "móvil": "mobile", "movil": "mobile",
    "celular": "mobile", "portable": "mobile", "work": "work", "office": "work", "trabajo": "work",
    "oficina": "work", "travail": "work", "bureau": "work", "home": "home", "casa": "home", "maison": "home",
    "domicile": "home", "hogar": "home",
}  # fmt: skip
"""TYPE parameters, and words of the labels that people give their numbers; the first that fits counts."""
_NOT_FOR_SPEECH = {"fax", "homefax", "workfax", "pager", "modem", "bbs", "télécopie"}


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a person."""

    value: str
    """What is dialled: digits with `+` before them where it has a country, or a SIP address."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class Card:
    """One entry of an address book that can be called."""

    name: str
    """As it is shown."""
    given: str
    family: str
    nicknames: tuple[str, ...]
    organization: str
    numbers: tuple[Number, ...]
    """The preferred one first."""
    where: str
    """`file:line`."""

    @classmethod
    def named(cls, name: str) -> Card:
        """Return an entry of which only the name is known."""
        return cls(name, "", "", (), "", (), "")


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    group: str
    parameters: dict[str, list[str]]
    value: str
    line: int


@dataclass(slots=True)
class _Open:
    """A card that is being read."""

    line: int
    properties: list[_Property] = field(default_factory=list)


def read_cards(content: bytes, *, name: str) -> tuple[list[Card], list[Fault]]:
    """Return the entries of a file that have a number, and what is wrong with it.

    name: of the file, for the faults.
    """
    return _Reader(name).read(content)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._cards: list[Card] = []
        self._faults: list[Fault] = []
        self._more_faults = 0
        self._open: _Open | None = None
        self._begun = False

    def read(self, content: bytes) -> tuple[list[Card], list[Fault]]:
        for line, raw in _unfolded(_as_utf8(content)):
            upper = raw[:20].strip().upper()
            if upper == b"BEGIN:VCARD":
                self._cut_off("what stands before the next one is used")
                self._open, self._begun = _Open(line), True
            elif upper == b"END:VCARD":
                self._close()
            elif self._open is not None:
                self._property(self._open, line, raw)
            elif raw.strip() and self._begun:
                self._fault(line, "stands outside of any entry; it is left out")
        self._cut_off("the file may be cut off here")
        if not self._begun:
            return [], [Fault(f"{self._name}:1", "holds no BEGIN:VCARD; export the contacts as vCard (.vcf)")]
        if self._more_faults:
            self._faults.append(Fault(self._name, f"{self._more_faults} more mistakes of this kind"))
        return self._cards, self._faults

    def _cut_off(self, what: str) -> None:
        """End an entry that was not ended."""
        if self._open is not None:
            self._fault(self._open.line, f"the entry has no END:VCARD; {what}")
            self._close()

    def _fault(self, line: int, what: str) -> None:
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(Fault(f"{self._name}:{line}", what))
        else:
            self._more_faults += 1

    def _property(self, card: _Open, line: int, raw: bytes) -> None:
        header = _HEADER.match(raw)
        if header is None:
            in_picture = card.properties and card.properties[-1].name.encode() in _BINARY
            if raw.strip() and not in_picture:  # pictures of 2.1 go on in lines of their own
                self._fault(line, "is no `NAME:value`; the line is left out")
            return
        group, _, key = header[1].decode("utf-8", "replace").rpartition(".")
        key = key.strip().upper()
        if key.encode() in _BINARY:
            card.properties.append(_Property(key, group, {}, "", line))
            return
        parameters = _parameters(header[2].decode("utf-8", "replace"))
        value = _decoded(raw[header.end() :], parameters)
        card.properties.append(_Property(key, group.lower(), parameters, value, line))

    def _close(self) -> None:
        """Keep the entry that was read, where it can be called."""
        opened, self._open = self._open, None
        numbers = self._numbers(opened.properties) if opened else ()
        if opened is None or not numbers:
            return
        if len(self._cards) >= MOST_CARDS:
            self._fault(opened.line, f"more than {MOST_CARDS} entries; this one is left out")
            return
        first = {one.name: one.value for one in reversed(opened.properties)}
        parts = [_unescaped(part) for part in _split(first.get("N", ""), ";")]
        family, given = [part[:MOST_CHARACTERS] for part in [*parts, ""][:2]]
        organization = _unescaped(_split(first.get("ORG", ""), ";")[0])[:MOST_CHARACTERS]
        called = [_unescaped(part)[:MOST_CHARACTERS] for part in _split(first.get("NICKNAME", ""), ",")]
        nicknames = tuple(filter(None, called))[:MOST_NICKNAMES]
        shown = _unescaped(first.get("FN", ""))[:MOST_CHARACTERS]
        if "," in shown and given and family:  # "López, Anna"
            shown = f"{given} {family}"
        shown = shown or " ".join(filter(None, (given, family))) or next(iter(nicknames), "") or organization
        if not shown:
            self._fault(opened.line, "the entry has a number, but no name; it is left out")
            return
        where = f"{self._name}:{opened.line}"
        self._cards.append(Card(shown, given, family, nicknames, organization, numbers, where))

    def _numbers(self, properties: Sequence[_Property]) -> tuple[Number, ...]:
        labels = {one.group: one.value for one in properties if one.name == "X-ABLABEL" and one.group}
        found: list[tuple[int, Number]] = []
        for one in properties:
            is_sip = one.name in ("IMPP", "X-SIP") and re.match(r"sips?:", one.value, re.IGNORECASE)
            if one.name != "TEL" and not is_sip:
                continue
            types = [word for value in one.parameters.get("TYPE", []) for word in value.lower().split(",")]
            words = [*types, *re.findall(r"\w+", labels.get(one.group, "").lower())]
            if _NOT_FOR_SPEECH.intersection(words):
                continue
            value = dialable(_unescaped(one.value))
            if value is None or len(value) > MOST_CHARACTERS:
                if one.value.strip():
                    self._fault(one.line, f'"{one.value[:40]}" is no telephone number; it is left out')
                continue
            kind: Kind = next((known for word, known in _KINDS.items() if word in words), "other")
            found.append((_preference(one, types), Number(value, kind)))
        found.sort(key=lambda pair: pair[0])
        return tuple(dict.fromkeys(number for _, number in found))[:MOST_NUMBERS]


def _as_utf8(content: bytes) -> bytes:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding, "replace").encode()
    return content.removeprefix(codecs.BOM_UTF8)


def _unfolded(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Whole lines with their numbers; a soft break of quoted-printable continues a line, too.

    In bytes: exporters fold within a character.
    """
    parts: list[bytes] = []
    began, soft, quoted = 0, False, False
    for number, line in enumerate(re.split(rb"\r\n|\n|\r", content), start=1):
        if soft:
            parts.append(line.lstrip(b" \t"))
        elif line[:1] in (b" ", b"\t") and parts:
            parts.append(line[1:])
        else:
            if parts:
                yield began, b"".join(parts)
            parts, began = [line], number
            quoted = b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()
        soft = quoted and parts[-1].endswith(b"=")
        if soft:
            parts[-1] = parts[-1][:-1]
    if parts:
        yield began, b"".join(parts)


def _parameters(text: str) -> dict[str, list[str]]:
    """`;TYPE=cell;PREF` as `{"TYPE": ["cell", "PREF"]}`: a bare word is a type, as in 2.1."""
    found: dict[str, list[str]] = {}
    for match in _PARAMETER.finditer(text):
        name, value = match[1].strip(), match[2]
        if value is None:
            name, value = ("ENCODING" if name.upper() in ("QUOTED-PRINTABLE", "BASE64") else "TYPE"), name
        found.setdefault(name.upper(), []).append(value.replace('"', "").strip())
    return found


def _decoded(value: bytes, parameters: dict[str, list[str]]) -> str:
    if "QUOTED-PRINTABLE" in (way.upper() for way in parameters.get("ENCODING", [])):
        value = quopri.decodestring(value)
    for charset in (*parameters.get("CHARSET", []), "utf-8", "cp1252"):
        try:
            text = value.decode(charset)
            text.encode()  # halves of characters, as `unicode_escape` gives them, can be sent to nobody
        except (ValueError, LookupError):
            continue
        return text
    return value.decode("utf-8", "replace")


def _split(text: str, mark: str) -> list[str]:
    """Split at marks that no backslash stands before."""
    return re.split(rf"(?<!\\){mark}", text)


def _unescaped(text: str) -> str:
    plain = re.sub(r"\\([nN,;:\\])", lambda found: " " if found[1] in "nN" else found[1], text)
    return " ".join(plain.split())


def _preference(one: _Property, types: Sequence[str]) -> int:
    """The smaller, the more preferred: PREF of 4.0 is 1 to 100."""
    given = one.parameters.get("PREF", [""])[0]
    if given.isdecimal() and len(given) <= 3:
        return int(given)
    return 1 if "pref" in types else 101
