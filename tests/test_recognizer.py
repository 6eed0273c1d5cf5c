"""From utterance to interpretation: acceptance, its reasons and the household's thresholds."""

from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.config import THRESHOLD, HouseholdConfig, ListenConfig
from assistant.dialogue import Expected
from assistant.errors import SentenceError
from assistant.interpret import Understood
from assistant.language import LANGUAGES
from assistant.messages import SAMPLE_RATE_HZ, Hypothesis, Posteriors, Utterance
from assistant.recognizer import (
    SURE,
    Attention,
    Recognizer,
    check_sentences,
    for_household,
    for_sentences,
    recognize_samples,
    rejection,
)
from tests.interpret.rendering import SYMBOLS, rendered

HOUSE = {
    "languages": ["en", "fr"],
    "rooms": {"kitchen": {"en": "kitchen", "fr": "cuisine"}},
    "devices": {"sink": {"topic": "a", "room": "kitchen", "names": {"en": "sink light", "fr": "évier"}}},
}


class Saying:
    """A network that always hears the same text."""

    def __init__(self, text: str, **options) -> None:
        self.heard = rendered(text, **options)

    def posteriors(self, samples: np.ndarray, *, languages) -> Posteriors:
        assert set(languages) <= set(LANGUAGES)
        return self.heard if len(samples) else Posteriors(np.zeros((0, SYMBOLS), np.float32), 20)


def utterance(seconds: float = 2.0) -> Utterance:
    return Utterance(np.zeros(int(seconds * SAMPLE_RATE_HZ), np.int16), started=datetime.now(UTC))


def recognized(text, **changes):
    config = HouseholdConfig.model_validate(HOUSE | changes)
    said = utterance()
    interpretation = for_household(config, Saying(text)).recognize(said)
    assert (interpretation.id, interpretation.audio_ms) == (said.id, 2000)
    assert interpretation.compute_ms > 0
    return interpretation


class Counting(Saying):
    """The same, and how often it has listened."""

    listened = 0

    def posteriors(self, samples: np.ndarray, *, languages) -> Posteriors:
        self.listened += 1
        return super().posteriors(samples, languages=languages)


LISTEN = ListenConfig(early_ms=240, hangover_ms=640, patience_ms=1640)
ANSWERS = Expected(("dialogue.yes", "dialogue.no", "dialogue.correct"), "en")


@pytest.mark.parametrize(
    ("text", "expected", "pause_ms"),
    [
        pytest.param("turn the sink light off", None, 240, id="complete"),
        pytest.param("set the sink light to thirty five percent", None, 240, id="complete, with a list in it"),
        pytest.param("switch on the sink light", None, 640, id="may go on with a level"),
        pytest.param("set the sink light to two", None, 640, id="a number, or the word before one"),
        pytest.param("set the sink light to", None, 1640, id="before an open slot"),
        pytest.param("switch on the", None, 1640, id="in the middle"),
        pytest.param("my mother has gone to the market", None, 640, id="no command"),
        pytest.param("", None, 640, id="nothing"),
        pytest.param("yes", ANSWERS, 240, id="an answer"),
        pytest.param("no", ANSWERS, 640, id="an answer that may go on with what was meant"),
        pytest.param("turn the sink light off", ANSWERS, 640, id="no answer"),
    ],
)
def test_what_was_said_tells_how_long_a_pause_may_be(text, expected, pause_ms):
    recognizer = for_household(HouseholdConfig.model_validate(HOUSE), Saying(text))
    assert recognizer.pause_ms(utterance().samples, listen=LISTEN, expected=expected) == pause_ms


def test_an_unsure_sentence_is_waited_after():
    house, pauses_ms = HouseholdConfig.model_validate(HOUSE), {True: set(), False: set()}
    for clarity in np.linspace(6, 8, 9):
        recognizer = for_household(house, Saying("turn the sink light off", clarity=clarity))
        heard = recognizer.recognize(utterance())
        if heard.accepted:
            pauses_ms[heard.best.confidence >= SURE].add(recognizer.pause_ms(utterance().samples, listen=LISTEN))
    assert pauses_ms == {True: {240}, False: {640}}


class Speeds(Counting):
    """Hears another text where it is not played at its own speed."""

    def __init__(self, text: str, *, changed: str) -> None:
        super().__init__(text)
        self.changed = rendered(changed)

    def posteriors(self, samples: np.ndarray, *, languages) -> Posteriors:
        own = super().posteriors(samples, languages=languages)
        return own if len(samples) == len(utterance().samples) else self.changed


