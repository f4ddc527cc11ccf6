"""Sheets by the command line: out to files, back into the statement in one transaction, every step in the journal."""

from __future__ import annotations

import asyncio
import io
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

import pytest
from openpyxl import load_workbook
from test_cli import Desk, Done

from bot.statement import steps
from bot.statement.steps import Town
from conversations.conversation import REFERRED, Conversation
from conversations.institution import State
from conversations.questionnaire import Voice, load
from conversations.store import contributions, open_store, people
from conversations.store import surveys as kept

T = TypeVar("T")
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
COORDINATOR = "Integrationsbüro, Koordination"


class Office:
    """A survey of an institution at an organiser's desk, with two contributors."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.survey = desk.open(questionnaire="selbstcheck")
        self.one = self.contributor("Dezernat V", "Sozialcontrolling", "1")
        self.two = self.contributor("Dezernat I", "Beauftragte für Bürgeranliegen", "1.1", "7.4")

    def unit(self, unit: Callable[[Connection, Town], T]) -> T:
        """One transaction on the statement as it stands."""

        async def body() -> T:
            async with await open_store(self.desk.folder / "w.db") as store:
                return await store.write(lambda tx: unit(tx, self.found(tx)))

        return asyncio.run(body())

    def found(self, tx: Connection) -> Town:
        survey = kept.all_surveys(tx)[self.survey]
        return steps.town(tx, survey, load()[survey.questionnaire])

    def town(self) -> Town:
        return self.unit(lambda _, found: found)

    def contributor(self, department: str, function: str, *parts: str) -> str:
        one, _ = self.unit(lambda tx, found: steps.invite(tx, found, department, function, None, NOW, COORDINATOR))
        self.unit(lambda tx, found: steps.assign(tx, found, one.id, parts, NOW, COORDINATOR))
        return one.id

    def sheet(self, *words: str | Path) -> Done:
        """The command that writes sheets."""
        return self.desk("statement", "sheet", self.survey, *words)

    def filled(self, contributor: str, cells: Mapping[str, str], texts: Mapping[str, str] | None = None) -> Path:
        """A contributor's sheet, written and filled in."""
        path = self.desk.folder / f"{contributor}.xlsx"
        assert self.sheet(contributor, "-o", path).code == 0
        return self.fill(path, cells, texts)

    def fill(self, path: Path, cells: Mapping[str, str], texts: Mapping[str, str] | None = None) -> Path:
        book = load_workbook(io.BytesIO(path.read_bytes()))
        for name, wanted in (("Fragen", cells), ("Selbstauskunft", texts or {})):
            for cell, text in wanted.items():
                book[name][cell] = text
        book.save(path)
        return path

    def take(self, path: Path, *words: str) -> Done:
        return self.desk("answers", "import", path, "--survey", self.survey, *words)

    def refused(self, path: Path, *words: str) -> str:
        before = self.desk.folder.joinpath("w.db").read_bytes()
        told = self.desk.fails("answers", "import", path, "--survey", self.survey, *words)
        assert self.desk.folder.joinpath("w.db").read_bytes() == before, "nothing is half imported"
        return told

    def journal(self) -> list[tuple[str, str, str, str, str]]:
        """What was written down since the contributors were named."""
        found = self.unit(lambda tx, _: contributions.journal(tx, self.survey))
        return [(e.who, e.step, e.subject, e.before, e.after) for e in found if e.who != COORDINATOR]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(Desk(tmp_path))


