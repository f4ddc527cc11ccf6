"""Shows things after they are kept: reconciles screens, delivers letters, says words; at its own pace and retries."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiosqlite import Connection
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.identity import Key
from bot.telegram.outcome import Due, Forgotten, Outcome, Passing
from bot.view import View
from conversations.store import Store, people, post
from conversations.store.post import Letter

log = logging.getLogger("weltoffen.courier")

PUSHES = 25  # letters and screens shown anew per second; replies are not held to it
LONGEST = 30.0  # seconds between two tries at most
TRIES = 4  # of a passing word
WORDS = 50  # passing words a chat may have waiting
REMEMBERED = 60.0  # seconds for which a chat's screen is known without asking the store


def keyboard(view: View) -> InlineKeyboardMarkup | None:
    """The buttons of a view in Telegram's form."""
    if not view.rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.data) for b in row] for row in view.rows]
    )


@dataclass
class _Screen:
    """What one respondent's chat shows, and what it should show."""

    message: int | None
    old: int | None
    shown: int
    due: Due | None = None


@dataclass
class _Chat:
    """One chat's work: words and farewells in order, then the screens."""

    words: deque[Passing | Forgotten] = field(default_factory=lambda: deque(maxlen=WORDS))
    screens: dict[str, _Screen] = field(default_factory=dict)
    not_before: float = 0.0
    idle_since: float = 0.0
    task: asyncio.Task[None] | None = None

    def busy(self) -> bool:
        return bool(self.words) or any(s.due is not None for s in self.screens.values())