@pytest.mark.parametrize(
    ("text", "changed", "accepted", "listened"),
    [
        ("turn the sink off", "turn the sink light off", True, 3),
        ("turn the sink off", "my mother has gone to the market", False, 3),
        ("turn the sink light off", "my mother has gone to the market", True, 1),
        ("my mother has gone to the market", "turn the sink light off", False, 1),
    ],
)
def test_what_is_unsure_is_heard_at_other_speeds(text, changed, accepted, listened):
    network = Speeds(text, changed=changed)
    heard = for_household(HouseholdConfig.model_validate(HOUSE), network).recognize(utterance())
    assert heard.accepted is accepted
    assert network.listened == listened


def test_the_network_hears_what_was_looked_at_only_once():
    network = Counting("turn the sink light off")
    recognizer = for_household(HouseholdConfig.model_validate(HOUSE), network)
    said = utterance()
    recognizer.pause_ms(said.samples, listen=LISTEN)
    assert recognizer.recognize(said).accepted
    assert network.listened == 1
    recognizer.recognize(said)
    assert network.listened == 2
    recognizer.pause_ms(said.samples[:-320], listen=LISTEN)
    recognizer.recognize(said)
    assert network.listened == 4
    recognizer.pause_ms(said.samples, listen=LISTEN)
    recognizer.recognize(said, expected=ANSWERS)
    assert network.listened == 6


class Streaming(Counting):
    """The same in chunks: all of it comes with the last one."""

    def stream(self, *, languages):
        assert set(languages) <= set(LANGUAGES)
        return self

    def push(self, _samples: np.ndarray) -> Posteriors:
        return Posteriors(self.heard.symbols[:0], 20)

    def flush(self) -> Posteriors:
        return self.heard


def test_what_was_followed_is_not_heard_once_more():
    network = Streaming("turn the sink light off")
    attention = Attention(for_household(HouseholdConfig.model_validate(HOUSE), network), LISTEN)
    said = utterance(seconds=4.0)
    attention.follow(said.samples[:48_000])
    assert attention.pause_ms(said.samples[:-320]) == 240
    assert attention.recognizer.recognize(said).accepted
    assert network.listened == 0
    attention.recognizer.recognize(said)
    assert network.listened == 1


class Doubtful(Streaming):
    """One that mishears in chunks."""

    def flush(self) -> Posteriors:
        return rendered("burn the pink site of")


def test_chunks_that_leave_a_doubt_are_heard_again_as_a_whole():
    network = Doubtful("turn the sink light off")
    recognizer = for_household(HouseholdConfig.model_validate(HOUSE), network)
    said = utterance(seconds=4.0)
    recognizer.follow(said.samples[:48_000])
    heard = recognizer.recognize(said)
    assert heard.accepted
    assert heard.heard == "turn the sink light off"
    assert network.listened == 1


@pytest.mark.parametrize(
    ("text", "language", "intent", "slots"),
    [
        ("switch on the sink light", "en", "on", {"device": "sink"}),
        ("éteins l'évier", "fr", "off", {"device": "sink"}),
        ("lumière de la cuisine à trente pour cent", "fr", "brightness", {"room": "kitchen", "brightness": 30}),
        ("turn off all the lights", "en", "off", {"scope": "all"}),
        ("éteins toutes les lumières", "fr", "off", {"scope": "all"}),
        ("éteins toutes les lumières de la cuisine", "fr", "off", {"room": "kitchen"}),
        ("éteins les lumières", "fr", "off", {}),
        ("stop", "en", "stop", {}),
    ],
)
def test_a_household_is_understood(text, language, intent, slots):
    interpretation = recognized(text)
    best = interpretation.best
    assert interpretation.accepted, interpretation
    assert interpretation.reason is None
    assert (best.language, best.intent, dict(best.slots)) == (language, intent, slots)


def test_only_the_households_languages():
    interpretation = recognized("apaga todas las luces")
    assert not interpretation.accepted


def test_other_speech_is_no_command():
    interpretation = recognized("the weather was lovely when we walked along the river")
    assert (interpretation.accepted, interpretation.reason) == (False, "not-a-command")
    assert "weather" in interpretation.heard


def test_thresholds_of_single_intents():
    assert recognized("stop", threshold=0.2).accepted
    strict = recognized("stop", thresholds={"system.stop": 1.0})
    assert (strict.accepted, strict.reason) == (False, "low-confidence")
    assert strict.best.intent == "stop"
    assert recognized("stop", threshold=1.0, thresholds={"stop": 0.1}).accepted


def test_silence_is_no_speech():
    for network in (Saying("", noise=0.3), Saying("")):
        recognizer = for_household(HouseholdConfig(), network)
        assert recognizer.recognize(utterance(0)).reason == "no-speech"
    assert for_household(HouseholdConfig(), Saying("", noise=0.3)).recognize(utterance()).reason == "no-speech"


