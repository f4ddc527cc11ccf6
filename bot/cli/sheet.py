"""weltoffen statement sheet: a contributor's part as a spreadsheet."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import click

from bot.cli.common import command, fail, installation, locale_option, now, write
from bot.cli.named import named
from bot.cli.step import look
from bot.statement import sheets
from bot.statement.form import Form, spoken
from bot.statement.steps import Town
from conversations.institution import Contributor

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@click.command()
@click.argument("identifier", metavar="SURVEY")
@click.argument("contributor", required=False)
@click.option("--all", "everybody", is_flag=True, help="the sheets of all contributors who have a part")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="the file; with --all a folder")
@locale_option
@command
async def sheet(identifier: str, contributor: str | None, everybody: bool, out: Path, locale: str) -> None:
    """Write the part of CONTRIBUTOR as a spreadsheet to be filled in, with the answers given so far.

    CONTRIBUTOR is an id or "Department, function". The sheet comes back with
    weltoffen answers import FILE.xlsx --survey SURVEY

    \b
    Example:  weltoffen statement sheet 7k2mqp c4h8d2wz -o sozialamt.xlsx
              weltoffen statement sheet 7k2mqp --all -o boegen/
    """
    if everybody == (contributor is not None):
        fail("name one CONTRIBUTOR, or --all")
    async with installation() as (store, _):
        town = await look(store, identifier, lambda _, town: town)
    if town.survey.closed:
        fail(f"survey {identifier} is closed and takes no more answers")
    wanted = town.contributors if contributor is None else [named(town, contributor)]
    if locale not in spoken(town.questionnaire):
        fail(f"there are sheets in {', '.join(spoken(town.questionnaire))}")
    if not everybody and not wanted[0].questions:
        fail(f"{wanted[0].title} was given no question yet: weltoffen statement assign {identifier} {contributor} 1")
    for one in wanted:
        if one.questions:
            write(out / _name(one) if everybody else out, _sheet(town, one, locale))


def _sheet(found: Town, one: Contributor, locale: str) -> bytes:
    asked = tuple(q.id for q in found.questionnaire.questions if q.id in one.questions)
    form = Form(found.survey, found.questionnaire, asked, locale)
    return sheets.sheet(form, one, found.conversation(one), now())


def _name(one: Contributor) -> str:
    """A file's name that says whose sheet it is, on every system; the id keeps two apart."""
    german = one.title.lower().translate(UMLAUTS)
    plain = unicodedata.normalize("NFKD", german).encode("ascii", "ignore").decode()
    return "-".join(re.findall("[a-z0-9]+", plain)[:8])[:60].strip("-") + f"-{one.id}.xlsx"
