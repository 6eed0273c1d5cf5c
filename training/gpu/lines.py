"""Texts with their phonemes, speakers and speeds, written once where espeak-ng runs, to be spoken on the GPU.

    python -m training.gpu.lines --lines 60000 --seed 1 --out lines.jsonl.xz

Each line is a JSON object: `text` (normalized; names of what is meant marked), `kind`, `intent` where it is known,
`language`, `phonemes`, `timbre`, `prosody`, `speed`.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from assistant.model.symbols import normalize
from training import text
from training.meanings import NONE, plain
from training.text import meaning
from training.voices.kokoro import phonemize_for
from training.voices.kokoro_model import MOST_SYMBOLS
from training.voices.kokoro_styles import draw_speaker, draw_speed

SAID = "said"
SHARES = {**{kind: 55 * weight / sum(text.WEIGHTS.values()) for kind, weight in text.WEIGHTS.items()}, SAID: 17}
"""Of each kind of text; short ones and names, which need more, come on top."""
MORE = {"keyword": 4, "short": 4, "number": 3, "digits": 2, "word": 2, "calling_said": 6, "media_said": 3, "person": 3}
COMMANDS = {
    *("home_said", "household", "media_said", "calling_said", "timer_said", "general_said", "car_said"),
    *("hesitation", "short", "keyword"),
}
"""Kinds in which something is asked of a house, though nothing says what."""
LANGUAGES = {"en": 0.44, "es": 0.27, "fr": 0.29}
BATCH = 256
MOST_WORDS = 30


def draw_text(kind: str, language: str, draw: random.Random) -> tuple[str, str | None]:
    """Return a text of one of the kinds of `SHARES`, names marked, and what is meant, None where it is not known."""
    if kind == SAID:
        return draw.choice(_said(language))
    return text.sample(language, draw, kinds=(kind,)), None if kind in COMMANDS else NONE


@cache
def _said(language: str) -> tuple[tuple[str, str], ...]:
    return meaning.kept_lines(f"{language}.txt", language)


def lines(language: str, draw: random.Random) -> Iterator[dict[str, object]]:
    """Yield lines of one language without end."""
    weights = {kind: share + MORE.get(kind, 0) for kind, share in SHARES.items()}
    while True:
        kinds = draw.choices(list(weights), list(weights.values()), k=BATCH)
        drawn = [draw_text(kind, language, draw) for kind in kinds]
        texts = [plain(marked) for marked, _ in drawn]
        speakers = [draw_speaker(language, draw) for _ in texts]
        spoken = phonemize_for(texts, speakers, language)
        for kind, (marked, intent), speaker, phonemes in zip(kinds, drawn, speakers, spoken, strict=True):
            normalized = normalize(plain(marked))
            if 0 < len(phonemes) <= MOST_SYMBOLS and 0 < len(normalized.split()) <= MOST_WORDS:
                yield {
                    "text": normalized if kind != SAID else marked,
                    "kind": kind,
                    "intent": intent,
                    "language": language,
                    "phonemes": phonemes,
                    "timbre": speaker.timbre,
                    "prosody": speaker.prosody,
                    "speed": round(draw_speed(language, draw), 3),
                }


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    draw = random.Random(chosen.seed)
    sources = {language: lines(language, draw) for language in LANGUAGES}
    written = []
    for language, share in LANGUAGES.items():
        written += [next(sources[language]) for _ in range(round(share * chosen.lines))]
    draw.shuffle(written)
    with lzma.open(chosen.out, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in written)


if __name__ == "__main__":
    main()
