"""Fetches batches of updates and hands them to the receiver: a batch is acknowledged only when it is kept."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from bot.health import Health
from bot.settings import SettingsError
from bot.telegram.calls import CallError, Calls, Conflict, InvalidToken, NetworkError, RetryAfter
from bot.telegram.courier import Courier
from bot.telegram.outage import Outage
from bot.telegram.read import ALLOWED, number_of
from bot.telegram.receive import Receiver
from bot.typed import typed_words
from conversations.store import MISTAKES

log = logging.getLogger("weltoffen.poll")

WAIT = 25  # seconds a fetch waits for updates
LIMIT = 100  # updates of one batch
GATHER = 0.01  # seconds in which what people do gathers at Telegram, while they do anything: fewer and larger commits
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds between attempts while something is wrong


class Poller:
    """The one who fetches. `heard` is called whenever Telegram has answered and all of it is kept.

    The words of all languages are read when the first batch is there: Telegram thinks meanwhile, not we.
    """

    def __init__(
        self, calls: Calls, receiver: Receiver, courier: Courier, outage: Outage, health: Health,
        heard: Callable[[], None],
    ) -> None:  # fmt: skip
        self.calls, self.receiver, self.courier = calls, receiver, courier
        self.outage, self.health, self.heard = outage, health, heard
        self.offset = 0
        self._pause = 0.0  # after something went wrong
        self._wait = 0.0  # so that more comes together

    async def run(self) -> None:
        """Fetch, keep, say, for ever.

        Raises SettingsError where Telegram does not accept the token, LanguageError where a catalogue is broken.
        """
        while True:
            await self._rest(self._pause or self._wait)
            await self.courier.room()
            await self.turn()

    async def _rest(self, seconds: float) -> None:
        """Waits; however long Telegram wants to be left in peace, this poller does not count as stalled."""
        while seconds > 0:
            self.health.beat()
            await asyncio.sleep(min(seconds, LONGEST_PAUSE))
            seconds -= LONGEST_PAUSE
        self.health.beat()

    async def turn(self) -> None:
        """One fetch and all that follows; where it fails the same updates come again after a pause."""
        try:
            batch: list[dict[str, Any]] = await self.calls.call(
                "getUpdates", wait=WAIT, offset=self.offset, limit=LIMIT, timeout=0 if self._pause else WAIT,
                allowed_updates=ALLOWED,
            )  # fmt: skip
        except InvalidToken:
            raise SettingsError("Telegram does not accept the token") from None
        except CallError as error:
            self._again(_told(error))
            return
        self.health.fetched()
        if batch:
            typed_words()
            try:
                await self._keep(batch)
            except sqlite3.Error as error:
                await self.outage.failed(batch, error)
                self._again()
                return
            self.offset = max(map(number_of, batch)) + 1  # with this the next fetch acknowledges
            self.outage.over()
        else:
            await self.outage.look()
        self._wait = self._pause = 0.0
        if 0 < len(batch) < LIMIT:
            self._wait = GATHER
        self.heard()

    def _again(self, seconds: float = 0.0) -> None:
        self._pause = max(seconds, min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE))

    async def _keep(self, batch: list[dict[str, Any]]) -> None:
        """Keeps a batch, then says what follows. Raises sqlite3.Error where the database does not take it now.

        Whatever else goes wrong is a mistake of ours: the batch is then kept one by one, and its culprit set aside.
        """
        try:
            await self._handle(batch)
        except Exception as error:
            _pass_on(error)
            log.error("a batch cannot be kept (%s), each update is tried alone", type(error).__name__)
            for raw in batch:
                await self._keep_one(raw)

    async def _keep_one(self, raw: dict[str, Any]) -> None:
        try:
            await self._handle([raw])
        except Exception as error:
            _pass_on(error)
            self.health.set_aside += 1
            await self.receiver.set_aside(raw, error)

    async def _handle(self, batch: list[dict[str, Any]]) -> None:
        shown = self.courier.noted.edits()
        outcome = await self.receiver.handle(batch, shown)
        self.courier.noted.edits_kept(shown)
        self.courier.take(outcome)


def _pass_on(error: Exception) -> None:
    """Raises what passes by waiting."""
    if isinstance(error, sqlite3.Error) and not isinstance(error, MISTAKES):
        raise error


def _told(error: CallError) -> float:
    """Says what is wrong with a fetch; gives the seconds to wait at least."""
    match error:
        case Conflict():
            log.error("another program fetches this bot's updates; end it, or use another token")
            return 3.0
        case RetryAfter(seconds=seconds):
            return seconds
        case NetworkError():
            log.warning("Telegram cannot be reached, trying again")
        case _:
            log.warning("Telegram refuses to hand out updates (%s)", type(error).__name__)
    return 0.0
