"""The Auswertung as one self-contained HTML file: lays out a release, a draft assessment and released statements.

Of a town's signed statement it shows everything (statement_views.py, statement.html), of persons their figures.

Sees figures of a release alone, never a row. Same release, same statements, same language: same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from conversations.questionnaire import Questionnaire, Voice
from locales import Catalogue
from reports import explain, words
from reports.assessment import STRENGTHS, blocks, overall_draft
from reports.charts import Geometry
from reports.checker import checked
from reports.comparing import MirrorWords, WavesWords
from reports.document import Document, Statements, digest_of, quotes
from reports.evaluation import LEVELS, Counts, Figures, Level
from reports.mirror import mirror
from reports.sources import Source
from reports.statement_views import StatementViews
from reports.templating import ENVIRONMENT, Texts, css_string
from reports.views import FieldRow, FieldView, Views, VoiceView
from reports.waves import waves


def html(
    document: Document,
    questionnaire: Questionnaire,
    catalogue: Catalogue,
    commune_name: str,
    statements: Statements | None = None,
    *,
    beside: Sequence[Source] = (),
    since: Source | None = None,
) -> str:
    """The Auswertung as an HTML document without any other file.

    `statements` are aligned with the ids of the release of persons. `beside` are other surveys of the commune whose
    voices stand in the mirror too, `since` is an earlier run to compare with. Raises ReleaseError for a release that
    does not add up or statements that are not its own, ComparisonError for surveys that cannot be compared, and
    LanguageError where the language lacks a questionnaire or the assessment.
    """
    checked(document, questionnaire)
    views = Views(document, questionnaire, catalogue, quotes(document, statements or {}))
    texts = Texts(catalogue)
    template = ENVIRONMENT.get_template("auswertung.html")
    own = Source(commune_name, document, questionnaire)
    mirrored = mirror((own, *beside)) if beside or (views.fields and len(views.voices) > 1) else None
    language = catalogue.language
    survey = document["survey"]
    return template.render(
        t=texts.t,
        n=texts.n,
        views=views,
        page=_Page(document, questionnaire, catalogue),
        geometry=Geometry(catalogue),
        words=words,
        catalogue=catalogue,
        language=language,
        rtl=language.right_to_left,
        commune=words.clean(commune_name),
        commune_css=css_string(words.clean(commune_name)),
        questionnaire=questionnaire,
        title=catalogue.of(questionnaire.name, questionnaire.title),
        origin=catalogue.of(questionnaire.name, questionnaire.origin),
        opened=_day(catalogue, survey["opened"]),
        closed=_day(catalogue, survey["closed"]),
        released=_day(catalogue, survey["released"]),
        digest=digest_of(document),
        town=StatementViews(document, questionnaire, catalogue) if questionnaire.institution else None,
        mirrored=MirrorWords(mirrored, catalogue) if mirrored else None,
        compared=WavesWords(waves(since, own), catalogue) if since else None,
    )


class _Page:
    """What the template asks of a view: its figures in words."""

    def __init__(self, document: Document, questionnaire: Questionnaire, catalogue: Catalogue) -> None:
        self.document = document
        self.questionnaire = questionnaire
        self.catalogue = catalogue
        self.institution = questionnaire.institution

    def marked(self, found: Figures) -> str:
        """The word of a mark, or why there is none."""
        return words.marked(self.catalogue, found)

    def notes(self, found: Figures) -> list[str]:
        """Short notes beside a mark: divided, close."""
        t = self.catalogue.t
        notes = []
        if found.divided:
            notes.append(t("gemischt") if self.institution else t("uneinig"))
        if found.close:
            notes.append(t("knapp"))
        return notes

    def mean(self, value: Fraction | None) -> str:
        """A mean with two decimals."""
        return words.mean(self.catalogue, value)

    def level(self, level: Level | None) -> str:
        """The word of a level."""
        return words.levelled(self.catalogue, level)

    def coverage(self, row: FieldRow) -> list[str]:
        """The basis of one field and voice: coverage, gaps, negative questions, hints."""
        catalogue, standing = self.catalogue, row.figures.standing
        return [
            words.coverage(catalogue, standing),
            *words.gaps(catalogue, standing, self.institution),
            *words.negatives(catalogue, row.figures.questions),
            *words.hints(catalogue, standing),
        ]

    def remarks(self, row: FieldRow) -> list[str]:
        """The remarks of a draft that the basis above it does not already hold."""
        said = set(self.coverage(row))
        return [sentence for sentence in row.draft.remarks if sentence not in said]

    def beside_marks(self, row: FieldRow) -> list[str]:
        """The remarks of a draft on single marks: divided, close."""
        standing = row.figures.standing
        said = {*self.coverage(row), *words.hints(self.catalogue, standing)}
        return [sentence for sentence in row.draft.remarks if sentence not in said]

    @property
    def strengths(self) -> int:
        """Of how many criteria that are met in full a draft speaks."""
        return STRENGTHS

    def overall(self, voice: VoiceView) -> list[str]:
        """The sentences on the overall level of a voice."""
        return overall_draft(self.questionnaire, voice.evaluation, self.catalogue)

    def focus(self, ids: Sequence[str]) -> str:
        """Focus fields by title and id."""
        return words.named(self.catalogue, self.questionnaire, ids)

    def counted(self, counts: Counts) -> str:
        """The counts of one bar in words."""
        return self.catalogue.joined(*explain.counts(self.catalogue, counts))

    def clean(self, text: str) -> str:
        """A statement without characters that could turn its neighbours round."""
        return words.clean(text)

    def voice_name(self, voice: str) -> str:
        """The word of a voice."""
        return self.catalogue.t(words.VOICE[Voice(voice)])

    def points(self, field: FieldView) -> list[tuple[VoiceView, Fraction | None, Level | None]]:
        """The markers of a field on the line, one per voice."""
        return [(row.voice, row.figures.standing.mean, row.figures.standing.level) for row in field.rows]

    @property
    def cuts(self) -> list[tuple[str, str, str]]:
        """Per step from the lowest: its beginning, its mark, its level."""
        starts = [self.catalogue.number(0), *(words.cut(self.catalogue, n) for n in (1, 2, 3))]
        marks = [self.catalogue.t(words.MARK[mark]) for mark, _ in reversed(words.values())]
        return list(zip(starts, marks, [self.level(level) for level in LEVELS], strict=True))

    @property
    def assessment_origin(self) -> str:
        """Where the building blocks of the drafts come from."""
        return self.catalogue.of("assessment-1", blocks().origin)


def _day(catalogue: Catalogue, iso: str | None) -> str | None:
    return None if iso is None else catalogue.day(date.fromisoformat(iso))
