"""weltoffen statement: a town's one statement, how it stands, what the town says, and the signature."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection

import click

from bot.cli.common import command, fail, format_option, installation, show
from bot.cli.contributor import assign, contributor, withdraw
from bot.cli.named import refusal
from bot.cli.sheet import sheet
from bot.cli.standing import contribution_values, standing_lines, standing_values, told
from bot.cli.step import as_option, look, moment, step
from bot.clock import here
from bot.spreadsheet import as_csv, guarded
from bot.statement import steps
from bot.statement.standing import readable
from bot.statement.steps import Refusal, StepError, Town
from bot.typed import meaning
from conversations.conversation import SKIPPED
from conversations.questionnaire import Rating
from conversations.store import contributions
from conversations.store.contributions import Entry

VALUES = [*(rating.value for rating in Rating), SKIPPED]


@click.group()
def statement() -> None:
    """Lead many departments to one signed statement of the town.

    \b
    Example:  weltoffen statement status 7k2mqp
    """


for one in (contributor, assign, withdraw, sheet):
    statement.add_command(one)


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
        town = await look(store, survey, lambda _, town: town)
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
        town = await look(store, survey, lambda _, town: town)
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
            steps.decide(tx, town, question, text if value is None else _value(value), reason, moment(), who)

        await step(store, survey, unit)
        position = await look(store, survey, lambda _, town: town.positions[question])
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
            return steps.undecide(tx, town, question, moment(), who)

        done = await step(store, survey, unit)
        state = await look(store, survey, lambda _, town: town.positions[question].state)
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
        await step(store, survey, lambda tx, town: steps.choose(tx, town, fields, reason, moment(), who))
        choice = await look(store, survey, lambda _, town: town.choice)
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
        await step(store, survey, lambda tx, town: steps.present(tx, town, moment(), who))
        town = await look(store, survey, lambda _, town: town)
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
        made, presented = await step(store, survey, lambda tx, town: (
            steps.sign(tx, town, role, moment()), town.presented
        ))  # fmt: skip
    if presented is None:
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

    What an office answers is shown once it has handed in; until then only that it has answered.

    \b
    Example:  weltoffen statement log 7k2mqp --format csv > journal.csv
    """
    async with installation() as (store, _):
        entries = await look(store, survey, lambda tx, town: readable(contributions.journal(tx, survey), town))
    rows = [_row(one) for one in entries]
    if output == "json":
        click.echo(json.dumps({"survey": survey, "steps": [dict(zip(HEAD, row, strict=True)) for row in rows]},
                              ensure_ascii=False, indent=2))  # fmt: skip
    elif output == "csv":
        click.echo(as_csv(guarded([HEAD, *rows])), nl=False)
    else:
        click.echo("\n".join(_line(*row) for row in rows) or "nothing was done yet")


def _row(one: Entry) -> list[str]:
    moment = here(datetime.fromtimestamp(one.moment, UTC)).isoformat()
    return [moment, one.who, one.step, one.subject, one.before, one.after]


def _line(moment: str, who: str, step: str, subject: str, before: str, after: str) -> str:
    change = f": {_short(before)} → {_short(after)}" if before or after else ""
    return f"{moment[:16].replace('T', ' ')}  {who}  {step} {subject}{change}"
