"""What the answers of one voice come to: marks, levels, coverage and spread, in exact fractions (METHOD §3). Pure.

Knows the questionnaire and counts; knows nothing of respondents, of disclosure control or of words on a page.
Two layers: `figures` looks at one question or criterion alone, `assembled` derives all else from those figures.
So whoever holds the figures of a release can derive the rest again, and the checker of a release does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction

from conversations.conversation import SKIPPED
from conversations.questionnaire import Questionnaire, Rating
from conversations.survey import FiguresError

Tally = Mapping[str, Mapping[str, int]]
"""Question id → value → number of respondents who handed in; the values are those of Rating, and "skipped"."""

VALUES: Mapping[Rating, int] = {Rating.YES: 3, Rating.RATHER_YES: 2, Rating.RATHER_NO: 1, Rating.NO: 0}
"""What a rating counts; all else is missing, never 0."""

BEST = 3
CUTS = (Fraction(1, 2), Fraction(3, 2), Fraction(5, 2))
"""The one table of cuts: a mean at or above the n-th cut has reached step n (so halves go up)."""

CLOSE = Fraction(1, 10)
"""A mean at most this far from a cut is "knapp"."""

FEWEST = 5
"""Ratings without which persons give no mark; an institution's statement has no minimum."""

PROPOSED = 4
"""How many focus fields are proposed, ties at the last place aside."""


class Level(StrEnum):
    """How far a field, or the commune, has come (Reifegrad), from the lowest to the highest step."""

    SETTING_OUT = "setting-out"
    ON_THE_WAY = "on-the-way"
    ADVANCED = "advanced"
    OPEN = "open"


LEVELS = tuple(Level)
MARKS = (Rating.NO, Rating.RATHER_NO, Rating.RATHER_YES, Rating.YES)


class Reason(StrEnum):
    """Why there is no mark or no level."""

    TOO_FEW = "too-few"
    NOT_RATED = "not-rated"
    WITHHELD = "withheld"


class Gap(StrEnum):
    """Why a question does not count as answered; the first three are three different things in the answers."""

    CANNOT_SAY = "cannot-say"
    SKIPPED = "skipped"
    NOT_REACHED = "not-reached"
    TOO_FEW = "too-few"


class EvaluationError(FiguresError):
    """Counts that cannot be: unknown ids or values, negative numbers, more answers than respondents."""


@dataclass(frozen=True)
class Counts:
    """How often each answer was given to one question, or to all questions of one criterion together."""

    yes: int = 0
    rather_yes: int = 0
    rather_no: int = 0
    no: int = 0
    cannot_say: int = 0
    skipped: int = 0
    not_reached: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in NAMES.values()})

    @property
    def ratings(self) -> int:
        """Number of ratings."""
        return self.yes + self.rather_yes + self.rather_no + self.no

    @property
    def missing(self) -> int:
        """Number of answers that could have been ratings and are none."""
        return self.cannot_say + self.skipped + self.not_reached

    @property
    def total(self) -> int:
        """Sum of the ratings' values."""
        return sum(value * getattr(self, NAMES[rating]) for rating, value in VALUES.items())

    @property
    def mean(self) -> Fraction | None:
        """Sum of the values by number of ratings, exact; None without ratings."""
        return Fraction(self.total, self.ratings) if self.ratings else None

    @property
    def divided(self) -> bool:
        """Whether at least a third of the ratings lie on each side of the middle ("uneinig")."""
        positive, negative = self.yes + self.rather_yes, self.rather_no + self.no
        return self.ratings > 0 and 3 * positive >= self.ratings and 3 * negative >= self.ratings

    def by_value(self) -> dict[str, int]:
        """The counts by the names used in data: yes … no, cannot-say, skipped, not-reached."""
        return {value: int(getattr(self, name)) for value, name in NAMES.items()}


NAMES: Mapping[str, str] = {f.name.replace("_", "-"): f.name for f in fields(Counts)}
"""The value in data → the name in Counts."""


@dataclass(frozen=True)
class Figures:
    """One question or one criterion.

    `counts` is None where disclosure control keeps them back; then mean, divided and close are None too.
    `mark` is None for a `reason`; "too-few" and "not-rated" figures have no mean.
    """

    id: str
    counts: Counts | None
    mean: Fraction | None = None
    mark: Rating | None = None
    divided: bool | None = None
    close: bool | None = None
    reason: Reason | None = None

    @property
    def n(self) -> int | None:
        """Number of ratings, None where kept back."""
        return self.counts.ratings if self.counts else None

    @property
    def gap(self) -> Gap | None:
        """Why this question does not count as answered: of several reasons the most frequent one."""
        if self.reason is None:
            return None
        if self.reason is not Reason.NOT_RATED or self.counts is None:
            return Gap.TOO_FEW
        found = self.counts
        several = {Gap.CANNOT_SAY: found.cannot_say, Gap.SKIPPED: found.skipped, Gap.NOT_REACHED: found.not_reached}
        return max(several, key=lambda gap: several[gap]) if any(several.values()) else Gap.NOT_REACHED

    @property
    def negative(self) -> bool:
        """Whether the mark is "eher nein" or "nein"."""
        return self.mark in (Rating.NO, Rating.RATHER_NO)


