"""weltoffen report: the Auswertung as a file."""

from __future__ import annotations

from pathlib import Path

import click

from bot import organising
from bot.cli.common import command, fail, installation, locale_option, survey_of, write
from conversations.store import figures
from locales import catalogue
from reports.machine import as_json
from reports.release import read


@click.command()
@click.argument("survey")
@click.option("--format", "output", type=click.Choice(["html", "json"]), default="html", show_default=True)
@locale_option
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"), help="default: print")
@command
async def report(survey: str, output: str, locale: str, out: Path) -> None:
    """Write the Auswertung of closed SURVEY.

    \b
    Example:  weltoffen report 7k2mqp --format html --locale de -o auswertung.html
    """
    async with installation() as (store, _):
        found, questionnaire = await survey_of(store, survey)
        release = await store.read(lambda tx: figures.newest_release(tx, survey))
        if release is None:
            fail(f"survey {survey} has no release yet: weltoffen survey close {survey}")
        document = read(release.document, questionnaire).document
        statements = await store.read(lambda tx: organising.quoted(tx, found, document))
    if output == "json":
        write(out, as_json(document, questionnaire))
        return
    from reports.html import html

    write(out, html(document, questionnaire, catalogue(locale), found.commune.name, statements).encode())
