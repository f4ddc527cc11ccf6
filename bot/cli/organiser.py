"""weltoffen organiser: one-time links into the chat."""

from __future__ import annotations

import os
from pathlib import Path
from sqlite3 import Connection

import click

from bot.cli.common import command, format_option, installation, now, show, today, wipe
from bot.communes import commune_of
from bot.identity import hashed, new_token
from bot.organisers import INVITE
from conversations.store import organisers
from conversations.store import surveys as kept

HOURS = 24


@click.group()
def organiser() -> None:
    """Let organisers into the chat.

    \b
    Example:  weltoffen organiser invite --commune stadt.toml
    """


@organiser.command()
@click.option("--commune", "file", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@format_option
@command
async def invite(file: Path, output: str) -> None:
    """Print a link that lets one person in as organiser of the commune, once, within 24 hours.

    \b
    Example:  weltoffen organiser invite --commune stadt.toml
    """
    _, asks = commune_of(file)
    token = new_token()
    async with installation(create=True) as (store, _):

        def unit(tx: Connection) -> str | None:
            number = kept.commune_id(tx, asks.name)
            organisers.invite(tx, hashed(token), number, int(now().timestamp()) + HOURS * 3600)
            kept.note(tx, number, today(), "invite", "an organiser's link was made")
            return kept.fact(tx, "username")

        noted = await store.write(unit)
    username = os.environ.get("TELEGRAM_BOT_USERNAME") or noted
    start = f"{INVITE}{token}"
    link = f"https://t.me/{username}?start={start}" if username else None
    text = f"{link or f'write to the bot: /start {start}'}\ngood for one person and {HOURS} hours; "
    text += "then: /status, /digest, /statement"
    show({"start": start, "link": link, "hours": HOURS}, output, text)


@organiser.command()
@click.option("--commune", "file", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@command
async def dismiss(file: Path) -> None:
    """Shut out all organisers of the commune and their open links.

    \b
    Example:  weltoffen organiser dismiss --commune stadt.toml
    """
    _, asks = commune_of(file)
    async with installation() as (store, _):

        def unit(tx: Connection) -> int:
            number = kept.commune_id(tx, asks.name)
            kept.note(tx, number, today(), "dismiss", "all organisers were shut out")
            return organisers.dismiss(tx, number)

        gone = await store.write(unit)
        await wipe(store)
    click.echo("1 organiser is shut out" if gone == 1 else f"{gone} organisers are shut out")
