"""What is said about each update of a batch, in order; whatever the store has to be asked for is asked here.

What only organisers use is imported where one comes: the bot of a small town starts without it, and no slower.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from sqlite3 import Connection
from typing import TypeVar

from bot import notice
from bot.identity import Key
from bot.logs import places
from bot.organisers import redeem
from bot.statement.meant import Left
from bot.telegram.known import Known, Step
from bot.telegram.outcome import Passing
from bot.telegram.read import Incoming, Sort
from bot.view import TOAST_LIMIT, View
from bot.words import Plain, plain
from conversations.questionnaire import Questionnaire
from conversations.store import surveys
from locales import SOURCE, offered

log = logging.getLogger("weltoffen.receive")
T = TypeVar("T")


class Replies:
    """The replies to the updates of one batch, inside its transaction."""

    def __init__(
        self, tx: Connection, key: Key, questionnaires: Mapping[str, Questionnaire], known: Known, moment: datetime
    ) -> None:
        self.tx, self.key, self.questionnaires, self.known, self.moment = tx, key, questionnaires, known, moment

    def said(self) -> list[Passing]:
        """What is said about all updates, in order; before a deletion in the same chat only that presses were heard."""
        deleted = {one.user: i for i, (one, step) in enumerate(self.known.steps) if step.forget}
        return [
            said for i, (one, step) in enumerate(self.known.steps) for said in self.to(one, step)
            if said.callback is not None or i >= deleted.get(one.user, 0)
        ]  # fmt: skip

    def to(self, one: Incoming, step: Step) -> list[Passing]:
        """What is said about one update, in order; every press gets exactly one answer."""
        mine = sorted(self.known.of(one.user) if one.private else (), key=lambda k: not k.active)
        owner = mine[0].respondent if mine else None
        if step.menu is not None:
            self._coordinate(one, step)
        messages, said = [*step.messages, *self._looked_up(one, step)], []
        if one.callback is not None:
            short = step.toast if step.toast is not None and len(step.toast.text) <= TOAST_LIMIT else None
            said.append(Passing(one.chat, short, one.callback))
            if step.toast is not None and short is None:
                messages.insert(0, step.toast)
        elif step.toast is not None:
            messages.insert(0, step.toast)
        if step.edit is not None:
            said.append(Passing(one.chat, step.edit, edit=one.message))
        return [*said, *(Passing(one.chat, message, owner=owner) for message in messages)]

    def _coordinate(self, one: Incoming, step: Step) -> None:
        """A coordinator's step on the town's statement, and what is then shown."""
        from bot.statement.coordinating import Coordinating, Reply

        meant, mine = step.menu, self.known.organisers.get(one.user, [])
        assert meant is not None  # noqa: S101 - asked before
        whole = Coordinating(self.tx, mine, self.known.surveys, self.questionnaires, self.moment)
        trouble = Reply(toast=plain(mine[0].language, Plain.TROUBLE)) if mine else None
        reply = self._tried(one, lambda: whole.reply(meant), trouble)
        if reply is None or isinstance(meant, Left):  # what else the update does is said
            return
        step.toast, step.messages = reply.toast, list(reply.messages)
        if one.sort is Sort.PRESS:
            step.edit = reply.view
        elif reply.view is not None:
            step.messages.insert(0, reply.view)

    def _looked_up(self, one: Incoming, step: Step) -> list[View]:
        """Replies for which the store has to be asked."""
        if step.invite is not None:
            language, now = offered(one.language) or SOURCE, int(self.moment.timestamp())
            return [redeem(self.tx, self.key, step.invite, one.user, one.chat, language, now)]
        if step.privacy is not None:
            kept = surveys.notice_text(self.tx, step.privacy.notice)
            survey = self.known.surveys[step.privacy.survey]
            return notice.privacy(survey, self.questionnaires[survey.questionnaire], step.privacy, kept)
        return self._told(one, step.ask) if step.ask is not None else []

    def _told(self, one: Incoming, command: str) -> list[View]:
        """What an organiser asked to be told."""
        from bot import organising

        mine = self.known.organisers[one.user]
        return self._tried(
            one,
            lambda: organising.answer(self.tx, command, mine, self.known.surveys, self.questionnaires, self.moment),
            [plain(mine[0].language, Plain.TROUBLE)],
        )

    def _tried(self, one: Incoming, answer: Callable[[], T], trouble: T) -> T:
        """An answer; where an exception of ours prevents it `trouble` is said, and nobody else of the batch suffers."""
        try:
            return answer()
        except sqlite3.Error:
            raise
        except Exception as error:
            log.error("update %s cannot be answered (%s at %s)", one.id, type(error).__name__, places(error))
            return trouble
