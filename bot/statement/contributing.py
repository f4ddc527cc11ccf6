"""What contributors are written: new questions, the town's answers to their parts, the signature, reminders.

The text of a letter is made when it is sent, so that it says what holds then.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

from bot.clock import here
from bot.statement import seat as office
from bot.statement import steps
from bot.statement.steps import Town
from bot.view import answer_label
from conversations.conversation import REFERRED
from conversations.institution import Contributor, Position, progress
from conversations.questionnaire import Field, Question, Questionnaire, Voice
from conversations.store import contributions, post
from conversations.store.post import Letter
from conversations.survey import Status, Survey
from locales import Catalogue
from reports.release import read

KINDS = ("part", "presented", "signed", "reminder")
BEFORE_CLOSING = (timedelta(days=7), timedelta(days=1))
AFTER_JOINING = (timedelta(days=7), timedelta(days=14))  # where no day of closing was set
HOURS = range(9, 20)  # in which reminders may go out, by the clocks of Germany


# ---- letters ----------------------------------------------------------------------------------------------------


def letter_text(
    tx: Connection, letter: Letter, survey: Survey, questionnaire: Questionnaire, words: Catalogue
) -> str | None:
    """The text of a contributor's letter, or None where it has nothing to say any more."""
    found = steps.town(tx, survey, questionnaire)
    one = next((c for c in found.contributors if c.respondent == letter.owner), None)
    if one is None or post.newer_waits(tx, letter):
        return None
    match letter.kind:
        case "part":
            return _part(found, one, words)
        case "presented":
            return _presented(found, one, words)
        case "signed":
            return _signed(found, words)
        case _:
            return _reminder(found, one, words)


def _open(found: Town, one: Contributor) -> int:
    done, asked, _ = progress(one, found.conversation(one))
    return asked - done


def _part(found: Town, one: Contributor, words: Catalogue) -> str | None:
    number = _open(found, one)
    if not number:
        return None
    return _lines(
        words.n("Für Ihre Stelle ({title}) ist {n} Frage offen.", "Für Ihre Stelle ({title}) sind {n} Fragen offen.",
                number, title=one.title),
        office.until(words, found.survey),
        words.t("Weiter geht es mit /start"),
    )  # fmt: skip


def _reminder(found: Town, one: Contributor, words: Catalogue) -> str | None:
    number, conversation = _open(found, one), found.conversation(one)
    if conversation is None or conversation.handed_in or not one.questions:
        return None
    still = words.n("{n} Frage ist noch offen.", "{n} Fragen sind noch offen.", number)
    return _lines(
        words.t("Zur Erinnerung: Ihr Teil im Selbstcheck ist noch nicht abgegeben."),
        still if number else "",
        office.until(words, found.survey),
        words.t("Weiter geht es mit /start, Erinnerungen schalten Sie mit /settings ab."),
    )


def _signed(found: Town, words: Catalogue) -> str | None:
    if found.signed is None:
        return None
    block = read(found.signed.document, found.questionnaire).document["town"]["signed"]
    return _lines(
        words.t("Die Erklärung von {name} ist unterschrieben, Fassung {number}: {function}, {day}.",
                name=found.survey.commune.name, number=found.signed.number, function=block["function"],
                day=words.day(datetime.fromisoformat(block["day"]).date())),
        words.t("Danke für Ihren Teil. Wird sie später geändert, gibt es eine neue Fassung, und Sie erfahren davon."),
    )  # fmt: skip


