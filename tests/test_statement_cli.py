"""weltoffen statement: a whole town on the command line, golden values for machines, a clear word for each refusal."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import shlex
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import click
import pytest
from test_cli import ROOT, Desk

from bot import closing as ending
from bot.checking import survey_for
from bot.cli import main
from bot.cli.named import REFUSED
from bot.cli.report import DEFAULT
from bot.identity import hashed
from bot.statement import steps
from bot.statement.seat import until
from bot.statement.steps import Refusal
from conversations.conversation import REFERRED, Conversation, Statement
from conversations.institution import OPEN_STATES
from conversations.questionnaire import Voice, load
from conversations.store import contributions, open_store, people, surveys
from locales import FSI, PDI, catalogue

ASKED = load()["selbstcheck-1"]
OFFICE, STAFF = "Dezernat I, Integrationsbüro", "Dezernat II, Personalamt"
BARE = str.maketrans("", "", FSI + PDI)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with nothing on it."""
    return Desk(tmp_path)


def opened(desk: Desk, *words: str) -> str:
    """A statement that was opened just now."""
    desk("commune", "init", desk.folder / "stadt.toml")
    asked = ("survey", "open", "selbstcheck", "--commune", desk.folder / "stadt.toml", "--yes", "--format", "json")
    done = desk(*asked, *words)
    assert (done.code, done.json["codes"]) == (0, {})
    return str(done.json["survey"])


def add(desk: Desk, survey: str, title: str, *parts: str) -> str:
    """A contributor who was given parts; its id."""
    department, function = title.split(", ")
    done = desk("statement", "contributor", "add", survey, "--department", department, "--function", function,
                "--format", "json")  # fmt: skip
    if parts:
        assert desk("statement", "assign", survey, title, *parts).code == 0
    return str(done.json["contributor"])


def answers(desk: Desk, survey: str, contributor: str, values: dict[str, str], texts: dict[str, str] | None = None,
            referrals: dict[str, str] | None = None, handed_in: bool = True) -> None:  # fmt: skip
    """What a contributor has answered."""
    respondent = f"{contributor:0>32}"
    now = Conversation(
        survey, respondent, Voice.ADMINISTRATION, "de", "paper", answers=values, handed_in=handed_in,
        statements=tuple(Statement(q, t) for q, t in (texts or {}).items()), referrals=referrals or {},
    )  # fmt: skip

    def unit(tx: Connection) -> None:
        before = people.load(tx, [respondent])
        people.keep(tx, before, [now._replace(version=max((k.version for k in before.values()), default=0) + 1)])
        contributions.bind(tx, contributor, respondent)

    async def write() -> None:
        async with await open_store(desk.folder / "w.db") as store:
            await store.write(unit)

    asyncio.run(write())


def disagreement(desk: Desk) -> tuple[str, str, str]:
    """Two departments: at odds over 1.4.1, 1.4.2 referred, 1.4.3 agreed; field 2 is waited for."""
    survey = opened(desk)
    office, staff = add(desk, survey, OFFICE, "1.4", "2"), add(desk, survey, STAFF, "1.4")
    answers(desk, survey, staff, {"1.4.1": "no", "1.4.2": "cannot-say", "1.4.3": "no"})
    values = {q.id: "yes" if q.rating else "finished" for q in ASKED.fields[1].questions}
    answers(desk, survey, office, {"1.4.1": "yes", "1.4.2": REFERRED, "1.4.3": "no", **values},
            {"1.4.1": "Bericht 2025", "2.m": "Sprachkurse."}, {"1.4.2": "Hauptamt"})  # fmt: skip
    return survey, office, staff


def settle(desk: Desk, survey: str) -> None:
    """Decides all that is open."""
    rest = [q for ids in desk("statement", "status", survey, "--format", "json").json["left"].values() for q in ids]

    async def write() -> None:
        async with await open_store(desk.folder / "w.db") as store:
            found = (await store.read(surveys.all_surveys))[survey]
            for q in rest:
                answer = "skipped" if ASKED.by_id[q].rating else ""
                await store.write(lambda tx, q=q, answer=answer: steps.decide(  # type: ignore[misc]
                    tx, steps.town(tx, found, ASKED), q, answer, "Niemand war gefragt.", datetime.now(UTC), "x"
                ))  # fmt: skip

    asyncio.run(write())


