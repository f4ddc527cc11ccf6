"""The Auswertung as one self-contained HTML file: lays out a release, a draft assessment and released statements.

Sees figures of a release alone, never a row. Same release, same statements, same language: same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from conversations.questionnaire import Criterion, Field, Mirror, Question, Questionnaire, Voice
from locales import FSI, PDI, Catalogue, known
from reports import explain, words
from reports.assessment import Draft, blocks, field_draft, overall_draft
from reports.evaluation import BEST, CUTS, LEVELS, VALUES, Counts, Evaluation, FieldFigures, Figures, Level, step
from reports.release import Document, Quote, Statements, checked, digest_of, evaluation_of, quotes

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
SEGMENTS = ("yes", "rather-yes", "rather-no", "no", "missing")
READABLE = Fraction(7, 100)  # the share of a bar from which on its number fits into it


@dataclass(frozen=True)
class Contributor:
    """Who worked on an institution's statement; by name only if they asked for it."""

    department: str
    function: str
    name: str = ""


@dataclass(frozen=True)
class Choice:
    """The focus fields the organiser set for the workshop, and why."""

    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Group:
    """One group of the breakdown by language. `code` is None for the merged rest."""

    code: str | None
    name: str
    n: int


@dataclass(frozen=True)
class VoiceView:
    """A voice whose figures are shown."""

    id: Voice
    name: str
    evaluation: Evaluation
    n: int
    k: int
    not_handed_in: int | None
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Hidden:
    """A voice that is withheld."""

    id: Voice
    name: str
    k: int


@dataclass(frozen=True)
class FieldRow:
    """One field as one voice sees it."""

    voice: VoiceView
    figures: FieldFigures
    draft: Draft


