"""A field's section of the Auswertung in Word: level, basis, self-reports, figures, assessment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from reports import words
from reports.assessment import STRENGTHS, Point
from reports.docx_ground import COUNTED, Ground
from reports.evaluation import Figures
from reports.views import FieldRow, FieldView, VoiceView
from reports.wordml import Cell, Run, Style, Table, block, plain


@dataclass(frozen=True)
class FieldPart:
    """A field, as a template asks for it. `level`, `mean` and `coverage` are those of the first voice shown."""

    id: str
    title: str
    level: str
    mean: str
    coverage: str
    section: Markup


class FieldParts(Ground):
    """The sections of the fields, each as markup."""

    def _field(self, found: FieldView) -> FieldPart:
        standing = found.rows[0].figures.standing
        return FieldPart(
            found.id,
            found.title,
            self._level(standing.level),
            self._mean(standing),
            plain(words.coverage(self.catalogue, standing)),
            block(*self._section(found)),
        )

    def _section(self, found: FieldView) -> Iterator[str]:
        t, writer, statement = self.catalogue.t, self.writer, self._statement
        title = t("Handlungsfeld {id}: {title}", id=found.id, title=found.title)
        yield writer.heading(1, title, first=True)
        if len(found.rows) > 1:
            yield writer.table(self._levels(found))
        else:
            for row in found.rows:
                yield from self._standing(row.voice.name, row.figures.standing)
        number = iter(range(1, 9))
        yield self._part(number, t("Grundlage der Standortbestimmung"))
        for row in found.rows:
            if len(found.rows) > 1:
                yield writer.heading(3, row.voice.name)
            yield writer.bullets(self._basis(row))
        if statement:
            yield from statement.unrated(found.rows[0].figures)
            for heading, parts in statement.reports(found.id):
                yield self._part(number, heading)
                yield from parts
        for question, those in found.own:
            yield writer.heading(2, t("Selbstauskunft: {question}", question=question))
            yield from self._quoted(those)
        if not statement:
            yield from self._figures(found)
        yield self._part(number, t("Auswertung und Empfehlung"))
        edited = statement.text(found.id) if statement else ""
        if edited:
            yield writer.prose(edited)
        else:
            yield from self._drafts(found)
        if statement:
            yield from statement.comments(found.id)
            yield writer.heading(2, t("Die Fragen und ihre Antworten"))
            yield from self._figures(found)
            yield from statement.decisions(found.id)
            yield from statement.evidence(found.id)

    def _part(self, number: Iterator[int], title: str) -> str:
        """A part of a field's section; those of a statement are counted, as readers know them."""
        return self.writer.heading(2, f"{next(number)}. {title}" if self._statement else title)

    def _levels(self, found: FieldView) -> Table:
        t = self.catalogue.t
        rows = [
            [Cell((row.voice.name,)), Cell((Run(self._level(row.figures.standing.level), bold=True),)),
             Cell((self._mean(row.figures.standing),), Style.FIGURE)]
            for row in found.rows
        ]  # fmt: skip
        return Table(
            t("Stufe je Stimme"), t("Eine Zeile je Stimme, mit Stufe und Mittelwert."), (34, 46, 20),
            [Cell((t("Stimme"),)), Cell((t("Stufe"),)), Cell((t("Mittelwert"),), Style.FIGURE)], rows,
        )  # fmt: skip

    def _basis(self, row: FieldRow) -> list[str]:
        standing = row.figures.standing
        if self._statement:
            return self._statement.basis(row.figures)
        return [
            words.coverage(self.catalogue, standing),
            *words.gaps(self.catalogue, standing, self.institution),
            *words.negatives(self.catalogue, row.figures.questions),
            *words.hints(self.catalogue, standing),
        ]

    def _figures(self, found: FieldView) -> Iterator[str]:
        t = self.catalogue.t
        if self.institution:
            for row in found.rows:
                yield self.writer.table(self._answers(found, row))
            return
        yield self.writer.heading(2, t("Die Antworten im Einzelnen"))
        yield self.writer.table(self._counts(found))

    def _answers(self, found: FieldView, row: FieldRow) -> Table:
        """An institution's answers, under each criterion with its mark."""
        t, rows = self.catalogue.t, list[list[Cell]]()
        for criterion in found.criteria:
            figures = criterion.cells[0][1]
            rows.append([Cell((f"{criterion.id} {criterion.title}",), fill=True),
                         Cell((self._marked(figures),), fill=True)])  # fmt: skip
            for question in criterion.questions:
                text = self.views.question(question, row.voice)
                answer = self._answered(row.voice.evaluation.questions[question.id])
                rows.append([Cell((f"{question.id} {text}",)), Cell((answer,))])
        return Table(
            t("Jede Frage mit der Antwort der Kommune; darüber die Bewertung des Kriteriums"),
            t("Eine Zeile je Frage, unter ihrem Kriterium; die zweite Spalte nennt Antwort oder Bewertung."),
            (68, 32), [Cell((t("Frage"),)), Cell((t("Antwort"),))], rows,
        )  # fmt: skip

    def _counts(self, found: FieldView) -> Table:
        t = self.catalogue.t
        columns = [t(words.MARK[rating]) for _, rating in COUNTED]
        columns += [t("keine Einschätzung"), t("übersprungen"), t("nicht erreicht"), t("Mittelwert")]
        head = [Cell((t("Stimme"),), Style.SMALL), *(Cell((word,), Style.SMALL_FIGURE) for word in columns),
                Cell((t("Bewertung"),), Style.SMALL)]  # fmt: skip
        rows: list[list[Cell]] = []
        for criterion in found.criteria:
            rows.append([Cell((f"{criterion.id} {criterion.title}",), span=len(head), fill=True)])
            rows += [self._counted(voice, figures, len(columns)) for voice, figures in criterion.cells]
        return Table(
            t("Wie oft jede Antwort gegeben wurde"),
            t("Eine Zeile je Kriterium und Stimme: die Zahl jeder Antwort, der Mittelwert und die Bewertung."),
            (14, 5, 6, 6, 6, 14, 14, 10, 12, 17), head, rows,
        )  # fmt: skip

    def _counted(self, voice: VoiceView, figures: Figures, columns: int) -> list[Cell]:
        t, counts = self.catalogue.t, figures.counts
        name, mark = Cell((voice.name,), Style.SMALL), Cell((self._marked(figures),), Style.SMALL)
        if counts is None:
            why = t("geschützt, weniger als {k} Einschätzungen", k=voice.k) if figures.mark else (
                t("zu wenige Einschätzungen")
            )  # fmt: skip
            return [name, Cell((why,), Style.SMALL, span=columns), mark]
        numbers = [*(getattr(counts, name) for name, _ in COUNTED), counts.cannot_say, counts.skipped,
                   counts.not_reached]  # fmt: skip
        cells = [Cell((self.catalogue.number(n),), Style.SMALL_FIGURE) for n in numbers]
        mean = Cell((words.mean(self.catalogue, figures.mean),), Style.SMALL_FIGURE)
        return [name, *cells, mean, mark]

    def _led(self, point: Point) -> list[Run | str]:
        return [Run(words.led(self.catalogue, point.title, point.criterion), bold=True), point.text]

    def _drafts(self, found: FieldView) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        if found.rows and found.rows[0].draft.opening:
            yield writer.paragraph(found.rows[0].draft.opening)
        for row in found.rows:
            draft = row.draft
            if len(found.rows) > 1:
                yield writer.heading(3, row.voice.name)
            yield self._stamp()
            yield writer.paragraph(draft.assessment)
            if draft.strengths:
                yield writer.heading(3, t("Was trägt und was noch fehlt"))
                if draft.met > STRENGTHS:
                    yield writer.paragraph(self.catalogue.n(
                        "Von {n} mit „ja“ bewerteten Kriterium steht hier das am höchsten bewertete.",
                        "Von {n} mit „ja“ bewerteten Kriterien stehen hier die am höchsten bewerteten.",
                        draft.met,
                    ), keep=True)  # fmt: skip
                yield writer.bullets(self._led(point) for point in draft.strengths)
            if draft.recommendations:
                yield writer.heading(3, t("Empfehlungen"))
                yield writer.bullets(self._led(point) for point in draft.recommendations)
            said = set(self._basis(row))
            remarks = [sentence for sentence in draft.remarks if sentence not in said]
            if remarks:
                yield writer.heading(3, t("Dazu gehört auch"))
                yield writer.bullets(remarks)
