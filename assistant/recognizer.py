"""From an utterance to its interpretation: network and graph, joined by the household's thresholds."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from assistant.config import THRESHOLD, HouseholdConfig, ListenConfig
from assistant.contacts import load_phonebook
from assistant.dialogue import Expected
from assistant.errors import Fault, SentenceError
from assistant.interpret import Interpreter, Understood, greedy
from assistant.language import (
    DIALOGUE,
    Loaded,
    Sentences,
    catalog_entries,
    household_catalogs,
    load_files,
    load_packs,
    span_intents,
    span_sentences,
)
from assistant.listen import segment
from assistant.messages import Hypothesis, Interpretation, Posteriors, Reason, SlotValue, Utterance, Vocabulary
from assistant.model import Following, Network, Reader
from assistant.paraphrases import AT_ONCE, OtherWords, Paraphrases
from assistant.rehearing import reheard
from assistant.rejoining import Rejoining
from assistant.vocabularies import all_catalogs, handler_sentences

log = logging.getLogger(__name__)

ANSWER_THRESHOLD = 0.6
"""The least while a question is open: answers are short words, and many others sound a little like "yes" or "no"."""
PARAPHRASED: tuple[Reason, ...] = ("not-a-command",)
"""Why the graph must have rejected what may be meant without one of its sentences."""
SURE = 0.95
"""The least confidence of a sentence that is not waited after, lest whoever was not done be cut off, nor heard again as
a whole where it was heard in chunks."""
BEGUN_IN_NOISE = 5.0
"""Nats up to which one more word, begun behind a complete sentence, may be noise: nobody waits for its end."""
BEGUN = 0.5
"""Probability from which on a sentence is shown, while it is said, rather than its letters."""
NO_COMMAND = 0.5
"""Share of the threshold below which a sentence is called none of the household's, rather than an unsure one."""


