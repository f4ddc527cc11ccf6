"""Who asks, the codes by which one enters, and when a survey is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.communes import TEMPLATE
from conversations.questionnaire import Kind, Voice
from conversations.survey import (
    ALPHABET,
    CODE_LENGTH,
    Commune,
    CommuneError,
    Status,
    Survey,
    commune,
    fold_code,
    text_in,
)

FILE = """
name = "Musterstadt"
kind = "city"
office = "Büro"
contact = "buero@musterstadt.example"
controller = "Stadt Musterstadt"
data_protection_officer = "Frau Schutz"
legal_basis = "Einwilligung"
recipients = "Das Büro"
supervisory_authority = "Landesbeauftragte"
retention_days = 90
minimum_age = 16
next_steps = "Dann wird beraten."
"""
WHO = Commune(
    "Musterstadt", Kind.CITY, "Büro", "buero@musterstadt.example", "Stadt Musterstadt", "Frau Schutz",
    {"de": "Einwilligung"}, {"de": "Das Büro"}, "Landesbeauftragte", 90, 16, {"de": "Dann wird beraten."},
)  # fmt: skip


def complaints(old: str, new: str, text: str = FILE) -> list[str]:
    """What is wrong with the file when one thing is replaced."""
    assert old in text
    with pytest.raises(CommuneError) as caught:
        commune(text.replace(old, new), "stadt.toml")
    lines = str(caught.value).split("\n")
    assert all(line.startswith("stadt.toml: ") for line in lines)
    return [line.removeprefix("stadt.toml: ") for line in lines]


# ---- the commune's file -------------------------------------------------------------------------------------------


def test_a_complete_file_says_who_asks() -> None:
    assert commune(FILE) == WHO
    assert commune(TEMPLATE).name == "Musterstadt"


@pytest.mark.parametrize(
    ("key", "only"),
    [("legal_basis", "Einwilligung"), ("recipients", "Das Büro"), ("next_steps", "Dann wird beraten.")],
)
def test_sentences_are_read_by_language_and_in_german_where_one_is_missing(key: str, only: str) -> None:
    found = getattr(commune(FILE.replace(f'{key} = "{only}"', f'{key} = {{ de = "Dann.", ar = "ثم." }}')), key)
    assert [text_in(found, code) for code in ("de", "ar", "en")] == ["Dann.", "ثم.", "Dann."]
    assert getattr(commune(FILE), key) == {"de": only}


def test_everything_that_is_missing_is_named_at_once() -> None:
    assert complaints(FILE, "name = 'X'\nkind = 'city'") == [
        f"{key} is missing"
        for key in (
            "office", "contact", "controller", "data_protection_officer", "legal_basis", "recipients",
            "supervisory_authority", "retention_days", "minimum_age", "next_steps",
        )
    ]  # fmt: skip


def test_everything_that_is_wrong_is_named_at_once() -> None:
    assert complaints(
        FILE,
        f"""
        name = " "
        kind = "village"
        office = 3
        contact = "{"x" * 401}"
        legal_basis = "{"x" * 400}"
        controller = "C"
        data_protection_officer = "D"
        recipients = "R"
        retention_days = 0
        minimum_age = "16"
        next_steps = ["Dann."]
        phone = "1"
        fax = "2"
        """,
    ) == [
        "supervisory_authority is missing",
        "unknown key fax",
        "unknown key phone",
        "name must be a text that is not empty",
        "office must be a text that is not empty",
        "contact is longer than 400 characters",
        "retention_days must be a whole number from 1 to 3650",
        "minimum_age must be a whole number from 1 to 120",
        "next_steps must be a text that is not empty",
        "kind must be city or district",
    ]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"Musterstadt"', '"Muster\\u001b[31mstadt"', "name holds characters that control a screen"),
        ('"Musterstadt"', '"Muster\\nstadt"', "name must be one line"),
        ("90", "3651", "retention_days must be a whole number from 1 to 3650"),
        ("90", "true", "retention_days must be a whole number from 1 to 3650"),
        ("90", "90.0", "retention_days must be a whole number from 1 to 3650"),
        ("16", "121", "minimum_age must be a whole number from 1 to 120"),
        ('"Dann wird beraten."', '{ en = "Then." }', "next_steps as a table needs a text for de"),
        ('"Dann wird beraten."', '{ de = "Dann.", en = " " }', "next_steps.en must be a text that is not empty"),
        ('"Dann wird beraten."', '{ de = "Dann.", en = 4 }', "next_steps.en must be a text that is not empty"),
        ('"Dann wird beraten."', f'{{ de = "{"x" * 401}" }}', "next_steps.de is longer than 400 characters"),
    ],
)
def test_a_number_or_table_out_of_range_is_named(old: str, new: str, why: str) -> None:
    assert complaints(old, new) == [why]


def test_a_kind_that_is_no_text_is_named() -> None:
    assert complaints('"city"', '["city"]') == [
        "kind must be a text that is not empty",
        "kind must be city or district",
    ]


def test_broken_toml_is_named_with_the_file_and_line() -> None:
    assert ["line 2" in c for c in complaints('name = "Musterstadt"', 'name = "Musterstadt')] == [True]


# ---- codes --------------------------------------------------------------------------------------------------------


def test_the_alphabet_has_thirty_characters_that_are_not_mistaken() -> None:
    assert (len(set(ALPHABET)), len(ALPHABET), set(ALPHABET) & set("01ILOU")) == (30, 30, set())


@pytest.mark.parametrize(
    "typed",
    ["AB23CD45", "ab23cd45", " AB23 CD45 ", "ab23-cd45", "AB23–CD45", "a b 2 3 c d 4 5", "AB23.CD45", "AB23CD45.",
     "ＡＢ２３ＣＤ４５", "AB٢٣CD٤٥", "AB۲۳CD۴۵", "ab२३cd४५", "\u200fAB23CD45\u200e", "AB23\u00a0CD45\n"],
)  # fmt: skip
def test_a_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert fold_code(typed) == "AB23CD45"


@pytest.mark.parametrize(
    "typed",
    ["", "AB23CD4", "AB23CD456", "AB23CD40", "AB23CD41", "ABI3CD45", "ABL3CD45", "ABO3CD45", "ABU3CD45", "AB23CD4Ä",
     "AB23CD4А", "AB23CD4!", "AB23/CD45", "AB23_CD45", "AB23CD4😀", "AB23+CD45", "AB23CDß", "ABCDEFß", "½B23CD45"],
)  # fmt: skip
def test_whatever_is_no_code_is_none(typed: str) -> None:
    assert fold_code(typed) is None


@given(st.text())
def test_any_text_is_folded_to_a_code_or_to_none(typed: str) -> None:
    found = fold_code(typed)
    assert found is None or (len(found) == CODE_LENGTH and set(found) <= set(ALPHABET) and fold_code(found) == found)


@given(st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH))
def test_every_code_folds_to_itself(code: str) -> None:
    assert (fold_code(code), fold_code(code.lower()), fold_code(f"{code[:4]} {code[4:]}")) == (code, code, code)


# ---- open and closed ----------------------------------------------------------------------------------------------

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def status(
    now: datetime, *, opens: datetime | None = None, closes: datetime | None = None, closed: bool = False
) -> Status:
    voices = (Voice.SOCIETY,)
    return Survey("s", 1, WHO, "dialog-1", voices, {}, opens=opens, closes=closes, closed=closed).status(now)


def test_a_survey_opens_and_closes_on_the_second() -> None:
    moments = (NOON - SECOND, NOON, NOON + SECOND)
    assert [status(m, opens=NOON) for m in moments] == [Status.NOT_YET, Status.OPEN, Status.OPEN]
    assert [status(m, closes=NOON) for m in moments] == [Status.OPEN, Status.CLOSED, Status.CLOSED]


def test_without_times_it_is_open_until_it_is_closed() -> None:
    assert (status(NOON), status(NOON, closed=True)) == (Status.OPEN, Status.CLOSED)
    assert status(NOON - SECOND, opens=NOON, closed=True) is Status.CLOSED


def test_another_time_zone_is_the_same_moment() -> None:
    berlin = timezone(timedelta(hours=2))
    assert status(datetime(2026, 9, 14, 13, 59, 59, tzinfo=berlin), opens=NOON) is Status.NOT_YET
    assert status(datetime(2026, 9, 14, 14, tzinfo=berlin), opens=NOON) is Status.OPEN
