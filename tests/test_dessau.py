"""Dessau-Roßlau as a long form: 34 marks, 8 levels, "93 von 105" and the twelve others with reasons, all by hand."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from conftest import House, opened_survey
from dessau import City, answers, asked, case, handed_in, signed
from samples import dessau

from bot.statement.steps import StepError
from conversations.institution import State
from conversations.questionnaire import Rating, Voice
from reports.evaluation import Gap, Level, evaluate

MARKS = {  # as 001 prints them: 3 ja, 2 eher ja, 1 eher nein, 0 nein, - keine Einschätzung
    "1": "2320", "2": "22332-2223", "3": "3323", "4": "121323", "5": "220", "6": "322", "7": "2212",
}  # fmt: skip
VALUES = {"yes": "3", "rather-yes": "2", "rather-no": "1", "no": "0", None: "-"}
LEVELS = {
    "1": "advanced", "2": "advanced", "3": "open", "4": "advanced", "5": "on-the-way", "6": "advanced",
    "7": "advanced", "overall": "advanced",
}  # fmt: skip
COVERAGE = {"1": "12/14", "2": "25/29", "3": "12/12", "4": "15/18", "5": "11/12", "6": "6/6", "7": "12/14",
            "overall": "93/105"}  # fmt: skip
TWELVE = {
    "1.4.2": ("skipped", "Nicht bearbeitet: Ein Monitoring gibt es noch nicht."),
    "1.4.3": ("skipped", "Nicht bearbeitet: Ein Monitoring gibt es noch nicht."),
    "2.5.3": ("skipped", "Nicht bearbeitet: Zur Pflege fand bisher wenig Austausch statt."),
    "2.6.1": ("skipped", "Nicht bearbeitet: Transport und Mobilität wurden nicht betrachtet."),
    "2.6.2": ("skipped", "Nicht bearbeitet: Transport und Mobilität wurden nicht betrachtet."),
    "2.6.3": ("skipped", "Nicht bearbeitet: Transport und Mobilität wurden nicht betrachtet."),
    "4.1.3": ("skipped", "Nicht bearbeitet: Die Verwaltung antwortet nicht für den Stadtrat."),
    "4.3.3": ("skipped", "Nicht bearbeitet: Die Verwaltung antwortet nicht für den Stadtrat."),
    "4.4.1": ("skipped", "Nicht bearbeitet: Angaben zum Personal anderer Träger liegen nicht vor."),
    "5.2.3": ("skipped", "Nicht bearbeitet: Wer an Verfahren teilnimmt, wird nicht erhoben."),
    "7.1.1": ("skipped", "Nicht bearbeitet: Die Dezernate laden auf verschiedenen Wegen ein."),
    "7.2.4": ("cannot-say", "Keine Einschätzung möglich: Einen Überblick über alle Angebote gibt es nicht."),
}
NEGATIVE = {  # those that 001 names, 1.4.1 (the mark of 1.4 is its), and 7.3.3 (see the head of the data)
    "rather-no": ["4.1.1", "4.1.2", "4.3.1", "4.3.2", "4.5.2", "5.1.3", "5.1.4", "5.1.6", "5.2.1", "7.3.1", "7.3.3"],
    "no": ["1.4.1", "5.3.1", "5.3.2"],
}  # fmt: skip


@pytest.fixture
async def city(house: House) -> City:
    survey = await opened_survey(house.store, "dessau", "selbstcheck-1", voices=(Voice.ADMINISTRATION,))
    return City(house.store, survey)


async def test_the_signed_statement_of_dessau_rosslau_is_what_was_published(city: City) -> None:
    document = (await signed(city.store, city.survey)).document
    block = document["voices"]["administration"]
    marks = {f["id"]: "".join(VALUES[c["mark"]] for c in f["criteria"]) for f in block["fields"]}
    assert (marks, sum(map(len, marks.values()))) == (MARKS, 34)
    standings = {f["id"]: f for f in block["fields"]} | {"overall": block["overall"]}
    assert {name: s["level"] for name, s in standings.items()} == LEVELS
    assert {name: f"{s['answered']}/{s['asked']}" for name, s in standings.items()} == COVERAGE
    assert block["focus"] == ["1", "4", "5", "7"]
    assert block["n"] == 1


async def test_the_twelve_others_are_named_with_their_reasons(city: City) -> None:
    document = (await signed(city.store, city.survey)).document
    positions = document["town"]["positions"]
    unrated = {q: (p["value"], p["reason"]) for q, p in positions.items() if p["value"] in ("skipped", "cannot-say")}
    assert unrated == TWELVE
    assert (len(positions), len(positions) - len(unrated)) == (105, 93)
    assert {q: p["reason"] for q, p in positions.items() if p["reason"]} == {q: r for q, (_, r) in TWELVE.items()}
    assert {v: [q for q, p in positions.items() if p["value"] == v] for v in NEGATIVE} == NEGATIVE


async def test_eight_functions_of_five_dezernate_answered_three_of_them_by_spreadsheet(city: City) -> None:
    found = await handed_in(city)
    assert [(c.department, c.function, len(c.questions)) for c in found.contributors] == [
        ("Dezernat I", "Beauftragte für Bürgeranliegen", 21),
        ("Dezernat II, Amt für Sicherheit und Ordnung", "Leitung Ausländerbehörde", 25),
        ("Dezernat III", "Abteilungsleitung Amt für Stadtentwicklung", 10),
        ("Dezernat IV", "Persönlicher Referent des Beigeordneten für Wirtschaft", 11),
        ("Dezernat IV, Referat Sportförderung", "Referatsleitung", 12),
        ("Dezernat IV", "Sachgebietsleitung Wirtschaftsförderung", 17),
        ("Dezernat V", "Sozialcontrolling", 22),
        ("Dezernat V", "Behindertenbeauftragte", 6),
    ]
    assert all(c.name is None for c in found.contributors), "functions, no names"
    said = [found.conversation(c) for c in found.contributors]
    assert Counter(c.notice for c in said if c and c.handed_in) == {"paper": 3, "1234abcd": 5}
    states = Counter(p.state for p in found.positions.values())
    assert states == {State.AGREED: 107, State.UNKNOWN: 12}, "what nobody rated is for the coordinator"
    assert found.open == list(TWELVE)
    with pytest.raises(StepError, match=r"^open-questions: 1\.4\.2, "):
        await city.sign()


def test_the_answers_are_105_and_their_means_are_those_worked_out_by_hand() -> None:
    found = evaluate(asked(), {q: {v: 1} for q, v in answers().items()}, 1)
    assert len(answers()) == 105
    assert {f.id: str(f.standing.mean) for f in found.fields} == {
        "1": "7/4", "2": "7/3", "3": "11/4", "4": "2", "5": "4/3", "6": "7/3", "7": "7/4",
    }  # fmt: skip
    assert found.overall.mean == Fraction(69, 33)
    means = {c: str(found.criteria[c].mean) for c in ("1.4", "4.1", "4.3", "4.4", "4.5", "5.1", "5.2", "7.3")}
    assert means == {"1.4": "0", "4.1": "1", "4.3": "1", "4.4": "3", "4.5": "5/3", "5.1": "5/3", "5.2": "5/3",
                     "7.3": "4/3"}  # fmt: skip


def test_the_other_reading_of_field_7_gives_the_same_marks_and_levels_and_one_rating_less() -> None:
    other = answers(other_reading=True)
    found = evaluate(asked(), {q: {v: 1} for q, v in other.items()}, 1)
    marks = {one: (c.mark or Rating.CANNOT_SAY).value for one, c in found.criteria.items()}
    assert marks == dessau()["marks"]
    assert {f.id: f.standing.level for f in found.fields} | {"overall": found.overall.level} == LEVELS
    assert (found.overall.answered, found.fields[6].standing.answered) == (92, 11)
    assert found.fields[6].standing.gaps == (
        ("7.2.4", Gap.CANNOT_SAY), ("7.3.2", Gap.SKIPPED), ("7.3.3", Gap.SKIPPED),
    )  # fmt: skip
    assert found.fields[6].standing.level is Level.ADVANCED


def test_the_data_give_a_reason_for_each_question_without_a_rating() -> None:
    assert list(case()["reasons"]) == [q for q, v in answers().items() if v in ("skipped", "cannot-say")]
