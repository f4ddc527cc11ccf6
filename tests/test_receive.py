"""What follows from what people send: kept once and whole, answered kindly, and nothing of it shown to anybody else."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from conftest import (
    CANARIES,
    DAY,
    DELETE,
    DELETE_ALL,
    NOW,
    PHONE,
    Chat,
    Clock,
    House,
    commune_file,
    opened_survey,
)

import bot.telegram.fold as fold
import bot.telegram.receive as receive
from bot import notice, organising
from bot.closing import close
from bot.housekeeping import housekeeping
from bot.identity import hashed
from bot.mydata import mydata
from bot.organising import PARKED, letter_text
from bot.telegram.receive import Receiver
from bot.view import TEXT_LIMIT, TOAST_LIMIT, View, units, view
from bot.words import PLAIN, SAYS, Plain, help_text
from conversations import conversation as c
from conversations.conversation import PERSONS, Conversation, Place, Say
from conversations.engine import advance
from conversations.questionnaire import Kind, Voice, load
from conversations.store import organisers, people, post
from conversations.store import surveys as kept
from conversations.survey import PAUSE, TRIES, Survey
from locales import FSI, PDI, catalogue, languages

QUESTIONNAIRES = load()
KURZFORM, DIALOG = QUESTIONNAIRES["kurzform-1"], QUESTIONNAIRES["dialog-1"]
SOCIETY, ADMINISTRATION = Voice.SOCIETY, Voice.ADMINISTRATION


def says(which: Plain | Say, language: str = "de") -> str:
    return catalogue(language).t(PLAIN[which] if isinstance(which, Plain) else SAYS[which])


def led(which: Say, shown: View) -> View:
    """A screen with something said before it."""
    return View(f"{says(which)}\n\n{shown.text}", shown.rows)


async def at_dialog(house: House) -> Chat:
    """Somebody at the first open question of a dialogue event."""
    survey = await opened_survey(house.store, "dddddd", "dialog-1", [SOCIETY])
    chat = house.chat()
    await chat.enter(survey.codes[SOCIETY])
    return chat


# ---- the way in -------------------------------------------------------------------------------------------------


async def test_three_taps_lead_from_the_link_to_the_first_question(house: House) -> None:
    chat, survey = house.chat(), house.survey
    assert survey.salt is not None
    await chat.write(f"/start {survey.codes[SOCIETY]}")
    assert [b.label for row in chat.shown.rows for b in row] == [  # type: ignore[union-attr]
        language.name for language in languages().values()
    ]
    await chat.tap("Deutsch")
    assert await house.counts("conversation", "address", "message", "notice") == {
        "conversation": 0, "address": 0, "message": 0, "notice": 0,
    }  # fmt: skip
    heard = await chat.tap("Ich habe das gelesen und mache mit")
    version = notice.version(survey, KURZFORM, SOCIETY)
    name = house.key.respondent(survey.salt, chat.user)
    begun = Conversation(survey.id, name, SOCIETY, "de", version)
    assert (await chat.conversations(), heard.shown) == ([begun], view(survey, KURZFORM, begun))
    assert (await house.rows("SELECT owner, survey, blocked FROM address")) == [(name, survey.id, 0)]


async def test_where_there_is_one_language_nobody_is_asked_for_it(house: House) -> None:
    await house.store.write(lambda tx: tx.execute("UPDATE survey SET languages = ?", ('["en"]',)))
    survey, chat = replace(house.survey, languages=("en",)), house.chat()
    heard = await chat.write(f"/start {survey.codes[SOCIETY]}")
    (told,) = notice.notice(survey, KURZFORM, SOCIETY, "en", 1)
    assert (heard.shown, len(told.rows)) == (told, 1)
    await chat.press(chat.shown.rows[0][0].data)  # type: ignore[union-attr]
    settings = (await chat.write("/settings")).shown
    assert settings is not None
    assert [row[0].label for row in settings.rows] == ["each question in a new message", "continue"]


async def test_consent_is_kept_with_its_text_before_any_answer(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[ADMINISTRATION], "العربية")
    version = notice.version(house.survey, KURZFORM, ADMINISTRATION)
    text = notice.text(house.survey, KURZFORM, ADMINISTRATION, "de")
    assert await house.rows("SELECT version, text FROM notice") == [(version, text)]
    assert await house.rows("SELECT notice, language FROM conversation") == [(version, "ar")]
    assert await house.counts("answer", "statement") == {"answer": 0, "statement": 0}


async def test_consent_to_another_text_is_no_consent(house: House) -> None:
    chat = house.chat()
    code = house.survey.codes[SOCIETY]
    heard = await chat.press(f"C:{code}:1:de:deadbeef")
    (again,) = notice.notice(house.survey, KURZFORM, SOCIETY, "de", 1)
    assert (heard.toast, heard.shown, await chat.conversations()) == (says(Plain.CHANGED), again, [])
    await chat.tap("Ich habe das gelesen und mache mit")
    assert len(await chat.conversations()) == 1


async def test_a_second_press_on_consent_makes_no_second_person(house: House) -> None:
    chat = house.chat()
    await chat.write(f"/start {house.survey.codes[SOCIETY]}")
    await chat.tap("Deutsch")
    data = chat.data("Ich habe das gelesen und mache mit")
    await chat.hand(chat.presses(data), chat.presses(data))
    await chat.press(data)
    assert [k.person for k in await chat.conversations()] == [1]
    assert await house.counts("conversation", "address") == {"conversation": 1, "address": 1}


@pytest.mark.parametrize("typed", ["SA345672", "sa34 5672", " Sa٣٤-٥٦۷۲ ", "S A 3 4 5 6 7 2", "ＳＡ３４５６７２"])
async def test_a_code_may_be_typed_as_people_type(house: House, typed: str) -> None:
    survey = await opened_survey(house.store, "a34567")
    heard = await house.chat().write(typed)
    assert heard.said == (notice.choose_language(survey, load()["kurzform-1"], SOCIETY, 1, "de").text,)


async def test_wrong_codes_are_braked_for_an_hour(house: House) -> None:
    chat, right = house.chat(), f"/start {house.survey.codes[SOCIETY]}"
    for wrong in ["/start ZZZZZZZZ", "ZZZZ ZZZ2", "/start zu-kurz", "2345 6789", "/start ZZZZZZZ3"]:
        assert (await chat.write(wrong)).said == (says(Plain.UNKNOWN_CODE),)
    assert (await chat.write(right)).said == (says(Plain.BRAKED),)
    assert (await house.chat(6).write(right)).said != (says(Plain.BRAKED),)
    house.clock.now += PAUSE - 1
    assert (await chat.write(right)).said == (says(Plain.BRAKED),)
    house.clock.now += 1
    await chat.enter(house.survey.codes[SOCIETY])
    assert len(await chat.conversations()) == 1
    assert await house.rows("SELECT tries FROM brake") == [(TRIES,)]


async def test_codes_guessed_by_forged_presses_are_braked_too(house: House) -> None:
    chat = house.chat()
    for i in range(TRIES):
        assert (await chat.press(f"L:ZZZZZZZ{i + 2}:1")).toast == says(Plain.UNKNOWN_CODE)
    for code in ("ZZZZZZZ9", house.survey.codes[SOCIETY]):
        assert (await chat.press(f"L:{code}:1")).toast == says(Plain.BRAKED)
    assert (await chat.write(f"/start {house.survey.codes[SOCIETY]}")).said == (says(Plain.BRAKED),)


async def test_the_first_voice_stands(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    await chat.tap("ja")
    before = await chat.kept()
    heard = await chat.write(house.survey.codes[ADMINISTRATION])
    after = await chat.kept()
    assert heard.said == (says(Say.VOICE_STANDS),)
    assert after == before._replace(version=before.version + 1)


async def test_a_survey_takes_answers_only_between_its_times(house: House) -> None:
    opens, closes = house.clock.moment + timedelta(hours=1), house.clock.moment + timedelta(hours=2)
    survey = await opened_survey(house.store, "tttttt", opens=opens, closes=closes)
    code, chat = survey.codes[SOCIETY], house.chat()
    reading, consent = f"N:{code}:1:de", f"C:{code}:1:de:{notice.version(survey, KURZFORM, SOCIETY)}"
    for _ in range(2):
        assert (await chat.write(f"/start {code}")).said == (says(Plain.NOT_YET),)
        assert (await chat.press(consent)).toast == (await chat.press(reading)).toast == says(Plain.NOT_YET)
        house.clock.now += 1799
    house.clock.now = opens.timestamp()
    await chat.press(consent)
    await chat.tap("ja")
    before = await chat.kept()
    last = chat.data("nein")
    house.clock.now = closes.timestamp()
    assert (await chat.press(last)).toast == (await chat.press(consent)).toast == says(Plain.CLOSED)
    for text in (f"/start {code}", code, "ja", "/start", "/summary"):
        assert (await chat.write(text)).said == (says(Plain.CLOSED),)
    assert before == await chat.kept()


BEFORE = [
    ("/start", Plain.WELCOME), ("Guten Tag, was ist das hier?", Plain.NO_SURVEY), ("ja", Plain.NO_SURVEY),
    ("/summary", Plain.NO_SURVEY), ("/pause", Plain.NO_SURVEY), ("/settings", Plain.NO_SURVEY),
    ("/mydata", Plain.LINK_GONE), ("/delete", Plain.LINK_GONE), ("/privacy", Plain.LINK_GONE),
    ("/status", Plain.UNKNOWN_COMMAND), ("/digest", Plain.UNKNOWN_COMMAND), ("/start org-x", Plain.INVITE_GONE),
]  # fmt: skip


async def test_before_a_survey_everything_has_a_kind_reply_and_leaves_nothing(house: House) -> None:
    wrong = []
    for language, spoken in {"de": "de", "en-US": "en", "ar": "ar", "xx": "de"}.items():
        chat = house.chat(language=language)
        for text, which in BEFORE:
            if (said := (await chat.write(text)).said) != (says(which, spoken),):
                wrong.append((language, text, said))
    assert wrong == []
    tables = ["conversation", "address", "message", "brake", "trouble", "organiser"]
    assert await house.counts(*tables) == dict.fromkeys(tables, 0)


# ---- kept once, kept whole --------------------------------------------------------------------------------------


async def test_an_update_is_handled_once_however_often_it_comes(house: House) -> None:
    chat = await at_dialog(house)
    said = chat.writes("Im Sportverein.")
    batches = [[said, said], [said], [chat.writes("In der Schule."), said]]
    heard = [await chat.hand(*batch) for batch in batches]
    assert (await chat.kept()).given("d1") == ("Im Sportverein.", "In der Schule.")
    assert [len(h.outcome.due) for h in heard] == [1, 0, 1]


async def test_one_tap_under_two_update_ids_counts_once(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    data = chat.data("eher ja")
    once = await chat.hand(chat.presses(data), chat.presses(data))
    twice = await chat.press(data)
    noted = catalogue("de").t(SAYS[Say.ALREADY], answer="eher ja")
    assert [p.view.text if p.view else None for p in once.outcome.passing] == [None, noted]
    assert (twice.toast, (await chat.kept()).answers) == (noted, {"1.1": "rather-yes"})


async def test_the_second_half_of_a_double_tap_answers_no_question(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    await chat.tap("ja")
    house.clock.now += c.DOUBLE_TAP - 0.1
    assert (await chat.press(chat.data("nein"))).toast is None
    assert (await chat.kept()).answers == {"1.1": "yes"}
    house.clock.now += 0.2
    await chat.press(chat.data("nein"))
    assert (await chat.kept()).answers == {"1.1": "yes", "1.2": "no"}


async def test_a_late_press_answers_no_other_question(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    old = chat.data("nein")
    await chat.answer("ja", "eher ja")
    before = await chat.kept()
    heard = await chat.press(old)
    assert (heard.toast, heard.outcome.due, await chat.kept()) == (says(Say.STALE), [], before)


FOREIGN = [
    "", "x", ":", "::::", "aaaaaa:1:r:1.1:1:1:1", "aaaaaa:1:r:1.1:99:1", "aaaaaa:1:r:1.1:1:6", "aaaaaa:1:r:1.1:-1:1",
    "aaaaaa:1:r:9.9:1:1", "aaaaaa:1:r:o1:1:1", "aaaaaa:0:r:1.1:1:1", "aaaaaa:2:r:1.1:1:1", "aaaaaa:9:h",
    "aaaaaa:1:f:o1:1", "aaaaaa:1:d:o1:1", "aaaaaa:1:k:1.2:1", "aaaaaa:1:b:1.2:1", "aaaaaa:1:b:1.1:1",
    "aaaaaa:1:i:9.9", "aaaaaa:1:o:field", "aaaaaa:1:o:field:9", "aaaaaa:1:o:question:9.9", "aaaaaa:1:o:thanks",
    "aaaaaa:1:o:nowhere", "aaaaaa:1:l:xx", "aaaaaa:1:l:de@nobody", "aaaaaa:1:e:2", "aaaaaa:1:h", "aaaaaa:1:w",
    "aaaaaa:1:p", "aaaaaa:1:x", "aaaaaa:1:xa", "zzzzzz:1:r:1.1:1:1", "L:SAAAAAA2:0", "N:SAAAAAA2:1:xx",
    "C:SAAAAAA2:2:de:{notice}", "C:SAAAAAA2:6:de:{notice}", "C:SAAAAAA2:1:xx:{notice}", "N:ZZZZZZZZ:1:de",
    "'; DROP TABLE answer; --", "\u202eaaaaaa:1:r:1.1:1:1", "aaaaaa:１:r:1.1:1:1", "a" * 64,
]  # fmt: skip


async def test_a_forged_press_gets_one_answer_and_changes_nothing(house: House) -> None:
    chat, wrong = house.chat(), []
    await chat.enter(house.survey.codes[SOCIETY])
    before = await chat.conversations()
    for data in FOREIGN:
        heard = await chat.press(data.format(notice=notice.version(house.survey, KURZFORM, SOCIETY)))
        answers = [p.callback for p in heard.outcome.passing if p.callback]
        if (answers, heard.outcome.due, await chat.conversations()) != ([f"q{house.updates - 1}"], [], before):
            wrong.append((data, heard.outcome))
    assert wrong == []
    assert await house.rows("SELECT * FROM trouble") == []


async def test_a_press_is_worth_nothing_in_another_persons_chat(house: House) -> None:
    mine, theirs = house.chat(1), house.chat(2)
    await mine.enter(house.survey.codes[SOCIETY])
    heard = await theirs.press(mine.data("ja"))
    assert (heard.toast, await theirs.conversations()) == (says(Plain.NO_SURVEY), [])
    assert (await mine.kept()).answers == {}


async def test_presses_without_message_or_data_are_answered(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    before = await chat.kept()
    bare = chat.presses("aaaaaa:1:r:1.1:1:1")
    del bare["callback_query"]["message"]
    bare["callback_query"]["inline_message_id"] = "x"
    game = chat.presses("x")
    del game["callback_query"]["data"]
    game["callback_query"]["game_short_name"] = "x"
    heard = await chat.hand(bare, game)
    assert [p.callback for p in heard.outcome.passing] == [r["callback_query"]["id"] for r in (bare, game)]
    assert await chat.kept() == before


async def test_a_press_on_a_message_that_telegram_no_longer_knows_still_counts(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    raw = chat.presses(chat.data("nein"))
    raw["callback_query"]["message"] = {"message_id": 900, "date": 0, "chat": {"id": chat.user, "type": "private"}}
    await chat.hand(raw)
    assert (await chat.kept()).answers == {"1.1": "no"}


async def test_a_batch_of_many_people_is_one_commit(house: House) -> None:
    chats = await house.guests(40)
    seen: list[str] = []
    await house.store._connection.set_trace_callback(seen.append)
    outcome = await house.receiver.handle([chat.presses(chat.data("ja")) for chat in chats])
    await house.store._connection.set_trace_callback(None)  # type: ignore[arg-type]
    assert [s for s in seen if s in ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")] == ["BEGIN IMMEDIATE", "COMMIT"]
    assert await house.rows("SELECT question, value, count(*) FROM answer GROUP BY 1, 2") == [("1.1", "yes", 40)]
    assert sorted(due.chat for due in outcome.due) == [chat.user for chat in chats]


# ---- when something goes wrong ----------------------------------------------------------------------------------


async def test_an_exception_of_ours_sets_aside_one_update_and_harms_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, poor, last = await house.guests(3)
    name = (await poor.kept()).respondent

    def broken(questionnaire: Any, conversation: Conversation, act: c.Act) -> c.Turn:
        if conversation.respondent == name:
            raise LookupError("Kanarienausnahme", act)
        return advance(questionnaire, conversation, act)

    monkeypatch.setattr(fold, "advance", broken)
    before = await poor.kept()
    batch = [first.presses(first.data("ja")), poor.presses(poor.data("ja")), poor.writes("Kanarientext"),
             last.presses(last.data("nein"))]  # fmt: skip
    outcome = await house.receiver.handle(batch)
    ids = [raw["update_id"] for raw in batch]
    assert (await first.kept()).answers == {"1.1": "yes"}
    assert (await last.kept()).answers == {"1.1": "no"}
    assert await poor.kept() == before
    assert await house.rows("SELECT id, error, day FROM trouble") == [(i, "LookupError", DAY) for i in ids[1:3]]
    heard = poor.heard(outcome)
    assert (heard.toast, heard.said) == (says(Plain.TROUBLE), (says(Plain.TROUBLE),))
    assert {d.chat: d.bottom for d in outcome.due} == {first.user: False, poor.user: True, last.user: False}
    assert heard.shown == view(house.survey, KURZFORM, before)
    assert "Kanarien" not in caplog.text and f"update {ids[1]} set aside (LookupError at " in caplog.text
    monkeypatch.undo()
    again = await house.receiver.handle(batch)
    assert (again, await house.counts("trouble")) == (receive.Outcome(), {"trouble": 2})


async def test_a_screen_that_cannot_be_made_sets_aside_one_update_and_harms_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor, other = await house.guests(2)
    name = (await poor.kept()).respondent

    def broken(survey: Survey, questionnaire: Any, conversation: Conversation, *seat: Any, **more: Any) -> Any:
        if conversation.respondent == name:
            raise LookupError(name)
        return view(survey, questionnaire, conversation, *seat, **more)

    monkeypatch.setattr(fold, "view", broken)
    before = await poor.kept()
    outcome = await house.receiver.handle([poor.presses(poor.data("ja")), other.presses(other.data("nein"))])
    assert (await poor.kept(), (await other.kept()).answers) == (before, {"1.1": "no"})
    assert [error for (error,) in await house.rows("SELECT error FROM trouble")] == ["LookupError"]
    assert (poor.heard(outcome).toast, [d.chat for d in outcome.due]) == (says(Plain.TROUBLE), [other.user])


@pytest.mark.parametrize("where", ["INTO answer", "INTO seen", "COMMIT"])
async def test_when_nothing_can_be_kept_the_same_batch_is_kept_once_later(
    house: House, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    one, other = await house.guests(2)
    batch = [one.presses(one.data("ja")), other.writes("2"), one.writes("/settings")]
    connection, before = house.store._connection, [await one.kept(), await other.kept()]
    house.clock.now += 60

    class Full:
        """The connection with no room left for one sort of statement."""

        def __init__(self, works: sqlite3.Connection) -> None:
            self.works = works

        def __getattr__(self, name: str) -> Any:
            if name not in ("execute", "executemany"):
                return getattr(self.works, name)

            def runs(sql: str, *values: Any) -> Any:
                if where in sql:
                    raise sqlite3.OperationalError("database or disk is full")
                return getattr(self.works, name)(sql, *values)

            return runs

    monkeypatch.setattr(connection, "_connection", Full(connection._conn))
    for _ in range(3):
        with pytest.raises(sqlite3.OperationalError, match="disk is full"):
            await house.receiver.handle(batch)
    monkeypatch.undo()
    assert [await one.kept(), await other.kept()] == before
    house.clock.now += 0.2  # so soon the process tries again
    outcome = await house.receiver.handle(batch)
    assert (await one.kept(), await other.kept()) == (
        before[0]._replace(answers={"1.1": "yes"}, place=Place.SETTINGS, version=3, since=2),
        before[1]._replace(answers={"1.1": "rather-yes"}, version=2, since=2),
    )
    assert sorted(d.chat for d in outcome.due) == [one.user, other.user]


async def test_an_update_that_cannot_be_read_is_set_aside_and_blocks_no_other(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    broken = [
        {"update_id": 1, "message": {"message_id": "Kanarienvogel"}},
        {"update_id": 2, "callback_query": {"id": 5, "data": "Kanarienvogel"}},
        {"update_id": 3, "message": "Kanarienvogel"},
    ]
    unknown = {"update_id": 4, "message_reaction": {"chat": {"id": 1, "type": "private"}, "message_id": 5}}
    await chat.hand(broken[0], broken[1], chat.presses(chat.data("ja")), broken[2], unknown)
    assert (await chat.kept()).answers == {"1.1": "yes"}
    found = await house.rows("SELECT id FROM trouble ORDER BY id")
    assert found[:3] == [(1,), (2,), (3,)]
    assert b"Kanarienvogel" not in house.bytes()
    await chat.hand(broken[0], broken[1])  # the process was killed before it could acknowledge
    assert await house.rows("SELECT id FROM trouble ORDER BY id") == found


# ---- typed, and everything else that can be sent ----------------------------------------------------------------


TYPED = [
    ("ja", "yes"), ("  JA! ", "yes"), ("Eher  ja.", "rather-yes"), ("eher nein", "rather-no"), ("Nein", "no"),
    ("keine Einschätzung", "cannot-say"), ("KEINE EINSCHATZUNG", "cannot-say"), ("yes", "yes"),
    ("rather no", "rather-no"), ("نعم", "yes"), ("لا", "no"), ("1", "yes"), ("4", "no"), ("٣", "rather-no"),
    ("۵", "cannot-say"), ("✓", "yes"), ("(✘)", "rather-no"), ("–", "cannot-say"), ("überspringen", "skipped"),
    ("skip", "skipped"),
]  # fmt: skip


@pytest.mark.parametrize("language", ["Deutsch", "العربية"])
async def test_answers_may_be_typed_in_any_language_as_words_numbers_and_symbols(house: House, language: str) -> None:
    chat, found = house.chat(), []
    await chat.enter(house.survey.codes[SOCIETY], language)
    for text, _ in TYPED:
        await chat.press("aaaaaa:1:o:question:1.1")
        await chat.write(text)
        found.append((text, (await chat.kept()).answers["1.1"]))
    assert found == TYPED


async def test_any_other_text_at_a_rating_is_answered_and_not_kept(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    before = await chat.kept()
    for text in ("Kanarienmeinung", "0", "6", "jein", "\u202eja\u202c nein", "/", "ABCD EFGH"):
        heard = await chat.write(text)
        shown = view(house.survey, KURZFORM, before)
        expected = ((says(Plain.UNKNOWN_COMMAND),), shown) if text == "/" else ((), led(Say.CHOOSE, shown))
        assert (heard.said, heard.shown, [d.bottom for d in heard.outcome.due]) == (*expected, [True])
    assert await chat.kept() == before
    assert b"Kanarienmeinung" not in house.bytes()


FILE = {"file_id": "x", "file_unique_id": "y"}
OTHERS: dict[str, dict[str, Any]] = {
    "sticker": {"sticker": {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False,
                            "is_video": False, "emoji": "🐤"}},
    "voice": {"voice": {**FILE, "duration": 3}},
    "photo": {"photo": [{**FILE, "width": 1, "height": 1}], "caption": "Kanarienunterschrift"},
    "contact": {"contact": {"phone_number": PHONE, "first_name": "Kanarienkontakt"}},
    "location": {"location": {"latitude": 51.834567, "longitude": 12.234567}},
    "document": {"document": {**FILE, "file_name": "kanarien.pdf"}},
    "poll": {"poll": {"id": "1", "question": "Kanarienumfrage", "options": [], "total_voter_count": 0,
                      "is_closed": False, "is_anonymous": True, "type": "regular",
                      "allows_multiple_answers": False, "allows_revoting": False, "members_only": False}},
    "pinned": {"pinned_message": {"message_id": 3, "date": 0, "chat": {"id": 1, "type": "private"}}},
    "forwarded": {"text": "Kanarienweiterleitung",
                  "forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Kanarienabsender"}},
    "forwarded answer": {"text": "ja", "forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "K"}},
}  # fmt: skip


@pytest.mark.parametrize("questionnaire", ["kurzform-1", "dialog-1"])
async def test_what_is_no_typed_text_gets_a_reply_and_is_not_kept(house: House, questionnaire: str) -> None:
    survey = await opened_survey(house.store, "eeeeee", questionnaire, [SOCIETY])
    chat, wrong = house.chat(), []
    await chat.enter(survey.codes[SOCIETY])
    before = await chat.kept()
    shown = led(Say.ONLY_TEXT, view(survey, QUESTIONNAIRES[questionnaire], before))
    for sort, content in OTHERS.items():
        heard = await chat.write(**content)
        if (heard.said, heard.shown, [d.bottom for d in heard.outcome.due]) != ((), shown, [True]):
            wrong.append((sort, heard))
    assert (wrong, await chat.kept()) == ([], before)
    assert not [w for w in (b"anarien", PHONE[1:].encode(), b"51.83", b"12.23") if w in house.bytes()]


async def test_a_reply_is_not_lost_where_a_command_follows_in_the_same_batch(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    shown = view(house.survey, KURZFORM, await chat.kept())
    heard = await chat.hand(chat.writes(**OTHERS["sticker"]), chat.writes("/help"))
    assert (heard.said, heard.shown) == ((help_text("de").text,), led(Say.ONLY_TEXT, shown))


async def test_an_edited_message_changes_nothing_that_was_kept(house: House) -> None:
    chat = await at_dialog(house)
    message = chat.message("Im Sportverein.")
    await chat.hand(chat.update(message=message))
    before = await chat.kept()
    heard = await chat.hand(chat.update(edited_message={**message, "text": "Kanarienänderung", "edit_date": 5}))
    survey = (await house.store.read(kept.all_surveys))["dddddd"]
    assert (heard.shown, await chat.kept()) == (led(Say.EDITED, view(survey, DIALOG, before)), before)


async def test_in_a_group_nothing_is_taken(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    before, counts = await chat.kept(), await house.counts("message", "brake", "conversation")
    group = {"id": -100_5, "type": "supergroup", "title": "Kanariengruppe"}
    spoken = [f"/start {house.survey.codes[SOCIETY]}", "/mydata@weltoffen_bot", "/delete"]
    for text in spoken:
        outcome = (await chat.write(text, chat=group)).outcome
        assert [(p.chat, p.view.text if p.view else "") for p in outcome.passing] == [(-100_5, says(Plain.GROUP))]
    for more in ({"text": "ja"}, {"text": "SAAAAAA2"}, OTHERS["contact"]):
        assert (await chat.write(chat=group, **more)).outcome == receive.Outcome()
    pressed = chat.presses("aaaaaa:1:r:1.1:1:1")
    pressed["callback_query"]["message"]["chat"] = group
    outcome = (await chat.hand(pressed)).outcome
    assert [(p.view.text if p.view else None, p.callback is None) for p in outcome.passing] == [
        (says(Plain.GROUP), False)
    ]
    assert (await chat.kept(), await house.counts("message", "brake", "conversation")) == (before, counts)
    await chat.hand(chat.writes("/help", chat=group), chat.writes("ja"))  # both in one batch
    assert len(await house.rows("SELECT message FROM message")) == counts["message"] + 1
    assert b"Kanariengruppe" not in house.bytes()


# ---- commands ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("/summary", Place.REVIEW), ("/pause", Place.PAUSED), ("/language", Place.LANGUAGE),
        ("/settings", Place.SETTINGS), ("/delete", Place.DELETE), ("/SETTINGS@weltoffen_bot please", Place.SETTINGS),
        ("/start", Place.QUESTION),
    ],
)  # fmt: skip
async def test_a_command_shows_its_place_anew_at_the_bottom(house: House, command: str, place: Place) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    await chat.tap("ja")
    before = await chat.kept()
    heard = await chat.write(command)
    after = before._replace(place=place, version=before.version + 1)
    assert (await chat.kept(), heard.said) == (after, ())
    assert [(d.view, d.bottom) for d in heard.outcome.due] == [(view(house.survey, KURZFORM, after), True)]


async def test_help_privacy_and_unknown_commands_leave_the_question_open(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    before = await chat.kept()
    (whole,) = notice.notice(house.survey, KURZFORM, SOCIETY, "de", 1)
    expected = {"/help": help_text("de").text, "/privacy": whole.text, "/nonsense": says(Plain.UNKNOWN_COMMAND)}
    for command, text in expected.items():
        heard = await chat.write(command)
        assert (heard.said, heard.shown) == ((text,), view(house.survey, KURZFORM, before))
        assert [d.bottom for d in heard.outcome.due] == [True]
    assert await chat.kept() == before


async def test_the_language_changes_midway_and_the_answers_stay(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    await chat.tap("ja")
    await chat.write("/language")
    await chat.tap("العربية")
    found = await chat.kept()
    assert (found.language, found.answers, found.place) == ("ar", {"1.1": "yes"}, Place.QUESTION)
    assert chat.shown == view(house.survey, KURZFORM, found)
    asked = KURZFORM.by_id["1.2"].text[SOCIETY][Kind.CITY]
    assert catalogue("ar").of("kurzform-1", asked) in chat.shown.text
    assert (await chat.write("/nonsense")).said == (says(Plain.UNKNOWN_COMMAND, "ar"),)


async def test_every_question_comes_as_a_new_message_where_somebody_wants_that(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    in_place = await chat.tap("ja")
    await chat.write("/settings")
    await chat.tap("jede Frage als neue Nachricht")
    await chat.tap("weiter")
    anew = await chat.tap("ja")
    example = await chat.press("aaaaaa:1:i:1.3")
    assert [[d.bottom for d in h.outcome.due] for h in (in_place, anew, example)] == [[False], [True], []]
    assert example.toast is not None and len(example.toast) <= TOAST_LIMIT


# ---- several surveys, several people ----------------------------------------------------------------------------


async def test_two_surveys_in_one_chat_are_told_apart_by_link_and_by_button(house: House) -> None:
    chat, other = house.chat(), await opened_survey(house.store, "bbbbbb", "kurzform-1", [SOCIETY])
    await chat.enter(house.survey.codes[SOCIETY])
    here = chat.data("nein")
    await chat.enter(other.codes[SOCIETY])
    there = chat.data("ja")
    assert (await chat.kept()).survey == "bbbbbb"
    await chat.press(here)
    assert ((await chat.kept()).survey, (await chat.kept()).answers) == ("aaaaaa", {"1.1": "no"})
    await chat.write("2")
    assert (await chat.kept()).answers == {"1.1": "no", "1.2": "rather-yes"}
    await chat.write(other.codes[SOCIETY])
    await chat.write("3")
    assert ((await chat.kept()).survey, (await chat.kept()).answers) == ("bbbbbb", {"1.1": "rather-no"})
    heard = await chat.press(there)
    assert heard.toast == says(Say.STALE)
    assert sorted((k.survey, k.active) for k in await chat.conversations()) == [("aaaaaa", False), ("bbbbbb", True)]


async def test_what_is_said_belongs_to_the_survey_it_is_about(house: House) -> None:
    chat, mine = house.chat(), {}
    for number in range(4):
        survey = await opened_survey(house.store, f"{'bcde'[number]}" * 6, "dialog-1", [SOCIETY])
        await chat.enter(survey.codes[SOCIETY])
        heard = await chat.write("/mydata")
        mine[survey.id] = {p.owner for p in heard.outcome.passing}
    assert mine == {k.survey: {k.respondent} for k in await chat.conversations()}


async def test_who_answered_before_stays_hidden_when_the_next_person_deletes(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    await chat.hand_in("ja")
    await chat.tap("für eine weitere Person ausfüllen")
    await chat.tap("Deutsch")
    await chat.tap("Ich habe das gelesen und mache mit")
    await chat.write("/delete")
    await chat.tap("ja, diese Umfrage löschen")
    assert [(k.person, k.hidden, k.active) for k in await chat.conversations()] == [(1, True, False)]
    assert (await chat.write("/mydata")).said == (says(Plain.HIDDEN),)
    assert (await chat.write("/summary")).said == (says(Plain.NO_SURVEY),)
    assert (await chat.press("aaaaaa:1:o:review")).toast == says(Plain.NO_SURVEY)
    await chat.write(f"/start {house.survey.codes[SOCIETY]}")  # whoever comes next is the second person again
    assert chat.shown.rows[0][0].data == f"N:{house.survey.codes[SOCIETY]}:2:de"  # type: ignore[union-attr]
    await chat.write("/delete")
    await chat.tap("ja, alles von diesem Telefon")
    assert await house.counts("conversation", "answer", "address") == {"conversation": 0, "answer": 0, "address": 0}


async def test_another_person_on_the_same_telephone_starts_afresh(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    first_buttons = {label: chat.data(label) for label in ("ja", "nein")}
    await chat.hand_in("ja")
    thanks = chat.data("Antworten ansehen oder ändern")
    await chat.tap("für eine weitere Person ausfüllen")
    assert chat.shown.rows[0][0].data == f"N:{house.survey.codes[SOCIETY]}:2:de"  # type: ignore[union-attr]
    await chat.tap("Deutsch")
    consent = chat.data("Ich habe das gelesen und mache mit")
    await chat.press(consent)
    await chat.press(consent)
    first, second = await chat.conversations()
    assert second == Conversation("aaaaaa", second.respondent, SOCIETY, "de", first.notice, 2, version=2)
    assert (first.person, first.active, first.respondent == second.respondent) == (1, False, False)
    for data in (thanks, *first_buttons.values(), "aaaaaa:1:o:review", "aaaaaa:1:m", "aaaaaa:1:o:delete"):
        assert (await chat.press(data)).toast == says(Plain.NO_SURVEY)
    await chat.write("/mydata")
    assert first.respondent not in chat.said[0].text and second.respondent in chat.said[0].text
    await chat.write(f"/start {house.survey.codes[SOCIETY]}")
    assert [k.person for k in await chat.conversations() if k.active] == [2]
    assert (await chat.conversations())[0] == first


async def test_five_people_may_answer_on_one_telephone_one_after_another(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    version = notice.version(house.survey, KURZFORM, SOCIETY)
    early = await chat.press(f"C:{house.survey.codes[SOCIETY]}:2:de:{version}")
    assert (early.toast, len(await chat.conversations())) == (says(Plain.NO_SURVEY), 1)
    for person in range(2, PERSONS + 1):
        await chat.hand_in("nein")
        await chat.tap("für eine weitere Person ausfüllen")
        await chat.tap("Deutsch")
        await chat.tap("Ich habe das gelesen und mache mit")
        assert (await chat.kept()).person == person
    await chat.hand_in("nein")
    assert "für eine weitere Person ausfüllen" not in [b.label for row in chat.shown.rows for b in row]  # type: ignore[union-attr]
    heard = await chat.press(f"aaaaaa:{PERSONS}:p")
    enough = catalogue("de").n("An einem Telefon kann {n} Person antworten.",
                               "An einem Telefon können {n} Personen antworten.", PERSONS)  # fmt: skip
    assert heard.toast == enough
    late = await chat.press(f"C:{house.survey.codes[SOCIETY]}:{PERSONS + 1}:de:{version}")
    assert (late.toast, [k.person for k in await chat.conversations()]) == (says(Plain.NO_SURVEY), [1, 2, 3, 4, 5])


# ---- one's own data ---------------------------------------------------------------------------------------------


async def test_mydata_gives_every_word_that_is_held(house: House) -> None:
    chat = await at_dialog(house)
    said = [f"{i}: " + "🐤" * 1500 + " Wörter كلمات" for i in range(4)]
    for text in said:
        await chat.write(text)
    found = await chat.kept()
    survey = (await house.store.read(kept.all_surveys))["dddddd"]
    heard = await chat.write("/mydata")
    assert chat.said == mydata(survey, DIALOG, found)
    whole = "".join(heard.said).replace(PDI + FSI, "")  # what is isolated is closed and opened again in between
    assert [text for text in said if text in whole] == said
    assert found.respondent in heard.said[0] and found.notice in heard.said[0]
    assert max(units(t) for t in heard.said) <= TEXT_LIMIT


TABLES = ("conversation", "answer", "statement", "address", "screen", "message", "letter", "wish")


async def full(house: House) -> tuple[Chat, list[bytes]]:
    """Somebody of whom everything is held that can be; and the bytes of it."""
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    for question in KURZFORM.questions:
        if question.rating:
            await chat.tap("ja")
        else:
            await chat.write("Kanarienaussage")
            await chat.tap("fertig")
    await chat.tap("Antworten abgeben")
    await chat.tap("Ergebnis zuschicken lassen")
    mine = await chat.kept()
    letter = post.Letter(0, mine.respondent, "aaaaaa", "reminder", "de", 2**40)
    await house.store.write(lambda tx: post.post(tx, [letter]))
    sealed = [s for (s,) in await house.rows("SELECT sealed FROM address UNION SELECT sealed FROM wish")]
    await house.store.write(lambda tx: people.keep_messages(tx, [(mine.respondent, 900)], DAY))
    return chat, [mine.respondent.encode(), b"Kanarienaussage", *sealed]


async def test_delete_leaves_nothing_of_a_person(house: House) -> None:
    chat, secrets = await full(house)
    other = house.chat(7)
    await other.enter(house.survey.codes[SOCIETY])
    rest = await other.conversations()
    assert [s for s in secrets if s in house.bytes()] == secrets
    messages = [m for (m,) in await house.rows("SELECT message FROM message ORDER BY message")]
    await chat.write("/delete")
    heard = await chat.tap(DELETE)
    assert await house.store.forget()
    assert [s for s in secrets if s in house.bytes()] == []
    assert await house.counts(*TABLES) == {
        "conversation": 1, "answer": 0, "statement": 0, "address": 1, "screen": 1, "message": 1, "letter": 0, "wish": 0,
    }  # fmt: skip
    assert (await other.conversations(), await chat.conversations(), heard.outcome.due) == (rest, [], [])
    (gone,) = heard.outcome.forgotten
    assert (gone.chat, gone.word.text) == (chat.user, says(Plain.DELETED))
    assert set(messages) <= set(gone.messages)
    assert await house.rows("SELECT id, word FROM farewell") == [(gone.id, gone.word.text)]  # until it is confirmed
    for command in ("/mydata", "/delete"):
        assert (await chat.write(command)).said == (says(Plain.LINK_GONE),)
    await chat.enter(house.survey.codes[SOCIETY])
    assert (await chat.kept()).answers == {}


async def test_delete_wants_to_be_confirmed(house: House) -> None:
    chat, _ = await full(house)
    before = await chat.kept()
    assert (await chat.press("aaaaaa:1:x")).toast == says(Say.STALE)
    await chat.write("/delete")
    await chat.tap("nein, behalten")
    assert (await chat.press("aaaaaa:1:x")).toast == says(Say.STALE)
    assert (await chat.kept())._replace(version=0) == before._replace(version=0)


@pytest.mark.parametrize(
    ("label", "left", "word"),
    [(DELETE, [("aaaaaa", 1), ("bbbbbb", 1)], Plain.DELETED), (DELETE_ALL, [], Plain.DELETED_ALL)],
)
async def test_delete_reaches_one_survey_of_one_person_or_everything_from_the_telephone(
    house: House, label: str, left: list[tuple[str, int]], word: Plain
) -> None:
    chat, other = house.chat(), await opened_survey(house.store, "bbbbbb", "dialog-1", [SOCIETY])
    await chat.enter(other.codes[SOCIETY])
    await chat.write("Im Sportverein.")
    await chat.press("bbbbbb:1:h")
    await chat.tap("Ergebnis zuschicken lassen")
    await chat.write(f"/start {house.survey.codes[SOCIETY]}")
    await chat.tap("Deutsch")
    await chat.tap("Ich habe das gelesen und mache mit")
    await chat.hand_in("ja")
    await chat.tap("für eine weitere Person ausfüllen")
    await chat.tap("Deutsch")
    await chat.tap("Ich habe das gelesen und mache mit")
    await chat.write("/delete")
    (gone,) = (await chat.tap(label)).outcome.forgotten
    assert [(k.survey, k.person) for k in await chat.conversations()] == left
    assert (gone.word.text, await house.counts("wish")) == (says(word), {"wish": int(bool(left))})


async def test_a_deletion_and_what_comes_after_it_in_one_batch(house: House) -> None:
    chat = await at_dialog(house)
    await chat.write("Im Sportverein.")
    await chat.write("/delete")
    data = chat.data(DELETE)
    heard = await chat.hand(chat.presses(data), chat.presses(data), chat.writes("Kanarienaussage"))
    assert (heard.said, await chat.conversations()) == ((says(Plain.NO_SURVEY),), [])
    assert len(heard.outcome.forgotten) == 1
    assert await house.counts(*TABLES) == dict.fromkeys(TABLES, 0)


async def test_who_deletes_and_begins_anew_in_one_batch_wishes_nothing_any_more(house: House) -> None:
    chat = house.chat()
    await chat.write(f"/start {house.survey.codes[SOCIETY]}")
    await chat.tap("Deutsch")
    consent = chat.data("Ich habe das gelesen und mache mit")
    await chat.press(consent)
    await chat.hand_in("ja")
    await chat.tap("Ergebnis zuschicken lassen")
    await chat.write("/delete")
    await chat.hand(chat.presses(chat.data(DELETE)), chat.presses(consent))
    assert (await house.counts("wish"), (await chat.kept()).answers) == ({"wish": 0}, {})


# ---- after the end ----------------------------------------------------------------------------------------------


async def test_after_closing_only_the_own_data_can_be_seen_and_deleted(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    await chat.hand_in("ja")
    buttons = [b.data for row in chat.shown.rows for b in row]  # type: ignore[union-attr]
    await house.store.write(lambda tx: close(tx, house.survey, KURZFORM, house.clock.moment))
    before = await chat.kept()
    for data in [*buttons, "aaaaaa:1:h", "aaaaaa:1:l:en", "aaaaaa:1:o:settings"]:
        assert (await chat.press(data)).toast == says(Plain.CLOSED)
    for text in ("ja", "/summary", "/pause", "/settings", "/language", "/start", house.survey.codes[SOCIETY]):
        assert (await chat.write(text)).said == (says(Plain.CLOSED),)
    assert await chat.kept() == before
    assert before.respondent in (await chat.write("/mydata")).said[0]
    await chat.write("/delete")
    await chat.tap(DELETE)
    assert await chat.conversations() == []


# ---- organisers -------------------------------------------------------------------------------------------------


async def invited(house: House, survey: Survey, user: int, token: str, hours: float = 24) -> Chat:
    until = int(house.clock() + hours * 3600)
    await house.store.write(lambda tx: organisers.invite(tx, hashed(token), survey.commune_id, until))
    return house.chat(user)


async def test_an_invitation_is_good_once_and_for_a_day(house: House) -> None:
    one, other = await invited(house, house.survey, 71, "abc"), house.chat(72)
    assert (await one.write("/start org-abc")).said == (says(Plain.ORGANISER),)
    assert (await other.write("/start org-abc")).said == (says(Plain.INVITE_GONE),)
    await invited(house, house.survey, 72, "def")
    house.clock.now += 24 * 3600
    assert (await other.write("/start org-def")).said == (says(Plain.INVITE_GONE),)
    assert await house.rows("SELECT id FROM organiser") == [(house.key.organiser(1, 71),)]
    assert await house.counts("invite", "conversation", "brake") == {"invite": 0, "conversation": 0, "brake": 0}


async def test_each_commune_is_seen_by_its_own_organisers_alone(house: House) -> None:
    other = await opened_survey(house.store, "bbbbbb", profile=commune_file(name="Beispielkreis", kind="district"))
    here, there = await invited(house, house.survey, 71, "abc"), await invited(house, other, 72, "def")
    await here.write("/start org-abc")
    await there.write("/start org-def")
    for command in ("/status", "/digest"):
        mine, theirs = (await here.write(command)).said, (await there.write(command)).said
        assert (len(mine), len(theirs)) == (1, 1)
        assert ("Musterstadt" in mine[0], "Beispielkreis" in mine[0]) == (True, False)
        assert ("Musterstadt" in theirs[0], "Beispielkreis" in theirs[0]) == (False, True)
        assert (await house.chat(73).write(command)).said == (says(Plain.UNKNOWN_COMMAND),)
    guest = house.chat(74)
    await guest.enter(house.survey.codes[SOCIETY])
    assert (await guest.write("/status")).said == (says(Plain.UNKNOWN_COMMAND),)


async def test_a_digest_that_cannot_be_made_harms_nobody_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    organiser, guest = await invited(house, house.survey, 71, "abc"), house.chat()
    await organiser.write("/start org-abc")
    await guest.enter(house.survey.codes[SOCIETY])

    def broken(*_: Any) -> list[View]:
        raise LookupError("Kanarienausnahme")

    monkeypatch.setattr(organising, "answer", broken)
    outcome = await house.receiver.handle([organiser.writes("/digest"), guest.presses(guest.data("ja"))])
    assert (organiser.heard(outcome).said, (await guest.kept()).answers) == ((says(Plain.TROUBLE),), {"1.1": "yes"})


async def quarter(house: House) -> None:
    """One of the moments at which steps are taken."""
    await housekeeping(house.store, QUESTIONNAIRES, house.clock.moment, steps=True, thorough=False)


STEPS = "SELECT voice, exact, shown FROM step"


async def test_organisers_are_written_to_at_steps_of_k_and_at_no_other_time(house: House) -> None:
    organiser = await invited(house, house.survey, 71, "abc")
    await organiser.write("/start org-abc")
    found, seen, stepped = [], [], house.clock.moment
    for guest in await house.guests(11):
        await guest.hand_in("ja")
        await housekeeping(house.store, QUESTIONNAIRES, house.clock.moment, steps=False, thorough=True)
        before = await house.rows("SELECT id FROM letter")  # nobody can tell that somebody has just finished
        await quarter(house)
        after = await house.rows("SELECT id FROM letter")
        found.append((after != before, len(after)))
        stepped = house.clock.moment if after != before else stepped
        seen.append((await organiser.write("/digest")).said)
        seen.append((await organiser.write("/status")).said)
    assert found == [(n in (5, 10), int(n >= 5)) for n in range(1, 12)]  # a step not yet sent is replaced
    assert [seen[i] != seen[i - 2] for i in range(2, 22)] == [i // 2 in (4, 9) for i in range(2, 22)]
    assert await house.rows("SELECT kind, until FROM letter") == [("step", int((stepped + PARKED).timestamp()))]
    assert await house.rows(STEPS) == [("society", 10, 10)]
    letter = (await house.store.read(lambda tx: post.letters(tx, int(house.clock()), 9)))[0]
    text = await house.store.read(lambda tx: letter_text(tx, letter, QUESTIONNAIRES))
    assert (text,) == (await organiser.write("/digest")).said


async def test_many_who_hand_in_at_once_are_one_step(house: House) -> None:
    await (await invited(house, house.survey, 71, "abc")).write("/start org-abc")
    guests = await house.guests(12)
    await house.receiver.handle([g.presses(g.data("ja")) for g in guests])
    await house.receiver.handle([g.presses("aaaaaa:1:h") for g in guests])
    await quarter(house)
    assert (await house.rows(STEPS), await house.counts("letter")) == ([("society", 12, 10)], {"letter": 1})


async def test_changing_or_handing_in_again_is_no_step(house: House) -> None:
    await (await invited(house, house.survey, 71, "abc")).write("/start org-abc")
    guests = await house.guests(5)
    for guest in guests:
        await guest.hand_in("ja")
    await quarter(house)
    before = await house.rows("SELECT * FROM step"), await house.rows("SELECT * FROM letter")
    for guest in guests:
        await guest.press("aaaaaa:1:o:question:1.1")
        await guest.tap("nein")
        await guest.press("aaaaaa:1:h")
    await quarter(house)
    after = await house.rows("SELECT * FROM step"), await house.rows("SELECT * FROM letter")
    assert (before, len(before[0]), len(before[1])) == (after, 1, 1)


async def test_an_organiser_sees_and_deletes_what_is_held_of_organisers(house: House) -> None:
    one, other = [await invited(house, house.survey, 71, "abc"), await invited(house, house.survey, 72, "def")]
    await one.write("/start org-abc")
    await other.write("/start org-def")
    assert (await one.write("/mydata")).said == (says(Plain.ORGANISER_HELD),)
    assert (await one.write("/delete")).said == (says(Plain.ORGANISER_GONE),)
    assert (await one.write("/digest")).said == (says(Plain.UNKNOWN_COMMAND),)
    assert await house.rows("SELECT id FROM organiser") == [(house.key.organiser(1, 72),)]
    assert await house.rows("SELECT owner FROM address") == [(house.key.organiser(1, 72),)]


# ---- blocked ----------------------------------------------------------------------------------------------------


async def test_who_blocks_the_bot_is_parked_until_heard_of_again(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    await (await invited(house, house.survey, chat.user, "abc")).write("/start org-abc")

    async def blocked() -> list[int]:
        return [b for (b,) in await house.rows("SELECT blocked FROM address")]

    states = [await blocked()]
    for raw in (chat.blocks(), chat.blocks(False), chat.blocks()):
        assert (await chat.hand(raw)).outcome == receive.Outcome()
        states.append(await blocked())
    assert states == [[0, 0], [1, 1], [0, 0], [1, 1]]
    await chat.write("ja")
    assert sorted(await blocked()) == [0, 1]  # the organiser's address waits for the bot being let in again
    assert (await chat.kept()).answers == {"1.1": "yes"}


async def test_a_restart_of_the_process_forgets_nothing(house: House, clock: Clock) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    raw = chat.presses(chat.data("ja"))
    await chat.hand(raw)
    house.receiver = Receiver(house.store, house.key, load(), clock)
    assert (await chat.hand(raw)).outcome == receive.Outcome()
    await chat.tap("nein")
    assert (await chat.kept()).answers == {"1.1": "yes", "1.2": "no"}


async def test_names_and_numbers_of_people_are_never_kept(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    chat, _ = await full(house)
    await chat.write(**OTHERS["contact"])
    held = house.bytes()
    assert [w for w in (*CANARIES.values(), PHONE, str(chat.user)) if w.encode() in held or w in caplog.text] == []


async def test_seen_ids_and_message_numbers_are_forgotten_after_two_days(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    assert house.clock.now > NOW
    house.clock.now += 2 * 86_400
    await housekeeping(house.store, QUESTIONNAIRES, house.clock.moment, steps=True, thorough=True)
    assert (await house.counts("seen", "message"))["seen"] > 0
    house.clock.now += 86_400
    await housekeeping(house.store, QUESTIONNAIRES, house.clock.moment, steps=True, thorough=True)
    assert await house.counts("seen", "message", "trouble") == {"seen": 0, "message": 0, "trouble": 0}
