"""The rules by which a conversation goes on, by name; then random walks, and what must hold at every step of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conversations.conversation import (
    COMMENT_LENGTH,
    DOUBLE_TAP,
    FINISHED,
    PERSONS,
    REFERRAL_LENGTH,
    REFERRED,
    REPORT_LENGTH,
    SKIPPED,
    STATEMENT_LENGTH,
    STATEMENTS,
    Act,
    AnotherPerson,
    AskedExample,
    ChoseEachNew,
    ChoseLanguage,
    ChoseReminders,
    CommentScreen,
    Conversation,
    Deleted,
    DeleteScreen,
    Dropped,
    Edited,
    Effect,
    FieldScreen,
    Finished,
    HandedIn,
    Kept,
    LanguageScreen,
    Meaning,
    Opened,
    PausedScreen,
    Place,
    Progress,
    QuestionScreen,
    Rated,
    ReferralScreen,
    Referred,
    ReviewScreen,
    Say,
    Sent,
    SettingsScreen,
    Skipped,
    Statement,
    ThanksScreen,
    Turn,
    Uncommented,
    WantedData,
    WantedResult,
    WentBack,
    Word,
    Wrote,
)
from conversations.engine import advance, after_deadline, current, screen
from conversations.questionnaire import Questionnaire, Rating, Voice, load, parse, part

YES, NO, CANNOT_SAY = Rating.YES, Rating.NO, Rating.CANNOT_SAY
SMALL = parse(
    "klein-1.toml",
    """
    id = "klein"
    version = 1
    answers_as = "persons"
    title = "Klein"
    introduction = "Los."
    origin = "Probe"
    minutes = 1
    voices = ["society", "administration"]
    [[field]]
    id = "1"
    title = "Eins"
    [[field.criterion]]
    id = "1.1"
    title = "A"
    [[field.criterion.question]]
    id = "1.1"
    kind = "rating"
    text = "A?"
    help = { society = "Zum Beispiel so." }
    [[field.criterion]]
    id = "1.2"
    title = "B"
    [[field.criterion.question]]
    id = "1.2"
    kind = "rating"
    text = "B?"
    [[open]]
    id = "o1"
    kind = "open"
    text = "C?"
    """,
)
INSTITUTION = replace(SMALL, institution=True, fields=(replace(SMALL.fields[0], open=SMALL.open),), open=())
NEW = Conversation("survey", "respondent", Voice.SOCIETY, "de", "notice")
A, B, C = SMALL.questions


def at(question: str, **more: object) -> Conversation:
    """A conversation that revisits a question; everything else as given."""
    return NEW._replace(at=question, **more)  # type: ignore[arg-type]


def after(conversation: Conversation, *acts: Act, asked: Questionnaire = SMALL) -> Conversation:
    """Where the acts lead."""
    for act in acts:
        conversation = advance(asked, conversation, act).conversation
    return conversation


def said(conversation: Conversation, act: Act, asked: Questionnaire = SMALL) -> Word | None:
    """The passing word to an act that must change nothing."""
    turn = advance(asked, conversation, act)
    assert (turn.conversation, turn.effect) == (conversation, None)
    return turn.word


SETTLED = NEW._replace(answers={"1.1": "yes", "1.2": SKIPPED, "o1": SKIPPED}, place=Place.REVIEW, version=4, since=4)
HANDED_IN = SETTLED._replace(place=Place.THANKS, handed_in=True)
WRITING = NEW._replace(answers={"1.1": "yes", "1.2": "no"}, version=3, since=3)


# ---- one answer after the other -----------------------------------------------------------------------------------


def test_the_first_question_is_the_first_that_is_shown() -> None:
    assert screen(SMALL, NEW) == QuestionScreen(A, None, (), True)


def test_a_rating_is_kept_and_the_next_question_opens() -> None:
    found = advance(SMALL, NEW, Rated("1.1", YES, 1, 5.0))
    assert found == Turn(NEW._replace(answers={"1.1": "yes"}, version=2, since=2, pressed_at=5.0))
    assert screen(SMALL, found.conversation) == QuestionScreen(B, None, (), False)


def test_open_questions_come_after_the_fields() -> None:
    assert screen(SMALL, WRITING) == QuestionScreen(C, None, (), False)


def test_no_rating_possible_is_an_answer_and_skipped_is_none() -> None:
    found = after(NEW, Rated("1.1", CANNOT_SAY, 1, 0.0), Skipped("1.2", 2))
    assert found.answers == {"1.1": "cannot-say", "1.2": "skipped"}
    assert screen(SMALL, found._replace(place=Place.REVIEW)) == ReviewScreen(
        (Progress(SMALL.fields[0], 1, 1, 2), Progress(None, 0, 0, 1)), False
    )


def test_when_everything_is_settled_the_review_comes() -> None:
    found = after(WRITING, Skipped("o1", 3))
    assert (found.place, found.at, current(SMALL, found)) == (Place.REVIEW, None, None)
    assert screen(SMALL, found) == ReviewScreen((Progress(SMALL.fields[0], 2, 0, 2), Progress(None, 0, 1, 1)), False)


def test_missing_in_the_review_is_what_is_neither_answered_nor_skipped() -> None:
    shown = screen(SMALL, after(NEW, Rated("1.1", YES, 1, 0.0), Skipped("1.2", 2), Opened(Place.REVIEW)))
    assert isinstance(shown, ReviewScreen)
    assert shown.missing == 1


# ---- back, keep, change, withdraw ---------------------------------------------------------------------------------


def test_back_shows_the_question_before_with_its_answer() -> None:
    found = after(WRITING, WentBack("o1", 3))
    assert found == WRITING._replace(at="1.2", version=4, since=4)
    assert screen(SMALL, found) == QuestionScreen(B, "no", (), False)
    assert after(found, WentBack("1.2", 4)).at == "1.1"


def test_there_is_no_way_back_from_the_first_question() -> None:
    assert said(NEW, WentBack("1.1", 1)) == Word(Say.FIRST)


def test_keeping_an_answer_leads_on_to_the_open_question() -> None:
    found = after(WRITING._replace(at="1.1", since=4, version=4), Kept("1.1", 4))
    assert found == WRITING._replace(version=5, since=5)


def test_an_answer_changed_replaces_the_old_one() -> None:
    found = after(WRITING, Opened(Place.QUESTION, "1.1"), Rated("1.1", NO, 4, 0.0))
    assert found == WRITING._replace(answers={"1.1": "no", "1.2": "no"}, version=5, since=5, pressed_at=0.0)


def test_an_answer_withdrawn_is_skipped() -> None:
    assert after(at("1.1", answers={"1.1": "yes"}), Skipped("1.1", 1)).answers == {"1.1": SKIPPED}


def test_what_was_skipped_can_be_answered_later() -> None:
    found = after(SETTLED._replace(place=Place.FIELD, at="1"), Opened(Place.QUESTION, "1.2"), Rated("1.2", YES, 5, 0.0))
    assert (found.answers["1.2"], found.place) == ("yes", Place.REVIEW)


def test_a_question_that_does_not_exist_is_not_opened() -> None:
    assert said(NEW, Opened(Place.QUESTION, "9.9")) == Word(Say.STALE)


# ---- old, foreign and double presses ------------------------------------------------------------------------------

PRESSES = [
    lambda q, v: Rated(q, NO, v, 9.0), Skipped, Finished, Dropped, Kept, WentBack,
]  # fmt: skip


@pytest.mark.parametrize("press", PRESSES)
@pytest.mark.parametrize(
    ("question", "version"),
    [("1.1", 3), ("1.1", 1), ("1.2", 3), ("o1", 2), ("o1", 0), ("o1", 4), ("9.9", 3), ("", 3)],
    ids=["earlier", "earlier-old", "answered", "older", "none", "from-the-future", "unknown", "empty"],
)
def test_a_button_that_does_not_belong_to_the_open_question_changes_nothing(press, question: str, version: int) -> None:  # type: ignore[no-untyped-def]
    word = said(WRITING, press(question, version))
    assert word is not None
    assert (word.question, word.say in (Say.STALE, Say.ALREADY)) == (question, True)


def test_a_button_made_since_the_question_is_open_is_good() -> None:
    later = WRITING._replace(version=7)
    assert [after(later, Skipped("o1", v)).answers.get("o1") for v in (2, 3, 5, 7, 8)] == [
        None, SKIPPED, SKIPPED, SKIPPED, None,
    ]  # fmt: skip


def test_the_same_press_twice_is_noted_once() -> None:
    press = Rated("1.1", YES, 1, 5.0)
    assert said(after(NEW, press), press) == Word(Say.ALREADY, "1.1", YES)
    assert said(after(NEW, press), replace(press, value=NO)) == Word(Say.STALE, "1.1", NO)


def test_dropping_twice_with_one_button_drops_once() -> None:
    two = WRITING._replace(statements=(Statement("o1", "eins"), Statement("o1", "zwei")), version=5)
    assert said(after(two, Dropped("o1", 5)), Dropped("o1", 5)) == Word(Say.STALE, "o1")
    assert said(two, Dropped("o1", 4)) == Word(Say.STALE, "o1")  # what was last then is not the last now


@pytest.mark.parametrize(
    ("seconds", "answers"),
    [(0.0, ["1.1"]), (DOUBLE_TAP - 0.01, ["1.1"]), (DOUBLE_TAP + 0.01, ["1.1", "1.2"]), (-1.0, ["1.1", "1.2"])],
    ids=["at-once", "just-within", "just-after", "clock-set-back"],
)
def test_the_second_half_of_a_double_tap_does_not_answer_the_next_question(seconds: float, answers: list[str]) -> None:
    first = after(NEW, Rated("1.1", YES, 1, 100.0))
    turn = advance(SMALL, first, Rated("1.2", YES, 2, 100.0 + seconds))
    assert (list(turn.conversation.answers), turn.word, turn.effect) == (answers, None, None)


def test_a_rating_pressed_at_an_open_question_is_none_of_its_buttons() -> None:
    assert said(WRITING, Rated("o1", YES, 3, 0.0)) == Word(Say.STALE, "o1")


# ---- open questions -----------------------------------------------------------------------------------------------


def test_an_open_question_takes_several_statements_until_it_is_finished() -> None:
    two = after(WRITING, Wrote(" eins\n"), Wrote("zwei"))
    given = (Statement("o1", "eins"), Statement("o1", "zwei"))
    assert two == WRITING._replace(statements=given, at="o1", version=5)
    assert screen(SMALL, two) == QuestionScreen(C, None, ("eins", "zwei"), False)
    assert after(two, Finished("o1", 3)) == two._replace(
        answers={**WRITING.answers, "o1": FINISHED}, at=None, place=Place.REVIEW, version=6, since=6
    )


def test_finishing_without_a_statement_skips() -> None:
    assert after(WRITING, Finished("o1", 3)).answers["o1"] == SKIPPED


def test_dropping_takes_the_last_statement_of_this_question_only() -> None:
    given = (Statement("o1", "eins"), Statement("o1", "zwei"), Statement("o2", "drei"))
    finished = at("o1", statements=given, answers={"o1": FINISHED})
    assert after(finished, Dropped("o1", 1)) == finished._replace(statements=(given[0], given[2]), version=2)
    assert said(WRITING, Dropped("o1", 3)) == Word(Say.NOTHING_TO_DROP)


def test_without_its_last_statement_a_question_is_open_again() -> None:
    finished = at("o1", statements=(Statement("o1", "eins"),), answers={"o1": FINISHED})
    assert after(finished, Dropped("o1", 1)) == finished._replace(statements=(), answers={}, version=2)


def test_withdrawing_takes_the_statements_of_this_question_only() -> None:
    given = (Statement("o1", "eins"), Statement("o2", "zwei"))
    finished = at("o1", statements=given, answers={"o1": FINISHED})
    assert after(finished, Skipped("o1", 1)).statements == given[1:]


def test_skipping_does_not_throw_away_what_was_just_written() -> None:
    given = (Statement("o1", "eins"),)
    found = after(WRITING._replace(statements=given), Skipped("o1", 3))
    assert (found.statements, found.answers["o1"]) == (given, FINISHED)


@pytest.mark.parametrize("kind", [Skipped, Finished, Kept, WentBack], ids=lambda k: k.__name__)
@pytest.mark.parametrize("seconds", [0.0, 0.39])
def test_a_double_tap_on_any_button_answers_nothing(kind: type[Skipped], seconds: float) -> None:
    first = after(NEW, Skipped("1.1", 1, 100.0))
    assert first.answers == {"1.1": SKIPPED}
    assert after(first, kind("1.2", first.version, 100.0 + seconds)) == first


def test_writing_to_a_finished_question_keeps_it_finished_and_to_a_skipped_one_opens_it() -> None:
    one = Statement("o1", "eins")
    finished = after(at("o1", answers={"o1": FINISHED}, statements=(one,)), Wrote("zwei"))
    skipped = after(at("o1", answers={"o1": SKIPPED}), Wrote("zwei"))
    assert (finished.answers, finished.given("o1")) == ({"o1": FINISHED}, ("eins", "zwei"))
    assert (skipped.answers, skipped.given("o1"), skipped.at) == ({}, ("zwei",), "o1")


def test_there_is_an_end_to_statements_and_to_their_length() -> None:
    full = WRITING._replace(statements=(Statement("o1", "x"),) * STATEMENTS)
    assert said(full, Wrote("y")) == Word(Say.TOO_MANY, number=STATEMENTS)
    assert said(WRITING, Wrote("x" * (STATEMENT_LENGTH + 1))) == Word(Say.TOO_LONG, number=STATEMENT_LENGTH)
    assert after(WRITING, Wrote("x" * STATEMENT_LENGTH + " ")).given("o1") == ("x" * STATEMENT_LENGTH,)


def test_an_institution_may_write_longer() -> None:
    long = "x" * (STATEMENT_LENGTH + 1)
    assert after(WRITING, Wrote(long), asked=replace(SMALL, institution=True)).given("o1") == (long,)


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_an_empty_text_is_no_statement(text: str) -> None:
    assert said(WRITING, Wrote(text)) == Word(Say.ONLY_TEXT)


# ---- typed and sent -----------------------------------------------------------------------------------------------


def test_a_typed_rating_is_noted() -> None:
    turn = advance(SMALL, NEW, Wrote("JA!", YES))
    assert turn == Turn(NEW._replace(answers={"1.1": "yes"}, version=2, since=2), Word(Say.NOTED, "1.1", YES))


def test_typed_ways_do_what_their_buttons_do() -> None:
    visited = at("1.2", answers={"1.1": "yes", "1.2": "no"})
    writing = WRITING._replace(statements=(Statement("o1", "eins"),))
    for start, means, press in [
        (visited, Meaning.BACK, WentBack("1.2", 1)), (visited, Meaning.SKIP, Skipped("1.2", 1)),
        (writing, Meaning.FINISH, Finished("o1", 3)), (writing, Meaning.SKIP, Skipped("o1", 3)),
    ]:  # fmt: skip
        assert advance(SMALL, start, Wrote("…", means)) == advance(SMALL, start, press)


@pytest.mark.parametrize("act", [Wrote("vielleicht"), Wrote("fertig", Meaning.FINISH), Wrote("")])
def test_any_other_text_at_a_rating_question_asks_to_choose(act: Wrote) -> None:
    assert said(NEW, act) == Word(Say.CHOOSE)


def test_a_rating_word_typed_to_an_open_question_is_a_statement() -> None:
    assert after(WRITING, Wrote("ja", YES)).given("o1") == ("ja",)


@pytest.mark.parametrize("place", [p for p in Place if p not in (Place.QUESTION, Place.REFERRAL, Place.COMMENTING)])
def test_a_text_where_no_question_is_shown_is_not_kept(place: Place) -> None:
    assert said(WRITING._replace(place=place), Wrote("eins")) == Word(Say.NOTHING_ASKED)


def test_stickers_and_edits_are_answered_and_not_kept() -> None:
    assert said(WRITING, Sent()) == Word(Say.ONLY_TEXT)
    assert said(WRITING, Edited()) == Word(Say.EDITED)


def test_an_example_is_given_where_there_is_one_for_this_voice() -> None:
    assert said(NEW, AskedExample("1.1")) == Word(Say.EXAMPLE, "1.1")
    assert said(NEW._replace(voice=Voice.ADMINISTRATION), AskedExample("1.1")) == Word(Say.NO_EXAMPLE, "1.1")
    assert said(NEW, AskedExample("1.2")) == Word(Say.NO_EXAMPLE, "1.2")
    assert said(NEW, AskedExample("9.9")) == Word(Say.NO_EXAMPLE, "9.9")


# ---- places -------------------------------------------------------------------------------------------------------


def test_a_pause_tells_what_is_missing_and_goes_on_where_it_was() -> None:
    paused = after(WRITING, Opened(Place.PAUSED))
    assert (screen(SMALL, paused), paused.since) == (PausedScreen(1), WRITING.since)
    assert after(paused, Opened(Place.QUESTION)) == WRITING._replace(version=5)


def test_a_button_from_before_the_pause_still_answers() -> None:
    assert after(WRITING, Opened(Place.PAUSED), Skipped("o1", 3)).answers["o1"] == SKIPPED


def test_there_is_no_pause_when_nothing_is_open() -> None:
    assert after(SETTLED, Opened(Place.PAUSED)).place is Place.REVIEW
    assert after(HANDED_IN, Opened(Place.PAUSED)).place is Place.THANKS
    assert after(SETTLED._replace(place=Place.QUESTION, at="1.1"), Opened(Place.PAUSED)).place is Place.REVIEW


def test_going_on_with_nothing_open_leads_to_review_and_after_hand_in_to_thanks() -> None:
    assert after(SETTLED, Opened(Place.QUESTION)).place is Place.REVIEW
    assert after(HANDED_IN, Opened(Place.QUESTION)).place is Place.THANKS


def test_a_field_shows_its_questions_and_the_open_ones_are_one_more() -> None:
    given = WRITING._replace(statements=(Statement("o1", "eins"),))
    assert screen(SMALL, after(given, Opened(Place.FIELD, "1"))) == FieldScreen(
        SMALL.fields[0], ((A, "yes", ()), (B, "no", ()))
    )
    assert screen(SMALL, after(given, Opened(Place.FIELD, "open"))) == FieldScreen(None, ((C, None, ("eins",)),))


@pytest.mark.parametrize("field", [None, "2", "1.1", "o1"])
def test_a_field_that_does_not_exist_is_not_opened(field: str | None) -> None:
    assert said(NEW, Opened(Place.FIELD, field)) == Word(Say.STALE)


def test_where_there_are_no_open_questions_they_are_no_field() -> None:
    assert said(NEW, Opened(Place.FIELD, "open"), INSTITUTION) == Word(Say.STALE)


def test_another_language_leads_back_to_the_question() -> None:
    menu = after(WRITING, Opened(Place.LANGUAGE))
    assert screen(SMALL, menu) == LanguageScreen()
    assert after(menu, ChoseLanguage("ar")) == WRITING._replace(language="ar", version=5)


def test_settings_show_what_was_chosen() -> None:
    chosen = after(WRITING, Opened(Place.SETTINGS), ChoseEachNew(True))
    assert (chosen, screen(SMALL, chosen)) == (
        WRITING._replace(place=Place.SETTINGS, each_new=True, version=5),
        SettingsScreen(True),
    )


# ---- handing in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"answers": {"1.1": "cannot-say"}},
        {"answers": {"1.1": SKIPPED, "1.2": "no"}},
        {"statements": (Statement("o1", "eins"),)},
    ],
    ids=["one-answer", "a-part", "a-statement-not-finished"],
)
def test_a_part_can_be_handed_in(given: dict[str, object]) -> None:
    found = advance(SMALL, NEW._replace(place=Place.REVIEW, **given), HandedIn())  # type: ignore[arg-type]
    assert found == Turn(NEW._replace(place=Place.THANKS, handed_in=True, version=2, **given))  # type: ignore[arg-type]
    assert screen(SMALL, found.conversation) == ThanksScreen(1)


@pytest.mark.parametrize("answers", [{}, {"1.1": SKIPPED, "1.2": SKIPPED, "o1": SKIPPED}], ids=["none", "all-skipped"])
def test_nothing_cannot_be_handed_in(answers: dict[str, str]) -> None:
    assert said(NEW._replace(answers=answers), HandedIn()) == Word(Say.NOTHING_YET)


def test_a_change_after_handing_in_stays_handed_in() -> None:
    found = after(HANDED_IN, Opened(Place.REVIEW), Opened(Place.QUESTION, "1.1"), Rated("1.1", NO, 6, 0.0))
    assert (found.answers["1.1"], found.handed_in, found.place) == ("no", True, Place.THANKS)


@pytest.mark.parametrize(
    ("given", "act", "place"),
    [
        ({"answers": {"1.1": "yes"}}, Skipped("1.1", 1), (Place.QUESTION, None)),
        ({"answers": {"1.1": "yes", "1.2": SKIPPED}}, Wrote("…", Meaning.SKIP), (Place.QUESTION, None)),
        ({"answers": {"1.1": "yes", "1.2": SKIPPED, "o1": SKIPPED}}, Skipped("1.1", 1), (Place.REVIEW, None)),
        ({"statements": (Statement("1.1", "eins"),)}, Dropped("1.1", 1), (Place.QUESTION, "1.1")),
    ],
    ids=["withdrawn", "typed", "withdrawn-as-the-last", "dropped"],
)
def test_who_withdraws_everything_has_not_handed_in(
    given: dict[str, object], act: Act, place: tuple[Place, str | None]
) -> None:
    found = after(at("1.1", handed_in=True, **given), act)
    assert (found.handed_in, found.place, found.at) == (False, *place)
    assert said(found, HandedIn()) == Word(Say.NOTHING_YET)


def test_thanks_come_only_after_handing_in() -> None:
    assert said(SETTLED, Opened(Place.THANKS)) == Word(Say.NOT_HANDED_IN)
    assert after(HANDED_IN, Opened(Place.REVIEW), Opened(Place.THANKS)).place is Place.THANKS


def test_the_result_is_sent_to_those_who_handed_in() -> None:
    assert said(SETTLED, WantedResult()) == Word(Say.NOT_HANDED_IN)
    assert advance(SMALL, HANDED_IN, WantedResult()) == Turn(HANDED_IN, Word(Say.WISHED), Effect.WISH)


def test_another_person_comes_after_handing_in_and_up_to_the_limit() -> None:
    assert said(SETTLED, AnotherPerson()) == Word(Say.NOT_HANDED_IN)
    last, full = HANDED_IN._replace(person=PERSONS - 1), HANDED_IN._replace(person=PERSONS)
    assert advance(SMALL, last, AnotherPerson()) == Turn(last, effect=Effect.ANOTHER)
    assert said(full, AnotherPerson()) == Word(Say.ENOUGH_PERSONS, number=PERSONS)


# ---- an institution's contributor ---------------------------------------------------------------------------------

OFFICE = NEW._replace(voice=Voice.ADMINISTRATION)


def test_what_is_written_to_a_rating_question_of_an_institution_is_evidence_and_the_answer_is_still_to_be_pressed() -> (
    None
):
    noted = advance(INSTITUTION, OFFICE, Wrote(" Konzept 2018, Nr. 4 "))
    first = INSTITUTION.questions[0].id
    assert noted.word == Word(Say.EVIDENCE, first)
    assert noted.conversation == OFFICE._replace(
        statements=(Statement(first, "Konzept 2018, Nr. 4"),), at=first, version=2
    )
    rated = after(noted.conversation, Rated(first, YES, 2, 1.0), asked=INSTITUTION)
    assert (rated.answers, rated.given(first), rated.at) == ({first: YES}, ("Konzept 2018, Nr. 4",), None)
    again = after(rated, Opened(Place.QUESTION, first), Dropped(first, 4), asked=INSTITUTION)
    assert (again.answers, again.given(first)) == ({first: YES}, ()), "a rating stands without its evidence"


def test_a_contributor_who_does_not_know_says_who_may() -> None:
    first, second = (q.id for q in INSTITUTION.questions[:2])
    asking = after(OFFICE, Referred(first, 1, 1.0), asked=INSTITUTION)
    assert (screen(INSTITUTION, asking), asking.answers) == (ReferralScreen(INSTITUTION.questions[0]), {})
    assert after(asking, Wrote("zurück", Meaning.BACK), asked=INSTITUTION).place is Place.QUESTION
    assert said(asking, Wrote("x" * (REFERRAL_LENGTH + 1)), asked=INSTITUTION) == Word(
        Say.TOO_LONG, number=REFERRAL_LENGTH
    )
    passed = after(asking, Wrote("Gesundheitsamt,  Leitung"), asked=INSTITUTION)
    assert (passed.answers, passed.referrals) == ({first: REFERRED}, {first: "Gesundheitsamt, Leitung"})
    assert (passed.place, current(INSTITUTION, passed)) == (Place.QUESTION, INSTITUTION.by_id[second])
    shown = screen(INSTITUTION, passed._replace(place=Place.REVIEW))
    assert isinstance(shown, ReviewScreen)
    field, total = shown.progress[0].field, shown.progress[0].total
    assert shown.progress[0] == Progress(field, 0, 0, total, referred=1), "passed on is not answered"
    assert shown.missing == len(INSTITUTION.questions) - 1, "but settled"
    back = after(passed, Opened(Place.QUESTION, first), asked=INSTITUTION)
    rated = after(back, Rated(first, NO, back.version, 9.0), asked=INSTITUTION)
    assert (rated.answers, rated.referrals) == ({first: NO}, {}), "who knows after all is not referred any more"


def test_a_person_refers_nobody() -> None:
    assert said(NEW, Referred("1.1", 1)) == Word(Say.STALE, "1.1")


def test_a_self_report_is_joined_from_several_messages_up_to_its_length() -> None:
    question = next(q.id for q in INSTITUTION.questions if not q.rating)
    there = OFFICE._replace(at=question)
    long = after(there, Wrote("a" * 4000), Wrote("b" * 4000), asked=INSTITUTION)
    assert said(long, Wrote("c" * 2001), asked=INSTITUTION) == Word(Say.REPORT_FULL, number=REPORT_LENGTH)
    full = after(long, Wrote("c" * 2000), asked=INSTITUTION)
    assert full.given(question) == ("a" * 4000, "b" * 4000, "c" * 2000)


def test_a_part_that_was_taken_away_meanwhile_is_not_shown() -> None:
    rest = part(INSTITUTION, frozenset(q.id for q in INSTITUTION.questions[1:3]))
    first = INSTITUTION.questions[0].id
    assert [q.id for q in rest.questions] == [q.id for q in INSTITUTION.questions[1:3]]
    gone = OFFICE._replace(place=Place.REFERRAL, at=first, answers={first: YES})
    assert isinstance(screen(rest, gone), QuestionScreen)
    told = advance(rest, gone, Wrote("Amt"))
    assert (told.word, told.conversation.place) == (Word(Say.STALE), Place.QUESTION)
    assert isinstance(screen(rest, OFFICE._replace(place=Place.FIELD, at="7")), ReviewScreen)


def test_a_stellungnahme_is_one_message_shown_as_it_will_be_printed_and_a_later_one_is_none() -> None:
    done = OFFICE._replace(place=Place.THANKS, handed_in=True, answers={q.id: YES for q in INSTITUTION.questions})
    field = INSTITUTION.fields[0]
    asking = after(done, Opened(Place.COMMENTING, field.id), asked=INSTITUTION)
    assert screen(INSTITUTION, asking) == CommentScreen(field, asked=True)
    long = advance(INSTITUTION, asking, Wrote("x" * (COMMENT_LENGTH + 1)))
    assert long == Turn(asking, Word(Say.COMMENT_TOO_LONG, number=COMMENT_LENGTH))
    assert after(asking, Wrote("zurück", Meaning.BACK), asked=INSTITUTION).place is Place.THANKS
    written = advance(INSTITUTION, asking, Wrote("Wir sehen das anders."))
    shown = asking._replace(place=Place.COMMENT, version=3)
    assert written == Turn(shown, Word(Say.COMMENTED), Effect.COMMENT)
    assert screen(INSTITUTION, shown) == CommentScreen(field, asked=False)
    assert said(shown, Wrote("Danke!"), asked=INSTITUTION) == Word(Say.NOTHING_ASKED)
    assert said(shown, Uncommented(field.id, 2), asked=INSTITUTION) == Word(Say.STALE)
    gone = advance(INSTITUTION, shown, Uncommented(field.id, 3))
    back = shown._replace(place=Place.THANKS, at=None, version=4)
    assert gone == Turn(back, Word(Say.UNCOMMENTED), Effect.UNCOMMENT)
    assert said(back, Uncommented(field.id, 4), asked=INSTITUTION) == Word(Say.STALE)


def test_nobody_else_comments_and_no_office_on_a_field_that_it_was_not_given() -> None:
    assert said(NEW, Opened(Place.COMMENTING, "1")) == Word(Say.STALE)
    assert said(OFFICE, Opened(Place.COMMENT, "9"), asked=INSTITUTION) == Word(Say.STALE)
    assert said(OFFICE, Opened(Place.COMMENT), asked=INSTITUTION) == Word(Say.STALE)
    assert said(NEW, ChoseReminders(True)) == Word(Say.STALE)
    gone = OFFICE._replace(place=Place.COMMENTING, at="9")
    assert isinstance(screen(INSTITUTION, gone), ReviewScreen)
    told = advance(INSTITUTION, gone, Wrote("Wir sehen das anders."))
    assert (told.word, told.effect, told.conversation.place) == (Word(Say.STALE), None, Place.REVIEW)


def test_after_the_deadline_answers_stand_and_all_else_goes_on() -> None:
    first = INSTITUTION.questions[0].id
    rated = advance(INSTITUTION, OFFICE, Rated(first, YES, 1, 1.0))
    shut = OFFICE._replace(place=Place.REVIEW, version=2, since=2)
    assert after_deadline(OFFICE, rated) == Turn(shut, Word(Say.DEADLINE))
    handed_in = OFFICE._replace(place=Place.REVIEW, handed_in=True, answers={first: YES})
    again = advance(INSTITUTION, handed_in, Opened(Place.QUESTION, first))
    assert after_deadline(handed_in, again).conversation.place is Place.THANKS
    for act in (Opened(Place.FIELD, "1"), Opened(Place.COMMENTING, "1"), Opened(Place.DELETE), ChoseReminders(True)):
        turn = advance(INSTITUTION, handed_in, act)
        assert after_deadline(handed_in, turn) == turn


# ---- own data -----------------------------------------------------------------------------------------------------


def test_deleting_needs_the_question_whether_one_really_wants_it() -> None:
    asked = after(WRITING, Opened(Place.DELETE))
    assert screen(SMALL, asked) == DeleteScreen()
    assert advance(SMALL, asked, Deleted()) == Turn(asked, effect=Effect.DELETE)
    assert advance(SMALL, asked, Deleted(everybody=True)) == Turn(asked, effect=Effect.DELETE_ALL)
    assert after(asked, Opened(Place.QUESTION)) == WRITING._replace(version=5)


@pytest.mark.parametrize("place", [p for p in Place if p is not Place.DELETE])
@pytest.mark.parametrize("everybody", [False, True])
def test_nowhere_else_anything_is_deleted(place: Place, everybody: bool) -> None:
    assert said(WRITING._replace(place=place), Deleted(everybody)) == Word(Say.STALE)


def test_a_copy_of_the_data_can_be_asked_for_at_any_time() -> None:
    assert advance(SMALL, WRITING, WantedData()) == Turn(WRITING, effect=Effect.DATA)


def test_a_kept_conversation_of_a_shorter_questionnaire_still_shows() -> None:
    assert isinstance(screen(SMALL, SETTLED._replace(place=Place.QUESTION)), ReviewScreen)


# ---- whatever comes -----------------------------------------------------------------------------------------------

ASKED = {"kurzform": load()["kurzform-1"], "dialog": load()["dialog-1"], "small": SMALL, "institution": INSTITUTION}
ANSWERS = (Rated, Skipped, Finished, Dropped, Wrote)  # Referred asks first; what is then written answers
FREE = st.sampled_from([
    Sent(), Edited(), ChoseLanguage("ar"), ChoseEachNew(True), ChoseEachNew(False), ChoseReminders(True),
    ChoseReminders(False), HandedIn(), Deleted(), Deleted(True), WantedResult(), WantedData(), AnotherPerson(),
])  # fmt: skip
TEXTS = st.sampled_from(["", " ", "ein Gedanke", "x" * (STATEMENT_LENGTH + 1)]) | st.text(max_size=8)
STEPS = st.one_of(
    st.tuples(st.just("press"), st.sampled_from([Rated, Skipped, Finished, Dropped, Kept, Referred, WentBack]),
              st.sampled_from(["current"] * 6 + ["first", "last", "random", "forged"]), st.integers(0, 40),
              st.sampled_from([0] * 6 + [-1, -2, 1, -99]), st.sampled_from(list(Rating)), st.sampled_from([0.1, 2.0])),
    st.tuples(st.just("write"), TEXTS, st.sampled_from([None, None, *Rating, *Meaning])),
    st.tuples(st.just("open"), st.sampled_from(list(Place)), st.sampled_from(["none", "random", "forged", "open", "1"]),
              st.integers(0, 40)),
    st.tuples(st.just("uncomment"), st.sampled_from(["1", "2", "forged"]), st.sampled_from([0, 0, -1, 1])),
    st.tuples(st.just("example"), st.sampled_from(["random", "forged"]), st.integers(0, 40)),
    st.tuples(st.just("free"), FREE),
)  # fmt: skip


def act_of(step: tuple, asked: Questionnaire, now: Conversation, clock: float) -> Act:  # type: ignore[type-arg]
    """A step of a walk as an act: questions and versions are named relative to where the conversation stands."""

    def named(how: str, number: int) -> str:
        ids = [q.id for q in asked.questions]
        shown = current(asked, now)
        return {"current": shown.id if shown else ids[-1], "first": ids[0], "last": ids[-1],
                "random": ids[number % len(ids)]}.get(how, how)  # fmt: skip

    match step:
        case ("press", kind, how, number, offset, value, _):
            version = now.version + offset
            if kind is Rated:
                return Rated(named(how, number), value, version, clock)
            return kind(named(how, number), version)  # type: ignore[no-any-return]
        case ("write", text, means):
            return Wrote(text, means)
        case ("open", place, how, number):
            return Opened(place, None if how == "none" else named(how, number))
        case ("uncomment", field, offset):
            return Uncommented(field, now.version + offset)
        case ("example", how, number):
            return AskedExample(named(how, number))
    return step[1]  # type: ignore[no-any-return]


def check(asked: Questionnaire, before: Conversation, act: Act, turn: Turn) -> None:
    """What holds after every act, whatever it was."""
    found = turn.conversation
    assert found is before or found.version == before.version + 1, "a change raises the version by exactly one"
    moved = current(asked, found) != current(asked, before)
    assert found.since == (found.version if moved else before.since), "since is when the question became current"
    assert found.since <= found.version
    assert screen(asked, found) is not None
    assert found.place is not Place.QUESTION or current(asked, found) is not None, "a question is shown where one is"
    comments = (Place.COMMENTING, Place.COMMENT)
    assert found.at is None or found.place in (Place.QUESTION, Place.FIELD, Place.REFERRAL, *comments)
    assert found.place not in comments or (asked.institution and found.at in [f.id for f in asked.fields])
    for question, value in found.answers.items():
        given, rating = found.given(question), asked.by_id[question].rating
        assert value in ({*Rating, SKIPPED} if rating else {FINISHED, SKIPPED}) | (
            {REFERRED} if asked.institution else set()
        )
        assert (value == REFERRED) == (question in found.referrals), "referred to somebody"
        assert rating or value == REFERRED or bool(given) == (value == FINISHED), (
            "finished with statements, skipped without"
        )
    assert set(found.referrals) <= set(found.answers)
    assert all(0 < len(target) <= REFERRAL_LENGTH for target in found.referrals.values())
    for statement in found.statements:
        rating, given = asked.by_id[statement.question].rating, found.given(statement.question)
        assert asked.institution or not rating
        assert statement.text.strip() and len(given) <= STATEMENTS
        assert len(statement.text) <= STATEMENT_LENGTH or (asked.institution and not rating)
        assert rating or not asked.institution or sum(map(len, given)) <= REPORT_LENGTH
    changed = {
        q for q in asked.by_id if (before.answers.get(q), before.given(q)) != (found.answers.get(q), found.given(q))
    }
    if changed:
        referred = before.place is Place.REFERRAL and isinstance(act, Wrote)
        shown = asked.by_id[before.at or ""] if referred else current(asked, before)
        assert shown is not None and changed == {shown.id}, "only the open question changes"
        assert isinstance(act, ANSWERS)
        assert isinstance(act, Wrote) or (act.question == shown.id and before.since <= act.version <= before.version)
    anything = bool(found.statements) or any(a != SKIPPED for a in found.answers.values())
    assert anything or not found.handed_in, "handed in is something"
    assert found.handed_in == before.handed_in or not anything or isinstance(act, HandedIn)
    assert found.language == before.language or isinstance(act, ChoseLanguage)
    assert found.each_new == before.each_new or isinstance(act, ChoseEachNew)
    kept = ("survey", "respondent", "voice", "notice", "person", "active")
    assert [getattr(found, k) for k in kept] == [getattr(before, k) for k in kept]
    if turn.effect in (Effect.DELETE, Effect.DELETE_ALL):
        assert isinstance(act, Deleted) and before.place is Place.DELETE
    if turn.effect in (Effect.COMMENT, Effect.UNCOMMENT):
        assert before.place is (Place.COMMENTING if turn.effect is Effect.COMMENT else Place.COMMENT)
        assert not isinstance(act, Uncommented) or (act.field, act.version) == (before.at, before.version)
    at_seat = turn.effect in (Effect.COMMENT, Effect.UNCOMMENT, Effect.REMIND, Effect.LEAVE_ALONE)
    assert not at_seat or (asked.institution and not changed)
    assert turn.effect is None or at_seat or found is before, "what has an effect outside changes nothing here"
    assert turn.effect not in (Effect.WISH, Effect.ANOTHER) or not asked.institution
    late = after_deadline(before, turn)
    same = ("answers", "statements", "referrals", "handed_in")
    assert [getattr(late.conversation, k) for k in same] == [getattr(before, k) for k in same]
    assert late.conversation.place not in (Place.QUESTION, Place.REFERRAL, Place.PAUSED), "nothing is asked any more"
    assert late.conversation is before or late.conversation.version == before.version + 1


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(list(ASKED)), st.lists(STEPS, max_size=60))
@example("institution", [("open", Place.FIELD, "open", 0)])
def test_whatever_comes_has_a_harmless_turn(name: str, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    asked, now, clock = ASKED[name], NEW, 0.0
    for step in steps:
        clock += step[6] if step[0] == "press" else 1.0
        act = act_of(step, asked, now, clock)
        before = now._replace(answers=dict(now.answers))
        turn = advance(asked, now, act)
        assert (now, advance(asked, now, act)) == (before, turn), "advance is pure"
        check(asked, now, act, turn)
        now = turn.conversation


def test_a_walk_without_detours_settles_everything() -> None:
    for asked in ASKED.values():
        now, asked_in_order = NEW, []
        while (question := current(asked, now)) is not None:
            asked_in_order.append(question)
            press = Rated(question.id, YES, now.version, now.version) if question.rating else None
            now = after(
                now, *([press] if press else [Wrote("ein Gedanke"), Finished(question.id, now.version)]), asked=asked
            )
        assert (tuple(asked_in_order), now.place) == (asked.questions, Place.REVIEW)
