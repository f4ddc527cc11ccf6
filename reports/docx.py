"""The Auswertung as a Word file: lays out a release, its drafts or edited texts, and released statements in a template.

Sees the same release and views as the page in HTML, never a row. Same release, same statements, same template, same
language: same bytes. What the variables of a template are is told in docs/vorlagen.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from conversations.questionnaire import Questionnaire
from locales import FSI, PDI, Catalogue
from reports import words
from reports.assessment import overall_draft
from reports.checker import checked
from reports.document import Document, Statements, digest_of
from reports.docx_ends import EndParts
from reports.docx_fields import FieldParts
from reports.docx_ground import COUNTED
from reports.evaluation import LEVELS
from reports.views import VoiceView
from reports.wordfile import Properties, WordFile, contents, own_template
from reports.wordml import SYMBOL_FONT, Cell, Line, Run, Style, Table, Writer, block, plain

SPOKEN_IN = "de-DE"  # a town writes in the language of its office, whatever language the Auswertung is in


@dataclass(frozen=True)
class VoicePart:
    """A voice, as a template asks for it."""

    name: str
    n: str
    level: str
    mean: str


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


class Auswertung(FieldParts, EndParts):
    """The whole document, as the variables of a template."""

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
            "participants": block(*self._participants()) if self.institution or self.views.voices else block(),
            "changes": block(*self._statement.changes()) if self._statement else block(),
            "rule": block(*self._rule()) if self.views.fields else block(),
            "limits": block(*self._limits()),
            "origin": block(*self._origin()),
        }

    # ---- front --------------------------------------------------------------------------------------------------

    def _period(self) -> str:
        survey, t = self.document["survey"], self.catalogue.t
        closed = self._day(survey["closed"])
        if survey["opened"] == survey["closed"]:
            return closed  # an event of one day
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
        lead = Run(words.lead(self.catalogue, name), bold=True)
        return self.writer.paragraph([lead, f"{FSI}{value}{PDI}"], Style.FACT)

    # ---- overview -----------------------------------------------------------------------------------------------

    def _overview(self) -> Iterator[str]:
        t, writer = self.catalogue.t, self.writer
        yield writer.heading(1, t("Überblick"), first=True)
        for paragraph in self._statement.views.introduction if self._statement else ():
            yield writer.paragraph(paragraph)
        for voice in self.views.voices:
            yield from self._standing(self._voice_name(voice), voice.evaluation.overall)
        yield writer.heading(2, t("Die Handlungsfelder auf einen Blick"))
        yield writer.table(self._glance())
        yield writer.heading(2, t("Die Kriterien im Überblick"))
        yield self._legend()
        yield writer.bullets(self._withheld())
        yield writer.table(self._criteria())

    def _glance(self) -> Table:
        """Each field as a row; its mean stands in the column of its level."""
        t = self.catalogue.t
        several = len(self.views.voices) > 1
        rows = []
        for field in self.views.fields:
            cells = [Cell((f"{field.id} {field.title}",))]
            for level in LEVELS:
                lines: list[Line] = [
                    [Run(self._mean(row.figures.standing), bold=True), f" {row.voice.name}" if several else ""]
                    for row in field.rows if row.figures.standing.level is level
                ]  # fmt: skip
                cells.append(Cell(tuple(lines)))
            unknown = [row for row in field.rows if row.figures.standing.level is None]
            if unknown:
                names = [f"{row.voice.name}: {self._level(None)}" if several else self._level(None) for row in unknown]
                cells[0] = Cell((f"{field.id} {field.title}", *names))
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
        return self.writer.paragraph(line, Style.NOTE, keep=True)

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
        for field in self.views.fields:
            levels = [Cell((self._level(row.figures.standing.level),), fill=True) for row in field.rows]
            rows.append([Cell((f"{field.id} {field.title}",), fill=True), *levels])
            for criterion in field.criteria:
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
            if statement:
                yield writer.bullets([statement.views.coverage])
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

    def _voice(self, voice: VoiceView) -> VoicePart:
        overall = voice.evaluation.overall
        return VoicePart(voice.name, self.catalogue.number(voice.n), self._level(overall.level), self._mean(overall))