@dataclass(frozen=True)
class CriterionView:
    """One criterion as all voices see it."""

    id: str
    title: str
    cells: tuple[tuple[VoiceView, Figures], ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class FieldView:
    """One field as all voices see it."""

    id: str
    title: str
    rows: tuple[FieldRow, ...]
    criteria: tuple[CriterionView, ...]
    own: tuple[tuple[str, tuple[Quote, ...]], ...]


@dataclass(frozen=True)
class MirrorView:
    """One criterion with the wordings and marks of all voices; `distance` is None where they may not be ranked."""

    criterion: CriterionView
    wordings: tuple[str, ...]
    distance: int | None
    note: str


@dataclass(frozen=True)
class Segment:
    """A piece of a bar: its kind, where it starts and ends in percent, its number (empty where it does not fit)."""

    kind: str
    x: str
    width: str
    middle: str
    end: str
    label: str


def html(
    document: Document,
    questionnaire: Questionnaire,
    catalogue: Catalogue,
    commune_name: str,
    statements: Statements | None = None,
    *,
    contributors: Sequence[Contributor] = (),
    choice: Choice | None = None,
) -> str:
    """The Auswertung as an HTML document without any other file.

    `statements` are aligned with the ids of the release. Raises ReleaseError for a release that does not add up or
    statements that are not its own, and LanguageError where the language lacks the questionnaire or the assessment.
    """
    checked(document, questionnaire)
    page = _Page(document, questionnaire, catalogue, quotes(document, statements or {}))
    template = ENVIRONMENT.get_template("auswertung.html")
    language = catalogue.language
    survey = document["survey"]
    return template.render(
        t=page.t,
        n=page.n,
        page=page,
        words=words,
        catalogue=catalogue,
        language=language,
        rtl=language.right_to_left,
        commune=words.clean(commune_name),
        commune_css=_css_string(words.clean(commune_name)),
        questionnaire=questionnaire,
        title=catalogue.of(questionnaire.name, questionnaire.title),
        origin=catalogue.of(questionnaire.name, questionnaire.origin),
        opened=_day(catalogue, survey["opened"]),
        closed=_day(catalogue, survey["closed"]),
        released=_day(catalogue, survey["released"]),
        digest=digest_of(document),
        contributors=contributors,
        choice=choice,
    )


class _Page:
    """What the template asks for; everything here is derived from the release."""

    def __init__(
        self,
        document: Document,
        questionnaire: Questionnaire,
        catalogue: Catalogue,
        spoken: Mapping[str, list[Quote]],
    ) -> None:
        self.document = document
        self.questionnaire = questionnaire
        self.catalogue = catalogue
        self.institution = questionnaire.institution
        self.voices: tuple[VoiceView, ...] = tuple(self._voices())
        self.hidden = tuple(
            Hidden(Voice(voice), catalogue.t(words.VOICE[Voice(voice)]), block["k"])
            for voice, block in self._blocks()
            if block["withheld"]
        )
        taking_part: dict[Voice, VoiceView | Hidden] = {
            **{one.id: one for one in self.voices},
            **{one.id: one for one in self.hidden},
        }
        self.taking_part = tuple(taking_part[v] for v in questionnaire.voices if v in taking_part)
        self.fields = tuple(self._field(field, spoken) for field in questionnaire.fields) if self.voices else ()
        self.mirror = tuple(self._mirror()) if len(self.voices) > 1 else ()
        self.spoken = tuple(
            (self._wording(question), tuple(spoken[question.id]))
            for question in questionnaire.open
            if question.id in spoken
        )

    # ---- words

    def t(self, message: str, /, **values: object) -> Markup:
        """An interface text as markup: everything escaped, every inserted value in <bdi>."""
        return inline(self.catalogue.t(message, **_cleaned(values)))

    def n(self, one: str, many: str, number: int, /, **values: object) -> Markup:
        """An interface text in the plural form of `number`, as markup."""
        return inline(self.catalogue.n(one, many, number, **_cleaned(values)))

    def inline(self, text: str) -> Markup:
        """A text with isolates as markup."""
        return inline(text)

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

    def answer(self, found: Figures) -> str:
        """An institution's answer to one question, or why there is none."""
        return self.marked(found) if found.gap is None else self.catalogue.t(words.VALUE[found.gap])

    def overall(self, voice: VoiceView) -> list[str]:
        """The sentences on the overall level of a voice."""
        return overall_draft(self.questionnaire, voice.evaluation, self.catalogue)

    def focus(self, ids: Sequence[str]) -> str:
        """Focus fields by title and id."""
        return words.named(self.catalogue, self.questionnaire, ids)

    def counted(self, counts: Counts) -> str:
        """The counts of one bar in words."""
        return " ".join(explain.counts(self.catalogue, counts))

    def question(self, question: Question, voice: VoiceView) -> str:
        """The wording of a question for a voice."""
        kind = self.document["survey"]["kind"]
        return words.asked(self.catalogue, self.questionnaire, question, voice.id, kind)

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

    # ---- charts

    def at(self, mean: Fraction) -> str:
        """The place of a mean on the line from 0 to 3, in percent from the left, mirrored in right-to-left pages."""
        share = mean / BEST
        return _percent(1 - share if self.catalogue.language.right_to_left else share)

    @property
    def zones(self) -> list[tuple[str, str]]:
        """The four steps on the line: start and width in percent from the left."""
        edges = [Fraction(0), *CUTS, Fraction(BEST)]
        shares = [(low / BEST, high / BEST) for low, high in pairwise(edges)]
        if self.catalogue.language.right_to_left:
            shares = [(1 - high, 1 - low) for low, high in shares]
        return [(_percent(low), _percent(high - low)) for low, high in shares]

    def reached(self, mean: Fraction) -> int:
        """The step 1..4 a mean has reached."""
        return step(mean) + 1

    def segments(self, counts: Counts) -> list[Segment]:
        """The pieces of a bar of all answers, ratings first, in reading direction."""
        named = counts.by_value()
        numbers = {**{kind: named[kind] for kind in SEGMENTS[:4]}, "missing": counts.missing}
        total = sum(numbers.values())
        found, start = [], Fraction(0)
        for kind, number in numbers.items():
            if not number:
                continue
            width = Fraction(number, total)
            x = 1 - start - width if self.catalogue.language.right_to_left else start
            label = self.catalogue.number(number) if width >= READABLE else ""
            found.append(
                Segment(kind, _percent(x), _percent(width), _percent(x + width / 2), _percent(x + width), label)
            )
            start += width
        return found

    # ---- building

    def _blocks(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The voices in the order of the questionnaire (the document's own order is the alphabet's)."""
        blocks = self.document["voices"]
        return [(voice, blocks[voice]) for voice in self.questionnaire.voices if voice in blocks]

    def _voices(self) -> Iterator[VoiceView]:
        for voice, block in self._blocks():
            evaluation = evaluation_of(self.document, self.questionnaire, voice)
            if evaluation is None:
                continue
            names = {code: language.name for code, language in known().items()}
            groups = tuple(
                Group(
                    code=group["code"] if group["code"] in names else None,
                    name=words.group(self.catalogue, group["code"], names),
                    n=group["n"],
                )
                for group in block["languages"]
            )
            name = self.catalogue.t(words.VOICE[Voice(voice)])
            yield VoiceView(Voice(voice), name, evaluation, block["n"], block["k"], block["not_handed_in"], groups)

    def _field(self, field: Field, spoken: Mapping[str, list[Quote]]) -> FieldView:
        rows = []
        for voice in self.voices:
            figures = next(f for f in voice.evaluation.fields if f.id == field.id)
            rows.append(
                FieldRow(voice, figures, field_draft(self.questionnaire, voice.evaluation, figures, self.catalogue))
            )
        return FieldView(
            id=field.id,
            title=words.title(self.catalogue, self.questionnaire, field.id),
            rows=tuple(rows),
            criteria=tuple(self._criterion(criterion) for criterion in field.criteria),
            own=tuple((self._wording(q), tuple(spoken[q.id])) for q in field.open if q.id in spoken),
        )

    def _criterion(self, criterion: Criterion) -> CriterionView:
        return CriterionView(
            id=criterion.id,
            title=words.title(self.catalogue, self.questionnaire, criterion.id),
            cells=tuple((voice, voice.evaluation.criteria[criterion.id]) for voice in self.voices),
            questions=criterion.questions,
        )

    def _wording(self, question: Question) -> str:
        """In whose words an open question is printed: those of the first voice shown."""
        voice = next((v.id for v in self.voices), None)
        return words.asked(self.catalogue, self.questionnaire, question, voice, self.document["survey"]["kind"])

    def _mirror(self) -> Iterator[MirrorView]:
        """Gaps of one mark or more, the widest first; then the criteria that society was asked otherwise, unranked."""
        found = []
        society = any(voice.id is Voice.SOCIETY for voice in self.voices)
        for field in self.fields:
            for criterion in field.criteria:
                marks = [VALUES[figures.mark] for _, figures in criterion.cells if figures.mark is not None]
                mirrors = {question.mirror for question in criterion.questions}
                other = society and Mirror.OTHER in mirrors
                distance = max(marks) - min(marks) if len(marks) > 1 else 0
                if other or distance:
                    wordings = tuple(
                        " ".join(self.question(question, voice) for question in criterion.questions)
                        if len(criterion.questions) == 1
                        else ""
                        for voice in self.voices
                    )
                    note = self.catalogue.t("Die Gesellschaft beantwortet, was sie davon wahrnimmt.")
                    perceived = society and not other and Mirror.PERCEIVED in mirrors
                    found.append(
                        MirrorView(criterion, wordings, None if other else distance, note if perceived else "")
                    )
        yield from sorted((m for m in found if m.distance is not None), key=lambda m: -(m.distance or 0))
        yield from (m for m in found if m.distance is None)


def inline(text: str) -> Markup:
    """A text with isolates as markup: escaped, FSI … PDI as <bdi>."""
    return Markup(str(escape(text)).replace(FSI, "<bdi>").replace(PDI, "</bdi>"))  # noqa: S704


def plain(text: str) -> Markup:
    """Markup of `inline` for places that hold no elements (titles, attributes): isolates as characters again."""
    return Markup(str(escape(text)).replace("<bdi>", FSI).replace("</bdi>", PDI))  # noqa: S704


ENVIRONMENT.filters["plain"] = plain


def _cleaned(values: Mapping[str, object]) -> dict[str, object]:
    return {name: words.clean(value) if isinstance(value, str) else value for name, value in values.items()}


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.3f}".rstrip("0").rstrip(".")


def _day(catalogue: Catalogue, iso: str | None) -> str | None:
    return None if iso is None else catalogue.day(date.fromisoformat(iso))


def _css_string(text: str) -> Markup:
    """A text inside a CSS string: everything but letters and digits as a hexadecimal escape."""
    return Markup(re.sub(r"[^A-Za-z0-9]", lambda found: f"\\{ord(found[0]):x} ", text))  # noqa: S704
