"""weltoffen backup: a verified copy of the database."""

from __future__ import annotations

from pathlib import Path

import click

from bot import backup as backups
from bot.cli.common import command, format_option, installation, show, today
from bot.cli.purge import discarded
from conversations.store import surveys as kept
from conversations.survey import BACKUP_DAYS


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@format_option
@command
async def backup(folder: Path, output: str) -> None:
    """Make a copy of the database in DIR, also while the bot runs.

    It counts only after all of it was read again and found to be what the database held; a small manifest beside it
    lets every changed bit be noticed (weltoffen restore --check FILE). The key is never in it: keep both apart.

    Backups in DIR that are 30 days old are deleted then: the notice promises that nothing is kept longer than that
    beyond its day of deletion. Copies elsewhere are yours to delete.

    \b
    Example:  weltoffen backup /var/backups/weltoffen
    """
    async with installation() as (store, _):
        file, made = backups.make(store.path, folder, today())
        await store.write(lambda tx: kept.note(tx, None, today(), "backup", made.file))
        deleted = await discarded(store, folder, BACKUP_DAYS)
    size = file.stat().st_size
    values = {"file": str(file), "day": made.day, "bytes": size, "sha256": made.sha256, "content": made.content,
              "version": made.version}  # fmt: skip
    show(values | {"deleted": deleted}, output, "\n".join([f"wrote {file} ({size} bytes), verified", *deleted]))
