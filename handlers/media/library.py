"""The players' libraries, read in the background and published as retained catalogs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from assistant.config import MediaConfig
from assistant.mqtt import Outgoing
from assistant.mqtt.topics import CATALOG
from handlers.media.player import Player
from handlers.media.shelf import Copy, Shelf
from handlers.players import Catalog, Library, PlayerError

log = logging.getLogger(__name__)

READ_S = 120.0
"""How long a read may wait for its turn."""


class Libraries:
    """What all players have.  Safe from any thread."""

    def __init__(self, site: str, media: MediaConfig, publish: Callable[[Outgoing], None]) -> None:
        self._site = site
        self._media = media
        self._publish = publish
        self._lock = threading.Lock()  # guards what follows
        self._asked: set[str] = set()
        """Players whose reading has not begun yet."""
        self._libraries: dict[str, Library] = {}
        self._shelf = Shelf({})
        self._published: dict[Catalog, bytes] = {}

    def read_soon(self, player: Player) -> None:
        """Read a player's library anew on its own thread; returns at once."""
        with self._lock:
            if player.name in self._asked:
                return
            self._asked.add(player.name)
        player.reader.submit(lambda: self._read(player), deadline=time.monotonic() + READ_S)

    def copies(self, kind: str, value: str) -> tuple[Copy, ...]:
        """Return which players have what is called so."""
        with self._lock:
            shelf = self._shelf
        return shelf.copies(kind, value)

    def publish_again(self) -> None:
        """Publish every catalog: a broker that was started anew has forgotten them."""
        with self._lock:
            for kind, payload in self._published.items():
                self._send(kind, payload)

    def _read(self, player: Player) -> None:
        with self._lock:
            self._asked.discard(player.name)
        try:
            library = player.driver.library()
        except PlayerError as error:
            log.warning("the library of %s cannot be read: %s", player.name, error)
            return
        except Exception:  # the border to a driver
            log.exception("the library of %s cannot be read", player.name)
            return
        counts = ", ".join(f"{len(names)} {kind}s" for kind, names in library.items() if names)
        log.info("player %s has %s", player.name, counts or "nothing that can be played by name")
        with self._lock:
            self._libraries[player.name] = library
            self._shelf = Shelf(self._libraries, wanted=self._media.libraries, most_titles=self._media.most_titles)
            for kind, catalog in self._shelf.catalogs().items():
                payload = catalog.to_bytes() if catalog.values else b""
                if self._published.get(kind) != payload:
                    self._published[kind] = payload
                    self._send(kind, payload)

    def _send(self, kind: Catalog, payload: bytes) -> None:
        topic = CATALOG.topic(self._site, name=kind)
        self._publish(Outgoing(topic, payload, qos=CATALOG.qos, retained=True, content_type="application/json"))
