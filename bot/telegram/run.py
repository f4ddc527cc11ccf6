"""The bot process: fetch a batch, keep it, say what follows; look after closing and letters; end in good order."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any, TypeVar
from urllib.parse import urlencode

from telegram import Bot, BotCommand
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot import organising
from bot.closing import housekeeping
from bot.identity import Key
from bot.settings import SettingsError
from bot.telegram.courier import Courier
from bot.telegram.letters import Letters
from bot.telegram.letters import seconds as wanted
from bot.telegram.read import ALLOWED
from bot.telegram.receive import Receiver
from bot.telegram.request import AiohttpRequest
from bot.telegram.reshow import farewells, reshow
from bot.words import COMMANDS
from conversations.questionnaire import Questionnaire
from conversations.store import MISTAKES, Store, surveys
from conversations.store.post import Letter
from locales import SOURCE, catalogue, languages

log = logging.getLogger("weltoffen.run")
T = TypeVar("T")

POLL = 25  # seconds a fetch waits for updates
LIMIT = 100  # updates of one batch
OUTAGE = 150  # seconds after which Telegram forgets presses
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


def make_bot(token: str, api_url: str) -> tuple[Bot, AiohttpRequest]:
    """The library's Bot, and the request object over which it and our fetching speak; to be opened and closed."""
    request = AiohttpRequest()
    return Bot(token, base_url=f"{api_url}/bot", request=request, get_updates_request=request), request


