"""What all parts of the Auswertung in Word share: the release as views, and its figures in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from conversations.questionnaire import Questionnaire, Rating, Voice
from locales import Catalogue
from reports import words
from reports.document import Document, Quote, Statements, quotes
from reports.evaluation import Figures, Level, Standing
from reports.views import Views, VoiceView
from reports.wordml import SYMBOL_FONT, Line, Run, Style, Writer, plain, writable

COUNTED = (
    ("yes", Rating.YES), ("rather_yes", Rating.RATHER_YES), ("rather_no", Rating.RATHER_NO), ("no", Rating.NO),
)  # fmt: skip


class Ground:
    """One release, in one language, about to be written with one template's styles."""

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

            self._statement = StatementParts(writer, document, questionnaire, catalogue)

    def _voice_name(self, voice: VoiceView) -> str:
        return self.catalogue.t("Erklärung der Kommune") if self.institution else voice.name

    def _level(self, level: Level | None) -> str:
        return words.levelled(self.catalogue, level)

    def _mean(self, standing: Standing) -> str:
        return words.mean(self.catalogue, standing.mean)

    def _day(self, iso: str) -> str:
        return self.catalogue.day(date.fromisoformat(iso))

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

    def _standing(self, name: str, standing: Standing) -> Iterator[str]:
        t = self.catalogue.t
        sentence = t(words.LEVEL_SENTENCE[standing.level]) if standing.level else self._level(None)
        if len(self.views.voices) > 1:
            sentence = f"{name}: {sentence}"
        yield self.writer.paragraph(sentence, Style.LEVEL)
        if standing.mean is not None:
            mean = self._mean(standing)
            yield self.writer.paragraph(t("Mittelwert {mean} auf der Linie von 0 bis 3", mean=mean), Style.NOTE)

    def _people(self, voice: VoiceView) -> str:
        if self.institution:
            return self.catalogue.t("eine gemeinsame Erklärung")
        return self.catalogue.n(
            "{n} Teilnehmender, selbst gewählt, nicht repräsentativ",
            "{n} Teilnehmende, selbst gewählt, nicht repräsentativ",
            voice.n,
        )

    def _stamp(self) -> str:
        text = self.catalogue.t(
            "Entwurf, nach Regeln aus den Zahlen zusammengesetzt. Menschen überarbeiten den Text, nie die Zahlen."
        )
        return self.writer.paragraph(text, Style.NOTE, keep=True)

    def _quoted(self, those: Sequence[Quote]) -> Iterator[str]:
        for quote in those:
            if quote.text is None:
                yield self.writer.paragraph(Run(self.catalogue.t("zurückgezogen"), italic=True), Style.NOTE)
                continue
            yield self.writer.said(quote.text)
            if quote.voice and len(self.views.voices) > 1:
                yield self.writer.paragraph(self.catalogue.t(words.VOICE[Voice(quote.voice)]), Style.NOTE)
