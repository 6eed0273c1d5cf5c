"""English sentences that people wrote to an assistant, as `training.text.meaning` has them: the texts of SLURP.

    python -m training.text.slurp SLURP/dataset/slurp/devel.jsonl SLURP/dataset/slurp/test.jsonl data/slurp.jsonl

Repository pswietojanski/slurp, texts under CC BY 4.0 (its recordings, which are not, are not used).  What people say to
assistants about anything else is what a house must let pass; alarms are left out, for they sound like timers.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from training.text.meaning import NONE, Meant, is_held_out, parsed

_INTENTS = {
    "iot_hue_lighton": "light.on",
    "iot_hue_lightoff": "light.off",
    "iot_hue_lightup": "light.brighter",
    "iot_hue_lightdim": "light.dimmer",
    "audio_volume_up": "media.volume_up",
    "audio_volume_down": "media.volume_down",
    "audio_volume_mute": "media.mute",
    "play_music": "media.play",
    "play_radio": "media.play",
    "music_query": "media.what",
}
_KINDS = {
    "house_place": "thing",
    "color_type": "color",
    **dict.fromkeys(("artist_name", "song_name", "playlist_name", "radio_name", "music_genre", "music_album"), "music"),
}
_LEFT_OUT = ("alarm", "iot_hue_lightchange", "iot_wemo", "audio_volume_other", "music_settings", "music_likeness")


def sentences(row: dict[str, str]) -> Meant | None:
    """Return what a line of SLURP says, or None where its meaning is none of ours."""
    name = f"{row['scenario']}_{row['action']}"
    if name.startswith(_LEFT_OUT):
        return None
    marked = row["sentence_annotation"]
    for kind in set(_entity_kinds(marked)):
        known = _KINDS.get(kind) if name in _INTENTS else None
        marked = marked.replace(f"[{kind} : ", f"{{{known} " if known else "[")
    marked = "".join(_closed(marked))
    meant = parsed(marked, "en", _INTENTS.get(name, NONE))
    return None if is_held_out(meant.text, "en") or not meant.text else meant


def _entity_kinds(marked: str) -> list[str]:
    return [part.split(" : ", 1)[0] for part in marked.split("[")[1:] if " : " in part]


def _closed(marked: str) -> list[str]:
    """The letters, each bracket that closes a kind of ours as a brace, the others left out."""
    letters, is_ours = [], False
    for letter in marked:
        if letter in "{[":
            is_ours = letter == "{"
        letters.append({"[": "", "]": " }" if is_ours else ""}.get(letter, letter))
    return letters


def main() -> None:
    """Write the sentences."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", type=Path, nargs="+", help="SLURP's files, and the one to write")
    *sources, out = parser.parse_args().files
    rows = [json.loads(line) for source in sources for line in source.read_text(encoding="utf-8").splitlines()]
    found = [meant for meant in map(sentences, rows) if meant]
    out.write_text("".join(json.dumps(asdict(meant), ensure_ascii=False) + "\n" for meant in found), encoding="utf-8")
    print(f"{len(found)} of {len(rows)} sentences")


if __name__ == "__main__":
    main()
