"""The way of an update: a batch is read once, folded in memory and written once; only then is anything said."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any

from bot import organisers
from bot.identity import Key, hashed
from bot.logs import places
from bot.statement.meant import awaiting, turned
from bot.statement.seat import INVITE
from bot.telegram.fold import Fold
from bot.telegram.known import Invitation, Known, Step
from bot.telegram.outcome import Outcome
from bot.telegram.read import Incoming, Sort, number_of, read
from bot.telegram.replies import Replies
from bot.telegram.write import Writing
from bot.typed import command
from bot.words import Plain, plain
from conversations import conversation as c
from conversations.conversation import PAPER, PERSONS, Conversation
from conversations.institution import Seat
from conversations.questionnaire import Questionnaire
from conversations.store import Store, contributions, people, post, surveys
from conversations.survey import Survey
from locales import SOURCE, offered

log = logging.getLogger("weltoffen.receive")


class Receiver:
    """Turns batches of raw updates into kept conversations and what is to be said about them."""

    def __init__(
        self, store: Store, key: Key, questionnaires: Mapping[str, Questionnaire], clock: Callable[[], float]
    ) -> None:
        """`clock` gives seconds since 1970."""
        self.store = store
        self.key = key
        self.questionnaires = questionnaires
        self.clock = clock
        self.institutions = {name for name, q in questionnaires.items() if q.institution}
        self.handled = 0  # updates, since the process began
        self._pressed: dict[str, float] = {}  # the last accepted press of each respondent, for double taps

    async def handle(self, batch: Sequence[dict[str, Any]], shown: Sequence[tuple[int, int, str]] = ()) -> Outcome:
        """Keeps all that follows from a batch in one transaction, and gives what is to be said.

        `shown` are screens shown meanwhile (version, message, respondent); they ride in this transaction.
        Raises sqlite3.Error where nothing could be kept: the same batch must then be handed in again.
        """
        incoming, troubles = self.read(batch)
        now = self.clock()

        def unit(tx: Connection) -> tuple[Outcome, Mapping[str, Conversation]]:
            known = self._load(tx, incoming, now)
            known.troubles += troubles
            before = dict(known.conversations)
            for one in self._unseen(tx, known, incoming):
                self._fold(known, one, now)
            post.keep_shown(tx, shown)
            return self._write(tx, known, before, now), known.conversations

        outcome, after = await self.store.write(unit)
        # only now: a press that was not kept is no first half of a double tap when it is handed in again
        self._pressed = {r: p for r, p in self._pressed.items() if now - p < c.DOUBLE_TAP and r not in after} | {
            r: k.pressed_at for r, k in after.items() if k.pressed_at is not None and now - k.pressed_at < 1
        }
        self.handled += len(batch)
        return outcome

    async def languages(self, incoming: Sequence[Incoming]) -> dict[int, str]:
        """The languages that these people have chosen in a conversation. Raises sqlite3.Error."""

        def unit(tx: Connection) -> dict[int, str]:
            known = self._load(tx, incoming, self.clock())
            return {known.users[r]: k.language for r, k in known.conversations.items() if k.active}

        return await self.store.read(unit)

    async def set_aside(self, raw: Mapping[str, Any], error: Exception) -> None:
        """Notes an update that stops us whatever we do: its number and the kind of error, nothing of its content."""
        number = number_of(raw)
        log.error("update %s set aside (%s at %s)", number, type(error).__name__, places(error))
        day = datetime.fromtimestamp(self.clock(), UTC).date().isoformat()
        await self.store.write(lambda tx: post.keep_trouble(tx, [(number, type(error).__name__)], day))

    # ---- read once --------------------------------------------------------------------------------------------

    def read(self, batch: Sequence[dict[str, Any]]) -> tuple[list[Incoming], list[tuple[int, str]]]:
        """The values of raw updates, and of those that have not Telegram's form the number and kind of error."""
        incoming, troubles = [], []
        for raw in batch:
            try:
                incoming.append(read(raw))
            except Exception as error:
                number = number_of(raw)
                troubles.append((number, type(error).__name__))
                log.error("update %s cannot be read (%s)", number, type(error).__name__)
        return incoming, troubles

    def _unseen(self, tx: Connection, known: Known, incoming: Sequence[Incoming]) -> list[Incoming]:
        """What was not handled before.

        One thing can come twice under two numbers. A press is told by its version then, a message by the number that
        it has in its chat.
        """
        seen = post.seen(tx, [one.id for one in incoming])
        fresh: dict[object, Incoming] = {}
        for one in incoming:
            if one.id not in seen:
                seen.add(one.id)
                fresh.setdefault((one.user, one.message) if _says(one) else one.id, one)
        said = {
            (k.respondent, one.message or 0): one.id
            for one in fresh.values() if _says(one) for k in known.of(one.user)
        }  # fmt: skip
        again = {said[key] for key in people.handled(tx, said)} if said else set()
        return [one for one in fresh.values() if one.id not in again]

    def _load(self, tx: Connection, incoming: Sequence[Incoming], now: float) -> Known:
        every = surveys.all_surveys(tx)
        users = {one.user for one in incoming if one.private and one.user}
        salted = [s for s in every.values() if s.salt is not None]
        first = self._names(salted, users, [1])
        loaded = people.load(tx, first)
        if shared := {first[r] for r, one in loaded.items() if one.hidden}:  # others answered on the same telephone
            others = self._names(salted, shared, range(2, PERSONS + 1))
            first |= others
            loaded |= people.load(tx, others)
        conversations = {
            r: one._replace(pressed_at=self._pressed[r]) if r in self._pressed else one for r, one in loaded.items()
        }
        chats = {self.key.chat(user): user for user in users} if post.braked(tx, int(now)) else {}
        return Known(
            surveys=every,
            codes={code: (s, v) for s in every.values() for v, code in s.codes.items()},
            users={r: first[r] for r in conversations},
            conversations=conversations,
            screens=post.screens(tx, conversations),
            addresses=post.addresses(tx, conversations),
            tries={chats[name]: n for name, n in post.tries(tx, chats, int(now)).items()} if chats else {},
            organisers=organisers.of(tx, self.key, users),
            seats=self._seats(tx, salted, users),
            invitations=self._invitations(tx, incoming, now),
        )

    def _seats(self, tx: Connection, salted: Sequence[Survey], users: Iterable[int]) -> dict[str, Seat]:
        """Which of these people answer for an office, where there is a survey of an institution."""
        towns = [s for s in salted if s.questionnaire in self.institutions]
        return contributions.seats(tx, self._names(towns, users, [1])) if towns else {}

    def _invitations(self, tx: Connection, incoming: Sequence[Incoming], now: float) -> dict[str, Invitation]:
        """The contributors' links that are presented in a batch, as far as there are such."""
        found = {}
        for one in incoming:
            if one.sort is not Sort.TEXT or INVITE not in one.text:
                continue
            _, argument = command(one.text) or ("", "")
            token = argument.removeprefix(INVITE)
            if (linked := contributions.linked(tx, hashed(token), int(now))) is not None:
                seat, good = linked
                former = people.load(tx, [seat.contributor.respondent or ""]).get(seat.contributor.respondent or "")
                sheet = former if former is not None and former.notice == PAPER else None
                found[token] = Invitation(seat, good, sheet)
        return found

    def _names(self, salted: Sequence[Survey], users: Iterable[int], persons: Iterable[int]) -> dict[str, int]:
        """The pseudonyms that these people can have, with their chats."""
        return {
            self.key.respondent(survey.salt or b"", user, person): user
            for survey in salted for user in users for person in persons
        }  # fmt: skip

    # ---- fold -------------------------------------------------------------------------------------------------

    def _fold(self, known: Known, one: Incoming, now: float) -> None:
        """One update; an exception of ours sets it aside and harms no other."""
        try:
            fold = Fold(self.key, self.questionnaires, known, one, now)
            step = fold.step()
            known.views |= fold.shown(step)
        except Exception as error:
            log.error("update %s set aside (%s at %s)", one.id, type(error).__name__, places(error))
            known.troubles.append((one.id, type(error).__name__))
            mine = [k for k in known.of(one.user) if k.active]
            step = Step(toast=plain(mine[0].language if mine else offered(one.language) or SOURCE, Plain.TROUBLE),
                        bottom=[k.respondent for k in mine])  # fmt: skip
            with contextlib.suppress(Exception):  # where it is the screen that fails, there is none to show
                known.views |= Fold(self.key, self.questionnaires, known, one, now).shown(step)
        known.take(one, step)
        if organiser := known.organisers.get(one.user):
            step.menu = step.menu or turned(organiser, _orders(one), now)
            known.organisers[one.user] = awaiting(organiser, step.menu, known.surveys, now)
        known.steps.append((one, step))

    def _write(self, tx: Connection, known: Known, before: Mapping[str, Conversation], now: float) -> Outcome:
        """Writes once, and collects what is to be said of it."""
        moment = datetime.fromtimestamp(now, UTC)
        forgotten, due = Writing(tx, self.key, self.questionnaires, known, moment).write(before)
        said = Replies(tx, self.key, self.questionnaires, known, moment).said()
        return Outcome(said, due, forgotten)


def _says(one: Incoming) -> bool:
    """Whether this is a message in a private chat."""
    return one.private and one.message is not None and one.sort in (Sort.TEXT, Sort.OTHER)


def _orders(one: Incoming) -> bool:
    """Whether this is a press or a command in a private chat."""
    return one.private and (one.sort is Sort.PRESS or (one.sort is Sort.TEXT and command(one.text) is not None))
