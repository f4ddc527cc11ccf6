"""The way of an update: a batch is read once, folded in memory and written once; only then is anything said."""

from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiosqlite import Connection

from bot import notice, organising
from bot.buttons import Aim, ChooseLanguage, Consent, ReadNotice, read_before, read_press
from bot.identity import Key, new_id
from bot.mydata import mydata
from bot.telegram.read import Incoming, Sort, cleaned, command, read
from bot.view import TEXT_LIMIT, TOAST_LIMIT, View, offered_in, shortened, view
from bot.words import Plain, help_text, meaning, plain, said
from conversations import conversation as c
from conversations.conversation import PERSONS, Act, Conversation, Effect, Place
from conversations.engine import advance, current
from conversations.questionnaire import Questionnaire, Voice
from conversations.store import Store, figures, people, post, surveys
from conversations.store.post import Address, ShownScreen
from conversations.survey import PAUSE, TRIES, Status, Survey, fold_code
from locales import offered

log = logging.getLogger("weltoffen.receive")


@dataclass(frozen=True)
class Passing:
    """Something said once, after the commit: a message, an edited message, or the answer to a press."""

    chat: int
    view: View | None = None
    callback: str | None = None
    edit: int | None = None
    owner: str | None = None  # the respondent whose deletion should reach this message


@dataclass(frozen=True)
class Due:
    """What a chat should show now. `known` is what the store says it shows; `bottom`: send it anew."""

    respondent: str
    chat: int
    version: int
    view: View
    bottom: bool
    known: ShownScreen


@dataclass(frozen=True)
class Forgotten:
    """A deletion that is in the database: the chat's messages go too, then it is confirmed."""

    chat: int
    messages: tuple[int, ...]
    language: str


@dataclass
class Outcome:
    """What is to be said and shown after the commit of one batch."""

    passing: list[Passing] = field(default_factory=list)
    due: list[Due] = field(default_factory=list)
    forgotten: list[Forgotten] = field(default_factory=list)
    letters: bool = False


@dataclass
class Step:
    """What follows from one update; it takes effect only when the update was folded without an exception."""

    conversations: list[Conversation] = field(default_factory=list)
    bottom: list[str] = field(default_factory=list)
    toast: View | None = None
    lead: str = ""  # what a reply to something typed says before the question is shown again, in the same message
    messages: list[View] = field(default_factory=list)
    edit: View | None = None
    born: tuple[Conversation, int | None] | None = None  # a new conversation, the message with the consent button
    wrong_code: bool = False
    wish: Conversation | None = None
    forget: list[Conversation] = field(default_factory=list)
    blocked: bool | None = None
    invite: str | None = None
    ask: str | None = None


