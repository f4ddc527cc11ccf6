"""Reviewing in a spreadsheet: out, changed by people, back in; nothing is overwritten that changed meanwhile."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import openpyxl
import pytest
from spreadsheets import edited

import locales
from bot import reviewing
from bot.preview import preview
from bot.reviewing import Change, ReviewError
from conversations.questionnaire import Voice, load
from locales import FOLDER, SOURCE, LanguageError, entries, known, progress

GERMAN = "Wo erleben Sie hier, dass Menschen offen füreinander sind?"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all catalogues, so that a test may change them."""
    copy = tmp_path / "locales"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    monkeypatch.setattr(locales, "FOLDER", copy)
    monkeypatch.setattr(reviewing, "FOLDER", copy)
    return copy


def put(sheet: object, german: str, column: str, value: str) -> None:
    titles = [c.value for c in sheet[1]]  # type: ignore[index]
    for row in sheet.iter_rows(min_row=2):  # type: ignore[attr-defined]
        if row[2].value == german:
            row[titles.index(column)].value = value
            return
    raise AssertionError(german)


def test_a_sheet_that_comes_back_as_it_went_changes_nothing(folder: Path) -> None:
    before = {p: p.read_bytes() for p in folder.glob("*/*/*.po")}
    found = reviewing.returned(reviewing.exported(["messages", "dialog-1"], ["en", "ar"]))
    assert (found.changes, found.conflicts) == ([], [])
    assert {p: p.read_bytes() for p in folder.glob("*/*/*.po")} == before


def test_a_review_changes_what_it_changed_and_nothing_else(folder: Path) -> None:
    content = edited(reviewing.exported(["dialog-1"], ["en", "ar"]), lambda b: (
        put(b["dialog-1"], GERMAN, "English [en]", "Where do you see people here being open to each other?"),
        put(b["dialog-1"], GERMAN, "comment [ar]", "Klingt nach Behörde. – AB"),
    ))  # fmt: skip
    found = reviewing.returned(content)
    assert (found.changes, found.conflicts) == ([
        Change("en", "dialog-1", GERMAN, 0, "Where do you see people here being open to each other?"),
        Change("ar", "dialog-1", GERMAN, None, "Klingt nach Behörde. – AB"),
    ], [])  # fmt: skip
    old = dict(entries(FOLDER / "en" / "LC_MESSAGES" / "dialog-1.po"))
    files = reviewing.keep(found.changes)
    assert [p.relative_to(folder).parts[0] for p in files] == ["en", "ar"]
    assert dict(entries(files[0])) == old | {GERMAN: ("Where do you see people here being open to each other?",)}
    assert reviewing.comments("ar", "dialog-1") == {GERMAN: "Klingt nach Behörde. – AB"}
    assert len(files[1].read_bytes().splitlines()) == len(
        (FOLDER / "ar" / "LC_MESSAGES" / "dialog-1.po").read_bytes().splitlines()
    ) + 1  # fmt: skip
    assert reviewing.returned(content).changes == [], "the same sheet once more changes nothing"


def test_what_changed_on_both_sides_is_named_and_left_as_it_is(folder: Path) -> None:
    content = edited(
        reviewing.exported(["dialog-1"], ["en"]), lambda b: put(b["dialog-1"], GERMAN, "English [en]", "A?")
    )
    reviewing.keep([Change("en", "dialog-1", GERMAN, 0, "B?")])
    found = reviewing.returned(content)
    assert found.changes == []
    assert len(found.conflicts) == 1
    assert found.conflicts[0].endswith("en: changed here too meanwhile, to 'B?'")


def test_a_lost_placeholder_and_a_moved_row_are_conflicts(folder: Path) -> None:
    noted = "Notiert: {answer}"
    content = reviewing.exported(["messages"], ["en"])
    found = reviewing.returned(edited(content, lambda b: put(b["messages"], noted, "English [en]", "Noted")))
    assert (found.changes, [c.partition(": ")[2] for c in found.conflicts]) == (
        [], ["placeholders are [], but must be ['answer']"],
    )  # fmt: skip
    moved = reviewing.returned(edited(content, lambda b: b["messages"].delete_rows(5)))
    assert moved.changes == []
    assert len(moved.conflicts) == 1
    assert moved.conflicts[0].startswith(
        "messages, row 5: another text stands here; rows must not be sorted or deleted"
    )


