"""The town's statement as it is signed: the block `town` of a release, and what a version changes. Pure.

A release of persons holds ids of what they wrote, so that a deletion reaches it. A town's statement is the town's own:
its texts, its contributors by department and function, and their comments stand in the release and stay.

    town       version, signed {function, day}, coordinated: which office led it (not in releases of before),
               contributors [{id, department, function, name, questions, settled, handed_in}],
               positions {rating question: {value, state, reason, by, given, evidence}},
               reports {open question: text}, comments [{contributor, field, text, day}],
               choice {fields, reason} | null, texts {field or "overall": Markdown},
               changes [{question, before, after}]
    given      [{contributor, value}]      what each contributor handed in: a value, "referred", or null
    evidence   [{contributor, text}]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conversations.conversation import Conversation
from conversations.institution import Contributor, Position, progress
from conversations.questionnaire import Questionnaire

OVERALL = "overall"


@dataclass(frozen=True)
class Signature:
    """Who signs for the town, by function, and when. `version` counts from 1."""

    version: int
    function: str
    day: date


@dataclass(frozen=True)
class Remark:
    """A contributor's Stellungnahme on a field."""

    contributor: str
    field: str
    text: str
    day: str


@dataclass(frozen=True)
class Statement:
    """All that a signed statement consists of; `positions` are settled, by question. `office` coordinated it."""

    signature: Signature
    contributors: Sequence[Contributor]
    conversations: Mapping[str, Conversation]
    positions: Mapping[str, Position]
    remarks: Sequence[Remark] = ()
    choice: tuple[tuple[str, ...], str] | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    office: str = ""

    @property
    def taking_part(self) -> list[Contributor]:
        """Who has a part or has commented; who was named and given nothing has not failed to hand in."""
        remarked = {r.contributor for r in self.remarks}
        return [one for one in self.contributors if one.questions or one.id in remarked]


def town(questionnaire: Questionnaire, found: Statement, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The block of a release; `before` is that of the version signed last."""
    signature = found.signature
    positions = {
        q.id: _position(found.positions[q.id]) for q in questionnaire.questions if q.rating
    }  # fmt: skip
    reports = {q.id: found.positions[q.id].text for q in questionnaire.questions if not q.rating}
    return {
        "version": signature.version,
        "signed": {"function": signature.function, "day": signature.day.isoformat()},
        "coordinated": found.office,
        "contributors": [_contributor(one, found.conversations.get(one.respondent or "")) for one in found.taking_part],
        "positions": positions,
        "reports": reports,
        "comments": [
            {"contributor": r.contributor, "field": r.field, "text": r.text, "day": r.day} for r in found.remarks
        ],
        "choice": None if found.choice is None else {"fields": list(found.choice[0]), "reason": found.choice[1]},
        "texts": dict(found.texts),
        "changes": changes(before, positions, reports),
    }


def changes(
    before: Mapping[str, Any] | None, positions: Mapping[str, Mapping[str, Any]], reports: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What a version says otherwise than the one before: question, then and now; nothing for the first version."""
    if before is None:
        return []
    was = {q: p["value"] for q, p in before["positions"].items()} | dict(before["reports"])
    now = {q: p["value"] for q, p in positions.items()} | dict(reports)
    return [{"question": q, "before": was.get(q), "after": now[q]} for q in now if was.get(q) != now[q]]


def tally(found: Statement) -> dict[str, dict[str, int]]:
    """The town's ratings as the counts of one respondent, which is how they are evaluated."""
    return {p.question: {p.value: 1} for p in found.positions.values() if p.value is not None}


def _position(found: Position) -> dict[str, Any]:
    return {
        "value": found.value,
        "state": str(found.state),
        "reason": found.reason,
        "by": list(found.by),
        "given": [
            {"contributor": c.contributor, "value": c.value if c.handed_in else None} for c in found.contributions
        ],
        "evidence": [
            {"contributor": c.contributor, "text": text} for c in found.contributions if c.handed_in for text in c.texts
        ],
    }


def _contributor(one: Contributor, conversation: Conversation | None) -> dict[str, Any]:
    settled, questions, handed_in = progress(one, conversation)
    return {
        "id": one.id, "department": one.department, "function": one.function, "name": one.name,
        "questions": questions, "settled": settled, "handed_in": handed_in,
    }  # fmt: skip