class Courier:
    """Brings chats up to date. Everything it does may be done again: a crash repeats at most one message."""

    def __init__(self, bot: Bot, store: Store, key: Key, clock: Callable[[], float]) -> None:
        """`clock` gives seconds since 1970."""
        self.bot, self.store, self.key, self.clock = bot, store, key, clock
        self._chats: dict[int, _Chat] = {}
        self._edited: dict[str, tuple[int, int]] = {}  # shown by editing, to ride in the next batch: version, message
        self._sent: dict[str, tuple[int, int]] = {}  # shown by a new message: message, version
        self._delivered: list[tuple[str, int]] = []
        self._held: dict[str, int] = {}
        self._blocked: set[str] = set()
        self._something = asyncio.Event()
        self._doubtful: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_push = 0.0
        self._closing = False
        self.counts = {"sent": 0, "edited": 0, "blocked": 0, "letters": 0}

    # ---- what comes in ----------------------------------------------------------------------------------------

    def take(self, outcome: Outcome) -> None:
        """Takes what is to be said and shown after a batch; what people wait for, the next question, goes first."""
        for word in outcome.passing:
            if word.callback is None:
                self._chat(word.chat).words.append(word)
                self._wake(word.chat)
        for due in outcome.due:
            self.show(due)
        for word in outcome.passing:
            if word.callback is not None:
                self._spawn(self._answer(word))
        for gone in outcome.forgotten:
            self.say_farewell(gone)

    def say_farewell(self, gone: Forgotten) -> None:
        """Takes a deletion: whatever else was to be said or shown to these respondents is not said any more."""
        chat = self._chat(gone.chat)
        chat.words.clear()
        for respondent in gone.respondents:
            if (screen := chat.screens.pop(respondent, None)) is not None:
                screen.due = None
        chat.words.append(gone)
        self._wake(gone.chat)

    def show(self, due: Due) -> None:
        """Makes a chat show the newest view; older wishes for the same screen are forgotten."""
        chat = self._chat(due.chat)
        chat.not_before = max(chat.not_before, due.not_before)
        screen = chat.screens.get(due.respondent)
        if screen is None:
            screen = chat.screens[due.respondent] = _Screen(due.known.message, due.known.old, due.known.shown)
        newest = max(screen.shown, screen.due.version if screen.due else 0)
        if due.version < newest:
            return
        if due.bottom and screen.message is not None:
            screen.old, screen.message = screen.message, None
        screen.due = due
        self._wake(due.chat)

    def shown(self) -> list[tuple[int, int, str]]:
        """What was shown by editing since the last batch: (version, message, respondent)."""
        rows = [(version, message, r) for r, (version, message) in self._edited.items()]
        self._edited.clear()
        return rows

    def _chat(self, chat: int) -> _Chat:
        return self._chats.setdefault(chat, _Chat())

    def _wake(self, chat: int) -> None:
        state = self._chats[chat]
        if state.task is None and not self._closing:
            state.task = asyncio.create_task(self._work(chat, state))
            self._tasks.add(state.task)
            state.task.add_done_callback(self._tasks.discard)

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- one chat ---------------------------------------------------------------------------------------------

    async def _work(self, chat: int, state: _Chat) -> None:
        """Until nothing is left to do in this chat."""
        try:
            while state.busy():
                if state.words:
                    word = state.words.popleft()
                    await (self._farewell(word, state) if isinstance(word, Forgotten) else self._word(word, state))
                    continue
                respondent, screen = next((r, s) for r, s in state.screens.items() if s.due is not None)
                await self._screen(chat, state, respondent, screen)
        except Exception:
            log.exception("a chat could not be served")
            state.words.clear()
            for screen in state.screens.values():
                screen.due = None
        state.task = None  # not after a cancellation: then the process ends, and nothing is to begin anew
        state.idle_since = self.clock()
        if state.busy():
            self._wake(chat)

    async def _screen(self, chat: int, state: _Chat, respondent: str, screen: _Screen) -> None:
        """One step towards showing what is due. What becomes due meanwhile replaces it."""
        due = screen.due
        if due is None or (screen.message is not None and screen.shown >= due.version):
            screen.due = None
            await self._strip(chat, respondent, screen)
            return
        delay = 0.5
        while True:
            await self._patience(state)
            if (due := screen.due) is None:
                return  # deleted meanwhile
            try:
                if screen.message is None:
                    sent = await self.bot.send_message(
                        chat, due.view.text, reply_markup=keyboard(due.view), disable_notification=due.quiet or None
                    )
                    self.counts["sent"] += 1
                    screen.message, screen.shown = sent.message_id, due.version
                    self._sent[respondent] = (sent.message_id, due.version)
                    self._delivered.append((respondent, sent.message_id))
                    self._something.set()
                else:
                    message = screen.message
                    await self.bot.edit_message_text(due.view.text, chat, message, reply_markup=keyboard(due.view))
                    self.counts["edited"] += 1
                    self._edit_done(respondent, screen, message, due.version)
                break
            except RetryAfter as error:
                self._hold(state, respondent, error)
            except Forbidden:
                self._block(respondent, state)
                return
            except BadRequest as error:
                if "not modified" in str(error) and screen.message is not None:
                    self._edit_done(respondent, screen, screen.message, due.version)
                    break
                if screen.message is None:
                    log.error("a screen was refused: %s", error.message)
                    screen.due = None
                    return
                screen.message = None  # too old or deleted: send anew
            except (NetworkError, TelegramError) as error:
                log.warning("a screen is tried again (%s)", type(error).__name__)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST)
        await self._strip(chat, respondent, screen)
        if screen.due is due:
            screen.due = None

    def _edit_done(self, respondent: str, screen: _Screen, message: int, version: int) -> None:
        if screen.message == message:
            screen.shown = max(screen.shown, version)
            self._edited[respondent] = (version, message)

    async def _strip(self, chat: int, respondent: str, screen: _Screen) -> None:
        """Removes the buttons of the message that showed the screen before; of no consequence if it fails."""
        old, screen.old = screen.old, None  # at once: while this one goes, another may become old
        if old is None:
            return
        try:
            await self.bot.edit_message_reply_markup(chat, old, reply_markup=None)
        except TelegramError as error:
            log.debug("old buttons stay (%s)", type(error).__name__)
        if screen.message is not None:
            self._edited[respondent] = (screen.shown, screen.message)  # with that the store knows of no old one either

    async def _word(self, word: Passing, state: _Chat) -> None:
        """A passing message: said once; tried again only where it cannot have arrived."""
        assert word.view is not None  # noqa: S101 - only answers to presses come without
        for attempt in range(TRIES):
            await self._patience(state)
            try:
                if word.edit is not None:
                    await self.bot.edit_message_text(
                        word.view.text, word.chat, word.edit, reply_markup=keyboard(word.view)
                    )
                    self.counts["edited"] += 1
                else:
                    sent = await self.bot.send_message(word.chat, word.view.text, reply_markup=keyboard(word.view))
                    self.counts["sent"] += 1
                    if word.owner is not None:
                        self._delivered.append((word.owner, sent.message_id))
                        self._something.set()
                return
            except RetryAfter as error:
                self._hold(state, word.owner, error)
            except BadRequest as error:
                if word.edit is None or "not modified" in str(error):
                    return
                word = Passing(word.chat, word.view, owner=word.owner)  # the message is gone: say it anew
            except Forbidden:
                if word.owner is not None:
                    self._block(word.owner, state)
                return
            except TimedOut:
                if word.edit is None:
                    return  # it may have arrived
                await asyncio.sleep(0.5 * 2**attempt)
            except TelegramError:
                await asyncio.sleep(0.5 * 2**attempt)

    async def _answer(self, word: Passing) -> None:
        """The answer to a press; a query that is too old is normal."""
        try:
            await self.bot.answer_callback_query(
                word.callback or "", word.view.text if word.view else None, word.view.alert if word.view else None
            )
        except TelegramError as error:
            log.debug("a press could not be answered (%s)", type(error).__name__)

    async def _farewell(self, gone: Forgotten, state: _Chat) -> None:
        """After a deletion: the chat's messages go; when no byte is left in the database, it is confirmed."""
        unnoted = [m for r, (m, _) in self._sent.items() if r in gone.respondents]
        unnoted += [m for r, m in self._delivered if r in gone.respondents]
        messages = list(dict.fromkeys([*gone.messages, *unnoted]))
        for i in range(0, len(messages), 100):
            await self._remove(gone.chat, messages[i : i + 100])
        while not await self.store.forget():
            log.warning("a deletion waits to be confirmed: the database is held by another process")
            await asyncio.sleep(5)
        await self._word(Passing(gone.chat, gone.word), state)
        await self.store.write(lambda tx: post.drop_farewells(tx, [gone.id]))

    async def _remove(self, chat: int, messages: Sequence[int]) -> None:
        """Deletes messages of a chat; where one is too old, Telegram refuses all, and each is tried alone."""
        for attempt in range(TRIES):
            try:
                await self.bot.delete_messages(chat, messages)
                return
            except BadRequest:
                if len(messages) > 1:
                    for message in messages:
                        await self._remove(chat, [message])
                return
            except RetryAfter as error:
                await asyncio.sleep(_seconds(error))
            except Forbidden:
                return
            except TelegramError:
                await asyncio.sleep(0.5 * 2**attempt)

    async def _patience(self, state: _Chat) -> None:
        """Waits while Telegram wants this chat left in peace."""
        if (wait := state.not_before - self.clock()) > 0:
            await asyncio.sleep(wait)

    def _hold(self, state: _Chat, owner: str | None, error: RetryAfter) -> None:
        state.not_before = self.clock() + _seconds(error)
        if owner is not None:
            self._held[owner] = int(state.not_before) + 1
            self._something.set()

    def _block(self, owner: str, state: _Chat | None = None) -> None:
        """Parks a chat whose person has blocked the bot."""
        self.counts["blocked"] += 1
        self._blocked.add(owner)
        if state is not None:
            state.words.clear()
            for screen in state.screens.values():
                screen.due = None
        self._something.set()

    # ---- letters and what is noted ----------------------------------------------------------------------------

    async def deliver(self, stop: asyncio.Event, text: Callable[[Connection, Letter], Awaitable[str | None]]) -> None:
        """Sends letters, paced, until `stop`; looks for new ones every second.

        `text` makes a letter's text at the last moment, or None where it is not to be sent any more.
        """

        async def waiting(tx: Connection) -> list[tuple[Letter, bytes]]:
            letters = await post.letters(tx, int(self.clock()), PUSHES)
            addresses = await post.addresses(tx, {letter.owner for letter in letters})
            return [(letter, addresses[letter.owner].sealed) for letter in letters]

        while not stop.is_set():
            try:
                letters = await self.store.read(waiting)
                sending = []
                for letter, sealed in letters:
                    await self.pace()
                    sending.append(asyncio.create_task(self._letter(letter, sealed, text)))
                done = await asyncio.gather(*sending)
                await self._record([letter.id for (letter, _), gone in zip(letters, done, strict=True) if gone])
            except sqlite3.Error as error:
                log.error("letters wait (%s)", type(error).__name__)
                letters = []
            if not letters:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 1.0)

    async def _letter(
        self, letter: Letter, sealed: bytes, text: Callable[[Connection, Letter], Awaitable[str | None]]
    ) -> bool:
        """Whether a letter needs no further try."""
        body = await self.store.read(lambda tx: text(tx, letter))
        if body is None:
            return True
        try:
            chat = self.key.unseal(sealed, letter.owner)
            await self.bot.send_message(chat, body, disable_notification=letter.kind == "step" or None)
            self.counts["letters"] += 1
            return True
        except RetryAfter as error:
            self._hold(_Chat(), letter.owner, error)
        except Forbidden:
            self._block(letter.owner)
        except BadRequest as error:
            log.error("a letter was refused: %s", error.message)
            return True
        except TimedOut:  # it may have arrived: one more try, then it counts as sent
            again = letter.id in self._doubtful
            self._doubtful.add(letter.id)
            return again
        except TelegramError as error:
            log.warning("a letter is tried again (%s)", type(error).__name__)
            await asyncio.sleep(1.0)
        return False

    async def pace(self) -> None:
        """Waits for the next push."""
        now = self.clock()
        self._next_push = max(now, self._next_push + 1 / PUSHES)
        if self._next_push > now:
            await asyncio.sleep(self._next_push - now)

    async def record(self, stop: asyncio.Event) -> None:
        """Notes new messages, blocked chats and pauses, many in one commit, until `stop`."""
        while not stop.is_set():
            await self._something.wait()
            self._something.clear()
            try:
                await self._record([])
            except sqlite3.Error as error:
                log.error("what was shown cannot be noted yet (%s)", type(error).__name__)
                self._something.set()
                await asyncio.sleep(1.0)
            old = self.clock() - REMEMBERED
            idle = [c for c, s in self._chats.items() if s.task is None and not s.busy() and s.idle_since < old]
            for chat in idle:
                del self._chats[chat]

    async def _record(self, letters: Sequence[int]) -> None:
        """One commit for all that is to be noted; what could not be noted is kept for the next time."""
        sent, delivered = dict(self._sent), list(self._delivered)
        held, blocked = dict(self._held), set(self._blocked)
        if not (letters or sent or delivered or held or blocked):
            return
        day = datetime.fromtimestamp(self.clock(), UTC).date().isoformat()

        async def unit(tx: Connection) -> None:
            await post.drop_letters(tx, letters)
            await post.keep_sent(tx, [(message, version, r) for r, (message, version) in sent.items()])
            await people.keep_messages(tx, delivered, day)
            await post.hold(tx, [(until, owner) for owner, until in held.items()])
            await post.block(tx, list(blocked), True)

        await self.store.write(unit)
        self._sent = {r: shown for r, shown in self._sent.items() if sent.get(r) != shown}
        self._held = {o: until for o, until in self._held.items() if held.get(o) != until}
        self._delivered = self._delivered[len(delivered) :]
        self._blocked -= blocked
        self._doubtful -= set(letters)

    async def close(self, seconds: float) -> None:
        """Lets what is under way end within `seconds`, then notes what was shown."""
        self._closing = True
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._tasks and (rest := end - loop.time()) > 0:  # what ends may begin something
            await asyncio.wait(self._tasks, timeout=rest)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        rows = self.shown()
        try:
            await self.store.write(lambda tx: post.keep_shown(tx, rows))
            await self._record([])
        except sqlite3.Error as error:
            log.error("what was shown could not be noted (%s)", type(error).__name__)


def _seconds(error: RetryAfter) -> float:
    """How long Telegram wants to be left in peace."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
