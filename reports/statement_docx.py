"""What a signed statement adds to the Auswertung in Word: self-reports, decisions, comments, who signed, changes.

Reads the block `town` of a release, whose form statement.py tells, and what statement_views.py makes of it. A town
writes in the language of its office, so its texts are marked as that where the document is in another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from conversations.questionnaire import Question, Questionnaire, Rating
from locales import FSI, PDI, Catalogue, mark
from reports import words
from reports.document import Document
from reports.evaluation import FieldFigures
from reports.markdown import told
from reports.statement_views import REPORTS, StatementViews
from reports.wordml import SYMBOL_FONT, Cell, Line, Run, Style, Table, Writer, plain, writable

REFERRED = mark("an eine andere Stelle verwiesen")
NOTHING = mark("keine Antwort")
SHORT = 300  # characters of a self-report in the list of changes; the whole one stands in its field


class StatementParts:
    """The parts of a statement, each as markup."""

    def __init__(self, writer: Writer, document: Document, questionnaire: Questionnaire, catalogue: Catalogue) -> None:
        self.writer = writer
        self.town: Mapping[str, Any] = document["town"]
        self.views = StatementViews(document, questionnaire, catalogue)
        self.questionnaire = questionnaire
        self.catalogue = catalogue
        self.kind = str(document["survey"]["kind"])
        self.titles = self.views.titles
        self.lang = writer.lang

    # ---- the front ----------------------------------------------------------------------------------------------

    def signed(self) -> str:
        """Who signed when, and which version this is, in one line."""
        return writable(plain(f"{self._version()}, {self._signature()}"))

    def facts(self) -> Iterator[str]:
        """Version and signature, as the front names them."""
        t = self.catalogue.t
        for name, value in ((t("Fassung"), self._version(short=True)), (t("Unterzeichnet"), self._signature())):
            yield self.writer.paragraph([Run(f"{name}: ", bold=True), value], Style.FACT)

    def _version(self, short: bool = False) -> str:
        number = self.catalogue.number(self.town["version"])
        return number if short else self.catalogue.t("Fassung {number}", number=number)

    def _signature(self) -> str:
        signed = self.town["signed"]
        return self.catalogue.t(
            "{function}, am {day}", function=words.clean(signed["function"]), day=self._day(signed["day"])
        )

    # ---- a field ------------------------------------------------------------------------------------------------

    def text(self, part: str) -> str:
        """The edited text of a field, or of "overall"; empty where nobody has edited one."""
        return str(self.town["texts"].get(part, "")).strip()

    def reports(self, field: str) -> Iterator[tuple[str, Iterator[str]]]:
        """The self-reports of a field: the heading of each, and its paragraphs."""
        for question in self._field(field).open:
            heading = REPORTS.get(question.id.rpartition(".")[2])
            asked = self._asked(question)
            yield self.catalogue.t(heading) if heading else asked, self._report(question, asked)

    def _report(self, question: Question, asked: str) -> Iterator[str]:
        yield self.writer.paragraph(asked, Style.NOTE)
        text = told(str(self.town["reports"].get(question.id, "")))
        if text:
            yield self.writer.blocks(text)
        else:
            yield self.writer.paragraph(self.catalogue.t("Hierzu gibt es keine Angabe."))

    def basis(self, field: FieldFigures) -> list[str]:
        """On what a field's level rests."""
        return self.views.basis(field)

    def unrated(self, field: FieldFigures) -> Iterator[str]:
        """Why questions of a field stand without an assessment; those that share criterion and reason together."""
        t = self.catalogue.t
        lines: list[Line] = [
            [Run(f"{one.ids}", bold=True), f" ({one.criterion}): {one.word}. ", t("Grund:") + " ",
             Run(words.clean(one.reason), lang=self.lang)]
            for one in self.views.unrated(field.questions)
        ]  # fmt: skip
        if lines:
            yield self.writer.heading(3, self.catalogue.t("Warum Einschätzungen fehlen"))
            yield self.writer.bullets(lines)

    def decisions(self, field: str) -> Iterator[str]:
        """What the coordinator decided where departments differ: the answer, the reason, and what each had said."""
        decided = [(q, p) for q, p in self._positions(field) if p["state"] == "decided" and not _unrated(p)]
        if not decided:
            return
        yield self.writer.heading(2, self.catalogue.t("Entscheidungen"))
        yield self.writer.paragraph(
            self.catalogue.t("Wo Stellen verschieden geantwortet haben, steht hier, wofür sich die Kommune entschieden "
                             "hat und warum. Die Antworten der Stellen bleiben, wie sie waren."),
            Style.NOTE,
        )  # fmt: skip
        for question, position in decided:
            yield self.writer.bullets([[*self._with_reason(question, position), *self._given(position)]])

    def evidence(self, field: str) -> Iterator[str]:
        """What departments name as evidence of their answers."""
        lines: list[Line] = [
            [Run(f"{question.id}: ", bold=True), Run(words.clean(one["text"]), lang=self.lang),
             f" ({FSI}{self._title(one['contributor'])}{PDI})"]
            for question, position in self._positions(field) for one in position["evidence"]
        ]  # fmt: skip
        if lines:
            yield self.writer.heading(2, self.catalogue.t("Belege der Stellen"))
            yield self.writer.bullets(lines)

    def comments(self, field: str) -> Iterator[str]:
        """The signed Stellungnahmen on a field."""
        those = [c for c in self.town["comments"] if c["field"] == field]
        if not those:
            return
        yield self.writer.heading(2, self.catalogue.t("Stellungnahmen"))
        for one in those:
            title = self._title(one["contributor"])
            signed = self.catalogue.t("{function}, am {day}", function=title, day=self._day(one["day"]))
            yield self.writer.paragraph(signed, Style.SIGNED)
            yield self.writer.said(one["text"], lang=self.lang)

    # ---- all together -------------------------------------------------------------------------------------------

    def coverage(self) -> Iterator[str]:
        """Every question that stands without an assessment, by id, with its reason."""
        t = self.catalogue.t
        rows = [
            [Cell((f"{q.id} {self._asked(q)}",)), Cell((self._value(p["value"]),)),
             Cell((Run(words.clean(p["reason"]) or words.SYMBOL[None], lang=self.lang),))]
            for field in self.questionnaire.fields for q, p in self._positions(field.id) if _unrated(p)
        ]  # fmt: skip
        yield self.writer.heading(2, t("Fragen ohne Einschätzung"))
        if not rows:
            yield self.writer.paragraph(t("Alle Fragen sind eingeschätzt."))
            return
        yield self.writer.table(Table(
            self.catalogue.n("{n} Frage ohne Einschätzung, mit dem Grund",
                             "{n} Fragen ohne Einschätzung, mit dem Grund", len(rows)),
            t("Eine Zeile je Frage: was statt einer Einschätzung dasteht, und warum."), (46, 20, 34),
            [Cell((t("Frage"),)), Cell((t("Antwort"),)), Cell((t("Grund"),))], rows,
        ))  # fmt: skip

    def contributors(self) -> Iterator[str]:
        """Who worked on it, by department and function; a name only where it is to be printed."""
        t, rows = self.catalogue.t, []
        if self.views.coordinated:
            yield self.writer.paragraph(t("Koordiniert hat: {office}.", office=words.clean(self.views.coordinated)))
        for one in self.town["contributors"]:
            function = f"{one['function']}, {one['name']}" if one["name"] else one["function"]
            done = t("{settled} von {questions}", settled=one["settled"], questions=one["questions"])
            rows.append([Cell((words.clean(one["department"]),)), Cell((words.clean(function),)),
                         Cell((done,)), Cell((t("ja") if one["handed_in"] else t("nein"),))])  # fmt: skip
        if rows:
            yield self.writer.table(Table(
                t("Beteiligte an der Erklärung"),
                t("Eine Zeile je Stelle: Bereich, Funktion, beantwortete Fragen, und ob sie abgegeben hat."),
                (34, 36, 17, 13),
                [Cell((t("Bereich"),)), Cell((t("Funktion"),)), Cell((t("Fragen beantwortet"),)),
                 Cell((t("abgegeben"),))],
                rows,
            ))  # fmt: skip
        yield self.writer.paragraph(
            t("Unterzeichnet: {signature}. Das ist Fassung {number}.", signature=plain(self._signature()),
              number=self.town["version"]), Style.SIGNED,
        )  # fmt: skip

    def changes(self) -> Iterator[str]:
        """What this version says otherwise than the one before."""
        found: Sequence[Mapping[str, Any]] = self.town["changes"]
        if not found:
            return
        t = self.catalogue.t
        rows = [
            [Cell((f"{c['question']} {self._asked(self.questionnaire.by_id[c['question']])}",)),
             Cell((self._changed(c["question"], c["before"]),)), Cell((self._changed(c["question"], c["after"]),))]
            for c in found
        ]  # fmt: skip
        yield self.writer.heading(1, t("Was sich seit der letzten Fassung geändert hat"))
        yield self.writer.table(Table(
            self.catalogue.n("{n} geänderte Antwort", "{n} geänderte Antworten", len(rows)),
            t("Eine Zeile je Frage: die Antwort der letzten Fassung und die jetzige."), (46, 27, 27),
            [Cell((t("Frage"),)), Cell((t("letzte Fassung"),)), Cell((t("diese Fassung"),))], rows,
        ))  # fmt: skip

    # ---- words --------------------------------------------------------------------------------------------------

    def _with_reason(self, question: Question, position: Mapping[str, Any]) -> list[Run | str]:
        symbol, word = self._value(position["value"])
        return [Run(f"{question.id}: ", bold=True), symbol, f"{word}. ", self.catalogue.t("Grund:") + " ",
                Run(words.clean(position["reason"]), lang=self.lang)]  # fmt: skip

    def _given(self, position: Mapping[str, Any]) -> list[Run | str]:
        """What each department had said."""
        said = []
        for one in position["given"]:
            answer = one["value"]
            word = REFERRED if answer == "referred" else words.VALUE.get(answer, NOTHING)
            value = self.catalogue.t(word)
            said.append(f"{self._title(one['contributor'])}: {value}")
        if not said:
            return []
        return [" ", self.catalogue.t("Angegeben hatten: {given}.", given="; ".join(said))]

    def _changed(self, question: str, value: str | None) -> Line:
        if value is None or (not value and not self.questionnaire.by_id[question].rating):
            return self.catalogue.t("keine Angabe")
        if self.questionnaire.by_id[question].rating:
            return self._value(value)
        text = " ".join(words.clean(value).split())
        return Run(text if len(text) <= SHORT else f"{text[: SHORT - 2]} …", lang=self.lang)

    def _value(self, value: str) -> tuple[Run, str]:
        """An answer: symbol and word."""
        rating = Rating(value) if value in words.VALUE and value in list(Rating) else None
        rated = None if rating is Rating.CANNOT_SAY else rating
        return Run(words.SYMBOL[rated], font=SYMBOL_FONT), f" {self.catalogue.t(words.VALUE[value])}"

    def _title(self, contributor: str) -> str:
        return words.clean(self.titles.get(contributor, contributor))

    def _asked(self, question: Question) -> str:
        return words.asked(self.catalogue, self.questionnaire, question, kind=self.kind)

    def _positions(self, field: str) -> list[tuple[Question, Mapping[str, Any]]]:
        positions = self.town["positions"]
        return [(q, positions[q.id]) for q in self._field(field).questions if q.id in positions]

    def _field(self, identifier: str) -> Any:
        return next(f for f in self.questionnaire.fields if f.id == identifier)

    def _day(self, iso: str) -> str:
        return self.catalogue.day(date.fromisoformat(iso))


def _unrated(position: Mapping[str, Any]) -> bool:
    return position["value"] in (Rating.CANNOT_SAY.value, "skipped")
