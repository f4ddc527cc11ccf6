"""Simulated surveys: who hands in what in which order, who changes or deletes it and when. Values only, seeded.

The same seed gives the same survey. Groups are drawn so that they are hard to protect: as many people as fill a few
smallest groups and some over, crowds of one opinion with a few of the other, people who skip or stop early.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from random import Random

from conversations.conversation import SKIPPED
from conversations.questionnaire import Questionnaire, Rating, Voice, load, parse
from conversations.survey import SMALLEST_GROUP

NOT_REACHED = "not-reached"
ANSWERS: tuple[str, ...] = (*(str(rating) for rating in Rating), SKIPPED, NOT_REACHED)
"""What one respondent can have answered to one question; a sheet holds indices of these."""
YES, RATHER_YES, RATHER_NO, NO, CANNOT_SAY, SKIP, MISSING = range(len(ANSWERS))

Sheet = tuple[int, ...]
"""One respondent's answers, one for each rating question in the questionnaire's order."""

LANGUAGES = ("de", "de", "de", "de", "ar", "ar", "en", "uk", "tr")
SMALL = 24  # how many different small questionnaires there are


class Kind(StrEnum):
    """What can happen in a survey. QUARTER is the quarter hour at which steps are taken."""

    HANDED_IN = "handed-in"
    CHANGED = "changed"
    DELETED = "deleted"
    QUARTER = "quarter"
    CLOSED = "closed"
    RENEWED = "renewed"


@dataclass(frozen=True)
class Event:
    """Something that happens; `position` is the respondent's place in the order of arrival in this voice."""

    kind: Kind
    voice: Voice | None = None
    position: int = -1


@dataclass(frozen=True)
class Respondent:
    """One person: `sheets` are the answers at first and after each change; `paper`: typed in by the organiser."""

    language: str
    sheets: tuple[Sheet, ...]
    statements: int
    paper: bool


@dataclass(frozen=True)
class Crowd:
    """The people of one voice, in the order of arrival, and how many began without ever handing in."""

    k: int
    people: tuple[Respondent, ...]
    unfinished: int


@dataclass(frozen=True)
class Simulated:
    """One survey with all that ever happens in it."""

    seed: int
    questionnaire: Questionnaire
    crowds: Mapping[Voice, Crowd]
    events: tuple[Event, ...]


@cache
def kurzform() -> Questionnaire:
    """The real short form."""
    return load()["kurzform-1"]


@cache
def small(number: int) -> Questionnaire:
    """A small random questionnaire for persons: one question for each criterion, one open question."""
    dice = Random(f"questionnaire {number}")
    lines = ['id = "klein"', "version = 1", 'answers_as = "persons"', 'title = "Klein"', 'introduction = "Los."']
    lines += ['origin = "Probe"', "minutes = 3", f"voices = {[str(voice) for voice in Voice]}".replace("'", '"')]
    for field in range(1, dice.randint(1, 3) + 1):
        lines += ["[[field]]", f'id = "{field}"', f'title = "Feld {field}"']
        for criterion in range(1, dice.choice((1, 2, 3, 4)) + 1):
            one = f"{field}.{criterion}"
            lines += ["[[field.criterion]]", f'id = "{one}"', f'title = "Kriterium {one}"']
            lines += ["[[field.criterion.question]]", f'id = "{one}"', 'kind = "rating"', f'text = "Frage {one}?"']
    lines += ["[[open]]", 'id = "o1"', 'kind = "open"', 'text = "Was noch?"']
    return parse("klein-1.toml", "\n".join(lines))


def rating_questions(questionnaire: Questionnaire) -> list[str]:
    """The ids of the rating questions in the order of a sheet."""
    return [question.id for field in questionnaire.fields for question in field.ratings]


def simulated(seed: int) -> Simulated:
    """The survey of this seed."""
    dice = Random(f"survey {seed}")
    questionnaire = kurzform() if dice.random() < 0.25 else small(dice.randrange(SMALL))
    voices = sorted(dice.sample(list(Voice), dice.choice((1, 1, 2, 3))), key=list(Voice).index)
    drawn = {voice: _crowd(dice, questionnaire, voice) for voice in voices}
    events = [*_mixed(dice, [open_ for _, open_, _ in drawn.values()])]
    events += [Event(Kind.QUARTER)] if dice.random() < 0.5 else []
    events += [Event(Kind.CLOSED), *_mixed(dice, [after for _, _, after in drawn.values()]), Event(Kind.RENEWED)]
    return Simulated(seed, questionnaire, {voice: crowd for voice, (crowd, _, _) in drawn.items()}, tuple(events))


def _mixed(dice: Random, each: Sequence[Sequence[Event]]) -> list[Event]:
    """Several courses of events as one; each keeps its own order."""
    left = [list(events) for events in each if events]
    found = []
    while left:
        one = dice.choice(left)
        found.append(one.pop(0))
        left = [events for events in left if events]
    return found


def _number(dice: Random, k: int) -> int:
    """How many people hand in: a few full groups and some over; now and then a whole dialogue event."""
    if dice.random() < 0.03:
        return 62
    full: int = dice.choice([0, 1, 1, 1, 2, 2, 3])
    over: int = dice.choice([0, 0, *range(k)])
    return full * k + over


