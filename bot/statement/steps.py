"""Every step by which many departments come to one signed statement; each is written into the journal with it.

The chat, the command line and the sheets all take these steps, so the same rules hold at every door. All of it runs
inside one transaction of the caller's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from sqlite3 import Connection

from bot.identity import hashed, new_id, new_token
from conversations.conversation import COMMENT_LENGTH, REPORT_LENGTH, Conversation, Place
from conversations.institution import Contributor, Decision, Position, decision, positions, progress, unsettled
from conversations.questionnaire import Questionnaire, chosen
from conversations.store import contributions, figures, people, post, surveys
from conversations.store.contributions import Choice, Comment, Entry
from conversations.store.figures import KeptRelease
from conversations.store.post import Letter
from conversations.survey import Survey
from reports.release import Facts, Release, declared, read
from reports.statement import Remark, Signature, Statement

LINK_DAYS = 14  # how long a contributor's one-time link is good
LETTER_DAYS = 7  # how long a letter about a part waits for its chat
REASON_LENGTH = 1000  # characters of a reason
TITLE_LENGTH = 120  # characters of a department, a function or a name
COORDINATOR = "Koordination"  # who takes a step in the journal, where nobody says by which function


class Refusal(StrEnum):
    """Why a step cannot be made."""

    KNOWN = "known"  # department and function are named already
    UNKNOWN = "unknown"  # no such contributor
    NO_QUESTION = "no-question"
    NO_REASON = "no-reason"
    NO_FIELD = "no-field"
    TOO_LONG = "too-long"
    NO_VALUE = "no-value"
    NOT_PRESENTED = "not-presented"
    NOT_ASKED = "not-asked"  # nothing of that field was given to this contributor
    OPEN_QUESTIONS = "open-questions"
    NO_FUNCTION = "no-function"
    SAME = "same"  # nothing has changed since the last version
    CLOSED = "closed"
    NO_STATEMENT = "no-statement"  # the survey is of persons


class StepError(ValueError):
    """A step that cannot be made; `why` says which words a reader gets, `what` names what it is about."""

    def __init__(self, why: Refusal, what: str = "") -> None:
        super().__init__(f"{why}: {what}" if what else str(why))
        self.why, self.what = why, what


@dataclass(frozen=True)
class Town:
    """A statement as it stands: who was asked, what they said, what follows for the town."""

    survey: Survey
    questionnaire: Questionnaire
    contributors: Sequence[Contributor]
    conversations: Mapping[str, Conversation]
    decisions: Mapping[str, Decision]
    positions: Mapping[str, Position]
    comments: Sequence[Comment]
    choice: Choice | None
    drafts: Mapping[str, str]
    presented: str | None
    signed: KeptRelease | None

    @property
    def open(self) -> list[str]:
        """The questions that keep it from being signed."""
        return unsettled(self.positions)

    def contributor(self, identifier: str) -> Contributor:
        """The contributor with this id. Raises StepError."""
        found = next((c for c in self.contributors if c.id == identifier), None)
        if found is None:
            raise StepError(Refusal.UNKNOWN, identifier)
        return found

    def conversation(self, one: Contributor) -> Conversation | None:
        """What a contributor has answered so far."""
        return self.conversations.get(one.respondent or "")

    def fields(self, one: Contributor) -> list[str]:
        """The fields of which a contributor was given anything."""
        return [f.id for f in self.questionnaire.fields if any(q.id in one.questions for q in f.questions)]


def town(tx: Connection, survey: Survey, questionnaire: Questionnaire) -> Town:
    """The statement of an institution's survey as it stands now. Raises StepError for a survey of persons."""
    if not questionnaire.institution:
        raise StepError(Refusal.NO_STATEMENT, survey.id)
    found = contributions.contributors(tx, survey.id)
    conversations = contributions.conversations(tx, found)
    decisions = contributions.decisions(tx, survey.id)
    return Town(
        survey, questionnaire, found, conversations, decisions,
        positions(questionnaire, found, conversations, decisions),
        contributions.comments(tx, survey.id), contributions.choice(tx, survey.id),
        contributions.drafts(tx, survey.id), contributions.presented_day(tx, survey.id),
        figures.newest_release(tx, survey.id),
    )  # fmt: skip


