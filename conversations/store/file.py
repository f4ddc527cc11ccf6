"""The one SQLite file: how it is opened, written in whole transactions, and made to forget."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from types import TracebackType
from typing import Any, Self, TypeVar

import aiosqlite

from conversations.store.schema import MIGRATIONS, statements

T = TypeVar("T")
Unit = Callable[[Connection], T]
"""A unit of work: plain function calls on the connection, without any waiting in between."""

BUSY = 3_000  # milliseconds a writer waits for another process
PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 4000",  # pages: seldom, for each one holds a batch up
)
MISTAKES = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.InterfaceError)
"""Errors that only we can have made: unlike all other database errors they do not pass by waiting."""

PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
}  # fmt: skip
"""Why a database may be out of use for a while, through no fault of the file or of ours."""

APPLICATION = 0x57454C54  # "WELT": tells our files from others


class StoreError(RuntimeError):
    """The database file is missing, not ours, or of a later version; the message says which and names the file."""


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection and thread, with whole functions as jobs instead of single statements."""

    async def run(self, job: Unit[T]) -> T:
        """What `job` gives, run on the connection's thread: one trip there and back, whatever it does there.

        Jobs run one after the other. Whoever waits may be cancelled meanwhile; the job ends by itself, whole.
        """
        found: T = await self._execute(job, self._conn)  # type: ignore[no-untyped-call]
        return found


