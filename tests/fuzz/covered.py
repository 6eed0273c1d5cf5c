"""One target under atheris: `python -m tests.fuzz.covered TARGET FOLDER -FLAGS-OF-LIBFUZZER`.

Only what is imported inside the instrumentation is followed, so this is a program of its own.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assistant.config", "assistant.contacts", "assistant.language"]):
    from tests.fuzz import files

SEEDS: dict[str, tuple[list[bytes], list[bytes]]] = {
    "household": ([files.HOUSEHOLD], files.HOUSEHOLD_PIECES),
    "sentences": ([files.SENTENCES, files.FRENCH], files.SENTENCE_PIECES),
    "vcard": (list(files.CARDS), files.CARD_PIECES),
}
"""Good files, and pieces that mean something in them."""


def main() -> None:
    """Fuzz until the time is over; an error that the target does not document ends it."""
    logging.disable(logging.CRITICAL)
    name, folder, *flags = sys.argv[1:]
    target = next(target for target in files.TARGETS if target.name == name)
    seeds, pieces = SEEDS[name]
    corpus = Path(folder) / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    dictionary = Path(folder) / "dictionary"
    dictionary.write_text("".join(f'"{_escaped(piece)}"\n' for piece in pieces if len(piece) <= 64))

    def feed(content: bytes) -> None:
        try:
            target.feed(content)
        except target.refuses:
            return

    own = [f"-dict={dictionary}", f"-artifact_prefix={folder}/", "-max_len=20000", str(corpus)]
    atheris.Setup([sys.argv[0], *flags, *own], feed)
    atheris.Fuzz()


def _escaped(piece: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in piece)


if __name__ == "__main__":
    main()
