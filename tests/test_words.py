"""Which typed words are understood in every language and script, that nothing is guessed, and that all is said."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.typed import cleaned, command, folded, meaning, typed_words
from bot.view import BACK, FINISH, RATINGS, SKIP
from bot.words import COMMANDS, PLAIN, SAYS, Plain, help_text, plain, said
from conversations.conversation import Conversation, Meaning, Say, Word
from conversations.questionnaire import Rating, Voice, load
from conversations.survey import ALPHABET, Survey, commune
from locales import FSI, PDI, catalogue, languages

YES, RATHER_YES, RATHER_NO, NO, CANNOT_SAY = Rating
SKIPS, FINISHES, BACKS = Meaning.SKIP, Meaning.FINISH, Meaning.BACK
LABELS = {**RATINGS, SKIPS: SKIP, FINISHES: FINISH, BACKS: BACK}


# ---- what is typed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", languages())
def test_every_label_is_understood_as_it_stands_on_its_button(code: str) -> None:
    shown = {means: catalogue(code).t(label) for means, label in LABELS.items()}
    assert {means: meaning(label) for means, label in shown.items()} == {means: means for means in LABELS}
    assert {means: meaning(f" {label.upper()}!\n") for means, label in shown.items()} == {m: m for m in LABELS}


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("ja", YES), ("JA", YES), ("Ja.", YES), ("  ja  ", YES), ("„ja“", YES), ("eher ja", RATHER_YES),
        ("Eher, ja!", RATHER_YES), ("eher   ja", RATHER_YES), ("eher-ja", RATHER_YES), ("eher\nja", RATHER_YES),
        ("eher nein", RATHER_NO), ("Nein", NO), ("keine Einschätzung", CANNOT_SAY), ("keine Einschatzung", CANNOT_SAY),
        ("KEINE EINSCHA\u0308TZUNG", CANNOT_SAY), ("überspringen", SKIPS), ("Uberspringen", SKIPS),
        ("zurück", BACKS), ("zuru\u0308ck", BACKS), ("fertig", FINISHES), ("Fertig :", FINISHES),
    ],
)  # fmt: skip
def test_case_accents_spaces_and_punctuation_do_not_matter(typed: str, means: object) -> None:
    assert meaning(typed) is means


@pytest.mark.parametrize(
    "digits",
    ["12345", "١٢٣٤٥", "۱۲۳۴۵", "१२३४५", "১২৩৪৫", "１２３４５"],
    ids=["latin", "arabic", "persian", "devanagari", "bengali", "full-width"],
)
def test_one_to_five_in_any_script_are_the_scale(digits: str) -> None:
    assert [meaning(d) for d in digits] == list(Rating)
    assert [meaning(f" {d}. ") for d in digits] == list(Rating)
    assert [meaning(f"\u200f{d}\u200f") for d in digits] == list(Rating)


@pytest.mark.parametrize(
    ("symbols", "means"),
    [("✓✔", YES), (["(✓)", "(✔)"], RATHER_YES), (["(✘)", "(✗)"], RATHER_NO), ("✘✗", NO), ("–-—", CANNOT_SAY)],
)
def test_the_symbols_of_the_scale_are_understood(symbols: str, means: Rating) -> None:
    assert {meaning(s) for s in symbols} | {meaning(f" {s}\n") for s in symbols} == {means}


def test_a_symbol_in_the_shape_of_an_emoji_is_the_same_symbol() -> None:
    assert (meaning("✔\ufe0f"), meaning("(✔\ufe0f)")) == (YES, RATHER_YES)


@pytest.mark.parametrize(
    "typed",
    ["", " ", "0", "6", "9", "٠", "٦", "12", "1 2", "1-2", "4,5", "½", "IV", "ja, aber", "ja ja", "jaja", "na ja",
     "eher", "eher nicht", "vielleicht", "j", "n", "y", "👍", "✓✓", "(✓", "((✓))", "keine", "weiter", "?", "!", "()",
     "ja nein", "fertig werden", "nicht überspringen", "𝟏𝟐"],
)  # fmt: skip
def test_nothing_is_guessed(typed: str) -> None:
    assert meaning(typed) is None


@given(st.text())
def test_any_text_has_a_meaning_or_none(typed: str) -> None:
    assert meaning(typed) is None or isinstance(meaning(typed), Rating | Meaning)
    assert {unicodedata.category(c)[0] for c in folded(typed)} <= set("LNZ")


@given(st.text(ALPHABET, min_size=2, max_size=8))
def test_a_code_is_never_mistaken_for_an_answer(code: str) -> None:
    assert meaning(code) is None or code.lower() in typed_words()


def test_one_word_with_two_meanings_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RATINGS, Rating.YES, "Zurück!")
    typed_words.cache_clear()
    try:
        with pytest.raises(ValueError, match="'zuruck' means back, and yes in another language"):
            typed_words()
    finally:
        typed_words.cache_clear()


def test_the_scale_is_understood_in_all_languages_at_once() -> None:
    assert set(typed_words().values()) == {*Rating, *Meaning}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("/start", ("start", "")), ("/START@weltoffen_bot  AB23 CD45 ", ("start", "AB23 CD45")), ("/", ("", "")),
        ("start", None), (" /start", None), ("", None),
    ],
)  # fmt: skip
def test_a_command_is_told_apart_with_its_argument(typed: str, found: tuple[str, str] | None) -> None:
    assert command(typed) == found


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  eins\r\nzwei\n", "eins\nzwei"), ("a\tb", "a b"), ("a\x00\x07\x1b\x7f\x9fb", "ab"),
        ("\ufeffab\u202ecd\u202c \u2066ef\u2069\u200f\u061c", "abcd ef"), ("ab\ud800", "ab?"),
        ("می\u200cخواهم 👨\u200d👩\u200d👧 ✔\ufe0f", "می\u200cخواهم 👨\u200d👩\u200d👧 ✔\ufe0f"), ("\u202e\x00 ", ""),
    ],
    ids=["line-ends", "tab", "control", "directions", "half-a-character", "joiners-stay", "nothing-left"],
)  # fmt: skip
def test_a_statement_is_kept_without_what_nobody_sees(typed: str, kept: str) -> None:
    assert cleaned(typed) == kept


# ---- what is said -------------------------------------------------------------------------------------------------

PROFILE = """
name = "Musterstadt"
kind = "district"
office = "Büro"
contact = "buero@musterstadt.example"
controller = "C"
data_protection_officer = "D"
legal_basis = "L"
recipients = "R"
supervisory_authority = "S"
retention_days = 90
minimum_age = 16
next_steps = "Dann wird beraten."
"""
ASKED = load()["kurzform-1"]
SURVEY = Survey("abc234", 1, commune(PROFILE), ASKED.name, (Voice.SOCIETY, Voice.ADMINISTRATION), {})
NEW = Conversation("abc234", "respondent", Voice.SOCIETY, "de", "notice")


def test_everything_that_can_be_said_has_its_words() -> None:
    numbered = {Say.EXAMPLE, Say.TOO_LONG, Say.TOO_MANY, Say.ENOUGH_PERSONS, Say.REPORT_FULL, Say.COMMENT_TOO_LONG}
    assert (set(SAYS) | numbered, set(SAYS) & numbered, set(PLAIN)) == (set(Say), set(), set(Plain))


@pytest.mark.parametrize("code", languages())
def test_no_passing_word_is_left_with_a_gap(code: str) -> None:
    talk = Conversation("abc234", "respondent", Voice.SOCIETY, code, "notice")
    texts = [said(SURVEY, ASKED, talk, Word(say, "1.1", "yes", 5)).text for say in Say]
    texts += [plain(code, which).text for which in Plain] + [help_text(code).text]
    assert [t for t in texts if not t.strip() or "{" in t or "}" in t] == []


def test_a_noted_answer_is_named() -> None:
    shown = said(SURVEY, ASKED, NEW, Word(Say.NOTED, "1.1", "rather-no")).text
    assert shown == f"Notiert: {FSI}eher nein{PDI}"
    assert said(SURVEY, ASKED, NEW, Word(Say.ALREADY, "o1", "finished")).text == f"Schon notiert: {FSI}beantwortet{PDI}"


def test_an_example_is_the_voice_s_and_the_kind_s_and_is_read_in_a_pop_up() -> None:
    shown = said(SURVEY, ASKED, NEW, Word(Say.EXAMPLE, "1.1"))
    assert (shown.text, shown.alert) == ("Zum Beispiel: Ein Amt sagt Ihnen, welches andere Amt helfen kann.", True)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (Word(Say.TOO_MANY, number=20), "Mehr als 20 Beiträge gehen hier nicht. Drücken Sie bitte „fertig“."),
        (Word(Say.ENOUGH_PERSONS, number=5), "An einem Telefon können 5 Personen antworten."),
        (Word(Say.ENOUGH_PERSONS, number=1), "An einem Telefon kann 1 Person antworten."),
        (Word(Say.TOO_LONG, number=2000),
         "Das ist zu lang. Bitte höchstens 2.000 Zeichen in einer Nachricht; teilen Sie den Text auf."),
    ],
)  # fmt: skip
def test_limits_are_named_with_their_number(word: Word, text: str) -> None:
    assert said(SURVEY, ASKED, NEW, word).text == text


@pytest.mark.parametrize("code", languages())
def test_help_names_every_command_and_does_not_begin_with_one_from_right_to_left(code: str) -> None:
    lines = help_text(code).text.split("\n\n")[1].split("\n")
    assert [next(c for c in COMMANDS if f"/{c}" in line) for line in lines] == list(COMMANDS)
    assert [line.startswith("/") for line in lines] == [not languages()[code].right_to_left] * len(COMMANDS)
