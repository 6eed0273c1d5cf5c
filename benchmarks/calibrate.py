"""Fit the constants of the confidence to the development recordings: `python -m benchmarks.calibrate`.

Every clip that a set's grammar can say counts as a command when its best reading is right; what the grammar cannot say
counts as none, as do reading, noise and babble.  The evidences of `assistant.interpret.confidence` are weighed by
logistic regression, so that the confidence is a probability; a wrong action counts several times a missed command.
Commands whose best reading is another one are left out there: that doubt belongs to the share among the readings.
All of it is heard by grammars that hold nothing else, and clean speech by households that have every pack besides.
Prints the constants, how well they are calibrated, and what thresholds around one half would let through.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.audio import read_file
from assistant.config import Language
from assistant.interpret import Interpreter, Understood
from assistant.interpret.confidence import Evidence, crowd, doubt, shortness
from assistant.language import load_files
from assistant.model import Model
from benchmarks import packs
from benchmarks.corpus import Recording, add_data_argument, mix, read_noises, read_set
from benchmarks.rejection import sounds, utterances

WRONG_WEIGHT = 3.0
"""How many missed commands a wrong action is worth."""
RIDGE = 1e-2
"""Pulls the weights towards zero where the evidences say the same."""
STEPS = 20_000
THRESHOLDS = (0.2, 0.35, 0.5, 0.65, 0.8)
NOISE_DB = (6, 12)


@dataclass(frozen=True, slots=True)
class Sample:
    """One clip against one grammar."""

    evidence: Evidence
    share: float
    right: bool
    """The best reading is what was meant."""
    command: bool
    """Something of this grammar was said."""


def samples(data: Path, model: Model) -> Iterator[Sample]:
    """Yield every clip against the grammar of its own set, and speech of other sets against the home grammar."""
    noises = read_noises(data / "noise")
    coffee = Interpreter(load_files([data / "coffee_dev" / "sentences.en.yaml"]).sentences)
    for clip in read_set(data / "coffee_dev"):
        clean = read_file(clip.file)
        yield from _said(coffee, clip, model=model, sound=clean)
        name = random.Random(clip.file.name).choice(sorted(noises))
        for ratio_db in NOISE_DB:
            noisy = mix(clean, noises[name], ratio_db=ratio_db, start=0)
            yield from _said(coffee, clip, model=model, sound=noisy)
    languages: tuple[Language, ...] = ("en", "es", "fr")
    for language in languages:
        home, prompts = (
            Interpreter(load_files([data / name / f"sentences.{language}.yaml"]).sentences)
            for name in ("home_dev", "prompts_dev")
        )
        houses = [clip for clip in read_set(data / "home_dev") if clip.language == language]
        phrases = [clip for clip in read_set(data / "prompts_dev") if clip.language == language]
        others = read_set(data / "reading_en") + read_set(data / "coffee_dev")[::4] if language == "en" else []
        for grammar, own, strange in ((home, houses, [*phrases, *others]), (prompts, phrases, [*houses, *others])):
            for clip in own:
                yield from _said(grammar, clip, model=model, sound=read_file(clip.file))
            for clip in strange:
                yield from _said(grammar, clip, model=model, sound=read_file(clip.file), strange=True)
        yield from _among_many(data, model, language)
    house = Interpreter(load_files([data / "home_dev" / "sentences.en.yaml"]).sentences)
    for sound in sounds(data, draw=random.Random(2)).values():
        for utterance in utterances(sound):
            for grammar in (house, coffee):
                yield from _heard(grammar, model=model, sound=utterance.samples)


def _among_many(data: Path, model: Model, language: Language) -> Iterator[Sample]:
    """Yield the same speech in households that have all packs, and the set's own sentences where a command is said."""
    alone = packs.recognizer(model, [language]).interpreter
    for name in ("home_dev", "prompts_dev", "coffee_dev", "reading_en"):
        clips = [clip for clip in read_set(data / name) if clip.language == language]
        file = data / name / f"sentences.{language}.yaml"
        if clips and file.is_file():
            both = packs.recognizer(model, [language], sentences=[file]).interpreter
            for clip in clips:
                yield from _said(both, clip, model=model, sound=read_file(clip.file))
        if name in ("prompts_dev", "reading_en"):
            for clip in clips:
                yield from _said(alone, clip, model=model, sound=read_file(clip.file), strange=True)


