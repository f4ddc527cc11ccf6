"""Answers on paper: a whole file becomes respondents who handed in, or a list of everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.communes import TEMPLATE
from bot.paper import COLUMNS, PaperError, conversations, empty, rated
from conversations.conversation import FINISHED, SKIPPED, STATEMENT_LENGTH, STATEMENTS, Conversation, Place, Statement
from conversations.questionnaire import Voice, load
from conversations.survey import Survey, commune
from locales import languages

HEAD = ",".join(COLUMNS)
KURZFORM, DIALOG = load()["kurzform-1"], load()["dialog-1"]
WRONG_COLUMNS = (
    f"line 1: the columns must be {HEAD}, or respondent,voice,language and one column for each question, as "
    "weltoffen survey paper --csv writes them"
)
VOICES = (Voice.SOCIETY, Voice.ADMINISTRATION)
SURVEY = Survey("abc234", 1, commune(TEMPLATE), "kurzform-1", VOICES, {})


def taken(*rows: str, head: str = HEAD, asked=KURZFORM) -> list[Conversation]:  # type: ignore[no-untyped-def]
    """The respondents of a file, without their random pseudonyms."""
    found = conversations("\n".join([head, *rows]).encode(), SURVEY, asked)
    assert len({c.respondent for c in found}) == len(found)
    assert all(len(bytes.fromhex(c.respondent)) == 16 for c in found)
    return [c._replace(respondent="") for c in found]


def sheet(
    answers: dict[str, str], *statements: Statement, voice: Voice = Voice.SOCIETY, language: str = "de"
) -> Conversation:
    return Conversation(
        "abc234", "", voice, language, "paper", answers=answers, statements=statements, place=Place.THANKS,
        handed_in=True, active=False,
    )  # fmt: skip


def problems(*rows: str, head: str = HEAD, asked=KURZFORM) -> list[str]:  # type: ignore[no-untyped-def]
    """Everything that is wrong with a file."""
    return refused("\n".join([head, *rows]).encode(), asked)


def refused(content: bytes, asked=KURZFORM) -> list[str]:  # type: ignore[no-untyped-def]
    with pytest.raises(PaperError) as caught:
        conversations(content, SURVEY, asked)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


# ---- what is taken ------------------------------------------------------------------------------------------------


def test_rows_become_respondents_in_the_order_of_the_file() -> None:
    assert taken(
        "2,society,de,1.1,yes",
        "1,administration,ar,1.1,cannot-say",
        "2,society,de,1.2,skipped",
        "2,society,de,o1,Im Verein.",
        '2,society,de,o1,"Im Amt, nicht immer."',
        "1,administration,ar,o2,skipped",
    ) == [
        sheet(
            {"1.1": "yes", "1.2": SKIPPED, "o1": FINISHED},
            Statement("o1", "Im Verein."),
            Statement("o1", "Im Amt, nicht immer."),
        ),
        sheet({"1.1": "cannot-say", "o2": SKIPPED}, voice=Voice.ADMINISTRATION, language="ar"),
    ]


def test_a_statement_counts_also_before_or_after_skipped() -> None:
    one = [sheet({"o1": FINISHED}, Statement("o1", "Doch."))]
    rows = ["1,society,de,o1,skipped", "1,society,de,o1,Doch."]
    assert (taken(*rows), taken(*rows[::-1])) == (one, one)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffrespondent;voice;language;question;answer\r\n1;society;de;o1;Ja\r\n",
        " Respondent , VOICE,language,question,answer\n\n,,,,\n 1 , society , de , o1 , Ja \n",
        'respondent,voice,language,question,answer\n1,society,de,o1,"Ja"',
    ],
    ids=["excel", "spaces-and-empty-rows", "no-end-of-line"],
)  # fmt: skip
def test_files_of_excel_and_by_hand_are_read(content: str) -> None:
    found = conversations(content.encode(), SURVEY, KURZFORM)
    assert [c._replace(respondent="") for c in found] == [sheet({"o1": FINISHED}, Statement("o1", "Ja"))]


def test_control_characters_are_dropped_and_lines_kept() -> None:
    assert taken('1,society,de,o1,"eins\r\nzwei\u202e\x07"') == [sheet({"o1": FINISHED}, Statement("o1", "eins\nzwei"))]


def test_an_institution_may_write_longer() -> None:
    long = "x" * (STATEMENT_LENGTH + 1)
    row = f"1,society,de,o1,{long}"
    assert taken(row, asked=replace(KURZFORM, institution=True)) == [sheet({"o1": FINISHED}, Statement("o1", long))]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1", "yes"), ("2", "rather-yes"), ("3", "rather-no"), ("4", "no"), ("5", "cannot-say"), ("٤", "no"),
        ("ja", "yes"), ("Eher  Nein", "rather-no"), ("keine Einschätzung", "cannot-say"), ("نعم", "yes"),
        ("скорее да", "rather-yes"), ("weiß ich nicht", "cannot-say"), ("rather-yes", "rather-yes"), ("no", "no"),
        ("skipped", "skipped"), ("überspringen", "skipped"),
        *((no, None) for no in ("0", "6", "12", "-1", "1.0", "1,2", "-", "–", "✓", "✘", "x", "ja nein", "zurück",
                                "fertig", "finished", "01. Jan", "")),
    ],
)  # fmt: skip
def test_a_rating_is_a_number_of_the_sheet_or_a_word_and_nothing_that_can_be_mistaken(typed: str, value: str) -> None:
    assert rated(typed) == value


# ---- a row for every sheet ------------------------------------------------------------------------------------


def test_a_table_has_a_column_for_each_question_and_a_row_for_each_sheet() -> None:
    assert empty(DIALOG, Voice.SOCIETY, "fa", 2).decode("utf-8") == (
        "\ufeffrespondent;voice;language;question d1;question d2;question d3\r\n1;society;fa;;;\r\n2;society;fa;;;\r\n"
    )
    head, *rows = empty(KURZFORM, Voice.ADMINISTRATION, "de", 60).decode("utf-8-sig").splitlines()
    assert head.split(";")[3:] == [f"question {q.id}" for q in KURZFORM.questions]
    assert len(rows) == 60
    assert refused(empty(KURZFORM, Voice.SOCIETY, "de", 60)) == ["the file holds no answers"]


def wide(*rows: str, asked=DIALOG) -> bytes:  # type: ignore[no-untyped-def]
    """The table with these rows typed in."""
    head = empty(asked, Voice.SOCIETY, "de", 1).split(b"\r\n")[0]
    return b"\r\n".join([head, *(row.encode() for row in rows)])


def test_what_was_typed_into_the_table_becomes_respondents_and_the_rows_left_over_nobody() -> None:
    cells = ["1", "2", "ja", *[""] * 29, "5", "4", "", '"Im Verein.\n\nIm Amt; manchmal."']
    given = {q.id: SKIPPED for q in KURZFORM.questions}
    given |= {"1.1": "yes", "1.2": "rather-yes", "1.3": "yes", "7.3": "cannot-say", "7.4": "no", "o2": FINISHED}
    found = conversations(
        wide(f"1;society;ar;{';'.join(cells)}", f"2;society;de;3{';' * 35}", f"3;society;de;{';' * 35}",
             asked=KURZFORM), SURVEY, KURZFORM,
    )  # fmt: skip
    assert [c._replace(respondent="") for c in found] == [
        sheet(given, Statement("o2", "Im Verein."), Statement("o2", "Im Amt; manchmal."), language="ar"),
        sheet({q.id: SKIPPED for q in KURZFORM.questions} | {"1.1": "rather-no"}),
    ]


def test_every_wrong_cell_of_the_table_is_named() -> None:
    rows = [
        f"1;society;de;-;7;eher{';' * 33}",
        f";society;de;1{';' * 35}",
        f"1;society;de;1{';' * 35}",
        f"2;politics;de;1{';' * 35}",
        "3;society;de;1",
        f"4;society;de;skipped{';' * 34}x;",
    ]
    values = "1 to 5, yes, rather-yes, rather-no, no, cannot-say, skipped"
    assert refused(wide(*rows, asked=KURZFORM)) == [
        f"line 2: question 1.1: answer '-' is none of {values}",
        f"line 2: question 1.2: answer '7' is none of {values}",
        f"line 2: question 1.3: answer 'eher' is none of {values}",
        "line 3: respondent is empty",
        "line 4: respondent '1' has a row before",
        "line 5: voice 'politics' is none of society, administration",
        "line 6: 4 columns instead of 39",
    ]
    assert refused(wide("1;society;de;skipped;;", asked=DIALOG), DIALOG) == [
        "respondent '1' answers nothing and cannot be counted"
    ]


def test_a_table_with_other_columns_is_refused_before_anything_is_read() -> None:
    head = "respondent,voice,language,question d1,question d2,question d2,question d9"
    assert refused(f"{head}\n1,society,de,Ja,,,".encode(), DIALOG) == [
        "line 1: there is no question 'd9' in dialog-1",
        "line 1: question d3 has no column",
        "line 1: question d2 has two columns",
    ]


# ---- what is wrong ------------------------------------------------------------------------------------------------


def test_every_wrong_row_is_named_with_line_and_reason() -> None:
    assert problems(
        "1,society,de,1.1,yes",
        "1,society,de,1.1,no",
        "1,society,de,1.1",
        "",
        "1,society,de,1.2,jein",
        ",society,de,1.1,yes",
        "2,politics,de,1.1,yes",
        "2,society,tlh,1.1,yes",
        "2,society,de,9.9,yes",
        "1,society,en,1.3,yes",
        "1,administration,de,1.3,yes",
        "1,society,de,o1,",
        "1,society,de,o1,\x07",
        f"1,society,de,o1,{'x' * (STATEMENT_LENGTH + 1)}",
        "1,society,de,1.3,yes,no",
        "1,society,de,1.4,finished",
    ) == [
        "line 3: respondent '1' answers 1.1 a second time",
        "line 4: 4 columns instead of 5",
        "line 6: answer 'jein' is none of 1 to 5, yes, rather-yes, rather-no, no, cannot-say, skipped",
        "line 7: respondent is empty",
        "line 8: voice 'politics' is none of society, administration",
        f"line 9: language 'tlh' is none of {', '.join(languages())}",
        "line 10: there is no question '9.9' in kurzform-1",
        "line 11: respondent '1' had voice society and language de before",
        "line 12: respondent '1' had voice society and language de before",
        "line 13: answer is empty",
        "line 14: answer is empty",
        "line 15: answer is longer than 2000 characters",
        "line 16: 6 columns instead of 5",
        "line 17: answer 'finished' is none of 1 to 5, yes, rather-yes, rather-no, no, cannot-say, skipped",
    ]


def test_there_is_an_end_to_statements() -> None:
    rows = [f"1,society,de,o1,{n}" for n in range(STATEMENTS)]
    assert len(taken(*rows)[0].statements) == STATEMENTS
    assert problems(*rows, "1,society,de,o1,zu viel") == [f"line {STATEMENTS + 2}: more than 20 statements to o1"]


def test_the_line_is_that_of_the_file_also_after_a_text_of_several_lines() -> None:
    assert problems('1,society,de,o1,"eins\nzwei"', "1,society,de,9.9,yes") == [
        "line 4: there is no question '9.9' in kurzform-1"
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", WRONG_COLUMNS),
        (b"respondent,voice,language,answer,question\n", WRONG_COLUMNS),
        (b"1,society,de,1.1,yes\n", WRONG_COLUMNS),
        (HEAD.encode(), "the file holds no answers"),
        (HEAD.encode() + b"\n,,,,\n\n", "the file holds no answers"),
        (HEAD.encode() + b"\n1,society,de,o1,Stra\xdfe\n", "byte 62: the file is not UTF-8; save it as CSV UTF-8"),
        (HEAD.encode() + b"\n1,society,de,o1,a\0b\n", "the file holds NUL bytes and is no CSV"),
        (HEAD.encode() + b'\n1,society,de,o1,"a"b\n', "line 2: ',' expected after '\"'"),
        (HEAD.encode() + b'\n1,society,de,o1,"a\n', "line 2: unexpected end of data"),
    ],
    ids=["empty", "order", "no-head", "head-alone", "empty-rows", "latin-1", "nul", "quote", "open-quote"],
)
def test_what_is_no_such_file_is_refused_whole(content: bytes, why: str) -> None:
    assert refused(content) == [why]


def test_one_wrong_row_keeps_all_others_out() -> None:
    assert problems("1,society,de,d1,Hier.", "2,society,de,1.1,yes", asked=DIALOG) == [
        "line 3: there is no question '1.1' in dialog-1"
    ]
