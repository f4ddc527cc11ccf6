"""weltoffen statements: what people wrote, read and released by a moderator."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

import click

from bot.cli.common import command, fail, format_option, installation, show, survey_of, today, wipe
from bot.typed import cleaned
from conversations.store import figures
from conversations.store import surveys as kept


@click.group()
@click.argument("survey")
@click.pass_context
def statements(context: click.Context, survey: str) -> None:
    """Read and release what people wrote in SURVEY.

    Statements appear here in blocks of the smallest group, shuffled, without person, time, language or voice.
    Nothing is shown to anybody else before it is released.

    \b
    Example:  weltoffen statements 7k2mqp list
              weltoffen statements 7k2mqp release 3f2a91c0 77aa01be
    """
    context.obj = survey


@statements.command("list")
@click.option("--state", type=click.Choice(["new", "released", "dropped"]), help="only these")
@format_option
@click.pass_obj
@command
async def list_(survey: str, state: str | None, output: str) -> None:
    """List the statements that may be read.

    \b
    Example:  weltoffen statements 7k2mqp list --state new
    """
    async with installation() as (store, _):
        await survey_of(store, survey)
        found = [s for s in await store.read(lambda tx: figures.listed(tx, survey)) if state in (None, s.state)]
    lines: list[str] = []
    for question in dict.fromkeys(s.question for s in found):
        lines.append(f"question {question}")
        lines += [f"  {s.id}  {s.state:<8}  {' '.join(s.text.split())}" for s in found if s.question == question]
    rows = [{"id": s.id, "question": s.question, "state": s.state, "text": s.text} for s in found]
    show({"survey": survey, "statements": rows}, output, "\n".join(lines) or "nothing to read yet")


def _moderation(name: str, state: str, text: str) -> None:
    @statements.command(name, help=f"{text}\n\n\b\nExample:  weltoffen statements 7k2mqp {name} 3f2a91c0")
    @click.argument("ids", nargs=-1, required=True)
    @click.pass_obj
    @command
    async def moderation(survey: str, ids: Sequence[str]) -> None:
        once = tuple(dict.fromkeys(ids))
        await _moderate(survey, once, state, None)
        click.echo(f"{len(once)} {'taken back' if state == 'new' else state}")


_moderation("release", "released", "Release statements: they appear in digest and Auswertung.")
_moderation("drop", "dropped", "Drop statements: they are shown to nobody.")
_moderation("reset", "new", "Take a release or a drop back.")


@statements.command()
@click.argument("identifier", metavar="ID")
@click.argument("text")
@click.pass_obj
@command
async def redact(survey: str, identifier: str, text: str) -> None:
    """Replace the text of a statement, for instance where it names somebody, and release it.

    The former text is gone for good. Write […] where you left something out.

    \b
    Example:  weltoffen statements 7k2mqp redact 3f2a91c0 "Im Amt war […] sehr freundlich."
    """
    if not cleaned(text):
        fail("the new text is empty; to show nothing: weltoffen statements SURVEY drop ID")
    await _moderate(survey, [identifier], "released", cleaned(text))
    click.echo("1 redacted and released")


async def _moderate(survey: str, ids: Sequence[str], state: str, text: str | None) -> None:
    async with installation() as (store, _):
        found, _asked = await survey_of(store, survey)

        def unit(tx: Connection) -> list[str]:
            unknown = [i for i in ids if not figures.moderate(tx, survey, i, state, text)]
            if unknown:
                raise click.ClickException(f"there is no statement {', '.join(unknown)} to read; nothing was changed")
            detail = f"{survey} {state} {' '.join(ids)}"
            kept.note(tx, found.commune_id, today(), "moderate", detail)
            return unknown

        await store.write(unit)
        if text is not None:
            await wipe(store)
