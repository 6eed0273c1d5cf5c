"""What the shipped network makes of letters, measured: texts become what it would have heard, without any audio.

    python -m training.confusions data/confusions.npz --clips 1500 --rooms data/rooms.npz --noise data/noise-synthetic

Training voices speak texts of `training.text`; half of the clips are put into rooms and noise as in training.  What the
network hears is aligned with the text, and each letter's outcome kept: no letter, one, or several, as probabilities of
all symbols.  `Confusions.heard` draws the outcomes of one clip for all letters of a text, so that a bad microphone is
bad to the end.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
from rapidfuzz.distance import Levenshtein

from assistant.model import Model, letters_heard
from assistant.model.heard import Heard
from assistant.model.symbols import ALPHABET, normalize
from training.augment import Surroundings, hear
from training.clips import read_index, read_samples
from training.rooms import read_bank
from training.text import sample
from training.voices import espeak, hibari, pico
from training.voices.spoken import Say, Speech, UnspeakableError, clip_samples

VOICES: dict[str, tuple[tuple[Say, float], ...]] = {
    "en": ((hibari.say, 0.9), (espeak.say, 0.1)),
    "es": ((pico.say, 0.95), (espeak.say, 0.05)),
    "fr": ((pico.say, 1.0),),
}
SYMBOLS = len(ALPHABET)
MOST_SOUNDS = 2
"""Letters that may stand for one."""
WORST = 0.6
"""Share of wrong letters above which nobody could know what was said; such clips are left out."""


@dataclass(frozen=True, slots=True)
class Confusions:
    """Outcomes of letters, clip by clip."""

    languages: np.ndarray
    """(clips,) str."""
    begins: np.ndarray
    """(clips + 1,) int: where the outcomes of each clip begin."""
    letters: np.ndarray
    """(outcomes,) uint8: index of the letter in the alphabet that was spoken."""
    counts: np.ndarray
    """(outcomes,) uint8: how many letters were heard for it."""
    shares: np.ndarray
    """(outcomes, MOST_SOUNDS, symbols) float16."""

    @classmethod
    def load(cls, path: Path) -> Confusions:
        """Return the outcomes in a file."""
        with np.load(path) as file:
            return cls(*(file[name] for name in ("languages", "begins", "letters", "counts", "shares")))

    def drawer(self, language: str) -> Callable[[str, np.random.Generator], tuple[np.ndarray, np.ndarray]]:
        """Return what turns a normalized text into letters as they may be heard.

        It returns (heard, symbols) float32 and, (heard,) int, which letter of the text each of them stands for.
        """
        clips = np.flatnonzero(self.languages == language)
        everything = np.concatenate([np.arange(self.begins[clip], self.begins[clip + 1]) for clip in clips])
        of_all = self._by_letter(everything)
        of_clips = [self._by_letter(np.arange(self.begins[clip], self.begins[clip + 1])) for clip in clips]
        index = {letter: number for number, letter in enumerate(ALPHABET)}
        shares = np.concatenate([self.shares.astype(np.float32), np.zeros((SYMBOLS, MOST_SOUNDS, SYMBOLS), np.float32)])
        shares[np.arange(-SYMBOLS, 0), 0, np.arange(SYMBOLS)] = 1  # a letter that was never spoken is heard as it is
        counts = np.concatenate([self.counts, np.ones(SYMBOLS, np.uint8)]).astype(int)

        def draw(text: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
            own = of_clips[rng.integers(len(clips))]
            chances = rng.random(len(text)).tolist()
            outcomes = np.zeros(len(text), int)
            for place, letter in enumerate(text):
                symbol = index[letter]
                fitting = own.get(symbol, ())
                if len(fitting) < 2:  # one outcome says nothing of the others
                    fitting = of_all.get(symbol, [len(counts) - SYMBOLS + symbol])
                outcomes[place] = fitting[int(chances[place] * len(fitting))]
            sounds = counts[outcomes]
            origin = np.repeat(np.arange(len(text)), sounds)
            first = np.concatenate([[0], np.cumsum(sounds)[:-1]])
            return shares[outcomes[origin], np.arange(len(origin)) - first[origin]], origin

        return draw

    def _by_letter(self, outcomes: np.ndarray) -> dict[int, list[int]]:
        """Some outcomes, by the letter that was spoken."""
        found: dict[int, list[int]] = {}
        for outcome, letter in zip(outcomes.tolist(), self.letters[outcomes].tolist(), strict=True):
            found.setdefault(letter, []).append(outcome)
        return found


def outcomes(text: str, heard: Heard) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each letter's index in the alphabet, and (sounds, symbols) of what was heard for it."""
    sounds: list[list[int]] = [[] for _ in text]
    for operation in Levenshtein.opcodes(text, heard.text):
        spoken = range(operation.src_start, operation.src_end)
        letters = range(operation.dest_start, operation.dest_end)
        if operation.tag == "insert":
            sounds[max(0, operation.src_start - 1)] += letters
        else:
            for place, letter in zip(spoken, letters, strict=False):
                sounds[place].append(letter)
    for place, spelled in enumerate(text):
        yield ALPHABET.index(spelled), heard.shares[sounds[place][:MOST_SOUNDS]]


