"""Shows again what is open: after a start what chats do not show yet, after an outage every open question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from aiosqlite import Connection

from bot.identity import Key
from bot.telegram.courier import Courier
from bot.telegram.receive import Due
from bot.view import view
from conversations.questionnaire import Questionnaire
from conversations.store import Store, people, post, surveys
from conversations.store.post import ShownScreen
from conversations.survey import Status


async def reshow(
    store: Store,
    key: Key,
    questionnaires: Mapping[str, Questionnaire],
    courier: Courier,
    *,
    now: float,
    since: str | None,
) -> int:
    """Brings chats up to date, paced; gives how many.

    With `since` (a day) every chat that was active then gets its question anew at the bottom: presses of an outage
    of more than 150 seconds are lost at Telegram's side, and nobody would know. Without it only those chats are
    edited that do not show their newest version.
    """

    async def unit(tx: Connection) -> list[tuple[Due, float]]:
        respondents = await (people.behind(tx) if since is None else people.active_since(tx, since))
        if since is not None:
            await post.want_screens(tx, respondents, respondents)
        return await _dues(tx, respondents)

    async def _dues(tx: Connection, respondents: Sequence[str]) -> list[tuple[Due, float]]:
        every = await surveys.all_surveys(tx)
        conversations = await people.load(tx, respondents)
        screens, addresses = await post.screens(tx, respondents), await post.addresses(tx, respondents)
        found = []
        for respondent, conversation in conversations.items():
            survey, address = every[conversation.survey], addresses.get(respondent)
            open_now = survey.status(datetime.fromtimestamp(now, UTC)) is Status.OPEN
            if address is None or address.blocked or not open_now:
                continue
            shown = view(survey, questionnaires[survey.questionnaire], conversation)
            known = screens.get(respondent, ShownScreen(None, None, 0))
            chat = key.unseal(address.sealed, respondent)
            due = Due(respondent, chat, conversation.version, shown, since is not None, known)
            found.append((due, float(address.not_before)))
        return found

    dues = await store.write(unit)
    for due, not_before in dues:
        await courier.pace()
        courier.show(due, not_before)
    return len(dues)
