"""weltoffen survey: open, list, watch, close."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from sqlite3 import Connection

import click

from bot import closing, organising
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
    today,
    write,
)
from bot.cli.commune import tell_made_up
from bot.cli.standing import standing_lines, standing_values
from bot.clock import GERMANY, here
from bot.communes import commune_of
from bot.identity import new_code, new_id, new_salt
from bot.notice import promises
from bot.poster import poster
from bot.statement import steps
from bot.statement.steps import COORDINATOR
from bot.view import offered_in, spoken_in
from conversations.questionnaire import Questionnaire, Voice, latest
from conversations.store import Store, figures
from conversations.store import surveys as kept
from conversations.survey import SMALLEST_GROUP, Status, Survey
from locales import MESSAGES, catalogue, languages


class Moment(click.ParamType[datetime]):
    """A day or a moment as the clocks of Germany show it, or with an offset from UTC."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """An aware datetime."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
            if not 2000 <= found.year < 2200:  # days can be counted on from it
                raise ValueError
        except ValueError:
            self.fail(f"{value!r} is no moment; write 2026-12-01, 2026-12-01T18:00 or 2026-12-01T18:00+01:00")
        return found if found.tzinfo else found.replace(tzinfo=GERMANY)


@click.group()
def survey() -> None:
    """Open, watch and close surveys.

    \b
    Example:  weltoffen survey open dialog --commune stadt.toml --voice society --poster plakat.svg
    """


@survey.command("open")
@click.argument("questionnaire")
@click.option("--commune", "file", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="the commune's file (weltoffen commune init)")  # fmt: skip
@click.option("--voice", "voices", multiple=True, type=click.Choice([v.value for v in Voice]),
              help="who answers; may be repeated")  # fmt: skip
@click.option("--opens", type=Moment(), help="when answers are taken from, default at once")
@click.option("--closes", type=Moment(), help="when it closes by itself")
@click.option("--poster", "poster_file", type=click.Path(path_type=Path, dir_okay=False), help="write a poster (SVG)")
@click.option("--language", "spoken", multiple=True, type=click.Choice(list(languages())),
              help="in which languages; may be repeated, default: all in which it is complete")  # fmt: skip
@click.option("--yes", is_flag=True,
              help="confirm promises and languages that nobody has reviewed without being asked")  # fmt: skip