def _presented(found: Town, one: Contributor, words: Catalogue) -> str | None:
    """The town's answers to a part, question by question, and how to say something of one's own."""
    if found.presented is None or not one.questions:
        return None
    fields = [f for f in found.questionnaire.fields if any(q.id in one.questions for q in f.questions)]
    parts = [
        words.t("Die Antworten der Kommune zu Ihrem Teil stehen fest. So werden sie unterschrieben ({title}):",
                title=one.title)
    ]  # fmt: skip
    conversation = found.conversation(one)
    if conversation is None or not conversation.handed_in:
        parts.append(words.t("Ihr Teil ist nicht abgegeben und zählt nicht mit."))
    for field in fields:
        parts += _field(found, one, field, words)
    parts.append(
        words.t("Sehen Sie etwas anders? Ihre Stelle kann zu jedem Feld Stellung nehmen. Das wird mit Ihrer "
                "Unterschrift gedruckt; die Antworten der Kommune ändern sich dadurch nicht. Drücken Sie nach /summary "
                "auf „Stellungnahme zu Feld …“.")
    )  # fmt: skip
    return "\n\n".join(parts)


def _field(found: Town, one: Contributor, field: Field, words: Catalogue) -> list[str]:
    title = found.questionnaire.name, field.title
    parts = [words.t("Feld {field}: {title}", field=field.id, title=words.of(*title))]
    for question in field.questions:
        if question.id in one.questions:
            parts.append(_position(found, one, question, found.positions[question.id], words))
    return parts


def _position(found: Town, one: Contributor, question: Question, position: Position, words: Catalogue) -> str:
    """The town's answer to a question; the department's own where it is another, and why."""
    voice, kind = Voice.ADMINISTRATION, found.survey.commune.kind
    asked = words.of(found.questionnaire.name, question.text[voice][kind])
    own = next(c for c in position.contributions if c.contributor == one.id)
    lines = [f"{question.id} {asked}"]
    if question.rating:
        lines.append(words.t("Kommune: {answer}", answer=answer_label(words, position.value)))
        if own.value != position.value:
            whom = own.target if own.value == REFERRED else None
            said = words.t("Ihre Antwort: {answer}", answer=answer_label(words, own.value))
            lines.append(said if whom is None else office.referred(words, whom))
    elif position.text == "\n\n".join(own.texts):
        same = words.t("wie Ihr Text") if own.texts else words.t("kein Text")
        lines.append(words.t("Kommune: {answer}", answer=same))
    else:
        lines.append(words.t("Kommune: {answer}", answer=position.text or words.t("kein Text")))
    if position.reason:
        lines.append(words.t("Begründung: {reason}", reason=position.reason))
    return "\n".join(lines)


def _lines(*texts: str) -> str:
    return "\n".join(t for t in texts if t)


# ---- reminders --------------------------------------------------------------------------------------------------


def past(survey: Survey, joined: int | None, now: datetime) -> int:
    """How many of the two moments of reminding have passed."""
    if survey.closes is not None:
        return sum(now >= survey.closes - before for before in BEFORE_CLOSING)
    if joined is None:
        return 0
    return sum(now >= datetime.fromtimestamp(joined, UTC) + later for later in AFTER_JOINING)


def remind(tx: Connection, survey: Survey, questionnaire: Questionnaire, now: datetime) -> int:
    """Queues the reminders that are due; gives how many. A letter that cannot go out until the evening never does.

    Reminded is who wants it, has a chat and a part, and has not handed in: a week and a day before closing, or one
    and two weeks after the invitation was used where no closing is set. Of several moments that were missed the last
    one counts, and none twice.
    """
    there = here(now)
    if there.hour not in HOURS or survey.status(now) is not Status.OPEN:
        return 0
    found = steps.town(tx, survey, questionnaire)
    joined = contributions.last(tx, survey.id, "join")
    evening = there.replace(hour=HOURS.stop, minute=0, second=0, microsecond=0)
    until = int(min(evening, survey.closes or evening).timestamp())
    letters = []
    for one in found.contributors:
        moments, conversation = past(survey, joined.get(one.title), now), found.conversation(one)
        if not one.reminders or one.reminded >= moments or conversation is None or conversation.handed_in:
            continue
        if not one.questions or one.respondent not in post.addresses(tx, [conversation.respondent]):
            continue
        contributions.reminded(tx, [one.id], moments)
        letters.append(Letter(0, conversation.respondent, survey.id, "reminder", conversation.language, until))
    post.post(tx, letters)
    return len(letters)
