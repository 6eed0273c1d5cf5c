"""What was meant by a sentence that no template says: "it's awfully gloomy in here", "could somebody ring my mother".

Only where the graph found no command: the second network reads the letters that the first one heard, says the intent
and which words name something, and the household's own names decide what those are.  Where a named thing is none of
the household's, or the intent lacks what it needs, nothing was meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from assistant.interpret import Interpreter
from assistant.language import span
from assistant.messages import Hypothesis, Posteriors, SlotValue
from assistant.model import Heard, Reader, letters_heard
from assistant.model.reader import Span

SURE = 0.9
"""Probability of the intent below which nothing is done."""
NAMED = 0.2
"""Confidence of a name below which it is none of the household's: it is known to be one, unlike a whole sentence."""
ALIKE = 60
"""Percent of its letters that must have been heard, so that another person's name is not taken for the nearest one."""
SHORTEST = 8
"""Letters that a sentence has at least: shorter ones are commands that the graph knows, or none."""
NEEDED: Mapping[str, frozenset[str]] = {
    "calling.call": frozenset({"contact", "relation"}),
    "light.color": frozenset({"color"}),
    "timer.add": frozenset({"hours", "minutes", "seconds"}),
    "timer.start": frozenset({"hours", "minutes", "seconds"}),
}
"""Intents that mean nothing without one of these slots."""
_AROUND = 3
"""Frames before and after a name that belong to its first and last letter."""


@dataclass(frozen=True, slots=True)
class Paraphrases:
    """Understands what the graph of `interpreter` does not."""

    interpreter: Interpreter
    reader: Reader
    sure: float = SURE

    def understand(self, posteriors: Posteriors) -> Hypothesis | None:
        """Return what was meant, or None where that is not sure enough."""
        heard = letters_heard(posteriors.symbols)
        meant = self.reader.read(heard)
        if len(heard.shares) < SHORTEST or not meant.intents:
            return None
        name = max(meant.intents, key=lambda intent: meant.intents[intent])
        share = meant.intents[name]
        language = max(self.interpreter.languages, key=lambda one: meant.languages[one])
        domain, _, intent = name.partition(".")
        if share < self.sure or not self.interpreter.has_intent(domain, intent, language=language):
            return None
        slots: dict[str, SlotValue] = {}
        spoken: dict[str, str] = {}
        confidence = share
        for one in meant.spans:
            named = self._named(posteriors, heard, one, domain=domain, language=language)
            if named is None or any(slot in slots for slot in named.slots):
                return None
            slots |= named.slots
            spoken |= named.spoken
            confidence *= math.sqrt(named.confidence)
        if name in NEEDED and not NEEDED[name] & slots.keys():
            return None
        return Hypothesis(language, domain, intent, heard.text.strip(), slots, spoken, round(confidence, 4))

    def _named(
        self, posteriors: Posteriors, heard: Heard, part: Span, *, domain: str, language: str
    ) -> Hypothesis | None:
        """The household's name that a part of the utterance is, or None."""
        intent = span(domain, part.kind)
        if intent is None:
            return None
        begin = max(0, int(heard.frames[part.begin, 0]) - _AROUND)
        end = int(heard.frames[part.end - 1, 1]) + _AROUND
        found = self.interpreter.interpret(
            Posteriors(posteriors.symbols[begin:end], posteriors.frame_ms), only=[intent], language=language
        )
        best = found.hypotheses[0] if found.hypotheses else None
        if best is None or best.confidence < NAMED or not best.slots:
            return None
        said = heard.text[part.begin : part.end]
        return best if all(fuzz.partial_ratio(words, said) >= ALIKE for words in best.spoken.values()) else None
