"""What the Auswertung shows of a town's signed statement, as values: answers, reasons, texts, who contributed.

Reads the block `town` of a release beside its figures; knows a catalogue and no layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from conversations.conversation import REFERRED
from conversations.questionnaire import Field, Question, Questionnaire, Rating
from locales import Catalogue, mark
from reports import words
from reports.document import Document, evaluation_of
from reports.evaluation import Evaluation, FieldFigures, Figures
from reports.markdown import Block, blocks, told
from reports.statement import OVERALL

REPORTS = {
    "m": mark("Selbstauskunft zu Maßnahmen"),
    "b": mark("Selbstauskunft zur Beteiligung von Akteur*innen des kommunalen Gemeinwesens"),
}
"""The two self-reports of a field by the last part of their ids; others are called by their wording."""

SIGNED_TITLE = mark("{title}, unterzeichnet am {signed}")
SIGNED_SURVEY = mark("Erhebung {survey}, unterzeichnet am {signed}")
SIGNED_SURVEY_TITLE = mark("Erhebung {survey}, {title}, unterzeichnet am {signed}")
"""How comparisons name a statement among surveys: it stays open after its signature."""


@dataclass(frozen=True)
class Quoted:
    """What one contributor wrote, or said to a question."""

    who: str
    text: str
    day: str = ""

    @property
    def paragraphs(self) -> list[str]:
        """The text by its blank lines."""
        return paragraphs(self.text)


@dataclass(frozen=True)
class Answer:
    """The town's answer to one question. `differing` is what its contributors said where that differed."""

    id: str
    wording: str
    figures: Figures
    word: str
    by: str
    reason: str
    differing: tuple[Quoted, ...]
    evidence: tuple[Quoted, ...]


@dataclass(frozen=True)
class Unrated:
    """Questions of a criterion that have no rating, for the same reason. `ids` names them in words."""

    ids: str
    criterion: str
    word: str
    reason: str


@dataclass(frozen=True)
class SelfReport:
    """What the town says in words; no text where it says nothing."""

    title: str
    question: str
    text: tuple[Block, ...]


@dataclass(frozen=True)
class Named:
    """A contributor: the office below its department, its function, its name where it is to be printed."""

    office: str
    function: str
    name: str
    settled: int
    questions: int
    handed_in: bool


@dataclass(frozen=True)
class Changed:
    """A question that the version before answered otherwise."""

    id: str
    criterion: str
    before: str
    after: str


