"""What comes due by itself: closing, steps of k, reminders, erasing the link to people, the end of retention."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from sqlite3 import Connection

from conversations.questionnaire import Questionnaire
from conversations.store import Store, organisers, post, surveys
from conversations.survey import Survey

log = logging.getLogger("weltoffen.housekeeping")


async def housekeeping(
    store: Store, questionnaires: Mapping[str, Questionnaire], now: datetime, *, steps: bool, thorough: bool
) -> list[str]:
    """What comes due by itself: closing, erasing the link, the end of retention. Gives one line for each thing done.

    With `steps` voices take the steps they have reached; with `thorough` what is older than two days is dropped.
    Each survey is a transaction of its own, so that trouble with one does not hold the others up.
    """
    done: list[str] = []
    for survey in (await store.read(surveys.all_surveys)).values():
        questionnaire = questionnaires[survey.questionnaire]
        if survey.closed:
            line = await store.write(lambda tx, s=survey: _erased(tx, s, now))  # type: ignore[misc]
        elif not questionnaire.institution and survey.closes is not None and now >= survey.closes:
            line = await _closed(store, survey, questionnaire, now)
        else:  # a town's statement is signed and ended by people: of itself only reminders go out
            line = await store.write(lambda tx, s=survey, q=questionnaire: _step(tx, s, q, now)) if steps else None  # type: ignore[misc]
        if line is not None:
            done.append(line)
    if thorough:
        two_days_ago = date.fromordinal(now.astimezone(UTC).date().toordinal() - 2).isoformat()
        await store.write(lambda tx: post.forget_old(tx, two_days_ago, int(now.timestamp())))
        await store.write(lambda tx: organisers.forget_asked(tx, int(now.timestamp())))
    if not await store.forget() and done:
        done.append("the database could not be rebuilt yet; the next start does it")
    return done


async def _closed(store: Store, survey: Survey, questionnaire: Questionnaire, now: datetime) -> str | None:
    """Closes a survey whose time is over; where its figures do not add up it stays open, and that is said."""
    from bot import closing  # what makes releases is read only where one is made: a start takes half a second

    try:
        found = await store.write(lambda tx: closing.close(tx, survey, questionnaire, now))
    except closing.NOT_CLOSED as error:
        log.error("survey %s cannot be closed (%s); see: weltoffen survey close", survey.id, type(error).__name__)
        return None
    return f"survey {survey.id} closed, release {found.digest[:12]}"


def _step(tx: Connection, survey: Survey, questionnaire: Questionnaire, now: datetime) -> str | None:
    """The next steps of an open survey's voices, or the reminders of its contributors."""
    if survey.id in surveys.closed_days(tx):  # by another process, since it was read
        return None
    from bot import organising
    from bot.statement import contributing

    if not questionnaire.institution:
        organising.step(tx, survey, now)
        return None
    number = contributing.remind(tx, survey, questionnaire, now)
    return f"survey {survey.id}: {number} reminded" if number else None


def _erased(tx: Connection, survey: Survey, now: datetime) -> str | None:
    """What a closed survey still holds of people, as far as its time is over."""
    last = date.fromisoformat((surveys.closed_days(tx))[survey.id])
    over = (now.astimezone(UTC).date() - last).days >= survey.commune.retention_days
    if survey.salt is not None:
        if not over and post.waiting(tx, survey.id, int(now.timestamp())):
            return None
        surveys.erase_link(tx, survey.id)
        return f"survey {survey.id}: addresses and salt erased"
    if not over:
        return None
    number = surveys.erase_people(tx, survey.id)
    return f"survey {survey.id}: retention over, all respondents deleted" if number else None
