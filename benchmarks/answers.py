"""Answers to questions, under the graph that a question leaves: yes and no, and one word that names a choice.

Recorded words come from the development recordings; the others are spoken by Pico when this runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from assistant.audio import read_file
from assistant.config import HouseholdConfig
from assistant.dialogue import Expected
from assistant.recognizer import Network, Recognizer, for_household, recognize_samples
from benchmarks.corpus import Recording
from benchmarks.pico import UNSEEN, VOICES, spoken

MANNERS = tuple((speed, pitch) for speed in (0.85, 1.0, 1.2) for pitch in (0.9, 1.1))
ENDINGS = ("dialogue.no", "system.cancel", "system.stop")
"""All of them answer with a no."""
ASKED = ("dialogue.yes", "dialogue.correct", *ENDINGS, "system.repeat", "light.off")
CHOOSING = ("dialogue.choose", "dialogue.correct", *ENDINGS, "system.repeat", "calling.call")
RECORDED: Mapping[str, str] = {"yes": "yes", "right": "yes", "no": "no", "stop": "no"}
"""Words of the recordings that are answers, and their meaning."""
YES: Mapping[str, Sequence[str]] = {
    "en": ("yes", "yeah", "yep", "sure", "okay", "of course", "do it", "go ahead", "yes please", "correct"),
    "es": ("sí", "claro", "vale", "de acuerdo", "por supuesto", "correcto", "hazlo", "adelante", "sí por favor"),
    "fr": ("oui", "ouais", "d'accord", "vas-y", "bien sûr", "c'est ça", "exactement", "tout à fait", "je confirme"),
}
NO: Mapping[str, Sequence[str]] = {
    "en": ("no", "nope", "no thanks", "don't do it", "not now", "never mind", "cancel", "stop"),
    "es": ("no", "no gracias", "claro que no", "mejor no", "ahora no", "olvídalo", "cancela", "para"),
    "fr": ("non", "non merci", "pas du tout", "surtout pas", "pas maintenant", "laisse tomber", "annule", "stop"),
}
CHOICES: Mapping[str, Sequence[Sequence[str]]] = {
    "en": (("mobile", "work", "home"), ("floor lamp", "desk lamp"), ("kitchen", "bedroom"), ("Anna", "Marta", "Peter")),
    "es": (("móvil", "trabajo", "casa"), ("lámpara", "flexo"), ("cocina", "dormitorio"), ("Ana", "Marta", "Pedro")),
    "fr": (("portable", "bureau", "maison"), ("lampadaire", "liseuse"), ("cuisine", "chambre"), ("Anne", "Luc", "Zoé")),
}
ORDINALS: Mapping[str, Sequence[str]] = {
    "en": ("the first one", "the second one"),
    "es": ("el primero", "el segundo"),
    "fr": ("le premier", "le deuxième"),
}
Count: TypeAlias = tuple[str, int, int]
"""Name of a row, how many, of how many."""


class Answers:
    """A household that has asked something."""

    def __init__(self, model: Network) -> None:
        config = HouseholdConfig(packs=["light", "calling", "system"])
        self._recognizer: Recognizer = for_household(config, model)

    def meant(self, samples: np.ndarray, expected: Expected) -> str | int | None:
        """Return `yes`, `no`, the number of the choice, another intent, or None for what is not accepted."""
        self._recognizer.expect(expected)
        heard, _ = recognize_samples(self._recognizer, samples, expected=expected)
        if not heard.accepted or heard.best is None:
            return None
        name = f"{heard.best.domain}.{heard.best.intent}"
        if name == "dialogue.choose":
            return int(heard.best.slots["choice"])
        return "no" if name in ENDINGS else name.removeprefix("dialogue.")


def recorded(answers: Answers, clips: Iterable[Recording]) -> tuple[list[Count], list[Count]]:
    """Count single English words of many speakers that are answers, and words that were taken for another one."""
    asked = Expected(ASKED, "en")
    found: dict[str, list[str | int | None]] = {word: [] for word in (*RECORDED, "other")}
    for clip in clips:
        if clip.source == "speech-commands":
            word = clip.text if clip.text in RECORDED else "other"
            found[str(word)].append(answers.meant(read_file(clip.file), asked))
    known = [
        (f'answers en, recorded "{word}"', found[word].count(meaning), len(found[word]))
        for word, meaning in RECORDED.items()
    ]
    others = [meant for word in ("no", "stop", "other") for meant in found[word]]
    taken = [
        ("answers en, other words taken for yes", others.count("yes"), len(others)),
        ("answers en, yes taken for no", found["yes"].count("no"), len(found["yes"])),
    ]
    return known, taken


def other_speech(answers: Answers, clips: Sequence[Recording], language: str) -> Count:
    """Count what is accepted of speech that answers nothing."""
    asked = Expected(ASKED, language)
    taken = [answers.meant(read_file(clip.file), asked) in {"yes", "no"} for clip in clips]
    return f"answers {language}, other speech accepted", sum(taken), len(taken)


def synthetic(answers: Answers, language: str) -> Iterator[Count]:
    """Count Pico's answers: yes, no, one word that names a choice, first and second."""
    asked = Expected(ASKED, language)
    seen = "" if language in UNSEEN else ", voice known"
    for meaning, words in (("yes", YES[language]), ("no", NO[language])):
        heard = [answers.meant(samples, asked) for word in words for samples in _said(word, language)]
        yield f"answers {language}, {meaning} in {len(words)} ways{seen}", heard.count(meaning), len(heard)
    right = clips = 0
    for names in CHOICES[language]:
        which = Expected(CHOOSING, language, tuple((name, number) for number, name in enumerate(names)))
        for number, word in (*enumerate(names), *enumerate(ORDINALS[language])):
            heard = [answers.meant(samples, which) for samples in _said(word, language)]
            right, clips = right + heard.count(number), clips + len(heard)
    yield f"answers {language}, one of several{seen}", right, clips


def _said(text: str, language: str) -> Iterator[np.ndarray]:
    """A text in every voice and manner, (samples,) int16, in the faint noise of a quiet room."""
    for voice in VOICES[language]:
        for speed, pitch in MANNERS:
            samples = spoken(text, voice, speed=speed, pitch=pitch).astype(np.float32)
            noisy = samples + np.random.default_rng(0).standard_normal(len(samples)) * 20
            yield noisy.clip(-32768, 32767).astype(np.int16)
