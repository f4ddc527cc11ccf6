"""The Auswertung as a Word file: lays out a release, its drafts or edited texts, and released statements in a template.

Sees the same release and views as the page in HTML, never a row. Same release, same statements, same template, same
language: same bytes. What the variables of a template are is told in docs/vorlagen.md.
"""

from __future__ import annotations

import html as escaping
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from conversations.questionnaire import Mirror, Questionnaire, Rating, Voice
from locales import FSI, PDI, Catalogue
from reports import words
from reports.assessment import blocks, overall_draft
from reports.checker import checked
from reports.comparing import MirrorWords
from reports.document import Document, Quote, Statements, digest_of, quotes
from reports.evaluation import LEVELS, Figures, Level, Standing
from reports.mirror import Facing, mirror
from reports.sources import Source
from reports.views import FieldRow, FieldView, Views, VoiceView
from reports.wordfile import Properties, WordFile, contents, own_template
from reports.wordml import (
    SYMBOL_FONT,
    Cell,
    Line,
    Run,
    Style,
    Table,
    Writer,
    block,
    plain,
    writable,
)

COUNTED = (
    ("yes", Rating.YES), ("rather_yes", Rating.RATHER_YES), ("rather_no", Rating.RATHER_NO), ("no", Rating.NO),
)  # fmt: skip
SPOKEN_IN = "de-DE"  # a town writes in the language of its office, whatever language the Auswertung is in


@dataclass(frozen=True)
class VoicePart:
    """A voice, as a template asks for it."""

    name: str
    n: str
    level: str
    mean: str


@dataclass(frozen=True)
class FieldPart:
    """A field, as a template asks for it. `level`, `mean` and `coverage` are those of the first voice shown."""

    id: str
    title: str
    level: str
    mean: str
    coverage: str
    section: Markup


def docx(
    document: Document,
    questionnaire: Questionnaire,
    catalogue: Catalogue,
    commune: str,
    statements: Statements | None = None,
    *,
    template: Path | None = None,
) -> bytes:
    """The Auswertung as a Word file.

    `statements` are aligned with the ids of the release. Raises ReleaseError for a release that does not add up or
    statements that are not its own, LanguageError where the language lacks a text, OfficeError without the extra
    [office], and WordTemplateError for a template that cannot be used.
    """
    checked(document, questionnaire)
    language = catalogue.language
    content = own_template() if template is None else template.read_bytes()
    file = WordFile(content, template.name if template else "the template", language.tag)
    writer = Writer(
        file.styles, file.width, language.right_to_left, file.number, "" if language.code == "de" else SPOKEN_IN
    )
    made = Auswertung(writer, document, questionnaire, catalogue, commune, statements or {})
    released = date.fromisoformat(document["survey"]["released"])
    about = Properties(made.headline, made.commune, language.tag, made.title, released)
    return file.filled(made.values(), about, language.right_to_left)


