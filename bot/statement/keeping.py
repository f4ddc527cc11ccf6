"""Writes what a batch of updates changed of contributors' seats: who used a link, who goes, reminders, Stellungnahmen.

Each change is written with its line in the journal, in the transaction of the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from sqlite3 import Connection

from bot.statement import steps
from bot.statement.contributing import past
from conversations.conversation import Conversation
from conversations.institution import Contributor, Seat
from conversations.questionnaire import Questionnaire
from conversations.store import contributions, people
from conversations.survey import Survey

Sheets = Mapping[str, tuple[str, Conversation]]
"""What stands on sheets of those who used a link, by respondent: under which name it was kept, and what it is now."""


def bind(tx: Connection, taken: Mapping[str, Seat], sheets: Sheets, now: datetime) -> dict[str, Conversation]:
    """Binds those who used a link to their contributors; gives what stood on their sheets, which is theirs now."""
    found = {}
    for respondent, seat in taken.items():
        if respondent in sheets:
            former, found[respondent] = sheets[respondent]
            people.rename(tx, {former: respondent})
        contributions.bind(tx, seat.contributor.id, respondent)
        steps.joined(tx, seat.survey, seat.contributor, now)
    return found


def leave(tx: Connection, seats: Iterable[Seat], now: datetime) -> None:
    """These are no contributors any more."""
    for seat in seats:
        steps.left(tx, seat.survey, seat.contributor, now)


def keep(
    tx: Connection, survey: Survey, questionnaire: Questionnaire, before: Seat, after: Seat, now: datetime
) -> None:
    """Writes what a contributor changed: whether it is reminded, and its Stellungnahmen. Raises StepError."""
    if before.contributor.reminders != after.contributor.reminders:
        _remember(tx, survey, after.contributor, now)
    for field in {*before.comments, *after.comments}:
        text, _ = after.comments.get(field, ("", ""))
        if before.comments.get(field, ("", ""))[0] != text:
            steps.comment(tx, steps.town(tx, survey, questionnaire), after.contributor, field, text, now)


def _remember(tx: Connection, survey: Survey, one: Contributor, now: datetime) -> None:
    """Keeps whether a contributor wants to be reminded; of moments that are past it is not."""
    contributions.remind(tx, one.id, one.reminders)
    if one.reminders:
        joined = contributions.last(tx, survey.id, "join")
        contributions.reminded(tx, [one.id], max(past(survey, joined.get(one.title), now), one.reminded))
