"""The one SQLite file: how it is opened, written in whole transactions, and made to forget."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import aiosqlite
from aiosqlite import Connection

from conversations.store.schema import MIGRATIONS, statements

T = TypeVar("T")
BUSY = 3_000  # milliseconds a writer waits for another process
PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
)
MISTAKES = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.InterfaceError)
"""Errors that only we can have made: unlike all other database errors they do not pass by waiting."""

APPLICATION = 0x57454C54  # "WELT": tells our files from others


class StoreError(RuntimeError):
    """The database file is missing, not ours, or of a later version; the message says which and names the file."""


class Store:
    """A connection to the database. `write` and `read` run a unit of work as one transaction."""

    def __init__(self, connection: Connection, path: Path) -> None:
        """Use `open_store` instead."""
        self._connection = connection
        self._lock = asyncio.Lock()
        self.path = path

    async def write(self, unit: Callable[[Connection], Awaitable[T]]) -> T:
        """Runs `unit` in BEGIN IMMEDIATE … COMMIT and gives its result; any exception abandons all of it.

        A caller that is cancelled meanwhile does not tear the transaction: it ends by itself, whole.
        """
        return await asyncio.shield(asyncio.ensure_future(self._transaction("BEGIN IMMEDIATE", unit)))

    async def read(self, unit: Callable[[Connection], Awaitable[T]]) -> T:
        """Runs `unit` on one unchanging state of the database."""
        return await asyncio.shield(asyncio.ensure_future(self._transaction("BEGIN", unit)))

    async def _transaction(self, begin: str, unit: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._lock:
            await self._connection.execute(begin)
            try:
                result = await unit(self._connection)
                await self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    await self._connection.execute("ROLLBACK")
                raise
            return result

    async def _checkpoint(self) -> bool:
        """Empties the write-ahead log, so that nothing deleted is left in it; False while a reader holds it."""
        cursor = await self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = await cursor.fetchone()
        await cursor.close()
        return row is not None and row[0] == 0

    async def forget(self, tries: int = 20, pause: float = 0.25) -> bool:
        """Makes sure that no byte of what was deleted is left; tries at most `tries` times, `pause` seconds apart.

        secure_delete wipes rows, but pages that SQLite rebalances keep stale copies of them: only a rebuilt file is
        free of those. False where a reader, another writer or a full disk prevents it; nothing is lost by then.
        """
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(pause)
            try:
                async with self._impatient():
                    await self._connection.execute("VACUUM")
                    if await self._checkpoint():
                        return True
            except sqlite3.Error:
                continue
        return False

    @asynccontextmanager
    async def _impatient(self) -> AsyncIterator[None]:
        """Alone on the connection, and not waiting for others: it would keep all our writers waiting too."""
        async with self._lock:
            await self._wait(0)
            try:
                yield
            finally:
                await self._wait(BUSY)

    async def _wait(self, milliseconds: int) -> None:
        """How long we wait for others from now on. This answers with a row: left open it would forbid a VACUUM."""
        async with self._connection.execute(f"PRAGMA busy_timeout = {milliseconds}") as cursor:
            await cursor.fetchall()

    async def close(self) -> None:
        """Waits for the transaction under way, then closes."""
        async with self._lock:
            await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open_store(path: Path, *, create: bool = False) -> Store:
    """The database at `path`, migrated to this version.

    With `create` a new file (mode 0600) is made; without it a missing file is a StoreError, and so is one that is
    not ours, damaged, or written by a later version.
    """
    if create:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    elif not path.is_file():
        raise StoreError(f"there is no database {path}")
    connection = await aiosqlite.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        await _version(connection, path)  # first of all, for a journal mode would stay in somebody else's file
        for pragma in PRAGMAS:
            await connection.execute(pragma)
        await _migrate(connection, path)
    except sqlite3.DatabaseError as error:
        await connection.close()
        raise StoreError(f"the database {path} cannot be used: {error}") from error
    except BaseException:
        await connection.close()
        raise
    return Store(connection, path)


async def _pragma(connection: Connection, name: str) -> int:
    async with connection.execute(f"PRAGMA {name}") as cursor:
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def _version(connection: Connection, path: Path) -> int:
    """The version of the tables, 0 for a new file. Raises StoreError where they are not ours or of a later version."""
    version = await _pragma(connection, "user_version")
    application = await _pragma(connection, "application_id")
    async with connection.execute("SELECT count(*) FROM sqlite_schema") as cursor:
        row = await cursor.fetchone()
    if application != APPLICATION and not (version == 0 and row is not None and row[0] == 0):
        raise StoreError(f"{path} is not a database of weltoffen")
    if version > len(MIGRATIONS):
        raise StoreError(f"{path} was written by a later version of weltoffen")
    return version


async def _migrate(connection: Connection, path: Path) -> None:
    """One transaction per step on user_version, so that a kill in between leaves a whole version."""
    while True:
        await connection.execute("BEGIN IMMEDIATE")
        version = await _version(connection, path)
        if version == len(MIGRATIONS):
            await connection.execute("ROLLBACK")
            return
        for statement in statements(MIGRATIONS[version]):
            await connection.execute(statement)
        await connection.execute(f"PRAGMA application_id = {APPLICATION}")
        await connection.execute(f"PRAGMA user_version = {version + 1}")
        await connection.execute("COMMIT")
