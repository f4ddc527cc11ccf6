"""Draft texts by rule: composes "Auswertung und Empfehlung" out of assessment-1.toml from the figures of a release.

Knows the building blocks and the figures that are shown; every word that is not in a block is a translatable sentence.
People edit the text afterwards, never a figure, so each part says which criteria it speaks of.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from conversations.questionnaire import Questionnaire, Rating
from locales import Catalogue
from reports import words
from reports.evaluation import LEVELS, MARKS, VALUES, Evaluation, FieldFigures, Figures, Level

DOMAIN = "assessment-1"
STRENGTHS = 3  # of the criteria of one field that are met in full; those met in part say what to do, and all stand


class AssessmentError(ValueError):
    """A file of building blocks that cannot be used; the message names the id of what is missing."""


@dataclass(frozen=True)
class FieldBlocks:
    """The building blocks of one field: its opening, what each level means, and per criterion one text a mark."""

    opening: str
    levels: Mapping[Level, str]
    marks: Mapping[str, Mapping[Rating, str]]


@dataclass(frozen=True)
class Blocks:
    """All building blocks, by field id."""

    overall: Mapping[Level, str]
    fields: Mapping[str, FieldBlocks]
    origin: str


@dataclass(frozen=True)
class Point:
    """A text about one criterion."""

    criterion: str
    title: str
    text: str


@dataclass(frozen=True)
class Draft:
    """The draft for one field and one voice.

    `opening` says why the field counts (the same for all voices), `assessment` is the paragraph on level and marks,
    `strengths` what carries and what is missing yet (the highest of `met` criteria rated "ja", all rated "eher ja"),
    `recommendations` what to do, `remarks` sentences on divided marks, gaps, closeness and rounding.
    """

    opening: str
    assessment: str
    strengths: tuple[Point, ...]
    met: int
    recommendations: tuple[Point, ...]
    remarks: tuple[str, ...]


def parse(text: str, file: str = f"{DOMAIN}.toml") -> Blocks:
    """The building blocks in a TOML text. Raises AssessmentError naming file and id of what is missing."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
        fields = {}
        for entry in table["field"]:
            levels = _levels(entry["levels"], f"{file}: {entry['id']}")
            marks = {c["id"]: _texts(c["marks"], f"{file}: {c['id']}") for c in entry["criterion"]}
            fields[str(entry["id"])] = FieldBlocks(entry["opening"].strip(), levels, marks)
        return Blocks(_levels(table["overall"]["levels"], f"{file}: overall"), fields, table["origin"].strip())
    except (KeyError, TypeError, AttributeError, tomllib.TOMLDecodeError) as error:
        raise AssessmentError(f"{file}: {type(error).__name__} {error}") from error


@cache
def blocks() -> Blocks:
    """The building blocks of this version, read once."""
    path = Path(__file__).parent / f"{DOMAIN}.toml"
    return parse(path.read_text("utf-8"), path.name)


def field_draft(
    questionnaire: Questionnaire, evaluation: Evaluation, field: FieldFigures, catalogue: Catalogue
) -> Draft:
    """The draft for one field of one voice. The marks are named in it, so other marks always give another text."""
    found = blocks().fields.get(field.id)
    t = catalogue.t
    sentences = []
    level = field.standing.level
    if found and level is not None:
        sentences.append(catalogue.of(DOMAIN, found.levels[level]))
    sentences += _marks(catalogue, questionnaire, field.criteria)
    if field.id in evaluation.focus:
        sentences.append(t("Nach der Regel wird dieses Handlungsfeld für den Workshop vorgeschlagen."))
    met = sorted((c for c in field.criteria if c.mark is Rating.YES), key=_strongest)
    partly = sorted((c for c in field.criteria if c.mark is Rating.RATHER_YES), key=_strongest)
    negative = sorted((c for c in field.criteria if c.negative), key=lambda c: VALUES[c.mark or Rating.NO])
    return Draft(
        opening=catalogue.of(DOMAIN, found.opening) if found else "",
        assessment=catalogue.joined(*sentences),
        strengths=_points(catalogue, questionnaire, [*met[:STRENGTHS], *partly], found.marks if found else {}),
        met=len(met),
        recommendations=_points(catalogue, questionnaire, negative, found.marks if found else {}),
        remarks=tuple(_remarks(catalogue, questionnaire, evaluation, field)),
    )


