"""The words of figures: one literal table per enum, and whole sentences about a mark or a standing.

Used by every renderer, so that chat, page and explanation say the same. Knows figures and a catalogue, no layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from conversations.questionnaire import Kind, Question, Questionnaire, Rating, Voice
from locales import Catalogue, mark
from reports.disclosure import OTHER
from reports.evaluation import CUTS, VALUES, Figures, Gap, Level, Reason, Standing

MARK: Mapping[Rating, str] = {
    Rating.YES: mark("ja"),
    Rating.RATHER_YES: mark("eher ja"),
    Rating.RATHER_NO: mark("eher nein"),
    Rating.NO: mark("nein"),
    Rating.CANNOT_SAY: mark("keine Einschätzung möglich"),
}
VALUE: Mapping[str, str] = {
    **{str(rating): word for rating, word in MARK.items()},
    "skipped": mark("nicht bearbeitet"),  # by a town; what persons skip is counted under other words
    "not-reached": mark("nicht erreicht"),
}
SYMBOL: Mapping[Rating | None, str] = {
    Rating.YES: "✓", Rating.RATHER_YES: "(✓)", Rating.RATHER_NO: "(✘)", Rating.NO: "✘", None: "–",
}  # fmt: skip
LEVEL: Mapping[Level, str] = {
    Level.SETTING_OUT: mark("hat sich auf den Weg gemacht"),
    Level.ON_THE_WAY: mark("auf dem Weg"),
    Level.ADVANCED: mark("auf dem Weg fortgeschritten"),
    Level.OPEN: mark("weltoffen aufgestellt"),
}
LEVEL_SENTENCE: Mapping[Level, str] = {
    Level.SETTING_OUT: mark("Die Kommune hat sich auf den Weg zur Weltoffenheit gemacht."),
    Level.ON_THE_WAY: mark("Die Kommune ist auf dem Weg zur Weltoffenheit."),
    Level.ADVANCED: mark("Die Kommune ist auf dem Weg zur Weltoffenheit fortgeschritten."),
    Level.OPEN: mark("Die Kommune ist weltoffen aufgestellt."),
}
LEVEL_SYMBOL: Mapping[Level | None, str] = {
    Level.SETTING_OUT: "◔", Level.ON_THE_WAY: "◑", Level.ADVANCED: "◕", Level.OPEN: "●", None: "–",
}  # fmt: skip
NO_MARK: Mapping[Reason, str] = {
    Reason.TOO_FEW: mark("zu wenige Einschätzungen"),
    Reason.NOT_RATED: mark("keine Einschätzung"),
    Reason.WITHHELD: mark("zurückgehalten"),
}
VOICE: Mapping[Voice, str] = {
    Voice.ADMINISTRATION: mark("Verwaltung"),
    Voice.POLITICS: mark("Politik"),
    Voice.SOCIETY: mark("Gesellschaft"),
}
GAPS: Mapping[Gap, tuple[str, str]] = {
    Gap.CANNOT_SAY: (
        mark("Mit „keine Einschätzung möglich“ beantwortet: Frage {questions}."),
        mark("Mit „keine Einschätzung möglich“ beantwortet: Fragen {questions}."),
    ),
    Gap.SKIPPED: (
        mark("Nicht bearbeitet: Frage {questions}."),
        mark("Nicht bearbeitet: Fragen {questions}."),
    ),
    Gap.NOT_REACHED: (
        mark("Nicht erreicht: Frage {questions}."),
        mark("Nicht erreicht: Fragen {questions}."),
    ),
    Gap.TOO_FEW: (
        mark("Zu wenige Einschätzungen: Frage {questions}."),
        mark("Zu wenige Einschätzungen: Fragen {questions}."),
    ),
}
GAPS_OF_MANY: Mapping[Gap, tuple[str, str]] = {
    **GAPS,
    Gap.CANNOT_SAY: (
        mark("Ohne Einschätzung, meist „keine Einschätzung möglich“: Frage {questions}."),
        mark("Ohne Einschätzung, meist „keine Einschätzung möglich“: Fragen {questions}."),
    ),
    Gap.SKIPPED: (
        mark("Ohne Einschätzung, meist übersprungen: Frage {questions}."),
        mark("Ohne Einschätzung, meist übersprungen: Fragen {questions}."),
    ),
    Gap.NOT_REACHED: (
        mark("Ohne Einschätzung, meist nicht erreicht: Frage {questions}."),
        mark("Ohne Einschätzung, meist nicht erreicht: Fragen {questions}."),
    ),
}
CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """A text from outside without the control characters that could turn its neighbours round."""
    return CONTROLS.sub("", text)


def listed(catalogue: Catalogue, items: Iterable[str]) -> str:
    """A list as a sentence writes it: "1.1, 1.3 und 1.4"."""
    from babel.lists import format_list

    return format_list(list(items), locale=catalogue.language.babel)


def mean(catalogue: Catalogue, value: Fraction | None) -> str:
    """A mean with two decimals, halves up."""
    return SYMBOL[None] if value is None else catalogue.number(value, 2)


def cut(catalogue: Catalogue, step: int) -> str:
    """The cut at which a step 1..3 begins, with one decimal."""
    return catalogue.number(CUTS[step - 1], 1)


def voice(catalogue: Catalogue, one: Voice, institution: bool) -> str:
    """Who speaks: a voice, or the commune itself in its statement."""
    return catalogue.t("Erklärung der Kommune") if institution else catalogue.t(VOICE[one])


def marked(catalogue: Catalogue, found: Figures | None) -> str:
    """The word of a mark, or why there is none; None stands for a withheld voice."""
    if found is None:
        return catalogue.t(NO_MARK[Reason.WITHHELD])
    return catalogue.t(MARK[found.mark] if found.mark else NO_MARK[found.reason or Reason.NOT_RATED])


def levelled(catalogue: Catalogue, level: Level | str | None) -> str:
    """The word of a level."""
    return catalogue.t("keine Stufe") if level is None else catalogue.t(LEVEL[Level(level)])


def title(catalogue: Catalogue, questionnaire: Questionnaire, one: str) -> str:
    """The title of a field or criterion in the catalogue's language. Raises KeyError for unknown ids."""
    field = next((f for f in questionnaire.fields if f.id == one), None)
    return catalogue.of(questionnaire.name, field.title if field else questionnaire.criteria[one].title)


