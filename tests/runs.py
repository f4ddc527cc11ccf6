"""A commune that asks several times: its own statement in the long form, a survey of people, another two years later.

People are generated from a seed, which is printed; the statement has the marks of Dessau-Roßlau 2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from random import Random

from samples import DESSAU, RATINGS, K, dessau, kurzform, signed

from conversations.questionnaire import Kind, Questionnaire, Rating, Voice, parse
from reports.evaluation import Tally
from reports.release import Answers, Facts, release
from reports.sources import Source

COMMUNE = "Musterstadt"
SEED = 34
QUESTIONS = {  # of each criterion in the long form (METHOD §2)
    "1": "4433", "2": "3333333332", "3": "3333", "4": "333333", "5": "642", "6": "222", "7": "4433",
}  # fmt: skip
WEIGHTS = {  # how people answer: ja, eher ja, eher nein, nein, keine Einschätzung, übersprungen
    Voice.ADMINISTRATION: (4, 6, 3, 1, 2, 0),
    Voice.SOCIETY: (2, 5, 5, 3, 3, 1),
}
VALUES = [*(str(rating) for rating in Rating), "skipped"]


@cache
def long_form() -> Questionnaire:
    """A long form built from the titles of the 34 criteria, several questions to each."""
    lines = ['id = "langform"', "version = 1", 'answers_as = "institution"', 'title = "Langform"', 'origin = "Probe"']
    lines += ['introduction = "Los."', "minutes = 90", 'voices = ["administration"]']
    for field in kurzform().fields:
        lines += ["[[field]]", f'id = "{field.id}"', f'title = "{field.title}"']
        for criterion, number in zip(field.criteria, QUESTIONS[field.id], strict=True):
            lines += ["[[field.criterion]]", f'id = "{criterion.id}"', f'title = "{criterion.title}"']
            for q in range(1, int(number) + 1):
                one = f"{criterion.id}.{q}"
                lines += ["[[field.criterion.question]]", f'id = "{one}"', 'kind = "rating"']
                lines += [f'text = "Gibt es {one} in allen Bereichen?"']
    return parse("langform-1.toml", "\n".join(lines))


def statement(survey: str = "selbst", changes: Mapping[str, str] | None = None, year: int = 2026) -> Source:
    """The commune's statement: each question as the criterion's mark, or as `changes` say, which is field → marks."""
    values = {}
    for field, marks in {**DESSAU, **(changes or {})}.items():
        for c, (mark, number) in enumerate(zip(marks, QUESTIONS[field], strict=True), 1):
            values |= {f"{field}.{c}.{q}": str(RATINGS[mark]) for q in range(1, int(number) + 1)}
    return Source(COMMUNE, signed(long_form(), values, run_of(survey, year)).document, long_form())


def source(
    questionnaire: Questionnaire, survey: str, voices: Mapping[Voice, Answers], year: int = 2026, commune: str = COMMUNE
) -> Source:
    """A survey with these answers, closed in October of that year."""
    return Source(commune, release(questionnaire, run_of(survey, year), voices, K).document, questionnaire)


def run_of(survey: str, year: int) -> Facts:
    """A survey of autumn of that year."""
    return Facts(survey, Kind.CITY, date(year, 10, 30), date(year, 11, 2), opened=date(year, 9, 14))


def people(number: int, voice: Voice, seed: int) -> Tally:
    """The counts of so many people who answer at random, the same for the same seed."""
    print(f"seed {seed}")
    dice = Random(f"{seed} {voice}")
    found: dict[str, dict[str, int]] = {}
    for question in kurzform().criteria:
        lean = dice.choice((-2, -1, 0, 1, 2))
        weights = [max(0, weight + lean * (2 - place)) for place, weight in enumerate(WEIGHTS[voice][:4])]
        given = dice.choices(VALUES, [*weights, *WEIGHTS[voice][4:]], k=number)
        found[question] = {value: given.count(value) for value in VALUES if value in given}
    return found


@cache
def first_run() -> Source:
    """40 employees and 120 residents; four of politics, who are withheld."""
    return run("erste", 40, 120, SEED)


@cache
def second_run() -> Source:
    """Two years later: 44 employees and 97 residents."""
    return run("zweite", 44, 97, SEED + 2, 2028)


def run(survey: str, staff: int, residents: int, seed: int, year: int = 2026) -> Source:
    """A survey of the short form among generated people."""
    voices = {
        Voice.ADMINISTRATION: Answers(people(staff, Voice.ADMINISTRATION, seed), staff),
        Voice.POLITICS: Answers({"1.1": {"yes": 4}}, 4),
        Voice.SOCIETY: Answers(people(residents, Voice.SOCIETY, seed), residents),
    }
    return source(kurzform(), survey, voices, year)


def marks_of_dessau() -> Mapping[str, str]:
    """The 34 marks as they were printed."""
    found = dessau()["marks"]
    assert isinstance(found, dict)
    return found
