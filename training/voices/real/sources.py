"""Which recordings there are, where they lie in the downloaded material, and what is left out of them.

Each source is a function from the material's folder to the recordings in it; `SOURCES` is the table.  Licences and
origins are in the README beside this package.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.voices.real.text import spoken_words


@dataclass(frozen=True, slots=True)
class Recording:
    """One sound file and what is said in it."""

    path: Path
    text: str
    speaker: str


@dataclass(frozen=True, slots=True)
class Source:
    """Recordings of one origin and language."""

    name: str
    """The set is written to `real-NAME` or `noise-NAME`."""
    language: str
    licence: str
    material: str
    """The folder inside the material: `OWNER+REPOSITORY` or `deb/PACKAGE`."""
    recordings: Callable[[Path], Iterator[Recording]]
    slowest: float = 2.5
    """Letters a second, silent ends included: what is slower was read haltingly or not as it is written."""


def _kathleen(root: Path) -> Iterator[Recording]:
    """One American reading Arctic sentences; the recordings up to a0301 are kept for evaluation."""
    for path in sorted((root / "data").glob("*.wav"))[480:]:
        if path.stem == "arctic_a0301_1592710165":
            continue
        words = spoken_words(path.with_suffix(".txt").read_text(encoding="utf-8"), "en")
        if words:
            yield Recording(path, words, "kathleen")


def _tuxpaint(language: str) -> Callable[[Path], Iterator[Recording]]:
    """Volunteers' descriptions of drawing stamps; single letters of alphabets are left out."""

    def recordings(root: Path) -> Iterator[Recording]:
        for path in sorted(root.rglob(f"*_desc_{language}.ogg")):
            written = path.with_name(path.name.replace(f"_desc_{language}.ogg", ".txt"))
            if not written.exists() or "symbols/alphabet" in str(path):
                continue
            line = re.search(rf"^{language}\.utf8=(.+)$", written.read_text(encoding="utf-8"), re.MULTILINE)
            words = spoken_words(line.group(1), language) if line else None
            if words and len(words) > 1:
                yield Recording(path, words, f"tuxpaint-{language}")

    return recordings


def _common_voice(language: str, *, table: str, clips: str) -> Callable[[Path], Iterator[Recording]]:
    """Volunteers reading sentences, from a table and a folder of Common Voice's own form.

    What more listeners rejected than accepted is left out.
    """

    def recordings(root: Path) -> Iterator[Recording]:
        with (root / table).open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
                path = root / clips / row["path"]
                words = spoken_words(row["sentence"], language)
                if words and path.exists() and int(row["up_votes"]) > int(row["down_votes"]):
                    yield Recording(path, words, f"cv-{row['client_id'][:12]}")

    return recordings


_WAKE_PHRASES = {
    "amelia/en": "amelia",
    "athena/en": "athena",
    "computer/en": "computer",
    "heychatterbox/en-us": "hey chatterbox",
    "heycomputer/en": "hey computer",
}
_ALIKE = 80
"""Of one and the same phrase no more than this: hundreds would only teach that phrase."""


def _precise(language: str) -> Callable[[Path], Iterator[Recording]]:
    """Wake phrases and other words for a wake-word engine; `heysavant` is left out: it may not be used commercially."""

    def recordings(root: Path) -> Iterator[Recording]:
        if language == "en":
            for folder, phrase in _WAKE_PHRASES.items():
                for path in sorted((root / folder).glob("*.wav"))[:_ALIKE]:
                    yield Recording(path, phrase, f"precise-{folder}")
        others = root / "not-wake-words" / language
        with (others / "metadata.csv").open(encoding="utf-8", newline="") as rows:
            for name, written, *_ in (row for row in csv.reader(rows) if len(row) > 1):
                words = spoken_words(written, language)
                if words and (others / name).exists():
                    yield Recording(others / name, words, f"precise-{language}")

    return recordings


_CUSTOM_PHRASES = {
    "archie": "archie",
    "dracarys": "dracarys",
    "fenrir": "fenrir",
    "goodnight": "good night",
    "hadouken": "hadouken",
    "hey_archie": "hey archie",
    "hey_fenrir": "hey fenrir",
    "how_are_you": "how are you",
    "trick_or_treat": "trick or treat",
}


