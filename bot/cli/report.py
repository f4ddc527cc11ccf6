"""weltoffen report: the Auswertung as a file."""

from __future__ import annotations

from pathlib import Path

import click

from bot import organising
from bot.cli.common import command, installation, locale_option, released, survey_of, write
from locales import catalogue
from reports.machine import as_json


@click.command()
@click.argument("survey")
@click.option("--format", "output", type=click.Choice(["html", "json", "docx"]), default="html", show_default=True)
@locale_option
@click.option("--mirror", "beside", multiple=True, metavar="SURVEY", help="stands in the mirror too; may be repeated")
@click.option("--since", metavar="SURVEY", help="the earlier run to compare with")
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="the town's own Word template, for docx (docs/vorlagen.md)",
)
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"), help="default: print")
@command
async def report(
    survey: str, output: str, locale: str, beside: tuple[str, ...], since: str | None, template: Path | None, out: Path
) -> None:  # fmt: skip
    """Write the Auswertung of closed SURVEY.

    \b
    Example:  weltoffen report 7k2mqp --format html --locale de -o auswertung.html
              weltoffen report 7k2mqp --mirror 9xw4tn --since 3hq8rv -o auswertung.html
              weltoffen report 7k2mqp --format docx --template amt.docx -o auswertung.docx
    """
    if output != "html" and (beside or since):
        raise click.UsageError("--mirror and --since belong to HTML; for JSON see weltoffen mirror and weltoffen waves")
    if template and output != "docx":
        raise click.UsageError("--template belongs to --format docx")
    async with installation() as (store, _):
        own = await released(store, survey)
        others = [await released(store, one) for one in beside]
        earlier = None if since is None else await released(store, since)
        found, _questionnaire = await survey_of(store, survey)
        statements = await store.read(lambda tx: organising.quoted(tx, found, own.document))
    if output == "json":
        write(out, as_json(own.document, own.questionnaire))
        return
    if output == "docx":
        from bot.cli.vorlage import as_word

        write(out, as_word(own, catalogue(locale), statements, template))
        return
    from reports.html import html

    page = html(
        own.document, own.questionnaire, catalogue(locale), own.commune, statements, beside=others, since=earlier
    )
    write(out, page.encode())
