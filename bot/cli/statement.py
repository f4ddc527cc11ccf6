"""weltoffen statement: a town's one statement, from its contributors to the signature."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any, TypeVar

import click

from bot.cli.common import command, fail, format_option, installation, now, show, survey_of
from bot.cli.named import named, refusal
from bot.cli.sheet import sheet
from bot.cli.standing import contribution_values, contributor_values, standing_lines, standing_values, told
from bot.clock import here
from bot.statement import steps
from bot.statement.board import start_of
from bot.statement.seat import INVITE
from bot.statement.steps import COORDINATOR, LINK_DAYS, TITLE_LENGTH, Refusal, StepError, Town
from bot.typed import meaning
from conversations.conversation import SKIPPED
from conversations.institution import Contributor
from conversations.questionnaire import Rating
from conversations.store import Store, contributions
from conversations.store import surveys as kept
from conversations.store.contributions import Entry

T = TypeVar("T")
VALUES = [*(rating.value for rating in Rating), SKIPPED]


@click.group()
def statement() -> None:
    """Lead many departments to one signed statement of the town.

    \b
    Example:  weltoffen statement status 7k2mqp
    """


statement.add_command(sheet)


@statement.group()
def contributor() -> None:
    """Name who answers for the town: departments, by function.

    \b
    Example:  weltoffen statement contributor list 7k2mqp
    """


# ---- what the commands share ------------------------------------------------------------------------------------


class Who(click.ParamType[str]):
    """By which function somebody takes a step, as the journal names it."""

    name = "function"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """One line that is not empty."""
        line = " ".join(str(value).split())
        if not line or len(line) > TITLE_LENGTH:
            self.fail(f"a function has 1 to {TITLE_LENGTH} characters")
        return line


def as_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option --as: who takes the step."""
    return click.option("--as", "who", type=Who(), default=COORDINATOR, show_default=True,
                        help="the function that the journal names")(function)  # fmt: skip


def _moment() -> datetime:
    """This moment; days are kept in UTC."""
    return now().astimezone(UTC)


async def _look(store: Store, identifier: str, take: Callable[[Connection, Town], T]) -> T:
    """Something about a statement as it stands. Ends the command where there is none."""
    return await _taken(store.read, store, identifier, take)


async def _step(store: Store, identifier: str, take: Callable[[Connection, Town], T]) -> T:
    """A step on a statement, in a transaction. Ends the command where it cannot be made."""
    return await _taken(store.write, store, identifier, take)


async def _taken(run: Callable[..., Any], store: Store, identifier: str, take: Callable[[Connection, Town], T]) -> T:
    found, asked = await survey_of(store, identifier)
    try:
        result: T = await run(lambda tx: take(tx, steps.town(tx, found, asked)))
    except StepError as error:
        fail(refusal(error))
    return result


def _link(username: str | None, token: str) -> tuple[dict[str, Any], str]:
    """A contributor's link as values and as text."""
    link = start_of(username, token)
    values = {"start": f"{INVITE}{token}", "link": link if username else None, "days": LINK_DAYS}
    text = link if username else f"write to the bot: {link}"
    return values, f"{text}\ngood for one person and {LINK_DAYS} days"


def _username(tx: Connection) -> str | None:
    return os.environ.get("TELEGRAM_BOT_USERNAME") or kept.fact(tx, "username")


# ---- contributors and their parts -------------------------------------------------------------------------------


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
    async with installation() as (store, _):

        def unit(tx: Connection, town: Town) -> tuple[Contributor, str, str | None]:
            return *steps.invite(tx, town, department, role, name, _moment(), who), _username(tx)

        one, token, username = await _step(store, survey, unit)
    values, text = _link(username, token)
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
        town = await _look(store, survey, lambda _, town: town)
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
    async with installation() as (store, _):

        def unit(tx: Connection, town: Town) -> tuple[str, str, str | None]:
            one = named(town, contributor)
            return one.id, steps.link(tx, town, one, _moment(), who), _username(tx)

        identifier, token, username = await _step(store, survey, unit)
    values, text = _link(username, token)
    show({"survey": survey, "contributor": identifier, **values}, output, text)


@statement.command()
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
    async with installation() as (store, _):
        one, new = await _step(store, survey, lambda tx, town: (
            named(town, contributor), steps.assign(tx, town, named(town, contributor).id, parts, _moment(), who)
        ))  # fmt: skip
    given = f"{_questions(len(new), 'new')}: {', '.join(new)}"
    text = f"{one.title}: {given}" if new else f"{one.title} had all of that already"
    show({"survey": survey, "contributor": one.id, "assigned": new}, output, text)


@statement.command()
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
    async with installation() as (store, _):
        one, gone = await _step(store, survey, lambda tx, town: (
            named(town, contributor), steps.withdraw(tx, town, named(town, contributor).id, parts, _moment(), who)
        ))  # fmt: skip
    text = (
        f"{one.title}: {_questions(len(gone))} taken back: {', '.join(gone)}" if gone else f"{one.title} had none of it"
    )
    show({"survey": survey, "contributor": one.id, "withdrawn": gone}, output, text)