# ---- opening ----------------------------------------------------------------------------------------------------


def test_a_statement_is_opened_without_code_or_poster_and_says_what_to_do_next(desk: Desk) -> None:
    desk("commune", "init", desk.folder / "stadt.toml")
    ahead = (datetime.now(UTC) + timedelta(days=30)).date()
    done = desk("survey", "open", "selbstcheck", "--commune", desk.folder / "stadt.toml", "--yes", "--closes",
                str(ahead))  # fmt: skip
    survey = re.match(r"survey (\w+) ", done.out)[1]  # type: ignore[index]
    assert done.out == (
        f"survey {survey} (selbstcheck-1, Musterstadt), answers until {ahead} 23:59\n"
        "nobody can enter it by a code; now\n"
        f"  name contributors     weltoffen statement contributor add {survey} --department … --function …\n"
        f"  give them their part  weltoffen statement assign {survey} CONTRIBUTOR 1 2.6\n"
        f"  see how it stands     weltoffen statement status {survey}\n"
        f"  or do it in the chat  weltoffen organiser invite --commune {desk.folder / 'stadt.toml'}, then /statement\n"
    )
    told = desk.fails("survey", "open", "selbstcheck", "--commune", desk.folder / "stadt.toml", "--poster", "x.svg")
    assert "no public code" in told
    assert "no public code" in desk.fails("survey", "poster", survey, desk.folder / "x.svg")
    assert not (desk.folder / "x.svg").exists()
    help_ = desk("survey", "open", "--help").out
    assert "selbstcheck" in help_ and "workshop" in help_


def test_the_last_day_ends_by_the_clocks_of_germany_for_everybody_wherever_the_server_stands(desk: Desk) -> None:
    desk("commune", "init", desk.folder / "stadt.toml")
    done = desk.process("survey", "open", "selbstcheck", "--commune", desk.folder / "stadt.toml", "--yes", "--closes",
                        "2098-07-15", TZ="America/New_York")  # fmt: skip
    survey = re.match(r"survey (\w+) ", done.out)[1]  # type: ignore[index]
    told = desk("statement", "status", survey, "--format", "json").json["until"]
    there = replace(survey_for(load()["selbstcheck-1"]), closes=datetime.fromisoformat(told))
    assert (told, until(catalogue("de"), there).translate(BARE)) == (
        "2098-07-15T21:59:00+00:00", "Bitte geben Sie bis 15. Juli 2098, 23:59 Uhr ab.",
    )  # fmt: skip
    assert "answers until 2098-07-15 23:59" in done.out
    assert "answers until 2098-07-15 23:59" in desk.process("statement", "status", survey, TZ="Asia/Tokyo").out


def test_it_stays_open_after_the_day_by_which_departments_should_be_ready(desk: Desk) -> None:
    survey = opened(desk)
    add(desk, survey, OFFICE, "1.1")
    with closing(sqlite3.connect(desk.folder / "w.db")) as connection:
        connection.execute("UPDATE survey SET closes = 1000")
        connection.commit()
    done = desk("survey", "list", "--format", "json")
    assert ([s["status"] for s in done.json["surveys"]], done.err) == (["open"], "")
    status = desk("survey", "status", survey, "--format", "json")
    assert (status.json["status"], status.json["closed"], status.json["until"]) == (
        "open", False, "1970-01-01T00:16:40+00:00",
    )  # fmt: skip
    assert "answers until 1970-01-01" in desk("survey", "status", survey).out
    with closing(sqlite3.connect(desk.folder / "w.db")) as connection:
        assert connection.execute("SELECT count(*) FROM release").fetchall() == [(0,)]


# ---- contributors -----------------------------------------------------------------------------------------------


