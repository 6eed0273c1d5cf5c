"""Passwords, tokens and keys: never in the household's file, always in files of their own.

A path that begins with `$CREDENTIALS_DIRECTORY/` is in the folder where systemd puts what `LoadCredential=` names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from assistant.errors import OyezError

CREDENTIALS = "$CREDENTIALS_DIRECTORY"
MOST_BYTES = 64 * 1024
"""Longer files are no secrets of ours."""


def located(path: Path, *, folder: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where a file is: in systemd's folder, else as it stands, beside the household's file.

    Outside a service systemd's folder is not known: the path stays as it was written, and reading it fails.
    """
    if path.parts[:1] != (CREDENTIALS,):
        return folder / path.expanduser()
    given = environment.get(CREDENTIALS[1:])
    return Path(given, *path.parts[1:]) if given else path


def read_secret(path: Path) -> str:
    """Return the first line of a file.

    Raises OyezError where it cannot be read, or its first line is empty; what stands in it is not told.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode()
    except OSError as error:
        why = error.strerror or str(error)
        if path.parts[:1] == (CREDENTIALS,):
            why = "systemd gives that folder to a service with LoadCredential= only"
        raise OyezError(f"{path} cannot be read: {why}") from error
    except UnicodeDecodeError as error:
        raise OyezError(f"{path} cannot be read: no text in UTF-8") from error
    line = text.partition("\n")[0].rstrip("\r")
    if not line:
        raise OyezError(f"{path} has nothing in its first line")
    return line
