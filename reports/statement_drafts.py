"""The texts "Auswertung und Empfehlung" as Markdown files for people to edit, and back: one per field, one for all.

A file begins with lines that start with ">": what may be edited, the figures to look things up in, and what the offices
have written. They are not read back; all else is the text. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conversations.institution import Contribution, Position, State
from conversations.questionnaire import Field, Questionnaire
from locales import FSI, PDI, Catalogue
from reports import words
from reports.assessment import Point, field_draft, overall_draft
from reports.claims import Facts, contradictions
from reports.evaluation import Evaluation, FieldFigures
from reports.statement import OVERALL
from reports.statement_views import REPORTS, answered

QUOTED = ">"
BRIEF = 300  # characters of a piece of evidence


@dataclass(frozen=True)
class Said:
    """What the offices said: the town's answers with what led to them, by question, and what each office is called."""

    positions: Mapping[str, Position]
    titles: Mapping[str, str]


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
    questionnaire: Questionnaire, evaluation: Evaluation, kept: Mapping[str, str], said: Said, catalogue: Catalogue
) -> dict[str, str]:
    """Every file with its content: the text that is kept, or else the draft by rule."""
    found = {}
    for file, part in parts(questionnaire).items():
        head = [*_head(questionnaire, evaluation, part, part in kept, catalogue)]
        for field in (f for f in questionnaire.fields if f.id == part):
            head += _of_offices(questionnaire, field, said, catalogue)
        text = kept.get(part) or draft(questionnaire, evaluation, part, catalogue)
        found[file] = "\n".join([*(f"{QUOTED} {line}".rstrip() for line in head), "", text, ""])
    return found


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


def _of_offices(questionnaire: Questionnaire, field: Field, said: Said, catalogue: Catalogue) -> Iterator[str]:
    """What the offices have handed in on a field, line by line: self-reports whole, differences, evidence in brief."""
    t = catalogue.t
    for question in field.open:
        heading = REPORTS.get(question.id.rpartition(".")[2])
        title = t(heading) if heading else words.asked(catalogue, questionnaire, question)
        yield from ("", f"{title} ({question.id}):")
        yield from _report(said.positions[question.id], said, catalogue)
    rated = [said.positions[q.id] for q in field.questions if q.rating]
    if differing := [line for position in rated for line in _differing(position, said, catalogue)]:
        yield from ("", t("Verschieden beantwortet oder entschieden:"), *differing)
    evidence = [
        f"- {position.question}: {_brief(text)} ({_who(c, said)})"
        for position in rated for c in _handed_in(position) for text in c.texts
    ]  # fmt: skip
    if evidence:
        yield from ("", t("Belege der Stellen:"), *evidence)


def _report(position: Position, said: Said, catalogue: Catalogue) -> Iterator[str]:
    """A self-report, office by office, and what the town says in its place."""
    t = catalogue.t
    those = [c for c in _handed_in(position) if c.texts]
    for one in those:
        yield from (f"- {_who(one, said)}:", *_lines("\n\n".join(one.texts)))
    if position.state is State.DECIDED and position.text != "\n\n".join(text for c in those for text in c.texts):
        yield from (t("- Die Kommune hat stattdessen geschrieben:"), *_lines(position.text))
    elif not those:
        yield t("- Keine Stelle hat dazu etwas geschrieben.")


def _differing(position: Position, said: Said, catalogue: Catalogue) -> Iterator[str]:
    """A question on which the coordinator decided: the answer, the reason, and what each office had said."""
    if position.state is not State.DECIDED:
        return
    t = catalogue.t
    parts = [f"- {position.question}: {answered(catalogue, position.value)}.",
             t("Grund: {reason}", reason=_brief(position.reason))]  # fmt: skip
    if given := "; ".join(f"{_who(c, said)}: {answered(catalogue, c.value)}" for c in _handed_in(position)):
        parts.append(t("Angegeben hatten: {given}.", given=given))
    yield _plain(" ".join(parts))


def _handed_in(position: Position) -> list[Contribution]:
    return [c for c in position.contributions if c.handed_in]


def _who(one: Contribution, said: Said) -> str:
    return words.clean(said.titles[one.contributor])


def _brief(text: str) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(words.clean(text).split())
    return line if len(line) <= BRIEF else line[: BRIEF - 2].rstrip() + " …"


def _lines(text: str) -> list[str]:
    """A text line by line, whatever ends them, so that none of it slips out of the block that is not read back."""
    return [f"  {line}".rstrip() for line in text.splitlines()]


def _figures(evaluation: Evaluation, part: str) -> FieldFigures:
    return next(f for f in evaluation.fields if f.id == part)


def _plain(text: str) -> str:
    return text.replace(FSI, "").replace(PDI, "")
