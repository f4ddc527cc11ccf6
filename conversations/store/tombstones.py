"""Tombstones: that something was deleted, as a hash, so that whoever restores an older backup deletes it again.

They stand in the database and, because that can be lost, in a file that lies outside of it, beside the key. The hash is
that of a random or secret 128 bit name: it finds the row in a backup that still holds it, and tells nobody who it was.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection

HEAD = "weltoffen: what was deleted, so that no backup brings it back"
LINE = re.compile(r"(\d{4}-\d\d-\d\d) ([a-z]+) ([0-9a-f]{16}) ([0-9a-f]{64}) ([0-9a-f]{8})")


class Kind(StrEnum):
    """What was deleted, or came to an end for good."""

    RESPONDENT = "respondent"
    STATEMENT = "statement"  # withdrawn by its author
    TEXT = "text"  # the former text of a statement that was redacted
    WISH = "wish"  # for the result, or the address that it became
    FAREWELL = "farewell"  # a deletion that has been confirmed in its chat
    ORGANISER = "organiser"
    CLOSED = "closed"  # a survey, on its day
    LINK = "link"  # a survey's salt and addresses
    PEOPLE = "people"  # all respondents of a survey
    PRUNED = "pruned"  # tombstones of the days before


@dataclass(frozen=True)
class Tombstone:
    """One deletion. `id` is random and tells two deletions of the same thing apart."""

    id: str
    kind: Kind
    hash: str
    day: str

    @property
    def line(self) -> str:
        """Itself as a line of the file, with a checksum, so that a torn or damaged one is noticed."""
        text = f"{self.day} {self.kind} {self.id} {self.hash}"
        return f"{text} {_checksum(text)}\n"


def hashed(kind: Kind, identifier: str) -> str:
    """What a tombstone holds instead of the id."""
    return hashlib.sha256(f"weltoffen {kind} {identifier}".encode()).hexdigest()


def statement(respondent: str, identifier: str) -> str:
    """The name of a statement for its tombstone; its own id is so short that a hash of it could be guessed."""
    return f"{respondent} {identifier}"


def bury(tx: Connection, kind: Kind, identifiers: Iterable[str], day: str | None = None) -> None:
    """Sets a tombstone for each of these, in the transaction that deletes them; `day` where it is not today."""
    rows = [(secrets.token_bytes(8).hex(), kind, hashed(kind, i), day) for i in identifiers]
    if rows:
        query = "INSERT INTO tombstone (id, kind, hash, day) VALUES (?, ?, ?, coalesce(?, CURRENT_DATE))"
        tx.executemany(query, rows)


def kept(tx: Connection) -> list[Tombstone]:
    """All tombstones in the database, by day."""
    cursor = tx.execute("SELECT id, kind, hash, day FROM tombstone ORDER BY day, id")
    return [Tombstone(row[0], Kind(row[1]), row[2], row[3]) for row in cursor]


def keep_only(tx: Connection, found: Iterable[Tombstone]) -> None:
    """Keeps these tombstones, as they are, and no others."""
    tx.execute("DELETE FROM tombstone")
    rows = [(t.id, t.kind, t.hash, t.day) for t in found]
    tx.executemany("INSERT OR IGNORE INTO tombstone (id, kind, hash, day) VALUES (?, ?, ?, ?)", rows)


def prune(tx: Connection, day: str) -> None:
    """Drops the tombstones of the days before `day`: no backup exists any more that could hold what they stand for.

    That it was done is kept, so that a backup of an earlier day is refused if one turns up after all.
    """
    if day > pruned_before(kept(tx)):
        tx.execute("DELETE FROM tombstone WHERE day < ?", (day,))
        bury(tx, Kind.PRUNED, [day], day)


def pruned_before(found: Iterable[Tombstone]) -> str:
    """The day before which tombstones are not known any more; "" where all are."""
    return max((t.day for t in found if t.kind is Kind.PRUNED), default="")


# ---- the file outside the database ------------------------------------------------------------------------------


def export(tx: Connection, path: Path) -> None:
    """Makes sure that every tombstone stands in the file at `path`, safe from a power cut. Raises OSError.

    To be called in a transaction that writes: two processes must not do it at once. What stands there already is not
    written again, a line that was torn is, and what was pruned goes.
    """
    rows = kept(tx)
    if not path.exists():
        _rewrite(path, rows)
        return
    written, _ = read(path)
    there = {t.id for t in written}
    missing = [t for t in rows if t.id not in there]
    if any(t.day < pruned_before(rows) for t in written):
        _rewrite(path, valid([*written, *missing]))
    elif missing:
        _append(path, missing)


def read(path: Path) -> tuple[list[Tombstone], int]:
    """The tombstones in the file, and how many of its lines cannot be read. A missing file holds none.

    Raises OSError where the file cannot be read or is another one.
    """
    try:
        head, *lines = path.read_bytes().decode("ascii", "replace").split("\n")
    except FileNotFoundError:
        return [], 0
    if head != HEAD:
        raise OSError(errno.EINVAL, "This is no file of deletions", str(path))
    found = [_parsed(line) for line in lines if line]
    return [t for t in found if t is not None], sum(t is None for t in found)


def valid(found: Iterable[Tombstone]) -> list[Tombstone]:
    """Each tombstone once, by day, without those that were pruned."""
    every = {t.id: t for t in found}
    first = pruned_before(every.values())
    return sorted((t for t in every.values() if t.day >= first), key=lambda t: (t.day, t.id))


def _parsed(line: str) -> Tombstone | None:
    match = LINE.fullmatch(line)
    if match is None or _checksum(line[:-9]) != match[5] or match[2] not in list(Kind):
        return None
    return Tombstone(match[3], Kind(match[2]), match[4], match[1])


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _append(path: Path, found: Sequence[Tombstone]) -> None:
    """Adds lines at the end. After a line that was torn a new one begins."""
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        torn = os.pread(file.fileno(), 1, end - 1) != b"\n"
        file.write(b"\n" * torn + "".join(t.line for t in found).encode())
        file.flush()
        os.fsync(file.fileno())


def _rewrite(path: Path, found: Sequence[Tombstone]) -> None:
    """Puts a new file in place of the one there is, if any: whole, or not at all."""
    part = path.with_name(f"{path.name}.part")
    with contextlib.suppress(FileNotFoundError):
        part.unlink()
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(f"{HEAD}\n{''.join(t.line for t in found)}".encode())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path)


def sync_folder(path: Path) -> None:
    """Makes what happened to the name of a file safe from a power cut."""
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
