"""weltoffen answers: in from paper, out as released tables."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from sqlite3 import Connection
from typing import NoReturn

import click

from bot.cli.common import command, fail, format_option, installation, now, show, survey_of, today, write
from bot.cli.named import refusal
from bot.cli.releases import released
from bot.paper import PaperError, conversations
from bot.spreadsheet import as_csv
from bot.statement import returned, steps, workbook
from bot.statement.returned import Returned
from bot.statement.steps import StepError
from bot.statement.workbook import SheetError
from conversations.questionnaire import Questionnaire, Voice
from conversations.store import Store, figures, people
from conversations.store import surveys as kept
from reports import tables

SHOWN = 50  # problems of a file that are shown
SPREADSHEETS = (".xls", ".xlsm", ".xlsb", ".xltx", ".xltm", ".ods", ".fods", ".numbers")


@click.group()
def answers() -> None:
    """Import answers from paper and sheets, export released tables.

    \b
    Example:  weltoffen answers import bogen.csv --survey 7k2mqp
    """


@answers.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--survey", "identifier", required=True, help="the survey's id")
@click.option("--replace", is_flag=True, help="a sheet (.xlsx) also where its contributor answered otherwise since")
@format_option
@command
async def import_(file: Path, identifier: str, replace: bool, output: str) -> None:
    """Take the answers of FILE into an open survey, as respondents who handed in. All of it or nothing.

    FILE.xlsx is the sheet of one contributor to a municipality's statement, made by: weltoffen statement sheet. It
    takes the place of what that contributor has said to these questions before. Every wrong cell is named.

    Any other FILE is a CSV (UTF-8) of paper sheets: the table of weltoffen survey paper --csv, one row per sheet; or
    one row per answer with the columns respondent,voice,language,question,answer. A rating is the number of its box,
    1 to 5, or a word: "eher ja" in any language, rather-yes, skipped. An open question takes any text: in the table
    one statement per line of its cell, else one per row. The names in the column respondent only tell the sheets
    apart; they are not kept.

    \b
    Example:  weltoffen answers import bogen.csv --survey 7k2mqp
              weltoffen answers import sozialamt.xlsx --survey 7k2mqp
    """
    ending = file.suffix.lower()
    if ending in SPREADSHEETS:
        fail(f"{file}: save it as Excel workbook (.xlsx) without macros, or as CSV UTF-8 (.csv)")
    if replace and ending != ".xlsx":
        fail("--replace is for sheets (.xlsx) alone")
    async with installation() as (store, _):
        if ending == ".xlsx":
            await _take_sheet(store, file, identifier, replace, output)
        else:
            await _take_rows(store, file, identifier, output)


async def _take_rows(store: Store, file: Path, identifier: str, output: str) -> None:
    content = file.read_bytes()
    survey, questionnaire = await survey_of(store, identifier)
    try:
        found = conversations(content, survey, questionnaire)
    except PaperError as error:
        _refuse(file, error.problems)
    name = f"import {identifier} {hashlib.sha256(content).hexdigest()}"

    def unit(tx: Connection) -> bool:
        if (kept.all_surveys(tx))[identifier].closed:
            fail(f"survey {identifier} is closed and takes no more answers")
        if kept.fact(tx, name) is not None:
            return False
        people.keep(tx, {}, found)
        kept.keep_fact(tx, name, today())
        kept.note(tx, survey.commune_id, today(), "import", f"{identifier} from paper")
        return True

    if not await store.write(unit):
        fail(f"{file}: this very file has been imported into survey {identifier} already; nothing was changed")
    show({"survey": identifier, "respondents": len(found)}, output, f"{len(found)} respondents imported")


async def _take_sheet(store: Store, file: Path, identifier: str, replace: bool, output: str) -> None:
    _, questionnaire = await survey_of(store, identifier)
    try:
        book = workbook.opened(file)

        def unit(tx: Connection) -> Returned:
            survey = kept.all_surveys(tx)[identifier]
            if survey.closed:
                fail(f"survey {identifier} is closed and takes no more answers")
            found = returned.take(tx, book, steps.town(tx, survey, questionnaire), now(), replace=replace)
            if found.same:
                fail(f"{file}: {found.contributor.title} has said all of this already; nothing was changed")
            return found

        found = await store.write(unit)
    except SheetError as error:
        _refuse(file, error.problems)
    except StepError as error:
        fail(f"{file}: {refusal(error)}")
    one, answered = found.contributor, len(found.after.answers.keys() & found.contributor.questions)
    text = f"{one.title}: {answered} of {len(one.questions)} questions answered, " + (
        f"not handed in: {', '.join(found.missing)} came later, send a new sheet" if found.missing else "handed in"
    )
    show({"survey": identifier, "contributor": one.id, "answered": answered, "questions": len(one.questions),
          "handed_in": found.after.handed_in, "missing": list(found.missing)}, output, text)  # fmt: skip


def _refuse(file: Path, problems: list[str]) -> NoReturn:
    """Ends the command with what is wrong with a file, as much of it as is read."""
    more = f"\n… and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    fail(f"{file}: nothing was imported\n" + "\n".join(f"  {p}" for p in problems[:SHOWN]) + more)


@answers.command()
@click.argument("identifier", metavar="ID")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"), help="default: print")
@click.option("--rows", is_flag=True, help="single rows of one voice instead of the released table (see below)")
@click.option("--voice", type=click.Choice([v.value for v in Voice]), help="with --rows: which voice")
@click.option("--excel", is_flag=True, help="for Excel: semicolons and a byte order mark")
@command
async def export(identifier: str, out: Path, rows: bool, voice: str | None, excel: bool) -> None:
    """Write the released figures of closed survey ID as CSV.

    With --rows: the single ratings of one voice of at least k people, one line each, shuffled, without language or
    time, for statistics on the server alone. Such lines can point at people who know their own answers; keep the
    file as safe as the database. Every such export is noted.

    \b
    Example:  weltoffen answers export 7k2mqp -o tabelle.csv
              weltoffen answers export 7k2mqp --rows --voice administration -o zeilen.csv
    """
    async with installation() as (store, _):
        survey, questionnaire = await survey_of(store, identifier)
        document = (await released(store, identifier)).document
        if not rows:
            write(out, as_csv(tables.table(document, questionnaire), excel=excel))
            return
        if voice is None or voice not in survey.voices:
            fail(f"--rows needs --voice, one of {', '.join(survey.voices)}")
        if str(out) == "-":
            fail("--rows needs a file: -o FILE")
        chosen = Voice(voice)
        found = await store.read(lambda tx: figures.answers(tx, identifier, chosen))
        lines = _lines(found, questionnaire)
        block = document["voices"][chosen]
        if block["withheld"]:
            fail(f"the voice {voice} is withheld, to protect a small group")
        if len(lines) != block["n"] and not questionnaire.institution:
            fail("somebody has deleted their answers since the release: what is missing in the rows would be theirs")
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(as_csv([[q.id for q in questionnaire.questions if q.rating], *lines], excel=excel))
        await store.write(lambda tx: kept.note(tx, survey.commune_id, today(), "rows", f"{identifier} {voice}"))
    click.echo(f"wrote {out} (readable by you alone). These are single answers: keep them on this server, do not pass "
               "them on, and delete them when done.", err=True)  # fmt: skip


def _lines(found: list[tuple[str, str, str]], questionnaire: Questionnaire) -> list[list[str]]:
    """One shuffled line per respondent; question by question in the questionnaire's order."""
    by_respondent: dict[str, dict[str, str]] = {}
    for respondent, question, value in found:
        by_respondent.setdefault(respondent, {})[question] = value
    ids = [q.id for q in questionnaire.questions if q.rating]
    lines = [[given.get(q, "") for q in ids] for given in by_respondent.values()]
    secrets.SystemRandom().shuffle(lines)
    return lines
