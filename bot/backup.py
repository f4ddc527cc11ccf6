"""Backups: a verified copy of the database with a small manifest beside it, made while the bot runs.

A copy counts only when it has its name, and it gets that only after everything in it was read again and compared with
what the database held. Without its manifest it is no backup.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from conversations.store.copies import Contents, CopyError, checked, copy, removed
from conversations.store.tombstones import sync_folder

NAME = re.compile(r"weltoffen-(\d{4}-\d\d-\d\d)-(\d{2,})\.db")
LOCK = "weltoffen-backup.lock"
PIECE = 1 << 20  # bytes read at once


@dataclass(frozen=True)
class Backup:
    """What is known of a backup: nothing about any person, but how much of what there is."""

    file: str
    day: str
    sha256: str
    content: str
    version: int
    rows: Mapping[str, int]

    @property
    def manifest(self) -> bytes:
        """Itself as written beside the copy, with a hash over it."""
        values = asdict(self)
        return json.dumps({**values, "check": _check(values)}, indent=2).encode() + b"\n"


def manifest_of(file: Path) -> Path:
    """Where the manifest of a copy lies."""
    return file.with_name(f"{file.name}.json")


def make(database: Path, folder: Path, day: str) -> tuple[Path, Backup]:
    """Makes a backup of a database that may be in use. Raises CopyError, leaving nothing that looks like one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        _tidied(folder)
        file = _free(folder, day)
        part = file.with_name(f"{file.name}.part")
        try:
            held = copy(database, part)
            if (found := checked(part)) != held:
                raise CopyError(f"the copy differs from the database ({_difference(held, found)}); nothing was kept")
            backup = Backup(file.name, day, digest(part), found.digest, found.version, found.rows)
            _write(manifest_of(file), backup.manifest)
            part.rename(file)  # from here on it counts
            sync_folder(file)
        finally:
            removed(part)
            if not file.exists():
                manifest_of(file).unlink(missing_ok=True)
    return file, backup


def _difference(held: Contents, found: Contents) -> str:
    tables = [t for t in {*held.rows, *found.rows} if held.rows.get(t) != found.rows.get(t)]
    return f"rows of {', '.join(sorted(tables))}" if tables else "the same rows, but not the same content"


def verified(file: Path) -> Backup:
    """What a backup says of itself, after all of it was found to be true. Raises CopyError naming what is not."""
    backup = manifest(file)
    if not file.is_file():
        raise CopyError(f"there is no backup {file}")
    if digest(file) != backup.sha256:
        raise CopyError(f"the backup {file} is damaged: its bytes are not those that were written")
    found = checked(file)
    if found != Contents(backup.version, backup.rows, backup.content):
        raise CopyError(f"the backup {file} does not hold what its manifest says")
    return backup


def manifest(file: Path) -> Backup:
    """What a backup says of itself, not compared with it. Raises CopyError where that is missing or damaged."""
    path = manifest_of(file)
    try:
        values: dict[str, Any] = json.loads(path.read_bytes())
        check = values.pop("check")
        backup = Backup(**values)
        whole = check == _check(values) and backup.manifest == path.read_bytes()
        date.fromisoformat(backup.day)
    except FileNotFoundError:
        raise CopyError(f"{file} is no backup: its manifest {path.name} is missing beside it") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        whole = False
    if not whole:
        raise CopyError(f"the manifest {path} is damaged")
    return backup


def outdated(folder: Path, day: date, days: int) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The backups of a folder that are at least `days` days old on `day`, and all others with their day.

    The newest is never among the old ones. Raises CopyError where a manifest is damaged: then nobody knows its day.
    """
    found = sorted((manifest(f).day, int(m[2]), f) for f in folder.iterdir() if (m := NAME.fullmatch(f.name)))
    limit = (day - timedelta(days=days)).isoformat()
    old = [f for made, _, f in found[:-1] if made <= limit]
    return old, [(f, made) for made, _, f in found if f not in old]


def discard(file: Path) -> None:
    """Deletes a backup, its manifest last."""
    removed(file)
    sync_folder(file)
    manifest_of(file).unlink(missing_ok=True)
    sync_folder(file)


def digest(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    found = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _check(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _free(folder: Path, day: str) -> Path:
    """The next name of a day."""
    taken = [int(m[2]) for f in folder.iterdir() if (m := NAME.fullmatch(f.name)) and m[1] == day]
    return folder / f"weltoffen-{day}-{max(taken, default=0) + 1:02}.db"


def _tidied(folder: Path) -> None:
    """Removes what was killed before it counted: parts, and manifests of nothing."""
    for part in folder.glob("weltoffen-*.db.part*"):
        part.unlink()
    for alone in folder.glob("weltoffen-*.db.json"):
        if not alone.with_suffix("").exists():
            alone.unlink()


def _write(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, safe from a power cut."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder."""
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CopyError(f"another backup is being made in {folder}") from error
        yield
