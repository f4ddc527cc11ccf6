"""How the answers of many departments become the one statement of a town: agreed, different, decided, still open. Pure.

Knows who was asked what and what they said; the town's answer follows from that or from the coordinator's decision,
and no contributor's answer is ever changed by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from conversations.conversation import REFERRED, SKIPPED, Conversation
from conversations.questionnaire import Question, Questionnaire, Rating

RATED = tuple(rating.value for rating in Rating if rating is not Rating.CANNOT_SAY)
UNRATED = (Rating.CANNOT_SAY.value, SKIPPED)
"""What a town can say of a question without rating it: no assessment is possible, or nobody worked on it."""


@dataclass(frozen=True)
class Contributor:
    """Who answers for the town: a department and a function; `name` only where it is to be printed.

    `respondent` is None until the one-time link was used or a sheet came back. `questions` are the ids of the part
    that was given to it. `reminders`: whether it wants to be reminded; `reminded`: at which of the moments it last was.
    """

    id: str
    department: str
    function: str
    name: str | None = None
    respondent: str | None = None
    questions: frozenset[str] = frozenset()
    reminders: bool = False
    reminded: int = 0

    @property
    def title(self) -> str:
        """Department and function in one line, as lists and logs name it."""
        return f"{self.department}, {self.function}"


@dataclass(frozen=True)
class Contribution:
    """What one contributor says to one question it was given.

    `value` is a rating, "skipped", "referred" (to `target`), "finished" for an open question, or None: open so far.
    `texts` are the evidence, or the paragraphs of a self-report. Only what was handed in counts.
    """

    contributor: str
    value: str | None
    texts: tuple[str, ...] = ()
    target: str | None = None
    handed_in: bool = False

    @property
    def rating(self) -> Rating | None:
        """The rating that counts: handed in, and more than "no assessment possible"."""
        rated = self.handed_in and self.value in RATED
        return Rating(self.value or "") if rated else None


@dataclass(frozen=True)
class Decision:
    """The coordinator's: a value (a rating, "cannot-say" or "skipped") or, for an open question, a text; and why.

    `seen` is the `fingerprint` of the contributions when it was made.
    """

    value: str | None
    text: str | None
    reason: str
    seen: str


@dataclass(frozen=True)
class Seat:
    """What a contributor's own chat knows beside its conversation: its part, whether the town's answers to it are
    shown already, and its Stellungnahmen (text and day, by field)."""

    survey: str
    contributor: Contributor
    presented: bool = False
    comments: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class State(StrEnum):
    """How far the town's answer to a question is."""

    WAITING = "waiting"  # somebody who was asked has not handed in
    UNASSIGNED = "unassigned"  # nobody was asked
    DIFFERENT = "different"  # two or more ratings: to be decided
    UNKNOWN = "unknown"  # nobody could rate it: to be decided, or left without an assessment for a reason
    OUTDATED = "outdated"  # decided, but somebody has said something else since
    AGREED = "agreed"
    DECIDED = "decided"


OPEN_STATES = (State.WAITING, State.UNASSIGNED, State.DIFFERENT, State.UNKNOWN, State.OUTDATED)


@dataclass(frozen=True)
class Position:
    """The town's answer to one question, and how it came to be.

    `value` is a rating, "cannot-say" or "skipped", None while it is open and for open questions; `text` the self-report
    of an open question, its contributors' paragraphs or what the coordinator wrote; `reason` the coordinator's.
    """

    question: str
    state: State
    value: str | None
    text: str
    reason: str
    contributions: tuple[Contribution, ...]

    @property
    def settled(self) -> bool:
        """Whether the statement can be signed as far as this question goes."""
        return self.state not in OPEN_STATES

    @property
    def by(self) -> tuple[str, ...]:
        """The contributors whose word this is: those who handed something in."""
        return tuple(c.contributor for c in self.contributions if c.handed_in and (c.value or c.texts))