@format_option
@command
async def open_(
    questionnaire: str, file: Path, voices: tuple[str, ...], opens: datetime | None, closes: datetime | None,
    spoken: tuple[str, ...], poster_file: Path | None, yes: bool, output: str,
) -> None:  # fmt: skip
    """Open a survey with QUESTIONNAIRE (kurzform, dialog, workshop, selbstcheck) and print its codes.

    selbstcheck is answered by a whole administration as one statement: it has no public code, but contributors with
    links of their own (weltoffen statement), and --closes is the day by which they should be ready.

    \b
    Example:  weltoffen survey open kurzform --commune stadt.toml --voice administration --closes 2026-12-18T18:00
              weltoffen survey open selbstcheck --commune stadt.toml --closes 2027-02-26
    """
    asked = latest(questionnaires(), questionnaire)
    profile, asks = commune_of(file)
    if poster_file is not None:
        _must_be_svg(poster_file)
    chosen = tuple(Voice(v) for v in dict.fromkeys(voices)) or asked.voices
    if unknown := [v for v in chosen if v not in asked.voices]:
        fail(f"{asked.name} does not ask the voice {unknown[0]}; it asks {', '.join(asked.voices)}")
    if closes is not None and (closes <= now() or (opens is not None and closes <= opens)):
        fail("--closes must lie in the future, and after --opens")
    if asked.institution and closes is not None and closes.time() == time():
        closes += timedelta(days=1, minutes=-1)  # a day by which departments should be ready is over when it ends
    if asked.institution and poster_file is not None:
        fail(f"{asked.name} has no public code and so no poster; contributors get links of their own")
    found = Survey(
        id=new_id(), commune_id=0, commune=asks, questionnaire=asked.name, voices=chosen,
        codes={v: new_code() for v in chosen}, groups={v: SMALLEST_GROUP[v] for v in chosen},
        opens=opens, closes=closes, salt=new_salt(),
    )  # fmt: skip
    tell_made_up(file, asks)
    _confirm(found, asked, yes)
    found = replace(found, languages=_languages(asked, spoken, yes))
    async with installation(create=True) as (store, _):

        def unit(tx: Connection) -> Survey:
            numbered = replace(found, commune_id=kept.commune_id(tx, asks.name))
            kept.add(tx, numbered, profile, today())
            confirmed = "" if asked.institution else ", promises confirmed"
            kept.note(tx, numbered.commune_id, today(), "open", f"{numbered.id} {asked.name}{confirmed}")
            return numbered

        numbered = await store.write(unit)
        username = os.environ.get("TELEGRAM_BOT_USERNAME") or await store.read(lambda tx: kept.fact(tx, "username"))
    values = {
        "survey": numbered.id, "questionnaire": asked.name, "commune": asks.name, "languages": list(numbered.languages),
        "opens": opens.isoformat() if opens else None, "closes": closes.isoformat() if closes else None,
    }  # fmt: skip
    if asked.institution:
        show({**values, "codes": {}}, output, _next_steps(numbered, file))
        return
    codes = {
        str(v): {"code": code, "link": f"https://t.me/{username}?start={code}" if username else None}
        for v, code in numbered.codes.items()
    }
    lines = [f"survey {numbered.id} ({asked.name}, {asks.name})"]
    lines += [
        f"  {v}: code {c['code']}  link {c['link'] or '(known once weltoffen run has run)'}" for v, c in codes.items()
    ]
    lines.append(f"  languages: {', '.join(numbered.languages)}")
    lines.append(f"the notice offers paper: weltoffen survey paper {numbered.id} --voice {chosen[0]} "
                 f"--locale {numbered.languages[0]} -o bogen.html")  # fmt: skip
    if poster_file is None:
        lines.append(f"now: weltoffen run, and in a second terminal: weltoffen survey poster {numbered.id} plakat.svg")
    show({**values, "codes": codes}, output, "\n".join(lines))
    if poster_file is not None:
        if not username:
            fail("the survey is open, but a poster needs the bot's username: run the bot once, or set "
                 f"TELEGRAM_BOT_USERNAME; then: weltoffen survey poster {numbered.id} {poster_file}")  # fmt: skip
        _posters(numbered, asked, username, poster_file)


def _next_steps(found: Survey, file: Path) -> str:
    """What to do with a statement that was opened just now."""
    until = f", answers until {here(found.closes):%Y-%m-%d %H:%M}" if found.closes else ""
    return "\n".join([
        f"survey {found.id} ({found.questionnaire}, {found.commune.name}){until}",
        "nobody can enter it by a code; now",
        f"  name contributors     weltoffen statement contributor add {found.id} --department … --function …",
        f"  give them their part  weltoffen statement assign {found.id} CONTRIBUTOR 1 2.6",
        f"  see how it stands     weltoffen statement status {found.id}",
        f"  or do it in the chat  weltoffen organiser invite --commune {file}, then /statement",
    ])  # fmt: skip


def _confirm(found: Survey, asked: Questionnaire, yes: bool) -> None:
    """The organiser stands by what the notice promises."""
    words = catalogue("de")
    if yes:
        return
    click.echo("the notice promises to those who take part:", err=True)
    for promise in promises(found, asked, words):
        click.echo(f"  - {promise}", err=True)
    click.confirm("do you keep these promises?", abort=True, err=True)


def _must_be_svg(file: Path) -> None:
    if file.suffix.lower() != ".svg":
        fail(f"{file}: a poster is an SVG, which browsers and printers take; name it {file.stem}.svg")


