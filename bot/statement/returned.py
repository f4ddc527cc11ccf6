"""A sheet that came back: compared cell by cell with what went out, and turned into what its contributor says.

Every wrong cell is named, and one wrong cell keeps the whole sheet out.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from sqlite3 import Connection

from bot.spreadsheet import Cell, Page
from bot.statement import steps
from bot.statement.form import (
    ANSWER,
    EVIDENCE,
    GUIDE,
    HEAD,
    LABELS,
    QUESTIONS,
    REPORT,
    REPORT_HEAD,
    REPORTS,
    TARGET,
    Form,
    Marker,
    bare,
    seen,
    spoken,
    written,
)
from bot.statement.steps import Town
from bot.statement.workbook import Book, SheetError
from bot.typed import SYMBOLS, cleaned, folded
from bot.view import SKIP, shortened
from conversations.conversation import (
    FINISHED,
    PAPER,
    REFERRAL_LENGTH,
    REFERRED,
    REPORT_LENGTH,
    SKIPPED,
    Conversation,
    Place,
    Statement,
)
from conversations.institution import Contributor
from conversations.questionnaire import Rating
from conversations.store import contributions, people, surveys
from locales import Catalogue, catalogue

NOTED = "sheet {contributor}"  # the name under which it is noted what a contributor's last sheet left
QUOTED = 40  # characters of a wrong cell in a message


@dataclass(frozen=True)
class Returned:
    """What a sheet says: its contributor, what that one had said before, and what it says now."""

    contributor: Contributor
    before: Conversation | None
    after: Conversation
    missing: tuple[str, ...]
    """Questions that were given to it since the sheet went out; while they are open it has not handed in."""

    @property
    def same(self) -> bool:
        """Whether it says nothing new."""
        was, now = self.before, self.after
        return was is not None and (was.answers, was.statements, dict(was.referrals), was.handed_in) == (
            now.answers, now.statements, dict(now.referrals), now.handed_in)  # fmt: skip


def returned(book: Book, found: Town, *, last: str | None = None, replace: bool = False) -> Returned:
    """What a sheet says for its contributor. Raises SheetError naming all that is wrong, in the sheet's language.

    `last` is what is noted of the sheet that was taken last, by `noted`. A sheet that went out before its contributor
    answered otherwise (in the chat) is refused, unless it is to `replace` that.
    """
    marker, survey = book.marker, found.survey
    if marker.survey != survey.id:
        raise SheetError([f"this sheet belongs to survey {marker.survey[:20]}, not to {survey.id}"])
    known = [q for q in marker.questions if q in found.questionnaire.by_id]
    if (marker.questionnaire != survey.questionnaire or marker.language not in spoken(found.questionnaire)
            or len(known) != len(set(marker.questions)) or not known):  # fmt: skip
        raise SheetError([f"the sheet does not fit questionnaire {survey.questionnaire}; send a new one"])
    one = next((c for c in found.contributors if c.id == marker.contributor), None)
    if one is None:
        raise SheetError(["this sheet belongs to a contributor who is not in this survey"])
    before = found.conversation(one)
    now = seen(marker.questions, before)
    if now != marker.seen and not replace and last != f"{marker.seen} {now}":
        raise SheetError([f"{one.title} has answered otherwise since this sheet went out: the sheet is older. Send a "
                          "new sheet, or take it all the same with --replace"])  # fmt: skip
    form = Form(survey, found.questionnaire, marker.questions, marker.language)
    read = _Reading(form, one, before, book.pages)
    read.all()
    if read.problems:
        raise SheetError([bare(problem) for problem in read.problems])
    return _result(found, one, before, marker, read)


def take(tx: Connection, book: Book, found: Town, now: datetime, *, replace: bool = False) -> Returned:
    """Keeps what a sheet says for its contributor, with all that follows, in the caller's transaction.

    Nothing is kept of a sheet that says nothing new. Raises SheetError, before anything is kept.
    """
    name = NOTED.format(contributor=book.marker.contributor)
    read = returned(book, found, last=surveys.fact(tx, name), replace=replace)
    if read.same:
        return read
    one, before, after, day = read.contributor, read.before, read.after, now.astimezone(UTC).date().isoformat()
    people.keep(tx, {} if before is None else {before.respondent: before}, [after])
    contributions.bind(tx, one.id, after.respondent)
    steps.handed_in(tx, found.survey.id, one, before, after, now)
    surveys.keep_fact(tx, name, noted(book, after))
    surveys.note(tx, found.survey.commune_id, day, "import", f"{found.survey.id} a sheet")
    return read


def noted(book: Book, after: Conversation) -> str:
    """What is noted of a sheet that was taken: what it was made from, and what it left."""
    return f"{book.marker.seen} {seen(book.marker.questions, after)}"


def _result(found: Town, one: Contributor, before: Conversation | None, marker: Marker, read: _Reading) -> Returned:
    base = before or Conversation(
        found.survey.id, secrets.token_hex(16), found.survey.voices[0], marker.language, PAPER, active=False
    )
    asked = set(marker.questions)
    answers = {q: v for q, v in base.answers.items() if q not in asked} | read.answers
    referrals = {q: t for q, t in base.referrals.items() if q not in asked} | read.referrals
    statements = tuple(s for s in base.statements if s.question not in asked) + tuple(read.statements)
    missing = tuple(sorted(one.questions - asked - set(answers)))
    if before is not None and set(statements) == set(before.statements):
        statements = before.statements
    version = base.version + 1 if before else 1
    after = base._replace(
        answers=answers, statements=statements, referrals=referrals, handed_in=not missing, at=None,
        place=Place.QUESTION if missing else Place.THANKS, version=version, since=version,
    )  # fmt: skip
    return Returned(one, before, after, missing)


@cache
def _labels() -> Mapping[str, str]:
    """Every word for an answer, folded, in all languages in which there are sheets; and the values themselves."""
    found = {folded(value): value for value in (*Rating, SKIPPED, REFERRED)}
    for code in ("de", "en"):
        words = catalogue(code)
        found |= {folded(words.t(label)): value for value, label in LABELS.items()}
        found[folded(words.t(SKIP))] = SKIPPED
    return found


def value_of(text: str) -> str | None:
    """The answer that a cell says, by word, symbol or value; None where it is none."""
    plain = text.strip().replace("\ufe0f", "")
    if plain in SYMBOLS:
        return SYMBOLS[plain].value
    return _labels().get(folded(plain))


@dataclass
class _Reading:
    """Compares the sheets of a book with the form, and gathers what is said and what is wrong."""

    form: Form
    one: Contributor
    before: Conversation | None
    pages: Mapping[str, Page]
    problems: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    referrals: dict[str, str] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    @property
    def words(self) -> Catalogue:
        return self.form.words

    def all(self) -> None:
        """Reads every sheet."""
        sheets: list[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = []
        if self.form.rated:
            sheets.append((self.words.t(QUESTIONS), HEAD, self.form.rows))
        if self.form.told:
            sheets.append((self.words.t(REPORTS), REPORT_HEAD, self.form.report_rows))
        for name, head, rows in sheets:
            if name not in self.pages:
                self.problems.append(self.words.t("Blatt {sheet} fehlt.", sheet=name))
                continue
            page = self.pages[name]
            if self.whole(name, page, [self.words.t(h) for h in head], rows):
                for row, (question, *_) in enumerate(rows, 1):
                    self.take(name, page, row, question)
        known = {name for name, _, _ in sheets} | {self.words.t(GUIDE)}
        for name in self.pages:
            if name not in known and self.pages[name].cells:
                self.problems.append(self.words.t("Blatt {sheet} gehört nicht zum Bogen.", sheet=name))
        if not self.problems and not self.answers and not self.statements:
            self.problems.append(self.words.t("Der Bogen ist leer."))

    def wrong(self, sheet: str, row: int, column: int, why: str) -> None:
        """One wrong cell, by the name it has on the screen."""
        where = self.words.t("Blatt {sheet}, Zelle {cell}:", sheet=sheet, cell=named(row, column))
        self.problems.append(f"{where} {why}")

    def whole(self, name: str, page: Page, head: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
        """Looks whether the locked cells are as they were and nothing stands beside; gives whether rows can be read."""
        words = self.words
        for merged in page.merged:
            self.problems.append(words.t("Blatt {sheet}, Zellen {cells}: Bitte keine Zellen verbinden.", sheet=name,
                                         cells=merged))  # fmt: skip
        ids = [row[0] for row in rows]
        if not self.in_order(name, page, ids):
            return False
        for number, texts in enumerate((head, *rows)):
            for column, text in enumerate(texts):
                if cleaned(page.text(number, column)) != cleaned(text):
                    why = words.t("Der Text zu Frage {question} ist verändert.", question=ids[number - 1])
                    self.wrong(name, number, column, why if number else words.t("Die Überschrift ist verändert."))
        for (row, column), cell in sorted(page.cells.items()):
            if row > len(rows) or column >= len(head):
                self.wrong(name, row, column, words.t("„{text}“ steht außerhalb des Bogens.", text=_quoted(cell)))
        return True

    def in_order(self, name: str, page: Page, ids: Sequence[str]) -> bool:
        """Whether the rows are those that went out, in their order; otherwise no cell of the sheet can be trusted."""
        words = self.words
        there = {row: cell.text.strip() for (row, column), cell in sorted(page.cells.items()) if row and not column}
        if there == dict(enumerate(ids, 1)):
            return True
        missing = [i for i in ids if i not in there.values()]
        foreign = [(row, text) for row, text in there.items() if text not in ids]
        for one in missing:
            self.problems.append(words.t("Blatt {sheet}: Die Zeile zu Frage {question} fehlt.", sheet=name,
                                         question=one))  # fmt: skip
        for row, text in foreign:
            self.wrong(name, row, 0, words.t("Die Frage „{text}“ gehört nicht zu diesem Bogen.", text=text[:QUOTED]))
        if not missing and not foreign:
            row = next(r for r, text in there.items() if r > len(ids) or text != ids[r - 1])
            self.wrong(name, row, 0, words.t("Hier steht die Frage {question}. Bitte keine Zeilen verschieben, "
                                             "einfügen oder doppeln.", question=there[row]))  # fmt: skip
        return False

    def take(self, name: str, page: Page, row: int, question: str) -> None:
        """Takes one row in."""
        rating = self.form.questionnaire.by_id[question].rating
        columns = (ANSWER, EVIDENCE, TARGET) if rating else (REPORT,)
        given = {c: cell for c in columns if (cell := page.cells.get((row, c))) is not None}
        if given and question not in self.one.questions:
            self.wrong(name, row, 0, self.words.t("Die Frage {question} gehört nicht mehr zu diesem Teil.",
                                                  question=question))  # fmt: skip
        for column, cell in given.items():
            if cell.computed:
                self.wrong(name, row, column, self.words.t("Bitte keine Formeln: „{text}“", text=_quoted(cell)))
        texts = {c: cleaned(cell.text) for c, cell in given.items() if not cell.computed}
        if rating:
            self.rated(name, row, question, texts)
        else:
            self.told(name, row, question, texts.get(REPORT, ""))

    def rated(self, name: str, row: int, question: str, texts: Mapping[int, str]) -> None:
        """An answer, its evidence, and who else may know."""
        words, answer, target = self.words, texts.get(ANSWER, ""), texts.get(TARGET, "")
        value = value_of(answer) if answer else None
        if answer and value is None:
            choice = ", ".join(words.t(label) for label in LABELS.values())
            self.wrong(name, row, ANSWER, words.t("„{text}“ ist keine Antwort. Möglich sind: {choice}.",
                                                  text=shortened(answer, QUOTED), choice=choice))  # fmt: skip
        elif value == REFERRED and not target:
            self.wrong(name, row, TARGET, words.t("Bitte schreiben Sie, welche Stelle mehr weiß."))
        elif target and value != REFERRED:
            self.wrong(name, row, TARGET, words.t("Das gilt nur mit der Antwort „{unsure}“.",
                                                  unsure=words.t(LABELS[REFERRED])))  # fmt: skip
        if len(target) > REFERRAL_LENGTH:
            self.long(name, row, TARGET, len(target), REFERRAL_LENGTH)
        if value is not None:
            self.answers[question] = value
        if value == REFERRED:
            self.referrals[question] = target
        self.said(name, row, EVIDENCE, question, texts.get(EVIDENCE, ""))

    def told(self, name: str, row: int, question: str, text: str) -> None:
        """A self-report, or that there is none."""
        if text and _labels().get(folded(text)) == SKIPPED:
            self.answers[question] = SKIPPED
        elif text:
            self.answers[question] = FINISHED
            self.said(name, row, REPORT, question, text)

    def said(self, name: str, row: int, column: int, question: str, text: str) -> None:
        """A text; where it is what was said before, the several messages of the chat stay what they are."""
        if not text:
            return
        if self.before is not None and text == cleaned(written(self.before, question)):
            self.statements += [s for s in self.before.statements if s.question == question]
        elif len(text) > REPORT_LENGTH:
            self.long(name, row, column, len(text), REPORT_LENGTH)
        else:
            self.statements.append(Statement(question, text))

    def long(self, name: str, row: int, column: int, length: int, most: int) -> None:
        """A text that is too long."""
        why = self.words.t("Der Text hat {length} Zeichen, es passen höchstens {number} hinein.",
                           length=length, number=most)  # fmt: skip
        self.wrong(name, row, column, why)


def named(row: int, column: int) -> str:
    """A cell as spreadsheets call it, "E17" for row 16 and column 4."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def _quoted(cell: Cell) -> str:
    return shortened(" ".join(cleaned(cell.text).split()), QUOTED)
