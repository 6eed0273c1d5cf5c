"""What waits for a connection, on disk: kept across restarts and power cuts, in order, bounded, each with its expiry.

SQLite with a write-ahead log, synchronous to the disk: after a power cut an entry is there whole or not at all.  An
entry's remaining time is counted down by `assistant.cloud.lifetime`, and the moment of the count is kept beside it, so
that neither a restart nor a clock that jumps makes it live longer or die early.  What is deleted is overwritten.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from assistant.cloud.lifetime import Moment, elapsed_s, moment
from assistant.cloud.query import Meaning
from assistant.config import OutboxConfig
from assistant.errors import StateError

log = logging.getLogger(__name__)

OUTBOX = "outbox.sqlite"
"""What a site's file is called."""
BUSY_S = 2.0
"""How long another process (`oyez outbox purge`) may hold the file."""
_COLUMNS = "id, said, room, language, text, meaning, reason, pcm, left_s"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, said TEXT NOT NULL, room TEXT,
    language TEXT NOT NULL, text TEXT NOT NULL, meaning TEXT, reason TEXT, pcm BLOB, left_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS counted (
    one INTEGER PRIMARY KEY CHECK (one = 1), wall_s REAL NOT NULL, boot_s REAL NOT NULL, boot TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One utterance that waits."""

    id: str
    said: datetime
    """Aware."""
    room: str | None
    language: str
    text: str = field(repr=False)
    """What was understood, or the letters that were heard."""
    meaning: Meaning | None
    """What was understood; None where only the sound waits."""
    reason: str | None
    pcm: bytes | None = field(repr=False)
    left_s: float
    """Seconds for which it is still worth sending."""


class Outbox:
    """The file of one site.  Safe for several threads, and for several processes."""

    def __init__(self, path: Path, config: OutboxConfig, *, clock: Callable[[], Moment] = moment) -> None:
        """Open nothing yet: each use does that where it was not possible before, on a disk that was full then."""
        self._path, self._config, self._clock = path, config, clock
        self._lock = threading.Lock()  # guards the connection
        self._opened: sqlite3.Connection | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True
            if self._opened is not None:
                self._opened.close()

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept."""
        return self._path.exists()

    def put(self, entry: Entry) -> bool:
        """Keep an entry, back only when it is on the disk; returns False where there is no room for it.

        One whose id is there already changes nothing.

        Raises StateError where the disk does not take it.
        """
        with self._writing() as database:
            if database.execute("SELECT 1 FROM entries WHERE id = ?", (entry.id,)).fetchone():
                return True
            count, taken = database.execute("SELECT count(*), coalesce(sum(length(pcm)), 0) FROM entries").fetchone()
            if count >= self._config.most or taken + len(entry.pcm or b"") > self._config.most_bytes:
                return False
            database.execute(
                "INSERT INTO entries (id, said, room, language, text, meaning, reason, pcm, left_s)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    entry.id,
                    entry.said.isoformat(),
                    entry.room,
                    entry.language,
                    entry.text,
                    _written(entry.meaning),
                    entry.reason,
                    entry.pcm,
                    entry.left_s,
                ),
            )
        return True

    def entries(self) -> list[Entry]:
        """Return all that waits, the first to be sent first, without having counted the time.

        Raises StateError where the file cannot be read.
        """
        return self._read("ORDER BY place")

    def first(self) -> Entry | None:
        """Return what is to be sent next; what has expired is taken out by `expired` only.

        Raises StateError where the file cannot be read.
        """
        return next(iter(self._read("AND left_s > ? ORDER BY place LIMIT 1")), None)

    def expired(self) -> list[Entry]:
        """Count the time where something waits, and take out what it has overtaken.

        Raises StateError where the disk does not take it.
        """
        with self._told(), self._lock:
            # Nothing is written while nothing waits: memory cards wear out.
            if self._database.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is None:
                return []
        with self._writing() as database:
            rows = database.execute(f"SELECT {_COLUMNS} FROM entries WHERE left_s <= 0 ORDER BY place").fetchall()  # noqa: S608
            database.execute("DELETE FROM entries WHERE left_s <= 0")
        self._wipe(bool(rows))
        return [_entry(row, gone_s=0.0) for row in rows]

    def remove(self, entry_id: str) -> bool:
        """Take an entry out; returns False where somebody else did so before.

        Raises StateError where the disk does not take it.
        """
        with self._writing() as database:
            removed = database.execute("DELETE FROM entries WHERE id = ?", (entry_id,)).rowcount > 0
        self._wipe(removed)
        return removed

    def purge(self) -> int:
        """Forget everything, damaged files too; returns how many entries that were.

        Raises StateError where the disk does not take it.
        """
        with self._writing() as database:
            removed = database.execute("DELETE FROM entries").rowcount
        self._wipe(removed > 0)
        with self._told():
            self._aside.unlink(missing_ok=True)
        return removed

    def _read(self, which: str) -> list[Entry]:
        """Return the entries that `which` chooses; its question mark is the time that is not counted yet."""
        with self._told(), self._lock:
            database = self._database
            database.execute("BEGIN")  # one picture of both tables
            try:
                before, now = self._counted(), self._clock()
                gone_s = elapsed_s(before, now) if before else 0.0
                values = (gone_s,) * which.count("?")
                rows = database.execute(f"SELECT {_COLUMNS} FROM entries WHERE 1 {which}", values).fetchall()  # noqa: S608
            finally:
                database.execute("COMMIT")
        return [_entry(row, gone_s=gone_s) for row in rows]

    @property
    def _database(self) -> sqlite3.Connection:
        """The connection, made where there is none; with the lock held."""
        if self._closed:
            raise sqlite3.ProgrammingError("the outbox is closed")
        if self._opened is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._opened = self._open()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._put_aside(error)
                self._opened = self._open()
        return self._opened

    @property
    def _aside(self) -> Path:
        return self._path.with_suffix(".damaged")

    def _open(self) -> sqlite3.Connection:
        # Created for its owner alone: what was said stands in it.
        self._path.touch(mode=0o600, exist_ok=True)
        database = sqlite3.connect(
            self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA secure_delete = ON")
            database.executescript(_SCHEMA)
            _check(database)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction in which the time has been counted."""
        with self._told(), self._lock:
            database = self._database
            database.execute("BEGIN IMMEDIATE")
            try:
                self._count()
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:  # a full disk has ended it already
                    database.execute("ROLLBACK")
                raise

    def _count(self) -> None:
        before, now = self._counted(), self._clock()
        if before is not None:
            self._database.execute("UPDATE entries SET left_s = left_s - ?", (elapsed_s(before, now),))
        self._database.execute("INSERT OR REPLACE INTO counted VALUES (1, ?, ?, ?)", (now.wall_s, now.boot_s, now.boot))

    def _counted(self) -> Moment | None:
        row = self._database.execute("SELECT wall_s, boot_s, boot FROM counted").fetchone()
        return Moment(*row) if row else None

    def _wipe(self, removed: bool) -> None:
        """Let the log forget what the table has forgotten."""
        if removed:
            with self._told(), self._lock:
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _put_aside(self, error: Exception) -> None:
        log.warning("%s is damaged (%s); it is kept as %s and begun anew", self._path, error, self._aside)
        self._path.replace(self._aside)
        for ending in ("-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            what = f"{self._path}: {error}; free the disk, mend the folder's rights, or set `state:` to another"
            raise StateError(what) from error


def _written(meaning: Meaning | None) -> str | None:
    if meaning is None:
        return None
    return json.dumps([meaning.domain, meaning.intent, dict(meaning.slots)], ensure_ascii=False)


def _entry(row: tuple[Any, ...], *, gone_s: float) -> Entry:
    entry_id, said, room, language, text, meaning, reason, pcm, left_s = row
    known = Meaning(*json.loads(meaning)) if meaning else None
    return Entry(entry_id, datetime.fromisoformat(said), room, language, text, known, reason, pcm, left_s - gone_s)


def _check(database: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError where the file is damaged."""
    if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("quick_check fails")
