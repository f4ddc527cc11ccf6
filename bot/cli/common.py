"""What the commands share: settings opened, errors as one clear line, output as text or JSON."""

from __future__ import annotations

import asyncio
import functools
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click

from bot.clock import GERMANY
from bot.housekeeping import housekeeping
from bot.identity import Key, KeyFileError
from bot.settings import SettingsError, opened, settings
from conversations.questionnaire import Questionnaire, QuestionnaireError, load
from conversations.store import Store, StoreError
from conversations.store import surveys as kept
from conversations.survey import CommuneError, FiguresError, Survey
from locales import Catalogue, LanguageError, catalogue, complete, languages

P = ParamSpec("P")
T = TypeVar("T")
OURS = (SettingsError, StoreError, KeyFileError, CommuneError, QuestionnaireError, FiguresError, LanguageError)

EXTRAS = {"docxtpl": "office", "openpyxl": "office", "typst": "pdf", "xlsxwriter": "office"}
"""What not every installation needs: module → the extra that brings it."""


def command(function: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Makes an async function a command."""

    @functools.wraps(function)
    def runs(*args: P.args, **kwargs: P.kwargs) -> None:
        async def body() -> None:
            await function(*args, **kwargs)

        asyncio.run(body())

    return runs


def told(error: Exception) -> str | None:
    """What to say, in one line, of something that went wrong outside; None where it is a mistake of ours."""
    match error:
        case ModuleNotFoundError(name=str(name)) if name.partition(".")[0] in EXTRAS:
            return f"this needs more to be installed: pip install 'weltoffen[{EXTRAS[name.partition('.')[0]]}]'"
        case sqlite3.OperationalError():
            return f"the database cannot be used now ({error}); try again"
        case sqlite3.Error():
            return (f"the database cannot be used ({error}); if it is damaged, put a backup in its place: "
                    "weltoffen restore FILE")  # fmt: skip
        case BrokenPipeError():  # whoever read our output has had enough of it
            return None
        case OSError():
            return f"{error.filename or 'file'}: {error.strerror or error}"
    return str(error) if isinstance(error, OURS) else None


@asynccontextmanager
async def installation(*, create: bool = False, tidy: bool = True) -> AsyncIterator[tuple[Store, Key]]:
    """Database and key of the settings; says so where they were made just now.

    With `tidy` it first does what is due: a survey whose time is over closes, days of deletion are kept, also where
    the bot does not run any more.
    """
    found = settings()
    store, key, fresh = await opened(found, create=create)
    try:
        if fresh:
            click.echo(f"made a new database {found.database} and a new key {found.key_file}; keep the key safe, and "
                       "apart from backups of the database", err=True)  # fmt: skip
        for one in (await store.read(kept.all_surveys)).values():
            if one.questionnaire not in questionnaires():
                raise QuestionnaireError(f"survey {one.id} needs {one.questionnaire}.toml, which is missing")
        if tidy and not fresh:
            for line in await housekeeping(store, questionnaires(), now(), steps=False, thorough=True):
                click.echo(line, err=True)
        yield store, key
    finally:
        await store.close()


async def wipe(store: Store) -> None:
    """Leaves no byte in the file of what was deleted; says so where that cannot be done now."""
    if not await store.forget():
        click.echo("another process holds the database: what was deleted is wiped from the file when the bot starts "
                   "next", err=True)  # fmt: skip


async def survey_of(store: Store, identifier: str) -> tuple[Survey, Questionnaire]:
    """A survey by its id, with its questionnaire. Raises ClickException naming the surveys there are."""
    every = await store.read(kept.all_surveys)
    if identifier not in every:
        there = ", ".join(every) or "none yet"
        raise click.ClickException(f"there is no survey {identifier!r}; there are: {there}")
    return every[identifier], questionnaires()[every[identifier].questionnaire]


@functools.cache
def questionnaires() -> Mapping[str, Questionnaire]:
    """The questionnaires, read and checked once per command."""
    return load()


def today() -> str:
    """This day, in UTC as all days that are kept."""
    return now().astimezone(UTC).date().isoformat()


def now() -> datetime:
    """This moment, with its time zone."""
    return datetime.now(GERMANY)


def show(values: Mapping[str, Any], output: str, text: str) -> None:
    """Prints a result, as text or as JSON."""
    click.echo(json.dumps(values, ensure_ascii=False, indent=2) if output == "json" else text)


def format_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option --format of commands that can be read by machines."""
    option = click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
    return option(function)


def locale_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option --locale: one of the offered languages."""
    option = click.option("--locale", type=click.Choice(list(languages())), default="de", show_default=True,
                          help="language of the texts")  # fmt: skip
    return option(function)


def words_in(locale: str, *asked: Questionnaire) -> Catalogue:
    """The words for what is printed of questionnaires. Ends the command where one does not exist in the language."""
    for questionnaire in asked:
        if not complete(locale, questionnaire.name):
            there = ", ".join(code for code in languages() if complete(code, questionnaire.name))
            fail(f"{questionnaire.name} does not exist in {locale}; --locale can be: {there}")
    return catalogue(locale)


def write(path: Path, content: bytes) -> None:
    """Writes a result to a file, or to standard output for "-"."""
    if str(path) == "-":
        sys.stdout.buffer.write(content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    click.echo(f"wrote {path}", err=True)


def fail(message: str) -> NoReturn:
    """Ends the command with a message and exit code 1."""
    raise click.ClickException(message)
