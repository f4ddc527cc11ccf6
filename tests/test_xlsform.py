"""XLSForm: what is written is valid for the survey world's own tools, and reads back as the same questionnaire."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import fields, replace

import openpyxl
import pytest
from pyxform.xls2xform import convert
from spreadsheets import edited

from bot import xlsform
from bot.xlsform import XlsFormError, forms, read, workbook
from conversations.questionnaire import Questionnaire, load, parse
from locales import FOLDER, complete, entries, languages

ALL = load()


def values(questionnaire: Questionnaire) -> dict[str, object]:
    return {f.name: getattr(questionnaire, f.name) for f in fields(questionnaire)}


def books(name: str) -> dict[str, bytes]:
    return {f"{form.name}.xlsx": workbook(form) for form in forms(ALL[name])}


@pytest.mark.parametrize("name", ALL)
def test_every_form_is_valid_without_a_warning(name: str) -> None:
    for form in forms(ALL[name]):
        warnings: list[str] = []
        found = convert(workbook(form), warnings=warnings)
        assert warnings == []
        for code in languages():
            assert (f'<translation lang="{xlsform._language(code)}"' in found.xform) == complete(code, name)


@pytest.mark.parametrize("name", ALL)
def test_what_is_written_reads_back_the_same_with_all_translations(name: str) -> None:
    found = read(books(name))
    assert found.name == name
    assert values(parse(f"{name}.toml", found.toml)) == values(ALL[name])
    for code in [c for c in languages() if c != "de" and complete(c, name)]:
        kept = entries(FOLDER / code / "LC_MESSAGES" / f"{name}.po")
        assert dict(found.translations[code]) == {german: text for german, (text,) in kept.items()}


def test_the_names_and_extra_columns_of_the_short_form() -> None:
    form = next(f for f in forms(ALL["kurzform-1"]) if f.name == "kurzform-1-society-city")
    row = next(r for r in form.sheets["survey"] if r.get("name") == "q1_4")
    assert {k: v for k, v in row.items() if "::" not in k} == {
        "type": "select_one scale", "name": "q1_4", "required": "yes", "criterion": "1.4", "mirror": "other",
        "optional": "", "note": "",
    }  # fmt: skip
    assert row["label::Deutsch (de)"] == "Fragt die Stadt nach, ob ihre Angebote den Menschen hier wirklich helfen?"
    assert [(c["name"], c["score"]) for c in form.sheets["choices"]] == [
        ("yes", "3"), ("rather-yes", "2"), ("rather-no", "1"), ("no", "0"), ("cannot-say", ""),
    ]  # fmt: skip


def test_the_same_questionnaire_gives_the_same_bytes() -> None:
    assert books("dialog-1") == books("dialog-1")


def cell(book: openpyxl.Workbook, sheet: str, row: int, column: str, value: object) -> None:
    names = [c.value for c in book[sheet][1]]
    book[sheet].cell(row, names.index(column) + 1).value = value


SOCIETY = "dialog-1-society.xlsx"


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (lambda b: cell(b, "survey", 3, "type", "geopoint"),
         f"{SOCIETY}: survey, row 3: type 'geopoint' is none of note, begin_group, end_group, select_one scale, text"),
        (lambda b: cell(b, "survey", 3, "label::Deutsch (de)", None),
         f"{SOCIETY}: survey, row 3: qd1 has no label in German (label::Deutsch (de))"),
        (lambda b: cell(b, "survey", 3, "name", "1_1"),
         f"{SOCIETY}: survey, row 3: name '1_1' must begin with q, as in q1_4"),
        (lambda b: cell(b, "survey", 3, "label::English (en)", "=1+1"),
         f"{SOCIETY}: survey, row 3: a formula stands where a text must"),
        (lambda b: b["survey"].delete_rows(5),
         f"dialog-1-politics.xlsx: survey: not the same questions, in the same order, as in {SOCIETY}"),
        (lambda b: cell(b, "weltoffen", 3, "value", "gespraech"),
         f"dialog-1-politics.xlsx: weltoffen: id is 'dialog', but in {SOCIETY} 'gespraech'"),
        (lambda b: cell(b, "weltoffen", 5, "value", "cats"),
         f"{SOCIETY}: weltoffen: voice 'cats' is none of administration, politics, society"),
        (lambda b: b.remove(b["survey"]), f"{SOCIETY}: there is no sheet 'survey'"),
    ],
)  # fmt: skip
def test_whatever_is_wrong_is_named_with_its_place(edit: Callable[[openpyxl.Workbook], object], complaint: str) -> None:
    those = books("dialog-1")
    those[SOCIETY] = edited(those[SOCIETY], edit)
    with pytest.raises(XlsFormError) as told:
        read(those)
    assert complaint in told.value.problems


def test_one_text_with_two_translations_is_a_conflict() -> None:
    those = books("dialog-1")
    those[SOCIETY] = edited(those[SOCIETY], lambda b: cell(b, "survey", 3, "label::English (en)", "Where?"))
    with pytest.raises(XlsFormError, match="'Wo erleben Sie hier, dass Menschen offen' has two translations in en"):
        read(those)


def test_a_missing_wording_is_named() -> None:
    those = books("dialog-1")
    del those["dialog-1-politics.xlsx"]
    with pytest.raises(XlsFormError, match=r"^the form of politics is missing$"):
        read(those)


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    form = forms(ALL["dialog-1"])[0]
    survey = [dict(row) for row in form.sheets["survey"]]
    survey[1]["label::English (en)"] = '=HYPERLINK("http://127.0.0.1")'
    book = openpyxl.load_workbook(io.BytesIO(workbook(replace(form, sheets={**form.sheets, "survey": survey}))))
    kinds = {cell.data_type for row in book["survey"].iter_rows() for cell in row}
    assert "f" not in kinds
