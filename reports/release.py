"""The frozen release: builds it from the answers of each voice, and refuses one whose figures do not add up. Pure.

A release is a document of plain values (JSON), its canonical bytes and their SHA-256. It holds figures that have
passed disclosure control, and *ids* of statements, never texts. A renderer sees nothing else.

    format, rule {values, cuts, close, fewest}, survey {id, kind, opened, closed, released},
    questionnaire {id, version, institution},
    voices {voice: {withheld: true, k}
                 | {withheld: false, k, n, not_handed_in, languages, fields, overall, focus}},
    statements {question: [{id, voice}, …]}
    field     {id, criteria, questions, <standing>}     criterion, question  {id, n, counts, mean, mark, …}
    standing  {mean, raw, level, reason, by_rounding, close, answered, asked, gaps, span, tipping}

Fractions are texts ("7/4"), days ISO texts. Null stands for what does not exist or is kept back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from conversations.questionnaire import Kind, Questionnaire, Rating, Voice
from conversations.survey import SMALLEST_GROUP
from reports.disclosure import OTHER, counted_out, merged, protected, renewable, withheld
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
    Tally,
    assembled,
    evaluate,
    figures,
)

FORMAT = "weltoffen-release-1"
StatementId = int | str
Document = Mapping[str, Any]

Statements = Mapping[str, Sequence[str | None]]
"""Open question → its statements in the release's order: a text, None if withdrawn, "" if no organiser released it."""

RULE: Mapping[str, Any] = {
    "values": {str(rating): value for rating, value in VALUES.items()},
    "cuts": [str(cut) for cut in CUTS],
    "close": str(CLOSE),
    "fewest": FEWEST,
}


class ReleaseError(ValueError):
    """A release whose figures do not add up; the message names every place."""


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
    """What one voice gave. `languages` counts those who handed in; `statements` are ids by open question."""

    tally: Tally
    handed_in: int
    not_handed_in: int = 0
    languages: Mapping[str, int] = field(default_factory=dict)
    statements: Mapping[str, Sequence[StatementId]] = field(default_factory=dict)


@dataclass(frozen=True)
class Release:
    """A frozen snapshot. `digest` is the SHA-256 of its canonical bytes, in hexadecimal."""

    document: Document
    digest: str

    @property
    def bytes(self) -> bytes:
        """The canonical bytes, as they are stored and hashed."""
        return canonical(self.document)


@dataclass(frozen=True)
class Quote:
    """One statement that may be shown: its text (None: withdrawn) and its voice where that may be named."""

    text: str | None
    voice: str | None


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


