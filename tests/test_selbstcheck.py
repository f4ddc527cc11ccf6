"""The long form and the workshop: METHOD §2's counts and ids, the short form's criteria, town and district."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from conftest import House, opened_survey

from bot import organising
from bot.organisers import Organiser
from bot.view import View
from conversations.questionnaire import Kind, Questionnaire, Voice, load
from conversations.store import organisers as kept
from conversations.store import post
from conversations.store.post import Address, Letter
from conversations.wording import READABLE, lix, problems
from locales import catalogue, complete
from reports.digest import digest
from reports.html import html
from reports.release import Answers, release
from tests.samples import FACTS, dessau

QUESTIONS = {
    "1": [4, 4, 3, 3], "2": [3, 3, 3, 3, 3, 3, 3, 3, 3, 2], "3": [3, 3, 3, 3], "4": [3, 3, 3, 3, 3, 3],
    "5": [6, 4, 2], "6": [2, 2, 2], "7": [4, 4, 3, 3],
}  # fmt: skip
GOLDEN = {
    "1.4": [2, 3], "2.5": [3], "2.6": [1, 2, 3], "4.1": [1, 2], "4.3": [1, 2], "4.5": [2], "5.1": [3, 4, 6], "5.2": [1],
    "5.3": [1, 2], "7.2": [4], "7.3": [1],
}  # fmt: skip
"""Questions that Dessau-Roßlau answered with a kind of no, or did not answer (001)."""


@pytest.fixture(scope="module")
def long() -> Questionnaire:
    return load()["selbstcheck-1"]


@pytest.fixture(scope="module")
def workshop() -> Questionnaire:
    return load()["workshop-1"]


# ---- the long form ------------------------------------------------------------------------------------------------


def test_an_institution_is_asked_105_questions_in_the_method_s_order(long: Questionnaire) -> None:
    assert {f.id: [len(c.questions) for c in f.criteria] for f in long.fields} == QUESTIONS
    assert {f.id: len(f.ratings) for f in long.fields} == dessau()["questions_per_field"]
    ratings = [
        f"{f}.{c}.{n}" for f, row in QUESTIONS.items() for c, many in enumerate(row, 1) for n in range(1, many + 1)
    ]
    assert [q.id for q in long.questions if q.rating] == ratings
    assert (len(ratings), long.institution, long.voices) == (105, True, (Voice.ADMINISTRATION,))


def test_each_field_ends_with_its_own_account_of_measures_and_of_those_who_take_part(long: Questionnaire) -> None:
    assert {f.id: [q.id for q in f.questions[-2:]] for f in long.fields} == {f: [f"{f}.m", f"{f}.b"] for f in QUESTIONS}
    assert {f.id: f.open for f in long.fields} == {f.id: f.questions[-2:] for f in long.fields}
    assert (long.open, sum(not q.rating for q in long.questions)) == ((), 14)


def test_fields_and_criteria_are_those_of_the_short_form(long: Questionnaire) -> None:
    short = load()["kurzform-1"]
    assert [(f.id, f.title) for f in long.fields] == [(f.id, f.title) for f in short.fields]
    assert [(c.id, c.title) for c in long.criteria.values()] == [(c.id, c.title) for c in short.criteria.values()]


def test_the_questions_that_the_golden_case_names_are_asked(long: Questionnaire) -> None:
    named = [f"{criterion}.{number}" for criterion, numbers in GOLDEN.items() for number in numbers]
    assert [one for one in named if one not in long.criterion_of] == []


def test_nothing_is_asked_twice(long: Questionnaire) -> None:
    for kind in Kind:
        asked = Counter(q.text[Voice.ADMINISTRATION][kind] for q in long.questions if q.rating)
        assert [text for text, times in asked.items() if times > 1] == []


def test_every_question_has_an_example_and_open_ones_ask_for_functions_not_names(long: Questionnaire) -> None:
    helps = {q.id: q.help[Voice.ADMINISTRATION] for q in long.questions if Voice.ADMINISTRATION in q.help}
    assert [q.id for q in long.questions if q.id not in helps] == []
    assert [q for q in helps if q.endswith(".m") and "Funktionen statt Namen" not in helps[q][Kind.CITY]] == []
    assert [q for q in helps if q.endswith(".b") and "keine Personen" not in helps[q][Kind.CITY]] == []


def test_the_commune_is_called_by_its_kind(long: Questionnaire) -> None:
    """No town is spoken of to a district, nor a council by another's name, also not in English."""
    foreign = {
        Kind.CITY: re.compile(r"Landkreis|Kreistag|\bdistrict"),
        Kind.DISTRICT: re.compile(r"\bStadt(rat)?\b|\btown"),
    }
    english, wrong = catalogue("en"), []
    for question in long.questions:
        for wording in (question.text, question.help):
            for kind, text in wording.get(Voice.ADMINISTRATION, {}).items():
                for said in (text, english.of(long.name, text)):
                    wrong += [f"{question.id} {kind}: {said}"] if foreign[kind].search(said) else []
    assert wrong == []
    texts = {q.id: q.text[Voice.ADMINISTRATION] for q in long.questions}
    assert [one for one, text in texts.items() if text[Kind.CITY] != text[Kind.DISTRICT]] == [
        "1.2.2", "1.4.1", "1.4.2", "2.4.1", "2.6.1", "2.6.2", "2.8.3", "3.1.1", "4.1.3", "4.3.3", "4.5.1", "4.6.2",
        "5.1.2", "5.3.1", "6.1.1", "6.2.2",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
def test_it_keeps_the_rules_and_is_readable_for_town_and_district(long: Questionnaire, kind: Kind) -> None:
    assert list(problems(long)) == []
    assert lix(q.text[Voice.ADMINISTRATION][kind] for q in long.questions if q.rating) <= READABLE[Voice.ADMINISTRATION]


# ---- the workshop -------------------------------------------------------------------------------------------------


def test_the_workshop_asks_three_things_per_field_and_three_in_the_end(workshop: Questionnaire) -> None:
    short = load()["kurzform-1"]
    assert [(f.id, f.title, f.criteria) for f in workshop.fields] == [(f.id, f.title, ()) for f in short.fields]
    asked = [(f"{f}.{one}", True) for f in QUESTIONS for one in "gfb"]
    assert [(q.id, q.optional) for q in workshop.questions] == [*asked, ("w1", False), ("w2", False), ("w3", False)]
    assert (workshop.institution, set(workshop.voices)) == (False, set(Voice))
    assert not any(q.rating for q in workshop.questions)


def test_what_is_read_by_itself_in_the_result_says_what_it_is_about(workshop: Questionnaire) -> None:
    texts = [text for q in workshop.questions for text in {q.text[v][k] for v in Voice for k in Kind}]
    assert len(set(texts)) == len(workshop.questions) == 24


@pytest.mark.parametrize("code", ["de", "en"])
def test_a_workshop_s_result_is_what_was_said_and_no_levels(workshop: Questionnaire, code: str) -> None:
    said = {"4.f": ["Schulungen fehlen."], "w2": ["Im Mai: Treffen aller Ämter."]}
    answers = Answers({}, 12, 1, {"de": 12}, {"4.f": ["a"], "w2": ["b"]})
    document = release(workshop, FACTS, {Voice.SOCIETY: answers}, {Voice.SOCIETY: 5}).document
    words = catalogue(code)
    page = html(document, workshop, words, "Musterstadt", said)
    asked = [words.of(workshop.name, workshop.by_id[one].text[Voice.SOCIETY][Kind.CITY]) for one in said]
    assert [text for text in (*asked, *(s for each in said.values() for s in each)) if text not in page] == []
    assert ('id="field-' in page, words.t("keine Stufe") in page, "<table" in page) == (False, False, False)
    told = digest(document, workshop, words, said, commune="Musterstadt")
    titles = [words.of(workshop.name, f.title) for f in workshop.fields]
    assert [title for title in titles if title in told] == []
    assert all(text in told for text in asked)


# ---- languages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["selbstcheck-1", "workshop-1"])
def test_both_are_asked_in_german_and_english(name: str) -> None:
    assert [code for code in ("de", "en", "ar") if complete(code, name)] == ["de", "en"]


@pytest.mark.parametrize("name", ["selbstcheck-1", "workshop-1"])
@pytest.mark.parametrize("command", ["status", "digest"])
async def test_an_organiser_of_another_language_reads_about_it_in_german(house: House, name: str, command: str) -> None:
    survey = await opened_survey(house.store, "bbbbbb", name, load()[name].voices)
    commune, moment, every = survey.commune_id, house.clock.moment, {survey.id: survey}

    def unit(tx: Any) -> dict[str, list[View]]:
        mine = {code: [Organiser(code, commune, code)] for code in ("de", "en", "ar")}
        return {code: organising.answer(tx, command, one, every, load(), moment) for code, one in mine.items()}

    told = await house.store.read(unit)
    assert told["ar"] == told["de"] != told["en"]
    assert [len(views) for views in told.values()] == [1, 1, 1]


async def test_a_letter_about_it_reaches_an_organiser_of_another_language_in_german(house: House) -> None:
    survey = await opened_survey(house.store, "bbbbbb", "selbstcheck-1", [Voice.ADMINISTRATION])

    def unit(tx: Any) -> list[str | None]:
        for code in ("de", "ar"):
            kept.add(tx, code, survey.commune_id, code)
            post.keep_addresses(tx, [Address(code, None, b"sealed")])
        organising.tell(tx, survey, "step", house.clock.moment)
        rows = tx.execute("SELECT id, owner, survey, kind, language, until FROM letter ORDER BY language").fetchall()
        return [organising.letter_text(tx, Letter(*row), load()) for row in rows]

    arabic, german = await house.store.write(unit)
    assert arabic == german
    assert german and "Selbstcheck" in german
