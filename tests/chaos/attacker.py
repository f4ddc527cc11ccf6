"""An attacker who sees every output and computes answers by exact inference. Knows no database and no rule of output.

Knows the order of arrivals, who changed or deleted something and when, the questionnaire and the method; no answer.
Two outputs split the people into three groups: the *leavers* counted in the first alone, the *comers* counted in the
second alone, and those who *stay*. Whoever changed an answer leaves with the old sheet and comes with the new one.
Nothing tells the people of one group apart, so what is known of a group is at most how often each answer was given in
it. The attacker goes through all such counts that agree with both outputs: of a release each question's exact counts
(or, where they are kept back, the mark and the bounds of their number), of interim levels all combinations of the
criteria's marks that give every shown level under the rule of coverage.

Computed is what all of these worlds have in common:

- an *answer*: a group's people all gave the same one answer, in every world;
- a *remainder*: the counts of a group of 1..k-1 people, the same in every world;
- a *common answer*: like an answer, for a group of k or more that is an exact difference of two releases.

Not computed is what one release of at least k people shows openly: where all of them gave the same answer (METHOD
§5.3). So a group counts only for those questions that no single release with all its people shows as unanimous.

Every finding is certain: worlds are left out only if an output rules them out. Two outputs at a time are combined,
which is all there is to combine in nested releases; for figures renewed more often it is the least that is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations, product

from simulation import ANSWERS, NO, NOT_REACHED, Sheet, rating_questions

from conversations.questionnaire import Questionnaire
from reports.evaluation import FEWEST, LEVELS, MARKS, Evaluation, Reason

Member = tuple[int, int]
"""A respondent's place in the order of arrival, and the number of changes made by then."""

Vector = tuple[int, ...]
"""How often each answer was given, in the order of ANSWERS."""

SOME = None
"""Stands for a vector where worlds differ."""

MANY_OUTPUTS = 14  # beyond so many, outputs are compared with their neighbour and the last one alone
LAST_RATING = NO
WORTH = tuple(3 - answer if answer <= LAST_RATING else 0 for answer in range(len(ANSWERS)))
RATED = tuple(int(answer <= LAST_RATING) for answer in range(len(ANSWERS)))


@dataclass(frozen=True)
class Exact:
    """A question whose counts a release shows."""

    vector: Vector


@dataclass(frozen=True)
class Bounded:
    """A question whose counts a release keeps back: the number of ratings lies within bounds; the mark if any."""

    fewest: int
    most: int
    mark: int | None

    def allows(self, ratings: int, total: int) -> bool:
        """Whether counts with so many ratings of this sum could stand behind it."""
        return self.fewest <= ratings <= self.most and (self.mark is None or mark_of(ratings, total) == self.mark)


@dataclass(frozen=True)
class Seen:
    """One output: who was counted in it, and what it shows; levels by field, or figures by question in order."""

    members: frozenset[Member]
    levels: tuple[int | None, ...] | None = None
    figures: tuple[Exact | Bounded, ...] | None = None


def levels_seen(members: frozenset[Member], levels: Mapping[str, str | None]) -> Seen:
    """Interim levels as an output."""
    names = [str(level) for level in LEVELS]
    return Seen(members, levels=tuple(None if level is None else names.index(level) for level in levels.values()))


def release_seen(questionnaire: Questionnaire, k: int, members: frozenset[Member], found: Evaluation) -> Seen:
    """The figures of one voice of a release as an output, for questionnaires with one question for each criterion.

    Counts that are kept back are those of fewer than k ratings (`reports.disclosure.protected`).
    """
    figures: list[Exact | Bounded] = []
    for question in rating_questions(questionnaire):
        one = found.questions[question]
        if one.counts is not None:
            by_value = one.counts.by_value()
            figures.append(Exact(tuple(by_value[answer] for answer in (*ANSWERS[:-1], NOT_REACHED))))
        elif one.reason is Reason.TOO_FEW:
            figures.append(Bounded(1, FEWEST - 1, None))
        else:
            assert one.mark is not None
            figures.append(Bounded(FEWEST, k - 1, MARKS.index(one.mark)))
    return Seen(members, figures=tuple(figures))


@dataclass
class Computed:
    """What was computed: answers as (member, question), remainders as (people, question)."""

    answers: set[tuple[Member, int]] = field(default_factory=set)
    common: set[tuple[Member, int]] = field(default_factory=set)
    remainders: set[tuple[frozenset[Member], int]] = field(default_factory=set)


