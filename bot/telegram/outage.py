"""What is said while nothing can be kept: to everybody who comes, once; to the organisers, once; and when it is over.

None of it goes through the store. The updates themselves stay at Telegram and are handed out again.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from bot.health import Health
from bot.organisers import chats
from bot.telegram.courier import Courier
from bot.telegram.outcome import Passing
from bot.telegram.read import Incoming
from bot.telegram.receive import Receiver
from bot.view import View
from bot.words import Plain, plain
from conversations.store import Store, surveys
from locales import SOURCE, offered

log = logging.getLogger("weltoffen.outage")

PATIENT = 2  # attempts that may fail before anybody is told: a lock is often gone by then


class Outage:
    """One outage after another: `failed` and `over` follow attempts to keep a batch, `look` follows an empty one."""

    def __init__(self, store: Store, receiver: Receiver, courier: Courier, health: Health) -> None:
        self.store, self.receiver, self.courier, self.health = store, receiver, courier, health
        self._failures = 0
        self._told: set[int] = set()
        self._organisers: Mapping[int, str] = {}

    async def failed(self, batch: Sequence[dict[str, Any]], error: sqlite3.Error) -> None:
        """A batch could not be kept; those whose updates are in it are asked to be patient."""
        log.error("nothing can be kept (%s), trying again", type(error).__name__)
        self._failures += 1
        if self._failures < PATIENT:
            return
        if self._failures == PATIENT:
            self.health.outage = type(error).__name__
            await self._alarm()
        incoming = [one for one in self.receiver.read(batch)[0] if one.private and one.user not in self._told]
        languages = await self._languages(incoming)
        for one in incoming:
            later = plain(languages.get(one.user) or offered(one.language) or SOURCE, Plain.LATER)
            if one.callback is not None:
                self.courier.answer(Passing(one.chat, View(later.text, alert=True), one.callback))
            elif one.user not in self._told and one.message:
                self.courier.say(Passing(one.chat, later))
            self._told.add(one.user)

    def over(self) -> None:
        """A batch was kept: if there was an outage, it is over."""
        if self.health.outage is not None:
            log.info("everything is kept again")
            self._tell(Plain.WELL_AGAIN)
        self.health.outage, self._failures = None, 0
        self._told.clear()

    async def look(self) -> None:
        """Nobody's updates wait at Telegram any more: finds out whether something could be kept again."""
        if self.health.outage is None:
            return
        try:
            await self.store.write(lambda tx: surveys.keep_fact(tx, "alive", str(int(self.receiver.clock()))))
        except sqlite3.Error as error:
            log.error("nothing can be kept (%s), trying again", type(error).__name__)
        else:
            self.over()

    async def _alarm(self) -> None:
        try:
            self._organisers = await self.store.read(lambda tx: chats(tx, self.receiver.key))
        except sqlite3.Error as error:
            log.error("organisers cannot be told (%s)", type(error).__name__)
        self._tell(Plain.ALARM)

    def _tell(self, what: Plain) -> None:
        for chat, language in self._organisers.items():
            self.courier.say(Passing(chat, plain(language, what)))

    async def _languages(self, incoming: Sequence[Incoming]) -> Mapping[int, str]:
        """The languages people have chosen, as far as the store can still be read."""
        try:
            return await self.receiver.languages(incoming)
        except sqlite3.Error:
            return {}