@dataclass(frozen=True)
class Span:
    """Mean and level if everything unrated were "nein" (lowest) or "ja" (highest)."""

    lowest: Fraction
    highest: Fraction

    @property
    def levels(self) -> tuple[Level, Level]:
        """The levels at both ends."""
        return level_of(self.lowest), level_of(self.highest)


@dataclass(frozen=True)
class Standing:
    """Where a field, or the commune over all criteria, stands (Standortbestimmung).

    `mean` is the mean of the rated criteria's marks, `raw` that of their unrounded means (None where one of them is
    kept back). `level` is None where fewer than half of the questions are answered. `gaps` names the questions that
    are not answered, `tipping` the criteria without which the level would be another one, with that level.
    """

    mean: Fraction | None
    raw: Fraction | None
    level: Level | None
    reason: Reason | None
    by_rounding: bool | None
    close: bool
    answered: int
    asked: int
    gaps: tuple[tuple[str, Gap], ...]
    span: Span | None
    tipping: tuple[tuple[str, Level], ...]


@dataclass(frozen=True)
class FieldFigures:
    """One field: its criteria, its questions, where it stands."""

    id: str
    criteria: tuple[Figures, ...]
    questions: tuple[Figures, ...]
    standing: Standing


@dataclass(frozen=True)
class Evaluation:
    """The Auswertung of one voice as data."""

    respondents: int
    institution: bool
    fields: tuple[FieldFigures, ...]
    overall: Standing
    focus: tuple[str, ...]

    @property
    def criteria(self) -> Mapping[str, Figures]:
        """All criteria by id, in order."""
        return {c.id: c for f in self.fields for c in f.criteria}

    @property
    def questions(self) -> Mapping[str, Figures]:
        """All rating questions by id, in order."""
        return {q.id: q for f in self.fields for q in f.questions}


def step(mean: Fraction) -> int:
    """The step 0..3 a mean has reached: the nearest whole number, halves up."""
    return sum(mean >= cut for cut in CUTS)


def mark_of(mean: Fraction) -> Rating:
    """The rating nearest to a criterion's mean, halves up."""
    return MARKS[step(mean)]


def level_of(mean: Fraction) -> Level:
    """The level nearest to a field's mean, halves up."""
    return LEVELS[step(mean)]


def close(mean: Fraction) -> bool:
    """Whether a mean lies within a tenth of a cut, the tenth included."""
    return any(abs(mean - cut) <= CLOSE for cut in CUTS)


def counted(values: Mapping[str, int], respondents: int, question: str) -> Counts:
    """The counts of one question. Whoever handed in without reaching it makes up the difference to `respondents`.

    Raises EvaluationError naming the question for unknown values, negative numbers and too many answers.
    """
    given = {value: values.get(value, 0) for value in (*Rating, SKIPPED)}
    if unknown := sorted(set(values) - set(given)):
        raise EvaluationError(f"{question}: unknown value {', '.join(unknown)}")
    if any(number < 0 for number in given.values()):
        raise EvaluationError(f"{question}: a count below zero")
    not_reached = respondents - sum(given.values())
    if not_reached < 0:
        raise EvaluationError(f"{question}: {sum(given.values())} answers of {respondents} respondents")
    return Counts(**{NAMES[value]: number for value, number in given.items()}, not_reached=not_reached)


def figures(one: str, counts: Counts, institution: bool) -> Figures:
    """Mean and mark of one question or criterion with the id `one` (METHOD §3.1)."""
    mean = counts.mean
    if mean is None:
        return Figures(one, counts, divided=False, close=False, reason=Reason.NOT_RATED)
    if not institution and counts.ratings < FEWEST:
        return Figures(one, counts, divided=False, close=False, reason=Reason.TOO_FEW)
    return Figures(one, counts, mean, mark_of(mean), counts.divided, close(mean))