def test_a_contributor_gets_a_link_once_and_another_in_its_place(desk: Desk) -> None:
    survey = opened(desk)
    words = ("statement", "contributor", "add", survey, "--department", "Dezernat  II", "--function", "Sozialamt")
    done = desk(*words, "--name", "M. Muster", TELEGRAM_BOT_USERNAME="weltbot", **{})
    first = re.search(r"^https://t\.me/weltbot\?start=con-(\S+)$", done.out, re.MULTILINE)
    one = re.match(r"contributor (\w{8}): Dezernat II, Sozialamt\n", done.out)
    assert first is not None and one is not None
    assert "good for one person and 14 days" in done.out
    again = desk("statement", "contributor", "link", survey, "dezernat ii, sozialamt", "--format", "json").json
    assert again == {"survey": survey, "contributor": one[1], "start": again["start"], "link": None, "days": 14}
    with closing(sqlite3.connect(desk.folder / "w.db")) as connection:
        assert connection.execute("SELECT hash FROM contributor").fetchall() == [
            (hashed(again["start"].removeprefix("con-")),)
        ]
    assert desk("statement", "contributor", "list", survey, "--format", "json").json == {
        "survey": survey,
        "contributors": [
            {"contributor": one[1], "department": "Dezernat II", "function": "Sozialamt", "name": "M. Muster",
             "begun": False, "given": 0, "settled": 0, "handed_in": False, "questions": []},
        ],
    }  # fmt: skip
    assert "is a contributor already" in desk.fails(*words)
    there = desk.fails("statement", "assign", survey, "Sozialamt", "1")
    assert there == f"Error: there is no contributor 'Sozialamt'; there are: {one[1]} Dezernat II, Sozialamt\n"


def test_parts_are_given_to_several_and_taken_back(desk: Desk) -> None:
    survey = opened(desk)
    office, staff = add(desk, survey, OFFICE), add(desk, survey, STAFF)
    for one in (office, staff):
        done = desk("statement", "assign", survey, one, "1.4", "2.m", "--format", "json")
        assert done.json["assigned"] == ["1.4.1", "1.4.2", "1.4.3", "2.m"]
    assert desk("statement", "assign", survey, STAFF, "1.4").out == f"{STAFF} had all of that already\n"
    gone = desk("statement", "withdraw", survey, STAFF, "1", "--format", "json").json
    assert gone == {"survey": survey, "contributor": staff, "withdrawn": ["1.4.1", "1.4.2", "1.4.3"]}
    listed = desk("statement", "contributor", "list", survey, "--format", "json").json["contributors"]
    assert [c["questions"] for c in listed] == [["1.4.1", "1.4.2", "1.4.3", "2.m"], ["2.m"]]
    assert "no field, criterion or question '9'" in desk.fails("statement", "assign", survey, office, "9")


# ---- how it stands, deciding ------------------------------------------------------------------------------------


def test_status_tells_all_for_people_and_machines(desk: Desk) -> None:
    survey, office, staff = disagreement(desk)
    rest = [q.id for q in ASKED.questions if not q.id.startswith(("1.4", "2"))]
    sizes = {f.id: len(f.questions) for f in ASKED.fields}
    none = dict.fromkeys(map(str, OPEN_STATES), 0)
    fields: list[dict[str, Any]] = [
        {"field": f, "questions": n, "settled": 0, **none, "unassigned": n} for f, n in sizes.items()
    ]
    fields[0] |= {"settled": 1, "different": 1, "unknown": 1, "unassigned": sizes["1"] - 3}
    fields[1] |= {"settled": sizes["2"], "unassigned": 0}
    assert desk("statement", "status", survey, "--format", "json").json == {
        "survey": survey, "questionnaire": "selbstcheck-1", "until": None, "presented": None, "signed": None,
        "closed": False, "questions": 119, "settled": sizes["2"] + 1, "fields": fields,
        "contributors": [
            {"contributor": office, "department": "Dezernat I", "function": "Integrationsbüro", "name": None,
             "begun": True, "given": sizes["2"] + 3, "settled": sizes["2"] + 3, "handed_in": True},
            {"contributor": staff, "department": "Dezernat II", "function": "Personalamt", "name": None,
             "begun": True, "given": 3, "settled": 3, "handed_in": True},
        ],
        "referrals": [{"question": "1.4.2", "contributor": office, "target": "Hauptamt"}],
        "left": {"unassigned": rest, "different": ["1.4.1"], "unknown": ["1.4.2"]},
    }  # fmt: skip
    lines = desk("statement", "status", survey).out.splitlines()
    assert lines[:4] == [
        f"survey {survey} (selbstcheck-1, Musterstadt)", "  32 of 119 questions settled",
        "  field  settled  waiting  unassigned  different  unknown  outdated",
        "  1         1/16        -          13          1        1         -",
    ]  # fmt: skip
    assert lines[10:] == [
        "contributors", f"  {office}  {OFFICE}: 34 of 34, handed in", f"  {staff}  {STAFF}: 3 of 3, handed in",
        "referrals", f"  1.4.2: {OFFICE} refers to Hauptamt", "left before it can be presented or signed",
        f"  unassigned: {', '.join(rest)}", "  different: 1.4.1", "  unknown: 1.4.2",
    ]  # fmt: skip


