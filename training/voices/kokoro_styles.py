"""Who speaks: Kokoro's voices, which of them train, and how two of them are crossed into a new speaker.

A style vector has 256 numbers.  The first 128 are the *timbre* (they go to the decoder), the last 128 the *prosody*
(durations and melody).  The prosody of a native speaker keeps the language right, whosever the timbre; the timbres of
two voices may be blended and count as a new speaker.  Voices kept for tests take no part in any of it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

STYLE_SIZE = 256
TIMBRE_SIZE = 128

HELD_OUT = frozenset(
    {"em_alex", "pm_alex", "af_nova", "am_onyx", "bf_alice", "bm_lewis", "if_sara", "jm_kumo"},
)
"""Never heard in training, neither as timbre nor as prosody: tests and shown accuracy speak with them."""

ENGLISH = [
    "af_alloy", "af_aoede", "af_bella", "af_heart", "af_jessica", "af_kore", "af_river", "af_sarah", "af_sky",
    "am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam", "am_michael", "am_puck", "am_santa", "bf_emma",
    "bf_isabella", "bf_lily", "bm_daniel", "bm_fable", "bm_george",
]  # fmt: skip
FOREIGN = [
    "ef_dora", "em_santa", "ff_siwis", "hf_alpha", "hf_beta", "hm_omega", "hm_psi", "im_nicola", "jf_alpha",
    "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "pf_dora", "pm_santa", "zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao",
    "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang",
]  # fmt: skip
WHISPER = "af_nicole"

_SPANISH_REFUSED = {"af_bella", "jf_alpha", "bm_george", "zm_yunxia", *(v for v in FOREIGN if v.startswith("zf_"))}

TIMBRES: Mapping[str, Sequence[str]] = {
    "en": [*ENGLISH, *FOREIGN],
    "es": [voice for voice in [*ENGLISH, *FOREIGN] if voice not in _SPANISH_REFUSED],
    "fr": ["ff_siwis", "pf_dora", "im_nicola", "am_adam", "ef_dora", "em_santa", "pm_santa"],
}
"""Timbres with which a recognizer still understands each language (measured)."""

PROSODIES: Mapping[str, Sequence[str]] = {"en": ENGLISH, "es": ["ef_dora", "em_santa"], "fr": ["ff_siwis"]}

WHISPER_SHARE = 0.02
NATIVE_SHARE = 0.3
BLEND_SHARE = 0.6
EXTREME_SPEED_SHARE = 0.2
USUAL_FASTEST: Mapping[str, float] = {"en": 1.25, "es": 1.25, "fr": 1.15}
FASTEST: Mapping[str, float] = {"en": 1.5, "es": 1.5, "fr": 1.3}
"""French, least trained of the three, loses words when hurried."""


class HeldOutVoiceError(ValueError):
    """A voice that is kept for tests was asked to train; take another one."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A timbre, blended from weighted voices, and the voice whose prosody it has."""

    timbre: tuple[tuple[str, float], ...]
    prosody: str

    @property
    def name(self) -> str:
        """A name by which clips of this speaker can be found again, such as `0.40*af_sky+0.60*am_adam/bf_emma`."""
        if self.timbre == ((self.prosody, 1.0),):
            return self.prosody
        blend = "+".join(voice if weight == 1.0 else f"{weight:.2f}*{voice}" for voice, weight in self.timbre)
        return f"{blend}/{self.prosody}"

    @property
    def voices(self) -> frozenset[str]:
        """Every voice that takes part."""
        return frozenset({self.prosody, *(voice for voice, _ in self.timbre)})


def native(voice: str) -> Speaker:
    """Return the speaker who is `voice` alone."""
    return Speaker(timbre=((voice, 1.0),), prosody=voice)


def for_training(speaker: Speaker) -> Speaker:
    """Return `speaker`.  Raises HeldOutVoiceError when a voice kept for tests takes part."""
    refused = sorted(speaker.voices & HELD_OUT)
    if refused:
        raise HeldOutVoiceError(f"{speaker.name}: {', '.join(refused)} kept for tests; train with another voice")
    return speaker


def draw_speaker(language: str, draw: random.Random) -> Speaker:
    """Draw a speaker for training: a native, a foreign timbre with a native's prosody, or a blend with it."""
    if language == "en" and draw.random() < WHISPER_SHARE:
        return native(WHISPER)
    prosody = draw.choice(PROSODIES[language])
    kind = draw.random()
    if kind < NATIVE_SHARE:
        return for_training(native(prosody))
    first = draw.choice(TIMBRES[language])
    if kind < NATIVE_SHARE + (1 - NATIVE_SHARE) * (1 - BLEND_SHARE):
        return for_training(Speaker(timbre=((first, 1.0),), prosody=prosody))
    # French loses its words with foreign timbres unless its one native voice is part of the blend.
    second = "ff_siwis" if language == "fr" else draw.choice(TIMBRES[language])
    if first == second:
        return for_training(Speaker(timbre=((first, 1.0),), prosody=prosody))
    share = round(draw.uniform(0.25, 0.75), 2)
    return for_training(Speaker(timbre=((first, share), (second, round(1 - share, 2))), prosody=prosody))


def draw_speed(language: str, draw: random.Random) -> float:
    """Draw a rate of speech, 1.0 being the voice's own: mostly 0.85-1.25, sometimes as far as 0.7 or 1.5."""
    if draw.random() < EXTREME_SPEED_SHARE:
        return draw.choice([draw.uniform(0.7, 0.85), draw.uniform(USUAL_FASTEST[language], FASTEST[language])])
    return draw.uniform(0.85, USUAL_FASTEST[language])


def cross(speaker: Speaker, voices: Mapping[str, np.ndarray], symbols: int) -> np.ndarray:
    """Return the style vector of `speaker` for a text of so many symbols, (256,) float32.

    voices: name to (lengths, 256) float32, one row for each length of the text in symbols, from 1 on.
    """
    blend = np.zeros(TIMBRE_SIZE, np.float32)
    for voice, weight in speaker.timbre:
        blend += np.float32(weight) * _row(voices[voice], symbols)[:TIMBRE_SIZE]
    return np.concatenate([blend, _row(voices[speaker.prosody], symbols)[TIMBRE_SIZE:]])


def _row(styles: np.ndarray, symbols: int) -> np.ndarray:
    return styles[min(max(symbols, 1), len(styles)) - 1]
