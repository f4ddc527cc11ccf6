"""What the environment says: where database, key and Telegram are. Secrets come from here or from files, never else."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.identity import Key, create_key, read_key
from conversations.store import Store, StoreError, open_store
from conversations.store import surveys as kept

TELEGRAM = "https://api.telegram.org"
TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{3,128}")


class SettingsError(ValueError):
    """Something that must be set is missing or wrong; the message says what to do and never shows a secret."""


@dataclass(frozen=True)
class Settings:
    """Where things are. `token` is None where none is set."""

    database: Path
    key_file: Path
    api_url: str
    token: str | None
    step_seconds: float = 900.0

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
    return Settings(database, key_file, api_url, token, step)


def token_of(found: Settings) -> str:
    """The bot's token. Raises SettingsError where it is missing or cannot be one."""
    if found.token is None:
        raise SettingsError("no token: set TELEGRAM_BOT_TOKEN, or TELEGRAM_BOT_TOKEN_FILE to a file that holds it")
    if not TOKEN.fullmatch(found.token):
        raise SettingsError("TELEGRAM_BOT_TOKEN is not a token; it looks like 123456789:AA… and comes from @BotFather")
    return found.token


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
    store = await open_store(found.database, create=fresh)
    try:
        key = create_key(found.key_file) if fresh else read_key(found.key_file)
        known = await store.write(lambda tx: kept.fact(tx, "key"))
        if known is None:
            await store.write(lambda tx: kept.keep_fact(tx, "key", key.check()))
        elif known != key.check():
            raise SettingsError(f"the key file {found.key_file} does not belong to the database {found.database}")
    except BaseException:
        await store.close()
        if fresh:
            found.database.unlink()
        raise
    return store, key, fresh
