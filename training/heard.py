"""The sentences of `training.text.meaning` as the household's recognizer hears them: words with real mistakes.

    python -m training.heard data/heard.fr.jsonl --language fr

Training voices speak each sentence once, at another speed, in noise of another colour; the shipped network and the
search of any words hear it, in a house that has all names of all sentences.  `training.meaning --heard` learns from
them.  Some five sentences a second on one core.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np

from assistant.interpret import Interpreter
from assistant.language import catalog_entries, load_packs, span_intents, span_sentences
from assistant.model import Model, Reader
from assistant.model.symbols import LANGUAGES, normalize
from assistant.paraphrases import token
from training.meanings import NONE, plain
from training.text.meaning import marked_lines, name_marks, usual_names, words_of
from training.voices import espeak, hibari, kokoro, pico
from training.voices.spoken import Say, UnspeakableError, clip_samples

VOICES: dict[str, tuple[Say, ...]] = {
    "en": (hibari.say, hibari.say, hibari.say, espeak.say),
    "es": (pico.say,),
    "fr": (pico.say,),
}
PACKS = ("light", "media", "calling", "timer")
CATALOGS = {"thing": "room", "person": "contact", "music": "playlist"}
QUIETEST_DB, LOUDEST_DB = 30, 6
"""Speech above the noise."""


def house(language: str) -> Interpreter:
    """Return the names of all sentences of a language, as those of one house."""
    names: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for line, _ in marked_lines(f"{language}.txt"):
        for kind, name in name_marks(line):
            names[kind][normalize(name)] = None
    catalogs = {
        catalog: catalog_entries([(name, name, language) for name in names[kind] if name], [language])
        for kind, catalog in CATALOGS.items()
    }
    sentences = (*load_packs(PACKS, [language]), *span_sentences(PACKS, [language]))
    return Interpreter(sentences, catalogs=catalogs, reserved=span_intents())


def noisy(samples: np.ndarray, random: Random) -> np.ndarray:
    """Return (samples,) int16 with noise somewhere between white and pink."""
    rng = np.random.default_rng(random.getrandbits(32))
    spectrum = np.fft.rfft(rng.normal(size=len(samples)))
    noise = np.fft.irfft(spectrum * (np.arange(len(spectrum)) + 20.0) ** -random.uniform(0, 1), len(samples))
    speech = samples.astype(np.float64)
    ratio = 10 ** (-random.uniform(LOUDEST_DB, QUIETEST_DB) / 20)
    noise *= ratio * np.sqrt((speech**2).mean() / (noise**2).mean())
    return np.clip(speech + noise, -32768, 32767).astype(np.int16)


def spoken(
    lines: Iterable[tuple[str, str]], language: str, random: Random, *, voices: Sequence[Say]
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield each marked sentence that can be spoken, its intent, and (samples,) int16 of it in noise."""
    for line, intent in lines:
        try:
            samples = clip_samples(random.choice(voices)(plain(line), language, random), random)
        except UnspeakableError:
            continue
        yield line, intent, noisy(samples, random)


def heard(
    language: str, model: Model, reader: Reader, random: Random, *, voices: Sequence[Say]
) -> Iterator[dict[str, object]]:
    """Yield each sentence that can be spoken, in any order, with the words that were said and those that were heard."""
    interpreter, lexicon = house(language), reader.lexicons[language]
    lines = marked_lines(f"{language}.txt")
    names = usual_names(line for line, _ in lines)
    for line, intent, samples in spoken(random.sample(lines, len(lines)), language, random, voices=voices):
        posteriors = model.posteriors(samples, languages=[language])
        found = interpreter.transcribe(posteriors, lexicon=lexicon, language=language, names=span_intents())
        words = [token(word) for word in found.words]
        # A name that was not heard as one is a name that the house does not have.
        missed = Counter(f"<{kind}>" for kind, _ in name_marks(line)) - Counter(words)
        said = words_of(line, names)
        yield {"language": language, "intent": NONE if missed else intent, "words": words, "said": said}


def main() -> None:
    """Write a line for each sentence."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", choices=LANGUAGES, required=True)
    parser.add_argument("--meaning", type=Path, help="the second network whose words are heard; the shipped one")
    parser.add_argument("--most", type=int, help="sentences; all of them by default")
    parser.add_argument("--kokoro", type=Path, help="folder of Kokoro, which speaks instead of the quick voices")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    voices = (kokoro.voice(kokoro.loaded(chosen.kokoro)),) if chosen.kokoro else VOICES[chosen.language]
    with chosen.out.open("w", encoding="utf-8") as file:
        rows = heard(chosen.language, Model.load(), Reader.load(chosen.meaning), Random(chosen.seed), voices=voices)
        for row in islice(rows, chosen.most):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