@dataclass
class Known:
    """What was read for one batch, and what becomes of it while the batch is folded."""

    surveys: Mapping[str, Survey]
    codes: Mapping[str, tuple[Survey, Voice]]
    users: dict[str, int]
    conversations: dict[str, Conversation]
    screens: Mapping[str, ShownScreen]
    blocked: set[str]
    tries: dict[int, int]
    organisers: Mapping[int, list[organising.Organiser]]
    views: dict[str, View] = field(default_factory=dict)
    steps: list[tuple[Incoming, Step]] = field(default_factory=list)
    troubles: list[tuple[int, str]] = field(default_factory=list)

    def of(self, user: int) -> list[Conversation]:
        """The conversations of one chat."""
        return [k for r, k in self.conversations.items() if self.users[r] == user]


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
        self._pressed: dict[str, float] = {}  # the last accepted press of each respondent, for double taps

    async def handle(self, batch: Sequence[dict[str, Any]], shown: Sequence[tuple[int, int, str]] = ()) -> Outcome:
        """Keeps all that follows from a batch in one transaction, and gives what is to be said.

        `shown` are screens shown meanwhile (version, message, respondent); they ride in this transaction.
        Raises sqlite3.Error where nothing could be kept: the same batch must then be handed in again.
        """
        incoming, troubles = self._read(batch)
        now = self.clock()

        async def unit(tx: Connection) -> tuple[Outcome, Mapping[str, Conversation]]:
            known = await self._load(tx, incoming, now)
            known.troubles += troubles
            before = dict(known.conversations)
            for one in await self._unseen(tx, incoming):
                self._fold(known, one, now)
            return await self._write(tx, known, before, shown, now), known.conversations

        outcome, after = await self.store.write(unit)
        # only now: a press that was not kept is no first half of a double tap when it is handed in again
        self._pressed = {r: p for r, p in self._pressed.items() if now - p < c.DOUBLE_TAP and r not in after} | {
            r: k.pressed_at for r, k in after.items() if k.pressed_at is not None and now - k.pressed_at < 1
        }
        if outcome.forgotten:
            await self.store.forget()
        return outcome

    # ---- read once --------------------------------------------------------------------------------------------

    def _read(self, batch: Sequence[dict[str, Any]]) -> tuple[list[Incoming], list[tuple[int, str]]]:
        incoming, troubles = [], []
        for raw in batch:
            try:
                incoming.append(read(raw))
            except Exception as error:
                number = raw.get("update_id")
                troubles.append((number if isinstance(number, int) else 0, type(error).__name__))
                log.error("update %s cannot be read (%s)", number, type(error).__name__)
        return incoming, troubles

    async def _unseen(self, tx: Connection, incoming: Sequence[Incoming]) -> list[Incoming]:
        seen = await post.seen(tx, [one.id for one in incoming])
        return list({one.id: one for one in incoming if one.id not in seen}.values())

    async def _load(self, tx: Connection, incoming: Sequence[Incoming], now: float) -> Known:
        every = await surveys.all_surveys(tx)
        users = {one.user for one in incoming if one.private and one.user}
        names = {
            self.key.respondent(survey.salt, user, person): user
            for survey in every.values() if survey.salt is not None
            for user in users for person in range(1, PERSONS + 1)
        }  # fmt: skip
        conversations = {
            r: replace(one, pressed_at=self._pressed.get(r)) for r, one in (await people.load(tx, names)).items()
        }
        addresses = await post.addresses(tx, conversations)
        chats = {self.key.chat(user): user for user in users}
        return Known(
            surveys=every,
            codes={code: (s, v) for s in every.values() for v, code in s.codes.items()},
            users={r: names[r] for r in conversations},
            conversations=conversations,
            screens=await post.screens(tx, conversations),
            blocked={a.owner for a in addresses.values() if a.blocked},
            tries={chats[name]: n for name, n in (await post.tries(tx, chats, int(now))).items()},
            organisers=await organising.organisers(tx, self.key, users),
        )

    # ---- fold -------------------------------------------------------------------------------------------------

    def _fold(self, known: Known, one: Incoming, now: float) -> None:
        """One update; an exception of ours sets it aside and harms no other."""
        try:
            step = _Fold(self, known, one, now).step()
            known.views |= {k.respondent: self._view(known, k) for k in step.conversations if k.active}
        except Exception as error:
            log.error("update %s set aside (%s at %s)", one.id, type(error).__name__, _places(error))
            known.troubles.append((one.id, type(error).__name__))
            mine = [k for k in known.of(one.user) if k.active]
            step = Step(toast=plain(mine[0].language if mine else offered(one.language) or "de", Plain.TROUBLE),
                        bottom=[k.respondent for k in mine])  # fmt: skip
        for conversation in step.conversations:
            known.conversations[conversation.respondent] = conversation
            known.users[conversation.respondent] = one.user
        for conversation in step.forget:
            del known.conversations[conversation.respondent]
        if step.wrong_code:
            known.tries[one.user] = known.tries.get(one.user, 0) + 1
        known.steps.append((one, step))

    # ---- write once -------------------------------------------------------------------------------------------

    async def _write(
        self, tx: Connection, known: Known, before: Mapping[str, Conversation],
        shown: Sequence[tuple[int, int, str]], now: float,
    ) -> Outcome:  # fmt: skip
        moment = datetime.fromtimestamp(now, UTC)
        day = moment.date().isoformat()
        outcome, users = Outcome(), known.users
        await post.keep_shown(tx, shown)
        before = await self._forget(tx, known, before, outcome)
        after = known.conversations
        await people.keep(tx, before, after.values(), day)
        born = {step.born[0].respondent: (one, step.born[1]) for one, step in known.steps
                if step.born is not None and step.born[0].respondent in after}  # fmt: skip
        await post.keep_addresses(tx, [
            Address(r, after[r].survey, self.key.seal(one.chat, r)) for r, (one, _) in born.items()
        ])  # fmt: skip
        for one, step in known.steps:
            if step.born is not None and step.born[0].respondent in after:
                text = notice.text(*self._place(known, step.born[0]), step.born[0].voice, "de")
                await surveys.keep_notice(tx, step.born[0].notice, text)
            if step.wish is not None and step.wish.respondent in after:
                await self._wish(tx, step.wish, one.chat)
            if step.blocked is not None:
                owners = [r for r, u in users.items() if u == one.user]
                owners += [o.id for o in known.organisers.get(one.user, ())]
                await post.block(tx, owners, step.blocked)
            elif back := [r for r in known.blocked if users.get(r) == one.user]:
                await post.block(tx, back, False)
        bottom = dict.fromkeys(r for _, step in known.steps for r in step.bottom if r in after)
        moved = [r for r in after if before.get(r) != after[r]]
        wanted = list(dict.fromkeys([*moved, *bottom]))
        await post.want_screens(tx, wanted, bottom)
        await people.keep_messages(tx, [
            (r, one.message) for one, _ in known.steps if one.message and one.private and one.sort is not Sort.PRESS
            for r, user in users.items() if user == one.user and r in after and after[r].active
        ] + [(r, message) for r, (_, message) in born.items() if message], day)  # fmt: skip
        await post.keep_tries(tx, [
            (self.key.chat(one.user), known.tries[one.user], int(now) + PAUSE)
            for one, step in known.steps if step.wrong_code
        ])  # fmt: skip
        await post.keep_seen(tx, [one.id for one, _ in known.steps], day)
        await post.keep_trouble(tx, known.troubles, day)
        finished = [r for r in moved if after[r].handed_in and not (r in before and before[r].handed_in)]
        for survey in dict.fromkeys(after[r].survey for r in finished):
            place = known.surveys[survey]
            outcome.letters |= await organising.renew(tx, place, self.questionnaires[place.questionnaire], moment)
        leads = {r: step.lead for _, step in known.steps for r in step.bottom}
        for respondent in wanted:
            conversation = after[respondent]
            message = born[respondent][1] if respondent in born else None
            if conversation.active and (shown_now := self._shown(known, conversation)) is not None:
                outcome.due.append(Due(
                    respondent, users[respondent], conversation.version,
                    _led(leads.get(respondent, ""), shown_now),
                    respondent in bottom,
                    known.screens.get(respondent, ShownScreen(None, message, 0)),
                ))  # fmt: skip
        for one, step in known.steps:
            await self._say(tx, known, one, step, outcome, moment)
        return outcome

    async def _forget(
        self, tx: Connection, known: Known, before: Mapping[str, Conversation], outcome: Outcome
    ) -> Mapping[str, Conversation]:
        """Deletes whom this batch deletes; gives `before` without them."""
        gone: set[str] = set()
        for one, step in known.steps:
            if not step.forget:
                continue
            respondents = [k.respondent for k in step.forget]
            messages = await people.messages(tx, respondents)
            here = [i.message for i, _ in known.steps if i.user == one.user and i.private and i.message]
            await people.forget(tx, respondents)
            for survey in dict.fromkeys(k.survey for k in step.forget):
                mine = [i for i, _, sealed in await post.wishes(tx, survey) if self.key.unseal(sealed, i) == one.chat]
                await post.drop_wishes(tx, mine)
            for k in step.forget:
                await figures.changed_since_release(tx, k.survey, k.voice, int(k.handed_in))
            outcome.forgotten.append(
                Forgotten(one.chat, tuple(dict.fromkeys([*messages, *here])), step.forget[0].language)
            )
            gone.update(respondents)
        return {r: k for r, k in before.items() if r not in gone}

    async def _wish(self, tx: Connection, conversation: Conversation, chat: int) -> None:
        """Keeps a wish for the result once per chat: an address in a list without respondent."""
        for identifier, _, sealed in await post.wishes(tx, conversation.survey):
            if self.key.unseal(sealed, identifier) == chat:
                return
        identifier = new_id(16)
        sealed = self.key.seal(chat, identifier)
        await post.keep_wish(tx, identifier, conversation.survey, conversation.language, sealed)

    async def _say(
        self, tx: Connection, known: Known, one: Incoming, step: Step, outcome: Outcome, moment: datetime
    ) -> None:
        """Collects what is said about one update, in order; every press gets exactly one answer."""
        mine = sorted(known.of(one.user) if one.private else (), key=lambda k: not k.active)
        owner = mine[0].respondent if mine else None
        messages = list(step.messages)
        if step.invite is not None:
            language, now = offered(one.language) or "de", int(moment.timestamp())
            messages.append(await organising.redeem(tx, self.key, step.invite, one.user, one.chat, language, now))
        if step.ask is not None:
            asking = known.organisers[one.user]
            try:
                messages += await organising.answer(tx, step.ask, asking, known.surveys, self.questionnaires, moment)
            except sqlite3.Error:
                raise
            except Exception as error:
                log.error("update %s cannot be answered (%s at %s)", one.id, type(error).__name__, _places(error))
                messages.append(plain(asking[0].language, Plain.TROUBLE))
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

    def _view(self, known: Known, conversation: Conversation) -> View:
        return view(*self._place(known, conversation), conversation)

    def _shown(self, known: Known, conversation: Conversation) -> View | None:
        """The screen of a conversation; None where it cannot be made, which must not stop what others sent."""
        try:
            return known.views.get(conversation.respondent) or self._view(known, conversation)
        except Exception as error:
            log.error("a screen cannot be made (%s at %s)", type(error).__name__, _places(error))
            return None

    def _place(self, known: Known, conversation: Conversation) -> tuple[Survey, Questionnaire]:
        survey = known.surveys[conversation.survey]
        return survey, self.questionnaires[survey.questionnaire]


