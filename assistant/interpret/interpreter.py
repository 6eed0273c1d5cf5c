"""Posteriors in, readings of the household out: the graph, its search and the confidence together."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.errors import Fault, SentenceError
from assistant.interpret.confidence import Calibration, Evidence, command_probability, shares, weigh
from assistant.interpret.graph import FIRST_EVENT, Assembler, Graph
from assistant.interpret.groups import Catalogs, Plan, make_plan, together
from assistant.interpret.lattice import Reading
from assistant.interpret.letters import TooLargeError
from assistant.interpret.meaning import Meaning, meaning_of, words_of
from assistant.interpret.search import any_words, begun, greedy, readings, scored
from assistant.interpret.words import Transcript
from assistant.language import Entry, Sentences
from assistant.messages import Hypothesis, Posteriors, SlotValue
from assistant.model.reader import Lexicon
from assistant.model.symbols import decode

log = logging.getLogger(__name__)

MOST_NARROWED = 32
"""Graphs of some intents only that are kept at a time."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What may be the beginning of a sentence, or a whole one."""

    text: str
    cost: float
    """Nats of its path, as in `Understood`."""
    command: float
    """Probability that it is, to its last letter."""
    whole: bool
    """Whether the sentence has come to an end, and none that has not fits better."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What the graph made of one utterance."""

    hypotheses: tuple[Hypothesis, ...]
    """Best first, each with another meaning; empty when no sentence fits at all."""
    command: float
    """Probability that it was a sentence of the household."""
    share: float
    """Probability that it was the first hypothesis rather than another, if it was a sentence."""
    heard: str
    """The letters without the graph."""
    evidence: Evidence | None = None
    goes_on: bool = False
    """Whether more words could make a sentence of another meaning of one of the readings."""
    cost: float = math.inf
    """Nats of the path of the first hypothesis."""
    open_row: bool = False
    """Whether the first hypothesis ends in a row of digits that may go on after a pause."""


