"""What the commands on a town's statement share: by which function a step is taken, and the step in a transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any, TypeVar

import click

from bot.cli.common import fail, now, survey_of
from bot.cli.named import refusal
from bot.statement import steps
from bot.statement.steps import COORDINATOR, TITLE_LENGTH, StepError, Town
from conversations.store import Store

T = TypeVar("T")


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


def moment() -> datetime:
    """This moment; days are kept in UTC."""
    return now().astimezone(UTC)


async def look(store: Store, identifier: str, take: Callable[[Connection, Town], T]) -> T:
    """Something about a statement as it stands. Ends the command where there is none."""
    return await _taken(store.read, store, identifier, take)


async def step(store: Store, identifier: str, take: Callable[[Connection, Town], T]) -> T:
    """A step on a statement, in a transaction. Ends the command where it cannot be made."""
    return await _taken(store.write, store, identifier, take)


async def _taken(run: Callable[..., Any], store: Store, identifier: str, take: Callable[[Connection, Town], T]) -> T:
    found, asked = await survey_of(store, identifier)
    try:
        result: T = await run(lambda tx: take(tx, steps.town(tx, found, asked)))
    except StepError as error:
        fail(refusal(error))
    return result