def _said(
    grammar: Interpreter, clip: Recording, *, model: Model, sound: np.ndarray, strange: bool = False
) -> Iterator[Sample]:
    command = clip.intent is not None and not strange
    yield from _heard(grammar, model=model, sound=sound, clip=clip if command else None)


def _heard(grammar: Interpreter, *, model: Model, sound: np.ndarray, clip: Recording | None = None) -> Iterator[Sample]:
    """Yield what a sound gives; clip: the command that it is, None for anything else."""
    understood = grammar.interpret(model.posteriors(sound, languages=grammar.languages))
    if understood.evidence is None or not understood.evidence.letters:
        return  # nothing to weigh: it is rejected in any case
    right = clip is not None and _right(understood, clip)
    yield Sample(understood.evidence, understood.share, right, clip is not None)


def _right(understood: Understood, clip: Recording) -> bool:
    best = understood.hypotheses[0]
    return best.intent == clip.intent and dict(best.slots) == dict(clip.slots)


def fit(found: Sequence[Sample]) -> np.ndarray:
    """Return offset and the weights of excess, crowd, worst word, entropy and shortness, (6,), no weight negative."""
    inputs = np.array([_inputs(sample.evidence) for sample in found])
    meant = np.array([sample.right for sample in found], float)
    weight = np.where(meant > 0, 1.0, WRONG_WEIGHT)
    constants = np.array([3.0, 1.0, 0.1, 0.5, 1.0, 1.0])
    for _ in range(STEPS):
        chances = 1 / (1 + np.exp(-np.clip(inputs @ constants, -30, 30)))
        slope = inputs.T @ (weight * (meant - chances)) / weight.sum() - RIDGE * constants / len(found)
        constants = constants + 0.3 * slope
        constants[1:] = np.maximum(constants[1:], 0)
    return constants


def _inputs(evidence: Evidence) -> tuple[float, ...]:
    crowded = crowd(evidence) * evidence.excess
    return 1.0, -evidence.excess, -crowded, -evidence.worst, -doubt(evidence), -shortness(evidence)


def main(arguments: list[str] | None = None) -> int:
    """Print constants and tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibrate", description=(__doc__ or "").split("\n")[0])
    add_data_argument(parser)
    parser.add_argument("--model", type=Path, help="another network than the one shipped")
    options = parser.parse_args(arguments)
    found = list(samples(options.data, Model.load(options.model)))
    constants = fit([sample for sample in found if sample.right or not sample.command])
    names = ("offset", "excess", "crowd", "worst", "unsure", "short")
    print("  ".join(f"{name}={value:.2f}" for name, value in zip(names, constants, strict=True)))
    chances = 1 / (1 + np.exp(-np.array([_inputs(sample.evidence) for sample in found]) @ constants))
    confidences = chances * np.array([sample.share for sample in found])
    right = np.array([sample.right for sample in found])
    command = np.array([sample.command for sample in found])
    print(f"{len(found)} clips, {right.sum()} right, {(~command).sum()} no command")
    print(f"{'threshold':>10}{'right lost':>14}{'wrong commands done':>22}{'others accepted':>18}")
    for threshold in THRESHOLDS:
        accepted = confidences >= threshold
        print(
            f"{threshold:>10}{_share(~accepted, right):>14}{_share(accepted, command & ~right):>22}"
            f"{_share(accepted, ~command):>18}"
        )
    print("confidence said / found right:", end="")
    for low in np.arange(0, 1, 0.2):
        inside = (confidences >= low) & (confidences < low + 0.2001)
        if inside.any():
            print(f"  {confidences[inside].mean():.2f} / {right[inside].mean():.2f} ({inside.sum()})", end="")
    print()
    return 0


def _share(chosen: np.ndarray, among: np.ndarray) -> str:
    return f"{(chosen & among).sum()} of {among.sum()}"


if __name__ == "__main__":
    sys.exit(main())
