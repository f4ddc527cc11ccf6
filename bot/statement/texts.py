"""The edited texts of a statement: written out as files, and taken back with a word in the journal. Figures stay.

What is taken back counts from the next signature on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from sqlite3 import Connection

from bot.statement.steps import Refusal, StepError, Town
from conversations.store import contributions
from conversations.store.contributions import Entry
from locales import catalogue
from reports.evaluation import Evaluation, evaluate
from reports.statement_drafts import draft, edited, parts, wrong

TEXT_LENGTH = 20_000  # characters of one text
LANGUAGES = ("de", "en")  # those in which drafts are written


def figures(found: Town) -> Evaluation:
    """The figures as they would be signed now. Raises StepError while questions are open."""
    if found.open:
        raise StepError(Refusal.OPEN_QUESTIONS, ", ".join(found.open))
    tally = {p.question: {p.value: 1} for p in found.positions.values() if p.value is not None}
    return evaluate(found.questionnaire, tally, 1)


def complaints(found: Town, files: Mapping[str, str]) -> list[str]:
    """What keeps files from being taken back, each with file and line. Raises StepError while questions are open."""
    known, now = parts(found.questionnaire), figures(found)
    told = [f"{file}: is none of {', '.join(known)}" for file in files if file not in known]
    for file, content in files.items():
        if len(edited(content)) > TEXT_LENGTH:
            told.append(f"{file}: longer than {TEXT_LENGTH} characters")
        if file in known:
            told += [f"{one.file}, line {one.line}: {one.why}"
                     for one in wrong(found.questionnaire, now, file, content)]  # fmt: skip
    return told


def taken(tx: Connection, found: Town, files: Mapping[str, str], now: datetime, who: str) -> list[str]:
    """Keeps the texts of these files; gives the parts that changed. Call `complaints` before.

    A text that is still the draft by rule, or empty, is not kept: the draft goes on following the figures. Parts
    without a file stay as they were. Raises StepError for a survey that is closed or has open questions.
    """
    if found.survey.closed:
        raise StepError(Refusal.CLOSED, found.survey.id)
    evaluation, known = figures(found), parts(found.questionnaire)
    texts = dict(found.drafts)
    for file, content in files.items():
        part, text = known[file], edited(content)
        by_rule = {draft(found.questionnaire, evaluation, part, catalogue(code)) for code in LANGUAGES}
        texts.pop(part, None)
        if text.strip() and text not in by_rule:
            texts[part] = text
    changed = [part for part in known.values() if texts.get(part) != found.drafts.get(part)]
    if changed:
        contributions.keep_drafts(tx, found.survey.id, texts)
    for part in changed:
        entry = Entry(int(now.timestamp()), who, "text", part, found.drafts.get(part, ""), texts.get(part, ""))
        contributions.log(tx, found.survey.id, entry)
    return changed