def attack(
    questionnaire: Questionnaire,
    k: int,
    seen: Sequence[Seen],
    truth: Callable[[Member], Sheet] | None = None,
) -> Computed:
    """All that can be computed from these outputs of one voice.

    `truth` saves time and can only rule findings out: what really happened is one of the worlds that agree with the
    outputs, so a second one with other counts proves that a group's counts are not determined. Findings are made by
    going through all worlds, never from the truth; where it is given, each finding is checked against it.
    """
    found = Computed()
    for one in seen:
        if one.figures is not None and 0 < len(one.members) < k:
            found.remainders.update((one.members, q) for q, f in enumerate(one.figures) if isinstance(f, Exact))
    pairs: Iterable[tuple[int, int]] = combinations(range(len(seen)), 2)
    if len(seen) > MANY_OUTPUTS:
        last = len(seen) - 1
        pairs = sorted({(i, j) for i in range(last) for j in (i + 1, last)})
    for i, j in pairs:
        if seen[i].members != seen[j].members:
            _Pair(questionnaire, k, seen, (seen[i], seen[j]), truth, found).compare()
    return found


# ---- the method, in whole numbers -------------------------------------------------------------------------------


def mark_of(ratings: int, total: int) -> int | None:
    """The mark of a criterion as its value 0..3, None with fewer than five ratings (METHOD §3.1)."""
    if ratings < FEWEST:
        return None
    return (2 * total >= ratings) + (2 * total >= 3 * ratings) + (2 * total >= 5 * ratings)


def level_of(marks: Iterable[int | None], asked: int) -> int | None:
    """The level of a field 0..3, None where fewer than half of its questions have a mark (METHOD §3.2)."""
    given = [mark for mark in marks if mark is not None]
    return _level(len(given), sum(given), asked)


def _level(rated: int, total: int, asked: int) -> int | None:
    if not rated or 2 * rated < asked:
        return None
    return (2 * total >= rated) + (2 * total >= 3 * rated) + (2 * total >= 5 * rated)


def weighed(vector: Sequence[int]) -> tuple[int, int]:
    """The number of ratings and the sum of their values."""
    return sum(vector[: LAST_RATING + 1]), 3 * vector[0] + 2 * vector[1] + vector[2]


# ---- two outputs ------------------------------------------------------------------------------------------------

LEAVERS, COMERS, STAYERS = range(3)
Sizes = tuple[int, int, int]
Split = dict[tuple[int, int], Vector | None]
"""Ratings and sum of a group → its counts where only one vector has them, else SOME."""

Outcome = tuple[int | None, int | None]
"""What a field's level takes from one criterion: its mark in the first and in the second output."""

Table = dict[Outcome, list[Vector | None]]
"""Outcome → the counts of leavers, comers, stayers where they are the same in all worlds with it, else SOME."""


