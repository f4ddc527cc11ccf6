"""A part as a spreadsheet, out and back: what is filled in arrives, and every wrong cell is named and keeps all out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from chaos.hostile import TEXTS, unwanted
from conftest import commune_file
from openpyxl import Workbook, load_workbook
from spreadsheets import edited

from bot.statement import sheets
from bot.statement.form import Form, bare
from bot.statement.returned import Returned, noted, returned, value_of
from bot.statement.steps import Town
from bot.statement.workbook import SheetError, opened
from bot.typed import cleaned
from conversations.conversation import FINISHED, PAPER, REFERRED, SKIPPED, Conversation, Place, Statement
from conversations.institution import Contributor
from conversations.questionnaire import Voice, load
from conversations.survey import Survey, commune

ASKED = load()["selbstcheck-1"]
MADE = datetime(2026, 11, 25, 10, tzinfo=UTC)
PART = ("1.1.1", "1.1.2", "1.1.3", "1.4.1", "1.m", "1.b")
SURVEY = Survey("7k2mqp", 1, commune(commune_file()), ASKED.name, (Voice.ADMINISTRATION,), {},
                closes=datetime(2027, 1, 31, tzinfo=UTC))  # fmt: skip
ONE = Contributor("c4h8d2wz", "Dezernat V", "Sozialcontrolling", questions=frozenset(PART))
SAID = Conversation(
    SURVEY.id, "0" * 32, Voice.ADMINISTRATION, "de", "1234abcd", version=7, since=7,
    answers={"1.1.1": "rather-yes", "1.1.2": REFERRED, "1.m": FINISHED},
    statements=(Statement("1.1.1", "Konzept 2018", "a1"), Statement("1.1.1", "=1+1", "a2"),
                Statement("1.m", "Eins.", "a3"), Statement("1.m", "Zwei.\nDrei.", "a4")),
    referrals={"1.1.2": "Personalamt"},
)  # fmt: skip

Edit = Callable[[Any], None]
EXAMPLE: Mapping[str, str] = {
    "F2": "ja", "G2": "Konzept 2018", "F3": "weiß ich nicht", "H3": "Personalamt", "F4": "übersprungen",
    "F5": "eher nein",
}  # fmt: skip


def town(said: Conversation | None = None, one: Contributor = ONE) -> Town:
    """A statement with this one contributor."""
    bound = replace(one, respondent=said.respondent if said else None)
    return Town(SURVEY, ASKED, [bound], {said.respondent: said} if said else {}, {}, {}, [], None, {}, None, None)


def out(said: Conversation | None = None, language: str = "de", one: Contributor = ONE) -> bytes:
    """The sheet as it goes out."""
    asked = tuple(q.id for q in ASKED.questions if q.id in one.questions)
    return sheets.sheet(Form(SURVEY, ASKED, asked, language), one, said, MADE)


def filled(cells: Mapping[str, Any], texts: Mapping[str, Any] | None = None, content: bytes | None = None) -> bytes:
    """A sheet with these cells of "Fragen" and "Selbstauskunft" filled in."""

    def edit(book: Any) -> None:
        for sheet, wanted in (("Fragen", cells), ("Selbstauskunft", texts or {})):
            for cell, value in wanted.items():
                book[sheet][cell] = value
                if isinstance(value, str):
                    book[sheet][cell].data_type = "s"  # typed as a text, also where it begins with =

    return edited(content or out(), edit)


def back(content: bytes, said: Conversation | None = None, one: Contributor = ONE, **more: Any) -> Returned:
    """What a sheet says to a statement."""
    return returned(opened(content), town(said, one), **more)


def problems(content: bytes, said: Conversation | None = None, one: Contributor = ONE) -> list[str]:
    """What is wrong with a sheet."""
    with pytest.raises(SheetError) as told:
        back(content, said, one)
    return told.value.problems


# ---- out --------------------------------------------------------------------------------------------------------


def test_one_row_per_question_in_the_wording_of_the_commune_s_kind() -> None:
    book = load_workbook(io.BytesIO(out(SAID)))
    assert book.sheetnames == ["Anleitung", "Fragen", "Selbstauskunft", "weltoffen"]
    assert [[cell.value for cell in row] for row in book["Fragen"].iter_rows(max_row=3)] == [
        ["Nr.", "Handlungsfeld", "Kriterium", "Frage", "Was ist gemeint?", "Antwort", "Beleg oder Notiz", "bitte an"],
        ["1.1.1", "1 Management und Steuerung", "1.1 Strukturen und Prozesse zur Steuerung",
         "Koordiniert in unserer Verwaltung eine feste Stelle die Arbeit für Weltoffenheit?",
         "Zum Beispiel ein Integrationsbüro mit klarem Auftrag und genug Zeit.", "eher ja", "Konzept 2018\n\n=1+1",
         None],
        ["1.1.2", "1 Management und Steuerung", "1.1 Strukturen und Prozesse zur Steuerung",
         "Stimmen sich die Fachbereiche regelmäßig über die Arbeit für Weltoffenheit ab?",
         "Zum Beispiel in einer Steuerungsgruppe mit Mitgliedern aus allen Dezernaten.", "weiß ich nicht", None,
         "Personalamt"],
    ]  # fmt: skip
    assert [c.value for c in book["Fragen"]["A"]] == ["Nr.", "1.1.1", "1.1.2", "1.1.3", "1.4.1"]
    assert [c.value for c in book["Selbstauskunft"]["E"]] == ["Ihr Text", "Eins.\n\nZwei.\nDrei.", None]
    assert "unsere Stadt" in book["Fragen"]["D5"].value


def test_the_wording_of_a_district_is_a_district_s() -> None:
    district = replace(SURVEY, commune=commune(commune_file(kind="district")))
    content = sheets.sheet(Form(district, ASKED, PART, "de"), ONE, None, MADE)
    assert "unser Landkreis" in load_workbook(io.BytesIO(content))["Fragen"]["D5"].value


def test_the_first_sheet_says_who_by_when_how_and_what_is_confirmed() -> None:
    page = load_workbook(io.BytesIO(out()))["Anleitung"]
    text = "\n".join(str(cell.value) for cell in page["A"])
    for part in ("Selbstcheck – Musterstadt", "Wer antwortet: Dezernat V, Sozialcontrolling",
                 "Bitte zurück bis: 31. Januar 2027", "Mit der Rückgabe dieses Bogens bestätigen Sie",
                 "datenschutz@musterstadt.example", "Blatt „Fragen“", "höchstens 10.000 Zeichen"):  # fmt: skip
        assert part in text
    assert "maschinell" not in text
    assert not re.search("[\u2066-\u2069]", text), "no marks that a spreadsheet would show as boxes"


def test_a_sheet_in_english_is_english_throughout() -> None:
    book = load_workbook(io.BytesIO(out(SAID, "en")))
    assert book.sheetnames == ["Guide", "Questions", "Self-report", "weltoffen"]
    assert [c.value for c in book["Questions"]["F"]] == ["Answer", "rather yes", "do not know", None, None]
    text = " ".join(str(c.value) for page in book.worksheets for row in page.iter_rows() for c in row if c.value)
    assert "These texts were translated by machine." in text
    assert not re.search(r"\b(und|nicht|Bitte|Blatt|Antwort|oder|Frage)\b", text)


def test_only_the_cells_for_answers_can_be_written_and_offer_the_scale() -> None:
    book = load_workbook(io.BytesIO(out(SAID)))
    free = {(p.title, c.coordinate) for p in book.worksheets for row in p.iter_rows() for c in row
            if not c.protection.locked}  # fmt: skip
    assert free == {*(("Fragen", f"{c}{row}") for c in "FGH" for row in range(2, 6)),
                    *(("Selbstauskunft", f"E{row}") for row in (2, 3))}  # fmt: skip
    assert all(p.protection.sheet and p.protection.password is None for p in book.worksheets)
    (answers, evidence, target) = book["Fragen"].data_validations.dataValidation
    assert (str(answers.sqref), answers.formula1) == (
        "F2:F5", '"ja,eher ja,eher nein,nein,keine Einschätzung,übersprungen,weiß ich nicht"')  # fmt: skip
    assert [(str(v.sqref), v.type, v.formula1) for v in (evidence, target)] == [
        ("G2:G5", "textLength", "10000"), ("H2:H5", "textLength", "200")]  # fmt: skip
    page = book["Fragen"]
    assert (page.freeze_panes, page.print_title_rows, page.page_setup.orientation, page.page_setup.paperSize) == (
        "B2", "$1:$1", "landscape", 9)  # fmt: skip
    assert (page.sheet_properties.pageSetUpPr.fitToPage, page.page_setup.fitToHeight) == (True, 0)
    assert book["weltoffen"].sheet_state == "veryHidden"


def test_a_part_without_open_questions_has_no_sheet_for_them() -> None:
    rated = replace(ONE, questions=frozenset({"1.1.1"}))
    told = replace(ONE, questions=frozenset({"1.m"}))
    assert load_workbook(io.BytesIO(out(one=rated))).sheetnames == ["Anleitung", "Fragen", "weltoffen"]
    assert load_workbook(io.BytesIO(out(one=told))).sheetnames == ["Anleitung", "Selbstauskunft", "weltoffen"]
    done = back(filled({"F2": "nein"}, content=out(one=rated)), one=rated)
    assert (dict(done.after.answers), done.after.handed_in) == ({"1.1.1": "no"}, True)


# ---- back -------------------------------------------------------------------------------------------------------


def test_a_filled_sheet_is_what_its_contributor_says() -> None:
    done = back(filled(EXAMPLE, {"E2": "Erstens.\n\nZweitens.", "E3": "übersprungen"}))
    assert done.after._replace(respondent="") == Conversation(
        "7k2mqp", "", Voice.ADMINISTRATION, "de", PAPER, place=Place.THANKS, handed_in=True, active=False,
        answers={"1.1.1": "yes", "1.1.2": REFERRED, "1.1.3": SKIPPED, "1.4.1": "rather-no", "1.m": FINISHED,
                 "1.b": SKIPPED},
        statements=(Statement("1.1.1", "Konzept 2018"), Statement("1.m", "Erstens.\n\nZweitens.")),
        referrals={"1.1.2": "Personalamt"},
    )  # fmt: skip
    assert (done.contributor.id, done.before, done.missing) == ("c4h8d2wz", None, ())
    assert re.fullmatch("[0-9a-f]{32}", done.after.respondent)


def test_a_sheet_that_comes_back_as_it_went_out_changes_nothing() -> None:
    handed_in = SAID._replace(handed_in=True)
    one = replace(ONE, questions=frozenset({"1.1.1", "1.1.2", "1.m"}))
    done = back(out(handed_in, one=one), handed_in, one)
    assert (done.same, done.after.statements) == (True, SAID.statements), "also the single messages of the chat"
    assert not back(out(SAID, one=one), SAID, one).same, "handing in is something new"


def test_a_sheet_takes_the_place_of_what_was_said_to_its_questions_and_of_nothing_else() -> None:
    more = SAID._replace(answers={**SAID.answers, "2.1.1": "no"},
                         statements=(*SAID.statements, Statement("2.1.1", "Aus dem Chat", "a5")))  # fmt: skip
    done = back(filled({"F2": "nein", "F3": None, "H3": None}, content=out(more)), more)
    assert done.after == more._replace(
        answers={"2.1.1": "no", "1.1.1": "no", "1.m": FINISHED}, referrals={}, version=8, since=8, handed_in=True,
        place=Place.THANKS, statements=done.after.statements,
    )  # fmt: skip
    assert set(done.after.statements) == set(more.statements)


@pytest.mark.parametrize(
    ("text", "value"),
    [("ja", "yes"), ("Eher Ja", "rather-yes"), ("rather no", "rather-no"), ("nein", "no"), ("✘", "no"),
     ("(✓)", "rather-yes"), ("✔️", "yes"), ("–", "cannot-say"), ("cannot say", "cannot-say"),
     ("keine Einschätzung", "cannot-say"), ("rather-yes", "rather-yes"), ("cannot-say", "cannot-say"),
     ("übersprungen", SKIPPED), ("skipped", SKIPPED), ("weiß ich nicht", REFERRED), ("do not know", REFERRED),
     ("jein", None), ("3", None), ("jaja", None), ("نعم", None), ("", None)],
)  # fmt: skip
def test_an_answer_is_understood_in_german_and_english_as_symbol_and_as_value(text: str, value: str | None) -> None:
    assert value_of(text) == value


def test_a_sheet_in_english_may_be_filled_in_german() -> None:
    content = edited(out(language="en"), lambda book: book["Questions"].__setitem__("F2", "eher ja"))
    done = back(content)
    assert (done.after.answers, done.after.language) == ({"1.1.1": "rather-yes"}, "en")


def test_what_became_a_number_or_a_day_is_read_as_it_looks() -> None:
    done = back(filled({"G2": 2018, "G3": 2.5, "G4": datetime(2018, 5, 1), "G5": True}))  # noqa: DTZ001 - as a cell has it
    assert [s.text for s in done.after.statements] == ["2018", "2.5", "2018-05-01", "True"]


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_stays_a_text_both_ways(name: str) -> None:
    clean = cleaned(TEXTS[name])[:10_000]
    said = SAID._replace(statements=(Statement("1.1.1", clean), Statement("1.m", clean)),
                         referrals={"1.1.2": cleaned(clean[:200]) or "x"})  # fmt: skip
    content = out(said, one=replace(ONE, department=clean[:100] or "x"))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not any(b"<f>" in parts.read(n) or b"<hyperlink" in parts.read(n) for n in parts.namelist())
    done = back(content, said)
    assert {s.text for s in done.after.statements} == ({clean} if clean else set())
    assert done.after.referrals == {q: bare(t) for q, t in said.referrals.items()}
    assert [unwanted(s.text) for s in done.after.statements if unwanted(s.text)] == []


@pytest.mark.parametrize("text", ["=1+1", "_x000D_", "_x0041_ &amp; <b>", "+49 340", "@alle", "'quoted", "1.2.2026"])
def test_a_text_is_never_interpreted(text: str) -> None:
    done = back(filled({"G2": text, "F3": "weiß ich nicht", "H3": text}, {"E2": text}))
    assert [s.text for s in done.after.statements] == [text, text]
    assert done.after.referrals == {"1.1.2": text}
    again = back(out(done.after), done.after)
    assert [s.text for s in again.after.statements] == [text, text]


def test_pasted_lines_are_lines() -> None:
    assert back(filled({"G2": "eins_x000D_\nzwei"})).after.given("1.1.1") == ("eins\nzwei",)


def test_texts_of_ten_thousand_characters_go_both_ways_and_no_longer_ones() -> None:
    most = "ä" * 10_000
    done = back(filled({"G2": most}, {"E2": most}))
    assert [len(s.text) for s in done.after.statements] == [10_000, 10_000]
    assert back(out(done.after), done.after).same
    assert problems(filled({"G2": most + "x"}, {"E2": most + "x"})) == [
        "Blatt Fragen, Zelle G2: Der Text hat 10.001 Zeichen, es passen höchstens 10.000 hinein.",
        "Blatt Selbstauskunft, Zelle E2: Der Text hat 10.001 Zeichen, es passen höchstens 10.000 hinein.",
    ]


def test_more_from_the_chat_than_a_cell_holds_is_not_lost_by_a_sheet() -> None:
    long = tuple(Statement("1.1.1", str(n) * 2000, f"b{n}") for n in range(1, 10)) + tuple(
        Statement("1.1.1", "🐤" * 1000, f"c{n}") for n in range(11))  # fmt: skip
    said = SAID._replace(statements=long)
    assert back(out(said), said).after.statements == long


# ---- what is wrong ----------------------------------------------------------------------------------------------


def test_every_wrong_cell_is_named() -> None:
    assert problems(filled({
        "F2": "jein", "F3": "weiß ich nicht", "F4": "nein", "H4": "Personalamt", "H5": "x" * 201,
        "F5": "weiß ich nicht", "D2": "Koordiniert jemand?", "J4": "Notiz", "C12": "auch hier", "G5": "=1+1",
    }, {"B2": "9 Anderes"})) == [
        "Blatt Fragen, Zelle D2: Der Text zu Frage 1.1.1 ist verändert.",
        "Blatt Fragen, Zelle J4: „Notiz“ steht außerhalb des Bogens.",
        "Blatt Fragen, Zelle C12: „auch hier“ steht außerhalb des Bogens.",
        "Blatt Fragen, Zelle F2: „jein“ ist keine Antwort. Möglich sind: ja, eher ja, eher nein, nein, keine "
        "Einschätzung, übersprungen, weiß ich nicht.",
        "Blatt Fragen, Zelle H3: Bitte schreiben Sie, welche Stelle mehr weiß.",
        "Blatt Fragen, Zelle H4: Das gilt nur mit der Antwort „weiß ich nicht“.",
        "Blatt Fragen, Zelle H5: Der Text hat 201 Zeichen, es passen höchstens 200 hinein.",
        "Blatt Selbstauskunft, Zelle B2: Der Text zu Frage 1.m ist verändert.",
    ]  # fmt: skip


def test_wrong_cells_of_an_english_sheet_are_named_in_english() -> None:
    content = edited(out(language="en"), lambda book: book["Questions"].__setitem__("F2", "maybe"))
    assert problems(content) == [
        "Sheet Questions, cell F2: ‘maybe’ is not an answer. Possible answers: yes, rather yes, rather no, no, "
        "cannot say, skipped, do not know."
    ]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda b: b["Fragen"].__setitem__("F2", "=A1"), ["Blatt Fragen, Zelle F2: Bitte keine Formeln: „=A1“"]),
        (lambda b: b["Fragen"].__setitem__("G3", "=HYPERLINK(\"http://x.example\")"),
         ["Blatt Fragen, Zelle G3: Bitte keine Formeln: „=HYPERLINK(\"http://x.example\")“"]),
        (lambda b: b["Fragen"].merge_cells("F2:F3"), ["Blatt Fragen, Zellen F2:F3: Bitte keine Zellen verbinden."]),
        (lambda b: b["Fragen"].delete_rows(3), ["Blatt Fragen: Die Zeile zu Frage 1.1.2 fehlt."]),
        (lambda b: b["Fragen"].insert_rows(3),
         ["Blatt Fragen, Zelle A4: Hier steht die Frage 1.1.2. Bitte keine Zeilen verschieben, einfügen oder "
          "doppeln."]),
        (lambda b: (b["Fragen"].__setitem__("A2", "1.1.2"), b["Fragen"].__setitem__("A3", "1.1.1")),
         ["Blatt Fragen, Zelle A2: Hier steht die Frage 1.1.2. Bitte keine Zeilen verschieben, einfügen oder "
          "doppeln."]),
        (lambda b: b["Fragen"].__setitem__("A2", "7.1.1"),
         ["Blatt Fragen: Die Zeile zu Frage 1.1.1 fehlt.",
          "Blatt Fragen, Zelle A2: Die Frage „7.1.1“ gehört nicht zu diesem Bogen."]),
        (lambda b: b["Fragen"].__setitem__("F1", "Notizen"),
         ["Blatt Fragen, Zelle F1: Die Überschrift ist verändert."]),
        (lambda b: b.remove(b["Selbstauskunft"]), ["Blatt Selbstauskunft fehlt."]),
        (lambda b: b.create_sheet("Mein Blatt").__setitem__("A1", "Wichtig"),
         ["Blatt Mein Blatt gehört nicht zum Bogen."]),
        (lambda b: None, ["Der Bogen ist leer."]),
    ],
    ids=["formula", "link", "merged", "row-gone", "row-new", "rows-swapped", "foreign", "heading", "sheet-gone",
         "sheet-new", "empty"],
)  # fmt: skip
def test_a_sheet_that_was_changed_where_it_is_locked_is_refused(edit: Edit, told: list[str]) -> None:
    assert problems(edited(out(), edit)) == told


def test_answers_moved_beside_their_cells_are_noticed() -> None:
    content = edited(filled(EXAMPLE), lambda b: b["Fragen"].move_range("F2:H5", cols=1))
    told = problems(content)
    assert told[0] == "Blatt Fragen, Zelle I3: „Personalamt“ steht außerhalb des Bogens."


def test_a_question_that_was_taken_away_since_is_named_where_it_was_answered() -> None:
    less = replace(ONE, questions=ONE.questions - {"1.1.1", "1.1.3"})
    assert problems(filled({"F2": "ja"}), one=less) == [
        "Blatt Fragen, Zelle A2: Die Frage 1.1.1 gehört nicht mehr zu diesem Teil."
    ]
    assert back(filled({"F3": "ja"}), one=less).after.answers == {"1.1.2": "yes"}


def test_a_question_that_was_given_since_is_still_open() -> None:
    more = replace(ONE, questions=ONE.questions | {"2.1.1", "2.1.2"})
    done = back(filled({"F2": "ja"}), one=more)
    assert (done.missing, done.after.handed_in, done.after.place) == (("2.1.1", "2.1.2"), False, Place.QUESTION)


def marked(row: int, value: str) -> Edit:
    """Changes a value of the hidden marker."""
    return lambda book: book["weltoffen"].__setitem__(f"B{row}", value)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (marked(1, "2"), "the sheet was made by another version of this software (format 2)"),
        (marked(2, "9xw4tn"), "the hidden marker of the sheet is damaged; send the contributor a new one"),
        (marked(3, "x"), "the hidden marker of the sheet is damaged; send the contributor a new one"),
        (marked(6, "1.1.1"), "the hidden marker of the sheet is damaged; send the contributor a new one"),
        (lambda b: b.remove(b["weltoffen"]), "the file is no sheet of this software: the hidden marker is missing"),
    ],
    ids=["format", "survey", "contributor", "questions", "gone"],
)
def test_whose_sheet_it_is_cannot_be_changed_by_mistake(edit: Edit, told: str) -> None:
    assert problems(edited(filled(EXAMPLE), edit)) == [told]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"survey": "9xw4tn"}, "this sheet belongs to survey 9xw4tn, not to 7k2mqp"),
        ({"contributor": "zzzzzzzz"}, "this sheet belongs to a contributor who is not in this survey"),
        ({"questionnaire": "selbstcheck-2"}, "the sheet does not fit questionnaire selbstcheck-1; send a new one"),
        ({"language": "ar"}, "the sheet does not fit questionnaire selbstcheck-1; send a new one"),
        ({"questions": ("9.9.9",)}, "the sheet does not fit questionnaire selbstcheck-1; send a new one"),
    ],
)
def test_a_sheet_of_another_survey_or_contributor_is_refused(change: dict[str, Any], told: str) -> None:
    book = opened(filled(EXAMPLE))
    with pytest.raises(SheetError, match=f"^{re.escape(told)}$"):
        returned(replace(book, marker=replace(book.marker, **change)), town())


def test_a_sheet_older_than_an_answer_in_the_chat_is_refused_unless_it_is_to_replace_it() -> None:
    content = filled(EXAMPLE, content=out(SAID))
    later = SAID._replace(answers={**SAID.answers, "1.1.1": "no"})
    told = ("Dezernat V, Sozialcontrolling has answered otherwise since this sheet went out: the sheet is older. Send "
            "a new sheet, or take it all the same with --replace")  # fmt: skip
    assert problems(content, later) == [told]
    assert back(content, later, replace=True).after.answers["1.1.1"] == "yes"
    elsewhere = SAID._replace(answers={**SAID.answers, "2.1.1": "no"}, handed_in=True)
    assert back(content, elsewhere).after.answers["1.1.1"] == "yes", "what is not in the sheet does not make it older"


def test_a_sheet_may_come_back_corrected() -> None:
    first = back(filled(EXAMPLE)).after
    note = noted(opened(filled(EXAMPLE)), first)
    corrected = filled({**EXAMPLE, "F2": "nein"})
    assert back(corrected, first, last=note).after.answers["1.1.1"] == "no"
    chat = first._replace(answers={**first.answers, "1.1.1": "rather-yes"})
    with pytest.raises(SheetError, match="is older"):
        back(corrected, chat, last=note)
    with pytest.raises(SheetError, match="is older"):
        back(filled(EXAMPLE, content=out(SAID)), first, last=note)


# ---- files that are none of ours ----------------------------------------------------------------------------------


def test_somebody_else_s_spreadsheet_is_no_sheet() -> None:
    buffer = io.BytesIO()
    Workbook().save(buffer)
    assert problems(buffer.getvalue()) == ["the file is no sheet of this software: the hidden marker is missing"]


def test_a_file_cut_off_anywhere_never_ends_in_anything_but_a_clear_word() -> None:
    content = filled(EXAMPLE)
    for end in range(0, len(content), 97):
        with pytest.raises(SheetError):
            opened(content[:end])
    for at in range(0, len(content), 61):  # one byte turned over
        broken = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
        try:
            back(broken)
        except SheetError as error:
            assert error.problems
