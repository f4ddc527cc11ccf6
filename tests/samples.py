"""Sample surveys for the tests of reports: questionnaires, tallies, releases, written by hand and small to read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from conversations.conversation import Conversation, Statement
from conversations.institution import Contributor, Decision, contribution, fingerprint, positions
from conversations.questionnaire import Kind, Questionnaire, Rating, Voice, load, parse
from reports.release import Answers, Facts, Release, declared, release
from reports.statement import Signature
from reports.statement import Statement as StatementBlock

K = {Voice.ADMINISTRATION: 10, Voice.POLITICS: 5, Voice.SOCIETY: 5}
FACTS = Facts("WOK-26", Kind.CITY, date(2026, 10, 30), date(2026, 11, 2), opened=date(2026, 9, 14))

# The overview of Dessau-Roßlau 2020 (001): the marks of the 34 criteria, "-" for "keine Einschätzung möglich".
DESSAU = {
    "1": "2320", "2": "22332-2223", "3": "3323", "4": "121323", "5": "220", "6": "322", "7": "2212",
}  # fmt: skip
RATINGS = {"3": Rating.YES, "2": Rating.RATHER_YES, "1": Rating.RATHER_NO, "0": Rating.NO, "-": Rating.CANNOT_SAY}


def kurzform() -> Questionnaire:
    """The short form: 34 criteria with one question each."""
    return load()["kurzform-1"]


def dialog() -> Questionnaire:
    """The dialogue event: open questions alone."""
    return load()["dialog-1"]


def small(answers_as: str = "institution", fields: Mapping[str, Sequence[int]] | None = None) -> Questionnaire:
    """A questionnaire of `fields`: field id → number of questions of each of its criteria."""
    lines = ['id = "klein"', "version = 1", f'answers_as = "{answers_as}"', 'title = "Klein"', 'introduction = "Los."']
    lines += ['origin = "Probe"', "minutes = 3", 'voices = ["administration", "society"]']
    for field, criteria in (fields or {"1": [2, 3], "2": [1, 1, 1]}).items():
        lines += ["[[field]]", f'id = "{field}"', f'title = "Feld {field}"']
        for c, questions in enumerate(criteria, 1):
            lines += ["[[field.criterion]]", f'id = "{field}.{c}"', f'title = "Kriterium {field}.{c}"']
            for q in range(1, questions + 1):
                one = f"{field}.{c}.{q}" if questions > 1 else f"{field}.{c}"
                lines += ["[[field.criterion.question]]", f'id = "{one}"', 'kind = "rating"', f'text = "Frage {one}?"']
        if answers_as == "institution":
            lines += ["[[field.open]]", f'id = "{field}.m"', 'kind = "open"', 'text = "Welche Maßnahmen gibt es?"']
            lines += ["[[field.open]]", f'id = "{field}.b"', 'kind = "open"', 'text = "Wer ist beteiligt?"']
    return parse("klein-1.toml", "\n".join(lines))


def same(marks: Mapping[str, str], people: int) -> dict[str, dict[str, int]]:
    """`people` identical respondents with these marks: field → one character per criterion."""
    found = {f"{f}.{c}": {RATINGS[m].value: people} for f, row in marks.items() for c, m in enumerate(row, 1)}
    return {**found, "o1": {"finished": people}}


def row(spec: str) -> dict[str, int]:
    """Counts of one question: "3 2 1 0 - s" as numbers, for example "4 3 2 1 2 1"."""
    names = (*RATINGS.values(), "skipped")
    return {str(name): int(n) for name, n in zip(names, spec.split(), strict=False)}


def dessau() -> dict[str, object]:
    """The golden case, from the committed copy of its figures."""
    found: dict[str, object] = json.loads((Path(__file__).parent / "golden" / "dessau-rosslau.json").read_text())
    return found


SOCIETY = {  # 62 people of a dialogue event; every row adds up to at most 62, the rest was not reached
    "1.1": "6 21 19 8 7 1", "1.2": "9 25 14 6 8 0", "1.3": "12 22 12 6 9 1", "1.4": "1 6 17 14 22 2",
    "2.1": "11 27 13 5 6 0", "2.2": "18 26 9 3 6 0", "2.3": "8 23 17 6 8 0", "2.4": "3 9 21 23 6 0",
    "2.5": "10 28 13 4 7 0", "2.6": "6 24 16 9 7 0", "2.7": "14 28 9 3 8 0", "2.8": "25 24 5 1 7 0",
    "2.9": "12 25 12 6 7 0", "2.10": "9 22 15 8 8 0",
    "3.1": "7 22 12 4 17 0", "3.2": "6 19 18 7 12 0", "3.3": "5 21 15 6 15 0", "3.4": "4 17 13 5 23 0",
    "4.1": "7 22 18 8 7 0", "4.2": "8 26 11 4 13 0", "4.3": "2 8 22 19 11 0", "4.4": "3 13 20 11 15 0",
    "4.5": "8 19 14 10 11 0", "4.6": "6 20 15 9 12 0",
    "5.1": "16 27 9 3 7 0", "5.2": "4 12 22 15 9 0", "5.3": "3 14 16 7 21 1",
    "6.1": "20 17 10 12 2 0", "6.2": "9 27 14 6 5 0", "6.3": "11 26 12 4 7 0",
    "7.1": "6 18 20 11 6 0", "7.2": "4 15 23 14 5 0", "7.3": "3 1 0 0 41 0", "7.4": "5 19 15 8 12 0",
}  # fmt: skip
ADMINISTRATION = {  # 14 employees
    "1.1": "4 7 2 0 1 0", "1.2": "6 6 1 0 1 0", "1.3": "3 6 3 1 1 0", "1.4": "0 3 6 3 2 0",
    "2.1": "3 8 1 0 2 0", "2.2": "4 7 2 0 1 0", "2.3": "5 6 1 0 2 0", "2.4": "6 5 0 0 3 0",
    "2.5": "2 7 2 0 3 0", "2.6": "1 4 1 0 8 0", "2.7": "3 7 1 0 3 0", "2.8": "4 7 1 0 2 0",
    "2.9": "2 7 2 0 3 0", "2.10": "7 5 1 0 1 0",
    "3.1": "7 5 0 0 2 0", "3.2": "6 5 1 0 2 0", "3.3": "2 7 2 0 3 0", "3.4": "6 5 0 0 3 0",
    "4.1": "1 3 6 3 1 0", "4.2": "2 7 2 0 3 0", "4.3": "0 2 7 4 1 0", "4.4": "2 5 2 1 4 0",
    "4.5": "3 6 3 1 1 0", "4.6": "5 5 1 0 3 0",
    "5.1": "4 7 2 0 1 0", "5.2": "2 7 3 0 2 0", "5.3": "0 1 4 6 3 0",
    "6.1": "7 5 1 0 1 0", "6.2": "3 8 1 0 2 0", "6.3": "3 7 2 0 2 0",
    "7.1": "3 7 3 0 1 0", "7.2": "1 6 5 1 1 0", "7.3": "0 4 6 2 2 0", "7.4": "2 8 2 0 2 0",
}  # fmt: skip
STATEMENTS: dict[str, list[str | None]] = {
    "o1": ["Im Bürgeramt hat sich jemand Zeit genommen.", None, "المكتبة مكان جيد للجميع.", ""],
    "o2": ['Bei der <b>Wohnungssuche</b> kommt "keine" Antwort.', "Die Briefe sind schwer zu verstehen."],
}
"""Aligned with the ids below: a text, None where it was withdrawn, "" where no organiser has released it yet."""


def three_voices() -> Release:
    """62 people of society, 14 employees; four people of politics, who must not be seen."""
    politics = {one: {"yes": 4} for one in SOCIETY}
    return release(
        kurzform(),
        FACTS,
        {
            Voice.ADMINISTRATION: Answers({q: row(s) for q, s in ADMINISTRATION.items()}, 14, 11, {"de": 14}),
            Voice.POLITICS: Answers(politics, 4, 3, {"de": 3, "en": 1}, {"o1": ["p1"]}),
            Voice.SOCIETY: Answers(
                {q: row(s) for q, s in SOCIETY.items()},
                62,
                9,
                {"de": 38, "ar": 13, "en": 6, "uk": 3, "tr": 2},
                {"o1": ["a1", "b2", "c3"], "o2": ["d4", "e5"]},
            ),
        },
        K,
    )


def closed_dialog() -> Release:
    """A dialogue event: 62 people, statements alone."""
    return release(
        dialog(),
        FACTS,
        {Voice.SOCIETY: Answers({}, 62, 3, {"de": 50, "ar": 12}, {"d1": ["a", "b"], "d2": ["c"]})},
        {Voice.SOCIETY: 5},
    )


def signed(
    questionnaire: Questionnaire,
    values: Mapping[str, str],
    facts: Facts = FACTS,
    reports: Mapping[str, str] | None = None,
    before: Release | None = None,
    **rest: Any,
) -> Release:
    """A statement by one office that answers everything, signed; what it cannot rate is left so for a reason."""
    office = Contributor("buero", "Dezernat I", "Integrationsbüro", questions=frozenset(questionnaire.by_id),
                         respondent="r")  # fmt: skip
    texts = tuple(Statement(q, t) for q, t in (reports or {}).items())
    given = Conversation(facts.survey, "r", questionnaire.voices[0], "de", "paper", handed_in=True,
                         answers=dict(values), statements=texts)  # fmt: skip
    unrated = {q: v for q, v in values.items() if v in ("cannot-say", "skipped")}
    decisions = {
        q: Decision(v, None, "Dazu gibt es noch keine Zahlen.", fingerprint([contribution(office, q, given)]))
        for q, v in unrated.items()
    }
    found = positions(questionnaire, [office], {"r": given}, decisions)
    number = 1 if before is None else before.document["town"]["version"] + 1
    signature = Signature(number, "Integrationsbüro, Leitung", facts.released)
    statement = StatementBlock(signature, [office], {"r": given}, found, **rest)
    return declared(questionnaire, facts, statement, None if before is None else before.document)


@cache
def selbstcheck() -> Questionnaire:
    """The long form: 105 questions on the 34 criteria."""
    return load()["selbstcheck-1"]


@cache
def dessau_answers() -> Mapping[str, str]:
    """An answer to every question of the long form, so that marks and numbers are those that 001 prints.

    What it names as negative or unanswered is so, in our numbers; the gaps it leaves unnamed in fields 4, 5 and 7 are
    chosen here, and so are the three negative answers without which 7.3 would not be what it prints.
    """
    found = {}
    for field, marks in DESSAU.items():
        for criterion, mark in zip(next(f for f in selbstcheck().fields if f.id == field).criteria, marks, strict=True):
            found |= {q.id: RATINGS[mark].value for q in criterion.questions}
    unrated = ("1.4.2", "1.4.3", "2.5.3", "2.6.1", "2.6.2", "2.6.3", "4.2.3", "4.4.3", "4.6.2", "5.2.3", "7.1.3")
    found |= dict.fromkeys(unrated, "skipped") | {"7.2.4": "cannot-say"}
    found |= dict.fromkeys(("4.1.3", "4.3.3"), "rather-yes") | {"5.1.1": "yes"}
    return found | dict.fromkeys(("4.5.2", "5.1.3", "5.1.4", "5.1.6", "5.2.1"), "rather-no")


@cache
def statement_of_dessau() -> Release:
    """The long form with the marks of Dessau-Roßlau, signed."""
    return signed(selbstcheck(), dessau_answers(), reports={"1.m": "Seit 2016 gibt es eine Steuerungsgruppe."})


def statement_of_a_city() -> Release:
    """An institution's statement with everything that can be missing."""
    values = {
        "1.1.1": "yes", "1.1.2": "no", "1.2.1": "rather-no", "1.2.2": "cannot-say", "1.2.3": "skipped",
        "2.1": "yes", "2.2": "yes", "2.3": "skipped",
    }  # fmt: skip
    choice = (("1",), "Hier gibt es die meisten offenen Fragen.")
    return signed(small(), values, reports={"1.m": "Es gibt eine Steuerungsgruppe."}, choice=choice)


DIALOG_STATEMENTS = {"d1": ["Im Sportverein.", "In der Schule meiner Kinder."], "d2": ["Auf dem Wohnungsmarkt."]}