class _Pair:
    """Two outputs, and what they come to together."""

    def __init__(
        self,
        questionnaire: Questionnaire,
        k: int,
        seen: Sequence[Seen],
        two: tuple[Seen, Seen],
        truth: Callable[[Member], Sheet] | None,
        found: Computed,
    ) -> None:
        self.k, self.seen, self.two, self.truth, self.found = k, seen, two, truth, found
        first, second = two[0].members, two[1].members
        self.groups = (first - second, second - first, first & second)
        self.sizes: Sizes = (len(self.groups[0]), len(self.groups[1]), len(self.groups[2]))
        self.fields: list[list[int]] = []
        for one in questionnaire.fields:
            begun = sum(map(len, self.fields))
            self.fields.append(list(range(begun, begun + len(one.ratings))))
        self.tables: dict[int, Table] = {}

    def compare(self) -> None:
        """Adds what these two outputs tell together."""
        for number, questions in enumerate(self.fields):
            wanted = {q: groups for q in questions if (groups := self._worth_knowing(number, q))}
            for q, groups in wanted.items():
                known = self._determined(number, q)
                for group in groups:
                    if (vector := known[group]) is not None:
                        self._add(group, q, vector)

    def _add(self, group: int, q: int, vector: Vector) -> None:
        if self.truth is not None:
            assert vector == self._true(group, q), "an inference that is wrong"
        people, size = self.groups[group], self.sizes[group]
        if size < self.k:
            self.found.remainders.add((people, q))
        if max(vector) == size:
            exact = all(output.figures is not None for output in self.two)
            into = self.found.common if exact and size >= self.k else self.found.answers
            into.update((member, q) for member in people)

    def _openly(self, group: int, q: int) -> bool:
        """Whether one release of at least k people shows that all of this group gave the same answer."""
        for one in self.seen:
            if one.figures is None or len(one.members) < self.k:
                continue
            shown = one.figures[q]
            if isinstance(shown, Exact) and max(shown.vector) == len(one.members) and self.groups[group] <= one.members:
                return True
        return False

    # ---- a second world beside the true one

    def _true(self, group: int, q: int) -> Vector:
        assert self.truth is not None
        counts = [0] * len(ANSWERS)
        for member in self.groups[group]:
            counts[self.truth(member)[q]] += 1
        return tuple(counts)

    def _worth_knowing(self, number: int, q: int) -> list[int]:
        """The groups whose counts may be determined and would be a finding."""
        groups = [group for group, size in enumerate(self.sizes) if size]
        if self.truth is None:
            return [group for group in groups if not self._openly(group, q)]
        vectors = [self._true(group, q) for group in range(3)]
        left = [g for g in groups if self.sizes[g] < self.k or max(vectors[g]) == self.sizes[g]]
        for gone, come, moved in _moves(vectors):
            left = left if not left or self._differs(number, q, vectors, gone, come) else [
                group for group in left if group not in moved]  # fmt: skip
            if not left:
                return []
        return [group for group in left if not self._openly(group, q)]

    def _differs(self, number: int, q: int, vectors: Sequence[Vector], first: _Change, second: _Change) -> bool:
        """Whether one of the outputs would show something else if one answer in it were another."""
        for output, group, change in ((self.two[0], LEAVERS, first), (self.two[1], COMERS, second)):
            if change is None:
                continue
            ratings, total = (a + b for a, b in zip(weighed(vectors[group]), weighed(vectors[STAYERS]), strict=True))
            after = ratings - RATED[change[0]] + RATED[change[1]], total - WORTH[change[0]] + WORTH[change[1]]
            if output.figures is not None:
                shown = output.figures[q]
                if isinstance(shown, Exact) or not shown.allows(*after):
                    return True
            elif mark_of(*after) != mark_of(ratings, total):
                assert output.levels is not None
                marks = [self._true_mark(group, other) for other in self.fields[number] if other != q]
                if level_of([*marks, mark_of(*after)], len(self.fields[number])) != output.levels[number]:
                    return True
        return False

    def _true_mark(self, group: int, q: int) -> int | None:
        (ratings, total), (more, plus) = weighed(self._true(group, q)), weighed(self._true(STAYERS, q))
        return mark_of(ratings + more, total + plus)

    # ---- all worlds

    def _determined(self, number: int, q: int) -> list[Vector | None]:
        """The counts of the three groups for a question, where all worlds agree on them."""
        questions = self.fields[number] if any(output.levels is not None for output in self.two) else [q]
        for one in questions:
            if one not in self.tables:
                self.tables[one] = self._table(one)
        others = [self.tables[one] for one in questions if one != q]
        found: list[Vector | None] | None = None
        for outcome, vectors in self.tables[q].items():
            if not self._possible(number, outcome, others):
                continue
            if found is None:
                found = list(vectors)
            else:
                found = [a if a == b else SOME for a, b in zip(found, vectors, strict=True)]
        assert found is not None, "no world agrees with the outputs"
        return found

    def _possible(self, number: int, outcome: Outcome, others: Sequence[Table]) -> bool:
        """Whether the other criteria of the field can have marks that give the shown levels together with this."""
        asked = len(self.fields[number])
        sums = {(int(outcome[0] is not None), outcome[0] or 0, int(outcome[1] is not None), outcome[1] or 0)}
        for table in others:
            sums = {
                (n + (a is not None), s + (a or 0), m + (b is not None), t + (b or 0))
                for (n, s, m, t), (a, b) in product(sums, table)
            }
        return any(self._agrees(number, asked, state) for state in sums)

    def _agrees(self, number: int, asked: int, state: tuple[int, int, int, int]) -> bool:
        for output, rated, total in ((self.two[0], *state[:2]), (self.two[1], *state[2:])):
            if output.levels is not None and _level(rated, total, asked) != output.levels[number]:
                return False
        return True

    def _table(self, q: int) -> Table:
        """All worlds of one question by what they give to the levels."""
        first, second = (None if o.figures is None else o.figures[q] for o in self.two)
        table: Table = {}
        for vectors, (one, other) in self._worlds(first, second):
            if isinstance(first, Bounded) and not first.allows(*one):
                continue
            if isinstance(second, Bounded) and not second.allows(*other):
                continue
            outcome = (mark_of(*one) if first is None else None, mark_of(*other) if second is None else None)
            known = table.get(outcome)
            table[outcome] = list(vectors) if known is None else [
                a if a == b else SOME for a, b in zip(known, vectors, strict=True)]  # fmt: skip
        return table

    def _worlds(self, first: _Shown, second: _Shown) -> Iterator[_World]:
        """Counts of leavers, comers and stayers (SOME for several at once), with ratings and sum in both outputs."""
        leavers, comers, stayers = self.sizes
        if isinstance(first, Exact) and isinstance(second, Exact):
            least = tuple(max(0, a - b) for a, b in zip(first.vector, second.vector, strict=True))
            weights = weighed(first.vector), weighed(second.vector)
            for more in parts(_minus(first.vector, least), leavers - sum(least)).values():
                if more is None:
                    yield (SOME, SOME, SOME), weights
                else:
                    stays = _minus(first.vector, _plus(least, more))
                    yield (_plus(least, more), _minus(second.vector, stays), stays), weights
            return
        if isinstance(second, Exact):
            for (come, come_vector), (gone, gone_vector) in product(_taken(second, comers), _any(leavers)):
                stay = None if come_vector is None else _minus(second.vector, come_vector)
                total = weighed(second.vector)
                one = total[0] - come[0] + gone[0], total[1] - come[1] + gone[1]
                yield (gone_vector, come_vector, stay), (one, total)
            return
        if isinstance(first, Exact):
            for (gone, gone_vector), (come, come_vector) in product(_taken(first, leavers), _any(comers)):
                stay = None if gone_vector is None else _minus(first.vector, gone_vector)
                total = weighed(first.vector)
                other = total[0] - gone[0] + come[0], total[1] - gone[1] + come[1]
                yield (gone_vector, come_vector, stay), (total, other)
            return
        for (gone, gone_vector), (come, come_vector), (at, stay) in product(_any(leavers), _any(comers), _any(stayers)):
            one, other = (at[0] + gone[0], at[1] + gone[1]), (at[0] + come[0], at[1] + come[1])
            yield (gone_vector, come_vector, stay), (one, other)


