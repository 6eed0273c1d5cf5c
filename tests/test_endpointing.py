"""When an utterance ends: the network, the graph and the segmenter of a household together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.config import HouseholdConfig, ListenConfig
from assistant.dialogue import Expected
from assistant.listen import segment
from assistant.messages import Interpretation, Utterance
from assistant.model import Model
from assistant.recognizer import Attention, Recognizer, for_household
from assistant.rejoining import Rejoining
from tests.speech import noise, silence, trimmed

HOUSE = {
    "languages": ["en"],
    "packs": ["light", "timer", "calling", "system"],
    "rooms": {"kitchen": {"en": "kitchen"}, "bedroom": {"en": "bedroom"}},
    "devices": {
        "desk": {"topic": "a", "room": "bedroom", "names": {"en": "desk lamp"}},
        "floor": {"topic": "b", "room": "kitchen", "names": {"en": "floor lamp"}},
    },
    "contacts": {"people": {"anna": {"names": {"en": "Anna Martin"}, "numbers": {"mobile": "+44 7700 900123"}}}},
}
LISTEN = ListenConfig()
ANSWERS = Expected(("dialogue.yes", "dialogue.no", "dialogue.correct", "system.cancel"), "en")


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return for_household(HouseholdConfig.model_validate(HOUSE), Model.load())


def spoken(*parts: str | float) -> np.ndarray:
    """(samples,) int16: texts, and pauses in seconds, in the faint noise of a room."""
    sounds = [silence(part) if isinstance(part, float) else trimmed(part) for part in (0.5, *parts, 2.0)]
    samples = np.concatenate(sounds)
    return samples + noise(len(samples) / 16_000, level_db=-66)[: len(samples)]


def heard(
    recognizer: Recognizer, samples: np.ndarray, *, listen: ListenConfig = LISTEN, expected: Expected | None = None
) -> Sequence[tuple[Utterance, Interpretation]]:
    """What a stream says, utterance by utterance."""
    attention = Attention(recognizer, listen, expected)
    rejoining = Rejoining(recognizer)
    return [(one, rejoining.recognize(one, expected=expected)) for one in segment(samples, listen, follower=attention)]


@pytest.mark.parametrize(
    ("text", "wait_ms"),
    [
        pytest.param("set the floor lamp to forty percent", LISTEN.early_ms, id="complete"),
        pytest.param("cancel all timers", LISTEN.early_ms, id="complete, please might follow"),
        pytest.param("turn off the lights", LISTEN.hangover_ms, id="a room might follow"),
        pytest.param("call five five five one two", LISTEN.patience_ms, id="digits might follow"),
        pytest.param("call five five", LISTEN.patience_ms, id="too few digits"),
        pytest.param("the ships that sailed from the harbour", LISTEN.hangover_ms, id="no command"),
        pytest.param("set the desk lamp to two", LISTEN.hangover_ms, id="a number, or the word before one"),
        pytest.param("start a timer for", LISTEN.patience_ms, id="in the middle"),
    ],
)
def test_the_wait_after_the_last_word_depends_on_the_words(recognizer: Recognizer, text: str, wait_ms: int) -> None:
    ((utterance, interpretation),) = heard(recognizer, spoken(text))
    assert utterance.audio_ms - utterance.speech_end_ms == wait_ms
    assert interpretation.accepted or wait_ms != LISTEN.early_ms


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        pytest.param(("turn off the lights", 0.4, "in the kitchen"), "turn off the lights in the kitchen", id="room"),
        pytest.param(
            ("set the desk lamp to", 0.25, "forty percent"),
            "set the desk lamp to forty percent",
            id="sounds like a number",
        ),
        pytest.param(("start a timer for", 0.9, "ten minutes"), "start a timer for ten minutes", id="long thought"),
        pytest.param(
            ("start a timer for twenty", 0.4, "five minutes"), "start a timer for twenty five minutes", id="number"
        ),
        pytest.param(
            ("call five five five", 0.3, "zero one two three"), "call five five five zero one two three", id="digits"
        ),
        pytest.param(
            ("call five five", 0.9, "five zero one two", 0.9, "three"),
            "call five five five zero one two three",
            id="digits looked up one by one",
        ),
    ],
)
def test_a_pause_inside_a_command_does_not_end_it(
    recognizer: Recognizer, parts: tuple[str | float, ...], text: str
) -> None:
    ((_, interpretation),) = heard(recognizer, spoken(*parts))
    assert interpretation.accepted
    assert interpretation.best is not None
    assert interpretation.best.text == text


def test_an_answer_may_go_on_with_what_was_meant(recognizer: Recognizer) -> None:
    ((_, interpretation),) = heard(recognizer, spoken("no", 0.4, "Anna Martin"), expected=ANSWERS)
    assert interpretation.best is not None
    assert interpretation.best.slots["contact"] == "anna"


def test_an_answer_that_is_complete_ends_early(recognizer: Recognizer) -> None:
    ((utterance, interpretation),) = heard(recognizer, spoken("yes please"), expected=ANSWERS)
    assert interpretation.accepted
    assert utterance.audio_ms - utterance.speech_end_ms == LISTEN.early_ms


def test_two_complete_commands_need_only_a_short_pause_between_them(recognizer: Recognizer) -> None:
    said = spoken("cancel all timers", 0.3, "set the floor lamp to forty percent")
    assert [one.best.intent for _, one in heard(recognizer, said) if one.accepted and one.best] == [
        "cancel_all",
        "brightness",
    ]
    patient = ListenConfig(endpointing="silence")
    assert len(heard(recognizer, said, listen=patient)) == 1


def test_it_can_be_switched_off(recognizer: Recognizer) -> None:
    listen = ListenConfig(endpointing="silence")
    for text in ("cancel all timers", "start a timer for"):
        ((utterance, _),) = heard(recognizer, spoken(text), listen=listen)
        assert utterance.audio_ms - utterance.speech_end_ms == listen.hangover_ms
