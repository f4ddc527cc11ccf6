"""What is asked: Questionnaire › Field › Criterion › Question, read from TOML and checked while reading."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "questionnaires"


class Voice(StrEnum):
    """Who answers; each voice is a population of its own and is never merged with another."""

    ADMINISTRATION = "administration"
    POLITICS = "politics"
    SOCIETY = "society"


class Kind(StrEnum):
    """The kind of commune; a wording that must name it has one variant for each."""

    CITY = "city"
    DISTRICT = "district"


class Rating(StrEnum):
    """The scale of the field: four ratings and the statement that no rating is possible."""

    YES = "yes"
    RATHER_YES = "rather-yes"
    RATHER_NO = "rather-no"
    NO = "no"
    CANNOT_SAY = "cannot-say"


class Mirror(StrEnum):
    """How society's question mirrors the administration's (METHOD §2)."""

    SAME = "same"
    PERCEIVED = "perceived"
    OTHER = "other"


class QuestionnaireError(ValueError):
    """A questionnaire file that cannot be used; the message names file and id."""


Variants = Mapping[Kind, str]
Wording = Mapping[Voice, Variants]


@dataclass(frozen=True)
class Question:
    """One thing asked. `text` and `help` hold a wording for every voice of the questionnaire and kind of commune."""

    id: str
    rating: bool
    text: Wording
    help: Wording
    mirror: Mirror | None = None
    optional: bool = False
    note: str = ""

    @property
    def several(self) -> bool:
        """Whether it takes several statements, one message each, until it is finished."""
        return not self.rating


@dataclass(frozen=True)
class Criterion:
    """One of the 34 criteria; its mark is computed from all its questions."""

    id: str
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Field:
    """A Handlungsfeld: its criteria, then its open questions (long form only)."""

    id: str
    title: str
    criteria: tuple[Criterion, ...]
    open: tuple[Question, ...] = ()

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions of the field in the order in which they are asked."""
        return (*(q for c in self.criteria for q in c.questions), *self.open)

    @property
    def ratings(self) -> tuple[Question, ...]:
        """The rating questions alone."""
        return tuple(q for c in self.criteria for q in c.questions)


@dataclass(frozen=True)
class Group:
    """Questions that are asked together: those of a field, or (field None) the open ones at the end."""

    field: Field | None
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Spot:
    """Where a question stands: in which group, counted from 1, and there as which question, counted from 1."""

    group: Group
    field_number: int
    number: int


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """One version of what is asked; never edited after release, surveys are pinned to it.

    It is read once and equals only itself, so that what follows from it can be remembered by it.
    """

    id: str
    version: int
    institution: bool
    title: str
    introduction: Wording
    origin: str
    minutes: int
    voices: tuple[Voice, ...]
    fields: tuple[Field, ...]
    open: tuple[Question, ...]

    @property
    def name(self) -> str:
        """File stem and catalogue domain: `kurzform-1`."""
        return f"{self.id}-{self.version}"

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions in the order in which they are asked."""
        return (*(q for f in self.fields for q in f.questions), *self.open)

    @cached_property
    def spoken(self) -> tuple[Question, ...]:
        """The open questions that explain no rating: of fields in which nothing is rated, and those at the end."""
        return (*(q for f in self.fields if not f.criteria for q in f.open), *self.open)

    @cached_property
    def by_id(self) -> Mapping[str, Question]:
        """Questions by id."""
        return {q.id: q for q in self.questions}

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The fields with their questions, then the open questions at the end."""
        groups = tuple(Group(f, f.questions) for f in self.fields)
        return (*groups, Group(None, self.open)) if self.open else groups

    @cached_property
    def spots(self) -> Mapping[str, Spot]:
        """Where each question stands, by id."""
        return {
            q.id: Spot(group, g, n)
            for g, group in enumerate(self.groups, 1) for n, q in enumerate(group.questions, 1)
        }  # fmt: skip

    @cached_property
    def criteria(self) -> Mapping[str, Criterion]:
        """Criteria by id, in order."""
        return {c.id: c for f in self.fields for c in f.criteria}

    @cached_property
    def criterion_of(self) -> Mapping[str, Criterion]:
        """The criterion of each rating question, by question id."""
        return {q.id: c for c in self.criteria.values() for q in c.questions}


_ID = re.compile(r"[a-z]?[0-9]{1,2}(\.[0-9a-z]{1,2}){0,2}")


