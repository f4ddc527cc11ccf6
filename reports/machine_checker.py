"""Finds what does not add up in a machine-readable report (machine.py), without its release: recomputes it. Pure.

A town's statement is recomputed from its answers alone. Of persons there are the counts of each criterion: marks,
means and levels follow from them; which questions are unanswered or negative is held against ids and numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conversations.conversation import SKIPPED
from conversations.questionnaire import Questionnaire, Rating, Voice
from conversations.survey import SMALLEST_GROUP
from reports.document import RULE, canonical
from reports.evaluation import (
    NAMES,
    Counts,
    Evaluation,
    Figures,
    Gap,
    Reason,
    assembled,
    evaluate,
    figures,
)
from reports.machine import FORMAT, evaluated, withheld
from reports.statement_checker import complaints

Values = Mapping[str, Any]


def problems(report: Values, questionnaire: Questionnaire) -> list[str]:
    """Everything in a report that does not add up, one complaint each, with its place; empty when all is well."""
    try:
        return list(dict.fromkeys(_problems(report, questionnaire)))
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError, IndexError) as error:
        return [f"report: cannot be read: {type(error).__name__} {error}"]


def _problems(report: Values, questionnaire: Questionnaire) -> Iterator[str]:
    parts = {"format", "survey", "release", "questionnaire", "rule", "voices"}
    wanted = parts | ({"town"} if questionnaire.institution else set())
    if set(report) != wanted:
        yield from (f"report: {key} {'is missing' if key in wanted else 'is unknown'}"
                    for key in sorted(set(report) ^ wanted))  # fmt: skip
        return
    pinned = {"id": questionnaire.id, "version": questionnaire.version}
    yield from _different("report", {"format": report["format"], "questionnaire": report["questionnaire"]},
                          {"format": FORMAT, "questionnaire": pinned})  # fmt: skip
    yield from _different("rule", report["rule"], _plain(RULE))
    if unknown := sorted(set(report["voices"]) - set(questionnaire.voices)):
        yield f"report: {questionnaire.name} has no voice {', '.join(unknown)}"
        return
    if questionnaire.institution:
        yield from _statement(report, questionnaire)
        return
    for voice, block in report["voices"].items():
        yield from _counted_twice(voice, block)
        yield from _persons(voice, block, questionnaire)


# ---- a town's statement -----------------------------------------------------------------------------------------


def _statement(report: Values, questionnaire: Questionnaire) -> Iterator[str]:
    """The figures from the town's answers, and the rest of the statement with them."""
    voice = questionnaire.voices[0]
    if list(report["voices"]) != [voice]:
        yield f"report: a statement has the voice {voice} alone"
        return
    block = report["voices"][voice]
    yield from _counted_twice(voice, block)
    values = (*Rating, SKIPPED)
    given = {q: p["value"] for q, p in report["town"]["positions"].items()}
    tally = {q: {v: 1} for q, v in given.items() if v in values and q in questionnaire.criterion_of}
    evaluation = evaluate(questionnaire, tally, 1)
    right = {**_plain(evaluated(questionnaire, evaluation)), "not_handed_in": 0, "languages": []}
    yield from _different(voice, block, right)
    yield from complaints(report["town"], questionnaire, evaluation, report["release"]["day"])


# ---- persons ----------------------------------------------------------------------------------------------------


def _persons(voice: str, block: Values, questionnaire: Questionnaire) -> Iterator[str]:
    if block.get("reason") == Reason.WITHHELD:
        yield from _different(voice, block, _plain(withheld(questionnaire)))
        return
    shape = [(f.id, [c.id for c in f.criteria]) for f in questionnaire.fields]
    if [(f["id"], [c["id"] for c in f["criteria"]]) for f in block["fields"]] != shape:
        yield f"{voice}: fields and criteria are not those of {questionnaire.name}, in its order"
        return
    least = SMALLEST_GROUP[Voice(voice)]
    if block["n"] < least:
        yield f"{voice}: n is {block['n']}, fewer than {least}: must be withheld"
    out = block["not_handed_in"]
    if out is not None and out < 0:
        yield f"{voice}: not_handed_in is {out}"
    if block["languages"] and sum(group["n"] for group in block["languages"]) != block["n"]:
        yield f"{voice}: languages add up to {sum(group['n'] for group in block['languages'])}, not to {block['n']}"
    for field in block["fields"]:
        for one in field["criteria"]:
            yield from _counts(f"{voice} {one['id']}", one, block["n"] * len(one["questions"]), least)
    right = {**_plain(evaluated(questionnaire, _evaluation(block, questionnaire))),
             "not_handed_in": out, "languages": block["languages"]}  # fmt: skip
    yield from _different(voice, block, right)


def _counts(place: str, criterion: Values, answers: int, least: int) -> Iterator[str]:
    """Counts add up to all answers there can be, and no small group is shown."""
    counts = criterion["counts"]
    if counts is None:
        return
    if set(counts) != set(NAMES) or any(type(n) is not int or n < 0 for n in counts.values()):
        yield f"{place}: counts must be whole numbers from 0 for each value"
        return
    found = _counts_of(counts)
    if found.ratings + found.missing != answers:
        yield f"{place}: counts add up to {found.ratings + found.missing}, but must be {answers}"
    if 0 < found.ratings < least:
        yield f"{place}: shows {found.ratings} ratings, fewer than {least}"