class Recognizer:
    """Understands utterances of one household."""

    def __init__(
        self,
        *,
        model: Network,
        interpreter: Interpreter,
        threshold: float = THRESHOLD,
        thresholds: Mapping[str, float] | None = None,
        paraphrases: Paraphrases | None = None,
        warnings: Sequence[Fault] = (),
    ) -> None:
        """paraphrases: knows other words than the household's, and understands what `interpreter` rejects."""
        self._following = Following(model)
        self._paraphrases = paraphrases
        self.interpreter = interpreter
        self._threshold = threshold
        self._thresholds = dict(thresholds or {})
        self.warnings = tuple(warnings)
        """What was left out of the household's sentences."""

    def expect(self, expected: Expected) -> None:
        """Get ready to hear the answers to a question, so that the first one is not waited for."""
        choices = ((said, number, expected.language) for said, number in expected.choices)
        self.interpreter.replace_catalog("choice", catalog_entries(choices, [expected.language]))
        self.interpreter.narrow(expected.intents, language=expected.language)

    def recognize(self, utterance: Utterance, *, expected: Expected | None = None) -> Interpretation:
        """Return what was meant, or why nothing was understood.

        expected: answers, while a question is open; all that the household says when None.
        """
        began = time.perf_counter()
        posteriors, understood = self._understood(utterance.samples, expected)
        self._following.forget()
        best = understood.hypotheses[0] if understood.hypotheses else None
        reason = rejection(understood, threshold=self._least(understood, expected))
        meant = None
        if self._paraphrases and expected is None:
            words = self._paraphrases.heard(posteriors)
            if best and reason != "no-speech" and words.rather_than(understood):
                reason = "not-a-command"
            if reason in PARAPHRASED:
                meant = self._paraphrased(words, utterance.samples)
        return Interpretation(
            id=utterance.id,
            time=datetime.now(UTC),
            best=meant or best,
            accepted=meant is not None or reason is None,
            reason=None if meant else reason,
            alternatives=understood.hypotheses if meant else understood.hypotheses[1:],
            source="paraphrase" if meant else "device",
            audio_ms=utterance.audio_ms,
            compute_ms=round((time.perf_counter() - began) * 1000, 2),
            heard=understood.heard,
        )

    def follow(self, samples: np.ndarray, *, expected: Expected | None = None) -> None:
        """Hear what was said so far of an utterance, (samples,) int16, so that little is left to hear at its end."""
        self._following.follow(samples, languages=self._languages(expected))

    def said(self, samples: np.ndarray) -> str:
        """Return the sentence that was begun, or the letters where it begins none; samples: as for `follow`."""
        posteriors = self._following.said(samples, languages=self.interpreter.languages)
        begun = self.interpreter.begun(posteriors)
        return begun.text if begun.command >= BEGUN else greedy(posteriors.symbols)

    def pause_ms(self, samples: np.ndarray, *, listen: ListenConfig, expected: Expected | None = None) -> int:
        """Return how much silence ends what was said so far.

        samples: (samples,) int16, the silence until now included.  expected: as in `recognize`.
        """
        posteriors = self._heard(samples, expected)
        only, language = _allowed(expected)
        begun = self.interpreter.begun(posteriors, only=only, language=language)
        if not begun.whole and begun.command < self._threshold:
            return listen.hangover_ms
        understood = self.interpreter.interpret(posteriors, only=only, language=language)
        least = self._least(understood, expected)
        if begun.whole and not understood.hypotheses:  # a number that wants more digits
            return listen.patience_ms if begun.command >= self._threshold else listen.hangover_ms
        ended_ms = listen.patience_ms if understood.open_row else listen.hangover_ms
        if begun.whole:
            is_sure = rejection(understood, threshold=max(SURE, least)) is None
            return listen.early_ms if is_sure and not understood.goes_on else ended_ms
        is_complete = understood.cost - begun.cost < BEGUN_IN_NOISE and rejection(understood, threshold=least) is None
        return ended_ms if is_complete else listen.patience_ms

    def _understood(self, samples: np.ndarray, expected: Expected | None) -> tuple[Posteriors, Understood]:
        """What was heard and what it means.

        Chunks that leave a doubt are heard once more as a whole, and better; what is still unsure at other speeds.
        """
        only, language = _allowed(expected)
        interpret = partial(self.interpreter.interpret, only=only, language=language)
        posteriors = self._heard(samples, expected)
        understood = interpret(posteriors)
        if self._following.in_chunks and rejection(understood, threshold=SURE) is not None:
            posteriors = self._whole(samples, expected)
            understood = interpret(posteriors)
        return posteriors, reheard(understood, samples, lambda again: interpret(self._whole(again, expected)))

    def _paraphrased(self, words: OtherWords, samples: np.ndarray) -> Hypothesis | None:
        """What other words mean, at other speeds as well where that is not sure; None where it stays unsure."""
        known, language = words.known, words.language

        def hear(again: np.ndarray) -> Understood:
            posteriors = self._following.whole(again, languages=frozenset({language}))
            return known.heard(posteriors, language=language).understood()

        understood = reheard(words.understood(), samples, hear, sure=AT_ONCE)
        return understood.hypotheses[0] if rejection(understood, threshold=known.sure) is None else None

    def _heard(self, samples: np.ndarray, expected: Expected | None) -> Posteriors:
        return self._following.posteriors(samples, languages=self._languages(expected))

    def _whole(self, samples: np.ndarray, expected: Expected | None) -> Posteriors:
        return self._following.whole(samples, languages=self._languages(expected))

    def _languages(self, expected: Expected | None) -> Collection[str]:
        return self.interpreter.languages if expected is None else frozenset({expected.language})

    def _least(self, understood: Understood, expected: Expected | None) -> float:
        """The confidence that the best hypothesis needs."""
        best = understood.hypotheses[0] if understood.hypotheses else None
        threshold = self.threshold(best.domain, best.intent) if best else self._threshold
        return threshold if expected is None else max(threshold, ANSWER_THRESHOLD)

    def threshold(self, domain: str, intent: str) -> float:
        """Return the confidence that an intent needs; `light.on` counts before `on`."""
        for name in (f"{domain}.{intent}", intent):
            if name in self._thresholds:
                return self._thresholds[name]
        return self._threshold


@dataclass(frozen=True, slots=True)
class Attention:
    """A recognizer that follows what is said: the segmenter's follower."""

    recognizer: Recognizer
    listen: ListenConfig
    expected: Expected | None = None

    def follow(self, samples: np.ndarray) -> None:
        """Hear what was said so far."""
        self.recognizer.follow(samples, expected=self.expected)

    def pause_ms(self, samples: np.ndarray) -> int:
        """Return how much silence ends what was said so far."""
        return self.recognizer.pause_ms(samples, listen=self.listen, expected=self.expected)


def _allowed(expected: Expected | None) -> tuple[Sequence[str] | None, str | None]:
    """Intents and language that may be heard."""
    return (None, None) if expected is None else (expected.intents, expected.language)


def rejection(understood: Understood, *, threshold: float) -> Reason | None:
    """Return why the best hypothesis is not accepted, or None when it is."""
    if not understood.hypotheses or understood.command < NO_COMMAND * threshold:
        return "not-a-command" if understood.heard else "no-speech"
    if understood.hypotheses[0].confidence >= threshold and not _tied(understood):
        return None
    return "ambiguous" if understood.command >= threshold else "low-confidence"


def _tied(understood: Understood) -> bool:
    """Whether two meanings fit equally well: doing either would be a guess."""
    first, *others = understood.hypotheses
    return bool(others) and others[0].confidence >= 0.98 * first.confidence


