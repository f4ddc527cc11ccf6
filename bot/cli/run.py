"""weltoffen run: the bot process."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
from contextlib import AsyncExitStack

import click

from bot import logs
from bot.cli.common import OURS, command, installation, questionnaires
from bot.identity import Key
from bot.settings import settings, token_of
from bot.telegram.run import AGAIN
from bot.telegram.run import run as run_bot
from bot.watchdog import EXIT
from conversations.store import Store

log = logging.getLogger("weltoffen.run")

LATER = 75  # exit code: something outside is not as it should be now, a supervisor may try again


@click.command()
@click.option("--log", "level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), default="INFO",
              show_default=True, help="how much is logged; never contents of chats")  # fmt: skip
@command
async def run(level: str) -> None:
    """Run the bot until it is ended (Ctrl-C, SIGTERM).

    The token comes from TELEGRAM_BOT_TOKEN or the file named by TELEGRAM_BOT_TOKEN_FILE. Exit codes: 0 ended in good
    order, 1 a setting has to be repaired, 70 a mistake of ours or a stalled poller, 75 the database or the disk cannot
    be used now; after 70 and 75 a supervisor may start it again.

    \b
    Example:  TELEGRAM_BOT_TOKEN_FILE=token.txt weltoffen run
    """
    logs.start(level)
    found = settings()
    token_of(found)
    try:
        async with AsyncExitStack() as stack:
            store, key = await _opened(stack)
            await run_bot(found, store, key, questionnaires())
    except (click.ClickException, *OURS):
        raise
    except Exception as error:
        sys.exit(_code(error))


async def _opened(stack: AsyncExitStack) -> tuple[Store, Key]:
    """Database and key, as soon as the database can be used: after a power cut the disk may be full, or not there."""
    while True:
        try:
            store, key = await stack.enter_async_context(installation(tidy=False))
            await store.check()
            return store, key
        except sqlite3.OperationalError as error:
            log.error("the database cannot be used now (%s), trying again", type(error).__name__)
            await asyncio.sleep(AGAIN)


def _code(error: Exception) -> int:
    """The exit code for what nobody foresaw; says what it was, and nothing of what people wrote."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    log.critical("the bot ends (%s at %s)", type(error).__name__, logs.places(error))
    return LATER if isinstance(error, sqlite3.Error | OSError) else EXIT
