"""Closing a survey: the release is made, everybody concerned gets a letter, and then the link to people is erased."""

from __future__ import annotations

from datetime import UTC, date, datetime
from sqlite3 import Connection

from bot import organising
from bot.organising import PARKED
from conversations.questionnaire import Questionnaire
from conversations.store import contributions, figures, people, post, surveys
from conversations.store.contributions import Entry
from conversations.store.figures import KeptRelease, Turnout
from conversations.store.post import Letter
from conversations.survey import FiguresError, Survey
from reports.release import Answers, Facts, Release, release


class ClosedError(ValueError):
    """A survey is closed already, or still open, and should not be."""


class UnsignedError(ValueError):
    """A town's statement is not to end before it was signed."""


NOT_CLOSED = (FiguresError, ClosedError)  # why a survey stays open, whoever closes it


def close(tx: Connection, survey: Survey, questionnaire: Questionnaire, now: datetime) -> Release:
    """Closes a survey, makes its release, and queues the letters.

    The day of closing is the one that was announced, if it is past: the day of deletion counts from it. Raises
    FiguresError where figures do not add up, ClosedError where the survey is closed already,
    UnsignedError for a town's statement: what it says is signed and not counted, see `end`.
    """
    if questionnaire.institution:
        raise UnsignedError(f"survey {survey.id} is a town's statement")
    if (surveys.all_surveys(tx))[survey.id].closed:
        raise ClosedError(f"survey {survey.id} is closed already")
    day = min(now, survey.closes or now).astimezone(UTC).date()
    _shut(tx, survey, questionnaire, day)
    found = _release(tx, survey, questionnaire, now.astimezone(UTC).date())
    _letters(tx, survey, now)
    surveys.note(tx, survey.commune_id, day.isoformat(), "close", f"{survey.id} {found.digest}")
    return found


def end(tx: Connection, survey: Survey, now: datetime, who: str) -> KeptRelease:
    """Ends a town's statement: what was signed last stands, and the link to people is erased when letters are gone.

    Raises ClosedError where it has ended already, UnsignedError where nothing was signed.
    """
    if (surveys.all_surveys(tx))[survey.id].closed:
        raise ClosedError(f"survey {survey.id} is closed already")
    signed, day = figures.newest_release(tx, survey.id), now.astimezone(UTC).date().isoformat()
    if signed is None:
        raise UnsignedError(f"survey {survey.id} is not signed yet")
    surveys.close(tx, survey.id, day)
    _letters(tx, survey, now)
    contributions.log(
        tx, survey.id, Entry(int(now.timestamp()), who, "close", f"version {signed.number}", "", signed.digest)
    )
    surveys.note(tx, survey.commune_id, day, "close", f"{survey.id} {signed.digest}")
    return signed


def close_again(tx: Connection, survey: Survey, questionnaire: Questionnaire, then: datetime) -> bool:
    """Closes a survey that was closed `then` and that a restored backup still holds open; letters go as they did.

    A release that was carried over stays in force; where there is none it is made of what the backup holds, and True.
    A town's statement is never made anew: it would have to be signed.
    """
    _shut(tx, survey, questionnaire, then.astimezone(UTC).date())
    anew = figures.newest_release(tx, survey.id) is None and not questionnaire.institution
    if anew:
        _release(tx, survey, questionnaire, then.astimezone(UTC).date())
    _letters(tx, survey, then)
    return anew


def empty(tx: Connection, survey: Survey, now: datetime) -> bool:
    """Deletes all respondents of a closed survey before its day, and whatever leads to them; the release stays.

    Gives whether there were any. Raises ClosedError where the survey is still open.
    """
    if not (surveys.all_surveys(tx))[survey.id].closed:
        raise ClosedError(f"survey {survey.id} is not closed yet")
    if survey.salt is not None:
        surveys.erase_link(tx, survey.id)
    found = surveys.erase_people(tx, survey.id) > 0
    surveys.note(tx, survey.commune_id, now.astimezone(UTC).date().isoformat(), "purge", survey.id)
    return found


def _shut(tx: Connection, survey: Survey, questionnaire: Questionnaire, day: date) -> None:
    """Marks a survey as closed, and lets moderators see what was said in voices that are large enough.

    What departments write is the town's own and stands in its statement; there is nothing for moderators.
    """
    surveys.close(tx, survey.id, day.isoformat())
    for voice in () if questionnaire.institution else survey.voices:
        figures.list_statements(tx, survey.id, voice, survey.groups[voice])


def _release(tx: Connection, survey: Survey, questionnaire: Questionnaire, day: date) -> Release:
    """The one release of a survey. There is no later one: the difference of two would tell what single people said."""
    turnout = figures.turnout(tx, survey.id)
    answers = {
        voice: Answers(
            figures.proved(tx, survey.id, voice),
            found.handed_in,
            found.rest,
            figures.spoken(tx, survey.id, voice),
            figures.released_ids(tx, survey.id, voice),
            found.apart,
        )
        for voice in survey.voices
        for found in [turnout.get(voice, Turnout(0, 0, 0))]
    }
    closed = (surveys.closed_days(tx)).get(survey.id, day.isoformat())
    facts = Facts(
        survey.id,
        survey.commune.kind,
        date.fromisoformat(closed),
        day,
        date.fromisoformat(surveys.opened_day(tx, survey.id)),
    )
    found = release(questionnaire, facts, answers, survey.groups)
    figures.keep_release(tx, survey.id, KeptRelease(1, day.isoformat(), found.digest, found.bytes.decode()))
    return found


def _letters(tx: Connection, survey: Survey, now: datetime) -> None:
    """One letter to whoever has not handed in, the result to whoever wanted it, the digest to the organisers."""
    until = int((now + PARKED).timestamp())
    letters = [
        Letter(0, respondent, survey.id, "unfinished", language, until)
        for respondent, language in people.unfinished(tx, survey.id)
    ]
    letters += post.grant_wishes(tx, survey.id, until)
    post.post(tx, letters)
    organising.tell(tx, survey, "release", now)
