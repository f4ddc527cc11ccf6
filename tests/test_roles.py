"""Organisers only: every command from everybody everywhere; what is not allowed is answered like an unknown command.

How long a code withstands guessing. A code is 8 of 30 characters: 30**8 = 656 100 000 000. An account has 5 wrong codes
an hour, wherever it puts them (typed, behind /start, in a forged button), so M accounts make 5 * M guesses an hour. N
surveys of at most 3 voices have 3 * N doors, and one guess hits one with probability 3 * N / 30**8. Within T hours

    P <= 5 * M * T * 3 * N / 30**8

1 000 accounts that guess day and night for four weeks at 40 open surveys: 5 * 1000 * 672 * 120 / 30**8 = 0.06 %. A
single account at 30 messages a second would without a brake reach 30 * 3600 * 672 * 120 / 30**8 = 1.3 %, and with it
0.00006 %: the brake is worth a factor of 21 600. Whoever finds a code has found a door through which anybody may go who
stands before the poster; nobody's answers are behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from conftest import Chat, House, commune_file, opened_survey

from bot import notice
from bot.identity import hashed
from bot.telegram.receive import Receiver
from bot.view import View
from bot.words import COMMANDS, PLAIN, Plain
from conversations.questionnaire import Voice, load
from conversations.store import organisers
from conversations.survey import ALPHABET, CODE_LENGTH, PAUSE, TRIES, Survey
from locales import catalogue

SOCIETY = Voice.SOCIETY
KURZFORM = load()["kurzform-1"]
ORGANISERS_ONLY = ["status", "digest", "statement"]
OTHERS = ["unknown", "stop", "admin", "export", "close", "release", "settings2", "org-abc", "ＳＴＡＴＵＳ", "статус"]
SPELLINGS = ["/{}", "/{}@weltoffen_bot", "/{} aaaaaa", "/{} \u202eaaaaaa"]
CAPITALS = ["/STATUS", "/Digest", "/Statement"]
HELD = ["conversation", "answer", "statement", "address", "organiser", "invite", "brake", "letter", "wish", "audit",
        "step", "release", "farewell", "trouble", "notice", "survey", "door", "fact", "contributor", "part", "decision",
        "journal"]  # fmt: skip


def says(which: Plain, language: str = "de") -> str:
    return catalogue(language).t(PLAIN[which])


async def invited(house: House, survey: Survey, token: str, hours: float = 24) -> None:
    until = int(house.clock() + hours * 3600)
    await house.store.write(lambda tx: organisers.invite(tx, hashed(token), survey.commune_id, until))


async def organiser(house: House, survey: Survey, user: int) -> Chat:
    await invited(house, survey, f"t{user}")
    chat = house.chat(user)
    await chat.write(f"/start org-t{user}")
    return chat


async def held(house: House) -> dict[str, list[tuple[Any, ...]]]:
    """All that is kept, but for the numbers of updates and messages."""
    return {table: await house.rows(f"SELECT * FROM {table}") for table in HELD}


@pytest.fixture
async def roles(house: House) -> dict[str, Chat]:
    """Everybody there can be."""
    other = await opened_survey(house.store, "bbbbbb", profile=commune_file(name="Beispielkreis", kind="district"))
    here, there = house.chat(101), house.chat(102)
    await here.enter(house.survey.codes[SOCIETY])
    await there.enter(other.codes[SOCIETY])
    done = house.chat(103)
    await done.enter(house.survey.codes[SOCIETY])
    await done.hand_in("ja")
    mine, theirs = await organiser(house, house.survey, 104), await organiser(house, other, 105)
    was = await organiser(house, await opened_survey(house.store, "cccccc", profile=commune_file(name="Dritte")), 106)
    await house.store.write(lambda tx: organisers.dismiss(tx, 3))
    return {"stranger": house.chat(100), "respondent": here, "respondent elsewhere": there, "handed in": done,
            "organiser": mine, "organiser elsewhere": theirs, "former organiser": was}  # fmt: skip


def where(chat: Chat, text: str) -> dict[str, dict[str, Any]]:
    """One command in every sort of place, as raw updates."""
    found = {"private": chat.writes(text), "edited": chat.update(edited_message=chat.message(text))}
    for sort in ("group", "supergroup", "channel"):
        found[sort] = chat.writes(text, chat={"id": -1001, "type": sort, "title": "x"})
    origin = {"type": "user", "date": 1, "sender_user": {"id": 104, "is_bot": False, "first_name": "x"}}
    found["forwarded"] = chat.writes(text, forward_origin=origin)
    found["by way of a bot"] = chat.writes(text, via_bot={"id": 9, "is_bot": True, "first_name": "x"})
    found["of a bot"] = chat.writes(text)
    found["of a bot"]["message"]["from"] = {**chat.person, "is_bot": True}
    found["channel post"] = chat.update(channel_post=chat.message(text))
    found["in a business's chat"] = chat.update(business_message=chat.message(text))
    found["as a guest"] = chat.update(guest_message=chat.message(text))
    return found


async def answer(house: House, *batch: dict[str, Any]) -> tuple[Any, ...]:
    """All that follows from some updates, without versions and numbers of messages."""
    outcome = await house.receiver.handle(batch)
    said = [(p.chat, p.view, p.callback, p.edit) for p in outcome.passing]
    return said, [(d.chat, d.view, d.bottom) for d in outcome.due], outcome.forgotten


ALLOWED = {("organiser", "private"), ("organiser elsewhere", "private"),
           ("organiser", "by way of a bot"), ("organiser elsewhere", "by way of a bot")}  # fmt: skip


async def test_what_is_not_allowed_is_answered_like_an_unknown_command(house: House, roles: Mapping[str, Chat]) -> None:
    before, many = await held(house), 0
    wrong: list[tuple[Any, ...]] = []
    meant = [*CAPITALS, *(s.format(name) for s in SPELLINGS for name in ORGANISERS_ONLY)]
    others = [s.format(name) for s in SPELLINGS for name in OTHERS]
    for role, chat in roles.items():
        for place, raw in where(chat, "/unbekannt").items():
            said, shown, gone = await answer(house, raw)
            allowed = meant if (role, place) in ALLOWED else []
            denied = [text for text in [*meant, *others] if text not in allowed]
            given = await answer(house, *(where(chat, text)[place] for text in denied))
            if given != (said * len(denied), shown, gone):
                wrong.append((role, place, given, said))
            wrong += [(role, place, text) for text in allowed
                      if (await answer(house, where(chat, text)[place]))[0] == said]  # fmt: skip
            many += len(allowed) + len(denied)
    assert (wrong, many) == ([], len(roles) * 11 * (len(meant) + len(others)))
    assert await held(house) == before


async def test_what_an_organiser_sees_is_of_the_own_commune(house: House, roles: Mapping[str, Chat]) -> None:
    communes = {"organiser": "Musterstadt", "organiser elsewhere": "Beispielkreis"}
    elsewhere = commune_file(name="Beispielkreis", kind="district")
    await opened_survey(house.store, "dddddd", "selbstcheck-1", [Voice.ADMINISTRATION])
    await opened_survey(house.store, "eeeeee", "selbstcheck-1", [Voice.ADMINISTRATION], profile=elsewhere)
    for role in communes:
        for command in ORGANISERS_ONLY:
            text = "".join((await roles[role].write(f"/{command}")).said)
            assert [r for r, name in communes.items() if name in text] == [role]


async def test_an_organiser_who_was_asked_nothing_is_told_what_organisers_can_do(
    house: House, roles: Mapping[str, Chat]
) -> None:
    before = await held(house)
    for name, which in (("organiser", Plain.ORGANISER_IDLE), ("organiser elsewhere", Plain.ORGANISER_IDLE),
                        ("former organiser", Plain.NO_SURVEY), ("stranger", Plain.NO_SURVEY)):  # fmt: skip
        heard = [await roles[name].write(text) for text in ("Wie geht es weiter?", "ja")]
        heard.append(await roles[name].hand(roles[name].update(message=roles[name].message("", sticker={}))))
        assert [h.said for h in heard] == [(says(which),)] * 3, name
    assert await held(house) == before
    await roles["organiser"].enter(house.survey.codes[SOCIETY])
    assert says(Plain.ORGANISER_IDLE) not in (await roles["organiser"].write("Wie geht es weiter?")).said


async def test_a_press_on_a_coordinators_button_is_answered_like_an_unknown_command(
    house: House, roles: Mapping[str, Chat]
) -> None:
    await opened_survey(house.store, "dddddd", "selbstcheck-1", [Voice.ADMINISTRATION])
    before, refused = await held(house), View(says(Plain.UNKNOWN_COMMAND))
    for role, chat in roles.items():
        for data in ("K:dddddd:h", "K:dddddd:c:0", "K:dddddd:d:1.1.1:1:00000000", "K:aaaaaa:h", "K:zzzzzz:h", "K:"):
            raw = chat.presses(data)
            given = await answer(house, raw)
            allowed = role == "organiser" and data.startswith("K:dddddd")
            refusal: tuple[Any, ...] = ([(chat.user, refused, raw["callback_query"]["id"], None)], [], [])
            assert (role, data, given == refusal) == (role, data, not allowed)
    assert await held(house) == before


async def test_in_groups_every_command_and_press_gets_the_same_answer(house: House, roles: Mapping[str, Chat]) -> None:
    group = {"id": -1001, "type": "group", "title": "x"}
    code, version = house.survey.codes[SOCIETY], notice.version(house.survey, KURZFORM, SOCIETY)
    refused = View(says(Plain.GROUP))
    for chat in roles.values():
        await invited(house, house.survey, f"g{chat.user}")
        texts = [*COMMANDS, *ORGANISERS_ONLY, *OTHERS, f"start {code}", f"start org-g{chat.user}"]
        given = await answer(house, *(chat.writes(f"/{text}", chat=group) for text in texts))
        assert given == ([(-1001, refused, None, None)] * len(texts), [], [])
        for data in (f"C:{code}:1:de:{version}", f"L:{code}:1", "aaaaaa:1:r:1.1:1:1", "aaaaaa:1:x", "x", "K:aaaaaa:h"):
            raw = chat.presses(data)
            raw["callback_query"]["message"]["chat"] = group
            assert await answer(house, raw) == ([(-1001, refused, raw["callback_query"]["id"], None)], [], [])
        assert await answer(house, *(chat.writes(t, chat=group) for t in (code, "ja", "ZZZZ ZZZZ"))) == ([], [], [])
    assert await house.counts("brake", "organiser", "invite") == {"brake": 0, "organiser": 2, "invite": len(roles)}


# ---- one-time links -----------------------------------------------------------------------------------------------


async def test_a_link_in_one_batch_of_two_people_lets_the_first_in(house: House) -> None:
    await invited(house, house.survey, "abc")
    one, other = house.chat(71), house.chat(72)
    outcome = await house.receiver.handle([one.writes("/start org-abc"), other.writes("/start org-abc")])
    assert (one.heard(outcome).said, other.heard(outcome).said) == (
        (says(Plain.ORGANISER),),
        (says(Plain.INVITE_GONE),),
    )
    assert await house.rows("SELECT id FROM organiser") == [(house.key.organiser(1, 71),)]


SPENT = [
    "used",
    "used by oneself",
    "expired",
    "dismissed",
    "never made",
    "of another case",
    "forwarded",
    "edited",
    "empty",
]


@pytest.mark.parametrize("why", SPENT)
async def test_a_link_that_is_no_good_lets_nobody_in(house: House, why: str) -> None:
    await invited(house, house.survey, "abc", hours=1)
    chat, text, raw = house.chat(72), "/start org-abc", None
    match why:
        case "used":
            await house.chat(71).write(text)
        case "used by oneself":
            await chat.write(text)
            await chat.write("/delete")
        case "expired":
            house.clock.now += 3600
        case "dismissed":
            await house.store.write(lambda tx: organisers.dismiss(tx, house.survey.commune_id))
        case "never made":
            text = "/start org-abd"
        case "of another case":
            text = "/start org-ABC"
        case "forwarded":
            raw = chat.writes(text, forward_origin={"type": "hidden_user", "date": 1, "sender_user_name": "x"})
        case "edited":
            raw = chat.update(edited_message=chat.message(text))
        case _:
            text = "/start org-"
    heard = await chat.hand(raw or chat.writes(text))
    assert heard.said == (says(Plain.NO_SURVEY if raw else Plain.INVITE_GONE),)
    assert (await chat.write("/digest")).said == (says(Plain.UNKNOWN_COMMAND),)
    assert await house.rows("SELECT id FROM organiser") == ([(house.key.organiser(1, 71),)] if why == "used" else [])


async def test_a_link_is_stored_in_no_form_that_could_be_used(house: House) -> None:
    await invited(house, house.survey, "Kanarieneinladung")
    ((kept,),) = await house.rows("SELECT hash FROM invite")
    assert b"Kanarieneinladung" not in house.bytes()
    assert (await house.chat(72).write(f"/start org-{kept}")).said == (says(Plain.INVITE_GONE),)


# ---- codes --------------------------------------------------------------------------------------------------------


def test_the_arithmetic_above_is_that_of_the_code() -> None:
    codes = len(set(ALPHABET)) ** CODE_LENGTH
    assert (codes, TRIES, PAUSE) == (656_100_000_000, 5, 3600)
    hours, doors = 4 * 7 * 24, 3 * 40
    assert round(100 * TRIES * 1000 * hours * doors / codes, 2) == 0.06
    assert round(100 * 30 * 3600 * hours * doors / codes, 1) == 1.3
    assert 30 * 3600 // TRIES == 21_600


def guesses(chat: Chat, code: str) -> dict[str, dict[str, Any]]:
    """Every way to try a code, as raw updates."""
    version = "deadbeef"
    return {"typed": chat.writes(code), "link": chat.writes(f"/start {code}"), "L": chat.presses(f"L:{code}:1"),
            "N": chat.presses(f"N:{code}:1:de"), "C": chat.presses(f"C:{code}:1:de:{version}")}  # fmt: skip


def wrong(number: int) -> str:
    return f"ZZZZZ{ALPHABET[number // 900]}{ALPHABET[number // 30 % 30]}{ALPHABET[number % 30]}"


BRAKED, UNKNOWN = says(Plain.BRAKED), says(Plain.UNKNOWN_CODE)


async def told(house: House, chat: Chat, raw: dict[str, Any]) -> str | None:
    heard = chat.heard(await house.receiver.handle([raw]))
    return heard.toast or (heard.said[0] if heard.said else None)


@pytest.mark.parametrize("way", ["typed", "link", "L", "N", "C"])
async def test_the_sixth_guess_is_refused_whichever_way_and_a_right_one_too(house: House, way: str) -> None:
    chat = house.chat()
    found = [await told(house, chat, guesses(chat, wrong(i))[way]) for i in range(TRIES)]
    assert found == [UNKNOWN] * TRIES
    for code in (wrong(9), house.survey.codes[SOCIETY]):
        given = {w: await told(house, chat, raw) for w, raw in guesses(chat, code).items()}
        assert given == dict.fromkeys(guesses(chat, code), BRAKED)
    house.receiver = Receiver(house.store, house.key, load(), house.clock)  # the process begins anew
    house.clock.now += PAUSE - 1
    assert await told(house, chat, chat.writes(f"/start {house.survey.codes[SOCIETY]}")) == BRAKED
    assert (await chat.conversations(), await house.rows("SELECT tries FROM brake")) == ([], [(TRIES,)])
    house.clock.now += 1
    await chat.enter(house.survey.codes[SOCIETY])
    assert len(await chat.conversations()) == 1


async def test_a_batch_of_guesses_is_braked_like_one_after_another(house: House) -> None:
    chat = house.chat()
    batch = [guesses(chat, wrong(i))[w] for i, w in enumerate(["typed", "link", "L", "N", "C"] * 19)]
    right = [chat.writes(f"/start {house.survey.codes[SOCIETY]}"), chat.presses(f"L:{house.survey.codes[SOCIETY]}:1")]
    outcome = await house.receiver.handle([*batch, *right])
    told_ = [p.view.text for p in outcome.passing if p.view]
    assert [told_.count(UNKNOWN), told_.count(BRAKED), len(told_)] == [TRIES, len(batch) + 2 - TRIES, len(batch) + 2]


async def test_within_a_day_an_account_makes_no_more_guesses_than_published(house: House) -> None:
    chat, made = house.chat(), 0
    for hour in range(24 * 6):  # every ten minutes a few, so that no pause begins where the attacker would not want it
        outcome = await house.receiver.handle([chat.writes(f"/start {wrong(hour * 3 + i)}") for i in range(3)])
        made += [p.view.text for p in outcome.passing if p.view].count(UNKNOWN)
        house.clock.now += 600
    assert 24 <= made <= 24 * TRIES


INSIDE = ["o1", "1.1", "review", "thanks", "paused", "settings"]


@pytest.mark.parametrize("place", INSIDE)
async def test_whoever_takes_part_has_no_more_guesses_than_a_stranger(house: House, place: str) -> None:
    other, chat = await opened_survey(house.store, "bbbbbb"), house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    if place == "thanks":
        await chat.hand_in("ja")
    at = f"question:{place}" if place in ("1.1", "o1") else place
    for i in range(TRIES * 4):
        await chat.press(f"aaaaaa:1:o:{at}")
        await chat.write(wrong(i))
    await chat.press(f"aaaaaa:1:o:{at}")
    heard = await chat.write(other.codes[SOCIETY])
    choice = notice.choose_language(other, KURZFORM, SOCIETY, 1, "de")
    assert choice not in [p.view for p in heard.outcome.passing]
    if place != "o1":  # where every text is a statement no code is looked at
        assert (heard.said, await house.rows("SELECT tries FROM brake")) == ((BRAKED,), [(TRIES,)])
