"""weltoffen check: everything that only we can do wrong."""

from __future__ import annotations

import click

from bot.checking import problems
from bot.cli.common import command, fail, format_option, show


@click.command()
@format_option
@command
async def check(output: str) -> None:
    """Check questionnaires, languages and screens; exit code 1 where something is wrong.

    \b
    Example:  weltoffen check
    """
    found = list(problems())
    show({"problems": found}, output, "\n".join(found) or "everything is in order")
    if found:
        fail(f"{len(found)} problem{'s' * (len(found) > 1)}")