_Shown = Exact | Bounded | None
_Change = tuple[int, int] | None
_World = tuple[tuple[Vector | None, Vector | None, Vector | None], tuple[tuple[int, int], tuple[int, int]]]


def _moves(vectors: Sequence[Vector]) -> Iterator[tuple[_Change, _Change, tuple[int, ...]]]:
    """Ways to make another world: what becomes of one answer in the first and second output, and in which groups."""
    gone, come, stay = ([answer for answer, n in enumerate(vector) if n] for vector in vectors)
    every = range(len(ANSWERS))
    for a, b in product(come, stay):  # a comer and somebody who stays swap answers: the second output stays the same
        if a != b:
            yield (b, a), None, (COMERS, STAYERS)
    for a, b in product(gone, stay):
        if a != b:
            yield None, (b, a), (LEAVERS, STAYERS)
    for a, b in product([answer for answer in gone if answer in come], stay):
        if a != b:
            yield None, None, (LEAVERS, COMERS, STAYERS)
    for a, b in product(gone, every):
        if a != b:
            yield (a, b), None, (LEAVERS,)
    for a, b in product(come, every):
        if a != b:
            yield None, (a, b), (COMERS,)
    for a, b in product(stay, every):
        if a != b:
            yield (a, b), (a, b), (STAYERS,)


@cache
def parts(whole: Vector, size: int) -> Split:
    """All ways to take `size` answers out of `whole`, by ratings and sum; counts where only one way has these."""
    states: dict[tuple[int, int, int], Vector | None] = {(0, 0, 0): ()}
    for answer, most in enumerate(whole):
        after: dict[tuple[int, int, int], Vector | None] = {}
        left = sum(whole[answer + 1 :])
        for (taken, ratings, total), vector in states.items():
            for number in range(max(0, size - taken - left), min(most, size - taken) + 1):
                key = (taken + number, ratings + RATED[answer] * number, total + WORTH[answer] * number)
                after[key] = SOME if key in after or vector is None else (*vector, number)
        states = after
    return {(ratings, total): vector for (_, ratings, total), vector in states.items()}


def _taken(figure: Exact, size: int) -> Iterable[tuple[tuple[int, int], Vector | None]]:
    """What a group of this size can have answered of the counts that are shown."""
    return parts(figure.vector, size).items()


def _any(size: int) -> Iterable[tuple[tuple[int, int], Vector | None]]:
    """What a group of this size can have answered, if nothing is known."""
    return parts((size,) * len(ANSWERS), size).items()


def _plus(one: Vector, other: Vector) -> Vector:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _minus(one: Vector, other: Vector) -> Vector:
    return tuple(a - b for a, b in zip(one, other, strict=True))
