"""Finds what does not add up in the block `town` of a signed statement, whole: ids, answers, reasons, signature. Pure.

The town's answers are held against the figures, everybody who is named against the contributors, and every text and
reason that speaks of figures against these (see claims.py). Departments' comments are theirs and are not looked into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from conversations.conversation import REFERRED, SKIPPED
from conversations.institution import RATED, UNRATED, State
from conversations.questionnaire import Questionnaire, Rating
from reports.claims import Facts, contradictions
from reports.evaluation import Evaluation
from reports.statement import OVERALL

KEYS = {
    "version", "signed", "contributors", "positions", "reports", "comments", "choice", "texts", "changes",
}  # fmt: skip
LATER = {"coordinated"}  # what releases of before do not say
SETTLED = (State.AGREED, State.DECIDED)
VALUES = (*Rating, SKIPPED)


def complaints(
    town: Mapping[str, Any], questionnaire: Questionnaire, evaluation: Evaluation, released: str
) -> Iterator[str]:
    """Everything in the block that does not add up, one complaint each, with its place.

    `released` is the day of the release. Raises KeyError, TypeError, ValueError or AttributeError for what is no such
    block at all.
    """
    if wrong := list(_keys("town", town, KEYS | (LATER & set(town)))):
        yield from wrong
        return
    yield from _signature(town, released)
    yield from _contributors(town, questionnaire)
    yield from _positions(town, questionnaire)
    yield from _figures(town["positions"], evaluation)
    yield from _reports(town["reports"], questionnaire)
    yield from _comments(town, questionnaire)
    yield from _choice(town["choice"], questionnaire)
    yield from _texts(town["texts"], questionnaire)
    yield from _changes(town, questionnaire)
    yield from _claims(town, Facts(questionnaire, evaluation))


def _keys(place: str, given: Mapping[str, Any], right: set[str]) -> Iterator[str]:
    for key in sorted(set(given) ^ right):
        yield f"{place}: {key} is missing" if key in right else f"{place}: unknown entry {key}"


def _signature(town: Mapping[str, Any], released: str) -> Iterator[str]:
    if type(town["version"]) is not int or town["version"] < 1:
        yield f"town: version is {town['version']!r}, but must be a whole number from 1"
    signed = town["signed"]
    if wrong := list(_keys("town signed", signed, {"function", "day"})):
        yield from wrong
        return
    if not signed["function"].strip():
        yield "town signed: function is missing"
    if date.fromisoformat(signed["day"]) != date.fromisoformat(released):
        yield f"town signed: day is {signed['day']}, but the release is of {released}"


# ---- contributors -----------------------------------------------------------------------------------------------


def _contributors(town: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[str]:
    """Each once, with as many questions as it is named at; open questions name nobody, so those may come on top."""
    names = {"id", "department", "function", "name", "questions", "settled", "handed_in"}
    seen: set[object] = set()
    spare = sum(not q.rating for q in questionnaire.questions)
    for one in town["contributors"]:
        place = f"town contributor {one.get('id')}"
        if wrong := list(_keys(place, one, names)):
            yield from wrong
            continue
        for key in (one["id"], (one["department"], one["function"])):
            if key in seen:
                yield f"{place}: is named twice"
            seen.add(key)
        if not one["department"].strip() or not one["function"].strip():
            yield f"{place}: needs a department and a function"
        if not 0 <= one["settled"] <= one["questions"]:
            yield f"{place}: settled {one['settled']} of {one['questions']} questions"
        asked = sum(one["id"] == g["contributor"] for p in town["positions"].values() for g in p["given"])
        if not asked <= one["questions"] <= asked + spare:
            yield f"{place}: questions is {one['questions']}, but {asked} rating questions name it"


# ---- positions --------------------------------------------------------------------------------------------------


def _positions(town: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[str]:
    """Every rating question has one, and each is settled by what its contributors said or by a reasoned decision."""
    known = {one["id"] for one in town["contributors"]}
    asked = [q.id for q in questionnaire.questions if q.rating]
    for question in sorted(set(town["positions"]) - set(asked)):
        yield f"town position {question}: {questionnaire.name} has no such question"
    for question in asked:
        place = f"town position {question}"
        if question not in town["positions"]:
            yield f"{place}: is missing"
            continue
        position = town["positions"][question]
        if wrong := list(_keys(place, position, {"value", "state", "reason", "by", "given", "evidence"})):
            yield from wrong
            continue
        yield from (f"{place}: {why}" for why in _people(position, known))
        yield from (f"{place}: {why}" for why in _settled(position))


def _people(position: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    """Whoever is named is a contributor, was asked once, and said something there is."""
    asked = [given["contributor"] for given in position["given"]]
    for one in sorted({*asked, *position["by"], *(e["contributor"] for e in position["evidence"])} - known):
        yield f"names the unknown contributor {one}"
    for one in sorted({one for one in asked if asked.count(one) > 1}):
        yield f"names contributor {one} twice"
    for one in sorted(set(position["by"]) - set(asked)):
        yield f"is by {one}, who was not asked"
    for one in sorted({e["contributor"] for e in position["evidence"]} - set(position["by"])):
        yield f"has evidence of {one}, who has not handed in anything here"
    for given in position["given"]:
        if given["value"] not in (*VALUES, REFERRED, None):
            yield f"{given['contributor']} says {given['value']!r}, which is no answer"
    for evidence in position["evidence"]:
        if not evidence["text"].strip():
            yield f"has empty evidence of {evidence['contributor']}"


def _settled(position: Mapping[str, Any]) -> Iterator[str]:
    value, state, reason = position["value"], position["state"], position["reason"]
    if value not in VALUES:
        yield f"value is {value!r}, but must be one of {', '.join(VALUES)}"
        return
    if state not in SETTLED:
        yield f"state is {state!r}, but must be {' or '.join(SETTLED)}"
    if value in UNRATED and not reason.strip():
        yield f"is {value} without a reason"
    if state == State.DECIDED and not reason.strip():
        yield "is decided without a reason"
    said = {g["value"] for g in position["given"] if g["contributor"] in position["by"] and g["value"] in RATED}
    if state == State.AGREED and said != {value}:
        words = ", ".join(sorted(said)) or "no rating"
        yield f"is agreed as {value}, but those asked say {words}"


def _figures(positions: Mapping[str, Any], evaluation: Evaluation) -> Iterator[str]:
    """The town's answer is the one answer that is counted."""
    for question, figures in evaluation.questions.items():
        counts = figures.counts.by_value() if figures.counts else {}
        counted = [value for value, n in counts.items() if n]
        value = positions[question]["value"] if question in positions else None
        if value in VALUES and (counted != [value] or sum(counts.values()) != 1):
            yield f"town position {question}: value is {value!r}, but counted is {', '.join(counted) or 'nothing'}"


