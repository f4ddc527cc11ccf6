"""How a conversation goes on: advance(questionnaire, conversation, act) -> Turn, and what it then shows. Pure."""

from __future__ import annotations

from dataclasses import replace

from conversations.conversation import (
    COMMENT_LENGTH,
    DOUBLE_TAP,
    FINISHED,
    PERSONS,
    REFERRAL_LENGTH,
    REFERRED,
    REPORT_LENGTH,
    SKIPPED,
    STATEMENT_LENGTH,
    STATEMENTS,
    Act,
    AnotherPerson,
    AskedExample,
    ChoseEachNew,
    ChoseLanguage,
    ChoseReminders,
    CommentScreen,
    Conversation,
    Deleted,
    DeleteScreen,
    Dropped,
    Edited,
    Effect,
    FieldScreen,
    Finished,
    HandedIn,
    Kept,
    LanguageScreen,
    Meaning,
    Opened,
    PausedScreen,
    Place,
    Progress,
    QuestionScreen,
    Rated,
    ReferralScreen,
    Referred,
    ReviewScreen,
    Say,
    Screen,
    Sent,
    SettingsScreen,
    Skipped,
    Statement,
    ThanksScreen,
    Turn,
    Uncommented,
    WantedData,
    WantedResult,
    WentBack,
    Word,
    Wrote,
)
from conversations.questionnaire import Field, Question, Questionnaire, Rating


def current(questionnaire: Questionnaire, conversation: Conversation) -> Question | None:
    """The question that is open: the one revisited, else the first that is not settled; None when all are."""
    at, answers = conversation.at, conversation.answers
    if at is not None and conversation.place is Place.QUESTION and at in questionnaire.by_id:
        return questionnaire.by_id[at]
    for question in questionnaire.questions:  # asked several times for every press
        if question.id not in answers:
            return question
    return None


def advance(questionnaire: Questionnaire, conversation: Conversation, act: Act) -> Turn:
    """What follows from one act. Anything a respondent can send has a defined, harmless turn; nothing raises."""
    turn = _turn(questionnaire, conversation, act)
    after = turn.conversation
    if after is conversation:
        return turn
    if after.handed_in and not _anything(after):  # who has withdrawn everything has not handed in
        after = after._replace(handed_in=False)
    now, version = current(questionnaire, after), conversation.version + 1
    place = after.place
    if place is Place.QUESTION and after.at is None and now is None:
        place = Place.THANKS if after.handed_in else Place.REVIEW
    since = after.since if now is current(questionnaire, conversation) else version
    return Turn(after._replace(place=place, version=version, since=since), turn.word, turn.effect)


