"""weltoffen purge: what is due, a closed survey's answers, or old backups are deleted now."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from bot import closing
from bot.backup import discard, outdated
from bot.cli.common import command, fail, format_option, installation, now, questionnaires, show, survey_of, today
from bot.housekeeping import housekeeping
from conversations.store import Store, tombstones
from conversations.store.file import must_wipe


@click.command()
@click.argument("survey", required=False)
@click.option("--backups", "folder", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="delete old backups in this folder; needs --older-than")  # fmt: skip
@click.option("--older-than", "days", type=click.IntRange(min=0), help="how many days a backup may be kept")
@click.option("--yes", is_flag=True, help="do not ask")
@format_option
@command
async def purge(survey: str | None, folder: Path | None, days: int | None, yes: bool, output: str) -> None:
    """Do now what is due (closing, erasing the link to people, the end of retention), and wipe the file.

    With SURVEY: delete all respondents of this closed survey before its day; its release stays.

    With --backups and --older-than: delete backups that are at least so many days old, except the newest. You say by
    this that no older one exists anywhere: what is known of deletions before those days is dropped, and older backups
    cannot be restored any more. Copies elsewhere are yours to delete.

    \b
    Example:  weltoffen purge
              weltoffen purge 7k2mqp
              weltoffen purge --backups /var/backups/weltoffen --older-than 30
    """
    if (folder is None) != (days is None):
        fail("--backups and --older-than belong together")
    async with installation(tidy=False) as (store, _):
        done = await housekeeping(store, questionnaires(), now(), steps=False, thorough=True)
        if survey is not None:
            done += await _emptied(store, survey, yes)
        if folder is not None and days is not None:
            done += await discarded(store, folder, days)
        await store.write(must_wipe)  # whether or not anything was deleted just now
        wiped = await store.forget()
    wipe = "the file is wiped" if wiped else "another process holds the database: it is wiped when the bot starts next"
    show({"done": done, "wiped": wiped}, output, "\n".join([*(done or ["nothing was due"]), wipe]))


async def _emptied(store: Store, survey: str, yes: bool) -> list[str]:
    """Deletes the people of a closed survey."""
    found, _asked = await survey_of(store, survey)
    if not found.closed:
        fail(f"survey {survey} is not closed yet; first: weltoffen survey close {survey}")
    if not yes:
        letters = "" if found.salt is None else " Last letters that have not gone out yet are dropped."
        click.confirm(f"All answers and texts of survey {survey} are deleted for good; the release stays.{letters} "
                      "Go on?", abort=True, err=True)  # fmt: skip
    some = await store.write(lambda tx: closing.empty(tx, found, now()))
    return [f"survey {survey}: {'all respondents deleted' if some else 'there was nobody left'}, the release stays"]


async def discarded(store: Store, folder: Path, days: int) -> list[str]:
    """Deletes old backups, and what is known of deletions that none of those that are left can hold."""
    day = date.fromisoformat(today())
    old, left = outdated(folder, day, days)
    for file in old:
        discard(file)
    limit = (day - timedelta(days=days)).isoformat()
    first = min([limit, *(made for _, made in left)])
    await store.write(lambda tx: tombstones.prune(tx, first))
    lines = [f"deleted {file}" for file in old]
    return [
        *lines,
        *(f"{f} is {days} days old or older, but the newest: it stays" for f, made in left if made <= limit),
    ]
