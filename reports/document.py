"""What a release document is: its form, its canonical bytes and digest, and its figures as values and back. Pure.

A release is a document of plain values (JSON), its canonical bytes and their SHA-256. It holds figures that have
passed disclosure control, and *ids* of statements, never texts. A renderer sees nothing else.

    format, rule {values, cuts, close, fewest}, survey {id, kind, opened, closed, released},
    questionnaire {id, version, institution},
    voices {voice: {withheld: true, k}
                 | {withheld: false, k, n, not_handed_in, languages, fields, overall, focus}},
    statements {question: [{id, voice}, …]}
    field     {id, criteria, questions, <standing>}     criterion, question  {id, n, counts, mean, mark, …}
    town      an institution's statement alone: see statement.py
    standing  {mean, raw, level, reason, by_rounding, close, answered, asked, gaps, span, tipping}

Fractions are texts ("7/4"), days ISO texts. Null stands for what does not exist or is kept back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from conversations.questionnaire import Questionnaire, Rating
from conversations.survey import FiguresError
from reports.evaluation import (
    CLOSE,
    CUTS,
    FEWEST,
    NAMES,
    VALUES,
    Counts,
    Evaluation,
    Figures,
    Reason,
    Span,
    Standing,
    assembled,
)

FORMAT = "weltoffen-release-1"
Document = Mapping[str, Any]
Statements = Mapping[str, Sequence[str | None]]
"""Open question → its statements in the release's order: a text, None if withdrawn, "" if no organiser released it."""

RULE: Mapping[str, Any] = {
    "values": {str(rating): value for rating, value in VALUES.items()},
    "cuts": [str(cut) for cut in CUTS],
    "close": str(CLOSE),
    "fewest": FEWEST,
}


class ReleaseError(FiguresError):
    """A release whose figures do not add up; the message names every place."""


@dataclass(frozen=True)
class Quote:
    """One statement that may be shown: its text (None: withdrawn) and its voice where that may be named."""

    text: str | None
    voice: str | None


def canonical(document: Document) -> bytes:
    """The one way to write a document: keys sorted, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest_of(document: Document) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def quotes(document: Document, statements: Statements) -> dict[str, list[Quote]]:
    """The statements that may be shown, by question; those no organiser released ("" in `statements`) are left out.

    Raises ReleaseError where the texts are not those the release refers to, one for one.
    """
    found: dict[str, list[Quote]] = {}
    if unknown := sorted(q for q, texts in statements.items() if texts and q not in document["statements"]):
        raise ReleaseError(f"statements {', '.join(unknown)}: the release refers to none")
    for question, entries in document["statements"].items():
        texts = statements.get(question)
        if texts is None:
            continue
        if len(texts) != len(entries):
            raise ReleaseError(f"statements {question}: {len(texts)} texts for {len(entries)} ids of the release")
        pairs = zip(entries, texts, strict=True)
        found[question] = [Quote(text, e["voice"]) for e, text in pairs if text is None or text.strip()]
    return {question: those for question, those in found.items() if those}


# ---- figures as plain values ------------------------------------------------------------------------------------


def plain_evaluation(found: Evaluation) -> dict[str, Any]:
    """The figures of one voice, as they stand in its block."""
    return {
        "fields": [
            {
                "id": f.id,
                "criteria": [plain_figures(c) for c in f.criteria],
                "questions": [plain_figures(q) for q in f.questions],
                **_standing(f.standing),
            }
            for f in found.fields
        ],
        "overall": _standing(found.overall),
        "focus": list(found.focus),
    }


def plain_figures(found: Figures) -> dict[str, Any]:
    """One question or criterion, as it stands in a field."""
    return {
        "id": found.id,
        "n": found.n,
        "counts": found.counts.by_value() if found.counts else None,
        "mean": _text(found.mean),
        "mark": found.mark,
        "divided": found.divided,
        "close": found.close,
        "reason": found.reason,
    }


def _standing(found: Standing) -> dict[str, Any]:
    return {
        "mean": _text(found.mean),
        "raw": _text(found.raw),
        "level": found.level,
        "reason": found.reason,
        "by_rounding": found.by_rounding,
        "close": found.close,
        "answered": found.answered,
        "asked": found.asked,
        "gaps": [{"question": question, "reason": gap} for question, gap in found.gaps],
        "span": _ends(found.span),
        "tipping": [{"criterion": criterion, "level": level} for criterion, level in found.tipping],
    }


def _ends(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    lowest, highest = span.levels
    return {"lowest": str(span.lowest), "highest": str(span.highest), "levels": [lowest, highest]}


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


# ---- and back ---------------------------------------------------------------------------------------------------


def evaluation_of(document: Document, questionnaire: Questionnaire, voice: str) -> Evaluation | None:
    """The figures of one voice as values again, everything derived recomputed; None where the voice is withheld."""
    block = document["voices"][voice]
    if block["withheld"]:
        return None
    questions = {q["id"]: _figures(q) for f in block["fields"] for q in f["questions"]}
    criteria = {c["id"]: _figures(c) for f in block["fields"] for c in f["criteria"]}
    return assembled(questionnaire, questions, criteria, block["n"])


def _figures(plain: Mapping[str, Any]) -> Figures:
    counts, mean, mark, reason = plain["counts"], plain["mean"], plain["mark"], plain["reason"]
    return Figures(
        id=plain["id"],
        counts=None if counts is None else Counts(**{NAMES[value]: n for value, n in counts.items()}),
        mean=None if mean is None else Fraction(mean),
        mark=None if mark is None else Rating(mark),
        divided=plain["divided"],
        close=plain["close"],
        reason=None if reason is None else Reason(reason),
    )
