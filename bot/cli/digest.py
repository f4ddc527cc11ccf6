"""weltoffen digest: what organisers see in the chat."""

from __future__ import annotations

import click

from bot import organising
from bot.cli.common import command, format_option, installation, locale_option, show, survey_of, words_in


@click.command()
@click.argument("survey")
@locale_option
@format_option
@command
async def digest(survey: str, locale: str, output: str) -> None:
    """Print the digest of SURVEY: rounded numbers while it is open, marks and statements afterwards.

    \b
    Example:  weltoffen digest 7k2mqp
    """
    async with installation() as (store, _):
        found, questionnaire = await survey_of(store, survey)
        words = words_in(locale, questionnaire)
        text = await store.read(lambda tx: organising.digest_text(tx, found, questionnaire, words))
    show({"survey": survey, "locale": locale, "text": text}, output, text)
