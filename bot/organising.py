"""What organisers are told: status and digest in the chat, a digest at each step of k, and every letter's text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from sqlite3 import Connection

from bot.clock import here
from bot.organisers import Organiser
from bot.statement import contributing
from bot.statement.board import status_text
from bot.statement.steps import town
from bot.view import View, read_in
from bot.words import PLAIN, Plain
from conversations.questionnaire import Questionnaire, Voice
from conversations.store import figures, post, surveys
from conversations.store import organisers as kept
from conversations.store.figures import Step
from conversations.store.post import Letter
from conversations.survey import Status, Survey
from locales import Catalogue, catalogue, mark
from reports.digest import Interim, digest
from reports.disclosure import due, stepped
from reports.release import Release, read

PARKED = timedelta(hours=24)  # how long a letter may wait for its chat
VOICES = {
    Voice.ADMINISTRATION: mark("Verwaltung"),
    Voice.POLITICS: mark("Politik"),
    Voice.SOCIETY: mark("Gesellschaft"),
}
STATUS = {
    Status.NOT_YET: mark("noch nicht begonnen"),
    Status.OPEN: mark("läuft"),
    Status.CLOSED: mark("beendet"),
}


def answer(
    tx: Connection,
    command: str,
    mine: Iterable[Organiser],
    every: Mapping[str, Survey],
    questionnaires: Mapping[str, Questionnaire],
    now: datetime,
) -> list[View]:
    """The answer to /status or /digest: one message per survey of the organiser's communes."""
    found = []
    for one in mine:
        own = [s for s in every.values() if s.commune_id == one.commune]
        for survey in own:
            questionnaire = questionnaires[survey.questionnaire]
            words = catalogue(read_in(questionnaire, one.language))
            if command == "digest":
                found.append(View(digest_text(tx, survey, questionnaire, words)))
            else:
                found.append(View(_status_text(tx, survey, questionnaire, words, now)))
        if not own:
            found.append(View(catalogue(one.language).t("Es gibt noch keine Umfrage.")))
    return found


def _status_text(tx: Connection, survey: Survey, questionnaire: Questionnaire, words: Catalogue, now: datetime) -> str:
    if questionnaire.institution:
        return status_text(town(tx, survey, questionnaire), words.language.code)
    lines = [
        words.t("{title}, {name}", title=words.of(questionnaire.name, questionnaire.title), name=survey.commune.name),
        words.t("Umfrage {survey}: {status}", survey=survey.id, status=words.t(STATUS[survey.status(now)])),
    ]
    if survey.closes is not None and survey.status(now) is Status.OPEN:
        lines.append(words.t("Ende: {day}", day=words.day(here(survey.closes).date())))
    found = standing(tx, survey)
    for voice, handed_in in found.voices.items():
        name = words.t(VOICES[voice])
        if handed_in.n is not None:
            lines.append(words.t("{voice}: {number} abgegeben", voice=name, number=handed_in.n))
        elif handed_in.at_least:
            lines.append(words.t("{voice}: mindestens {shown} abgegeben", voice=name, shown=handed_in.at_least))
        elif survey.closed:
            lines.append(words.t(
                "{voice}: zurückgehalten, zum Schutz kleiner Gruppen. Nötig sind mindestens {k} Menschen, die einzeln "
                "abgegeben haben.", voice=name, k=survey.groups[voice],
            ))  # fmt: skip
        else:
            lines.append(words.t("{voice}: weniger als {k} abgegeben", voice=name, k=survey.groups[voice]))
    if survey.status(now) is Status.OPEN:
        lines.append(words.t("Neue Zahlen erscheinen mit etwas Verzögerung."))
    if found.blocked:
        lines.append(words.t("Mindestens {blocked} Personen haben den Bot blockiert.", blocked=found.blocked))
    return "\n".join(lines)


@dataclass(frozen=True)
class HandedIn:
    """How many of a voice handed in: `n` once a release shows it, else at least the last step (0: fewer than k)."""

    n: int | None
    at_least: int


@dataclass(frozen=True)
class Standing:
    """What may be told of a survey's progress. `blocked`: at least so many have blocked the bot, in steps."""

    voices: Mapping[Voice, HandedIn]
    blocked: int


