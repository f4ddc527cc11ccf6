"""Whoever sees every output and knows the order of arrivals computes no single answer (METHOD §5), by simulation.

The same attack is run on output rules broken on purpose and must report the damage; without that a zero proves nothing.
What the attack takes from two outputs is held against all worlds, one by one, in surveys small enough for that.

WELTOFFEN_FULL=1 simulates 10,000 surveys instead of 300, WELTOFFEN_SEED draws others. Each measurement is printed as
one line of JSON: `surveys` simulated, in how many of them something was computed, and how often in all.

Why a release that is made once is safe, whatever the simulation finds: it holds a voice's answers only as counts. Take
any world that agrees with it, and let two people who are both counted swap their sheets: the release stays the same, so
that is a world too. So nothing is known of one person that is not known of all, and of a group of fewer than all that
is counted only what is shown of everybody. As soon as a second output counts other people, such a swap can change it.
That is why levels in an open survey, at whatever distance, and later releases give answers away.

Left over, as with any release of exact figures: k-1 people who put their answers together know the last one's. One
person can be several of them, with sheets of paper or as several people on one telephone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from attacker import Computed, Exact, Member, Seen, attack, level_of, levels_seen, mark_of, release_seen, weighed
from observed import LATER, LEVELS, NAIVE, PRODUCT, RENEWED, UNFROZEN, Rule, observe
from simulation import ANSWERS, MISSING, NO, NOT_REACHED, YES, Kind, Respondent, Sheet, Simulated, simulated, small

from conversations.questionnaire import Questionnaire, Voice, parse
from conversations.survey import SMALLEST_GROUP
from locales import catalogue
from reports.digest import Interim, digest
from reports.disclosure import OTHER, merged, protected
from reports.evaluation import LEVELS as STEPS
from reports.evaluation import MARKS, evaluate

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(7200)]
SEED = int(os.environ.get("WELTOFFEN_SEED", "1"))
FULL = os.environ.get("WELTOFFEN_FULL") == "1"
SURVEYS = 10_000 if FULL else 300
FIRST = (SEED - 1) * 10_000 + 1
K = 5


# ---- the measurement --------------------------------------------------------------------------------------------


def measured(rule: Rule, surveys: int) -> dict[str, int | str]:
    """What is computed under a rule in so many surveys: in how many of them, and how often."""
    figures: dict[str, int] = dict.fromkeys(
        ("voices", "outputs", "surveys_with_answers", "answers", "surveys_with_remainders", "remainders",
         "surveys_with_common_answers", "common_answers", "small_blocks", "few_beside_paper"), 0,
    )  # fmt: skip
    for seed in range(FIRST, FIRST + surveys):
        survey = simulated(seed)
        found = []
        for voice, observed in observe(survey, rule).items():
            k = survey.crowds[voice].k
            found.append(attack(survey.questionnaire, k, observed.seen, _sheets(survey, voice)))
            figures["voices"] += 1
            figures["outputs"] += len(observed.seen)
            figures["small_blocks"] += sum(size < k for size in observed.blocks)
            figures["few_beside_paper"] += 0 < observed.beside_paper < k
        for name, number in (
            ("answers", sum(len(f.answers) for f in found)),
            ("remainders", sum(len(f.remainders) for f in found)),
            ("common_answers", sum(len(f.common) for f in found)),
        ):
            figures[name] += number
            figures[f"surveys_with_{name}"] += number > 0
    return {"rule": rule.name, "seed": SEED, "surveys": surveys, **figures}


def _sheets(survey: Simulated, voice: Voice) -> _Truth:
    return _Truth(survey.crowds[voice].people)


class _Truth:
    """What really was answered."""

    def __init__(self, people: Sequence[Respondent]) -> None:
        self.people = people

    def __call__(self, member: Member) -> Sheet:
        return self.people[member[0]].sheets[member[1]]


def _printed(capsys: pytest.CaptureFixture[str], figures: dict[str, int | str]) -> dict[str, int | str]:
    with capsys.disabled():
        print("\n" + json.dumps(figures))
    return figures


def test_no_answer_and_no_small_remainder_can_be_computed(capsys: pytest.CaptureFixture[str]) -> None:
    found = _printed(capsys, measured(PRODUCT, SURVEYS))
    damage = ("answers", "remainders", "common_answers", "small_blocks", "few_beside_paper")
    assert {name: found[name] for name in damage} == dict.fromkeys(damage, 0)


def test_later_releases_give_away_groups_of_one_mind(capsys: pytest.CaptureFixture[str]) -> None:
    """Why there is one release and no later one, even where k people changed."""
    found = _printed(capsys, measured(RENEWED, min(SURVEYS, 1000)))
    assert (found["answers"], found["remainders"]) == (0, 0) < (found["common_answers"], found["small_blocks"])


@pytest.mark.parametrize(
    ("rule", "most", "remainders"),
    [
        pytest.param(LEVELS, 1000, True, id=LEVELS.name),
        pytest.param(LATER, 1000, False, id=LATER.name),
        pytest.param(UNFROZEN, 500, True, id=UNFROZEN.name),
        pytest.param(NAIVE, 100, True, id=NAIVE.name),
    ],
)
def test_the_same_attack_reports_the_damage_of_a_broken_rule(
    rule: Rule, most: int, remainders: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Levels a step later leave groups of k and more, so that remainders below k are rare among their damage."""
    found = _printed(capsys, measured(rule, min(SURVEYS, most)))
    assert int(found["answers"]) > 0
    assert int(found["remainders"]) > 0 or not remainders