class _Fold:
    """One update against what is known: pure, gives a Step."""

    def __init__(self, receiver: Receiver, known: Known, one: Incoming, now: float) -> None:
        self.receiver, self.known, self.one, self.now = receiver, known, one, now
        self.moment = datetime.fromtimestamp(now, UTC)
        self.mine = known.of(one.user)
        active = [k for k in self.mine if k.active]
        self.active = min(active, key=lambda k: self._status(k) is not Status.OPEN, default=None)
        self.language = self.active.language if self.active else offered(one.language) or "de"

    def _survey(self, conversation: Conversation) -> Survey:
        return self.known.surveys[conversation.survey]

    def _questionnaire(self, survey: Survey) -> Questionnaire:
        return self.receiver.questionnaires[survey.questionnaire]

    def _status(self, conversation: Conversation) -> Status:
        return self._survey(conversation).status(self.moment)

    def step(self) -> Step:
        """What follows from the update."""
        one = self.one
        if one.sort is Sort.NOTHING:
            return Step()
        if one.sort in (Sort.BLOCKED, Sort.UNBLOCKED):
            return Step(blocked=one.sort is Sort.BLOCKED)
        if not one.private:
            spoken = one.sort is Sort.PRESS or command(one.text) is not None
            return Step(toast=plain(offered(one.language) or "de", Plain.GROUP)) if spoken else Step()
        if one.sort is Sort.PRESS:
            return self._press()
        if one.sort is Sort.TEXT and (order := command(one.text)) is not None:
            return self._command(*order)
        if one.sort is Sort.TEXT and (found := self._code(one.text)) is not None:
            return found
        if self.active is None:
            return Step(toast=plain(self.language, Plain.NO_SURVEY))
        if one.sort is Sort.TEXT:
            return self._act(self.active, c.Wrote(cleaned(one.text), meaning(one.text)), bottom=True)
        return self._act(self.active, c.Edited() if one.sort is Sort.EDIT else c.Sent(), bottom=True)

    # ---- before there is a conversation -----------------------------------------------------------------------

    def _code(self, text: str) -> Step | None:
        """A typed code, where none but a code makes sense; None where the text is something else."""
        code = fold_code(text)
        if self.active is not None and self._status(self.active) is Status.OPEN:
            question = current(self._questionnaire(self._survey(self.active)), self.active)
            open_question = question is not None and not question.rating and self.active.place is Place.QUESTION
            if code not in self.known.codes or open_question:
                return None
        return self._enter(code) if code is not None else None

    def _enter(self, code: str | None) -> Step:
        """The door with a code: languages, or the conversation that there is."""
        if self.known.tries.get(self.one.user, 0) >= TRIES:
            return Step(toast=plain(self.language, Plain.BRAKED))
        if code is None or code not in self.known.codes:
            return Step(toast=plain(self.language, Plain.UNKNOWN_CODE), wrong_code=True)
        survey, voice = self.known.codes[code]
        mine = [k for k in self.mine if k.survey == survey.id]
        if (status := survey.status(self.moment)) is not Status.OPEN:
            return Step(toast=plain(self.language, Plain.CLOSED if status is Status.CLOSED else Plain.NOT_YET))
        if mine:
            return self._return(max(mine, key=lambda k: k.person), voice)
        shown = notice.choose_language(survey, self._questionnaire(survey), voice, 1, offered(self.one.language))
        return Step(messages=[shown])

    def _return(self, conversation: Conversation, voice: Voice | None = None) -> Step:
        """Back to a conversation: it becomes the active one and is shown anew; the first voice stands."""
        place = Place.THANKS if conversation.handed_in else Place.QUESTION
        step = self._act(conversation, c.Opened(place), bottom=True)
        if voice is not None and voice is not conversation.voice:
            survey = self._survey(conversation)
            word = c.Word(c.Say.VOICE_STANDS)
            step.toast = said(survey, self._questionnaire(survey), conversation, word)
        return step

    def _consent(self, wish: Consent) -> Step:
        survey, voice = self.known.codes[wish.code]
        questionnaire = self._questionnaire(survey)
        existing = {k.person: k for k in self.mine if k.survey == survey.id}
        if wish.person in existing:
            return self._return(max(existing.values(), key=lambda k: k.person), voice)
        previous = existing.get(wish.person - 1)
        if wish.person > PERSONS or (wish.person > 1 and (previous is None or not previous.handed_in)):
            return Step(toast=plain(self.language, Plain.NO_SURVEY))
        if wish.notice != notice.version(survey, questionnaire, voice):
            views = notice.notice(survey, questionnaire, voice, wish.language, wish.person)
            return Step(toast=plain(wish.language, Plain.CHANGED), edit=views[0], messages=views[1:])
        assert survey.salt is not None  # noqa: S101 - an open survey has its salt
        respondent = self.receiver.key.respondent(survey.salt, self.one.user, wish.person)
        born = Conversation(survey.id, respondent, voice, wish.language, wish.notice, wish.person)
        others = [replace(k, active=False) for k in self.mine if k.active]
        return Step([born, *others], [respondent], born=(born, self.one.message))

    # ---- presses ----------------------------------------------------------------------------------------------

    def _press(self) -> Step:
        if (wish := read_before(self.one.text)) is not None:
            if wish.code not in self.known.codes or self.known.tries.get(self.one.user, 0) >= TRIES:
                return self._enter(wish.code)
            survey, voice = self.known.codes[wish.code]
            if (status := survey.status(self.moment)) is not Status.OPEN:
                return Step(toast=plain(self.language, Plain.CLOSED if status is Status.CLOSED else Plain.NOT_YET))
            questionnaire = self._questionnaire(survey)
            if isinstance(wish, ChooseLanguage):
                return Step(edit=notice.choose_language(survey, questionnaire, voice, wish.person,
                                                        offered(self.one.language)))  # fmt: skip
            if wish.language not in offered_in(questionnaire):
                return Step(toast=plain(self.language, Plain.NO_SURVEY))
            if isinstance(wish, ReadNotice):
                views = notice.notice(survey, questionnaire, voice, wish.language, wish.person)
                return Step(edit=views[0], messages=views[1:])
            return self._consent(wish)
        aimed = read_press(self.one.text, self.now)
        if aimed is None:
            return Step()
        return self._aimed(*aimed)

    def _aimed(self, aim: Aim, act: Act) -> Step:
        same = [k for k in self.mine if k.survey == aim.survey]
        target = next((k for k in same if k.person == aim.person), None)
        if target is None:
            survey = self.known.surveys.get(aim.survey)
            gone = survey is None or survey.status(self.moment) is Status.CLOSED
            return Step(toast=plain(self.language, Plain.CLOSED if gone else Plain.NO_SURVEY))
        if any(k.person > aim.person for k in same):  # somebody else answers on this telephone now
            return Step(toast=plain(self.language, Plain.NO_SURVEY))
        return self._act(target, act)

    # ---- within a conversation --------------------------------------------------------------------------------

    def _command(self, name: str, argument: str) -> Step:
        organisers = self.known.organisers.get(self.one.user, [])
        if name == "start":
            if argument.startswith(organising.INVITE):
                return Step(invite=argument.removeprefix(organising.INVITE))
            if argument:
                return self._enter(fold_code(argument))
            if self.active is None:
                return Step(toast=plain(self.language, Plain.WELCOME))
            return self._return(self.active)
        if name in organising.COMMANDS and organisers:
            return Step(ask=name)
        if name == "help":
            bottom = [self.active.respondent] if self.active else []
            return Step(bottom=bottom, toast=help_text(self.language))
        places = {"summary": Place.REVIEW, "pause": Place.PAUSED, "language": Place.LANGUAGE,
                  "settings": Place.SETTINGS, "delete": Place.DELETE}  # fmt: skip
        if name not in {*places, "mydata", "privacy"}:
            bottom = [self.active.respondent] if self.active else []
            return Step(bottom=bottom, toast=plain(self.language, Plain.UNKNOWN_COMMAND))
        if self.active is None:
            nothing = Plain.LINK_GONE if name in ("mydata", "delete", "privacy") else Plain.NO_SURVEY
            return Step(toast=plain(self.language, nothing))
        if name == "privacy":
            survey = self._survey(self.active)
            views = notice.notice(survey, self._questionnaire(survey), self.active.voice, self.language, 1)
            return Step(bottom=[self.active.respondent], messages=[View(v.text) for v in views])
        act: Act = c.WantedData() if name == "mydata" else c.Opened(places[name])
        return self._act(self.active, act, bottom=True)

    def _act(self, conversation: Conversation, act: Act, *, bottom: bool = False) -> Step:
        """One act in one conversation; after closing only what concerns one's own data still works."""
        survey = self._survey(conversation)
        questionnaire = self._questionnaire(survey)
        own = isinstance(act, c.Deleted | c.WantedData) or (isinstance(act, c.Opened) and act.place is Place.DELETE)
        if survey.status(self.moment) is Status.CLOSED and not own:
            return Step(toast=plain(conversation.language, Plain.CLOSED))
        if isinstance(act, c.ChoseLanguage) and act.language not in offered_in(questionnaire):
            return Step(toast=said(survey, questionnaire, conversation, c.Word(c.Say.STALE)))
        turn = advance(questionnaire, conversation, act)
        after = turn.conversation
        if not after.active:
            after = replace(after, active=True)
        step = Step()
        if after is not conversation:
            others = [replace(k, active=False) for k in self.mine
                      if k.active and k.respondent != after.respondent]  # fmt: skip
            step.conversations = [after, *others]
        anew = after.each_new and current(questionnaire, after) != current(questionnaire, conversation)
        step.bottom = [after.respondent] if bottom or anew else []
        if turn.word is not None:
            word = said(survey, questionnaire, after, turn.word)
            step.lead, step.toast = (word.text, None) if bottom else ("", word)
        match turn.effect:
            case Effect.DATA:
                step.messages, step.bottom = mydata(survey, questionnaire, after), [after.respondent]
            case Effect.WISH:
                step.wish = after
            case Effect.ANOTHER:
                app = offered(self.one.language)
                step.messages = [notice.choose_language(survey, questionnaire, after.voice, after.person + 1, app)]
            case Effect.DELETE | Effect.DELETE_ALL:
                everybody = turn.effect is Effect.DELETE_ALL
                step.forget = [k for k in self.mine if k.survey == after.survey
                               and (everybody or k.respondent == after.respondent)]  # fmt: skip
                step.conversations, step.bottom = [], []
            case None:
                pass
        return step


def _led(lead: str, shown: View) -> View:
    """A screen with something said before it."""
    return View(shortened(f"{lead}\n\n{shown.text}", TEXT_LIMIT), shown.rows) if lead else shown


def _places(error: Exception) -> str:
    """Where an exception arose, without its message, which may hold what somebody wrote."""
    return " < ".join(f"{f.name}:{f.lineno}" for f in reversed(traceback.extract_tb(error.__traceback__)))
