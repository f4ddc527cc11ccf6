"""The end of a survey: one release, one letter for each who is owed one, and then no way back to anybody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import DELETE, Chat, House, commune_file, opened_survey

from bot import closing, organising
from bot.closing import ClosedError, close
from bot.housekeeping import housekeeping
from bot.identity import hashed
from bot.organising import PARKED
from bot.words import PLAIN, Plain
from conversations.conversation import PAPER, Conversation
from conversations.questionnaire import Voice, load
from conversations.store import figures, organisers, people, post
from conversations.store import surveys as kept
from conversations.store.figures import Turnout
from conversations.store.post import Letter
from conversations.survey import Survey
from locales import catalogue
from reports.document import ReleaseError
from reports.release import Facts, Release
from reports.release import release as released

QUESTIONNAIRES = load()
KURZFORM, DIALOG = QUESTIONNAIRES["kurzform-1"], QUESTIONNAIRES["dialog-1"]
SOCIETY, ADMINISTRATION = Voice.SOCIETY, Voice.ADMINISTRATION


async def handed_in(house: House, number: int, voice: Voice = SOCIETY, first: int = 100) -> list[Chat]:
    """So many people who have answered the first question with yes and handed in."""
    chats = [house.chat(first + i) for i in range(number)]
    for chat in chats:
        await chat.enter(house.survey.codes[voice])
        await chat.hand_in("ja")
    return chats


async def closed(house: House, survey: Survey | None = None) -> None:
    """Closes a survey now."""
    found = survey or house.survey
    await house.store.write(
        lambda tx: close(tx, found, QUESTIONNAIRES[found.questionnaire], house.clock.moment),
    )


async def organiser(house: House, user: int = 71) -> Chat:
    """An organiser of the survey's commune."""
    until = int(house.clock()) + 60
    await house.store.write(lambda tx: organisers.invite(tx, hashed(str(user)), 1, until))
    chat = house.chat(user)
    await chat.write(f"/start org-{user}")
    return chat


async def letters(house: House) -> list[tuple[str, str, str | None]]:
    """Owner, kind and text of the letters that are under way."""

    def unit(tx: Any) -> list[tuple[str, str, str | None]]:
        rows = (tx.execute("SELECT id, owner, survey, kind, language, until FROM letter")).fetchall()
        found = [Letter(*row) for row in rows]
        return [(x.owner, x.kind, organising.letter_text(tx, x, QUESTIONNAIRES)) for x in found]

    return await house.store.read(unit)


async def delivered(house: House) -> None:
    """All letters have arrived."""
    ids = [i for (i,) in await house.rows("SELECT id FROM letter")]
    await house.store.write(lambda tx: post.drop_letters(tx, ids))


async def tick(house: House) -> list[str]:
    """What comes due now, at one of the moments at which steps are taken."""
    return await housekeeping(house.store, QUESTIONNAIRES, house.clock.moment, steps=True, thorough=True)


async def release(house: House) -> dict[str, Any]:
    """The release in force."""
    found = await house.store.read(lambda tx: figures.newest_release(tx, house.survey.id))
    assert found is not None
    document: dict[str, Any] = json.loads(found.document)
    return {"number": found.number, "digest": found.digest, **document}


async def digest(house: House, survey: Survey | None = None) -> str:
    """The digest as it stands, without isolates."""
    found = survey or house.survey
    asked, words = QUESTIONNAIRES[found.questionnaire], catalogue("de")
    text = await house.store.read(lambda tx: organising.digest_text(tx, found, asked, words))
    return text.replace("\u2068", "").replace("\u2069", "")


# ---- the release ------------------------------------------------------------------------------------------------