def canonical(document: Document) -> bytes:
    """The one way to write a document: keys sorted, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest_of(document: Document) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(document)).hexdigest()


def read(content: str | bytes, questionnaire: Questionnaire) -> Release:
    """A stored release. Raises ReleaseError where it does not add up, ValueError where it is no JSON."""
    document = json.loads(content)
    checked(document, questionnaire)
    return Release(document, digest_of(document))


def release(
    questionnaire: Questionnaire,
    facts: Facts,
    voices: Mapping[Voice, Answers],
    groups: Mapping[Voice, int],
    *,
    before: Release | None = None,
    changed: Mapping[Voice, int] | None = None,
) -> Release:
    """The release of a closed survey. `groups` is k by voice (Survey.groups).

    With `before`, the release that stands, a voice is computed anew only where at least k of its respondents
    `changed` since; all other voices keep their old figures, and if none changed enough the old release is returned
    (METHOD §5.4). Raises ReleaseError for figures that do not add up and EvaluationError for counts that cannot be.
    """
    if unknown := sorted(set(voices) - set(questionnaire.voices)):
        raise ReleaseError(f"{questionnaire.name} has no voice {', '.join(unknown)}")
    stands: Mapping[str, Any] = before.document["voices"] if before else {}
    kept = {
        voice
        for voice in voices
        if voice in stands and not renewable((changed or {}).get(voice, 0), groups[voice], questionnaire.institution)
    }
    if before is not None and kept == set(voices):
        return before
    blocks = {
        voice: stands[voice] if voice in kept else _voice(questionnaire, voices[voice], groups[voice])
        for voice in questionnaire.voices
        if voice in voices
    }
    document = {
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
        "voices": {str(voice): block for voice, block in blocks.items()},
        "statements": _statements(
            questionnaire, facts.survey, voices, {voice: block["withheld"] for voice, block in blocks.items()}, groups
        ),
    }
    found: Document = json.loads(canonical(document))
    checked(found, questionnaire)
    return Release(found, digest_of(found))


def evaluation_of(document: Document, questionnaire: Questionnaire, voice: str) -> Evaluation | None:
    """The figures of one voice as values again, everything derived recomputed; None where the voice is withheld."""
    block = document["voices"][voice]
    if block["withheld"]:
        return None
    questions = {q["id"]: _figures(q) for f in block["fields"] for q in f["questions"]}
    criteria = {c["id"]: _figures(c) for f in block["fields"] for c in f["criteria"]}
    return assembled(questionnaire, questions, criteria, block["n"])


def checked(document: Document, questionnaire: Questionnaire) -> Document:
    """The document itself. Raises ReleaseError naming all that does not add up."""
    if wrong := problems(document, questionnaire):
        raise ReleaseError("\n".join(wrong))
    return document


def problems(document: Document, questionnaire: Questionnaire) -> list[str]:
    """Everything in a document that does not add up, one complaint each, with its place; empty when all is well.

    Recomputes marks and means from counts, standings, focus and overall from marks, and holds the sizes against k.
    """
    try:
        return list(_Checker(document, questionnaire).all())
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        return [f"document: cannot be read: {type(error).__name__} {error}"]


# ---- building ---------------------------------------------------------------------------------------------------


def _voice(questionnaire: Questionnaire, answers: Answers, k: int) -> dict[str, Any]:
    institution = questionnaire.institution
    if withheld(answers.handed_in, k, institution):
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
        **_evaluation(found),
    }


def _evaluation(found: Evaluation) -> dict[str, Any]:
    return {
        "fields": [
            {
                "id": f.id,
                "criteria": [_plain(c) for c in f.criteria],
                "questions": [_plain(q) for q in f.questions],
                **_standing(f.standing),
            }
            for f in found.fields
        ],
        "overall": _standing(found.overall),
        "focus": list(found.focus),
    }


def _plain(found: Figures) -> dict[str, Any]:
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
    institution = questionnaire.institution
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
        if not institution:
            ids.sort(key=lambda entry: (entry["voice"] or "", _shuffled(survey, question.id, entry["id"])))
        if ids:
            found[question.id] = ids
    return found


def _shuffled(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


# ---- reading and checking ---------------------------------------------------------------------------------------


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


class _Checker:
    """Collects complaints; each begins with the place, as in "society 1.4: …"."""

    def __init__(self, document: Document, questionnaire: Questionnaire) -> None:
        self.document = document
        self.questionnaire = questionnaire
        self.institution = questionnaire.institution
        self.found: list[str] = []

    def say(self, place: str, what: str) -> None:
        self.found.append(f"{place}: {what}")

    def same(self, place: str, what: str, given: object, right: object) -> None:
        if given != right or type(given) is not type(right):
            self.say(place, f"{what} is {given!r}, but must be {right!r}")

    def keys(self, place: str, given: Mapping[str, Any], right: set[str]) -> None:
        for key in sorted(set(given) ^ right):
            self.say(place, f"{key} is missing" if key in right else f"unknown entry {key}")

    def all(self) -> list[str]:
        document, asked = self.document, self.questionnaire
        self.keys("document", document, {"format", "rule", "survey", "questionnaire", "voices", "statements"})
        self.same("document", "format", document["format"], FORMAT)
        self.same("document", "rule", document["rule"], json.loads(canonical(RULE)))
        pinned = {"id": asked.id, "version": asked.version, "institution": asked.institution}
        self.same("document", "questionnaire", document["questionnaire"], pinned)
        self.keys("survey", document["survey"], {"id", "kind", "opened", "closed", "released"})
        Kind(document["survey"]["kind"])
        for name in ("opened", "closed", "released"):
            if document["survey"][name] is not None:
                date.fromisoformat(document["survey"][name])
        if self.found:
            return self.found
        for voice, block in document["voices"].items():
            if voice not in asked.voices:
                self.say(voice, f"{asked.name} has no such voice")
            elif block["withheld"]:
                if set(block) != {"withheld", "k"}:
                    self.say(voice, "is withheld, but has figures")
                if self.institution:
                    self.say(voice, "an institution's statement is never withheld")
            else:
                self.voice(voice, block)
        self.statements()
        return self.found

    def voice(self, voice: str, block: Mapping[str, Any]) -> None:
        n, k = block["n"], block["k"]
        names = {"withheld", "k", "n", "not_handed_in", "languages", "fields", "overall", "focus"}
        self.keys(voice, block, names)
        if not self.institution and k < SMALLEST_GROUP[Voice(voice)]:
            self.say(voice, f"k is {k}, but must be at least {SMALLEST_GROUP[Voice(voice)]}")
        if not self.institution and n < k:
            self.say(voice, f"n is {n}, fewer than {k}: must be withheld")
        out = block["not_handed_in"]
        if out is not None and (out < 0 or (out < k and not self.institution)):
            self.say(voice, f"not_handed_in is {out}, fewer than {k}")
        groups = block["languages"]
        if groups and sum(group["n"] for group in groups) != n:
            self.say(voice, f"languages add up to {sum(group['n'] for group in groups)}, but n is {n}")
        for group in groups:
            if group["n"] < k or self.institution:
                self.say(voice, f"language group {group['code']} has {group['n']}, fewer than {k}")
        if not self.order(voice, block):
            return
        for field_block in block["fields"]:
            for one in field_block["criteria"]:
                self.figures(voice, one, n * len(self.questionnaire.criteria[one["id"]].questions), k)
                self.together(voice, one, field_block["questions"])
            for one in field_block["questions"]:
                self.figures(voice, one, n, k)
        evaluation = evaluation_of(self.document, self.questionnaire, voice)
        right = json.loads(canonical(_evaluation(evaluation))) if evaluation else {}
        for given, other in zip(block["fields"], right["fields"], strict=True):
            self.standing(f"{voice} field {given['id']}", given, other)
        self.standing(f"{voice} overall", block["overall"], right["overall"])
        self.same(f"{voice} focus", "the proposal", block["focus"], right["focus"])

    def order(self, voice: str, block: Mapping[str, Any]) -> bool:
        """Whether fields, criteria and questions are those of the questionnaire, in its order."""
        before = len(self.found)
        asked = self.questionnaire.fields
        self.same(voice, "fields", [f["id"] for f in block["fields"]], [f.id for f in asked])
        for given, right in zip(block["fields"], asked, strict=False):
            place = f"{voice} field {right.id}"
            self.same(place, "criteria", [c["id"] for c in given["criteria"]], [c.id for c in right.criteria])
            self.same(place, "questions", [q["id"] for q in given["questions"]], [q.id for q in right.ratings])
        return len(self.found) == before

    def figures(self, voice: str, given: Mapping[str, Any], answers: int, k: int) -> None:
        """One question or criterion against its own counts; `answers` is how many there must be altogether."""
        place = f"{voice} {given['id']}"
        self.keys(place, given, {"id", "n", "counts", "mean", "mark", "divided", "close", "reason"})
        if (given["mark"] is None) == (given["reason"] is None):
            self.say(place, "needs either a mark or a reason for none")
        counts = given["counts"]
        if counts is None:
            for name in ("n", "mean", "divided", "close"):
                self.same(place, name, given[name], None)
            if given["reason"] not in (None, Reason.TOO_FEW) or self.institution:
                self.say(place, "has no counts, but no cause to keep them back")
            return
        if set(counts) != set(NAMES) or any(type(n) is not int or n < 0 for n in counts.values()):
            self.say(place, "counts must be whole numbers from 0 for each value")
            return
        found = Counts(**{NAMES[value]: n for value, n in counts.items()})
        if found.ratings + found.missing != answers:
            self.say(place, f"counts add up to {found.ratings + found.missing}, but must be {answers}")
        if not self.institution and 0 < found.ratings < k:
            self.say(place, f"shows {found.ratings} ratings, fewer than {k}")
        right = json.loads(canonical(_plain(figures(given["id"], found, self.institution))))
        for name in ("n", "mean", "mark", "divided", "close", "reason"):
            self.same(place, name, given[name], right[name])

    def together(self, voice: str, criterion: Mapping[str, Any], questions: Sequence[Mapping[str, Any]]) -> None:
        """A criterion's counts against the sum of its questions', where all of them are shown."""
        ids = {q.id for q in self.questionnaire.criteria[criterion["id"]].questions}
        its = [q["counts"] for q in questions if q["id"] in ids]
        if criterion["counts"] is not None and None not in its:
            added = {value: sum(counts[value] for counts in its) for value in NAMES}
            self.same(f"{voice} {criterion['id']}", "counts", criterion["counts"], added)

    def standing(self, place: str, given: Mapping[str, Any], right: Mapping[str, Any]) -> None:
        self.keys(place, given, set(right))
        for name in right:
            if name not in ("criteria", "questions", "id") and name in given:
                self.same(place, name, given[name], right[name])

    def statements(self) -> None:
        voices = self.document["voices"]
        some_withheld = any(block["withheld"] for block in voices.values())
        for question, entries in self.document["statements"].items():
            asked = self.questionnaire.by_id.get(question)
            if asked is None or asked.rating:
                self.say(f"statements {question}", "is no open question")
            for entry in entries:
                self.keys(f"statements {question}", entry, {"id", "voice"})
                if entry["voice"] is not None and (entry["voice"] not in voices or some_withheld):
                    self.say(f"statements {question}", f"names the voice {entry['voice']}")