def _crowd(dice: Random, questionnaire: Questionnaire, voice: Voice) -> tuple[Crowd, list[Event], list[Event]]:
    """The people of a voice, what happens while the survey is open, and what happens after it was closed."""
    k, number = SMALLEST_GROUP[voice], _number(dice, SMALLEST_GROUP[voice])
    asked = len(rating_questions(questionnaire))
    moods = [_mood(dice) for _ in range(asked)]
    sheets = [[_sheet(dice, moods)] for _ in range(number)]
    paper = _bulk(dice, number, k)
    changes, deletions = dice.choice((0, 0.05, 0.2)), dice.choice((0, 0, 0.05, 0.15))
    events: list[Event] = []
    here: list[int] = []
    for position in range(number):
        events.append(Event(Kind.HANDED_IN, voice, position))
        here.append(position)
        if position in paper and position + 1 in paper:  # one file is imported at one moment
            continue
        if dice.random() < changes and (able := [p for p in here if p not in paper]):
            one = dice.choice(able)
            sheets[one].append(_changed(dice, moods, sheets[one][-1]))
            events.append(Event(Kind.CHANGED, voice, one))
        while dice.random() < deletions and here:  # often one of those who came last and wait for the next step
            one = dice.choice(here if dice.random() < 0.5 else here[-3:])
            if one in paper:
                break
            here.remove(one)
            events.append(Event(Kind.DELETED, voice, one))
        if dice.random() < 0.6:
            events.append(Event(Kind.QUARTER))
    people = tuple(
        Respondent(dice.choice(LANGUAGES), tuple(those), dice.choice((0, 0, 1, 2)), position in paper)
        for position, those in enumerate(sheets)
    )
    return Crowd(k, people, dice.choice((0, 0, 1, 3, 7, 14))), events, _after(dice, voice, k, here, paper)


def _after(dice: Random, voice: Voice, k: int, here: list[int], paper: range) -> list[Event]:
    """Deletions after closing: mostly none, some of a few people, some of a whole smallest group and more."""
    able = [position for position in here if position not in paper]
    often = dice.random()
    wanted = 0 if often < 0.6 else dice.randint(1, k - 1) if often < 0.8 else dice.randint(k, 2 * k)
    gone = dice.sample(able, min(wanted, len(able)))
    if dice.random() < 0.3:  # those of one mind go together, for instance after a quarrel: the last who came
        gone = able[-len(gone) :] if gone else []
    events: list[Event] = []
    for position in gone:
        events.append(Event(Kind.DELETED, voice, position))
        if dice.random() < 0.5:
            events.append(Event(Kind.RENEWED))
    return events


def _bulk(dice: Random, number: int, k: int) -> range:
    """The positions of those whose paper sheets are imported in one go; mostly nobody."""
    if number < 2 or dice.random() > 0.15:
        return range(0)
    size = min(number, dice.randint(1, 2 * k))
    first = dice.randint(0, number - size)
    return range(first, first + size)


# ---- answers ----------------------------------------------------------------------------------------------------

Mood = Sequence[int]
"""Weights of the answers to one question, in the order of ANSWERS."""


def _mood(dice: Random) -> Mood:
    """What a crowd thinks about one question."""
    one, other = dice.choice((YES, RATHER_YES, RATHER_NO, NO)), dice.choice((YES, RATHER_YES, RATHER_NO, NO))
    kind = dice.random()
    weights = [0] * len(ANSWERS)
    if kind < 0.3:  # of one mind
        weights[one] = 1
    elif kind < 0.55:  # of one mind but for a few
        weights = [1, 1, 1, 1, 1, 0, 0]
        weights[one] += 45
    elif kind < 0.75:  # divided
        weights[one] += 5
        weights[other] += 5
    elif kind < 0.9:  # of all opinions
        weights = [dice.randint(0, 5) for _ in ANSWERS[:-1]] + [0]
        weights[one] += 1
    else:  # hardly anybody can say
        weights[CANNOT_SAY], weights[SKIP], weights[one] = 6, dice.choice((0, 2)), 2
    return weights


def _sheet(dice: Random, moods: Sequence[Mood]) -> Sheet:
    """One person's answers: with the crowd, against it, hardly any, or only the first few."""
    kind = dice.random()
    sheet = [dice.choices(range(len(ANSWERS)), mood)[0] for mood in moods]
    if kind < 0.1:
        sheet = [NO - answer if answer <= NO else answer for answer in sheet]
    elif kind < 0.2:
        sheet = [answer if dice.random() < 0.3 else dice.choice((CANNOT_SAY, SKIP)) for answer in sheet]
    elif kind < 0.3:
        end = dice.randint(1, len(sheet))
        sheet = [answer if number < end else MISSING for number, answer in enumerate(sheet)]
    return _spoken(sheet)


def _changed(dice: Random, moods: Sequence[Mood], before: Sheet) -> Sheet:
    """The answers of somebody who came back: another one to a single question, or to many."""
    if dice.random() < 0.5:
        sheet = list(before)
        sheet[dice.randrange(len(sheet))] = dice.randrange(SKIP + 1)
        return _spoken(sheet)
    return _sheet(dice, moods)


def _spoken(sheet: list[int]) -> Sheet:
    """The sheet with at least one answer: who says nothing cannot hand in."""
    if all(answer in (SKIP, MISSING) for answer in sheet):
        sheet[0] = CANNOT_SAY
    return tuple(sheet)
