"""weltoffen statements: what people wrote, read and released by a moderator."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

import click

from bot.cli.common import command, fail, format_option, installation, show, survey_of, today, wipe
from bot.typed import cleaned
from conversations.store import figures
from conversations.store import surveys as kept


class Statements(click.Group):
    """A group that still takes the survey before its command, as it did at first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the command in front where it stands second."""
        if args and args[0] not in self.commands and args[1:2] and args[1] in self.commands:
            args = [args[1], args[0], *args[2:]]
        return super().parse_args(ctx, args)


@click.group(cls=Statements)
def statements() -> None:
    """Read and release what people wrote in a survey.

    Statements appear here in blocks of the smallest group, shuffled, without person, time, language or voice.
    Nothing is shown to anybody else before it is released.

    \b
    Example:  weltoffen statements list 7k2mqp
              weltoffen statements release 7k2mqp 3f2a91c0 77aa01be
    """


@statements.command("list")
@click.argument("survey")
@click.option("--state", type=click.Choice(["new", "released", "dropped"]), help="only these")
@format_option
@command
async def list_(survey: str, state: str | None, output: str) -> None:
    """List the statements of SURVEY that may be read.

    \b
    Example:  weltoffen statements list 7k2mqp --state new
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
    @statements.command(name, help=f"{text}\n\n\b\nExample:  weltoffen statements {name} 7k2mqp 3f2a91c0")
    @click.argument("survey")
    @click.argument("ids", metavar="ID…", nargs=-1, required=True)
    @command
    async def moderation(survey: str, ids: Sequence[str]) -> None:
        once = tuple(dict.fromkeys(ids))
        await _moderate(survey, once, state, None)
        click.echo(f"{len(once)} {'taken back' if state == 'new' else state}")


_moderation("release", "released", "Release statements: they appear in digest and Auswertung.")
_moderation("drop", "dropped", "Drop statements: they are shown to nobody.")
_moderation("reset", "new", "Take a release or a drop back.")


@statements.command()
@click.argument("survey")
@click.argument("identifier", metavar="ID")
@click.argument("text")
@command
async def redact(survey: str, identifier: str, text: str) -> None:
    """Replace the text of a statement, for instance where it names somebody, and release it.

    The former text is gone for good. Write […] where you left something out.

    \b
    Example:  weltoffen statements redact 7k2mqp 3f2a91c0 "Im Amt war […] sehr freundlich."
    """
    if not cleaned(text):
        fail(f"the new text is empty; to show nothing: weltoffen statements drop {survey} {identifier}")
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