def overall_draft(questionnaire: Questionnaire, evaluation: Evaluation, catalogue: Catalogue) -> list[str]:
    """The sentences on the overall level of one voice: level, what it means, fields by level, coverage, hints."""
    standing = evaluation.overall
    sentences = []
    if standing.level is not None:
        sentences.append(catalogue.t(words.LEVEL_SENTENCE[standing.level]))
        sentences.append(catalogue.of(DOMAIN, blocks().overall[standing.level]))
    for level in reversed(LEVELS):
        its = [f.id for f in evaluation.fields if f.standing.level is level]
        if its:
            named = words.named(catalogue, questionnaire, its)
            word = words.levelled(catalogue, level)
            sentences.append(catalogue.t("Stufe „{level}“: {fields}.", level=word, fields=named))
    return [*sentences, words.coverage(catalogue, standing), *words.hints(catalogue, standing)]


def _marks(catalogue: Catalogue, questionnaire: Questionnaire, criteria: Sequence[Figures]) -> list[str]:
    """One sentence per mark that occurs, naming its criteria."""
    found = []
    for mark in (Rating.YES, Rating.RATHER_YES, Rating.RATHER_NO, Rating.NO):
        its = [c.id for c in criteria if c.mark is mark]
        if its:
            word = catalogue.t(words.MARK[mark])
            named = words.named(catalogue, questionnaire, its)
            found.append(catalogue.t("Mit „{mark}“ bewertet: {criteria}.", mark=word, criteria=named))
    unrated = [c.id for c in criteria if c.mark is None]
    if unrated:
        found.append(
            catalogue.t("Ohne Bewertung: {criteria}.", criteria=words.named(catalogue, questionnaire, unrated))
        )
    return found


def _remarks(
    catalogue: Catalogue, questionnaire: Questionnaire, evaluation: Evaluation, field: FieldFigures
) -> list[str]:
    t = catalogue.t
    found = []
    divided = [c.id for c in field.criteria if c.divided]
    if divided and evaluation.institution:
        named = words.named(catalogue, questionnaire, divided)
        found.append(t("Gemischt bewertet, Stärken und Lücken nebeneinander: {criteria}.", criteria=named))
    elif divided:
        named = words.named(catalogue, questionnaire, divided)
        found.append(
            t("Uneinig sind sich die Antworten hier; das Gespräch darüber lohnt sich: {criteria}.", criteria=named)
        )
    near = [c.id for c in field.criteria if c.close]
    if near:
        named = words.named(catalogue, questionnaire, near)
        found.append(t("Knapp an einer Grenze liegt die Bewertung von: {criteria}.", criteria=named))
    gaps = words.gaps(catalogue, field.standing, evaluation.institution)
    if gaps:
        found += [words.coverage(catalogue, field.standing), *gaps]
    return [*found, *words.hints(catalogue, field.standing)]


def _points(
    catalogue: Catalogue,
    questionnaire: Questionnaire,
    criteria: Sequence[Figures],
    texts: Mapping[str, Mapping[Rating, str]],
) -> tuple[Point, ...]:
    """What the blocks say of each criterion at exactly the mark it has."""
    return tuple(
        Point(c.id, words.title(catalogue, questionnaire, c.id), catalogue.of(DOMAIN, texts[c.id][c.mark]))
        for c in criteria
        if c.mark and c.id in texts
    )


def _strongest(found: Figures) -> Fraction:
    return -(found.mean or Fraction())


def _levels(table: Mapping[str, str], place: str) -> Mapping[Level, str]:
    if set(table) != set(LEVELS):
        raise AssessmentError(f"{place}: levels must be {', '.join(LEVELS)}")
    return {Level(level): text.strip() for level, text in table.items()}


def _texts(table: Mapping[str, str], place: str) -> Mapping[Rating, str]:
    if set(table) != set(MARKS):
        raise AssessmentError(f"{place}: marks must be {', '.join(MARKS)}")
    return {Rating(mark): text.strip() for mark, text in table.items()}