def _posters(found: Survey, asked: Questionnaire, username: str, file: Path) -> None:
    spoken = spoken_in(found, asked)
    for voice, code in found.codes.items():
        path = file if len(found.codes) == 1 else file.with_name(f"{file.stem}-{voice}{file.suffix}")
        link = f"https://t.me/{username}?start={code}"
        path.write_text(poster(found.commune.name, link, code, username, spoken), "utf-8")
        click.echo(f"wrote {path}", err=True)


def _languages(asked: Questionnaire, spoken: tuple[str, ...], yes: bool) -> tuple[str, ...]:
    """In which languages a survey is offered. The organiser stands by those whose notice nobody has reviewed."""
    there = offered_in(asked)
    if missing := [code for code in spoken if code not in there]:
        fail(f"{asked.name} does not exist in {', '.join(missing)} yet; there is: {', '.join(there)}")
    wanted = [code for code in there if not spoken or code in spoken]
    doubtful = [code for code in wanted if languages()[code].machine(MESSAGES, asked.name)]
    if doubtful and not yes:
        names = ", ".join(f"{languages()[code].name} ({code})" for code in doubtful)
        click.echo(f"translated by machine, notice and questions reviewed by nobody: {names}", err=True)
        if not click.confirm("offer them all the same?", err=True):
            wanted = [code for code in wanted if code not in doubtful]
    if not wanted:
        fail("no language is left to offer the survey in")
    return tuple(wanted)


@survey.command("poster")
@click.argument("identifier", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@command
async def poster_(identifier: str, file: Path) -> None:
    """Write a poster with the QR code of survey ID to FILE (SVG), one per voice.

    \b
    Example:  weltoffen survey poster 7k2mqp plakat.svg
    """
    _must_be_svg(file)
    async with installation() as (store, _):
        found, asked = await survey_of(store, identifier)
        if asked.institution:
            fail(f"survey {identifier} has no public code and so no poster; contributors get links of their own: "
                 f"weltoffen statement contributor link {identifier} CONTRIBUTOR")  # fmt: skip
        username = os.environ.get("TELEGRAM_BOT_USERNAME") or await store.read(lambda tx: kept.fact(tx, "username"))
    if not username:
        fail("a poster needs the bot's username: run the bot once, or set TELEGRAM_BOT_USERNAME")
    _posters(found, asked, username, file)


@survey.command()
@click.argument("identifier", metavar="ID")
@click.option("--voice", type=click.Choice([v.value for v in Voice]), help="whose questions; one voice needs no choice")
@locale_option
@click.option("--until", type=Moment(), help="the last day to hand it in, default: the last day of the survey")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="the sheet (HTML), default: print")
@click.option("--csv", "typed", type=click.Path(path_type=Path, dir_okay=False),
              help="a table to type filled sheets into instead, or with -o as well")  # fmt: skip