class Process:
    """Everything that runs while the bot runs."""

    def __init__(
        self,
        bot: Bot,
        request: AiohttpRequest,
        store: Store,
        key: Key,
        questionnaires: Mapping[str, Questionnaire],
        clock: Callable[[], float] = time.time,
        step_seconds: float = STEP,
    ) -> None:
        """`clock` gives seconds since 1970; steps of k are taken at whole multiples of `step_seconds`."""
        self.bot, self.request = bot, request
        self.store, self.key, self.questionnaires, self.clock = store, key, questionnaires, clock
        self.receiver = Receiver(store, key, questionnaires, clock)
        self.courier = Courier(bot, store, key, clock)
        self.stop = asyncio.Event()
        self.step_seconds = step_seconds
        self._group: asyncio.TaskGroup | None = None
        self._offset = 0
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
        await self._greet()
        if not await self.store.forget(tries=1):
            log.warning("another process holds the database; what was deleted last is wiped later")
        await farewells(self.store, self.key, self.courier)
        alive = await self.store.read(lambda tx: surveys.fact(tx, "alive"))
        self._heard = now = self.clock()
        long = alive is not None and now - int(alive) > OUTAGE

        def text(tx: Connection, letter: Letter) -> str | None:
            return organising.letter_text(tx, letter, self.questionnaires)

        letters = Letters(self.bot, self.store, self.key, self.courier.noted, self.courier.pacer, text)
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._reshow(everybody=long))
                group.create_task(self._poll())
                group.create_task(self.courier.noted.run())
                group.create_task(letters.run())
                group.create_task(self._housekeep())
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

    async def _greet(self) -> None:
        """Who the bot is, and its commands in every language."""
        while True:
            try:
                me = await self._get("getMe")
                break
            except InvalidToken:
                raise SettingsError("Telegram does not accept the token") from None
            except TelegramError as error:
                log.warning("Telegram does not answer (%s), trying again", type(error).__name__)
                await asyncio.sleep(2.0)
        username = me.get("username")
        if username:
            await self.store.write(lambda tx: surveys.keep_fact(tx, "username", str(username)))
        try:
            for code in languages():
                words = catalogue(code)
                commands = [BotCommand(name, words.t(text)) for name, text in COMMANDS.items()]
                await self.bot.set_my_commands(commands, language_code=None if code == SOURCE else code)
        except TelegramError as error:
            log.warning("the menu of commands could not be set (%s)", type(error).__name__)
        log.info("running as @%s", username or "?")

    async def _get(self, method: str, wait: float = 0.0, **parameters: object) -> Any:
        """A call whose answer we read ourselves: the library gives up a whole batch when one item is unreadable."""
        query = urlencode(parameters)
        return await self.request.post(f"{self.bot.base_url}/{method}?{query}", read_timeout=wait + 15)

    async def _poll(self) -> None:
        """Fetch, keep, say. Asking for the next batch acknowledges the last one, so it is done only after commit."""
        trouble = 0.5
        allowed = json.dumps(ALLOWED)
        while True:
            try:
                batch: list[dict[str, Any]] = await self._get(
                    "getUpdates", POLL, offset=self._offset, limit=LIMIT, timeout=POLL, allowed_updates=allowed
                )
            except InvalidToken:
                raise SettingsError("Telegram does not accept the token any more") from None
            except TelegramError as error:
                await self._back_off(error, trouble)
                trouble = min(trouble * 2, 30.0)
                continue
            self._back(self.clock())
            if batch:
                await self._keep(batch)
            trouble = 0.5

    async def _keep(self, batch: list[dict[str, Any]]) -> None:
        """Keeps a batch, again and again until it is kept; then says what follows.

        Whatever else goes wrong is a mistake of ours: the batch is then kept one by one, and its culprit set aside.
        """
        shown = self.courier.shown()
        try:
            self.courier.take(await self._until_kept(lambda: self.receiver.handle(batch, shown)))
        except Exception as error:
            log.error("a batch cannot be kept (%s), each update is tried alone", type(error).__name__)
            for raw in batch:
                await self._keep_one(raw)
        self._offset = max(raw["update_id"] for raw in batch) + 1

    async def _keep_one(self, raw: dict[str, Any]) -> None:
        try:
            self.courier.take(await self._until_kept(lambda: self.receiver.handle([raw])))
        except Exception as failed:
            error = failed
            await self._until_kept(lambda: self.receiver.set_aside(raw, error))

    async def _until_kept(self, keep: Callable[[], Awaitable[T]]) -> T:
        """What `keep` gives, as soon as the database takes it."""
        wait = 0.2
        while True:
            try:
                return await keep()
            except MISTAKES:
                raise
            except sqlite3.Error as error:
                log.error("nothing can be kept (%s), trying again", type(error).__name__)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 10.0)

    async def _back_off(self, error: TelegramError, seconds: float) -> None:
        if isinstance(error, Conflict):
            log.error("another program fetches this bot's updates; end it, or use another token")
            seconds = max(seconds, 3.0)
        elif isinstance(error, RetryAfter):
            seconds = wanted(error)
        elif isinstance(error, NetworkError):
            log.warning("Telegram cannot be reached, trying again")
        else:
            log.warning("Telegram refuses to hand out updates (%s)", type(error).__name__)
        await asyncio.sleep(seconds)

    def _back(self, now: float) -> None:
        """Notes that Telegram was heard; after a long silence open questions are shown again."""
        silence, self._heard = now - self._heard, now
        if silence > OUTAGE and self._group is not None:
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
                if now >= alive and now - self._heard < OUTAGE:
                    await self.store.write(lambda tx, now=now: surveys.keep_fact(tx, "alive", str(int(now))))  # type: ignore[misc]
                    alive = now + OUTAGE / 5
                step = self._next_step(now) if steps else step
                thorough = now + 3600 if all_of_it else thorough
            except sqlite3.Error as error:
                log.error("housekeeping waits (%s)", type(error).__name__)
            await asyncio.sleep(HOUSEKEEPING)

    def _next_step(self, now: float) -> float:
        return (now // self.step_seconds + 1) * self.step_seconds


async def run(
    token: str,
    api_url: str,
    store: Store,
    key: Key,
    questionnaires: Mapping[str, Questionnaire],
    step_seconds: float = STEP,
) -> None:
    """Runs the bot until SIGTERM or SIGINT. Raises SettingsError where it cannot."""
    with only_one(store.path):
        bot, request = make_bot(token, api_url)
        await request.initialize()
        try:
            process = Process(bot, request, store, key, questionnaires, step_seconds=step_seconds)
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, process.stop.set)
            await process.run()
        finally:
            await request.shutdown()
