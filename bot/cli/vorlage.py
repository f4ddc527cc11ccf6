"""Word files on the command line: the Auswertung as one, the Beschlussvorlage for the council, our own templates."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.common import command, installation, locale_option, words_in, write
from bot.cli.releases import released
from locales import Catalogue
from reports.document import Statements
from reports.sources import Source
from reports.wordfile import OfficeError, WordTemplateError, own_template

TEMPLATES = ("auswertung", "beschlussvorlage")


def as_word(own: Source, words: Catalogue, statements: Statements, template: Path | None) -> bytes:
    """The Auswertung as a Word file. Raises ClickException where the extra is missing or the template is wrong."""
    from reports.docx import docx

    try:
        return docx(own.document, own.questionnaire, words, own.commune, statements, template=template)
    except (OfficeError, WordTemplateError) as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.argument("survey")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="what only the office knows, in TOML")  # fmt: skip
@click.option("--init", is_flag=True, help="write that file, with decision and reasons proposed by rule")
@click.option("--template", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="the town's own Word template (docs/vorlagen.md)")  # fmt: skip
@locale_option
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"), help="default: print")
@command
async def vorlage(survey: str, file: Path, init: bool, template: Path | None, locale: str, out: Path) -> None:
    """Write the Beschlussvorlage for the council out of the Auswertung of SURVEY, as a Word file.

    First `--init` writes FILE, for number, submitter, the bodies that deal with it, and goals of the Leitbild; in it
    stand a decision and reasons, proposed by rule. What is still missing in it is named here and in the document.

    \b
    Example:  weltoffen report vorlage 7k2mqp --file vorlage.toml --init
              weltoffen report vorlage 7k2mqp --file vorlage.toml -o beschlussvorlage.docx
    """
    from reports.statement_vorlage import Proposal, VorlageError, begun, parsed
    from reports.statement_vorlage import vorlage as paper

    if init and file.exists():
        raise click.ClickException(f"{file} exists already and is left as it is")
    async with installation() as (store, _):
        own = await released(store, survey)
    words = words_in(locale, own.questionnaire)
    try:
        if init:
            text = begun(Proposal(own.document, own.questionnaire, words))
            file.write_text(text, "utf-8")
            click.echo(
                f"wrote {file}; fill it in, then: weltoffen report vorlage {survey} --file {file} -o vorlage.docx"
            )
            return
        filled = parsed(file.read_text("utf-8"), file.name)
        content, missing = paper(own.document, own.questionnaire, words, own.commune, filled, template=template)
    except (OfficeError, WordTemplateError, VorlageError) as error:
        raise click.ClickException(str(error)) from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: not a text in UTF-8") from error
    write(out, content)
    if missing:
        click.echo(f"still missing: {', '.join(missing)}", err=True)


@click.command()
@click.option("--for", "name", type=click.Choice(TEMPLATES), default=TEMPLATES[0], show_default=True)
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("-"), help="default: print")
def template(name: str, out: Path) -> None:
    """Write our own Word template, to make the town's own from (docs/vorlagen.md, in German, tells the variables).

    \b
    Example:  weltoffen report template -o amt.docx
    """
    write(out, own_template(name))
