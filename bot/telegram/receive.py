"""The way of an update: a batch is read once, folded in memory and written once; only then is anything said."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any

from bot import notice, organising
from bot.identity import Key, hashed, new_id
from bot.logs import places
from bot.statement import contributing, coordinating, steps
from bot.statement.steps import INVITE
from bot.telegram.fold import Fold, Invitation, Known, Step
from bot.telegram.outcome import Due, Forgotten, Outcome, Passing
from bot.telegram.read import Incoming, Sort, number_of, read
from bot.typed import command
from bot.view import TEXT_LIMIT, TOAST_LIMIT, View, shortened
from bot.words import Plain, plain
from conversations import conversation as c
from conversations.conversation import PAPER, PERSONS, Conversation
from conversations.institution import Seat
from conversations.questionnaire import Questionnaire
from conversations.store import Store, contributions, organisers, people, post, surveys
from conversations.store.post import Address, ShownScreen
from conversations.survey import PAUSE, Survey
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
            return self._write(tx, known, before, shown, now), known.conversations

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
            organisers=organising.organisers(tx, self.key, users),
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
        for conversation in step.conversations:
            known.put(conversation, one.user)
        for conversation in step.forget:
            known.drop(conversation.respondent)
        known.leave([*(k.respondent for k in step.forget), *step.unseat])
        if step.seat is not None:
            known.sit(*step.seat)
        if step.sheet is not None:
            former, sheet = step.sheet
            known.sheets[sheet.respondent] = (former, sheet)
            known.put(sheet, one.user)
        left = {k.survey for k in known.of(one.user)}
        step.unwished = list(dict.fromkeys(k.survey for k in step.forget if k.survey not in left))
        if step.wrong_code:
            known.tries[one.user] = known.tries.get(one.user, 0) + 1
        if organiser := known.organisers.get(one.user):
            step.menu = step.menu or coordinating.turned(organiser, _orders(one), now)
            known.organisers[one.user] = coordinating.awaiting(organiser, step.menu, known.surveys, now)
        known.steps.append((one, step))

    # ---- write once -------------------------------------------------------------------------------------------

    def _write(
        self, tx: Connection, known: Known, before: Mapping[str, Conversation],
        shown: Sequence[tuple[int, int, str]], now: float,
    ) -> Outcome:  # fmt: skip
        moment = datetime.fromtimestamp(now, UTC)
        day, outcome = moment.date().isoformat(), Outcome()
        post.keep_shown(tx, shown)
        before = self._forget(tx, known, before, moment, outcome)
        if known.taken:
            before = {**before, **self._bind(tx, known, moment)}
        after, users = known.conversations, known.users
        changed = [r for r in after if before.get(r) is not after[r] and before.get(r) != after[r]]
        people.keep(tx, before, [after[r] for r in changed])
        if known.seats:
            self._keep_seats(tx, known, before, changed, moment)
        born = {step.born[0].respondent: (one, step.born[1]) for one, step in known.steps
                if step.born is not None and step.born[0].respondent in after}  # fmt: skip
        post.keep_addresses(tx, [
            Address(r, after[r].survey, self.key.seal(one.chat, r)) for r, (one, _) in born.items()
        ])  # fmt: skip
        for version, conversation in {after[r].notice: after[r] for r in born}.items():
            text = notice.text(*self._place(known, conversation), conversation.voice, SOURCE)
            surveys.keep_notice(tx, version, text)
        for one, step in known.steps:
            self._effects(tx, known, one, step)
        bottom = dict.fromkeys(r for _, step in known.steps for r in step.bottom if r in after)
        wanted = list(dict.fromkeys([*changed, *bottom]))
        post.want_screens(tx, [r for r in wanted if r not in known.screens], bottom)
        people.keep_messages(tx, [
            (r, one.message) for one, _ in known.steps if one.message and one.private and one.sort is not Sort.PRESS
            for r in (k.respondent for k in known.of(one.user) if k.active)
        ] + [(r, message) for r, (_, message) in born.items() if message], day)  # fmt: skip
        post.keep_tries(tx, [
            (self.key.chat(one.user), known.tries[one.user], int(now) + PAUSE)
            for one, step in known.steps if step.wrong_code
        ])  # fmt: skip
        post.keep_seen(tx, [one.id for one, _ in known.steps], day)
        post.keep_trouble(tx, known.troubles, day)
        leads = {r: step.lead for _, step in known.steps if step.lead for r in step.bottom}
        for respondent in wanted:
            conversation, message = after[respondent], born[respondent][1] if respondent in born else None
            if conversation.active and respondent in known.views:
                address = known.addresses.get(respondent)
                outcome.due.append(Due(
                    respondent, users[respondent], conversation.version,
                    _led(leads.get(respondent, ""), known.views[respondent]), respondent in bottom,
                    _wished(known.screens.get(respondent, ShownScreen(None, message, 0)), respondent in bottom),
                    float(address.not_before) if address else 0.0,
                ))  # fmt: skip
        for one, step in known.steps:
            self._say(tx, known, one, step, outcome, moment)
        return outcome

    def _forget(
        self, tx: Connection, known: Known, before: Mapping[str, Conversation], moment: datetime,
        outcome: Outcome,
    ) -> Mapping[str, Conversation]:  # fmt: skip
        """Deletes whom this batch deletes; gives `before` without them."""
        gone: set[str] = set()
        for one, step in known.steps:
            for seat in [known.seated[r] for r in (*(k.respondent for k in step.forget), *step.unseat)
                         if r in known.seated]:  # fmt: skip
                steps.left(tx, seat.survey, seat.contributor, moment)
            for respondent in step.unseat:
                if respondent in before:  # what stood on a sheet stays the office's, and leads to this chat no more
                    people.rename(tx, {respondent: secrets.token_hex(16)})
                people.forget(tx, [respondent])
                gone.add(respondent)
            if not step.forget:
                continue
            respondents = [k.respondent for k in step.forget]
            here = [i.message for i, _ in known.steps if i.user == one.user and i.private and i.message]
            messages = list(dict.fromkeys([*people.messages(tx, respondents), *here]))
            people.forget(tx, respondents)
            for survey in step.unwished:
                self._forget_wish(tx, survey, one.chat)
            farewell, word = new_id(16), step.confirm or plain(SOURCE, Plain.DELETED)
            post.keep_farewell(tx, farewell, self.key.seal(one.chat, farewell), messages, word.text)
            outcome.forgotten.append(Forgotten(farewell, one.chat, tuple(messages), word, tuple(respondents)))
            gone.update(respondents)
        return {r: k for r, k in before.items() if r not in gone}

    def _bind(self, tx: Connection, known: Known, moment: datetime) -> dict[str, Conversation]:
        """Binds those who used a link to their contributors; gives what stood on their sheets, which is theirs now."""
        sheets = {}
        for respondent, seat in known.taken.items():
            if respondent in known.sheets:
                former, sheets[respondent] = known.sheets[respondent]
                people.rename(tx, {former: respondent})
            contributions.bind(tx, seat.contributor.id, respondent)
            steps.joined(tx, seat.survey, seat.contributor, moment)
        return sheets

    def _keep_seats(
        self, tx: Connection, known: Known, before: Mapping[str, Conversation], changed: Iterable[str], moment: datetime
    ) -> None:
        """What contributors changed beside their answers, and a line in the journal for every answer."""
        for respondent in changed:
            if (seat := known.seats.get(respondent)) is not None:
                steps.handed_in(tx, seat.survey, seat.contributor, before.get(respondent),
                                known.conversations[respondent], moment)  # fmt: skip
        for respondent, seat in known.seats.items():
            was = known.taken.get(respondent) or known.seated[respondent]
            if was != seat:
                survey = known.surveys[seat.survey]
                contributing.keep_seat(tx, survey, self.questionnaires[survey.questionnaire], was, seat, moment)

    def _forget_wish(self, tx: Connection, survey: str, chat: int) -> None:
        """Deletes a chat's wish for the result, and after closing the address that it became."""
        wishes = post.wishes(tx, survey)
        post.drop_wishes(tx, [i for i, _, sealed in wishes if self.key.unseal(sealed, i) == chat])
        loose = post.addresses_without_respondent(tx, survey)
        post.drop_addresses(tx, [a.owner for a in loose if self.key.unseal(a.sealed, a.owner) == chat])

    def _effects(self, tx: Connection, known: Known, one: Incoming, step: Step) -> None:
        """What one update does beside its conversation: a wish, a blocked or unblocked chat, an organiser who goes."""
        if step.wish is not None and step.wish.respondent in known.conversations:
            self._wish(tx, step.wish, one.chat)
        mine = [k.respondent for k in known.of(one.user)]
        organiser = [o.id for o in known.organisers.get(one.user, ())]
        if step.blocked is not None:
            post.block(tx, [*mine, *organiser], step.blocked)
        elif back := [r for r in mine if r in known.addresses and known.addresses[r].blocked]:
            post.block(tx, back, False)
        if step.leave:
            organisers.remove(tx, organiser)

    def _wish(self, tx: Connection, conversation: Conversation, chat: int) -> None:
        """Keeps a wish for the result once per chat: an address in a list without respondent."""
        for identifier, _, sealed in post.wishes(tx, conversation.survey):
            if self.key.unseal(sealed, identifier) == chat:
                return
        identifier = new_id(16)
        sealed = self.key.seal(chat, identifier)
        post.keep_wish(tx, identifier, conversation.survey, conversation.language, sealed)

    def _say(self, tx: Connection, known: Known, one: Incoming, step: Step, outcome: Outcome, moment: datetime) -> None:
        """Collects what is said about one update, in order; every press gets exactly one answer."""
        mine = sorted(known.of(one.user) if one.private else (), key=lambda k: not k.active)
        owner = mine[0].respondent if mine else None
        if step.menu is not None:
            self._coordinate(tx, known, one, step, moment)
        messages = [*step.messages, *self._looked_up(tx, known, one, step, moment)]
        if one.callback is not None:
            short = step.toast if step.toast is not None and len(step.toast.text) <= TOAST_LIMIT else None
            outcome.passing.append(Passing(one.chat, short, one.callback))
            if step.toast is not None and short is None:
                messages.insert(0, step.toast)
        elif step.toast is not None:
            messages.insert(0, step.toast)
        if step.edit is not None:
            outcome.passing.append(Passing(one.chat, step.edit, edit=one.message))
        outcome.passing += [Passing(one.chat, message, owner=owner) for message in messages]

    def _coordinate(self, tx: Connection, known: Known, one: Incoming, step: Step, moment: datetime) -> None:
        """A coordinator's step on the town's statement, and what is then shown."""
        assert step.menu is not None  # noqa: S101 - asked before
        mine = known.organisers.get(one.user, [])
        try:
            reply = coordinating.Coordinating(tx, mine, known.surveys, self.questionnaires, moment).reply(step.menu)
        except sqlite3.Error:
            raise
        except Exception as error:
            log.error("update %s cannot be answered (%s at %s)", one.id, type(error).__name__, places(error))
            reply = coordinating.Reply(toast=plain(mine[0].language, Plain.TROUBLE))
        if reply is None or isinstance(step.menu, coordinating.Left):  # what else the update does is said
            return
        step.toast, step.messages = reply.toast, list(reply.messages)
        if one.sort is Sort.PRESS:
            step.edit = reply.view
        elif reply.view is not None:
            step.messages.insert(0, reply.view)

    def _looked_up(self, tx: Connection, known: Known, one: Incoming, step: Step, moment: datetime) -> list[View]:
        """Replies for which the store has to be asked."""
        if step.invite is not None:
            language, now = offered(one.language) or SOURCE, int(moment.timestamp())
            return [organising.redeem(tx, self.key, step.invite, one.user, one.chat, language, now)]
        if step.privacy is not None:
            kept = surveys.notice_text(tx, step.privacy.notice)
            return notice.privacy(*self._place(known, step.privacy), step.privacy, kept)
        if step.ask is not None:
            asking = known.organisers[one.user]
            try:
                return organising.answer(tx, step.ask, asking, known.surveys, self.questionnaires, moment)
            except sqlite3.Error:
                raise
            except Exception as error:
                log.error("update %s cannot be answered (%s at %s)", one.id, type(error).__name__, places(error))
                return [plain(asking[0].language, Plain.TROUBLE)]
        return []

    def _place(self, known: Known, conversation: Conversation) -> tuple[Survey, Questionnaire]:
        survey = known.surveys[conversation.survey]
        return survey, self.questionnaires[survey.questionnaire]


def _wished(known: ShownScreen, bottom: bool) -> ShownScreen:
    """What a chat shows, after it was noted whether a new message is wished for."""
    return known._replace(wish=known.wish + 1) if bottom else known


def _says(one: Incoming) -> bool:
    """Whether this is a message in a private chat."""
    return one.private and one.message is not None and one.sort in (Sort.TEXT, Sort.OTHER)


def _orders(one: Incoming) -> bool:
    """Whether this is a press or a command in a private chat."""
    return one.private and (one.sort is Sort.PRESS or (one.sort is Sort.TEXT and command(one.text) is not None))


def _led(lead: str, shown: View) -> View:
    """A screen with something said before it."""
    return View(shortened(f"{lead}\n\n{shown.text}", TEXT_LIMIT), shown.rows) if lead else shown
