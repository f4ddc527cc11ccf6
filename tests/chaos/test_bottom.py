"""What stands below somebody's own message is where the next question comes, also where a note of it comes late."""

from __future__ import annotations

import pytest
from conftest import House

from bot.telegram.noted import Noted
from conversations.questionnaire import Voice
from conversations.store import post

pytestmark = pytest.mark.chaos


async def test_a_late_note_of_an_earlier_message_does_not_undo_the_wish_for_a_new_one(house: House) -> None:
    (chat,) = await house.guests(1, voice=Voice.SOCIETY)
    await chat.answer(*["ja"] * 34)
    await chat.write("Ein Beitrag")
    kept, noted = await chat.kept(), Noted(house.store, house.clock)
    before = await house.store.read(lambda tx: post.screens(tx, [kept.respondent]))
    wish = before[kept.respondent].wish
    noted.new_screen(kept.respondent, 1506, kept.version, wish)  # the question below it; the store does not know it yet
    await chat.hand(chat.writes("Noch einer", message_id=1507))  # the question is to come anew, below this
    await noted.write()
    screens = await house.store.read(lambda tx: post.screens(tx, [kept.respondent]))
    assert screens[kept.respondent].message is None  # after a kill it would else be shown in 1506, where nobody looks