# ---- texts ------------------------------------------------------------------------------------------------------


def _reports(reports: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[str]:
    yield from _keys("town reports", reports, {q.id for q in questionnaire.questions if not q.rating})
    for question, text in reports.items():
        if not isinstance(text, str):
            yield f"town report {question}: is no text"


def _comments(town: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[str]:
    known = {one["id"] for one in town["contributors"]}
    fields = {f.id for f in questionnaire.fields}
    seen = set()
    for comment in town["comments"]:
        place = f"town comment of {comment.get('contributor')} on {comment.get('field')}"
        if wrong := list(_keys(place, comment, {"contributor", "field", "text", "day"})):
            yield from wrong
            continue
        if comment["contributor"] not in known:
            yield f"{place}: there is no such contributor"
        if comment["field"] not in fields:
            yield f"{place}: there is no such field"
        if (comment["contributor"], comment["field"]) in seen:
            yield f"{place}: stands twice"
        if not comment["text"].strip():
            yield f"{place}: is empty"
        if date.fromisoformat(comment["day"]) > date.fromisoformat(town["signed"]["day"]):
            yield f"{place}: is of {comment['day']}, after the signature"
        seen.add((comment["contributor"], comment["field"]))


def _choice(choice: Mapping[str, Any] | None, questionnaire: Questionnaire) -> Iterator[str]:
    if choice is None:
        return
    if wrong := list(_keys("town choice", choice, {"fields", "reason"})):
        yield from wrong
        return
    known = [f.id for f in questionnaire.fields]
    if unknown := [one for one in choice["fields"] if one not in known]:
        yield f"town choice: there is no field {', '.join(unknown)}"
    elif not choice["fields"] or choice["fields"] != [one for one in known if one in choice["fields"]]:
        yield "town choice: fields must be named once each, in the order of the questionnaire"
    if not choice["reason"].strip():
        yield "town choice: the reason is missing"


def _texts(texts: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[str]:
    known = {OVERALL, *(f.id for f in questionnaire.fields)}
    for part, text in texts.items():
        if part not in known:
            yield f"town text {part}: there is no such field"
        if not isinstance(text, str) or not text.strip():
            yield f"town text {part}: is empty"


def _changes(town: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[str]:
    """What differs from the version before: now as it stands, and truly different."""
    now = {q: p["value"] for q, p in town["positions"].items()} | dict(town["reports"])
    if town["version"] == 1 and town["changes"]:
        yield "town changes: the first version changes nothing"
    seen = set()
    for change in town["changes"]:
        question = change.get("question")
        place = f"town change {question}"
        if wrong := list(_keys(place, change, {"question", "before", "after"})):
            yield from wrong
        elif question not in questionnaire.by_id or question in seen:
            yield f"{place}: {'stands twice' if question in seen else 'there is no such question'}"
        elif change["after"] != now.get(question):
            yield f"{place}: after is {change['after']!r}, but the statement says {now.get(question)!r}"
        elif change["before"] == change["after"]:
            yield f"{place}: is none"
        elif questionnaire.by_id[question].rating and change["before"] not in (*VALUES, None):
            yield f"{place}: before is {change['before']!r}, which is no answer"
        seen.add(question)


def _claims(town: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    for part, text in town["texts"].items():
        for found in contradictions(text, facts, part):
            yield f"town text {part}, line {found.line}: says “{found.said}”: {found.right}"
    reasons: Sequence[tuple[str, str, str]] = [
        *((f"position {q}", q.partition(".")[0], p["reason"]) for q, p in town["positions"].items()),
        *([("choice", OVERALL, town["choice"]["reason"])] if town["choice"] else []),
    ]
    for place, part, reason in reasons:
        for found in contradictions(reason, facts, part, values=False):
            yield f"town {place}: the reason says “{found.said}”: {found.right}"