def _log(tx: Connection, survey: str, now: datetime, who: str, step: str, subject: str,
         before: str = "", after: str = "") -> None:  # fmt: skip
    contributions.log(tx, survey, Entry(int(now.timestamp()), who, step, subject, before, after))


def _open(found: Town) -> None:
    if found.survey.closed:
        raise StepError(Refusal.CLOSED, found.survey.id)


# ---- who is asked what ------------------------------------------------------------------------------------------


def invite(tx: Connection, found: Town, department: str, function: str, name: str | None,
           now: datetime, who: str) -> tuple[Contributor, str]:  # fmt: skip
    """Names a contributor; gives it with the token of its one-time link. Raises StepError."""
    _open(found)
    one = Contributor(new_id(8), " ".join(department.split()), " ".join(function.split()), name or None)
    if not one.department or not one.function:
        raise StepError(Refusal.NO_FUNCTION)
    if max(len(one.department), len(one.function), len(one.name or "")) > TITLE_LENGTH:
        raise StepError(Refusal.TOO_LONG, str(TITLE_LENGTH))
    if any((c.department, c.function) == (one.department, one.function) for c in found.contributors):
        raise StepError(Refusal.KNOWN, one.title)
    contributions.add(tx, found.survey.id, one)
    _log(tx, found.survey.id, now, who, "contributor", one.title)
    return one, link(tx, found, one, now, who)


def link(tx: Connection, found: Town, one: Contributor, now: datetime, who: str) -> str:
    """The token of a new one-time link for a contributor; an earlier one is good no more."""
    _open(found)
    token = new_token()
    contributions.invite(tx, one.id, hashed(token), int((now + timedelta(days=LINK_DAYS)).timestamp()))
    _log(tx, found.survey.id, now, who, "link", one.title)
    return token


def assign(tx: Connection, found: Town, identifier: str, names: Iterable[str], now: datetime, who: str) -> list[str]:
    """Gives fields, criteria or questions to a contributor; gives the ids that are new to it.

    Whoever has handed in already is asked again, for the new ones. Raises StepError and QuestionnaireError.
    """
    _open(found)
    one = found.contributor(identifier)
    wanted = dict.fromkeys(q for name in names for q in chosen(found.questionnaire, name))
    new = [q for q in wanted if q not in one.questions]
    if not new:
        return []
    contributions.assign(tx, one.id, new)
    _log(tx, found.survey.id, now, who, "assign", one.title, after=", ".join(new))
    conversation = found.conversation(one)
    if conversation is not None and conversation.handed_in and any(q not in conversation.answers for q in new):
        asked = conversation._replace(handed_in=False, place=Place.QUESTION, at=None, version=conversation.version + 1,
                                      since=conversation.version + 1)  # fmt: skip
        people.keep(tx, {asked.respondent: conversation}, [asked])
    _write_to(tx, found, one, "part", now)
    return new


def withdraw(tx: Connection, found: Town, identifier: str, names: Iterable[str], now: datetime, who: str) -> list[str]:
    """Takes fields, criteria or questions from a contributor; gives the ids it had. Raises as `assign` does."""
    _open(found)
    one = found.contributor(identifier)
    gone = [q for name in names for q in chosen(found.questionnaire, name) if q in one.questions]
    contributions.withdraw(tx, one.id, gone)
    if gone:
        _log(tx, found.survey.id, now, who, "withdraw", one.title, before=", ".join(gone))
    return gone


def joined(tx: Connection, survey: str, one: Contributor, now: datetime) -> None:
    """Writes down that a contributor has used its link."""
    _log(tx, survey, now, one.title, "join", one.title)


def left(tx: Connection, survey: str, one: Contributor, now: datetime) -> None:
    """Writes down that a contributor has deleted all it said; it can be invited again."""
    _log(tx, survey, now, one.title, "delete", one.title)


