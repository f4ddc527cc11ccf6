"""What a batch leads to outside the store: things to be said once, screens to be shown, chats to be cleared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from bot.view import View
from conversations.store.post import ShownScreen


class Passing(NamedTuple):
    """Something said once, after the commit: a message, an edited message, or the answer to a press."""

    chat: int
    view: View | None = None
    callback: str | None = None
    edit: int | None = None
    owner: str | None = None  # the respondent whose deletion should reach this message


class Due(NamedTuple):
    """What a chat should show now. `known` is what the store says it shows; `bottom`: send it anew.

    `not_before` is Telegram's retry_after in seconds since 1970; `quiet`: without a sound.
    """

    respondent: str
    chat: int
    version: int
    view: View
    bottom: bool
    known: ShownScreen
    not_before: float = 0.0
    quiet: bool = False


@dataclass(frozen=True)
class Forgotten:
    """A deletion that is in the database: the chat's messages go too, then it is confirmed.

    `id` is the row that remembers this until it is done; it holds a sealed chat and no respondent.
    """

    id: str
    chat: int
    messages: tuple[int, ...]
    word: View
    respondents: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What is to be said and shown after the commit of one batch."""

    passing: list[Passing] = field(default_factory=list)
    due: list[Due] = field(default_factory=list)
    forgotten: list[Forgotten] = field(default_factory=list)
