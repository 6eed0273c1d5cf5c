"""Players made quiet while the assistant listens and speaks, and exactly as loud as before afterwards.

What must be restored is on the disk before a player is lowered: after a crash it is restored at the next start.  A
player whose volume somebody has changed meanwhile keeps what it was set to.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assistant.errors import StateError
from assistant.state import StateFile
from handlers.media.player import Player
from handlers.players import Command, NotPossibleError, PlayerError, PlayerState

log = logging.getLogger(__name__)

RELEASE_S = 0.7
"""How long it stays quiet after the assistant has: between listening and the reply it is idle for a moment."""
MOST_S = 120.0
"""No conversation is longer; an assistant that is gone without a word does not leave the house quiet."""
LOWERED_S = 0.5
"""How long a player may take until it tells the volume that it was lowered to."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A player that was lowered."""

    volume: int
    """Before."""
    lowered: int
    """As the player told it afterwards."""


class Ducking:
    """Lowers and restores; each player's part runs on that player's thread."""

    def __init__(self, players: Mapping[str, Player], *, file: StateFile, percent: int) -> None:
        self._players = players
        self._file = file
        self._percent = percent
        self._changed = threading.Condition()  # guards what follows
        self._quiet: frozenset[str] = frozenset()
        """The players that are to be low now."""
        self._due = math.inf
        """When players are to be looked at next; monotonic."""
        self._end = math.inf
        """When they are not low any more, whatever the assistant does; monotonic."""
        self._saved = _read(file)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="media-ducking", daemon=True)

    def start(self) -> None:
        """Restore what a crash has left low, and begin."""
        if self._saved:
            log.info("restoring the volume of %s", ", ".join(sorted(self._saved)))
        self._due = time.monotonic()
        self._thread.start()

    def close(self) -> None:
        """Restore everything that answers; what does not is restored at the next start."""
        with self._changed:
            self._closed, self._quiet = True, frozenset()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        futures = [self._submit(name) for name in self._waiting()]
        for name, future in futures:
            try:
                future.result(timeout=self._players[name].timeout_s)
            except (PlayerError, TimeoutError) as error:
                log.warning("the volume of %s is restored at the next start: %s", name, error)

    def keep_quiet(self, names: Collection[str]) -> None:
        """Keep these players low, and no others; from any thread, returns at once."""
        with self._changed:
            before, self._quiet = self._quiet, frozenset(names)
            if not before and not self._quiet:
                return
            now = time.monotonic()
            # Those that are low already are looked at, too: somebody may have asked for a volume meanwhile.
            self._due = now if self._quiet - before or before == self._quiet else now + RELEASE_S
            self._end = now + MOST_S if self._quiet else math.inf
            self._changed.notify_all()

    def look_again(self, name: str) -> None:
        """Restore a player that did not answer when it should have been; from any thread, returns at once."""
        with self._changed:
            if name in self._saved and name not in self._quiet and self._due == math.inf:
                self._due = time.monotonic() + RELEASE_S
                self._changed.notify_all()

    def as_before(self, name: str, state: PlayerState) -> PlayerState:
        """Return a player's state with the volume that it has without us; on the player's thread."""
        with self._changed:
            saved = self._saved.get(name)
        return replace(state, volume=saved.volume) if saved and state.volume == saved.lowered else state

    def forget(self, name: str) -> None:
        """Restore nothing: somebody has asked for a volume; on the player's thread."""
        self._save(name, None)

    # The thread that watches the time.

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (left_s := min(self._due, self._end) - time.monotonic()) > 0:
                    self._changed.wait(None if left_s == math.inf else left_s)
                if self._closed:
                    return
                if time.monotonic() >= self._end:
                    log.warning("the assistant has been listening for %.0f s; players are restored", MOST_S)
                    self._quiet, self._end = frozenset(), math.inf
                self._due = math.inf
                names = self._quiet | frozenset(self._saved)
            for name in names & self._players.keys():
                self._submit(name)

    def _submit(self, name: str) -> tuple[str, Any]:
        player = self._players[name]
        deadline = time.monotonic() + player.timeout_s
        return name, player.worker.submit(lambda: self._adjust(player), deadline=deadline)

    def _waiting(self) -> list[str]:
        with self._changed:
            return [name for name in self._saved if name in self._players]

    # A player's thread.

    def _adjust(self, player: Player) -> None:
        with self._changed:
            quiet, saved = player.name in self._quiet, self._saved.get(player.name)
        try:
            if quiet and saved is None:
                self._lower(player)
            elif not quiet and saved is not None:
                self._restore(player, saved)
        except PlayerError as error:
            log.info("ducking: %s", error)
            if self._closed:
                raise

    def _lower(self, player: Player) -> None:
        state = player.driver.state()
        if state.playback in {"paused", "stopped"} or not state.volume or state.muted:
            return  # an amplifier that does not tell whether it plays is lowered, too
        volume, lowered = state.volume, round(state.volume * self._percent / 100)
        if lowered == volume:
            return
        self._save(player.name, Saved(volume, lowered))
        try:
            player.perform([Command("volume", lowered)])
        except NotPossibleError:
            self._save(player.name, None)
            raise
        deadline = time.monotonic() + min(LOWERED_S, player.timeout_s)
        after = player.wait_for(lambda now: now.volume != volume, deadline=deadline)
        if after.volume not in {volume, lowered} and after.volume is not None:
            self._save(player.name, Saved(volume, after.volume))

    def _restore(self, player: Player, saved: Saved) -> None:
        state = player.driver.state()
        if state.volume == saved.lowered:
            player.perform([Command("volume", saved.volume)])
        self._save(player.name, None)

    def _save(self, name: str, saved: Saved | None) -> None:
        with self._changed:
            if self._saved.get(name) == saved:
                return
            if saved is None:
                del self._saved[name]
            else:
                self._saved[name] = saved
            try:
                self._file.write({key: [one.volume, one.lowered] for key, one in self._saved.items()})
            except StateError as error:
                log.warning("after a crash players would stay quiet: %s", error)


def _read(file: StateFile) -> dict[str, Saved]:
    """What a crash has left; nothing where that cannot be read."""
    try:
        found = file.read()
    except StateError as error:
        log.warning("%s", error)
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        str(name): Saved(*pair)
        for name, pair in found.items()
        if isinstance(pair, list) and len(pair) == 2 and all(type(one) is int and 0 <= one <= 100 for one in pair)
    }
