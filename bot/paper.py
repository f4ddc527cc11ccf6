"""The paper door: a CSV of answers becomes respondents who handed in; a file is taken whole or not at all.

It comes in two forms, told apart by their first line: a row for every answer, or, as `empty` writes it, a row for every
sheet with a column for each question.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.spreadsheet import as_csv
from bot.typed import SYMBOLS, cleaned, meaning
from bot.view import offered_in
from conversations.conversation import (
    FINISHED,
    PAPER,
    SKIPPED,
    STATEMENT_LENGTH,
    STATEMENTS,
    Conversation,
    Meaning,
    Place,
    Statement,
)
from conversations.questionnaire import Questionnaire, Rating, Voice
from conversations.survey import Survey

SHEET = ["respondent", "voice", "language"]
COLUMNS = [*SHEET, "question", "answer"]
QUESTION = "question "  # in front of an id: a spreadsheet would take "1.1" alone for the first of January


class PaperError(ValueError):
    """A file that cannot be imported; `problems` holds one complaint per wrong row, with its line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class _Sheet:
    """What one respondent of the file answered."""

    voice: Voice
    language: str
    answers: dict[str, str] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)


def empty(questionnaire: Questionnaire, voice: Voice, language: str, sheets: int) -> bytes:
    """A CSV to type so many sheets into, one row each; with semicolons and a byte order mark, as Excel wants it."""
    head = [*SHEET, *(QUESTION + q.id for q in questionnaire.questions)]
    rows = ([str(n), voice, language, *("" for _ in questionnaire.questions)] for n in range(1, sheets + 1))
    return as_csv([head, *rows], excel=True)


def conversations(content: bytes, survey: Survey, questionnaire: Questionnaire) -> list[Conversation]:
    """The respondents of a file, handed in. Raises PaperError naming every wrong row with line and reason."""
    columns, rows = _read(content)
    asked = None if columns == COLUMNS else _asked(columns, questionnaire)
    problems: list[str] = []
    sheets: dict[str, _Sheet] = {}
    for line, row in rows:
        if len(row) != len(columns):
            wrong = [f"{len(row)} columns instead of {len(columns)}"]
        elif asked is None:
            wrong = _take_row(row, sheets, survey, questionnaire)
        else:
            wrong = _take_sheet(row, asked, sheets, survey, questionnaire)
        problems += [f"line {line}: {why}" for why in wrong]
    if not sheets and not problems:
        problems.append("the file holds no answers")
    for name, sheet in sheets.items():
        if not sheet.statements and all(a == SKIPPED for a in sheet.answers.values()) and not problems:
            problems.append(f"respondent {name!r} answers nothing and cannot be counted")
    if problems:
        raise PaperError(problems)
    return [_conversation(sheet, survey) for sheet in sheets.values()]


def _read(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns, and every row that is not empty, with its line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PaperError([f"byte {error.start}: the file is not UTF-8; save it as CSV UTF-8"]) from error
    if "\0" in text:
        raise PaperError(["the file holds NUL bytes and is no CSV"])
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",",
                        strict=True)  # fmt: skip
    found: list[tuple[int, list[str]]] = []
    try:
        columns = [c.strip().lower() for c in next(reader, [])]
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((reader.line_num, [cell.strip() for cell in row]))
    except csv.Error as error:
        raise PaperError([f"line {reader.line_num}: {error}"]) from error
    return columns, found


def _asked(columns: list[str], questionnaire: Questionnaire) -> list[str]:
    """The ids of the questions that have a column each. Raises PaperError unless it is every question once."""
    wide = columns[len(SHEET) :]
    if columns[: len(SHEET)] != SHEET or not wide or not all(c.startswith(QUESTION) for c in wide):
        raise PaperError([f"line 1: the columns must be {','.join(COLUMNS)}, or {','.join(SHEET)} and one column for "
                          "each question, as weltoffen survey paper --csv writes them"])  # fmt: skip
    found = [c.removeprefix(QUESTION).strip() for c in wide]
    wrong = [f"there is no question {one!r} in {questionnaire.name}" for one in found if one not in questionnaire.by_id]
    wrong += [f"question {one} has no column" for one in questionnaire.by_id if one not in found]
    wrong += [f"question {one} has two columns" for one in questionnaire.by_id if found.count(one) > 1]
    if wrong:
        raise PaperError([f"line 1: {why}" for why in wrong])
    return found


