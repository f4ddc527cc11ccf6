"""Shows things after they are kept: reconciles screens, delivers letters, says words; at its own pace and retries."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiosqlite import Connection
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.identity import Key
from bot.telegram.receive import Due, Forgotten, Outcome, Passing
from bot.view import View, pieces
from bot.words import Plain, plain
from conversations.store import Store, people, post
from conversations.store.post import Letter

log = logging.getLogger("weltoffen.courier")

PUSHES = 25  # letters and screens shown anew per second; replies are not held to it
LONGEST = 30.0  # seconds between two tries at most
TRIES = 4  # of a passing word
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
    """One chat's work: words in order, then the screens."""

    words: deque[Passing] = field(default_factory=deque)
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
        self._letters = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_push = 0.0
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
            self._spawn(self._confirm(gone))
        if outcome.letters:
            self._letters.set()

    def show(self, due: Due, not_before: float = 0.0) -> None:
        """Makes a chat show the newest view, not before a second; older wishes for the same screen are forgotten."""
        chat = self._chat(due.chat)
        chat.not_before = max(chat.not_before, not_before)
        screen = chat.screens.get(due.respondent)
        if screen is None:
            screen = chat.screens[due.respondent] = _Screen(due.known.message, due.known.old, due.known.shown)
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
        if state.task is None:
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
                    await self._word(state.words.popleft(), state)
                    continue
                respondent, screen = next((r, s) for r, s in state.screens.items() if s.due is not None)
                await self._screen(chat, state, respondent, screen)
        except Exception:
            log.exception("a chat could not be served")
            state.words.clear()
            for screen in state.screens.values():
                screen.due = None
        finally:
            state.task = None
            state.idle_since = self.clock()
            if state.busy():
                self._wake(chat)

    async def _screen(self, chat: int, state: _Chat, respondent: str, screen: _Screen) -> None:
        """One step towards showing what is due. What becomes due meanwhile replaces it."""
        due = screen.due
        if due is None or (screen.message is not None and screen.shown >= due.version):
            screen.due = None
            return
        delay = 0.5
        while True:
            await self._patience(state)
            due = screen.due or due
            try:
                if screen.message is None:
                    sent = await self.bot.send_message(chat, due.view.text, reply_markup=keyboard(due.view))
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
        if screen.old is not None:
            await self._strip(chat, screen)
        if screen.due is due:
            screen.due = None

    def _edit_done(self, respondent: str, screen: _Screen, message: int, version: int) -> None:
        if screen.message == message:
            screen.shown = max(screen.shown, version)
            self._edited[respondent] = (version, message)

    async def _strip(self, chat: int, screen: _Screen) -> None:
        """Removes the buttons of the message that showed the screen before; of no consequence if it fails."""
        try:
            await self.bot.edit_message_reply_markup(chat, screen.old, reply_markup=None)
        except TelegramError as error:
            log.debug("old buttons stay (%s)", type(error).__name__)
        screen.old = None

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

    async def _confirm(self, gone: Forgotten) -> None:
        """After a deletion: the chat's messages go, then it is confirmed."""
        state = self._chats.get(gone.chat)
        if state is not None:
            for screen in state.screens.values():
                screen.due = None
            state.screens.clear()
        for i in range(0, len(gone.messages), 100):
            await self._remove(gone.chat, gone.messages[i : i + 100])
        chat = self._chat(gone.chat)
        chat.words.append(Passing(gone.chat, plain(gone.language, Plain.DELETED)))
        self._wake(gone.chat)

    async def _remove(self, chat: int, messages: Sequence[int]) -> None:
        """Deletes messages of a chat; where one is too old, Telegram refuses all, and each is tried alone."""
        try:
            await self.bot.delete_messages(chat, messages)
        except BadRequest:
            if len(messages) > 1:
                for message in messages:
                    await self._remove(chat, [message])
        except TelegramError as error:
            log.debug("messages of a chat could not be deleted (%s)", type(error).__name__)

    async def _patience(self, state: _Chat) -> None:
        """Waits while Telegram wants this chat left in peace."""
        if (wait := state.not_before - self.clock()) > 0:
            await asyncio.sleep(wait)

    def _hold(self, state: _Chat, owner: str | None, error: RetryAfter) -> None:
        seconds = error.retry_after
        wait = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
        state.not_before = self.clock() + wait
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

    async def deliver(self, stop: asyncio.Event) -> None:
        """Sends letters, paced, until `stop`; looks for new ones when woken and every second."""

        async def waiting(tx: Connection) -> list[tuple[Letter, bytes]]:
            letters = await post.letters(tx, int(self.clock()), PUSHES)
            addresses = await post.addresses(tx, {letter.owner for letter in letters})
            return [(letter, addresses[letter.owner].sealed) for letter in letters]

        while not stop.is_set():
            letters = await self.store.read(waiting)
            for letter, sealed in letters:
                if stop.is_set():
                    break
                done = await self._letter(letter, self.key.unseal(sealed, letter.owner))
                await self._record([letter.id] if done else [])
            if not letters:
                self._letters.clear()
                await _first(stop, self._letters, 1.0)

    async def _letter(self, letter: Letter, chat: int) -> bool:
        """Whether a letter needs no further try."""
        await self.pace()
        try:
            for piece in pieces(letter.body):
                await self.bot.send_message(chat, piece, disable_notification=letter.kind == "step")
            self.counts["letters"] += 1
            return True
        except RetryAfter as error:
            self._hold(_Chat(), letter.owner, error)
        except Forbidden:
            self._block(letter.owner)
        except BadRequest as error:
            log.error("a letter was refused: %s", error.message)
            return True
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
            await _first(stop, self._something, None)
            self._something.clear()
            await self._record([])
            old = self.clock() - REMEMBERED
            idle = [c for c, s in self._chats.items() if s.task is None and not s.busy() and s.idle_since < old]
            for chat in idle:
                del self._chats[chat]

    async def _record(self, letters: Sequence[int]) -> None:
        sent, self._sent = self._sent, {}
        delivered, self._delivered = self._delivered, []
        held, self._held = self._held, {}
        blocked, self._blocked = self._blocked, set()
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

    async def close(self, seconds: float) -> None:
        """Lets what is under way end within `seconds`, then notes what was shown."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        rows = self.shown()
        await self.store.write(lambda tx: post.keep_shown(tx, rows))
        await self._record([])


async def _first(stop: asyncio.Event, event: asyncio.Event, seconds: float | None) -> None:
    """Waits for whichever comes first."""
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(event.wait())]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