def _questions(number: int, which: str = "") -> str:
    return " ".join(filter(None, (str(number), which, "question" if number == 1 else "questions")))


# ---- how it stands ----------------------------------------------------------------------------------------------


@statement.command()
@click.argument("survey")
@format_option
@command
async def status(survey: str, output: str) -> None:
    """Show how the statement SURVEY stands: fields, contributors, referrals, and what is left to be done.

    \b
    Example:  weltoffen statement status 7k2mqp
    """
    async with installation() as (store, _):
        town = await _look(store, survey, lambda _, town: town)
    head = f"survey {survey} ({town.survey.questionnaire}, {town.survey.commune.name})"
    show(standing_values(town), output, "\n".join([head, *standing_lines(town)]))


@statement.command("show")
@click.argument("survey")
@click.argument("question")
@format_option
@command
async def show_(survey: str, question: str, output: str) -> None:
    """Show QUESTION of the statement SURVEY: what every contributor says, with evidence, and what the town says.

    \b
    Example:  weltoffen statement show 7k2mqp 2.5.3
    """
    async with installation() as (store, _):
        town = await _look(store, survey, lambda _, town: town)
    if question not in town.positions:
        fail(refusal(StepError(Refusal.NO_QUESTION, question)))
    position = town.positions[question]
    asked = town.questionnaire.by_id[question].text[town.questionnaire.voices[0]][town.survey.commune.kind]
    values = {
        "survey": survey, "question": question, "text": asked, "state": str(position.state), "value": position.value,
        "answer": position.text, "reason": position.reason or None,
        "contributions": [contribution_values(town, c) for c in position.contributions],
    }  # fmt: skip
    show(values, output, "\n".join([f"{question} {asked}", *told(town, position)]))


# ---- what the town says -----------------------------------------------------------------------------------------


@statement.command()
@click.argument("survey")
@click.argument("question")
@click.argument("value", required=False)
@click.option("--text", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
              help="a file with the town's answer to an open question, - for standard input")  # fmt: skip
@click.option("--reason", required=True, help="why; it stands in the Auswertung")
@as_option
@format_option
@command
async def decide(
    survey: str, question: str, value: str | None, file: Path | None, reason: str, who: str, output: str
) -> None:
    """Decide what the town answers to QUESTION: VALUE, or the text of a file. No contributor's answer is changed.

    VALUE is yes, rather-yes, rather-no, no, cannot-say or skipped (nobody worked on it), or the German word.

    \b
    Example:  weltoffen statement decide 7k2mqp 2.5.3 rather-no --reason "Das Angebot ist befristet."
              weltoffen statement decide 7k2mqp 2.m --text massnahmen.txt --reason "Aus drei Beiträgen gekürzt."
    """
    if (value is None) is (file is None):
        fail("give either a VALUE or, for an open question, --text FILE")
    text = "" if file is None else _text(file)
    async with installation() as (store, _):

        def unit(tx: Connection, town: Town) -> None:
            rating = question in town.positions and town.questionnaire.by_id[question].rating
            if question in town.positions and rating is not (file is None):
                fail(f"{question} is answered with " + (f"one of {', '.join(VALUES)}" if rating else "--text FILE"))
            steps.decide(tx, town, question, text if value is None else _value(value), reason, _moment(), who)

        await _step(store, survey, unit)
        position = await _look(store, survey, lambda _, town: town.positions[question])
    values = {"survey": survey, "question": question, "value": position.value, "answer": position.text,
              "reason": position.reason}  # fmt: skip
    show(values, output, f"{question}: the town says {position.value or position.text}")


def _text(file: Path) -> str:
    try:
        with click.open_file(str(file), encoding="utf-8-sig") as stream:
            return str(stream.read()).strip()
    except UnicodeDecodeError:
        fail(f"{file} is no text in UTF-8")


def _value(word: str) -> str:
    """A value of the scale as people write it."""
    found = meaning(word)
    return found.value if isinstance(found, Rating) else word


@statement.command()
@click.argument("survey")
@click.argument("question")
@as_option
@format_option
@command
async def undecide(survey: str, question: str, who: str, output: str) -> None:
    """Take the decision on QUESTION back: the town's answer follows from its contributors again.

    \b
    Example:  weltoffen statement undecide 7k2mqp 2.5.3
    """
    async with installation() as (store, _):

        def unit(tx: Connection, town: Town) -> bool:
            if question not in town.positions:
                raise StepError(Refusal.NO_QUESTION, question)
            return steps.undecide(tx, town, question, _moment(), who)

        done = await _step(store, survey, unit)
        state = await _look(store, survey, lambda _, town: town.positions[question].state)
    text = f"{question}: {'the decision is taken back' if done else 'nothing was decided'}; it is {state}"
    show({"survey": survey, "question": question, "undone": done, "state": str(state)}, output, text)


