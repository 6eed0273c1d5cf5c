"""The answers of the benchmark can be said, and mean what it says they mean."""

from collections.abc import Collection, Iterator

import numpy as np
import pytest

from assistant.language import LANGUAGES
from assistant.messages import Posteriors
from assistant.model import Model
from benchmarks import answers
from tests.interpret.rendering import rendered


class Reader:
    """A network that hears exactly what is said."""

    text = language = ""

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        assert len(samples)
        assert set(languages) == {self.language}
        return rendered(self.text)

    def said(self, text: str, language: str) -> Iterator[np.ndarray]:
        self.text, self.language = text, language
        yield np.zeros(16_000, np.int16)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_is_one(language, monkeypatch):
    network = Reader()
    monkeypatch.setattr(answers, "_said", network.said)
    rows = list(answers.synthetic(answers.Answers(network), language))
    assert [right for _, right, _ in rows] == [clips for _, _, clips in rows]
    assert all(clips > 7 for _, _, clips in rows)


def test_most_of_them_are_heard(monkeypatch):
    monkeypatch.setattr(answers, "MANNERS", ((1.0, 1.0),))
    rows = list(answers.synthetic(answers.Answers(Model.load(None)), "es"))
    assert [what for what, *_ in rows] == [
        "answers es, yes in 9 ways, voice known", "answers es, no in 8 ways, voice known",
        "answers es, one of several, voice known",
    ]  # fmt: skip
    assert all(right > clips / 2 for _, right, clips in rows)