@click.option("--sheets", type=click.IntRange(1, 10_000), default=100, show_default=True, help="with --csv: its rows")
@command
async def paper(
    identifier: str, voice: str | None, locale: str, until: datetime | None, out: Path | None, typed: Path | None,
    sheets: int,
) -> None:  # fmt: skip
    """Write the sheet of paper of survey ID, one HTML page to be printed on A4, for those who do not use Telegram.

    With --csv: the table into which filled sheets are typed, a row for each sheet and a column for each question. Type
    the number of the box that was ticked, 1 to 5, and leave free what was left free; rows that stay empty do not
    count. It comes back with: weltoffen answers import

    \b
    Example:  weltoffen survey paper 7k2mqp --voice society --locale fa -o bogen-fa.html
              weltoffen survey paper 7k2mqp --voice society --locale fa --csv bogen-fa.csv
    """
    from bot.paper import empty
    from bot.printed import sheet

    async with installation() as (store, _):
        found, asked = await survey_of(store, identifier)
    if asked.institution:
        fail(f"survey {identifier} is a municipality's statement, its departments get spreadsheets: "
             f"weltoffen statement sheet {identifier} --all -o boegen/")  # fmt: skip
    if found.status(now()) is Status.CLOSED:
        fail(f"survey {identifier} is closed and takes no more answers")
    if voice is None and len(found.voices) > 1:
        fail(f"survey {identifier} asks several voices; --voice can be: {', '.join(found.voices)}")
    chosen = Voice(voice or found.voices[0])
    if chosen not in found.voices:
        fail(f"survey {identifier} does not ask the voice {chosen}; --voice can be: {', '.join(found.voices)}")
    if locale not in spoken_in(found, asked):
        fail(f"survey {identifier} is not offered in {locale}; --locale can be: {', '.join(spoken_in(found, asked))}")
    last = _last_day(found, until)
    if out is not None or typed is None:
        write(out or Path("-"), sheet(found, asked, chosen, locale, last).encode())
        ends = f"until {here(found.closes):%Y-%m-%d %H:%M}" if found.closes else "before you close the survey"
        click.echo(f"type the sheets in {ends}, and destroy them and the table by the day of deletion, as they promise",
                   err=True)  # fmt: skip
    if typed is not None:
        write(typed, empty(asked, chosen, locale, sheets))


def _last_day(found: Survey, until: datetime | None) -> date | None:
    """The last day on which sheets are taken; the one before, where a survey closes at midnight."""
    if until is not None and here(until).date() < here(now()).date():
        fail("--until lies in the past")
    if until is not None and found.closes is not None and until >= found.closes:
        fail(f"--until must lie before the survey closes, {here(found.closes):%Y-%m-%d %H:%M}")
    if until is not None:
        return here(until).date()
    return (here(found.closes) - timedelta(microseconds=1)).date() if found.closes else None


@survey.command("list")
@format_option
@command
async def list_(output: str) -> None:
    """List all surveys.

    \b
    Example:  weltoffen survey list
    """
    async with installation() as (store, _):
        every = await store.read(kept.all_surveys)
    rows = [
        {"survey": s.id, "questionnaire": s.questionnaire, "commune": s.commune.name, "status": _state(s),
         "voices": list(s.voices), "closes": s.closes.isoformat() if s.closes else None}
        for s in every.values()
    ]  # fmt: skip
    lines = [f"{r['survey']}  {r['questionnaire']:<14} {r['status']:<8} {r['commune']}" for r in rows]
    show({"surveys": rows}, output, "\n".join(lines) or "no survey yet")


def _state(found: Survey) -> Status:
    """How a survey stands. A town's statement is open until it is ended, also when its contributors' time is over."""
    state = found.status(now())
    institution = questionnaires()[found.questionnaire].institution
    return Status.OPEN if institution and not found.closed and state is Status.CLOSED else state


@survey.command()
@click.argument("identifier", metavar="ID")
@format_option
@command
async def status(identifier: str, output: str) -> None:
    """Show how survey ID stands, counts in steps of the smallest group.

    \b
    Example:  weltoffen survey status 7k2mqp
    """
    async with installation() as (store, _):
        found, asked = await survey_of(store, identifier)
        if asked.institution:
            town = await store.read(lambda tx: steps.town(tx, found, asked))
            show({**standing_values(town), "status": _state(found), "erased": found.salt is None}, output,
                 "\n".join([f"survey {found.id} ({found.questionnaire}, {found.commune.name}): {_state(found)}",
                            *standing_lines(town)]))  # fmt: skip
            return
        release = await store.read(lambda tx: figures.newest_release(tx, identifier))
        standing = await store.read(lambda tx: organising.standing(tx, found))
    state = found.status(now())
    voices = {
        str(v): {"code": found.codes[v], "at_least": one.at_least, "n": one.n, "k": found.groups[v]}
        for v, one in standing.voices.items()
    }
    some = standing.blocked or None
    values = {
        "survey": found.id, "questionnaire": found.questionnaire, "commune": found.commune.name, "status": state,
        "closes": found.closes.isoformat() if found.closes else None, "voices": voices, "blocked": some,
        "release": release.digest if release else None, "released": release.day if release else None,
        "erased": found.salt is None,
    }  # fmt: skip
    lines = [f"survey {found.id} ({found.questionnaire}, {found.commune.name}): {state}"]
    for v, one in standing.voices.items():
        few = f"handed in at least {one.at_least}" if one.at_least else f"handed in fewer than {found.groups[v]}"
        told = _withheld(found, v) if found.closed else few
        lines.append(f"  {v}: code {found.codes[v]}, {told if one.n is None else f'handed in {one.n}'}")
    if state is Status.OPEN:
        lines.append("  weltoffen run alone renews these numbers, with some delay, so that none tells of a single one")
    if some:
        lines.append(f"  blocked the bot: at least {some}")
    if release:
        lines.append(f"  release {release.number} of {release.day}: {release.digest}")
    if state is Status.CLOSED:
        lines.append("  addresses and salt are erased" if found.salt is None else "  last letters are on their way")
    show(values, output, "\n".join(lines))


