"""weltoffen waves: this run of a questionnaire against the last."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.common import command, installation, locale_option, words_in, write
from bot.cli.releases import released


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--format", "output", type=click.Choice(["html", "json"]), default="html", show_default=True)
@locale_option
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"), help="default: print")
@command
async def waves(old: str, new: str, output: str, locale: str, out: Path) -> None:
    """Compare closed survey NEW with the earlier run OLD of the same questionnaire, over the criteria both have.

    \b
    Example:  weltoffen waves 7k2mqp 9xw4tn --format html --locale de -o vergleich.html
    """
    async with installation() as (store, _):
        before, after = await released(store, old), await released(store, new)
    if output == "json":
        from reports.machine import waves_as_json
        from reports.waves import waves as compared

        write(out, waves_as_json(compared(before, after)))
        return
    from reports.comparing import waves_page

    write(out, waves_page(before, after, words_in(locale, before.questionnaire, after.questionnaire)).encode())