def _evaluation(block: Values, questionnaire: Questionnaire) -> Evaluation:
    """What follows from the criteria's counts, and for criteria of several questions from what is said of these."""
    criteria = {c["id"]: _criterion(c) for f in block["fields"] for c in f["criteria"]}
    gaps = {g["question"]: Gap(g["reason"]) for f in block["fields"] for g in f["unanswered"]}
    negative = {n["question"]: Rating(n["mark"]) for f in block["fields"] for n in f["negative"]}
    questions = {}
    for question, criterion in questionnaire.criterion_of.items():
        alone = len(criterion.questions) == 1
        its = criteria[criterion.id]
        questions[question] = (
            Figures(question, its.counts, its.mean, its.mark, its.divided, its.close, its.reason) if alone
            else _question(question, gaps.get(question), negative.get(question))
        )  # fmt: skip
    return assembled(questionnaire, questions, criteria, block["n"])


def _criterion(given: Values) -> Figures:
    if given["counts"] is not None:
        return figures(given["id"], _counts_of(given["counts"]), institution=False)
    mark, reason = given["mark"], given["reason"]
    return Figures(given["id"], None, mark=mark and Rating(mark), reason=reason and Reason(reason))


def _question(question: str, gap: Gap | None, mark: Rating | None) -> Figures:
    """A question of which nothing is known but whether it counts as answered, and whether it is negative."""
    if gap is None:
        return Figures(question, None, mark=mark or Rating.YES)
    if gap is Gap.TOO_FEW:
        return Figures(question, None, reason=Reason.TOO_FEW)
    return Figures(question, _counts_of({gap.value: 1}), reason=Reason.NOT_RATED)


def _counts_of(counts: Mapping[str, int]) -> Counts:
    return Counts(**{NAMES[value]: n for value, n in counts.items()})


# ---- what differs -----------------------------------------------------------------------------------------------


def _counted_twice(voice: str, block: Values) -> Iterator[str]:
    """Numbers that contradict each other inside the report, whatever the answers were."""
    if block.get("reason") == Reason.WITHHELD:
        return
    fields = block["fields"]
    for place, one in [*((f"{voice} field {f['id']}", f) for f in fields), (f"{voice} overall", block["overall"])]:
        left = one["asked"] - one["answered"]
        if left != len(one["unanswered"]):
            yield (f"{place}: {one['answered']} of {one['asked']} answered leaves {left}, "
                   f"but {len(one['unanswered'])} unanswered questions are named")  # fmt: skip
    for name in ("asked", "answered"):
        total = sum(f[name] for f in fields)
        if block["overall"][name] != total:
            yield f"{voice} overall: {name} is {block['overall'][name]}, but the fields add up to {total}"


def _different(place: str, given: Any, right: Any) -> Iterator[str]:
    """Every place at which a value is not what it must be."""
    if isinstance(right, Mapping) and isinstance(given, Mapping):
        for key in [*right, *(k for k in given if k not in right)]:
            if key not in given or key not in right:
                yield f"{place}: {key} {'is missing' if key in right else 'is unknown'}"
            elif isinstance(right[key], Mapping) or _named(right[key]):
                yield from _different(f"{place} {key}", given[key], right[key])
            elif given[key] != right[key] or type(given[key]) is not type(right[key]):
                yield _wrong(place, key, given[key], right[key])
    elif _named(right) and isinstance(given, Sequence):
        singular = place.removesuffix("s") if place.endswith("fields") else place.removesuffix("criteria") + "criterion"
        if [one["id"] for one in given] != [one["id"] for one in right]:
            ids = ", ".join(one["id"] for one in right)
            yield f"{place}: {', '.join(str(one['id']) for one in given)}, but must be {ids}"
            return
        for one, other in zip(given, right, strict=True):
            yield from _different(f"{singular} {other['id']}", one, other)
    elif given != right:
        yield f"{place}: is {given!r}, but must be {right!r}"


def _named(value: object) -> bool:
    """Whether it is a list of things with ids: fields, criteria."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping) and "id" in value[0]


def _wrong(place: str, key: str, given: Any, right: Any) -> str:
    """One wrong value; of lists of questions what is left out and what does not belong there."""
    if key in ("unanswered", "negative", "questions") and isinstance(given, list) and isinstance(right, list):
        named, due = (
            [one["question"] if isinstance(one, Mapping) else one for one in those] for those in (given, right)
        )
        out, extra = [q for q in due if q not in named], [q for q in named if q not in due]
        told = [*([f"leaves out {', '.join(out)}"] if out else []), *([f"names {', '.join(extra)}"] if extra else [])]
        if told:
            return f"{place}: {key} {' and '.join(told)}"
    return f"{place}: {key} is {given!r}, but must be {right!r}"


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(canonical(values))
    return found
