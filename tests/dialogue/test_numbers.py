"""A telephone number that is said with a pause, while the question whether to call it is open."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assistant.dialogue.asked import Asked
from assistant.interpret import Interpreter
from assistant.language import DIALOGUE, LANGUAGES, load_packs
from assistant.messages import Hypothesis, Interpretation, Question
from tests.interpret.rendering import rendered

QUESTION = Question({"fr": "J'appelle le 06, 12 ?"}, catalog="digits", catalog_slot="digits")
SAID = [
    ("fr", "trente-quatre cinquante-six soixante-dix-huit", "0612345678"),
    ("fr", "huit", "06128"),
    ("fr", "zéro six douze trente-quatre", "061234"),
    ("fr", "non le numéro zéro un vingt", "0120"),
    ("en", "and double five", "061255"),
    ("en", "no zero one five", "015"),
    ("es", "y treinta y cuatro", "061234"),
    ("es", "no cero uno cinco", "015"),
    ("en", "plus four four seven", "+447"),
]


@pytest.fixture(scope="module")
def interpreter():
    return Interpreter(load_packs(["calling", DIALOGUE], LANGUAGES))


@pytest.mark.parametrize(("language", "words", "digits"), SAID)
def test_the_rest_of_a_number(interpreter, language, words, digits):
    command = Hypothesis(language, "calling", "call", "", {"digits": "0612"}, {"digits": "zéro six douze"}, 0.9)
    about = Interpretation("1", datetime.now(UTC), command, accepted=True, reason=None)
    asked = Asked(QUESTION, about, command, "s", 0.0)
    expected = asked.expected
    heard = interpreter.interpret(rendered(words), only=expected.intents, language=expected.language)
    filled = asked.filled(heard.hypotheses[0])
    assert filled is not None
    assert (filled.domain, filled.intent, dict(filled.slots)) == ("calling", "call", {"digits": digits})


def test_yes_is_still_a_yes(interpreter):
    command = Hypothesis("en", "calling", "call", "", {"digits": "911"}, {"digits": "nine one one"}, 0.9)
    about = Interpretation("1", datetime.now(UTC), command, accepted=True, reason=None)
    asked = Asked(replace(QUESTION, text={"en": "Call 9 1 1?"}), about, command, "s", 0.0)
    heard = interpreter.interpret(rendered("yes"), only=asked.expected.intents, language="en")
    filled = asked.filled(heard.hypotheses[0])
    assert filled is not None
    assert dict(filled.slots) == {"digits": "911", "confirmed": True}
