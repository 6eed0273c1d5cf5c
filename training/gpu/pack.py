"""Clip sets as few small files (Opus), to be carried to a machine with a GPU, and back to samples there.

python -m training.gpu.pack DATA OUT SET ...
"""

from __future__ import annotations

import json
import lzma
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from training.clips import SAMPLE_RATE_HZ, Clip, read_index, read_samples
from training.data import is_usable

SPEECH_RATE, NOISE_RATE = 17_000, 24_000
"""Bits a second."""
MOST_SAMPLES = 900 * SAMPLE_RATE_HZ
"""Of one file, so that many processors can read them at once."""


def pack(clips: list[Clip], target: Path, *, bits_per_second: int) -> None:
    """Write clips one after the other to `target`-N.ogg and what they are to `target`-N.jsonl.xz."""
    target.parent.mkdir(parents=True, exist_ok=True)
    parts: list[list[Clip]] = [[]]
    samples = 0
    for clip in clips:
        if samples + clip.samples > MOST_SAMPLES and parts[-1]:
            parts.append([])
            samples = 0
        parts[-1].append(clip)
        samples += clip.samples
    for number, part in enumerate(parts):
        name = target.with_name(f"{target.name}-{number:02}")
        rows = [{"samples": c.samples, "text": c.text, "language": c.language, "speaker": c.speaker} for c in part]
        write([read_samples(clip) for clip in part], rows, name, bits_per_second=bits_per_second)


def write(waves: list[np.ndarray], rows: list[dict[str, object]], path: Path, *, bits_per_second: int) -> None:
    """Write clips, each (samples,) int16, one after the other to `path`.ogg and what they are to `path`.json.xz."""
    encode(np.concatenate(waves), path.with_suffix(".ogg"), bits_per_second=bits_per_second)
    path.with_suffix(".json.xz").write_bytes(lzma.compress(json.dumps(rows, ensure_ascii=False).encode()))


def encode(wave: np.ndarray, path: Path, *, bits_per_second: int) -> None:
    """Write (samples,) int16 as Ogg Opus."""
    import av  # noqa: PLC0415  (where files are read there is none)

    with av.open(str(path), "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=SAMPLE_RATE_HZ, layout="mono")
        stream.bit_rate = bits_per_second
        stream.options = {"compression_level": "4", "application": "audio", "frame_duration": "20"}
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)


def decode(path: Path) -> np.ndarray:
    """Return the samples of a file of `encode`, (samples,) int16."""
    import soundfile  # noqa: PLC0415

    wave, rate = soundfile.read(path, dtype="int16")
    if rate != SAMPLE_RATE_HZ:
        raise ValueError(f"{path}: {rate} Hz")
    return np.asarray(wave)


def read(folder: Path) -> list[tuple[str, np.ndarray, list[dict[str, object]]]]:
    """Return of each file its name, its samples (as many as its clips have) and its clips."""
    paths = sorted(folder.glob("*.ogg"))
    with ThreadPoolExecutor(16) as pool:
        waves = list(pool.map(decode, paths))
    found = []
    for path, wave in zip(paths, waves, strict=True):
        rows = json.loads(lzma.decompress(path.with_suffix(".json.xz").read_bytes()))
        wanted = sum(row["samples"] for row in rows)
        found.append((path.stem, np.resize(np.pad(wave, (0, max(0, wanted - len(wave)))), wanted), rows))
    return found


def main() -> None:
    """Pack the sets of the command line."""
    data, out, *sets = sys.argv[1:]
    for name in sets:
        clips = [clip for clip in read_index(Path(data) / name) if is_usable(clip)]
        pack(clips, Path(out) / name, bits_per_second=NOISE_RATE if name.startswith("noise") else SPEECH_RATE)


if __name__ == "__main__":
    main()
