"""The sheet of paper: one voice's questions in one language as one HTML file to be printed on A4."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot import notice
from bot.view import RATINGS
from conversations.questionnaire import Kind, Question, Questionnaire, Voice
from conversations.survey import Survey, text_in
from locales import Catalogue, catalogue
from reports.templating import ENVIRONMENT, css_string

LINES, ALONE = 4, 8  # lines to write on: among the questions of fields, and where there are only a few open ones


@dataclass(frozen=True)
class Printed:
    """A question as it stands on the sheet."""

    id: str
    text: str
    help: str
    optional: bool


@dataclass(frozen=True)
class Block:
    """What stands together: a field, or (number empty) the open questions at the end."""

    number: str
    title: str
    ratings: tuple[Printed, ...]
    open: tuple[Printed, ...]


def sheet(survey: Survey, questionnaire: Questionnaire, voice: Voice, language: str, until: date | None) -> str:
    """The page; `until` is the last day on which it can be handed in."""
    words, asks = catalogue(language), survey.commune
    version = notice.version_on_paper(survey, questionnaire, voice)
    foot = f"{survey.id} · {questionnaire.name} · {voice} · {language} · {version}"
    template = ENVIRONMENT.from_string((Path(__file__).parent / "printed.html").read_text("utf-8"))
    return template.render(
        language=words.language,
        commune=asks.name,
        title=words.t("Wie weltoffen ist es hier? Ihre Meinung zählt."),
        notice=notice.on_paper(survey, questionnaire, voice, language),
        filling=words.t("So füllen Sie den Bogen aus"),
        how=_how(questionnaire, words),
        answers=[(number, words.t(label)) for number, label in enumerate(RATINGS.values(), 1)],
        blocks=list(_blocks(questionnaire, voice, asks.kind, words)),
        lines=LINES if questionnaire.fields else ALONE,
        optional=words.t("Diese Frage ist freiwillig."),
        ending=words.t("So geben Sie den Bogen ab"),
        end=_end(survey, until, words),
        foot=foot,
        foot_css=css_string(foot),
    )


def _how(questionnaire: Questionnaire, words: Catalogue) -> str:
    """How to fill the sheet in."""
    ticks = words.t("Machen Sie in jeder Zeile ein Kreuz. War ein Kreuz falsch, füllen Sie das Kästchen ganz aus und "
                    "kreuzen ein anderes an.")  # fmt: skip
    return words.joined(
        *([ticks] if any(q.rating for q in questionnaire.questions) else []),
        words.t("Was Sie nicht beantworten möchten, lassen Sie frei."),
        words.t("Wo Linien sind: Beginnen Sie jeden Gedanken in einer neuen Zeile."),
    )


def _end(survey: Survey, until: date | None, words: Catalogue) -> str:
    """Where to hand it in, until when, and what happens then."""
    asks = survey.commune
    found = [words.t("Abgeben bei: {office}, {contact}", office=asks.office, contact=asks.contact)]
    if until is not None:
        found.append(words.t("Abgeben bis: {day}", day=words.day(until)))
    found.append(words.t("Wie es weitergeht: {steps}", steps=text_in(asks.next_steps, words.language.code)))
    return "\n".join(found)


def _blocks(questionnaire: Questionnaire, voice: Voice, kind: Kind, words: Catalogue) -> Iterable[Block]:
    """Every question in the order in which the chat asks it."""

    def printed(question: Question) -> Printed:
        help_ = question.help.get(voice)
        return Printed(
            question.id, words.of(questionnaire.name, question.text[voice][kind]),
            words.of(questionnaire.name, help_[kind]) if help_ else "", question.optional,
        )  # fmt: skip

    for group in questionnaire.groups:
        title = words.of(questionnaire.name, group.field.title) if group.field else words.t("Offene Fragen")
        yield Block(
            group.field.id if group.field else "", title,
            tuple(printed(q) for q in group.questions if q.rating),
            tuple(printed(q) for q in group.questions if not q.rating),
        )  # fmt: skip
