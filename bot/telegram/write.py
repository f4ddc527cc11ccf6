"""Writes once what follows from a batch, and says which screens are due: inside the receiver's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from sqlite3 import Connection

from bot import notice
from bot.identity import Key, new_id
from bot.telegram.known import Known, Step
from bot.telegram.outcome import Due, Forgotten
from bot.telegram.read import Incoming, Sort
from bot.view import led
from bot.words import Plain, plain
from conversations.conversation import Conversation
from conversations.questionnaire import Questionnaire
from conversations.store import organisers, people, post, surveys
from conversations.store.post import Address, ShownScreen
from conversations.survey import PAUSE
from locales import SOURCE


class Writing:
    """One batch, folded: what is written of it."""

    def __init__(
        self, tx: Connection, key: Key, questionnaires: Mapping[str, Questionnaire], known: Known, moment: datetime
    ) -> None:
        self.tx, self.key, self.questionnaires, self.known, self.moment = tx, key, questionnaires, known, moment
        self.day = moment.date().isoformat()

    def write(self, before: Mapping[str, Conversation]) -> tuple[list[Forgotten], list[Due]]:
        """Keeps conversations, seats, messages and what else updates do; gives the deletions and the screens due.

        `before` are the conversations as they were read.
        """
        forgotten, before = self._forget(before)
        before = {**before, **self._bind()}
        after = self.known.conversations
        changed = [r for r in after if before.get(r) is not after[r] and before.get(r) != after[r]]
        people.keep(self.tx, before, [after[r] for r in changed])
        self._keep_seats(before, changed)
        born = {step.born[0].respondent: (one, step.born[1]) for one, step in self.known.steps
                if step.born is not None and step.born[0].respondent in after}  # fmt: skip
        self._welcome({r: one for r, (one, _) in born.items()})
        for one, step in self.known.steps:
            self._effects(one, step)
        self._note({r: message for r, (_, message) in born.items() if message})
        return forgotten, self._due(changed, {r: message for r, (_, message) in born.items()})

    def _forget(self, before: Mapping[str, Conversation]) -> tuple[list[Forgotten], Mapping[str, Conversation]]:
        """Deletes whom this batch deletes; gives that, and `before` without them."""
        gone: set[str] = set()
        forgotten = []
        for one, step in self.known.steps:
            if step.unseat or step.forget:
                self._unseat([*(k.respondent for k in step.forget), *step.unseat], step.unseat, before)
                gone.update(step.unseat)
            if not step.forget:
                continue
            respondents = [k.respondent for k in step.forget]
            here = [i.message for i, _ in self.known.steps if i.user == one.user and i.private and i.message]
            messages = list(dict.fromkeys([*people.messages(self.tx, respondents), *here]))
            people.forget(self.tx, respondents)
            for survey in step.unwished:
                self._forget_wish(survey, one.chat)
            farewell, word = new_id(16), step.confirm or plain(SOURCE, Plain.DELETED)
            post.keep_farewell(self.tx, farewell, self.key.seal(one.chat, farewell), messages, word.text)
            forgotten.append(Forgotten(farewell, one.chat, tuple(messages), word, tuple(respondents)))
            gone.update(respondents)
        return forgotten, {r: k for r, k in before.items() if r not in gone}

    def _unseat(self, leaving: Iterable[str], unseated: Iterable[str], before: Mapping[str, Conversation]) -> None:
        """Ends seats; of the `unseated`, who had consented to nothing yet, a sheet stays with the office."""
        if seats := [self.known.seated[r] for r in leaving if r in self.known.seated]:
            from bot.statement import keeping  # as in _bind

            keeping.leave(self.tx, seats, self.moment)
        for respondent in unseated:
            if respondent in before:
                people.rename(self.tx, {respondent: secrets.token_hex(16)})  # the sheet leads to this chat no more
            people.forget(self.tx, [respondent])

    def _bind(self) -> Mapping[str, Conversation]:
        """Binds those who used a contributor's link; gives what stood on their sheets."""
        if not self.known.taken:
            return {}
        from bot.statement import keeping  # read only where there is a contributor: most bots have none

        return keeping.bind(self.tx, self.known.taken, self.known.sheets, self.moment)

    def _keep_seats(self, before: Mapping[str, Conversation], changed: Iterable[str]) -> None:
        """What contributors changed beside their answers, and a line in the journal for every answer."""
        known = self.known
        if not known.seats:
            return
        from bot.statement import keeping, steps  # as in _bind

        for respondent in changed:
            if (seat := known.seats.get(respondent)) is not None:
                steps.handed_in(self.tx, seat.survey, seat.contributor, before.get(respondent),
                                known.conversations[respondent], self.moment)  # fmt: skip
        for respondent, seat in known.seats.items():
            was = known.taken.get(respondent) or known.seated[respondent]
            if was != seat:
                survey = known.surveys[seat.survey]
                keeping.keep(self.tx, survey, self.questionnaires[survey.questionnaire], was, seat, self.moment)

    def _welcome(self, born: Mapping[str, Incoming]) -> None:
        """The address of whoever is new, and the text that they consented to."""
        after = self.known.conversations
        addresses = [Address(r, after[r].survey, self.key.seal(one.chat, r)) for r, one in born.items()]
        post.keep_addresses(self.tx, addresses)
        for version, conversation in {after[r].notice: after[r] for r in born}.items():
            survey = self.known.surveys[conversation.survey]
            text = notice.text(survey, self.questionnaires[survey.questionnaire], conversation.voice, SOURCE)
            surveys.keep_notice(self.tx, version, text)

    def _effects(self, one: Incoming, step: Step) -> None:
        """What one update does beside its conversation: a wish, a blocked or unblocked chat, an organiser who goes."""
        if step.wish is not None and step.wish.respondent in self.known.conversations:
            self._wish(step.wish, one.chat)
        mine = [k.respondent for k in self.known.of(one.user)]
        organiser = [o.id for o in self.known.organisers.get(one.user, ())]
        if step.blocked is not None:
            post.block(self.tx, [*mine, *organiser], step.blocked)
        elif back := [r for r in mine if r in self.known.addresses and self.known.addresses[r].blocked]:
            post.block(self.tx, back, False)
        if step.leave:
            organisers.remove(self.tx, organiser)

    def _wish(self, conversation: Conversation, chat: int) -> None:
        """Keeps a wish for the result once per chat: an address in a list without respondent."""
        for identifier, _, sealed in post.wishes(self.tx, conversation.survey):
            if self.key.unseal(sealed, identifier) == chat:
                return
        identifier = new_id(16)
        sealed = self.key.seal(chat, identifier)
        post.keep_wish(self.tx, identifier, conversation.survey, conversation.language, sealed)

    def _forget_wish(self, survey: str, chat: int) -> None:
        """Deletes a chat's wish for the result, and after closing the address that it became."""
        wishes = post.wishes(self.tx, survey)
        post.drop_wishes(self.tx, [i for i, _, sealed in wishes if self.key.unseal(sealed, i) == chat])
        loose = post.addresses_without_respondent(self.tx, survey)
        post.drop_addresses(self.tx, [a.owner for a in loose if self.key.unseal(a.sealed, a.owner) == chat])

    def _note(self, consents: Mapping[str, int]) -> None:
        """Remembers of the updates themselves: seen ids, messages to be deleted some day, wrong codes, trouble.

        `consents` are the messages with the button by which somebody began.
        """
        known, tx = self.known, self.tx
        written = [
            (r, one.message) for one, _ in known.steps if one.message and one.private and one.sort is not Sort.PRESS
            for r in (k.respondent for k in known.of(one.user) if k.active)
        ]  # fmt: skip
        people.keep_messages(tx, [*written, *consents.items()], self.day)
        until = int(self.moment.timestamp()) + PAUSE
        post.keep_tries(tx, [
            (self.key.chat(one.user), known.tries[one.user], until) for one, step in known.steps if step.wrong_code
        ])  # fmt: skip
        post.keep_seen(tx, [one.id for one, _ in known.steps], self.day)
        post.keep_trouble(tx, known.troubles, self.day)

    def _due(self, changed: Iterable[str], born: Mapping[str, int | None]) -> list[Due]:
        """The screens that changed or are wished for at the bottom; that they are wished for is kept."""
        known, after, due = self.known, self.known.conversations, []
        bottom = dict.fromkeys(r for _, step in known.steps for r in step.bottom if r in after)
        wanted = list(dict.fromkeys([*changed, *bottom]))
        post.want_screens(self.tx, [r for r in wanted if r not in known.screens], bottom)
        leads = {r: step.lead for _, step in known.steps if step.lead for r in step.bottom}
        for respondent in wanted:
            conversation = after[respondent]
            if conversation.active and respondent in known.views:
                address = known.addresses.get(respondent)
                shown = known.screens.get(respondent, ShownScreen(None, born.get(respondent), 0))
                due.append(Due(
                    respondent, known.users[respondent], conversation.version,
                    led(leads.get(respondent, ""), known.views[respondent]), respondent in bottom,
                    shown._replace(wish=shown.wish + 1) if respondent in bottom else shown,
                    float(address.not_before) if address else 0.0,
                ))  # fmt: skip
        return due