class Interpreter:
    """A household's sentences and names, ready to be heard.  Safe to use while a catalog is replaced."""

    def __init__(
        self,
        sentences: Sequence[Sentences],
        *,
        catalogs: Catalogs | None = None,
        context: Mapping[str, SlotValue] | None = None,
        calibration: Calibration | None = None,
        reserved: Sequence[str] = (),
    ) -> None:
        """reserved: intents that are heard only where `interpret` is told to hear `only` some, them among these."""
        self._context = dict(context or {})
        self._languages = frozenset(one.language for one in sentences)
        self._calibration = calibration or Calibration()
        self._assembler = Assembler()
        self._change = threading.Lock()  # guards the plan's lists and the assembler's prefix trees
        self._plan = make_plan(sentences, catalogs or {}, context=self._context)
        for problem in self._plan.left_out:
            log.warning("%s", problem)
        self._usual = [
            index for index, group in enumerate(self._plan.groups) if not _named(group.domain, group.intent, reserved)
        ]
        self._graph = self._assembled(self._plan)
        self._narrow: dict[tuple[tuple[str, ...], str | None], Graph] = {}
        self._words: dict[str, Graph] = {}

    @property
    def graph(self) -> Graph:
        """The graph as it is now."""
        return self._graph

    @property
    def languages(self) -> frozenset[str]:
        """Languages of the sentences."""
        return self._languages

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sentences that no graph can hold, and why."""
        return tuple(self._plan.left_out)

    def has_intent(self, domain: str, intent: str, *, language: str) -> bool:
        """Whether a sentence of that language has the intent."""
        return any((one.domain, one.intent, one.language) == (domain, intent, language) for one in self._plan.groups)

    def has_list(self, name: str) -> bool:
        """Whether a sentence uses a list of that name."""
        return any(one.name == name for one in self._plan.lists)

    def replace_catalog(self, name: str, values: Mapping[str, Sequence[Entry]]) -> int:
        """Fill the list `name` anew, by language; returns how many places of the graph it fills.

        Only this list's letters are built again; utterances meanwhile are searched in the graph as it was.
        Raises SentenceError where it would become too large; then the old names stay.
        """
        return self.replace_catalogs({name: values})

    def replace_catalogs(self, catalogs: Catalogs) -> int:
        """Fill several lists anew as `replace_catalog` does, all at once: the graph is built only one time."""
        with self._change:
            lists = list(self._plan.lists)
            changed = [
                index
                for index, one in enumerate(lists)
                if one.name in catalogs and (one.shared or one.language in catalogs[one.name]) and not one.in_a_row
            ]
            for index in changed:
                one, values = lists[index], catalogs[lists[index].name]
                entries = together(values) if one.shared else values[one.language]
                lists[index] = one.refilled(entries, context=self._context)
            if changed:
                plan = self._plan.with_lists(lists)
                if self._graph.lists.intersection(changed):
                    self._graph = self._assembled(plan)
                self._plan = plan
                self._narrow.clear()
                self._words.clear()
        return len(changed)

    def interpret(
        self, posteriors: Posteriors, *, only: Sequence[str] | None = None, language: str | None = None
    ) -> Understood:
        """Return what was said.

        only: intents (`light.on`, or their bare name) that may be heard; all but the reserved ones when None.
        language: with `only`, the one that may be spoken; any when None.
        """
        graph = self._graph if only is None else self._narrowed(tuple(only), language)
        scores = scored(posteriors.symbols)
        heard = greedy(posteriors.symbols)
        found = readings(graph, scores)
        kept = _meanings(found, graph, self._context)
        if not kept:
            return Understood((), 0.0, 0.0, heard)
        best = kept[0][0]
        evidence = weigh(best.cost, frames=best.frames, symbols=scores, states=graph.states)
        command = command_probability(evidence, self._calibration)
        parts = shares([reading.cost for reading, _ in kept], self._calibration)
        hypotheses = [_hypothesis(meaning, command * part) for (_, meaning), part in zip(kept, parts, strict=True)]
        goes_on = any(reading.goes_on for reading in found)
        open_row = kept[0][1].open_row
        return Understood(tuple(hypotheses), command, parts[0], heard, evidence, goes_on, best.cost, open_row)

    def begun(self, posteriors: Posteriors, *, only: Sequence[str] | None = None, language: str | None = None) -> Begun:
        """Return the sentence that was begun, whether it has come to its end or not.

        only, language: as in `interpret`.
        """
        scores = scored(posteriors.symbols)
        graph = self._graph if only is None else self._narrowed(tuple(only), language)
        best, whole = begun(graph, scores)
        if best is None:
            return Begun("", math.inf, 0.0, whole)
        evidence = weigh(best.cost, frames=best.frames, symbols=scores, states=graph.states)
        text = decode([output for output in best.outputs if output < FIRST_EVENT])
        return Begun(text, best.cost, command_probability(evidence, self._calibration), whole)

    def transcribe(
        self, posteriors: Posteriors, *, lexicon: Lexicon, language: str, names: Sequence[str]
    ) -> Transcript:
        """Return the likeliest words of an utterance, whatever they mean.

        lexicon: always the same one of a language.
        names: intents of that language whose sentences may stand among the words, like those of `span_intents`.
        """
        graph = self._of_words(lexicon, language, names)
        best = any_words(graph, scored(posteriors.symbols))
        return Transcript(words_of(best.outputs, graph), best.cost) if best else Transcript((), math.inf)

    def narrow(self, only: Sequence[str], *, language: str | None = None) -> None:
        """Build what `interpret` needs for `only` these intents, where that has not been done yet."""
        self._narrowed(tuple(only), language)

    def _assembled(self, plan: Plan) -> Graph:
        try:
            return self._assembler.assemble(plan, only=self._usual)
        except TooLargeError as error:
            raise SentenceError([Fault("sentences", str(error))]) from error

    def _narrowed(self, only: tuple[str, ...], language: str | None) -> Graph:
        """The graph of some intents, kept until the catalogs change."""
        key = (only, language)
        with self._change:
            if key not in self._narrow:
                groups = self._groups(only, language)
                if len(self._narrow) >= MOST_NARROWED:
                    self._narrow.clear()
                self._narrow[key] = self._assembler.assemble(self._plan, only=groups)
            return self._narrow[key]

    def _of_words(self, lexicon: Lexicon, language: str, names: Sequence[str]) -> Graph:
        """The graph of a language's words, kept until the catalogs change."""
        with self._change:
            if language not in self._words:
                groups = self._groups(names, language)
                self._words[language] = self._assembler.assemble(self._plan, only=groups, lexicon=lexicon)
            return self._words[language]

    def _groups(self, names: Sequence[str], language: str | None) -> list[int]:
        """The groups of some intents, in one language or all."""
        return [
            index
            for index, group in enumerate(self._plan.groups)
            if _named(group.domain, group.intent, names) and language in (None, group.language)
        ]


def _named(domain: str, intent: str, names: Sequence[str]) -> bool:
    return intent in names or f"{domain}.{intent}" in names


def _meanings(
    found: Sequence[Reading], graph: Graph, context: Mapping[str, SlotValue]
) -> list[tuple[Reading, Meaning]]:
    """Readings with their meanings, each meaning once.

    Where two kinds of sentences allow the very same words, the one that is written first counts alone, as in hassil;
    where one kind allows them with different values (two lamps of one name), both stay and compete.
    """
    kept: list[tuple[Reading, Meaning]] = []
    for reading in found:
        meaning = meaning_of(reading.outputs, graph, context=context)
        if meaning is None or any(meaning.key == other.key for _, other in kept):
            continue
        if any(meaning.text == other.text and not _same_kind(meaning, other) for _, other in kept):
            continue
        kept.append((reading, meaning))
    return kept


def _same_kind(first: Meaning, second: Meaning) -> bool:
    return first.group is second.group and set(first.slots) == set(second.slots)


def _hypothesis(meaning: Meaning, confidence: float) -> Hypothesis:
    group = meaning.group
    return Hypothesis(
        language=group.language,
        domain=group.domain,
        intent=group.intent,
        text=meaning.text,
        slots=meaning.slots,
        spoken=meaning.spoken,
        confidence=round(confidence, 4),
    )
