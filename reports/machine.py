"""For machines: a release, the mirror and two waves as JSON, the same bytes for the same releases.

Titles are the questionnaire's own, in German. What persons wrote is not in it; a town's signed statement is, whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from conversations.questionnaire import Criterion, Questionnaire
from reports.checker import checked
from reports.document import Document, digest_of, evaluation_of
from reports.evaluation import Evaluation, Figures, Reason, Standing
from reports.mirror import Cell, FieldFacing, Mirrored, Side
from reports.sources import Source
from reports.waves import FieldChange, Wave, Waves

FORMAT = "weltoffen-report-1"


def report(document: Document, questionnaire: Questionnaire) -> dict[str, Any]:
    """The report as plain values.

    `voices` maps a voice to n, fields, overall and focus (ids of the proposed fields). Means are decimal numbers
    rounded half up to two places, beside them `mean_exact` as text ("7/4"); a field's mean is the mean of its marks.
    `unanswered` and `negative` name questions, with the reason or the mark. Null stands for what does not exist or is
    kept back: `mark` null comes with a `reason` (withheld, too-few, not-rated), `n` is null below k. `town` is there
    for a signed statement alone (its form: statement.py). Raises ReleaseError for a release that does not add up.
    """
    checked(document, questionnaire)
    return {
        "format": FORMAT,
        "survey": document["survey"]["id"],
        "release": {"digest": digest_of(document), "day": document["survey"]["released"]},
        "questionnaire": {"id": questionnaire.id, "version": questionnaire.version},
        "rule": document["rule"],
        "voices": {voice: _voice(document, questionnaire, voice) for voice in document["voices"]},
        **({"town": document["town"]} if questionnaire.institution else {}),
    }


def as_json(document: Document, questionnaire: Questionnaire) -> bytes:
    """The report as JSON in UTF-8, indented, ending with a line feed."""
    return _written(report(document, questionnaire))


def decimal(value: Fraction | None) -> float | None:
    """A fraction as a number with two decimals, halves up."""
    return None if value is None else int(value * 100 + Fraction(1, 2)) / 100


def _voice(document: Document, questionnaire: Questionnaire, voice: str) -> dict[str, Any]:
    evaluation = evaluation_of(document, questionnaire, voice)
    if evaluation is None:
        return withheld(questionnaire)
    block = document["voices"][voice]
    figures = evaluated(questionnaire, evaluation)
    rest = {name: figures.pop(name) for name in ("fields", "overall", "focus")}
    return {**figures, "not_handed_in": block["not_handed_in"], "languages": block["languages"], **rest}


def evaluated(questionnaire: Questionnaire, found: Evaluation) -> dict[str, Any]:
    """The figures of one voice: n, fields, overall, focus."""
    return {
        "n": found.respondents,
        "fields": [
            {
                "id": f.id,
                "title": field.title,
                **_standing(f.standing, f.questions),
                "criteria": [_criterion(c, questionnaire.criteria[c.id]) for c in f.criteria],
            }
            for f, field in zip(found.fields, questionnaire.fields, strict=True)
        ],
        "overall": _standing(found.overall, tuple(found.questions.values())),
        "focus": list(found.focus),
    }


def _standing(found: Standing, questions: Sequence[Figures]) -> dict[str, Any]:
    return {
        "level": found.level,
        "mean": decimal(found.mean),
        "mean_exact": None if found.mean is None else str(found.mean),
        "reason": found.reason,
        "close_to_cut": found.close,
        "by_rounding": found.by_rounding,
        "answered": found.answered,
        "asked": found.asked,
        "unanswered": [{"question": question, "reason": gap} for question, gap in found.gaps],
        "negative": [{"question": q.id, "mark": q.mark} for q in questions if q.negative],
        "span": None if found.span is None else list(found.span.levels),
        "tipping": [criterion for criterion, _ in found.tipping],
    }


def _criterion(found: Figures, criterion: Criterion) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": criterion.title,
        "questions": [question.id for question in criterion.questions],
        "mark": found.mark,
        "mean": decimal(found.mean),
        "mean_exact": None if found.mean is None else str(found.mean),
        "n": found.n,
        "counts": None if found.counts is None else found.counts.by_value(),
        "divided": found.divided,
        "close_to_cut": found.close,
        "reason": found.reason,
    }


def withheld(questionnaire: Questionnaire) -> dict[str, Any]:
    """The same shape for a voice below k, all of it null."""

    def nothing(asked: int) -> dict[str, Any]:
        missing = dict.fromkeys(("level", "mean", "mean_exact"))
        hidden = dict.fromkeys(("close_to_cut", "by_rounding", "answered"))
        rest: dict[str, Any] = {"asked": asked, **dict.fromkeys(("unanswered", "negative", "span", "tipping"))}
        return {**missing, "reason": Reason.WITHHELD, **hidden, **rest}

    def criterion(one: Criterion) -> dict[str, Any]:
        rest = dict.fromkeys(("mark", "mean", "mean_exact", "n", "counts", "divided", "close_to_cut"))
        named = {"id": one.id, "title": one.title, "questions": [question.id for question in one.questions]}
        return {**named, **rest, "reason": Reason.WITHHELD}

    return {
        "n": None,
        "reason": Reason.WITHHELD,
        "not_handed_in": None,
        "languages": [],
        "fields": [
            {"id": f.id, "title": f.title, **nothing(len(f.ratings)), "criteria": [criterion(c) for c in f.criteria]}
            for f in questionnaire.fields
        ],
        "overall": nothing(len(questionnaire.criterion_of)),
        "focus": [],
    }


# ---- mirror and waves -------------------------------------------------------------------------------------------


def mirror_as_json(found: Mirrored) -> bytes:
    """The mirror as JSON in UTF-8. Criteria stand in the order of their gaps, the widest first; a gap that cannot be
    counted is null. Null marks come with a reason; a withheld side has neither n nor figures."""
    return _written(
        {
            "commune": found.commune,
            "sides": [_side(side) for side in (*found.sides, *found.withheld)],
            "criteria": [
                {"id": one.id, "gap": one.gap, "sides": [_cell(cell) for cell in one.cells]} for one in found.criteria
            ],
            "fields": [_field_facing(one) for one in found.fields],
            "overall": _field_facing(found.overall),
        }
    )


def waves_as_json(found: Waves) -> bytes:
    """Two runs compared, as JSON in UTF-8. `change` counts marks or levels, up above zero; null where one is missing.
    Means of fields are those of the criteria that both runs have."""
    return _written(
        {
            "commune": found.new.commune,
            "before": _source(found.old),
            "after": _source(found.new),
            "voices": {
                one.voice: {
                    "before": _wave(one.before),
                    "after": _wave(one.after),
                    "fields": [_field_change(f) for f in one.fields],
                    "overall": None if one.overall is None else _field_change(one.overall),
                    "criteria": [
                        {
                            "id": c.id,
                            "before": _short(c.before),
                            "after": _short(c.after),
                            "change": c.steps,
                            "reworded": c.reworded,
                        }
                        for c in one.criteria
                    ],
                }
                for one in found.voices
            },
            "only_before": list(found.only_before),
            "only_after": list(found.only_after),
        }
    )


def _written(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, indent=2) + "\n").encode()


def _source(source: Source) -> dict[str, Any]:
    return {
        "survey": source.survey,
        "questionnaire": source.questionnaire.name,
        "closed": source.closed.isoformat(),
        "release": source.digest,
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "id": side.id,
        "voice": side.voice,
        "statement": side.statement,
        "withheld": side.evaluation is None,
        "n": side.n,
        **_source(side.source),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "side": cell.side.id,
        **_short(cell.figures),
        "questions": [question.id for question in cell.questions],
        "mirror": cell.relation,
        "ranked": cell.ranked,
    }


def _field_facing(found: FieldFacing) -> dict[str, Any]:
    return {"id": found.id, "sides": [{"side": side.id, **_stands(one)} for side, one in found.standings]}


def _wave(found: Wave) -> dict[str, Any]:
    return {"state": found.state, "n": found.n}


def _field_change(found: FieldChange) -> dict[str, Any]:
    return {
        "id": found.id,
        "before": _stands(found.before),
        "after": _stands(found.after),
        "change": found.steps,
        "marked_once": list(found.uneven),
    }


def _short(found: Figures | None) -> dict[str, Any]:
    """A mark with its number of ratings; the counts behind it are no business of a comparison."""
    if found is None:
        return {"mark": None, "n": None, "reason": Reason.WITHHELD}
    return {"mark": found.mark, "n": found.n, "reason": found.reason}


def _stands(found: Standing | None) -> dict[str, Any]:
    if found is None:
        return {"level": None, "mean": None, "mean_exact": None, "reason": Reason.WITHHELD}
    exact = None if found.mean is None else str(found.mean)
    return {"level": found.level, "mean": decimal(found.mean), "mean_exact": exact, "reason": found.reason}