def test_a_sheet_goes_out_and_comes_back_as_what_its_contributor_says(office: Office) -> None:
    path = office.filled(office.one, {"F2": "ja", "G2": "Konzept 2018", "F3": "weiß ich nicht", "H3": "Personalamt"},
                         {"E2": "Seit 2016."})  # fmt: skip
    done = office.take(path)
    assert (done.code, done.out) == (0, "Dezernat V, Sozialcontrolling: 3 of 16 questions answered, handed in\n")
    found = office.town()
    one = found.contributor(office.one)
    said = found.conversation(one)
    assert said is not None
    assert (said.answers, said.referrals, said.notice, said.handed_in, said.voice) == (
        {"1.1.1": "yes", "1.1.2": REFERRED, "1.m": "finished"}, {"1.1.2": "Personalamt"}, "paper", True,
        Voice.ADMINISTRATION)  # fmt: skip
    assert (said.given("1.1.1"), said.given("1.m")) == (("Konzept 2018",), ("Seit 2016.",))
    assert found.positions["1.1.1"].state is State.WAITING, "the other department was asked too"
    assert found.positions["1.m"].text == "Seit 2016."
    who = "Dezernat V, Sozialcontrolling"
    assert sorted(office.journal()[:-1]) == [
        (who, "answer", "1.1.1", "", "yes"), (who, "answer", "1.1.2", "", REFERRED),
        (who, "answer", "1.m", "", "finished"), (who, "text", "1.1.1", "", "Konzept 2018"),
        (who, "text", "1.1.2", "", "Personalamt"), (who, "text", "1.m", "", "Seit 2016."),
    ]  # fmt: skip
    assert office.journal()[-1] == (who, "hand-in", "3/16", "", "")


def test_the_same_sheet_twice_changes_nothing_and_a_corrected_one_what_it_says(office: Office) -> None:
    path = office.filled(office.one, {"F2": "ja"})
    assert office.take(path).code == 0
    assert office.refused(path) == (
        f"Error: {path}: Dezernat V, Sozialcontrolling has said all of this already; nothing was changed\n"
    )
    assert office.take(office.fill(path, {"F2": "nein"})).code == 0
    assert office.journal()[-1] == ("Dezernat V, Sozialcontrolling", "answer", "1.1.1", "yes", "no")


def test_one_wrong_cell_keeps_the_whole_sheet_out(office: Office) -> None:
    path = office.filled(office.one, {"F2": "jein", "F3": "ja"})
    assert office.refused(path) == (
        f"Error: {path}: nothing was imported\n  Blatt Fragen, Zelle F2: „jein“ ist keine Antwort. Möglich sind: ja, "
        "eher ja, eher nein, nein, keine Einschätzung, übersprungen, weiß ich nicht.\n"
    )
    assert (office.town().contributor(office.one).respondent, office.journal()) == (None, [])


def test_answers_in_the_chat_since_the_sheet_went_out_are_not_lost_by_it(office: Office) -> None:
    chat = Conversation(office.survey, "c" * 32, Voice.ADMINISTRATION, "de", "1234abcd", answers={"1.1.1": "no"})

    def joins(tx: Connection, _: Town) -> None:
        people.keep(tx, {}, [chat])
        contributions.bind(tx, office.one, chat.respondent)

    path = office.filled(office.one, {"F2": "ja"})
    office.unit(joins)
    assert "the sheet is older. Send a new sheet, or take it all the same with --replace" in office.refused(path)
    assert office.take(path, "--replace").code == 0
    said = office.town().conversation(office.town().contributor(office.one))
    assert said is not None
    assert (said.respondent, said.answers, said.version, said.notice, said.handed_in) == (
        chat.respondent, {"1.1.1": "yes"}, 2, "1234abcd", True)  # fmt: skip


def test_a_part_that_grew_is_not_handed_in_by_a_sheet_that_went_out_before(office: Office) -> None:
    path = office.filled(office.one, {"F2": "ja"})
    office.unit(lambda tx, found: steps.assign(tx, found, office.one, ["2.1.1"], NOW, COORDINATOR))
    done = office.take(path, "--format", "json")
    assert done.json == {"survey": office.survey, "contributor": office.one, "answered": 1, "questions": 17,
                         "handed_in": False, "missing": ["2.1.1"]}  # fmt: skip
    again = office.filled(office.one, {f"F{row}": "ja" for row in range(2, 17)})
    assert office.take(again).out == "Dezernat V, Sozialcontrolling: 15 of 17 questions answered, handed in\n"