def contribution(contributor: Contributor, question: str, conversation: Conversation | None) -> Contribution:
    """What a contributor's conversation says to a question."""
    if conversation is None:
        return Contribution(contributor.id, None)
    return Contribution(
        contributor.id,
        conversation.answers.get(question),
        conversation.given(question),
        conversation.referrals.get(question),
        conversation.handed_in,
    )


def positions(
    questionnaire: Questionnaire,
    contributors: Sequence[Contributor],
    conversations: Mapping[str, Conversation],
    decisions: Mapping[str, Decision],
) -> dict[str, Position]:
    """The town's answer to every question, by id in the questionnaire's order.

    `conversations` are by respondent, `contributors` in the order in which they are named, `decisions` by question.
    """
    asked: dict[str, list[Contribution]] = {q.id: [] for q in questionnaire.questions}
    for one in contributors:
        for question in one.questions & asked.keys():
            asked[question].append(contribution(one, question, conversations.get(one.respondent or "")))
    return {q.id: _position(q, tuple(asked[q.id]), decisions.get(q.id)) for q in questionnaire.questions}


def _position(question: Question, given: tuple[Contribution, ...], decision: Decision | None) -> Position:
    text = "" if question.rating else "\n\n".join(t for c in given if c.handed_in for t in c.texts)
    if decision is not None:
        state = State.DECIDED if decision.seen == fingerprint(given) else State.OUTDATED
        text = text if decision.text is None else decision.text
        return Position(question.id, state, decision.value, text, decision.reason, given)
    if not given:
        return Position(question.id, State.UNASSIGNED, None, "", "", given)
    if any(not c.handed_in for c in given):
        return Position(question.id, State.WAITING, None, text, "", given)
    if not question.rating:
        return Position(question.id, State.AGREED, None, text, "", given)
    ratings = {c.rating for c in given if c.rating is not None}
    if len(ratings) == 1:
        return Position(question.id, State.AGREED, ratings.pop(), "", "", given)
    return Position(question.id, State.DIFFERENT if ratings else State.UNKNOWN, None, "", "", given)


def fingerprint(given: Iterable[Contribution]) -> str:
    """A hash of what the contributors said to a question, so that a later change of it is noticed."""
    said = [[c.contributor, c.value, list(c.texts), c.target, c.handed_in] for c in given]
    return hashlib.sha256(json.dumps(sorted(said, key=lambda s: str(s[0]))).encode()).hexdigest()[:16]


def decision(question: Question, position: Position, answer: str, reason: str) -> Decision:
    """A coordinator's decision on a question: `answer` is a value of the scale, "skipped", or an open question's text.

    Raises ValueError where the reason is missing or the value is none.
    """
    if not reason.strip():
        raise ValueError("a decision needs a reason")
    seen = fingerprint(position.contributions)
    if not question.rating:
        return Decision(None, answer.strip(), reason.strip(), seen)
    if answer not in {*Rating, SKIPPED}:
        raise ValueError(f"{answer!r} is none of {', '.join([*Rating, SKIPPED])}")
    return Decision(answer, None, reason.strip(), seen)


def unsettled(found: Mapping[str, Position]) -> list[str]:
    """The ids of the questions that keep a statement from being signed."""
    return [p.question for p in found.values() if not p.settled]


def progress(contributor: Contributor, conversation: Conversation | None) -> tuple[int, int, bool]:
    """How many questions of its part a contributor has settled, of how many, and whether it has handed them in."""
    if conversation is None:
        return 0, len(contributor.questions), False
    done = sum(q in conversation.answers for q in contributor.questions)
    return done, len(contributor.questions), conversation.handed_in


def referrals(contributors: Sequence[Contributor], found: Mapping[str, Position]) -> list[tuple[str, str, str]]:
    """Every "I do not know, please ask …": question, contributor, whom to ask."""
    known = {c.id for c in contributors}
    return [
        (p.question, c.contributor, c.target or "")
        for p in found.values() for c in p.contributions
        if c.value == REFERRED and c.contributor in known
    ]  # fmt: skip
