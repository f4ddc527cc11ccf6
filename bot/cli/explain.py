"""weltoffen explain: where a number of the Auswertung comes from."""

from __future__ import annotations

import click

from bot.cli.common import command, fail, installation, locale_option, words_in
from bot.cli.releases import released
from reports.explain import explain as explained


@click.command()
@click.argument("survey")
@click.argument("what")
@locale_option
@command
async def explain(survey: str, what: str, locale: str) -> None:
    """Trace a number of closed SURVEY step by step; WHAT is a criterion (1.3), a field (1) or "overall".

    \b
    Example:  weltoffen explain 7k2mqp 1.3
    """
    async with installation() as (store, _):
        source = await released(store, survey)
    questionnaire = source.questionnaire
    if not questionnaire.criteria:
        fail(f"{questionnaire.name} asks open questions alone; it has no number to be traced")
    if what not in {"overall", *questionnaire.criteria, *(f.id for f in questionnaire.fields)}:
        fail(f"{questionnaire.name} has no {what!r}; name a criterion like 1.3, a field like 1, or overall")
    click.echo(explained(source.document, questionnaire, what, words_in(locale, questionnaire)))
