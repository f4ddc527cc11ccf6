"""Shows again what is open: after a start what chats do not show yet, after an outage every open question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from sqlite3 import Connection

from bot.identity import Key
from bot.telegram.courier import Courier
from bot.telegram.letters import PUSHES
from bot.telegram.outcome import Due, Forgotten
from bot.view import View, view
from conversations.conversation import Place
from conversations.questionnaire import Questionnaire, part
from conversations.store import Store, contributions, people, post, surveys
from conversations.store.post import ShownScreen
from conversations.survey import Status


async def behind(store: Store, *, everybody: bool) -> list[Sequence[str]]:
    """Whose chats are to be brought up to date, in pieces of a second each (see `reshow`).

    With `everybody` that is each chat in the middle of a survey: presses of an outage of more than 150 seconds are lost
    at Telegram's side, and nobody would know. Without it only those are meant that do not show their newest version.
    """
    found = await store.read(people.with_open_question if everybody else people.behind)
    return [found[i : i + PUSHES] for i in range(0, len(found), PUSHES)]


async def reshow(
    store: Store,
    key: Key,
    questionnaires: Mapping[str, Questionnaire],
    courier: Courier,
    respondents: Sequence[str],
    *,
    now: float,
    everybody: bool,
) -> int:
    """Brings the chats of one piece up to date, paced; gives how many.

    With `everybody` each gets its question anew at the bottom, without a sound, else it is edited. What is shown is
    read here, and not for all of a town at once: meanwhile people go on.
    """

    def unit(tx: Connection) -> list[Due]:
        every = surveys.all_surveys(tx)
        conversations = {
            r: k for r, k in people.load(tx, respondents).items()
            if k.active and not (everybody and k.place in (Place.PAUSED, Place.THANKS))
        }  # fmt: skip
        if everybody:
            post.want_screens(tx, conversations, conversations)
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