def test_status_says_of_a_contributor_without_a_part_that_it_has_none(desk: Desk) -> None:
    survey = opened(desk)
    office, staff = add(desk, survey, OFFICE), add(desk, survey, STAFF, "1.4")
    assert desk("statement", "status", survey).out.splitlines()[10:13] == [
        "contributors", f"  {office}  {OFFICE}: no part yet", f"  {staff}  {STAFF}: 0 of 3, not begun",
    ]  # fmt: skip
    given = desk("statement", "assign", survey, OFFICE, "5.3.1")
    assert given.out == f"{OFFICE}: 1 new question: 5.3.1\n"
    assert desk("statement", "withdraw", survey, STAFF, "1.4").out == (
        f"{STAFF}: 3 questions taken back: 1.4.1, 1.4.2, 1.4.3\n"
    )


def test_a_question_is_shown_with_every_answer_but_for_what_is_not_handed_in(desk: Desk) -> None:
    survey, office, staff = disagreement(desk)
    text = ASKED.by_id["1.4.1"].text[Voice.ADMINISTRATION]
    told = {"department": "Dezernat I", "function": "Integrationsbüro", "handed_in": True}
    others = {"department": "Dezernat II", "function": "Personalamt"}
    found = desk("statement", "show", survey, "1.4.1", "--format", "json").json
    assert found == {
        "survey": survey, "question": "1.4.1", "text": found["text"], "state": "different", "value": None,
        "answer": "", "reason": None, "contributions": [
            {"contributor": office, **told, "value": "yes", "texts": ["Bericht 2025"], "target": None},
            {"contributor": staff, **others, "handed_in": True, "value": "no", "texts": [], "target": None},
        ],
    }  # fmt: skip
    assert found["text"] in text.values()
    answers(desk, survey, staff, {"1.4.1": "no"}, {"1.4.1": "Kanariennotiz"}, handed_in=False)
    shown = desk("statement", "show", survey, "1.4.1")
    assert shown.out == (
        f"1.4.1 {found['text']}\n  {OFFICE}: yes\n    Bericht 2025\n  {STAFF}: not handed in\n"
        "the town (waiting): open\n"
    )
    hidden = desk("statement", "show", survey, "1.4.1", "--format", "json")
    assert hidden.json["contributions"][1] == {
        "contributor": staff, **others, "handed_in": False, "value": None, "texts": [], "target": None,
    }  # fmt: skip


def test_a_decision_is_made_taken_back_and_noticed_when_answers_change(desk: Desk) -> None:
    survey, _, staff = disagreement(desk)
    words = ("statement", "decide", survey, "1.4.1", "eher nein", "--reason", "Der Bericht entfällt.")
    assert desk(*words, "--as", "Büroleitung", "--format", "json").json == {
        "survey": survey, "question": "1.4.1", "value": "rather-no", "answer": "", "reason": "Der Bericht entfällt.",
    }  # fmt: skip
    shown = desk("statement", "show", survey, "1.4.1").out
    assert shown.endswith("the town (decided): rather-no\n  reason: Der Bericht entfällt.\n")
    answers(desk, survey, staff, {"1.4.1": "yes", "1.4.2": "cannot-say", "1.4.3": "no"})
    assert desk("statement", "show", survey, "1.4.1", "--format", "json").json["state"] == "outdated"
    assert desk("statement", "undecide", survey, "1.4.1", "--format", "json").json == {
        "survey": survey, "question": "1.4.1", "undone": True, "state": "agreed",
    }  # fmt: skip
    assert "nothing was decided" in desk("statement", "undecide", survey, "1.4.1").out


