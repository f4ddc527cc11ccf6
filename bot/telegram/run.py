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
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from telegram import Bot, BotCommand
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.closing import housekeeping
from bot.identity import Key
from bot.settings import SettingsError
from bot.telegram.courier import Courier
from bot.telegram.read import ALLOWED
from bot.telegram.receive import Receiver
from bot.telegram.request import AiohttpRequest
from bot.telegram.reshow import reshow
from bot.words import COMMANDS
from conversations.questionnaire import Questionnaire
from conversations.store import Store, surveys
from locales import SOURCE, catalogue, languages

log = logging.getLogger("weltoffen.run")

POLL = 25  # seconds a fetch waits for updates
LIMIT = 100  # updates of one batch
OUTAGE = 150  # seconds after which Telegram forgets presses
HOUSEKEEPING = 2.0  # seconds between two looks at what comes due
LAST_WORDS = 3.0  # seconds for what is under way when the process ends


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
    ) -> None:
        """`clock` gives seconds since 1970."""
        self.bot, self.request = bot, request
        self.store, self.key, self.questionnaires, self.clock = store, key, questionnaires, clock
        self.receiver = Receiver(store, key, questionnaires, clock)
        self.courier = Courier(bot, store, key, clock)
        self.stop = asyncio.Event()
        self.fetched = asyncio.Event()
        self._offset = 0
        self._heard = clock()

    async def run(self) -> None:
        """Runs until `stop` is set. Raises SettingsError where Telegram refuses the token."""
        await self._greet()
        if not await self.store.forget():
            log.warning("the write-ahead log is held by another process")
        await self._catch_up()
        work = [
            asyncio.create_task(self._poll(), name="poll"),
            asyncio.create_task(self.courier.deliver(self.stop), name="letters"),
            asyncio.create_task(self.courier.record(self.stop), name="record"),
            asyncio.create_task(self._housekeep(), name="housekeeping"),
        ]
        stopped = asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait([*work, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop.set()
            work[0].cancel()
            await asyncio.gather(*work, return_exceptions=True)
            stopped.cancel()
            await self.courier.close(LAST_WORDS)
        for task in work:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

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
                if await self._pause(2.0):
                    return
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

    async def _catch_up(self) -> None:
        now = self.clock()
        alive = await self.store.read(lambda tx: surveys.fact(tx, "alive"))
        long = alive is not None and now - int(alive) > OUTAGE
        since = _day(int(alive)) if alive is not None and long else None
        number = await reshow(self.store, self.key, self.questionnaires, self.courier, now=now, since=since)
        if number:
            log.info("%s chats are shown their open question again", number)

    async def _get(self, method: str, wait: float = 0.0, **parameters: object) -> Any:
        """A call whose answer we read ourselves: the library gives up a whole batch when one item is unreadable."""
        query = urlencode(parameters)
        return await self.request.post(f"{self.bot.base_url}/{method}?{query}", read_timeout=wait + 15)

    async def _poll(self) -> None:
        """Fetch, keep, say. Asking for the next batch acknowledges the last one, so it is done only after commit."""
        trouble = 0.5
        allowed = json.dumps(ALLOWED)
        while not self.stop.is_set():
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
            await self._back(self.clock())
            if batch:
                await self._keep(batch)
            trouble = 0.5

    async def _keep(self, batch: list[dict[str, Any]]) -> None:
        """Keeps a batch, again and again until it is kept; then says what follows."""
        wait = 0.2
        shown = self.courier.shown()
        while True:
            try:
                outcome = await self.receiver.handle(batch, shown)
                break
            except sqlite3.Error as error:
                log.error("nothing can be kept (%s), trying again", error.sqlite_errorname)
                if await self._pause(wait):
                    return
                wait = min(wait * 2, 10.0)
        self._offset = max(raw["update_id"] for raw in batch) + 1
        self.courier.take(outcome)

    async def _back_off(self, error: TelegramError, seconds: float) -> None:
        if isinstance(error, Conflict):
            log.error("another program fetches this bot's updates; end it, or use another token")
            seconds = max(seconds, 3.0)
        elif isinstance(error, RetryAfter):
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
        elif isinstance(error, NetworkError):
            log.warning("Telegram cannot be reached, trying again")
        else:
            log.warning("Telegram refuses to hand out updates (%s)", type(error).__name__)
        await self._pause(seconds)

    async def _back(self, now: float) -> None:
        """Notes that Telegram was heard; after a long silence open questions are shown again."""
        silence, self._heard = now - self._heard, now
        if silence > OUTAGE:
            await reshow(self.store, self.key, self.questionnaires, self.courier, now=now,
                         since=_day(now - silence))  # fmt: skip
        self.fetched.set()

    async def _housekeep(self) -> None:
        last = 0.0
        while not self.stop.is_set():
            now = self.clock()
            moment = datetime.fromtimestamp(now, UTC)
            try:
                for line in await housekeeping(self.store, self.questionnaires, moment):
                    log.info("%s", line)
                if now - last > OUTAGE / 5 and now - self._heard < OUTAGE:
                    await self.store.write(lambda tx, now=now: surveys.keep_fact(tx, "alive", str(int(now))))  # type: ignore[misc]
                    last = now
            except sqlite3.Error as error:
                log.error("housekeeping waits (%s)", error.sqlite_errorname)
            await self._pause(HOUSEKEEPING)

    async def _pause(self, seconds: float) -> bool:
        """Waits, at most until the process is to stop; True if it is."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)
        return self.stop.is_set()


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


async def run(token: str, api_url: str, store: Store, key: Key, questionnaires: Mapping[str, Questionnaire]) -> None:
    """Runs the bot until SIGTERM or SIGINT. Raises SettingsError where it cannot."""
    with only_one(store.path):
        bot, request = make_bot(token, api_url)
        await request.initialize()
        try:
            process = Process(bot, request, store, key, questionnaires)
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, process.stop.set)
            await process.run()
        finally:
            await request.shutdown()