def _take_row(row: list[str], sheets: dict[str, _Sheet], survey: Survey, questionnaire: Questionnaire) -> list[str]:
    """Takes a row with one answer in; gives what is wrong with it."""
    name, voice, language, question, answer = row
    if (why := _unknown(name, voice, language, survey, questionnaire)) is not None:
        return [why]
    if question not in questionnaire.by_id:
        return [f"there is no question {question!r} in {questionnaire.name}"]
    sheet = sheets.setdefault(name, _Sheet(Voice(voice), language))
    if (sheet.voice, sheet.language) != (voice, language):
        return [f"respondent {name!r} had voice {sheet.voice} and language {sheet.language} before"]
    if question in sheet.answers and questionnaire.by_id[question].rating:
        return [f"respondent {name!r} answers {question} a second time"]
    return _take(sheet, question, answer, questionnaire)


def _take_sheet(
    row: list[str], asked: Sequence[str], sheets: dict[str, _Sheet], survey: Survey, questionnaire: Questionnaire
) -> list[str]:
    """Takes a row with a whole sheet in; gives what is wrong with it. A row in which nothing was typed is none."""
    name, voice, language, *answers = row
    if not any(answers):
        return []
    if (why := _unknown(name, voice, language, survey, questionnaire)) is not None:
        return [why]
    if name in sheets:
        return [f"respondent {name!r} has a row before"]
    sheet, wrong = sheets.setdefault(name, _Sheet(Voice(voice), language)), list[str]()
    for question, answer in zip(asked, answers, strict=True):
        lines = [answer] if questionnaire.by_id[question].rating else cleaned(answer).split("\n")
        for line in [one.strip() for one in lines if one.strip()] or [SKIPPED]:  # what is left free was passed over
            wrong += [f"question {question}: {why}" for why in _take(sheet, question, line, questionnaire)]
    return wrong


def _unknown(name: str, voice: str, language: str, survey: Survey, questionnaire: Questionnaire) -> str | None:
    """What is wrong with whose answers a row says that it holds."""
    if not name:
        return "respondent is empty"
    if voice not in survey.voices:
        return f"voice {voice!r} is none of {', '.join(survey.voices)}"
    if language not in offered_in(questionnaire):
        return f"language {language!r} is none of {', '.join(offered_in(questionnaire))}"
    return None


def _take(sheet: _Sheet, question: str, answer: str, questionnaire: Questionnaire) -> list[str]:
    """Takes one answer in; gives what is wrong with it."""
    if questionnaire.by_id[question].rating:
        if (value := rated(answer)) is None:
            return [f"answer {answer!r} is none of 1 to {len(Rating)}, {', '.join([*Rating, SKIPPED])}"]
        sheet.answers[question] = value
        return []
    text = cleaned(answer)
    if answer == SKIPPED:
        sheet.answers.setdefault(question, SKIPPED)
    elif not text:
        return ["answer is empty"]
    elif len(text) > STATEMENT_LENGTH and not questionnaire.institution:
        return [f"answer is longer than {STATEMENT_LENGTH} characters"]
    elif sum(s.question == question for s in sheet.statements) >= STATEMENTS:
        return [f"more than {STATEMENTS} statements to {question}"]
    else:
        sheet.answers[question] = FINISHED
        sheet.statements.append(Statement(question, text))
    return []


def rated(answer: str) -> str | None:
    """What a typed rating says: a number as the sheet prints it, a word of the scale in any language, or our own value.

    Signs are none: whoever types sheets writes a dash where nothing was ticked, and the chat takes it for an answer.
    """
    if answer in {*Rating, SKIPPED}:
        return answer
    if answer.replace("\ufe0f", "") in SYMBOLS or (len(answer) > 1 and any(c.isnumeric() for c in answer)):
        return None
    match meaning(answer):
        case Rating() as rating:
            return rating.value
        case Meaning.SKIP:
            return SKIPPED
    return None


def _conversation(sheet: _Sheet, survey: Survey) -> Conversation:
    return Conversation(
        survey.id, secrets.token_hex(16), sheet.voice, sheet.language, PAPER, answers=sheet.answers,
        statements=tuple(sheet.statements), place=Place.THANKS, handed_in=True, active=False,
    )  # fmt: skip
