"""Restoring: a verified backup takes the database's place, after everything deleted since was deleted in it again."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from bot.backup import PIECE, Backup, verified
from bot.closing import close_again
from bot.housekeeping import housekeeping
from bot.identity import read_key, settled_key
from bot.settings import Settings, SettingsError, noting, only_one, restoring
from conversations.questionnaire import Questionnaire
from conversations.store import Store, StoreError, copies, figures, open_store, surveys, tombstones
from conversations.store.again import Ended, forget_again
from conversations.store.copies import CopyError
from conversations.store.figures import KeptRelease
from conversations.store.file import must_wipe
from conversations.store.tombstones import Tombstone
from conversations.survey import FiguresError

T = TypeVar("T")
ALIVE = "0"  # the last sign of life of a restored database: every open question is then shown anew


@dataclass(frozen=True)
class Known:
    """What is known from outside the backup: deletions, lines of their file that cannot be read, and releases."""

    tombstones: tuple[Tombstone, ...]
    unreadable: int
    releases: tuple[tuple[str, KeptRelease], ...]


@dataclass(frozen=True)
class Restored:
    """How it ended. `lines` say what was done again; `aside` is where a damaged database lies now."""

    backup: Backup
    lines: tuple[str, ...]
    unreadable: int
    aside: Path | None
    wiped: bool


@dataclass(frozen=True)
class Restoring:
    """A backup that may take the database's place; `usable`: whether there is a sound database now."""

    file: Path
    backup: Backup
    usable: bool
    found: Settings

    async def go(self, questionnaires: Mapping[str, Questionnaire], now: datetime) -> Restored:
        """Does it. Whenever this is ended, there is the former database or the restored one."""
        part = restoring(self.found.database)
        copies.removed(part)
        try:
            known = _known(self.found, self.usable)
            _refuse_pruned(self.backup, known)
            _copied(self.file, part, self.backup)
            async with await open_store(part) as store:
                lines = await _caught_up(store, self.backup, known, questionnaires, now)
            copies.checked(part)
            aside = None
            if self.usable:
                copies.overwrite(self.found.database, part)
            else:
                aside = copies.put(self.found.database, part)
        finally:
            copies.removed(part)
        async with await open_store(self.found.database) as store:
            store.note = noting(self.found)
            wiped = await store.forget()
        return Restored(self.backup, tuple(lines), known.unreadable, aside, wiped)


@contextmanager
def prepared(file: Path, found: Settings) -> Iterator[Restoring]:
    """A backup that is sound and belongs to the key, while the bot does not run. Raises CopyError or SettingsError."""
    backup = verified(file)
    with only_one(found.database):
        usable = copies.usable(found.database)
        present = copies.looked(found.database, _fingerprint) if usable else None
        settled_key(found.key_file, present)
        key = read_key(found.key_file)
        if copies.looked(file, _fingerprint) != key.check():
            raise SettingsError(f"the backup {file} does not belong to the key file {found.key_file}")
        if present not in (None, key.check()):
            raise SettingsError(
                f"the database {found.database} belongs to another key than {found.key_file}; move it away first"
            )
        yield Restoring(file, backup, usable, found)


def _fingerprint(tx: Connection) -> str | None:
    return surveys.fact(tx, "key")


def _known(found: Settings, usable: bool) -> Known:
    """All that the file beside the key and the present database know; a damaged one may still know something."""
    written, unreadable = tombstones.read(found.deletions)
    written += _asked(found.database, tombstones.kept)
    releases = _asked(found.database, figures.all_releases) if usable else []
    return Known(tuple(tombstones.valid(written)), unreadable, tuple(releases))


def _asked(database: Path, question: Callable[[Connection], list[T]]) -> list[T]:
    """What the present database says, if it can; it may be missing, damaged, or of a version that does not know yet."""
    try:
        return copies.looked(database, question)
    except (sqlite3.Error, ValueError):
        return []