class Store:
    """A connection to the database. `write` and `read` run a unit of work as one transaction."""

    def __init__(self, connection: _Connection, path: Path) -> None:
        """Use `open_store` instead."""
        self._connection = connection
        self._wiping = asyncio.Lock()
        self.path = path
        self.wiping = False  # whether the file is being rebuilt, which takes its time where it is large
        self.note: Unit[object] | None = None  # writes deletions down elsewhere, before one counts as done

    async def write(self, unit: Unit[T]) -> T:
        """Runs `unit` in BEGIN IMMEDIATE … COMMIT and gives its result; any exception abandons all of it."""
        return await self._connection.run(lambda tx: transaction(tx, unit))

    async def read(self, unit: Unit[T]) -> T:
        """Runs `unit` on one unchanging state of the database."""
        return await self._connection.run(lambda tx: transaction(tx, unit, "BEGIN"))

    async def forget(self, tries: int = 20, pause: float = 0.25) -> bool:
        """Makes sure that no byte of what was deleted is left; tries at most `tries` times, `pause` seconds apart.

        Whoever deletes says so with `must_wipe`; where nothing was deleted since, nothing is to be done, and several
        deletions are wiped together. False where a reader, another writer or a full disk prevents it, or where it
        cannot be noted outside of the database that something was deleted; nothing is lost by then.
        """
        async with self._wiping:
            for attempt in range(tries):
                if attempt:
                    await asyncio.sleep(pause)
                self.wiping = True
                try:
                    if await self._connection.run(lambda tx: _wiped(tx, self.note)):
                        return True
                finally:
                    self.wiping = False
            return False

    async def check(self) -> None:
        """Looks through the whole file. Raises StoreError where it is damaged: what is written there may be lost."""
        found = await self.read(lambda tx: tx.execute("PRAGMA quick_check(1)").fetchall())
        if found != [("ok",)]:
            raise StoreError(f"the database {self.path} is damaged ({found[0][0]}); see: weltoffen restore --help")

    async def close(self) -> None:
        """Waits for the transaction under way, then closes."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def transaction(tx: Connection, unit: Unit[T], begin: str = "BEGIN IMMEDIATE") -> T:
    """What `unit` gives, as one transaction. COMMIT is where a full disk shows: before it nothing has happened."""
    tx.execute(begin)
    try:
        result = unit(tx)
        tx.execute("COMMIT")
    except BaseException:
        if tx.in_transaction:
            tx.execute("ROLLBACK")
        raise
    return result


def apart(tx: Connection, unit: Unit[T]) -> T:
    """What `unit` gives, within a transaction; an exception of ours undoes what it wrote and nothing else.

    A database error passes: it concerns the whole transaction, which may have ended by it.
    """
    tx.execute("SAVEPOINT apart")
    try:
        result = unit(tx)
    except sqlite3.Error:
        raise
    except BaseException:
        tx.execute("ROLLBACK TO apart")
        tx.execute("RELEASE apart")
        raise
    tx.execute("RELEASE apart")
    return result


def must_wipe(tx: Connection) -> None:
    """Notes that something was deleted of which no byte may stay: also after a kill, `Store.forget` then wipes.

    Each deletion makes a note of its own, for while one process wipes another may delete.
    """
    tx.execute(
        "INSERT INTO fact (name, value) VALUES ('unwiped', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (secrets.token_hex(8),),
    )


def _wiped(tx: Connection, note: Unit[object] | None) -> bool:
    """Whether no byte is left of what was deleted, after an attempt to make it so; `note` writes it down elsewhere.

    secure_delete wipes rows, but pages that SQLite rebalances keep stale copies of them: only a rebuilt file is free
    of those, and only an emptied write-ahead log.
    """
    try:
        wanted = tx.execute("SELECT value FROM fact WHERE name = 'unwiped'").fetchone()
        if wanted is None:
            return True
        tx.execute("PRAGMA busy_timeout = 0").fetchall()  # not waiting for others: all our writers would wait with us
        try:
            if note is not None:
                transaction(tx, note)
            tx.execute("VACUUM")
            if not _checkpointed(tx):
                return False
            # this commit is synced, and with it that the log was emptied: without it a power cut would bring all back
            return tx.execute("DELETE FROM fact WHERE name = 'unwiped' AND value = ?", wanted).rowcount == 1
        finally:
            tx.execute(f"PRAGMA busy_timeout = {BUSY}").fetchall()
    except (sqlite3.Error, OSError):
        return False


def _checkpointed(tx: Connection) -> bool:
    """Empties the write-ahead log, so that nothing deleted is left in it; False while a reader holds it."""
    return bool(tx.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0] == 0)


async def open_store(path: Path, *, create: bool = False) -> Store:
    """The database at `path`, migrated to this version.

    With `create` a new file (mode 0600) is made; without it a missing file is a StoreError, and so is one that is
    empty, not ours, damaged, or written by a later version. Raises sqlite3.OperationalError where it cannot be used
    now: it is locked, or the disk is full.
    """
    if create:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    elif not path.is_file():
        raise StoreError(f"there is no database {path}")
    elif not path.stat().st_size:
        raise StoreError(f"the database {path} is empty; restore a backup")
    address = f"{path.resolve().as_uri()}?mode=rw"
    connection = _Connection(lambda: sqlite3.connect(address, uri=True, isolation_level=None), 64)
    await connection
    try:
        await connection.run(lambda tx: prepare(tx, path))
    except sqlite3.DatabaseError as error:
        await connection.close()
        if error.sqlite_errorcode & 0xFF in PASSING:
            raise
        raise StoreError(f"the database {path} cannot be used: {error}") from error
    except BaseException:
        await connection.close()
        raise
    return Store(connection, path)


def prepare(tx: Connection, path: Path) -> None:
    """Makes a connection ours: its settings, and the tables of this version. Raises StoreError."""
    _version(tx, path)  # first of all, for a journal mode would stay in somebody else's file
    for pragma in PRAGMAS:
        tx.execute(pragma).fetchall()
    _migrate(tx, path)


def _pragma(tx: Connection, name: str) -> int:
    row: tuple[Any, ...] = tx.execute(f"PRAGMA {name}").fetchall()[0]
    return int(row[0])


def _version(tx: Connection, path: Path) -> int:
    """The version of the tables, 0 for a new file. Raises StoreError where they are not ours or of a later version."""
    version = _pragma(tx, "user_version")
    tables = tx.execute("SELECT count(*) FROM sqlite_schema").fetchall()[0][0]
    if _pragma(tx, "application_id") != APPLICATION and not (version == 0 and tables == 0):
        raise StoreError(f"{path} is not a database of weltoffen")
    if version > len(MIGRATIONS):
        raise StoreError(f"{path} was written by a later version of weltoffen")
    return version


def _migrate(tx: Connection, path: Path) -> None:
    """One transaction per step on user_version, so that a kill in between leaves a whole version."""
    while _version(tx, path) < len(MIGRATIONS):
        transaction(tx, lambda tx: _step(tx, path))


def _step(tx: Connection, path: Path) -> None:
    version = _version(tx, path)  # again, within the transaction: another process may have been faster
    if version == len(MIGRATIONS):
        return
    for statement in statements(MIGRATIONS[version]):
        tx.execute(statement)
    tx.execute(f"PRAGMA application_id = {APPLICATION}")
    tx.execute(f"PRAGMA user_version = {version + 1}")