async def test_closing_makes_one_release_in_which_small_voices_are_withheld(house: House) -> None:
    await handed_in(house, 6)
    await handed_in(house, 9, ADMINISTRATION, 200)
    await house.chat(300).enter(house.survey.codes[SOCIETY])
    await closed(house)
    found = await release(house)
    society = found["voices"]["society"]
    assert found["voices"]["administration"] == {"withheld": True, "k": 10}
    assert (society["withheld"], society["n"], society["not_handed_in"]) == (False, 6, None)
    assert society["fields"][0]["criteria"][0]["counts"]["yes"] == 6
    assert found["survey"] == {
        "id": "aaaaaa", "kind": "city", "opened": "2027-01-15", "closed": "2027-01-15", "released": "2027-01-15",
    }  # fmt: skip
    assert await house.counts("release") == {"release": 1}
    text = await digest(house)
    assert "Gesellschaft: 6 Menschen haben abgegeben." in text
    assert "Verwaltung: zurückgehalten, zum Schutz kleiner Gruppen. Nötig sind mindestens 10 Menschen" in text
    assert await house.rows("SELECT action, detail FROM audit") == [("close", f"aaaaaa {found['digest']}")]


async def test_each_gets_the_one_letter_that_is_owed(house: House) -> None:
    boss = await organiser(house)
    done = await handed_in(house, 6)
    await done[0].tap("Ergebnis zuschicken lassen")
    await done[0].tap("Ergebnis zuschicken lassen")
    late = [house.chat(301), house.chat(302, "ar"), house.chat(303)]
    for chat, language in zip(late, ["Deutsch", "العربية", "English"], strict=True):
        await chat.enter(house.survey.codes[SOCIETY], language)
    await late[2].hand(late[2].blocks())
    await closed(house)
    owed = {
        (await chat.kept()).respondent: ("unfinished", catalogue(language).t(PLAIN[Plain.UNFINISHED]))
        for chat, language in zip(late, ["de", "ar", "en"], strict=True)
    }
    found = await letters(house)
    text = await house.store.read(lambda tx: organising.digest_text(tx, house.survey, KURZFORM, catalogue("de")))
    assert {o: (k, b) for o, k, b in found if k == "unfinished"} == owed
    assert [(k, b) for _, k, b in found if k != "unfinished"] == [("result", text), ("release", text)]
    assert found[-1][0] == house.key.organiser(1, boss.user)
    result = next(o for o, k, _ in found if k == "result")
    sealed = dict(await house.rows("SELECT owner, sealed FROM address"))
    assert house.key.unseal(sealed[result], result) == done[0].user
    assert await house.counts("wish") == {"wish": 0}
    going = await house.store.read(lambda tx: post.letters(tx, int(house.clock()), 100))
    assert sorted(x.owner for x in going) == sorted(o for o, *_ in found if o != list(owed)[2])  # blocked


async def test_a_release_is_checked_once_for_all_the_letters_made_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chat in await handed_in(house, 6):
        await chat.tap("Ergebnis zuschicken lassen")
    await closed(house)
    read, checked = organising.read, list[str]()

    def counted(content: str, questionnaire: Any) -> Release:
        checked.append(questionnaire.name)
        return read(content, questionnaire)

    organising._read.cache_clear()  # another test may have had the same release
    monkeypatch.setattr(organising, "read", counted)
    found = await letters(house)
    assert ([kind for _, kind, _ in found], len({text for *_, text in found})) == (["result"] * 6, 1)
    assert checked == ["kurzform-1"]  # else people who answer another survey would wait for thousands of letters


# ---- the link to people -----------------------------------------------------------------------------------------

LINKS = "SELECT salt IS NOT NULL, (SELECT count(*) FROM address WHERE survey = survey.id) FROM survey"


async def test_the_link_to_people_is_erased_when_the_last_letter_is_gone(house: House) -> None:
    boss = await organiser(house)
    chats = await handed_in(house, 5)
    await house.chat(300).enter(house.survey.codes[SOCIETY])
    salt, names = house.survey.salt, [(await c.kept()).respondent for c in chats]
    sealed = [s for (s,) in await house.rows("SELECT sealed FROM address WHERE survey IS NOT NULL")]
    old = chats[0].data("Antworten ansehen oder ändern")
    await closed(house)
    house.clock.now += 3600
    assert (await tick(house), await house.rows(LINKS)) == ([], [(1, 6)])
    await delivered(house)
    assert await tick(house) == ["survey aaaaaa: addresses and salt erased"]
    assert await house.rows(LINKS) == [(0, 0)]
    assert await house.counts("screen", "message", "wish", "letter") == dict.fromkeys(
        ["screen", "message", "wish", "letter"], 0
    )
    assert await house.rows("SELECT owner FROM address") == [(house.key.organiser(1, boss.user),)]
    held = house.bytes()
    assert salt is not None and [s for s in [salt, *sealed] if s in held] == []
    assert [n for n in names if n.encode() in held] == names  # the answers stay, and belong to nobody now
    for chat in chats:
        for command in ("/mydata", "/delete", "/privacy"):
            assert (await chat.write(command)).said == (PLAIN[Plain.LINK_GONE],)
    assert (await chats[0].press(old)).toast == PLAIN[Plain.CLOSED]
    assert await tick(house) == []


