"""weltoffen questionnaire: out as XLSForm, the survey world's own spreadsheet, and back."""

from __future__ import annotations

from pathlib import Path

import click

from bot import xlsform
from bot.cli.common import command, fail, format_option, questionnaires, show
from conversations.questionnaire import latest


@click.group()
def questionnaire() -> None:
    """List questionnaires, write them as XLSForm, read such forms back.

    \b
    Example:  weltoffen questionnaire export kurzform -o formulare
    """


@questionnaire.command("list")
@format_option
@command
def list_(output: str) -> None:
    """List all questionnaires and their versions.

    \b
    Example:  weltoffen questionnaire list
    """
    rows = [
        {
            "questionnaire": q.name, "title": q.title, "answers_as": "institution" if q.institution else "persons",
            "voices": list(q.voices), "ratings": len(q.criterion_of), "open": len(q.questions) - len(q.criterion_of),
        }
        for q in questionnaires().values()
    ]  # fmt: skip
    lines = [f"{r['questionnaire']:<14} {r['ratings']:>3} + {r['open']:>2}  {r['title']}" for r in rows]
    show({"questionnaires": rows}, output, "\n".join(lines))


@questionnaire.command()
@click.argument("name")
@click.option("--format", "kind", type=click.Choice(["xlsform"]), default="xlsform", show_default=True)
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="the folder")
@command
def export(name: str, kind: str, out: Path) -> None:
    """Write questionnaire NAME into a folder, one form per wording, with every language it is complete in.

    \b
    Example:  weltoffen questionnaire export kurzform --format xlsform -o formulare
    """
    out.mkdir(parents=True, exist_ok=True)
    for form in xlsform.forms(latest(questionnaires(), name)):
        path = out / f"{form.name}.xlsx"
        path.write_bytes(xlsform.workbook(form))
        click.echo(f"wrote {path}")


@questionnaire.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="the folder")
@command
def import_(files: tuple[Path, ...], out: Path) -> None:
    """Read the forms of one questionnaire (all of its wordings) and write it as TOML with its catalogues.

    Nothing in this installation changes: put the TOML into conversations/questionnaires/ and the catalogues into
    locales/, then run: weltoffen texts extract && weltoffen texts update && weltoffen check. A version that was
    released never changes; raise `version` on the sheet "weltoffen" first.

    \b
    Example:  weltoffen questionnaire import formulare/kurzform-1-*.xlsx -o neu
    """
    from locales.extract import translated

    try:
        found = xlsform.read({path.name: path.read_bytes() for path in files})
    except xlsform.XlsFormError as error:
        fail("nothing was written\n" + "\n".join(f"  {p}" for p in error.problems[:50]))
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{found.name}.toml"
    path.write_text(found.toml, "utf-8")
    click.echo(f"wrote {path}")
    for code, texts in found.translations.items():
        place = out / code / "LC_MESSAGES" / f"{found.name}.po"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(translated(code, found.name, path, texts))
        click.echo(f"wrote {place}")
