"""What an outsider or organiser sees of a simulated survey under an output rule, made by the product's own functions.

Follows its two callers line by line: `bot.organising.step` and `figures.keep_step` while a survey is open,
`bot.closing.close` and `_release` at its end. They count rows of a database; here the same counts come from the
simulated sheets. Every other output (digest, status, HTML, JSON, CSV, explain) is a function of what is returned here.
The rules that the product does not follow (levels while a survey is open, later releases) are written out here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from attacker import Member, Seen, levels_seen, release_seen
from simulation import ANSWERS, MISSING, Crowd, Event, Kind, Simulated, rating_questions

from conversations import questionnaire as asked
from conversations.questionnaire import Questionnaire, Voice
from reports.disclosure import due, stepped
from reports.document import digest_of, evaluation_of
from reports.evaluation import evaluate
from reports.release import Answers, Facts, Release, release

FACTS = Facts("WOK-26", asked.Kind.CITY, date(2026, 10, 30), date(2026, 10, 30), date(2026, 9, 14))


@dataclass
class Desk:
    """One voice as the store holds it, by positions in the order of arrival.

    `here` maps those who have handed in to the number of their last change; `at_steps` are those counted at each step;
    `exact` and `shown` are those of the last step; `stepped` and `listed` follow the columns of the same names.
    """

    questionnaire: Questionnaire
    voice: Voice
    crowd: Crowd
    here: dict[int, int] = field(default_factory=dict)
    at_steps: list[frozenset[Member]] = field(default_factory=list)
    exact: int = 0
    shown: int = 0
    stepped: set[int] = field(default_factory=set)
    listed: set[int] = field(default_factory=set)
    blocks: list[int] = field(default_factory=list)
    changed: int = 0
    whole_blocks: bool = False

    @property
    def members(self) -> frozenset[Member]:
        """Who is counted now, each with the number of the last change."""
        return frozenset(self.here.items())

    def tally(self, members: frozenset[Member]) -> dict[str, dict[str, int]]:
        """As `figures.tally`: question → value → count; who did not reach a question has no row."""
        found: dict[str, dict[str, int]] = {}
        sheets = [self.crowd.people[position].sheets[version] for position, version in members]
        for number, question in enumerate(rating_questions(self.questionnaire)):
            counts = [0] * len(ANSWERS)
            for sheet in sheets:
                counts[sheet[number]] += 1
            found[question] = {ANSWERS[a]: n for a, n in enumerate(counts) if n and a != MISSING}
        return found

    def levels(self, members: frozenset[Member]) -> dict[str, str | None]:
        """The level of each field as it was with these people; none below k."""
        if len(members) < self.crowd.k:
            return {}
        found = evaluate(self.questionnaire, self.tally(members), len(members))
        return {f.id: f.standing.level for f in found.fields}

    def answers(self) -> Answers:
        """What a release is made from, as in `closing._release`."""
        languages: dict[str, int] = {}
        for position in self.here:
            language = self.crowd.people[position].language
            languages[language] = languages.get(language, 0) + 1
        those = sorted(position for position in self.here if position in self.listed)
        ids = [f"{self.voice}-{p}-{number}" for p in those for number in range(self.crowd.people[p].statements)]
        statements = {self.questionnaire.open[0].id: ids}
        typed = sum(self.crowd.people[position].paper for position in self.here)
        return Answers(
            self.tally(self.members), len(self.here), self.crowd.unfinished, languages, statements,
            len(self.here) - typed,
        )  # fmt: skip

    def step(self) -> bool:
        """As `organising.step` for one voice; True if a step was reached."""
        number = len(self.here)
        if not due(self.exact, number, self.crowd.k):
            return False
        self.exact, self.shown = number, stepped(number, self.crowd.k)
        self.at_steps.append(self.members)
        self.list_statements(self.stepped)
        self.stepped |= set(self.here)
        return True

    def list_statements(self, among: set[int]) -> None:
        """As `figures.list_statements`; remembers of how many people each block of statements is.

        With `whole_blocks` fewer than k wait for the next block, at closing for good.
        """
        block = {position for position in self.here if position in among} - self.listed
        if not block or (self.whole_blocks and len(block) < self.crowd.k):
            return
        self.blocks.append(len(block))
        self.listed |= block


# ---- the rules --------------------------------------------------------------------------------------------------

Show = Callable[[Desk, bool], Sequence[Seen]]
"""What an open survey shows of a voice after each event; the second argument says whether a step was just reached."""


@dataclass(frozen=True)
class Rule:
    """An output rule: what is shown while a survey is open, and when a closed voice is released anew.

    `renewed` gets how many respondents changed and k. With `whole_blocks` moderators never get a block of statements of
    fewer than k people; without, deletions can leave one person in a block.
    """

    name: str
    shows: Show
    renewed: Callable[[int, int], bool]
    whole_blocks: bool = False


def counts_alone(desk: Desk, step: bool) -> Sequence[Seen]:
    """No figures while a survey is open: the number in whole steps of k is all there is."""
    return ()


def levels_at_steps(desk: Desk, step: bool) -> Sequence[Seen]:
    """The level per field, renewed at each step of k."""
    return [_levels(desk, desk.at_steps[-1])] if step else ()


def levels_later(desk: Desk, step: bool) -> Sequence[Seen]:
    """The levels of a step are shown at the next step, when at least k more have handed in."""
    return [_levels(desk, desk.at_steps[-2])] if step and len(desk.at_steps) > 1 else ()


def figures_at_each_arrival(desk: Desk, step: bool) -> Sequence[Seen]:
    """Exact figures as soon as there are k, renewed whenever somebody comes, goes or changes an answer."""
    if len(desk.here) < desk.crowd.k:
        return ()
    found = evaluate(desk.questionnaire, desk.tally(desk.members), len(desk.here))
    return [release_seen(desk.questionnaire, desk.crowd.k, desk.members, found)]


def never(changed: int, k: int) -> bool:
    """A release is made once and stands."""
    return False


def where_k_changed(changed: int, k: int) -> bool:
    """A release is made anew where at least k people changed."""
    return changed >= k


def at_each_deletion(changed: int, k: int) -> bool:
    """A release is made anew for anybody who goes: suppression below k, but no frozen block."""
    return changed > 0


def _levels(desk: Desk, members: frozenset[Member]) -> Seen:
    return levels_seen(members, desk.levels(members))


PRODUCT = Rule("product", counts_alone, never, whole_blocks=True)
"""The rule the product follows; the one place to change when it follows another."""

RENEWED = Rule("later-releases", counts_alone, where_k_changed)
LEVELS = Rule("levels-at-steps", levels_at_steps, where_k_changed)
LATER = Rule("levels-a-step-later", levels_later, where_k_changed)
NAIVE = Rule("n-alone", figures_at_each_arrival, where_k_changed)
UNFROZEN = Rule("release-not-frozen", counts_alone, at_each_deletion)


# ---- what is seen -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Observed:
    """All that was shown of one voice, in order. `blocks`: of how many people each block of statements came."""

    seen: tuple[Seen, ...]
    counts: tuple[int, ...]
    blocks: tuple[int, ...]
    beside_paper: int
    """Of a released voice, how many did not come from the organiser's own paper import (0: all or no paper)."""


