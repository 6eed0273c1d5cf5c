"""What was meant by a sentence that no template says: "it's awfully gloomy in here", "could somebody ring my mother".

Only where the graph found no command, or any other words of the language are far nearer to what was heard: these words,
the household's names among them, go to the second network, which says the intent beside the one that the first network
took from the signal; what the names are, the household's graph says.  Where the intent lacks what it needs, nothing was
meant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.interpret import Interpreter, Transcript, Understood, Word, greedy, written
from assistant.language import span, span_intents
from assistant.messages import Hypothesis, Posteriors, SlotValue
from assistant.model import Reader

SURE = 0.45
"""Probability of a meaning, over all hearings (`rehearing.py`), below which nothing is done."""
AT_ONCE = 0.7
"""Probability from which one hearing is enough."""
HEARD = 0.25
"""Weight of the intents that the first network heard, against those that the second one reads in the words."""
NEVER = 1e-3
"""Probability of what a network holds for impossible."""
FAINT = 0.05
"""Probability of an intent in one hearing below which it is left out."""
OTHER = 3.0
"""Nats by which other words must be likelier than a sentence of the household, though it alone would be taken for it.

Of 1,063 development commands understood rightly 2 were given up from 3 nats on, of 44 other utterances that a household
with every pack takes for commands 34."""
BEYOND_DOUBT = 0.97
"""Confidence from which a sentence is not compared with other words; nine of ten commands have it."""
FEWEST = 3
"""Words that a sentence has at least: shorter ones are commands that the graph knows, or none."""
NAMES_OF: Mapping[str, tuple[str, ...]] = {
    "light": ("thing",),
    "light.color": ("thing", "color"),
    "media": ("thing",),
    "media.play": ("thing", "music"),
    "calling.call": ("person",),
    "timer.start": ("time",),
    "timer.add": ("time",),
}
"""Kinds of names that an intent, or all of a domain, may have; others are only words in it."""
NEEDED: Mapping[str, str] = {
    "light.color": "color",
    "calling.call": "person",
    "timer.start": "time",
    "timer.add": "time",
}
"""The kind of name without which an intent means nothing."""


@dataclass(frozen=True, slots=True)
class Paraphrases:
    """Understands what the graph of `interpreter` does not."""

    interpreter: Interpreter
    reader: Reader
    sure: float = SURE

    def heard(self, posteriors: Posteriors, *, language: str | None = None) -> OtherWords:
        """Return an utterance as any words of a language, of the likeliest one of the household's by default."""
        return OtherWords(self, posteriors, frozenset({language}) if language else self.interpreter.languages)


@dataclass(frozen=True, slots=True)
class OtherWords:
    """One utterance as any words; those of a language are searched once, when they are first asked for."""

    known: Paraphrases
    posteriors: Posteriors
    languages: Collection[str]
    """Those that may have been spoken."""
    found: dict[str, Transcript] = field(default_factory=dict)

    def rather_than(self, understood: Understood) -> bool:
        """Whether what was taken for a sentence of the household are rather other words of its language."""
        best = understood.hypotheses[0]
        if best.confidence >= BEYOND_DOUBT:
            return False
        return self._words(best.language).cost + OTHER < understood.cost

    @property
    def language(self) -> str:
        """The one whose words fit best."""
        return min(sorted(self.languages), key=lambda one: self._words(one).cost)

    def understood(self) -> Understood:
        """Return what may be meant, whatever its probability; nothing where an intent lacks what it needs."""
        language = self.language
        transcript = self._words(language)
        intents = self._intents(transcript.words, language) if len(transcript.words) >= FEWEST else {}
        meant = (self._meant(name, share, language) for name, share in intents.items() if share >= FAINT)
        hypotheses = sorted(filter(None, meant), key=lambda one: one.confidence, reverse=True)
        command = sum(intents.values())
        share = hypotheses[0].confidence / command if hypotheses else 0.0
        return Understood(tuple(hypotheses), command, share, greedy(self.posteriors.symbols), cost=transcript.cost)

    def _intents(self, words: Sequence[Word], language: str) -> Mapping[str, float]:
        """Probabilities of intents: what the words mean, and what the first network made of the signal itself."""
        read, heard = self.known.reader.read([token(word) for word in words], language), self.posteriors.intents
        return agreed(read, heard) if heard else read

    def _meant(self, name: str, share: float, language: str) -> Hypothesis | None:
        """An intent with the names among the words, or None where they are not those that it needs."""
        domain, _, intent = name.partition(".")
        if not self.known.interpreter.has_intent(domain, intent, language=language):
            return None
        words = self._words(language).words
        kinds = NAMES_OF.get(name, NAMES_OF.get(domain, ()))
        named = [word for word in words if _kind(word) in kinds]
        if name in NEEDED and NEEDED[name] not in map(_kind, named):
            return None
        slots: dict[str, SlotValue] = {}
        spoken: dict[str, str] = {}
        for word in named:
            found = self._named(word, domain=domain, language=language)
            if found is None or any(slot in slots for slot in found.slots):
                return None
            slots |= found.slots
            spoken |= found.spoken
        text = " ".join(word.text for word in words)
        return Hypothesis(language, domain, intent, text, slots, spoken, round(share, 4))

    def _words(self, language: str) -> Transcript:
        if language not in self.found:
            self.found[language] = self.known.interpreter.transcribe(
                self.posteriors,
                lexicon=self.known.reader.lexicons[language],
                language=language,
                names=span_intents(),
            )
        return self.found[language]

    def _named(self, word: Word, *, domain: str, language: str) -> Hypothesis | None:
        """The household's name that a word is, or None where the domain has none like it."""
        intent = span(domain, _kind(word) or "")
        if intent is None:
            return None
        found = self.known.interpreter.interpret(written(word.text), only=[intent], language=language)
        best = found.hypotheses[0] if found.hypotheses else None
        return best if best and best.slots and best.text == word.text else None


def agreed(read: Mapping[str, float], heard: Mapping[str, float]) -> dict[str, float]:
    """Return what both networks mean: their weighted geometric mean, so that what one of them excludes is unlikely.

    Logarithmic opinion pool (Genest and Zidek 1986), of all intents and of none of them.  read: probabilities by
    intent, what is left of 1 that nothing is meant; heard: the same.
    """

    def both(first: float, second: float) -> float:
        return float((max(first, 0.0) + NEVER) ** (1 - HEARD) * (max(second, 0.0) + NEVER) ** HEARD)

    raised = {name: both(share, heard.get(name, 0.0)) for name, share in read.items()}
    total = sum(raised.values()) + both(1 - sum(read.values()), 1 - sum(heard.values()))
    return {name: share / total for name, share in raised.items()}


def _kind(word: Word) -> str | None:
    """What a name is of, None for other words: the last part of the intent that hears it."""
    return word.names and word.names.rpartition("_")[2]


def token(word: Word) -> str:
    """Return a word as the second network takes it: `<thing>` and the like for names."""
    kind = _kind(word)
    return f"<{kind}>" if kind else word.text