def _refuse_pruned(backup: Backup, known: Known) -> None:
    first = tombstones.pruned_before(known.tombstones)
    if backup.day < first:
        raise CopyError(
            f"the backup of {backup.day} cannot be restored: what was deleted before {first} is not known any more "
            "(weltoffen purge --older-than), and would come back"
        )


def _copied(file: Path, part: Path, backup: Backup) -> None:
    """Copies a backup, and makes sure that these are the bytes that were verified."""
    held = hashlib.sha256()
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as copied, file.open("rb") as content:
        while piece := content.read(PIECE):
            held.update(piece)
            copied.write(piece)
    if held.hexdigest() != backup.sha256:
        raise CopyError(f"the backup {file} has changed since it was verified")


async def _caught_up(
    store: Store, backup: Backup, known: Known, questionnaires: Mapping[str, Questionnaire], now: datetime
) -> list[str]:
    """Makes a restored database forget and close what was forgotten and closed since; a line for each survey."""
    every = await store.read(surveys.all_surveys)
    if missing := [s.questionnaire for s in every.values() if s.questionnaire not in questionnaires]:
        raise StoreError(f"the backup needs {missing[0]}.toml, which is missing")
    day = now.astimezone(UTC).date().isoformat()

    def forgotten(tx: Connection) -> Ended:
        ended = forget_again(tx, known.tombstones)
        for survey, release in known.releases:
            figures.carry_release(tx, survey, release)
        surveys.keep_fact(tx, "alive", ALIVE)
        surveys.note(tx, None, day, "restore", f"{backup.file}, a backup of {backup.day}")
        return ended

    ended = await store.write(forgotten)
    lines = []
    for survey, closed in ended.closed.items():
        moment = min(now, datetime.combine(date.fromisoformat(closed), time.max, UTC))
        lines += await _closed_again(store, survey, questionnaires, moment, survey in ended.emptied)
    for survey in ended.erased:
        await store.write(lambda tx, survey=survey: surveys.erase_link(tx, survey))  # type: ignore[misc]
        lines.append(f"survey {survey}: addresses and salt erased again")
    for survey in ended.emptied:
        await store.write(lambda tx, survey=survey: surveys.erase_people(tx, survey))  # type: ignore[misc]
        lines.append(f"survey {survey}: all respondents deleted again")
    for _ in range(3):  # closing, erasing the link and the end of retention may all be due
        lines += await housekeeping(store, questionnaires, now, steps=False, thorough=True)
    if not await store.forget():
        raise StoreError(f"what was deleted cannot be wiped from {store.path}; nothing was changed")
    await store.write(must_wipe)  # for the former database's pages, when this one has taken its place
    return lines


async def _closed_again(
    store: Store, survey: str, questionnaires: Mapping[str, Questionnaire], moment: datetime, emptied: bool
) -> list[str]:
    """Closes a survey that was closed, with the release that it had; without people there is none to make."""
    day = moment.date().isoformat()
    one = (await store.read(surveys.all_surveys))[survey]
    questionnaire = questionnaires[one.questionnaire]
    if emptied:
        await store.write(lambda tx: surveys.close(tx, survey, day))
        return [f"survey {survey} closed again"]
    try:
        anew = await store.write(lambda tx: close_again(tx, one, questionnaire, moment))
    except FiguresError as error:
        await store.write(lambda tx: surveys.close(tx, survey, day))
        return [f"survey {survey} closed again, without a release ({error})"]
    if anew:
        return [f"survey {survey} closed again; its release was lost and is made anew of what the backup holds: do not "
                "publish both"]  # fmt: skip
    if await store.read(lambda tx: figures.newest_release(tx, survey)) is None:  # a town's statement is not made anew
        return [f"survey {survey} closed again; what was signed is lost, only files that were written of it hold it"]
    return [f"survey {survey} closed again, with its release"]
