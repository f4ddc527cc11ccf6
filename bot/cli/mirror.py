"""weltoffen mirror: the voices of several surveys of a commune side by side."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.common import command, installation, locale_option, words_in, write
from bot.cli.releases import released


@click.command()
@click.argument("surveys", nargs=-1, required=True, metavar="SURVEY...")
@click.option("--format", "output", type=click.Choice(["html", "json"]), default="html", show_default=True)
@locale_option
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"), help="default: print")
@command
async def mirror(surveys: tuple[str, ...], output: str, locale: str, out: Path) -> None:
    """Lay the voices of closed SURVEYs of one commune side by side: marks, wordings, and the gaps by size.

    A municipality's own statement is one of the voices. Where the society was asked something else, its mark is shown
    and never ranked.

    \b
    Example:  weltoffen mirror 7k2mqp 9xw4tn --format html --locale de -o spiegel.html
    """
    async with installation() as (store, _):
        sources = [await released(store, survey) for survey in surveys]
    if output == "json":
        from reports.machine import mirror_as_json
        from reports.mirror import mirror as mirrored

        write(out, mirror_as_json(mirrored(sources)))
        return
    from reports.comparing import mirror_page

    write(out, mirror_page(sources, words_in(locale, *(one.questionnaire for one in sources))).encode())