def test_a_release_made_once_does_not_change_when_answers_are_handed_round() -> None:
    """The premise of the argument above, for all that is seen; and with levels in between it does not hold."""
    changed = {rule.name: 0 for rule in (PRODUCT, LEVELS)}
    for seed in range(FIRST, FIRST + 60):
        survey = simulated(seed)
        other = _handed_round(survey)
        for rule in (PRODUCT, LEVELS):
            for voice, observed in observe(survey, rule).items():
                again = observe(other, rule)[voice]
                changed[rule.name] += [(s.levels, s.figures) for s in observed.seen] != [
                    (s.levels, s.figures) for s in again.seen]  # fmt: skip
                assert (observed.counts, observed.blocks) == (again.counts, again.blocks)
    assert changed[PRODUCT.name] == 0 < changed[LEVELS.name]


def _handed_round(survey: Simulated) -> Simulated:
    """The same survey, but those who are counted at closing have swapped what they last answered."""
    crowds = {}
    for voice, crowd in survey.crowds.items():
        mine = [event for event in survey.events if event.voice is voice]
        end = survey.events.index(next(event for event in survey.events if event.kind is Kind.CLOSED))
        gone = {e.position for e in survey.events[:end] if e.voice is voice and e.kind is Kind.DELETED}
        here = [event.position for event in mine if event.kind is Kind.HANDED_IN and event.position not in gone]
        last = [crowd.people[position].sheets[-1] for position in here]
        Random(f"round {survey.seed} {voice}").shuffle(last)
        people = list(crowd.people)
        for position, sheet in zip(here, last, strict=True):
            people[position] = replace(people[position], sheets=(*people[position].sheets[:-1], sheet))
        crowds[voice] = replace(crowd, people=tuple(people))
    return replace(survey, crowds=crowds)


def test_an_open_survey_tells_numbers_in_whole_steps_and_nothing_else() -> None:
    words = catalogue("de")
    for seed in range(FIRST, FIRST + 60):
        survey = simulated(seed)
        for voice, observed in observe(survey, PRODUCT).items():
            k = survey.crowds[voice].k
            assert all(count % k == 0 for count in observed.counts)
            for count in set(observed.counts):
                text = digest([Interim(voice, count, k)], survey.questionnaire, words)
                assert set(map(int, re.findall(r"\d+", text))) == {count or k}


