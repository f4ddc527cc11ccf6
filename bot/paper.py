"""The paper door: a CSV of answers becomes respondents who handed in; a file is taken whole or not at all."""

from __future__ import annotations

import csv
import io
import secrets
from dataclasses import dataclass, field

from bot.typed import cleaned
from bot.view import offered_in
from conversations.conversation import (
    FINISHED,
    PAPER,
    SKIPPED,
    STATEMENT_LENGTH,
    STATEMENTS,
    Conversation,
    Place,
    Statement,
)
from conversations.questionnaire import Questionnaire, Rating, Voice
from conversations.survey import Survey

COLUMNS = ["respondent", "voice", "language", "question", "answer"]


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


def conversations(content: bytes, survey: Survey, questionnaire: Questionnaire) -> list[Conversation]:
    """The respondents of a file, handed in. Raises PaperError naming every wrong row with line and reason."""
    problems: list[str] = []
    sheets: dict[str, _Sheet] = {}
    for line, row in _rows(content):
        if (wrong := _take(row, sheets, survey, questionnaire)) is not None:
            problems.append(f"line {line}: {wrong}")
    if not sheets and not problems:
        problems.append("the file holds no answers")
    for name, sheet in sheets.items():
        if not sheet.statements and all(a == SKIPPED for a in sheet.answers.values()) and not problems:
            problems.append(f"respondent {name!r} answers nothing and cannot be counted")
    if problems:
        raise PaperError(problems)
    return [_conversation(sheet, survey) for sheet in sheets.values()]


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
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
        if columns != COLUMNS:
            raise PaperError([f"line 1: the columns must be {','.join(COLUMNS)}"])
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((reader.line_num, [cell.strip() for cell in row]))
    except csv.Error as error:
        raise PaperError([f"line {reader.line_num}: {error}"]) from error
    return found


def _take(row: list[str], sheets: dict[str, _Sheet], survey: Survey, questionnaire: Questionnaire) -> str | None:
    """Takes one row in; gives what is wrong with it."""
    if len(row) != len(COLUMNS):
        return f"{len(row)} columns instead of {len(COLUMNS)}"
    name, voice, language, question_id, answer = row
    if not name:
        return "respondent is empty"
    if voice not in survey.voices:
        return f"voice {voice!r} is none of {', '.join(survey.voices)}"
    if language not in offered_in(questionnaire):
        return f"language {language!r} is none of {', '.join(offered_in(questionnaire))}"
    question = questionnaire.by_id.get(question_id)
    if question is None:
        return f"there is no question {question_id!r} in {questionnaire.name}"
    sheet = sheets.setdefault(name, _Sheet(Voice(voice), language))
    if (sheet.voice, sheet.language) != (voice, language):
        return f"respondent {name!r} had voice {sheet.voice} and language {sheet.language} before"
    if question.rating:
        if answer not in {*Rating, SKIPPED}:
            return f"answer {answer!r} is none of {', '.join([*Rating, SKIPPED])}"
        if question_id in sheet.answers:
            return f"respondent {name!r} answers {question_id} a second time"
        sheet.answers[question_id] = answer
        return None
    text = cleaned(answer)
    if answer == SKIPPED:
        sheet.answers.setdefault(question_id, SKIPPED)
    elif not text:
        return "answer is empty"
    elif len(text) > STATEMENT_LENGTH and not questionnaire.institution:
        return f"answer is longer than {STATEMENT_LENGTH} characters"
    elif sum(s.question == question_id for s in sheet.statements) >= STATEMENTS:
        return f"more than {STATEMENTS} statements to {question_id}"
    else:
        sheet.answers[question_id] = FINISHED
        sheet.statements.append(Statement(question_id, text))
    return None


def _conversation(sheet: _Sheet, survey: Survey) -> Conversation:
    return Conversation(
        survey.id, secrets.token_hex(16), sheet.voice, sheet.language, PAPER, answers=sheet.answers,
        statements=tuple(sheet.statements), place=Place.THANKS, handed_in=True, active=False,
    )  # fmt: skip