@pytest.mark.parametrize("trouble", ["blocked", "held", "none"])
async def test_a_letter_that_does_not_arrive_keeps_the_link_for_a_day_at_most(house: House, trouble: str) -> None:
    chat = house.chat(300)
    await chat.enter(house.survey.codes[SOCIETY])
    name = (await chat.kept()).respondent
    await closed(house)
    if trouble == "blocked":
        await chat.hand(chat.blocks())
    if trouble == "held":
        await house.store.write(lambda tx: post.hold(tx, [(int(house.clock()) + 10**6, name)]))
    house.clock.now += PARKED.total_seconds() - 1
    before = await tick(house)
    house.clock.now += 1
    after = await tick(house)
    done = ["survey aaaaaa: addresses and salt erased"]
    assert (before, after) == ((done, []) if trouble == "blocked" else ([], done))
    assert (await house.rows(LINKS), await house.counts("letter")) == ([(0, 0)], {"letter": 0})


# ---- by itself --------------------------------------------------------------------------------------------------


async def timed(house: House, days: int, **changes: object) -> Survey:
    """A second survey that closes in an hour, of a commune that keeps answers for so many days."""
    closes = house.clock.moment + timedelta(hours=1)
    return await opened_survey(
        house.store, "tttttt", closes=closes, profile=commune_file(retention_days=days, **changes)
    )


async def test_a_survey_closes_by_itself_at_its_time(house: House) -> None:
    survey = await timed(house, 90)
    chat = house.chat()
    await chat.enter(survey.codes[SOCIETY])
    house.clock.now = survey.closes.timestamp() - 1  # type: ignore[union-attr]
    assert await tick(house) == []
    house.clock.now += 1
    assert [line[:41] for line in await tick(house)] == ["survey tttttt closed, release " + (await newest(house))[:11]]
    assert [(k, b) for _, k, b in await letters(house)] == [("unfinished", PLAIN[Plain.UNFINISHED])]
    assert await tick(house) == []
    await delivered(house)
    assert await tick(house) == ["survey tttttt: addresses and salt erased"]
    assert await house.counts("release") == {"release": 1}


async def test_closing_twice_makes_no_second_release(house: House) -> None:
    await closed(house)
    with pytest.raises(ClosedError, match="survey aaaaaa is closed already"):
        await closed(house)
    assert await house.counts("release", "audit") == {"release": 1, "audit": 1}


