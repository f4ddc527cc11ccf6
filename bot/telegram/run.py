"""The bot process: everything that runs beside one another, begun and ended in good order."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import TypeVar

from bot.health import Health, served
from bot.housekeeping import housekeeping
from bot.identity import Key
from bot.settings import Settings, SettingsError, only_one, token_of
from bot.telegram.account import introduce, username
from bot.telegram.calls import Calls
from bot.telegram.courier import Courier
from bot.telegram.letters import Letters
from bot.telegram.outage import Outage
from bot.telegram.poll import Poller
from bot.telegram.receive import Receiver
from bot.telegram.reshow import behind, farewells, reshow
from bot.typed import typed_words
from bot.watchdog import watched
from conversations.questionnaire import Questionnaire
from conversations.store import Store, surveys
from conversations.store.post import Letter
from locales import LanguageError

log = logging.getLogger("weltoffen.run")
T = TypeVar("T")

SILENCE = 150  # seconds after which Telegram forgets presses
HOUSEKEEPING = 2.0  # seconds between two looks at what comes due
STEP = 900.0  # seconds between two moments at which steps of k are taken: nobody sees that somebody just finished
RUSH = 1.0  # seconds after a start in which whoever has waited is served, and nothing else is done
AGAIN = 2.0  # seconds until the store is tried again
LAST_WORDS = 2.5  # seconds for what is under way when the process ends


class Process:
    """Everything that runs while the bot runs."""

    def __init__(
        self,
        calls: Calls,
        store: Store,
        key: Key,
        questionnaires: Mapping[str, Questionnaire],
        clock: Callable[[], float] = time.time,
        step_seconds: float = STEP,
    ) -> None:
        """`clock` gives seconds since 1970; steps of k are taken at whole multiples of `step_seconds`."""
        self.calls, self.store, self.key, self.questionnaires, self.clock = calls, store, key, questionnaires, clock
        self.receiver = Receiver(store, key, questionnaires, clock)
        self.courier = Courier(calls, store, key, clock)
        self.health = Health(counts=lambda: {"updates": self.receiver.handled, **self.courier.counts})
        self.outage = Outage(store, self.receiver, self.courier, self.health)
        self.poller = Poller(calls, self.receiver, self.courier, self.outage, self.health, self._heard_again)
        self.stop = asyncio.Event()
        self.step_seconds = step_seconds
        self._group: asyncio.TaskGroup | None = None
        self._heard = clock()

    async def run(self) -> None:
        """Runs until `stop` is set.

        Raises SettingsError where Telegram refuses the token, LanguageError where a catalogue is broken.
        """
        work = asyncio.create_task(self._serve())
        stopped = asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop.set()
            work.cancel()
            stopped.cancel()
            ended = await asyncio.gather(work, return_exceptions=True)
            await self.courier.close(LAST_WORDS)
        if isinstance(ended[0], Exception):
            raise ended[0]

    async def _serve(self) -> None:
        def text(tx: Connection, letter: Letter) -> str | None:
            from bot import organising  # only where there is a letter: a start takes half a second

            return organising.letter_text(tx, letter, self.questionnaires)

        letters = Letters(self.calls, self.store, self.key, self.courier.noted, self.courier.pacer, text)
        with watched(self.health, lambda: self.store.wiping):
            try:
                async with asyncio.TaskGroup() as group:
                    self._group = group
                    group.create_task(self.poller.run())
                    group.create_task(self._greet())
                    group.create_task(self.courier.noted.run())
                    group.create_task(letters.run())
                    group.create_task(self._housekeep())
            except* (SettingsError, LanguageError) as errors:
                raise errors.exceptions[0] from None

    async def _greet(self) -> None:
        """Who the bot is, for links and posters, and what it says of itself."""
        name = await username(self.calls)
        log.info("running as @%s", name or "?")
        if name is not None:
            await self._kept(lambda: self.store.write(lambda tx: surveys.keep_fact(tx, "username", name)))
        typed_words()  # also where nobody has anything to say yet: a broken catalogue ends the start
        await asyncio.sleep(RUSH)
        await introduce(self.calls)
        gc.freeze()  # and what the library brought

    async def _kept(self, work: Callable[[], Awaitable[T]]) -> T:
        """What a piece of work on the store gives, as soon as the store can be used."""
        while True:
            try:
                return await work()
            except sqlite3.Error as error:
                log.error("the database cannot be used now (%s), trying again", type(error).__name__)
                await asyncio.sleep(AGAIN)

    async def _resume(self) -> None:
        """Takes up what was left when the last process ended: deletions to be confirmed, questions to be shown."""
        if not await self.store.forget(tries=1):
            log.warning("the database is held or the disk is full; what was deleted last is wiped later")
        await self._kept(lambda: farewells(self.store, self.key, self.courier))
        alive = await self._kept(lambda: self.store.read(lambda tx: surveys.fact(tx, "alive")))
        long = alive is not None and self.clock() - int(alive) > SILENCE
        assert self._group is not None  # noqa: S101 - this runs in it
        self._group.create_task(self._reshow(everybody=long))

    async def _reshow(self, *, everybody: bool) -> None:
        """Open questions again, beside everything else: pushes are paced, and replies must not wait for them."""
        number = 0
        for some in await self._kept(lambda: behind(self.store, everybody=everybody)):
            number += await self._kept(
                lambda some=some: reshow(  # type: ignore[misc]
                    self.store, self.key, self.questionnaires, self.courier, some,
                    now=self.clock(), everybody=everybody,
                )
            )  # fmt: skip
        if number:
            log.info("%s chats are shown their open question again", number)

    def _heard_again(self) -> None:
        """Telegram was heard, and what it said is kept; after a long silence open questions are shown again."""
        silence, self._heard = self.clock() - self._heard, self.clock()
        if silence > SILENCE and self._group is not None:
            self._group.create_task(self._reshow(everybody=True))

    async def _housekeep(self) -> None:
        """What an earlier process left, then closing, erasing, steps of k, and a sign of life, each when it is due."""
        await self._resume()
        alive = thorough = 0.0
        step = self._next_step(self.clock())
        while True:
            now = self.clock()
            moment = datetime.fromtimestamp(now, UTC)
            steps, all_of_it = now >= step, now >= thorough
            try:
                lines = await housekeeping(self.store, self.questionnaires, moment, steps=steps, thorough=all_of_it)
                for line in lines:
                    log.info("%s", line)
                if now >= alive and now - self._heard < SILENCE:
                    await self.store.write(lambda tx, now=now: surveys.keep_fact(tx, "alive", str(int(now))))  # type: ignore[misc]
                    alive = now + SILENCE / 5
                step = self._next_step(now) if steps else step
                thorough = now + 3600 if all_of_it else thorough
            except sqlite3.Error as error:
                log.error("housekeeping waits (%s)", type(error).__name__)
            await asyncio.sleep(HOUSEKEEPING)

    def _next_step(self, now: float) -> float:
        return (now // self.step_seconds + 1) * self.step_seconds


async def run(found: Settings, store: Store, key: Key, questionnaires: Mapping[str, Questionnaire]) -> None:
    """Runs the bot until SIGTERM or SIGINT. Raises SettingsError where it cannot."""
    gc.freeze()  # what is loaded stays: each collection that looks through it would hold everybody up for 40 ms
    with only_one(store.path):
        async with Calls(token_of(found), found.api_url) as calls:
            process = Process(calls, store, key, questionnaires, step_seconds=found.step_seconds)
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, process.stop.set)
            async with served(process.health, found.health_port):
                await process.run()
