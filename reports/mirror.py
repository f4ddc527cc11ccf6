"""The mirror: the voices of one or several surveys of a commune side by side on the criteria they share. Pure.

Reads releases alone, and of them marks, numbers of ratings and levels. A gap is counted in marks between two sides
that may be ranked. Society's side may not where it was asked something else (METHOD §2, `other`): it is shown beside
the others and never ranked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from conversations.questionnaire import Mirror, Question, Voice
from reports.evaluation import VALUES, Evaluation, Figures, Standing
from reports.sources import ComparisonError, Source, compatible

MOST = 8
"""Sides that can still be told apart in one drawing; more are refused."""


@dataclass(frozen=True)
class Side:
    """One voice of one survey, or a whole commune's statement. `number` tells sides of the same name apart, 0 is alone.

    `evaluation` is None where the voice is withheld; then nothing else is known of it.
    """

    source: Source
    voice: Voice
    evaluation: Evaluation | None
    number: int = 0

    @property
    def id(self) -> str:
        """Survey and voice, as data name a side."""
        return f"{self.source.survey}:{self.voice}"

    @property
    def statement(self) -> bool:
        """Whether it is an institution's statement and not what several people rated."""
        return self.source.questionnaire.institution

    @property
    def n(self) -> int | None:
        """How many people handed in; None for a statement and where it is withheld."""
        return None if self.statement or self.evaluation is None else self.evaluation.respondents


@dataclass(frozen=True)
class Cell:
    """One side at one criterion, with the questions its mark comes from; `relation` only where society was asked."""

    side: Side
    figures: Figures
    questions: tuple[Question, ...]
    relation: Mirror | None

    @property
    def value(self) -> int | None:
        """What the mark counts, 0 to 3; None without one."""
        return None if self.figures.mark is None else VALUES[self.figures.mark]

    @property
    def ranked(self) -> bool:
        """Whether a gap may be counted from here."""
        return self.value is not None and self.relation is not Mirror.OTHER


@dataclass(frozen=True)
class Facing:
    """One criterion with all sides that have it."""

    id: str
    cells: tuple[Cell, ...]

    @property
    def gap(self) -> int | None:
        """The largest distance in marks between two ranked sides; None where there are fewer than two of them."""
        values = [cell.value for cell in self.cells if cell.ranked and cell.value is not None]
        return max(values) - min(values) if len(values) > 1 else None

    @property
    def other(self) -> bool:
        """Whether a side was asked something else here."""
        return any(cell.relation is Mirror.OTHER for cell in self.cells)


@dataclass(frozen=True)
class FieldFacing:
    """Where each side stands in one field, or over all its criteria (id "overall")."""

    id: str
    standings: tuple[tuple[Side, Standing], ...]


@dataclass(frozen=True)
class Mirrored:
    """Everything the mirror shows. `criteria` are those that at least two shown sides have, the widest gap first,
    those without a gap that could be counted last; `withheld` are sides of which nothing is shown."""

    commune: str
    sources: tuple[Source, ...]
    sides: tuple[Side, ...]
    withheld: tuple[Side, ...]
    criteria: tuple[Facing, ...]
    fields: tuple[FieldFacing, ...]
    overall: FieldFacing

    @property
    def gaps(self) -> tuple[Facing, ...]:
        """The criteria with a gap of one mark or more."""
        return tuple(one for one in self.criteria if one.gap)

    @property
    def unranked(self) -> tuple[Facing, ...]:
        """The criteria at which a side was asked something else, and that are not among the gaps."""
        return tuple(one for one in self.criteria if one.other and not one.gap)


def mirror(sources: Sequence[Source]) -> Mirrored:
    """The voices of these releases side by side.

    Raises ComparisonError where there is nothing to compare, and what `compatible` raises.
    """
    compatible(sources)
    every = _numbered([Side(s, voice, s.evaluation(voice)) for s in sources for voice in s.voices])
    _in_common(sources)
    sides = tuple(side for side in every if side.evaluation is not None)
    withheld = tuple(side for side in every if side.evaluation is None)
    if len(sides) < 2:
        hidden = ", ".join(f"{side.voice} of {side.source.survey}" for side in withheld)
        raise ComparisonError(
            f"fewer than two voices are shown, so nothing can stand side by side; withheld: {hidden or 'none'}"
        )
    if len(sides) > MOST:
        raise ComparisonError(f"{len(sides)} voices are too many to be told apart; at most {MOST} stand side by side")
    criteria = sorted(_criteria(sides), key=lambda one: -1 if one.gap is None else one.gap, reverse=True)
    return Mirrored(
        commune=sources[0].commune,
        sources=tuple(sources),
        sides=sides,
        withheld=withheld,
        criteria=tuple(criteria),
        fields=tuple(_fields(sides)),
        overall=FieldFacing("overall", tuple((s, s.evaluation.overall) for s in sides if s.evaluation)),
    )


def _in_common(sources: Sequence[Source]) -> None:
    """Raises ComparisonError naming a survey that shares no criterion with any other."""
    by_size = sorted(sources, key=lambda source: len(source.questionnaire.criteria))
    for source in by_size if len(sources) > 1 else ():
        others = {one for other in sources if other is not source for one in other.questionnaire.criteria}
        if not others & set(source.questionnaire.criteria):
            name = source.questionnaire.name
            raise ComparisonError(f"survey {source.survey} ({name}) has no criterion in common with the others")


def _numbered(sides: Sequence[Side]) -> list[Side]:
    """Sides that would have the same name get numbers, in their order."""
    names = [(side.statement, None if side.statement else side.voice) for side in sides]
    return [
        replace(side, number=names[:place].count(names[place]) + 1) if names.count(names[place]) > 1 else side
        for place, side in enumerate(sides)
    ]


def _criteria(sides: Sequence[Side]) -> Iterator[Facing]:
    """In the order of the first questionnaire that has them."""
    order = dict.fromkeys(one for side in sides for one in side.source.questionnaire.criteria)
    for one in order:
        cells = tuple(_cell(side, side.evaluation, one) for side in sides if side.evaluation)
        found = tuple(cell for cell in cells if cell is not None)
        if len(found) > 1:
            yield Facing(one, found)


def _cell(side: Side, evaluation: Evaluation, one: str) -> Cell | None:
    criterion = side.source.questionnaire.criteria.get(one)
    if criterion is None:
        return None
    return Cell(side, evaluation.criteria[one], criterion.questions, _relation(side, criterion.questions))


def _relation(side: Side, questions: Sequence[Question]) -> Mirror | None:
    """How society was asked here; of several questions the one that mirrors least decides."""
    if side.statement or side.voice is not Voice.SOCIETY:
        return None
    found = {question.mirror for question in questions}
    return next((kind for kind in (Mirror.OTHER, Mirror.PERCEIVED) if kind in found), Mirror.SAME)


def _fields(sides: Sequence[Side]) -> Iterator[FieldFacing]:
    for one in dict.fromkeys(f.id for side in sides for f in side.source.questionnaire.fields):
        standings = tuple(
            (side, field.standing) for side in sides if side.evaluation for field in side.evaluation.fields
            if field.id == one
        )  # fmt: skip
        if len(standings) > 1:
            yield FieldFacing(one, standings)
