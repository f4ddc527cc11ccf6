"""The bot process: everything that runs beside one another, begun and ended in good order."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection

from bot import organising
from bot.closing import housekeeping
from bot.health import Health, served
from bot.identity import Key
from bot.settings import Settings, SettingsError, token_of
from bot.telegram.account import introduce, username
from bot.telegram.calls import Calls
from bot.telegram.courier import Courier
from bot.telegram.letters import Letters
from bot.telegram.outage import Outage
from bot.telegram.poll import Poller
from bot.telegram.receive import Receiver
from bot.telegram.reshow import farewells, reshow
from bot.watchdog import watched
from conversations.questionnaire import Questionnaire
from conversations.store import Store, surveys
from conversations.store.post import Letter

log = logging.getLogger("weltoffen.run")

SILENCE = 150  # seconds after which Telegram forgets presses
HOUSEKEEPING = 2.0  # seconds between two looks at what comes due
STEP = 900.0  # seconds between two moments at which steps of k are taken: nobody sees that somebody just finished
LAST_WORDS = 2.5  # seconds for what is under way when the process ends


@contextlib.contextmanager
def only_one(database: Path) -> Iterator[None]:
    """Holds a lock file beside the database: one poller per database. Raises SettingsError if another runs."""
    with Path(f"{database}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"weltoffen run is already working on {database}") from error
        yield


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
        """Runs until `stop` is set. Raises SettingsError where Telegram refuses the token."""
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
        if not await self.store.forget(tries=1):
            log.warning("another process holds the database; what was deleted last is wiped later")
        name = await username(self.calls)
        if name is not None:
            await self.store.write(lambda tx: surveys.keep_fact(tx, "username", name))
        log.info("running as @%s", name or "?")
        await farewells(self.store, self.key, self.courier)
        alive = await self.store.read(lambda tx: surveys.fact(tx, "alive"))
        self._heard = now = self.clock()
        long = alive is not None and now - int(alive) > SILENCE

        def text(tx: Connection, letter: Letter) -> str | None:
            return organising.letter_text(tx, letter, self.questionnaires)

        letters = Letters(self.calls, self.store, self.key, self.courier.noted, self.courier.pacer, text)
        with watched(self.health, lambda: self.store.wiping):
            try:
                async with asyncio.TaskGroup() as group:
                    self._group = group
                    group.create_task(self.poller.run())
                    group.create_task(self._reshow(everybody=long))
                    group.create_task(self.courier.noted.run())
                    group.create_task(letters.run())
                    group.create_task(self._housekeep())
                    group.create_task(introduce(self.calls))
            except* SettingsError as errors:
                raise errors.exceptions[0] from None

    async def _reshow(self, *, everybody: bool) -> None:
        """Open questions again, beside everything else: pushes are paced, and replies must not wait for them."""
        while True:
            try:
                number = await reshow(
                    self.store, self.key, self.questionnaires, self.courier, now=self.clock(), everybody=everybody
                )
                break
            except sqlite3.Error as error:
                log.error("open questions cannot be shown again yet (%s)", type(error).__name__)
                await asyncio.sleep(5.0)
        if number:
            log.info("%s chats are shown their open question again", number)

    def _heard_again(self) -> None:
        """Telegram was heard, and what it said is kept; after a long silence open questions are shown again."""
        silence, self._heard = self.clock() - self._heard, self.clock()
        if silence > SILENCE and self._group is not None:
            self._group.create_task(self._reshow(everybody=True))

    async def _housekeep(self) -> None:
        """Closing, erasing, steps of k, and a sign of life, each when it is due."""
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
    with only_one(store.path):
        async with Calls(token_of(found), found.api_url) as calls:
            process = Process(calls, store, key, questionnaires, step_seconds=found.step_seconds)
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, process.stop.set)
            async with served(process.health, found.health_port):
                await process.run()
