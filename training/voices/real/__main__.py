"""Command: build the sets of real recordings from downloaded material.

python -m training.voices.real --material FOLDER --out FOLDER [NAME ...]

Speech goes to `real-NAME`, noise and music without any text to `noise-NAME`.  A set that is there is left alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import soundfile

from training.clips import SAMPLE_RATE_HZ, ClipWriter
from training.voices.real.audio import recorded
from training.voices.real.noise import NOISES, Noises, pieces
from training.voices.real.sources import SOURCES, Source

_LONGEST_SECONDS = 20
_SHORTEST_SECONDS = 0.25
_FASTEST = 27
"""Letters a second: what is faster was not read as it is written."""


def main() -> None:
    """Parse the command line and build the sets that are not there yet."""
    parser = argparse.ArgumentParser(prog="training.voices.real", description=__doc__)
    parser.add_argument("--material", type=Path, required=True, help="folder with the downloaded sources")
    parser.add_argument("--out", type=Path, required=True, help="folder for the sets")
    parser.add_argument("names", nargs="*", help="sources to build (default: all)")
    arguments = parser.parse_args()
    for source in SOURCES:
        folder = arguments.out / f"real-{source.name}"
        if _wanted(source, folder, arguments.material, arguments.names):
            _build(source, arguments.material / source.material, folder)
    for noises in NOISES:
        folder = arguments.out / f"noise-{noises.name}"
        if _wanted(noises, folder, arguments.material, arguments.names):
            _build_noises(noises, arguments.material, folder)


def _wanted(source: Source | Noises, folder: Path, material: Path, names: list[str]) -> bool:
    if names and source.name not in names:
        return False
    if folder.exists():
        print(f"{source.name}: {folder} is there already; remove it to build it anew")
        return False
    if not (material / source.material).exists():
        print(f"{source.name}: {material / source.material} is missing; README.md says where it comes from")
        return False
    return True


def _build(source: Source, material: Path, folder: Path) -> None:
    clips = dropped = 0
    seconds = 0.0
    speakers = set()
    with ClipWriter(folder) as writer:
        for recording in source.recordings(material):
            samples = recorded(recording.path)
            duration = len(samples) / SAMPLE_RATE_HZ
            pace = len(recording.text) / duration
            if not (_SHORTEST_SECONDS < duration < _LONGEST_SECONDS) or not (source.slowest < pace < _FASTEST):
                dropped += 1
                continue
            writer.append(
                samples,
                text=recording.text,
                language=source.language,
                speaker=recording.speaker,
                source=f"real-{source.name}",
            )
            speakers.add(recording.speaker)
            clips += 1
            seconds += duration
    print(
        f"{source.name}: {clips} clips, {seconds / 60:.1f} minutes, {len(speakers)} speakers, "
        f"{source.licence}; {dropped} of implausible length dropped"
    )


def _build_noises(noises: Noises, material: Path, folder: Path) -> None:
    clips = 0
    seconds = 0.0
    with ClipWriter(folder) as writer:
        for path in noises.paths(material):
            try:
                samples = recorded(path, trim=False)
            except soundfile.LibsndfileError as error:
                print(f"left out: {error}")
                continue
            for piece in pieces(samples):
                writer.append(piece, text="", language="", speaker="", source=f"noise-{noises.name}/{path.name}")
                clips += 1
                seconds += len(piece) / SAMPLE_RATE_HZ
    print(f"{noises.name}: {clips} clips, {seconds / 60:.1f} minutes, {noises.licence}")


if __name__ == "__main__":
    main()