def test_all_sheets_go_into_a_folder_each_under_a_name_that_says_whose_it_is(office: Office) -> None:
    office.contributor("Dezernat III", "Stadtentwicklung")  # has no part yet
    assert office.sheet("--all", "-o", office.desk.folder / "boegen", "--locale", "en").code == 0
    assert sorted(p.name for p in (office.desk.folder / "boegen").iterdir()) == [
        f"dezernat-i-beauftragte-fuer-buergeranliegen-{office.two}.xlsx",
        f"dezernat-v-sozialcontrolling-{office.one}.xlsx",
    ]  # fmt: skip
    (path,) = (office.desk.folder / "boegen").glob(f"*{office.two}.xlsx")
    book = load_workbook(path)
    assert book.sheetnames == ["Guide", "Questions", "weltoffen"]
    assert [c.value for c in book["Questions"]["A"]] == ["No.", *(f"1.1.{n}" for n in range(1, 5)),
                                                         *(f"7.4.{n}" for n in range(1, 4))]  # fmt: skip


def test_what_cannot_be_written_is_said_in_a_clear_word(office: Office) -> None:
    out = office.desk.folder / "x.xlsx"
    idle = office.contributor("Dezernat III", "Stadtentwicklung")
    for words, told in (
        ([], "name one CONTRIBUTOR, or --all"),
        ([office.one, "--all"], "name one CONTRIBUTOR, or --all"),
        ([idle], f"Dezernat III, Stadtentwicklung was given no question yet: weltoffen statement assign "
                 f"{office.survey} {idle} 1"),
        ([office.one, "--locale", "ar"], "there are sheets in de, en"),
    ):  # fmt: skip
        done = office.sheet(*words, "-o", out)
        assert (done.code, done.err) == (1, f"Error: {told}\n")
    nobody = office.sheet("zzzzzzzz", "-o", out)
    assert (nobody.code, nobody.err.partition(";")[0]) == (1, "Error: there is no contributor 'zzzzzzzz'")
    named = office.sheet("Dezernat V, Sozialcontrolling", "-o", out)
    assert (named.code, out.exists()) == (0, True)
    out.unlink()
    assert not out.exists()


def test_a_file_that_is_no_sheet_is_said_to_be_none(office: Office) -> None:
    folder = office.desk.folder
    for name in ("bogen.xlsm", "bogen.xls", "bogen.ODS"):
        path = office.desk.file(name, b"PK")
        assert office.refused(path) == (
            f"Error: {path}: save it as Excel workbook (.xlsx) without macros, or as CSV UTF-8 (.csv)\n"
        )
    broken = office.desk.file("kaputt.xlsx", b"PK")
    assert office.refused(broken) == (
        f"Error: {broken}: nothing was imported\n  the file is damaged, or no spreadsheet: save it as .xlsx\n"
    )
    large = office.desk.file("gross.xlsx", b"")
    with large.open("r+b") as file:
        file.truncate(100_000_000)
    assert "larger than 5 MB" in office.refused(large)
    rows = office.desk.file("bogen.csv", b"")
    assert office.refused(rows, "--replace") == "Error: --replace is for sheets (.xlsx) alone\n"
    assert not (folder / "w.db-journal").exists()


def test_without_the_extra_it_is_said_what_to_install(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    path = office.filled(office.one, {"F2": "ja"})
    told = "Error: this needs more to be installed: pip install 'weltoffen[office]'\n"
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert office.refused(path) == told
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    assert office.sheet(office.one, "-o", path).err == told


def test_a_sheet_of_another_survey_is_refused(office: Office) -> None:
    path = office.filled(office.one, {"F2": "ja"})
    other = office.desk.open(questionnaire="selbstcheck")
    persons = office.desk.open()
    assert office.desk.fails("answers", "import", path, "--survey", other) == (
        f"Error: {path}: nothing was imported\n  this sheet belongs to survey {office.survey}, not to {other}\n"
    )
    assert office.desk.fails("answers", "import", path, "--survey", persons) == (
        f"Error: {path}: survey {persons} asks single people; it has no statement of a town\n"
    )


def test_what_is_noted_of_sheets_goes_with_the_statement(office: Office) -> None:
    office.take(office.filled(office.one, {"F2": "ja"}))

    def notes(tx: Connection, _: Town) -> list[str]:
        return [row[0] for row in tx.execute("SELECT value FROM fact WHERE name LIKE 'sheet %'")]

    assert [re.fullmatch("[0-9a-f]{16} [0-9a-f]{16}", note) is not None for note in office.unit(notes)] == [True]
    office.unit(lambda tx, _: contributions.erase(tx, office.survey))
    assert office.unit(notes) == []