class _Reader:
    """Turns the parsed TOML of one file into values; every complaint names the file and the place in it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.voices: tuple[Voice, ...] = ()

    def fail(self, place: str, why: str) -> QuestionnaireError:
        return QuestionnaireError(f"{self.file}: {place}: {why}")

    def known(self, table: Mapping[str, Any], place: str, allowed: set[str]) -> None:
        if unknown := sorted(set(table) - allowed):
            raise self.fail(place, f"unknown key {', '.join(unknown)}")

    def string(self, table: Mapping[str, Any], key: str, place: str, default: str | None = None) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.fail(place, f"{key} is missing or not a text")
        return value.strip()

    def identifier(self, table: Mapping[str, Any], place: str) -> str:
        found = self.string(table, "id", place)
        if not _ID.fullmatch(found):
            raise self.fail(place, f"id {found!r} is not of the form 1, 1.4, 1.4.2, o1 or 1.m")
        return found

    def tables(self, table: Mapping[str, Any], key: str, place: str) -> list[Mapping[str, Any]]:
        found = table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(t, dict) for t in found):
            raise self.fail(place, f"[[{key}]] must be a list of tables")
        return found

    def variants(self, value: object, place: str) -> Variants:
        if isinstance(value, str) and value.strip():
            return dict.fromkeys(Kind, value.strip())
        if isinstance(value, dict) and set(value) == set(Kind):
            texts = {Kind(k): v.strip() for k, v in value.items() if isinstance(v, str) and v.strip()}
            if len(texts) == len(Kind):
                return texts
        raise self.fail(place, "a wording is a text or a table of city and district")

    def wording(self, value: object, place: str, *, required: bool) -> Wording:
        """A text for all voices, or a table by voice; politics reads the administration's where it has none."""
        if value is None and not required:
            return {}
        if isinstance(value, str):
            value = {"all": value}
        if not isinstance(value, dict):
            raise self.fail(place, "text is missing")
        self.known(value, place, {"all", *Voice})
        found: dict[Voice, Variants] = {}
        for voice in self.voices:
            given = value.get(voice, value.get("all"))
            if given is None and voice is Voice.POLITICS:
                given = value.get(Voice.ADMINISTRATION)
            if given is not None:
                found[voice] = self.variants(given, f"{place}.{voice}")
            elif required:
                raise self.fail(place, f"no wording for {voice}")
        return found

    def question(self, table: Mapping[str, Any], place: str) -> Question:
        found = self.identifier(table, place)
        self.known(table, found, {"id", "kind", "text", "help", "mirror", "optional", "note"})
        kind = self.string(table, "kind", found)
        if kind not in ("rating", "open"):
            raise self.fail(found, f"unknown kind {kind!r} (rating or open)")
        mirror = table.get("mirror")
        if mirror is not None and mirror not in list(Mirror):
            raise self.fail(found, f"unknown mirror {mirror!r} ({', '.join(Mirror)})")
        optional = table.get("optional", False)
        if not isinstance(optional, bool):
            raise self.fail(found, "optional is true or false")
        return Question(
            id=found,
            rating=kind == "rating",
            text=self.wording(table.get("text"), f"{found}.text", required=True),
            help=self.wording(table.get("help"), f"{found}.help", required=False),
            mirror=Mirror(mirror) if mirror else None,
            optional=optional,
            note=self.string(table, "note", found, ""),
        )

    def criterion(self, table: Mapping[str, Any], place: str) -> Criterion:
        found = self.identifier(table, place)
        self.known(table, found, {"id", "title", "question"})
        questions = tuple(self.question(q, found) for q in self.tables(table, "question", found))
        if not questions or not all(q.rating for q in questions):
            raise self.fail(found, "a criterion has at least one question, all of kind rating")
        return Criterion(found, self.string(table, "title", found), questions)

    def field(self, table: Mapping[str, Any]) -> Field:
        found = self.identifier(table, "[[field]]")
        self.known(table, found, {"id", "title", "criterion", "open"})
        return Field(
            found,
            self.string(table, "title", found),
            tuple(self.criterion(c, found) for c in self.tables(table, "criterion", found)),
            tuple(self.question(q, found) for q in self.tables(table, "open", found)),
        )

    def questionnaire(self, table: Mapping[str, Any]) -> Questionnaire:
        top = "top level"
        keys = {"id", "version", "answers_as", "title", "introduction", "origin", "minutes", "voices", "field", "open"}
        self.known(table, top, keys)
        answers_as = self.string(table, "answers_as", top)
        if answers_as not in ("persons", "institution"):
            raise self.fail(top, f"unknown answers_as {answers_as!r} (persons or institution)")
        version, minutes, voices = table.get("version"), table.get("minutes"), table.get("voices")
        if type(version) is not int or version < 1 or type(minutes) is not int or minutes < 1:
            raise self.fail(top, "version and minutes are whole numbers from 1")
        known = [v for v in Voice if isinstance(voices, list) and v in voices]
        if not isinstance(voices, list) or not known or len(known) != len(voices):  # one unknown, or one twice
            raise self.fail(top, f"voices is a list out of {', '.join(Voice)}")
        self.voices = tuple(Voice(v) for v in voices)
        found = Questionnaire(
            id=self.string(table, "id", top),
            version=version,
            institution=answers_as == "institution",
            title=self.string(table, "title", top),
            introduction=self.wording(table.get("introduction"), "introduction", required=True),
            origin=self.string(table, "origin", top),
            minutes=minutes,
            voices=self.voices,
            fields=tuple(self.field(f) for f in self.tables(table, "field", top)),
            open=tuple(self.question(q, "[[open]]") for q in self.tables(table, "open", top)),
        )
        self.check(found)
        return found

    def check(self, found: Questionnaire) -> None:
        """Ids are unique and nested, open questions are open, and there is something to ask."""
        if self.file != f"{found.name}.toml":
            raise self.fail("top level", f"the file of {found.id} version {found.version} must be {found.name}.toml")
        seen: set[str] = set()
        for kind, ids in (
            ("field", [f.id for f in found.fields]),
            ("criterion", [c.id for f in found.fields for c in f.criteria]),
            ("question", [q.id for q in found.questions]),
        ):
            seen = set()
            for one in ids:
                if one in seen:
                    raise self.fail(one, f"this {kind} id appears twice")
                seen.add(one)
        if not seen:
            raise self.fail("top level", "no question at all")
        for field in found.fields:
            for criterion in field.criteria:
                if not criterion.id.startswith(f"{field.id}."):
                    raise self.fail(criterion.id, f"does not belong under field {field.id}")
                for question in criterion.questions:
                    if question.id != criterion.id and not question.id.startswith(f"{criterion.id}."):
                        raise self.fail(question.id, f"does not belong under criterion {criterion.id}")
            for question in field.open:
                if not question.id.startswith(f"{field.id}."):
                    raise self.fail(question.id, f"does not belong under field {field.id}")
        for question in (*found.open, *(q for f in found.fields for q in f.open)):
            if question.rating:
                raise self.fail(question.id, "stands under [[open]] and must be of kind open")


