from collections.abc import Callable

import numpy as np
import pytest

from assistant.config import ListenConfig, WakeConfig
from assistant.listen import wake_engine
from assistant.listen.hearing import Hearing
from assistant.messages import Utterance
from tests.speech import silence, speak, trimmed

COMMAND = "turn on the kitchen light"


def hearing(engine: str = "none", **wake: object) -> Hearing:
    config = WakeConfig(engine=engine, **wake)
    return Hearing(ListenConfig(), config, engine=wake_engine(config))


def say(hears: Hearing, *parts: np.ndarray, at: dict[int, Callable[[], None]] | None = None) -> list[Utterance]:
    """The utterances given; at: what happens before the block at this millisecond."""
    samples = np.concatenate(parts)
    utterances: list[Utterance] = []
    for start in range(0, len(samples) - 319, 320):
        if at and start // 16 in at:
            at[start // 16]()
        utterances += hears.push(samples[start : start + 320])
    return utterances


def contains(samples: np.ndarray, part: np.ndarray) -> bool:
    return part.tobytes() in samples.tobytes()


def seconds(utterance: Utterance) -> float:
    return utterance.audio_ms / 1000


def test_without_an_engine_all_is_taken() -> None:
    hears = hearing()
    utterances = say(hears, silence(0.5), speak(COMMAND), silence(1), speak("never mind"), silence(1))
    assert [utterance.wake for utterance in utterances] == ["none", "none"]
    assert hears.state == "idle"


@pytest.mark.parametrize(("engine", "asked"), [("none", 2), ("push-to-talk", 1)])
def test_how_long_a_pause_may_be_is_only_asked_about_what_is_taken(engine: str, asked: int) -> None:
    about: list[np.ndarray] = []
    followed: list[np.ndarray] = []

    class Following:
        def follow(self, samples: np.ndarray) -> None:
            followed.append(samples)

        def pause_ms(self, samples: np.ndarray) -> int:
            about.append(samples)
            return 200

    wake = WakeConfig(engine=engine)
    hears = Hearing(ListenConfig(), wake, engine=wake_engine(wake), follower=Following())
    taken = say(hears, silence(0.5), speak(COMMAND), silence(1))
    hears.open_window()
    taken += say(hears, silence(0.3), speak(COMMAND), silence(1))
    assert len(about) == len(taken) == asked
    assert len(followed) >= asked
    assert all(any(np.array_equal(one, whole.samples[: len(one)]) for whole in taken) for one in followed)
    assert [one.audio_ms - one.speech_end_ms for one in taken] == [200] * asked


def test_the_state_follows_what_is_said() -> None:
    hears = hearing()
    assert hears.state == "idle"
    say(hears, silence(0.5), speak(COMMAND))
    assert hears.state == "listening"
    say(hears, silence(1))
    assert hears.state == "idle"


def test_push_to_talk_takes_one_command_after_the_key() -> None:
    hears = hearing("push-to-talk")
    assert say(hears, silence(0.5), speak(COMMAND), silence(1)) == []
    hears.open_window()
    assert hears.state == "listening"
    (utterance,) = say(hears, silence(0.3), speak(COMMAND), silence(1), speak("never mind"), silence(1))
    assert utterance.wake == "push-to-talk"
    assert utterance.audio_ms == pytest.approx(len(speak(COMMAND)) / 16 + 500, abs=500)
    assert hears.state == "idle"


def test_who_speaks_with_the_key_is_heard_from_the_first_word() -> None:
    hears = hearing("push-to-talk")
    speech = trimmed(COMMAND)
    # The key came 200 ms into the sentence.
    (utterance,) = say(hears, silence(1), speech, silence(1), at={1200: hears.open_window})
    assert contains(utterance.samples, speech)


@pytest.mark.parametrize("engine", ["none", "push-to-talk"])
def test_who_is_listened_to_already_is_not_interrupted_by_the_key(engine: str) -> None:
    hears, speech = hearing(engine), trimmed(COMMAND)
    hears.open_window()
    presses = dict.fromkeys(range(1000, 1000 + len(speech) // 16, 20), hears.open_window)
    (utterance,) = say(hears, silence(1), speech, silence(1), at=presses)
    assert contains(utterance.samples, speech)


def test_the_key_lets_a_window_stay_open_for_longer() -> None:
    hears = hearing("push-to-talk")
    hears.open_window(500)
    (utterance,) = say(hears, silence(1), speak(COMMAND), silence(1), at={400: lambda: hears.open_window(1000)})
    assert utterance.wake == "push-to-talk"


def test_a_window_ends_and_what_begins_later_is_not_taken() -> None:
    hears = hearing("push-to-talk")
    hears.open_window(1000)
    assert say(hears, silence(1.5)) == []
    assert hears.state == "idle"
    assert say(hears, speak(COMMAND), silence(1)) == []


def test_what_began_in_the_window_is_heard_to_its_end() -> None:
    hears = hearing("push-to-talk")
    hears.open_window(500)
    (utterance,) = say(hears, silence(0.3), speak(COMMAND), silence(1))
    assert seconds(utterance) > 1.2


@pytest.mark.parametrize("word", ["hey jarvis", "hey mycroft"])
@pytest.mark.parametrize("pause_s", [0.2, 0.6, 1.5])
def test_after_the_wake_word_the_command_is_taken_without_it(word: str, pause_s: float) -> None:
    hears = hearing("microwakeword", word=word.replace(" ", "_"))
    assert say(hears, silence(1), speak(COMMAND), silence(1)) == []
    word_sound, command = trimmed(word), trimmed(COMMAND)
    (utterance,) = say(hears, word_sound, silence(pause_s), command, silence(1))
    assert utterance.wake == "microwakeword"
    # Little before it, the hangover after it (from before its last "t"), and all of it.
    extra_ms = utterance.audio_ms - len(command) / 16
    assert 300 <= extra_ms <= 1100
    assert contains(utterance.samples, command)


@pytest.mark.parametrize("word", ["hey jarvis", "hey mycroft"])
def test_the_command_may_follow_the_wake_word_at_once(word: str) -> None:
    hears = hearing("microwakeword", word=word.replace(" ", "_"))
    # The end of the word may stand before the command, but nothing of the command is lost.
    command = trimmed(COMMAND)
    (utterance,) = say(hears, silence(1), trimmed(word), command, silence(1))
    assert contains(utterance.samples, command)
    assert utterance.audio_ms - len(command) / 16 < 1200


@pytest.mark.parametrize("word", ["hey jarvis", "hey mycroft"])
def test_the_wake_word_alone_is_no_command(word: str) -> None:
    hears = hearing("microwakeword", word=word.replace(" ", "_"))
    assert say(hears, silence(1), speak(word), silence(2)) == []
    assert hears.state == "listening"


def test_a_window_may_be_opened_for_an_engine_too() -> None:
    hears = hearing("microwakeword", word="hey_jarvis")
    hears.open_window()
    (utterance,) = say(hears, silence(0.3), speak(COMMAND), silence(1))
    assert utterance.wake == "push-to-talk"


@pytest.mark.parametrize("attribute", ["muted", "speaking"])
def test_nothing_is_taken_while_it_is_deaf(attribute: str) -> None:
    hears = hearing()
    setattr(hears, attribute, True)
    assert say(hears, silence(0.5), speak(COMMAND), silence(1)) == []
    assert hears.state == ("muted" if attribute == "muted" else "idle")
    setattr(hears, attribute, False)
    assert len(say(hears, silence(0.5), speak(COMMAND), silence(1))) == 1


def test_a_command_interrupted_by_muting_is_forgotten() -> None:
    hears = hearing()
    say(hears, silence(0.5), speak(COMMAND))
    hears.muted = True
    say(hears, silence(0.1))
    hears.muted = False
    assert say(hears, silence(2)) + hears.flush() == []


def test_cancel_forgets_what_is_being_said_and_closes_the_window() -> None:
    hears = hearing("push-to-talk")
    hears.open_window()
    say(hears, silence(0.3), speak(COMMAND))
    hears.cancel()
    assert hears.state == "idle"
    assert say(hears, silence(1), speak(COMMAND), silence(1)) == []


def test_the_end_of_the_stream_gives_what_is_open() -> None:
    hears = hearing()
    assert say(hears, silence(0.5), speak(COMMAND)) == []
    assert len(hears.flush()) == 1
