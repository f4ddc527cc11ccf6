"""Closing a survey: the release is made, everybody concerned gets a letter, and then the link to people is erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from aiosqlite import Connection

from bot import organising
from bot.organising import PARKED
from bot.words import PLAIN, Plain
from conversations.questionnaire import Questionnaire, Voice
from conversations.store import Store, figures, people, post, surveys
from conversations.store.figures import KeptRelease
from conversations.store.post import Address, Letter
from conversations.survey import Survey
from locales import catalogue
from reports.release import Answers, Facts, Release, read, release


async def close(tx: Connection, survey: Survey, questionnaire: Questionnaire, now: datetime) -> Release:
    """Closes a survey, makes its release, and queues the letters. Raises ReleaseError where figures do not add up."""
    day = now.date()
    await surveys.close(tx, survey.id, day.isoformat())
    for voice, (done, _) in (await figures.handed_in(tx, survey.id)).items():
        if done >= survey.groups[voice] or questionnaire.institution:
            await figures.list_statements(tx, survey.id, voice)
    found = await _release(tx, survey, questionnaire, day, None, {})
    await _letters(tx, survey, questionnaire, now)
    await surveys.note(tx, survey.commune_id, day.isoformat(), "close", f"{survey.id} {found.digest}")
    return found


async def renew(tx: Connection, survey: Survey, questionnaire: Questionnaire, now: datetime) -> tuple[Release, bool]:
    """A later release, if at least k respondents of a voice changed; else the old one stands, and False."""
    kept = await figures.newest_release(tx, survey.id)
    if kept is None:
        raise LookupError(f"survey {survey.id} has no release yet")
    before = read(kept.document, questionnaire)
    found = await _release(tx, survey, questionnaire, now.date(), (before, kept.number), kept.changed)
    return found, found.digest != before.digest


async def _release(
    tx: Connection,
    survey: Survey,
    questionnaire: Questionnaire,
    day: date,
    before: tuple[Release, int] | None,
    changed: Mapping[Voice, int],
) -> Release:
    done = await figures.handed_in(tx, survey.id)
    answers = {
        voice: Answers(
            await figures.tally(tx, survey.id, voice),
            *done.get(voice, (0, 0)),
            await figures.spoken(tx, survey.id, voice),
            await figures.released_ids(tx, survey.id, voice),
        )
        for voice in survey.voices
    }
    closed = (await surveys.closed_days(tx)).get(survey.id, day.isoformat())
    facts = Facts(
        survey.id,
        survey.commune.kind,
        date.fromisoformat(closed),
        day,
        date.fromisoformat(await surveys.opened_day(tx, survey.id)),
    )
    old = before[0] if before else None
    found = release(questionnaire, facts, answers, survey.groups, before=old, changed=changed)
    if old is None or found.digest != old.digest:
        number = before[1] + 1 if before else 1
        kept = KeptRelease(number, day.isoformat(), found.digest, found.bytes.decode(), {})
        await figures.keep_release(tx, survey.id, kept)
    return found


async def _letters(tx: Connection, survey: Survey, questionnaire: Questionnaire, now: datetime) -> None:
    """One letter to whoever has not handed in, the result to whoever wanted it, the digest to the organisers."""
    until = int((now + PARKED).timestamp())
    letters = [
        Letter(0, respondent, survey.id, "unfinished", language, catalogue(language).t(PLAIN[Plain.UNFINISHED]), until)
        for respondent, language in await people.unfinished(tx, survey.id)
    ]
    wishes = await post.wishes(tx, survey.id)
    await post.keep_addresses(tx, [Address(identifier, survey.id, sealed) for identifier, _, sealed in wishes])
    for identifier, language, _ in wishes:
        body = await organising.digest_text(tx, survey, questionnaire, catalogue(language))
        letters.append(Letter(0, identifier, survey.id, "result", language, body, until))
    await post.drop_wishes(tx, [identifier for identifier, _, _ in wishes])
    await post.post(tx, letters)
    await organising.tell(tx, survey, questionnaire, "release", now)


async def housekeeping(store: Store, questionnaires: Mapping[str, Questionnaire], now: datetime) -> list[str]:
    """What comes due by itself: closing, erasing the link, the end of retention. Gives one line for each thing done."""
    done: list[str] = []

    async def unit(tx: Connection) -> bool:
        erased = False
        every, closed = await surveys.all_surveys(tx), await surveys.closed_days(tx)
        for survey in every.values():
            questionnaire = questionnaires[survey.questionnaire]
            if not survey.closed and survey.closes is not None and now >= survey.closes:
                found = await close(tx, survey, questionnaire, now)
                done.append(f"survey {survey.id} closed, release {found.digest[:12]}")
            elif (
                survey.closed
                and survey.salt is not None
                and not await post.waiting(tx, survey.id, int(now.timestamp()))
            ):
                await surveys.erase_link(tx, survey.id)
                erased = True
                done.append(f"survey {survey.id}: addresses and salt erased")
            elif survey.closed and survey.salt is None:
                last = date.fromisoformat(closed[survey.id])
                if survey.closes is not None:  # the notice promised a day; a late closing must not put it off
                    last = min(last, survey.closes.date())
                if (now.date() - last).days >= survey.commune.retention_days and (
                    number := await surveys.erase_people(tx, survey.id)
                ):
                    erased = True
                    done.append(f"survey {survey.id}: retention over, {number} respondents deleted")
        two_days_ago = date.fromordinal(now.date().toordinal() - 2).isoformat()
        await post.forget_old(tx, two_days_ago, int(now.timestamp()))
        return erased

    if await store.write(unit) and not await store.forget():
        done.append("the write-ahead log could not be emptied yet; the next start does it")
    return done
