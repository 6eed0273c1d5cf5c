"""The held-out paraphrases: enough of them, none that a template says, all of them about things of their household."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.interpret.text import written
from assistant.language import LANGUAGES, household_catalogs
from assistant.messages import Hypothesis, Interpretation, Posteriors
from assistant.model.symbols import normalize
from benchmarks.packs import LIBRARY, household, recognizer
from benchmarks.paraphrases.sentences import HERE, Bench, Said, clips, likeliest, outcome, read_said, signal


class Silent:
    """A network that is not asked."""

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Raise, since nothing is heard here."""
        raise NotImplementedError


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_template_says_them(language):
    interpreter = recognizer(Silent(), [language], meaning=None).interpreter
    said = [one for one in read_said(language) if one.intent]
    assert len(said) >= 150
    for one in said[::12]:  # the whole sets were looked at when they were written: none is nearer than 0.35
        evidence = interpreter.interpret(written(normalize(one.text))).evidence
        assert evidence is None or evidence.excess > 0.2, one.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_they_are_about_things_of_their_household(language):
    catalogs = household_catalogs(household([language], meaning=None))
    known = {name: {entry.out for entry in catalogs[name][language]} for name in ("room", "floor", "device", "contact")}
    known |= {name: set(values) for name, values in LIBRARY.items()}
    for one in read_said(language):
        for slot, value in one.slots.items():
            assert slot not in known or value in known[slot], one.text
    assert len({one.text for one in read_said(language)}) == len(read_said(language))


@pytest.mark.parametrize("language", ["es", "fr"])
def test_what_lies_beside_is_spoken(language):
    spoken = list(clips(language))
    assert len(spoken) == len(list((HERE / language).glob("*.opus"))) > 40
    assert all(8_000 < len(samples) < 200_000 and np.abs(samples).max() > 1000 for _, samples in spoken)


def interpreted(intent: str | None, **slots) -> Interpretation:
    best = intent and Hypothesis("en", *intent.split("."), "words", slots, {}, 0.9)
    return Interpretation(
        "id", datetime.now(UTC), best or None, accepted=bool(best), reason=None if best else "ambiguous"
    )


@pytest.mark.parametrize(
    ("meant", "heard", "what"),
    [
        ("light.on", interpreted("light.on", room="kitchen"), "right"),
        ("light.on", interpreted("light.on"), "wrong"),
        ("light.on", interpreted("light.off", room="kitchen"), "wrong"),
        ("light.on", interpreted(None), "rejected"),
        (None, interpreted(None), "right"),
        (None, interpreted("light.on", room="kitchen"), "wrong"),
    ],
)
def test_only_the_same_intent_with_the_same_slots_is_right(meant, heard, what):
    assert outcome(Said("words", "en", meant, {"room": "kitchen"} if meant else {}), heard) == what


@pytest.mark.parametrize(
    ("intents", "best"),
    [
        ({"light.on": 0.5, "light.off": 0.3}, "light.on"),
        ({"light.on": 0.3, "light.off": 0.2}, None),
        ({"light.on": 0.4, "light.off": 0.3}, "light.on"),
    ],
)
def test_the_likeliest_is_likelier_than_nothing(intents, best):
    assert likeliest(intents) == best


class Bright:
    """A network that always wants more light."""

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Return what it wants."""
        assert len(languages) == 1
        return Posteriors(samples[:0].reshape(0, 53), 20, intents={"light.brighter": 0.8, "light.on": 0.1})


def test_intents_of_the_signal_are_counted_without_the_words():
    rows = list(signal(Bench(Bright(), None)))
    meant = [one.intent for one in read_said("en")]
    right, asked = meant.count("light.brighter"), len(meant) - meant.count(None)
    assert f"{100 * right / asked:.1f} % right of {asked}  {asked - right} wrong;  {meant.count(None)} of" in rows[0]
    assert [row[:2] for row in rows] == list(LANGUAGES)