@statement.command()
@click.argument("survey")
@click.argument("fields", metavar="FIELD…", nargs=-1, required=True)
@click.option("--reason", required=True, help="why; it stands in the Auswertung beside the proposal")
@as_option
@format_option
@command
async def choose(survey: str, fields: tuple[str, ...], reason: str, who: str, output: str) -> None:
    """Set the focus FIELDs of the workshop, in place of earlier ones.

    \b
    Example:  weltoffen statement choose 7k2mqp 4 5 --reason "Dort fehlen uns Zahlen und Partner."
    """
    async with installation() as (store, _):
        await _step(store, survey, lambda tx, town: steps.choose(tx, town, fields, reason, _moment(), who))
        choice = await _look(store, survey, lambda _, town: town.choice)
    found = list(choice.fields) if choice else []
    show({"survey": survey, "fields": found, "reason": reason.strip()}, output, f"focus: {', '.join(found)}")


# ---- presenting, signing, the journal ---------------------------------------------------------------------------


@statement.command()
@click.argument("survey")
@as_option
@format_option
@command
async def present(survey: str, who: str, output: str) -> None:
    """Show every department the town's answers to its part; from now on it may write a comment on its fields.

    \b
    Example:  weltoffen statement present 7k2mqp
    """
    async with installation() as (store, _):
        await _step(store, survey, lambda tx, town: steps.present(tx, town, _moment(), who))
        town = await _look(store, survey, lambda _, town: town)
    text = f"presented to {len(town.contributors)} contributors; when they have commented: "
    text += f"weltoffen statement sign {survey} --function …"
    values = {"survey": survey, "presented": town.presented, "contributors": len(town.contributors)}
    show(values, output, text)


@statement.command()
@click.argument("survey")
@click.option("--function", "role", required=True, help="who signs for the town, by function")
@format_option
@command
async def sign(survey: str, role: str, output: str) -> None:
    """Sign the statement SURVEY: what it says is frozen as a version, and what differs from the last one is named.

    \b
    Example:  weltoffen statement sign 7k2mqp --function Oberbürgermeisterin
    """
    async with installation() as (store, _):
        made = await _step(store, survey, lambda tx, town: steps.sign(tx, town, role, _moment()))
        town = await _look(store, survey, lambda _, town: town)
    if town.presented is None:
        seen = f"weltoffen statement present {survey}, then sign again where something changes"
        click.echo(f"note: the departments have not seen the town's answers, as their notice says they will; {seen}",
                   err=True)  # fmt: skip
    block = made.document["town"]
    values = {"survey": survey, "version": block["version"], "signed": block["signed"], "release": made.digest,
              "changes": block["changes"]}  # fmt: skip
    lines = [f"version {block['version']} signed by {block['signed']['function']} on {block['signed']['day']}",
             f"release {made.digest}"]  # fmt: skip
    lines += [f"  {c['question']}: {_short(c['before'])} → {_short(c['after'])}" for c in block["changes"]]
    lines.append(f"now: weltoffen report {survey} --format html -o auswertung.html; at the end: weltoffen survey close "
                 f"{survey}")  # fmt: skip
    show(values, output, "\n".join(lines))


def _short(text: str | None) -> str:
    line = " ".join((text or "nothing").split())
    return line if len(line) <= 60 else line[:59] + "…"


HEAD = ["moment", "who", "step", "subject", "before", "after"]


@statement.command()
@click.argument("survey")
@click.option("--format", "output", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@command
async def log(survey: str, output: str) -> None:
    """Print every step of the statement SURVEY: when, who, what, before and after.

    \b
    Example:  weltoffen statement log 7k2mqp --format csv > journal.csv
    """
    async with installation() as (store, _):
        entries = await _look(store, survey, lambda tx, _: contributions.journal(tx, survey))
    rows = [_row(one) for one in entries]
    if output == "json":
        click.echo(json.dumps({"survey": survey, "steps": [dict(zip(HEAD, row, strict=True)) for row in rows]},
                              ensure_ascii=False, indent=2))  # fmt: skip
    elif output == "csv":
        click.echo(_csv([HEAD, *rows]), nl=False)
    else:
        click.echo("\n".join(_line(*row) for row in rows) or "nothing was done yet")


def _row(one: Entry) -> list[str]:
    moment = here(datetime.fromtimestamp(one.moment, UTC)).isoformat()
    return [moment, one.who, one.step, one.subject, one.before, one.after]


def _line(moment: str, who: str, step: str, subject: str, before: str, after: str) -> str:
    change = f": {_short(before)} → {_short(after)}" if before or after else ""
    return f"{moment[:16].replace('T', ' ')}  {who}  {step} {subject}{change}"


def _csv(rows: Sequence[Sequence[str]]) -> str:
    """As a spreadsheet reads it; what people wrote begins no formula."""
    buffer = io.StringIO()
    guarded = [[f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in row] for row in rows]
    csv.writer(buffer, lineterminator="\r\n").writerows(guarded)
    return buffer.getvalue()
