"""The texts "Auswertung und Empfehlung" as Markdown files for people to edit, and back: one per field, one for all.

A file begins with lines that start with ">": what may be edited, and the figures to look things up in. They are not
read back; all else is the text. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conversations.questionnaire import Questionnaire
from locales import FSI, PDI, Catalogue
from reports import words
from reports.assessment import Point, field_draft, overall_draft
from reports.claims import Facts, contradictions
from reports.evaluation import Evaluation, FieldFigures
from reports.statement import OVERALL

QUOTED = ">"


@dataclass(frozen=True)
class Wrong:
    """What is wrong with an edited file: its line, and why."""

    file: str
    line: int
    why: str


def parts(questionnaire: Questionnaire) -> dict[str, str]:
    """The texts there are, by the name of their file: the fields and "overall"."""
    return {**{f"field-{f.id}.md": f.id for f in questionnaire.fields if f.criteria}, "overall.md": OVERALL}


def written(
    questionnaire: Questionnaire, evaluation: Evaluation, kept: Mapping[str, str], catalogue: Catalogue
) -> dict[str, str]:
    """Every file with its content: the text that is kept, or else the draft by rule."""
    return {
        file: "\n".join([
            *(f"{QUOTED} {line}".rstrip() for line in _head(questionnaire, evaluation, part, part in kept, catalogue)),
            "", kept.get(part) or draft(questionnaire, evaluation, part, catalogue), "",
        ])
        for file, part in parts(questionnaire).items()
    }  # fmt: skip


def edited(content: str) -> str:
    """The text of a file, without the lines that are not read back."""
    lines = content.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    return "\n".join("" if line.startswith(QUOTED) else line.rstrip() for line in lines).strip("\n")


def wrong(questionnaire: Questionnaire, evaluation: Evaluation, file: str, content: str) -> list[Wrong]:
    """The figures in an edited file that are not so, each with its line in that file."""
    lines = content.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    text = "\n".join("" if line.startswith(QUOTED) else line for line in lines)
    found = contradictions(text, Facts(questionnaire, evaluation), parts(questionnaire)[file])
    return [Wrong(file, one.line, f"says “{one.said}”: {one.right}") for one in found]


def draft(questionnaire: Questionnaire, evaluation: Evaluation, part: str, catalogue: Catalogue) -> str:
    """The draft by rule for a field or for all, as Markdown."""
    if part == OVERALL:
        return _plain("\n\n".join(_overall(questionnaire, evaluation, catalogue)))
    return _plain("\n\n".join(_field(questionnaire, evaluation, _figures(evaluation, part), catalogue)))


def _field(
    questionnaire: Questionnaire, evaluation: Evaluation, field: FieldFigures, catalogue: Catalogue
) -> Iterator[str]:
    found = field_draft(questionnaire, evaluation, field, catalogue)
    if found.opening:
        yield found.opening
    yield found.assessment
    if found.strengths:
        yield f"## {catalogue.t('Was trägt und was noch fehlt')}"
        yield _listed(found.strengths)
    if found.recommendations:
        yield f"## {catalogue.t('Empfehlungen')}"
        yield _listed(found.recommendations)


def _overall(questionnaire: Questionnaire, evaluation: Evaluation, catalogue: Catalogue) -> Iterator[str]:
    t = catalogue.t
    yield "\n".join(f"- {sentence}" for sentence in overall_draft(questionnaire, evaluation, catalogue))
    if evaluation.focus:
        named = words.named(catalogue, questionnaire, evaluation.focus)
        yield f"**{t('Vorschlag für die Schwerpunkte des Workshops:')}** {named}"
    else:
        yield t("Nach der Regel wird kein Schwerpunkt vorgeschlagen.")


def _listed(points: tuple[Point, ...]) -> str:
    return "\n".join(f"- **{point.title} ({point.criterion}):** {point.text}" for point in points)


def _head(
    questionnaire: Questionnaire, evaluation: Evaluation, part: str, kept: bool, catalogue: Catalogue
) -> Iterator[str]:
    """What may be edited, and the figures."""
    t = catalogue.t
    if part == OVERALL:
        title = t("Gesamtbewertung")
    else:
        title = t("Handlungsfeld {id}: {title}", id=part, title=words.title(catalogue, questionnaire, part))
    yield _plain(title)
    yield ""
    if kept:
        yield t("Hier steht der bearbeitete Text.")
    else:
        yield t("Hier steht ein Entwurf, nach Regeln aus den Zahlen zusammengesetzt.")
    yield t("Bearbeiten Sie den Text unter diesem Block. Zeilen, die mit > beginnen, werden nicht zurückgelesen.")
    yield t("Möglich sind Absätze, Listen mit - davor, Zwischenüberschriften mit ## davor und **fett**.")
    yield t("Zahlen, Fragennummern, Bewertungen und Stufen im Text müssen die der Erklärung sein.")
    yield ""
    yield t("Zum Nachschlagen:")
    yield from (_plain(line) for line in _reference(questionnaire, evaluation, part, catalogue))


def _reference(questionnaire: Questionnaire, evaluation: Evaluation, part: str, catalogue: Catalogue) -> Iterator[str]:
    field = None if part == OVERALL else _figures(evaluation, part)
    standing = field.standing if field else evaluation.overall
    level, mean = words.levelled(catalogue, standing.level), words.mean(catalogue, standing.mean)
    yield catalogue.t("- Stufe: {level}, Mittelwert {mean}", level=level, mean=mean)
    questions = field.questions if field else tuple(evaluation.questions.values())
    yield f"- {words.coverage(catalogue, standing)}"
    for sentence in (*words.gaps(catalogue, standing, True), *words.negatives(catalogue, questions)):
        yield f"- {sentence}"
    for one in field.criteria if field else ():
        title, word = words.title(catalogue, questionnaire, one.id), words.marked(catalogue, one)
        yield f"- {one.id} {title}: {word}, {words.mean(catalogue, one.mean)}"
    for other in () if field else evaluation.fields:
        title, word = words.title(catalogue, questionnaire, other.id), words.levelled(catalogue, other.standing.level)
        yield f"- {other.id} {title}: {word}, {words.mean(catalogue, other.standing.mean)}"


def _figures(evaluation: Evaluation, part: str) -> FieldFigures:
    return next(f for f in evaluation.fields if f.id == part)


def _plain(text: str) -> str:
    return text.replace(FSI, "").replace(PDI, "")
