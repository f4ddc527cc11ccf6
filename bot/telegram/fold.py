"""One update against what was read: pure, gives a Step; nothing takes effect here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot import notice, organisers
from bot.buttons import Aim, ChooseLanguage, Consent, ReadNotice, read_before, read_press
from bot.identity import Key
from bot.mydata import mydata
from bot.statement import meant
from bot.statement import seat as office
from bot.telegram.known import Invitation, Known, Step
from bot.telegram.read import Incoming, Sort
from bot.typed import cleaned, command, meaning
from bot.view import View, spoken_in, view
from bot.words import Plain, help_text, plain, said
from conversations import conversation as c
from conversations.conversation import PAPER, PERSONS, Act, Conversation, Effect, Place
from conversations.engine import advance, after_deadline, current
from conversations.institution import Seat
from conversations.questionnaire import Questionnaire, Voice, part
from conversations.survey import TRIES, Status, Survey, fold_code
from locales import SOURCE, offered


class Fold:
    """One update against what is known: pure, gives a Step."""

    def __init__(
        self, key: Key, questionnaires: Mapping[str, Questionnaire], known: Known, one: Incoming, now: float
    ) -> None:
        """`now` in seconds since 1970."""
        self.key, self.questionnaires, self.known, self.one, self.now = key, questionnaires, known, one, now
        self.moment = datetime.fromtimestamp(now, UTC)
        self.seats: Mapping[str, Seat] = known.seats  # with what this update makes of them
        every = known.of(one.user)  # also those who answered on this telephone before
        self.everybody = [k for k in every if k.notice != PAPER]  # a sheet waits for consent
        self.mine = [k for k in self.everybody if not k.hidden]
        active = [k for k in self.mine if k.active]
        self.active = min(active, key=lambda k: self._status(k) is not Status.OPEN, default=None)
        self.newest = self.active or max(
            self.mine, key=lambda k: (self._status(k) is Status.OPEN, k.person), default=None
        )
        self.language = self.newest.language if self.newest else offered(one.language) or SOURCE

    def _survey(self, conversation: Conversation) -> Survey:
        return self.known.surveys[conversation.survey]

    def _questionnaire(self, survey: Survey) -> Questionnaire:
        return self.questionnaires[survey.questionnaire]

    def _asked(self, conversation: Conversation) -> Questionnaire:
        """What a conversation asks: of an institution's contributor its part, of others everything."""
        questionnaire = self._questionnaire(self._survey(conversation))
        if not questionnaire.institution:
            return questionnaire
        seat = self.seats.get(conversation.respondent)
        return part(questionnaire, seat.contributor.questions if seat else frozenset())

    def _respondent(self, survey: Survey, person: int = 1) -> str:
        assert survey.salt is not None  # noqa: S101 - until the last letter after closing is gone
        return self.key.respondent(survey.salt, self.one.user, person)

    def _seat(self, survey: Survey) -> Seat | None:
        """Whom this chat answers for in a survey of an institution."""
        return self.seats.get(self._respondent(survey)) if survey.salt is not None else None

    def _late(self, survey: Survey) -> bool:
        """Whether an institution takes no more answers, although its statement is not ended."""
        over = survey.status(self.moment) is Status.CLOSED and not survey.closed
        return over and self._questionnaire(survey).institution

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
            return Step(toast=plain(offered(one.language) or SOURCE, Plain.GROUP)) if spoken else Step()
        if one.sort is Sort.PRESS:
            return self._press()
        if one.sort is Sort.TEXT and (order := command(one.text)) is not None:
            return self._command(*order)
        if one.sort in (Sort.TEXT, Sort.OTHER) and meant.awaits(self.known.organisers.get(one.user, []), self.now):
            return Step(menu=meant.Wrote(cleaned(one.text) if one.sort is Sort.TEXT else None))
        if one.sort is Sort.TEXT and (found := self._code(one.text)) is not None:
            return found
        if self.active is None:
            organises = one.user in self.known.organisers
            return Step(toast=plain(self.language, Plain.ORGANISER_IDLE if organises else Plain.NO_SURVEY))
        if one.sort is Sort.TEXT:
            return self._act(self.active, c.Wrote(cleaned(one.text), meaning(one.text)), bottom=True)
        return self._act(self.active, c.Edited() if one.sort is Sort.EDIT else c.Sent(), bottom=True)

    def shown(self, step: Step) -> dict[str, View]:
        """The screens of the conversations that a step changes or shows again."""
        again = [self.known.conversations[r] for r in step.bottom if r in self.known.conversations]
        changed = {k.respondent: k for k in [*again, *step.conversations] if k.active}
        return {r: self._view(k) for r, k in changed.items()}

    def _view(self, conversation: Conversation) -> View:
        survey = self._survey(conversation)
        seat = self.seats.get(conversation.respondent)
        return view(survey, self._asked(conversation), conversation, seat, late=self._late(survey))

    # ---- before there is a conversation -----------------------------------------------------------------------

    def _code(self, text: str) -> Step | None:
        """A typed code, where none but a code makes sense; None where the text is something else."""
        code = fold_code(text)
        if self.active is not None and self._listens(self.active):
            return None
        if self.active is not None and self._status(self.active) is Status.OPEN:
            question = current(self._asked(self.active), self.active)
            open_question = question is not None and not question.rating and self.active.place is Place.QUESTION
            if code is None or open_question:
                return None
            if code not in self.known.codes:  # a text like any other here, but it may be somebody's guess
                step = self._act(self.active, c.Wrote(cleaned(text), meaning(text)), bottom=True)
                step.wrong_code = not self._braked()
                return step
        return self._enter(code) if code is not None else None

    def _listens(self, conversation: Conversation) -> bool:
        """Whether a contributor is asked for words, so that a word of eight letters is no code."""
        if self._survey(conversation).closed or not self._questionnaire(self._survey(conversation)).institution:
            return False
        return conversation.place in (Place.QUESTION, Place.REFERRAL, Place.COMMENTING)

    def _braked(self) -> bool:
        """Whether this chat has sent too many wrong codes."""
        return self.known.tries.get(self.one.user, 0) >= TRIES

    def _enter(self, code: str | None) -> Step:
        """The door with a code: languages, or the conversation that there is."""
        if self._braked():
            return Step(toast=plain(self.language, Plain.BRAKED))
        if code is None or code not in self.known.codes:
            return Step(toast=plain(self.language, Plain.UNKNOWN_CODE), wrong_code=True)
        survey, voice = self.known.codes[code]
        if self._questionnaire(survey).institution:
            return self._entered(survey, self._seat(survey))
        mine = [k for k in self.everybody if k.survey == survey.id]
        last = max(mine, key=lambda k: k.person, default=None)
        if (status := survey.status(self.moment)) is not Status.OPEN:
            return Step(toast=plain(self.language, Plain.CLOSED if status is Status.CLOSED else Plain.NOT_YET))
        if last is not None and not last.hidden:
            return self._return(last, voice)
        questionnaire, person = self._questionnaire(survey), last.person + 1 if last else 1
        if last is not None and person > PERSONS:
            return Step(toast=said(survey, questionnaire, last, c.Word(c.Say.ENOUGH_PERSONS, number=PERSONS)))
        return Step(messages=notice.door(survey, questionnaire, voice, person, offered(self.one.language)))

    def _entered(self, survey: Survey, seat: Seat | None) -> Step:
        """The door of an institution's survey: it opens to those who used a contributor's link."""
        if seat is None:
            return Step(toast=plain(self.language, Plain.ONLY_INVITED))
        if (mine := self._there(survey)) is not None:
            return self._return(mine)
        if (shut := self._shut(survey)) is not None:
            return Step(toast=shut)
        questionnaire, (voice, *_) = self._questionnaire(survey), survey.voices
        return Step(messages=notice.door(survey, questionnaire, voice, 1, offered(self.one.language)))

    def _there(self, survey: Survey) -> Conversation | None:
        """This chat's conversation in an institution's survey."""
        return next((k for k in self.everybody if k.survey == survey.id), None)

    def _shut(self, survey: Survey) -> View | None:
        """Why nobody can begin now; None where they can."""
        if self._late(survey):
            return View(office.late(self.language))
        if (status := survey.status(self.moment)) is not Status.OPEN:
            return plain(self.language, Plain.CLOSED if status is Status.CLOSED else Plain.NOT_YET)
        return None

    def _invited(self, token: str) -> Step:
        """A contributor's one-time link. To one that is not good any more nothing is given away."""
        if self._braked():
            return Step(toast=plain(self.language, Plain.BRAKED))
        found = self.known.invitations.get(token)
        if found is not None:
            survey = self.known.surveys[found.seat.survey]
            seat = self._seat(survey)
            if seat is not None and seat.contributor.id == found.seat.contributor.id:
                return self._told(self._entered(survey, seat), office.linked_again(self.language, seat.contributor))
            if seat is not None and found.good:
                return self._told(self._entered(survey, seat), office.seated(self.language, seat.contributor))
            if found.good:
                shut = self._shut(survey)
                return Step(toast=shut) if shut is not None else self._seated(survey, found)
        return Step(toast=plain(self.language, Plain.INVITE_GONE), wrong_code=True)

    def _seated(self, survey: Survey, found: Invitation) -> Step:
        """From now on this chat answers for the contributor."""
        respondent = self._respondent(survey)
        one = replace(found.seat.contributor, respondent=respondent, reminders=False, reminded=0)
        seat = replace(found.seat, contributor=one)
        self.seats = {**self.seats, respondent: seat}
        if (mine := self._there(survey)) is not None:  # who answered for another office before is asked anew
            step = self._return(mine._replace(handed_in=mine.handed_in and one.questions <= mine.answers.keys()))
        else:
            step = self._entered(survey, seat)
        step.seat = (respondent, seat)
        if found.sheet is not None and self._there(survey) is None:
            step.sheet = (found.sheet.respondent, found.sheet._replace(respondent=respondent))
        return step

    def _told(self, step: Step, text: str) -> Step:
        """A step that says something first."""
        if step.bottom:
            step.lead = text
        else:
            step.messages = [View(text), *step.messages]
        return step

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
        if questionnaire.institution and (wish.person > 1 or self._seat(survey) is None):
            return Step(toast=plain(self.language, Plain.ONLY_INVITED))
        existing = {k.person: k for k in self.everybody if k.survey == survey.id}
        last = max(existing.values(), key=lambda k: k.person, default=None)
        if last is not None and wish.person <= last.person:
            return Step(toast=plain(self.language, Plain.NO_SURVEY)) if last.hidden else self._return(last, voice)
        previous = existing.get(wish.person - 1)
        if wish.person > PERSONS or (wish.person > 1 and (previous is None or not previous.handed_in)):
            return Step(toast=plain(self.language, Plain.NO_SURVEY))
        if wish.notice != notice.version(survey, questionnaire, voice):
            views = notice.notice(survey, questionnaire, voice, wish.language, wish.person)
            return Step(toast=plain(wish.language, Plain.CHANGED), edit=views[0], messages=views[1:])
        respondent = self._respondent(survey, wish.person)
        born = Conversation(survey.id, respondent, voice, wish.language, wish.notice, wish.person)
        if (sheet := self.known.conversations.get(respondent)) is not None:  # it goes on from there
            place = Place.THANKS if sheet.handed_in else Place.QUESTION
            born = sheet._replace(language=wish.language, notice=wish.notice, place=place, at=None, active=True,
                                  version=sheet.version + 1, since=sheet.version + 1)  # fmt: skip
        others = [k._replace(active=False, hidden=k.hidden or k.survey == survey.id) for k in self.everybody
                  if k.active or k.survey == survey.id]  # fmt: skip
        return Step([born, *others], [respondent], born=(born, self.one.message))

    # ---- presses ----------------------------------------------------------------------------------------------

    def _press(self) -> Step:
        if (menu := meant.pressed(self.one.text)) is not None:
            return Step(toast=plain(self.language, Plain.UNKNOWN_COMMAND), menu=menu)
        if (wish := read_before(self.one.text)) is not None:
            if wish.code not in self.known.codes or self._braked():
                return self._enter(wish.code)
            survey, voice = self.known.codes[wish.code]
            if (shut := self._shut(survey)) is not None:
                return Step(toast=shut)
            questionnaire = self._questionnaire(survey)
            if questionnaire.institution and self._seat(survey) is None:
                return Step(toast=plain(self.language, Plain.ONLY_INVITED))
            if isinstance(wish, ChooseLanguage):
                return Step(edit=notice.choose_language(survey, questionnaire, voice, wish.person,
                                                        offered(self.one.language)))  # fmt: skip
            if wish.language not in spoken_in(survey, questionnaire):
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
        same = [k for k in self.everybody if k.survey == aim.survey]
        target = next((k for k in same if k.person == aim.person), None)
        if target is None:
            survey = self.known.surveys.get(aim.survey)
            gone = survey is None or survey.status(self.moment) is Status.CLOSED
            return Step(toast=plain(self.language, Plain.CLOSED if gone else Plain.NO_SURVEY))
        later = any(k.person > aim.person for k in same)
        if later or (target.hidden and not isinstance(act, c.Deleted)):  # somebody else answers on this telephone now
            return Step(toast=plain(self.language, Plain.NO_SURVEY))
        return self._act(target, act)

    # ---- within a conversation --------------------------------------------------------------------------------

    def _command(self, name: str, argument: str) -> Step:
        organises = self.known.organisers.get(self.one.user, [])
        if name == "start":
            if argument.startswith(organisers.INVITE):
                return Step(invite=argument.removeprefix(organisers.INVITE))
            if argument.startswith(office.INVITE):
                return self._invited(argument.removeprefix(office.INVITE))
            if argument:
                return self._enter(fold_code(argument))
            if self.active is None:
                return Step(toast=plain(self.language, Plain.ORGANISER_IDLE if organises else Plain.WELCOME))
            return self._return(self.active)
        if name in organisers.COMMANDS and organises:
            return Step(ask=name)
        if name == organisers.STATEMENT and organises:
            return Step(toast=plain(self.language, Plain.UNKNOWN_COMMAND), menu=meant.Opened())
        if name == "help":
            bottom = [self.active.respondent] if self.active else []
            return Step(bottom=bottom, toast=help_text(self.language, organisers.HELP if organises else {}))
        places = {"summary": Place.REVIEW, "pause": Place.PAUSED, "language": Place.LANGUAGE,
                  "settings": Place.SETTINGS, "delete": Place.DELETE}  # fmt: skip
        if name not in {*places, "mydata", "privacy"}:
            bottom = [self.active.respondent] if self.active else []
            return Step(bottom=bottom, toast=plain(self.language, Plain.UNKNOWN_COMMAND))
        own = name in ("mydata", "delete", "privacy")
        if own and self.newest is None and organises:
            return Step(
                leave=name == "delete",
                toast=plain(self.language, Plain.ORGANISER_GONE if name == "delete" else Plain.ORGANISER_HELD),
            )
        if own and self.newest is None and (mine := self._waiting()):
            return Step(
                unseat=list(mine) if name == "delete" else [],
                toast=View(office.released(self.language) if name == "delete" else office.held(self.language, mine)),
            )
        target = self.newest if own else self.active
        if target is None and own and self.everybody:
            last = max(self.everybody, key=lambda k: k.person)
            if name == "delete":  # shows nothing of what was answered
                return self._act(last, c.Opened(Place.DELETE), bottom=True)
            return Step(toast=plain(self.language, Plain.HIDDEN))
        if target is None:
            return Step(toast=plain(self.language, Plain.LINK_GONE if own else Plain.NO_SURVEY))
        if name == "privacy":
            return Step(bottom=[target.respondent], privacy=target)
        if name == "mydata":
            return self._data(target)
        return self._act(target, c.Opened(places[name]), bottom=True)

    def _waiting(self) -> dict[str, Seat]:
        """The seats of this chat in which nothing has been consented to yet."""
        names = [self._respondent(s) for s in self.known.surveys.values()
                 if s.salt is not None and self._questionnaire(s).institution]  # fmt: skip
        there = {k.respondent for k in self.everybody}
        return {r: self.seats[r] for r in names if r in self.seats and r not in there}

    def _data(self, target: Conversation) -> Step:
        """All that is held of whoever answers at this telephone now, in every survey."""
        last = {k.survey: k for k in sorted(self.mine, key=lambda k: k.person)}
        views = [v for k in last.values() for v in mydata(self._survey(k), self._questionnaire(self._survey(k)), k,
                                                          self.seats.get(k.respondent))]  # fmt: skip
        return Step(bottom=[target.respondent], messages=views)

    def _act(self, conversation: Conversation, act: Act, *, bottom: bool = False) -> Step:
        """One act in one conversation; after closing only what concerns one's own data still works."""
        survey = self._survey(conversation)
        questionnaire, late = self._asked(conversation), self._late(survey)
        seat = self.seats.get(conversation.respondent)
        own = isinstance(act, c.Deleted | c.WantedData) or (isinstance(act, c.Opened) and act.place is Place.DELETE)
        if survey.status(self.moment) is Status.CLOSED and not (own or late):
            return Step(toast=plain(conversation.language, Plain.CLOSED))
        comments = isinstance(act, c.Opened) and act.place in (Place.COMMENTING, Place.COMMENT)
        if comments and not (seat is not None and seat.presented):
            return Step(toast=said(survey, questionnaire, conversation, c.Word(c.Say.NOT_PRESENTED)))
        if isinstance(act, c.ChoseLanguage) and act.language not in spoken_in(survey, questionnaire):
            return Step(toast=said(survey, questionnaire, conversation, c.Word(c.Say.STALE)))
        turn = advance(questionnaire, conversation, act)
        if late:
            turn = after_deadline(conversation, turn)
        after = turn.conversation
        if not after.active:
            after = after._replace(active=True)
        step = Step()
        if after is not conversation:
            others = [k._replace(active=False) for k in self.everybody
                      if k.active and k.respondent != after.respondent]  # fmt: skip
            step.conversations = [after, *others]
        anew = after.each_new and current(questionnaire, after) != current(questionnaire, conversation)
        step.bottom = [after.respondent] if bottom or anew else []
        if turn.word is not None:
            word = said(survey, questionnaire, after, turn.word)
            step.lead, step.toast = (word.text, None) if bottom else ("", word)
        match turn.effect:
            case Effect.DATA:
                return self._data(after)
            case Effect.WISH:
                step.wish = after
            case Effect.ANOTHER:
                app = offered(self.one.language)
                step.messages = notice.door(survey, questionnaire, after.voice, after.person + 1, app)
            case Effect.COMMENT | Effect.UNCOMMENT | Effect.REMIND | Effect.LEAVE_ALONE:
                if seat is not None:
                    changed = self._changed(seat, conversation.at or "", turn.effect, act)
                    step.seat, self.seats = (after.respondent, changed), {**self.seats, after.respondent: changed}
            case Effect.DELETE | Effect.DELETE_ALL:
                everybody = turn.effect is Effect.DELETE_ALL
                step.forget = self.everybody if everybody else [conversation]
                step.unseat = list(self._waiting()) if everybody else []
                step.confirm = plain(after.language, Plain.DELETED_ALL if everybody else Plain.DELETED)
                step.conversations, step.bottom = [], []
            case None:
                pass
        return step

    def _changed(self, seat: Seat, field_: str, effect: Effect, act: Act) -> Seat:
        """What an act makes of a contributor's seat: its Stellungnahme on a field, or whether it is reminded."""
        if effect in (Effect.REMIND, Effect.LEAVE_ALONE):
            return replace(seat, contributor=replace(seat.contributor, reminders=effect is Effect.REMIND))
        comments = {f: comment for f, comment in seat.comments.items() if f != field_}
        if isinstance(act, c.Wrote):
            comments[field_] = (act.text.strip(), self.moment.date().isoformat())
        return replace(seat, comments=comments)