def handed_in(tx: Connection, survey: str, one: Contributor, before: Conversation | None, after: Conversation,
              now: datetime) -> None:  # fmt: skip
    """Writes down what a contributor changed: answers, evidence and self-reports, and that it handed in."""
    for question in sorted(one.questions):
        then, since = before.answers.get(question, "") if before else "", after.answers.get(question, "")
        if then != since:
            _log(tx, survey, now, one.title, "answer", question, then, since)
        words = _words(before, question), _words(after, question)
        if words[0] != words[1]:
            _log(tx, survey, now, one.title, "text", question, *words)
    if after.handed_in != (before.handed_in if before else False):
        done, asked, _ = progress(one, after)
        _log(tx, survey, now, one.title, "hand-in" if after.handed_in else "take-back", f"{done}/{asked}")


def _words(conversation: Conversation | None, question: str) -> str:
    """What a contributor wrote to a question: evidence or a self-report, and whom it named."""
    if conversation is None:
        return ""
    target = conversation.referrals.get(question)
    return "\n\n".join([*conversation.given(question), *([target] if target else [])])


# ---- what the town says -----------------------------------------------------------------------------------------


def decide(tx: Connection, found: Town, question: str, answer: str, reason: str, now: datetime, who: str) -> Decision:
    """The coordinator's decision on a question, with a reason. Raises StepError."""
    _open(found)
    if question not in found.positions:
        raise StepError(Refusal.NO_QUESTION, question)
    if not reason.strip():
        raise StepError(Refusal.NO_REASON, question)
    if len(reason) > REASON_LENGTH:
        raise StepError(Refusal.TOO_LONG, str(REASON_LENGTH))
    position = found.positions[question]
    if not found.questionnaire.by_id[question].rating and len(answer) > REPORT_LENGTH:
        raise StepError(Refusal.TOO_LONG, str(REPORT_LENGTH))
    try:
        made = decision(found.questionnaire.by_id[question], position, answer, reason)
    except ValueError:
        raise StepError(Refusal.NO_VALUE, answer) from None
    contributions.decide(tx, found.survey.id, question, made)
    after = f"{made.value if made.text is None else made.text}: {made.reason}"
    _log(tx, found.survey.id, now, who, "decide", question, position.value or position.text, after)
    return made


def undecide(tx: Connection, found: Town, question: str, now: datetime, who: str) -> bool:
    """Takes a decision back; False where there is none."""
    _open(found)
    made = found.decisions.get(question)
    if made is None:
        return False
    contributions.undecide(tx, found.survey.id, question)
    _log(tx, found.survey.id, now, who, "undecide", question, made.value or made.text or "")
    return True


def choose(tx: Connection, found: Town, fields: Sequence[str], reason: str, now: datetime, who: str) -> None:
    """Sets the focus fields of the workshop, with a reason. Raises StepError."""
    _open(found)
    known = [f.id for f in found.questionnaire.fields]
    if wrong := [f for f in fields if f not in known]:
        raise StepError(Refusal.NO_QUESTION, wrong[0])
    if not fields:
        raise StepError(Refusal.NO_FIELD)
    if not reason.strip():
        raise StepError(Refusal.NO_REASON)
    if len(reason) > REASON_LENGTH:
        raise StepError(Refusal.TOO_LONG, str(REASON_LENGTH))
    one = Choice(tuple(f for f in known if f in fields), reason.strip())
    before = "" if found.choice is None else ", ".join(found.choice.fields)
    contributions.choose(tx, found.survey.id, one)
    _log(tx, found.survey.id, now, who, "choose", "focus", before, f"{', '.join(one.fields)}: {one.reason}")


def present(tx: Connection, found: Town, now: datetime, who: str) -> None:
    """Shows every department the town's answers to its parts; from now on it may comment. Raises StepError."""
    _open(found)
    if found.open:
        raise StepError(Refusal.OPEN_QUESTIONS, ", ".join(found.open))
    contributions.present(tx, found.survey.id, now.date().isoformat())
    _log(tx, found.survey.id, now, who, "present", found.survey.id, found.presented or "", now.date().isoformat())
    for one in found.contributors:
        _write_to(tx, found, one, "presented", now)


