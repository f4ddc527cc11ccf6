"""What the coordinator's buttons carry, what the next message answers, and which parts can be given: values only.

A button holds all that is needed to understand it, in at most 64 ASCII bytes: the survey, what is wanted, the ids, and
where something is changed a stamp of what was seen. Whatever is pressed late or twice is noticed by that.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from conversations.conversation import SKIPPED
from conversations.questionnaire import Questionnaire, Rating

PREFIX = "K"  # no survey's id is that short
PATIENCE = 3600  # seconds in which the text that was asked for may come
NO_FIELD = "-"
TEXT = "t"  # in place of a value: an open question is answered with a text
VALUES = {str(i): value for i, value in enumerate([*Rating, SKIPPED], 1)}
NUMBERS = {value: i for i, value in VALUES.items()}


class Verb(StrEnum):
    """What a press wants."""

    HOME = "h"
    TODO = "t"  # page
    FIELDS = "f"
    FIELD = "F"  # field
    CRITERION = "C"  # criterion
    QUESTION = "q"  # question
    READ = "r"  # question: every word of it
    DECIDE = "d"  # question, value, stamp: then a text for an open question, then the reason
    UNDECIDE = "u"  # question, stamp
    PEOPLE = "c"  # page
    PERSON = "o"  # contributor
    NEW = "n"  # then department and function
    LINK = "l"  # contributor, stamp
    GIVE = "g"  # contributor, what is chosen, field
    GIVEN = "G"  # contributor, what is chosen
    TAKE = "w"  # as GIVE
    TAKEN = "W"  # as GIVEN
    FOCUS = "m"  # what is chosen
    FOCUSED = "M"  # what is chosen: then the reason
    PRESENT = "p"
    PRESENTED = "P"  # stamp
    SIGN = "s"  # then the function
    SIGNED = "S"  # stamp


_PAGE, _ID, _CHOSEN = "[0-9]{1,3}", r"[a-z0-9.]{1,8}", "[0-9a-f]{1,16}"
_STAMP, _VALUE, _FIELD = "[0-9a-f]{8}", f"[{''.join(VALUES)}{TEXT}]", f"[a-z0-9.]{{1,8}}|{NO_FIELD}"
_PARTS: dict[Verb, tuple[str, ...]] = {
    Verb.HOME: (), Verb.TODO: (_PAGE,), Verb.FIELDS: (), Verb.FIELD: (_ID,), Verb.CRITERION: (_ID,),
    Verb.QUESTION: (_ID,), Verb.READ: (_ID,), Verb.DECIDE: (_ID, _VALUE, _STAMP), Verb.UNDECIDE: (_ID, _STAMP),
    Verb.PEOPLE: (_PAGE,), Verb.PERSON: (_ID,), Verb.NEW: (), Verb.LINK: (_ID, _STAMP),
    Verb.GIVE: (_ID, _CHOSEN, _FIELD), Verb.GIVEN: (_ID, _CHOSEN), Verb.TAKE: (_ID, _CHOSEN, _FIELD),
    Verb.TAKEN: (_ID, _CHOSEN), Verb.FOCUS: (_CHOSEN,), Verb.FOCUSED: (_CHOSEN,), Verb.PRESENT: (),
    Verb.PRESENTED: (_STAMP,), Verb.SIGN: (), Verb.SIGNED: (_STAMP,),
}  # fmt: skip
_SURVEY = re.compile("[a-z0-9]{4,12}")


@dataclass(frozen=True)
class Press:
    """A button of the menu: in which survey, what it wants, about what."""

    survey: str
    verb: Verb
    about: tuple[str, ...] = ()

    @property
    def data(self) -> str:
        """What the button carries."""
        return ":".join((PREFIX, self.survey, self.verb, *self.about))

    @property
    def texts(self) -> int:
        """How many messages have to follow before it takes effect."""
        if self.verb is Verb.DECIDE:
            return 2 if self.about[1] == TEXT else 1
        return {Verb.NEW: 2, Verb.FOCUSED: 1, Verb.SIGN: 1}.get(self.verb, 0)


def ours(data: str) -> bool:
    """Whether a button is one of this menu, well-formed or not."""
    return data.startswith(f"{PREFIX}:")


def read(data: str) -> Press | None:
    """The press that these data mean; None where they are none of ours."""
    match data.split(":"):
        case [prefix, survey, verb, *about] if prefix == PREFIX and verb in set(Verb) and _SURVEY.fullmatch(survey):
            parts = _PARTS[Verb(verb)]
            if len(parts) == len(about) and all(re.fullmatch(p, a) for p, a in zip(parts, about, strict=True)):
                return Press(survey, Verb(verb), tuple(about))
    return None


def stamp(*seen: object) -> str:
    """A short hash of what somebody saw when a button was made."""
    return hashlib.sha256(json.dumps([str(s) for s in seen]).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Asked:
    """What the next message answers: the press that asked, what was written since, and until when it is waited for."""

    press: Press
    until: int
    given: tuple[str, ...] = ()

    def kept(self) -> str:
        """As it stands in the database."""
        return json.dumps([self.press.data, self.until, *self.given], ensure_ascii=False)


def asked(kept: str | None, now: float) -> Asked | None:
    """What is asked according to the database; None where nothing is, or not any more."""
    if kept is None:
        return None
    data, until, *given = json.loads(kept)
    press = read(data)
    return None if press is None or until <= now else Asked(press, until, tuple(given))


# ---- what can be given ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Portion:
    """What is given by one press: a criterion, or (`criterion` None) the open questions of a field."""

    field: str
    criterion: str | None
    questions: tuple[str, ...]


@lru_cache(maxsize=16)
def portions(questionnaire: Questionnaire) -> tuple[Portion, ...]:
    """All portions of a questionnaire, in its order."""
    found: list[Portion] = []
    for field in questionnaire.fields:
        found += [Portion(field.id, c.id, tuple(q.id for q in c.questions)) for c in field.criteria]
        if field.open:
            found.append(Portion(field.id, None, tuple(q.id for q in field.open)))
    return tuple(found)


def chosen(written: str) -> frozenset[int]:
    """The numbers that a button holds as chosen, from 0."""
    bits = int(written, 16)
    return frozenset(i for i in range(bits.bit_length()) if bits >> i & 1)


def written(numbers: frozenset[int]) -> str:
    """Chosen numbers as a button holds them."""
    return f"{sum(1 << i for i in numbers):x}"
