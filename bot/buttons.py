"""What a button carries: at most 64 ASCII bytes that say all that is needed to understand the press."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from conversations import conversation as c
from conversations.conversation import Act, Place
from conversations.questionnaire import Rating
from conversations.survey import fold_code

LIMIT = 64  # bytes, Telegram's
_QUESTION_ACTS: dict[str, type[c.Skipped | c.Finished | c.Dropped | c.Kept | c.Referred | c.WentBack]] = {
    "s": c.Skipped, "f": c.Finished, "d": c.Dropped, "k": c.Kept, "a": c.Referred, "b": c.WentBack,
}  # fmt: skip
_QUESTION_NAMES: dict[type[Act], str] = {kind: name for name, kind in _QUESTION_ACTS.items()}
_PLAIN_ACTS: dict[str, Act] = {
    "h": c.HandedIn(), "w": c.WantedResult(), "m": c.WantedData(), "p": c.AnotherPerson(),
    "x": c.Deleted(), "xa": c.Deleted(everybody=True),
}  # fmt: skip
_PLAIN_NAMES = {act: name for name, act in _PLAIN_ACTS.items()}
_VALUES = {str(i): rating for i, rating in enumerate(Rating, 1)}
_NUMBERS = {rating: i for i, rating in _VALUES.items()}


@dataclass(frozen=True)
class Aim:
    """Whom a press is meant for: one person's conversation in one survey."""

    survey: str
    person: int


@dataclass(frozen=True)
class ChooseLanguage:
    """Before consent: the languages of the survey with this code."""

    code: str
    person: int


@dataclass(frozen=True)
class ReadNotice:
    """Before consent: the notice in a language."""

    code: str
    language: str
    person: int


@dataclass(frozen=True)
class Consent:
    """Consent to the text version of a notice."""

    code: str
    language: str
    person: int
    notice: str


Before = ChooseLanguage | ReadNotice | Consent


def before(wish: Before) -> str:
    """The data of a button before consent; nothing has to be kept for it to be understood later."""
    match wish:
        case ChooseLanguage(code, person):
            return f"L:{code}:{person}"
        case ReadNotice(code, language, person):
            return f"N:{code}:{person}:{language}"
        case Consent(code, language, person, notice):
            return f"C:{code}:{person}:{language}:{notice}"


class Origin(Protocol):
    """A conversation, as far as its buttons name it."""

    @property
    def survey(self) -> str: ...
    @property
    def person(self) -> int: ...
    @property
    def version(self) -> int: ...


def press(conversation: Origin, act: Act) -> str:
    """The data of a button in a conversation: whom it is for, the act, and the version it was made at."""
    head = f"{conversation.survey}:{conversation.person}"
    match act:
        case c.Rated(question, value):
            return f"{head}:r:{question}:{conversation.version}:{_NUMBERS[value]}"
        case (
            c.Skipped(question) | c.Finished(question) | c.Dropped(question) | c.Kept(question)
            | c.Referred(question) | c.WentBack(question)
        ):  # fmt: skip
            return f"{head}:{_QUESTION_NAMES[type(act)]}:{question}:{conversation.version}"
        case c.AskedExample(question):
            return f"{head}:i:{question}"
        case c.Opened(place, at):
            return f"{head}:o:{place}" + (f":{at}" if at else "")
        case c.ChoseLanguage(language):
            return f"{head}:l:{language}"
        case c.ChoseEachNew(each_new):
            return f"{head}:e:{int(each_new)}"
        case c.ChoseReminders(wanted):
            return f"{head}:n:{int(wanted)}"
        case c.Uncommented(field):
            return f"{head}:u:{field}:{conversation.version}"
        case _:
            return f"{head}:{_PLAIN_NAMES[act]}"


_PERSON = re.compile(r"[1-9]")
_VERSION = re.compile(r"[0-9]{1,9}")
_WORD = re.compile(r"[A-Za-z0-9._@-]{1,24}")
_WORDS = re.compile(f"{_WORD.pattern}(:{_WORD.pattern})*")


def read_before(data: str) -> Before | None:
    """What a press before consent means; None where the data are none of ours."""
    match data.split(":"):
        case [("L" | "N" | "C") as kind, code, person, *rest] if fold_code(code) == code and _PERSON.fullmatch(person):
            match kind, rest:
                case "L", []:
                    return ChooseLanguage(code, int(person))
                case "N", [language] if _WORD.fullmatch(language):
                    return ReadNotice(code, language, int(person))
                case "C", [language, notice] if _WORD.fullmatch(language) and _WORD.fullmatch(notice):
                    return Consent(code, language, int(person), notice)
    return None


def read_press(data: str, at: float) -> tuple[Aim, Act] | None:
    """Whom a press is for and what it does; `at` is the second of the press. None where the data are none of ours."""
    if not _WORDS.fullmatch(data):
        return None
    match data.split(":"):
        case [survey, person, *rest] if _PERSON.fullmatch(person):
            act = _act(rest, at)
            return (Aim(survey, int(person)), act) if act is not None else None
    return None


def _act(parts: list[str], at: float) -> Act | None:
    match parts:
        case ["r", question, version, value] if _VERSION.fullmatch(version) and value in _VALUES:
            return c.Rated(question, _VALUES[value], int(version), at)
        case [("s" | "f" | "d" | "k" | "a" | "b") as name, question, version] if _VERSION.fullmatch(version):
            return _QUESTION_ACTS[name](question, int(version), at)
        case ["i", question]:
            return c.AskedExample(question)
        case ["o", place, *at_] if place in set(Place) and len(at_) <= 1:
            return c.Opened(Place(place), at_[0] if at_ else None)
        case ["l", language]:
            return c.ChoseLanguage(language)
        case ["e", ("0" | "1") as each_new]:
            return c.ChoseEachNew(each_new == "1")
        case ["n", ("0" | "1") as wanted]:
            return c.ChoseReminders(wanted == "1")
        case ["u", field, version] if _VERSION.fullmatch(version):
            return c.Uncommented(field, int(version))
        case [name] if name in _PLAIN_ACTS:
            return _PLAIN_ACTS[name]
    return None
