"""Copies of the database: how one is made beside the running bot, what it holds, and how one takes its place."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from conversations.store.file import APPLICATION, BUSY, StoreError
from conversations.store.schema import MIGRATIONS
from conversations.store.tombstones import sync_folder

T = TypeVar("T")
BESIDE = ("-wal", "-shm", "-journal")  # what SQLite may leave beside a file


class CopyError(StoreError):
    """A copy is not what it should be, or cannot take the database's place; the message says why."""


class DamagedError(CopyError):
    """SQLite finds something wrong with a file."""


@dataclass(frozen=True)
class Contents:
    """What a database holds: the version of its tables, rows per table, and a hash over all of it."""

    version: int
    rows: Mapping[str, int]
    digest: str


def contents(tx: Connection) -> Contents:
    """Reads all of the database, table by table in the order of the primary keys."""
    held, rows = hashlib.sha256(), {}
    version = _pragma(tx, "user_version")
    held.update(f"{_pragma(tx, 'application_id')} {version}\n".encode())
    for row in tx.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"):
        held.update(ascii(row).encode() + b"\n")
    tables = [row[0] for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    for table in tables:
        columns = tx.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
        key = [name for name, place in sorted(columns, key=lambda c: c[1]) if place] or [name for name, _ in columns]
        names = ", ".join(f'"{name}"' for name, _ in columns)
        held.update(f"{table} ({names})\n".encode())
        rows[table] = 0
        order = ", ".join(f'"{name}"' for name in key)
        for row in tx.execute(f'SELECT {names} FROM "{table}" ORDER BY {order}'):
            held.update(ascii(row).encode() + b"\n")
            rows[table] += 1
    return Contents(version, rows, held.hexdigest())


def copy(database: Path, part: Path) -> Contents:
    """Copies one unchanging state of a database that may be in use to `part`, and gives what that state holds.

    `part` must not exist; only its owner may read it. Nothing of what was deleted is in it.
    """
    raw = part.with_name(f"{part.name}.raw")
    removed(raw)
    for path in (raw, part):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(_connected(raw, "rw")) as copied:
            with closing(_connected(database, "rw")) as source:
                source.execute("BEGIN")
                found = contents(source)  # begins the snapshot of which the pages are copied then
                source.backup(copied)
                source.execute("ROLLBACK")
            copied.execute("PRAGMA journal_mode = DELETE").fetchall()  # a copy is one file
            copied.execute("VACUUM INTO ?", (str(part),))
    finally:
        removed(raw)
    _synced(part)
    return found


def checked(path: Path) -> Contents:
    """What a copy that nobody has open holds, after SQLite found nothing wrong with it. Raises CopyError."""
    try:
        with closing(_connected(path, "ro", immutable=True)) as tx:
            _sound(tx, path)
            if _pragma(tx, "user_version") > len(MIGRATIONS):
                raise CopyError(f"{path} was written by a later version of weltoffen")
            return contents(tx)
    except sqlite3.Error as error:
        raise DamagedError(f"{path} is damaged ({error})") from error


def _sound(tx: Connection, path: Path) -> None:
    """Raises CopyError where it is not ours, DamagedError where something is wrong with it."""
    if _pragma(tx, "application_id") != APPLICATION:
        raise CopyError(f"{path} is not a database of weltoffen")
    wrong = [row[0] for row in tx.execute("PRAGMA integrity_check")]
    if wrong != ["ok"]:
        raise DamagedError(f"{path} is damaged ({wrong[0]})")
    if (loose := tx.execute("PRAGMA foreign_key_check").fetchone()) is not None:
        raise DamagedError(f"{path} is damaged (a row of {loose[0]} refers to nothing)")


def looked(path: Path, unit: Callable[[Connection], T]) -> T:
    """What `unit` gives on a database as it is, neither prepared nor migrated. Raises sqlite3.Error."""
    with closing(_connected(path, "rw")) as tx:
        tx.execute("BEGIN")
        return unit(tx)


# ---- taking the database's place --------------------------------------------------------------------------------


def usable(database: Path) -> bool:
    """Whether there is a sound database of ours; False where there is none or a damaged one.

    Raises CopyError where it is the database of something else.
    """
    if not database.exists():
        return False
    try:
        with closing(_connected(database, "rw")) as tx:
            _sound(tx, database)
    except sqlite3.OperationalError:  # not damaged, only busy
        raise
    except (sqlite3.Error, DamagedError):
        return False
    return True


def overwrite(database: Path, part: Path, patience: float = BUSY / 1000) -> None:
    """Makes a usable database what `part` is, in one transaction: whoever looks, whenever we end, finds one of both.

    Raises CopyError where another process does not let go of it for `patience` seconds.
    """
    end = time.monotonic() + patience

    def waited(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise CopyError(f"another command is working on {database}; nothing was changed, try again")

    with closing(_connected(part, "ro", immutable=True)) as source, closing(_connected(database, "rw")) as target:
        target.execute("PRAGMA synchronous = FULL")
        source.backup(target, progress=waited, sleep=0.05)


def put(database: Path, part: Path) -> Path | None:
    """Puts `part` where no usable database is. Gives where a copy of a damaged one lies now, with its log.

    There is always something at `database`: the damaged one, or the new one.
    """
    aside = _aside(database) if database.exists() else None
    if aside is not None:
        for end in ("", "-wal", "-journal"):
            if (old := _beside(database, end)).exists():
                shutil.copyfile(old, new := _beside(aside, end))
                new.chmod(0o600)
                _synced(new)
        sync_folder(database)
    for end in BESIDE:  # before: SQLite would write an old log into the new file
        _beside(database, end).unlink(missing_ok=True)
    sync_folder(database)
    part.replace(database)
    sync_folder(database)
    return aside


def _aside(database: Path) -> Path:
    """A name that is free."""
    number = 1
    while (found := database.with_name(f"{database.name}.damaged-{number}")).exists():
        number += 1
    return found


def removed(path: Path) -> None:
    """Removes a file of SQLite with all that is beside it, if there is any."""
    for end in ("", *BESIDE):
        _beside(path, end).unlink(missing_ok=True)


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _synced(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _connected(path: Path, mode: str, *, immutable: bool = False) -> Connection:
    address = f"{path.resolve().as_uri()}?mode={mode}{'&immutable=1' * immutable}"
    connection = sqlite3.connect(address, uri=True, isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout = {BUSY}").fetchall()
    return connection


def _pragma(tx: Connection, name: str) -> int:
    return int(tx.execute(f"PRAGMA {name}").fetchall()[0][0])
