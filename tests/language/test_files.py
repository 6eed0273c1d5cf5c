"""Sentence files: what is taken, and that every mistake is told with its place while the rest works."""

from pathlib import Path

import pytest

from assistant.errors import SentenceError
from assistant.language import load_files, load_text
from assistant.language.yamlfile import MOST_BYTES

GOOD = """
language: en
intents:
  light.on:
    data:
      - sentences: ["turn on [the] {lamp}", "<please> light"]
        slots: {level: 5, now: true}
        response: done
lists:
  lamp: {values: [Bed Light, {in: "(desk|table) lamp", out: 7}]}
expansion_rules: {please: "(please|now)"}
skip_words: [kindly]
"""


def with_sentence(sentence, more=""):
    return f"language: en\nintents:\n  A:\n    data:\n      - sentences:\n          - '{sentence}'\n{more}"


def doubled(names):
    """Lists of nine aliases of the list before, each: a file that grows ninefold a line."""
    for name in names:
        yield f"{chr(ord(name) + 1)}: &{chr(ord(name) + 1)} [{','.join([f'*{name}'] * 9)}]\n"


def faults(text):
    return [str(fault) for fault in load_text(text, name="my.yaml").faults]


def entries(text, name="x"):
    return [(entry.spoken, entry.out) for entry in load_text(text).sentences[0].lists[name]]


def test_a_good_file():
    loaded = load_text(GOOD)
    (sentences,) = loaded.sentences
    (block,) = sentences.blocks
    assert loaded.faults == ()
    assert (sentences.language, sentences.skip_words) == ("en", ("kindly",))
    assert (block.domain, block.intent, dict(block.slots), block.response) == (
        "light", "on", {"level": 5, "now": True}, "done",
    )  # fmt: skip
    assert len(block.templates) == 2
    assert entries(GOOD, "lamp") == [("Bed Light", "Bed Light"), ("desk lamp", 7), ("table lamp", 7)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (with_sentence("turn on [the"), "my.yaml:6:13 intents.A.data.sentences: the template"),
        (
            with_sentence("go <pleas>", "expansion_rules: {please: now}\n"),
            'my.yaml:6:13: no rule <pleas>; did you mean "please"?',
        ),
        (with_sentence("go {lmp}", "lists: {lamp: {values: [a]}}\n"), 'no list {lmp}; did you mean "lamp"?'),
        (with_sentence("go <a>", "expansion_rules: {a: <b>, b: <a>}\n"), "the rule <a> refers to itself"),
        (with_sentence("go {x}", "lists: {x: {wildcard: true}}\n"), "free text cannot be heard"),
        (with_sentence("go {x}", "lists: {x: {}}\n"), "a list needs `values:` or `range:`"),
        (with_sentence("go", "lists: {x: {value: [a]}}\n"), 'no key "value"; did you mean "values"?'),
        (with_sentence("go", "list: {}\n"), 'no key "list"; did you mean "lists"?'),
        (with_sentence("go", "lists: {x: {range: {from: 5, to: 1}}}\n"), "`to: 1` lies below `from: 5`"),
        (with_sentence("go", "lists: {x: {range: {from: 1}}}\n"), "a range needs `from:` and `to:`"),
        (with_sentence("go", "lists: {x: {range: {from: a, to: 3}}}\n"), 'expected a number, not "a"'),
        (with_sentence("go", "lists: {x: {range: {from: 0, to: 9, step: 0}}}\n"), "`step` must be 1 or more"),
        (with_sentence("go", "lists: {x: {range: {from: 0, to: 9000000}}}\n"), "use `step:`"),
        (with_sentence("go", "lists: {x: {range: {from: 0, to: 3, fractions: thirds}}}\n"), "`halves` or `tenths`"),
        (with_sentence("go", "lists: {x: {values: [{out: 3}]}}\n"), "a value needs `in:`"),
        (with_sentence("go", "lists: {x: {values: ['(a|']}}\n"), "cannot be read"),
        (with_sentence("go", "lists: {x: {values: ['!!!']}}\n"), "nothing that can be said"),
        (with_sentence("go", "lists: {x: {values: [{in: a, out: [1]}]}}\n"), "expected one value"),
        (with_sentence("go", "lists: {x: {values: [{in: a, out: 1}, {in: a, out: 2}]}}\n"), '"a" already stands'),
        (with_sentence("go", "lists: {x: {values: ['{y}']}}\n"), "cannot hold the list {y}"),
        (with_sentence("go", "lists: {x: {values: ['" + "(a|b)" * 12 + "']}}\n"), "more than 500 texts"),
        ("language: en\nintents: {A: {data: [{sentence: [go]}]}}\n", 'no key "sentence"; did you mean "sentences"?'),
        ("language: en\nintents: {A: {data: [{}]}}\n", "a block needs `sentences:`"),
        ("language: en\nintents: {A: go}\n", "expected `data:` with `sentences:`"),
        ("language: en\nintents: {A: {data: [{sentences: [{a: b}]}]}}\n", "expected text"),
        ("language: en\nintents: {A: {data: [{sentences: [go]}]}, A: {data: [{sentences: [no]}]}}\n", "written twice"),
    ],
)  # fmt: skip
def test_mistakes_are_told(text, fault):
    assert any(fault in told for told in faults(text)), faults(text)


