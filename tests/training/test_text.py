from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from assistant.model.symbols import ALPHABET, normalize
from training.text import LANGUAGES, mixture, sample, sentences, spoken, vocabulary
from training.text.grammar import Grammar

SAMPLES = 400


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def texts(language: str) -> list[str]:
    random = Random(7)
    return [sample(language, random) for _ in range(SAMPLES)]


def test_the_same_seed_gives_the_same_texts(language: str, texts: list[str]) -> None:
    random = Random(7)
    assert [sample(language, random) for _ in range(30)] == texts[:30]


def test_texts_are_words_of_the_alphabet_without_digits(texts: list[str]) -> None:
    for text in texts:
        assert not any(character.isdigit() for character in text), text
        assert set(normalize(text)) <= set(ALPHABET), text
        assert 1 <= len(normalize(text).split()) <= mixture.MAX_WORDS, text


def test_no_letter_is_lost_on_the_way_to_the_symbols(texts: list[str]) -> None:
    for text in texts:
        letters = sum(character.isalpha() for character in text)
        assert sum(character.isalpha() for character in normalize(text)) == letters, text


def test_texts_vary_in_length_and_words(texts: list[str]) -> None:
    lengths = Counter(len(text.split()) for text in texts)
    assert len(set(texts)) > 0.85 * SAMPLES
    assert lengths[1] > 0
    assert max(lengths) >= 15
    assert len({word for text in texts for word in normalize(text).split()}) > 700


def test_no_rule_of_the_notation_is_left_in_a_text(texts: list[str]) -> None:
    assert not [text for text in texts if set(text) & set("<>()[]|*=_\b")]


def test_every_kind_of_text_can_be_drawn(language: str) -> None:
    random = Random(1)
    for kind in mixture.WEIGHTS:
        assert mixture._draw(kind, language, random).strip(), kind


def test_every_rule_of_the_grammar_ends_and_says_something(language: str) -> None:
    random = Random(2)
    grammar = mixture._grammar(language)
    for rule in grammar.rules:
        assert any(grammar.sample(rule, random) for _ in range(5)), rule


def test_grammar_choices_options_calls_and_glue() -> None:
    grammar = Grammar(
        "start = [please] (open|close) the <room>'s <thing:big>s\nroom = hall | den\n",
        functions={"thing": lambda random, argument: f"{argument} {random.choice(['door', 'window'])}"},
    )
    random = Random(3)
    said = {grammar.sample("start", random) for _ in range(300)}
    assert len(said) == 2 * 2 * 2 * 2
    assert "please open the hall's big doors" in said
    assert "close the den's big windows" in said


def test_grammar_weights_make_an_alternative_likelier() -> None:
    grammar = Grammar("start = rare | often *9", functions={})
    random = Random(4)
    assert 830 < sum(grammar.sample("start", random) == "often" for _ in range(1000)) < 950


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start = <nothing>", "nothing is called <nothing>"),
        ("start = (a|b", r"rule start: '\(' is not closed"),
        ("start = a)", r"rule start: '\)' closes nothing"),
        ("just words", "expected 'name = alternatives'"),
        ("word = a", "a function has this name"),
    ],
)
def test_grammar_faults_name_the_rule(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Grammar(text, functions={"word": lambda _random, _argument: "word"})


@pytest.mark.parametrize(
    ("language", "written", "spoken_text"),
    [
        ("en", "a apple and a one and a house of a unit", "an apple and a one and a house of a unit"),
        ("en", "two glasss , please", "two glasses, please"),
        ("es", "la luz de el salón a el diez", "la luz del salón al diez"),
        ("es", "treinta y uno minutos y veintiuno segundos", "treinta y un minutos y veintiún segundos"),
        (
            "fr",
            "la lampe de le salon à les enfants de Alice de onze ans",
            "la lampe du salon aux enfants d'Alice de onze ans",
        ),
    ],
)
def test_contractions_and_articles(language: str, written: str, spoken_text: str) -> None:
    assert mixture.tidy(written, language) == spoken_text


@pytest.mark.parametrize(
    ("language", "value", "words"),
    [
        ("en", 342, "three hundred forty-two"),
        ("es", 555, "quinientos cincuenta y cinco"),
        ("fr", 91, "quatre-vingt-onze"),
    ],
)
def test_numbers_in_words(language: str, value: int, words: str) -> None:
    assert spoken.number(language, value) == words


def test_spelled_letters() -> None:
    assert spoken.spelled("o'Brien") == "O, B, R, I, E, N"


def test_common_words_come_more_often_than_rare_ones(language: str) -> None:
    random = Random(5)
    known = vocabulary.words(language)
    common = set(known[:1000])
    drawn = [vocabulary.word(language, random) for _ in range(2000)]
    assert 0.2 < sum(word in common for word in drawn) / len(drawn) < 0.5


def test_words_typed_without_their_accents_are_left_out() -> None:
    assert vocabulary.is_careless("relacion", "es")
    assert not vocabulary.is_careless("relación", "es")
    assert not vocabulary.is_careless("si", "fr")
    assert "relacion" not in vocabulary.words("es")


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("“The sea—it’s said—was calm.”", "The sea, it's said, was calm."),
        ("In 1999 it was calm.", ""),
        ("The NSA was calm.", ""),
        ("Visit example.org/now today please", ""),
        ("Zxqwv brfgl ktrmn.", ""),
        ("Too short.", ""),
    ],
)
def test_free_sentences_are_kept_only_when_speakable(sentence: str, kept: str) -> None:
    assert sentences.speakable(sentence, "en") == kept