def parse(file: str, text: str) -> Questionnaire:
    """The questionnaire in `text`; `file` is the file's name, for complaints and because it must match the id.

    Raises QuestionnaireError naming the file and the id of whatever is wrong.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise QuestionnaireError(f"{file}: {error}") from error
    return _Reader(file).questionnaire(table)


def load(folder: Path = FOLDER) -> Mapping[str, Questionnaire]:
    """All questionnaires of a folder by name (`kurzform-1`). Raises QuestionnaireError; also for changed releases."""
    found = {path.stem: parse(path.name, path.read_text("utf-8")) for path in sorted(folder.glob("*-*.toml"))}
    for name, digest in released(folder).items():
        if name not in found:
            raise QuestionnaireError(f"{name}.toml: was released and must stay, but is missing")
        if digest_of(folder / f"{name}.toml") != digest:
            raise QuestionnaireError(f"{name}.toml: was released and must not change; write the next version instead")
    return found


def latest(questionnaires: Mapping[str, Questionnaire], name: str) -> Questionnaire:
    """The questionnaire `kurzform-1`, or the newest version of `kurzform`. Raises QuestionnaireError."""
    if name in questionnaires:
        return questionnaires[name]
    versions = [q for q in questionnaires.values() if q.id == name]
    if not versions:
        raise QuestionnaireError(f"there is no questionnaire {name!r}; there are: {', '.join(sorted(questionnaires))}")
    return max(versions, key=lambda q: q.version)


@lru_cache(maxsize=1024)
def part(questionnaire: Questionnaire, ids: frozenset[str]) -> Questionnaire:
    """The questionnaire with these questions alone, in its order: what one contributor is asked."""
    fields = []
    for field in questionnaire.fields:
        asked = [(c, tuple(q for q in c.questions if q.id in ids)) for c in field.criteria]
        criteria = tuple(replace(c, questions=questions) for c, questions in asked if questions)
        if criteria or any(q.id in ids for q in field.open):
            fields.append(replace(field, criteria=criteria, open=tuple(q for q in field.open if q.id in ids)))
    return replace(questionnaire, fields=tuple(fields), open=tuple(q for q in questionnaire.open if q.id in ids))


def chosen(questionnaire: Questionnaire, name: str) -> tuple[str, ...]:
    """The ids of the questions that a name stands for: a field "2", a criterion "2.6", a question "2.6.1" or "2.m".

    Raises QuestionnaireError where there is nothing of that name.
    """
    for field in questionnaire.fields:
        if name == field.id:
            return tuple(q.id for q in field.questions)
    if name in questionnaire.criteria:
        return tuple(q.id for q in questionnaire.criteria[name].questions)
    if name in questionnaire.by_id:
        return (name,)
    raise QuestionnaireError(f"{questionnaire.name} has no field, criterion or question {name!r}")


def digest_of(path: Path) -> str:
    """SHA-256 of a file with line ends folded, as listed in `released.toml`."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def released(folder: Path = FOLDER) -> Mapping[str, str]:
    """Digests of the released versions, by name."""
    path = folder / "released.toml"
    return dict(tomllib.loads(path.read_text("utf-8"))["released"]) if path.exists() else {}


def wordings(wording: Wording) -> Iterator[str]:
    """Each different text of a wording once, in order."""
    yield from dict.fromkeys(text for variants in wording.values() for text in variants.values())