def _turn(questionnaire: Questionnaire, conversation: Conversation, act: Act) -> Turn:
    match act:
        case Rated():
            return _rated(questionnaire, conversation, act)
        case Skipped() | Finished() | Dropped() | Kept() | Referred() | WentBack():
            return _pressed(questionnaire, conversation, act)
        case AskedExample(question):
            known = questionnaire.by_id.get(question)
            has = known is not None and conversation.voice in known.help
            return Turn(conversation, Word(Say.EXAMPLE if has else Say.NO_EXAMPLE, question))
        case Wrote():
            return _wrote(questionnaire, conversation, act)
        case Sent():
            return Turn(conversation, Word(Say.ONLY_TEXT))
        case Edited():
            return Turn(conversation, Word(Say.EDITED))
        case Opened(place, at):
            return _opened(questionnaire, conversation, place, at)
        case ChoseLanguage(language):
            return Turn(_onward(conversation)._replace(language=language))
        case ChoseEachNew(each_new):
            return Turn(conversation._replace(place=Place.SETTINGS, at=None, each_new=each_new))
        case ChoseReminders(wanted):
            if not questionnaire.institution:
                return Turn(conversation, Word(Say.STALE))
            effect = Effect.REMIND if wanted else Effect.LEAVE_ALONE
            return Turn(conversation._replace(place=Place.SETTINGS, at=None), effect=effect)
        case Uncommented(field, version):
            here = conversation.place is Place.COMMENT and conversation.at == field
            if not here or version != conversation.version:  # what was shown when the button was made is shown now
                return Turn(conversation, Word(Say.STALE))
            return Turn(_done(conversation), Word(Say.UNCOMMENTED), Effect.UNCOMMENT)
        case HandedIn():
            if not _anything(conversation):
                return Turn(conversation, Word(Say.NOTHING_YET))
            return Turn(conversation._replace(place=Place.THANKS, at=None, handed_in=True))
        case Deleted(everybody):
            if conversation.place is not Place.DELETE:
                return Turn(conversation, Word(Say.STALE))
            return Turn(conversation, effect=Effect.DELETE_ALL if everybody else Effect.DELETE)
        case WantedData():
            return Turn(conversation, effect=Effect.DATA)
        case WantedResult() | AnotherPerson() if questionnaire.institution:  # it sends no result and has one voice
            return Turn(conversation, Word(Say.STALE))
        case WantedResult():
            if not conversation.handed_in:
                return Turn(conversation, Word(Say.NOT_HANDED_IN))
            return Turn(conversation, Word(Say.WISHED), Effect.WISH)
        case AnotherPerson():
            if not conversation.handed_in:
                return Turn(conversation, Word(Say.NOT_HANDED_IN))
            if conversation.person >= PERSONS:
                return Turn(conversation, Word(Say.ENOUGH_PERSONS, number=PERSONS))
            return Turn(conversation, effect=Effect.ANOTHER)


def _anything(conversation: Conversation) -> bool:
    """Whether there is an answer, a referral or a statement that could be handed in."""
    return bool(conversation.statements) or any(a != SKIPPED for a in conversation.answers.values())


def _onward(conversation: Conversation) -> Conversation:
    """Back to the question that is open (or, when none is, to review or thanks: see `advance`)."""
    return conversation._replace(place=Place.QUESTION, at=None)


def _done(conversation: Conversation) -> Conversation:
    """Back to where one stands when nothing is asked."""
    return conversation._replace(place=Place.THANKS if conversation.handed_in else Place.REVIEW, at=None)


def _answered(conversation: Conversation, question: str, value: str, pressed_at: float | None = None) -> Conversation:
    answers = {**conversation.answers, question: value}
    at = conversation.pressed_at if pressed_at is None else pressed_at
    after = conversation._replace(place=Place.QUESTION, at=None, answers=answers, pressed_at=at)
    return after._replace(referrals=_unreferred(after, question)) if question in after.referrals else after


def _fresh(questionnaire: Questionnaire, conversation: Conversation, question: str, version: int) -> bool:
    """Whether a button belongs to the question that is open now, and was made since it is."""
    now = current(questionnaire, conversation)
    return now is not None and now.id == question and conversation.since <= version <= conversation.version


def _stale(conversation: Conversation, question: str) -> Turn:
    return Turn(conversation, Word(Say.STALE, question))


def _pressed(
    questionnaire: Questionnaire,
    conversation: Conversation,
    act: Skipped | Finished | Dropped | Kept | Referred | WentBack,
) -> Turn:
    """A button of the question that is open; the second half of a double tap on the one before does nothing."""
    question = act.question
    if not _fresh(questionnaire, conversation, question, act.version):
        return _stale(conversation, question)
    if _double(conversation, act.at):
        return Turn(conversation)
    match act:
        case Skipped():
            turn = _skip(questionnaire, conversation, question)
        case Finished():
            turn = _stale(conversation, question) if questionnaire.by_id[question].rating else _finish(
                conversation, question)  # fmt: skip
        case Dropped():  # what was last when the button was made must be the last now
            turn = _drop(questionnaire, conversation, question) if act.version == conversation.version else _stale(
                conversation, question)  # fmt: skip
        case Referred():
            turn = Turn(conversation._replace(place=Place.REFERRAL, at=question)) if questionnaire.institution else (
                _stale(conversation, question))  # fmt: skip
        case Kept():
            turn = Turn(_onward(conversation))
        case WentBack():
            turn = _back(questionnaire, conversation, question)
    if turn.conversation is conversation or act.at is None:
        return turn
    return replace(turn, conversation=turn.conversation._replace(pressed_at=act.at))


