"""The result in one chat message: while a survey is open in steps of k, afterwards from its release. Plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conversations.questionnaire import Kind, Questionnaire, Rating, Voice
from conversations.survey import SMALLEST_GROUP
from locales import Catalogue
from reports import words
from reports.document import Document, Statements, evaluation_of, quotes
from reports.evaluation import Evaluation, Figures
from reports.statement_views import StatementViews

LENGTH = 4096  # of a message, in UTF-16 units as Telegram counts
QUOTE = 400  # characters of one statement


@dataclass(frozen=True)
class Interim:
    """What may be said of one voice while its survey is open.

    `shown` is the number that handed in, in whole steps of k (0: fewer than k). `k` is the usual one of the voice
    unless given.
    """

    voice: Voice
    shown: int
    k: int | None = None

    @property
    def smallest(self) -> int:
        """The size of the smallest group."""
        return self.k or SMALLEST_GROUP[self.voice]


def digest(
    figures: Document | Sequence[Interim],
    questionnaire: Questionnaire,
    catalogue: Catalogue,
    statements: Statements | None = None,
    *,
    commune: str = "",
) -> str:
    """The message for a release, or for the interim figures of an open survey; at most 4096 UTF-16 units.

    Questionnaire and `commune` stand above it where the name is given. Statements are cut first, saying how many
    more there are; then marks are named by id instead of title, then left out. Source: METHOD §5.2, DESIGN §5 Screens.
    """
    given: Mapping[str, Sequence[str | None]] = statements or {}
    if isinstance(figures, Mapping):
        given = {question: [q.text for q in those] for question, those in quotes(figures, given).items()}
        found = {name: evaluation_of(figures, questionnaire, name) for name in figures["voices"]}
        heads = [_closed(figures, questionnaire, catalogue, found, detail) for detail in (2, 1, 0)]
    else:
        heads = [_open(figures, catalogue)]
    if commune:
        title = catalogue.t(
            "{title}, {name}", title=catalogue.of(questionnaire.name, questionnaire.title), name=commune
        )
        heads = [f"{title}\n\n{head}" for head in heads]
    wording = _wording(figures)
    most = max((_most(_released(texts)) for texts in given.values()), default=0)
    for head in heads:
        for each in range(most, -1, -1):
            quoted = _quotes(questionnaire, catalogue, given, each, wording)
            text = "\n\n".join([head, *quoted])
            if _length(text) <= LENGTH:
                return text
    return _shortened(heads[-1])


def _open(figures: Sequence[Interim], catalogue: Catalogue) -> str:
    t = catalogue.t
    lines = []
    for one in figures:
        voice = t(words.VOICE[one.voice])
        if one.shown:
            lines.append(t("{voice}: abgegeben haben mindestens {n}.", voice=voice, n=one.shown))
        else:
            lines.append(t("{voice}: abgegeben haben noch weniger als {k}.", voice=voice, k=one.smallest))
    head = t("Zwischenstand. Die Umfrage läuft noch; bis zum Ende werden nur gerundete Zahlen gezeigt.")
    return "\n\n".join([head, "\n".join(lines), t("Neue Zahlen erscheinen mit etwas Verzögerung.")])


def _closed(
    document: Document,
    questionnaire: Questionnaire,
    catalogue: Catalogue,
    evaluations: Mapping[str, Evaluation | None],
    detail: int,
) -> str:
    t = catalogue.t
    if questionnaire.institution:
        blocks = ["\n".join(StatementViews(document, questionnaire, catalogue).summary)]
    else:
        blocks = [t("Ergebnis. Die Umfrage ist abgeschlossen.")]
    for name, block in document["voices"].items():
        voice = t(words.VOICE[Voice(name)])
        found = evaluations[name]
        if found is None:
            blocks.append(
                t(
                    "{voice}: zurückgehalten, zum Schutz kleiner Gruppen. Nötig sind mindestens {k} Menschen, die "
                    "einzeln abgegeben haben.",
                    voice=voice,
                    k=block["k"],
                )
            )
            continue
        if questionnaire.institution:
            lines = []
        else:
            lines = [
                catalogue.n(
                    "{voice}: {n} Mensch hat abgegeben.",
                    "{voice}: {n} Menschen haben abgegeben.",
                    block["n"],
                    voice=voice,
                )
            ]
        for field in [f for f in found.fields if f.criteria]:
            lines.append(_level(catalogue, questionnaire, field.id, field.standing.level))
            if detail:
                lines += _marks(catalogue, questionnaire, field.criteria, titles=detail > 1)
        if found.overall.level is not None:
            level = words.levelled(catalogue, found.overall.level)
            lines.append(t("Insgesamt: {level} {symbol}", level=level, symbol=words.LEVEL_SYMBOL[found.overall.level]))
        lines += _focus(catalogue, found)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _level(catalogue: Catalogue, questionnaire: Questionnaire, field: str, level: str | None) -> str:
    title = words.title(catalogue, questionnaire, field)
    if level is None:
        return catalogue.t("{id}. {field}: noch keine Stufe", id=field, field=title)
    symbol = next(symbol for known, symbol in words.LEVEL_SYMBOL.items() if known == level)
    word = words.levelled(catalogue, level)
    return catalogue.t("{id}. {field}: {level} {symbol}", id=field, field=title, level=word, symbol=symbol)


def _marks(
    catalogue: Catalogue, questionnaire: Questionnaire, criteria: Sequence[Figures], titles: bool
) -> Iterator[str]:
    for mark in (Rating.YES, Rating.RATHER_YES, Rating.RATHER_NO, Rating.NO, None):
        its = [c for c in criteria if c.mark == mark]
        if not its:
            continue
        ids = [c.id for c in its]
        named = words.named(catalogue, questionnaire, ids) if titles else words.listed(catalogue, ids)
        word = catalogue.t(words.MARK[mark]) if mark else catalogue.t("ohne Bewertung")
        yield catalogue.t("– {mark}: {criteria}", mark=word, criteria=named)


def _focus(catalogue: Catalogue, found: Evaluation) -> list[str]:
    if not found.focus:
        return []
    ids = words.listed(catalogue, found.focus)
    if len(found.focus) == 1:
        return [catalogue.t("Vorschlag für den Workshop: Handlungsfeld {fields}.", fields=ids)]
    return [catalogue.t("Vorschlag für den Workshop: Handlungsfelder {fields}.", fields=ids)]


def _quotes(
    questionnaire: Questionnaire,
    catalogue: Catalogue,
    statements: Statements,
    each: int,
    wording: tuple[str | None, str],
) -> Iterator[str]:
    """Per open question its wording and at most `each` statements, with the number left out."""
    for question in questionnaire.questions:
        released = _released(statements.get(question.id, ()))
        if question.rating or not released:
            continue
        lines = [words.asked(catalogue, questionnaire, question, *wording)]
        for text in released[:each]:
            lines.append(
                catalogue.t("– zurückgezogen") if text is None else catalogue.t("– „{text}“", text=_short(text))
            )
        left = len(released) - each
        if left > 0 and each:
            lines.append(catalogue.n("und {n} weitere Aussage", "und {n} weitere Aussagen", left))
        elif left > 0:
            lines.append(catalogue.n("{n} Aussage", "{n} Aussagen", left))
        yield "\n".join(lines)


def _wording(figures: Document | Sequence[Interim]) -> tuple[str | None, str]:
    """The voice and kind of commune in whose words open questions are quoted: the first that is shown."""
    if isinstance(figures, Mapping):
        shown = (voice for voice, block in figures["voices"].items() if not block["withheld"])
        return next(shown, None), str(figures["survey"]["kind"])
    return (figures[0].voice if figures else None), Kind.CITY


def _released(given: Sequence[str | None]) -> list[str | None]:
    return [text for text in given if text is None or text.strip()]


def _most(texts: Sequence[str | None]) -> int:
    """How many of these statements a message can hold, were there nothing else in it."""
    room = LENGTH
    for number, text in enumerate(texts):
        room -= _length(_short(text or ""))
        if room < 0:
            return number
    return len(texts)


def _short(text: str) -> str:
    """A statement on one line, cut at a word where it is too long."""
    flat = " ".join(words.clean(text).split())
    return flat if len(flat) <= QUOTE else flat[:QUOTE].rsplit(" ", 1)[0] + " …"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _shortened(text: str) -> str:
    """Whole lines up to the limit; reached by no questionnaire of today."""
    lines = text.split("\n")
    while _length("\n".join(lines)) > LENGTH:
        lines.pop()
    return "\n".join(lines)