def comment(tx: Connection, found: Town, one: Contributor, field: str, text: str, now: datetime) -> None:
    """A contributor's Stellungnahme on a field, signed by department and function; "" takes it back.

    Raises StepError where the parts have not been shown yet or the field is not among its own.
    """
    _open(found)
    if found.presented is None:
        raise StepError(Refusal.NOT_PRESENTED)
    if field not in found.fields(one):
        raise StepError(Refusal.NOT_ASKED, field)
    if len(text) > COMMENT_LENGTH:
        raise StepError(Refusal.TOO_LONG, str(COMMENT_LENGTH))
    before = next((c.text for c in found.comments if (c.contributor, c.field) == (one.id, field)), "")
    contributions.comment(tx, Comment(one.id, field, text.strip(), now.date().isoformat()))
    _log(tx, found.survey.id, now, one.title, "comment", field, before, text.strip())


def sign(tx: Connection, found: Town, function: str, now: datetime) -> Release:
    """Freezes the statement as a release, signed by a function on this day; a later one is a new version.

    Raises StepError where questions are open or nothing has changed, ReleaseError where figures do not add up.
    """
    _open(found)
    if not function.strip():
        raise StepError(Refusal.NO_FUNCTION)
    if len(function) > TITLE_LENGTH:
        raise StepError(Refusal.TOO_LONG, str(TITLE_LENGTH))
    if found.open:
        raise StepError(Refusal.OPEN_QUESTIONS, ", ".join(found.open))
    before = None if found.signed is None else read(found.signed.document, found.questionnaire).document
    number, day = (found.signed.number if found.signed else 0) + 1, now.date()
    made = declared(found.questionnaire, _facts(tx, found, day), _statement(found, number, function.strip(), day),
                    before)  # fmt: skip
    if before is not None and _without_signature(before) == _without_signature(made.document):
        raise StepError(Refusal.SAME, str(number - 1))
    figures.keep_release(tx, found.survey.id, KeptRelease(number, day.isoformat(), made.digest, made.bytes.decode()))
    _log(tx, found.survey.id, now, function.strip(), "sign", f"version {number}", after=made.digest)
    surveys.note(tx, found.survey.commune_id, day.isoformat(), "sign", f"{found.survey.id} {made.digest}")
    for one in found.contributors:
        _write_to(tx, found, one, "signed", now)
    return made


def _facts(tx: Connection, found: Town, day: date) -> Facts:
    opened = date.fromisoformat(surveys.opened_day(tx, found.survey.id))
    return Facts(found.survey.id, found.survey.commune.kind, day, day, opened)


def _statement(found: Town, number: int, function: str, day: date) -> Statement:
    return Statement(
        Signature(number, function, day),
        found.contributors,
        found.conversations,
        found.positions,
        [Remark(c.contributor, c.field, c.text, c.day) for c in found.comments],
        None if found.choice is None else (found.choice.fields, found.choice.reason),
        found.drafts,
        found.survey.commune.office,
    )


def _without_signature(document: Mapping[str, object]) -> str:
    """What a version says, without who signed it when."""
    block = document["town"]
    assert isinstance(block, Mapping)  # noqa: S101 - checked when the release was read or made
    rest = {name: value for name, value in block.items() if name not in ("version", "signed", "changes")}
    return json.dumps([document["voices"], rest], sort_keys=True)


def _write_to(tx: Connection, found: Town, one: Contributor, kind: str, now: datetime) -> None:
    """Queues a letter to a contributor who has a chat."""
    conversation = found.conversation(one)
    if conversation is None or not post.addresses(tx, [conversation.respondent]):
        return
    until = int((now + timedelta(days=LETTER_DAYS)).timestamp())
    post.post(tx, [Letter(0, conversation.respondent, found.survey.id, kind, conversation.language, until)])