def _double(conversation: Conversation, at: float | None) -> bool:
    return at is not None and conversation.pressed_at is not None and 0 <= at - conversation.pressed_at < DOUBLE_TAP


def _rated(questionnaire: Questionnaire, conversation: Conversation, act: Rated) -> Turn:
    if not _fresh(questionnaire, conversation, act.question, act.version):
        same = conversation.answers.get(act.question) == act.value
        return Turn(conversation, Word(Say.ALREADY if same else Say.STALE, act.question, act.value))
    if not questionnaire.by_id[act.question].rating:
        return _stale(conversation, act.question)
    if _double(conversation, act.at):
        return Turn(conversation)
    return Turn(_answered(conversation, act.question, act.value, act.at))


def _skip(questionnaire: Questionnaire, conversation: Conversation, question: str) -> Turn:
    """Skipping; on a question visited again it withdraws the answer. What was just written is not thrown away."""
    if questionnaire.by_id[question].rating:
        return Turn(_answered(conversation, question, SKIPPED))
    if conversation.given(question) and question not in conversation.answers:
        return _finish(conversation, question)
    after = _answered(conversation, question, SKIPPED)
    kept = tuple(s for s in conversation.statements if s.question != question)
    return Turn(after._replace(statements=kept))


def _finish(conversation: Conversation, question: str) -> Turn:
    if not conversation.given(question):
        return Turn(_answered(conversation, question, SKIPPED))
    return Turn(_answered(conversation, question, FINISHED))


def _drop(questionnaire: Questionnaire, conversation: Conversation, question: str) -> Turn:
    given = [i for i, s in enumerate(conversation.statements) if s.question == question]
    if not given:
        return Turn(conversation, Word(Say.NOTHING_TO_DROP))
    kept = conversation.statements[: given[-1]] + conversation.statements[given[-1] + 1 :]
    stays = len(given) > 1 or questionnaire.by_id[question].rating  # a rating stands without its evidence
    answers = conversation.answers if stays else _unsettled(conversation, question)
    return Turn(conversation._replace(statements=kept, answers=answers))


def _unsettled(conversation: Conversation, question: str) -> dict[str, str]:
    return {q: a for q, a in conversation.answers.items() if q != question}


def _unreferred(conversation: Conversation, question: str) -> dict[str, str]:
    return {q: whom for q, whom in conversation.referrals.items() if q != question}


def _back(questionnaire: Questionnaire, conversation: Conversation, question: str) -> Turn:
    ids = [q.id for q in questionnaire.questions]
    before = ids.index(question) - 1
    if before < 0:
        return Turn(conversation, Word(Say.FIRST))
    return Turn(conversation._replace(place=Place.QUESTION, at=ids[before]))


def _wrote(questionnaire: Questionnaire, conversation: Conversation, act: Wrote) -> Turn:
    if conversation.place is Place.REFERRAL:
        return _refer(questionnaire, conversation, act)
    if conversation.place is Place.COMMENTING:
        return _comment(questionnaire, conversation, act)
    question = current(questionnaire, conversation)
    if question is None or conversation.place is not Place.QUESTION:
        return Turn(conversation, Word(Say.NOTHING_ASKED))
    if act.means is Meaning.BACK:
        return _back(questionnaire, conversation, question.id)
    if act.means is Meaning.SKIP:
        return _skip(questionnaire, conversation, question.id)
    if question.rating and isinstance(act.means, Rating):
        return Turn(_answered(conversation, question.id, act.means), Word(Say.NOTED, question.id, act.means))
    if question.rating and (not questionnaire.institution or act.means is not None):
        return Turn(conversation, Word(Say.CHOOSE))
    if act.means is Meaning.FINISH:
        return _finish(conversation, question.id)
    return _added(questionnaire, conversation, question, act.text.strip())


