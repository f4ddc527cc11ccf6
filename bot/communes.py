"""The commune's file: the template that an integration office fills in, and how a filled one is read."""

from __future__ import annotations

from pathlib import Path

from conversations.survey import Commune, CommuneError
from conversations.survey import commune as parse

TEMPLATE = Path(__file__).with_name("musterstadt.toml").read_text("utf-8")
"""A commented file of the made-up town Musterstadt, complete as it is."""

OWN = ("name", "contact", "controller", "data_protection_officer")
"""What no real town can leave as the template has it."""


def commune_of(file: Path) -> tuple[str, Commune]:
    """The text of a commune's file, and what it says. Raises CommuneError naming the file and all that is wrong."""
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CommuneError(f"{file.name}: byte {error.start}: the file is not UTF-8; save it as UTF-8") from error
    return text, parse(text, file.name)


def made_up(asks: Commune) -> list[str]:
    """What a commune's file still says of Musterstadt: people would read it in the notice."""
    template = parse(TEMPLATE)
    return [key for key in OWN if getattr(asks, key) == getattr(template, key)]
