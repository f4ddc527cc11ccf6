"""The frozen release: builds it from the answers of each voice, and reads a stored one; both only if it adds up. Pure.

Its form is told in document.py, what adds up in checker.py; that is imported where a release is made or read, for a bot
that starts makes none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conversations.institution import unsettled
from conversations.questionnaire import Kind, Questionnaire, Voice
from reports.disclosure import OTHER, counted_out, merged, protected, withheld
from reports.document import FORMAT, RULE, Document, ReleaseError, canonical, digest_of, plain_evaluation
from reports.evaluation import Tally, evaluate
from reports.statement import Statement, tally, town

StatementId = int | str


@dataclass(frozen=True)
class Facts:
    """What a release says of the survey itself. `released` is the day of this release."""

    survey: str
    kind: Kind
    closed: date
    released: date
    opened: date | None = None


@dataclass(frozen=True)
class Answers:
    """What one voice gave. `languages` counts those who handed in; `statements` are ids by open question.

    `apart`: how many of those who handed in did so on a telephone of their own; None: all.
    """

    tally: Tally
    handed_in: int
    not_handed_in: int = 0
    languages: Mapping[str, int] = field(default_factory=dict)
    statements: Mapping[str, Sequence[StatementId]] = field(default_factory=dict)
    apart: int | None = None


@dataclass(frozen=True)
class Release:
    """A frozen snapshot. `digest` is the SHA-256 of its canonical bytes, in hexadecimal."""

    document: Document
    digest: str

    @property
    def bytes(self) -> bytes:
        """The canonical bytes, as they are stored and hashed."""
        return canonical(self.document)


def read(content: str | bytes, questionnaire: Questionnaire) -> Release:
    """A stored release. Raises ReleaseError where it does not add up, ValueError where it is no JSON."""
    from reports.checker import checked

    document = json.loads(content)
    checked(document, questionnaire)
    return Release(document, digest_of(document))


def release(
    questionnaire: Questionnaire,
    facts: Facts,
    voices: Mapping[Voice, Answers],
    groups: Mapping[Voice, int],
) -> Release:
    """The one release of a closed survey of persons. `groups` is k by voice (Survey.groups).

    Raises ReleaseError for figures that do not add up and EvaluationError for counts that cannot be.
    """
    if questionnaire.institution:
        raise ReleaseError(f"a statement on {questionnaire.name} is signed, it does not follow from closing a survey")
    if unknown := sorted(set(voices) - set(questionnaire.voices)):
        raise ReleaseError(f"{questionnaire.name} has no voice {', '.join(unknown)}")
    blocks = {
        voice: _voice(questionnaire, voices[voice], groups[voice]) for voice in questionnaire.voices if voice in voices
    }
    document = {
        **_head(questionnaire, facts),
        "voices": {str(voice): block for voice, block in blocks.items()},
        "statements": _statements(
            questionnaire, facts.survey, voices, {voice: block["withheld"] for voice, block in blocks.items()}, groups
        ),
    }
    return _frozen(document, questionnaire)


def _head(questionnaire: Questionnaire, facts: Facts) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "rule": RULE,
        "survey": {
            "id": facts.survey,
            "kind": str(facts.kind),
            "opened": facts.opened.isoformat() if facts.opened else None,
            "closed": facts.closed.isoformat(),
            "released": facts.released.isoformat(),
        },
        "questionnaire": {
            "id": questionnaire.id,
            "version": questionnaire.version,
            "institution": questionnaire.institution,
        },
    }


def _frozen(document: Mapping[str, Any], questionnaire: Questionnaire) -> Release:
    from reports.checker import checked

    found: Document = json.loads(canonical(document))
    checked(found, questionnaire)
    return Release(found, digest_of(found))


def declared(
    questionnaire: Questionnaire, facts: Facts, statement: Statement, before: Document | None = None
) -> Release:
    """The release of an institution's statement, signed; `before` is the version signed last.

    Raises ReleaseError where questions are still open or figures do not add up.
    """
    if waiting := unsettled(statement.positions):
        raise ReleaseError(f"not settled yet: {', '.join(waiting)}")
    voice = questionnaire.voices[0]
    document = {
        **_head(questionnaire, facts),
        "voices": {str(voice): _voice(questionnaire, Answers(tally(statement), 1), 1)},
        "statements": {},
        "town": town(questionnaire, statement, None if before is None else before["town"]),
    }
    return _frozen(document, questionnaire)


def _voice(questionnaire: Questionnaire, answers: Answers, k: int) -> dict[str, Any]:
    institution = questionnaire.institution
    if withheld(answers.handed_in, k, institution, answers.apart):
        return {"withheld": True, "k": k}
    whole = evaluate(questionnaire, answers.tally, answers.handed_in)
    found = protected(questionnaire, whole, k)
    known = sum(answers.languages.values())
    if known > answers.handed_in:
        raise ReleaseError(f"{known} people by language, but {answers.handed_in} handed in")
    languages = {**answers.languages, OTHER: answers.languages.get(OTHER, 0) + answers.handed_in - known}
    return {
        "withheld": False,
        "k": k,
        "n": answers.handed_in,
        "not_handed_in": counted_out(answers.not_handed_in, k, institution),
        "languages": [] if institution else [{"code": c, "n": n} for c, n in merged(languages, k).items()],
        **plain_evaluation(found),
    }


def _statements(
    questionnaire: Questionnaire,
    survey: str,
    voices: Mapping[Voice, Answers],
    hidden: Mapping[Voice, bool],
    groups: Mapping[Voice, int],
) -> dict[str, list[dict[str, Any]]]:
    """Ids by question, in an order that tells nothing of time.

    Their voice is named only if no voice is withheld: else the nameless ones would be those of the small voice. If
    all voices together are fewer people than the largest k, or a withheld voice stands alone, there are none.
    """
    small = {voice for voice in voices if hidden[voice]}
    people = sum(a.handed_in for a in voices.values())
    if small and (small == set(voices) or people < max(groups[voice] for voice in voices)):
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for question in questionnaire.questions:
        if question.rating:
            continue
        ids = [
            {"id": one, "voice": None if small else str(voice)}
            for voice in questionnaire.voices
            if voice in voices
            for one in voices[voice].statements.get(question.id, ())
        ]
        ids.sort(key=lambda entry: (entry["voice"] or "", _shuffled(survey, question.id, entry["id"])))
        if ids:
            found[question.id] = ids
    return found


def _shuffled(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