def _custom_phrases(root: Path) -> Iterator[Recording]:
    """Short phrases of unnamed speakers; the folder `joke` is left out, for it does not tell what is said."""
    for folder, phrase in _CUSTOM_PHRASES.items():
        for path in sorted((root / "custom_keywords" / folder).glob("*.wav"))[:_ALIKE]:
            yield Recording(path, phrase, f"custom-{folder}")


def _on_off(root: Path) -> Iterator[Recording]:
    """Students saying "on" and "off", each sound once; what lies in the other word's folder is left out."""
    sounds: set[bytes] = set()
    for path in sorted(root.glob("Phase*/t*s/o*/o*.wav")):
        word, sound = path.parent.name, path.read_bytes()
        if path.stem.rstrip("0123456789") == word and sound not in sounds:
            sounds.add(sound)
            yield Recording(path, word, f"on-off-{path.parts[-4]}")


def _labelled(*, labels: str, recordings_at: str, least_certainty: float) -> Callable[[Path], Iterator[Recording]]:
    """LibriSpeech recordings without their texts, one a speaker, with what a recognizer surely heard."""

    def recordings(root: Path) -> Iterator[Recording]:
        for line in (root.parent / labels).read_text(encoding="utf-8").splitlines():
            label = json.loads(line)
            words = spoken_words(label["text"], "en")
            if words and label["certainty"] >= least_certainty:
                yield Recording(root / recordings_at / label["file"], words, f"libri-{label['file'].split('-')[0]}")

    return recordings


def _kaldi(*, folders: tuple[str, ...], prefix: str, without: str) -> Callable[[Path], Iterator[Recording]]:
    """What `wav.scp`, `text` and `utt2spk` of Kaldi's form list in `folders`, speakers beginning with `without` not."""

    def recordings(root: Path) -> Iterator[Recording]:
        for folder in folders:
            files, speakers = (_pairs(root / folder / name) for name in ("wav.scp", "utt2spk"))
            for utterance, written in _pairs(root / folder / "text").items():
                words = spoken_words(written, "en")
                if words and not speakers[utterance].startswith(without):
                    yield Recording(root / files[utterance], words, f"{prefix}-{speakers[utterance]}")

    return recordings


def _pairs(path: Path) -> dict[str, str]:
    lines = (line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines())
    return {fields[0]: fields[1] for fields in lines if len(fields) == 2}


SOURCES = (
    Source("kathleen", "en", "CC0-1.0", "rhasspy+dataset-voice-kathleen", _kathleen),
    Source("tuxpaint-es", "es", "GPL-2.0", "deb/tuxpaint-stamps-default", _tuxpaint("es")),
    Source("tuxpaint-fr", "fr", "GPL-2.0", "deb/tuxpaint-stamps-default", _tuxpaint("fr")),
    *(
        Source(
            f"cv-omnilingo-{language}",
            language,
            "CC0-1.0",
            "omnilingo+rsample-100-cv-corpus-6.1-2020-12-11",
            _common_voice(language, table=f"{language}/validated.tsv", clips=f"{language}/clips"),
        )
        for language in ("en", "es", "fr")
    ),
    Source(
        "cv-first-en",
        "en",
        "CC0-1.0",
        "puri-gagan+speechdataset",
        _common_voice("en", table="validated.tsv", clips="clips"),
    ),
    Source(
        "speechocean",
        "en",
        "CC-BY-4.0",
        "jimbozhang+speechocean762",
        # Halting readers and the speakers 96xx: a recognizer heard other words in most of their clips.
        _kaldi(folders=("train", "test"), prefix="speechocean", without="96"),
        slowest=7.5,
    ),
    Source("custom-phrases", "en", "CC-BY-4.0", "ShawnHymel+custom-speech-commands-dataset", _custom_phrases),
    Source("on-off", "en", "GPL-3.0", "EzzAA7+A-Simple-ON-OFF-Word-Recognition", _on_off, slowest=0.5),
    Source("precise-en", "en", "public domain", "MycroftAI+Precise-Community-Data", _precise("en")),
    Source("precise-es", "es", "public domain", "MycroftAI+Precise-Community-Data", _precise("es")),
    Source(
        "librispeech",
        "en",
        "CC-BY-4.0",
        "resemble-ai+Resemblyzer",
        _labelled(
            labels="labels/librispeech-train-clean-100.jsonl",
            recordings_at="audio_data/librispeech_train-clean-100",
            least_certainty=-0.35,
        ),
    ),
)