# ---- examples, each a hole by itself ----------------------------------------------------------------------------


def one_field(criteria: int) -> Questionnaire:
    """A questionnaire of one field with so many criteria of one question each."""
    lines = ['id = "eins"', "version = 1", 'answers_as = "persons"', 'title = "Eins"', 'introduction = "Los."']
    lines += ['origin = "Probe"', "minutes = 1", 'voices = ["society"]', "[[field]]", 'id = "1"', 'title = "Feld"']
    for number in range(1, criteria + 1):
        lines += ["[[field.criterion]]", f'id = "1.{number}"', f'title = "Kriterium {number}"']
        lines += ["[[field.criterion.question]]", f'id = "1.{number}"', 'kind = "rating"', f'text = "Frage {number}?"']
    return parse("eins-1.toml", "\n".join(lines))


def tallied(questionnaire: Questionnaire, sheets: Sequence[Sheet]) -> dict[str, dict[str, int]]:
    """Counts by question and value."""
    found: dict[str, dict[str, int]] = {}
    for number, question in enumerate(questionnaire.criterion_of):
        given = [ANSWERS[sheet[number]] for sheet in sheets if sheet[number] != MISSING]
        found[question] = {value: given.count(value) for value in set(given)}
    return found


def levels(questionnaire: Questionnaire, sheets: Sequence[Sheet], first: int = 0) -> Seen:
    """Interim levels of these people, who arrived in this order."""
    found = evaluate(questionnaire, tallied(questionnaire, sheets), len(sheets))
    shown = {field.id: field.standing.level for field in found.fields}
    return levels_seen(frozenset((first + number, 0) for number in range(len(sheets))), shown)


def released(questionnaire: Questionnaire, sheets: Sequence[Sheet], first: int = 0) -> Seen:
    """A release of these people, who arrived in this order."""
    found = protected(questionnaire, evaluate(questionnaire, tallied(questionnaire, sheets), len(sheets)), K)
    members = frozenset((first + number, 0) for number in range(len(sheets)))
    return release_seen(questionnaire, K, members, found)


def test_levels_give_away_whoever_comes_after_the_last_step() -> None:
    asked, five = one_field(1), [(YES,)] * 5
    found = attack(asked, K, [levels(asked, five), released(asked, [*five, (NO,)])])
    assert ((5, 0), 0) in found.answers
    assert (frozenset({(5, 0)}), 0) in found.remainders


def test_levels_give_answers_away_even_where_k_more_come_and_nobody_goes() -> None:
    """Five said yes and five said no. Only if the first five all said yes is their level the highest."""
    asked, five, others = one_field(1), [(YES,)] * 5, [(NO,)] * 5
    found = attack(asked, K, [levels(asked, five), released(asked, [*five, *others])])
    assert found.answers == {((position, 0), 0) for position in range(10)}
    assert not found.remainders