def named(catalogue: Catalogue, questionnaire: Questionnaire, ids: Iterable[str]) -> str:
    """Fields or criteria as a list of titles with their ids, which keeps "Transport und Mobilität" one thing."""
    return listed(catalogue, [f"{title(catalogue, questionnaire, one)} ({one})" for one in ids])


def lead(catalogue: Catalogue, text: str) -> str:
    """A text as the lead of what is said about it, with the colon and the gap of the language."""
    return catalogue.t("{criterion}:", criterion=text) + catalogue.language.between


def led(catalogue: Catalogue, title: str, one: str) -> str:
    """A criterion as the lead of what is said about it."""
    return lead(catalogue, f"{title} ({one})")


def counted(catalogue: Catalogue, name: str, count: str) -> str:
    """Who speaks, and from how many ratings; with the comma of the language."""
    return catalogue.t("{name}, {count}", name=name, count=count) if count else name


def asked(
    catalogue: Catalogue, questionnaire: Questionnaire, question: Question, voice: str | None = None, kind: str = "city"
) -> str:
    """The wording of a question for a voice (the first it has a wording for, without one) and kind of commune."""
    variants = question.text[Voice(voice)] if voice is not None else next(iter(question.text.values()))
    return catalogue.of(questionnaire.name, variants[Kind(kind)])


def coverage(catalogue: Catalogue, standing: Standing) -> str:
    """How many of the questions are answered."""
    return catalogue.n(
        "{answered} von {n} Frage bearbeitet.",
        "{answered} von {n} Fragen bearbeitet.",
        standing.asked,
        answered=standing.answered,
    )


