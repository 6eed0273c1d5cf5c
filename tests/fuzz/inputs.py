"""Inputs that almost make sense: good examples, mangled, and JSON whose values are not what they should be."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

EDITS = (0, 1, 1, 1, 1, 2, 2, 3, 5)
"""How many, so often: one at its place reaches further than many that are refused at the first."""
MOST_COPIES = 3000
MOST_CHARACTERS = 20_000

LITERALS = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e308", "1e-320", "-0.0", "0", "-1", "1", "2", "0.5", "100"),
    *("9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "-1" + "0" * 4000, "9" * 5000, "1.5e400"),
    *("true", "false", "null", "[]", "{}", '[[["a"]]]', '{"a": {"b": [1]}}', "[" * 60 + "]" * 60, "[" * 3000, '""'),
    *('"\\ud800"', '"\\u0000"', '"\\udc80x"', '"' + "x" * 5000 + '"', '"' + "é" * 300 + '"', '"' + "1" * 400 + '.5"'),
    *('"9999-12-31T23:59:59.999999Z"', '"0001-01-01T00:00:00+14:00"', '"2026-01-01T00:00:00Z"', '"2026-01-01"'),
    *('"nan"', '"inf"', '"-1"', '"1e999"', '"+/#"', '"{0}"', '"{text}"', '"%s"', '"\\\\"', '"٣"', '"²"', '"½"', '" "'),
)
"""Values as JSON writes them, and some that it should not: no float, no integer of Python's, no text of UTF-8's."""
_HOLE = re.compile(r'"@(\d+)@"')


@st.composite
def mangled(draw: st.DrawFn, seeds: Sequence[bytes], pieces: Sequence[bytes] = (), *, longest: int = 40_000) -> bytes:
    """Return one of the seeds after some edits: parts left out, doubled, repeated, replaced, taken from another."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.sampled_from(EDITS))):
        data = draw(_edited(data, seeds, pieces))[:longest]
    return data


def _edited(data: bytes, seeds: Sequence[bytes], pieces: Sequence[bytes]) -> SearchStrategy[bytes]:
    place = st.integers(0, len(data))
    short = st.integers(1, 40)
    piece = st.sampled_from(pieces) if pieces else st.binary(min_size=1, max_size=4)
    ways = [
        st.builds(lambda at, what: data[:at] + what + data[at:], place, piece),
        st.builds(lambda at, what: data[:at] + what + data[at + len(what) :], place, piece),
        st.builds(lambda at, what: data[:at] + what + data[at:], place, st.binary(min_size=1, max_size=4)),
        st.builds(lambda at, size: data[:at] + data[at + size :], place, short),
        st.builds(lambda at, size: data[:at] + data[at : at + size] * 2 + data[at + size :], place, short),
        st.builds(
            lambda at, what, times: data[:at] + what * times + data[at:], place, piece, st.integers(2, MOST_COPIES)
        ),
        st.builds(
            lambda at, size, times: data[:at] + data[at : at + size] * times + data[at + size :],
            *(place, short, st.integers(2, MOST_COPIES)),
        ),
        st.builds(lambda at, other: data[:at] + other[at:], place, st.sampled_from(seeds)),
        st.builds(lambda at: data[:at], place),
    ]
    return st.one_of(ways)


@st.composite
def odd_json(draw: st.DrawFn, documents: Sequence[Any], values: Sequence[str] = ()) -> bytes:
    """Return one of the documents as JSON, some of whose values, keys or members are others.

    values: beside LITERALS, what may stand where something else did; JSON.
    """
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    holes: list[str] = []
    literal = st.sampled_from((*values, *LITERALS)) if values else st.sampled_from(LITERALS)
    for _ in range(draw(st.integers(0, 3))):
        document = _changed(draw, document, literal, holes)
    text = json.dumps(document, ensure_ascii=draw(st.booleans()))
    text = _HOLE.sub(lambda hole: holes[int(hole[1])], text)
    data = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        data = draw(_edited(data, [data], [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\x00", b"\xff", b"e9"]))
    return data[: 2 * 1024 * 1024]


def _changed(draw: st.DrawFn, document: Any, literal: SearchStrategy[str], holes: list[str]) -> Any:
    """The document with one more hole in it, or a member fewer, or more."""

    def hole() -> str:
        holes.append(draw(literal))
        return f"@{len(holes) - 1}@"

    places = list(_places(document))
    if not places or draw(st.integers(0, 30)) == 0:
        return hole()
    holder, key = draw(st.sampled_from(places))
    what = draw(st.sampled_from(("value", "value", "value", "value", "gone", "more", "many")))
    if what == "gone":
        del holder[key]
    elif what == "value":
        holder[key] = hole()
    elif isinstance(holder, dict):
        holder[draw(st.sampled_from(("x", "", "id", "names", "\x00", "é" * 90)))] = hole()
    else:
        holder.extend([hole() if what == "more" else holder[key]] * draw(st.sampled_from((1, 3, 200))))
    return document


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every member of every mapping and list, with what holds it."""
    found: list[tuple[Any, Any]] = []
    open_ones = [document]
    while open_ones:
        holder = open_ones.pop()
        if isinstance(holder, dict | list):
            members = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
            found += [(holder, key) for key, _ in members]
            open_ones += [member for _, member in members]
    return found


def on_topics(
    payloads: Mapping[str, SearchStrategy[bytes]], *, strange: Sequence[str] = ()
) -> SearchStrategy[tuple[str, bytes]]:
    """Return (topic, payload): each topic's own payloads, now and then another's or none of JSON's."""
    topics = (*payloads, *strange)
    own = [st.tuples(st.just(topic), payload) for topic, payload in payloads.items()]
    other = st.tuples(st.sampled_from(topics), st.one_of(*payloads.values(), st.binary(max_size=60)))
    return st.one_of(*own, *own, other)


def words(
    characters: str, pieces: Sequence[str], *, most: int = 60, longest: int = MOST_CHARACTERS
) -> SearchStrategy[str]:
    """Return text of some characters and pieces, some of them many times over."""
    one = st.one_of(st.sampled_from(pieces), st.text(characters, max_size=4), st.text(max_size=3))
    many: Callable[[str, int], str] = lambda what, times: what * times  # noqa: E731 - it names the arguments
    repeated = st.builds(many, st.sampled_from(pieces), st.sampled_from((2, 7, 90, 400, 4000)))
    return st.lists(st.one_of(one, one, one, repeated), max_size=most).map(lambda parts: "".join(parts)[:longest])
