"""Single words of Speech Commands (CC BY 4.0) out of the repositories that keep some of them.

    python -m training.voices.real.commands MATERIAL DATA/real-speech-commands

MATERIAL holds `OWNER+REPOSITORY/` as README.md says.  Recordings lie in a folder named by their word and are called
`SPEAKER_nohash_NUMBER.wav`.  Speakers of the official test and validation parts are left out, and what is silent or cut
within the word.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import wave
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from training.clips import SAMPLE_RATE_HZ, ClipWriter

NAME = re.compile(r"([0-9a-f]{8})_nohash_\d+\.wav$")
WORDS = """yes no up down left right on off stop go zero one two three four five six seven eight nine bed bird cat dog
happy house marvin sheila tree wow backward forward follow learn visual"""
TESTED_PERCENT = 20
"""Share of the speakers in the validation and test parts, by the hash of their names."""
MOST_OF = {"bed": 250, "bird": 250, "cat": 250, "dog": 250, "happy": 250, "house": 250, "marvin": 250, "sheila": 250}
"""Of words that nobody asks for, lest they outweigh the others."""
SHORTEST, LONGEST = 6_000, 17_000
HOP = SAMPLE_RATE_HZ // 50
FAINTEST = 120.0
"""Root mean square of the loudest 20 ms."""


def is_tested(speaker: str) -> bool:
    """Whether a speaker belongs to the validation or test part, as the data set's README defines them."""
    most = 2**27 - 1
    return int(hashlib.sha1(speaker.encode()).hexdigest(), 16) % (most + 1) * 100 / most < TESTED_PERCENT  # noqa: S324


def is_whole(samples: np.ndarray) -> bool:
    """Whether (samples,) int16 hold a word that stands out and neither begins nor ends at the edge."""
    if not SHORTEST <= len(samples) <= LONGEST:
        return False
    frames = samples[: len(samples) // HOP * HOP].astype(np.float32).reshape(-1, HOP)
    levels = np.sqrt(np.square(frames - samples.mean()).mean(axis=1))
    loudest = levels.max()
    stands_out = loudest >= FAINTEST and loudest >= 2.5 * np.percentile(levels, 15)
    return bool(stands_out and max(levels[0], levels[-1]) <= 0.6 * loudest)


def recordings(material: Path) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield the word, the speaker and (samples,) int16 of each recording, each sound once."""
    heard: set[bytes] = set()
    for path in sorted(material.glob("*+*/**/*_nohash_*.wav")):
        word, name = path.parent.name.lower(), NAME.search(path.name)
        if word not in WORDS.split() or name is None or is_tested(name[1]):
            continue
        with wave.open(str(path)) as file:
            if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (SAMPLE_RATE_HZ, 2, 1):
                continue
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        digest = hashlib.sha256(samples.tobytes()).digest()
        if digest not in heard and is_whole(samples):
            heard.add(digest)
            yield word, name[1], samples


def main() -> None:
    """Write the set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("material", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    counts: Counter[str] = Counter()
    with ClipWriter(chosen.out) as writer:
        for word, speaker, samples in recordings(chosen.material):
            if counts[word] < MOST_OF.get(word, counts.total() + 1):
                counts[word] += 1
                writer.append(samples, text=word, language="en", speaker=speaker, source="real-speech-commands")
    print(f"{counts.total()} clips: {', '.join(f'{word} {count}' for word, count in counts.most_common())}")


if __name__ == "__main__":
    main()
