"""The rules of METHOD §3 by name, the golden case of Dessau-Roßlau, and what must hold for any answers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import DESSAU, dessau, kurzform, row, same, small

from conversations.questionnaire import Rating
from reports.evaluation import (
    Counts,
    EvaluationError,
    Gap,
    Level,
    Reason,
    close,
    evaluate,
    figures,
    level_of,
    mark_of,
)

YES, RATHER_YES, RATHER_NO, NO = Rating.YES, Rating.RATHER_YES, Rating.RATHER_NO, Rating.NO


# ---- the golden case --------------------------------------------------------------------------------------------


def test_dessau_rosslau_gives_all_marks_levels_and_focus_fields() -> None:
    found, golden = evaluate(kurzform(), same(DESSAU, 12), 12), dessau()
    marks = {one: (c.mark or Rating.CANNOT_SAY).value for one, c in found.criteria.items()}
    assert marks == golden["marks"]
    assert len(marks) == 34
    assert {f.id: f.standing.level for f in found.fields} == golden["levels"]
    assert found.overall.level == golden["overall"]
    assert list(found.focus) == golden["focus"]


def test_dessau_rosslau_by_hand() -> None:
    found = evaluate(kurzform(), same(DESSAU, 12), 12)
    means = {f.id: str(f.standing.mean) for f in found.fields}
    assert means == {"1": "7/4", "2": "7/3", "3": "11/4", "4": "2", "5": "4/3", "6": "7/3", "7": "7/4"}
    assert found.overall.mean == Fraction(69, 33)
    assert found.criteria["2.6"].reason is Reason.NOT_RATED
    assert found.fields[1].standing.gaps == (("2.6", Gap.CANNOT_SAY),)
    assert (found.overall.answered, found.overall.asked) == (33, 34)


def test_field_5_of_dessau_rosslau_rises_a_level_without_criterion_5_3() -> None:
    found = evaluate(kurzform(), same(DESSAU, 12), 12)
    assert found.fields[4].standing.level is Level.ON_THE_WAY
    assert found.fields[4].standing.tipping == (("5.3", Level.ADVANCED),)


# ---- criteria ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "mark", "level"),
    [
        ("0", NO, Level.SETTING_OUT),
        ("49/100", NO, Level.SETTING_OUT),
        ("1/2", RATHER_NO, Level.ON_THE_WAY),
        ("149/100", RATHER_NO, Level.ON_THE_WAY),
        ("3/2", RATHER_YES, Level.ADVANCED),
        ("249/100", RATHER_YES, Level.ADVANCED),
        ("5/2", YES, Level.OPEN),
        ("3", YES, Level.OPEN),
    ],
)
def test_the_nearest_step_halves_up(mean: str, mark: Rating, level: Level) -> None:
    assert (mark_of(Fraction(mean)), level_of(Fraction(mean))) == (mark, level)


@pytest.mark.parametrize("mean", ["0.4", "0.6", "1.4", "1.5", "1.6", "2.4", "2.6"])
def test_a_tenth_beside_a_cut_is_close_where_floats_would_fail(mean: str) -> None:
    assert close(Fraction(mean))


@pytest.mark.parametrize("mean", ["0", "39/100", "61/100", "139/100", "161/100", "239/100", "261/100", "3"])
def test_further_than_a_tenth_is_not_close(mean: str) -> None:
    assert not close(Fraction(mean))


@pytest.mark.parametrize(
    ("counts", "mean", "mark"),
    [
        (Counts(rather_yes=2, rather_no=3), Fraction(7, 5), RATHER_NO),
        (Counts(rather_yes=3, rather_no=2), Fraction(8, 5), RATHER_YES),
        (Counts(yes=2, rather_yes=3), Fraction(12, 5), RATHER_YES),
        (Counts(yes=3, rather_yes=2), Fraction(13, 5), YES),
    ],
)
def test_traps_for_floats(counts: Counts, mean: Fraction, mark: Rating) -> None:
    found = figures("1.1", counts, False)
    assert (found.mean, found.mark, found.close) == (mean, mark, True)


def test_missing_answers_are_never_zero() -> None:
    found = figures("1.1", Counts(yes=5, cannot_say=20, skipped=10, not_reached=7), False)
    assert (found.mean, found.mark, found.n) == (Fraction(3), YES, 5)


def test_fewer_than_five_ratings_of_persons_give_no_mark() -> None:
    found = figures("1.1", Counts(yes=4, cannot_say=9), False)
    assert (found.mark, found.mean, found.reason) == (None, None, Reason.TOO_FEW)
    assert figures("1.1", Counts(yes=5), False).mark is YES


def test_an_institution_has_no_minimum() -> None:
    assert figures("1.1", Counts(rather_no=1), True).mark is RATHER_NO


def test_no_rating_at_all_is_another_thing_than_too_few() -> None:
    assert figures("1.1", Counts(cannot_say=12), False).reason is Reason.NOT_RATED


@pytest.mark.parametrize(
    ("counts", "divided"),
    [
        (Counts(yes=6, no=6), True),  # would otherwise read "eher ja"
        (Counts(yes=4, rather_no=2), True),  # exactly a third
        (Counts(yes=5, no=2), False),
        (Counts(yes=2, no=5), False),
        (Counts(rather_yes=9), False),
    ],
)
def test_divided_is_a_third_on_each_side(counts: Counts, divided: bool) -> None:
    assert figures("1.1", counts, False).divided is divided


def test_a_criterion_pools_all_its_questions() -> None:
    tally = {"1.1.1": {"yes": 1}, "1.1.2": {"no": 1}, "1.2.1": {"rather-yes": 1}, "1.2.2": {"cannot-say": 1}}
    found = evaluate(small(), tally, 1)
    assert (found.criteria["1.1"].mean, found.criteria["1.1"].mark) == (Fraction(3, 2), RATHER_YES)
    assert (found.criteria["1.2"].mean, found.criteria["1.2"].n) == (Fraction(2), 1)


# ---- fields -----------------------------------------------------------------------------------------------------


def test_coverage_names_the_others_with_their_reason() -> None:
    tally = {"1.1.1": {"yes": 1}, "1.1.2": {"cannot-say": 1}, "1.2.1": {"skipped": 1}, "1.2.2": {"no": 1}}
    found = evaluate(small(), tally, 1).fields[0].standing
    assert (found.answered, found.asked) == (2, 5)
    assert found.gaps == (("1.1.2", Gap.CANNOT_SAY), ("1.2.1", Gap.SKIPPED), ("1.2.3", Gap.NOT_REACHED))


def test_among_persons_too_few_is_a_fourth_reason() -> None:
    tally = {"1.1": row("4 0 0 0 6 0"), "1.2": row("0 0 0 0 6 3"), "1.3": row("0 0 0 0 2 7"), "1.4": row("5 0 0 0 0 0")}
    found = evaluate(kurzform(), tally, 10).fields[0].standing
    assert found.gaps == (("1.1", Gap.TOO_FEW), ("1.2", Gap.CANNOT_SAY), ("1.3", Gap.SKIPPED))
    assert found.answered == 1


def test_no_level_where_fewer_than_half_of_the_questions_are_rated() -> None:
    tally = {"2.1": {"yes": 1}}
    found = evaluate(small(), tally, 1).fields[1].standing
    assert (found.mean, found.level, found.reason, found.answered) == (Fraction(3), None, Reason.TOO_FEW, 1)
    half = evaluate(small(fields={"1": [1, 1]}), {"1.1": {"yes": 1}}, 1).fields[0].standing
    assert half.level is Level.OPEN


def test_a_field_nobody_rated_says_so() -> None:
    found = evaluate(small(), {}, 1)
    assert (found.fields[0].standing.reason, found.overall.reason) == (Reason.NOT_RATED, Reason.NOT_RATED)
    assert found.focus == ()


def test_by_rounding_where_the_unrounded_means_give_another_level() -> None:
    # three criteria at 1.6 (mark 2) and one at 0: marks give 6/4 = 1.5, the means 4.8/4 = 1.2
    tally = {**{f"1.{c}": row("0 3 2 0") for c in (1, 2, 3)}, "1.4": row("0 0 0 5")}
    found = evaluate(kurzform(), tally, 5).fields[0].standing
    assert (found.mean, found.raw) == (Fraction(3, 2), Fraction(6, 5))
    assert (found.level, found.by_rounding, found.close) == (Level.ADVANCED, True, True)


def test_the_span_takes_everything_unrated_as_no_and_as_yes() -> None:
    tally = {"2.1": {"rather-yes": 1}, "2.2": {"rather-yes": 1}, "2.3": {"cannot-say": 1}}
    found = evaluate(small(), tally, 1).fields[1].standing
    assert found.span is not None
    assert (found.span.lowest, found.span.highest) == (Fraction(4, 3), Fraction(7, 3))
    assert found.span.levels == (Level.ON_THE_WAY, Level.ADVANCED)


def test_the_span_of_persons_counts_each_missing_answer() -> None:
    tally = {"1.1": row("6 0 0 0 6 0")}  # six yes of twelve: between 18/12 and 36/12
    found = evaluate(small("persons", {"1": [1]}), tally, 12).fields[0].standing
    assert found.span is not None
    assert (found.span.lowest, found.span.highest) == (Fraction(2), Fraction(3))


def test_focus_names_all_ties_at_the_last_place_and_nothing_at_the_highest_level() -> None:
    fields = {str(n): [1] for n in range(1, 8)}
    marks = {"1": "2", "2": "2", "3": "1", "4": "0", "5": "1", "6": "3", "7": "2"}
    found = evaluate(small("persons", fields), {f"{f}.1": {rating_of(m): 5} for f, m in marks.items()}, 5)
    assert found.focus == ("1", "2", "3", "4", "5", "7")
    everything = evaluate(small("persons", fields), {f"{f}.1": {"yes": 5} for f in marks}, 5)
    assert everything.focus == ()


def test_a_field_without_level_is_not_proposed() -> None:
    found = evaluate(small(), {"1.1.1": {"no": 1}, **{f"2.{c}": {"rather-no": 1} for c in (1, 2, 3)}}, 1)
    assert found.focus == ("2",)


# ---- counts that cannot be --------------------------------------------------------------------------------------


def test_impossible_counts_are_refused_by_name() -> None:
    with pytest.raises(EvaluationError, match=r"1\.1: 6 answers of 5 respondents"):
        evaluate(kurzform(), {"1.1": {"yes": 6}}, 5)
    with pytest.raises(EvaluationError, match=r"1\.1: unknown value maybe"):
        evaluate(kurzform(), {"1.1": {"maybe": 1}}, 5)
    with pytest.raises(EvaluationError, match=r"no question 9\.9"):
        evaluate(kurzform(), {"9.9": {"yes": 1}}, 5)
    with pytest.raises(EvaluationError, match="below zero"):
        evaluate(kurzform(), {"1.1": {"yes": -1}}, 5)


def test_open_questions_in_the_tally_are_not_looked_at() -> None:
    assert evaluate(kurzform(), {"o1": {"finished": 3}}, 3) == evaluate(kurzform(), {}, 3)


# ---- what must hold for any answers -----------------------------------------------------------------------------

PEOPLE = 30
ROWS = st.lists(st.integers(0, 5), min_size=6, max_size=6).map(lambda numbers: row(" ".join(map(str, numbers))))
TALLIES = st.fixed_dictionaries({f"{f}.{c}": ROWS for f, n in {"1": 3, "2": 4}.items() for c in range(1, n + 1)})
TWO_FIELDS = small("persons", {"1": [1, 1, 1], "2": [1, 1, 1, 1]})


def rating_of(mark: str) -> str:
    return {"3": "yes", "2": "rather-yes", "1": "rather-no", "0": "no"}[mark]


@given(TALLIES)
def test_marks_and_levels_agree_with_a_count_by_hand(tally: dict[str, dict[str, int]]) -> None:
    found = evaluate(TWO_FIELDS, tally, PEOPLE)
    for one, values in tally.items():
        each = [
            v for value, v in (("yes", 3), ("rather-yes", 2), ("rather-no", 1), ("no", 0)) for _ in range(values[value])
        ]
        mark = found.criteria[one].mark
        if len(each) < 5:
            assert mark is None
        else:
            nearest = (2 * sum(each) + len(each)) // (2 * len(each))  # whole numbers alone, halves up
            assert mark is (NO, RATHER_NO, RATHER_YES, YES)[nearest]


@given(TALLIES, st.data())
def test_a_better_answer_never_lowers_anything(tally: dict[str, dict[str, int]], data: st.DataObject) -> None:
    order = ["no", "rather-no", "rather-yes", "yes"]
    movable = [(one, value) for one, values in tally.items() for value in order[:3] if values[value]]
    if not movable:
        return
    one, value = data.draw(st.sampled_from(movable))
    better = {**tally, one: {**tally[one], value: tally[one][value] - 1}}
    up = order[order.index(value) + 1]
    better[one][up] += 1
    before, after = evaluate(TWO_FIELDS, tally, PEOPLE), evaluate(TWO_FIELDS, better, PEOPLE)
    for b, a in zip((*before.fields, before), (*after.fields, after), strict=True):
        old, new = (x.standing if hasattr(x, "standing") else x.overall for x in (b, a))
        assert (new.mean or 0) >= (old.mean or 0)
        assert old.level is None or list(Level).index(new.level or Level.OPEN) >= list(Level).index(old.level)


@given(TALLIES)
def test_the_mean_lies_within_its_span_and_coverage_adds_up(tally: dict[str, dict[str, int]]) -> None:
    found = evaluate(TWO_FIELDS, tally, PEOPLE)
    for standing in (*(f.standing for f in found.fields), found.overall):
        assert standing.answered + len(standing.gaps) == standing.asked
        assert standing.span is not None
        lowest, highest = standing.span.lowest, standing.span.highest
        assert 0 <= lowest <= highest <= 3
        assert standing.mean is None or lowest <= standing.mean <= highest
