"""How a town's statement stands: per field, per contributor, and what is left to be done. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.statement.steps import Town
from conversations.institution import OPEN_STATES, Contributor, State, progress, referrals
from conversations.questionnaire import Field
from conversations.store.contributions import Entry

TO_DECIDE = (State.DIFFERENT, State.UNKNOWN, State.OUTDATED)
"""States that a coordinator ends by deciding; the others end by asking somebody, or by waiting."""


@dataclass(frozen=True)
class FieldStanding:
    """How many questions of a field are in which state."""

    field: Field
    counts: Mapping[State, int]

    @property
    def total(self) -> int:
        """All questions of the field."""
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """Those that have an answer of the town's."""
        return self.total - sum(self.counts.get(state, 0) for state in OPEN_STATES)


@dataclass(frozen=True)
class PartStanding:
    """How far a contributor is with its part."""

    contributor: Contributor
    settled: int
    given: int
    handed_in: bool


@dataclass(frozen=True)
class Referral:
    """A contributor does not know, and says who may; the question is still open."""

    question: str
    contributor: Contributor
    target: str


@dataclass(frozen=True)
class Standing:
    """A statement as its coordinator looks at it. `todo`: the questions to be decided or asked of somebody else."""

    fields: tuple[FieldStanding, ...]
    parts: tuple[PartStanding, ...]
    referrals: tuple[Referral, ...]
    todo: tuple[str, ...]

    @property
    def counts(self) -> Counter[State]:
        """How many questions of the whole are in which state."""
        return sum((Counter(f.counts) for f in self.fields), Counter())

    @property
    def total(self) -> int:
        """All questions."""
        return sum(f.total for f in self.fields)

    @property
    def settled(self) -> int:
        """Those that have an answer of the town's."""
        return sum(f.settled for f in self.fields)

    @property
    def given(self) -> int:
        """How many contributors have a part."""
        return sum(p.given > 0 for p in self.parts)

    @property
    def handed_in(self) -> int:
        """How many of them have handed it in."""
        return sum(p.handed_in and p.given > 0 for p in self.parts)


def standing(found: Town) -> Standing:
    """How a statement stands."""
    open_ = [
        Referral(question, found.contributor(one), target)
        for question, one, target in referrals(found.contributors, found.positions)
        if not found.positions[question].settled
    ]
    referred = {r.question for r in open_}
    return Standing(
        tuple(
            FieldStanding(f, Counter(found.positions[q.id].state for q in f.questions))
            for f in found.questionnaire.fields
        ),
        tuple(PartStanding(c, *progress(c, found.conversation(c))) for c in found.contributors),
        tuple(open_),
        tuple(p.question for p in found.positions.values() if p.state in TO_DECIDE or p.question in referred),
    )


def readable(entries: Iterable[Entry], town: Town) -> list[Entry]:
    """The journal as a coordinator may read it: what an office answers shows once it has handed in."""
    writing = {one.title for one in town.contributors if not ((k := town.conversation(one)) and k.handed_in)}
    return [
        replace(entry, before="", after="") if entry.step in ("answer", "text") and entry.who in writing else entry
        for entry in entries
    ]