def for_household(config: HouseholdConfig, model: Network, *, vocabularies: Sequence[Vocabulary] = ()) -> Recognizer:
    """Return the recognizer of a household: its packs, its own sentences, its names, and what its handlers add.

    Raises SentenceError where a sentence file cannot be used at all; single faults are left out and logged.
    """
    loaded = load_files(config.sentences, languages=config.languages)
    added = handler_sentences(vocabularies, config.languages)
    people = load_phonebook(config)
    for fault in (*loaded.faults, *added.faults, *people.faults):
        log.warning("%s", fault)
    own = (
        *loaded.sentences,
        *load_packs((*config.packs_in_use, DIALOGUE), config.languages),
        *(span_sentences(config.packs_in_use, config.languages) if config.paraphrases else ()),
    )
    interpreter = _interpreter(config, own, vocabularies, added)
    return Recognizer(
        model=model,
        interpreter=interpreter,
        threshold=config.threshold,
        thresholds=config.thresholds,
        paraphrases=Paraphrases(interpreter, Reader.load(config.meaning)) if config.paraphrases else None,
        warnings=(*loaded.faults, *added.faults, *people.faults, *_left_out(interpreter)),
    )


def for_sentences(paths: Iterable[Path], model: Network, languages: Sequence[str] | None = None) -> Recognizer:
    """Return a recognizer of nothing but some sentence files, in some of their languages.

    Raises SentenceError as `for_household` does.
    """
    loaded = load_files(paths, languages=languages)
    for fault in loaded.faults:
        log.warning("%s", fault)
    interpreter = Interpreter(loaded.sentences)
    return Recognizer(model=model, interpreter=interpreter, warnings=(*loaded.faults, *_left_out(interpreter)))


def check_sentences(config: HouseholdConfig, *, vocabularies: Sequence[Vocabulary] = ()) -> tuple[Fault, ...]:
    """Return what would be left out of a household's sentences and contacts, and of its handlers' sentences.

    Raises SentenceError with every fault where a sentence file cannot be used at all.
    """
    loaded = load_files(config.sentences)
    added = handler_sentences(vocabularies, config.languages)
    interpreter = Interpreter(
        (*loaded.sentences, *load_packs(config.packs_in_use, config.languages), *added.sentences),
        catalogs=all_catalogs(config, vocabularies),
    )
    return (*loaded.faults, *added.faults, *load_phonebook(config).faults, *_left_out(interpreter))


def answers() -> tuple[str, ...]:
    """Return the intents that make sense only while a question is open; a correction is heard at any time."""
    blocks = (block for pack in load_packs([DIALOGUE], ["en"]) for block in pack.blocks)
    return tuple(dict.fromkeys(f"{block.domain}.{block.intent}" for block in blocks if block.intent != "correct"))


def recognize_samples(
    recognizer: Recognizer,
    samples: np.ndarray,
    *,
    listen: ListenConfig | None = None,
    whole: bool = False,
    expected: Expected | None = None,
) -> tuple[Interpretation, int]:
    """Return what a recording says, and how many utterances it has.

    Of several utterances the first accepted one counts, else the last; `whole` takes the recording as one.
    expected: as in `Recognizer.recognize`.
    """
    now, listen = datetime.now(UTC), listen or ListenConfig()
    everything = Utterance(samples=samples, started=now)
    attention = Attention(recognizer, listen, expected)
    utterances = [] if whole else segment(samples, listen, ended=now, follower=attention)
    # Whoever gives a file means it to be heard, also where the segmenter found no speech in it.
    rejoining = Rejoining(recognizer)
    heard = rejoining.recognize(utterances[0] if utterances else everything, expected=expected)
    for utterance in utterances[1:]:
        if heard.accepted:
            break
        heard = rejoining.recognize(utterance, expected=expected)
    return replace(heard, audio_ms=everything.audio_ms), 1 if whole else len(utterances)


def _interpreter(
    config: HouseholdConfig, own: Sequence[Sentences], vocabularies: Sequence[Vocabulary], added: Loaded
) -> Interpreter:
    """The household's sentences before the packs', and those before the handlers': the first wins the same words."""
    context: Mapping[str, SlotValue] = {} if config.room is None else {"area": config.room}
    reserved = (*answers(), *span_intents())
    try:
        return Interpreter(
            _ordered((*own, *added.sentences), config.languages),
            catalogs=all_catalogs(config, vocabularies),
            context=context,
            reserved=reserved,
        )
    except SentenceError as error:
        catalogs = household_catalogs(config)
        # It raises again where the household alone is at fault.
        alone = Interpreter(_ordered(own, config.languages), catalogs=catalogs, context=context, reserved=reserved)
        names = ", ".join(vocabulary.handler for vocabulary in vocabularies)
        log.error("what handlers (%s) add to what may be said is left out: %s", names, error)
        return alone


def _ordered(sentences: Sequence[Sentences], languages: Sequence[str]) -> list[Sentences]:
    return sorted(sentences, key=lambda one: list(languages).index(one.language))


def _left_out(interpreter: Interpreter) -> tuple[Fault, ...]:
    return tuple(Fault(*what.split(": ", 1)) for what in interpreter.left_out)


__all__ = [
    "Attention",
    "Network",
    "Recognizer",
    "SentenceError",
    "check_sentences",
    "for_household",
    "for_sentences",
    "recognize_samples",
    "rejection",
]
