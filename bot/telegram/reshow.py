"""Shows again what is open: after a start what chats do not show yet, after an outage every open question."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from sqlite3 import Connection

from bot.identity import Key
from bot.telegram.courier import Courier
from bot.telegram.outcome import Due, Forgotten
from bot.view import View, view
from conversations.questionnaire import Questionnaire, part
from conversations.store import Store, contributions, people, post, surveys
from conversations.store.post import ShownScreen
from conversations.survey import Status


async def reshow(
    store: Store,
    key: Key,
    questionnaires: Mapping[str, Questionnaire],
    courier: Courier,
    *,
    now: float,
    everybody: bool,
) -> int:
    """Brings chats up to date, paced; gives how many.

    With `everybody` each chat in the middle of a survey gets its question anew at the bottom, without a sound:
    presses of an outage of more than 150 seconds are lost at Telegram's side, and nobody would know. Without it only
    those chats are edited that do not show their newest version.
    """

    def unit(tx: Connection) -> list[Due]:
        respondents = people.with_open_question(tx) if everybody else people.behind(tx)
        if everybody:
            post.want_screens(tx, respondents, respondents)
        every = surveys.all_surveys(tx)
        conversations = people.load(tx, respondents)
        screens, addresses = post.screens(tx, respondents), post.addresses(tx, respondents)
        seats = contributions.seats(tx, [
            r for r, k in conversations.items() if questionnaires[every[k.survey].questionnaire].institution
        ])  # fmt: skip
        found = []
        for respondent, conversation in conversations.items():
            survey, address = every[conversation.survey], addresses.get(respondent)
            open_now = survey.status(datetime.fromtimestamp(now, UTC)) is Status.OPEN
            if address is None or address.blocked or not open_now:
                continue
            seat, asked = seats.get(respondent), questionnaires[survey.questionnaire]
            if asked.institution:
                asked = part(asked, seat.contributor.questions if seat else frozenset())
            shown = view(survey, asked, conversation, seat)
            known = screens.get(respondent, ShownScreen(None, None, 0))
            chat = key.unseal(address.sealed, respondent)
            due = Due(respondent, chat, conversation.version, shown, everybody, known, float(address.not_before), True)
            found.append(due)
        return found

    dues = await store.write(unit)
    for due in dues:
        await courier.pacer.turn()
        courier.show(due)
    return len(dues)


async def farewells(store: Store, key: Key, courier: Courier) -> None:
    """Deletions that were kept but not yet confirmed when the process ended are confirmed now."""
    for one in await store.read(post.farewells):
        courier.say_farewell(Forgotten(one.id, key.unseal(one.sealed, one.id), one.messages, View(one.word)))