def _added(questionnaire: Questionnaire, conversation: Conversation, question: Question, text: str) -> Turn:
    """One more statement: to an open question, or (an institution's) as evidence to a rating question."""
    if not text:
        return Turn(conversation, Word(Say.ONLY_TEXT))
    given = conversation.given(question.id)
    if len(text) > STATEMENT_LENGTH and (question.rating or not questionnaire.institution):
        return Turn(conversation, Word(Say.TOO_LONG, number=STATEMENT_LENGTH))
    if not question.rating and questionnaire.institution and sum(map(len, (*given, text))) > REPORT_LENGTH:
        return Turn(conversation, Word(Say.REPORT_FULL, number=REPORT_LENGTH))
    if len(given) >= STATEMENTS:
        return Turn(conversation, Word(Say.TOO_MANY, number=STATEMENTS))
    after = conversation
    if conversation.answers.get(question.id) in (SKIPPED, REFERRED):  # whoever writes has something to say after all
        after = after._replace(answers=_unsettled(after, question.id), referrals=_unreferred(after, question.id))
    statements = (*after.statements, Statement(question.id, text))
    word = Word(Say.EVIDENCE, question.id) if question.rating else None
    return Turn(after._replace(statements=statements, at=question.id), word)


def _refer(questionnaire: Questionnaire, conversation: Conversation, act: Wrote) -> Turn:
    """Who may know: the question is settled with that."""
    question, text = conversation.at or "", " ".join(act.text.split())
    if question not in questionnaire.by_id:  # it is asked of somebody else by now
        return Turn(_onward(conversation), Word(Say.STALE))
    if act.means is Meaning.BACK:
        return Turn(conversation._replace(place=Place.QUESTION))
    if not text:
        return Turn(conversation, Word(Say.ONLY_TEXT))
    if len(text) > REFERRAL_LENGTH:
        return Turn(conversation, Word(Say.TOO_LONG, number=REFERRAL_LENGTH))
    after = _answered(conversation, question, REFERRED)
    return Turn(after._replace(referrals={**after.referrals, question: text}), Word(Say.NOTED, question, REFERRED))


def _comment(questionnaire: Questionnaire, conversation: Conversation, act: Wrote) -> Turn:
    """The text of a Stellungnahme; a later message is none, unless it is asked for again."""
    if _commented(questionnaire, conversation.at) is None:  # the field is asked of somebody else by now
        return Turn(_done(conversation), Word(Say.STALE))
    if act.means is Meaning.BACK:
        return Turn(_done(conversation))
    if not act.text.strip():
        return Turn(conversation, Word(Say.ONLY_TEXT))
    if len(act.text.strip()) > COMMENT_LENGTH:
        return Turn(conversation, Word(Say.COMMENT_TOO_LONG, number=COMMENT_LENGTH))
    return Turn(conversation._replace(place=Place.COMMENT), Word(Say.COMMENTED), Effect.COMMENT)


def _commented(questionnaire: Questionnaire, field: str | None) -> Field | None:
    """A field on which an institution's contributor may say something of its own."""
    return next((f for f in questionnaire.fields if f.id == field), None) if questionnaire.institution else None


def after_deadline(before: Conversation, turn: Turn) -> Turn:
    """What a turn becomes when answers are not taken any more: what was answered stands, and nothing is asked."""
    after = turn.conversation
    if _answers(after) == _answers(before) and after.place not in (Place.QUESTION, Place.REFERRAL, Place.PAUSED):
        return turn
    since = before.version + 1
    kept = before._replace(language=after.language, version=since, since=since)
    return Turn(_done(kept), Word(Say.DEADLINE))


def _answers(one: Conversation) -> tuple[object, ...]:
    return one.answers, one.statements, one.referrals, one.handed_in


