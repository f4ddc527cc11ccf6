"""Where a number comes from: traces one mark, field or the overall level of a release step by step, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from conversations.questionnaire import Questionnaire, Voice
from locales import Catalogue
from reports import words
from reports.document import Document, evaluation_of
from reports.evaluation import MARKS, VALUES, Counts, Evaluation, Figures, Standing
from reports.statement_views import StatementViews

OVERALL = "overall"


class ExplainError(KeyError):
    """Something that no release can explain; the message says what can be asked for."""


def explain(
    document: Document, questionnaire: Questionnaire, one: str, catalogue: Catalogue, voice: str | None = None
) -> str:
    """How the number of criterion "1.3", of field "1" or the "overall" level came about, for each voice.

    Says only what the release shows; with `voice` for that voice alone. Lines of plain text, a blank line between
    voices. Raises ExplainError for ids the questionnaire does not have.
    """
    fields = {f.id for f in questionnaire.fields}
    if one != OVERALL and one not in fields and one not in questionnaire.criteria:
        raise ExplainError(f"{one!r} is neither a criterion nor a field of {questionnaire.name}, nor {OVERALL!r}")
    if voice is not None and voice not in document["voices"]:
        raise ExplainError(f"the release has no voice {voice!r}; it has: {', '.join(document['voices'])}")
    blocks = []
    for each in [voice] if voice is not None else document["voices"]:
        name = words.voice(catalogue, Voice(each), questionnaire.institution)
        evaluation = evaluation_of(document, questionnaire, each)
        blocks.append([_heading(catalogue, questionnaire, one, name)])
        if evaluation is None:
            k = document["voices"][each]["k"]
            blocks[-1].append(
                catalogue.t(
                    "Zurückgehalten, zum Schutz kleiner Gruppen: Keine Zahl wird gezeigt. Nötig sind mindestens {k} "
                    "Menschen, die einzeln abgegeben haben.",
                    k=k,
                )
            )
        elif one in evaluation.criteria:
            if questionnaire.institution:
                blocks[-1] += StatementViews(document, questionnaire, catalogue).traced(one)
            blocks[-1] += criterion(catalogue, evaluation, one, document["voices"][each]["k"])
        else:
            blocks[-1] += standing(catalogue, evaluation, one)
    return "\n\n".join("\n".join(block) for block in blocks)


def criterion(catalogue: Catalogue, evaluation: Evaluation, one: str, k: int) -> list[str]:
    """The steps from the answers to a mark."""
    t = catalogue.t
    found = evaluation.criteria[one]
    if found.counts is None:
        if found.mark is None:
            return [
                t("Weniger als {n} Einschätzungen: Es gibt keine Bewertung, und die Zahlen bleiben geschützt.", n=5)
            ]
        return [
            t("Die Bewertung ist „{mark}“.", mark=words.marked(catalogue, found)),
            t("Weniger als {k} Einschätzungen: Die Zahlen dahinter bleiben geschützt.", k=k),
        ]
    lines = counts(catalogue, found.counts)
    if found.mean is None or found.mark is None:
        return [*lines, t("Ohne Einschätzung gibt es keine Bewertung; das Kriterium geht in keinen Mittelwert ein.")]
    lines.append(_values(catalogue))
    named = found.counts.by_value()
    summands = " + ".join(f"{catalogue.number(named[rating])} × {value}" for rating, value in words.values())
    lines.append(t("Summe der Werte: {sum}.", sum=f"{summands} = {catalogue.number(found.counts.total)}"))
    quotient = f"{catalogue.number(found.counts.total)} : {catalogue.number(found.counts.ratings)}"
    lines.append(t("Mittelwert, Summe durch Anzahl: {mean}.", mean=f"{quotient} = {words.mean(catalogue, found.mean)}"))
    lines.append(_cuts_of_marks(catalogue))
    lines.append(t("Die Bewertung ist „{mark}“.", mark=words.marked(catalogue, found)))
    lines += notes(catalogue, found, evaluation.institution)
    return lines


def counts(catalogue: Catalogue, found: Counts) -> list[str]:
    """The counts in words, ratings first, then what is missing."""
    return [
        catalogue.t(
            "Einschätzungen: {yes}-mal ja, {rather_yes}-mal eher ja, {rather_no}-mal eher nein, {no}-mal nein.",
            yes=found.yes,
            rather_yes=found.rather_yes,
            rather_no=found.rather_no,
            no=found.no,
        ),
        catalogue.t(
            "Ohne Einschätzung: {cannot_say}-mal keine Einschätzung möglich, {skipped}-mal übersprungen, "
            "{not_reached}-mal nicht erreicht. Das zählt nicht mit, auch nicht als null.",
            cannot_say=found.cannot_say,
            skipped=found.skipped,
            not_reached=found.not_reached,
        ),
    ]


def notes(catalogue: Catalogue, found: Figures, institution: bool) -> list[str]:
    """What stands beside a mark: divided, close."""
    notes = []
    if found.divided and institution:
        notes.append(
            catalogue.t("Gemischt: Auf jeder Seite der Mitte liegt mindestens ein Drittel der Einschätzungen.")
        )
    elif found.divided:
        notes.append(catalogue.t("Uneinig: Auf jeder Seite der Mitte liegt mindestens ein Drittel der Einschätzungen."))
    if found.close:
        mean = words.mean(catalogue, found.mean)
        notes.append(catalogue.t("Knapp: Der Mittelwert {mean} liegt höchstens 0,1 neben einer Grenze.", mean=mean))
    return notes


def standing(catalogue: Catalogue, evaluation: Evaluation, one: str) -> list[str]:
    """The steps from marks to a level."""
    t = catalogue.t
    field = next((f for f in evaluation.fields if f.id == one), None)
    found: Standing = field.standing if field else evaluation.overall
    criteria = field.criteria if field else tuple(evaluation.criteria.values())
    rated = [c for c in criteria if c.mark is not None]
    lines = [words.coverage(catalogue, found), *words.gaps(catalogue, found, evaluation.institution)]
    if found.mean is None:
        return [*lines, *words.hints(catalogue, found)]
    lines.append(_values(catalogue))
    lines.append(t("Bewertungen der Kriterien: {marks}.", marks=words.listed(catalogue, _marks(catalogue, rated))))
    unrated = [c.id for c in criteria if c.mark is None]
    if unrated:
        lines.append(
            t("Ohne Bewertung und in keinem Mittelwert: {criteria}.", criteria=words.listed(catalogue, unrated))
        )
    number = Counter(c.mark for c in rated)
    summands = " + ".join(f"{number[rating]} × {value}" for rating, value in words.values())
    total = sum(number[rating] * value for rating, value in words.values())
    lines.append(t("Summe der Bewertungen: {sum}.", sum=f"{summands} = {total}"))
    lines.append(
        t(
            "Mittelwert, Summe durch Anzahl der Bewertungen: {mean}.",
            mean=f"{total} : {len(rated)} = {words.mean(catalogue, found.mean)}",
        )
    )
    lines.append(cuts_of_levels(catalogue))
    if found.level is not None:
        lines.append(t("Die Stufe ist „{level}“.", level=words.levelled(catalogue, found.level)))
    return [*lines, *words.hints(catalogue, found)]


def cuts_of_levels(catalogue: Catalogue) -> str:
    """The cuts between the levels."""
    first, second, third = (words.cut(catalogue, n) for n in (1, 2, 3))
    return catalogue.t(
        "Die Stufen: unter {first} „hat sich auf den Weg gemacht“, ab {first} „auf dem Weg“, ab {second} „auf dem Weg "
        "fortgeschritten“, ab {third} „weltoffen aufgestellt“.",
        first=first,
        second=second,
        third=third,
    )


def _cuts_of_marks(catalogue: Catalogue) -> str:
    first, second, third = (words.cut(catalogue, n) for n in (1, 2, 3))
    return catalogue.t(
        "Die Grenzen: unter {first} „nein“, ab {first} „eher nein“, ab {second} „eher ja“, ab {third} „ja“.",
        first=first,
        second=second,
        third=third,
    )


def _values(catalogue: Catalogue) -> str:
    yes, rather_yes, rather_no, no = (VALUES[rating] for rating in reversed(MARKS))
    return catalogue.t(
        "Die Werte: ja {yes}, eher ja {rather_yes}, eher nein {rather_no}, nein {no}.",
        yes=yes,
        rather_yes=rather_yes,
        rather_no=rather_no,
        no=no,
    )


def _marks(catalogue: Catalogue, rated: Iterable[Figures]) -> list[str]:
    return [f"{found.id} {words.marked(catalogue, found)}" for found in rated]


def _heading(catalogue: Catalogue, questionnaire: Questionnaire, one: str, voice: str) -> str:
    t = catalogue.t
    if one == OVERALL:
        return t("Gesamtergebnis, Stimme: {voice}", voice=voice)
    title = words.title(catalogue, questionnaire, one)
    if one in questionnaire.criteria:
        return t("Kriterium {id} „{title}“, Stimme: {voice}", id=one, title=title, voice=voice)
    return t("Handlungsfeld {id} „{title}“, Stimme: {voice}", id=one, title=title, voice=voice)