def standing(tx: Connection, survey: Survey) -> Standing:
    """How a survey stands, in the chat and on the command line: no number that METHOD §5 keeps back."""
    steps, release = figures.steps(tx, survey.id), figures.newest_release(tx, survey.id)
    voices = json.loads(release.document)["voices"] if release is not None else {}
    exact = {Voice(v): block["n"] for v, block in voices.items() if not block["withheld"]}
    rest = steps if release is None else {}  # of a withheld voice nothing is told any more, the last step neither
    shown = {v: exact.get(v, rest[v].shown if v in rest else 0) for v in survey.voices}
    blocked = stepped(post.blocked_count(tx, survey.id), max(survey.groups.values()))
    return Standing({v: HandedIn(exact.get(v), shown[v]) for v in survey.voices}, blocked)


def released(tx: Connection, survey: Survey) -> dict[str, str]:
    """The texts of released statements that still exist, by id."""
    return {i: s.text if s.state == "released" else "" for i, s in (figures.texts(tx, survey.id)).items()}


def quoted(tx: Connection, survey: Survey, document: Mapping[str, object]) -> dict[str, list[str | None]]:
    """The statements of a release by question: their text, "" where not released or withdrawn since.

    Nothing stands in the place of one that was withdrawn: it would tell how many were, and of whom they were.
    """
    texts = released(tx, survey)
    by_question = document["statements"]
    assert isinstance(by_question, Mapping)  # noqa: S101 - checked when the release was read
    return {q: [texts.get(_identifier(s), "") for s in given] for q, given in by_question.items()}


def _identifier(statement: object) -> str:
    return str(statement["id"]) if isinstance(statement, Mapping) else str(statement)


def digest_text(tx: Connection, survey: Survey, questionnaire: Questionnaire, words: Catalogue) -> str:
    """The digest: the release where there is one, else the last steps, or how a town's statement stands."""
    release = figures.newest_release(tx, survey.id)
    if release is not None:
        document = _read(release.document, questionnaire).document
        statements = quoted(tx, survey, document)
        return digest(document, questionnaire, words, statements, commune=survey.commune.name)
    if questionnaire.institution:
        return status_text(town(tx, survey, questionnaire), words.language.code)
    steps = figures.steps(tx, survey.id)
    shown = [
        Interim(v, steps[v].shown if v in steps else 0, survey.groups[v]) for v in survey.voices
    ]  # fmt: skip
    released: dict[str, list[str | None]] = {}
    for one in figures.listed(tx, survey.id):
        if one.state == "released":
            released.setdefault(one.question, []).append(one.text)
    return digest(shown, questionnaire, words, released, commune=survey.commune.name)


@lru_cache(maxsize=8)
def _read(content: str, questionnaire: Questionnaire) -> Release:
    """A release, which is checked once and not for each of the thousand letters that are made of it."""
    return read(content, questionnaire)


def step(tx: Connection, survey: Survey, now: datetime) -> bool:
    """Takes the next step of every voice that has reached it, and sends the organisers a digest; True if one did."""
    turnout, steps = figures.turnout(tx, survey.id), figures.steps(tx, survey.id)
    reached = False
    for voice, found in turnout.items():
        number, k = found.handed_in, survey.groups[voice]
        last = steps[voice].exact if voice in steps else 0
        if due(last, number, k):
            figures.keep_step(tx, survey.id, voice, Step(number, stepped(number, k)), k)
            reached = True
    if reached:
        tell(tx, survey, "step", now)
    return reached


def tell(tx: Connection, survey: Survey, kind: str, now: datetime) -> None:
    """Queues the digest as a letter to every organiser of the commune, instead of one that has not gone out yet."""
    until = int((now + PARKED).timestamp())
    letters = [
        Letter(0, identifier, survey.id, kind, language, until)
        for identifier, language in kept.of(tx, survey.commune_id)
    ]
    post.replace_letters(tx, survey.id, "step", letters)


def letter_text(tx: Connection, letter: Letter, questionnaires: Mapping[str, Questionnaire]) -> str | None:
    """The text of a letter as it is now, or None where it is not to be sent any more."""
    if not post.letter_waits(tx, letter.id):
        return None
    if letter.kind == "unfinished":
        return catalogue(letter.language).t(PLAIN[Plain.UNFINISHED])
    survey = (surveys.all_surveys(tx))[letter.survey]
    questionnaire = questionnaires[survey.questionnaire]
    words = catalogue(read_in(questionnaire, letter.language))
    if questionnaire.institution and letter.kind in contributing.KINDS:
        return contributing.letter_text(tx, letter, survey, questionnaire, words)
    return digest_text(tx, survey, questionnaire, words)
