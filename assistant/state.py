"""What must survive a restart, as one small JSON file for each part: timers, volumes to be restored.

Written whole and renamed into place: after a crash or a power cut a file is the old one or the new one, never half.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from assistant.config import HouseholdConfig
from assistant.errors import StateError

log = logging.getLogger(__name__)

MOST_BYTES = 4 * 1024 * 1024
"""Longer files are not ours."""


def state_folder(configured: Path | None, *, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where state is kept: the household's `state`, else systemd's folder, else the user's own."""
    if configured is not None:
        return configured
    if given := environment.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])  # systemd lists several, the unit's first one first
    own = environment.get("XDG_STATE_HOME")
    return (Path(own) if own else Path.home() / ".local" / "state") / "oyez"


def state_path(household: HouseholdConfig, name: str) -> Path:
    """Return where a site keeps the file called `name`."""
    return state_folder(household.state) / f"{household.site}.{name}"


@dataclass(frozen=True, slots=True)
class StateFile:
    """One part's file.  Not for several threads at once."""

    path: Path

    @classmethod
    def of(cls, household: HouseholdConfig, name: str) -> Self:
        """Return the file called `name` of a site; nothing is created before it is written."""
        return cls(state_path(household, f"{name}.json"))

    def read(self) -> Any:
        """Return what was written last, None where nothing was; a damaged file is put aside and counts as nothing.

        Raises StateError where the file is there and cannot be read.
        """
        try:
            if self.path.stat().st_size > MOST_BYTES:
                return self._put_aside(f"longer than {MOST_BYTES} bytes")
            text = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(f"{self.path} cannot be read: {error.strerror or error}; mend its rights") from error
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            return self._put_aside(f"not JSON: {error}")

    def write(self, value: object) -> None:
        """Keep `value`, which JSON can hold, in place of what was there; back only when it is on the disk.

        Raises StateError where the folder cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=self.path.parent, prefix=f".{self.path.name}.", delete=False
            ) as file:
                try:
                    json.dump(value, file, ensure_ascii=False)
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(self.path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            what = f"{self.path} cannot be written: {error.strerror or error}"
            raise StateError(f"{what}; free the disk, mend the folder's rights, or set `state:` to another") from error

    def _put_aside(self, why: str) -> None:
        aside = self.path.with_suffix(".damaged")
        log.warning("%s is damaged (%s); it is kept as %s and begun anew", self.path, why, aside)
        try:
            self.path.replace(aside)
        except OSError as error:
            raise StateError(f"{self.path} is damaged and cannot be put aside: {error.strerror or error}") from error
