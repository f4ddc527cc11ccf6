"""One message or press of a person that Telegram delivers twice, under two numbers, counts once."""

from __future__ import annotations

import pytest
from conftest import House

from conversations.questionnaire import Voice

pytestmark = pytest.mark.chaos


async def test_a_typed_answer_delivered_twice_answers_one_question(house: House) -> None:
    (chat,) = await house.guests(1, voice=Voice.SOCIETY)
    update = chat.writes("1")
    await chat.hand(update)
    await chat.hand({**update, "update_id": update["update_id"] + 1})
    assert (await chat.kept()).answers == {"1.1": "yes"}


async def test_a_statement_delivered_twice_is_kept_once(house: House) -> None:
    (chat,) = await house.guests(1, voice=Voice.SOCIETY)
    await chat.answer(*["ja"] * 34)
    update = chat.writes("Ein Beitrag")
    await chat.hand(update, {**update, "update_id": update["update_id"] + 1})
    assert [s.text for s in (await chat.kept()).statements] == ["Ein Beitrag"]


async def test_a_press_delivered_twice_counts_once(house: House) -> None:
    (chat,) = await house.guests(1, voice=Voice.SOCIETY)
    assert chat.shown is not None
    update = chat.presses(chat.shown.rows[0][0].data)
    await chat.hand(update)
    house.clock.now += 5
    await chat.hand({**update, "update_id": update["update_id"] + 1})
    assert (await chat.kept()).answers == {"1.1": "yes"}


async def test_two_things_under_one_number_are_one(house: House) -> None:
    (chat,) = await house.guests(1, voice=Voice.SOCIETY)
    update = chat.writes("1")
    assert chat.shown is not None
    await chat.hand(update, {**chat.presses(chat.shown.rows[1][0].data), "update_id": update["update_id"]})
    assert (await chat.kept()).answers == {"1.1": "yes"}
    assert await house.counts("trouble") == {"trouble": 0}
