"""weltoffen commune: a template that an integration office fills in."""

from __future__ import annotations

from pathlib import Path

import click

from bot.communes import TEMPLATE, commune_of, made_up
from conversations.survey import Commune


@click.group()
def commune() -> None:
    """Describe who asks.

    \b
    Example:  weltoffen commune init stadt.toml
    """


@commune.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def init(file: Path) -> None:
    """Write a commented template to FILE, to be filled in.

    \b
    Example:  weltoffen commune init stadt.toml
    """
    if file.exists():
        raise click.ClickException(f"{file} exists already and is left as it is")
    file.write_text(TEMPLATE, "utf-8")
    click.echo(f"wrote {file}; fill it in, then: weltoffen survey open kurzform --commune {file}")


@commune.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def check(file: Path) -> None:
    """Say what is missing or wrong in FILE.

    \b
    Example:  weltoffen commune check stadt.toml
    """
    _, found = commune_of(file)
    click.echo(f"{file}: complete ({found.name})")
    tell_made_up(file, found)


def tell_made_up(file: Path, asks: Commune) -> None:
    """Says what still stands in a commune's file as in the template."""
    if left := made_up(asks):
        click.echo(f"{file} still says of the made-up Musterstadt: {', '.join(left)}; people read it in the notice",
                   err=True)  # fmt: skip
