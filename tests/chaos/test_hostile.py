"""Whatever comes in, nothing stops, nothing of it is taken for more than text, and everybody can go on afterwards."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from conftest import DELETE_ALL, Chat, House, opened_survey
from hostile import FULL, SEED, TEXTS, Damage, Generator, Place, storm, unwanted

import bot.telegram.fold as fold
import bot.telegram.receive as receive
from bot import notice
from bot.telegram.read import read
from conversations.conversation import FINISHED, SKIPPED, STATEMENT_LENGTH, STATEMENTS
from conversations.conversation import Place as At
from conversations.questionnaire import Rating, Voice, load
from conversations.store import figures
from conversations.survey import TRIES
from locales import languages

QUESTIONNAIRES = load()
SOCIETY = Voice.SOCIETY
PEOPLE = 40
UPDATES = 1_000_000 if FULL else 20_000
GROWTH = 24_000  # kB that the process may grow between the first quarter and the end


# ---- the storm ----------------------------------------------------------------------------------------------------


async def test_texts_are_many_and_each_has_a_name() -> None:
    assert (len(TEXTS) >= 60, len(set(TEXTS.values()))) == (True, len(TEXTS))


@pytest.mark.chaos
@pytest.mark.timeout(3600)
async def test_a_storm_of_generated_updates_stops_nothing_and_nobody(house: House) -> None:
    dice = Random(SEED)
    dialog = await opened_survey(house.store, "dddddd", "dialog-1", [SOCIETY])
    gone = await opened_survey(house.store, "cccccc", closes=house.clock.moment)
    users = [5_200_000_000 + i for i in range(PEOPLE)]
    chats = [house.chat(user, dice.choice(["de", "en", "ar"])) for user in users]
    for i, chat in enumerate(chats):
        await chat.enter((dialog if i % 4 == 0 else house.survey).codes[SOCIETY])
    places = [Place(s, QUESTIONNAIRES[s.questionnaire]) for s in (house.survey, dialog, gone)]
    damage = await storm(house, Generator(dice, users, places), UPDATES)
    held = await house.counts("conversation", "answer", "statement")
    house.updates = 10**9
    house.clock.now += 4000  # brakes are over
    wrong = await kept_wrongly(house)
    stuck = [found for chat in chats if (found := await stuck_at(house, chat)) is not None]
    print(json.dumps({"seed": SEED, **damage.figures(), **held, "wrong": wrong, "stuck": stuck}))
    assert (damage.raised, damage.set_aside, wrong, stuck) == ({}, {}, [], [])
    assert damage.memory[-1] - damage.memory[0] < GROWTH
    assert min(*held.values(), damage.deleted) > 0  # it did get somewhere
    assert await house.counts("conversation", "answer", "address") == {"conversation": 0, "answer": 0, "address": 0}


async def kept_wrongly(house: House) -> list[object]:
    """What is in the database that cannot have been given, and counts that do not agree with it."""
    questions = {q.id: q for one in QUESTIONNAIRES.values() for q in one.questions}
    ratings, wrong = {*Rating, SKIPPED}, []
    for question, value in await house.rows("SELECT DISTINCT question, value FROM answer"):
        allowed = ratings if questions[question].rating else {FINISHED, SKIPPED}
        wrong += [] if value in allowed else [(question, value)]
    for question, text in await house.rows("SELECT question, text FROM statement"):
        if questions[question].rating or unwanted(text) or not 0 < len(text) <= STATEMENT_LENGTH:
            wrong.append((question, text))
    fields = {q.split(".")[0] for q in questions} | {"open"}
    for survey, language, at, place, *rest in await house.rows(
        "SELECT survey, language, at, place, person, version, since, each_new, handed_in, active, hidden "
        "FROM conversation"
    ):
        person, version, since, *flags = rest
        sound = (survey in ("aaaaaa", "dddddd"), language in languages(), at is None or at in {*questions, *fields},
                 place in set(At), 1 <= person <= 5, 1 <= since <= version, {*flags} <= {0, 1})  # fmt: skip
        wrong += [] if all(sound) else [(survey, language, at, place, *rest)]
    wrong += await house.rows(f"SELECT tries FROM brake WHERE tries NOT BETWEEN 1 AND {TRIES}")
    wrong += await house.rows(
        "SELECT respondent, question FROM statement GROUP BY 1, 2 HAVING count(*) > ?", STATEMENTS
    )
    wrong += await house.rows("SELECT id FROM organiser UNION SELECT hash FROM invite")
    for survey in ("aaaaaa", "dddddd"):  # raises where kept and counted answers differ
        await house.store.read(lambda tx, survey=survey: figures.proved(tx, survey, SOCIETY))  # type: ignore[misc]
    return wrong


async def stuck_at(house: House, chat: Chat) -> str | None:
    """Where somebody cannot go on: entering, answering what is shown, handing in, deleting."""
    await chat.write(f"/start {house.survey.codes[SOCIETY]}")
    if chat.shown is None:
        return "nothing is shown"
    if not any(k.active and k.survey == "aaaaaa" for k in await chat.conversations()):
        await chat.press(chat.shown.rows[0][0].data)
        await chat.press(chat.shown.rows[0][0].data)
    mine = await chat.kept()
    head = f"aaaaaa:{mine.person}"
    await chat.press(f"{head}:l:de")
    for question in ("1.1", "7.4"):
        await chat.press(f"{head}:o:question:{question}")
        for label in ("ja", "nein"):
            await chat.press(f"{head}:o:question:{question}")
            await chat.tap(label)
            if (given := (await chat.kept()).answers.get(question)) != {"ja": "yes", "nein": "no"}[label]:
                return f"{question} is {given} instead of {label}"
    await chat.press(f"{head}:h")
    if not (await chat.kept()).handed_in:
        return "not handed in"
    await chat.write("/delete")
    await chat.tap(DELETE_ALL)
    return None if await chat.conversations() == [] else "not deleted"


# ---- one by one -----------------------------------------------------------------------------------------------------


def said_by(chat: Chat, changes: Mapping[str, Any]) -> dict[str, Any]:
    """A message in which something stands that Telegram never sends."""
    raw = chat.writes("Guten Tag")
    for path, value in changes.items():
        *way, last = path.split(".")
        holder = raw
        for step in way:
            holder = holder[step]
        holder[last] = value
    return raw


ODD: dict[str, dict[str, Any]] = {
    "an invitation with half a character": {"message.text": "/start org-\ud800"},
    "a language that is a list": {"message.from.language_code": ["de"]},
    "a language that is a number": {"message.from.language_code": 5},
    "a message number beyond 64 bits": {"message.message_id": 2**63},
    "a person's number beyond 64 bits": {"message.from.id": 2**70, "message.chat.id": 2**70},
    "an update number beyond 64 bits": {"update_id": 2**63},
    "an update number that is a truth": {"update_id": True},
    "an unreadable update with a wrong number": {"update_id": 2**63, "message": None},
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_update_takes_no_other_of_its_batch_with_it(house: House, name: str) -> None:
    new, guest = house.chat(1), house.chat(2)
    await guest.enter(house.survey.codes[SOCIETY])
    for chat in (new, guest):
        odd = said_by(chat, ODD[name])
        await house.receiver.handle([odd, guest.writes("ja" if chat is new else "nein")])
    assert (await guest.kept()).answers == {"1.1": "yes", "1.2": "no"}


async def test_a_button_with_other_digits_is_no_button(house: House) -> None:
    chat = house.chat()
    await chat.enter(house.survey.codes[SOCIETY])
    before, data = await chat.kept(), chat.data("ja")
    zeros = [n for n in range(128, 0x110000) if unicodedata.decimal(chr(n), None) == 0]
    bent = [
        data.translate({ord(str(d)): chr(zero + d) for d in digits}) for zero in zeros for digits in ((1,), range(10))
    ]
    bent += [
        data.replace("1", digit) for digit in ("+1", "-1", "1_0", "1.0", " 1", "1 ", "1\n", "①", "¹", "one", "0x1", "")
    ]
    outcome = await house.receiver.handle([chat.presses(one) for one in bent])
    assert (len(zeros) > 60, len(outcome.passing), outcome.due) == (True, len(bent), [])
    assert await chat.kept() == before


async def test_a_person_without_number_takes_no_other_of_the_batch_with_it(house: House) -> None:
    nobody, guest = house.chat(0), house.chat(2)
    await guest.enter(house.survey.codes[SOCIETY])
    version = notice.version(house.survey, QUESTIONNAIRES["kurzform-1"], SOCIETY)
    for label in ("ja", "nein"):
        consent = nobody.presses(f"C:{house.survey.codes[SOCIETY]}:1:de:{version}")
        await house.receiver.handle([consent, guest.writes(label)])
    assert (await guest.kept()).answers == {"1.1": "yes", "1.2": "no"}


# ---- a bot broken on purpose ----------------------------------------------------------------------------------------


def nothing_cleaned(patch: pytest.MonkeyPatch) -> None:
    """Texts are kept as they come."""
    patch.setattr(fold, "cleaned", lambda text: text)


def trusting(patch: pytest.MonkeyPatch) -> None:
    """What a button says of the language is believed."""
    patch.setattr(fold, "spoken_in", lambda survey, questionnaire: [*languages(), "xx"])


def remembering(patch: pytest.MonkeyPatch) -> None:
    """Every update stays in memory."""
    kept: list[object] = []
    patch.setattr(receive, "read", lambda raw: (kept.append(("x" * 20_000, raw)), read(raw))[1])


BROKEN = {"nothing cleaned": nothing_cleaned, "trusting": trusting}


async def stormy(house: House, updates: int) -> tuple[Damage, list[object]]:
    """A small storm; what it did."""
    users = [5_200_000_000 + i for i in range(8)]
    dialog = await opened_survey(house.store, "dddddd", "dialog-1", [SOCIETY])
    for i, user in enumerate(users):
        await house.chat(user).enter((dialog if i % 2 else house.survey).codes[SOCIETY])
    places = [Place(s, QUESTIONNAIRES[s.questionnaire]) for s in (house.survey, dialog)]
    damage = await storm(house, Generator(Random(SEED), users, places), updates)
    return damage, await kept_wrongly(house)


@pytest.mark.chaos
@pytest.mark.parametrize("how", BROKEN)
async def test_a_bot_that_takes_what_comes_would_be_seen(
    house: House, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    BROKEN[how](monkeypatch)
    damage, wrong = await stormy(house, 3_000)
    print(json.dumps({"broken": how, **damage.figures(), "wrong": len(wrong)}))
    assert damage.raised or damage.set_aside or wrong


@pytest.mark.chaos
async def test_a_bot_that_forgets_nothing_would_be_seen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    remembering(monkeypatch)
    damage, _ = await stormy(house, 4_000)
    print(json.dumps({"broken": "remembering", **damage.figures()}))
    assert damage.memory[-1] - damage.memory[0] > GROWTH