def _withheld(found: Survey, voice: Voice) -> str:
    """Why nothing is told of a voice: whoever typed sheets in or passed a telephone round knows those answers."""
    k = found.groups[voice]
    return (
        f"withheld, to protect a small group: fewer than {k} handed in, or fewer than {k} on telephones of their own "
        "beside paper and shared ones"
    )


@survey.command()
@click.argument("identifier", metavar="ID")
@format_option
@command
async def close(identifier: str, output: str) -> None:
    """Close survey ID: no more answers, the release is made, letters go out.

    A town's statement ends with the version that was signed last; nothing is counted or released anew.

    \b
    Example:  weltoffen survey close 7k2mqp
    """
    async with installation() as (store, _):
        found, asked = await survey_of(store, identifier)
        if asked.institution:
            await _end(store, found, output)
            return
        try:
            release = await store.write(lambda tx: closing.close(tx, found, asked, now()))
        except closing.ClosedError:
            fail(f"survey {identifier} is closed already; see: weltoffen survey status {identifier}")
        unread = sum(s.state == "new" for s in await store.read(lambda tx: figures.listed(tx, identifier)))
    withheld = {v: bool(block["withheld"]) for v, block in release.document["voices"].items()}
    lines = [f"survey {identifier} is closed, release {release.digest}"]
    lines += [f"  {v}: {_withheld(found, Voice(v)) if hidden else 'released'}" for v, hidden in withheld.items()]
    if unread:
        lines.append(
            f"texts that wait to be read and released: {unread}; weltoffen statements list {identifier} --state new"
        )
    lines.append(f"{'then' if unread else 'now'}: weltoffen report {identifier} --format html -o auswertung.html")
    values = {"survey": identifier, "release": release.digest, "withheld": withheld, "unread": unread}
    show(values, output, "\n".join(lines))


async def _end(store: Store, found: Survey, output: str) -> None:
    """Ends a town's statement."""
    try:
        signed = await store.write(lambda tx: closing.end(tx, found, now(), COORDINATOR))
    except closing.ClosedError:
        fail(f"survey {found.id} is closed already; see: weltoffen survey status {found.id}")
    except closing.UnsignedError:
        fail(
            f"survey {found.id} is not signed yet, so there is nothing to end with; what is left to be done: "
            f"weltoffen statement status {found.id}, then weltoffen statement sign {found.id} --function …"
        )
    lines = [f"survey {found.id} is closed with version {signed.number}, signed on {signed.day}: {signed.digest}",
             "addresses and salt are erased when the last letters are gone",
             f"now: weltoffen report {found.id} --format html -o auswertung.html"]  # fmt: skip
    values = {"survey": found.id, "release": signed.digest, "version": signed.number, "signed": signed.day}
    show(values, output, "\n".join(lines))