async def test_a_survey_that_cannot_be_released_holds_no_other_up(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    survey = await timed(house, 30)
    other = await opened_survey(house.store, "uuuuuu", closes=survey.closes)

    def broken(questionnaire: Any, facts: Facts, *more: Any, **named: Any) -> Release:
        if facts.survey == "tttttt":
            raise ReleaseError("society 1.1: counts add up to 3, but must be 4")
        return released(questionnaire, facts, *more, **named)

    monkeypatch.setattr(closing, "release", broken)
    house.clock.now += 2 * 3600
    lines = [line.partition(",")[0] for line in await tick(house)]
    assert lines == [f"survey {other.id} closed"]
    assert "survey tttttt cannot be closed (ReleaseError); see: weltoffen survey close" in caplog.text
    assert await house.rows("SELECT id, closed_day FROM survey ORDER BY id") == [
        ("aaaaaa", None), ("tttttt", None), ("uuuuuu", "2027-01-15"),
    ]  # fmt: skip


async def test_answers_to_what_the_questionnaire_does_not_ask_hold_no_other_survey_up(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    survey = await timed(house, 30)
    for chat in await house.guests(6, survey):
        await chat.hand_in("ja")
    await opened_survey(house.store, "uuuuuu", closes=survey.closes)

    def changed(tx: Any) -> None:  # as if somebody had changed a questionnaire's file in the middle of a survey
        tx.execute("UPDATE answer SET question = '9.9'")
        tx.execute("UPDATE tally SET question = '9.9'")

    await house.store.write(changed)
    house.clock.now += 2 * 3600
    assert [line.partition(",")[0] for line in await tick(house)] == ["survey uuuuuu closed"]
    assert "survey tttttt cannot be closed (EvaluationError); see: weltoffen survey close" in caplog.text


async def test_a_survey_that_another_process_closes_meanwhile_takes_no_step(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await organiser(house)
    await handed_in(house, 5)
    read = house.store.read

    async def then_closed(unit: Any) -> Any:
        found = await read(unit)
        if unit is kept.all_surveys:
            await closed(house)
        return found

    monkeypatch.setattr(house.store, "read", then_closed)
    assert await tick(house) == []
    monkeypatch.undo()
    assert [kind for _, kind, _ in await letters(house)] == ["release"]


async def newest(house: House) -> str:
    found = await house.store.read(lambda tx: figures.newest_release(tx, "tttttt"))
    assert found is not None
    return found.digest


async def test_answers_go_on_the_last_day_of_retention_and_the_release_stays(house: House) -> None:
    survey = await timed(house, 30)
    chat = house.chat()
    await chat.enter(survey.codes[SOCIETY])
    await chat.answer(*["ja"] * 34)
    await chat.write("Kanarienaussage")
    name = (await chat.kept()).respondent
    house.clock.now = survey.closes.timestamp()  # type: ignore[union-attr]
    await tick(house)
    await delivered(house)
    await tick(house)
    house.clock.now += 29 * 86_400
    assert (await tick(house), name.encode() in house.bytes()) == ([], True)
    house.clock.now += 86_400
    assert await tick(house) == ["survey tttttt: retention over, all respondents deleted"]
    assert [w for w in (name.encode(), b"Kanarienaussage") if w in house.bytes()] == []
    assert await house.counts("conversation", "answer", "statement", "release") == {
        "conversation": 0, "answer": 0, "statement": 0, "release": 1,
    }  # fmt: skip
    assert await tick(house) == []


async def test_answers_go_on_the_day_that_was_promised_even_if_closing_was_late(house: House) -> None:
    survey = await timed(house, 30)
    await house.chat().enter(survey.codes[SOCIETY])
    house.clock.now = survey.closes.timestamp() + 10 * 86_400  # type: ignore[union-attr]  # nobody ran the bot
    for _ in range(2):
        await tick(house)
        await delivered(house)
    house.clock.now = survey.closes.timestamp() + 29 * 86_400  # type: ignore[union-attr]
    assert await tick(house) == []
    house.clock.now += 86_400
    assert await tick(house) == ["survey tttttt: retention over, all respondents deleted"]


# ---- a later release --------------------------------------------------------------------------------------------


async def gone(house: House, chats: Sequence[Chat]) -> None:
    """These people delete everything."""
    for chat in chats:
        await chat.write("/delete")
        await chat.tap(DELETE)


async def test_a_release_stands_whoever_goes_afterwards(house: House) -> None:
    chats = await handed_in(house, 12)
    await closed(house)
    first = await release(house)
    await gone(house, chats[:7])
    assert (await release(house), await house.counts("release")) == (first, {"release": 1})
    assert first["voices"]["society"]["n"] == 12


async def test_a_voice_is_withheld_where_few_answered_apart_from_somebody_s_eyes(house: House) -> None:
    """Who passes a telephone round, or types in sheets, knows those answers: the rest must not be a few people."""
    chats = await handed_in(house, 4)
    await chats[0].tap("für eine weitere Person ausfüllen")
    await chats[0].tap("Deutsch")
    await chats[0].tap("Ich habe das gelesen und mache mit")
    await chats[0].hand_in("nein")
    await house.store.write(lambda tx: people.keep(tx, {}, sheets(9, ADMINISTRATION)))
    await handed_in(house, 3, ADMINISTRATION, 200)
    assert await house.store.read(lambda tx: figures.turnout(tx, "aaaaaa")) == {
        SOCIETY: Turnout(5, 0, 4), ADMINISTRATION: Turnout(12, 0, 3),
    }  # fmt: skip
    await closed(house)
    assert (await release(house))["voices"] == {
        "administration": {"withheld": True, "k": 10}, "society": {"withheld": True, "k": 5},
    }  # fmt: skip


async def test_sheets_alone_and_sheets_with_many_others_are_shown(house: House) -> None:
    await house.store.write(lambda tx: people.keep(tx, {}, sheets(10, ADMINISTRATION) + sheets(3, SOCIETY)))
    await handed_in(house, 5)
    await closed(house)
    found = (await release(house))["voices"]
    assert {v: block["n"] for v, block in found.items()} == {"administration": 10, "society": 8}


def sheets(number: int, voice: Voice) -> list[Conversation]:
    """So many people from paper."""
    return [
        Conversation("aaaaaa", f"{voice[:1]}{n:031x}", voice, "de", PAPER, answers={"1.1": "yes"}, handed_in=True)
        for n in range(number)
    ]


# ---- statements -------------------------------------------------------------------------------------------------


async def at_dialog(house: House, *voices: Voice) -> Survey:
    return await opened_survey(house.store, "dddddd", "dialog-1", voices)


async def says(house: House, survey: Survey, user: int, text: str, voice: Voice = SOCIETY) -> Chat:
    """Somebody who says something and hands in."""
    chat = house.chat(user)
    await chat.enter(survey.codes[voice])
    await chat.write(text)
    await chat.press("dddddd:1:h")
    return chat


async def listed(house: House) -> list[str]:
    return sorted(s.text for s in await house.store.read(lambda tx: figures.listed(tx, "dddddd")))


async def test_statements_are_listed_in_blocks_of_the_smallest_group(house: House) -> None:
    survey = await at_dialog(house, SOCIETY, ADMINISTRATION)
    seen = []
    for number in range(1, 12):
        await says(house, survey, number, f"{number:02}")
        await tick(house)
        seen.append(len(await listed(house)))
    assert seen == [0] * 9 + [5, 5]  # those of the step before, so that the last block at closing is not a small one
    for number in range(9):
        await says(house, survey, 200 + number, f"Amt {number}", ADMINISTRATION)
    quiet = house.chat(300)
    await quiet.enter(survey.codes[SOCIETY])
    await quiet.write("nicht abgegeben")
    await tick(house)
    assert len(await listed(house)) == 5
    await closed(house, survey)
    assert await listed(house) == [f"{n:02}" for n in range(1, 12)]  # the small voice stays unread


async def test_what_somebody_adds_after_moderators_saw_the_first_is_seen_at_the_end(house: House) -> None:
    survey = await at_dialog(house, SOCIETY)
    first = [await says(house, survey, n, f"{n:02}") for n in range(1, 6)]
    await tick(house)
    for n in range(6, 11):
        await says(house, survey, n, f"{n:02}")
    await tick(house)
    seen = await listed(house)
    await first[0].press("dddddd:1:o:question:d1")
    await first[0].write("nachgetragen")
    await closed(house, survey)
    assert seen == [f"{n:02}" for n in range(1, 6)]
    assert await listed(house) == [*(f"{n:02}" for n in range(1, 11)), "nachgetragen"]


async def test_what_a_few_add_after_moderators_saw_the_first_stays_unread(house: House) -> None:
    survey = await at_dialog(house, SOCIETY)
    first = [await says(house, survey, n, f"{n:02}") for n in range(1, 6)]
    await closed_step(house)
    await first[0].press("dddddd:1:o:question:d1")
    await first[0].write("nachgetragen")
    await closed(house, survey)
    assert await listed(house) == [f"{n:02}" for n in range(1, 6)]


async def closed_step(house: House) -> None:
    """Moderators have seen what there is."""
    await house.store.write(lambda tx: tx.execute("UPDATE statement SET listed = 1"))
    await house.store.write(lambda tx: tx.execute("UPDATE conversation SET stepped = 2"))


async def test_a_block_of_statements_that_deletions_have_made_small_waits_for_the_next(house: House) -> None:
    survey = await at_dialog(house, SOCIETY)
    first = [await says(house, survey, n, f"{n:02}") for n in range(1, 6)]
    await tick(house)
    await gone(house, first[1:])
    for n in range(6, 15):
        await says(house, survey, n, f"{n:02}")
    await tick(house)
    assert await listed(house) == []  # it would be what one person said
    for n in range(15, 20):
        await says(house, survey, n, f"{n:02}")
    await tick(house)
    assert await listed(house) == ["01", *(f"{n:02}" for n in range(6, 15))]


async def test_only_what_a_moderator_released_is_shown_and_of_what_is_deleted_nothing_is_left(house: House) -> None:
    survey = await at_dialog(house, SOCIETY)
    texts = ["frei", "verworfen", "Frau Kanarie war nett", "zurückgenommen", "offen", "Kanarienlöschung"]
    chats = [await says(house, survey, i, text) for i, text in enumerate(texts, 1)]
    await closed(house, survey)
    ids = {s.text: s.id for s in await house.store.read(lambda tx: figures.listed(tx, "dddddd"))}

    async def moderate(text: str, state: str, instead: str | None = None) -> None:
        assert await house.store.write(lambda tx: figures.moderate(tx, "dddddd", ids[text], state, instead))

    before = await digest(house, survey)
    assert [t for t in texts if t in before] == []
    for text in ("frei", "zurückgenommen", "Kanarienlöschung"):
        await moderate(text, "released")
    await moderate("verworfen", "dropped")
    await moderate("zurückgenommen", "new")
    await moderate("Frau Kanarie war nett", "released", "[…] war nett")
    await gone(house, chats[5:])
    shown = await digest(house, survey)
    asked = DIALOG.by_id["d1"].text[SOCIETY][survey.commune.kind]
    assert sorted(shown.split(f"{asked}\n")[1].splitlines()) == ["– „[…] war nett“", "– „frei“"]
    assert await house.store.forget()
    assert [w for w in ("Frau Kanarie", "Kanarienlöschung") if w.encode() in house.bytes()] == []
    unknown = await house.store.write(lambda tx: figures.moderate(tx, "aaaaaa", ids["frei"], "dropped"))
    assert not unknown  # a statement of another survey


async def test_a_statement_that_is_not_listed_cannot_be_moderated(house: House) -> None:
    survey = await at_dialog(house, SOCIETY)
    await says(house, survey, 1, "allein")
    ((one,),) = await house.rows("SELECT id FROM statement")
    assert not await house.store.write(lambda tx: figures.moderate(tx, "dddddd", one, "released"))


async def test_the_day_of_closing_is_the_day_of_the_first_close(house: House) -> None:
    await closed(house)
    await house.store.write(lambda tx: kept.close(tx, "aaaaaa", date(2027, 3, 1).isoformat()))
    assert await house.store.read(kept.closed_days) == {"aaaaaa": "2027-01-15"}
    assert await house.store.read(lambda tx: people.unfinished(tx, "aaaaaa")) == []


# ---- a town's statement -------------------------------------------------------------------------------------------


async def test_a_town_s_statement_is_neither_closed_nor_stepped_nor_released_by_itself(house: House) -> None:
    closes = house.clock.moment + timedelta(hours=1)
    await opened_survey(house.store, "bbbbbb", "selbstcheck-1", [ADMINISTRATION], closes=closes)
    house.clock.now += 86_400
    assert await tick(house) == []
    assert await house.rows("SELECT closed_day FROM survey WHERE id = 'bbbbbb'") == [(None,)]
    assert await house.counts("release", "step", "letter") == {"release": 0, "step": 0, "letter": 0}


async def test_a_restored_town_s_statement_is_closed_again_and_never_released_from_its_answers(house: House) -> None:
    survey = await opened_survey(house.store, "bbbbbb", "selbstcheck-1", [ADMINISTRATION])
    asked, then = QUESTIONNAIRES[survey.questionnaire], house.clock.moment
    with pytest.raises(closing.UnsignedError):
        await house.store.write(lambda tx: close(tx, survey, asked, then))
    with pytest.raises(closing.UnsignedError):
        await house.store.write(lambda tx: closing.end(tx, survey, then, "Koordination"))
    assert await house.store.write(lambda tx: closing.close_again(tx, survey, asked, then)) is False
    assert await house.rows("SELECT closed_day FROM survey WHERE id = 'bbbbbb'") == [("2027-01-15",)]
    assert await house.counts("release") == {"release": 0}