def _said(language: str, random: Random, kinds: list[str]) -> tuple[str, np.ndarray]:
    while True:
        text = sample(language, random, kinds=kinds)
        says, weights = zip(*VOICES[language], strict=True)
        try:
            speech: Speech = random.choices(says, weights)[0](text, language, random)
            return normalize(speech.text or text), clip_samples(speech, random)
        except UnspeakableError:
            continue


def _one_of(sounds: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    return sounds[int(rng.integers(len(sounds)))]


def main() -> None:
    """Measure, and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=int, default=1500, help="of each language")
    parser.add_argument("--rooms", type=Path, required=True)
    parser.add_argument("--noise", type=Path, required=True, help="a clip set without texts")
    parser.add_argument("--model", type=Path, help="another network than the one shipped")
    chosen = parser.parse_args()
    model = Model.load(chosen.model)
    rooms = read_bank(chosen.rooms)
    noises = [read_samples(clip) for clip in read_index(chosen.noise)]
    kinds = ["home_said", "household", "media_said", "calling_said", "timer_said", "general_said", "free", "talk",
             "order", "person", "hesitation", "time"]  # fmt: skip
    languages: list[str] = []
    begins, letters, counts, shares = [0], [], [], []
    wrong = spoken = 0
    began = time.monotonic()
    for language in VOICES:
        random, rng = Random(f"confusions {language}"), np.random.default_rng(len(language) + len(languages))
        voices = [_said(language, random, kinds)[1] for _ in range(20)]
        where = Surroundings(rooms, partial(_one_of, noises), partial(_one_of, voices))
        for number in range(chosen.clips):
            text, samples = _said(language, random, kinds)
            if number % 2:
                samples = hear(samples, rng=rng, where=where, severity=0.6)
            told = [language] if random.random() < 0.6 else []
            heard = letters_heard(model.posteriors(samples, languages=told).symbols)
            distance = Levenshtein.distance(text, heard.text)
            wrong, spoken = wrong + distance, spoken + len(text)
            if distance > WORST * len(text):
                continue
            for letter, found in outcomes(text, heard):
                letters.append(letter)
                counts.append(len(found))
                row = np.zeros((MOST_SOUNDS, SYMBOLS), np.float16)
                row[: len(found)] = found
                shares.append(row)
            languages.append(language)
            begins.append(len(letters))
            if number % 100 == 99:
                minutes = (time.monotonic() - began) / 60
                print(f"{language} {number + 1}: {100 * wrong / spoken:.1f} % wrong, {minutes:.1f} min", flush=True)
                wrong = spoken = 0
    np.savez_compressed(
        chosen.out,
        languages=np.array(languages),
        begins=np.array(begins),
        letters=np.array(letters, np.uint8),
        counts=np.array(counts, np.uint8),
        shares=np.stack(shares),
    )


if __name__ == "__main__":
    main()