def observe(survey: Simulated, rule: Rule) -> Mapping[Voice, Observed]:
    """Plays a survey and writes down what is shown."""
    desks = {
        voice: Desk(survey.questionnaire, voice, crowd, whole_blocks=rule.whole_blocks)
        for voice, crowd in survey.crowds.items()
    }
    seen: dict[Voice, list[Seen]] = {voice: [] for voice in desks}
    counts: dict[Voice, list[int]] = {voice: [0] for voice in desks}
    beside: dict[Voice, int] = dict.fromkeys(desks, 0)
    kept: Release | None = None
    for event in survey.events:
        if event.kind in (Kind.CLOSED, Kind.RENEWED):
            before, kept = kept, _released(survey, desks, rule, kept)
            for voice, desk in desks.items():
                if before is None or kept.document["voices"][voice] != before.document["voices"][voice]:
                    seen[voice] += _shown(survey, kept, desk)
                paper = [position for position in desk.here if desk.crowd.people[position].paper]
                if before is None and paper and not kept.document["voices"][voice]["withheld"]:
                    beside[voice] = len(desk.here) - len(paper)
            continue
        for voice in [event.voice] if event.voice else desks:
            desk = desks[voice]
            reached = _happens(desk, event, closed=kept is not None)
            if kept is None and (event.voice or reached):
                seen[voice] += rule.shows(desk, reached)
                counts[voice].append(desk.shown)
    return {
        voice: Observed(tuple(seen[voice]), tuple(counts[voice]), tuple(desk.blocks), beside[voice])
        for voice, desk in desks.items()
    }


def _happens(desk: Desk, event: Event, closed: bool) -> bool:
    """One event at one desk; True if a step was reached."""
    if event.kind is Kind.QUARTER:
        return not closed and desk.step()
    if event.kind is Kind.HANDED_IN:
        desk.here[event.position] = 0
    elif event.kind is Kind.CHANGED and event.position in desk.here:
        desk.here[event.position] += 1
    elif event.kind is Kind.DELETED and desk.here.pop(event.position, None) is not None and closed:
        desk.changed += 1
    return False


def _released(survey: Simulated, desks: Mapping[Voice, Desk], rule: Rule, before: Release | None) -> Release:
    """As `closing.close`; with a release that stands, the one that a rule makes in its place."""
    groups = {voice: desk.crowd.k for voice, desk in desks.items()}
    if before is None:
        for desk in desks.values():
            if rule.whole_blocks or len(desk.here) >= desk.crowd.k:
                desk.list_statements(set(desk.here))
    renewed = {voice for voice, desk in desks.items() if rule.renewed(desk.changed, groups[voice])}
    if before is not None and not renewed:
        return before
    found = release(survey.questionnaire, FACTS, {v: desk.answers() for v, desk in desks.items()}, groups)
    if before is None:
        return found
    for desk in desks.values():  # the new release counts from nothing, for the voices that kept their figures too
        desk.changed = 0
    old, new = before.document["voices"], found.document["voices"]
    document = {**found.document, "voices": {v: new[v] if v in renewed else old[v] for v in new}}
    return Release(document, digest_of(document))


def _shown(survey: Simulated, kept: Release, desk: Desk) -> list[Seen]:
    found = evaluation_of(kept.document, survey.questionnaire, desk.voice)
    return [] if found is None else [release_seen(survey.questionnaire, desk.crowd.k, desk.members, found)]
