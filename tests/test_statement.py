"""A town's statement: many departments, one answer to each question, decided with a reason, signed, signed again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

import pytest
from conftest import House, opened_survey

from bot.statement import steps
from bot.statement.steps import Refusal, StepError, Town
from conversations.conversation import REFERRED, Conversation, Statement
from conversations.institution import Contributor, State
from conversations.questionnaire import Questionnaire, Rating, Voice, chosen, load
from conversations.store import contributions, people
from conversations.survey import Survey
from reports.release import Release

ASKED = load()["selbstcheck-1"]
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
COORDINATOR = "Integrationsbüro, Koordination"
RATHER_YES, NO = Rating.RATHER_YES.value, Rating.NO.value


class Desk:
    """The statement of one town, step by step; every step is a transaction of its own."""

    def __init__(self, house: House, survey: Survey) -> None:
        self.house, self.survey, self.now = house, survey, NOW

    async def town(self) -> Town:
        return await self.house.store.read(lambda tx: steps.town(tx, self.survey, ASKED))

    async def contributor(self, department: str, function: str, *parts: str) -> Contributor:
        def unit(tx: Connection) -> str:
            one, _ = steps.invite(tx, steps.town(tx, self.survey, ASKED), department, function, None, self.now,
                                  COORDINATOR)  # fmt: skip
            steps.assign(tx, steps.town(tx, self.survey, ASKED), one.id, parts, self.now, COORDINATOR)
            return one.id

        identifier = await self.house.store.write(unit)
        return (await self.town()).contributor(identifier)

    async def answers(self, one: Contributor, values: dict[str, str], texts: dict[str, str] | None = None,
                      referrals: dict[str, str] | None = None) -> None:  # fmt: skip
        """What a contributor hands in, in place of what it had."""
        respondent = one.respondent or f"{one.id:0>32}"
        given = Conversation(
            self.survey.id, respondent, Voice.ADMINISTRATION, "de", "paper", handed_in=True, answers=values,
            statements=tuple(Statement(q, t) for q, t in (texts or {}).items()), referrals=referrals or {},
        )  # fmt: skip

        def unit(tx: Connection) -> None:
            before = people.load(tx, [respondent])
            people.keep(tx, before, [given._replace(version=2 if before else 1)])
            contributions.bind(tx, one.id, respondent)

        await self.house.store.write(unit)

    async def decide(self, question: str, answer: str, reason: str) -> None:
        await self.house.store.write(
            lambda tx: steps.decide(
                tx, steps.town(tx, self.survey, ASKED), question, answer, reason, self.now, COORDINATOR
            )
        )

    async def sign(self) -> Release:
        return await self.house.store.write(
            lambda tx: steps.sign(tx, steps.town(tx, self.survey, ASKED), COORDINATOR, self.now)
        )


@pytest.fixture
async def desk(house: House) -> Desk:
    return Desk(house, await opened_survey(house.store, "bbbbbb", ASKED.name, voices=(Voice.ADMINISTRATION,)))


def ratings(questionnaire: Questionnaire, name: str, value: str) -> dict[str, str]:
    return {q: value for q in chosen(questionnaire, name) if questionnaire.by_id[q].rating}


async def test_what_departments_agree_on_is_the_towns_answer_and_the_rest_is_decided_with_a_reason(desk: Desk) -> None:
    office = await desk.contributor("Dezernat I", "Integrationsbüro", "1")
    staff = await desk.contributor("Dezernat II", "Personalamt", "1.3", "1.4")
    waiting = (await desk.town()).positions
    assert {p.state for q, p in waiting.items() if q.startswith("1.")} == {State.WAITING}
    assert {p.state for q, p in waiting.items() if not q.startswith("1.")} == {State.UNASSIGNED}

    await desk.answers(office, ratings(ASKED, "1", RATHER_YES), {"1.m": "Seit 2016.", "1.1.1": "Konzept 2018"})
    assert (await desk.town()).positions["1.1.1"].state is State.AGREED
    assert (await desk.town()).positions["1.3.1"].state is State.WAITING, "not everybody who was asked"
    mixed = ratings(ASKED, "1.3", NO) | {"1.4.1": RATHER_YES, "1.4.2": "cannot-say", "1.4.3": REFERRED}
    await desk.answers(staff, mixed, referrals={"1.4.3": "Statistikstelle"})
    found = (await desk.town()).positions
    assert [(found[q].state, found[q].value) for q in ("1.1.1", "1.3.1", "1.4.1", "1.4.2", "1.4.3")] == [
        (State.AGREED, RATHER_YES), (State.DIFFERENT, None), (State.AGREED, RATHER_YES), (State.AGREED, RATHER_YES),
        (State.AGREED, RATHER_YES),
    ]  # fmt: skip
    assert (found["1.m"].text, found["1.m"].state) == ("Seit 2016.", State.AGREED)

    await desk.decide("1.3.1", NO, "Das Personalamt sieht den Alltag.")
    settled = (await desk.town()).positions["1.3.1"]
    assert (settled.state, settled.value, settled.reason) == (State.DECIDED, NO, "Das Personalamt sieht den Alltag.")
    assert [c.value for c in settled.contributions] == [RATHER_YES, NO], "no contributor's answer is changed"
    await desk.answers((await desk.town()).contributor(office.id), ratings(ASKED, "1", NO))
    assert (await desk.town()).positions["1.3.1"].state is State.OUTDATED


@pytest.mark.parametrize(
    ("question", "answer", "reason", "why"),
    [("1.1.1", "no", " ", Refusal.NO_REASON), ("1.1.1", "vielleicht", "weil", Refusal.NO_VALUE),
     ("9.9.9", "no", "weil", Refusal.NO_QUESTION), ("1.1.1", "no", "x" * 1001, Refusal.TOO_LONG)],
)  # fmt: skip
async def test_a_decision_without_reason_or_value_is_refused(
    desk: Desk, question: str, answer: str, reason: str, why: Refusal
) -> None:
    with pytest.raises(StepError) as told:
        await desk.decide(question, answer, reason)
    assert told.value.why is why
    assert (await desk.town()).decisions == {}


async def test_a_statement_is_signed_when_all_is_settled_and_a_later_version_says_what_differs(desk: Desk) -> None:
    office = await desk.contributor("Dezernat I", "Integrationsbüro", *[f.id for f in ASKED.fields])
    values = {q.id: RATHER_YES for q in ASKED.questions if q.rating} | {"1.4.2": "cannot-say"}
    await desk.answers(office, values, {"2.m": "Sprachkurse."})
    with pytest.raises(StepError, match=r"^open-questions: 1\.4\.2$"):
        await desk.sign()
    await desk.decide("1.4.2", "cannot-say", "Es gibt noch keine Kennzahlen.")
    first = await desk.sign()
    block = first.document["voices"]["administration"]
    assert (block["n"], block["overall"]["answered"], block["overall"]["asked"]) == (1, 104, 105)
    assert first.document["town"]["positions"]["1.4.2"]["reason"] == "Es gibt noch keine Kennzahlen."
    assert first.document["town"]["reports"]["2.m"] == "Sprachkurse."
    assert (first.document["town"]["version"], first.document["town"]["changes"]) == (1, [])
    with pytest.raises(StepError, match=r"^same: 1$"):
        await desk.sign()
    await desk.decide("1.1.1", NO, "Die Stelle ist weggefallen.")
    desk.now += timedelta(days=30)
    second = await desk.sign()
    assert second.document["town"]["changes"] == [{"question": "1.1.1", "before": RATHER_YES, "after": NO}]
    log = [(e.who, e.step, e.subject) for e in await desk.house.store.read(
        lambda tx: contributions.journal(tx, desk.survey.id))]  # fmt: skip
    assert log == [
        *((COORDINATOR, step, "Dezernat I, Integrationsbüro") for step in ("contributor", "link", "assign")),
        (COORDINATOR, "decide", "1.4.2"),
        (COORDINATOR, "sign", "version 1"), (COORDINATOR, "decide", "1.1.1"), (COORDINATOR, "sign", "version 2"),
    ]  # fmt: skip
