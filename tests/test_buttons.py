"""What a button carries: every act survives the way there and back, and whatever else comes is none of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.buttons import (
    LIMIT,
    Aim,
    Before,
    ChooseLanguage,
    Consent,
    ReadNotice,
    before,
    press,
    read_before,
    read_press,
)
from bot.checking import MOST_VERSION
from bot.words import SAYS
from conversations.conversation import (
    PERSONS,
    Act,
    AnotherPerson,
    AskedExample,
    ChoseEachNew,
    ChoseLanguage,
    ChoseReminders,
    Conversation,
    Deleted,
    Dropped,
    Edited,
    Finished,
    HandedIn,
    Kept,
    Opened,
    Place,
    Rated,
    Referred,
    Say,
    Sent,
    Skipped,
    Uncommented,
    WantedData,
    WantedResult,
    WentBack,
    Wrote,
)
from conversations.questionnaire import Rating, Voice, load
from conversations.survey import ALPHABET, CODE_LENGTH
from locales import catalogue, known

IDS = st.sampled_from([q.id for name in ("kurzform-1", "dialog-1") for q in load()[name].questions] + ["7.4.18", "2.m"])
VERSIONS = st.integers(1, MOST_VERSION)
PEOPLE = st.integers(1, PERSONS)
SURVEYS = st.text("23456789abcdefghjkmnpqrstvwxyz", min_size=6, max_size=6)
CODES = st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH)
LANGUAGES = st.sampled_from([*known(), "de@nobody"])
AT = 12.5


def conversation(survey: str = "abc234", person: int = 1, version: int = 7) -> Conversation:
    return Conversation(survey, "respondent", Voice.SOCIETY, "de", "notice", person, version=version)


def acts(version: int) -> st.SearchStrategy[Act]:
    """Every act that can stand on a button, made at this version."""
    fixed = st.just(version)
    return st.one_of(
        st.builds(Rated, IDS, st.sampled_from(Rating), fixed, st.just(AT)),
        *(st.builds(kind, IDS, fixed) for kind in (Skipped, Finished, Dropped, Kept, Referred, WentBack)),
        st.builds(AskedExample, IDS),
        st.builds(Opened, st.sampled_from(Place), st.none() | IDS | st.sampled_from(["open", "1", "7"])),
        st.builds(ChoseLanguage, LANGUAGES),
        st.builds(ChoseEachNew, st.booleans()),
        st.builds(ChoseReminders, st.booleans()),
        st.builds(Uncommented, st.sampled_from(["1", "7"]), fixed),
        st.builds(Deleted, st.booleans()),
        *(st.just(kind()) for kind in (HandedIn, WantedResult, WantedData, AnotherPerson)),
    )


WISHES = st.one_of(
    st.builds(ChooseLanguage, CODES, PEOPLE),
    st.builds(ReadNotice, CODES, LANGUAGES, PEOPLE),
    st.builds(Consent, CODES, LANGUAGES, PEOPLE, st.text("0123456789abcdef", min_size=8, max_size=8)),
)


@given(SURVEYS, PEOPLE, VERSIONS, st.data())
def test_every_act_comes_back_from_its_button(survey: str, person: int, version: int, data: st.DataObject) -> None:
    act = data.draw(acts(version))
    carried = press(conversation(survey, person, version), act)
    if isinstance(act, Skipped | Finished | Dropped | Kept | Referred | WentBack):
        act = replace(act, at=AT)
    assert (read_press(carried, AT), read_before(carried)) == ((Aim(survey, person), act), None)
    assert carried.isascii() and 0 < len(carried.encode()) <= LIMIT


@given(WISHES)
def test_every_wish_before_consent_comes_back_from_its_button(wish: Before) -> None:
    carried = before(wish)
    assert (read_before(carried), read_press(carried, AT)) == (wish, None)
    assert carried.isascii() and 0 < len(carried.encode()) <= LIMIT


def test_every_act_has_a_button_or_is_no_press() -> None:
    typed = {Wrote, Sent, Edited}
    drawn = {
        Rated, Skipped, Finished, Dropped, Kept, Referred, WentBack, AskedExample, Opened, ChoseLanguage, ChoseEachNew,
        ChoseReminders, Uncommented, Deleted, HandedIn, WantedResult, WantedData, AnotherPerson,
    }  # fmt: skip
    assert drawn | typed == set(Act.__args__)


def test_a_button_carries_the_version_of_the_conversation_it_was_made_in() -> None:
    carried = press(conversation(version=9), Skipped("1.1", 3))
    assert (carried, read_press(carried, AT)) == ("abc234:1:s:1.1:9", (Aim("abc234", 1), Skipped("1.1", 9, AT)))


GARBAGE = [
    "", ":", "::::", "abc234", "abc234:1", "abc234:1:", "abc234:1:z", "abc234:1:h:1", "abc234:0:h", "abc234:10:h",
    "abc234:-1:h", "abc234:x:h", ":1:h", "abc 234:1:h", "abc234:1:r:1.1:7:6", "abc234:1:r:1.1:7:0",
    "abc234:1:r:1.1:7", "abc234:1:r:1.1::1", "abc234:1:r:1.1:-7:1", "abc234:1:r:1.1:7:1:1", "abc234:1:s:1.1",
    "abc234:1:s:1.1:7.0", "abc234:1:s:1.1:٧", "abc234:1:s:1.1:1234567890", "abc234:1:s::7", "abc234:1:s:ä:7",
    "abc234:1:o:cellar", "abc234:1:o:field:1:2", "abc234:1:o:field:", "abc234:1:e:2", "abc234:1:l", "abc234:1:l:",
    "abc234:1:l:" + "x" * 25, "abc234:1:xb", "abc234:1:h\n", "abc234:1:s:1.1:7\n", "ABC234:1:H", "abc234:٣:h",
    "L:AB23CD45", "L:AB23CD45:0", "L:AB23CD45:1:de", "L:ab23cd45:1", "L:AB23 CD45:1", "L:AB23CD40:1", "L:AB23CD4:1",
    "N:AB23CD45:1", "N:AB23CD45:1:", "N:AB23CD45:1:de:x", "C:AB23CD45:1:de", "C:AB23CD45:1:de:", "C:AB23CD45:1:de:ä",
    "X:AB23CD45:1", "L:AB23CD45:1\n", "abc234:1:n:2", "abc234:1:u:1", "abc234:1:u:1:x",
]  # fmt: skip


@pytest.mark.parametrize("data", GARBAGE)
def test_what_no_button_carries_is_none_of_ours(data: str) -> None:
    assert (read_before(data), read_press(data, AT)) == (None, None)


PARTS = st.lists(
    st.sampled_from(["abc234", "1", "9", "r", "s", "f", "d", "k", "b", "i", "o", "l", "e", "n", "u", "h", "xa", "field",
                     "1.1", "L", "N", "C", "AB23CD45", "de", "0", "99"]) | st.text(max_size=3),
    max_size=7,
).map(":".join)  # fmt: skip


@given(st.text() | PARTS)
def test_any_text_at_all_is_ours_or_none(data: str) -> None:
    wish, found = read_before(data), read_press(data, AT)
    assert wish is None or before(wish) == data
    assert found is None or wish is None
    if found is not None:
        aim, act = found
        version = getattr(act, "version", 1)
        again = press(conversation(aim.survey, aim.person, version), act)
        assert (read_press(again, AT), again.isascii()) == (found, True)


@pytest.mark.parametrize("language", ["xx", "tlh", "de@nobody"])
async def test_a_forged_language_is_refused_and_harms_nobody_in_its_batch(house: Any, language: str) -> None:
    chat, other = await house.guests(2)
    question = (await chat.kept()).version
    forged = chat.presses(press(await chat.kept(), ChoseLanguage(language)))
    good = other.presses(press(await other.kept(), Rated("1.1", Rating.YES, question, 0.0)))
    toast = (await chat.hand(forged, good)).toast
    assert toast == catalogue("de").t(SAYS[Say.STALE])
    assert ((await chat.kept()).language, (await other.kept()).answers) == ("de", {"1.1": "yes"})
