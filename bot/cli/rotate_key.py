"""weltoffen rotate-key: another key in place of the one there is."""

from __future__ import annotations

import click

from bot.cli.common import command, format_option, installation, show, today
from bot.rotation import rotate
from bot.settings import settings


@click.command("rotate-key")
@click.option("--yes", is_flag=True, help="do not ask")
@format_option
@command
async def rotate_key(yes: bool, output: str) -> None:
    """Make a new key and everything that was made with the old one anew, while the bot does not run.

    For people nothing changes: every chat goes on where it stood. The old key opens nothing any more, so backups made
    before cannot be restored: make a new one, and delete the others.

    \b
    Example:  weltoffen rotate-key
    """
    found = settings()
    async with installation() as (store, key):
        if not yes:
            click.confirm("Backups made until now cannot be restored any more. Go on?", abort=True, err=True)
        _, wiped = await rotate(store, key, found, today())
    lines = [f"{found.key_file} holds a new key; keep a copy of it apart from backups"]
    if not wiped:
        lines.append("another process holds the database: what was made with the old key is wiped when the bot starts")
    lines.append("now: weltoffen backup DIR, and delete the backups made before, wherever they are")
    show({"key_file": str(found.key_file), "wiped": wiped}, output, "\n".join(lines))
