"""Disclosure control (METHOD §5): what may be shown of a voice, and that nothing below k can be computed back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import kurzform, row, small

from conversations.questionnaire import Rating
from reports.disclosure import OTHER, counted_out, due, merged, protected, stepped, withheld
from reports.evaluation import Level, Reason, evaluate


@pytest.mark.parametrize(("n", "k", "shown"), [(0, 5, 0), (4, 5, 0), (5, 5, 5), (9, 5, 5), (14, 5, 10), (19, 10, 10)])
def test_while_open_numbers_go_in_steps_of_k(n: int, k: int, shown: int) -> None:
    assert stepped(n, k) == shown


def test_a_voice_below_k_is_withheld_and_an_institution_never() -> None:
    assert [withheld(n, 5) for n in (0, 4, 5)] == [True, True, False]
    assert not withheld(1, 10, institution=True)


def test_a_voice_is_withheld_where_somebody_knows_all_answers_but_a_few() -> None:
    assert [withheld(12, 5, apart=n) for n in (0, 1, 4, 5, 12)] == [False, True, True, False, False]
    assert not withheld(12, 5, institution=True, apart=1)


def test_interim_results_lie_at_least_k_people_apart() -> None:
    assert [due(6, now, 5) for now in (6, 10, 11)] == [False, False, True]


def test_those_who_did_not_hand_in_are_never_a_number_below_k() -> None:
    assert [counted_out(n, 5) for n in (0, 1, 4, 5, 30)] == [None, None, None, 5, 30]
    assert counted_out(0, 5, institution=True) == 0


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ({"de": 40, "ar": 12, "en": 10}, {"de": 40, "ar": 12, "en": 10}),
        ({"de": 40, "uk": 3, "tr": 2}, {"de": 40, OTHER: 5}),
        ({"de": 40, "ar": 12, "tr": 2}, {"de": 40, OTHER: 14}),  # two alone would be seen: the smallest joins them
        ({"de": 40, "tr": 2}, {OTHER: 42}),
        ({"de": 2, "tr": 2}, {}),
        ({"de": 40, "": 6}, {"de": 40, OTHER: 6}),
        ({"de": 40, "ar": 7, "": 1}, {"de": 40, OTHER: 8}),
        ({}, {}),
    ],
)
def test_small_groups_become_others(groups: dict[str, int], shown: dict[str, int]) -> None:
    assert merged(groups, 5) == shown


@given(
    st.dictionaries(st.sampled_from(["de", "ar", "en", "uk", "tr", "fa", "", OTHER]), st.integers(0, 40)),
    st.integers(2, 12),
)
def test_merged_groups_lose_nobody_and_show_no_small_group(groups: dict[str, int], k: int) -> None:
    shown = merged(groups, k)
    assert all(n >= k for n in shown.values())
    assert not shown or sum(shown.values()) == sum(groups.values())
    assert shown or sum(groups.values()) < k


ROWS = {
    "1.1": row("2 2 0 0 8 0"),  # four ratings: too few
    "1.2": row("4 3 0 0 5 0"),  # seven: a mark, but fewer than ten
    "1.3": row("0 0 0 0 12 0"),  # none
    "1.4": row("12 0 0 0 0 0"),  # unanimous
}


def test_counts_of_fewer_than_k_are_kept_back_and_the_mark_stands() -> None:
    questionnaire = kurzform()
    found = protected(questionnaire, evaluate(questionnaire, ROWS, 12), 10).criteria
    assert (found["1.1"].counts, found["1.1"].mark, found["1.1"].reason) == (None, None, Reason.TOO_FEW)
    assert (found["1.2"].counts, found["1.2"].mean, found["1.2"].mark) == (None, None, Rating.YES)
    assert found["1.3"].counts is not None
    assert found["1.3"].counts.cannot_say == 12
    assert found["1.4"].counts is not None
    assert found["1.4"].counts.yes == 12


def test_nothing_kept_back_can_be_computed_from_the_field() -> None:
    questionnaire = kurzform()
    standing = protected(questionnaire, evaluate(questionnaire, ROWS, 12), 10).fields[0].standing
    assert (standing.raw, standing.by_rounding) == (None, None)
    assert standing.level is Level.OPEN
    assert standing.span is not None
    assert str(standing.span.lowest) == "3/4"  # kept back and unrated criteria are taken as wholly missing


def test_two_tallies_that_differ_only_in_what_is_kept_back_look_the_same() -> None:
    questionnaire = kurzform()
    other = {**ROWS, "1.1": row("0 0 1 0 9 2"), "1.2": row("6 0 0 0 2 4")}
    first, second = (protected(questionnaire, evaluate(questionnaire, rows, 12), 10) for rows in (ROWS, other))
    assert first == second


def test_a_criterion_of_several_questions_does_not_give_one_away_by_subtraction() -> None:
    questionnaire = small("persons", {"1": [3]})
    rows = {"1.1.1": row("9 3 0 0 0 0"), "1.1.2": row("8 4 0 0 0 0"), "1.1.3": row("1 1 0 0 10 0")}
    found = protected(questionnaire, evaluate(questionnaire, rows, 12), 5)
    assert found.criteria["1.1"].counts is not None
    assert [q.counts for q in found.questions.values()] == [None, None, None]


def test_an_institution_is_not_suppressed() -> None:
    questionnaire = small()
    whole = evaluate(questionnaire, {"1.1.1": {"no": 1}}, 1)
    assert protected(questionnaire, whole, 10) is whole


def test_a_voice_below_k_cannot_even_be_asked_for() -> None:
    questionnaire = kurzform()
    with pytest.raises(ValueError, match="withheld"):
        protected(questionnaire, evaluate(questionnaire, {}, 4), 5)
