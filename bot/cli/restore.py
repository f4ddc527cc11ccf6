"""weltoffen restore: a backup in the database's place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from bot.backup import verified
from bot.cli.common import command, format_option, now, questionnaires, show, today
from bot.restoring import Restored, prepared
from bot.settings import settings


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", is_flag=True, help="only verify the backup; needs neither database nor key")
@click.option("--yes", is_flag=True, help="do not ask")
@format_option
@command
async def restore(file: Path, check: bool, yes: bool, output: str) -> None:
    """Put the backup FILE in the database's place, while the bot does not run.

    Whoever was deleted after the backup was made is deleted in it again, surveys that were closed are closed, links
    that were erased are erased: the present database knows of it, and so does the file of deletions beside the key.
    Answers that came after the backup are lost. Ended at any moment, it leaves the former database or the restored one.

    \b
    Example:  weltoffen restore /var/backups/weltoffen/weltoffen-2026-11-25-01.db
              weltoffen restore --check /var/backups/weltoffen/weltoffen-2026-11-25-01.db
    """
    if check:
        found = verified(file)
        values = {"file": str(file), "day": found.day, "sha256": found.sha256, "content": found.content,
                  "version": found.version}  # fmt: skip
        show(values, output, f"{file}: every bit is as it was on {found.day}")
        return
    where = settings()
    with prepared(file, where) as restoring:
        days = (date.fromisoformat(today()) - date.fromisoformat(restoring.backup.day)).days
        if not yes:
            present = where.database if restoring.usable else f"{where.database}, which is missing or damaged,"
            click.confirm(
                f"{present} becomes what it was on {restoring.backup.day}. {_lost(days)} Go on?", abort=True, err=True
            )
        done = await restoring.go(questionnaires(), now())
    values = {"file": str(file), "day": done.backup.day, "days_lost": days, "again": list(done.lines),
              "unreadable": done.unreadable, "aside": done.aside and str(done.aside), "wiped": done.wiped}  # fmt: skip
    show(values, output, "\n".join([f"{where.database} is as it was on {done.backup.day}. {_lost(days)}",
                                    *done.lines, *_notes(done, where.deletions)]))  # fmt: skip


def _lost(days: int) -> str:
    return f"Answers of the {days} days since are lost." if days > 1 else "Answers that came in since are lost."


def _notes(done: Restored, deletions: Path) -> list[str]:
    """What else there is to know and to do."""
    notes = ["deletions since then were done again; what Telegram has not been told yet comes again by itself"]
    if done.unreadable:
        notes.append(f"{done.unreadable} lines of {deletions} cannot be read: ask people in public to repeat /delete")
    if done.aside is not None:
        notes.append(f"the damaged database is kept as {done.aside}: delete it, and what begins with its name, soon")
    if not done.wiped:
        notes.append("another process holds the database: what was deleted is wiped from the file when the bot starts")
    return [*notes, "now: weltoffen run; every open question is shown anew"]