def test_an_open_question_is_decided_with_the_text_of_a_file(desk: Desk) -> None:
    survey, _, _ = disagreement(desk)
    file = desk.file("massnahmen.txt", "\ufeffSprachkurse in allen Ortsteilen.\n\nEin Lotsendienst.\n")
    done = desk("statement", "decide", survey, "2.m", "--text", file, "--reason", "Zusammengefasst.",
                "--format", "json")  # fmt: skip
    assert (done.json["value"], done.json["answer"]) == (None, "Sprachkurse in allen Ortsteilen.\n\nEin Lotsendienst.")
    assert "at most 10000 characters" in desk.fails(
        "statement", "decide", survey, "2.m", "--text", desk.file("lang.txt", "x" * 10_001), "--reason", "Weil."
    )
    latin = desk.file("latin.txt", "Maßnahme".encode("latin-1"))
    assert "UTF-8" in desk.fails("statement", "decide", survey, "2.m", "--text", latin, "--reason", "Weil.")


# ---- presenting, signing, closing, the journal ------------------------------------------------------------------


def test_a_town_s_statement_from_the_first_contributor_to_its_end(desk: Desk) -> None:
    survey, _, _ = disagreement(desk)
    assert "not signed yet" in desk.fails("survey", "close", survey)
    for words in (["present", survey], ["sign", survey, "--function", "Oberbürgermeisterin"]):
        assert desk.fails("statement", *words).startswith("Error: not settled yet: 1.1.1, 1.1.2")
    settle(desk, survey)
    assert desk("statement", "choose", survey, "5", "4", "--reason", "Partner fehlen.", "--format", "json").json == {
        "survey": survey, "fields": ["4", "5"], "reason": "Partner fehlen.",
    }  # fmt: skip
    status = desk("statement", "status", survey).out.splitlines()[-1]
    assert status == (
        f"nothing is left: weltoffen statement present {survey}, weltoffen statement sign {survey} --function …"
    )
    day = datetime.now(UTC).date().isoformat()
    assert desk("statement", "present", survey, "--format", "json").json == {
        "survey": survey, "presented": day, "contributors": 2,
    }  # fmt: skip
    signed = desk("statement", "sign", survey, "--function", "Oberbürgermeisterin", "--format", "json").json
    assert signed == {
        "survey": survey, "version": 1, "signed": {"function": "Oberbürgermeisterin", "day": day},
        "release": signed["release"], "changes": [],
    }  # fmt: skip
    again = desk.fails("statement", "sign", survey, "--function", "Oberbürgermeisterin")
    assert again == "Error: nothing has changed since version 1\n"
    desk("statement", "decide", survey, "1.1.1", "no", "--reason", "Die Stelle ist weggefallen.")
    second = desk("statement", "sign", survey, "--function", "Oberbürgermeisterin")
    assert "version 2 signed by Oberbürgermeisterin" in second.out and "\n  1.1.1: skipped → no\n" in second.out
    digest = desk("statement", "status", survey, "--format", "json").json["signed"]["digest"]
    closed = desk("survey", "close", survey, "--format", "json").json
    assert closed == {"survey": survey, "release": digest, "version": 2, "signed": day}
    assert "closed already" in desk.fails("survey", "close", survey)
    with closing(sqlite3.connect(desk.folder / "w.db")) as connection:
        assert connection.execute("SELECT number FROM release ORDER BY number").fetchall() == [(1,), (2,)]
    after = desk("survey", "status", survey, "--format", "json").json
    assert (after["status"], after["closed"], after["erased"]) == ("closed", True, True)
    late = desk.fails("statement", "decide", survey, "1.1.1", "yes", "--reason", "Doch.")
    assert late == f"Error: survey {survey} is closed, nothing changes any more\n"


