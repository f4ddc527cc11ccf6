"""weltoffen statement contributor, assign, withdraw: who answers for the town, by which link, and what."""

from __future__ import annotations

import os
from collections.abc import Callable
from sqlite3 import Connection
from typing import Any

import click

from bot.cli.common import command, format_option, installation, show
from bot.cli.named import named
from bot.cli.standing import contributor_values
from bot.cli.step import as_option, look, moment, step
from bot.statement import steps
from bot.statement.board import start_of
from bot.statement.seat import INVITE
from bot.statement.steps import LINK_DAYS, Town
from conversations.institution import Contributor
from conversations.store import surveys as kept


@click.group()
def contributor() -> None:
    """Name who answers for the town: departments, by function.

    \b
    Example:  weltoffen statement contributor list 7k2mqp
    """


async def _invited(
    survey: str, take: Callable[[Connection, Town], tuple[Contributor, str]]
) -> tuple[Contributor, dict[str, Any], str]:
    """Takes the step that makes a one-time link; gives whose it is, and the link as values and as text."""
    async with installation() as (store, _):
        (one, token), username = await step(store, survey, lambda tx, town: (
            take(tx, town), os.environ.get("TELEGRAM_BOT_USERNAME") or kept.fact(tx, "username")
        ))  # fmt: skip
    link = start_of(username, token)
    values = {"start": f"{INVITE}{token}", "link": link if username else None, "days": LINK_DAYS}
    return one, values, f"{link if username else f'write to the bot: {link}'}\ngood for one person and {LINK_DAYS} days"


@contributor.command()
@click.argument("survey")
@click.option("--department", required=True, help="Dezernat or office")
@click.option("--function", "role", required=True, help="who answers there, by function")
@click.option("--name", help="only where it is to be printed")
@as_option
@format_option
@command
async def add(survey: str, department: str, role: str, name: str | None, who: str, output: str) -> None:
    """Name a contributor to the statement SURVEY, and print its one-time link.

    \b
    Example:  weltoffen statement contributor add 7k2mqp --department "Dezernat II" --function "Leitung Sozialamt"
    """
    one, values, text = await _invited(
        survey, lambda tx, town: steps.invite(tx, town, department, role, name, moment(), who)
    )
    lines = [f"contributor {one.id}: {one.title}", text, f"now: weltoffen statement assign {survey} {one.id} FIELD…"]
    show({"survey": survey, "contributor": one.id, **values}, output, "\n".join(lines))


@contributor.command("list")
@click.argument("survey")
@format_option
@command
async def list_(survey: str, output: str) -> None:
    """List the contributors to the statement SURVEY with what they were given.

    \b
    Example:  weltoffen statement contributor list 7k2mqp
    """
    async with installation() as (store, _):
        town = await look(store, survey, lambda _, town: town)
    rows = [
        {**values, "questions": [q.id for q in town.questionnaire.questions if q.id in one.questions]}
        for values, one in zip(contributor_values(town), town.contributors, strict=True)
    ]
    lines = []
    for one in rows:
        name = f" ({one['name']})" if one["name"] else ""
        lines.append(f"{one['contributor']}  {one['department']}, {one['function']}{name}")
        lines.append(f"          {', '.join(one['questions']) or 'nothing yet'}")
    show({"survey": survey, "contributors": rows}, output, "\n".join(lines) or "no contributor yet")


@contributor.command()
@click.argument("survey")
@click.argument("contributor")
@as_option
@format_option
@command
async def link(survey: str, contributor: str, who: str, output: str) -> None:
    """Print a new one-time link for CONTRIBUTOR (id, or "Department, function"); an earlier one is good no more.

    \b
    Example:  weltoffen statement contributor link 7k2mqp "Dezernat II, Leitung Sozialamt"
    """

    def renewed(tx: Connection, town: Town) -> tuple[Contributor, str]:
        one = named(town, contributor)
        return one, steps.link(tx, town, one, moment(), who)

    one, values, text = await _invited(survey, renewed)
    show({"survey": survey, "contributor": one.id, **values}, output, text)


# ---- their parts -----------------------------------------------------------------------------------------------------


@click.command()
@click.argument("survey")
@click.argument("contributor")
@click.argument("parts", metavar="FIELD_OR_CRITERION…", nargs=-1, required=True)
@as_option
@format_option
@command
async def assign(survey: str, contributor: str, parts: tuple[str, ...], who: str, output: str) -> None:
    """Give CONTRIBUTOR (id, or "Department, function") fields, criteria or questions; one may go to several.

    \b
    Example:  weltoffen statement assign 7k2mqp hk3v8wqz 2 4.1 5.2.3
    """
    one, new = await _moved(
        survey, contributor, lambda tx, town, one: steps.assign(tx, town, one, parts, moment(), who)
    )
    given = f"{_questions(len(new), 'new')}: {', '.join(new)}"
    text = f"{one.title}: {given}" if new else f"{one.title} had all of that already"
    show({"survey": survey, "contributor": one.id, "assigned": new}, output, text)


@click.command()
@click.argument("survey")
@click.argument("contributor")
@click.argument("parts", metavar="FIELD_OR_CRITERION…", nargs=-1, required=True)
@as_option
@format_option
@command
async def withdraw(survey: str, contributor: str, parts: tuple[str, ...], who: str, output: str) -> None:
    """Take fields, criteria or questions from CONTRIBUTOR; its answers to them stay, but do not count any more.

    \b
    Example:  weltoffen statement withdraw 7k2mqp hk3v8wqz 5.2.3
    """
    one, gone = await _moved(
        survey, contributor, lambda tx, town, one: steps.withdraw(tx, town, one, parts, moment(), who)
    )
    text = (
        f"{one.title}: {_questions(len(gone))} taken back: {', '.join(gone)}" if gone else f"{one.title} had none of it"
    )
    show({"survey": survey, "contributor": one.id, "withdrawn": gone}, output, text)


async def _moved(
    survey: str, contributor: str, move: Callable[[Connection, Town, str], list[str]]
) -> tuple[Contributor, list[str]]:
    """The contributor of that name, and the questions that it was given or that were taken from it."""

    def unit(tx: Connection, town: Town) -> tuple[Contributor, list[str]]:
        one = named(town, contributor)
        return one, move(tx, town, one.id)

    async with installation() as (store, _):
        return await step(store, survey, unit)


def _questions(number: int, which: str = "") -> str:
    return " ".join(filter(None, (str(number), which, "question" if number == 1 else "questions")))