class Auswertung:
    """The parts of the document, each as markup."""

    def __init__(
        self, writer: Writer, document: Document, questionnaire: Questionnaire, catalogue: Catalogue, commune: str,
        statements: Statements,
    ) -> None:  # fmt: skip
        self.writer = writer
        self.document = document
        self.questionnaire = questionnaire
        self.catalogue = catalogue
        self.commune = writable(commune)
        self.views = Views(document, questionnaire, catalogue, quotes(document, statements))
        self.institution = questionnaire.institution
        self.town: Mapping[str, Any] | None = document.get("town")
        self.title = catalogue.of(questionnaire.name, questionnaire.title)
        self.headline = plain(catalogue.t("Auswertung {title}, {commune}", title=self.title, commune=self.commune))
        self._statement = None
        if self.town is not None:
            from reports.statement_docx import StatementParts

            self._statement = StatementParts(writer, self.town, questionnaire, catalogue, document["survey"]["kind"])

    def values(self) -> dict[str, Any]:
        """All variables of a template."""
        t, survey = self.catalogue.t, self.document["survey"]
        overall = self.views.voices[0].evaluation.overall if self.views.voices and self.views.fields else None
        return {
            "commune": self.commune,
            "eyebrow": t("Auswertung der Erhebung „Weltoffene Kommune“"),
            "title": self.title,
            "headline": self.headline,
            "period": plain(self._period()),
            "released": self._day(survey["released"]),
            "survey": survey["id"],
            "digest": digest_of(self.document),
            "language": self.catalogue.language.tag,
            "level": self._level(overall.level) if overall else "",
            "mean": self._mean(overall) if overall else "",
            "coverage": plain(words.coverage(self.catalogue, overall)) if overall else "",
            "voices": [self._voice(voice) for voice in self.views.voices],
            "fields": [self._field(field) for field in self.views.fields],
            "signed": self._statement.signed() if self._statement else "",
            "page_number": self.writer.page_number(self.catalogue),
            "facts": block(*self._facts()),
            "contents": contents(self.writer.paragraph(t("Inhalt"), Style.TOC_HEADING)),
            "overview": block(*self._overview()) if self.views.fields else block(),
            "overall": block(*self._overall()) if self.views.fields else block(),
            "mirror": block(*self._mirror()),
            "statements": block(*self._statements()),
            "participants": block(*self._participants()),
            "changes": block(*self._statement.changes()) if self._statement else block(),
            "rule": block(*self._rule()) if self.views.fields else block(),
            "limits": block(*self._limits()),
            "origin": block(*self._origin()),
        }

    # ---- front --------------------------------------------------------------------------------------------------

    def _period(self) -> str:
        survey, t = self.document["survey"], self.catalogue.t
        closed = self._day(survey["closed"])
        if survey["opened"]:
            return t("{opened} bis {closed}", opened=self._day(survey["opened"]), closed=closed)
        return t("abgeschlossen am {closed}", closed=closed)

    def _facts(self) -> Iterator[str]:
        t = self.catalogue.t
        yield self._fact(t("Zeitraum"), self._period())
        for voice in self.views.taking_part:
            if isinstance(voice, VoiceView):
                yield self._fact(voice.name, self._people(voice))
            else:
                yield self._fact(voice.name, t("zurückgehalten, zum Schutz kleiner Gruppen"))
        if self._statement:
            yield from self._statement.facts()
        yield self._fact(t("Stand"), self._day(self.document["survey"]["released"]))
        yield self._fact(t("Prüfsumme der Freigabe"), digest_of(self.document))

    def _fact(self, name: str, value: str) -> str:
        return self.writer.paragraph([Run(f"{name}: ", bold=True), f"{FSI}{value}{PDI}"], Style.FACT)

    def _people(self, voice: VoiceView) -> str:
        if self.institution:
            return self.catalogue.t("eine gemeinsame Erklärung")
        return self.catalogue.n(
            "{n} Teilnehmender, selbst gewählt, nicht repräsentativ",
            "{n} Teilnehmende, selbst gewählt, nicht repräsentativ",
            voice.n,
        )

    # ---- overview -----------------------------------------------------------------------------------------------

    def _overview(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Überblick"), first=True)
        for voice in self.views.voices:
            yield from self._standing(self._voice_name(voice), voice.evaluation.overall)
        yield writer.heading(2, t("Die Handlungsfelder auf einen Blick"))
        yield writer.table(self._glance())
        yield writer.heading(2, t("Die Kriterien im Überblick"))
        yield self._legend()
        yield writer.bullets(self._withheld())
        yield writer.table(self._criteria())

    def _standing(self, name: str, standing: Standing) -> Iterator[str]:
        t = self.catalogue.t
        sentence = t(words.LEVEL_SENTENCE[standing.level]) if standing.level else self._level(None)
        if len(self.views.voices) > 1:
            sentence = f"{name}: {sentence}"
        yield self.writer.paragraph(sentence, Style.LEVEL)
        if standing.mean is not None:
            mean = self._mean(standing)
            yield self.writer.paragraph(t("Mittelwert {mean} auf der Linie von 0 bis 3", mean=mean), Style.NOTE)

    def _glance(self) -> Table:
        """Each field as a row; its mean stands in the column of its level."""
        t = self.catalogue.t
        several = len(self.views.voices) > 1
        rows = []
        for field_ in self.views.fields:
            cells = [Cell((f"{field_.id} {field_.title}",))]
            for level in LEVELS:
                lines: list[Line] = [
                    [Run(self._mean(row.figures.standing), bold=True), f" {row.voice.name}" if several else ""]
                    for row in field_.rows if row.figures.standing.level is level
                ]  # fmt: skip
                cells.append(Cell(tuple(lines)))
            unknown = [row for row in field_.rows if row.figures.standing.level is None]
            if unknown:
                names = [f"{row.voice.name}: {self._level(None)}" if several else self._level(None) for row in unknown]
                cells[0] = Cell((f"{field_.id} {field_.title}", *names))
            rows.append(cells)
        return Table(
            t("Mittelwert je Handlungsfeld, in der Spalte seiner Stufe"),
            t("Eine Zeile je Handlungsfeld, eine Spalte je Stufe; der Mittelwert steht in der Spalte der Stufe."),
            (30, *(18 for _ in LEVELS)),
            [Cell((t("Handlungsfeld"),)), *(Cell((self._level(level),)) for level in LEVELS)],
            rows,
        )

    def _legend(self) -> str:
        """What the five symbols mean, in one line."""
        t = self.catalogue.t
        meanings = [*((rating, t(words.MARK[rating])) for _, rating in COUNTED),
                    (None, t("keine Einschätzung oder zu wenige"))]  # fmt: skip
        line: list[Run | str] = [Run(t("Legende: Wurde das Kriterium erfüllt?") + " ", bold=True)]
        for n, (rating, word) in enumerate(meanings):
            line += [Run(words.SYMBOL[rating], font=SYMBOL_FONT), f" {word}{';' if n < len(meanings) - 1 else ''} "]
        return self.writer.paragraph(line, Style.NOTE)

    def _withheld(self) -> list[str]:
        return [
            self.catalogue.t(
                "{voice}: nicht in der Tabelle, zum Schutz kleiner Gruppen. Nötig sind mindestens {k} Menschen, die "
                "einzeln abgegeben haben.",
                voice=voice.name,
                k=voice.k,
            )
            for voice in self.views.hidden
        ]

    def _criteria(self) -> Table:
        t, voices = self.catalogue.t, self.views.voices
        rows: list[list[Cell]] = []
        for field_ in self.views.fields:
            levels = [Cell((self._level(row.figures.standing.level),), fill=True) for row in field_.rows]
            rows.append([Cell((f"{field_.id} {field_.title}",), fill=True), *levels])
            for criterion in field_.criteria:
                marks = [Cell((self._marked(figures),)) for _, figures in criterion.cells]
                rows.append([Cell((f"{criterion.id} {criterion.title}",)), *marks])
        caption = self.catalogue.n(
            "{n} Kriterium, bewertet von jeder Stimme für sich",
            "{n} Kriterien, bewertet von jeder Stimme für sich",
            len(self.questionnaire.criteria),
        )
        if self.institution:
            caption = t("Die Kriterien und ihre Bewertung")
        return Table(
            caption,
            t("Eine Zeile je Kriterium, nach Handlungsfeldern; eine Spalte je Stimme, jede Bewertung mit ihrem Wort."),
            (50, *(50 // len(voices) for _ in voices)),
            [Cell((t("Kriterium"),)), *(Cell((self._voice_name(voice),)) for voice in voices)],
            rows,
        )

    # ---- a field ------------------------------------------------------------------------------------------------

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
            yield from statement.unrated(found.id)
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
                yield writer.heading(3, t("Was trägt"))
                if draft.positive > len(draft.strengths):
                    yield writer.paragraph(self.catalogue.n(
                        "Von {n} positiv bewerteten Kriterium steht hier das am höchsten bewertete.",
                        "Von {n} positiv bewerteten Kriterien stehen hier die am höchsten bewerteten.",
                        draft.positive,
                    ), keep=True)  # fmt: skip
                yield writer.bullets([Run(f"{p.title} ({p.criterion}): ", bold=True), p.text] for p in draft.strengths)
            if draft.recommendations:
                yield writer.heading(3, t("Empfehlungen"))
                yield writer.bullets(
                    [Run(f"{p.title} ({p.criterion}): ", bold=True), p.text] for p in draft.recommendations
                )
            said = set(self._basis(row))
            remarks = [sentence for sentence in draft.remarks if sentence not in said]
            if remarks:
                yield writer.heading(3, t("Dazu gehört auch"))
                yield writer.bullets(remarks)

    def _stamp(self) -> str:
        text = self.catalogue.t(
            "Entwurf, nach Regeln aus den Zahlen zusammengesetzt. Menschen überarbeiten den Text, nie die Zahlen."
        )
        return self.writer.paragraph(text, Style.NOTE, keep=True)

    # ---- all together -------------------------------------------------------------------------------------------

    def _overall(self) -> Iterator[str]:
        t, writer, statement = self.catalogue.t, self.writer, self._statement
        yield writer.heading(1, t("Gesamtbewertung und Schwerpunkte"), first=True)
        edited = statement.text("overall") if statement else ""
        for voice in self.views.voices:
            if len(self.views.voices) > 1:
                yield writer.heading(2, voice.name)
            else:
                yield from self._standing(voice.name, voice.evaluation.overall)
            if edited:
                yield writer.prose(edited)
            else:
                yield self._stamp()
                level = voice.evaluation.overall.level
                told = t(words.LEVEL_SENTENCE[level]) if level and len(self.views.voices) == 1 else ""
                draft = overall_draft(self.questionnaire, voice.evaluation, self.catalogue)
                yield writer.bullets(sentence for sentence in draft if sentence != told)
            if len(self.views.voices) > 1:
                yield self._proposal(voice)
        yield writer.heading(2, t("Schwerpunkte für den Workshop"))
        if len(self.views.voices) == 1:
            yield self._proposal(self.views.voices[0])
        yield writer.paragraph(t(
            "Vorgeschlagen werden die vier Felder mit den niedrigsten Mittelwerten unterhalb der höchsten Stufe, bei "
            "Gleichstand auch mehr. Das ist ein Vorschlag: Welche Felder der Workshop bearbeitet, entscheiden die "
            "Veranstaltenden und nennen ihren Grund."
        ))  # fmt: skip
        choice = self.town["choice"] if self.town else None
        if choice:
            fields = words.named(self.catalogue, self.questionnaire, choice["fields"])
            yield writer.paragraph(t("Gewählt: {fields}.", fields=fields))
            reason = Run(words.clean(choice["reason"]), lang=writer.lang)
            before, _, after = t("Grund: {reason}", reason="\ue000").partition(f"{FSI}\ue000{PDI}")
            yield writer.paragraph([before, reason, after])
        else:
            yield writer.paragraph(t("Eine Wahl ist noch nicht eingetragen."))
        if statement:
            yield from statement.coverage()

    def _proposal(self, voice: VoiceView) -> str:
        t = self.catalogue.t
        if not voice.evaluation.focus:
            return self.writer.paragraph(t("Nach der Regel wird kein Schwerpunkt vorgeschlagen."))
        named = words.named(self.catalogue, self.questionnaire, voice.evaluation.focus)
        return self.writer.paragraph(
            [Run(t("Vorschlag für die Schwerpunkte des Workshops:") + " ", bold=True), f"{FSI}{named}{PDI}"]
        )

    # ---- beside each other, and what was said -------------------------------------------------------------------

    def _mirror(self) -> Iterator[str]:
        if not self.views.fields or len(self.views.voices) < 2:
            return
        t, writer = self.catalogue.t, self.writer
        found = MirrorWords(mirror([Source(self.commune, self.document, self.questionnaire)]), self.catalogue)
        yield writer.heading(1, t("Die Stimmen nebeneinander"), first=True)
        yield writer.paragraph(t(
            "Hier stehen die Kriterien, bei denen die Stimmen mindestens eine Bewertung auseinanderliegen, die größten "
            "Abstände zuerst. Gedruckt ist, was jede Stimme gefragt wurde."
        ))  # fmt: skip
        yield writer.heading(2, t("Abstände"))
        if found.mirrored.gaps:
            caption = self.catalogue.n(
                "{n} Kriterium, der größte Abstand zuerst", "{n} Kriterien, die größten Abstände zuerst",
                len(found.mirrored.gaps),
            )  # fmt: skip
            yield writer.table(self._faced(found, caption, found.mirrored.gaps))
        else:
            yield writer.paragraph(t("Kein Kriterium liegt eine Bewertung oder mehr auseinander."))
        if found.mirrored.unranked:
            yield writer.heading(2, t("Nebeneinander, aber nicht verglichen"))
            yield writer.paragraph(t(
                "Diese Fragen können Einwohner*innen nicht von innen beantworten. Sie wurden etwas anderes gefragt; "
                "deshalb steht hier kein Abstand."
            ))  # fmt: skip
            caption = self.catalogue.n(
                "{n} Kriterium, bewertet von jeder Stimme für sich",
                "{n} Kriterien, bewertet von jeder Stimme für sich",
                len(found.mirrored.unranked),
            )
            yield writer.table(self._faced(found, caption, found.mirrored.unranked))

    def _faced(self, found: MirrorWords, caption: str, those: Sequence[Facing]) -> Table:
        t, rows = self.catalogue.t, list[list[Cell]]()
        for one in those:
            title = f"{one.id} {found.title(one)}"
            lines: list[Line] = [title]
            if one.gap:
                lines = [f"{title}. {self.catalogue.n('Abstand: {n} Schritt', 'Abstand: {n} Schritte', one.gap)}"]
            rows.append([Cell(tuple(lines), span=3, fill=True)])
            for cell in one.cells:
                count = unmarked(found.count(cell))
                side = f"{found.name(cell.side)}, {count}" if count else found.name(cell.side)
                asked = tuple(question for _, question in found.asked(cell))
                rows.append([Cell((side,)), Cell((self._marked(cell.figures),)), Cell(asked)])
            if any(cell.relation is Mirror.PERCEIVED for cell in one.cells) and found.caution(one):
                rows[-1][2] = Cell((*rows[-1][2].lines, found.caution(one)))
        return Table(
            caption, t("Unter jedem Kriterium eine Zeile je Stimme: Bewertung und Wortlaut der Frage."), (26, 20, 54),
            [Cell((t("Stimme"),)), Cell((t("Bewertung"),)), Cell((t("Frage"),))], rows,
        )  # fmt: skip

    def _statements(self) -> Iterator[str]:
        if not self.views.spoken:
            return
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Was die Menschen gesagt haben"))
        yield writer.paragraph(t(
            "Freie Texte in zufälliger Reihenfolge, ohne Sprache und Zeit. Veröffentlicht ist nur, was die "
            "Veranstaltenden freigegeben haben; im Wortlaut bleibt es die Sicht Einzelner."
        ))  # fmt: skip
        for question, those in self.views.spoken:
            yield writer.heading(2, question)
            yield from self._quoted(those)

    def _quoted(self, those: Sequence[Quote]) -> Iterator[str]:
        for quote in those:
            if quote.text is None:
                yield self.writer.paragraph(Run(self.catalogue.t("zurückgezogen"), italic=True), Style.NOTE)
                continue
            yield self.writer.said(quote.text)
            if quote.voice and len(self.views.voices) > 1:
                yield self.writer.paragraph(self.catalogue.t(words.VOICE[Voice(quote.voice)]), Style.NOTE)

    # ---- who, how, and what not ---------------------------------------------------------------------------------

    def _participants(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Wer mitgemacht hat"))
        if self.institution:
            yield writer.paragraph(t(
                "Die Antworten sind eine gemeinsame Erklärung der Einrichtung, keine Befragung einzelner Menschen."
            ))  # fmt: skip
            if self._statement:
                yield from self._statement.contributors()
            return
        for voice in self.views.voices:
            yield writer.heading(2, voice.name)
            if voice.not_handed_in is None:
                left = t("Begonnen, aber nicht abgegeben: weniger als {k}.", k=voice.k)
            else:
                left = t(
                    "Begonnen, aber nicht abgegeben: {n}. Sie sind in keiner Zahl enthalten.", n=voice.not_handed_in
                )
            yield writer.bullets([self._people(voice), left])
            if len(voice.groups) > 1:
                yield writer.table(self._groups(voice))
                yield writer.paragraph(
                    t("Sprachen mit weniger als {k} Menschen sind zusammengefasst.", k=voice.k), Style.NOTE
                )

    def _groups(self, voice: VoiceView) -> Table:
        t = self.catalogue.t
        rows = [
            [Cell((Run(f"{FSI}{group.name}{PDI}", lang=group.code or ""),)),
             Cell((self.catalogue.number(group.n),), Style.FIGURE)]
            for group in voice.groups
        ]  # fmt: skip
        return Table(
            t("Sprache, in der geantwortet wurde"), t("Eine Zeile je Sprache, mit der Zahl der Menschen."), (70, 30),
            [Cell((t("Sprache"),)), Cell((t("Menschen"),), Style.FIGURE)], rows,
        )  # fmt: skip

    def _rule(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("So wurde gerechnet"))
        yield writer.paragraph(t(
            "Die amtliche Rechenregel des Selbstchecks wurde nie veröffentlicht. Diese Auswertung rechnet nach einer "
            "eigenen, hier abgedruckten Regel. Sie ergibt für den veröffentlichten Selbstcheck Dessau-Roßlau alle "
            "sieben Stufen der Felder und die Gesamtstufe."
        ))  # fmt: skip
        yield writer.numbers(self._steps())
        starts = [self.catalogue.number(0), *(words.cut(self.catalogue, n) for n in (1, 2, 3))]
        marks = [t(words.MARK[mark]) for mark, _ in reversed(words.values())]
        cuts = reversed(list(zip(starts, marks, LEVELS, strict=True)))
        rows = [[Cell((start,)), Cell((mark,)), Cell((self._level(level),))] for start, mark, level in cuts]
        yield writer.table(Table(
            t("Die Grenzen"), t("Eine Zeile je Grenze: ab welchem Mittelwert welche Bewertung und Stufe gilt."),
            (24, 38, 38),
            [Cell((t("Mittelwert ab"),)), Cell((t("Bewertung eines Kriteriums"),)), Cell((t("Stufe eines Feldes"),))],
            rows,
        ))  # fmt: skip

    def _steps(self) -> list[str]:
        t = self.catalogue.t
        few = t("Mit weniger als fünf Einschätzungen hat ein Kriterium keine Bewertung und geht in keinen Mittelwert "
                "ein.")  # fmt: skip
        return [
            t("Jede Einschätzung hat einen Wert: ja 3, eher ja 2, eher nein 1, nein 0. Alles andere fehlt und zählt "
              "nie als null."),
            t("Der Mittelwert eines Kriteriums ist die Summe der Werte durch die Zahl der Einschätzungen. Seine "
              "Bewertung ist die nächstgelegene Einschätzung; genau in der Mitte wird aufgerundet."),
            *([] if self.institution else [few]),
            t("Der Mittelwert eines Feldes ist der Mittelwert der Bewertungen seiner Kriterien. So lässt er sich aus "
              "dem Überblick nachrechnen."),
            t("Für das Gesamtergebnis gilt dasselbe über alle bewerteten Kriterien."),
            t("Keine Stufe hat ein Feld, von dem weniger als die Hälfte der Fragen bearbeitet ist."),
            t("„Uneinig“ heißt: Mindestens ein Drittel der Einschätzungen liegt auf jeder Seite der Mitte. „Knapp“ "
              "heißt: höchstens 0,1 neben einer Grenze. „Durch Rundung“ heißt: Die ungerundeten Mittelwerte der "
              "Kriterien ergäben eine andere Stufe."),
        ]  # fmt: skip

    def _limits(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Grenzen und Schutz"))
        yield writer.heading(2, t("Was diese Auswertung nicht sagt"))
        chosen = t("Wer mitmacht, hat sich selbst dafür entschieden. Die Ergebnisse gelten für die Teilnehmenden, "
                   "nicht für alle Menschen der Kommune.")  # fmt: skip
        own = t("Sie ist eine Selbsteinschätzung. Andere in der Kommune können es anders sehen.")
        rated = [
            t("Alle Fragen sind so gestellt, dass „ja“ offen bedeutet. Wer gern zustimmt, hebt damit das Ergebnis."),
            t("Nicht zu antworten kann eine Stufe heben. Darum stehen bei jeder Stufe die fehlenden Fragen und, wo sie "
              "etwas ändern könnten, die Spanne."),
        ]  # fmt: skip
        yield writer.bullets([
            own if self.institution else chosen, *(rated if self.views.fields else []),
            t("Jede Stimme steht für sich; sie werden nie zusammengerechnet."),
        ])  # fmt: skip
        yield writer.heading(2, t("Was nicht gezeigt wird, und warum"))
        if self.institution:
            yield writer.bullets([t("Die Erklärung einer Einrichtung wird ganz gezeigt.")])
            return
        hidden = [
            t("{voice}: zurückgehalten, zum Schutz kleiner Gruppen. Nötig sind mindestens {k} Menschen, die einzeln "
              "abgegeben haben.", voice=voice.name, k=voice.k)
            for voice in self.views.hidden
        ]  # fmt: skip
        small = [
            t("{voice}: Verteilungen und Gruppen unter {k} Menschen bleiben geschützt.", voice=voice.name, k=voice.k)
            for voice in self.views.voices
        ]
        free = t("Freie Texte erscheinen nur, wenn sie freigegeben wurden. Gelöschte Aussagen fehlen.")
        yield writer.bullets([*hidden, *small, free])

    def _origin(self) -> Iterator[str]:
        catalogue = self.catalogue
        yield self.writer.paragraph(catalogue.of(self.questionnaire.name, self.questionnaire.origin), Style.NOTE)
        if self.views.fields:
            yield self.writer.paragraph(catalogue.of("assessment-1", blocks().origin), Style.NOTE)
        yield self.writer.paragraph(catalogue.t(
            "Erhebung {survey}, Fragebogen {questionnaire}. Jede Zahl lässt sich mit dem Programm „weltoffen“ "
            "nachvollziehen.",
            survey=self.document["survey"]["id"],
            questionnaire=self.questionnaire.name,
        ), Style.NOTE)  # fmt: skip

    # ---- words --------------------------------------------------------------------------------------------------

    def _marked(self, figures: Figures) -> Line:
        """A mark: symbol and word, never one alone, and what stands beside it."""
        t = self.catalogue.t
        notes = []
        if figures.divided:
            notes.append(t("gemischt") if self.institution else t("uneinig"))
        if figures.close:
            notes.append(t("knapp"))
        word = words.marked(self.catalogue, figures) + (f" ({', '.join(notes)})" if notes else "")
        return [Run(words.SYMBOL[figures.mark], font=SYMBOL_FONT), f" {word}"]

    def _answered(self, figures: Figures) -> Line:
        if figures.gap is None:
            return self._marked(figures)
        return [Run(words.SYMBOL[None], font=SYMBOL_FONT), f" {self.catalogue.t(words.VALUE[figures.gap])}"]

    def _voice(self, voice: VoiceView) -> VoicePart:
        overall = voice.evaluation.overall
        return VoicePart(voice.name, self.catalogue.number(voice.n), self._level(overall.level), self._mean(overall))

    def _voice_name(self, voice: VoiceView) -> str:
        return self.catalogue.t("Erklärung der Kommune") if self.institution else voice.name

    def _level(self, level: Level | None) -> str:
        return words.levelled(self.catalogue, level)

    def _mean(self, standing: Standing) -> str:
        return words.mean(self.catalogue, standing.mean)

    def _day(self, iso: str) -> str:
        return self.catalogue.day(date.fromisoformat(iso))


def unmarked(markup: str) -> str:
    """A text that was made for a page, as a text with isolates again."""
    return escaping.unescape(str(markup).replace("<bdi>", FSI).replace("</bdi>", PDI))