def test_levels_give_answers_away_at_any_size_and_distance() -> None:
    """With just as many "yes" as the highest level needs, all of them are among the first, whoever comes later."""
    asked = one_field(1)
    for size, later in ((12, 1), (12, 12), (30, 40)):
        needed = -(-5 * size // 6)
        first = [(YES,)] * needed + [(NO,)] * (size - needed)
        found = attack(asked, K, [levels(asked, first), released(asked, [*first, *[(NO,)] * later])])
        assert {((size + position, 0), 0) for position in range(later)} <= found.answers


def test_a_later_release_gives_away_a_group_of_one_mind_that_went() -> None:
    """Nobody can tell from either release alone who said yes; the difference is five people who all did."""
    asked, five, rest = one_field(1), [(YES,)] * 5, [(YES,)] * 3 + [(NO,)] * 4
    found = attack(asked, K, [released(asked, [*five, *rest]), released(asked, rest, first=5)])
    assert found.common == {((position, 0), 0) for position in range(5)}
    assert not found.answers
    assert not found.remainders


def test_what_one_release_shows_of_everybody_is_a_result() -> None:
    asked = one_field(2)
    sheets = [(YES, YES)] * 6 + [(YES, NO)]
    found = attack(asked, K, [released(asked, sheets[:6]), released(asked, sheets)])
    assert found.answers == {((6, 0), 1)}  # of the first question everybody's answer is shown
    assert found.remainders == {(frozenset({(6, 0)}), 1)}


def test_one_output_alone_gives_nothing_away() -> None:
    asked = one_field(1)
    sheets = [(YES,)] * 4 + [(NO,)]
    assert attack(asked, K, [released(asked, sheets)]) == Computed()
    assert attack(asked, K, [levels(asked, sheets)]) == Computed()


def test_figures_of_fewer_than_k_are_a_remainder() -> None:
    asked = one_field(1)
    seen = Seen(frozenset({(0, 0), (1, 0)}), figures=(Exact((1, 0, 0, 1, 0, 0, 0)),))
    assert attack(asked, K, [seen]).remainders == {(seen.members, 0)}


@pytest.mark.parametrize("offered", [("de", "ar"), ("de", "ar", "tr"), ("de", "ar", "tr", OTHER)])
@pytest.mark.parametrize("k", [3, 5])
def test_merged_languages_give_away_no_small_group(offered: Sequence[str], k: int) -> None:
    """Whoever knows which languages there are and how merging is done cannot tell the size of a group below k.

    The one exception: where the others are as many as can be hidden, each language not shown has k-1 people.
    """
    for people in range(k, 4 * k):
        worlds: dict[tuple[tuple[str, int], ...], list[Mapping[str, int]]] = {}
        for sizes in product(range(people + 1), repeat=len(offered)):
            if sum(sizes) == people:
                groups = {name: n for name, n in zip(offered, sizes, strict=True) if n}
                worlds.setdefault(tuple(merged(groups, k).items()), []).append(groups)
        for agreeing in worlds.values():
            for name in offered:
                known = {groups.get(name, 0) for groups in agreeing}
                assert len(known) > 1 or not 0 < min(known) < k - 1


# ---- the attacker against all worlds ----------------------------------------------------------------------------


def test_the_attacker_counts_as_the_product_does() -> None:
    asked = one_field(3)
    dice = Random(f"method {SEED}")
    for _ in range(300):
        sheets = [tuple(dice.randrange(len(ANSWERS)) for _ in range(3)) for _ in range(dice.randint(5, 9))]
        found = evaluate(asked, tallied(asked, sheets), len(sheets)).fields[0]
        marks = [mark_of(*weighed(_counted([sheet[q] for sheet in sheets]))) for q in range(3)]
        assert marks == [None if c.mark is None else MARKS.index(c.mark) for c in found.criteria]
        level = found.standing.level
        assert level_of(marks, 3) == (None if level is None else STEPS.index(level))


def _counted(answers: Sequence[int]) -> tuple[int, ...]:
    return tuple(answers.count(answer) for answer in range(len(ANSWERS)))


@pytest.mark.parametrize(
    ("first", "second", "kinds"),
    [
        ((0, 5), (0, 6), "levels release"),  # one comes
        ((0, 5), (1, 6), "levels release"),  # one comes and one goes
        ((0, 6), (1, 6), "levels release"),  # one goes
        ((0, 6), (1, 6), "release levels"),
        ((0, 6), (1, 6), "release release"),
        ((0, 5), (1, 6), "release release"),
        ((0, 5), (0, 6), "levels levels"),
    ],
)
def test_what_is_computed_is_what_all_worlds_agree_on(
    first: tuple[int, int], second: tuple[int, int], kinds: str
) -> None:
    """All answers that six people can give to one question, sorted by what is seen of them."""
    asked, shows = one_field(1), {"levels": levels, "release": released}
    one, other = (shows[kind] for kind in kinds.split())
    outputs: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[Seen, Seen]] = {}
    worlds: dict[object, list[tuple[int, ...]]] = {}
    seen: dict[object, tuple[Seen, Seen]] = {}
    for world in product(range(len(ANSWERS)), repeat=6):
        before, after = world[slice(*first)], world[slice(*second)]
        key = tuple(sorted(before)), tuple(sorted(after))
        if key not in outputs:
            outputs[key] = one(asked, [(a,) for a in before], first[0]), other(asked, [(a,) for a in after], second[0])
        shown = tuple((output.levels, output.figures) for output in outputs[key])
        worlds.setdefault(shown, []).append(world)
        seen[shown] = outputs[key]
    findings = 0
    for one_of in Random(f"worlds {SEED}").sample(list(worlds), min(len(worlds), 10_000 if FULL else 400)):
        found = attack(asked, K, seen[one_of])
        assert found == _agreed(worlds[one_of], first, second, seen[one_of])
        findings += found != Computed()
    assert findings > 0


