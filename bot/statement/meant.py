"""Whether an organiser's update is meant for a town's statement, and as what: without looking at the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.organisers import Organiser
from bot.statement.menu import PATIENCE, Asked, Press, Verb, asked, ours, read
from conversations.survey import Survey


@dataclass(frozen=True)
class Opened:
    """Sent the command."""


@dataclass(frozen=True)
class Pressed:
    """Pressed a button of the menu; None where it is none that there could be."""

    press: Press | None


@dataclass(frozen=True)
class Wrote:
    """Sent what was asked for, or (None) something that is no text."""

    text: str | None


@dataclass(frozen=True)
class Left:
    """Turned to something else: nothing is waited for any more."""


Meant = Opened | Pressed | Wrote | Left


def pressed(data: str) -> Pressed | None:
    """The meaning of a press, whoever pressed; None where the button is none of the menu's."""
    return Pressed(read(data)) if ours(data) else None


def awaits(mine: Sequence[Organiser], now: float) -> bool:
    """Whether the next message of this organiser was asked for."""
    return any(asked(one.asked, now) is not None for one in mine)


def turned(mine: Sequence[Organiser], orders: bool, now: float) -> Left | None:
    """Whether an organiser turned away from what was asked, by a press or a command that is not of the menu."""
    return Left() if orders and awaits(mine, now) else None


def awaiting(mine: list[Organiser], meant: Meant | None, every: Mapping[str, Survey], now: float) -> list[Organiser]:
    """The organiser after an update, as far as the next one of the same batch depends on it.

    The step itself may still be refused; a text that comes then is told that nothing was waited for.
    """
    if meant is None:
        return mine
    if isinstance(meant, Wrote):
        return [replace(one, asked=_next(one.asked, meant, now)) for one in mine]
    press = meant.press if isinstance(meant, Pressed) else None
    if press is None or not press.texts or press.survey not in every:
        return [replace(one, asked=None) for one in mine]
    kept, commune = Asked(press, int(now) + PATIENCE).kept(), every[press.survey].commune_id
    return [replace(one, asked=kept if one.commune == commune else None) for one in mine]


def _next(kept: str | None, meant: Wrote, now: float) -> str | None:
    """What is waited for after a text."""
    found = asked(kept, now)
    if found is None or meant.text is None:
        return kept
    given = (*found.given, meant.text)
    more = len(given) < found.press.texts or found.press.verb is Verb.SIGN  # until the button below it is pressed
    return replace(found, given=given).kept() if more else None