def _opened(questionnaire: Questionnaire, conversation: Conversation, place: Place, at: str | None) -> Turn:
    match place:
        case Place.QUESTION if at is not None:
            if at not in questionnaire.by_id:
                return Turn(conversation, Word(Say.STALE))
            return Turn(conversation._replace(place=place, at=at))
        case Place.REFERRAL:  # has a button of its own
            return Turn(conversation, Word(Say.STALE))
        case Place.COMMENTING | Place.COMMENT:
            if _commented(questionnaire, at) is None:
                return Turn(conversation, Word(Say.STALE))
            return Turn(conversation._replace(place=place, at=at))
        case Place.FIELD if at not in {g.field.id if g.field else "open" for g in questionnaire.groups}:
            return Turn(conversation, Word(Say.STALE))
        case Place.THANKS if not conversation.handed_in:
            return Turn(conversation, Word(Say.NOT_HANDED_IN))
        case Place.QUESTION:
            return Turn(_onward(conversation))
        case Place.PAUSED if current(questionnaire, conversation._replace(place=place)) is None:
            return Turn(_onward(conversation))
        case _:
            return Turn(conversation._replace(place=place, at=at if place is Place.FIELD else None))


# ---- what is shown ----------------------------------------------------------------------------------------------


def screen(questionnaire: Questionnaire, conversation: Conversation) -> Screen:
    """What a conversation shows now."""
    match conversation.place:
        case Place.QUESTION:
            question = current(questionnaire, conversation)
            if question is None:  # cannot follow from advance; a kept conversation of a shorter day still shows
                return _review(questionnaire, conversation)
            return _question(questionnaire, conversation, question)
        case Place.REFERRAL:
            asked = questionnaire.by_id.get(conversation.at or "")
            return ReferralScreen(asked) if asked else screen(questionnaire, _onward(conversation))
        case Place.COMMENTING | Place.COMMENT:
            field = _commented(questionnaire, conversation.at)
            if field is None:  # it is asked of somebody else by now
                return screen(questionnaire, _done(conversation))
            return CommentScreen(field, conversation.place is Place.COMMENTING)
        case Place.REVIEW:
            return _review(questionnaire, conversation)
        case Place.FIELD:
            return _field(questionnaire, conversation)
        case Place.SETTINGS:
            return SettingsScreen(conversation.each_new)
        case Place.LANGUAGE:
            return LanguageScreen()
        case Place.PAUSED:
            return PausedScreen(sum(q.id not in conversation.answers for q in questionnaire.questions))
        case Place.DELETE:
            return DeleteScreen()
        case Place.THANKS:
            return ThanksScreen(conversation.person)


def _question(questionnaire: Questionnaire, conversation: Conversation, question: Question) -> QuestionScreen:
    return QuestionScreen(
        question=question,
        answer=conversation.answers.get(question.id),
        statements=conversation.given(question.id),
        first=question is questionnaire.questions[0],
    )


def _review(questionnaire: Questionnaire, conversation: Conversation) -> ReviewScreen:
    progress = []
    for group in questionnaire.groups:
        given = [conversation.answers[q.id] for q in group.questions if q.id in conversation.answers]
        skipped, referred = given.count(SKIPPED), given.count(REFERRED)
        answered = len(given) - skipped - referred
        progress.append(Progress(group.field, answered, skipped, len(group.questions), referred))
    return ReviewScreen(tuple(progress), conversation.handed_in)


def _field(questionnaire: Questionnaire, conversation: Conversation) -> FieldScreen | ReviewScreen:
    wanted = None if conversation.at == "open" else conversation.at
    group = next((g for g in questionnaire.groups if (g.field.id if g.field else None) == wanted), None)
    if group is None:  # it is asked of somebody else by now
        return _review(questionnaire, conversation)
    entries = tuple((q, conversation.answers.get(q.id), conversation.given(q.id)) for q in group.questions)
    return FieldScreen(group.field, entries)
