"""weltoffen run: the bot process."""

from __future__ import annotations

import click

from bot import logs
from bot.cli.common import command, installation, questionnaires
from bot.settings import settings, token_of
from bot.telegram.run import run as run_bot
from bot.typed import typed_words


@click.command()
@click.option("--log", "level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), default="INFO",
              show_default=True, help="how much is logged; never contents of chats")  # fmt: skip
@command
async def run(level: str) -> None:
    """Run the bot until it is ended (Ctrl-C, SIGTERM).

    The token comes from TELEGRAM_BOT_TOKEN or the file named by TELEGRAM_BOT_TOKEN_FILE.

    \b
    Example:  TELEGRAM_BOT_TOKEN_FILE=token.txt weltoffen run
    """
    logs.start(level)
    found = settings()
    token_of(found)
    typed_words()
    async with installation(tidy=False) as (store, key):
        await run_bot(found, store, key, questionnaires())
