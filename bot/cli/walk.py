"""weltoffen walk: a questionnaire in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from bot.cli.common import command, fail, locale_option, questionnaires
from bot.communes import TEMPLATE, commune_of
from bot.identity import new_code
from bot.terminal import Walk
from bot.terminal import walk as walk_through
from bot.view import offered_in
from conversations.questionnaire import Voice, latest
from conversations.survey import SMALLEST_GROUP, Survey
from conversations.survey import commune as parse_commune


@click.command()
@click.argument("questionnaire")
@locale_option
@click.option("--voice", type=click.Choice([v.value for v in Voice]), help="as whom, default the questionnaire's first")
@click.option("--commune", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="who asks")
@command
async def walk(questionnaire: str, locale: str, voice: str | None, file: Path | None) -> None:
    """Walk through QUESTIONNAIRE in the terminal, as a person would in the chat. Nothing is kept.

    Type #1, #2, … for a button, a word or number of the scale, a text, or a command like /help. End: Ctrl-D.

    \b
    Example:  weltoffen walk kurzform --locale ar
    """
    asked = latest(questionnaires(), questionnaire)
    if locale not in offered_in(asked):
        fail(f"{asked.name} does not exist in {locale} yet; there is: {', '.join(offered_in(asked))}")
    chosen = Voice(voice) if voice else asked.voices[0]
    if chosen not in asked.voices:
        fail(f"{asked.name} does not ask the voice {chosen}; it asks {', '.join(asked.voices)}")
    asks = commune_of(file)[1] if file else parse_commune(TEMPLATE)
    survey = Survey(
        "walk", 0, asks, asked.name, (chosen,), {chosen: new_code()}, {chosen: SMALLEST_GROUP[chosen]}, salt=b"walk"
    )
    walk_through(Walk(survey, asked, chosen, locale, lambda text: click.echo(text + "\n")), _lines())


def _lines() -> Iterator[str]:
    while True:
        if sys.stdin.isatty():
            click.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        yield line