def test_the_journal_tells_who_did_what_before_and_after(desk: Desk) -> None:
    survey, _, _ = disagreement(desk)
    desk("statement", "decide", survey, "1.4.1", "no", "--reason", "=1+1", "--as", "Büroleitung")
    desk("statement", "undecide", survey, "1.4.1")
    found = desk("statement", "log", survey, "--format", "json").json
    steps_ = [(s["who"], s["step"], s["subject"], s["before"], s["after"]) for s in found["steps"]]
    assert [s[:3] for s in steps_[:3]] == [
        ("Koordination", "contributor", OFFICE), ("Koordination", "link", OFFICE), ("Koordination", "assign", OFFICE),
    ]  # fmt: skip
    assert steps_[-2:] == [
        ("Büroleitung", "decide", "1.4.1", "", "no: =1+1"), ("Koordination", "undecide", "1.4.1", "no", ""),
    ]  # fmt: skip
    assert all(datetime.fromisoformat(s["moment"]).tzinfo for s in found["steps"])
    rows = list(csv.reader(io.StringIO(desk("statement", "log", survey, "--format", "csv").out)))
    assert rows[0] == ["moment", "who", "step", "subject", "before", "after"]
    assert [tuple(row[1:]) for row in rows[1:]] == steps_
    assert (
        desk("statement", "log", survey)
        .out.splitlines()[-2]
        .endswith("  Büroleitung  decide 1.4.1: nothing → no: =1+1")
    )


def test_the_journal_keeps_an_answer_to_itself_until_it_is_handed_in(desk: Desk) -> None:
    survey = opened(desk)
    one = add(desk, survey, OFFICE, "1.4")

    def answered(handed_in: bool) -> list[tuple[str, str, str, str]]:
        async def write() -> None:
            async with await open_store(desk.folder / "w.db") as store:
                await store.write(unit)

        def unit(tx: Connection) -> None:
            town = steps.town(tx, surveys.all_surveys(tx)[survey], ASKED)
            contributor = town.contributor(one)
            steps.handed_in(
                tx, survey, contributor, before, town.conversation(contributor) or before, datetime.now(UTC)
            )

        before = Conversation(survey, f"{one:0>32}", Voice.ADMINISTRATION, "de", "paper", handed_in=False)
        answers(desk, survey, one, {"1.4.1": "yes"}, handed_in=handed_in)
        asyncio.run(write())
        found = desk("statement", "log", survey, "--format", "json").json["steps"]
        return [(s["step"], s["subject"], s["before"], s["after"]) for s in found if s["who"] == OFFICE]

    assert answered(handed_in=False) == [("answer", "1.4.1", "", "")]
    assert answered(handed_in=True)[:1] == [("answer", "1.4.1", "", "yes")]


def test_no_cell_of_the_journal_begins_a_formula(desk: Desk) -> None:
    survey = opened(desk)
    add(desk, survey, "=HYPERLINK(1), Amt")
    rows = list(csv.reader(io.StringIO(desk("statement", "log", survey, "--format", "csv").out)))
    assert [row[3] for row in rows[1:]] == ["'=HYPERLINK(1), Amt"] * 2


# ---- refusals ---------------------------------------------------------------------------------------------------


def test_every_refusal_has_a_line_of_its_own() -> None:
    assert set(REFUSED) == set(Refusal)
    assert len({text.format(what="7") for text in REFUSED.values()}) == len(Refusal)


REFUSALS = {
    "no such survey": (["status", "zzzzzz"], "there is no survey 'zzzzzz'"),
    "no such question": (["decide", "SURVEY", "9.9.9", "no", "--reason", "x"], "there is no question or field '9.9.9'"),
    "show none": (["show", "SURVEY", "9.9.9"], "there is no question or field '9.9.9'"),
    "undecide none": (["undecide", "SURVEY", "9.9.9"], "there is no question or field '9.9.9'"),
    "no value": (["decide", "SURVEY", "1.4.1", "vielleicht", "--reason", "x"], "'vielleicht' is no answer"),
    "value and text": (["decide", "SURVEY", "1.4.1", "no", "--text", "-", "--reason", "x"], "either a VALUE or"),
    "neither": (["decide", "SURVEY", "1.4.1", "--reason", "x"], "either a VALUE or"),
    "text for a rating": (["decide", "SURVEY", "1.4.1", "--text", "-", "--reason", "x"], "one of yes, rather-yes"),
    "value for a text": (["decide", "SURVEY", "2.m", "no", "--reason", "x"], "answered with --text FILE"),
    "empty reason": (["decide", "SURVEY", "1.4.1", "no", "--reason", " "], "a reason is needed"),
    "long reason": (["decide", "SURVEY", "1.4.1", "no", "--reason", "x" * 1001], "at most 1000 characters"),
    "no field": (["choose", "SURVEY", "9", "--reason", "x"], "there is no question or field '9'"),
    "focus for no reason": (["choose", "SURVEY", "4", "--reason", ""], "a reason is needed"),
    "empty function": (["contributor", "add", "SURVEY", "--department", "D", "--function", " "], "must not be empty"),
    "long function": (["contributor", "add", "SURVEY", "--department", "D", "--function", "x" * 121], "at most 120"),
    "no contributor": (["contributor", "link", "SURVEY", "Amt"], "there is no contributor 'Amt'"),
}


