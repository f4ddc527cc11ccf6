"""How a town's statement stands, and what is said to a question: as values for machines and as lines for people."""

from __future__ import annotations

from typing import Any

from bot.clock import here
from bot.statement.standing import standing
from bot.statement.steps import Town
from conversations.institution import OPEN_STATES, Contribution, Position


def standing_values(town: Town) -> dict[str, Any]:
    """How a statement stands, for machines."""
    found, survey = standing(town), town.survey
    return {
        "survey": survey.id, "questionnaire": survey.questionnaire,
        "until": survey.closes.isoformat() if survey.closes else None, "presented": town.presented,
        "signed": None if town.signed is None
        else {"version": town.signed.number, "day": town.signed.day, "digest": town.signed.digest},
        "closed": survey.closed, "questions": found.total, "settled": found.settled,
        "fields": [
            {"field": f.field.id, "questions": f.total, "settled": f.settled,
             **{str(s): f.counts.get(s, 0) for s in OPEN_STATES}}
            for f in found.fields
        ],
        "contributors": contributor_values(town),
        "referrals": [
            {"question": r.question, "contributor": r.contributor.id, "target": r.target} for r in found.referrals
        ],
        "left": left(town),
    }  # fmt: skip


def contributor_values(town: Town) -> list[dict[str, Any]]:
    """Who contributes, and how far each is."""
    return [
        {"contributor": p.contributor.id, "department": p.contributor.department, "function": p.contributor.function,
         "name": p.contributor.name, "begun": p.contributor.respondent is not None, "given": p.given,
         "settled": p.settled, "handed_in": p.handed_in}
        for p in standing(town).parts
    ]  # fmt: skip


def left(town: Town) -> dict[str, list[str]]:
    """The questions that keep a statement from being presented and signed, by why."""
    return {
        str(state): [p.question for p in town.positions.values() if p.state is state]
        for state in OPEN_STATES if any(p.state is state for p in town.positions.values())
    }  # fmt: skip


def standing_lines(town: Town) -> list[str]:
    """How a statement stands, for people."""
    found, survey = standing(town), town.survey
    until = f"{here(survey.closes):%Y-%m-%d %H:%M}" if survey.closes else None
    lines = [f"  {found.settled} of {found.total} questions settled", "  field  settled  " + "  ".join(OPEN_STATES)]
    for field in found.fields:
        counts = "  ".join(f"{field.counts.get(s, 0) or '-':>{len(s)}}" for s in OPEN_STATES)
        lines.append(f"  {field.field.id:<5}  {f'{field.settled}/{field.total}':>7}  {counts}")
    lines.append("contributors" + (f", answers until {until}" if until else ""))
    for part in found.parts:
        begun = "handed in" if part.handed_in else "not handed in" if part.contributor.respondent else "not begun"
        state = f"{part.settled} of {part.given}, {begun}" if part.given else "no part yet"
        lines.append(f"  {part.contributor.id}  {part.contributor.title}: {state}")
    lines += [] if found.parts else ["  none yet: weltoffen statement contributor add"]
    lines += ["referrals"] if found.referrals else []
    lines += [f"  {r.question}: {r.contributor.title} refers to {r.target}" for r in found.referrals]
    if town.presented:
        lines.append(f"presented on {town.presented}, {len(town.comments)} comments of contributors so far")
    if town.signed:
        lines.append(f"version {town.signed.number} signed on {town.signed.day}: {town.signed.digest}")
    if rest := left(town):
        lines.append("left before it can be presented or signed")
        lines += [f"  {state}: {', '.join(ids)}" for state, ids in rest.items()]
    elif survey.closed:
        lines.append("closed")
    else:
        ways = [] if town.presented else [f"weltoffen statement present {survey.id}"]
        ways.append(f"weltoffen statement sign {survey.id} --function …")
        lines.append("nothing is left: " + ", ".join(ways))
    return lines


def contribution_values(town: Town, one: Contribution) -> dict[str, Any]:
    """What a contributor says; nothing of it before it is handed in."""
    said = town.contributor(one.contributor)
    handed: dict[str, Any] = {"value": one.value, "texts": list(one.texts), "target": one.target}
    empty: dict[str, Any] = {"value": None, "texts": [], "target": None}
    return {
        "contributor": one.contributor, "department": said.department, "function": said.function,
        "handed_in": one.handed_in, **(handed if one.handed_in else empty),
    }  # fmt: skip


def told(town: Town, position: Position) -> list[str]:
    """What contributors and town say to a question, for people."""
    lines = []
    for one in position.contributions:
        who = town.contributor(one.contributor).title
        value = one.value or "no answer"
        if one.target:
            value += f" to {one.target}"
        lines.append(f"  {who}: {value if one.handed_in else 'not handed in'}")
        lines += [f"    {line}" for text in (one.texts if one.handed_in else ()) for line in text.splitlines()]
    lines += [] if position.contributions else ["  nobody was asked"]
    value = position.value or (position.text if position.settled else "open")
    lines.append(f"the town ({position.state}): {value or 'no text'}")
    if position.reason:
        lines.append(f"  reason: {position.reason}")
    return lines
