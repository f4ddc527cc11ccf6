"""Dessau-Roßlau's long form as a town fills it in: contributors, parts, answers, decisions with reasons, signed.

The data and why they are as they are: golden/dessau-langform.toml.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from openpyxl import load_workbook

from bot.statement import sheets, steps
from bot.statement.form import LABELS, Form
from bot.statement.returned import take
from bot.statement.steps import Town
from bot.statement.workbook import opened
from conversations.conversation import FINISHED, SKIPPED, Conversation, Statement
from conversations.institution import Contributor
from conversations.questionnaire import Questionnaire, Rating, Voice, load
from conversations.store import Store, contributions, people
from conversations.survey import Survey
from reports.release import Release

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
CODES = {"3": Rating.YES.value, "2": Rating.RATHER_YES.value, "1": Rating.RATHER_NO.value, "0": Rating.NO.value,
         "-": Rating.CANNOT_SAY.value, "s": SKIPPED}  # fmt: skip


@cache
def case() -> Mapping[str, Any]:
    """The data."""
    return tomllib.loads((Path(__file__).parent / "golden" / "dessau-langform.toml").read_text("utf-8"))


def answers(*, other_reading: bool = False) -> dict[str, str]:
    """The town's answer to each of the 105 questions."""
    rows = case()["answers"] | (case()["other_reading"] if other_reading else {})
    return {f"{c}.{n}": CODES[code] for c, row in rows.items() for n, code in enumerate(row, 1)}


def asked() -> Questionnaire:
    """The long form."""
    return load()["selbstcheck-1"]


@dataclass
class City:
    """The statement of Dessau-Roßlau on a real store; every step is a transaction of its own."""

    store: Store
    survey: Survey

    async def town(self) -> Town:
        """How it stands."""
        return await self.store.read(lambda tx: steps.town(tx, self.survey, asked()))

    async def invite(self) -> list[Contributor]:
        """Names the contributors and gives them their parts."""
        who = case()["coordinator"]

        def unit(tx: Connection) -> None:
            for one in case()["contributor"]:
                made, _ = steps.invite(tx, self.found(tx), one["department"], one["function"], None, NOW, who)
                steps.assign(tx, self.found(tx), made.id, one["parts"], NOW, who)

        await self.store.write(unit)
        return list((await self.town()).contributors)

    async def answer(self, one: Contributor, texts: Mapping[str, str]) -> None:
        """A contributor hands its part in, as the chat keeps it."""
        given = {q: v for q, v in answers().items() if q in one.questions}
        told = {q: t for q, t in texts.items() if q in one.questions}
        after = Conversation(
            self.survey.id, f"{one.id:0>32}", Voice.ADMINISTRATION, "de", "1234abcd", handed_in=True,
            answers=given | dict.fromkeys(told, FINISHED),
            statements=tuple(Statement(q, text) for q, text in told.items()),
        )  # fmt: skip

        def unit(tx: Connection) -> None:
            people.keep(tx, {}, [after])
            contributions.bind(tx, one.id, after.respondent)
            steps.handed_in(tx, self.survey.id, one, None, after, NOW)

        await self.store.write(unit)

    async def return_sheet(self, one: Contributor, texts: Mapping[str, str]) -> None:
        """A contributor hands its part in as a spreadsheet."""
        ids = tuple(q.id for q in asked().questions if q.id in one.questions)
        form = Form(self.survey, asked(), ids, "de")
        content = filled(form, sheets.sheet(form, one, None, NOW), answers(), texts)
        await self.store.write(lambda tx: take(tx, opened(content), self.found(tx), NOW))

    async def decide(self) -> None:
        """The coordinator says why questions stay without a rating."""

        def unit(tx: Connection) -> None:
            for question, reason in case()["reasons"].items():
                value = answers()[question]
                steps.decide(tx, self.found(tx), question, value, reason, NOW, case()["coordinator"])

        await self.store.write(unit)

    async def sign(self) -> Release:
        """The statement, presented and signed."""
        who = case()["coordinator"]
        await self.store.write(lambda tx: steps.present(tx, self.found(tx), NOW, who))
        return await self.store.write(lambda tx: steps.sign(tx, self.found(tx), who, NOW))

    def found(self, tx: Connection) -> Town:
        """How it stands inside a transaction."""
        return steps.town(tx, self.survey, asked())


def filled(form: Form, content: bytes, values: Mapping[str, str], texts: Mapping[str, str]) -> bytes:
    """A sheet with its answers filled in as somebody at a desk does."""
    book = load_workbook(io.BytesIO(content))
    rows: Sequence[tuple[str, str, Mapping[str, str]]] = (
        ("Fragen", "F", {q: form.words.t(LABELS[v]) for q, v in values.items()}), ("Selbstauskunft", "E", texts),
    )  # fmt: skip
    for name, column, wanted in rows:
        if name in book.sheetnames:
            for cell in book[name]["A"][1:]:
                if cell.value in wanted:
                    book[name][f"{column}{cell.row}"] = wanted[cell.value]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


TEXTS = {
    "1.m": "Eine interne Steuerungsgruppe mit Menschen aus allen fünf Dezernaten, ein Integrationskonzept seit 2018.",
    "2.m": "Ein Willkommenskompass in vier Sprachen, abgestimmte Sprachkurse, Wohnungen statt Unterkünfte.",
    "3.m": "Ein Netzwerk zur Arbeitsmarktintegration und eine Prozesskette bis zur ersten Stelle.",
    "3.b": "Agentur für Arbeit, Jobcenter, Wirtschaftsförderung, Ausländerbehörde, Hochschule.",
    "6.m": "Tafeln der Begegnung, Feste mit Studierenden, Fachtage zum Zusammenhalt.",
}  # fmt: skip
"""Self-reports, in our own words."""


async def handed_in(city: City) -> Town:
    """Everybody has handed in: three by spreadsheet, the others in the chat."""
    everybody = await city.invite()
    for number, one in enumerate(everybody):
        await (city.return_sheet if number in (1, 5, 7) else city.answer)(one, TEXTS)
    return await city.town()


async def signed(store: Store, survey: Survey) -> Release:
    """From an opened survey of an institution to the signed statement."""
    city = City(store, survey)
    await handed_in(city)
    await city.decide()
    return await city.sign()