def test_what_cannot_be_done_is_said_in_one_line_and_changes_nothing(desk: Desk) -> None:
    survey, _, _ = disagreement(desk)
    before = desk("statement", "log", survey, "--format", "json").json
    for words, wanted in REFUSALS.values():
        told = desk.fails("statement", *(survey if w == "SURVEY" else w for w in words))
        assert told.startswith("Error: ") and wanted in told and told.count("\n") == 1
    assert desk("statement", "log", survey, "--format", "json").json == before
    persons = desk.open()
    assert desk.fails("statement", "status", persons) == (
        f"Error: survey {persons} asks single people; it has no statement of a town\n"
    )


def test_a_town_s_answers_are_never_counted_into_a_release(desk: Desk) -> None:
    survey, _, _ = disagreement(desk)

    async def close() -> None:
        async with await open_store(desk.folder / "w.db") as store:
            found = (await store.read(surveys.all_surveys))[survey]
            await store.write(lambda tx: ending.close(tx, found, ASKED, datetime.now(UTC)))

    with pytest.raises(ending.UnsignedError):
        asyncio.run(close())


def test_who_signs_before_the_departments_have_seen_it_is_reminded_of_what_their_notice_says(desk: Desk) -> None:
    survey, _, _ = disagreement(desk)
    settle(desk, survey)
    first = desk("statement", "sign", survey, "--function", "Oberbürgermeisterin")
    assert first.err.startswith("note: the departments have not seen the town's answers, as their notice says")
    desk("statement", "present", survey)
    desk("statement", "decide", survey, "1.1.1", "no", "--reason", "Neu geprüft.")
    second = desk("statement", "sign", survey, "--function", "Oberbürgermeisterin")
    assert ("version 2 signed" in second.out, second.err) == (True, "")


def test_every_command_of_the_step_by_step_page_is_one(desk: Desk) -> None:
    page = (ROOT / "docs/selbstcheck.md").read_text("utf-8")
    lines = re.findall(r"^weltoffen (.+?)(?: +#.*| > .*)?$", page, re.MULTILINE)
    assert len(lines) > 15
    for line in lines:
        words, group, path = shlex.split(line), main, "weltoffen"
        while isinstance(group, click.Group):
            found = group.get_command(click.Context(group), words[0])
            if found is None:  # the default command of a group
                found, path = group.get_command(click.Context(group), DEFAULT), f"{path} {DEFAULT}"
            else:
                path = f"{path} {words.pop(0)}"
            assert found is not None, line
            group = found  # type: ignore[assignment]
        context = click.Context(group, info_name=path)
        _, rest, _ = group.make_parser(context).parse_args(words)
        assert rest == [], line


def test_a_language_that_the_long_form_does_not_speak_is_named_with_those_that_it_does(desk: Desk) -> None:
    survey, _, _ = disagreement(desk)
    settle(desk, survey)
    desk("statement", "sign", survey, "--function", "Oberbürgermeisterin")
    desk("report", "vorlage", survey, "--file", desk.folder / "vorlage.toml", "--init")
    for words in [
        ("report", survey), ("report", survey, "--format", "docx"), ("digest", survey), ("explain", survey, "1.1"),
        ("mirror", survey), ("waves", survey, survey),
        ("report", "vorlage", survey, "--file", desk.folder / "vorlage.toml"),
    ]:  # fmt: skip
        refused = "Error: selbstcheck-1 does not exist in fr; --locale can be: de, en\n"
        assert (words, desk.fails(*words, "--locale", "fr")) == (words, refused)
