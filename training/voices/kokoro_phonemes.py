"""From text to the phoneme symbols that Kokoro knows, by way of the program espeak-ng.

espeak-ng is GPL: it runs as a program of its own, on training machines only, and nothing of it is shipped.  It is
given the text between two punctuation marks as one line and answers with one line of IPA, in which `^` ties the two
halves of a diphthong or an affricate.  Kokoro was trained on a slightly different alphabet (one letter for each
English diphthong and each affricate, no length marks in American English) and on the punctuation itself; the tables
below lead from one to the other.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

PUNCTUATION = ";:,.!?—…"
"""The marks that are symbols of Kokoro, heard as pauses and melody; its brackets and quotes are dropped as silent."""

ESPEAK_VOICES = {"en-us": "en-us", "en-gb": "en-gb", "es": "es", "fr": "fr-fr"}

TIED = {
    "a^ɪ": "I", "a^ʊ": "W", "e^ɪ": "A", "ɔ^ɪ": "Y", "o^ʊ": "O", "ə^ʊ": "Q",
    "d^z": "ʣ", "d^ʒ": "ʤ", "t^s": "ʦ", "t^ʃ": "ʧ", "s^s": "S",
}  # fmt: skip
"""Two tied symbols of espeak-ng: one of Kokoro, in every language."""

ENGLISH = {
    "ə^l": "ᵊl", "ʔˌn̩": "tᵊn", "ʔn̩": "tᵊn", "ʔn": "tᵊn", "ʔ": "t", "ʲo": "jo", "ʲə": "jə", "ʲ": "",
    "r": "ɹ", "x": "k", "ç": "k", "ɐ": "ə", "ɬ": "l", "ɚ": "əɹ", "n̩": "ᵊn", "l̩": "ᵊl", "\u0303": "", "\u0329": "",
}  # fmt: skip
BRITISH = {"e^ə": "ɛː", "i^ə": "ɪə", "iə": "ɪə", "e": "A"}
AMERICAN = {"ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ː": "", "o": "ɔ", "e": "A", "ɾ": "T"}

_LANGUAGE_SWITCH = re.compile(r"\(\^?\w+\^?\w*(?:-\w+)?\)")
_SILENT = str.maketrans("’", "'", '"“”«»()¿¡')
_PIECES = re.compile(f"([{re.escape(PUNCTUATION)}]+)")
_SOUND = re.compile(r"\w")


def to_kokoro(ipa: str, variety: str) -> str:
    """Rewrite one line of espeak-ng's IPA for Kokoro; variety: a key of `ESPEAK_VOICES`."""
    symbols = _LANGUAGE_SWITCH.sub("", ipa).strip()
    tables = [TIED]
    if variety == "en-gb":
        tables = [TIED, ENGLISH, BRITISH]
    if variety == "en-us":
        tables = [TIED, ENGLISH, AMERICAN]
    for table in tables:
        for old, new in table.items():
            symbols = symbols.replace(old, new)
    return re.sub(r"\s+", " ", symbols.replace("^", "").replace("-", ""))


def split_text(text: str) -> list[str]:
    """Split `text` into pieces to be spoken and runs of punctuation between them, in order, none empty."""
    pieces = [piece.strip() for piece in _PIECES.split(" ".join(text.translate(_SILENT).split()))]
    return [piece for piece in pieces if piece]


def phonemize(texts: Sequence[str], variety: str) -> list[str]:
    """Return Kokoro's symbols for each text; one run of espeak-ng for all, as starting it costs more than speaking.

    Raises ValueError for an unknown variety, RuntimeError when espeak-ng answers with another number of lines.
    """
    if variety not in ESPEAK_VOICES:
        raise ValueError(f'no phonemes for "{variety}"; known are {", ".join(ESPEAK_VOICES)}')
    split = [split_text(text) for text in texts]
    spoken = [piece for pieces in split for piece in pieces if _SOUND.search(piece)]
    lines = iter(_run_espeak(spoken, ESPEAK_VOICES[variety]))
    return [_join([to_kokoro(next(lines), variety) if _SOUND.search(piece) else piece for piece in pieces])
            for pieces in split]  # fmt: skip


def _join(pieces: Sequence[str]) -> str:
    """Put punctuation behind the piece before it, with a space after, as Kokoro was trained."""
    joined = ""
    for piece in pieces:
        touches = not joined or (piece[0] in PUNCTUATION and piece[0] != "—")
        joined += piece if touches else " " + piece
    return joined


def _run_espeak(lines: Sequence[str], voice: str) -> list[str]:
    if not lines:
        return []
    # A full stop after each line would be read as an abbreviation's; the line end itself closes a clause.
    command = ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", voice]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = [line for line in done.stdout.split("\n") if line.strip()]
    if len(answers) != len(lines):
        raise RuntimeError(f"espeak-ng gave {len(answers)} lines for {len(lines)}; first text: {lines[0]!r}")
    return answers