def _agreed(
    worlds: Sequence[tuple[int, ...]], first: tuple[int, int], second: tuple[int, int], two: tuple[Seen, Seen]
) -> Computed:
    """What all worlds have in common, person by person, without what a release shows of everybody."""
    before, after = set(range(*first)), set(range(*second))
    exact = all(output.figures is not None for output in two)
    found = Computed()
    for group in (before - after, after - before, before & after):
        openly = any(
            o.figures is not None
            and group <= {position for position, _ in o.members}
            and isinstance(o.figures[0], Exact)
            and max(o.figures[0].vector) == len(o.members)
            for o in two
        )
        if not group or openly:
            continue
        if len(group) < K and len({_counted([w[p] for p in sorted(group)]) for w in worlds}) == 1:
            found.remainders.add((frozenset((p, 0) for p in group), 0))
        known = {((p, 0), 0) for p in group if len({world[p] for world in worlds}) == 1}
        (found.common if exact and len(group) >= K else found.answers).update(known)
    return found


def test_the_truth_saves_time_and_changes_no_finding() -> None:
    """Looked at without the true answers, small surveys give the same findings."""
    compared = 0
    for seed in range(FIRST, FIRST + (400 if FULL else 120)):
        survey = simulated(seed)
        for rule in (LEVELS, NAIVE, UNFROZEN):
            for voice, observed in observe(survey, rule).items():
                k, people = survey.crowds[voice].k, survey.crowds[voice].people
                if len(survey.questionnaire.criteria) > 8 or len(people) > 9 or k > K:
                    continue
                truth = _sheets(survey, voice)
                with_truth = attack(survey.questionnaire, k, observed.seen, truth)
                assert attack(survey.questionnaire, k, observed.seen) == with_truth
                compared += 1
    assert compared > 20


def test_simulated_surveys_hold_what_the_promise_speaks_of() -> None:
    """Skips, changes, deletions before and after closing, paper, several voices, all sizes around k."""
    surveys = [simulated(seed) for seed in range(FIRST, FIRST + 300)]
    crowds = [crowd for survey in surveys for crowd in survey.crowds.values()]
    assert {len(survey.crowds) for survey in surveys} == {1, 2, 3}
    assert {kind for survey in surveys for kind in (event.kind for event in survey.events)} == set(Kind)
    assert {crowd.k for crowd in crowds} == set(SMALLEST_GROUP.values())
    assert {len(crowd.people) - crowd.k for crowd in crowds} >= {-5, -1, 0, 1, 4, 5, 6}
    assert max(len(crowd.people) for crowd in crowds) == 62
    people = [person for crowd in crowds for person in crowd.people]
    assert any(person.paper for person in people)
    assert {answer for person in people for sheet in person.sheets for answer in sheet} == set(range(len(ANSWERS)))
    assert ANSWERS[MISSING] == NOT_REACHED
    assert len({len(small(number).criteria) for number in range(24)}) > 4
