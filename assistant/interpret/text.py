"""Written words as if the network had heard them: what another recognizer wrote down goes through the same search.

Recognizers that know nothing of the household write "étant la lumière" for "éteins la lumière", "minuteur diminute" for
"minuteur dix minutes".  So a letter may also be one that sounds or looks like it, be left out, or stand beside one that
is missing, each at a cost: the search of the household's graph then finds the nearest sentence, as of speech.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from assistant.interpret.confidence import Calibration, command_probability
from assistant.interpret.interpreter import Interpreter, Understood
from assistant.interpret.search import BLANK_COST
from assistant.language import spellings
from assistant.messages import Posteriors
from assistant.model.symbols import ALPHABET, BLANK, encode, normalize

CALIBRATION = Calibration(excess=4.0, crowd=0.0, worst=0.8, unsure=0.0, offset=5.0, short=1.0, margin=0.6)
"""Of written words, whose letters cost less than the network's.

What faster-whisper makes of the development commands lies below 0.75 nats a letter and 1.5 in the worst word when it is
one of the household's sentences, and above 1.5 or 2.8 otherwise."""

MOST_LETTERS = 300
"""Longer texts are no commands, and are not searched: nobody says so much in one utterance."""
MOST_SPELLINGS = 2
"""Ways to speak the digits of a text that are tried in each language."""
SURE = 0.95
"""Confidence at which no other way is tried."""
ACCENT, ALIKE, OTHER = 1.0, 3.0, 6.0
"""Nats for the same letter with another accent, for a letter that is taken for it easily, and for any other."""
LEFT_OUT, ADDED, DOUBLED, SPACE = 5.0, 5.0, 1.5, 3.0
"""Nats for a letter too many, one that is missing, a double one written once, and a space too many or missing."""
_ALIKE = ("aeiouy", "bp", "bv", "cgkq", "cszx", "dt", "fv", "gj", "lr", "mn", "jy", "ouw")
_SYMBOLS = len(ALPHABET) + 1
_BETWEEN = 2
"""Frames of blank between letters: a double letter needs one for itself and one before it."""


def read_text(interpreter: Interpreter, text: str, *, languages: Sequence[str]) -> Understood:
    """Return which sentence of the household `text` is, however it is written; `heard` are the words as they came."""
    best = Understood((), 0.0, 0.0, "")
    for way in _spoken_ways(text, languages=languages):
        read = _judged(interpreter.interpret(written(way)))
        best = max(best, read, key=_confidence)
        if _confidence(best) >= SURE:
            break
    return replace(best, heard=text)


def _confidence(understood: Understood) -> float:
    return understood.hypotheses[0].confidence if understood.hypotheses else 0.0


def _judged(understood: Understood) -> Understood:
    """The same with the confidence that written words deserve."""
    if understood.evidence is None or not understood.command:
        return understood
    command = command_probability(understood.evidence, CALIBRATION)
    scale = command / understood.command
    hypotheses = tuple(replace(one, confidence=round(one.confidence * scale, 4)) for one in understood.hypotheses)
    return replace(understood, hypotheses=hypotheses, command=command)


def _spoken_ways(text: str, *, languages: Sequence[str]) -> list[str]:
    """Return `text` as it may have been spoken: digits and signs in the words of each language, the usual ones."""
    ways = (way for language in languages for way in spellings(text, language)[:MOST_SPELLINGS])
    normalized = dict.fromkeys(normalize(way).strip() for way in ways)
    return [way for way in normalized if 0 < len(way) <= MOST_LETTERS]


def written(text: str) -> Posteriors:
    """Return normalized `text` as posteriors of a network that hears every letter a little unsurely."""
    frames = [_gap(None)]
    for symbol in encode(text):
        letter = _CONFUSIONS[symbol].copy()
        letter[BLANK] = BLANK_COST - (SPACE if symbol == _SPACE else LEFT_OUT)
        frames += [letter, *[_gap(symbol)] * _BETWEEN]
    return Posteriors(np.array(frames, np.float32), frame_ms=20)


def _gap(after: int | None) -> np.ndarray:
    """The frame behind a letter, (symbols,) float32: nothing is said, unless a letter is missing there."""
    frame = np.full(_SYMBOLS, -ADDED, np.float32)
    frame[_SPACE] = -SPACE
    if after is not None and after != _SPACE:
        frame[after] = -DOUBLED
    frame[BLANK] = BLANK_COST  # the search takes as much from every blank
    return frame


def _confusions() -> np.ndarray:
    """Log-probabilities of what was meant by each letter, (symbols, symbols) float32."""
    costs = np.full((_SYMBOLS, _SYMBOLS), OTHER, np.float32)
    plain = [unicodedata.normalize("NFKD", letter)[0] for letter in ALPHABET]
    for row, one in enumerate(plain, start=1):
        for column, other in enumerate(plain, start=1):
            if one == other:
                costs[row, column] = 0.0 if row == column else ACCENT
            elif any(one in letters and other in letters for letters in _ALIKE):
                costs[row, column] = ALIKE
    return -costs


_SPACE = encode(" ")[0]
_CONFUSIONS = _confusions()
