"""Speak given texts with the voices that training never hears, into FLAC files for tests and demonstrations.

    python -m training.voices.heldout --lines LINES.jsonl --out DIR --model FOLDER

Each line of LINES.jsonl is `{"language": "en", "text": "turn on the kitchen light"}`.  A text becomes
`en_turn_on_the_kitchen_light.flac`, and a line of `index.jsonl` with its file, language, text and voice; the voices of
a language take turns.  With `--whole` the int8 model speaks as it came: slower with AMX, much faster without.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import soundfile

from training.clips import SAMPLE_RATE_HZ
from training.voices.kokoro import to_clip, variety_of
from training.voices.kokoro_model import Kokoro, WholeKokoro, load, load_whole
from training.voices.kokoro_phonemes import phonemize
from training.voices.kokoro_styles import Speaker, native

SPEAKERS: dict[str, Sequence[Speaker]] = {
    "en": [native(voice) for voice in ("af_nova", "am_onyx", "bf_alice", "bm_lewis")],
    "es": [native("em_alex"), *(Speaker(((voice, 1.0),), "em_alex") for voice in ("pm_alex", "if_sara", "jm_kumo"))],
    # The one native voice of French trains, so that only its prosody is left for timbres kept apart. Whisper base
    # mishears most short French texts in them, and no timbre was shown better than another: check clips by ear.
    "fr": [Speaker(((voice, 1.0),), "ff_siwis") for voice in ("em_alex", "if_sara")],
}
LONGEST_SLUG = 40


def slug(text: str) -> str:
    """Return `text` as a file name: ASCII letters and digits, words joined by underscores."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return "_".join(re.findall(r"[a-z0-9]+", plain))[:LONGEST_SLUG].rstrip("_")


def speak_lines(kokoro: Kokoro | WholeKokoro, lines: Sequence[dict[str, str]], out: Path) -> None:
    """Write one FLAC file for each line, and the index of them all."""
    out.mkdir(parents=True, exist_ok=True)
    turns: Counter[str] = Counter()
    rows = []
    for line in lines:
        language, text = line["language"], line["text"]
        speaker = SPEAKERS[language][turns[language] % len(SPEAKERS[language])]
        turns[language] += 1
        phonemes = phonemize([text], variety_of(language, speaker))[0]
        samples = to_clip(kokoro.speak(phonemes, speaker, speed=1.0), random.Random(text))
        file = f"{language}_{slug(text)}.flac"
        soundfile.write(out / file, samples, SAMPLE_RATE_HZ)
        rows.append({"file": file, "language": language, "text": text, "voice": speaker.name})
    index = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (out / "index.jsonl").write_text(index, encoding="utf-8")


def main() -> None:
    """Read the command line and speak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="folder laid out as training/voices/README.md says")
    parser.add_argument("--whole", action="store_true", help="speak with the int8 model itself")
    chosen = parser.parse_args()
    lines = [json.loads(line) for line in chosen.lines.read_text(encoding="utf-8").splitlines() if line.strip()]
    speak_lines((load_whole if chosen.whole else load)(chosen.model), lines, chosen.out)


if __name__ == "__main__":
    main()
