"""A deletion is confirmed in its chat, also where Telegram fails for a while just then."""

from __future__ import annotations

import asyncio

import pytest
from conftest import DELETE, House

from bot.standin.faults import Fault, Kind
from bot.standin.server import start
from bot.telegram.calls import Calls
from bot.telegram.courier import Courier
from bot.telegram.reshow import farewells
from bot.words import PLAIN, Plain
from conversations.questionnaire import Voice
from locales import catalogue

pytestmark = pytest.mark.chaos
TOKEN = "4242:" + "secret" * 6


async def test_a_deletion_of_the_first_batch_after_a_start_is_confirmed_once(house: House) -> None:
    (chat,) = await house.guests(1, voice=Voice.SOCIETY)
    await chat.write("/delete")
    standin = await start(TOKEN)
    standin.people.join("P", id=chat.user)
    standin.people.start(chat.user)
    async with Calls(TOKEN, standin.url) as calls:
        courier = Courier(calls, house.store, house.key, house.clock)
        courier.take((await chat.tap(DELETE)).outcome)
        await farewells(house.store, house.key, courier)  # what is left of an earlier process, beside the first batch
        await asyncio.wait(courier._tasks)
    said = [m.shown.text for m in standin.chats.all()[0].messages.values() if m.from_bot]
    await standin.close()
    assert said == [catalogue("de").t(PLAIN[Plain.DELETED])]


@pytest.mark.parametrize(
    "trouble",
    [
        Fault(Kind.SERVER_ERROR, "sendMessage", times=2),
        Fault(Kind.LOST_BEFORE, "sendMessage", times=2),
        Fault(Kind.TOO_MANY, "sendMessage", times=4),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.times}",
)
async def test_a_deletion_is_confirmed_whatever_telegram_does_meanwhile(house: House, trouble: Fault) -> None:
    (chat,) = await house.guests(1, voice=Voice.SOCIETY)
    await chat.write("/delete")
    standin = await start(TOKEN)
    standin.people.join("P", id=chat.user)
    standin.people.start(chat.user)
    standin.faults.set([trouble])
    async with Calls(TOKEN, standin.url) as calls:
        courier = Courier(calls, house.store, house.key, house.clock)
        courier.take((await chat.tap(DELETE)).outcome)
        while courier._tasks:
            house.clock.now += 1
            await asyncio.wait(courier._tasks, timeout=0.1)
    said = [m.shown.text for m in standin.chats.all()[0].messages.values() if m.from_bot]
    await standin.close()
    assert said == [catalogue("de").t(PLAIN[Plain.DELETED])]