def gaps(catalogue: Catalogue, standing: Standing, institution: bool) -> list[str]:
    """The questions that are not answered, by id, one sentence per reason."""
    table = GAPS if institution else GAPS_OF_MANY
    found = []
    for gap, (one, many) in table.items():
        ids = [question for question, reason in standing.gaps if reason is gap]
        if ids:
            found.append(catalogue.t(one if len(ids) == 1 else many, questions=listed(catalogue, ids)))
    return found


def negatives(catalogue: Catalogue, questions: Iterable[Figures]) -> list[str]:
    """The questions judged "eher nein" or "nein", by id, one sentence per mark."""
    questions = list(questions)
    rather = [q.id for q in questions if q.mark is Rating.RATHER_NO]
    no = [q.id for q in questions if q.mark is Rating.NO]
    found = []
    if rather:
        ids = listed(catalogue, rather)
        if len(rather) == 1:
            found.append(catalogue.t("Mit „eher nein“ bewertet: Frage {questions}.", questions=ids))
        else:
            found.append(catalogue.t("Mit „eher nein“ bewertet: Fragen {questions}.", questions=ids))
    if no:
        ids = listed(catalogue, no)
        if len(no) == 1:
            found.append(catalogue.t("Mit „nein“ bewertet: Frage {questions}.", questions=ids))
        else:
            found.append(catalogue.t("Mit „nein“ bewertet: Fragen {questions}.", questions=ids))
    return found


def hints(catalogue: Catalogue, standing: Standing) -> list[str]:
    """What stands beside a level: close to a cut, by rounding, span, criteria that alone tip it."""
    t = catalogue.t
    found = []
    if standing.level is None:
        if standing.reason is Reason.NOT_RATED:
            found.append(t("Keine Stufe: Es gibt keine Einschätzung."))
        else:
            found.append(t("Keine Stufe: Weniger als die Hälfte der Fragen ist bearbeitet."))
        return found
    if standing.close:
        found.append(
            t(
                "Knapp: Der Mittelwert {mean} liegt höchstens 0,1 neben einer Grenze.",
                mean=mean(catalogue, standing.mean),
            )
        )
    if standing.by_rounding and standing.raw is not None:
        found.append(
            t(
                "Durch Rundung: Aus den ungerundeten Mittelwerten der Kriterien ({raw}) ergäbe sich eine andere Stufe.",
                raw=mean(catalogue, standing.raw),
            )
        )
    if standing.span is not None and len(set(standing.span.levels)) > 1:
        lowest, highest = (levelled(catalogue, level) for level in standing.span.levels)
        found.append(
            t(
                "Spanne: Wären alle fehlenden Einschätzungen „nein“, hieße die Stufe „{lowest}“, wären alle „ja“, "
                "„{highest}“.",
                lowest=lowest,
                highest=highest,
            )
        )
    for level in dict.fromkeys(level for _, level in standing.tipping):
        word = levelled(catalogue, level)
        its = [criterion for criterion, other in standing.tipping if other is level]
        if len(its) == 1:
            found.append(t("Ohne Kriterium {criterion} hieße die Stufe „{level}“.", criterion=its[0], level=word))
        else:
            named = listed(catalogue, its)
            found.append(
                t(
                    "Ohne ein einzelnes dieser Kriterien hieße die Stufe „{level}“: {criteria}.",
                    level=word,
                    criteria=named,
                )
            )
    return found


def group(catalogue: Catalogue, code: str, names: Mapping[str, str]) -> str:
    """The name of a language group, in its own language; the merged rest in words."""
    return catalogue.t("andere oder ohne Angabe") if code == OTHER else names.get(code, code)


def values() -> list[tuple[Rating, int]]:
    """Ratings and their values, highest first."""
    return sorted(VALUES.items(), key=lambda item: -item[1])
