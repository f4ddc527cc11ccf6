"""apsw's connection in the form of sqlite3's, as far as the store uses it; tells what is kept before each COMMIT."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import apsw
from powerloss import Disk, PowerLossError

T = TypeVar("T")
Row = tuple[Any, ...]
State = tuple[tuple[str, tuple[Row, ...]], ...]
"""All that can be asked of a database: its version, its schema, and the rows of every table."""

_CHANGES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
_KINDS = (
    (apsw.ConstraintError, sqlite3.IntegrityError),
    (apsw.MismatchError, sqlite3.IntegrityError),
    (apsw.CorruptError, sqlite3.DatabaseError),
    (apsw.NotADBError, sqlite3.DatabaseError),
    (apsw.MisuseError, sqlite3.ProgrammingError),
    (apsw.RangeError, sqlite3.ProgrammingError),
    (apsw.Error, sqlite3.OperationalError),
)


class Ledger:
    """Which states were acknowledged, and which one is on its way: what a crash may leave behind."""

    def __init__(self) -> None:
        self.acknowledged: State | None = None
        self.under_way: State | None = None
        self._earlier: set[int] = set()

    def begin(self, found: State) -> None:
        """A commit begins that leads to this state."""
        self.under_way = found

    def done(self) -> None:
        """The commit that was under way has returned."""
        self._earlier.add(hash(self.acknowledged))
        self.acknowledged, self.under_way = self.under_way, None

    def verdict(self, found: State) -> str | None:
        """What is wrong with a state found after a crash: "lost" or "half". None where it may be so; it then counts."""
        if found not in (self.acknowledged, self.under_way):
            return "lost" if hash(found) in self._earlier else "half"
        self.acknowledged, self.under_way = found, None
        return None


class Cursor:
    """Rows, all read at once, and how many rows a statement changed."""

    def __init__(self, rows: Iterable[Row], rowcount: int) -> None:
        self._rows: Iterator[Row] = iter(rows)
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    def fetchone(self) -> Row | None:
        """The next row."""
        return next(self._rows, None)

    def fetchall(self) -> list[Row]:
        """All further rows."""
        return list(self._rows)


class Connection:
    """A connection to a database on a disk that loses power. `run` is what the store's own connection offers.

    With `whole` false transactions are taken apart: every statement is kept by itself.
    """

    def __init__(self, disk: Disk, name: str, ledger: Ledger, *, whole: bool = True) -> None:
        self.statement = ""  # the one under way
        self.reading = False  # whether the transaction under way only reads
        self._disk, self._ledger, self._whole = disk, ledger, whole
        path = str(disk.folder / name)
        self._connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE, vfs=disk.name)
        disk.at_crash(self._drop)

    async def run(self, job: Callable[[Any], T]) -> T:
        """What `job` gives."""
        return job(self)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; none is without power."""
        return not self._disk.dead and self._connection.in_transaction

    def execute(self, sql: str, values: Sequence[object] = ()) -> Cursor:
        """One statement, run to its end."""
        self._note(sql)
        if sql.startswith("BEGIN"):
            self.reading = sql == "BEGIN"
        if not self._whole and sql.split(maxsplit=1)[0] in ("BEGIN", "COMMIT", "ROLLBACK"):
            self._apart(sql)
            return Cursor((), -1)
        commits = sql == "COMMIT" and not self.reading
        if commits:
            self._ledger.begin(state(self))
        elif self._whole and _CHANGES.match(sql) and not self._connection.in_transaction:
            self._rehearse(sql, values)
            commits = True
        found = self._raw(lambda: self._connection.execute(sql, values).fetchall())
        if commits:
            self._ledger.done()
        return Cursor(found, self._connection.changes() if _CHANGES.match(sql) else -1)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> Cursor:
        """One statement for each of these rows of values."""
        self._note(sql)
        before = self._connection.total_changes()
        self._raw(lambda: self._connection.executemany(sql, rows).fetchall())
        return Cursor((), self._connection.total_changes() - before)

    def close(self) -> None:
        """Closes in good order; the last one to close empties the write-ahead log."""
        self._note("close")
        self._raw(self._connection.close)

    def _note(self, statement: str) -> None:
        if not self._disk.dead:
            self.statement = statement

    def _apart(self, sql: str) -> None:
        if sql == "COMMIT" and not self.reading:
            self._ledger.begin(state(self))
            self._ledger.done()

    def _rehearse(self, sql: str, values: Sequence[object]) -> None:
        """Tells what a statement outside of a transaction leads to."""
        self._raw(lambda: self._connection.execute("BEGIN IMMEDIATE"))
        self._raw(lambda: self._connection.execute(sql, values))
        self._ledger.begin(state(self))
        self._raw(lambda: self._connection.execute("ROLLBACK"))

    def _raw(self, call: Callable[[], T]) -> T:
        if self._disk.dead:
            raise PowerLossError
        try:
            return call()
        except apsw.Error as error:
            if self._disk.dead:
                raise PowerLossError from None
            raise next(ours for theirs, ours in _KINDS if isinstance(error, theirs))(str(error)) from error

    def _drop(self) -> None:
        try:
            self._connection.close(True)
        except apsw.Error:
            assert self._disk.dead

    def rows(self, sql: str) -> tuple[Row, ...]:
        """What a query finds, apart from all bookkeeping."""
        return tuple(self._raw(lambda: self._connection.execute(sql).fetchall()))


def state(connection: Connection) -> State:
    """What a database holds as its connection sees it now, in an open transaction too."""
    tables = connection.rows("SELECT name, type, sql FROM sqlite_schema ORDER BY name")
    versions = (*connection.rows("PRAGMA user_version"), *connection.rows("PRAGMA application_id"))
    held = [("", versions), ("sqlite_schema", tables)]
    held += [(name, connection.rows(f'SELECT * FROM "{name}"')) for name, kind, _ in tables if kind == "table"]
    return tuple(held)