def test_two_lamps_of_one_name_are_ambiguous():
    devices = {name: {"topic": name, "names": {"en": "spotlight"}} for name in ("a", "b")}
    interpretation = recognized("turn on the spotlight", devices=devices)
    assert (interpretation.accepted, interpretation.reason) == (False, "ambiguous")
    assert dict(interpretation.alternatives[0].slots) in ({"device": "a"}, {"device": "b"})


def test_the_lamp_of_this_room_is_meant():
    rooms = {"kitchen": {"en": "kitchen"}, "hall": {"en": "hall"}}
    devices = {name: {"topic": name, "room": name, "names": {"en": "spotlight"}} for name in rooms}
    interpretation = recognized("turn on the spotlight", devices=devices, rooms=rooms, room="hall")
    assert dict(interpretation.best.slots) == {"device": "hall"}
    assert interpretation.accepted


def hypotheses(*confidences):
    return tuple(Hypothesis("en", "d", "i", "", {}, {}, confidence) for confidence in confidences)


@pytest.mark.parametrize(
    ("understood", "reason"),
    [
        (Understood((), 0.0, 0.0, "abc"), "not-a-command"),
        (Understood((), 0.0, 0.0, ""), "no-speech"),
        (Understood(hypotheses(0.9), 0.9, 1.0, "abc"), None),
        (Understood(hypotheses(0.4), 0.4, 1.0, "abc"), "low-confidence"),
        (Understood(hypotheses(0.2), 0.2, 1.0, "abc"), "not-a-command"),
        (Understood(hypotheses(0.45, 0.44), 0.9, 0.5, "abc"), "ambiguous"),
        (Understood(hypotheses(0.4, 0.1), 0.9, 0.45, "abc"), "ambiguous"),
    ],
)
def test_reasons(understood, reason):
    assert rejection(understood, threshold=0.5) == reason


def test_equal_rivals_are_ambiguous_at_any_threshold():
    assert rejection(Understood(hypotheses(0.5, 0.5), 1.0, 0.5, "abc"), threshold=0.1) == "ambiguous"


OWN = """language: en
intents: {Coffee: {data: [{sentences: ['brew {n} cups', 'brew {m}']}]}}
lists: {n: {range: {from: 1, to: 9}}}
"""


def test_only_some_sentence_files(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    recognizer = for_sentences([path], Saying("brew five cups"))
    best = recognizer.recognize(utterance()).best
    assert (best.domain, best.intent, dict(best.slots)) == ("custom", "Coffee", {"n": 5})
    (warning,) = recognizer.warnings
    assert str(warning).startswith(f"{path}:2:")
    assert "no list {m}" in warning.what
    assert for_sentences([path], Saying("brew five cups"), languages=["fr"]).recognize(utterance()).best is None


def test_a_households_own_sentences_win(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("language: en\nintents: {Mine: {data: [{sentences: ['turn on the lights']}]}}\n")
    interpretation = recognized("turn on the lights", sentences=[path])
    assert (interpretation.best.intent, interpretation.accepted) == ("Mine", True)


def test_checking(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    (warning,) = check_sentences(HouseholdConfig(sentences=[path]))
    assert "no list {m}" in warning.what
    with pytest.raises(SentenceError, match=r"missing\.yaml"):
        check_sentences(HouseholdConfig(sentences=[tmp_path / "missing.yaml"]))


def test_recordings():
    recognizer = for_household(HouseholdConfig(), Saying("turn on the lights"))
    silence = np.zeros(SAMPLE_RATE_HZ, np.int16)
    heard, utterances = recognize_samples(recognizer, silence)
    assert (heard.accepted, utterances, heard.audio_ms) == (True, 0, 1000)
    whole, utterances = recognize_samples(recognizer, silence, whole=True)
    assert (whole.accepted, utterances) == (True, 1)


def test_a_recognizer_without_a_household():
    recognizer = Recognizer(model=Saying("x"), interpreter=for_household(HouseholdConfig(), Saying("x")).interpreter)
    assert recognizer.threshold("light", "on") == THRESHOLD


@pytest.mark.parametrize(
    ("changes", "heard"),
    [
        ({}, False),
        ({"calling": {"driver": "baresip"}}, True),
        ({"packs": ["light", "calling"]}, True),
        ({"packs": ["light"], "calling": {"driver": "baresip"}}, False),
    ],
    ids=["no telephone", "a telephone", "named by the household", "left away by the household"],
)
def test_calls_are_heard_where_there_is_a_telephone(changes: dict[str, object], heard: bool) -> None:
    interpretation = recognized("call five five five one two three four", **changes)
    assert interpretation.accepted is heard