class StatementViews:
    """All that is shown of a statement beside its figures."""

    def __init__(self, document: Document, questionnaire: Questionnaire, catalogue: Catalogue) -> None:
        self.document = document
        self.town: Mapping[str, Any] = document["town"]
        self.questionnaire = questionnaire
        self.catalogue = catalogue
        self.voice = questionnaire.voices[0]
        evaluation = evaluation_of(document, questionnaire, self.voice)
        assert evaluation is not None  # noqa: S101 - a statement is never withheld, the checker has seen to it
        self.evaluation: Evaluation = evaluation
        self.titles = {c["id"]: f"{c['department']}, {c['function']}" for c in self.town["contributors"]}

    # ---- the statement as a whole

    @property
    def version(self) -> int:
        """Which version it is, from 1."""
        return int(self.town["version"])

    @property
    def signed_by(self) -> str:
        """The function that signed."""
        return str(self.town["signed"]["function"])

    @property
    def signed_on(self) -> str:
        """The day of the signature, written out."""
        return self._day(self.town["signed"]["day"])

    @property
    def choice(self) -> tuple[str, str] | None:
        """The focus fields that were set, as a list in words, and the reason."""
        found = self.town["choice"]
        if found is None:
            return None
        return words.named(self.catalogue, self.questionnaire, found["fields"]), str(found["reason"])

    @property
    def coordinated(self) -> str:
        """The office that led many departments to one statement; "" where an older release does not say."""
        return str(self.town.get("coordinated", ""))

    @property
    def departments(self) -> list[tuple[str, list[Named]]]:
        """The contributors by department (what stands before a comma), in the order in which they were named."""
        found: dict[str, list[Named]] = {}
        for one in self.town["contributors"]:
            department, _, office = (part.strip() for part in one["department"].partition(","))
            named = Named(
                office, one["function"], one["name"] or "", one["settled"], one["questions"], one["handed_in"]
            )
            found.setdefault(department, []).append(named)
        return list(found.items())

    @property
    def handed_in(self) -> int:
        """How many contributors handed in."""
        return sum(one["handed_in"] for one in self.town["contributors"])

    @property
    def differed(self) -> int:
        """How many questions the contributors rated differently."""
        return sum(len(self._ratings(p)) > 1 for p in self.town["positions"].values())

    @property
    def changes(self) -> list[Changed]:
        """What the version before said otherwise."""
        return [self._changed(one) for one in self.town["changes"]]

    @property
    def summary(self) -> list[str]:
        """The statement in a few lines: who signed which version, coverage, the focus that was set."""
        t = self.catalogue.t
        signed = t(
            "Erklärung der Kommune, Fassung {version}, unterzeichnet von {function} am {day}.",
            version=self.version,
            function=self.signed_by,
            day=self.signed_on,
        )
        chosen = [t("Gewählt für den Workshop: {fields}.", fields=self.choice[0])] if self.choice else []
        return [signed, self.coverage, *chosen]

    def traced(self, criterion: str) -> list[str]:
        """Each answer to the questions of a criterion, whose it is, and the reason where there is one."""
        t, questions = self.catalogue.t, self.evaluation.questions
        found = []
        for answer in self.answers(questions[q.id] for q in self.questionnaire.criteria[criterion].questions):
            line = t("Frage {id}: {answer}", id=answer.id, answer=answer.word)
            by = [t("nach Antwort von {who}", who=answer.by)] if answer.by else []
            reason = [t("Grund: {reason}", reason=answer.reason)] if answer.reason else []
            found.append("; ".join([line, *by, *reason]))
        return found

    @property
    def coverage(self) -> str:
        """How many of all questions are answered."""
        standing = self.evaluation.overall
        return self.catalogue.n(
            "Insgesamt wurde {answered} von {n} Frage bearbeitet.",
            "Insgesamt wurden {answered} von {n} Fragen bearbeitet.",
            standing.asked,
            answered=standing.answered,
        )

    @property
    def overall_text(self) -> tuple[Block, ...]:
        """The edited text of the overall assessment; nothing where the draft stands."""
        return self.text(OVERALL)

    def text(self, part: str) -> tuple[Block, ...]:
        """The edited text of a field; nothing where the draft stands."""
        return blocks(self.town["texts"].get(part, ""))

    @property
    def introduction(self) -> list[str]:
        """Two paragraphs for whoever opens the Auswertung: who was asked what, and how marks and levels arise."""
        t, n, asked = self.catalogue.t, self.catalogue.n, self.questionnaire
        offices = len(self.town["contributors"])
        told = [t("Diese Auswertung zeigt, wie die Kommune sich selbst einschätzt, und ordnet es ein.")]
        if offices:
            told.append(n(
                "Sie hat dafür {offices} aus {n} Bereich der Verwaltung gefragt.",
                "Sie hat dafür {offices} aus {n} Bereichen der Verwaltung gefragt.",
                len(self.departments), offices=n("{n} Stelle", "{n} Stellen", offices),
            ))  # fmt: skip
        told.append(n(
            "Der Fragebogen hat {n} Frage zum Einschätzen, zu {criteria} in {fields}.",
            "Der Fragebogen hat {n} Fragen zum Einschätzen, zu {criteria} in {fields}.",
            sum(q.rating for q in asked.questions),
            criteria=n("{n} Kriterium", "{n} Kriterien", len(asked.criteria)),
            fields=n("{n} Handlungsfeld", "{n} Handlungsfeldern", len(asked.fields)),
        ))  # fmt: skip
        if self.differed:
            told.append(t("Wo Stellen verschieden geantwortet haben, hat die Kommune mit Grund entschieden."))
        levels = words.listed(self.catalogue, [t("„{level}“", level=t(word)) for word in words.LEVEL.values()])
        counted = [
            t("Jede Antwort zählt von 0 für „nein“ bis 3 für „ja“. Der Mittelwert der Antworten ergibt die Bewertung "
              "eines Kriteriums, der Mittelwert der Bewertungen die Stufe eines Feldes und der ganzen Kommune."),
            t("Es gibt vier Stufen, von unten nach oben: {levels}. Keine davon ist ein Ende: Weltoffen zu sein bleibt "
              "eine Aufgabe.", levels=levels),
        ]  # fmt: skip
        return [self.catalogue.joined(*told), self.catalogue.joined(*counted)]

    # ---- one field

    def unrated(self, questions: Iterable[Figures]) -> list[Unrated]:
        """The questions without a rating, with the reason; those of a criterion that share it stand together."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for one in (q.id for q in questions if q.gap is not None):
            position = self._position(one)
            why = self._criterion(one), self._value(position["value"]), str(position["reason"])
            found.setdefault(why, []).append(one)
        return [Unrated(words.listed(self.catalogue, ids), *why) for why, ids in found.items()]

    @property
    def all_unrated(self) -> list[tuple[str, list[Unrated]]]:
        """The same for every field that has any, under its title."""
        return [
            (f"{f.id} {words.title(self.catalogue, self.questionnaire, f.id)}", self.unrated(f.questions))
            for f in self.evaluation.fields if any(q.gap is not None for q in f.questions)
        ]  # fmt: skip

    def basis(self, field: FieldFigures) -> list[str]:
        """On what a level rests: coverage, negative questions by id and title, and what stands beside the level."""
        found = [words.coverage(self.catalogue, field.standing)]
        for value in (Rating.RATHER_NO, Rating.NO):
            if its := [q.id for q in field.questions if q.mark is value]:
                word = self.catalogue.t(words.MARK[value])
                found.append(
                    self.catalogue.t("Mit „{mark}“ beantwortet: {questions}.", mark=word, questions=self._grouped(its))
                )
        return [*found, *words.hints(self.catalogue, field.standing)]

    def reports(self, field: str) -> list[SelfReport]:
        """The self-reports of a field."""
        return [
            SelfReport(self._report_title(q.id), self._asked(q), told(self.town["reports"][q.id]))
            for q in self._field(field).open
        ]

    def comments(self, field: str) -> list[Quoted]:
        """The Stellungnahmen on a field, each with who signed it and the day."""
        return [
            Quoted(self.titles[c["contributor"]], c["text"], self._day(c["day"]))
            for c in self.town["comments"] if c["field"] == field
        ]  # fmt: skip

    def answers(self, questions: Iterable[Figures]) -> list[Answer]:
        """The town's answers to questions, and how each came to be."""
        return [self._answer(figures) for figures in questions]

    def of_criterion(self, field: FieldFigures, criterion: str) -> list[Answer]:
        """The town's answers to the questions of a criterion."""
        ids = {q.id for q in self.questionnaire.criteria[criterion].questions}
        return self.answers(q for q in field.questions if q.id in ids)

    def _answer(self, figures: Figures) -> Answer:
        position = self._position(figures.id)
        question = self.questionnaire.by_id[figures.id]
        several = len(self._ratings(position)) > 1 or position["state"] == "decided"
        return Answer(
            id=figures.id,
            wording=self._asked(question),
            figures=figures,
            word=self._value(position["value"]),
            by=words.listed(self.catalogue, [self.titles[one] for one in position["by"]]),
            reason=position["reason"],
            differing=tuple(
                Quoted(self.titles[g["contributor"]], self._value(g["value"])) for g in position["given"]
            ) if several else (),
            evidence=tuple(Quoted(self.titles[e["contributor"]], e["text"]) for e in position["evidence"]),
        )  # fmt: skip

    # ---- words

    def _grouped(self, ids: Sequence[str]) -> str:
        """Questions by criterion: "4.1.1 und 4.1.2 (Interkulturelles Denken), 4.5.2 (…)"."""
        by_title: dict[str, list[str]] = {}
        for one in ids:
            by_title.setdefault(self._criterion(one), []).append(one)
        return "; ".join(f"{words.listed(self.catalogue, its)} ({title})" for title, its in by_title.items())

    def _value(self, value: str | None) -> str:
        return answered(self.catalogue, value)

    def _ratings(self, position: Mapping[str, Any]) -> set[str]:
        """The different ratings that count."""
        rated = (r.value for r in Rating if r is not Rating.CANNOT_SAY)
        return {g["value"] for g in position["given"] if g["contributor"] in position["by"]} & set(rated)

    def _changed(self, change: Mapping[str, Any]) -> Changed:
        question = self.questionnaire.by_id[change["question"]]
        if question.rating:
            its = self._criterion(question.id)
            return Changed(question.id, its, self._value(change["before"]), self._value(change["after"]))
        t = self.catalogue.t
        before, after = (t("ein anderer Text") if change[k] else t("keine Angabe") for k in ("before", "after"))
        return Changed(
            question.id, self._report_title(question.id), before, t("neuer Text") if change["after"] else after
        )

    def _report_title(self, question: str) -> str:
        found = REPORTS.get(question.rpartition(".")[2])
        if found is not None:
            return self.catalogue.t(found)
        return self._asked(self.questionnaire.by_id[question])

    def _asked(self, question: Question) -> str:
        kind = str(self.document["survey"]["kind"])
        return words.asked(self.catalogue, self.questionnaire, question, self.voice, kind)

    def _criterion(self, question: str) -> str:
        return words.title(self.catalogue, self.questionnaire, self.questionnaire.criterion_of[question].id)

    def _position(self, question: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.town["positions"][question]
        return found

    def _field(self, one: str) -> Field:
        return next(f for f in self.questionnaire.fields if f.id == one)

    def _day(self, iso: str) -> str:
        return self.catalogue.day(date.fromisoformat(iso))


def answered(catalogue: Catalogue, value: str | None) -> str:
    """What a town or one of its contributors says to a question, in words; None stands for no answer."""
    if value is None:
        return catalogue.t("nicht beantwortet")
    return catalogue.t("weiß es nicht, verweist weiter") if value == REFERRED else catalogue.t(words.VALUE[value])


def paragraphs(text: str) -> list[str]:
    """A text by its blank lines, without characters that could turn its neighbours round."""
    found = words.clean(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n\n")
    return [paragraph.strip() for paragraph in found if paragraph.strip()]
