"""What fuzzing has found, each once more: the input that broke something, and what becomes of it now."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from assistant.cloud.http import Response
from assistant.contacts import read_cards
from assistant.errors import AudioError, CloudError, ConfigurationError, SentenceError
from assistant.interpret import Interpreter, read_text
from assistant.language import load_text, spellings
from tests.fuzz import bus, files, handlers, network, numbers
from tests.fuzz.target import Target, attempt

SITE = b"site: a\n"
MERGED_TWICE = b"x0: &a0 {en: a}\n" + b"".join(
    b"x%d: &a%d {<<: [*a%d, *a%d]}\n" % (n, n, n - 1, n - 1) for n in range(1, 60)
)
DOUBLED = "".join(f"  r{n}: <r{n - 1}>[x]<r{n - 1}>\n" for n in range(1, 24))


def attempted(feed: Callable[[Any], object], given: Any, *refuses: type[Exception]) -> str | None:
    """Feed it within the limits that all inputs have; returns the error by which it was refused."""
    return attempt(Target("found", None, feed, refuses, most_cpu_s=30), given).refused  # type: ignore[arg-type]


def card(*lines: bytes) -> bytes:
    return b"\n".join([b"BEGIN:VCARD", *lines, b"END:VCARD", b""])


@pytest.mark.parametrize(
    "household",
    [
        pytest.param(b"rooms:\n  a: &a {<<: &b {<<: *a}}\n  c: {<<: *b}\n", id="merges that go in a circle"),
        pytest.param(MERGED_TWICE, id="merges that double sixty times"),
        pytest.param(b"mqtt: {expiry_s: 0x" + b"f" * 5000 + b"}\n", id="a number too long to be shown"),
        pytest.param(b"model: ~nosuchuser/x\n", id="the home of nobody"),
        pytest.param(b"state: ~nosuchuser/x\n", id="state in the home of nobody"),
    ],
)
def test_household(household: bytes) -> None:
    assert attempted(files.take_household, SITE + household, ConfigurationError) == "ConfigurationError"


def test_a_name_of_many_digits_and_a_point_is_spelled() -> None:
    assert attempted(numbers.take_text, "1" * 400 + ".5") is None
    assert spellings("1.5", "en")[0] == "one point five"


def test_a_long_text_is_spelled_in_one_way() -> None:
    assert len(spellings("10:30 " * 3000, "fr")) == 1


@pytest.mark.parametrize(
    "sentences",
    [
        pytest.param(
            b'intents: {A: {data: [{sentences: [&t "' + b"[a] " * 900 + b'"' + b", *t" * 20_000 + b"]}]}}",
            id="one sentence, many times",
        ),
    ],
)
def test_sentences_that_are_too_many(sentences: bytes) -> None:
    assert attempted(files.take_sentences, b"language: en\n" + sentences, SentenceError) == "SentenceError"


def test_what_a_recognizer_repeats_for_ever_is_not_searched() -> None:
    understood = read_text(numbers.interpreter(), "thank you " * 200, languages=numbers.LANGUAGES)
    assert understood.hypotheses == ()
    assert understood.heard.startswith("thank you")


def test_lists_end_where_they_hold_too_much() -> None:
    ranges = "".join(f"  l{n}: {{range: {{from: 0, to: 20000}}}}\n" for n in range(10))
    loaded = load_text(f"language: en\nlists:\n{ranges}intents: {{}}\n")
    assert any("left out" in fault.what for fault in loaded.faults)


def test_a_large_range_belongs_into_a_list() -> None:
    loaded = load_text('language: en\nintents: {A: {data: [{sentences: ["a {1..9000:x}", "b {1..90:x}"]}]}}\n')
    (fault,) = loaded.faults
    assert "more than 2000 numbers" in fault.what
    assert len(loaded.sentences[0].blocks[0].templates) == 1


def test_a_sentence_without_end_costs_no_other_its_place() -> None:
    intents = 'intents: {A: {data: [{sentences: ["<r23>", "hello"]}]}}'
    text = f"language: en\nexpansion_rules:\n  r0: (a|b)\n{DOUBLED}{intents}\n"
    interpreter = Interpreter(load_text(text).sentences)
    (left_out,) = interpreter.left_out
    assert "more than 50000 nodes" in left_out
    assert interpreter.graph.states < 100


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(card(b"FN:a", b"TEL;PREF=" + b"9" * 5000 + b":1"), id="a preference too long for a number"),
        pytest.param(card(b"FN;CHARSET=unicode_escape:\\ud800", b"TEL:1"), id="half a character"),
        pytest.param(card(b"FN:" + b"1" * 400 + b".5", b"TEL:1"), id="digits and a point"),
        pytest.param(card(b"FN:" + b"a 1 " * 100_000, b"TEL:1"), id="a name of many words"),
    ],
)
def test_contacts(content: bytes) -> None:
    assert attempted(files.take_contacts, content) is None
    assert len(read_cards(content, name="x")[0]) == 1


@pytest.mark.parametrize("common", files.COMMON, ids=lambda one: f"{one.name[:6]}{one.organization}")
def test_many_entries_with_something_in_common(common: Any) -> None:
    """Each took the square of their number: of 5,000, most of a minute."""
    files.take_many_contacts(common, 5000)


@pytest.mark.parametrize("name", [".raw", ".RAW"])
def test_raw_samples_are_refused(name: str) -> None:
    assert attempted(files.take_named_sound, (name, bytes(600)), AudioError) == "AudioError"


STORED = {"key": 1, "length_s": 60, "language": "en", "ends": "2030-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param({**STORED, "length_s": float("inf")}, id="for ever"),
        pytest.param({**STORED, "ends": None, "left_s": float("inf")}, id="for ever left"),
        pytest.param({**STORED, "ends": "9999-12-31T23:59:59.9Z"}, id="until the end of time"),
        pytest.param({**STORED, "label": "x" * 400}, id="a long name"),
        pytest.param({**STORED, "name": "\ud800"}, id="half a character"),
    ],
)
def test_stored_timers(stored: dict[str, Any]) -> None:
    assert attempted(handlers.take_stored_timers, json.dumps([stored]).encode()) is None


def test_two_thousand_stored_timers() -> None:
    many = [{**STORED, "key": key} for key in range(1, 2000)]
    assert attempted(handlers.take_stored_timers, json.dumps(many).encode()) is None


@pytest.mark.parametrize(
    ("slots", "spoken", "language"),
    [
        ({"minutes": -5}, {}, "en"),
        ({"minutes": 10**400}, {}, "en"),
        ({"minutes": 5, "name": "eggs"}, {"name": "x" * 5000}, "en"),
        ({"minutes": 5, "name": "x" * 5000}, {}, "en"),
        ({"minutes": 5}, {}, "de"),
    ],
)
def test_timer_intents(slots: dict[str, Any], spoken: dict[str, str], language: str) -> None:
    """A timer that could be neither told nor kept made every later command fail, too."""
    heard = {**bus.INTERPRETATION, "domain": "timer", "intent": "start", "language": language, "slots": slots}
    first = json.dumps({**heard, "spoken": spoken, "alternatives": []}).encode()
    again = json.dumps({**heard, "intent": "remaining", "slots": {}, "spoken": {}, "alternatives": []}).encode()
    handlers.take_timer_intents([first, again])


@pytest.mark.parametrize("level", ["NaN", "Infinity", "1e308", '"inf"'])
def test_a_player_without_a_sane_volume(level: str) -> None:
    topic = next(topic for topic in handlers.media_topics() if topic.endswith("/volume_level"))
    attempted(handlers.take_player_messages, [(topic, level.encode())], handlers.PayloadError)


@pytest.mark.parametrize(
    "answer",
    [
        b"list_OK\nvolume: 5\nvolume: 6\nstate: play\nlist_OK\nlist_OK\nOK\n",
        b"volume: 5\nstate: play\nelapsed: 1\nelapsed: 2\nlist_OK\nlist_OK\nOK\n",
        b"volume: 5\nstate: play\nelapsed: nan\nduration: inf\nlist_OK\nlist_OK\nOK\n",
        b"volume: 5\nlist_OK\nfile: a\nfile: b\nlist_OK\nOK\n",
    ],
)
def test_mpd(answer: bytes) -> None:
    assert attempted(network.take_mpd, answer) is None


@pytest.mark.parametrize(
    "results",
    [
        [{}],
        [{"volume": "loud", "muted": False}, []],
        [[{"volume": 60}]],
        ["text"],
        [{"limits": {"total": 10**12}, "artists": [{"artist": "a", "artistid": 1}]}],
    ],
)
def test_kodi(results: list[Any]) -> None:
    given = ("kodi", [json.dumps(one).encode() for one in results], "album")
    assert attempted(network.take_rpc_results, given) is None


@pytest.mark.parametrize("body", [b'{"text": "\\ud800"}', b'{"intent": "On", "slots": {"a": 1e999, "b": "\\udfff"}}'])
def test_an_answer_of_the_cloud_that_no_message_can_carry(body: bytes) -> None:
    for name in ("openai", "webhook"):
        assert attempted(lambda given, name=name: network.take_answer(name, given), Response({}, body), CloudError)


def test_a_slot_without_end_is_left_out() -> None:
    body = b'{"intent": "On", "slots": {"device": "lamp", "a": 1e999, "b": -1e999, "c": NaN}}'
    assert attempted(lambda given: network.take_answer("webhook", given), Response({}, body), CloudError) is None


def test_lex_is_surer_than_a_float_can_be() -> None:
    meant = network.LEX[0][0]
    packed = network.packed(json.dumps([{**meant, "nluConfidence": {"score": 10**400}}]).encode())
    response = Response({"x-amz-lex-interpretations": packed}, b"")
    assert attempted(lambda given: network.take_answer("lex", given), response, CloudError) is None