def evaluate(questionnaire: Questionnaire, tally: Tally, respondents: int) -> Evaluation:
    """The evaluation of one voice from the answers of the `respondents` who handed in.

    `tally` may leave out questions nobody answered; entries of open questions are not looked at.
    An institution's questionnaire is evaluated without a minimum of ratings (its respondents are one: itself).
    Raises EvaluationError for counts that cannot be. Source: METHOD §3.
    """
    if respondents < 0:
        raise EvaluationError(f"{respondents} respondents")
    if unknown := sorted(set(tally) - set(questionnaire.by_id)):
        raise EvaluationError(f"{questionnaire.name} has no question {', '.join(unknown)}")
    counts = {q: counted(tally.get(q, {}), respondents, q) for q in questionnaire.criterion_of}
    together = {c.id: sum((counts[q.id] for q in c.questions), Counts()) for c in questionnaire.criteria.values()}
    institution = questionnaire.institution
    return assembled(
        questionnaire,
        {one: figures(one, found, institution) for one, found in counts.items()},
        {one: figures(one, found, institution) for one, found in together.items()},
        respondents,
    )


def assembled(
    questionnaire: Questionnaire, questions: Mapping[str, Figures], criteria: Mapping[str, Figures], respondents: int
) -> Evaluation:
    """Everything that follows from the figures of questions and criteria alone; some of these may be kept back."""
    found = []
    for field in questionnaire.fields:
        its_criteria = tuple(criteria[c.id] for c in field.criteria)
        its_questions = tuple(questions[q.id] for q in field.ratings)
        found.append(FieldFigures(field.id, its_criteria, its_questions, standing(its_criteria, its_questions)))
    overall = standing([c for f in found for c in f.criteria], [q for f in found for q in f.questions])
    return Evaluation(respondents, questionnaire.institution, tuple(found), overall, focus(found))


def standing(criteria: Sequence[Figures], questions: Sequence[Figures]) -> Standing:
    """Where a field with these criteria and questions stands (METHOD §3.2 and 3.3)."""
    marks = {c.id: Fraction(VALUES[c.mark]) for c in criteria if c.mark is not None}
    means = [c.mean for c in criteria if c.mark is not None]
    gaps = tuple((q.id, q.gap) for q in questions if q.gap is not None)
    answered, asked = len(questions) - len(gaps), len(questions)
    mean = average(marks.values())
    raw = average([m for m in means if m is not None]) if None not in means else None
    level = level_of(mean) if mean is not None and 2 * answered >= asked else None
    reason = None
    if level is None:
        reason = Reason.NOT_RATED if all(c.reason is Reason.NOT_RATED for c in criteria) else Reason.TOO_FEW
    return Standing(
        mean=mean,
        raw=raw,
        level=level,
        reason=reason,
        by_rounding=None if raw is None or level is None else level_of(raw) is not level,
        close=mean is not None and level is not None and close(mean),
        answered=answered,
        asked=asked,
        gaps=gaps,
        span=span(criteria),
        tipping=() if level is None else tuple(_tipping(marks, level)),
    )


def average(values: Iterable[Fraction]) -> Fraction | None:
    """The mean of some fractions, None of none."""
    found = list(values)
    return sum(found, Fraction()) / len(found) if found else None


def span(criteria: Sequence[Figures]) -> Span | None:
    """Mean of the marks if every missing answer were "nein", and if every one were "ja".

    A criterion without a mark, or with counts that are kept back, counts as wholly missing: the true span lies within.
    """
    lowest, highest = [], []
    for criterion in criteria:
        counts = criterion.counts
        if counts is None or criterion.mark is None:
            lowest.append(Fraction(0))
            highest.append(Fraction(BEST))
        else:
            everything = counts.ratings + counts.missing
            lowest.append(Fraction(step(Fraction(counts.total, everything))))
            highest.append(Fraction(step(Fraction(counts.total + BEST * counts.missing, everything))))
    low, high = average(lowest), average(highest)
    return Span(low, high) if low is not None and high is not None else None


def focus(found: Sequence[FieldFigures]) -> tuple[str, ...]:
    """The proposed focus fields in the order of the questionnaire: the four lowest means below the highest level.

    All fields with the mean of the last place are named. A field without a level is not proposed (METHOD §3.4).
    """
    below = {f.id: f.standing.mean for f in found if f.standing.level not in (None, Level.OPEN)}
    means = sorted(mean for mean in below.values() if mean is not None)
    last = means[:PROPOSED][-1:]
    return tuple(one for one, mean in below.items() if mean is not None and last and mean <= last[0])


def _tipping(marks: Mapping[str, Fraction], level: Level) -> Iterable[tuple[str, Level]]:
    total, others = sum(marks.values(), Fraction()), len(marks) - 1
    for left_out, value in marks.items():
        if others and (without := level_of((total - value) / others)) is not level:
            yield left_out, without
