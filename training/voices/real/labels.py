"""Command: write down what a recognizer hears in recordings that come without their texts.

python -m training.voices.real.labels --model FOLDER --out LABELS.jsonl RECORDINGS_FOLDER

One JSON object a line: `file` (its name), `text`, and `certainty`, the mean log-probability of the recognizer's pieces.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from faster_whisper import WhisperModel

from training.voices.real.audio import recorded


def main() -> None:
    """Parse the command line and label every recording that has no label yet."""
    parser = argparse.ArgumentParser(prog="training.voices.real.labels", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder with Whisper base for faster-whisper")
    parser.add_argument("--out", type=Path, required=True, help="labels to write or to complete")
    parser.add_argument("--language", default="en", help="what is spoken (default: en)")
    parser.add_argument("recordings", type=Path, help="folder with the recordings")
    arguments = parser.parse_args()
    lines = arguments.out.read_text(encoding="utf-8").splitlines() if arguments.out.exists() else []
    known = {json.loads(line)["file"] for line in lines}
    model = WhisperModel(str(arguments.model), device="cpu", compute_type="int8", cpu_threads=1)
    with arguments.out.open("a", encoding="utf-8") as labels:
        for path in sorted(arguments.recordings.glob("*.*")):
            if path.name in known:
                continue
            samples = recorded(path).astype("float32") / 32768
            found, _ = model.transcribe(samples, language=arguments.language, beam_size=5)
            segments = list(found)
            row = {
                "file": path.name,
                "text": "".join(segment.text for segment in segments).strip(),
                "certainty": min((segment.avg_logprob for segment in segments), default=-9.0),
            }
            labels.write(json.dumps(row, ensure_ascii=False) + "\n")
            labels.flush()


if __name__ == "__main__":
    main()