def test_one_mistake_leaves_the_rest():
    text = """
language: en
intents:
  A: {data: [{sentences: ["go {x}", "go {nowhere}", "go ["]}]}
  B: {data: [{sentences: ["stop"]}]}
lists: {x: {values: [home, "((", {in: work, out: 2}]}}
"""
    loaded = load_text(text)
    assert [len(block.templates) for block in loaded.sentences[0].blocks] == [1, 1]
    assert entries(text) == [("home", "home"), ("work", 2)]
    assert len(loaded.faults) == 3


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "y", "n", "ON", "No"])
def test_words_that_yaml_1_1_takes_for_booleans(word):
    text = f"""
language: en
intents: {{{word}: {{data: [{{sentences: [{word}], slots: {{state: {word}}}}}]}}}}
lists: {{x: {{values: [{word}, {{in: {word} it, out: {word}}}]}}}}
"""
    loaded = load_text(text)
    (block,) = loaded.sentences[0].blocks
    assert (block.intent, dict(block.slots), loaded.faults) == (word, {"state": word}, ())
    assert {(word, word), (f"{word} it", word)} <= set(entries(text))


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", True), ("5", 5), ("2.5", 2.5), ("1:30", "1:30"), ("010", 10), ("'5'", "5"), ("2026-01-01", "2026-01-01"),
     (".inf", ".inf"), ("0x1f", 31), ("1e3", "1e3")],
)  # fmt: skip
def test_values(written, value):
    (entry,) = entries(f"language: en\nlists: {{x: {{values: [{{in: a, out: {written}}}]}}}}\n")
    assert entry == ("a", value)
    assert type(entry[1]) is type(value)


def test_numbers_and_fractions():
    text = "language: en\nlists: {x: {range: {from: 1, to: 3, step: 2, fractions: halves, multiplier: 2}}}\n"
    assert ("one and a half", 3.0) in entries(text)
    assert {out for _, out in entries(text)} == {2.0, 3.0, 6.0, 7.0}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file is empty"),
        ("- a\n", "expected keys"),
        ("a: [", "not YAML"),
        ("a: \x00", "not YAML"),
        ("intents: {}\n", "`language:` is missing"),
        ("language: de\nintents: {}\n", 'no language "de"; write en, es or fr'),
        ("a: &a [*a]\n", "nested"),
        ("x: " + "[" * 60 + "]" * 60, "nested"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(doubled("abcdefgh")), "aliases"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used(text, what):
    with pytest.raises(SentenceError) as caught:
        load_text(text, name="my.yaml")
    assert what in str(caught.value)
    assert str(caught.value).startswith("my.yaml")


def test_languages_with_a_region():
    assert load_text("language: es-MX\nintents: {}\n").sentences[0].language == "es"


def test_all_unusable_files_are_told_at_once(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge.yaml").write_bytes(b"#" * (MOST_BYTES + 1))
    paths = [tmp_path / "missing.yaml", tmp_path / "binary.yaml", tmp_path / "huge.yaml", tmp_path]
    with pytest.raises(SentenceError) as caught:
        load_files(paths)
    assert len(caught.value.faults) == 4


def test_files_of_one_language_are_merged(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("language: en\nintents: {B: {data: [{sentences: ['<please> {lamp}']}]}}\n"
                                     "lists: {lamp: {values: [sun]}}\n")  # fmt: skip
    (tmp_path / "c.yaml").write_text("language: fr\nintents: {C: {data: [{sentences: [oui]}]}}\n")
    loaded = load_files([tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml"])
    assert [(one.language, len(one.blocks)) for one in loaded.sentences] == [("en", 2), ("fr", 1)]
    assert [entry.spoken for entry in loaded.sentences[0].lists["lamp"]][-1] == "sun"
    french = load_files([tmp_path / "a.yaml", tmp_path / "c.yaml"], languages=["fr"])
    assert [one.language for one in french.sentences] == ["fr"]


def test_strict_loading_refuses_any_fault(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text(with_sentence("go {nowhere}"))
    assert len(load_files([path]).faults) == 1
    with pytest.raises(SentenceError, match="nowhere"):
        load_files([path], strict=True)
