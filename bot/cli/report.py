"""weltoffen report: the Auswertung as a file; the texts in it as Markdown, out and back; a report checked by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from bot import organising
from bot.cli.common import (
    command,
    fail,
    format_option,
    installation,
    locale_option,
    now,
    questionnaires,
    show,
    survey_of,
    words_in,
    write,
)
from bot.cli.releases import released
from bot.cli.vorlage import as_word, vorlage
from bot.cli.vorlage import template as template_of_ours
from bot.statement.steps import Town
from conversations.questionnaire import Questionnaire
from conversations.survey import Survey
from locales import Catalogue, catalogue
from reports.document import Statements
from reports.machine import as_json
from reports.sources import Source

DEFAULT = "write"


@dataclass(frozen=True)
class Wanted:
    """What an Auswertung is made of."""

    own: Source
    catalogue: Catalogue
    statements: Statements
    beside: Sequence[Source]
    since: Source | None
    template: Path | None


def _html(wanted: Wanted) -> bytes:
    from reports.html import html

    own = wanted.own
    return html(
        own.document, own.questionnaire, wanted.catalogue, own.commune, wanted.statements,
        beside=wanted.beside, since=wanted.since,
    ).encode()  # fmt: skip


def _json(wanted: Wanted) -> bytes:
    return as_json(wanted.own.document, wanted.own.questionnaire)


def _docx(wanted: Wanted) -> bytes:
    return as_word(wanted.own, wanted.catalogue, wanted.statements, wanted.template)


FORMATS: Mapping[str, Callable[[Wanted], bytes]] = {"html": _html, "json": _json, "docx": _docx}
"""What --format takes, with what writes it; what only one format needs is imported when it is called."""


class Report(click.Group):
    """A group whose default command takes a survey: "weltoffen report 7k2mqp" writes its Auswertung."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the default command's name in front of what is no command."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands that are called by name."""
        return [name for name in super().list_commands(ctx) if name != DEFAULT]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Both ways to call it."""
        formatter.write_usage(ctx.command_path, "SURVEY [OPTIONS]")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of the default command, and the other commands."""
        with click.Context(self.commands[DEFAULT], parent=ctx, info_name=DEFAULT) as its:
            self.commands[DEFAULT].format_options(its, formatter)
        self.format_commands(ctx, formatter)


@click.group(cls=Report)
def report() -> None:
    """Write the Auswertung of closed SURVEY, or of a municipality's signed statement.

    \b
    Example:  weltoffen report 7k2mqp --format html --locale de -o auswertung.html
              weltoffen report 7k2mqp --mirror 9xw4tn --since 3hq8rv -o auswertung.html
              weltoffen report 7k2mqp --format docx --template amt.docx -o auswertung.docx
              weltoffen report check auswertung.json
    """


report.add_command(vorlage)
report.add_command(template_of_ours)


@report.command(DEFAULT, hidden=True)
@click.argument("survey")
@click.option("--format", "output", type=click.Choice(list(FORMATS)), default="html", show_default=True)
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
async def one(
    survey: str, output: str, locale: str, beside: tuple[str, ...], since: str | None, template: Path | None, out: Path
) -> None:  # fmt: skip
    """Write the Auswertung of closed SURVEY."""
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
    every = [one.questionnaire for one in (own, *others, *([earlier] if earlier else []))]
    words = words_in(locale, *(every if output != "json" else []))
    write(out, FORMATS[output](Wanted(own, words, statements, others, earlier, template)))


@report.command()
@click.argument("survey")
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="folder to write to")
@click.option(
    "--locale", type=click.Choice(["de", "en"]), default="de", show_default=True, help="language of the texts"
)
@command
async def draft(survey: str, out: Path, locale: str) -> None:
    """Write the texts of a municipality's statement as Markdown, to be edited: one file per field, and overall.md.

    What has been edited and taken back before is written as it stands, the rest as drafts by rule. Above each text
    stand its figures and what the departments wrote. All questions must be settled. Files that are there already are
    not touched.

    \b
    Example:  weltoffen report draft 7k2mqp -o texte/
    """
    from bot.statement import steps, texts
    from reports.statement_drafts import Said, written

    async with installation() as (store, _):
        found, questionnaire = _of_a_municipality(*await survey_of(store, survey))
        town = _settled(await store.read(lambda tx: steps.town(tx, found, questionnaire)))
    said = Said(town.positions, {one.id: one.title for one in town.contributors})
    files = written(questionnaire, texts.figures(town), town.drafts, said, catalogue(locale))
    if there := [name for name in files if (out / name).exists()]:
        fail(f"{out}: {', '.join(there)} would be overwritten; name another folder")
    for name, content in files.items():
        write(out / name, content.encode())


@report.command()
@click.argument("survey")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@click.option(
    "--by", "who", default="Koordination", show_default=True, metavar="FUNCTION", help="who edited, by function"
)
@format_option
@command
async def release(survey: str, folder: Path, who: str, output: str) -> None:
    """Take edited texts back from DIR; they count from the next signature on.

    A figure in a text that is not the statement's is refused, with file and line; then nothing is taken. A text that is
    still the draft by rule goes on following the figures.

    \b
    Example:  weltoffen report release 7k2mqp texte/
    """
    from bot.statement import steps, texts

    files = {path.name: _text(path) for path in sorted(folder.glob("*.md"))}
    if not files:
        fail(f"{folder}: no Markdown file; weltoffen report draft {survey} -o {folder} writes them")
    async with installation() as (store, _):
        found, questionnaire = _of_a_municipality(*await survey_of(store, survey))
        town = _settled(await store.read(lambda tx: steps.town(tx, found, questionnaire)))
        if found.closed:
            fail(f"survey {survey} is closed; its statement stands as it was signed")
        if told := texts.complaints(town, files):
            fail("\n".join([*(f"{folder / one}" for one in told), "nothing was taken back"]))
        changed = await store.write(
            lambda tx: texts.taken(tx, steps.town(tx, found, questionnaire), files, now(), who)
        )  # fmt: skip
    text = f"taken back: {', '.join(changed)}; they count from the next signature on" if changed else "nothing changed"
    show({"survey": survey, "changed": changed}, output, text)


def _text(path: Path) -> str:
    """What stands in a file, however its lines end."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        fail(f"{path}: is not UTF-8; save it as UTF-8 and try again")


def _of_a_municipality(survey: Survey, questionnaire: Questionnaire) -> tuple[Survey, Questionnaire]:
    """The survey itself, if it is a statement; the drafts of persons' surveys follow their figures."""
    if not questionnaire.institution:
        fail(f"survey {survey.id} is of persons: its drafts are composed anew in every Auswertung. "
             "Texts can be edited for a municipality's statement only")  # fmt: skip
    return survey, questionnaire


def _settled(town: Town) -> Town:
    """The statement itself, if all its questions are settled: before that its figures are none."""
    if town.open:
        fail(f"survey {town.survey.id}: texts need settled figures, and these questions are open: "
             f"{', '.join(town.open)}")  # fmt: skip
    return town


@report.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@format_option
@command
async def check(file: Path, output: str) -> None:
    """Check a release or a report (--format json) in FILE, without a database: every figure is recomputed.

    Exit code 1 where something does not add up; each complaint names its place and the right value.

    \b
    Example:  weltoffen report check auswertung.json
    """
    from reports.files import problems

    found = problems(file.read_bytes(), questionnaires())
    show({"file": str(file), "problems": found}, output, "\n".join(found) or f"{file}: everything adds up")
    if found:
        fail(f"{file}: {len(found)} problem{'s' * (len(found) > 1)}")
