"""By the commands: a statement's texts out and back, its report checked as a file, mirror and waves of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import House
from samples import dessau_answers, selbstcheck
from test_cli import Desk, sheets
from test_statement import Desk as Statement

from conversations.conversation import Conversation
from conversations.conversation import Statement as Said
from conversations.questionnaire import Voice
from conversations.store import contributions, open_store, people
from conversations.store import surveys as kept

ADMINISTRATION = Voice.ADMINISTRATION
OFFICE = "Integrationsbüro, Koordination"
REASON = "Dazu gibt es noch keine Zahlen."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def answered(
    desk: Desk, survey: str, changes: Mapping[str, str] | None = None, sign: bool = False, later: int = 0
) -> None:
    """Everything answered by one office and settled by the coordinator; signed, if it is to be."""

    async def steps() -> None:
        async with await open_store(desk.folder / "w.db") as store:
            found = (await store.read(kept.all_surveys))[survey]
            statement = Statement(House(store, None, None, None, found), found)  # type: ignore[arg-type]
            statement.now += timedelta(days=later)
            values = {**dessau_answers(), **(changes or {})}
            town = await statement.town()
            office = next(iter(town.contributors), None) or await statement.contributor(
                "Dezernat I", "Integrationsbüro", *(f.id for f in selbstcheck().fields)
            )
            await statement.answers(office, values, {"2.m": "Sprachkurse."})
            for question in (q for q, value in values.items() if value in ("cannot-say", "skipped")):
                await statement.decide(question, values[question], REASON)
            if sign:
                await statement.sign()

    asyncio.run(steps())


def opened(desk: Desk, **rest: object) -> str:
    """A statement of which all is settled."""
    survey = desk.open(questionnaire="selbstcheck")
    answered(desk, survey, **rest)  # type: ignore[arg-type]
    return survey


def journal(desk: Desk, survey: str) -> list[tuple[str, str, str]]:
    """Who edited which text, and how it begins now."""

    async def read() -> list[tuple[str, str, str]]:
        async with await open_store(desk.folder / "w.db") as store:
            steps = await store.read(lambda tx: contributions.journal(tx, survey))
            return [(e.who, e.subject, e.after[:30]) for e in steps if e.step == "text"]

    return asyncio.run(read())


# ---- texts out and back -----------------------------------------------------------------------------------------


def test_texts_go_out_are_edited_come_back_and_stand_in_the_next_version(desk: Desk) -> None:
    survey = opened(desk)
    folder = desk.folder / "texte"
    assert desk("report", "draft", survey, "-o", folder).err.count("wrote ") == 8
    assert {p.name for p in folder.iterdir()} == {*(f"field-{n}.md" for n in range(1, 8)), "overall.md"}
    first = (folder / "field-1.md").read_text("utf-8")
    assert first.startswith("> Handlungsfeld 1: Management und Steuerung\n>\n> Hier steht ein Entwurf")
    assert "\n> - 12 von 14 Fragen bearbeitet.\n" in first
    assert "\n> - 1.4 Monitoring: nein, 0,00\n" in first
    assert "\n- **Monitoring (1.4):** " in first
    assert "overwritten; name another folder" in desk.fails("report", "draft", survey, "-o", folder)
    assert desk("report", "release", survey, folder).out == "nothing changed\n"

    head = first.partition("\n\n")[0]
    (folder / "field-1.md").write_text(f"{head}\n\nWir haben **viel** vor: 12 von 14 Fragen.\n\n- eins\n", "utf-8")
    done = desk("report", "release", survey, folder, "--by", "Integrationsbüro, Leitung")
    assert done.out == "taken back: 1; they count from the next signature on\n"
    assert journal(desk, survey) == [("Integrationsbüro, Leitung", "1", "Wir haben **viel** vor: 12 von")]
    answered(desk, survey, sign=True)
    page = desk("report", survey).out
    assert '<p lang="de" dir="auto">Wir haben <strong>viel</strong> vor: 12 von 14 Fragen.</p>' in page
    again = desk.folder / "wieder"
    desk("report", "draft", survey, "-o", again)
    kept = (again / "field-1.md").read_text("utf-8")
    assert "> Hier steht der bearbeitete Text." in kept
    assert kept.endswith("\n\nWir haben **viel** vor: 12 von 14 Fragen.\n\n- eins\n")

    (again / "field-1.md").write_text(head, "utf-8")  # an empty text: the draft by rule stands again
    assert desk("report", "release", survey, again, "--format", "json").json == {"survey": survey, "changed": ["1"]}
    assert "Wir haben" in desk("report", survey).out, "until the next signature"


async def spoken(survey: str, folder: Path) -> None:
    """Two offices that differ, with evidence and self-reports; a third has not handed in."""
    async with await open_store(folder / "w.db") as store:
        found = (await store.read(kept.all_surveys))[survey]
        statement = Statement(House(store, None, None, None, found), found)  # type: ignore[arg-type]
        first = await statement.contributor("Dezernat I", "Personalamt", "1")
        second = await statement.contributor("Dezernat II", "Schulamt", "1.1", "1.m", "1.b")
        silent = await statement.contributor("Dezernat III", "Bauamt", "1.1.1")
        values = {q.id: "yes" for f in selbstcheck().fields if f.id == "1" for q in f.questions if q.rating}
        await statement.answers(first, {**values, "1.2.1": "referred"}, {
            "1.1.1": f"Leitbild von 2018.\nSeite 3 {'x' * 300}",
            "1.m": "Wir beraten.\u2028Und **mehr**.\r\n\r\nIm Amt.",
        }, {"1.2.1": "Büro"})  # fmt: skip
        await statement.answers(second, {**values, "1.1.1": "no"}, {"1.m": "Schulen.", "1.b": "Eltern."})
        begun = Conversation(survey, "f" * 32, ADMINISTRATION, "de", "paper", answers={"1.1.1": "yes"},
                             statements=(Said("1.1.1", "Nicht abgegeben."),))  # fmt: skip
        await store.write(lambda tx: (people.keep(tx, {}, [begun]), contributions.bind(tx, silent.id, "f" * 32)))
        await statement.decide("1.1.1", "rather-no", "Das Leitbild ist alt.")
        await statement.decide("1.b", "Eltern und Vereine.", "Vereine fehlten.")
        for question in (await statement.town()).open:
            rated = selbstcheck().by_id[question].rating
            await statement.decide(question, "skipped" if rated else "", REASON)


def test_whoever_edits_a_text_has_what_the_offices_wrote_at_hand_and_none_of_it_is_read_back(desk: Desk) -> None:
    survey = desk.open(questionnaire="selbstcheck")
    asyncio.run(spoken(survey, desk.folder))
    desk("report", "draft", survey, "-o", desk.folder / "texte")
    first = (desk.folder / "texte" / "field-1.md").read_text("utf-8")
    head, _, text = first.partition("\n\n")
    _, _, offices = head.partition("\n> Selbstauskunft zu Maßnahmen (1.m):\n")
    assert offices.split("\n") == [
        "> - Dezernat I, Personalamt:", ">   Wir beraten.", ">   Und **mehr**.", ">", ">   Im Amt.",
        "> - Dezernat II, Schulamt:", ">   Schulen.", ">",
        "> Selbstauskunft zur Beteiligung von Akteur*innen des kommunalen Gemeinwesens (1.b):",
        "> - Dezernat II, Schulamt:", ">   Eltern.",
        "> - Die Kommune hat stattdessen geschrieben:", ">   Eltern und Vereine.", ">",
        "> Verschieden beantwortet oder entschieden:",
        "> - 1.1.1: eher nein. Grund: Das Leitbild ist alt. Angegeben hatten: Dezernat I, Personalamt: ja; "
        "Dezernat II, Schulamt: nein.",
        f"> - 1.2.1: nicht bearbeitet. Grund: {REASON} Angegeben hatten: Dezernat I, Personalamt: weiß es nicht, "
        "verweist weiter.", ">",
        "> Belege der Stellen:",
        f"> - 1.1.1: Leitbild von 2018. Seite 3 {'x' * 271} … (Dezernat I, Personalamt)",
    ]  # fmt: skip
    assert not any(line.startswith(">") for line in text.split("\n"))
    second = (desk.folder / "texte" / "field-2.md").read_text("utf-8").partition("\n\n")[0]
    assert second.count("> - Keine Stelle hat dazu etwas geschrieben.") == 2
    assert "Dezernat" not in (desk.folder / "texte" / "overall.md").read_text("utf-8")
    assert desk("report", "release", survey, desk.folder / "texte").out == "nothing changed\n"
    desk("report", "draft", survey, "-o", desk.folder / "en", "--locale", "en")
    english = (desk.folder / "en" / "field-1.md").read_text("utf-8")
    assert (
        "> Answered differently, or decided:\n> - 1.1.1: rather no. Reason: Das Leitbild ist alt. Answers had"
        in english
    )


def test_what_an_office_has_not_handed_in_stands_in_no_report(desk: Desk) -> None:
    survey = desk.open(questionnaire="selbstcheck")
    asyncio.run(spoken(survey, desk.folder))
    assert desk("statement", "sign", survey, "--function", "Stadtrat").code == 0
    town = desk("report", survey, "--format", "json").json["town"]
    offices = {one["id"]: one["department"] for one in town["contributors"]}
    given = {offices[one["contributor"]]: one["value"] for one in town["positions"]["1.1.1"]["given"]}
    assert given == {"Dezernat I": "yes", "Dezernat II": "no", "Dezernat III": None}
    assert "Nicht abgegeben." not in json.dumps(town, ensure_ascii=False)


def test_a_figure_that_does_not_match_is_refused_with_file_and_line_and_nothing_is_taken(desk: Desk) -> None:
    survey = opened(desk)
    folder = desk.folder / "texte"
    desk("report", "draft", survey, "-o", folder)
    for name, text in (("field-2.md", "> Kopf\n\nGut.\n25 von 30 Fragen.\n"), ("field-3.md", "Alles neu.\n")):
        (folder / name).write_text(text, "utf-8")
    told = desk.fails("report", "release", survey, folder)
    assert f"{folder}/field-2.md, line 4: says “25 von 30 Fragen”: must be 25 von 29\nnothing was taken back" in told
    assert journal(desk, survey) == []
    (folder / "field-2.md").write_text("x" * 20_001, "utf-8")
    (folder / "notizen.md").write_text("x", "utf-8")
    told = desk.fails("report", "release", survey, folder)
    assert "field-2.md: longer than 20000 characters" in told
    assert "notizen.md: is none of field-1.md, " in told
    (folder / "notizen.md").write_bytes("Größe".encode("cp1252"))
    assert "notizen.md: is not UTF-8" in desk.fails("report", "release", survey, folder)


def test_texts_need_settled_figures_and_a_municipality(desk: Desk) -> None:
    open_still, persons = desk.open(questionnaire="selbstcheck"), desk.open()
    empty = desk.folder / "leer"
    empty.mkdir()
    assert "these questions are open: 1.1.1, 1.1.2" in desk.fails("report", "draft", open_still, "-o", empty)
    assert f"survey {persons} is of persons" in desk.fails("report", "draft", persons, "-o", empty)
    assert "no Markdown file" in desk.fails("report", "release", open_still, empty)
    assert f"weltoffen statement sign {open_still}" in desk.fails("report", open_still)
    assert f"weltoffen survey close {persons}" in desk.fails("report", persons)


@pytest.mark.parametrize("code", ["de", "en"])
def test_drafts_come_in_both_languages_and_are_drafts_in_both(desk: Desk, code: str) -> None:
    survey = opened(desk)
    desk("report", "draft", survey, "-o", desk.folder / code, "--locale", code)
    text = (desk.folder / code / "overall.md").read_text("utf-8")
    assert {"de": "> Gesamtbewertung", "en": "> Overall assessment"}[code] == text.split("\n")[0]
    assert desk("report", "release", survey, desk.folder / code).out == "nothing changed\n"


# ---- a report as a file -----------------------------------------------------------------------------------------


def test_a_report_is_checked_without_a_database(desk: Desk) -> None:
    survey = opened(desk, sign=True)
    desk("report", survey, "--format", "json", "-o", desk.folder / "a.json")
    elsewhere = {"WELTOFFEN_DATABASE": str(desk.folder / "none.db")}
    done = desk("report", "check", desk.folder / "a.json", **elsewhere)
    assert (done.code, done.out) == (0, f"{desk.folder / 'a.json'}: everything adds up\n")
    report = json.loads((desk.folder / "a.json").read_text("utf-8"))
    report["voices"]["administration"]["overall"]["asked"] = 106
    found = desk("report", "check", desk.file("b.json", json.dumps(report)), "--format", "json", **elsewhere)
    assert found.code == 1
    assert "administration overall: asked is 106, but must be 105" in json.loads(found.out)["problems"]
    assert "3 problems" in found.err


def test_a_report_of_persons_is_checked_too(desk: Desk) -> None:
    survey = desk.open()
    rows = dict.fromkeys(selbstcheck().criteria, "rather-yes") | {"1.4": "no"}
    desk("answers", "import", desk.file("b.csv", sheets(12, rows)), "--survey", survey)
    desk("survey", "close", survey)
    report = desk("report", survey, "--format", "json").json
    assert desk("report", "check", desk.file("a.json", json.dumps(report))).code == 0
    field = report["voices"]["administration"]["fields"][0]
    field["level"], field["criteria"][0]["mark"], field["negative"] = "open", "yes", []
    found = json.loads(desk("report", "check", desk.file("b.json", json.dumps(report)), "--format", "json").out)
    assert found["problems"] == [
        "administration field 1 criterion 1.1: mark is 'yes', but must be 'rather-yes'",
        "administration field 1: level is 'open', but must be 'advanced'",
        "administration field 1: negative leaves out 1.4",
    ]


def test_the_help_shows_both_ways(desk: Desk) -> None:
    text = desk("report", "--help").out
    assert "weltoffen report SURVEY [OPTIONS]" in text.replace("main report", "weltoffen report")
    assert re.findall(r"^  (check|draft|release) ", text, flags=re.M) == ["check", "draft", "release"]
    assert "--mirror SURVEY" in text


# ---- mirror and waves -------------------------------------------------------------------------------------------


def test_a_statement_stands_in_the_mirror_with_its_newest_version(desk: Desk) -> None:
    town, staff = opened(desk, sign=True), desk.open()
    desk(
        "answers",
        "import",
        desk.file("b.csv", sheets(12, dict.fromkeys(selbstcheck().criteria, "yes"))),
        "--survey",
        staff,
    )
    desk("survey", "close", staff)

    def gaps() -> dict[str, int | None]:
        found = desk("mirror", town, staff, "--format", "json").json
        assert [(s["id"], s["statement"], s["n"]) for s in found["sides"]] == [
            (f"{town}:administration", True, None), (f"{staff}:administration", False, 12),
        ]  # fmt: skip
        return {c["id"]: c["gap"] for c in found["criteria"]}

    assert (gaps()["1.4"], gaps()["2.3"], gaps()["2.6"], len(gaps())) == (3, 0, None, 34)
    answered(desk, town, {"1.4.1": "rather-yes"}, sign=True, later=30)
    assert gaps()["1.4"] == 1
    assert desk("report", town, "--mirror", staff).out.count('id="mirror"') == 1
    page = desk("mirror", town, staff).out
    assert "Erhebt unsere Stadt regelmäßig Daten dazu" in page, "all wordings of the long form stand beside the mark"


def test_two_statements_are_compared(desk: Desk) -> None:
    old, new = opened(desk, sign=True), opened(desk, changes={"1.4.1": "yes"}, sign=True, later=700)
    found = desk("waves", old, new, "--format", "json").json
    changed = {c["id"]: c["change"] for c in found["voices"]["administration"]["criteria"] if c["change"]}
    assert changed == {"1.4": 3}
    assert desk("report", new, "--since", old).out.count('id="waves"') == 1
