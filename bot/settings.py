"""What the environment says: where database, key and Telegram are. Secrets come from here or from files, never else."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from bot.identity import Key, create_key, half_rotated, read_key, settled_key
from conversations.store import Store, StoreError, copies, open_store, tombstones
from conversations.store import surveys as kept

TELEGRAM = "https://api.telegram.org"
TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{3,128}")


class SettingsError(ValueError):
    """Something that must be set is missing or wrong; the message says what to do and never shows a secret."""


@dataclass(frozen=True)
class Settings:
    """Where things are. `token` is None where none is set, `health_port` where health is not to be served."""

    database: Path
    key_file: Path
    api_url: str
    token: str | None
    step_seconds: float = 900.0
    health_port: int | None = None
    deletions_file: Path | None = None

    @property
    def deletions(self) -> Path:
        """Where deletions are written down: apart from the database, so that no backup brings anything back."""
        return self.deletions_file or self.key_file.with_name(f"{self.key_file.name}.deleted")

    def __repr__(self) -> str:
        return f"Settings({self.database}, {self.key_file}, {self.api_url})"


def settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment. Raises SettingsError where the token file cannot be read."""
    token = environment.get("TELEGRAM_BOT_TOKEN") or None
    if token is None and (name := environment.get("TELEGRAM_BOT_TOKEN_FILE")):
        try:
            token = Path(name).read_text("utf-8").strip()
        except OSError as error:
            raise SettingsError(f"TELEGRAM_BOT_TOKEN_FILE: {name} cannot be read ({error.strerror})") from error
        except UnicodeDecodeError:
            raise SettingsError(f"TELEGRAM_BOT_TOKEN_FILE: {name} cannot be read (it is no text)") from None
    database = Path(environment.get("WELTOFFEN_DATABASE") or "weltoffen.db")
    key_file = Path(environment.get("WELTOFFEN_KEY_FILE") or "weltoffen.key")
    api_url = (environment.get("TELEGRAM_API_URL") or TELEGRAM).rstrip("/")
    try:
        step = float(environment.get("WELTOFFEN_STEP_SECONDS") or 900)
    except ValueError:
        step = 0.0
    if not step >= 1:
        raise SettingsError("WELTOFFEN_STEP_SECONDS must be a number of seconds from 1")
    port = environment.get("WELTOFFEN_HEALTH_PORT") or None
    if port is not None and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise SettingsError("WELTOFFEN_HEALTH_PORT must be a port from 1 to 65535")
    deletions = Path(name) if (name := environment.get("WELTOFFEN_DELETIONS_FILE")) else None
    return Settings(database, key_file, api_url, token, step, int(port) if port else None, deletions)


def token_of(found: Settings) -> str:
    """The bot's token. Raises SettingsError where it is missing or cannot be one."""
    if found.token is None:
        raise SettingsError("no token: set TELEGRAM_BOT_TOKEN, or TELEGRAM_BOT_TOKEN_FILE to a file that holds it")
    if not TOKEN.fullmatch(found.token):
        raise SettingsError("TELEGRAM_BOT_TOKEN is not a token; it looks like 123456789:AA… and comes from @BotFather")
    return found.token


@contextlib.contextmanager
def only_one(database: Path) -> Iterator[None]:
    """Holds a lock file beside the database: one poller per database. Raises SettingsError if another runs."""
    with Path(f"{database}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"weltoffen run is already working on {database}") from error
        yield


def restoring(database: Path) -> Path:
    """Where a backup is made ready to take the database's place."""
    return database.with_name(f"{database.name}.restoring")


def noting(found: Settings) -> Callable[[Connection], None]:
    """How deletions are written down before one counts as done."""
    return lambda tx: tombstones.export(tx, found.deletions)


async def opened(found: Settings, *, create: bool = False) -> tuple[Store, Key, bool]:
    """Database and key, and whether they were created just now.

    With `create` they are made when neither exists. Raises SettingsError, StoreError or KeyFileError where one is
    missing or both do not belong together.
    """
    database, key_file = found.database.exists(), found.key_file.exists()
    fresh = create and not database and not key_file
    if database != key_file:
        missing, there = ("key file", found.database) if database else ("database", found.key_file)
        name = found.key_file if database else found.database
        raise SettingsError(
            f"there is {there}, but the {missing} {name} is missing; they belong together. "
            "Set WELTOFFEN_DATABASE and WELTOFFEN_KEY_FILE, or restore the missing one"
        )
    if not database and not fresh:
        raise StoreError(
            f"there is no database {found.database}; set WELTOFFEN_DATABASE, or make one with: weltoffen survey open"
        )
    if not fresh:
        read_key(found.key_file)
    store, made = await open_store(found.database, create=fresh), [found.database] * fresh
    try:
        if fresh:
            create_key(found.key_file)
            made.append(found.key_file)
        key = await _key(store, found)
        await _written_down(store, found)
    except BaseException:
        await store.close()
        for file in made:
            file.unlink()
        raise
    return store, key, fresh


async def _key(store: Store, found: Settings) -> Key:
    """The key of this database. What a killed rotation or restoring left behind is put in order first."""
    if half_rotated(found.key_file) or restoring(found.database).exists():
        with contextlib.suppress(SettingsError), only_one(found.database):  # else it is still at work
            settled_key(found.key_file, await store.read(lambda tx: kept.fact(tx, "key")))
            copies.removed(restoring(found.database))
    key = read_key(found.key_file)
    known = await store.read(lambda tx: kept.fact(tx, "key"))
    if known is None:
        await store.write(lambda tx: kept.keep_fact(tx, "key", key.check()))
    elif known != key.check():
        raise SettingsError(f"the key file {found.key_file} does not belong to the database {found.database}")
    return key


async def _written_down(store: Store, found: Settings) -> None:
    """Lets no deletion count as done before it stands in the file of deletions. Raises SettingsError."""
    store.note = noting(found)
    try:
        tombstones.read(found.deletions)
        if not found.deletions.exists():
            await store.write(store.note)
        elif not all(os.access(path, os.W_OK) for path in (found.deletions, found.deletions.parent)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise SettingsError(
            f"{found.deletions} cannot be written ({error.strerror}); deletions are written down there, so that no "
            "backup brings anything back: set WELTOFFEN_DELETIONS_FILE to a place apart from the database"
        ) from error