def test_a_formula_an_error_and_lost_columns_are_conflicts(folder: Path) -> None:
    content = reviewing.exported(["dialog-1"], ["en"])
    for text in ("=1+1", "#REF!"):
        found = reviewing.returned(edited(content, lambda b, t=text: put(b["dialog-1"], GERMAN, "English [en]", t)))
        assert (found.changes, [c.partition(", en: ")[2] for c in found.conflicts]) == (
            [], ["a formula stands where a text must"],
        )  # fmt: skip
    fewer = reviewing.returned(edited(content, lambda b: b["dialog-1"].delete_cols(6)))
    assert (fewer.changes, fewer.conflicts) == (
        [], ["dialog-1: columns were added or deleted; nothing of this sheet is taken"],
    )  # fmt: skip


def test_a_sheet_that_was_added_is_left_out_and_the_others_are_taken(folder: Path) -> None:
    def edit(book: openpyxl.Workbook) -> None:
        book.create_sheet("Notizen")["A1"] = "Bitte prüfen"
        book.create_sheet("leer")
        put(book["dialog-1"], GERMAN, "English [en]", "A?")

    found = reviewing.returned(edited(reviewing.exported(["dialog-1"], ["en"]), edit))
    assert (found.changes, found.conflicts) == (
        [Change("en", "dialog-1", GERMAN, 0, "A?")], ["Notizen: this sheet did not go out; nothing of it is taken"],
    )  # fmt: skip


def test_a_damaged_memory_is_named(folder: Path) -> None:
    content = edited(reviewing.exported(["dialog-1"], ["en"]), lambda b: b["weltoffen"].delete_cols(2))
    with pytest.raises(ReviewError, match="the hidden part of this sheet is damaged; export a new one"):
        reviewing.returned(content)


def test_every_plural_form_has_a_row_of_its_own(folder: Path) -> None:
    one, many = "{n} Frage ist noch offen.", "{n} Fragen sind noch offen."
    book = openpyxl.load_workbook(io.BytesIO(reviewing.exported(["messages"], ["en", "ar"])))
    rows = [r for r in book["messages"].iter_rows(values_only=True) if r[2] in (one, many)]
    assert [r[2] for r in rows] == [one, *[many] * 5]
    assert [bool(r[4]) for r in rows] == [True, True, False, False, False, False]
    assert all(r[6] for r in rows)
    assert not book["messages"].sheet_view.rightToLeft
    alone = openpyxl.load_workbook(io.BytesIO(reviewing.exported(["messages"], ["ar"])))
    assert alone["messages"].sheet_view.rightToLeft


# ---- how far it is, and every text in its place -------------------------------------------------------------------


def test_progress_counts_what_is_missing_and_fuzzy(folder: Path) -> None:
    path = folder / "en" / "LC_MESSAGES" / "dialog-1.po"
    whole = progress("en", "dialog-1")
    assert (whole.translated, whole.fuzzy, progress(SOURCE, "dialog-1")) == (whole.texts, 0, whole)
    text = path.read_text("utf-8")
    path.write_text(text.replace(f'msgid "{GERMAN}"', f'#, fuzzy\nmsgid "{GERMAN}"'), "utf-8")
    assert (progress("en", "dialog-1").translated, progress("en", "dialog-1").fuzzy) == (whole.texts - 1, 1)
    assert progress("tlh", "dialog-1").translated == 0


@pytest.mark.parametrize("code", ["de", "ar"])
def test_the_preview_shows_every_question_in_its_place_and_direction(code: str) -> None:
    asked = load()["dialog-1"]
    page = preview(asked, code, [Voice.SOCIETY])
    assert f'<html lang="{code}" dir="{known()[code].direction}">' in page
    for question in asked.questions:
        assert f"society · question {question.id}" in page
    assert "{" not in page.partition("</style>")[2]


def test_a_preview_of_what_is_not_translated_is_refused() -> None:
    with pytest.raises(LanguageError, match="ar/workshop-1 is not complete"):
        preview(load()["workshop-1"], "ar", [Voice.SOCIETY])
