"""Waves: this run of a questionnaire against the last, voice by voice, over the criteria that both have. Pure.

Reads two releases alone, and of them marks, numbers of ratings and levels; no count of answers, so that the
difference of two counts is nowhere. Levels are taken over the criteria both runs have, whatever else one of them asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from conversations.questionnaire import Criterion, Voice
from reports.evaluation import LEVELS, VALUES, Evaluation, Figures, Level, Standing, standing
from reports.sources import ComparisonError, Source, compatible


class State(StrEnum):
    """What of a voice there is in one wave."""

    SHOWN = "shown"
    WITHHELD = "withheld"
    NOT_ASKED = "not-asked"


@dataclass(frozen=True)
class Wave:
    """One voice in one run. `evaluation` exists only where it is shown."""

    state: State
    evaluation: Evaluation | None = None

    @property
    def n(self) -> int | None:
        """How many people handed in; None for a statement, and unless it is shown."""
        return None if self.evaluation is None or self.evaluation.institution else self.evaluation.respondents


@dataclass(frozen=True)
class Change:
    """One criterion then and now; None where the voice is not shown. `reworded`: this voice was asked differently."""

    id: str
    before: Figures | None
    after: Figures | None
    reworded: bool

    @property
    def values(self) -> tuple[int | None, int | None]:
        """What the marks count, 0 to 3; None without one."""
        before, after = (f.mark if f else None for f in (self.before, self.after))
        return (None if before is None else VALUES[before], None if after is None else VALUES[after])

    @property
    def steps(self) -> int | None:
        """By how many marks it rose, or fell (below zero); None unless there are two marks."""
        before, after = self.values
        return None if before is None or after is None else after - before


@dataclass(frozen=True)
class FieldChange:
    """One field, or all criteria (id "overall"), then and now. `uneven` names criteria with a mark in one run only."""

    id: str
    before: Standing | None
    after: Standing | None
    uneven: tuple[str, ...]

    @property
    def steps(self) -> int | None:
        """By how many levels it rose, or fell (below zero); None unless there are two levels."""
        before, after = (s.level if s else None for s in (self.before, self.after))
        return None if before is None or after is None else _height(after) - _height(before)


@dataclass(frozen=True)
class VoiceWaves:
    """One voice in both runs; criteria and fields in the order of the newer questionnaire, if it is shown at all."""

    voice: Voice
    before: Wave
    after: Wave
    criteria: tuple[Change, ...]
    fields: tuple[FieldChange, ...]
    overall: FieldChange | None

    @property
    def moved(self) -> tuple[Change, ...]:
        """The criteria whose mark changed, the largest change first."""
        return tuple(sorted((c for c in self.criteria if c.steps), key=lambda c: -abs(c.steps or 0)))


@dataclass(frozen=True)
class Waves:
    """Everything a comparison of two runs shows."""

    old: Source
    new: Source
    voices: tuple[VoiceWaves, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def statement(self) -> bool:
        """Whether an institution answered, and not people."""
        return self.new.questionnaire.institution


def waves(old: Source, new: Source) -> Waves:
    """The run `new` against the earlier run `old` of the same questionnaire, in whatever version.

    Raises ComparisonError for different questionnaires, the wrong order and nothing in common, and what
    `compatible` raises.
    """
    compatible((old, new))
    if old.questionnaire.id != new.questionnaire.id or old.questionnaire.institution != new.questionnaire.institution:
        raise ComparisonError(
            f"survey {old.survey} asked {old.questionnaire.name}, {new.survey} asked {new.questionnaire.name}; waves "
            "compare runs of one questionnaire, a mirror lays different ones side by side"
        )
    if old.closed > new.closed:
        raise ComparisonError(f"survey {old.survey} closed after {new.survey}; name the earlier one first")
    before, after = old.questionnaire.criteria, new.questionnaire.criteria
    both = {one: (before[one], after[one]) for one in after if one in before}
    if not both or not set(old.voices) & set(new.voices):
        what = "voice" if both else "criterion"
        raise ComparisonError(f"surveys {old.survey} and {new.survey} have no {what} in common")
    asked = [voice for voice in Voice if voice in (*old.voices, *new.voices)]
    return Waves(
        old,
        new,
        tuple(_voice(old, new, voice, both) for voice in asked),
        only_before=tuple(one for one in before if one not in after),
        only_after=tuple(one for one in after if one not in before),
    )


def _voice(old: Source, new: Source, voice: Voice, both: Mapping[str, tuple[Criterion, Criterion]]) -> VoiceWaves:
    before, after = _wave(old, voice), _wave(new, voice)
    if State.NOT_ASKED in (before.state, after.state) or not (before.evaluation or after.evaluation):
        return VoiceWaves(voice, before, after, (), (), None)
    criteria = tuple(
        Change(
            one,
            before.evaluation.criteria[one] if before.evaluation else None,
            after.evaluation.criteria[one] if after.evaluation else None,
            _asked(old, voice, first) != _asked(new, voice, second),
        )
        for one, (first, second) in both.items()
    )
    found = VoiceWaves(voice, before, after, criteria, (), None)
    shared = {f.id: [c.id for c in f.criteria if c.id in both] for f in new.questionnaire.fields}
    fields = tuple(_field(one, ids, old, new, found) for one, ids in shared.items() if ids)
    return replace(found, fields=fields, overall=_field("overall", list(both), old, new, found))


def _wave(source: Source, voice: Voice) -> Wave:
    if voice not in source.voices:
        return Wave(State.NOT_ASKED)
    evaluation = source.evaluation(voice)
    return Wave(State.WITHHELD) if evaluation is None else Wave(State.SHOWN, evaluation)


def _asked(source: Source, voice: Voice, criterion: Criterion) -> list[str]:
    """The questions of a criterion as this voice read them."""
    return [question.text[voice][source.kind] for question in criterion.questions]


def _field(one: str, ids: Sequence[str], old: Source, new: Source, voice: VoiceWaves) -> FieldChange:
    marked = {c.id: [f is not None and f.mark is not None for f in (c.before, c.after)] for c in voice.criteria}
    shown = voice.before.evaluation is not None and voice.after.evaluation is not None
    return FieldChange(
        one,
        _standing(ids, old, voice.before),
        _standing(ids, new, voice.after),
        tuple(c for c in ids if shown and marked[c][0] != marked[c][1]),
    )


def _standing(ids: Sequence[str], source: Source, wave: Wave) -> Standing | None:
    """Where the voice stood over these criteria alone."""
    found = wave.evaluation
    if found is None:
        return None
    questions = [q.id for c in ids for q in source.questionnaire.criteria[c].questions]
    return standing([found.criteria[c] for c in ids], [found.questions[q] for q in questions])


def _height(level: Level) -> int:
    return LEVELS.index(level)
